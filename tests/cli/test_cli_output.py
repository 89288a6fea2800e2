"""Where output goes, in which format, and what happens when it cannot be written."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet
import pytest

from arize_users.cli import output
from arize_users.sandbox import Sandbox

from .runs import Ax, Shell
from .servers import Scripted, page, user

COLUMNS = ["id", "name", "email", "status", "role_type", "role_name", "role_id", "is_developer", "created_at"]
ADA = ["VXNlcjoxMjM0NQ==", "Ada Lovelace", "ada@example.com", "active"]
PASSWORD = ["--role", "member", "--invite-mode", "temporary_password"]
CREATE = ["create", "--full-name", "Ada", "--email", "ada@example.com", *PASSWORD]
# What a process does first, so that nobody reads its standard output, or that it takes nothing.
UNREAD = "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1)"
FULL = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual umask, under which new files are 0644."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_json(ax: Ax, jane: str) -> None:
    """One user as JSON is the API's document; a format is taken in any case."""
    ran = ax("get", "JANE@example.com", "-o", " Json ")
    assert ran.err == ""
    assert ran.json == user(id=jane, name="Jane Doe", email="jane@example.com")
    assert ran.out == json.dumps(ran.json, indent=2) + "\n"


def test_json_keeps_what_the_server_adds(ax: Ax, scripted: Scripted) -> None:
    """JSON holds what a server sends beyond the contract."""
    scripted.answer(200, {**page(user(badge=7)), "total": 1})
    assert ax("list", "-o", "json").json == {**page(user(badge=7)), "total": 1}


def test_csv(ax: Ax, scripted: Scripted) -> None:
    """CSV has one line per user and every column, even where a user lacks the field."""
    custom = {"type": "custom", "id": "Um9sZTox", "name": "Data, Steward"}
    scripted.answer(200, page(user(), user(role=custom, is_developer=False), {"id": "x"}))
    assert list(csv.reader(io.StringIO(ax("list", "-o", "csv").out))) == [
        COLUMNS,
        [*ADA, "predefined", "member", "", "true", "2026-03-01T12:00:00Z"],
        [*ADA, "custom", "Data, Steward", "Um9sZTox", "false", "2026-03-01T12:00:00Z"],
        ["x", *[""] * 8],
    ]


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u3000=1", "\uff1d1+1", "\uff0b1", "\uff20x"],
)
def test_formulas_are_defused(ax: Ax, scripted: Scripted, name: str) -> None:
    """A cell that a spreadsheet would run begins with an apostrophe; JSON keeps it as it is."""
    scripted.answer(200, user(name=name))
    row = next(csv.DictReader(io.StringIO(ax("get", "x", "-o", "csv").out)))
    assert row["name"].startswith("'")
    assert ax("get", "x", "-o", "json").json["name"] == name


def test_one_line_per_row(ax: Ax, scripted: Scripted) -> None:
    """Newlines and escape sequences in a name are escaped, and break no line of CSV."""
    scripted.answer(200, page(user(name="a\nb\x1b[31mc\u202ed\ud800")))
    ran = ax("list", "-o", "csv")
    assert ran.out.count("\n") == 2
    assert r"a\nb\x1b[31mc\u202ed\ud800" in ran.out


def test_json_harms_no_terminal(ax: Ax, scripted: Scripted) -> None:
    """JSON escapes what a terminal would act on, and stays exact."""
    name = "a\x1b[31m\x9b31m\u202eb\u2028\ud800é"
    scripted.answer(200, user(name=name))
    ran = ax("get", "x", "-o", "json")
    assert ran.json["name"] == name
    assert not set(ran.out) & set("\x1b\x9b\u202e\u2028\ud800")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_ascii(shell: Shell, account: Sandbox, form: str) -> None:
    """Characters that the encoding lacks are escaped; JSON stays the same document."""
    account.add_user(email="zoe@example.com", name="Zoë 李 \U0001f600")
    ran = shell("ax", "users", "get", "zoe@example.com", "-o", form, env={"PYTHONIOENCODING": "ascii"})
    assert (ran.code, ran.out.isascii()) == (0, True)
    if form == "json":
        assert ran.json["name"] == "Zoë 李 \U0001f600"
    else:
        assert r"Zo\xeb \u674e \U0001f600" in ran.out


@pytest.mark.parametrize("extension", [".parquet", ".PQ"])
def test_parquet(ax: Ax, scripted: Scripted, tmp_path: Path, extension: str) -> None:
    """Parquet has the same columns with types, even without a single user."""
    file = tmp_path / f"users{extension}"
    scripted.answer(200, page(user(name="a\ud800")))
    assert ax("list", "-o", str(file)).code == 0
    table = pyarrow.parquet.read_table(file)
    assert table.column_names == COLUMNS
    (row,) = table.to_pylist()
    assert (row["name"], row["is_developer"]) == (r"a\ud800", True)
    assert row["created_at"].isoformat() == "2026-03-01T12:00:00+00:00"
    scripted.answer(200, page())
    ax("list", "-o", str(file))
    assert pyarrow.parquet.read_table(file).schema == table.schema


def test_parquet_to_standard_output(shell: Shell, account: Sandbox, tmp_path: Path) -> None:
    """Parquet can be redirected to a file."""
    redirected = "import os; os.dup2(os.open('users.pq', os.O_WRONLY | os.O_CREAT), 1)"
    assert shell("ax", "users", "list", "-o", "parquet", before=redirected).code == 0
    assert pyarrow.parquet.read_table(tmp_path / "users.pq").num_rows == 3


@pytest.mark.parametrize("target", ["users.parquet", "parquet"])
def test_missing_pyarrow(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """Without pyarrow nothing is created, and the error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    ran = ax(*CREATE, "-o", target)
    assert (ran.code, ran.out, account.audit) == (5, "", [])
    error, hint = ran.err.splitlines()
    assert error.startswith("error: parquet needs pyarrow")
    assert "arize-users[parquet]" in hint


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


@pytest.mark.usefixtures("umask", "account")
@pytest.mark.parametrize(
    ("before", "listed", "created"),
    [(None, 0o644, 0o600), (0o600, 0o600, 0o600), (0o664, 0o664, 0o600)],
)
def test_modes(ax: Ax, tmp_path: Path, before: int | None, listed: int, created: int) -> None:
    """A file that may hold a password is for its owner only; another keeps its mode, or follows the umask."""
    for command, expected in ((["list"], listed), (CREATE, created)):
        file = tmp_path / f"{command[0]}.json"
        if before is not None:
            file.touch()
            file.chmod(before)
        ax(*command, "-o", str(file))
        assert stat.S_IMODE(file.stat().st_mode) == expected
    assert json.loads(file.read_text())["temporary_password"]


def test_links_are_followed(ax: Ax, account: Sandbox, tmp_path: Path) -> None:
    """A link stays a link; the file that it leads to is replaced."""
    (tmp_path / "real.json").write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    assert ax("list", "-o", str(link)).code == 0
    assert link.is_symlink()
    assert len(json.loads((tmp_path / "real.json").read_text())["users"]) == 3


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_whole_or_not_at_all(
    ax: Ax, account: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A file that cannot be finished stays as it was; a password goes to standard output instead."""
    file = tmp_path / "ada.csv"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output.os, step, fail)
    ran = ax(*CREATE, "-o", str(file))
    assert ran.code == 5
    assert ran.json["temporary_password"]
    assert ran.err.splitlines() == [
        f"error: cannot write {file}: No space left on device",
        "hint: Nothing is lost: the result is on standard output, as JSON.",
    ]
    assert file.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir() if "ada" in one.name] == ["ada.csv"]
    assert ax("list", "-o", str(file)).out == ""


@pytest.mark.parametrize(
    ("target", "before", "where"),
    [
        (
            "ada.json",
            "import os, sys; sys.stdout = None\ndef full(*_): raise OSError(28, 'Full')\nos.fsync = full",
            "ada.json: Full",
        ),
        ("json", FULL, "standard output: No space left on device"),
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


def test_full_disk(shell: Shell, account: Sandbox) -> None:
    """A list that standard output cannot take is an error of two lines."""
    ran = shell("ax", "users", "list", before=FULL)
    assert (ran.code, len(ran.err.splitlines())) == (5, 2)


@pytest.mark.parametrize("python", [[], ["-u"]])
def test_closed_pipe(shell: Shell, crowd: Sequence[str], python: list[str]) -> None:
    """A reader who closes the pipe early is no error, and no message."""
    ran = shell("ax", "users", "list", "--all", "-o", "csv", before=UNREAD, python=python)
    assert (ran.code, ran.err) == (0, "")


def test_closed_pipe_loses_nothing(shell: Shell, jane: str) -> None:
    """With standard output closed, the exit code still tells of a delete, and standard error of a password."""
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


def test_unbuffered(shell: Shell, crowd: Sequence[str]) -> None:
    """A long answer is whole even where standard output is unbuffered."""
    ran = shell("ax", "users", "list", "--all", "-o", "json", python=["-u"])
    assert len(ran.json["users"]) == 253
