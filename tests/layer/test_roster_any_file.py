"""Whatever a file holds: it is read, or refused as a roster is, and no row is lost or taken twice."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.roster_files import HEADER, read, sheet

from arize_users import RosterError
from arize_users.roster import Roster

_FORMATS = st.sampled_from(["csv", "tsv", "json", "jsonl", "xlsx", None])
_WORDS = "email name role role_id status password member sep=; version:v1.0 users null 1 deleted ''= a@b.c"
_PIECES = st.sampled_from([*_WORDS.split(), *"\",;\t\n\r'= []{}:@\x00\ufeff\xa0\ud800\u212a", "\r\n"])
_CONTENT = st.one_of(st.binary(max_size=60), st.lists(_PIECES, max_size=30).map("".join))
_CELLS = st.text(st.sampled_from("ab@.\"'=,;\n\r \t\xa0\u0301\U0001f600"), max_size=8)


def _outcome(content: bytes | str, format: str | None, skip_invalid: bool) -> Roster | RosterError:
    file = io.StringIO(content) if isinstance(content, str) else io.BytesIO(content)
    try:
        return Roster.read(file, format=format, skip_invalid=skip_invalid)
    except RosterError as error:
        return error


@settings(max_examples=400)
@given(content=_CONTENT, format=_FORMATS)
@example(content=b"PK\x03\x04", format="xlsx")
def test_any_content(content: bytes | str, format: str | None) -> None:
    """Any content gives a roster or an error that says why; skipping bad rows changes nothing of it."""
    strict, lenient = (_outcome(content, format, skip_invalid) for skip_invalid in (False, True))
    assert str(strict)
    if isinstance(strict, Roster):
        assert strict == lenient
    elif strict.problems:
        assert isinstance(lenient, Roster)
        assert lenient.problems == strict.problems
    else:
        assert str(lenient) == str(strict)


def _parts() -> dict[str, bytes]:
    """Unpack a workbook, without the part that tells when it was made."""
    content = sheet(("email", "name", "role"), ("ada@example.com", "Ada", "member"), ("b@c.example", 1, "=1"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}


def _packed(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _with_byte(content: bytes, place: int, byte: int) -> bytes:
    place %= len(content)
    return content[:place] + bytes([byte]) + content[place + 1 :]


@settings(max_examples=100)
@given(place=st.integers(0, 4000), byte=st.integers(0, 255))
@example(place=1850, byte=255)
def test_damaged_workbook(place: int, byte: int) -> None:
    """A workbook with a wrong byte is read or refused, and does nothing else."""
    _outcome(_with_byte(_packed(_parts()), place, byte), "xlsx", False)


@settings(max_examples=100)
@given(part=st.sampled_from(sorted(_parts())), place=st.integers(0, 9000), byte=st.integers(0, 255))
def test_damaged_part(part: str, place: int, byte: int) -> None:
    """A workbook with a wrong byte in its XML is read or refused, and does nothing else."""
    parts = _parts()
    _outcome(_packed({**parts, part: _with_byte(parts[part], place, byte)}), "xlsx", False)


@pytest.mark.parametrize("row", ["-1", "x"])
def test_impossible_row(row: str) -> None:
    """A workbook that says a row is where none can be is refused."""
    parts = _parts()
    part = "xl/worksheets/sheet1.xml"
    parts[part] = parts[part].replace(b'r="2"', f'r="{row}"'.encode()).replace(b"A2", f"A{row}".encode())
    assert "is no Excel file" in str(_outcome(_packed(parts), "xlsx", False))


@settings(max_examples=300)
@given(rows=st.lists(st.lists(_CELLS, min_size=3, max_size=3), max_size=6), delimiter=st.sampled_from(",;\t"),
       end=st.sampled_from(["\n", "\r\n", "\r"]), quoted=st.booleans())  # fmt: skip
def test_lines(rows: list[list[str]], delimiter: str, end: str, quoted: bool) -> None:
    """Every row is a person or a problem, once, with the line on which it begins in the file."""
    text, lines = delimiter.join(HEADER.strip().split(",")) + end, []
    for cells in rows:
        if any(cell.strip() for cell in cells):
            lines.append(1 + len(re.findall("\r\n|\r|\n", text)))
        text += delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells) + end
    roster = read(text, skip_invalid=True)
    assert (
        sorted([entry.line or 0 for entry in roster.entries] + [one.line for one in roster.problems]) == lines
    )


def test_packed_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that unpacks to more than any roster is refused before it is unpacked."""
    monkeypatch.setattr("arize_users._users.roster.excel._MAX_UNPACKED", 2**20)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(2**20 + 1))
    assert "is larger than 1 MiB unpacked" in str(_outcome(content.getvalue(), "xlsx", False))
