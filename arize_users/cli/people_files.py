"""Files of people: ids and email addresses as people keep them, one per line or as CSV, for `--file`."""

from __future__ import annotations

import csv
import io
import re
import string
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from arize_users._cells import unescaped
from arize_users._streams import visible

from .errors import USAGE, CommandError
from .profile_files import FileProblem, text_of

STDIN = "-"
"""The name that stands for standard input."""

_SEPARATORS = ",;\t"
_INVISIBLE = "\u200b\u2060\ufeff\u200e\u200f"
"""What comes along with copying, and stands around a text unseen."""
_QUOTES = ('""', "''", "``", "“”", "„“", "””", "‘’", "‚‘", "«»")  # noqa: RUF001 - quotes are what it looks for
_FIELDS = {"email": "email", "emailaddress": "email", "id": "user_id", "userid": "user_id"}
"""The columns that name people, by their headers without case and punctuation."""
_NOT_ABOUT_PEOPLE = re.compile(r"\s*(#|(?i:version:v\d))")
"""How a comment begins, and the first row of Entra's files."""
_SEPARATOR_LINE = re.compile(r"sep=(.)[\s,;]*", re.IGNORECASE)
_MAIL_FIELD = re.compile(r"\s*(to|cc|bcc):", re.IGNORECASE)
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]*)>", re.DOTALL)
_SURELY_AN_ID = re.compile(r"VXNlcj|use?r_")
"""How the ids of users begin: User in base64, and what the documentation shows."""
_HEADER_WORD = re.compile(r"[^\W\d]*(mail|user|name|login|address|upn)[^\W\d]*", re.IGNORECASE)


class Person(NamedTuple):
    """Somebody whom a file names, by an id, by an address, or by both.

    Args:
        line: The line of the first mention, counted from 1.
        user_id: The id.
        email: The address.
    """

    line: int
    user_id: str | None = None
    email: str | None = None

    @property
    def named(self) -> str:
        """The person as given: by the address where there is one, which people know."""
        return self.email or self.user_id or ""


Columns = list[tuple[str, list[str]]]
"""Each column's header, and its cells."""


class LineProblem(NamedTuple):
    """A line that cannot be used, and why."""

    line: int
    reason: str


class People(NamedTuple):
    """Whom a file names, each once, its lines that cannot be used, and its columns with their headers."""

    people: list[Person]
    problems: list[LineProblem]
    columns: Columns


class _Unusable(Exception):
    """A line, or an entry of it, cannot be used."""


def read_people(
    file: str, *, skip_invalid: bool, is_for_deletion: bool = False
) -> tuple[list[Person], list[str]]:
    """Read a file of people, or standard input where it is named ``-``; give what was skipped, too.

    Args:
        file: The file's name.
        skip_invalid: Whether lines that cannot be used are skipped, and not refused.
        is_for_deletion: Whether a file is refused that calls some of its people inactive, and others not.

    Raises:
        CommandError: It cannot be read, names nobody, has lines that cannot be used, or people who stay.
    """
    name = "standard input" if file == STDIN else file
    try:
        found = parse(text_of(_content(file)))
    except OSError as error:
        raise CommandError(USAGE, f"cannot read {name}: {error.strerror or error}") from error
    except FileProblem as problem:
        place = name if problem.line is None else f"{name}, line {problem.line}"
        raise CommandError(
            USAGE, f"{place}: {problem.what}", hint="Give one id or address per line, or CSV, in UTF-8."
        ) from problem
    if is_for_deletion:
        _refuse_who_stay(name, found.columns)
    told = [f"{name}, line {line}: {reason}" for line, reason in found.problems]
    if told and not skip_invalid:
        hint = "Nothing was sent. Mend the file, or let --skip-invalid do the rest."
        raise CommandError(USAGE, *told, hint=hint)
    if not found.people:
        raise CommandError(USAGE, f"{name} names nobody", *told, hint="Give one id or address per line.")
    return found.people, [f"skipped: {one}" for one in told]


def _refuse_who_stay(name: str, columns: Columns) -> None:
    """Refuse the export of a whole directory, which names those who left beside all others."""
    from arize_users import DeletionStatus, UserStatus
    from arize_users.roster import inactivity_mark

    for header, cells in columns:
        values = {cell.upper() for cell in cells}
        # What `list` and `delete` write can be given back.
        is_ours = values <= UserStatus.__members__.keys() or values <= DeletionStatus.__members__.keys()
        is_inactive = inactivity_mark(header)
        if is_inactive is None or is_ours:
            continue
        inactive = sum(is_inactive(cell) for cell in cells if cell)
        if 0 < inactive < len(cells):
            stay = len(cells) - inactive
            problem = f"{name}: its column {visible(header)} calls {inactive} inactive, and {stay} not"
            hint = (
                "Leave in it only those who are to be deleted; or take the column out, to delete all of them."
            )
            raise CommandError(USAGE, problem, hint=hint)


def _content(file: str) -> bytes:
    if file != STDIN:
        with open(file, "rb") as opened:
            return opened.read()
    if sys.stdin is None:
        raise OSError("it is closed")
    return sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()


def parse(text: str) -> People:
    """Read people from text: CSV with a header that names an email or id column, or entries on lines.

    Raises:
        FileProblem: It is something else.
    """
    if "\0" in text or text.startswith(("PK\x03\x04", "{", "[")):
        raise FileProblem("it is not text that holds people, but a workbook, JSON or other data")
    lines = re.split(r"\r\n|\n|\r", text)
    rows = [
        number
        for number, line in enumerate(lines)
        if line.strip(_SEPARATORS + string.whitespace) and not _NOT_ABOUT_PEOPLE.match(line)
    ]
    delimiter = None
    if rows and (found := _SEPARATOR_LINE.fullmatch(lines[rows[0]])):
        delimiter = found[1]
        del rows[0]
    if not rows:
        return People([], [], [])
    first = lines[rows[0]]
    delimiter = delimiter or max(_SEPARATORS, key=first.count)
    header = [] if "@" in first else [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter))]
    fields = [_FIELDS.get(re.sub(r"\W|_", "", cell).lower()) for cell in header]
    people: dict[tuple[str | None, str | None], Person] = {}
    problems: list[LineProblem] = []
    columns: Columns = []
    if any(fields):
        columns = [(cell, []) for cell in header]
        entries = _csv_entries(text, rows[0], fields, delimiter, problems, columns)
    else:
        _refuse_foreign_header(header, [lines[number] for number in rows[1:]], delimiter, rows[0] + 1)
        entries = ((number + 1, _line_entries(lines[number])) for number in rows)
    for line, named in entries:
        try:
            for user_id, email in list(named):
                people.setdefault((user_id, email), Person(line, user_id, email))
        except _Unusable as problem:
            problems.append(LineProblem(line, str(problem)))
    return People([*people.values()], problems, columns)


_Entries = Iterator[tuple[str | None, str | None]]


def _refuse_foreign_header(header: Sequence[str], rows: Sequence[str], delimiter: str, line: int) -> None:
    """Refuse a first line that looks like the header of something else, and would pass for ids."""
    named = [cell for cell in header if cell]
    if len(named) > 1:
        is_header = not any(re.search(r"[\d=]", re.sub(r"\[.*?\]|\(.*?\)", "", cell)) for cell in named)
        is_header &= any("@" in row and row.count(delimiter) >= len(named) - 1 for row in rows)
    else:
        is_header = bool(_HEADER_WORD.fullmatch("".join(named))) and any("@" in row for row in rows)
    if is_header:
        raise FileProblem(f"it has no column email, id or user_id, but {', '.join(named)}", line)


def _csv_entries(
    text: str,
    skipped: int,
    fields: Sequence[str | None],
    delimiter: str,
    problems: list[LineProblem],
    columns: Columns,
) -> Iterator[tuple[int, _Entries]]:
    """Read the rows below a header, each with its first line; a comment or an empty row is none."""
    if duplicated := {field for field in fields if field and fields.count(field) > 1}:
        raise FileProblem(f"it has two columns for {' and for '.join(sorted(duplicated))}", skipped + 1)
    file = io.StringIO(text, newline="")
    for _ in range(skipped + 1):
        file.readline()
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        line = skipped + reader.line_num + 2
        try:
            row = next(reader, None)
        except csv.Error as error:
            # What follows cannot be told from what is in the quotes.
            reason = f"a quote in it is not closed, or not where it belongs ({error})"
            problems.append(LineProblem(line, reason))
            return
        if row is None:
            return
        if any(cell.strip() for cell in row) and not _NOT_ABOUT_PEOPLE.match(row[0]):
            yield line, _row_entries(row, fields)
            for (_, cells), cell in zip(columns, row, strict=False):
                cells.append(cell.strip())


def _row_entries(row: Sequence[str], fields: Sequence[str | None]) -> _Entries:
    if any(cell.strip() for cell in row[len(fields) :]):
        raise _Unusable(
            f"it has {len(row)} cells, and the header {len(fields)}: quote a cell with a separator"
        )
    cells = {field: _bare(cell) for field, cell in zip(fields, row, strict=False) if field}
    email, user_id = cells.get("email"), cells.get("user_id")
    if email and "@" not in email:
        raise _Unusable(f"{email!r} is not an email address: it has no @")
    if not email and user_id and "@" in user_id:
        email, user_id = user_id, None
    if not email and not user_id:
        raise _Unusable("it has neither an address nor an id")
    yield _checked(user_id) if user_id else None, _checked(email) if email else None


def _line_entries(line: str) -> _Entries:
    """Read the entries of a line, which may be a mail client's list of recipients."""
    line = line[found.end() :] if (found := _MAIL_FIELD.match(line)) else line
    pieces = [piece for piece in _pieces(line) if _stripped(piece)]
    has_address = any("@" in piece for piece in pieces)
    for number, piece in enumerate(pieces, 1):
        entry = _bare(piece)
        if "@" in entry or "\uff20" in entry:
            yield None, _checked(entry)
        elif has_address and not _SURELY_AN_ID.match(entry):
            # It is not shown: it may be a password.
            raise _Unusable(
                f"entry {number} is beside an address, and may be no id: put quotes round a name that has a "
                "separator, an id on a line of its own, or a header above columns"
            )
        else:
            yield _checked(entry), None


def _pieces(line: str) -> Iterator[str]:
    """Split a line at separators outside quotes and angle brackets, up to a comment."""
    start, end = 0, ""
    for place, letter in enumerate(line):
        before = line[place - 1 : place]
        if end:
            end = "" if letter == end else end
        elif letter == '"' or letter == "<":
            end = '"' if letter == '"' else ">"
        elif letter == "#" and (not before.strip() or before in _SEPARATORS):
            line = line[:place]
            break
        elif letter in _SEPARATORS:
            yield line[start:place]
            start = place + 1
    if end:
        raise _Unusable(f"it has no {end} that closes the one before")
    yield line[start:]


def _bare(text: str) -> str:
    """Take off what people and programs put around an id or an address."""
    text = _stripped(text)
    if found := _NAMED_ADDRESS.fullmatch(text):
        text = _stripped(found[1])
    if text[:7].lower() == "mailto:":
        text = _stripped(unquote(text[7:].partition("?")[0]))
    return unescaped(text)


def _stripped(text: str) -> str:
    before = None
    while text != before:
        before, text = text, text.strip().strip(_INVISIBLE)
        if len(text) > 1 and text[0] + text[-1] in _QUOTES:
            text = text[1:-1]
    return text


def _checked(text: str) -> str:
    from arize_users import InvalidArgumentError
    from arize_users.roster import check_user

    try:
        return check_user(text)
    except InvalidArgumentError as error:
        wide = f"; {error.hint}" if "\uff20" in text else ""
        raise _Unusable(error.message + wide) from error
