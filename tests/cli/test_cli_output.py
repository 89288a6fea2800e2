"""Where output goes, in which format, and what happens when it cannot be written; tables and panels."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import re
import stat
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pyarrow.parquet
import pytest
from support.answers import page, user

from arize_users.cli import output
from arize_users.sandbox import Request, Response, Sandbox, SandboxServer

from .runs import FULL, NEEDS_FULL, UNREAD, Ax, Scripted, Shell

COLUMNS = ["id", "name", "email", "status", "role_type", "role_name", "role_id", "is_developer", "created_at"]
ID = "VXNlcjoxMjM0NQ=="
ADA = [ID, "Ada Lovelace", "ada@example.com", "active"]
PASSWORD = ["--role", "member", "--invite-mode", "temporary_password"]
CREATE = ["create", "--full-name", "Ada", "--email", "ada@example.com", *PASSWORD]
STYLE = re.compile(r"\x1b\[[0-9;]*m")
LONG = user(name="Ada Augusta King, Countess of Lovelace", email="ada.lovelace@analytical-engine.example")
CUSTOM = user(role={"type": "custom", "id": "x", "name": "Steward"}, status="invited", is_developer=False)


def test_json(ax: Ax, scripted: Scripted) -> None:
    """JSON is the API's document, with what a server sends beyond the contract; -o takes any case."""
    document = user(id="x/y", badge=7)
    scripted.set_answer(200, document)
    ran = ax("get", "x/y", "-o", " Json ")
    assert (ran.out, ran.err) == (json.dumps(document, indent=2) + "\n", "")
    scripted.set_answer(200, page([document], total=1))
    assert ax("list", "-o", "json").json == page([document], total=1)


def test_csv(ax: Ax, scripted: Scripted) -> None:
    """CSV has one line per user and every column, even where a user lacks the field."""
    custom = {"type": "custom", "id": "Um9sZTox", "name": "Data, Steward"}
    scripted.set_answer(200, page([user(), user(role=custom, is_developer=False), {"id": "x"}]))
    assert list(csv.reader(io.StringIO(ax("list", "-o", "csv").out))) == [
        COLUMNS,
        [*ADA, "predefined", "member", "", "true", "2024-01-01T12:00:00Z"],
        [*ADA, "custom", "Data, Steward", "Um9sZTox", "false", "2024-01-01T12:00:00Z"],
        ["x", *[""] * 8],
    ]


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u3000=1", "\uff1d1+1", "\uff0b1", "\uff20x"],
)
def test_formulas_are_defused(ax: Ax, scripted: Scripted, name: str) -> None:
    """A cell that a spreadsheet would run begins with an apostrophe; JSON keeps it as it is."""
    scripted.set_answer(200, user(name=name))
    row = next(csv.DictReader(io.StringIO(ax("get", "x", "-o", "csv").out)))
    assert row["name"].startswith("'")
    assert ax("get", "x", "-o", "json").json["name"] == name


def test_invisible_characters(ax: Ax, scripted: Scripted) -> None:
    """CSV keeps a line break; behind an apostrophe it escapes what harms a terminal, as JSON does."""
    name = "a\nb\x1b[31mc\x9b31m\u202ed\u2028\ud800é"
    scripted.set_answer(200, user(name=name))
    out = ax("get", "x", "-o", "csv").out
    assert "'a\n" + r"b\x1b[31mc\x9b31m\u202ed\u2028\ud800é" in out
    ran = ax("get", "x", "-o", "json")
    assert ran.json["name"] == name
    assert not set(ran.out + out) & set("\x1b\x9b\u202e\u2028\ud800")


@pytest.mark.parametrize("extension", [".parquet", ".PQ"])
def test_parquet(ax: Ax, scripted: Scripted, tmp_path: Path, extension: str) -> None:
    """Parquet has the same columns with types, even without a single user."""
    file = tmp_path / f"users{extension}"
    scripted.set_answer(200, page([user(name="a\ud800")]))
    assert ax("list", "-o", str(file)).code == 0
    table = pyarrow.parquet.read_table(file)
    assert table.column_names == COLUMNS
    (row,) = table.to_pylist()
    assert (row["name"], row["is_developer"]) == (r"a\ud800", True)
    assert row["created_at"].isoformat() == "2024-01-01T12:00:00+00:00"
    scripted.set_answer(200, page())
    ax("list", "-o", str(file))
    assert pyarrow.parquet.read_table(file).schema == table.schema


def test_times_beyond_parquet(ax: Ax, scripted: Scripted, tmp_path: Path) -> None:
    """A zero time is kept; one that has no year in UTC is an empty cell, and a note counts them."""
    file = tmp_path / "users.parquet"
    times = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00"]
    scripted.set_answer(200, page([user(created_at=time) for time in times]))
    ran = ax("list", "-o", str(file))
    found = pyarrow.parquet.read_table(file)["created_at"].to_pylist()
    assert (ran.code, found) == (0, [datetime(1, 1, 1, tzinfo=UTC), None, None])
    note = f"note: parquet cannot hold 2 times; their cells are empty. The first is {times[1]}"
    assert ran.err.splitlines()[0] == note


def test_parquet_to_standard_output(shell: Shell, account: Sandbox, tmp_path: Path) -> None:
    """Parquet can be redirected to a file."""
    redirected = "import os; os.dup2(os.open('users.pq', os.O_WRONLY | os.O_CREAT), 1)"
    assert shell("ax", "users", "list", "-o", "parquet", before=redirected).code == 0
    assert pyarrow.parquet.read_table(tmp_path / "users.pq").num_rows == 3


@pytest.mark.parametrize("target", ["users.parquet", "parquet"])
def test_missing_pyarrow(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """Without pyarrow nothing is created, and the error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    error, hint = ax(*CREATE, "-o", target).refused(5)
    assert error.startswith("parquet needs pyarrow")
    assert "arize-users[parquet]" in hint
    assert account.audit == []


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("nowhere/users.json", 5, "No such file or directory"),
        ("account.db/users.json", 5, "Not a directory"),
        ("folder.json", 5, "folder.json is not a file"),
        ("protected.json", 5, "it is write-protected"),
        ("users.xml", 2, "--output: 'users.xml' is neither a format nor a file"),
        ("users", 2, "neither a format nor a file"),
        ("", 2, "neither a format nor a file"),
    ],
)
def test_bad_target(
    ax: Ax, account: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch, target: str, code: int, said: str
) -> None:
    """A target that cannot be written is refused before a user is created."""
    monkeypatch.chdir(path.parent)
    Path("folder.json").mkdir()
    Path("protected.json").write_text("precious")
    monkeypatch.setattr(os, "access", lambda *_: False)  # Root, as which tests may run, may do anything.
    ran = ax(*CREATE, "-o", target)
    assert (ran.code, ran.out, len(ran.err.splitlines()), account.audit) == (code, "", 2, [])
    assert said in ran.err
    assert Path("protected.json").read_text() == "precious"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("command", "before", "expected"),
    [
        (["list"], None, 0o644),
        (["list"], 0o600, 0o600),
        (["list"], 0o664, 0o664),
        (CREATE, None, 0o600),
        ([*CREATE[:-1], "email_link"], None, 0o644),
    ],
)
def test_modes(
    ax: Ax,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    command: list[str],
    before: int | None,
    expected: int,
) -> None:
    """A file that may hold a password is for its owner only; another keeps its mode, or follows the umask."""
    request.addfinalizer(functools.partial(os.umask, os.umask(0o022)))
    file = tmp_path / "out.json"
    if before is not None:
        file.touch()
        file.chmod(before)
    assert ax(*command, "-o", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == expected


@pytest.mark.posix
@pytest.mark.usefixtures("account")
def test_long_name(ax: Ax, tmp_path: Path) -> None:
    """The output may have the longest name that a file can have."""
    file = tmp_path / ("n" * 250 + ".json")
    assert ax("list", "-o", str(file)).code == 0
    assert list(tmp_path.glob("*n.json")) == [file]
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.parametrize("program", ["ax", "arize-users"])
def test_create_keeps_a_file(ax: Ax, account: Sandbox, tmp_path: Path, program: str) -> None:
    """An onboarding loop that runs twice keeps the passwords: `create` refuses a file that is there."""
    file = tmp_path / "ada.json"
    assert ax(*CREATE, "-o", str(file), program=program).code == 0
    password = file.read_bytes()
    for command in (CREATE, [*CREATE, "-e", "other@example.com"]):
        error, hint = ax(*command, "-o", str(file), program=program).refused(5)
        assert error == f"{file} exists, and could hold the only copy of a password"
        assert hint.startswith("Nothing was done.")
    assert file.read_bytes() == password
    assert [entry.email for entry in account.audit] == ["ada@example.com"]


@pytest.mark.parametrize("has_links", [True, False])
def test_file_appears_meanwhile(
    ax: Ax, served: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    """A file that appears while `create` runs stays, and the password goes to standard output."""
    file, answer = tmp_path / "ada.json", served.sandbox.answer
    if not has_links:
        monkeypatch.setattr(output.os, "link", Mock(side_effect=PermissionError(1, "No links")))
    assert ax(*CREATE, "-e", "first@example.com", "-o", str(file)).code == 0
    assert json.loads(file.read_text())["temporary_password"]
    file.unlink()

    def answer_late(request: Request) -> Response:
        file.write_text("theirs")
        return answer(request)

    monkeypatch.setattr(served.sandbox, "answer", answer_late)
    ran = ax(*CREATE, "-o", str(file))
    assert (ran.code, file.read_text()) == (5, "theirs")
    assert ran.json["temporary_password"]
    assert ran.err.splitlines()[0] == f"error: cannot write {file}: File exists"
    assert [one.name for one in tmp_path.iterdir() if "ada" in one.name] == ["ada.json"]


def test_links_are_followed(ax: Ax, account: Sandbox, tmp_path: Path) -> None:
    """A link stays a link; the file that it leads to is replaced."""
    (tmp_path / "real.json").write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    assert ax("list", "-o", str(link)).code == 0
    assert link.is_symlink()
    assert len(json.loads((tmp_path / "real.json").read_text())["users"]) == 3


@pytest.mark.parametrize(
    ("command", "before", "step"),
    [
        ("update {jane} -n Janet", "old", "fsync"),
        ("update {jane} -n Janet", "old", "replace"),
        ("", None, "fsync"),
    ],
)
def test_whole_or_not_at_all(
    ax: Ax,
    jane: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    before: str | None,
    step: str,
) -> None:
    """A file that cannot be finished stays as it was; what was changed goes to standard output instead."""
    file = tmp_path / "out.csv"
    if before is not None:
        file.write_text(before)
    monkeypatch.setattr(output.os, step, Mock(side_effect=OSError(28, "No space left on device")))
    ran = ax(*(command.format(jane=jane).split() or CREATE), "-o", str(file))
    assert ran.code == 5
    assert ran.json["name"] == "Janet" if command else ran.json["temporary_password"]
    assert ran.err.splitlines() == [
        f"error: cannot write {file}: No space left on device",
        "hint: Nothing is lost: the result is on standard output, as JSON.",
    ]
    left = {one.name: one.read_text() for one in tmp_path.iterdir() if "out" in one.name}
    assert left == ({} if before is None else {"out.csv": before})
    assert ax("list", "-o", str(file)).out == ""


FULL_DISK = "import os, sys; sys.stdout = None\ndef full(*_): raise OSError(28, 'Full')\nos.fsync = full"


@pytest.mark.parametrize(
    ("target", "before", "where"),
    [
        ("ada.json", FULL_DISK, "ada.json: Full"),
        pytest.param("json", FULL, "standard output: No space left on device", marks=NEEDS_FULL),
    ],
    ids=["file", "stdout"],
)
def test_nowhere_left(shell: Shell, account: Sandbox, target: str, before: str, where: str) -> None:
    """A password that neither the file nor standard output takes goes to standard error."""
    ran = shell("ax", "users", *CREATE, "-o", target, before=before)
    assert ran.code == 5
    assert '"temporary_password": "' in ran.err
    assert ran.err.splitlines()[-2:] == [
        f"error: cannot write {where}",
        "hint: Nothing is lost: the result is above, as JSON.",
    ]


@NEEDS_FULL
@pytest.mark.parametrize("python", [[], ["-u"]])
def test_list_to_standard_output(shell: Shell, crowd: Sequence[str], python: list[str]) -> None:
    """A long list is whole, buffered or not; a closed pipe is no error, a full disk one of two lines."""
    command = ["ax", "users", "list", "--all", "-o", "json"]
    assert len(shell(*command, python=python).json["users"]) == 253
    ran = shell(*command, python=python, before=UNREAD)
    assert (ran.code, ran.err) == (0, "")
    ran = shell(*command, python=python, before=FULL)
    assert (ran.code, len(ran.err.splitlines())) == (5, 2)


def test_closed_pipe_loses_nothing(shell: Shell, jane: str) -> None:
    """With nobody reading, the exit code still tells of a delete, and standard error of a password."""
    ran = shell("ax", "users", "delete", "--id", f"{jane},gone", "--force", before=UNREAD)
    assert (ran.code, ran.err) == (3, "1 deleted, 1 not found\n")
    ran = shell("ax", "users", *CREATE, before=UNREAD)
    assert ran.code == 0
    assert '"temporary_password": "' in ran.err


def test_closed_streams(shell: Shell, account: Sandbox) -> None:
    """Without standard output nothing is done; without standard error the data is still right."""
    ran = shell("ax", "users", *CREATE, before="import sys; sys.stdout = None")
    assert (ran.code, ran.err.splitlines()[0]) == (5, "error: standard output is closed")
    assert account.audit == []
    ran = shell("ax", "users", "list", before="import sys; sys.stderr = None")
    assert (ran.code, len(ran.out.splitlines())) == (0, 4)


def test_cells(ax: Ax, scripted: Scripted) -> None:
    """A cell is a role's name, a dash for a missing value, yes or no, or a whole time with its zone."""
    scripted.set_answer(200, page([user(), CUSTOM, {"id": "b"}]))
    ran = ax("list")
    header, *rows = [re.split(r" {2,}", line) for line in ran.out.splitlines()]
    assert header == ["ID", "Name", "Email", "Status", "Role", "Developer", "Created"]
    assert rows[0] == [
        ID,
        "Ada Lovelace",
        "ada@example.com",
        "active",
        "member",
        "yes",
        "2024-01-01T12:00:00Z",
    ]
    assert rows[1][3:6] == ["invited", "Steward", "no"]
    assert rows[2] == ["b", *["—"] * 6]
    assert ran.err == "3 users\n"


@pytest.mark.parametrize(("zone", "shown"), [("Asia/Tokyo", "21:00:00+09:00"), ("EST5", "07:00:00-05:00")])
def test_times_are_local(ax: Ax, scripted: Scripted, zone: str, shown: str) -> None:
    """Times are local, with their zone; one that the local calendar has no year for is shown all the same."""
    scripted.set_answer(200, page([user()]))
    assert f"2024-01-01T{shown}" in ax("list", TZ=zone).out
    scripted.set_answer(200, user())
    assert f"2024-01-01T{shown}" in ax("get", ID, TZ=zone).out
    for created_at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        scripted.set_answer(200, page([user(created_at=created_at)]))
        assert ID in ax("list", TZ=zone).out


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 130])
def test_narrow(ax: Ax, scripted: Scripted, columns: int) -> None:
    """No line is longer than the terminal, and ids are whole, on one line each."""
    scripted.set_answer(200, page([LONG, CUSTOM, user(id="VXNlcjo5OTk5OTk=")]))
    out = ax("list", COLUMNS=str(columns)).out
    assert max(map(len, out.splitlines())) <= columns
    firsts = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
    assert firsts == ["ID", ID, ID, "VXNlcjo5OTk5OTk="]
    assert "ada@example.com" in re.sub(r"\s", "", out)


def test_too_narrow(ax: Ax, scripted: Scripted) -> None:
    """Where addresses have no room beside the ids, each user is written out, a field per line."""
    scripted.set_answer(200, page([LONG, user()]))
    ran = ax("list", COLUMNS="20")
    assert [one.splitlines()[0] for one in ran.out.split("\n\n")] == [f"ID: {ID}"] * 2
    lines = ran.out.splitlines()
    assert {"Email: ada@example.com", "Status: active", "Created: 2024-01-01T12:00:00Z"} <= set(lines)
    assert ran.err == "2 users\n"


def test_id_longer_than_the_terminal(ax: Ax, scripted: Scripted) -> None:
    """An id that is wider than the terminal is still not cut."""
    long = "VXNlcjo" * 6
    scripted.set_answer(200, page([user(id=long)]))
    assert f"ID: {long}" in ax("list", COLUMNS="20").out.splitlines()
    scripted.set_answer(200, user(id=long))
    assert long in ax("get", "x", COLUMNS="20").out


def test_no_width_off_a_terminal(ax: Ax, scripted: Scripted) -> None:
    """Off a terminal every user is one line, however long, so that grep finds it."""
    scripted.set_answer(200, page([LONG]))
    (_, line) = ax("list").out.splitlines()
    assert LONG["name"] in line
    assert LONG["email"] in line


HOSTILE = "[red]a[/x] :smile:\x1b[31m\x9b1m\r\nb\t\u202ec\u2028\x00\ud800\u3000李\u200d\u00e9"
HARMLESS = r"[red]a[/x] :smile:\x1b[31m\x9b1m\r\nb\t\u202ec\u2028\x00\ud800" + "\u3000李\u200dé"


@pytest.mark.parametrize("colour", ["", "1"])
def test_names_are_literal(ax: Ax, scripted: Scripted, colour: str) -> None:
    """Whatever is in a name is visible in the table and the panel; it styles and breaks nothing."""
    hostile = user(name=HOSTILE, role={"type": "custom", "id": "x", "name": HOSTILE}, status=HOSTILE)
    scripted.set_answer(200, page([hostile]))
    out = STYLE.sub("", ax("list", FORCE_COLOR=colour).out)
    assert (out.count(HARMLESS), out.count("\n")) == (3, 2)
    scripted.set_answer(200, hostile)
    assert STYLE.sub("", ax("get", "x", FORCE_COLOR=colour).out).count(HARMLESS) == 3


def test_colours(ax: Ax, scripted: Scripted) -> None:
    """FORCE_COLOR colours the status even off a terminal; NO_COLOR wins over it, unless it is empty."""
    scripted.set_answer(200, page([user(), CUSTOM, user(status="expired"), user(status="odd")]))
    out = ax("list", FORCE_COLOR="1").out
    for coloured in ("\x1b[32mactive", "\x1b[33minvited", "\x1b[31mexpired"):
        assert coloured in out
    assert "modd" not in out
    assert ax("list", FORCE_COLOR="1", NO_COLOR="").out == out
    for env in ({}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}):
        assert "\x1b" not in ax("list", **env).out


def test_panel(ax: Ax, scripted: Scripted) -> None:
    """One user is a panel, in which the id is whole even where the rest must fold."""
    scripted.set_answer(200, LONG)
    lines = ax("get", "x", COLUMNS="40").out.splitlines()
    assert max(map(len, lines)) <= 40
    labels = [line.strip("│ ").split("  ")[0] for line in lines[1:-1]]
    shown = [label for label in labels if label in ("ID", "Name", "Status", "Created")]
    assert shown == ["ID", "Name", "Status", "Created"]
    assert sum(ID in line for line in lines) == 1


def test_deletions(ax: Ax, account: Sandbox, jane: str) -> None:
    """A narrow table of results has the errors below it; none is left out."""
    owner = account.users()[0].id
    named = ["--id", f"{owner},{jane}", "--email", "gone@example.com", "--force"]
    lines = ax("delete", *named, COLUMNS="60").out.splitlines()
    assert lines[0].split() == ["User", "ID", "Email", "Status"]
    assert [line.split()[-1] for line in lines[1:4]] == ["failed", "deleted", "not_found"]
    assert lines[4].startswith(f"{owner}: 403 Forbidden: Nobody can delete themselves")
    wide = ax("delete", *named, COLUMNS="200").out
    assert "Error" in wide.splitlines()[0]
    assert "Nobody can delete themselves" in wide
