"""`ax users create`: the new user, the temporary password, and the notes."""

from __future__ import annotations

import csv
import io

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax
from .servers import Scripted, user

ADA = ["create", "-n", "Ada", "-e", "ada@example.com"]
MEMBER = [*ADA, "-r", "member"]
ISSUED = user(status="invited", invite_mode="temporary_password", temporary_password="pw [b]\x1b x")


def test_any_case(ax: Ax, account: Sandbox) -> None:
    """Role and invite mode are taken in any case."""
    ran = ax(*ADA, "--role", "ADMIN", "--invite-mode", "Email_Link", "-o", "json")
    assert ran.json["role"] == {"type": "predefined", "name": "admin"}
    assert ran.json["invite_mode"] == "email_link"


@pytest.mark.parametrize(("flags", "is_developer"), [([], True), (["--is-not-developer"], False)])
def test_developer(ax: Ax, account: Sandbox, flags: list[str], is_developer: bool) -> None:
    """A new user has developer permissions unless --is-not-developer is given."""
    ran = ax(*MEMBER, "--invite-mode", "none", *flags, "-o", "json")
    assert ran.json["is_developer"] is is_developer


def test_custom_role(ax: Ax, account: Sandbox) -> None:
    """--role-id assigns a custom role."""
    ran = ax(*ADA, "--role-id", "Um9sZTox", "--invite-mode", "none", "-o", "json")
    assert ran.json["role"] == {"type": "custom", "id": "Um9sZTox"}


def test_invited_before(ax: Ax, account: Sandbox) -> None:
    """A repeated invitation shows the user as it is, and says that nothing was sent."""
    ax(*MEMBER, "--invite-mode", "email_link")
    ran = ax("create", "-n", "Other", "-e", "ada@example.com", "-r", "admin", "--invite-mode", "email_link")
    assert (ran.code, "Ada" in ran.out) == (0, True)
    note = "note: ada@example.com was invited before; nothing was sent, and this is the user as it is\n"
    assert ran.err == note
    assert len(account.outbox) == 1


def test_maybe_invited_before(ax: Ax, served: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a request was repeated, the note says that an earlier attempt may have invited the user."""
    monkeypatch.setenv("ARIZE_MAX_RETRIES", "1")
    served.sandbox.faults.add("reset_after", operation="create_user")
    ran = ax(*MEMBER, "--invite-mode", "email_link")
    assert ran.code == 0
    assert ran.err.startswith("note: ada@example.com is invited; the request was repeated")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_password_is_shown_once(ax: Ax, account: Sandbox, form: str) -> None:
    """A temporary password is in the output asked for, once, and nowhere else."""
    ran = ax(*MEMBER, "--invite-mode", "temporary_password", "-o", form, "-v")
    if form == "json":
        password = ran.json["temporary_password"]
    elif form == "csv":
        (row,) = csv.DictReader(io.StringIO(ran.out))
        password = row["temporary_password"]
    else:
        (line,) = [line for line in ran.out.splitlines() if "Temporary password" in line]
        password = line.split()[3]
    assert len(password) > 8
    assert ran.out.count(password) == 1
    assert password not in ran.err


def test_password_is_literal(ax: Ax, scripted: Scripted) -> None:
    """A password that looks like markup is shown literally, and exactly in JSON."""
    scripted.answer(201, ISSUED)
    assert r"pw [b]\x1b x" in ax(*MEMBER, "--invite-mode", "temporary_password").out
    ran = ax(*MEMBER, "--invite-mode", "temporary_password", "-o", "json")
    assert ran.json["temporary_password"] == "pw [b]\x1b x"


def test_password_in_csv(ax: Ax, scripted: Scripted) -> None:
    """A password that CSV cannot show exactly comes with a note that says so."""
    scripted.answer(201, {**ISSUED, "temporary_password": "=abc"})
    ran = ax(*MEMBER, "--invite-mode", "temporary_password", "-o", "csv")
    assert ",'=abc" in ran.out
    assert ran.err == "note: in CSV the password is escaped, as any cell is; JSON shows it exactly\n"


def test_columns_are_always_there(ax: Ax, account: Sandbox) -> None:
    """CSV of a new user has the same columns whether or not there is a password."""
    ran = ax(*MEMBER, "--invite-mode", "none", "-o", "csv")
    header, row = csv.reader(io.StringIO(ran.out))
    assert header[-2:] == ["invite_mode", "temporary_password"]
    assert row[-2:] == ["none", ""]


@pytest.mark.parametrize("body", [b'{"temporary_password": "s3cret-pw', b"<html>\n\x1b[2J</html>", b""])
def test_unreadable_answer(ax: Ax, scripted: Scripted, body: bytes) -> None:
    """An answer that cannot be decoded is written to standard output only: it may hold the password."""
    scripted.answer(201, body)
    ran = ax(*MEMBER, "--invite-mode", "temporary_password", "-v")
    assert ran.code == 4
    assert ran.out == "".join(f"{line}\n" for line in body.decode().replace("\x1b", r"\x1b").splitlines())
    assert "s3cret-pw" not in ran.err
    assert "hint: The server did what was asked; only its answer cannot be read." in ran.err.splitlines()
