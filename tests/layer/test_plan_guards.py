"""The guards of a plan: what they refuse, with which figures, and what would satisfy them."""

from __future__ import annotations

from typing import Any

import pytest
from support.rosters import acted, listed, person, planned, roster_of, row

from arize_users import InvalidArgumentError, User
from arize_users.roster import Plan, RowProblem, checked_guards, guarded_removals

ADMIN = {"type": "predefined", "name": "admin"}
ADA = listed("u1", "ada@example.com")


def _crowd(count: int, **fields: Any) -> list[User]:
    return [listed(f"m{number}", f"{number}@gone.example", f"N{number}", **fields) for number in range(count)]


def _refused(plan: Plan) -> list[str]:
    return [one.guard for one in plan.refusals]


@pytest.mark.parametrize(
    ("limit", "listed_in_all", "allowed"),
    [
        ("10%", 100, 10),
        ("10 %", 101, 11),
        (" 10% ", 99, 10),
        ("0%", 100, 0),
        ("100%", 7, 7),
        ("2.5%", 40, 1),
        ("2.5 %", 41, 2),
        ("0.1%", 1000, 1),
        ("0.1%", 1001, 2),
        ("33.333333333%", 3, 1),
        ("7%", 100, 7),
        ("29%", 100, 29),
        ("0.000000001%", 5, 1),
        (0, 5, 0),
        (3, 5, 3),
        ("3", 5, 3),
    ],
)
def test_max_removals(limit: Any, listed_in_all: int, allowed: int) -> None:
    """So many users may be removed: a number, or a share of all who are listed, rounded up, exactly."""
    for removed, is_refused in ((allowed, False), (allowed + 1, True)):
        if removed > listed_in_all:
            continue
        users = [
            *_crowd(removed),
            *(listed(f"u{n}", f"{n}@here.example", f"K{n}") for n in range(listed_in_all - removed)),
        ]
        stay = [person(f"{n}@here.example", f"K{n}") for n in range(listed_in_all - removed)]
        plan = planned(roster_of(*stay), users, remove_missing=True, max_removals=limit)
        assert ("max_removals" in _refused(plan)) is is_refused
        assert len(plan.actions) == removed


def test_max_removals_says_figures() -> None:
    """The refusal says how many of how many users, how many are allowed, and what would allow them."""
    stay = [person(f"{n}@here.example", f"K{n}") for n in range(60)]
    users = [*_crowd(40), *(listed(f"u{n}", f"{n}@here.example", f"K{n}") for n in range(60))]
    plan = planned(roster_of(*stay), users, remove_missing=True, max_removals="10%")
    (refusal,) = plan.refusals
    assert refusal.message == "40 of 100 users would be removed; max_removals allows 10 (10%)"
    assert "--max-removals 40" in refusal.remedy
    assert "max_removals=40" in refusal.remedy
    assert plan  # It shows everything all the same.


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(
            ("max_removals", one)
            for one in (None, -1, True, 1.5, "", "ten", "10 % of all", "-5%", "101%", "5,5%")
        ),
        *(("max_removals", one) for one in ("%", "1e2%", "\u0661\u0660%", "0x10", b"10%", [10])),
        *(("min_admins", one) for one in (-1, True, 1.0, "1", None)),
        *(("keep", one) for one in ("ada@example.com", 5, ["a b"], [None], ["@"], ["@a b"], ["a@b@c"], [""])),
        *(("keep", [one]) for one in ("@exa mple.com", "@.com", "..", "Ada <ada@example.com>", b"u1")),
        *(("keep", [one]) for one in ("example.com", "*@example.com", "*.example.com", listed("", None))),
        ("remove_missing", 1),
        ("remove_renamed", "yes"),
    ],
)
def test_bad_guard(argument: str, value: Any) -> None:
    """A guard that cannot be right is refused, and named."""
    with pytest.raises(InvalidArgumentError) as caught:
        planned(roster_of(), [], **{argument: value})
    assert caught.value.argument == argument


def test_all_bad_guards_at_once() -> None:
    """All guards that cannot be right are told at once, each entry of keep by its place."""
    with pytest.raises(InvalidArgumentError) as caught:
        checked_guards(max_removals="x", keep=["ok", "a b", "@"], min_admins=-1)
    every = [caught.value, *caught.value.others]
    assert {(one.argument, one.index) for one in every} == {
        ("max_removals", None),
        ("min_admins", None),
        ("keep", 1),
        ("keep", 2),
    }


def test_guards_are_part_of_the_plan() -> None:
    """A plan says with which guards it was made, spelled in one way."""
    guards = planned(
        roster_of(person()),
        [ADA],
        remove_missing=True,
        remove_renamed=True,
        max_removals=" 2.5 % ",
        keep=(one for one in [" u1 ", ADA, listed("", "ola@example.com"), "@Example.com", "u1"]),
        min_admins=0,
    ).guards
    assert guards.keep == ("u1", "ola@example.com", "@Example.com")
    assert (guards.max_removals, guards.min_admins) == ("2.5%", 0)
    assert guards.remove_missing
    assert guards.remove_renamed


@pytest.mark.parametrize(
    "keep",
    [
        "ola@gone.example",
        "OLA@Gone.Example",
        "u2",
        "@gone.example",
        "@GONE.example",
        listed("u2", "other@x.com"),
    ],
)
def test_keep(keep: Any) -> None:
    """Whom keep names, by email, id, domain or as a user, is not removed but left alone."""
    users = [ADA, listed("u2", "Ola@gone.example", "Ola"), listed("u3", "kim@sub.gone.example", "Kim")]
    plan = planned(roster_of(person()), users, remove_missing=True, keep=[keep])
    assert acted(plan) == [("remove", "u3", "kim@sub.gone.example")]
    assert [one.user_id for one in plan.left_alone] == ["u2"]
    assert "kept by" in plan.left_alone[0].reason
    assert plan.missing == ("u2", "u3")
    assert plan.notes == ()


@pytest.mark.parametrize("keep", ["zoé@gone.example", "@bücher.example", "u2 "])
def test_keep_in_any_form(keep: str) -> None:
    """Keep names a user in any Unicode form of the address, and a domain in punycode, too."""
    users = [ADA, listed("u2", "zoe\u0301@gone.example"), listed("u3", "kim@xn--bcher-kva.example")]
    plan = planned(roster_of(person()), users, remove_missing=True, keep=[keep])
    assert len(plan.actions) == 1
    assert plan.notes == ()


def test_keep_is_about_removals_alone() -> None:
    """Whom keep names is invited anew and changed as anyone is; an entry that matches is no note."""
    users = [listed("u1", "ada@example.com"), listed("u2", "ola@example.com", status="expired")]
    people = [person(name="New"), person("ola@example.com")]
    plan = planned(roster_of(*people), users, keep=["u1", "u2"])
    assert [one.kind for one in plan.actions] == ["update", "reinvite"]
    assert plan.notes == ()


def test_keep_that_matches_nobody() -> None:
    """An entry of keep that matches nobody in the account is said, and refuses nothing."""
    plan = planned(roster_of(person()), [ADA], keep=["nobody@example.com", "u9", "@x\u0430.example", "u1"])
    assert plan.notes == (
        "keep: 'nobody@example.com' matches nobody",
        "keep: 'u9' matches nobody",
        "keep: '@xа.example' matches nobody",  # noqa: RUF001 - it is about a Cyrillic letter
    )
    assert plan.refusals == ()


class TestMinAdmins:
    """Active users with the predefined role admin have to be left by a plan that removes anyone."""

    USERS = (
        listed("a1", "a1@example.com", "A1", role=ADMIN),
        listed("a2", "a2@example.com", "A2", role=ADMIN),
        listed("a3", "a3@example.com", "A3", role=ADMIN, status="invited"),
        listed("a4", "a4@example.com", "A4", role={"type": "custom", "id": "admin", "name": "admin"}),
        listed("m1", "m1@example.com", "M1"),
    )

    def _plan(self, *stay: str, min_admins: int = 1, **guards: Any) -> Plan:
        people = [person(f"{one}@example.com", one.upper(), role="admin") for one in stay]
        return planned(roster_of(*people), self.USERS, remove_missing=True, min_admins=min_admins, **guards)

    def test_counted(self) -> None:
        """Who is invited, or has a custom role of that name, is not counted on."""
        assert self._plan("a1", "a2", "a3").admins == ("a1", "a2")
        assert self._plan("a2").admins == ("a2",)

    @pytest.mark.parametrize(
        ("stay", "least", "is_refused"), [("a1", 1, False), ("a1", 2, True), ("a3", 1, True)]
    )
    def test_refused(self, stay: str, least: int, is_refused: bool) -> None:
        """Fewer are refused, with the figures and the way out; removals stay in the plan."""
        plan = self._plan(stay, min_admins=least)
        assert _refused(plan) == (["min_admins"] if is_refused else [])
        assert len(plan.of_kind(plan.actions[-1].kind)) == 4
        for refusal in plan.refusals:
            left = len(plan.admins)
            asked = f"{left} of 2 active admins would be left; min_admins asks for {least}"
            assert refusal.message == asked
            assert f"--min-admins {left}" in refusal.remedy
            assert f"min_admins={left}" in refusal.remedy

    def test_keep_helps(self) -> None:
        """An admin who is kept is counted on."""
        assert _refused(self._plan("a3", keep=["a1"])) == []

    def test_zero(self) -> None:
        """Zero allows to remove them all."""
        assert _refused(self._plan("a3", min_admins=0)) == []

    def test_nobody_removed(self) -> None:
        """A plan that removes nobody takes no admin away, and is not refused for having few."""
        plan = planned(roster_of(person("new@x.com")), [self.USERS[4]], min_admins=3)
        assert plan.refusals == ()
        assert plan


class TestRemoveMissing:
    """Removing who is missing needs a whole roster of this very account."""

    def test_empty_roster(self) -> None:
        """An empty roster is refused, though it shows everybody as removed."""
        plan = planned(roster_of(), [ADA], remove_missing=True)
        assert _refused(plan) == ["remove_missing"]
        assert acted(plan) == [("remove", "u1", "ada@example.com")]
        assert "remove_missing=False" in plan.refusals[0].remedy

    def test_only_inactive(self) -> None:
        """Of a roster that holds inactive people alone, the refusal counts those who would be missing."""
        inactive = [(row("ada@example.com", "Ada"), "Status is Suspended")]
        users = [ADA, listed("u2", "ola@example.com")]
        plan = planned(roster_of(inactive=inactive), users, remove_missing=True)
        assert plan.missing == ("u2",)
        assert plan.refusals[0].message == "the roster has nobody to be kept: 1 of 2 users would be missing"

    def test_nobody_shared(self) -> None:
        """A roster that shares nobody with the account is refused: it is likely another's."""
        plan = planned(roster_of(person("new@example.com")), [ADA], remove_missing=True)
        assert _refused(plan) == ["remove_missing"]

    def test_nobody_is_anywhere(self) -> None:
        """An account without users has nobody to lose."""
        assert planned(roster_of(person()), [], remove_missing=True).refusals == ()

    def test_skipped_rows(self) -> None:
        """Rows that were skipped as bad are refused: whom they mean is not known."""
        problems = [RowProblem(line=3, reason="no email")]
        plan = planned(roster_of(person(), problems=problems), [ADA], remove_missing=True)
        assert _refused(plan) == ["remove_missing"]
        assert plan.refusals[0].message.startswith("1 row of the roster")

    def test_partial_file(self) -> None:
        """A file that says itself that it goes on, as a page of a list does, is refused."""
        plan = planned(roster_of(person(), is_partial=True), [ADA], remove_missing=True)
        assert _refused(plan) == ["remove_missing"]

    def test_without_removing(self) -> None:
        """Where nobody is removed none of these refuses anything."""
        problems = [RowProblem(line=3, reason="no email")]
        for roster in (roster_of(), roster_of(person("new@example.com"), problems=problems)):
            assert planned(roster, [ADA], max_removals=0, min_admins=9).refusals == ()


class TestNamed:
    """Removals of people who are named each are held against the same guards."""

    USERS = (listed("a1", "a1@example.com", role=ADMIN), *_crowd(4))

    def test_kept_and_refused(self) -> None:
        """Who is kept is told apart, and all that refuses is told."""
        guards = checked_guards(max_removals=1, keep=["m0", "@nobody.example"], is_limit_needed=False)
        held = guarded_removals(guards, self.USERS, self.USERS[:4])
        assert [one.id for one in held.removed] == ["a1", "m1", "m2"]
        assert [one.user_id for one in held.kept] == ["m0"]
        assert [one.guard for one in held.refusals] == ["max_removals", "min_admins"]
        assert held.admins == ()
        assert held.notes == ("keep: '@nobody.example' matches nobody",)

    def test_without_a_limit(self) -> None:
        """The limit may be left out there, since each is named."""
        guards = checked_guards(max_removals=None, is_limit_needed=False)
        assert guarded_removals(guards, self.USERS, self.USERS[1:]).refusals == ()
