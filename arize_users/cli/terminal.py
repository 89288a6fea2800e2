"""What there is to talk to: the two streams, a person at a terminal or not, colour or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO, TypeVar

from .text import literal

T = TypeVar("T")

NOTED_EVERY = 100
"""How many items pass between two updates of a count: as many as a page holds."""


class EndOfInput(Exception):
    """Nobody answers the prompt any more."""


def say(*lines: str) -> None:
    """Write lines to standard error. Somebody who stopped listening is no error."""
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
    """Send the rest of a stream nowhere, so that closing it when Python ends cannot fail."""
    if stream is None:
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
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
    """Tell whether to colour: on a terminal, unless NO_COLOR is set; elsewhere if FORCE_COLOR is."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal(stream) and not is_plain())


def width(stream: IO[str] | None) -> int | None:
    """Give the columns of a terminal, or those COLUMNS names; None where width is no object."""
    named = os.environ.get("COLUMNS", "")
    if named.isascii() and named.isdigit() and int(named) > 0:
        return int(named)
    if stream is None or not is_terminal(stream):
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def ask(question: str) -> str:
    """Ask the person at the terminal, on standard error; the answer comes stripped.

    Raises:
        EndOfInput: the input ended.
    """
    print(literal(question), end=" ", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        say("")
        raise
    if not answer:
        say("")
        raise EndOfInput
    return answer.strip()


def with_count(items: Iterable[T], noun: str) -> Iterator[T]:
    """Pass items on, with a running count on standard error where that is a terminal."""
    if not is_terminal(sys.stderr) or is_plain():
        yield from items
        return
    shown = False
    try:
        for number, item in enumerate(items, start=1):
            yield item
            if number % NOTED_EVERY == 0:
                print(f"\r{number:,} {noun} …", end="", file=sys.stderr, flush=True)
                shown = True
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
