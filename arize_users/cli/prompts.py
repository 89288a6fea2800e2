"""Questions before something is done to people: whose account it is, to whom, and the answer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from arize_users._streams import visible

from .errors import USAGE, CommandError
from .terminal import ask, is_attended, say, width

if TYPE_CHECKING:
    from .settings import Settings

TYPED_ABOVE = 50
"""Above so many people the number is asked for instead of y: a y is soon typed."""
NAMED_AT_MOST = 50
"""How many people of a kind a question names; it counts the rest."""
_WIDTH = 80


def require_terminal(forced: str) -> None:
    """Refuse to go on where nobody can be asked.

    Args:
        forced: What --force does.

    Raises:
        CommandError: There is no terminal.
    """
    if not is_attended():
        raise CommandError(USAGE, f"there is no terminal to ask at: --force {forced}")


def account_label(settings: Settings) -> str:
    """Name the account: its endpoint, and where the key is from."""
    if profile := profile_of(settings):
        return f"{settings.base_url} (profile {profile})"
    return settings.base_url if settings.is_local else f"{settings.base_url} (key from {settings.key_from})"


def profile_of(settings: Settings) -> str | None:
    """Give the name of the profile that key or endpoint are from; None where neither is."""
    profile = settings.profile
    return profile.name if profile.label in (settings.key_from, settings.endpoint_from) else None


def person(name: str | None, email: str | None, user_id: str | None = None) -> str:
    """Name a person by what is known."""
    if name and email:
        return f"{name} <{email}>"
    return email or name or user_id or ""


def named(people: Sequence[str], *, sign: str) -> str:
    """Name people, the first of many, in one text to be wrapped."""
    more = len(people) - NAMED_AT_MOST
    shown = [*people[:NAMED_AT_MOST], f"and {more:,} more"] if more > 0 else people
    return f"  {sign}{', '.join(shown)}"


def is_confirmed(lines: Iterable[str], question: str, *, people: int = 0) -> bool:
    """Say what is to be done, and ask whether to.

    Args:
        lines: What is to be done.
        question: The question.
        people: How many people it is done to; above `TYPED_ABOVE` that number is to be typed.

    Raises:
        CommandError: The input ended before the answer.
    """
    for line in lines:
        say(*wrapped(line))
    is_typed = people > TYPED_ABOVE
    *before, last = wrapped(
        f"{question} Type the number of these people, {people}, to go on:"
        if is_typed
        else f"{question} [y/N]"
    )
    say(*before)
    answer = ask(last)
    return answer.replace(",", "") == str(people) if is_typed else answer.lower() in ("y", "yes")


def wrapped(text: str, columns: int | None = None) -> Iterator[str]:
    """Break a text between words such that it fits the terminal; a longer word stays whole.

    Later lines are indented as the first is, and two columns more.
    """
    from rich.cells import cell_len

    room = columns or width(sys.stderr) or _WIDTH
    words = visible(text).lstrip(" ")
    line = " " * (len(visible(text)) - len(words))
    indent, is_begun = line + "  ", False
    for word in words.split(" "):
        if is_begun and cell_len(line) + 1 + cell_len(word) > room:
            yield line
            line, is_begun = indent, False
        line += f" {word}" if is_begun else word
        is_begun = True
    yield line
