"""Any account, any roster, any guards: what a plan never does, and what is left once it was applied."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from support.alike import ascii_folded
from support.answers import upper
from support.answers import user as document
from support.rosters import planned, roster_of, row

from arize_users import AmbiguousEmailError, User, assign_custom_role
from arize_users._users.addresses import Matches, folded, identity_key
from arize_users._users.codec import user as decoded
from arize_users.roster import Entry, Plan, Roster, RowProblem

LOCALS = ["ada", "Ada", "ADA", "zoé", normalize("NFD", "zoé"), "ZOÉ", "bob", "kim", "\u212aim", "ola"]
DOMAINS = ["x.com", "X.com", "bücher.example", "xn--bcher-kva.example", "old.example"]
NAMES = ["Ada", "Zoé", normalize("NFD", "Zoé"), " Ola ", "OLA", "Bob"]
ROLES = ["admin", "member", "annotator", "r1"]
STATUSES = ["active", "invited", "expired", "frozen"]

emails = st.builds("{}@{}".format, st.sampled_from(LOCALS), st.sampled_from(DOMAINS))
names = st.sampled_from(NAMES)


@frozen
class Case:
    """An account as a server lists it, a roster, and guards."""

    documents: list[dict[str, Any]]
    roster: Roster
    guards: dict[str, Any]

    @property
    def users(self) -> list[User]:
        return [decoded(one) for one in self.documents]

    def plan(self) -> Plan:
        return planned(self.roster, self.users, **self.guards)


def _role(role: str) -> dict[str, str]:
    kind = {"type": "custom", "id": role} if role == "r1" else {"type": "predefined", "name": role}
    return dict(kind)


@st.composite
def _accounts(draw: st.DrawFn) -> list[dict[str, Any]]:
    documents = []
    is_second = draw(st.booleans())
    for number in range(draw(st.integers(0, 8))):
        one = document(
            id=f"u{number}",
            email=draw(emails),
            name=draw(names),
            status=draw(st.sampled_from(STATUSES)),
            role=_role(draw(st.sampled_from(ROLES))),
            is_developer=draw(st.booleans()),
        )
        if is_second:
            one = upper(one)
            for name in draw(st.sets(st.sampled_from(sorted(one)), max_size=1)):
                del one[name]
        documents.append(one)
    return documents


def _entries(draw: st.DrawFn, lines: Iterator[int], most: int) -> list[Entry]:
    def entry() -> Entry:
        role = draw(st.sampled_from(ROLES))
        return row(
            draw(emails),
            draw(names),
            line=next(lines),
            status=draw(st.sampled_from([None, "active", "expired"])),
            role=assign_custom_role(role) if role == "r1" else role,
            invite_mode=draw(st.sampled_from(["none", "email_link"])),
            is_developer=draw(st.sampled_from([None, True, False])),
        )

    return [entry() for _ in range(draw(st.integers(0, most)))]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case of few names and addresses, so that most of it is about the same people."""
    lines = iter(range(2, 100))
    people = _entries(draw, lines, 8)
    inactive = [(one, "Status: off") for one in _entries(draw, lines, 2)]
    problems = [
        RowProblem(line=next(lines), reason="bad", email=draw(st.none() | emails))
        for _ in range(draw(st.integers(0, 2)))
    ]
    guards = {
        "remove_missing": draw(st.booleans()),
        "remove_renamed": draw(st.booleans()),
        "max_removals": draw(st.integers(0, 3) | st.sampled_from(["10%", "33.3%", "100%"])),
        "keep": draw(st.lists(emails | st.sampled_from(["@x.com", "u1", "u2"]), max_size=2)),
        "min_admins": draw(st.integers(0, 2)),
    }
    return Case(draw(_accounts()), roster_of(*people, problems=problems, inactive=inactive), guards)


def _named_exactly(case: Case, address: str) -> list[User]:
    """Give whom the identity rule of `get` names: one, nobody, or several that match equally well."""
    matches = Matches(address)
    matches.add(case.users)
    try:
        found = matches.result()
    except AmbiguousEmailError:
        return [
            one
            for one in case.users
            if ascii_folded(getattr(one, "email", None) or "") == ascii_folded(address)
        ]
    return [found] if found is not None else []


@settings(max_examples=200)
@given(cases())
def test_nobody_else_is_touched(case: Case) -> None:
    """Nobody but the file's own people is invited or changed, and nobody whom the file names is removed."""
    plan = case.plan()
    people = {one.person.email: one for one in case.roster.entries}
    in_file = [*people, *(one.person.email for one, _ in case.roster.inactive)]
    in_file += [one.email for one in case.roster.problems if one.email]
    named = {ascii_folded(one) for one in in_file}
    forms = {ascii_folded(normalize("NFC", one)) for one in in_file}
    for action in plan.actions:
        if action.kind == "invite":
            assert action.email in people
            assert _named_exactly(case, action.email) == []
        elif action.kind == "remove":
            assert case.guards["remove_missing"]
            assert action.user_id in plan.missing
            assert ascii_folded(action.email) not in named
            assert ascii_folded(normalize("NFC", action.email)) not in forms
        else:
            (entry,) = [people[one] for one in people if _ids(_named_exactly(case, one)) == [action.user_id]]
            name = normalize("NFC", entry.person.name.strip())
            assert action.after.get("name", name) == name


def _ids(users: list[User]) -> list[str | None]:
    return [getattr(one, "id", None) for one in users]


@settings(max_examples=200)
@given(cases())
def test_each_in_one_place(case: Case) -> None:
    """Each user and each row is in one place of the plan at most, and the rows add up."""
    plan = case.plan()
    placed = Counter(one.user_id for one in (*plan.actions, *plan.cannot, *plan.left_alone) if one.user_id)
    rows = [*case.roster.entries, *(one for one, _ in case.roster.inactive)]
    cannot_rows = Counter(one.line for one in plan.cannot if one.line is not None)
    for user_id, count in placed.items():
        # Two rows for one person are both under cannot, and that is all.
        cannot = [one for one in plan.cannot if one.user_id == user_id]
        assert count == 1 or (count == len(cannot) == len([one for one in cannot if one.line is not None]))
    assert set(cannot_rows.values()) <= {1}
    left = [one for one in plan.left_alone if one.reason.startswith("expired in the file")]
    done = [one for one in plan.actions if one.kind != "remove"]
    assert len(done) + len(cannot_rows) + len(left) + plan.unchanged == len(rows)
    assert plan.people == len(case.roster.entries)
    assert plan.listed == len(case.documents)
    assert [one.kind for one in plan.actions] == [one.kind for one in done] + ["remove"] * (
        len(plan.actions) - len(done)
    )


@settings(max_examples=200)
@given(cases())
def test_guards(case: Case) -> None:
    """No guard is exceeded without a refusal that names it, and nobody whom keep names is removed."""
    plan = case.plan()
    removed = {one.user_id for one in plan.actions if one.kind == "remove"}
    refused = {one.guard for one in plan.refusals}
    limit = case.guards["max_removals"]
    if isinstance(limit, str):
        limit = math.ceil(Fraction(limit.removesuffix("%")) * plan.listed / 100)
    assert ("max_removals" in refused) is (len(removed) > limit)
    admins = {
        one.id
        for one in case.users
        if hasattr(one, "id")
        and getattr(one, "status", None) == "active"
        and hasattr(one, "role")
        and one.role.type == "predefined"
        and one.role.name == "admin"
    }
    assert set(plan.admins) == admins - removed
    assert ("min_admins" in refused) is (bool(removed) and len(admins - removed) < case.guards["min_admins"])
    keep = {ascii_folded(one) for one in case.guards["keep"]}
    for action in plan.actions:
        if action.kind == "remove":
            folded = ascii_folded(action.email)
            assert not keep & {folded, f"@{folded.rpartition('@')[2]}", action.user_id}
    if removed and (case.roster.problems or not plan.people):
        assert "remove_missing" in refused
    assert set(plan.witnesses).isdisjoint(removed)
    there = [one for one in case.users if hasattr(one, "id") and one.id not in removed]
    assert len(plan.witnesses) == min(3, len(there))


def _applied(case: Case, plan: Plan) -> list[dict[str, Any]]:
    """Give what a server lists after all actions of a plan were carried out."""
    users = {one.get("id", object()): one for one in case.documents}
    for number, action in enumerate(plan.actions):
        after = dict(action.after)
        mode = after.pop("invite_mode", None)
        after |= {"role": dict(after["role"])} if "role" in after else {}
        after.setdefault("is_developer", True)
        status = {"status": "active" if mode == "none" else "invited"}
        if action.kind == "remove":
            del users[action.user_id]
        elif action.kind == "invite":
            users[f"n{number}"] = document(id=f"n{number}", **after, **status)
        elif action.kind == "reinvite":
            users[action.user_id] = {**users[action.user_id], **after, **status}
        else:
            users[action.user_id] = {**users[action.user_id], **action.after}
    return list(users.values())


@settings(max_examples=300)
@given(cases())
def test_done_once(case: Case) -> None:
    """Planning again after all was carried out gives an empty plan, with the same left to nobody's power."""
    plan = case.plan()
    after = Case(_applied(case, plan), case.roster, case.guards)
    again = after.plan()
    assert again.actions == ()
    assert [(one.user_id, one.line) for one in again.cannot] == [
        (one.user_id, one.line) for one in plan.cannot
    ]
    assert again.unchanged == plan.unchanged + len([one for one in plan.actions if one.kind != "remove"])


@settings(max_examples=100)
@given(cases())
def test_saved(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    """Whatever is in a plan, it is loaded as it was saved, and its text has a line for each of its people."""
    path: Path = tmp_path_factory.getbasetemp() / "any-plan.json"
    plan = case.plan()
    plan.save(path)
    again = Plan.load(path)
    assert again == plan
    assert again.digest == plan.digest
    lines = list(plan.lines())
    assert all(line.isprintable() or "\u200c" in line for line in lines)
    people = len(plan.actions) + len(plan.cannot) + len(plan.left_alone)
    assert (
        len([line for line in lines if line.startswith(("  + ", "  ~ ", "  - ", "  ! ", "    "))]) == people
    )


@given(st.permutations(range(6)), cases())
def test_order_of_rows_does_not_matter(order: list[int], case: Case) -> None:
    """The same people in another order come to the same plan, but for the order of its actions."""
    entries = case.roster.entries
    shuffled = roster_of(
        *(entries[place] for place in order if place < len(entries)),
        *entries[6:],
        problems=case.roster.problems,
        inactive=case.roster.inactive,
    )

    def facts(plan: Plan) -> list[Any]:
        return [
            sorted((str(one.kind), one.email, str(one.user_id)) for one in plan.actions),
            sorted((str(one.line), str(one.user_id)) for one in plan.cannot),
            plan.missing,
            plan.witnesses,
            [one.guard for one in plan.refusals],
        ]

    assert facts(Case(case.documents, shuffled, case.guards).plan()) == facts(case.plan())


@given(
    st.text("aAéÉKk\u212a\u0301\u0300ß\u1e9e\u0131\u0130.-", max_size=5),
    st.text("bBüÜ\u0308xX.-", max_size=6),
    st.data(),
)
def test_one_identity(local: str, domain: str, data: st.DataObject) -> None:
    """Spellings that differ in the case of A to Z, or in a Unicode form, are one person's."""
    address = f"{local}@{domain}"
    other = "".join(one.swapcase() if one.isascii() and data.draw(st.booleans()) else one for one in address)
    assert folded(other) == folded(address)
    assert identity_key(other) == identity_key(address)
    assert identity_key(normalize("NFC", address)) == identity_key(address)
    assert identity_key(normalize("NFD", address)) == identity_key(address)
    assert identity_key(identity_key(address)) == identity_key(address)
