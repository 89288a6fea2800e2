"""Reads texts, bytes and workbooks as rosters, as a file would be that holds them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from arize_users import RosterError
from arize_users.roster import Roster

HEADER = "email,name,role\n"


def read(content: str | bytes, **options: Any) -> Roster:
    """Read a roster from a file open for bytes."""
    return Roster.read(io.BytesIO(content.encode() if isinstance(content, str) else content), **options)


def refused(content: str | bytes, **options: Any) -> RosterError:
    """Give the error of a file that is no roster, or has bad rows."""
    with pytest.raises(RosterError) as caught:
        read(content, **options)
    return caught.value


def problems(content: str | bytes, **options: Any) -> dict[int, str]:
    """Give what is wrong with which line; both ways to read the file tell the same."""
    error = refused(content, **options)
    assert read(content, skip_invalid=True, **options).problems == error.problems
    for problem in error.problems:
        assert str(error).count(f"  line {problem.line}: {problem.reason}\n") == 1
    return {problem.line: problem.reason for problem in error.problems}


def people(roster: Roster) -> list[tuple[int | None, str, str]]:
    """Give line, address and name of each person."""
    return [(entry.line, entry.person.email, entry.person.name) for entry in roster.entries]


def workbook(fill: Callable[[Any], None]) -> bytes:
    """Make an Excel file; ``fill`` gets its book, which has one sheet."""
    book = openpyxl.Workbook()
    fill(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def sheet(*rows: tuple[object, ...]) -> bytes:
    """Make an Excel file of one sheet."""

    def fill(book: Any) -> None:
        for row in rows:
            book.active.append(row)

    return workbook(fill)
