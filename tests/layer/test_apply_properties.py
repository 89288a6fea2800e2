"""Any account and any roster: what applying a plan leaves to be done, and whom it never touches."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from support.account import NOON
from support.alike import ascii_folded
from support.applying import OWNER, Place
from support.clients import Client
from support.transports import Recorder, sandbox_transport

from arize_users import NewUser, PlanRefusedError, assign_custom_role
from arize_users._users.addresses import identity_key
from arize_users._users.roster.guards import allowed_removals
from arize_users.enums import ActionKind, ActionStatus
from arize_users.roster import Plan, Report, Roster
from arize_users.sandbox import Sandbox

LOCALS = ["ada", "Ada", "bob", "kim", "\u212aim", "ola", "zoé", "=x"]
DOMAINS = ["x.com", "y.example", "bücher.example"]
NAMES = ["Ada", "Zoé", "Bob, Jr", "=1+1"]
ROLES = ["admin", "member", "annotator", "r1"]
MODES = ["email_link", "none", "temporary_password"]

others = st.builds("{}@{}".format, st.sampled_from(LOCALS), st.sampled_from(DOMAINS))
emails = others | others | others | st.just(OWNER)
flags = st.none() | st.booleans()


@frozen
class Case:
    """An account, a roster, the guards, and which client and generation they meet."""

    kind: str
    case: str
    is_case_sensitive: bool
    users: list[dict[str, Any]]
    people: list[NewUser]
    guards: dict[str, Any]
    at_once: int
    stop_at: int | None


def _key(email: Any, is_case_sensitive: bool) -> str:
    return str(email) if is_case_sensitive else ascii_folded(str(email))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw few names and addresses, so that most of it is about the same people."""
    is_case_sensitive = draw(st.booleans())
    user = st.fixed_dictionaries(
        {
            "email": others,
            "name": st.sampled_from(NAMES),
            "role": st.sampled_from(ROLES),
            "status": st.sampled_from(["active", "active", "invited", "expired", "inactive"]),
            "is_developer": st.booleans(),
        }
    )
    users = draw(st.lists(user, max_size=7, unique_by=lambda one: _key(one["email"], is_case_sensitive)))
    person = st.builds(
        NewUser,
        email=emails,
        name=st.sampled_from(NAMES),
        role=st.sampled_from([*ROLES[:3], assign_custom_role("r1")]),
        invite_mode=st.sampled_from(MODES),
        is_developer=flags,
    )
    people = draw(st.lists(person, max_size=7, unique_by=lambda one: identity_key(one.email)))
    guards = {
        "remove_missing": draw(st.booleans()),
        "remove_renamed": draw(st.booleans()),
        "max_removals": draw(st.sampled_from(["100%", "100%", "30%", 1, 0])),
        "keep": draw(st.lists(others | st.just("@x.com"), max_size=2)),
        "min_admins": draw(st.integers(0, 2)),
    }
    return Case(
        kind=draw(st.sampled_from(["sync", "async"])),
        case=draw(st.sampled_from(["lower", "upper"])),
        is_case_sensitive=is_case_sensitive,
        users=users,
        people=people,
        guards=guards,
        at_once=draw(st.integers(1, 4)),
        stop_at=draw(st.none() | st.integers(1, 6)),
    )


@contextmanager
def _account(one: Case) -> Iterator[tuple[Sandbox, Client, Place]]:
    enum_case: Any = one.case
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(enum_case=enum_case, case_sensitive_emails=one.is_case_sensitive) as sandbox,
    ):
        sandbox.set_time(NOON)
        for user in one.users:
            sandbox.add_user(**user)
        client = Client(one.kind, Recorder(sandbox_transport(sandbox, one.kind), None), max_retries=0)
        try:
            yield sandbox, client, Place(Path(folder, "journal"), Path(folder, "passwords"))
        finally:
            client.close()


def _apply(one: Case, client: Client, plan: Plan, place: Place) -> Report:
    """Apply a plan; where the case says so, it is interrupted midway, and applied again."""
    left = [one.stop_at] if one.stop_at else []
    seen: list[Any] = []

    def interrupt(result: Any) -> None:
        seen.append(result)
        if left and len(seen) == left[0]:
            left.clear()
            raise KeyboardInterrupt

    arguments = {"max_concurrency": one.at_once, "on_result": interrupt}
    try:
        report: Report = client.users.apply(plan, **place.files, **arguments)
    except KeyboardInterrupt:
        report = client.users.apply(plan, **place.files, **arguments)
    return report


@settings(max_examples=150)
@given(cases())
def test_any_account_and_roster(one: Case) -> None:
    """Once applied, a plan made anew is empty but for what cannot be; guards hold, others are untouched."""
    with _account(one) as (sandbox, client, place):
        roster = Roster(one.people)
        plan = client.users.plan(roster, **one.guards)
        before = {user.id: user for user in sandbox.users()}
        sandbox.clear_log()
        if plan.refusals:
            with pytest.raises(PlanRefusedError):
                client.users.apply(plan, **place.files)
            assert sandbox.audit == []
            return
        report = _apply(one, client, plan, place)
        _guards_hold(one, plan, sandbox, before)
        _others_are_untouched(plan, sandbox, before)
        _mails_are_sent_once(report, sandbox)
        _passwords_are_kept(report, sandbox, place)
        settled = {ActionStatus.DONE, ActionStatus.BLOCKED, ActionStatus.CANNOT}
        assert {result.status for result in report} <= settled
        again = client.users.plan(roster, **one.guards, journal=place.journal)
        own = next(user.id for user in sandbox.users() if user.email == OWNER)
        assert [action for action in again.actions if action.user_id != own] == []


def _guards_hold(one: Case, plan: Plan, sandbox: Sandbox, before: dict[str, Any]) -> None:
    removed = {entry.user_id for entry in sandbox.audit if entry.action == "delete"}
    assert removed <= {action.user_id for action in plan.actions if action.kind is ActionKind.REMOVE}
    listed = sum(user.status != "inactive" for user in before.values())
    assert len(removed) <= allowed_removals(one.guards["max_removals"], listed)
    if not one.guards["remove_missing"]:
        assert not removed
    named = {identity_key(person.email) for person in one.people}
    for user_id in removed:
        key = identity_key(before[user_id].email)
        assert key not in named
        assert key not in {identity_key(kept) for kept in one.guards["keep"]}
        assert f"@{key.rpartition('@')[2]}" not in one.guards["keep"]
    admins = [
        user
        for user in sandbox.users()
        if user.status == "active" and user.role == {"type": "predefined", "name": "admin"}
    ]
    assert not removed or len(admins) >= one.guards["min_admins"]


def _others_are_untouched(plan: Plan, sandbox: Sandbox, before: dict[str, Any]) -> None:
    meant = {action.user_id for action in plan.actions}
    invited = {action.after.get("email") for action in plan.actions}
    for user in sandbox.users():
        if user.id in before and user.id not in meant:
            assert user == before[user.id]
        elif user.id not in before:
            assert user.email in invited


def _mails_are_sent_once(report: Report, sandbox: Sandbox) -> None:
    mails = Counter(mail.to for mail in sandbox.outbox)
    assert set(mails.values()) <= {1}
    created = {entry.email for entry in sandbox.audit if entry.action in ("create", "reinvite")}
    assert set(mails) <= created
    assert len(created) == sum(entry.action in ("create", "reinvite") for entry in sandbox.audit)
    done = {result.email for result in report if result.status is ActionStatus.DONE}
    assert created <= done


def _passwords_are_kept(report: Report, sandbox: Sandbox, place: Place) -> None:
    if place.passwords.exists():
        issued = place.issued()
        assert len(place.passwords.read_text().splitlines()) == len(issued) + 1
        assert set(issued) <= {entry.email for entry in sandbox.audit}
