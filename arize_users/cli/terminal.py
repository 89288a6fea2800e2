"""The terminal: messages on standard error, prompts, and what the streams can show."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
from contextlib import suppress
from typing import IO, Any, TextIO

from arize_users._streams import escaped, silence, visible, writing

from .errors import SETTINGS, CommandError

_WIDEST = 0xFFFF
"""The columns of the widest terminal that an operating system knows."""


def say(*lines: str) -> bool:
    """Write lines to standard error, and tell whether it took them. A closed standard error is no error."""
    if sys.stderr is None:
        return False
    try:
        with writing():
            for line in lines:
                # Python's own stream shows what its encoding lacks as escapes; one that took its place may
                # not. In one piece, because another thread may write a line, too.
                sys.stderr.write(escaped(f"{visible(line)}\n", encoding_of(sys.stderr)))
            sys.stderr.flush()
        return True
    except BrokenPipeError:
        silence(sys.stderr)
    except (OSError, ValueError):
        pass
    return False


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether a stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # It is closed, or no more than something to write to.
        return False


def is_attended() -> bool:
    """Tell whether a person can see a prompt and answer it."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_plain() -> bool:
    """Tell whether the terminal cannot move its cursor."""
    if os.environ.get("TERM") in ("dumb", "unknown"):
        return True
    if sys.platform != "win32":
        return False
    from rich.console import detect_legacy_windows

    return detect_legacy_windows()


def has_colour(stream: IO[str] | None) -> bool:
    """Tell whether to colour: on a terminal unless NO_COLOR is set, elsewhere only if FORCE_COLOR is set."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal(stream) and not is_plain())


def width(stream: IO[str] | None) -> int | None:
    """Give the columns of a stream: those of COLUMNS, else the terminal's; None sets no limit.

    A width of 0 or 1 is how some terminals and shells say that they do not know it.
    """
    columns = os.environ.get("COLUMNS", "").strip()
    if columns.isascii() and columns.isdigit() and 1 < (given := int(columns[:9])) <= _WIDEST:
        return given
    try:
        found = os.get_terminal_size(stream.fileno()).columns if stream is not None else 0
    except (AttributeError, OSError, ValueError):  # It is no terminal, or no file at all.
        return None
    return found if found > 1 else None


def encoding_of(stream: TextIO) -> str:
    """Give the encoding of a stream's text; UTF-8 where it takes text as it is."""
    return (hasattr(stream, "buffer") and stream.encoding) or "utf-8"


def write_bytes(stream: TextIO | None, content: bytes) -> None:
    """Write bytes as they are to a stream, whatever its encoding for text is.

    Raises:
        OSError: They cannot be written.
        ValueError: The stream is closed, or takes text only, which these bytes are not.
    """
    if stream is None:
        raise OSError(errno.EBADF, "it is closed")
    with writing():
        stream.flush()
        if not hasattr(stream, "buffer"):  # Such as an io.StringIO that stands in for it.
            stream.write(content.decode())
            return
        left = memoryview(content)
        while left:
            # An unbuffered stream may write less than it is given.
            left = left[stream.buffer.write(left) :]
        stream.buffer.flush()


def ask(question: str) -> str:
    """Ask a question on standard error, and give the stripped answer.

    Raises:
        CommandError: The input ended.
    """
    try:
        print(f"{visible(question)} ", end="", file=sys.stderr, flush=True)
        answer = _read_line()
    except KeyboardInterrupt:
        say("")
        raise
    if not answer:
        say("")
        raise CommandError(SETTINGS, "the input ended before the answer", hint="Nothing was done.")
    return answer.strip()


def _read_line() -> str:
    """Read a line of standard input, such that a signal just before the wait for it ends the wait, too."""
    if sys.platform == "win32":  # There, no terminal can be waited for together with a pipe.
        return sys.stdin.readline()
    signalled, signal_end = os.pipe()
    os.set_blocking(signal_end, False)
    # Python's own handler writes to the pipe at once; ours runs, and raises, when the wait is over.
    before = signal.set_wakeup_fd(signal_end)
    try:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([sys.stdin, signalled], [], [])
            if signalled in ready:
                os.read(signalled, 1)
            elif not (part := _read_some()):
                break
            else:
                line += part
    finally:
        signal.set_wakeup_fd(before)
        os.close(signalled)
        os.close(signal_end)
    return line.decode(sys.stdin.encoding or "utf-8", "surrogateescape")


def _read_some() -> bytes:
    try:
        return os.read(sys.stdin.fileno(), 4096)
    except OSError:  # The terminal is gone.
        return b""


class Unfailing:
    """A stream whose reader may go away: what cannot be written is dropped, and nothing is raised."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
