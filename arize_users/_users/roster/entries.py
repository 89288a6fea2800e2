"""The people of a roster, and what is wrong with the rows of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from ...people import NewUser

if TYPE_CHECKING:
    from .rejects import Rejects


@frozen(kw_only=True)
class RowProblem:
    """What is wrong with one row of a file.

    Args:
        line: The row's first line in the file, counted from 1, or its row in a sheet.
        reason: What is wrong, and what to do about it; no password is quoted.
        email: The address in the row as it stands, where one could be read; its user is not missing.
    """

    line: int
    reason: str
    email: str | None = None


@frozen(kw_only=True)
class Entry:
    """One person of a roster.

    Args:
        person: Who is to be in the account, as it is sent: the name without blanks around it and in NFC.
        line: Where the person stands in the file; None where there is none.
        status: The status in our own export (active, invited, expired); None where the file has none.
    """

    person: NewUser
    line: int | None = None
    status: str | None = None


@define
class Reading:
    """What a file holds.

    Args:
        source: The file's name; None where it has none.
        entries: The people.
        problems: What is wrong with which rows.
        inactive: Those whom the file calls inactive, and how.
        notes: What a reader should know.
        mentioned: Keys of all addresses that stand anywhere in the file, and ids of our own export.
        rejects: The rows with problems, as they stand in the file.
        is_partial: Whether the file itself says that it does not hold everybody.
    """

    source: str | None
    entries: list[Entry] = field(factory=list)
    problems: list[RowProblem] = field(factory=list)
    inactive: list[tuple[Entry, str]] = field(factory=list)
    notes: list[str] = field(factory=list)
    mentioned: set[str] = field(factory=set)
    rejects: Rejects | None = None
    is_partial: bool = False
