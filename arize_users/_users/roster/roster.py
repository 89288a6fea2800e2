"""`Roster`: the people whom an account is to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from ...people import NewUser
from .reading import RowProblem


@frozen(kw_only=True)
class Entry:
    """One person of a roster.

    Args:
        person: Who is to be in the account.
        line: Where the person stands in the file; None where there is none.
        status: The status in our own export (active, invited, expired); None where the file has none.
    """

    person: NewUser
    line: int | None = None
    status: str | None = None


class Roster:
    """The people whom an account is to have, checked; `Roster.read` takes them from a file.

    Attributes:
        entries: The people, with their lines.
        problems: The rows that were skipped, where that was asked for.
        inactive: Those whom the file itself calls inactive, with the column and value that say so; nothing
            is done for them.
        notes: What a reader should know: columns kept out, look-alikes, sheets not read.
        source: The file's name; None where there is none.
    """

    entries: tuple[Entry, ...]
    problems: tuple[RowProblem, ...]
    inactive: tuple[tuple[Entry, str], ...]
    notes: tuple[str, ...]
    source: str | None

    def __init__(self, people: Iterable[NewUser]) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[NewUser]:
        return (entry.person for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)
