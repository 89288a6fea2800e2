"""`ax users list`: pages, ranges, and how to go on."""

from __future__ import annotations

import csv
import json
import os
import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from support.answers import page, user

from arize_users.sandbox import Sandbox, SandboxServer

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


@pytest.mark.parametrize("extension", ["csv", "json", "parquet"])
@pytest.mark.parametrize("fault", ["server_error", "reset_before", "garbage"])
def test_failing_on_the_way(
    ax: Ax, served: SandboxServer, crowd: Sequence[str], tmp_path: Path, fault: str, extension: str
) -> None:
    """A list that fails on a page keeps the pages before it beside the file, and says how to get the rest."""
    served.sandbox.faults.add(fault, operation="list_users", nth=3)
    file = tmp_path / f"users.{extension}"
    file.write_bytes(b"of yesterday")
    options = ["--created-after", "2026-03-01T12:10", "-e", "user", "-s", "active", "-s", "invited"]
    ran = ax("list", "--all", "-o", str(file), *options, "--api-key", "sandbox-admin")
    wrote, told, command, error, _ = ran.err.splitlines()
    assert (ran.code, file.read_bytes(), error[:7]) == (4, b"of yesterday", "error: ")
    assert wrote == f"wrote 190 users to {file}.partial"
    assert told == "the rest (and the same --api-key):"
    again = ax(*shlex.split(command)[2:], "--api-key", "sandbox-admin")
    rest = tmp_path / f"users.rest.{extension}"
    assert (again.code, again.err) == (0, f"wrote 50 users to {rest}\n")
    assert _ids(f"{file}.partial", extension) + _ids(rest, extension) == list(crowd)[10:]


def _ids(path: str | Path, kind: str) -> list[str]:
    """Read the ids out of a list of users."""
    if kind == "json":
        return [one["id"] for one in json.loads(Path(path).read_bytes())["users"]]
    if kind == "csv":
        return [row["id"] for row in csv.DictReader(Path(path).read_text().splitlines())]
    import pyarrow.parquet

    ids: list[str] = pyarrow.parquet.read_table(path)["id"].to_pylist()
    return ids


def test_part_of_a_list(ax: Ax, served: SandboxServer, crowd: Sequence[str], tmp_path: Path) -> None:
    """A part says in JSON that more follows; standard output has the whole list or nothing."""
    file = tmp_path / "users.json"
    served.sandbox.faults.add("server_error", operation="list_users", nth=[2, 4, 6])
    assert ax("list", "--all", "-o", str(file)).code == 4
    pagination = json.loads(Path(f"{file}.partial").read_text())["pagination"]
    assert pagination["has_more"] is True
    for output in ("json", "csv"):
        ran = ax("list", "--all", "-o", output, "--cursor", pagination["next_cursor"])
        assert (ran.code, ran.out) == (4, "")
        assert ran.err.startswith("100 users read before it failed; --output FILE would keep what was read\n")


def test_nothing_to_keep(ax: Ax, served: SandboxServer, tmp_path: Path) -> None:
    """A list that fails on its first page leaves no file."""
    served.sandbox.faults.add("server_error", operation="list_users")
    ran = ax("list", "--all", "-o", str(tmp_path / "users.csv"))
    assert (ran.code, len(ran.err.splitlines())) == (4, 2)
    assert not list(tmp_path.glob("users*"))


def test_part_that_cannot_be_written(
    ax: Ax, served: SandboxServer, crowd: Sequence[str], tmp_path: Path
) -> None:
    """A part that cannot be written is one more message; the failure of the list stays the outcome."""
    file = tmp_path / ("u" * 250 + ".csv")  # The longer name is too long for the file system.
    served.sandbox.faults.add("server_error", operation="list_users", nth=2)
    ran = ax("list", "--all", "-o", str(file))
    first, *_, last, _ = ran.err.splitlines()
    assert first.startswith(f"error: cannot write {file}.partial")
    assert (ran.code, last[:15]) == (4, "error: 500 Inte")


def test_parts_of_several_runs(ax: Ax, served: SandboxServer, crowd: Sequence[str], tmp_path: Path) -> None:
    """A list that fails again keeps both parts, and asks for no more than is left of a limit."""
    file = tmp_path / "users.csv"
    for name in (f"{file}.partial", f"{file}.partial.2"):
        served.sandbox.faults.add("server_error", operation="list_users", nth=2)
        ran = ax("list", "--created-after", "2026-03-01T12:10", "-l", "100", "-o", str(file))
        wrote, _, command, *_ = ran.err.splitlines()
        assert (ran.code, wrote) == (4, f"wrote 87 users to {name}")
        assert len(Path(name).read_text().splitlines()) == 88
        assert "--limit 13 " in f"{command} "
        served.sandbox.faults.clear()


def test_going_on_within_a_range(ax: Ax, crowd: Sequence[str]) -> None:
    """--cursor goes on within a range, too, with --all or without."""
    cursor = ax("list", "-o", "json", "-l", "100").json["pagination"]["next_cursor"]
    bounds = ["--created-before", "2026-03-01T13:50", "--cursor", cursor, "-o", "json"]
    for more in ([], ["--all"]):
        assert [one["id"] for one in ax("list", *bounds, *more).json["users"]] == list(crowd[97:110])


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
