"""A file of people as rows of text, whatever its format."""

from __future__ import annotations

from typing import Any, NamedTuple

from attrs import define, field

from ...errors import RosterError

_MAX_SHOWN = 80


class Typed(str):
    """A cell that is no text: a number of Excel, a list of JSON. ``kind`` says what it is."""

    kind: str

    def __new__(cls, shown: str, kind: str = "") -> Typed:
        """Make one that shows itself as a text."""
        cell = super().__new__(cls, shown)
        cell.kind = kind
        return cell


class Row(NamedTuple):
    """One row.

    Args:
        line: Its first line in the file, counted from 1.
        cells: Its texts, without blanks around them.
        source: What it is in the file, to be written as it stands.
        flaw: Why its cells cannot be told apart, or None.
    """

    line: int
    cells: list[str]
    source: Any
    flaw: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in it."""
        return not any(self.cells) and self.flaw is None


@define
class Table:
    """The rows of a file.

    Args:
        name: What messages call the file.
        kind: Its format.
        header: The texts of its header.
        header_line: Where that stands.
        rows: The rows below it.
        notes: What a reader should know.
        opening: What stands before the rows in the file, the header included, to be written as it stands.
        is_partial: Whether the file itself says that there is more.
        beside: Other texts of the file, such as those of sheets that are not read: who is named in them is
            named in the file.
    """

    name: str
    kind: str
    header: list[str]
    header_line: int
    rows: list[Row]
    notes: list[str] = field(factory=list)
    opening: str = ""
    is_partial: bool = False
    beside: list[str] = field(factory=list)


def refused(name: str, problem: str, hint: str | None = None) -> RosterError:
    """Make the error of a file that as a whole is no roster."""
    return RosterError(f"{name} {problem}", hint=hint)


def shown(text: str) -> str:
    """Write a text of a file in a message: on one line, without control characters, not too long."""
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
