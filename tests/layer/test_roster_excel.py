"""Rosters from Excel."""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from typing import Any

import pytest
from support.roster_files import people, problems, read, refused, sheet, workbook

HEADER = ("Email", "Name", "Role", "is_developer")
ADA = ("ada@example.com", "Ada", "member", True)


def test_sheet() -> None:
    """People stand below the header, which may begin further down; blank rows and columns do not matter."""
    content = sheet(
        (), (None, *HEADER), (None, *ADA), (), (None, " bob@example.com ", "Bob\nB", "ADMIN", None)
    )
    roster = read(content)
    assert people(roster) == [(3, "ada@example.com", "Ada"), (5, "bob@example.com", "Bob\nB")]
    assert [person.is_developer for person in roster] == [True, None]
    assert roster.notes == ()
    assert people(read(content, format="xlsx", encoding="cp1252")) == people(roster)


def test_hyperlink() -> None:
    """Of a cell with a link the text that is shown is read, and not where it leads."""

    def fill(book: Any) -> None:
        book.active.append(HEADER)
        book.active.append(ADA)
        book.active["A2"].hyperlink = "mailto:somebody@else.example"
        book.active["A2"].value = "ada@example.com"

    assert people(read(workbook(fill))) == [(2, "ada@example.com", "Ada")]


def test_other_sheets() -> None:
    """The first sheet that can be seen is read; notes name it and the others."""

    def fill(book: Any) -> None:
        book.active.title = "Secret"
        book.active.sheet_state = "hidden"
        for title in ("People", "Old"):
            book.create_sheet(title).append(HEADER)
        book["People"].append(ADA)
        book["Old"].append(("old@example.com", "Old", "member"))

    roster = read(workbook(fill))
    assert [person.name for person in roster] == ["Ada"]
    assert roster.notes == ("the sheet 'People' is read; not read: 'Secret', 'Old'",)


def test_named_on_another_sheet() -> None:
    """Who stands on a sheet that is not read is named in the file, and so is not missing."""

    def fill(book: Any) -> None:
        book.active.append(["email", "name", "role"])
        book.active.append(["ada@example.com", "Ada", "member"])
        book.create_sheet("Berlin").append(["ola@example.com", "Ola", 5])

    assert read(workbook(fill)).mentioned == {"ada@example.com", "ola@example.com"}


def test_too_many_cells() -> None:
    """A row of a sheet has no delimiter that could be to blame."""
    text = str(refused(sheet(("email", "name", "role"), ("a@x.com", "A", "member", "", "x"))))
    assert "has 5 cells where the header has 3\n" in text + "\n"


def test_other_sheets_of_a_refused_file() -> None:
    """Where the first sheet is empty or foreign, the message names the sheets that are not read."""

    def fill(book: Any) -> None:
        book.active.title = "Notes"
        book.create_sheet("People").append(HEADER)

    assert "is empty: the sheet 'Notes' has no header" in str(refused(workbook(fill)))
    assert "'People' is not read" in str(refused(workbook(fill)))

    def foreign(book: Any) -> None:
        fill(book)
        book.active.append(("What", "When"))

    assert "the sheet 'Notes' is read; not read: 'People'" in str(refused(workbook(foreign)))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (42, "name is a number (42), where text is needed"),
        (4.5, "name is a number (4.5)"),
        (date(2024, 3, 1), "name is a date or a time (2024-03-01"),
        (datetime(2024, 3, 1, 12), "name is a date or a time (2024-03-01 12:00"),
        (time(12), "name is a date or a time"),
        (False, "name is TRUE or FALSE (false)"),
        ("=A2", "name is a formula whose value is not in the file"),
        ("#N/A", "name is the error #N/A"),
    ],
)
def test_no_text(value: object, said: str) -> None:
    """A number, a date, a flag, an error or a formula without a value is no name: a row's problem."""
    told = problems(sheet(HEADER, ADA, ("bob@example.com", value, "member")))
    assert list(told) == [3]
    assert told[3].startswith(said)


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), (False, False), (1, True), (0, False), ("No", False)]
)
def test_flags(value: object, flag: bool) -> None:
    """A flag may be TRUE or FALSE of Excel, a number or a text."""
    (person,) = read(sheet(HEADER, ("ada@example.com", "Ada", "member", value)))
    assert person.is_developer is flag


def test_values_of_formulas() -> None:
    """Numbers and formulas in columns that are not read do not matter."""
    assert (
        len(read(sheet((*HEADER, "sum"), (*ADA, "=1+1"), ("bob@example.com", "Bob", "member", None, 3)))) == 2
    )


def test_hidden_rows() -> None:
    """A hidden row is neither read nor skipped unseen: it is a bad row, and its person is not missing."""

    def fill(book: Any) -> None:
        for row in (HEADER, ADA, ("bob@example.com", "Bob", "member")):
            book.active.append(row)
        book.active.row_dimensions[3].hidden = True
        book.active.row_dimensions[4].hidden = True

    told = problems(workbook(fill))
    assert list(told) == [3]
    assert told[3].startswith("is hidden")
    assert [one.email for one in refused(workbook(fill)).problems] == ["bob@example.com"]


def test_inactive() -> None:
    """FALSE under accountEnabled calls a person inactive, as in any other format."""
    content = sheet(("email", "name", "role", "accountEnabled"), ("ada@example.com", "Ada", "member", False))
    roster = read(content)
    assert (len(roster), [why for _, why in roster.inactive]) == (0, ["accountEnabled is false"])


def test_repeated_header_and_marks() -> None:
    """The header once more and a mark of a program are no people."""
    roster = read(sheet(HEADER, ADA, HEADER, ("version:v1.0",)))
    assert (len(roster), len(roster.notes)) == (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-200],
        lambda content: content[:50],
        lambda content: content.replace(b"xl/", b"zl/"),
        lambda content: content[:-6] + b"\xff\xff\xff\x7f" + content[-2:],  # where the list of parts begins
    ],
)
def test_damaged(change: Any) -> None:
    """A workbook that is cut off, or is none, is refused."""
    assert "is no Excel file" in str(refused(change(sheet(HEADER, ADA)), format="xlsx"))


@pytest.mark.parametrize("last", ["B1048576", "XFD1048576"])
def test_used_range(last: str) -> None:
    """A sheet whose used range no roster has is refused, and not walked through."""

    def fill(book: Any) -> None:
        book.active.append(HEADER)
        book.active[last] = "x"

    assert "1048576 of the sheet" in str(refused(workbook(fill)))


def test_missing_openpyxl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without openpyxl the error says which extra brings it."""
    content = sheet(HEADER, ADA)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "arize-users[excel]" in str(refused(content))
