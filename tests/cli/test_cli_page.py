"""Every example of Arize's reference page, typed as it stands there."""

from __future__ import annotations

import json
import shlex
import sqlite3
from pathlib import Path

import pytest
from support.account import CALLERS, NOON

from arize_users.sandbox import Sandbox

from .runs import Shell

BETA = "warning: the users functions are in beta"
NAMED = {"usr_abc123": "abc@example.com", "id1": "one@x.com", "id2": "two@x.com", "id3": "three@x.com"}
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
    account.add_user(email="jane@example.com", name="Jane Doe", created_at=NOON)
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


def _emails(out: str) -> list[str]:
    return [word for word in out.split() if "@" in word]


@pytest.mark.usefixtures("target", "people")
def test_list(shell: Shell) -> None:
    """The list is a table on standard output; its count is on standard error."""
    out, messages = _run(shell, "ax users list")
    assert messages == ["8 users"]
    assert out.split()[:7] == ["ID", "Name", "Email", "Status", "Role", "Developer", "Created"]
    assert _emails(out)[:4] == [*CALLERS, "abc@example.com"]


@pytest.mark.usefixtures("target", "people")
def test_list_filtered(shell: Shell, account: Sandbox) -> None:
    """The list holds only users who match the filters."""
    account.add_user(email="late@example.com", name="Late", status="invited")
    out, messages = _run(shell, 'ax users list --email "@example.com" --status active')
    assert (_emails(out), messages) == (["abc@example.com", "jane@example.com"], ["2 users"])


@pytest.mark.usefixtures("target", "people")
def test_list_to_a_file(shell: Shell, tmp_path: Path) -> None:
    """A path is written, and only standard error says so."""
    assert _run(shell, "ax users list --output users.json") == ("", ["wrote 8 users to users.json"])
    document = json.loads((tmp_path / "users.json").read_text())
    assert (document["pagination"], len(document["users"])) == ({"has_more": False}, 8)


@pytest.mark.usefixtures("target", "people")
@pytest.mark.parametrize(
    ("line", "email"),
    [("ax users get usr_abc123", "abc@example.com"), ("ax users get jane@example.com", "jane@example.com")],
)
def test_get(shell: Shell, line: str, email: str) -> None:
    """A user is shown by id or by email address."""
    out, messages = _run(shell, line)
    assert (_emails(out), messages) == ([email], [])


@pytest.mark.usefixtures("target")
def test_create(shell: Shell, account: Sandbox) -> None:
    """A user is invited by mail, once, and shown."""
    out, messages = _run(shell, CREATE)
    for shown in ("Jane Doe", "jane@example.com", "invited", "member", "email_link", "yes"):
        assert shown in out
    assert ([mail.to for mail in account.outbox], messages) == (["jane@example.com"], [])


@pytest.mark.usefixtures("target", "people")
@pytest.mark.parametrize(
    ("line", "name", "is_developer"),
    [
        ('ax users update usr_abc123 --full-name "Jane Smith"', "Jane Smith", True),
        ("ax users update usr_abc123 --is-not-developer", "Ada Lovelace", False),
    ],
)
def test_update(shell: Shell, account: Sandbox, line: str, name: str, is_developer: bool) -> None:
    """What is given changes, the rest stays, and the user is shown as it is now."""
    out, _ = _run(shell, line)
    user = account.user("usr_abc123")
    assert name in out
    assert (user.name, user.is_developer) == (name, is_developer)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("named", ["--id usr_abc123", "--email jane@example.com"])
def test_delete_without_a_terminal(shell: Shell, account: Sandbox, named: str) -> None:
    """Where there is no terminal to ask at, nothing is deleted without --force."""
    ran = shell(*shlex.split(f"ax users delete {named}"))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "error: there is no terminal to ask at: --force deletes without asking",
        "hint: `ax users delete --help` shows how.",
    ]
    assert account.audit == []


@pytest.mark.usefixtures("target", "people")
@pytest.mark.parametrize(
    ("line", "deleted"),
    [
        ("ax users delete --id id1,id2,id3 --force", ["id1", "id2", "id3"]),
        (
            "ax users delete --id usr_abc123 --email jane@example.com --force",
            ["usr_abc123", "jane@example.com"],
        ),
    ],
)
def test_delete(shell: Shell, line: str, deleted: list[str]) -> None:
    """Each user named is deleted, and reported in the order given."""
    out, messages = _run(shell, line)
    header, *rows = [line.split() for line in out.splitlines()]
    assert (header, messages) == (["User", "ID", "Email", "Status"], [f"{len(deleted)} deleted"])
    for row, named in zip(rows, deleted, strict=True):
        assert (named in row, row[-1]) == (True, "deleted")


@pytest.mark.usefixtures("target", "people")
@pytest.mark.parametrize(
    ("line", "mailed"),
    [
        ("ax users resend-invitation usr_abc123", "invitation"),
        ("ax users reset-password usr_abc123", "password_reset"),
    ],
)
def test_mail(shell: Shell, path: Path, account: Sandbox, line: str, mailed: str) -> None:
    """One mail is sent, and standard error says so."""
    if mailed == "invitation":
        account.add_user(email="new@example.com", name="New", status="invited")
        _set_id(path, "another", "abc@example.com")
        _set_id(path, "usr_abc123", "new@example.com")
    out, (message,) = _run(shell, line)
    assert (out, "the user usr_abc123" in message) == ("", True)
    assert [mail.kind for mail in account.outbox] == [mailed]


def test_arize_users(shell: Shell, account: Sandbox) -> None:
    """`arize-users list` is `ax users list`."""
    ran = shell("arize-users", "list", "-o", "json")
    assert (ran.code, [user["email"] for user in ran.json["users"]]) == (0, CALLERS)
    assert account.audit == []
