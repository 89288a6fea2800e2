"""`ax users plan`: what it shows, what it saves, and its exit codes; nothing is ever changed by it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arize_users.roster import Plan
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Gate, Pipes, Shell, Terminals

CALLERS = """email,name,role
owner@sandbox.example,Sandbox Owner,admin
member@sandbox.example,Sandbox Member,member
annotator@sandbox.example,Sandbox Annotator,annotator
"""
ADA = "ada@example.com,Ada King,member\n"
JANE = "jane@example.com,Jane Doe,member\n"

Roster = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in, in which rosters are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def roster(folder: Path) -> Roster:
    """Write a roster of the account's callers and further rows, people.csv, and give its name."""

    def write(*rows: str, name: str = "people.csv", head: str = CALLERS) -> str:
        (folder / name).write_text(head + "".join(rows), "utf-8")
        return name

    return write


@pytest.fixture
def unchanged(account: Sandbox) -> Iterator[None]:
    """Asserts in the end that nothing was done to the account."""
    yield
    assert account.audit == []
    assert account.outbox == []


pytestmark = pytest.mark.usefixtures("unchanged")


def test_nothing_to_do(ax: Ax, roster: Roster) -> None:
    """A roster of those who are there is exit code 0, and proposes no next step."""
    ran = ax("plan", roster())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "3 as they should be."


def test_changes(ax: Ax, account: Sandbox, roster: Roster, jane: str) -> None:
    """Changes are exit code 6: the loss first, a line each, a count that adds up, and what to type next."""
    account.add_user(email="ola@example.com", name="Ola Berg")
    ran = ax(
        "plan", roster(ADA, JANE.replace("Jane Doe", "Jane Roe")), "--remove-missing", "--max-removals", "1"
    )
    assert (ran.code, ran.err) == (6, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("Account  sandbox:")
    assert lines[0].endswith("  5 users, oldest: Sandbox Owner <owner@sandbox.example>")
    assert lines[1] == "Roster   people.csv  5 people"
    signed = [line.split() for line in lines if line.strip()[:1] in "-~+!" and line.strip()]
    assert [[*words[:4]] for words in signed] == [
        ["-", "Ola", "Berg", "ola@example.com"],
        ["+", "Ada", "King", "ada@example.com"],
        ["~", "Jane", "Doe", "jane@example.com"],
    ]
    assert "1 to invite, 1 to change, 1 to remove, 3 as they should be." in lines
    assert lines[-1].startswith(
        "Nothing has been done. To do it, save the plan with -o plan.json, then:  ax users"
    )


def test_missing_people_stay_by_default(ax: Ax, roster: Roster, jane: str) -> None:
    """Without --remove-missing, who is missing is shown by name and left alone."""
    ran = ax("plan", roster())
    assert ran.code == 0
    (line,) = [line for line in ran.out.splitlines() if "jane@example.com" in line]
    assert line.split()[0] == "Jane"
    assert "to remove" not in ran.out


def test_only_what_cannot_be_done(ax: Ax, roster: Roster, jane: str) -> None:
    """Where all that differs is what no request can do, the exit code is 3; beside changes it is 6."""
    admin = JANE.replace("member", "admin")
    ran = ax("plan", roster(admin))
    assert ran.code == 3
    assert [line for line in ran.out.splitlines() if line.startswith("  ! Jane Doe")]
    assert "Nothing has been done" not in ran.out
    assert ax("plan", roster(admin, ADA)).code == 6


def test_saved(ax: Ax, roster: Roster, folder: Path) -> None:
    """-o FILE.json saves the plan for its owner alone, and -o json prints the same."""
    roster(ADA)
    ran = ax("plan", "people.csv", "-o", "plan.json")
    assert ran.code == 6
    assert stat.S_IMODE((folder / "plan.json").stat().st_mode) == 0o600
    saved = Plan.load("plan.json")
    assert [one.email for one in saved.actions] == ["ada@example.com"]
    assert ran.out.splitlines()[-1] == "Nothing has been done. To do it:  ax users apply plan.json"
    printed = ax("plan", "people.csv", "-o", "JSON")
    assert (printed.code, printed.err) == (6, "")
    told = ("created_at", "sha256")
    assert {name: value for name, value in printed.json.items() if name not in told} == {
        name: value
        for name, value in json.loads((folder / "plan.json").read_text()).items()
        if name not in told
    }


def test_next_command_is_for_the_same_account(ax: Ax, roster: Roster, staging: Sandbox) -> None:
    """The next command names the profile that was named; a key on the command line is not repeated."""
    ran = ax("plan", roster(ADA), "-o", "plan.json", "-p", "staging", "--api-key", "sandbox-member")
    assert ran.out.splitlines()[-1].endswith(":  ax users apply plan.json --profile staging")
    assert "sandbox-member" not in ran.out + ran.err
    assert ran.out.splitlines()[1] == "Profile  staging"


@pytest.mark.parametrize("output", ["plan.csv", "plan", "csv", "table", "plan.json.txt"])
def test_other_outputs(ax: Ax, roster: Roster, served: SandboxServer, output: str, folder: Path) -> None:
    """A plan is JSON: any other format or extension is refused before any request."""
    error, hint = ax("plan", roster(ADA), "-o", output).refused(2)
    assert error == f"--output: a plan is JSON, and {output!r} is not"
    assert ".json" in hint
    assert served.sandbox.requests == []
    assert sorted(one.name for one in folder.glob("plan*")) == []


def test_unwritable_plan(ax: Ax, roster: Roster, served: SandboxServer) -> None:
    """A plan that could not be saved is refused before any request: exit code 5."""
    error, _ = ax("plan", roster(ADA), "-o", "nowhere/plan.json").refused(5)
    assert "nowhere/plan.json" in error
    assert served.sandbox.requests == []


def test_guards_are_shown(ax: Ax, account: Sandbox, roster: Roster, crowd: list[str]) -> None:
    """What a guard refuses is shown whole, with the figures and the option that would allow it."""
    ran = ax("plan", roster(ADA), "--remove-missing", "-o", "plan.json")
    assert ran.code == 6
    assert sum(line.startswith("  - ") for line in ran.out.splitlines()) == 250
    refused = ran.out[ran.out.index("Refused: ") :].splitlines()
    assert refused[:2] == [
        "Refused: 250 of 253 users would be removed; --max-removals allows 26 (10%).",
        "  If that is meant: --max-removals 250.",
    ]
    assert "apply plan.json" not in ran.out
    assert "max_removals" not in ran.out
    assert ax("plan", "people.csv", "--remove-missing", "--max-removals", "250").out.count("Refused") == 0


def test_every_guard(ax: Ax, roster: Roster, jane: str) -> None:
    """--keep and --min-admins are guards of the plan; a --keep that matches nobody is said."""
    no_admin = roster(head="email,name,role\nmember@sandbox.example,Sandbox Member,member\n")
    everything = "--remove-missing", "--max-removals", "100%"
    ran = ax("plan", no_admin, *everything, "--min-admins", "1")
    assert "--min-admins" in ran.out[ran.out.index("Refused: ") :]
    kept = ax(
        "plan",
        no_admin,
        *everything,
        "--keep",
        "@sandbox.example",
        "--keep",
        jane,
        "--keep",
        "no@one.example",
    )
    assert "Refused" not in kept.out
    assert (kept.code, "to remove" in kept.out) == (0, False)
    assert "no@one.example" in kept.out


def test_bad_guards(ax: Ax, roster: Roster, served: SandboxServer) -> None:
    """Guards that cannot be right are told all at once, under their options, before any request."""
    ran = ax("plan", roster(), "--max-removals", "many", "--min-admins", "-1", "--keep", "two words@x")
    assert (ran.code, ran.out) == (2, "")
    for option in ("--max-removals: ", "--min-admins: ", "--keep: "):
        assert f"error: {option}" in ran.err
    assert served.sandbox.requests == []


def test_foreign_columns(ax: Ax, roster: Roster) -> None:
    """--map takes the columns of another system, as often as is needed."""
    head = "userPrincipalName,displayName,userRole\nada@example.com,Ada King,member\n"
    maps = ["--map", "email=userPrincipalName", "--map", " name = displayName ", "--map", "role=userRole"]
    ran = ax("plan", roster(head=head), *maps)
    assert (ran.code, "+ Ada King  ada@example.com  member" in ran.out) == (6, True)


def test_foreign_file(ax: Ax, roster: Roster) -> None:
    """A foreign export is refused with one message: its headers, what is needed, and what helps."""
    ran = ax("plan", roster(head="userPrincipalName,displayName\nada@example.com,Ada King\n"))
    assert (ran.code, ran.out) == (2, "")
    for told in ("userPrincipalName", "displayName", "email", "name", "role", "--map "):
        assert told in ran.err
    assert "columns=" not in ran.err
    assert ran.err.count("error: ") == 1


def test_bad_maps(ax: Ax, roster: Roster, served: SandboxServer) -> None:
    """Each --map that cannot be read is told, all at once, before the file is read."""
    ran = ax("plan", roster(), "--map", "email", "--map", "=x", "--map", "role=a", "--map", "ROLE=b")
    assert (ran.code, ran.out) == (2, "")
    error, hint = ran.err.splitlines()
    assert error.startswith("error: --map: 'email' is not COLUMN=HEADER; '=x' is not COLUMN=HEADER; ")
    assert error.endswith("ROLE is taken from 'a' and from 'b'")
    assert hint == "hint: Such as --map email=userPrincipalName."
    assert served.sandbox.requests == []


def test_bad_rows(ax: Ax, roster: Roster, served: SandboxServer) -> None:
    """Every bad row is told at once with its line, exit code 2, before any request."""
    ran = ax("plan", roster(ADA, "no address,Bob,member\n", "eve@example.com,Eve,boss\n"))
    assert (ran.code, ran.out) == (2, "")
    assert "line 6" in ran.err
    assert "line 7" in ran.err
    assert "line 5" not in ran.err
    assert served.sandbox.requests == []


def test_skip_invalid(ax: Ax, roster: Roster, folder: Path) -> None:
    """--skip-invalid does without the bad rows; --rejects holds them, to be mended and run."""
    roster("no address,Bob,member\n")
    ran = ax("plan", "people.csv", "--skip-invalid", "--rejects", "rejects.csv")
    assert ran.code == 3
    assert "1 row skipped" in ran.out
    (folder / "rejects.csv").write_text(
        (folder / "rejects.csv").read_text().replace("no address", "bob@example.com")
    )
    mended = ax("plan", "rejects.csv")
    assert (mended.code, "bob@example.com" in mended.out) == (6, True)


def test_rejects_of_a_refused_file(ax: Ax, roster: Roster, folder: Path) -> None:
    """--rejects is written where the file is refused, too, and the bad rows alone are in it."""
    ran = ax("plan", roster(ADA, "no address,Bob,member\n"), "--rejects", "rejects.csv")
    assert ran.code == 2
    assert "rejects.csv" in ran.err
    text = (folder / "rejects.csv").read_text()
    assert ("no address" in text, "ada@" in text) == (True, False)


def test_skip_invalid_does_not_remove(ax: Ax, roster: Roster, jane: str) -> None:
    """Where rows are skipped nobody is missing for certain: --remove-missing is refused as a guard."""
    ran = ax("plan", roster(ADA, "no address,Bob,member\n"), "--skip-invalid", "--remove-missing")
    assert "Refused: " in ran.out
    assert "Nothing has been done, and such a plan is not applied." in ran.out


def test_inactive_people(ax: Ax, roster: Roster) -> None:
    """Whom the file calls inactive nobody invites, unless --include-inactive is given."""
    head = "email,name,role,accountEnabled\nada@example.com,Ada King,member,False\n"
    ran = ax("plan", roster(head=head))
    assert (ran.code, "  ! Ada King" in ran.out) == (3, True)
    ran = ax("plan", "people.csv", "--include-inactive")
    assert (ran.code, "  + Ada King" in ran.out) == (6, True)


def test_encoding(ax: Ax, roster: Roster, folder: Path) -> None:
    """A file in another encoding is refused with line and byte; --encoding reads it."""
    (folder / "ansi.csv").write_bytes(f"{CALLERS}{ADA.replace('King', 'Kïng')}".encode("cp1252"))
    ran = ax("plan", "ansi.csv")
    assert (ran.code, "line 5" in ran.err, "--encoding cp1252" in ran.err) == (2, True, True)
    assert "Ada Kïng" in ax("plan", "ansi.csv", "--encoding", "cp1252").out


def test_standard_input() -> None:
    """The roster - is standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "arize_users.cli", "users", "plan", "-"],
        input=f"{CALLERS}{ADA}".encode(),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (6, b"")
    assert b"  + Ada King  ada@example.com" in done.stdout


@pytest.mark.parametrize("file", ["nowhere.csv", "."])
def test_no_file(ax: Ax, file: str, served: SandboxServer) -> None:
    """A roster that is not there, or is no file, is exit code 2 before any request."""
    error, _ = ax("plan", file).refused(2)
    assert file in error
    assert served.sandbox.requests == []


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ('eve@example.com,"Eve \u202e \u2028.",member\n', "Eve \\u202e \\u2028."),
        ("eve@example.com,Eve,b\x9b2Joss\n", "line 5"),
        ('eve@example.com,"Eve \x1b[2J",member\n', "line 5"),
    ],
)
def test_control_characters(terminal: Terminals, roster: Roster, rows: str, shown: str) -> None:
    """Control characters of a file reach no terminal raw, in what is planned and in what is refused."""
    run = terminal("users", "plan", roster(rows))
    run.end()
    assert shown in run.shown
    for harmful in ("\x1b[2J", "\x9b", "\u202e", "\u2028"):
        assert harmful not in run.raw


def test_passwords_are_announced(ax: Ax, roster: Roster) -> None:
    """Where temporary passwords are planned, the next command has --passwords, and it is said why."""
    head = "email,name,role,invite_mode\nada@example.com,Ada King,member,Temporary_Password\n"
    ran = ax("plan", roster(head=head), "-o", "plan.json")
    *_, following, why = ran.out.splitlines()
    assert following.endswith("ax users apply plan.json --passwords passwords.csv")
    assert "the file that --passwords names, and nowhere else" in why


def test_progress_in_a_log(shell: Shell, roster: Roster, crowd: list[str]) -> None:
    """Without a terminal, a long reading of the account is told in lines."""
    leaping = (
        "import itertools, arize_users.cli.progress as progress\n"
        "leaps = itertools.count(step=progress.SECONDS_APART)\n"
        "init = progress.Lines.__init__\n"
        "init.__defaults__ = (lambda: next(leaps), init.__defaults__[1])"
    )
    ran = shell("ax", "users", "plan", roster(), before=leaping)
    assert ran.code == 0
    assert {"listing: 100", "listing: 200"} <= {*ran.err.splitlines()}


def test_progress_at_a_terminal(terminal: Terminals, roster: Roster, crowd: list[str]) -> None:
    """At a terminal, the reading of the account is a bar."""
    run = terminal("users", "plan", roster())
    assert run.end() == 0
    assert "Listing" in run.shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(piped: Pipes, gate: Gate, roster: Roster, folder: Path, number: int) -> None:
    """A signal while the account is read ends it: nothing was changed, and nothing is saved."""
    gate.every = True
    run = piped("ax", "users", "plan", roster(ADA), "-o", "plan.json")
    gate.await_requests()
    run.signal(number)
    run.until("interrupted")
    ran = run.end()
    assert (ran.code, ran.out) == (128 + number, "")
    assert ran.err.splitlines()[-1] == "interrupted; nothing was changed"
    assert not (folder / "plan.json").exists()


def test_other_program(ax: Ax, roster: Roster) -> None:
    """`arize-users plan` names its own commands."""
    ran = ax("plan", roster(ADA), "-o", "plan.json", program="arize-users")
    command = shlex.split(ran.out.splitlines()[-1].partition(":  ")[2])
    assert command == ["arize-users", "apply", "plan.json"]


def test_an_export_plans_to_nothing(ax: Ax, roster: Roster, jane: str, crowd: list[str]) -> None:
    """What `list --all` exports, planned again with --remove-missing, is nothing to do."""
    for name in ("all.csv", "all.json"):
        assert ax("list", "--all", "-o", name).code == 0
        ran = ax("plan", name, "--remove-missing")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "254 as they should be.")
    assert os.path.exists("all.csv")


def test_names_like_parameters(ax: Ax, roster: Roster, jane: str) -> None:
    """A name is shown whole, though it may look like what the client says to Python programs."""
    rows = 'ann@example.com,"Ann Lee (dept=Sales)",member\nbo@example.com,max_removals (keep=1),member\n'
    ran = ax("plan", roster(rows), "--remove-missing", "--max-removals", "0")
    assert "  + Ann Lee (dept=Sales)   ann@example.com" in ran.out
    assert "  + max_removals (keep=1)  bo@example.com" in ran.out
    assert "--max-removals allows 0.\n  If that is meant: --max-removals 1.\n" in ran.out
