"""`ax users delete` away from a terminal."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax


@pytest.fixture
def three(account: Sandbox) -> list[str]:
    """The ids of three users, a@, b@ and c@example.com."""
    return [account.add_user(email=f"{name}@example.com", name=name) for name in "abc"]


def _blocked(account: Sandbox) -> list[str]:
    return [user.email for user in account.users() if user.status == "inactive"]


def test_flags_and_lists(ax: Ax, account: Sandbox, three: list[str]) -> None:
    """Flags repeat, lists have commas, blanks are dropped, and a user named twice is deleted once."""
    a, b, _ = three
    named = ["--id", f" {a},, {b} ", "--id", a, "--email", "C@example.com, c@EXAMPLE.com", "-e", ","]
    ran = ax("delete", *named, "-f", "-o", "json")
    assert [(one["user_id"] or one["email"], one["status"]) for one in ran.json["results"]] == [
        (a, "deleted"),
        (b, "deleted"),
        (three[2], "deleted"),
    ]
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
    assert _blocked(account) == []


def test_results_in_a_file(ax: Ax, account: Sandbox, three: list[str], tmp_path: Path) -> None:
    """Results can go to a file, checked before anybody is deleted."""
    file = tmp_path / "results.csv"
    ran = ax("delete", "--id", three[0], "-f", "-o", str(file))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"wrote 1 result to {file}\n1 deleted\n"
    assert ax("delete", "--id", three[1], "-f", "-o", str(file / "x.csv")).code == 5
    assert _blocked(account) == ["a@example.com"]


def test_nobody_to_ask(ax: Ax, account: Sandbox, three: list[str]) -> None:
    """Without --force and a terminal to ask at it refuses, before it reads any setting."""
    ran = ax("delete", "--id", three[0], "--profile", "gone")
    assert ran.code == 2
    assert _blocked(account) == []


def test_many(ax: Ax, served: SandboxServer) -> None:
    """Many users are deleted by one command."""
    ids = served.sandbox.add_users(150)
    ran = ax("delete", "--id", ",".join(ids), "-f", "-o", "json")
    assert (ran.code, len(ran.json["results"])) == (0, 150)
    assert [one["user_id"] for one in ran.json["results"]] == ids
