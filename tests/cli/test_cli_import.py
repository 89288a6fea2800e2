"""`ax users import`: plan and apply in one, which never removes, and goes on where it was interrupted."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Gate, Pipes, Shell, Terminals

ROSTER = """email,name,role,invite_mode
jane@example.com,Jane Roe,member,
ada@example.com,Ada King,member,email_link
"""
MANY = "email,name,role\n" + "".join(f"p{number}@example.com,Person {number},member\n" for number in range(6))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in, with a roster."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(ROSTER)
    return tmp_path


@pytest.fixture(autouse=True)
def ola(account: Sandbox, jane: str) -> str:
    """The id of somebody whom the roster does not name, beside Jane, whom it renames."""
    return account.add_user(email="ola@example.com", name="Ola Berg")


DONE = [("create", "ada@example.com"), ("update", "jane@example.com")]


def actions(account: Sandbox) -> list[tuple[str, str]]:
    return [(entry.action, entry.email) for entry in account.audit]


def kept(folder: Path) -> list[str]:
    """Give the kinds of files that imports left."""
    return sorted(one.name.partition("Z-")[2][8:] for one in folder.glob("people.import-*"))


def test_done(ax: Ax, account: Sandbox, ola: str, folder: Path) -> None:
    """It shows the plan, invites and changes, removes nobody, and keeps a journal beside the roster."""
    ran = ax("import", "people.csv", "--force")
    assert ran.code == 0
    assert "  + Ada King  ada@example.com" in ran.out
    assert "Ola Berg" not in ran.out
    assert "2 actions: 1 changed, 1 invited." in ran.out or "2 actions: 1 invited, 1 changed." in ran.out
    assert actions(account) == DONE
    assert account.user(ola).status == "active"
    assert kept(folder) == [".journal.jsonl"]
    (journal,) = folder.glob("people.import-*")
    assert f"Journal: {journal.name}" in ran.out
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    again = ax("import", "people.csv", "--force")
    assert (again.code, again.err) == (0, "")
    assert again.out.splitlines()[-1] == "Nothing to do."


def test_asks(terminal: Terminals, account: Sandbox, folder: Path) -> None:
    """It shows the plan, and asks, naming the account and everybody, with how many of how many users."""
    run = terminal("users", "import", "people.csv")
    shown = " ".join(run.until("Go on? [y/N]").split())
    assert f"About to change sandbox:{account.path}" in shown
    assert "5 users" in shown
    assert "1 invited, 1 of 5 changed." in shown
    assert "+ Ada King <ada@example.com>" in shown
    assert "~ Jane Doe <jane@example.com>" in shown
    assert "To be invited (1)" in shown
    assert "blocks the address" not in shown
    run.type("y\n")
    assert run.end() == 0
    assert actions(account) == DONE


@pytest.mark.parametrize("answer", ["n\n", "\x04", "\x03"])
def test_declined(terminal: Terminals, account: Sandbox, folder: Path, answer: str) -> None:
    """Anything but yes changes nothing, and leaves no file."""
    run = terminal("users", "import", "people.csv")
    run.until("[y/N]")
    run.type(answer)
    assert run.end() == (130 if answer == "\x03" else 1)
    assert account.audit == []
    assert kept(folder) == []


def test_unattended(shell: Shell, served: SandboxServer) -> None:
    """Without a terminal and without --force it is refused before any request."""
    ran = shell("ax", "users", "import", "people.csv")
    assert (ran.code, ran.out, "--force" in ran.err) == (2, "", True)
    assert served.sandbox.requests == []


def test_dry_run(ax: Ax, account: Sandbox, folder: Path) -> None:
    """--dry-run shows the plan, changes nothing, makes no file, and says so in its first and last line."""
    ran = ax("import", "people.csv", "--dry-run")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert lines[0] == lines[-1] == "Dry run: nothing is changed."
    assert "  + Ada King  ada@example.com" in ran.out
    assert account.audit == []
    assert kept(folder) == []


def test_the_missing_are_counted(ax: Ax, account: Sandbox, folder: Path) -> None:
    """Whom the file does not name is nobody's matter: one line counts them."""
    (folder / "people.csv").write_text("email,name,role\nada@example.com,Ada King,member\n")
    ran = ax("import", "people.csv", "--dry-run")
    assert f"Missing  {len(account.users())} users, left alone\n" in ran.out
    assert "owner@sandbox.example " not in ran.out.replace("<owner@sandbox.example>", "")
    assert "1 to invite, 0 as they should be." in ran.out


def test_cannot(ax: Ax, account: Sandbox, folder: Path) -> None:
    """Where nothing can be done for somebody, the exit code is 3, whether or not there is anything to do."""
    (folder / "people.csv").write_text("email,name,role\njane@example.com,Jane Doe,admin\n")
    for options in (["--force"], ["--dry-run"]):
        ran = ax("import", "people.csv", *options)
        assert (ran.code, "  ! Jane" in ran.out) == (3, True)


def test_skipped_rows(ax: Ax, account: Sandbox, folder: Path) -> None:
    """A bad row is refused; with --skip-invalid the rest is done, and --rejects has the row: exit code 3."""
    (folder / "people.csv").write_text(f"{ROSTER}no address,Bob,member,\n")
    assert ax("import", "people.csv", "--force").code == 2
    assert account.audit == []
    ran = ax("import", "people.csv", "--force", "--skip-invalid", "--rejects", "rejects.csv")
    assert ran.code == 3
    assert actions(account) == DONE
    assert "no address" in (folder / "rejects.csv").read_text()
    assert ax("import", "people.csv", "--force", "--skip-invalid").code == 3
    assert ax("import", "people.csv", "--dry-run", "--skip-invalid").code == 3


def test_foreign_file(ax: Ax, account: Sandbox, folder: Path) -> None:
    """It takes the options of `plan` that say how the file is read."""
    text = "Mail;Full name;Role\nadä@example.com;Ada King;member\n"
    (folder / "people.csv").write_bytes(text.replace("ä", "a").replace("King", "Kïng").encode("cp1252"))
    maps = ["--map", "email=Mail", "--map", "name=Full name", "--encoding", "cp1252"]
    assert ax("import", "people.csv", "--force", *maps).code == 0
    assert [one.name for one in account.users() if one.email == "ada@example.com"] == ["Ada Kïng"]


def test_no_removal(ax: Ax, account: Sandbox) -> None:
    """There is no option that removes."""
    for option in ("--remove-missing", "--remove-renamed"):
        assert ax("import", "people.csv", "--force", option).code == 2
    assert account.audit == []


def test_standard_input(account: Sandbox, folder: Path) -> None:
    """A roster from standard input has its journal in the working directory."""
    done = subprocess.run(
        [sys.executable, "-m", "arize_users.cli", "users", "import", "-", "--force"],
        input=ROSTER.encode(),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert actions(account) == DONE
    assert len(list(folder.glob("roster.import-*.journal.jsonl"))) == 1


def test_named_journal(ax: Ax, account: Sandbox, folder: Path) -> None:
    """--journal says where it is kept."""
    ran = ax("import", "people.csv", "--force", "--journal", "mine.jsonl", "-o", "json")
    assert (ran.code, ran.json["journal"]) == (0, "mine.jsonl")
    assert sorted(one.name for one in folder.glob("mine*")) == ["mine.jsonl"]
    assert kept(folder) == []


def test_passwords(ax: Ax, account: Sandbox, folder: Path) -> None:
    """Temporary passwords need --passwords, without which nothing is done, and are in that file alone."""
    (folder / "people.csv").write_text(ROSTER.replace("email_link", "temporary_password"))
    error, _ = ax("import", "people.csv", "--force").refused(4)
    assert "temporary password" in error
    assert account.audit == []
    assert kept(folder) == []
    ran = ax("import", "people.csv", "--force", "--passwords", "p.csv", "-v")
    assert ran.code == 0
    (row,) = csv.DictReader((folder / "p.csv").read_text().splitlines())
    assert row["password"]
    assert row["password"] not in ran.out + ran.err


@pytest.mark.parametrize("option", ["--journal", "--passwords"])
def test_unwritable_files(ax: Ax, account: Sandbox, option: str, folder: Path) -> None:
    """A journal or a file of passwords that cannot be written is exit code 5, and nothing is done."""
    (folder / "people.csv").write_text(ROSTER.replace("email_link", "temporary_password"))
    files = {"--passwords": "p.csv", option: "nowhere/file"}
    words = [word for pair in files.items() for word in pair]
    error, _ = ax("import", "people.csv", "--force", *words).refused(5)
    assert "nowhere/file" in error
    assert account.audit == []


@pytest.mark.parametrize("name", ["people.csv", "[people] #1.csv"])
def test_killed(piped: Pipes, ax: Ax, gate: Gate, folder: Path, name: str) -> None:
    """After kill -9, the same command goes on with that plan, sends no mail twice, and says so."""
    (folder / name).write_text(MANY)
    command = ["import", name, "--force", "--concurrency", "2"]
    run = piped("ax", "users", *command)
    gate.await_requests(2)
    run.signal(signal.SIGKILL)
    run.end()
    assert len(gate.outbox) == 2
    gate.open()
    ran = ax(*command)
    assert ran.code == 0
    (first,) = [line for line in ran.err.splitlines() if line.startswith("Going on with ")]
    assert "which was interrupted" in first
    (second,) = [line for line in ran.out.splitlines() if line.startswith("Going on with ")]
    assert second.endswith("0 of 6 done, 2 were under way.")
    assert sorted(mail.to for mail in gate.outbox) == [f"p{number}@example.com" for number in range(6)]
    assert ax(*command).out.splitlines()[-1] == "Nothing to do."


def test_killed_and_changed(piped: Pipes, ax: Ax, gate: Gate, folder: Path) -> None:
    """Where the roster was changed meanwhile, there is more to do: exit code 3; the next run does it."""
    (folder / "people.csv").write_text(MANY)
    run = piped("ax", "users", "import", "people.csv", "--force")
    gate.await_requests()
    run.signal(signal.SIGKILL)
    run.end()
    gate.open()
    (folder / "people.csv").write_text(f"{MANY}late@example.com,Late,member\n")
    lines = ax("import", "people.csv", "--dry-run").out.splitlines()
    assert lines[0] == lines[-1] == "Dry run: nothing is changed."
    assert "which was interrupted" in lines[1]
    ran = ax("import", "people.csv", "--force")
    assert (ran.code, "people.csv asks for more than" in ran.err) == (3, True)
    assert ax("import", "people.csv", "--force").code == 0
    assert sorted(mail.to for mail in gate.outbox) == [
        "late@example.com",
        *(f"p{number}@example.com" for number in range(6)),
    ]


def test_killed_on_another_account(
    piped: Pipes, ax: Ax, gate: Gate, folder: Path, staging: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import of another account does not go on with that plan: it is refused, naming the file."""
    run = piped("ax", "users", "import", "people.csv", "--force")
    gate.await_requests()
    run.signal(signal.SIGKILL)
    run.end()
    ran = ax("import", "people.csv", "--force", "--profile", "staging")
    assert ran.code == 4
    (plan,) = folder.glob("people.import-*.json")
    assert f"Going on with {plan.name}" in ran.err
    assert staging.audit == []


def test_output_is_no_other_file(ax: Ax, account: Sandbox, folder: Path) -> None:
    """The output never takes the place of the roster or of the journal."""
    (folder / "people.json").write_text('[{"email": "ada@example.com", "name": "Ada", "role": "member"}]')
    for words in (
        ["import", "people.json", "--force", "-o", "people.json"],
        ["import", "people.csv", "--force", "--journal", "j.json", "-o", "./j.json"],
        ["plan", "people.json", "-o", "people.json"],
    ):
        error, _ = ax(*words).refused(2)
        assert error.startswith("--output: ")
    assert "Ada" in (folder / "people.json").read_text()
    assert account.audit == []


def test_signal(piped: Pipes, ax: Ax, shell: Shell, gate: Gate, folder: Path) -> None:
    """After a signal, each action is reported, and the command that was shown does the rest."""
    (folder / "people.csv").write_text(MANY)
    run = piped("ax", "users", "import", "people.csv", "--force", "--concurrency", "2", "-o", "out.json")
    gate.await_requests(2)
    run.signal(signal.SIGINT)
    run.until("stopping: waiting")
    gate.open()
    ran = run.end()
    assert ran.code == 130
    results = json.loads((folder / "out.json").read_text())["results"]
    assert sorted(one["status"] for one in results) == ["done"] * 2 + ["not_attempted"] * 4
    (told,) = [line for line in ran.err.splitlines() if line.startswith("If this is interrupted")]
    again = shell(*shlex.split(told.partition(":  ")[2]), "--force", env=dict(os.environ))
    assert again.code == 0
    assert sorted(mail.to for mail in gate.outbox) == [f"p{number}@example.com" for number in range(6)]


def test_refused_key_leaves_nothing(ax: Ax, served: SandboxServer, folder: Path) -> None:
    """Where nothing was done, nothing is left that a later run would go on with."""
    served.sandbox.faults.add("status", operation="create_user", status=401)
    served.sandbox.faults.add("status", operation="update_user", status=401)
    assert ax("import", "people.csv", "--force").code == 4
    assert [name for name in kept(folder) if name == ".json"] == []


def test_damaged_plan(ax: Ax, account: Sandbox, folder: Path) -> None:
    """Where the plan of an interrupted import is damaged, nothing is done, and the hint says how to go on."""
    (folder / "people.import-20260301T120000Z-00000000.json").write_text("{")
    _, hint = ax("import", "people.csv", "--force").refused(4)
    assert (hint, account.audit) == ("Move it away to plan anew.", [])
