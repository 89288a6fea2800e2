"""`ax users resend-invitation --invited-before`: whom it mails, and nobody twice within the time."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from arize_users import InvalidArgumentError, JournalError
from arize_users.roster import InvitationJournal
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import FULL, NEEDS_FULL, Ax, Gate, Pipes, Shell, Terminals

DRY_RUN = "Dry run: nothing is changed."
REMIND = ["resend-invitation", "--invited-before", "14 days"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of the user who runs the program."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def invited(account: Sandbox, state: Path) -> dict[str, str]:
    """The ids of users of each status, first invited so many days ago: status and days are their names."""
    account.set_time(None)
    return {
        f"{status}{days}": account.add_user(
            email=f"{status}{days}@example.com",
            name=f"{status} {days}",
            status=status,
            created_at=account.now() - timedelta(days=days),
        )
        for status, days in (
            ("invited", 20),
            ("invited", 15),
            ("invited", 13),
            ("expired", 40),
            ("expired", 1),
            ("active", 30),
        )
    }


def mailed(account: Sandbox) -> dict[str, int]:
    """Give how many mails each address got."""
    return Counter(mail.to.partition("@")[0] for mail in account.outbox)


def journals(state: Path) -> list[Path]:
    """Give the journals in a state folder."""
    return sorted((state / "arize-users" / "invitations").glob("*"))


def test_whom_it_mails(ax: Ax, account: Sandbox, invited: dict[str, str]) -> None:
    """Those who are invited, and first were before the time, are mailed; expired ones are counted."""
    ran = ax(*REMIND, "--force", "-o", "json")
    assert mailed(account) == {"invited20": 1, "invited15": 1}
    assert [(one["user_id"], one["email"], one["status"]) for one in ran.json["results"]] == [
        (invited["invited20"], "invited20@example.com", "done"),
        (invited["invited15"], "invited15@example.com", "done"),
    ]
    told, counts = ran.err.splitlines()
    assert (ran.code, counts) == (0, "2 done")
    assert told == (
        "1 expired invitation cannot be sent again: `ax users create` or `ax users import` invites anew"
    )


def test_not_within_the_time(ax: Ax, account: Sandbox, invited: dict[str, str], state: Path) -> None:
    """Started each day, it mails nobody again within the time, and says how many it leaves alone."""
    for _ in range(3):
        ran = ax(*REMIND, "--force")
        assert ran.code == 0
    assert mailed(account) == {"invited20": 1, "invited15": 1}
    assert any(line.startswith("2 users mailed since ") for line in ran.err.splitlines())
    assert "there is nobody left" in ran.err
    # Somebody who becomes due meanwhile is mailed alone.
    assert ax("resend-invitation", "--invited-before", "13 days", "--force").code == 0
    assert mailed(account) == {"invited20": 1, "invited15": 1, "invited13": 1}


def test_again_after_the_time(ax: Ax, account: Sandbox, invited: dict[str, str], state: Path) -> None:
    """When the time has passed since the last mail, the next one is due."""
    ax(*REMIND, "--force")
    (journal,) = journals(state)
    aged = []
    for line in journal.read_text().splitlines():
        event = json.loads(line)
        if "at" in event:
            event["at"] = "2020-01-01T00:00:00Z"
        aged.append(json.dumps(event))
    journal.write_text("".join(f"{line}\n" for line in aged))
    assert ax(*REMIND, "--force").code == 0
    assert mailed(account) == {"invited20": 2, "invited15": 2}


def test_dry_run(ax: Ax, account: Sandbox, invited: dict[str, str], state: Path) -> None:
    """A dry run says first and last that it is one, mails nobody and notes nothing."""
    ran = ax(*REMIND, "--dry-run", "-o", "json")
    shown = [line for line in ran.err.splitlines() if "expired" not in line]
    assert (ran.code, shown[0], shown[-1], account.outbox) == (0, DRY_RUN, DRY_RUN, [])
    assert "  - invited 20 <invited20@example.com>" in shown
    assert {one["status"] for one in ran.json["results"]} == {"not_attempted"}
    assert [path.read_bytes() for path in journals(state)] == []
    ax(*REMIND, "--force")
    assert ax(*REMIND, "--dry-run", "-o", "json").json["results"] == []


def test_journal(ax: Ax, account: Sandbox, invited: dict[str, str], state: Path) -> None:
    """The journal is JSON Lines for its owner alone: a line before each mail, one after, and no secret."""
    ax(*REMIND, "--force", "--api-key", "sandbox-admin")
    (journal,) = journals(state)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    header, *events = map(json.loads, journal.read_text().splitlines())
    assert header == {"journal": "invitations", "version": 1}
    for email in ("invited20", "invited15"):
        (begun,) = [one for one in events if one.get("email") == f"{email}@example.com"]
        assert begun["begin"] == invited[email]
        (ended,) = [one for one in events if one.get("end") == invited[email]]
        assert (ended["status"], events.index(begun) < events.index(ended)) == ("done", True)
    assert "sandbox-admin" not in journal.read_text()


def test_journal_of_each_endpoint(
    ax: Ax, account: Sandbox, invited: dict[str, str], state: Path, tmp_path: Path
) -> None:
    """Each endpoint has a journal of its own; an account file is known by its absolute path."""
    ax(*REMIND, "--force")
    ax(*REMIND, "--force", "--base-url", f"sandbox:{os.path.relpath(account.path or '')}")
    assert len(journals(state)) == 1
    with Sandbox(tmp_path / "other.db") as other, SandboxServer(other) as server:
        other.add_user(email="x@y.z", name="X", status="invited", created_at=other.now() - timedelta(days=20))
        options = ["--base-url", server.url, "--api-key", "sandbox-admin"]
        assert ax(*REMIND, "--force", *options).code == 0
        assert ax(*REMIND, "--force", *options, "-o", "json").json["results"] == []
        assert mailed(other) == {"x": 1}
    assert len(journals(state)) == 2


@pytest.mark.parametrize("named", ["{}", "invited20@example.com", "--file"])
def test_single_mails_count(
    ax: Ax, account: Sandbox, invited: dict[str, str], tmp_path: Path, named: str
) -> None:
    """Whoever was sent the invitation by name is not mailed again within the time either."""
    (tmp_path / "one.txt").write_text("invited20@example.com\n")
    words = (
        ["--file", str(tmp_path / "one.txt")] if named == "--file" else [named.format(invited["invited20"])]
    )
    assert ax("resend-invitation", *words).code == 0
    assert ax(*REMIND, "--force").code == 0
    assert mailed(account) == {"invited20": 1, "invited15": 1}
    # By name, whoever asks gets what they ask for.
    assert ax("resend-invitation", *words).code == 0
    assert mailed(account)["invited20"] == 2


@pytest.mark.parametrize(
    ("fault", "again"), [("reset_after", False), ("server_error", False), ("bad_request", True)]
)
def test_unknown_counts_as_sent(
    ax: Ax, served: SandboxServer, invited: dict[str, str], fault: str, again: bool
) -> None:
    """A mail whose outcome is not known counts as sent; one that was refused is tried at the next run."""
    account = served.sandbox
    if fault == "bad_request":
        key = ["--api-key", "reader"]
        account.add_key("reader", permissions=["USER_READ"])
        ran = ax(*REMIND, "--force", *key)
    else:
        account.faults.add(fault, operation="resend_user_invitation", nth=1)
        ran = ax(*REMIND, "--force")
        account.faults.clear()
    assert ran.code == 3
    before = mailed(account)
    assert ax(*REMIND, "--force").code == 0
    after = mailed(account)
    assert max(after.values()) == 1
    assert (after != before) is again


def test_question(terminal: Terminals, account: Sandbox, invited: dict[str, str]) -> None:
    """Without --force it asks, naming account and people; anything but yes mails nobody and notes nothing."""
    for answer, code, sent in (("n", 1, 0), ("y", 0, 2)):
        run = terminal("users", *REMIND, columns=120)
        question = run.until("[y/N]")
        assert f"Account: sandbox:{account.path}" in question
        assert "- invited 20 <invited20@example.com>" in question
        assert "This mails 2 users the invitation again" in question
        run.type(f"{answer}\n")
        assert run.end() == code
        assert len(account.outbox) == sent


def test_number_is_typed(terminal: Terminals, account: Sandbox, state: Path) -> None:
    """Above 50 mails the number is asked for."""
    account.set_time(None)
    for number in range(51):
        account.add_user(
            email=f"u{number}@x.com",
            name="U",
            status="invited",
            created_at=account.now() - timedelta(days=20),
        )
    run = terminal("users", *REMIND, "-o", "out.json", columns=120)
    run.until("51, to go on:")
    run.type("51\n")
    assert run.end() == 0
    assert set(mailed(account).values()) == {1}
    assert len(account.outbox) == 51


def test_no_terminal(shell: Shell, account: Sandbox, invited: dict[str, str]) -> None:
    """Without a terminal, --force is needed; nothing is sent without it."""
    error, _ = shell("ax", "users", *REMIND).refused(2)
    assert error == "there is no terminal to ask at: --force mails without asking"
    assert account.outbox == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--invited-before", "soon"], "--invited-before: 'soon' is no time"),
        (["--invited-before", "10.11.2025"], "can be read as 2025-11-10 or as 2025-10-11"),
        (["--invited-before", "14 days", "x"], "--invited-before names the users"),
        (["--invited-before", "14 days", "--file", "x"], "--invited-before names the users"),
        (["--invited-before", "14 days", "--skip-invalid"], "--skip-invalid is about the lines of --file"),
    ],
)
def test_usage(ax: Ax, served: SandboxServer, state: Path, options: list[str], said: str) -> None:
    """A time that is none, and users named in two ways, are refused; nothing is sent or noted."""
    error, _ = ax("resend-invitation", *options, "--force").refused(2)
    assert said in error
    assert served.sandbox.requests == []
    assert journals(state) == []


def test_help_says_which_time(ax: Ax) -> None:
    """The help says that the time is that of the first invitation, and what of it is kept where."""
    told = " ".join(ax("resend-invitation", "--help").out.split())
    assert "The API tells the time of the first invitation alone" in told
    assert "state folder" in told


def test_second_run(ax: Ax, account: Sandbox, invited: dict[str, str], state: Path) -> None:
    """While one run has the journal, another is refused, and mails nobody."""
    ax("resend-invitation", invited["invited13"])
    (path,) = journals(state)
    journal = InvitationJournal(path, "14 days")
    account.clear_log()
    ran = ax(*REMIND, "--force")
    assert (ran.code, account.outbox) == (4, [])
    assert "is in use by another run" in ran.err
    # A single mail that somebody asks for is sent all the same, and says that it is not noted.
    ran = ax("resend-invitation", invited["invited20"])
    assert (ran.code, mailed(account)) == (0, {"invited20": 1})
    assert ran.err.startswith("warning: the mail is not noted: ")
    journal.close()


@pytest.mark.parametrize("writes", [True, False])
def test_no_journal(tmp_path: Path, writes: bool) -> None:
    """What names no file is refused as an argument, and what is no plain file as a journal."""
    with pytest.raises(InvalidArgumentError, match="names no file"):
        InvitationJournal("a\0b", "14 days", writes=writes)
    with pytest.raises(JournalError):
        InvitationJournal(tmp_path, "14 days", writes=writes)


@pytest.mark.posix
@pytest.mark.parametrize("writes", [True, False])
def test_journal_that_cannot_be_reached(tmp_path: Path, writes: bool) -> None:
    """A journal that may be there, but cannot be looked at, is refused by a rehearsal, too."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for path in (tmp_path / "file/journal", tmp_path / "link"):
        with pytest.raises(JournalError):
            InvitationJournal(path, "14 days", writes=writes)


@pytest.mark.parametrize("obstacle", ["folder", "damaged", "another", "home"])
def test_journal_that_cannot_be_kept(
    ax: Ax,
    account: Sandbox,
    invited: dict[str, str],
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    obstacle: str,
) -> None:
    """Where the journal cannot be kept or read, nothing is sent, and the error says what to do."""
    ax("resend-invitation", invited["invited13"])
    (path,) = journals(state)
    account.clear_log()
    if obstacle == "folder":
        state.rename(state.with_name("moved"))
        state.write_text("a file")
    elif obstacle == "damaged":
        path.write_text(path.read_text() + "no JSON\n")
    elif obstacle == "another":
        path.write_text('{"journal": 1, "plan": "x"}\n')
    else:
        monkeypatch.setattr("platformdirs.user_state_path", lambda *_, **__: Path("relative"))
    ran = ax(*REMIND, "--force")
    assert (ran.code, account.outbox) == (5 if obstacle in ("folder", "home") else 4, [])
    assert ran.err.splitlines()[-1].startswith("hint: ")


def test_last_line_without_its_end(ax: Ax, account: Sandbox, invited: dict[str, str], state: Path) -> None:
    """A line that was cut off stands before no request: it counts for nothing, and the journal goes on."""
    ax(*REMIND, "--force")
    (path,) = journals(state)
    with path.open("ab") as file:
        file.write(b'{"begin": "' + invited["invited13"].encode())
    assert ax("resend-invitation", "--invited-before", "13 days", "--force").code == 0
    assert mailed(account) == {"invited20": 1, "invited15": 1, "invited13": 1}
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_killed(piped: Pipes, ax: Ax, gate: Gate, state: Path) -> None:
    """After `kill -9` in the middle, the next run mails those whose turn had not come, and nobody again."""
    gate.set_time(None)
    for number in range(40):
        gate.add_user(
            email=f"u{number}@x.com", name="U", status="invited", created_at=gate.now() - timedelta(days=20)
        )
    run = piped("ax", "users", *REMIND, "--force")
    gate.await_requests(8)
    run.signal(signal.SIGKILL)
    run.end()
    gate.open()
    assert ax(*REMIND, "--force", "-o", "json").code == 0
    assert ax(*REMIND, "--force", "-o", "json").json["results"] == []
    mails = mailed(gate)
    assert (max(mails.values()), len(mails) >= 24 + 8) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal(piped: Pipes, ax: Ax, gate: Gate, state: Path, tmp_path: Path, number: int) -> None:
    """A signal ends it in order: each result is true, and the next run mails those who were not mailed."""
    gate.set_time(None)
    for one in range(40):
        gate.add_user(
            email=f"u{one}@x.com", name="U", status="invited", created_at=gate.now() - timedelta(days=20)
        )
    run = piped("ax", "users", *REMIND, "--force", "-o", "out.json")
    gate.await_requests(8)
    run.signal(number)
    run.until("stopping")
    gate.open()
    assert run.end().code == 128 + number
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    done = {one["email"] for one in results if one["status"] == "done"}
    assert done == {mail.to for mail in gate.outbox}
    assert {one["status"] for one in results} == {"done", "not_attempted"}
    assert len(results) == 40
    assert ax(*REMIND, "--force", "-o", "json").code == 0
    assert (len(gate.outbox), max(mailed(gate).values())) == (40, 1)


def test_refused_for_all(ax: Ax, served: SandboxServer, state: Path) -> None:
    """A key that may not mail is refused after some answers, and nobody is noted as mailed."""
    account = served.sandbox
    account.set_time(None)
    for one in range(60):
        account.add_user(
            email=f"u{one}@x.com", name="U", status="invited", created_at=account.now() - timedelta(days=20)
        )
    account.add_key("reader", permissions=["USER_READ"])
    ran = ax(*REMIND, "--force", "--api-key", "reader", "-o", "json")
    counts = Counter(one["status"] for one in ran.json["results"])
    assert ran.code == 3
    assert (counts["failed"] <= 16, counts["failed"] + counts["not_attempted"]) == (True, 60)
    for _ in range(2):
        assert ax(*REMIND, "--force").code == 0
    assert (len(account.outbox), max(mailed(account).values())) == (60, 1)


@NEEDS_FULL
def test_lost_output(shell: Shell, account: Sandbox, invited: dict[str, str]) -> None:
    """Where standard output is full, the mails are sent and noted all the same, and the exit code is 5."""
    ran = shell("ax", "users", *REMIND, "--force", before=FULL)
    assert (ran.code, mailed(account)) == (5, {"invited20": 1, "invited15": 1})
    assert shell("ax", "users", *REMIND, "--force").code == 0
    assert max(mailed(account).values()) == 1
