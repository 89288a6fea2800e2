"""`ax users list`: pages, ranges, and how to go on."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from support.answers import page, user

from arize_users.sandbox import Sandbox

from .runs import Ax, Scripted


def _next_command(err: str) -> list[str]:
    told, command = err.splitlines()[-2:]
    assert told.startswith("there are more")
    return shlex.split(command)


@pytest.mark.usefixtures("crowd")
def test_going_on(ax: Ax) -> None:
    """The command shown after a page gives the next page, until there is none."""
    ran = ax("list", "-o", "json", "--limit", "100", "--email", "USER", "-s", "Active", "--status", "invited")
    seen = [one["email"] for one in ran.json["users"]]
    while "there are more" in ran.err:
        again = _next_command(ran.err)
        assert again[:2] == ["ax", "users"]
        ran = ax(*again[2:])
        seen += [one["email"] for one in ran.json["users"]]
    assert seen == [f"user{number:03}@example.com" for number in range(250)]


def test_going_on_repeats_what_was_given(ax: Ax, scripted: Scripted) -> None:
    """The next command has every option given, quoted for a shell, and not the key."""
    scripted.set_answer(200, page([user()], next_cursor="a'b \x1b c"))
    filters, account = ["--email", "o'brien & co", "-l", "1"], ["--base-url", os.environ["ARIZE_BASE_URL"]]
    ran = ax("list", *filters, *account, "--api-key", "my-secret-key", "-v")
    assert "there are more (and the same --api-key):" in ran.err
    assert "my-secret-key" not in ran.err
    expected = ["ax", "users", "list", "--email", "o'brien & co", "--limit", "1", "--cursor", "a'b \\x1b c"]
    assert _next_command(ran.err) == [*expected, *account, "--verbose"]


def test_going_on_from_a_file(ax: Ax, crowd: Sequence[str], tmp_path: Path) -> None:
    """After a page in a file the command lists everyone: the next page would overwrite the file."""
    file = str(tmp_path / "users.csv")
    ran = ax("list", "-o", file)
    assert ran.err.splitlines()[0] == f"wrote 50 users to {file}"
    again = _next_command(ran.err)
    assert again == ["ax", "users", "list", "--all", "--output", file]
    cursor = ax("list", "-o", "json").json["pagination"]["next_cursor"]
    assert _next_command(ax("list", "-o", file, "--cursor", cursor).err) == again
    assert ax(*again[2:]).err == f"wrote 253 users to {file}\n"


def test_all(ax: Ax, crowd: Sequence[str], account: Sandbox) -> None:
    """--all gives everyone, in one document that says there is no more."""
    ran = ax("list", "--all", "-o", "json")
    assert [one["id"] for one in ran.json["users"]][3:] == list(crowd)
    assert ran.json["pagination"] == {"has_more": False}
    assert ran.err == ""


def test_range_is_limited(ax: Ax, crowd: Sequence[str]) -> None:
    """Without --all a range ends at the limit, and says how to get the rest."""
    bounds = ["--created-after", "2026-03-01T12:00"]
    ran = ax("list", "-o", "json", *bounds)
    assert len(ran.json["users"]) == 50
    assert ran.json["pagination"] == {"has_more": True}
    assert _next_command(ran.err) == ["ax", "users", "list", *bounds, "--all", "--output", "json"]
    ran = ax("list", "-o", "json", "--limit", "10", "--created-after", "2026-03-01T16:00")
    assert len(ran.json["users"]) == 10
    assert ran.json["pagination"] == {"has_more": False}


def test_nobody(ax: Ax, account: Sandbox) -> None:
    """An empty table is a sentence on standard error; as data it is an empty list with its header."""
    ran = ax("list", "--email", "nobody@")
    assert (ran.code, ran.out, ran.err) == (0, "", "no users match\n")
    assert ax("list", "--email", "nobody@", "-o", "json").json["users"] == []
    assert ax("list", "--email", "nobody@", "-o", "csv").out.count("\n") == 1


def test_expired(ax: Ax, account: Sandbox) -> None:
    """Expired invitations can be listed, which Arize's own command cannot."""
    account.add_user(email="late@example.com", name="Late", status="expired")
    ran = ax("list", "-s", "EXPIRED", "-o", "json")
    assert [one["email"] for one in ran.json["users"]] == ["late@example.com"]


def test_range(ax: Ax, account: Sandbox) -> None:
    """A range takes dates and times, and ages, which count back from now."""
    account.set_time(None)
    for days in (40, 20, 0):
        created_at = account.now() - timedelta(days=days)
        account.add_user(email=f"of{days}@example.com", name="Ada", created_at=created_at)
    bounds = ["--created-after", "30 days", "--created-before", f"{account.now() - timedelta(days=10)}"]
    ran = ax("list", "-o", "json", *bounds)
    assert [one["email"] for one in ran.json["users"]] == ["of20@example.com"]


@pytest.mark.parametrize(
    ("bound", "listed"),
    [("30d", 2), ("24h", 1), ("yesterday", 1), ("10.11.2025", None), ("Wed March 2026", None)],
)
def test_forms_of_a_time(ax: Ax, account: Sandbox, bound: str, listed: int | None) -> None:
    """Short ages and words are taken; what could be another day is refused, with the readings of figures."""
    account.set_time(None)
    for days in (40, 20, 0):
        created_at = account.now() - timedelta(days=days)
        account.add_user(email=f"of{days}@acme.com", name="Ada", created_at=created_at)
    ran = ax("list", "-e", "@acme.com", "-o", "json", "--created-after", bound)
    if listed is not None:
        assert (ran.code, len(ran.json["users"])) == (0, listed)
        return
    error, _ = ran.refused(2)
    assert error.startswith(f"--created-after: {bound!r} ")
    assert "2025-11-10 or as 2025-10-11" in error or "leaves the year, the month or the day open" in error
