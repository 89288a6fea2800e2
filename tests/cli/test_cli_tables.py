"""Tables and panels: made for reading, and true to what the server sent."""

from __future__ import annotations

import re
import time

import pytest

from arize_users.sandbox import Sandbox

from .runs import Ax
from .servers import Scripted, page, user

ID = "VXNlcjoxMjM0NQ=="
STYLE = re.compile(r"\x1b\[[0-9;]*m")
LONG = user(name="Ada Augusta King, Countess of Lovelace", email="ada.lovelace@analytical-engine.example")
CUSTOM = user(role={"type": "custom", "id": "x", "name": "Steward"}, status="invited", is_developer=False)
BARE = {"id": "b"}


def test_cells(ax: Ax, scripted: Scripted) -> None:
    """Each cell is a word: the role by its name, a dash for nothing, yes or no, the time to the minute."""
    scripted.answer(200, page(user(), CUSTOM, BARE))
    ran = ax("list")
    header, *rows = [re.split(r" {2,}", line) for line in ran.out.splitlines()]
    assert header == ["ID", "Name", "Email", "Status", "Role", "Developer", "Created"]
    assert rows[0] == [ID, "Ada Lovelace", "ada@example.com", "active", "member", "yes", "2026-03-01 12:00"]
    assert rows[1][3:6] == ["invited", "Steward", "no"]
    assert rows[2] == ["b", *["—"] * 6]
    assert ran.err == "3 users\n"


@pytest.mark.parametrize(
    ("zone", "shown"), [("Asia/Tokyo", "2026-03-01 21:00"), ("EST5", "2026-03-01 07:00")]
)
def test_times_are_local(
    ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, zone: str, shown: str
) -> None:
    """Times are those of the clock on the wall."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    scripted.answer(200, page(user()))
    assert shown in ax("list").out


@pytest.mark.parametrize("created_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_times_beyond_the_calendar(
    ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, created_at: str
) -> None:
    """A time that the local calendar cannot say is no reason to show nothing."""
    for zone in ("EST5", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        scripted.answer(200, page(user(created_at=created_at)))
        assert ID in ax("list").out


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 130])
def test_narrow(ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """However narrow, no line is longer than the terminal, and ids are whole, on one line each."""
    monkeypatch.setenv("COLUMNS", str(columns))
    scripted.answer(200, page(LONG, CUSTOM, user(id="VXNlcjo5OTk5OTk=")))
    ran = ax("list")
    assert max(map(len, ran.out.splitlines())) <= columns
    firsts = [line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")]
    assert firsts == ["ID", ID, ID, "VXNlcjo5OTk5OTk="]
    shown = re.sub(r"\s", "", ran.out)
    assert ("ada@example.com" in shown) is (columns > 20)


def test_id_longer_than_the_terminal(ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is wider than the terminal is still not cut."""
    monkeypatch.setenv("COLUMNS", "20")
    long = "VXNlcjo" * 6
    scripted.answer(200, page(user(id=long)))
    assert ax("list").out.split() == ["ID", long]
    scripted.answer(200, user(id=long))
    assert long in ax("get", "x").out


def test_no_width_off_a_terminal(ax: Ax, scripted: Scripted) -> None:
    """Down a pipe every user is one line, however long, so that grep finds it."""
    scripted.answer(200, page(LONG))
    (_, line) = ax("list").out.splitlines()
    assert LONG["name"] in line
    assert LONG["email"] in line


HOSTILE = "[red]a[/x] :smile:\x1b[31m\x9b1m\r\nb\t\u202ec\u2028\x00\ud800\u3000李\u200d\u00e9"
HARMLESS = r"[red]a[/x] :smile:\x1b[31m\x9b1m\r\nb\t\u202ec\u2028\x00\ud800" + "\u3000李\u200dé"


@pytest.mark.parametrize("colour", ["", "1"])
def test_names_are_literal(ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, colour: str) -> None:
    """Whatever is in a name is seen in the table and the panel; it styles and breaks nothing."""
    monkeypatch.setenv("FORCE_COLOR", colour)
    hostile = user(name=HOSTILE, role={"type": "custom", "id": "x", "name": HOSTILE}, status=HOSTILE)
    scripted.answer(200, page(hostile))
    out = STYLE.sub("", ax("list").out)
    assert out.count(HARMLESS) == 3
    assert out.count("\n") == 2
    scripted.answer(200, hostile)
    assert STYLE.sub("", ax("get", "x").out).count(HARMLESS) == 3


def test_colours(ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR colours the status off a terminal too; NO_COLOR wins over it."""
    scripted.answer(200, page(user(), CUSTOM, user(status="expired"), user(status="odd")))
    assert "\x1b" not in ax("list").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = ax("list").out
    for coloured in ("\x1b[32mactive", "\x1b[33minvited", "\x1b[31mexpired"):
        assert coloured in out
    assert "modd" not in out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in ax("list").out
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b[32mactive" in ax("list").out


def test_panel(ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """One user is a panel, in which the id is whole even where the rest must fold."""
    scripted.answer(200, LONG)
    monkeypatch.setenv("COLUMNS", "40")
    lines = ax("get", "x").out.splitlines()
    assert max(map(len, lines)) <= 40
    labels = [line.strip("│ ").split("  ")[0] for line in lines[1:-1]]
    assert [label for label in labels if label in ("ID", "Name", "Status", "Created")] == [
        "ID",
        "Name",
        "Status",
        "Created",
    ]
    assert sum(ID in line for line in lines) == 1


def test_deletions(ax: Ax, account: Sandbox, jane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow table of results puts the reasons below; none is lost."""
    owner = account.users()[0].id
    named = ["--id", f"{owner},{jane}", "--email", "gone@example.com", "--force"]
    monkeypatch.setenv("COLUMNS", "60")
    lines = ax("delete", *named).out.splitlines()
    assert lines[0].split() == ["User", "ID", "Email", "Status"]
    assert [line.split()[-1] for line in lines[1:4]] == ["failed", "deleted", "not_found"]
    assert lines[4].startswith(f"{owner}: 403 Forbidden: Nobody can delete themselves")
    monkeypatch.setenv("COLUMNS", "200")
    wide = ax("delete", *named).out
    assert "Error" in wide.splitlines()[0]
    assert "Nobody can delete themselves" in wide
