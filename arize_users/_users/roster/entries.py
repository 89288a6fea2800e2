"""The people of a roster, and what is wrong with the rows of its file."""

from __future__ import annotations

from attrs import frozen

from ...people import NewUser


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
