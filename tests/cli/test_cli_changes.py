"""`ax users create` and `ax users delete`, away from a terminal."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow.parquet
import pytest
from support.answers import user

from arize_users import APIConnectionError, UsersClient
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Scripted, Shell

ADA = ["create", "-n", "Ada", "-e", "ada@example.com"]
MEMBER = [*ADA, "-r", "member"]
PASSWORD = [*MEMBER, "--invite-mode", "temporary_password"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--role", "ADMIN"], {"role": {"type": "predefined", "name": "admin"}, "is_developer": True}),
        (["--role-id", "Um9sZTox"], {"role": {"type": "custom", "id": "Um9sZTox"}, "is_developer": True}),
        (["--role", "Member", "--is-not-developer"], {"is_developer": False}),
    ],
)
def test_options(ax: Ax, account: Sandbox, options: list[str], expected: dict[str, object]) -> None:
    """Role and invite mode are taken in any case; a new user is a developer unless said otherwise."""
    ran = ax(*ADA, *options, "--invite-mode", "Email_Link", "-o", "json")
    assert ran.json | expected | {"invite_mode": "email_link"} == ran.json


def test_a_local_account_of_the_second_generation(
    ax: Ax, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ARIZE_ENUM_CASE=upper a local account speaks the second generation, and the commands use it."""
    monkeypatch.setenv("ARIZE_ENUM_CASE", "upper")
    assert ax(*MEMBER, "--invite-mode", "email_link", "-o", "json").json["status"] == "invited"
    ran = ax(*ADA, "-e", "b@example.com", "-r", "member", "--invite-mode", "none", "--is-not-developer")
    assert (ran.code, "may not take --is-not-developer" in ran.err) == (4, True)


def test_invited_before(ax: Ax, account: Sandbox) -> None:
    """A repeated invitation shows the user as it is, and says that nothing was sent."""
    assert ax(*MEMBER, "--invite-mode", "email_link", "-o", "json").json["created"] is True
    ran = ax(*MEMBER, "-n", "Other", "--invite-mode", "email_link", "-o", "json")
    assert (ran.code, ran.json["name"], ran.json["created"]) == (0, "Ada", False)
    assert (
        ran.err
        == "note: ada@example.com was invited before; nothing was sent, and this is the user as it is\n"
    )
    assert len(account.outbox) == 1


@pytest.mark.parametrize(
    ("before", "asked", "said"),
    [
        ("--role member", "--role admin", ["the role is member, not admin; "]),
        ("--role-id one", "--role-id two", ["the role is one, not two; "]),
        ("--role-id member", "--role member", ["the role is member, not member; "]),
        (
            "--role member",
            "--role Member --invite-mode temporary_password",
            ["no temporary password was issued; "],
        ),
        ("--role member", "--role member --is-not-developer", ["the user has developer permissions; "]),
        (
            "--role member",
            "--role admin --is-not-developer --invite-mode temporary_password",
            ["the role is member, not admin; ", "no temporary", "the user has developer permissions; "],
        ),
        ("--role member --is-not-developer", "--role MEMBER --is-not-developer", []),
        ("--role-id one", "--role-id one", []),
    ],
)
def test_invited_otherwise(
    ax: Ax, account: Sandbox, shell: Shell, before: str, asked: str, said: list[str]
) -> None:
    """Who was invited before and is not as asked for is exit code 3: what differs, and how to mend it."""
    account.add_custom_role("one", "one")
    account.add_custom_role("member", "member")
    user_id = ax(*ADA, *before.split(), "--invite-mode", "email_link", "-o", "json").json["id"]
    ran = ax(*ADA, "--invite-mode", "email_link", *asked.split(), "-o", "csv")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert (ran.code, row["created"]) == (3 if said else 0, "false")
    told = [line for line in ran.err.splitlines() if line.startswith("not as asked for: ")]
    assert [line[18 : 18 + len(what)] for line, what in zip(told, said, strict=True)] == said
    for command in [line.split("`")[1] for line in told if "`" in line]:
        assert user_id in command
        assert shell(*command.split()).code == 0


def test_maybe_invited_before(ax: Ax, served: SandboxServer) -> None:
    """Where a request was repeated, the note says that an earlier attempt may have invited the user."""
    served.sandbox.faults.add("reset_after", operation="create_user")
    ran = ax(*MEMBER, "--invite-mode", "email_link", "-o", "json", ARIZE_MAX_RETRIES="1")
    assert (ran.code, ran.json["created"]) == (0, None)
    assert ran.err.startswith("note: ada@example.com is invited; the request was repeated")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_password_is_shown_once(ax: Ax, scripted: Scripted, form: str) -> None:
    """A temporary password is in the output asked for, once, and nowhere else."""
    scripted.set_answer(201, user(invite_mode="temporary_password", temporary_password="s3cret-pw"))
    ran = ax(*PASSWORD, "-o", form, "-v")
    assert (ran.out.count("s3cret-pw"), ran.err.count("s3cret-pw")) == (1, 0)


def test_password_is_literal(ax: Ax, scripted: Scripted) -> None:
    """A password that looks like markup is shown literally, and exactly in JSON; CSV notes an escape."""
    scripted.set_answer(201, user(invite_mode="temporary_password", temporary_password="=[b]\x1b x"))
    (line,) = [line for line in ax(*PASSWORD).out.splitlines() if "Temporary password" in line]
    assert r" =[b]\x1b x" in line
    assert ax(*PASSWORD, "-o", "json").json["temporary_password"] == "=[b]\x1b x"
    ran = ax(*PASSWORD, "-o", "csv")
    assert r",'=[b]\x1b x" in ran.out
    assert ran.err == "note: in CSV the password is escaped, as any cell is; JSON shows it exactly\n"


def test_columns_are_always_there(ax: Ax, account: Sandbox, tmp_path: Path) -> None:
    """CSV and parquet of a new user has the same columns whether or not there is a password."""
    ran = ax(*MEMBER, "--invite-mode", "none", "-o", "csv")
    header, row = csv.reader(io.StringIO(ran.out))
    assert header[-3:] == ["created", "invite_mode", "temporary_password"]
    assert row[-3:] == ["true", "none", ""]
    file = tmp_path / "ada.parquet"
    ax(*MEMBER, "-e", "b@example.com", "--invite-mode", "none", "-o", str(file))
    (stored,) = pyarrow.parquet.read_table(file).to_pylist()
    assert ([*stored], stored["created"]) == (header, True)


@pytest.mark.parametrize("body", [b'{"temporary_password": "s3cret-pw', b"<html>\n\x1b[2J</html>", b""])
def test_unreadable_answer(ax: Ax, scripted: Scripted, body: bytes) -> None:
    """An answer that cannot be decoded is written to standard output only: it may hold the password."""
    scripted.set_answer(201, body)
    ran = ax(*PASSWORD, "-v")
    assert ran.code == 4
    assert ran.out == "".join(f"{line}\n" for line in body.decode().replace("\x1b", r"\x1b").splitlines())
    assert "s3cret-pw" not in ran.err
    assert "hint: The user may have been created all the same: `ax users get ada@example.com` " in ran.err


@pytest.fixture
def three(account: Sandbox) -> list[str]:
    """The ids of three users, a@, b@ and c@example.com."""
    return [account.add_user(email=f"{name}@example.com", name=name) for name in "abc"]


@pytest.mark.parametrize(
    ("named", "code"),
    [(["gone"], 0), (["{a}", "gone"], 0), (["{a}"], 0), (["gone", "{owner}"], 3)],
)
def test_missing_ok(ax: Ax, account: Sandbox, three: list[str], named: list[str], code: int) -> None:
    """With --missing-ok a user who is not there is as good as deleted: a script may run twice."""
    ids = ",".join(named).format(a=three[0], owner=account.users()[0].id)
    everyone = ["delete", "--id", ids, "--email", "gone@example.com", "-f", "-o", "json"]
    ran = ax(*everyone, "--missing-ok")
    assert (ran.code, ran.json["results"][-1]["status"]) == (code, "not_found")
    assert ax(*everyone).code == 3


def test_flags_and_lists(ax: Ax, account: Sandbox, three: list[str]) -> None:
    """Flags repeat, lists have commas, blanks are dropped, and a user named twice is deleted once."""
    a, b, _ = three
    named = ["--id", f" {a},, {b} ", "--id", a, "--email", "C@example.com, c@EXAMPLE.com", "-e", ","]
    ran = ax("delete", *named, "-f", "-o", "json")
    assert [(one["user_id"], one["status"]) for one in ran.json["results"]] == [(a, "deleted") for a in three]
    assert ran.json["results"][2]["email"] == "C@example.com"
    assert (ran.code, ran.err) == (0, "3 deleted\n")
    assert sorted(entry.email for entry in account.audit) == [f"{name}@example.com" for name in "abc"]


def test_some_fail(ax: Ax, account: Sandbox, three: list[str]) -> None:
    """If one fails, the others are still deleted; the results are in the order given."""
    owner = account.users()[0].id
    named = ["--email", "gone@example.com,a@example.com", "--id", f"{owner},gone,{three[1]}"]
    ran = ax("delete", *named, "--force", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["user_id"], row["email"], row["status"]) for row in rows] == [
        (owner, "", "failed"),
        ("gone", "", "not_found"),
        (three[1], "", "deleted"),
        ("", "gone@example.com", "not_found"),
        (three[0], "a@example.com", "deleted"),
    ]
    assert rows[0]["error"].startswith("403 Forbidden: Nobody can delete themselves")
    assert (ran.code, ran.err) == (3, "2 deleted, 2 not found, 1 failed\n")


@pytest.mark.parametrize("key", ["sandbox-member", "unknown-key"])
def test_not_allowed(ax: Ax, account: Sandbox, three: list[str], key: str) -> None:
    """Without the permission nobody is deleted; an unknown key ends the command at once."""
    ran = ax("delete", "--id", ",".join(three), "-f", "--api-key", key)
    assert ran.code == (3 if key == "sandbox-member" else 4)
    assert account.audit == []


def test_error_midway(
    ax: Ax, account: Sandbox, three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that ends a batch loses nothing: what was done is written before the error is reported."""
    bulk_delete = UsersClient.bulk_delete

    def and_fail(*arguments: Any, **named: Any) -> None:
        bulk_delete(*arguments, **named)
        raise APIConnectionError("no more threads")

    monkeypatch.setattr(UsersClient, "bulk_delete", and_fail)
    file = tmp_path / "out.json"
    ran = ax("delete", "--id", ",".join(three), "-f", "-o", str(file))
    assert (ran.code, file.read_text().count('"deleted"')) == (4, 3)
    assert ran.err.splitlines()[1:3] == ["3 deleted", "error: no more threads"]


def test_results_in_a_file(ax: Ax, account: Sandbox, three: list[str], tmp_path: Path) -> None:
    """Results can go to a file, checked before anybody is deleted."""
    file = tmp_path / "results.csv"
    ran = ax("delete", "--id", three[0], "-f", "-o", str(file))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"wrote 1 result to {file}\n1 deleted\n"
    assert ax("delete", "--id", three[1], "-f", "-o", str(file / "x.csv")).code == 5
    assert [entry.email for entry in account.audit] == ["a@example.com"]


def test_no_threads(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a limit lets no thread be started, users are created and deleted all the same."""
    monkeypatch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
    created = ax("create", "-n", "Ada", "-e", "a@example.com", "-r", "member", "--invite-mode", "none")
    assert (created.code, ax("delete", "--email", "a@example.com", "--force").code) == (0, 0)
    assert [entry.action for entry in account.audit] == ["create", "delete"]
