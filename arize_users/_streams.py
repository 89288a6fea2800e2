"""Standard output and standard error of the sandbox's server and the contract runner."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TextIO


def put(stream: TextIO | None, text: str = "") -> OSError | None:
    """Write a text and all that is buffered; what the encoding lacks becomes escapes.

    Returns:
        What kept it from being written, where something did; nothing is written to the stream any more then.
    """
    if stream is None:
        return None
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        with suppress(OSError, ValueError):  # Python flushes it once more when it ends.
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
        return error
    return None
