"""Every example of Arize's reference page, typed as it stands there."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

import pytest
from support.account import CALLERS, NOON

from arize_users.sandbox import Sandbox

from .runs import Shell

ABC, JANE = "abc@example.com", "jane@example.com"
BETA = "warning: the users functions are in beta"
NAMED = {"usr_abc123": ABC, "id1": "one@x.com", "id2": "two@x.com", "id3": "three@x.com"}
CREATE = """ax users create
  --full-name "Jane Doe"
  --email jane@example.com
  --role member
  --invite-mode email_link"""


@pytest.fixture(params=["file", "http"])
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, account: Sandbox) -> None:
    """The environment names the account's file, without a key, or the account served over HTTP."""
    monkeypatch.delenv("ARIZE_DISABLE_PRERELEASE_WARNINGS")
    if request.param == "http":
        request.getfixturevalue("served")


@pytest.fixture
def people(path: Path, account: Sandbox) -> None:
    """The users whom the page names, under its ids, and jane@example.com."""
    for email in NAMED.values():
        account.add_user(email=email, name="Ada Lovelace", created_at=NOON)
    account.add_user(email=JANE, name="Jane Doe", created_at=NOON)
    for user_id, email in NAMED.items():
        _set_id(path, user_id, email)


def _set_id(path: Path, user_id: str, email: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE users SET id = ? WHERE email = ?", (user_id, email))
    db.close()


def _run(shell: Shell, line: str) -> tuple[str, list[str]]:
    """Run an example that succeeds and warns once; give its output and its other messages."""
    ran = shell(*shlex.split(line))
    warning, *messages = ran.err.splitlines()
    assert (ran.code, warning.startswith(BETA), ran.err.count(BETA)) == (0, True, 1)
    return ran.out, messages


@pytest.mark.usefixtures("target", "people")
@pytest.mark.parametrize(
    ("line", "shown", "message", "done"),
    [
        ("list", [*CALLERS, *NAMED.values(), JANE], "8 users", []),
        ('list --email "@example.com" --status active', [ABC, JANE], "2 users", []),
        ("list --output users.json", [], "wrote 8 users to users.json", []),
        ("get usr_abc123", [ABC], "", []),
        ("get jane@example.com", [JANE], "", []),
        ('update usr_abc123 --full-name "Jane Smith"', ["Smith", ABC, "yes"], "", [ABC]),
        ("update usr_abc123 --is-not-developer", ["Lovelace", ABC, "no"], "", [ABC]),
        ("delete --id id1,id2,id3 --force", ["id1", "id2", "id3"], "3 deleted", [*NAMED.values()][1:]),
        (f"delete --id usr_abc123 --email {JANE} --force", ["usr_abc123", JANE], "2 deleted", [ABC, JANE]),
        ("reset-password usr_abc123", [], "a password reset link was mailed to the user usr_abc123", [ABC]),
    ],
)
def test_example(
    shell: Shell, account: Sandbox, line: str, shown: list[str], message: str, done: list[str]
) -> None:
    """An example does what it says, writes users to standard output, and a message to standard error."""
    out, messages = _run(shell, f"ax users {line}")
    assert [word for word in out.split() if "@" in word or word in shown] == shown
    assert "".join(messages) == message
    action = line.split()[0].replace("-", "_")
    audit = sorted((entry.action, entry.email) for entry in account.audit)
    assert audit == sorted((action, email) for email in done)


@pytest.mark.usefixtures("target")
def test_create(shell: Shell, account: Sandbox) -> None:
    """A user is invited by mail, once, and shown."""
    out, messages = _run(shell, CREATE)
    for shown in ("Jane Doe", "jane@example.com", "invited", "member", "email_link", "yes"):
        assert shown in out
    assert ([mail.to for mail in account.outbox], messages) == ([JANE], [])


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("named", ["--id usr_abc123", "--email jane@example.com"])
def test_delete_without_a_terminal(shell: Shell, account: Sandbox, named: str) -> None:
    """Where there is no terminal to ask at, nothing is deleted without --force."""
    # Neither is any setting read before that.
    ran = shell(*shlex.split(f"ax users delete {named} --profile gone"))
    error = "there is no terminal to ask at: --force deletes without asking"
    assert ran.refused(2) == (error, "`ax users delete --help` shows how.")
    assert account.audit == []


@pytest.mark.usefixtures("target")
def test_resend_invitation(shell: Shell, path: Path, account: Sandbox) -> None:
    """The invitation is mailed again, and standard error says so."""
    account.add_user(email=ABC, name="Ada", status="invited")
    _set_id(path, "usr_abc123", ABC)
    out, messages = _run(shell, "ax users resend-invitation usr_abc123")
    assert (out, messages) == ("", ["the invitation was sent again to the user usr_abc123"])
    assert [(mail.kind, mail.to) for mail in account.outbox] == [("invitation", ABC)]
