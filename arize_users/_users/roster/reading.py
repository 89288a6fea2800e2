"""Reads people from files."""

from __future__ import annotations

from attrs import frozen


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
