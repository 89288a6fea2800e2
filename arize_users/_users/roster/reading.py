"""Reads people from files: what each row says, and everything that is wrong with a file at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from ...enums import AnyCaseText
from ...errors import InvalidArgumentError, RosterError
from ...people import NewUser
from ...types import RoleLike
from ..addresses import identity_key
from .alike import alike_notes, code_point, duplicates
from .columns import (
    Layout,
    addresses_in,
    as_field,
    checked_columns,
    known_counter,
    layout_of,
    unread_note,
)
from .decoding import checked_encoding, decoded, read_content
from .entries import Entry, Reading, RowProblem
from .excel import read_excel
from .files import File, checked_format, name_of
from .json_rows import read_json, read_json_lines
from .persons import checked_email, checked_person, flag_of, role_of
from .plan_text import counted
from .rejects import Rejects
from .separated import is_no_person, mark_note, read_separated
from .tables import Row, Table, Typed, refused, shown

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FLAGS = ("true", "false", "1", "0")
_FOREIGN_FILES = {b"PAR1": "a parquet file", b"%PDF": "a PDF", b"\x1f\x8b": "packed with gzip"}


def read_people(
    file: File,
    *,
    columns: Mapping[str, str] | None,
    encoding: str | None,
    format: str | None,
    include_inactive: bool,
    skip_invalid: bool,
) -> Reading:
    """Read a file; see `Roster.read`."""
    columns = checked_columns(columns)
    encoding = checked_encoding(encoding)
    kind = checked_format(format, file)
    source = name_of(file)
    name = shown(source or "the file")
    table = _table(read_content(file, name), kind, encoding, name, columns)
    layout = layout_of(table, columns)
    is_sheet = table.kind not in ("json", "jsonl")
    rows = [row for row in table.rows if not (is_sheet and (row.is_blank or _is_repeated(row, table)))]
    reader = _Reader(layout, rows, include_inactive=include_inactive)
    bad = reader.reasons
    beside = {identity_key(address) for text in table.beside for address in addresses_in(text)}
    reading = Reading(
        source=source,
        entries=[entry for number, entry in reader.entries.items() if number not in bad],
        problems=[reader.problem(number) for number in sorted(bad)],
        inactive=[one for number, one in reader.inactive.items() if number not in bad],
        notes=[*table.notes, *filter(None, [unread_note(table, layout)]), *reader.notes()],
        mentioned=reader.mentioned | beside,
        rejects=Rejects.of(table, [rows[number] for number in sorted(bad)], source),
        is_partial=table.is_partial,
    )
    if reading.problems and not skip_invalid:
        raise _row_error(name, reading, reader.alike)
    return reading


def _table(
    content: bytes | str, kind: str | None, encoding: str | None, name: str, columns: Mapping[str, str]
) -> Table:
    start = content[:4]
    if isinstance(start, bytes):
        if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) and kind != "xlsx":
            if kind is not None:
                raise refused(name, f"is no {kind.upper()}, but Excel or another packed file", _AS_EXCEL)
            kind = "xlsx"
        if what := next((_FOREIGN_FILES[mark] for mark in _FOREIGN_FILES if start.startswith(mark)), None):
            raise refused(name, f"is {what}, which cannot be read", "Save it as CSV, JSON or Excel (.xlsx).")
    if kind == "xlsx":
        if isinstance(content, str):
            raise refused(name, "is open for text", "Open an Excel file for bytes.")
        return read_excel(content, name)
    text, has_mark = decoded(content, encoding, name)
    if kind is None:
        kind = _guessed(text)
    if kind == "json":
        return read_json(text, name)
    if kind == "jsonl":
        return read_json_lines(text, name)
    table = read_separated(text, name, kind, known_counter(columns))
    table.opening = "\ufeff" * has_mark + table.opening
    return table


_AS_EXCEL = "Give it a name that ends in .xlsx where it is that (in code, format='xlsx')."


def _guessed(text: str) -> str:
    """Tell the format of a file whose name does not say it, by its first character."""
    start = text.lstrip()[:1]
    if start == "{":
        return "json" if re.match(r'\s*\{\s*"(users|pagination)"', text) else "jsonl"
    return "json" if start == "[" else "csv"


def _is_repeated(row: Row, table: Table) -> bool:
    """Tell whether a row is the header once more, as in files that were joined, or a program's mark."""
    if row.flaw or any("@" in cell for cell in row.cells):
        return False
    if list(map(as_field, row.cells)) == list(map(as_field, table.header)):
        table.notes.append(f"line {row.line} is the header once more and no person: not read")
        return True
    if is_no_person(row):
        table.notes.append(mark_note(row))
        return True
    return False


class _Reader:
    """Takes in rows, by their numbers; one with problems is in ``reasons``, and no person of it counts."""

    def __init__(self, layout: Layout, rows: Sequence[Row], *, include_inactive: bool) -> None:
        self.entries: dict[int, Entry] = {}
        self.inactive: dict[int, tuple[Entry, str]] = {}
        self.reasons: dict[int, list[str]] = {}
        self.mentioned: set[str] = set()
        self.alike: list[str] = []
        self._layout = layout
        self._rows = rows
        self._shares_lines = len({row.line for row in rows}) < len(rows)
        self._include_inactive = include_inactive
        self._addresses: dict[int, str] = {}
        self._valid: dict[int, str] = {}
        self._short: list[int] = []
        self._headless = False
        self._odd_names: list[str] = []
        for number, row in enumerate(rows):
            self._take(number, row)
        for number, told in duplicates([*self._valid.items()], self._place).items():
            self.reasons.setdefault(number, []).append(f"the same person as {told}")

    def _place(self, number: int) -> str:
        """Say where a row is: by its line, and of several on one line by its number, too."""
        place = f"line {self._rows[number].line}"
        return f"{place} (number {number + 1})" if self._shares_lines else place

    def problem(self, number: int) -> RowProblem:
        """Give all that is wrong with a row."""
        reason = "; ".join(self.reasons[number])
        email = self._addresses.get(number, "")
        return RowProblem(
            line=self._rows[number].line,
            reason=f"number {number + 1}: {reason}" if self._shares_lines else reason,
            email=email if "@" in email else None,
        )

    def _take(self, number: int, row: Row) -> None:
        layout, reasons = self._layout, list[str]()
        reason = self._shape(row)
        found = layout.addresses(row, is_shifted=reason is not None)
        self.mentioned.update(map(identity_key, found))
        if user_id := layout.at(row, layout.ids):
            self.mentioned.add(user_id)
        email = layout.cell(row, "email")
        if reason:
            reasons.append(reason)
            email = next(iter(found), "")
        elif not self._take_person(number, row, reasons) and "@" in email:
            email = next((one for one in found if one in email), email)
        if email:
            self._addresses[number] = email
        if reasons:
            self.reasons[number] = reasons

    def _shape(self, row: Row) -> str | None:
        """Say why the cells of a row cannot be told apart; None where they can."""
        layout = self._layout
        if row.flaw:
            return row.flaw
        if any(row.cells[layout.width :]):
            count = max(place for place, cell in enumerate(row.cells) if cell) + 1
            advice = "; a text with the delimiter in it needs quotes" if isinstance(row.source, str) else ""
            return f"has {count} cells where the header has {layout.width}{advice}"
        filled = [place for place in layout.headless if layout.at(row, place)]
        if filled and filled[-1] > layout.first:
            return f"has a value in column {filled[-1] + 1}, which has no header"
        self._headless |= bool(filled)
        return None

    def _take_person(self, number: int, row: Row, reasons: list[str]) -> bool:
        """Check a person, and note what is wrong; tell whether the address can be one."""
        layout = self._layout
        inactivity = None if self._include_inactive else layout.inactivity(row)
        reasons += self._odd_cells(row)
        person = None
        if not reasons:
            person, wrong = self._person(row, is_lenient=inactivity is not None)
            reasons += wrong
        if len(row.cells) < layout.width:
            self._short.append(number)
            if reasons:
                reasons[-1] += f" ({len(row.cells)} cells where the header has {layout.width})"
        if person is None:
            return self._has_address(number, row)
        self._valid[number] = person.email
        status = layout.at(row, layout.status).casefold()
        entry = Entry(person=person, line=row.line, status=status or None)
        if inactivity:
            self.inactive[number] = (entry, inactivity)
        else:
            self.entries[number] = entry
            if odd := _odd_letters(person.name):
                self._odd_names.append(f"{self._place(number)}: the name holds {odd}")
        return True

    def _has_address(self, number: int, row: Row) -> bool:
        """Tell whether the address of a bad row is one; whoever else has it is refused as well."""
        try:
            self._valid[number] = checked_email(self._layout.cell(row, "email"))
        except InvalidArgumentError:
            return False
        return True

    def _odd_cells(self, row: Row) -> list[str]:
        """Say which cells are no text, or hold what no text does."""
        if isinstance(row.source, str):
            # In JSON and Excel a control character is an escape: it is meant.
            return self._control_characters(row) if _CONTROL.search(row.source) else []
        reasons = []
        for name in self._layout.fields:
            cell = self._layout.cell(row, name)
            if not isinstance(cell, Typed) or (name == "is_developer" and cell.casefold() in _FLAGS):
                continue
            needed = "true or false is" if name == "is_developer" else "text is"
            reasons.append(f"{name} is {cell.kind}{self._quoted(cell)}, where {needed} needed")
        return reasons

    def _control_characters(self, row: Row) -> list[str]:
        # An escaped one, as our own files have them, is not in the row as it stands.
        raw = set(_CONTROL.findall(row.source))
        held = [(name, raw.intersection(self._layout.cell(row, name))) for name in self._layout.fields]
        return [
            f"{name} holds the control character {code_point(min(letters))}"
            for name, letters in held
            if letters
        ]

    def _quoted(self, cell: Typed) -> str:
        return "" if self._layout.secrets or cell == "=" else f" ({shown(cell)})"

    def _person(self, row: Row, *, is_lenient: bool) -> tuple[NewUser | None, list[str]]:
        """Read the person of a row; of those who are inactive nothing but the address has to be right."""
        layout, reasons = self._layout, list[str]()

        def cell(name: str) -> str:
            return layout.cell(row, name)

        email, name, flag = cell("email"), cell("name"), None
        role: RoleLike = AnyCaseText(cell("role") or cell("role_name"))
        reasons += [f"has no {one}" for one, text in (("email", email), ("name", name)) if not text]
        try:
            role = role_of(cell)
        except InvalidArgumentError as error:
            reasons.append(self._without_secrets(error.message, row))
        try:
            flag = flag_of(cell("is_developer"))
        except InvalidArgumentError as error:
            reasons.append(self._without_secrets(error.message, row))
        mode = AnyCaseText(cell("invite_mode") or "email_link")
        # What is missing or wrong is told already, so that the rest is checked with something in its place.
        probe = NewUser(
            email=email or "a@b.c",
            name=name or "-",
            role=role if not reasons else "member",
            invite_mode=mode,
            is_developer=flag,
        )
        try:
            person = checked_person(probe)
        except InvalidArgumentError as error:
            reasons.append(self._without_secrets(error.message, row))
            person = None
        if is_lenient and email and (person is None or reasons):
            return self._inactive_person(row, name, role)
        return (None, reasons) if reasons else (person, [])

    def _inactive_person(self, row: Row, name: str, role: RoleLike) -> tuple[NewUser | None, list[str]]:
        email = self._layout.cell(row, "email")
        try:
            checked = checked_person(NewUser(email=email, name="-", role="member"))
        except InvalidArgumentError as error:
            return None, [self._without_secrets(error.message, row)]
        return NewUser(email=checked.email, name=name, role=role), []

    def _without_secrets(self, message: str, row: Row) -> str:
        """Leave out the texts of a file with passwords: one may stand in a wrong column."""
        if self._layout.secrets:
            for text in row.cells:
                for spelled in (str(text), text.casefold()):
                    message = message.replace(repr(spelled), "what stands there")
        return message

    def notes(self) -> list[str]:
        """Give what a reader should know about the people."""
        self.alike = alike_notes(
            [(self._place(number), address) for number, address in self._addresses.items()],
            told={self._place(number) for number in self.reasons if number not in self._valid},
        )
        notes = [*self.alike, *self._odd_names]
        if self._headless:
            notes.append(f"column {self._layout.first} has no header: not read")
        if short := [self._rows[number].line for number in self._short if number not in self.reasons]:
            lines = ", ".join(map(str, short[:10])) + (", ..." if len(short) > 10 else "")
            rows = counted(len(short), "row has", "rows have")
            notes.append(f"{rows} fewer cells than the header, none of them needed: line {lines}")
        return notes


def _odd_letters(name: str) -> str:
    """Name the characters of a name that nobody can see, and those that stand for lost ones."""
    if name.isprintable() and "\ufffd" not in name:
        return ""
    odd = (
        letter
        for letter in name
        if letter == "\ufffd"
        or (unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") and letter not in "\t\n\r\u200c\u200d")
    )
    return ", ".join(map(code_point, dict.fromkeys(odd)))


def _row_error(name: str, reading: Reading, alike: Sequence[str]) -> RosterError:
    problems = reading.problems
    lines = [f"{name} has {counted(len(problems), 'row')} that cannot be used"]
    lines += [f"  line {one.line}: {one.reason}" for one in problems]
    lines += [f"  note: {note}" for note in alike]
    return RosterError(
        "\n".join(lines),
        problems=problems,
        notes=[note for note in reading.notes if note not in alike],
        rejects=reading.rejects,
        hint="Mend them, or go on without them: --skip-invalid (in code, skip_invalid=True).",
    )
