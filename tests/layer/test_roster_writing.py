"""What a roster or an account is written as reads back exactly, in every format; and bad rows."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.account import Account
from support.answers import user as document
from support.roster_files import HEADER, people, read, refused, sheet
from support.rosters import person

from arize_users import CustomUserRole, InvalidArgumentError, NewUser, User
from arize_users._cells import escaped, unescaped
from arize_users._users.codec import user as decoded
from arize_users.roster import Roster, write_users

FORMATS = ["csv", "tsv", "json", "jsonl", "xlsx"]
HARD = [
    "=1+1",
    "+tag",
    "-Ada",
    "@SUM(A1)",
    "'quoted'",
    "'=1",
    "''+x",
    "' =x",
    "\uff1dwide",
    "Ada\nLovelace",
    "Ada\r\nL",
    "Ada\rL",
    "Voss, Mira",
    "Voss; Mira",
    "tab\there",
    'Mira "Mi" Voss',
    '"',
    "\\n",
    "'a\\x1bb",
    "=a\\\\b\\x41",
    "bell\x07\x1b[31m",
    "c1\x85\x9b",
    "nul\x00",
    "bidi\u202e\u2066",
    "zero\u200bwidth\u200d\ufeff",
    "line\u2028and\u2029paragraph",
    "Jos\xe9",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "_x000D_ _x005F_x0041_ x005F_",
    "\ufffe\uffff",
    "true",
    "00123",
    "1e5",
    "2024-03-01",
    "#N/A",
    "name",
    "version:v1.0",
    "null",
    "A" * 255,
]
HARD_EMAILS = ["+tag@example.com", "-a@example.com", "=x@example.com", "'o@example.com", "o'neil@example.com"]

_LETTERS = st.one_of(
    st.sampled_from("'=+-@\uff1d\\x1bu202e \t\r\n\x1b\x9b\u202e\x00\",;_x000D5F\u0301\U0001f600"),
    st.characters(exclude_categories=["Cs"]),
)
_NAMES = st.text(_LETTERS, min_size=1, max_size=20).filter(lambda name: name.strip())
_LOCAL = st.text("abc'+-=.!#$%&*/?^_`{|}~\xe9", min_size=1, max_size=8)
_ROLES = st.one_of(
    st.sampled_from(["admin", "member", "annotator"]),
    st.builds(
        CustomUserRole,
        id=st.text("abcXYZ012+/=-'", min_size=1, max_size=12),
        name=st.one_of(st.none(), st.sampled_from(["admin", "MEMBER", "predefined"]), _NAMES),
    ),
)
_PERSON = st.builds(
    NewUser,
    email=_LOCAL.map(lambda local: f"{local}@example.com"),
    name=_NAMES,
    role=_ROLES,
    invite_mode=st.sampled_from(["none", "email_link", "temporary_password"]),
    is_developer=st.sampled_from([None, True, False]),
)
_PEOPLE = st.lists(_PERSON, max_size=6, unique_by=lambda one: one.email)


def _written(roster: Roster, format: str) -> bytes:
    file = io.BytesIO()
    roster.write(file, format=format)
    return file.getvalue()


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60)
@given(given=_PEOPLE)
def test_round_trip(format: str, given: list[NewUser]) -> None:
    """Whoever is in a roster is read back exactly from what it was written as."""
    roster = Roster(given)
    found = read(_written(roster, format), format=format)
    assert found == roster
    assert list(found) == list(roster)
    assert (found.problems, found.inactive) == ((), ())


@pytest.mark.parametrize("format", FORMATS)
def test_hard_names(format: str) -> None:
    """Names that a spreadsheet would run, break or take for something else are read back as they are."""
    hard = [person(f"p{n}@example.com", name) for n, name in enumerate(HARD)]
    hard += [person(email, "Ada") for email in HARD_EMAILS]
    roster = Roster(hard)
    found = read(_written(roster, format), format=format)
    assert [one.name for one in found][: len(HARD)] == [name.strip() for name in HARD]
    assert found == roster


@pytest.mark.parametrize("format", FORMATS)
def test_status(format: str) -> None:
    """The statuses of our own export are written, too, and known when they are read again."""
    users = [
        decoded(document(id=f"u{n}", email=f"p{n}@example.com", status=status))
        for n, status in enumerate(["active", "EXPIRED", "invited"])
    ]
    file = io.BytesIO()
    write_users(users, file, format=format)
    roster = read(file.getvalue(), format=format)
    again = read(_written(roster, format), format=format)
    assert [entry.status for entry in again.entries] == ["active", "expired", "invited"]
    assert again == roster != Roster(roster)
    assert again.notes == ()


@pytest.mark.parametrize("format", FORMATS)
def test_users(format: str) -> None:
    """Users are written with all columns, and read back as people; a field that they lack is empty."""
    custom = {"type": "CUSTOM", "id": "+r=", "name": "=Steward"}
    given = [decoded(document(id="=u1", email="a@example.com", name="=Ada\n", role=custom)), User(id="u2")]
    file = io.BytesIO()
    write_users(iter(given), file, format=format)
    roster = read(file.getvalue(), format=format, skip_invalid=True)
    (entry,) = roster.entries
    assert (entry.person.name, entry.person.role) == ("=Ada", CustomUserRole(id="+r=", name="=Steward"))
    assert [one.reason for one in roster.problems] == ["has no email; has no name; has no role"]
    assert {"=u1", "u2"} <= roster.mentioned


def test_export_read_plan(account: Account) -> None:
    """What an account holds, written to a file and read again, needs no change, whatever its names are."""
    for number, name in enumerate(HARD):
        account.sandbox.add_user(
            email=f"p{number}@example.com", name=name, status="invited" if number % 2 else "active"
        )
    for email in HARD_EMAILS:
        account.sandbox.add_user(email=email, name="Ada", role="admin")
    account.sandbox.add_user(email="old@example.com", name="Old", status="expired")
    listed = list(account.users.iter())
    assert len(listed) == len(HARD) + len(HARD_EMAILS) + 4
    for format in FORMATS:
        file = io.BytesIO()
        write_users(listed, file, format=format)
        plan = account.users.plan(read(file.getvalue(), format=format), remove_missing=True)
        assert (plan.actions, plan.cannot, plan.unchanged) == ((), (), len(listed) - 1)
        assert [one.email for one in plan.left_alone] == ["old@example.com"]
    assert account.done == []


@settings(max_examples=500)
@given(text=st.text(_LETTERS, max_size=12))
def test_cells(text: str) -> None:
    """No cell begins as a formula does or holds what a terminal acts on, and each is read back exactly."""
    cell = escaped(text)
    assert unescaped(cell) == text
    assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]", cell)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cell)
    if not cell.startswith("'"):
        assert cell == text


def test_plain_cells() -> None:
    """A name that is no danger is written as it is, also with an apostrophe, a backslash or a line break."""
    for text in ("O'Neil", "'quoted'", "a\\nb", "Ada\nL", "Jos\xe9", "\u200b", ""):
        assert escaped(text) == unescaped(text) == text
    assert [unescaped(cell) for cell in ("'=1", "''=1", "'+tag@x.com", "'-\\q")] == [
        "=1",
        "'=1",
        "+tag@x.com",
        "-\\q",
    ]


def test_excel_cells() -> None:
    """A cell of Excel is text, now and when it is edited, and never run; the header stays in sight."""
    book = openpyxl.load_workbook(io.BytesIO(_written(Roster([person(name="=1+1")]), "xlsx")))
    cell = book.active["B2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("=1+1", "s", "@")
    assert (book.sheetnames, book.active.freeze_panes) == (["users"], "A2")


def test_columns() -> None:
    """The columns are those that a person fills in; those of custom roles are there only where needed."""
    plain = Roster([person(is_developer=True)])
    assert _written(plain, "csv").decode().splitlines() == [
        "email,name,role,is_developer,invite_mode",
        "ada@example.com,Ada Lovelace,member,true,email_link",
    ]
    assert json.loads(_written(plain, "json")) == {
        "users": [
            {
                "email": "ada@example.com",
                "name": "Ada Lovelace",
                "role": "member",
                "is_developer": True,
                "invite_mode": "email_link",
            }
        ]
    }
    custom = Roster([person(role=CustomUserRole(id="r1", name="Steward"))])
    assert next(csv.DictReader(io.StringIO(_written(custom, "csv").decode()))) == {
        "email": "ada@example.com", "name": "Ada Lovelace", "role": "Steward", "role_type": "custom",
        "role_id": "r1", "is_developer": "", "invite_mode": "email_link",
    }  # fmt: skip


@pytest.mark.posix
@pytest.mark.parametrize("name", ["people.csv", "people.TSV", "people.json", "people.ndjson", "people.xlsx"])
def test_paths(tmp_path: Path, name: str) -> None:
    """The name of a path says the format; it is written whole or not at all, and keeps its mode."""
    path = tmp_path / name
    roster = Roster([person()])
    roster.write(path)
    assert Roster.read(path) == Roster.read(str(path)) == roster
    path.chmod(0o640)
    roster.write(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o400)
    before = path.read_bytes()
    with pytest.raises(FileNotFoundError):
        roster.write(tmp_path / "nowhere" / name)
    assert (os.listdir(tmp_path), path.read_bytes()) == ([name], before)


@pytest.mark.parametrize(
    "write", [lambda file: Roster([person()]).write(file), lambda file: write_users([], file)]
)
def test_unknown_format(tmp_path: Path, write: Any) -> None:
    """A name that says no format is refused, and nothing is written."""
    for path in (tmp_path / "people", tmp_path / "people.parquet", tmp_path / "people.xlsm"):
        with pytest.raises(InvalidArgumentError) as caught:
            write(path)
        assert caught.value.argument == "format"
    assert os.listdir(tmp_path) == []


def test_text_file() -> None:
    """A file open for text takes what is text."""
    file = io.StringIO()
    Roster([person(name="=A")]).write(file, format="csv")
    assert "'=A" in file.getvalue()


def test_missing_openpyxl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without openpyxl nothing is written, and the error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"arize-users\[excel\]"):
        Roster([person()]).write(tmp_path / "people.xlsx")
    assert os.listdir(tmp_path) == []


ADA = {"email": "ada@example.com", "name": "Ada", "role": "member"}
BAD = {
    "people.csv": (
        "\ufeffsep=;\r\n;;\r\nEmail;Name;Role;Password\r\nada@example.com;Ada;member;x\r\n"
        'bob@example.com;"Bob\r\n""B""";boss;hunter2\r\nlate@example.com;Late;member;y;z\r\n'
    ),
    "people.tsv": "email\tname\trole\nada@example.com\tAda\tmember\nbob@example.com\tB;b\tboss\nx\ty\tz\tz\n",
    "people.json": json.dumps(
        [ADA, ADA | {"email": "bob@example.com", "role": "boss"}, {"email": "x", "role": {"id": "r1"}}]
    ),
    "people.jsonl": "\n".join(
        [
            json.dumps(ADA),
            json.dumps(ADA | {"email": "bob@example.com", "role": "boss"}),
            '{"email": oops}',
            "",
        ]
    ),
}


@pytest.mark.posix
@pytest.mark.parametrize("name", BAD)
def test_rejects(tmp_path: Path, name: str) -> None:
    """Bad rows are written as they stand, under the file's header and in its dialect, to be mended."""
    source, target = tmp_path / name, tmp_path / f"rejects{Path(name).suffix}"
    source.write_bytes(BAD[name].encode())
    roster = Roster.read(source, skip_invalid=True)
    error = refused(source.read_bytes(), format=Path(name).suffix[1:])
    assert [one.name for one in roster] == ["Ada"]
    assert roster.write_rejects(target) == len(roster.problems) == len(error.rejects or ()) == 2
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    again = Roster.read(target, skip_invalid=True)
    assert len(again) == 0
    assert [one.email for one in again.problems] == [one.email for one in roster.problems]
    target.write_bytes(target.read_bytes().replace(b"boss", b"admin"))
    (mended,) = Roster.read(target, skip_invalid=True)
    assert mended.email == "bob@example.com"


def test_rejected_text() -> None:
    """The rows of a text are the very text of the file, also where it had another encoding."""
    text = 'sep=;\r\nE-Mail;email;name;role\r\nx;ada@example.com;"J\xf6rg\n; """;boss\r\n'
    file = io.BytesIO()
    rejects = refused(text.encode("cp1252"), encoding="cp1252").rejects
    assert rejects is not None
    assert rejects.write(file) == 1
    assert (
        file.getvalue()
        == 'sep=;\r\nE-Mail;email;name;role\nx;ada@example.com;"J\xf6rg\n; """;boss\n'.encode()
    )


def test_rejects_of_excel(tmp_path: Path) -> None:
    """The rows of a sheet are written to one, or as CSV, as text that is not run."""
    content = sheet(
        ("Email", "Name", "Role", "n"), ("a@example.com", "'=A", "boss", 5), ("b@example.com", 7, "member")
    )
    roster = read(content, skip_invalid=True)
    for name in ("rejects.xlsx", "rejects.csv"):
        assert roster.write_rejects(tmp_path / name) == 2
        told = Roster.read(tmp_path / name, skip_invalid=True)
        assert [one.email for one in told.problems][:1] == ["a@example.com"]


def test_rejects_of_nothing(tmp_path: Path) -> None:
    """Where no row is bad, nothing is written; a roster of people has no rows."""
    for roster in (read(HEADER + "ada@example.com,Ada,member\n"), Roster([person()])):
        assert roster.write_rejects(tmp_path / "rejects.csv") == 0
    assert os.listdir(tmp_path) == []


@pytest.mark.posix
def test_bad_rejects(tmp_path: Path) -> None:
    """The file itself is never overwritten by its bad rows, and another format is refused."""
    source = tmp_path / "people.csv"
    source.write_text(HEADER + "ada@example.com,Ada,boss\n")
    roster = Roster.read(source, skip_invalid=True)
    os.symlink(source, tmp_path / "link.csv")
    for name, said in (
        ("people.csv", "is the file itself"),
        ("link.csv", "is the file itself"),
        ("r.json", "as json"),
    ):
        with pytest.raises(InvalidArgumentError, match=said):
            roster.write_rejects(tmp_path / name)
    assert source.read_text() == HEADER + "ada@example.com,Ada,boss\n"


def test_size() -> None:
    """A large file is read with little memory: what is kept of a row is its text and its person."""
    import tracemalloc

    text = HEADER + "".join(f'person{n}@example.com,"Person {n}, Dr.",member\n' for n in range(3_000))
    tracemalloc.start()
    try:
        roster = read(text)
        assert tracemalloc.get_traced_memory()[1] < 15e6
    finally:
        tracemalloc.stop()
    assert people(roster)[-1] == (3_001, "person2999@example.com", "Person 2999, Dr.")
