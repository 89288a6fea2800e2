"""A plan as text for people."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from support.rosters import listed, person, planned, roster_of, row

from arize_users._streams import visible
from arize_users.roster import Plan, RowProblem

ADMIN = {"type": "predefined", "name": "admin"}


def _plan(**guards: Any) -> Plan:
    users = [
        listed("u1", "mira@example.com", "Mira Voss", role=ADMIN, created_at="2020-01-01T12:00:00Z"),
        listed("u2", "ola.berg@example.com", "Ola Berg", created_at="2024-03-11T12:00:00Z"),
        listed("u3", "bob@example.com", "Robert Stone"),
        listed("u4", "eve@example.com", "Eve Marsh"),
        listed("u5", "t.lind@example.com", "Tomas Lind", status="expired"),
        listed("u6", "kim@old.example", "Kim Lee"),
        listed("u7", "late@example.com", "Late", status="expired"),
    ]
    roster = roster_of(
        row("mira@example.com", "Mira Voss", role="admin", line=2),
        row("bob@example.com", "Bob Stone", is_developer=False, line=3),
        row("eve@example.com", "Eve Marsh", role="admin", line=4),
        row("kim@new.example", "Kim Lee", role="annotator", is_developer=True, line=5),
        row("late@example.com", "Late", status="expired", line=6),
        row("t.lind@example.com", "T", role="admin", invite_mode="none", line=7),
        source="people.csv",
        **({"problems": [RowProblem(line=9, reason="no role")]} if guards.pop("skipped", False) else {}),
    )
    return planned(roster, users, remove_missing=True, **guards)


def test_whole() -> None:
    """The loss stands first, one line for each person, then what is to be done, and a count of them all."""
    assert str(_plan(max_removals=0, keep=["nobody@example.com"])).splitlines() == [
        "Account  https://api.example.com  7 users, oldest: Mira Voss <mira@example.com>",
        "Roster   people.csv  6 people",
        "",
        "Missing from the roster, to be removed (1)",
        "  - Ola Berg  ola.berg@example.com  member  active  since 2024-03-11",
        "",
        "Missing from the roster, left alone (1)",
        "    Kim Lee  kim@old.example  likely the one whom the roster has as kim@new.example",
        "",
        "To be invited (1)",
        "  + Kim Lee  kim@new.example  annotator  email_link  developer",
        "",
        "To be invited anew (1)",
        "  + T  t.lind@example.com  admin  none",
        "",
        "To be changed (1)",
        "  ~ Robert Stone  bob@example.com  name: Robert Stone -> Bob Stone, developer: yes -> no",
        "",
        "Cannot be done by any request (1)",
        "  ! Eve Marsh  eve@example.com  line 4: role: member, the roster says admin "
        "(ask in the web interface)",
        "",
        "Left alone (1)",
        "    Late  late@example.com  expired in the file, too: not invited anew",
        "",
        "1 to invite, 1 to invite anew, 1 to change, 1 to remove, 1 cannot, 2 left alone, 1 as it should be.",
        "Note: keep: 'nobody@example.com' matches nobody",
        "Refused: 1 of 7 users would be removed; max_removals allows 0.",
        "  If that is meant: --max-removals 1 (max_removals=1).",
    ]


def test_rename_that_is_removed() -> None:
    """Who is likely renamed and removed all the same is shown with the new address."""
    text = str(_plan(remove_renamed=True))
    assert "  - Kim Lee   kim@old.example       member  active  since 2024-01-01  likely the one whom" in text
    assert "2 to remove" in text


def test_skipped_rows() -> None:
    """How many rows were skipped is said beside the roster."""
    assert list(_plan(skipped=True).lines())[1] == "Roster   people.csv  6 people, 1 row skipped"


def test_nothing_to_do() -> None:
    """A plan that does nothing says so in few lines, and is false."""
    plan = planned(roster_of(person()), [listed("u1", "ada@example.com")])
    assert not plan
    assert list(plan.lines())[1:] == ["Roster   1 person", "", "1 as it should be."]


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (
            {"scheme": "https", "host": "api.example.com", "port": 443, "path": "/x"},
            "https://api.example.com/x",
        ),
        ({"scheme": "http", "host": "localhost", "port": 8080, "path": ""}, "http://localhost:8080"),
        ({"scheme": "http", "host": "::1", "port": 80, "path": ""}, "http://[::1]"),
        ({"sandbox": "/tmp/a.db"}, "sandbox:/tmp/a.db"),
    ],
)
def test_endpoint(endpoint: dict[str, Any], text: str) -> None:
    """The account is named as a person writes its URL."""
    assert next(evolve(_plan(), endpoint=endpoint).lines()).startswith(f"Account  {text}  7 users")


HOSTILE = "A\nRefused: x\r\x1b[2K\u202eb\u2028\x00"


def test_hostile_names() -> None:
    """A name, an address, a role or a reason from elsewhere cannot break a line or style the terminal."""
    users = [
        listed("u1", "ada@example.com", HOSTILE, created_at="2020-01-01T12:00:00Z"),
        listed(f"u2{HOSTILE}", "b@example.com", "B"),
        listed("u3", "c@example.com", HOSTILE, role={"type": "custom", "id": "r", "name": HOSTILE}),
        listed("u4", "d@example.com", HOSTILE, status=HOSTILE),
        listed("u5", f"e{HOSTILE}@example.com", HOSTILE, role={"type": HOSTILE, "name": HOSTILE}),
    ]
    roster = roster_of(
        row("ada@example.com", HOSTILE + "!"),
        row("c@example.com", HOSTILE),
        row("n@example.com", HOSTILE),
        inactive=[(row("z@example.com", HOSTILE), HOSTILE)],
        notes=[HOSTILE],
        source=HOSTILE,
    )
    plan = planned(roster, users, remove_missing=True, keep=["d@example.com"])
    text = str(plan)
    assert text.replace("\n", "").isprintable()
    assert not any(line.startswith("Refused: x") for line in text.splitlines())
    assert r"A\nRefused: x\r\x1b[2K\u202eb\u2028\x00" in text


def test_wide_names_in_columns() -> None:
    """Columns stand one below the other for names with wide letters and accents, too."""
    users = [
        listed("u1", "a@example.com", "森さん"),
        listed("u2", "b@example.com", "Zoe\u0301"),
        listed("u3", "c@x.com"),
    ]
    lines = list(planned(roster_of(person("c@x.com")), users, remove_missing=True).lines())
    assert "  - 森さん  a@example.com  member  active  since 2024-01-01" in lines
    assert "  - Zoe\u0301     b@example.com  member  active  since 2024-01-01" in lines


def test_one_long_name() -> None:
    """One long name moves its own line alone."""
    users = [listed("u1", "a@example.com", "N" * 200), listed("u2", "b@example.com", "B")]
    lines = list(planned(roster_of(), users, remove_missing=True).lines())
    assert f"  - {'N' * 200}  a@example.com  member  active  since 2024-01-01" in lines
    assert f"  - B{' ' * 29}  b@example.com  member  active  since 2024-01-01" in lines


def test_numbers_are_grouped() -> None:
    """Thousands are set apart."""
    roster = roster_of(*(person(f"{n}@example.com", f"N{n}") for n in range(1500)))
    lines = list(planned(roster, [listed("u1", "0@example.com", "N0")]).lines())
    assert lines[1] == "Roster   1,500 people"
    assert "To be invited (1,499)" in lines
    assert lines[-1] == "1,499 to invite, 1 as it should be."


def test_repr() -> None:
    """The repr is one short line, whoever is in the plan."""
    shown = repr(_plan(max_removals=0))
    assert shown == (
        "<Plan of 2026-03-01T12:00:00Z: 1 to invite, 1 to invite anew, 1 to change, 1 to remove, 1 cannot, "
        "2 left alone, 1 as it should be; refused by max_removals>"
    )


def test_who_is_not_in_a_short_roster() -> None:
    """Whoever invites one person into a large account sees twenty of the others, and how many more."""
    users = [listed(f"u{number}", f"{number}@example.com", f"User {number}") for number in range(1, 31)]
    plan = planned(roster_of(row("new@example.com", "New")), users)
    lines = str(plan).splitlines()
    assert "Missing from the roster, left alone (30)" in lines
    assert [line for line in lines if "more" in line] == ["    and 10 more"]
    assert sum(line.startswith("    User ") for line in lines) == 20
    assert len(plan.left_alone) == 30
    lost = str(
        planned(roster_of(row("1@example.com", "User 1")), users, remove_missing=True, max_removals=30)
    )
    assert lost.count("\n  - ") == 29


def test_joiners_of_a_script_are_kept() -> None:
    """A Persian name reads as it is written; what hides or turns text around is escaped."""
    assert (
        visible("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627") == "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    )
    assert visible("a\u202eb\u200ec") == r"a\u202eb\u200ec"
