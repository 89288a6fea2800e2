"""Every example of the reference page, typed as it stands there."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.account import CALLERS, NOON

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Shell

BETA = "warning: the users functions are in beta"
TITLES = ["ID", "Name", "Email", "Status", "Role", "Developer", "Created"]
CREATE = """ax users create
  --full-name "Jane Doe"
  --email jane@example.com
  --role member
  --invite-mode email_link"""


@pytest.fixture(params=["file", "http"])
def face(request: pytest.FixtureRequest, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The account in a file, without a server and a key, and the same on its HTTP face."""
    monkeypatch.delenv("ARIZE_DISABLE_PRERELEASE_WARNINGS")
    if request.param == "file":
        yield "file"
        return
    with SandboxServer(account) as server:
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", "sandbox-admin")
        yield "http"


@pytest.fixture
def people(path: Path, account: Sandbox) -> None:
    """The users whom the page names: ids as there, and jane@example.com."""
    named = {"usr_abc123": "abc@example.com", "id1": "one@x.com", "id2": "two@x.com", "id3": "three@x.com"}
    for email in named.values():
        account.add_user(email=email, name="Ada Lovelace", created_at=NOON)
    account.add_user(email="jane@example.com", name="Jane Doe", created_at=NOON)
    _rename(path, named)


def _rename(path: Path, named: dict[str, str]) -> None:
    with sqlite3.connect(path) as db:
        for user_id, email in named.items():
            db.execute("UPDATE users SET id = ? WHERE email = ?", (user_id, email))
    db.close()


def _emails(out: str) -> list[str]:
    return [word for word in out.split() if "@" in word]


@pytest.mark.usefixtures("face", "people")
def test_list(shell: Shell) -> None:
    """The list comes as a table on standard output, its count and the beta warning beside it."""
    ran = shell(*shlex.split("ax users list"))
    assert (ran.code, ran.err.count(BETA), ran.err.splitlines()[-1]) == (0, 1, "8 users")
    assert _emails(ran.out)[:4] == [*CALLERS, "abc@example.com"]
    assert ran.out.splitlines()[0].split() == [
        "ID",
        "Name",
        "Email",
        "Status",
        "Role",
        "Developer",
        "Created",
    ]


@pytest.mark.usefixtures("face", "people")
def test_list_filtered(shell: Shell, account: Sandbox) -> None:
    """Filters of the list go to the server as typed."""
    account.add_user(email="late@example.com", name="Late", status="invited")
    ran = shell(*shlex.split('ax users list --email "@example.com" --status active'))
    assert (ran.code, _emails(ran.out)) == (0, ["abc@example.com", "jane@example.com"])
    assert ran.err.splitlines()[1:] == ["2 users"]


@pytest.mark.usefixtures("face", "people")
def test_list_to_a_file(shell: Shell, tmp_path: Path) -> None:
    """A path is written, and only standard error says so."""
    ran = shell(*shlex.split("ax users list --output users.json"))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[1:] == ["wrote 8 users to users.json"]
    document = json.loads((tmp_path / "users.json").read_text())
    assert document["pagination"] == {"has_more": False}
    assert len(document["users"]) == 8


@pytest.mark.usefixtures("face", "people")
@pytest.mark.parametrize(
    ("line", "email"),
    [("ax users get usr_abc123", "abc@example.com"), ("ax users get jane@example.com", "jane@example.com")],
)
def test_get(shell: Shell, line: str, email: str) -> None:
    """A user is shown by id or by email address."""
    ran = shell(*shlex.split(line))
    assert (ran.code, _emails(ran.out)) == (0, [email])
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith(BETA)


@pytest.mark.usefixtures("face")
def test_create(shell: Shell, account: Sandbox) -> None:
    """A user is invited by mail, once, and shown."""
    ran = shell(*shlex.split(CREATE))
    assert (ran.code, len(ran.err.splitlines())) == (0, 1)
    for shown in ("Jane Doe", "jane@example.com", "invited", "member", "email_link", "yes"):
        assert shown in ran.out
    assert [mail.to for mail in account.outbox] == ["jane@example.com"]


@pytest.mark.usefixtures("face", "people")
@pytest.mark.parametrize(
    ("line", "name", "is_developer"),
    [
        ('ax users update usr_abc123 --full-name "Jane Smith"', "Jane Smith", True),
        ("ax users update usr_abc123 --is-not-developer", "Ada Lovelace", False),
    ],
)
def test_update(shell: Shell, account: Sandbox, line: str, name: str, is_developer: bool) -> None:
    """What is named changes, what is not stays, and the user is shown as it is now."""
    ran = shell(*shlex.split(line))
    assert ran.code == 0
    assert name in ran.out
    user = account.user("usr_abc123")
    assert (user.name, user.is_developer) == (name, is_developer)


@pytest.mark.usefixtures("face", "people")
@pytest.mark.parametrize(
    "line", ["ax users delete --id usr_abc123", "ax users delete --email jane@example.com"]
)
def test_delete_without_a_terminal(shell: Shell, account: Sandbox, line: str) -> None:
    """Where nobody can be asked, nothing is deleted without --force."""
    ran = shell(*shlex.split(line))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "error: there is no terminal to ask at: --force deletes without asking",
        "hint: `ax users delete --help` shows how.",
    ]
    assert account.audit == []


@pytest.mark.usefixtures("face", "people")
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
    ran = shell(*shlex.split(line))
    assert (ran.code, ran.err.splitlines()[1:]) == (0, [f"{len(deleted)} deleted"])
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0] == ["User", "ID", "Email", "Status"]
    for row, named in zip(rows[1:], deleted, strict=True):
        assert named in row
        assert row[-1] == "deleted"


@pytest.mark.usefixtures("face", "people")
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
        _rename(path, {"usr_abc123_before": "abc@example.com"})
        _rename(path, {"usr_abc123": "new@example.com"})
    ran = shell(*shlex.split(line))
    assert (ran.code, ran.out) == (0, "")
    assert "the user usr_abc123" in ran.err.splitlines()[-1]
    assert [mail.kind for mail in account.outbox] == [mailed]


@pytest.mark.usefixtures("face", "account")
@pytest.mark.parametrize(
    "line",
    [
        "ax users get usr_abc123",
        'ax users update usr_abc123 --full-name "Jane Smith"',
        "ax users resend-invitation usr_abc123",
        "ax users reset-password usr_abc123",
    ],
)
def test_unknown_user(shell: Shell, line: str) -> None:
    """A user who does not exist is two lines on standard error, and exit code 4."""
    ran = shell(*shlex.split(line))
    assert (ran.code, ran.out) == (4, "")
    _, error, hint = ran.err.splitlines()
    assert error.startswith("error: 404 Not Found: ")
    assert hint == "hint: Check the id; `ax users get` with an email address finds it."


def test_arize_users(shell: Shell, account: Sandbox) -> None:
    """`arize-users list` is `ax users list`."""
    ran = shell("arize-users", "list", "-o", "json")
    assert (ran.code, [user["email"] for user in ran.json["users"]]) == (0, CALLERS)
    assert account.audit == []
