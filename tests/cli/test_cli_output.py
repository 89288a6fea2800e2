"""Where answers go, in which form, and what becomes of them when that fails."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
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


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual umask, under which new files are 0644."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("asked", ["json", "JSON", " Json "])
def test_json_of_one_user(ax: Ax, jane: str, asked: str) -> None:
    """One user as JSON is the API's document, and a format is asked for in any case."""
    ran = ax("get", "JANE@example.com", "-o", asked)
    assert ran.err == ""
    assert ran.json == {
        "id": jane,
        "name": "Jane Doe",
        "email": "jane@example.com",
        "created_at": "2026-03-01T12:00:00Z",
        "status": "active",
        "role": {"type": "predefined", "name": "member"},
        "is_developer": True,
    }
    assert ran.out == json.dumps(ran.json, indent=2) + "\n"


def test_json_keeps_what_the_server_adds(ax: Ax, scripted: Scripted) -> None:
    """JSON holds what a server sends beyond the contract."""
    scripted.answer(200, {**page(user(badge=7)), "total": 1})
    assert ax("list", "-o", "json").json == {**page(user(badge=7)), "total": 1}


def test_csv(ax: Ax, scripted: Scripted) -> None:
    """CSV has one line per user and every column, also where a user lacks the field."""
    custom = {"type": "custom", "id": "Um9sZTox", "name": "Data, Steward"}
    scripted.answer(200, page(user(), user(role=custom, is_developer=False), {"id": "x"}))
    ran = ax("list", "-o", "csv")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert rows == [
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
    """Newlines and escape sequences in a name are shown, and break no line of CSV."""
    scripted.answer(200, page(user(name="a\nb\x1b[31mc\u202ed\ud800")))
    ran = ax("list", "-o", "csv")
    assert ran.out.count("\n") == 2
    assert r"a\nb\x1b[31mc\u202ed\ud800" in ran.out


@pytest.mark.parametrize("extension", [".parquet", ".PQ"])
def test_parquet(ax: Ax, scripted: Scripted, tmp_path: Path, extension: str) -> None:
    """Parquet has the same columns with types, also without a single user."""
    file = tmp_path / f"users{extension}"
    scripted.answer(200, page(user(name="a\ud800")))
    assert ax("list", "-o", str(file)).code == 0
    table = pyarrow.parquet.read_table(file)
    assert table.column_names == COLUMNS
    (row,) = table.to_pylist()
    assert row["name"] == r"a\ud800"
    assert row["is_developer"] is True
    assert row["created_at"].isoformat() == "2026-03-01T12:00:00+00:00"
    scripted.answer(200, page())
    ax("list", "-o", str(file))
    assert pyarrow.parquet.read_table(file).schema == table.schema


def test_parquet_to_standard_output(shell: Shell, account: Sandbox, tmp_path: Path) -> None:
    """Parquet goes down a pipe, or into a file of the shell's, as it is."""
    redirected = "import os; os.dup2(os.open('users.pq', os.O_WRONLY | os.O_CREAT), 1)"
    ran = shell("ax", "users", "list", "-o", "parquet", before=redirected)
    assert ran.code == 0
    assert pyarrow.parquet.read_table(tmp_path / "users.pq").num_rows == 3


@pytest.mark.parametrize("missing", ["users.parquet", "parquet"])
def test_missing_pyarrow(
    ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    """Without pyarrow nothing is created, and the error says which extra brings it."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    monkeypatch.chdir(tmp_path)
    ran = ax(*CREATE, "-o", missing)
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.splitlines()[0].startswith("error: parquet needs pyarrow")
    assert "arize-users[parquet]" in ran.err.splitlines()[1]
    assert account.audit == []


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("nowhere/users.json", 5, "No such file or directory"),
        ("account.db/users.json", 5, "Not a directory"),
        ("folder.json", 5, "folder.json is not a file"),
        ("users.xml", 2, "neither a format nor a file"),
        ("users", 2, "neither a format nor a file"),
        ("", 2, "neither a format nor a file"),
    ],
)
def test_bad_target(
    ax: Ax,
    account: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    code: int,
    said: str,
) -> None:
    """A target that cannot be written is refused before anybody is created."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.json").mkdir()
    ran = ax(*CREATE, "-o", target)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 2)
    assert said in ran.err
    assert account.audit == []


def test_write_protected(ax: Ax, account: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write-protected file is left alone."""
    file = tmp_path / "users.json"
    file.write_text("precious")
    monkeypatch.setattr(os, "access", lambda *_: False)  # The tests may run as one who may do anything.
    ran = ax(*CREATE, "-o", str(file))
    assert (ran.code, file.read_text()) == (5, "precious")
    assert account.audit == []


@pytest.mark.usefixtures("umask", "account")
def test_modes(ax: Ax, tmp_path: Path) -> None:
    """A file that may hold a password is for its owner only; another is as the umask says."""
    listed, created = tmp_path / "users.json", tmp_path / "ada.json"
    ax("list", "-o", str(listed))
    ax(*CREATE, "-o", str(created))
    assert (_mode(listed), _mode(created)) == (0o644, 0o600)
    assert json.loads(created.read_text())["temporary_password"]


@pytest.mark.usefixtures("umask", "account")
@pytest.mark.parametrize(("before", "listed", "created"), [(0o600, 0o600, 0o600), (0o664, 0o664, 0o600)])
def test_modes_are_not_widened(ax: Ax, tmp_path: Path, before: int, listed: int, created: int) -> None:
    """A file that is replaced is readable by nobody who could not read it before."""
    file = tmp_path / "users.json"
    file.touch()
    file.chmod(before)
    ax("list", "-o", str(file))
    assert _mode(file) == listed
    ax(*CREATE, "-o", str(file))
    assert _mode(file) == created


def test_links_are_followed(ax: Ax, account: Sandbox, tmp_path: Path) -> None:
    """A link stays a link; the file it leads to is replaced."""
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
    assert sorted(one.name for one in tmp_path.iterdir() if "ada" in one.name) == ["ada.csv"]
    assert ax("list", "-o", str(file)).out == ""


def test_nowhere_left(shell: Shell, account: Sandbox, tmp_path: Path) -> None:
    """Where neither the file nor standard output takes the password, standard error does."""
    full = "import os, sys; sys.stdout = None\ndef full(*_): raise OSError(28, 'Full')\nos.fsync = full"
    ran = shell("ax", "users", *CREATE, "-o", "ada.json", before=full)
    assert ran.code == 5
    assert '"temporary_password": "' in ran.err
    assert ran.err.splitlines()[-2:] == [
        "error: cannot write ada.json: Full",
        "hint: Nothing is lost: the result is above, as JSON.",
    ]


def test_full_disk(shell: Shell, account: Sandbox) -> None:
    """A password that standard output cannot take is on standard error; a list is only an error."""
    full = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"
    ran = shell("ax", "users", *CREATE, "-o", "json", before=full)
    assert ran.code == 5
    assert '"temporary_password": "' in ran.err
    assert ran.err.splitlines()[-1] == "hint: Nothing is lost: the result is above, as JSON."
    ran = shell("ax", "users", "list", before=full)
    assert (ran.code, len(ran.err.splitlines())) == (5, 2)


BROKEN = "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1)"


def test_closed_pipe(shell: Shell, crowd: Sequence[str]) -> None:
    """A reader who has seen enough is no error, and nothing is said about it."""
    ran = shell("ax", "users", "list", "--all", "-o", "csv", before=BROKEN)
    assert (ran.code, ran.err) == (0, "")
    ran = shell("ax", "users", "list", "--all", "-o", "csv", before=BROKEN, python=["-u"])
    assert (ran.code, ran.err) == (0, "")


def test_closed_pipe_keeps_the_outcome(shell: Shell, jane: str) -> None:
    """What became of a batch is in the exit code, whoever reads its results."""
    ran = shell("ax", "users", "delete", "--id", f"{jane},gone", "--force", before=BROKEN)
    assert (ran.code, ran.err) == (3, "1 deleted, 1 not found\n")


def test_closed_pipe_loses_no_password(shell: Shell, account: Sandbox) -> None:
    """A password nobody reads is shown on standard error: it cannot be had again."""
    ran = shell("ax", "users", *CREATE, before=BROKEN)
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
    """A long answer is whole also where nothing is buffered."""
    ran = shell("ax", "users", "list", "--all", "-o", "json", python=["-u"])
    assert len(ran.json["users"]) == 253


ASCII = {"PYTHONIOENCODING": "ascii"}


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_ascii(shell: Shell, account: Sandbox, form: str) -> None:
    """Where the encoding has no such letters, they are escaped; JSON stays the same document."""
    account.add_user(email="zoe@example.com", name="Zoë 李 \U0001f600")
    ran = shell("ax", "users", "get", "zoe@example.com", "-o", form, env=ASCII)
    assert ran.code == 0
    assert ran.out.isascii()
    if form == "json":
        assert ran.json["name"] == "Zoë 李 \U0001f600"
    else:
        assert r"Zo\xeb \u674e \U0001f600" in ran.out


def test_json_harms_no_terminal(ax: Ax, scripted: Scripted) -> None:
    """JSON escapes what a terminal would act on, and stays exact."""
    name = "a\x1b[31m\x9b31m\u202eb\u2028\ud800é"
    scripted.answer(200, user(name=name))
    ran = ax("get", "x", "-o", "json")
    assert ran.json["name"] == name
    assert not set(ran.out) & set("\x1b\x9b\u202e\u2028\ud800")
