"""Reads CSV and tab-separated values: what each row holds, and on which line of the file it begins.

The rules are those of RFC 4180, held strictly: nothing is guessed from the rows of people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..._cells import unescaped
from .tables import Row, Table, refused, shown

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r'"?sep=([^\r\n])"?[;,\t ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_IS_NO_PERSON = re.compile(r"(version:\s*v?\d[\w.]*|#TYPE\b.*)", re.IGNORECASE)
_BLANK = " \t\xa0,;|\ufeff"
_HINT = 'A quote inside a quoted cell is written twice: "Mira ""Mi"" Voss".'
_FLAW = f"a quote is closed before its cell ends. {_HINT}"


class UnclosedQuoteError(Exception):
    """The text ends inside a quote."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def split_rows(text: str, delimiter: str, start: int, line: int) -> Iterator[Row]:
    """Split a text into rows, from a place on and its line; a line break inside quotes is part of its cell.

    Raises:
        UnclosedQuoteError: The text ends inside a quote.
    """
    split_quoted = _quoted_splitter(text, delimiter)
    while start < len(text):
        found = _LINE_END.search(text, start)
        end, after = found.span() if found else (len(text), len(text))
        if text.find('"', start, end) < 0:
            cells, flaw = text[start:end].split(delimiter), None
        else:
            cells, flaw, end = split_quoted(start, line)
            found = _LINE_END.match(text, end)
            after = found.end() if found else end
        yield Row(line, [_trimmed(cell) for cell in cells], text[start:end], flaw)
        line += 1 + (count_line_ends(text, start, end) if flaw or '"' in text[start:end] else 0)
        start = after


def count_line_ends(text: str, start: int, end: int) -> int:
    """Count the line ends between two places."""
    return sum(1 for _ in _LINE_END.finditer(text, start, end))


def _trimmed(cell: str) -> str:
    cell = cell.strip()
    return unescaped(cell).strip() if cell.startswith("'") else cell


def _quoted_splitter(text: str, delimiter: str) -> Callable[[int, int], tuple[list[str], str | None, int]]:
    """Give a function that splits the row at a place, and tells its cells, its flaw and its end."""
    blank = "[ \xa0]" if delimiter == "\t" else "[ \t\xa0]"
    opened = re.compile(f'{blank}*"')
    quoted = re.compile(rf'{blank}*"((?:[^"]++|"")*+)"{blank}*')
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    rest = re.compile(r"[^\r\n]*")

    def split(place: int, line: int) -> tuple[list[str], str | None, int]:
        cells, start = [], place
        while True:
            if found := quoted.match(text, place):
                cells.append(found[1].replace('""', '"'))
            elif found := opened.match(text, place):
                raise UnclosedQuoteError(line + count_line_ends(text, start, found.end()))
            else:
                found = plain.match(text, place)
                assert found is not None  # It matches nothing, too.
                cells.append(found[0])
            place = found.end()
            if not text.startswith(delimiter, place):
                break
            place += len(delimiter)
        if place == len(text) or text[place] in "\r\n":
            return cells, None, place
        found = rest.match(text, place)
        return cells, _FLAW, found.end() if found else place

    return split


def read_separated(text: str, name: str, kind: str, count_known: Callable[[list[str]], int]) -> Table:
    """Read CSV or tab-separated values.

    Args:
        text: The file's text.
        name: What messages call the file.
        kind: csv or tsv.
        count_known: Tells how many of the texts of a header are known; by that and by their number the
            delimiter is chosen.

    Raises:
        RosterError: There is no row, or the file ends inside a quote.
    """
    start, line, opening = 0, 1, ""
    declared = _SEPARATOR.match(text)
    if declared:
        start, line, opening = declared.end(), 2, declared[0]
        delimiters = declared[1]
    else:
        delimiters = "\t,;" if kind == "tsv" else ",;\t"
    rows: list[Row] = []
    try:
        delimiter = max(
            delimiters, key=lambda one: _header_score(split_rows(text, one, start, line), count_known)
        )
        for row in split_rows(text, delimiter, start, line):
            rows.append(row)  # noqa: PERF402 - those read before an error are looked at
    except UnclosedQuoteError as error:
        raise _cut_off(name, error.line, rows) from None
    return _with_header(Table(name, kind, [], 0, rows, opening=opening))


def _header_score(rows: Iterator[Row], count_known: Callable[[list[str]], int]) -> tuple[int, int]:
    header = next((row.cells for row in rows if not _is_no_header(row)), [])
    return count_known(header), len(header)


def _is_no_header(row: Row) -> bool:
    return not "".join(row.cells).strip(_BLANK) or is_no_person(row)


def is_no_person(row: Row) -> bool:
    """Tell whether a row is a mark of the program that wrote the file, such as ``version:v1.0``."""
    first, *others = [cell for cell in row.cells if cell] or [""]
    # Under another delimiter than its own, empty cells stand behind the mark.
    return not others and _IS_NO_PERSON.fullmatch(first.rstrip(_BLANK)) is not None


def mark_note(row: Row) -> str:
    """Say that a row is a mark of a program."""
    return f"line {row.line}, {shown(row.cells[0])!r}, is a mark of a program and no person: not read"


def _with_header(table: Table) -> Table:
    place = next((place for place, row in enumerate(table.rows) if not _is_no_header(row)), None)
    if place is None:
        raise refused(table.name, "is empty: it has no header, and nobody in it")
    header = table.rows[place]
    if header.flaw:
        raise refused(table.name, f"has a header that cannot be read: line {header.line}: {header.flaw}")
    for row in table.rows[:place]:
        if not row.is_blank and is_no_person(row):
            table.notes.append(mark_note(row))
    table.opening += header.source
    table.header, table.header_line, table.rows = header.cells, header.line, table.rows[place + 1 :]
    return table


def _cut_off(name: str, line: int, rows: list[Row]) -> Exception:
    flawed = next((row.line for row in rows if row.flaw), None)
    earlier = f" The first quote that looks wrong is in line {flawed}." if flawed else ""
    return refused(
        name,
        f"is incomplete: it ends inside a quote, opened in line {line}.{earlier}",
        "Get the whole file, or close the quote.",
    )
