"""Reads people from a sheet of Excel: the text that is shown, and no number or date in its place."""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from ..._cells import import_openpyxl, text_of_excel
from .tables import Row, Table, Typed, refused

_MAX_UNPACKED = 512 * 2**20
_MAX_CELLS = 4_000_000
_HIDDEN = "is hidden, by a filter maybe, so that nobody sees it: show the row, or delete it"


def read_excel(content: bytes, name: str) -> Table:
    """Read the first visible sheet of a workbook.

    Raises:
        RosterError: It is no workbook, it has no such sheet, or openpyxl is not installed.
    """
    try:
        openpyxl = import_openpyxl()
    except ImportError as error:
        raise refused(name, f"cannot be read: {error}") from error
    has_formulas = _looked_through(content, name)
    book = _opened(openpyxl, content, name, data_only=True)
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not visible:
        raise refused(name, "has no sheet that can be seen")
    sheet = visible[0]
    for one in book.worksheets:
        if one.max_row * one.max_column > _MAX_CELLS:
            raise refused(
                name,
                f"uses {one.dimensions} of the sheet {one.title!r}: no roster does",
                "Delete the empty rows and columns behind the last person.",
            )
    formulas = _opened(openpyxl, content, name, data_only=False)[sheet.title] if has_formulas else None
    rows = [_row(cells, sheet, formulas) for cells in sheet.iter_rows()]
    notes = []
    others = [repr(other) for other in book.sheetnames if other != sheet.title]
    if others:
        notes.append(f"the sheet {sheet.title!r} is read; not read: {', '.join(others)}")
    place = next((place for place, row in enumerate(rows) if any(row.cells)), None)
    if place is None:
        unread = f", and {', '.join(others)} is not read" if others else ""
        raise refused(name, f"is empty: the sheet {sheet.title!r} has no header, and nobody in it{unread}")
    header = rows[place]
    sheets = (one for one in book.worksheets if one is not sheet)
    beside = [text for one in sheets for row in one.values for text in row if isinstance(text, str)]
    return Table(name, "xlsx", [*header.cells], header.line, rows[place + 1 :], notes, beside=beside)


def _looked_through(content: bytes, name: str) -> bool:
    """Check that a file can be unpacked, and tell whether it holds formulas."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(name, "is an old Excel file (.xls) or has a password", "Save it as .xlsx, without one.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > _MAX_UNPACKED:
                raise refused(name, f"is larger than {_MAX_UNPACKED // 2**20} MiB unpacked: no roster is")
            sheets = [part for part in parts if "worksheets/" in part.filename]
            return any(b"<f" in archive.read(part) for part in sheets)
    except Exception as error:  # zipfile raises what its parts do: zlib.error, and ValueError of a place.
        raise refused(name, f"is no Excel file, or is cut off: {error}") from error


def _opened(openpyxl: Any, content: bytes, name: str, *, data_only: bool) -> Any:
    try:
        with warnings.catch_warnings():
            # Of what it does not keep, such as the colours of a filter.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), data_only=data_only)
    except Exception as error:  # openpyxl raises whatever its parsers do.
        raise refused(name, f"is no Excel file that can be read: {error}") from error


def _row(cells: tuple[Any, ...], sheet: Any, formulas: Any) -> Row:
    line = cells[0].row
    texts = [_text(cell) for cell in cells]
    if formulas is not None:
        for place, cell in enumerate(cells):
            if cell.value is None and formulas[cell.coordinate].value is not None:
                texts[place] = Typed("=", "a formula whose value is not in the file (save it in Excel)")
    is_hidden = line in sheet.row_dimensions and sheet.row_dimensions[line].hidden
    flaw = _HIDDEN if is_hidden and any(texts) else None
    return Row(line, texts, texts, flaw)


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        text = text_of_excel(value).strip()
        return Typed(text, f"the error {text}") if cell.data_type == "e" else text
    if isinstance(value, bool):
        return Typed(str(value).lower(), "TRUE or FALSE")
    if isinstance(value, datetime | date | time | timedelta):
        return Typed(str(value), "a date or a time")
    return Typed(str(value), "a number")
