"""What the command line shows can be pasted into its options, and finds the same users."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from support.answers import page, user

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Ran, Scripted

TIMES = [
    datetime(1937, 5, 1, 12, tzinfo=UTC),  # Amsterdam was 19 minutes and 32 seconds ahead.
    datetime(2025, 7, 1, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 1, 12, tzinfo=UTC),
    datetime(2026, 3, 1, 12, 0, 0, 700_000, tzinfo=UTC),
    datetime(2026, 3, 1, 12, 0, 0, 700_001, tzinfo=UTC),
    datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC),
]
ZONES = ["UTC", "Asia/Kolkata", "Europe/Berlin", "Europe/Amsterdam", "EST5"]


def table(ran: Ran) -> list[dict[str, str]]:
    """Read a table, whose columns stand two blanks apart."""
    header, *rows = [re.split(r" {2,}", line) for line in ran.out.splitlines()]
    return [dict(zip((one.lower() for one in header), row, strict=True)) for row in rows]


def panel(ran: Ran) -> dict[str, str]:
    """Read the panel of one user."""
    lines = (re.split(r" {2,}", line.strip("│ "), maxsplit=1) for line in ran.out.splitlines()[1:-1])
    return {name.lower(): value.strip() for name, value in lines}


SHOWN: dict[str, Callable[[Ran], list[dict[str, Any]]]] = {
    "table": table,
    "json": lambda ran: list(ran.json["users"]),
    "csv": lambda ran: list(csv.DictReader(ran.out.splitlines())),
}


@pytest.fixture(params=["lower", "upper"])
def people(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Users of an account of either generation, by creation; some within a second of each other."""
    with Sandbox(enum_case=request.param) as sandbox, SandboxServer(sandbox) as server:
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", "sandbox-admin")
        yield [
            sandbox.add_user(
                email=f"user+{number}@example.com",
                name="Ada",
                status=("active", "invited", "expired")[number % 3],
                created_at=time,
            )
            for number, time in enumerate(TIMES)
        ]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("format", SHOWN)
def test_times(ax: Ax, people: list[str], format: str, zone: str) -> None:
    """A time that is shown separates exactly those created before it from those created then or later."""
    every = ("list", "--all", "--email", "@example.com")
    shown = SHOWN[format](ax(*every, "-o", format, TZ=zone, COLUMNS="200"))
    assert [row["id"] for row in shown] == people
    for place, row in enumerate(shown):
        time = row.get("created") or row["created_at"]
        for option, expected in (("--created-after", people[place:]), ("--created-before", people[:place])):
            found = ax(*every, option, time, "-o", "json", TZ="Asia/Tokyo").json["users"]
            assert [user["id"] for user in found] == expected


@pytest.mark.parametrize("format", SHOWN)
def test_everything_else(ax: Ax, people: list[str], format: str) -> None:
    """A status, an email and an id that are shown find the user whom they are shown of."""
    for row in SHOWN[format](ax("list", "--email", "@example.com", "-o", format, COLUMNS="200")):
        with_status = ax("list", "--status", row["status"], "-o", "json").json["users"]
        assert row["id"] in [user["id"] for user in with_status]
        assert {user["status"] for user in with_status} == {row["status"]}
        (alone,) = ax("list", "--email", row["email"], "-o", "json").json["users"]
        assert alone["id"] == row["id"]
        one = panel(ax("get", row["id"], COLUMNS="200"))
        assert one == panel(ax("get", row["email"], COLUMNS="200"))
        assert (one["id"], one["email"], one["status"]) == (row["id"], row["email"], row["status"])
        found = ax("list", "--created-after", one["created"], "--email", "@example.com", "-o", "json")
        assert found.json["users"][0]["id"] == row["id"]


@pytest.mark.parametrize("format", SHOWN)
@pytest.mark.parametrize(
    "time",
    [
        *("2026-03-01T12:00:00.123456789Z", "2026-03-01t12:00:00z", "2016-12-31T23:59:60Z"),
        *("2026-03-01T12:00:00.5+05:30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_times_as_servers_write_them(ax: Ax, scripted: Scripted, format: str, time: str) -> None:
    """However a server writes a time, what is shown of it finds the user, and nobody created before."""
    scripted.set_answer(200, page([user(created_at=time)]))
    (row,) = SHOWN[format](ax("list", "-o", format, COLUMNS="200"))
    shown = row.get("created") or row["created_at"]
    assert len(ax("list", "--created-after", shown, "-o", "json").json["users"]) == 1
    assert len(ax("list", "--created-before", shown, "-o", "json").json["users"]) == 0
