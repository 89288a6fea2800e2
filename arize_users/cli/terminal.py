"""The terminal: messages on standard error, prompts, and what the streams can show."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator, Iterable, Sized
from typing import IO, TypeVar

from .errors import SETTINGS, CommandError
from .text import literal

P = TypeVar("P", bound=Sized)


def say(*lines: str) -> None:
    """Write lines to standard error. A closed standard error is no error."""
    if sys.stderr is None:
        return
    try:
        for line in lines:
            print(literal(line), file=sys.stderr)
        sys.stderr.flush()
    except BrokenPipeError:
        silence(sys.stderr)
    except OSError:
        pass


def silence(stream: IO[str] | None) -> None:
    """Discard what is still written to a stream, so that flushing it when Python ends cannot fail."""
    if stream is None:
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether a stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # It is closed.
        return False


def is_attended() -> bool:
    """Tell whether a person can see a prompt and answer it."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_plain() -> bool:
    """Tell whether the terminal cannot move its cursor."""
    return os.environ.get("TERM") in ("dumb", "unknown")


def has_colour(stream: IO[str] | None) -> bool:
    """Tell whether to colour: on a terminal unless NO_COLOR is set, elsewhere only if FORCE_COLOR is set."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal(stream) and not is_plain())


def width() -> int | None:
    """Give the columns of standard output: those of COLUMNS, else the terminal's; None sets no limit."""
    return shutil.get_terminal_size((0, 0)).columns or None


def ask(question: str) -> str:
    """Ask a question on standard error, and give the stripped answer.

    Raises:
        CommandError: The input ended.
    """
    print(literal(question), end=" ", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        say("")
        raise
    if not answer:
        say("")
        raise CommandError(SETTINGS, "the input ended before the answer", hint="Nothing was done.")
    return answer.strip()


def counting(pages: Iterable[P], noun: str) -> Generator[P]:
    """Pass pages on; show a running count of what they hold on standard error if that is a terminal."""
    if not is_terminal(sys.stderr) or is_plain():
        yield from pages
        return
    total = 0
    try:
        for page in pages:
            yield page
            total += len(page)
            print(f"\r{total:,} {noun} …", end="", file=sys.stderr, flush=True)
    finally:
        if total:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
