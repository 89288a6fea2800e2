"""Rows as CSV, TSV, JSON, JSON Lines and Excel: one rule for what a cell may hold, and how it reads back.

A spreadsheet runs a cell of a CSV file that begins as a formula does, and a terminal acts on control
characters. Such cells are escaped, and `unescaped` gives back what they held; every other cell is written as
it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠\t\r]")  # noqa: RUF001 - spreadsheets read the wide forms too
# What a terminal acts on, and lone surrogates, which UTF-8 lacks. JSON escapes those below a blank itself.
_UNSAFE = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE_IN_JSON = re.compile(f"[{_UNSAFE}]")
_UNSAFE_IN_CELL = re.compile(rf"[\x00-\x08\x0b-\x1f{_UNSAFE}]")
_ESCAPED = re.compile(r"\\(?:(\\)|x([0-9a-f]{2})|u([0-9a-f]{4}))")
# What XML cannot hold or would change, and what would read as the escape that Excel has for it.
_UNSAFE_IN_EXCEL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED_IN_EXCEL = re.compile("_x([0-9A-Fa-f]{4})_")
_MAX_EXCEL_CELL = 32_767


def escaped(text: str) -> str:
    r"""Write a text as a cell that no spreadsheet runs and no terminal acts on.

    An apostrophe stands before what begins as a formula does, also behind apostrophes of its own. Where a
    control or bidi character is inside, it is written as \x1b or \u202e behind such an apostrophe, and a
    backslash as two.
    """
    is_unsafe = _UNSAFE_IN_CELL.search(text) is not None
    if not is_unsafe and not _FORMULA.match(text) and not (text.startswith("'") and "\\" in text):
        return text
    return "'" + _UNSAFE_IN_CELL.sub(_named, text.replace("\\", "\\\\"))


def _named(unsafe: re.Match[str]) -> str:
    number = ord(unsafe[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def unescaped(cell: str) -> str:
    """Read what `escaped` wrote: the exact text. A cell that it would not have written stays as it is."""
    inside = cell[1:]
    if not cell.startswith("'") or not ("\\" in inside or _FORMULA.match(inside)):
        return cell
    return _ESCAPED.sub(lambda found: found[1] or chr(int(found[2] or found[3], 16)), inside)


def cell_text(value: object) -> str:
    """Write a value as text: None is empty, True and False are lower case, a time is whole."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso_time(value)
    return str(value)


def iso_time(moment: datetime) -> str:
    """Write a time whole, with its zone and without blanks, as the options that take a time read it."""
    return moment.isoformat().replace("+00:00", "Z")


def csv_of(rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> bytes:
    """Write CSV in UTF-8. A line break inside a cell is kept, in quotes."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n", delimiter=delimiter)
    writer.writerows([escaped(cell_text(cell)) for cell in row] for row in rows)
    return sheet.getvalue().encode()


def excel_of(rows: Iterable[Sequence[object]]) -> bytes:
    """Write an Excel workbook of one sheet, the first row of which stays in sight; every cell is text.

    Raises:
        ImportError: openpyxl is not installed; the extra ``excel`` brings it.
        ValueError: A text is longer than a cell can be.
    """
    book = import_openpyxl().Workbook(write_only=True)
    sheet = book.create_sheet("users")
    sheet.freeze_panes = "A2"
    cell_of = _text_cells(sheet)
    for row in rows:
        sheet.append([cell_of(cell_text(cell)) for cell in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[Sequence[object]]:
    yield columns
    for row in rows:
        yield [row[column] for column in columns]


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write CSV in UTF-8 with a header."""
    return csv_of(_table(columns, rows))


def tsv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write tab-separated values as `csv_bytes` writes CSV."""
    return csv_of(_table(columns, rows), delimiter="\t")


def json_bytes(document: object, *, indent: int | None = 2) -> bytes:
    """Write JSON in UTF-8, with escapes only for what is invisible and harmful."""
    text = json.dumps(document, ensure_ascii=False, indent=indent) + "\n"
    return _UNSAFE_IN_JSON.sub(lambda unsafe: f"\\u{ord(unsafe[0]):04x}", text).encode()


def json_lines(documents: Iterable[object]) -> bytes:
    """Write JSON Lines in UTF-8: one document a line."""
    return b"".join(json_bytes(document, indent=None) for document in documents)


def excel_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write an Excel workbook of one sheet with a header; see `excel_of`."""
    return excel_of(_table(columns, rows))


def _text_cells(sheet: Any) -> Callable[[str], Any]:
    from openpyxl.cell import WriteOnlyCell

    def text_cell(text: str) -> Any:
        if not text:
            return None
        held = _UNSAFE_IN_EXCEL.sub(lambda unsafe: f"_x{ord(unsafe[0]):04X}_", text)
        if len(held) > _MAX_EXCEL_CELL:
            raise ValueError(
                f"a cell of Excel holds at most {_MAX_EXCEL_CELL:,} characters, not {len(held):,}"
            )
        cell = WriteOnlyCell(sheet, held)
        # Without these, what begins with = is a formula, now or when the cell is next edited.
        cell.data_type, cell.number_format = "s", "@"
        return cell

    return text_cell


def text_of_excel(held: str) -> str:
    """Read the text of a cell of Excel: _x000D_ stands for a carriage return, and so on."""
    return _ESCAPED_IN_EXCEL.sub(lambda found: chr(int(found[1], 16)), held) if "_x" in held else held


def import_openpyxl() -> Any:
    """Import openpyxl, which is slow to load and in an extra.

    Raises:
        ImportError: It cannot be loaded; says which extra brings it.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise ImportError(
            f"Excel needs openpyxl, which cannot be loaded ({error}): "
            "install it with `pip install 'arize-users[excel]'`"
        ) from error
    return openpyxl
