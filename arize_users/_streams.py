"""Writing for people: texts that show all that is in them, and streams that nobody may read any more."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TextIO

# Control, format (bidi overrides among them), lone surrogates, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Format characters that scripts and emoji need; they only join their neighbours.
_JOINERS = frozenset("\u200c\u200d")


def visible(text: str) -> str:
    r"""Escape the invisible characters of a text, as \x1b or \n."""
    if text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode()
        if unicodedata.category(one) in _INVISIBLE and one not in _JOINERS
        else one
        for one in text
    )


def escaped(text: str, encoding: str) -> str:
    """Write what an encoding lacks as escapes."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def writing() -> Iterator[None]:
    """Raise BrokenPipeError where nobody reads any more what is written; Windows calls that EINVAL."""
    try:
        yield
    except OSError as error:
        if sys.platform == "win32" and error.errno == errno.EINVAL:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from error
        raise


def silence(stream: IO[str] | None) -> None:
    """Discard what is still written to a stream, so that flushing it when Python ends cannot fail."""
    if stream is None:
        return
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def put(stream: TextIO | None, text: str = "") -> OSError | None:
    """Write a text and all that is buffered; what the encoding lacks becomes escapes.

    Returns:
        What kept it from being written, where something did; nothing is written to the stream any more then.
    """
    if stream is None:
        return None
    try:
        with writing():
            stream.write(escaped(text, stream.encoding or "utf-8"))
            stream.flush()
    except OSError as error:
        silence(stream)
        return error
    return None
