"""`ax users apply`: what it asks, does, tells and keeps, and how it ends."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from arize_users.cli.prompts import wrapped
from arize_users.roster import Plan
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Gate, Pipes, Ran, Shell, Terminals
from .test_cli_signals import at

CALLERS = """email,name,role,invite_mode
owner@sandbox.example,Sandbox Owner,admin,
member@sandbox.example,Sandbox Member,member,
annotator@sandbox.example,Sandbox Annotator,annotator,
"""
ADA = "ada@example.com,Ada King,member,email_link\n"
JANE = "jane@example.com,Jane Roe,member,\n"
SECRET = "eve@example.com,Eve Marsh,member,temporary_password\n"

Planned = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in, in which plans are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def planned(ax: Ax, folder: Path) -> Planned:
    """Plan rows beside the callers, with --remove-missing, save it as plan.json, and give that name."""

    def plan(*rows: str, options: str = "--remove-missing --max-removals 100%") -> str:
        (folder / "people.csv").write_text(CALLERS + "".join(rows), "utf-8")
        assert ax("plan", "people.csv", *options.split(), "-o", "plan.json").code == 6
        return "plan.json"

    return plan


@pytest.fixture
def three(account: Sandbox, jane: str, planned: Planned) -> str:
    """A plan that invites Ada, renames Jane, and removes Ola."""
    account.add_user(email="ola@example.com", name="Ola Berg")
    return planned(ADA, JANE)


def actions(account: Sandbox) -> list[tuple[str, str]]:
    return [(entry.action, entry.email) for entry in account.audit]


def journal(folder: Path, name: str = "plan.journal.jsonl") -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


DONE = [
    ("create", "ada@example.com"),
    ("update", "jane@example.com"),
    ("delete", "ola@example.com"),
]


def test_done(ax: Ax, account: Sandbox, three: str, folder: Path) -> None:
    """All done is exit code 0: counts, a journal beside the plan for its owner alone, an empty next plan."""
    ran = ax("apply", three, "--force")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "3 actions: 1 invited, 1 changed, 1 removed.",
        "Journal: plan.journal.jsonl",
    ]
    assert actions(account) == DONE
    assert stat.S_IMODE((folder / "plan.journal.jsonl").stat().st_mode) == 0o600
    assert len(journal(folder)) == 7
    assert ax("plan", "people.csv", "--remove-missing").code == 0


def test_again(ax: Ax, account: Sandbox, three: str) -> None:
    """Applying a plan again repeats nothing, says that it goes on, and ends well."""
    ax("apply", three, "--force")
    ran = ax("apply", three, "--force")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "Going on with plan.journal.jsonl: 3 of 3 done."
    assert actions(account) == DONE


def test_nothing_to_do(ax: Ax, account: Sandbox, folder: Path) -> None:
    """A plan without changes is nothing to do: no question, no journal, exit code 0."""
    (folder / "people.csv").write_text(CALLERS)
    assert ax("plan", "people.csv", "-o", "plan.json").code == 0
    ran = ax("apply", "plan.json", "--force")
    assert (ran.code, ran.out) == (0, "Nothing to do.\n")
    assert not (folder / "plan.journal.jsonl").exists()


@pytest.mark.parametrize("form", ["json", "csv", "results.json", "results.csv"])
def test_results(ax: Ax, three: str, form: str, folder: Path) -> None:
    """-o gives the result of each action as data, in the plan's order; the words are on standard error."""
    ran = ax("apply", three, "--force", "-o", form)
    assert "3 actions: 1 invited, 1 changed, 1 removed." in ran.err.splitlines()
    text = (folder / form).read_text() if "." in form else ran.out
    if "json" in form:
        document = json.loads(text)
        rows = document["results"]
        assert (document["counts"], document["cannot"]) == ({"done": 3}, 0)
        assert document["journal"] == "plan.journal.jsonl"
    else:
        rows = list(csv.DictReader(text.splitlines()))
    assert [(one["kind"], one["email"], one["status"]) for one in rows] == [
        ("invite", "ada@example.com", "done"),
        ("update", "jane@example.com", "done"),
        ("remove", "ola@example.com", "done"),
    ]


def test_who_is_not_done(ax: Ax, account: Sandbox, three: str, jane: str) -> None:
    """Who was stale or blocked is told by name and address, after all else was done: exit code 3."""
    account.add_user(email="ada@example.com", name="Ada", status="inactive")
    ax("update", jane, "--full-name", "Jane Third")
    account.clear_log()
    ran = ax("apply", three, "--force")
    assert ran.code == 3
    lines = ran.out.splitlines()
    stale = lines.index("Not as planned any more, left alone (1)")
    assert lines[stale + 1].split()[:4] == ["!", "Jane", "Doe", "jane@example.com"]
    blocked = lines.index("Blocked for good, cannot be invited (1)")
    assert lines[blocked + 1].split()[:4] == ["!", "Ada", "King", "ada@example.com"]
    assert lines[-2:] == ["3 actions: 1 removed, 1 not as planned, 1 blocked.", "Journal: plan.journal.jsonl"]
    assert actions(account) == [("delete", "ola@example.com")]


def test_cannot(ax: Ax, account: Sandbox, jane: str, planned: Planned) -> None:
    """People for whom nothing can be done are named, and the exit code is 3 though all else was done."""
    ran = ax("apply", planned(ADA, JANE.replace("member", "admin")), "--force")
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[0] == "Cannot be done by any request (1)"
    assert lines[1].startswith("  ! Jane Roe <jane@example.com>: ")
    assert "1 action: 1 invited." in lines
    assert actions(account) == [("create", "ada@example.com")]


# What is refused, before anything is changed


@pytest.fixture
def half(ax: Ax, crowd: list[str], folder: Path) -> str:
    """A plan that a guard refuses: 250 of 253 users would be removed."""
    (folder / "people.csv").write_text(CALLERS + ADA)
    ax("plan", "people.csv", "--remove-missing", "-o", "plan.json")
    return "plan.json"


def refused(ran: Ran, account: Sandbox, folder: Path) -> str:
    """Assert that a run was refused with exit code 4 and did nothing; give what it says."""
    assert ran.code == 4
    assert account.audit == []
    assert not (folder / "plan.journal.jsonl").exists()
    return ran.err


@pytest.mark.parametrize("mode", ["--force", "--dry-run"])
def test_guard(ax: Ax, account: Sandbox, half: str, folder: Path, mode: str) -> None:
    """A plan that a guard refuses is exit code 4, also with --force: not even invitations are sent."""
    err = refused(ax("apply", half, mode), account, folder)
    assert "refused: 250 of 253 users would be removed; --max-removals allows 26 (10%)" in err
    assert "hint: If that is meant: --max-removals 250." in err
    assert account.outbox == []


def test_guard_before_the_question(terminal: Terminals, account: Sandbox, half: str) -> None:
    """A refused plan never gets as far as the question."""
    run = terminal("users", "apply", half)
    assert run.end() == 4
    assert "[y/N]" not in run.shown
    assert "Type the number" not in run.shown
    assert account.audit == []


@pytest.mark.parametrize("mode", ["--force", "--dry-run"])
def test_other_endpoint(
    ax: Ax, account: Sandbox, three: str, folder: Path, mode: str, tmp_path: Path
) -> None:
    """A plan of another endpoint is exit code 4, and both are named."""
    with Sandbox(tmp_path / "other.db") as other:
        ran = ax("apply", three, mode, "--base-url", f"sandbox:{tmp_path}/other.db")
        err = refused(ran, other, folder)
    assert "other.db" in err
    assert "account.db" in err
    assert account.audit == []


@pytest.mark.parametrize("mode", ["--force", "--dry-run"])
def test_other_account(ax: Ax, account: Sandbox, three: str, folder: Path, mode: str) -> None:
    """An account of the same endpoint that has none of the people whom the plan knows is exit code 4."""
    evolve(Plan.load(three), witnesses=("VXNlcjox", "VXNlcjoy")).save(three)
    err = refused(ax("apply", three, mode), account, folder)
    assert "none of the 2 users" in err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace("Ada King", "Ada Kong"), "changed"),
        (lambda text: text[: len(text) // 2], "plan"),
        (lambda text: text.replace('"version": 1', '"version": 99'), "version"),
        (lambda text: CALLERS, "plan"),
        (lambda text: "", "plan"),
    ],
)
def test_spoilt_plan(
    ax: Ax, account: Sandbox, three: str, folder: Path, spoil: Callable[[str], str], said: str
) -> None:
    """A plan that was edited, cut off, of an unknown version, or is none, is exit code 4."""
    file = folder / three
    file.write_text(spoil(file.read_text()))
    err = refused(ax("apply", three, "--force"), account, folder)
    assert said in err
    assert "plan.json" in err


def test_no_plan(ax: Ax, account: Sandbox) -> None:
    """A plan that is not there is exit code 2."""
    error, _ = ax("apply", "nowhere.json", "--force").refused(2)
    assert "nowhere.json" in error


def test_unattended(shell: Shell, served: SandboxServer, three: str) -> None:
    """Without a terminal and without --force, it is refused before any request."""
    served.sandbox.clear_log()
    ran = shell("ax", "users", "apply", three)
    assert ran.code == 2
    assert "--force" in ran.err
    assert served.sandbox.requests == []


@pytest.mark.parametrize("options", [["--concurrency", "0"], ["--passwords", "plan.journal.jsonl"]])
def test_bad_options(ax: Ax, account: Sandbox, three: str, options: list[str]) -> None:
    """An option that cannot be right is exit code 2, under its name, before any request."""
    error, _ = ax("apply", three, "--force", *options).refused(2)
    assert error.startswith(f"{options[0]}: ")
    assert account.audit == []


@pytest.mark.parametrize("mode", ["--force", "--dry-run"])
def test_journal_of_another_plan(ax: Ax, account: Sandbox, three: str, planned: Planned, mode: str) -> None:
    """The journal of another plan is refused, and left as it is."""
    assert ax("apply", three, "--force", "--journal", "one.jsonl").code == 0
    before = Path("one.jsonl").read_bytes()
    done = actions(account)
    planned(ADA, JANE, "bob@example.com,Bob,member,none\n")
    error, _ = ax("apply", "plan.json", mode, "--journal", "one.jsonl").refused(4)
    assert "another plan" in error
    assert (Path("one.jsonl").read_bytes(), actions(account)) == (before, done)


@pytest.mark.parametrize("mode", ["--force", "--dry-run"])
@pytest.mark.parametrize("option", ["--journal", "--passwords"])
def test_unwritable_files(
    ax: Ax, account: Sandbox, planned: Planned, mode: str, option: str, folder: Path
) -> None:
    """A journal or a file of passwords that cannot be written is exit code 5 before anything is sent."""
    planned(SECRET)
    files = {"--journal": "j.jsonl", "--passwords": "p.csv", option: "nowhere/file"}
    error, _ = ax("apply", "plan.json", mode, *[word for pair in files.items() for word in pair]).refused(5)
    assert "nowhere/file" in error
    assert account.audit == []


# The question


def test_question(terminal: Terminals, account: Sandbox, three: str) -> None:
    """The question names the account, and everyone by name and address, with how many of how many users."""
    run = terminal("users", "apply", three)
    question = " ".join(run.until("Go on? [y/N]").split())
    assert f"About to change sandbox:{account.path}" in question
    assert "5 users" in question
    assert "1 invited, 1 of 5 changed, 1 of 5 removed." in question
    assert "- Ola Berg <ola@example.com>" in question
    assert "~ Jane Doe <jane@example.com>" in question
    assert "+ Ada King <ada@example.com>" in question
    assert "blocks the address for good" in question
    assert account.audit == []
    run.type("y\n")
    assert run.end() == 0
    assert actions(account) == DONE


def test_question_names_the_profile(
    terminal: Terminals, ax: Ax, staging: Sandbox, account: Sandbox, folder: Path
) -> None:
    """The question names the profile that the account is from."""
    (folder / "people.csv").write_text(CALLERS + ADA)
    assert ax("plan", "people.csv", "-p", "staging", "-o", "plan.json").code == 6
    run = terminal("users", "apply", "plan.json", "--profile", "staging")
    assert "(profile staging)" in run.until("[y/N]")
    run.type("n\n")
    assert run.end() == 1


@pytest.mark.parametrize("answer", ["n\n", "\n", "maybe\n", "\x04", "\x03"])
def test_anything_but_yes(
    terminal: Terminals, account: Sandbox, three: str, answer: str, folder: Path
) -> None:
    """Anything but yes changes nothing, and leaves no journal."""
    run = terminal("users", "apply", three)
    run.until("[y/N]")
    run.type(answer)
    assert run.end() == (130 if answer == "\x03" else 1)
    assert account.audit == []
    assert not (folder / "plan.journal.jsonl").exists()


@pytest.mark.parametrize(("answer", "code"), [("y\n", 1), ("59\n", 1), ("60\n", 0)])
def test_many_are_typed(
    terminal: Terminals, account: Sandbox, planned: Planned, answer: str, code: int
) -> None:
    """Above 50 people who are invited or removed, their number is to be typed; a y does nothing."""
    planned(*(f"p{number}@example.com,Person {number},member,none\n" for number in range(60)))
    run = terminal("users", "apply", "plan.json")
    question = run.until("60, to go on:")
    assert "[y/N]" not in question
    assert "Person 49 <p49@example.com>, and 10 more" in " ".join(question.split())
    run.type(answer)
    assert run.end() == code
    assert len(account.audit) == (0 if code else 60)


def test_fifty_are_not_typed(terminal: Terminals, planned: Planned, account: Sandbox) -> None:
    """Up to 50 people, y is enough."""
    planned(*(f"p{number}@example.com,Person {number},member,none\n" for number in range(50)))
    run = terminal("users", "apply", "plan.json")
    run.until("[y/N]")
    run.type("yes\n")
    assert run.end() == 0


@pytest.mark.parametrize("columns", [40, 60])
def test_question_is_wrapped(terminal: Terminals, planned: Planned, account: Sandbox, columns: int) -> None:
    """The question is broken between words, no wider than the terminal."""
    planned(*(f"p{number}@example.com,Person {number},member,none\n" for number in range(20)))
    run = terminal("users", "apply", "plan.json", columns=columns)
    question = run.until("[y/N]")
    for number in range(20):
        assert f"<p{number}@example.com>" in question
    lines = question.splitlines()
    assert max(len(line) for line in lines if "sandbox:" not in line) <= columns
    run.type("n\n")


def test_wrapping() -> None:
    """Words stay whole, wide letters count as two columns, and what is invisible is shown."""
    assert list(wrapped("  - Ada King, 田中太郎, Bob", 14)) == ["  - Ada King,", "    田中太郎,", "    Bob"]
    assert list(wrapped("a\x1b[2J b", 80)) == ["a\\x1b[2J b"]
    assert list(wrapped("unbreakable", 5)) == ["unbreakable"]


# The rehearsal


def test_dry_run(ax: Ax, account: Sandbox, three: str, folder: Path) -> None:
    """--dry-run shows the plan and changes nothing, makes no file, and says so in its first and last line."""
    before = sorted(one.name for one in folder.iterdir())
    ran = ax("apply", three, "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == lines[-1] == "Dry run: nothing is changed."
    assert "Would be done: 1 invited, 1 changed, 1 removed." in lines
    for email in ("ada@example.com", "jane@example.com", "ola@example.com"):
        assert email in ran.out
    assert account.audit == []
    assert sorted(one.name for one in folder.iterdir()) == before


def test_dry_run_of_what_cannot_be_done(ax: Ax, account: Sandbox, jane: str, planned: Planned) -> None:
    """--dry-run ends with 3 where nothing can be done for somebody, as the run itself does."""
    assert ax("apply", planned(ADA, JANE.replace("member", "admin")), "--dry-run").code == 3


def test_dry_run_as_data(ax: Ax, account: Sandbox, three: str) -> None:
    """--dry-run -o json has each action as not attempted; the first and last line are on standard error."""
    ran = ax("apply", three, "--dry-run", "-o", "json")
    assert {one["status"] for one in ran.json["results"]} == {"not_attempted"}
    assert ran.err.splitlines()[0] == ran.err.splitlines()[-1] == "Dry run: nothing is changed."


# Passwords


def test_passwords(ax: Ax, account: Sandbox, planned: Planned, folder: Path) -> None:
    """Temporary passwords are in the file that --passwords names, for its owner alone, and nowhere else."""
    planned(SECRET, ADA)
    ran = ax("apply", "plan.json", "--force", "--passwords", "passwords.csv", "-o", "json", "-v")
    assert ran.code == 0
    (row,) = csv.DictReader((folder / "passwords.csv").read_text().splitlines())
    assert row["email"] == "eve@example.com"
    assert stat.S_IMODE((folder / "passwords.csv").stat().st_mode) == 0o600
    assert "Passwords: passwords.csv" in ran.err
    written = ran.out + ran.err + (folder / "plan.journal.jsonl").read_text()
    assert row["password"]
    assert row["password"] not in written


@pytest.mark.parametrize("mode", ["--force", "--dry-run"])
def test_passwords_need_a_file(ax: Ax, account: Sandbox, planned: Planned, mode: str, folder: Path) -> None:
    """A plan with temporary passwords and no --passwords is refused, saying what to give."""
    err = refused(ax("apply", planned(SECRET), mode), account, folder)
    assert "--passwords FILE" in err
    assert "passwords=" not in err


_UNWRITABLE = """from arize_users import JournalError
from arize_users._users.roster.passwords import PasswordFile
def write(self, email, password):
    self.failure = error = JournalError("p.csv cannot be written: No space left on device")
    raise error from OSError(28, "No space left on device")
PasswordFile.write = write"""


def test_a_password_that_cannot_be_written(shell: Shell, account: Sandbox, planned: Planned) -> None:
    """It is shown once, on standard error, and nothing more is done: exit code 5."""
    more = (f"p{number}@example.com,P,member,temporary_password\n" for number in range(5))
    planned(*more)
    words = ["--force", "--passwords", "p.csv", "--concurrency", "1", "-o", "json", "-v"]
    ran = shell("ax", "users", "apply", "plan.json", *words, before=_UNWRITABLE)
    assert ran.code == 5
    (entry,) = account.audit
    lines = ran.err.splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith("The temporary password of ")]
    password = lines[place + 1].strip()
    assert entry.email in lines[place]
    assert len(password) >= 8
    assert (ran.err + ran.out).count(password) == 1
    assert "No space left on device" in ran.err


def test_a_password_of_somebody_half_done(
    shell: Shell, ax: Ax, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown also where the developer permission is not set yet, so that nobody is as planned."""
    (folder / "people.csv").write_text(
        "email,name,role,invite_mode,is_developer\neve@example.com,Eve,member,temporary_password,false\n"
    )
    with Sandbox(create_takes_is_developer=False) as account, SandboxServer(account) as server:
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", "sandbox-admin")
        assert ax("plan", "people.csv", "-o", "plan.json").code == 6
        words = ["--force", "--passwords", "p.csv"]
        ran = shell("ax", "users", "apply", "plan.json", *words, before=_UNWRITABLE)
    assert ran.code == 5
    assert "The temporary password of eve@example.com could not be written" in ran.err
    assert "1 action: 1 failed." in ran.out


_FULL_JOURNAL = """from arize_users import JournalError
from arize_users._users.roster.journal import Journal
begun, begin = [], Journal.begin
def full(self, index, action):
    begun.append(index)
    if len(begun) > 2:
        self.failure = error = JournalError("plan.journal.jsonl cannot be written: No space left on device")
        raise error from OSError(28, "No space left on device")
    begin(self, index, action)
Journal.begin = full"""


def test_a_journal_that_cannot_be_written(shell: Shell, account: Sandbox, planned: Planned) -> None:
    """Nothing more is begun, the report says what was done and what was not, and the exit code is 5."""
    planned(*(f"p{number}@example.com,P,member,none\n" for number in range(5)))
    ran = shell("ax", "users", "apply", "plan.json", "--force", "--concurrency", "1", before=_FULL_JOURNAL)
    assert ran.code == 5
    assert "error: plan.journal.jsonl cannot be written: No space left on device" in ran.err
    assert "5 actions: 2 invited, 3 not attempted." in ran.out
    assert len(account.audit) == 2


def test_output_is_not_the_plan(ax: Ax, account: Sandbox, three: str) -> None:
    """The output never takes the place of the plan."""
    error, _ = ax("apply", three, "--force", "-o", three).refused(2)
    assert error.startswith("--output: ")
    assert Plan.load(three)
    assert account.audit == []


# Ends in the middle


def test_kill_and_go_on(piped: Pipes, ax: Ax, gate: Gate, planned: Planned, folder: Path) -> None:
    """After kill -9, a second run says where it goes on, and does the rest: no mail is sent twice."""
    planned(*(f"p{number}@example.com,Person {number},member,email_link\n" for number in range(6)))
    run = piped("ax", "users", "apply", "plan.json", "--force", "--concurrency", "2")
    gate.await_requests(2)
    run.signal(signal.SIGKILL)
    run.end()
    assert len(gate.outbox) == 2
    gate.open()
    ran = ax("apply", "plan.json", "--force", "--concurrency", "2")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "Going on with plan.journal.jsonl: 0 of 6 done, 2 were under way."
    assert sorted(mail.to for mail in gate.outbox) == [f"p{number}@example.com" for number in range(6)]
    assert "6 actions: 6 invited" in ran.out


def test_killed_before_a_password_came(
    piped: Pipes, ax: Ax, gate: Gate, planned: Planned, folder: Path
) -> None:
    """Whose password was never seen is unknown, by name, with how to mend it: exit code 3."""
    planned(SECRET)
    words = ["apply", "plan.json", "--force", "--passwords", "p.csv"]
    run = piped("ax", "users", *words)
    gate.await_requests()
    run.signal(signal.SIGKILL)
    run.end()
    gate.open()
    ran = ax(*words)
    assert ran.code == 3
    unknown = ran.out[ran.out.index("Not known what became of it (1)") :]
    assert "Eve Marsh  eve@example.com" in unknown
    assert "`ax users reset-password`" in unknown
    assert "users.reset_password" not in ran.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal(piped: Pipes, gate: Gate, ax: Ax, planned: Planned, number: int, folder: Path) -> None:
    """A signal: what is under way is awaited, each action is reported, and a later run does the rest."""
    planned(*(f"p{number}@example.com,Person {number},member,email_link\n" for number in range(6)))
    run = piped("ax", "users", "apply", "plan.json", "--force", "--concurrency", "2", "-o", "out.json")
    gate.await_requests(2)
    run.signal(number)
    run.until("stopping: waiting")
    gate.open()
    ran = run.end()
    assert ran.code == 128 + number
    results = json.loads((folder / "out.json").read_text())["results"]
    assert sorted(one["status"] for one in results) == ["done"] * 2 + ["not_attempted"] * 4
    done = {one["email"] for one in results if one["status"] == "done"}
    assert done == {mail.to for mail in gate.outbox}
    assert ran.err.splitlines()[-1] == "interrupted"
    assert "Not attempted (4)" in ran.err
    assert sum(line.startswith("  ! Person ") for line in ran.err.splitlines()) == 4
    again = ax("apply", "plan.json", "--force")
    assert (again.code, len(gate.outbox)) == (0, 6)


def test_signal_before_the_call(piped: Pipes, gate: Gate, planned: Planned, folder: Path) -> None:
    """A signal right before the plan is applied is as good as one at the prompt: no file is made."""
    hook = at("import arize_users.cli.apply as apply; signalled(apply, 'showing_progress', True)", 15)
    run = piped("ax", "users", "apply", planned(ADA), "--force", "-o", "out.json", before=hook)
    ran = run.end()
    assert (ran.code, ran.err) == (143, "interrupted; nothing was changed\n")
    assert not (folder / "out.json").exists()
    assert not (folder / "plan.journal.jsonl").exists()
    assert gate.audit == []


def test_second_signal(piped: Pipes, gate: Gate, planned: Planned, folder: Path) -> None:
    """A second signal ends the waiting: what was under way is unknown, and the journal has it as begun."""
    planned(ADA)
    run = piped("ax", "users", "apply", "plan.json", "--force")
    gate.await_requests()
    run.signal(signal.SIGINT)
    run.until("a second signal ends the wait")
    run.signal(signal.SIGINT)
    ran = run.end()
    assert ran.code == 130
    assert "Not known what became of it (1)" in ran.out
    assert "Ada King  ada@example.com" in ran.out
    assert [next(iter(line)) for line in journal(folder)][1] == "begin"


def test_two_runs(piped: Pipes, gate: Gate, ax: Ax, planned: Planned) -> None:
    """While one run has the journal, a second is refused, and changes nothing."""
    planned(ADA)
    run = piped("ax", "users", "apply", "plan.json", "--force")
    gate.await_requests()
    for mode in ("--force", "--dry-run"):
        error, _ = ax("apply", "plan.json", mode).refused(4)
        assert "in use by another run" in error
    gate.open()
    assert run.end().code == 0
    assert len(gate.outbox) == 1


def test_refused_key(ax: Ax, account: Sandbox, served: SandboxServer, planned: Planned) -> None:
    """A key that is refused in the middle ends the run with exit code 4; nobody is removed."""
    account.add_user(email="ola@example.com", name="Ola Berg")
    planned(ADA)
    served.sandbox.clear_log()
    served.sandbox.faults.add("status", operation="create_user", status=401)
    ran = ax("apply", "plan.json", "--force")
    assert ran.code == 4
    assert "error: 401" in ran.err
    assert actions(account) == []


def test_progress(terminal: Terminals, account: Sandbox, three: str) -> None:
    """At a terminal each phase has its bar."""
    run = terminal("users", "apply", three, "--force")
    assert run.end() == 0
    for phase in ("Inviting", "Removing"):
        assert re.search(rf"{phase} .* 1/1", run.shown)


def test_control_characters(terminal: Terminals, planned: Planned, account: Sandbox) -> None:
    """Control characters of a name reach no terminal raw: not in the question, not in the report."""
    planned('eve@example.com,"Eve \u202e2J",member,none\n')
    run = terminal("users", "apply", "plan.json")
    run.until("[y/N]")
    account.add_user(email="eve@example.com", name="Eve", status="inactive")
    run.type("y\n")
    assert run.end() == 3
    assert "\u202e" not in run.raw
    assert run.shown.count("Eve \\u202e2J") >= 2


def test_next_command(ax: Ax, shell: Shell, account: Sandbox, three: str) -> None:
    """What `plan` says to type next does it."""
    ran = ax("plan", "people.csv", "-o", "plan.json", "--remove-missing", "--max-removals", "100%")
    command = shlex.split(ran.out.splitlines()[-1].partition(":  ")[2])
    assert shell(*command, "--force", env=dict(os.environ)).code == 0
    assert actions(account) == DONE
