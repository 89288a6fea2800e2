"""A plan that is applied again with its journal: nothing is done twice, and what was begun is found out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from support.account import Account
from support.answers import problem
from support.applying import STAFF, Place, changes, planned, set_columns, statuses
from support.rosters import person, roster_of
from support.transports import Recorder

from arize_users import ActionStatus, ArizeClient, JournalError
from arize_users._users.roster.journal import Journal
from arize_users.roster import Plan, PlanResult
from arize_users.sandbox import SandboxTransport

BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def begun(
    place: Place, plan: Plan, *indexes: int, created: str | None = None, error: str | None = None
) -> None:
    """Write the journal of a run that was killed when it had begun these actions."""
    journal = Journal(place.journal, digest=plan.digest, endpoint=plan.endpoint)
    for index in indexes:
        journal.begin(index, plan.actions[index])
        if created is not None:
            journal.created(index, created, error)
    journal.close()


def test_done_is_not_repeated(account: Account, place: Place) -> None:
    """What is done, unchanged or blocked is not done again, and is told as it was."""
    sandbox = account.sandbox
    sandbox.add_user(email="blocked@example.com", name="Blocked", status="inactive")
    sandbox.add_user(email="gone@example.com", name="Gone")
    people = [person("new@example.com", "New"), person("blocked@example.com", "B")]
    people.append(person("there@example.com", "There"))
    plan = planned(account, *people)
    sandbox.add_user(email="there@example.com", name="There")
    first = account.users.apply(plan, **place.files)
    assert sorted(statuses(first)) == ["blocked", "done", "done", "unchanged"]
    account.recorder.forget()
    sandbox.clear_log()
    seen: list[PlanResult] = []
    second = account.users.apply(plan, **place.files, on_result=seen.append)
    assert second.results == first.results
    assert (second.resumed, first.resumed) == (4, 0)
    assert len(seen) == 4
    assert account.recorder.operations == ["get_user"]
    assert account.done == []


def test_the_rest_is_tried_again(answered: Any, place: Place) -> None:
    """What failed, was stale or was not attempted is tried again, and only that."""
    refusing = [True]
    account = answered(lambda one: problem(422) if refusing[0] and b"bad@" in one.read() else None)
    sandbox = account.sandbox
    ada = sandbox.add_user(email="ada@example.com", name="Ada")
    plan = planned(account, person("bad@example.com", "New"), person("ada@example.com", "Ada K"), *_new(2))
    set_columns(sandbox, ada, role="admin")
    report = account.users.apply(plan, **place.files)
    assert report.counts == {"failed": 1, "stale": 1, "done": 2}
    refusing[0] = False
    set_columns(sandbox, ada, role="member")
    sandbox.clear_log()
    report = account.users.apply(plan, **place.files)
    assert report.counts == {"done": 4}
    assert sorted(account.done) == [("create", "bad@example.com"), ("update", "ada@example.com")]


def _new(count: int) -> list[Any]:
    return [person(f"{number}@example.com", "New") for number in range(count)]


# Begun, and not ended

AS_WANTED = {"name": "New", "status": "invited"}
SHOWN: list[tuple[str, dict[str, Any] | None, str, list[str]]] = [
    # the mode, whom the account shows, what the action came to, what was sent
    ("email_link", None, "done", ["create"]),
    ("email_link", AS_WANTED, "done", []),
    ("email_link", {"name": "New", "status": "active"}, "done", []),
    ("email_link", {"name": "New", "status": "expired"}, "done", ["reinvite"]),
    ("email_link", {"name": "Other", "status": "invited"}, "stale", []),
    ("email_link", {"name": "New", "status": "inactive"}, "blocked", []),
    ("none", None, "unknown", []),
    ("none", {"name": "New", "status": "active"}, "done", []),
    ("none", {"name": "New", "status": "active", "role": "admin"}, "stale", []),
    ("none", {"name": "New", "status": "expired"}, "unknown", []),
    ("none", {"name": "New", "status": "inactive"}, "unknown", []),
    ("temporary_password", None, "unknown", []),
    ("temporary_password", AS_WANTED, "unknown", []),
    ("temporary_password", {"name": "New", "status": "active"}, "unknown", []),
    ("temporary_password", {"name": "New", "status": "expired"}, "unknown", []),
    ("temporary_password", {"name": "New", "status": "inactive"}, "unknown", []),
]


@pytest.mark.parametrize(("mode", "shown", "status", "sent"), SHOWN)
def test_begun_invitation(
    account: Account, place: Place, mode: str, shown: dict[str, Any] | None, status: str, sent: list[str]
) -> None:
    """An invitation under way is done where the account shows it, repeated where safe, and else unknown."""
    plan = planned(account, person("new@example.com", "New", invite_mode=mode))
    begun(place, plan, 0)
    if shown is not None:
        account.sandbox.add_user(email="new@example.com", **shown)
    (result,) = account.users.apply(plan, **place.files)
    assert result.status == status
    assert [action for action, _ in account.done] == sent
    assert len(account.sandbox.outbox) == len(sent)
    if status == "unknown":
        assert result.error
        assert place.lines()[-1]["status"] == "unknown"
    assert "password" not in place.journal.read_text().replace("temporary password", "").replace(
        "reset_password", ""
    ).replace("reset-password", "")
    # Told again by a further run, which sends nothing.
    account.sandbox.clear_log()
    (again,) = account.users.apply(plan, **place.files)
    assert (again.status, account.done) == (result.status, [])


def test_lost_password(account: Account, place: Place) -> None:
    """Of a user whose password never arrived, it is told what the account shows, and what to do."""
    plan = planned(account, person("new@example.com", "New", invite_mode="temporary_password"))
    begun(place, plan, 0)
    user_id = account.sandbox.add_user(email="new@example.com", name="New", status="invited")
    (result,) = account.users.apply(plan, **place.files)
    assert result.user_id == user_id
    for told in (
        "never came",
        "The user is invited",
        "users.resend_invitation",
        "users.reset_password",
    ):
        assert told in result.error
    assert place.issued() == {}


@pytest.mark.parametrize(("issued_at", "status"), [("2999-01-01", "done"), ("2001-01-01", "unknown")])
@pytest.mark.parametrize("state", ["invited", "expired", "inactive"])
def test_password_that_arrived(
    account: Account, place: Place, issued_at: str, status: str, state: str
) -> None:
    """A password that is in the file since the action began did arrive: the action is done."""
    plan = planned(account, person("new@example.com", "New", invite_mode="temporary_password"))
    begun(place, plan, 0)
    account.sandbox.add_user(email="new@example.com", name="New", status=state)
    place.passwords.write_text(f"email,password,issued_at\nnew@example.com,s3cret,{issued_at}T00:00:00Z\n")
    (result,) = account.users.apply(plan, **place.files)
    assert (result.status, bool(result.error)) == (status, status == "unknown")
    assert account.done == []
    assert place.issued() == {"new@example.com": "s3cret"}


@pytest.mark.parametrize(
    ("mode", "now", "status", "sent"),
    [
        ("email_link", {}, "done", ["reinvite"]),
        ("email_link", {"state": "active", "name": "New"}, "done", []),
        ("email_link", {"state": "active"}, "stale", []),
        ("email_link", {"state": "inactive"}, "blocked", []),
        ("none", {}, "unknown", []),
        ("none", {"state": "active", "name": "New"}, "done", []),
        ("temporary_password", {}, "unknown", []),
        ("temporary_password", {"state": "active", "name": "New"}, "unknown", []),
    ],
)
def test_begun_reinvitation(
    account: Account, place: Place, mode: str, now: dict[str, Any], status: str, sent: list[str]
) -> None:
    """An expired user whose new invitation was under way is found out about in the same way."""
    user_id = account.sandbox.add_user(email="old@example.com", name="Old", status="expired")
    plan = planned(account, person("old@example.com", "New", invite_mode=mode))
    begun(place, plan, 0)
    if now:
        set_columns(account.sandbox, user_id, **now)
    (result,) = account.users.apply(plan, **place.files)
    assert (result.status, result.user_id) == (status, user_id)
    assert [action for action, _ in account.done] == sent


def test_begun_changes(account: Account, place: Place) -> None:
    """Changes and removals under way are done where the account shows them, and else repeated."""
    sandbox = account.sandbox
    ids = [sandbox.add_user(email=f"{name}@example.com", name=name) for name in "abcd"]
    plan = planned(account, person("a@example.com", "A"), person("b@example.com", "B"))
    begun(place, plan, 0, 1, 2, 3)
    set_columns(sandbox, ids[0], name="A")
    set_columns(sandbox, ids[2], state="inactive")
    assert statuses(account.users.apply(plan, **place.files)) == ["done"] * 4
    assert account.done == [("update", "b@example.com"), ("delete", "d@example.com")]


def test_many_under_way(account: Account, place: Place) -> None:
    """Whom an earlier run may have invited is looked up together, with few requests."""
    plan = planned(account, *_new(60))
    begun(place, plan, *range(60))
    for number in range(0, 60, 2):
        account.sandbox.add_user(email=f"{number}@example.com", name="New", status="invited")
    assert statuses(account.users.apply(plan, **place.files)) == ["done"] * 60
    assert account.recorder.operations.count("list_users") == 1
    assert changes(account) == ["create_user"] * 30
    mailed = [one.to for one in account.sandbox.outbox]
    assert sorted(mailed) == sorted(f"{number}@example.com" for number in range(1, 60, 2))


def test_look_up_that_fails(answered: Any, place: Place) -> None:
    """Where nobody can be looked up, what was under way stays unknown, and is not repeated."""
    failing = [False]
    account = answered(
        lambda one: (
            problem(500) if failing[0] and one.url.path == "/v2/users" and one.method == "GET" else None
        )
    )
    plan = planned(account, *_new(1))
    begun(place, plan, 0)
    failing[0] = True
    (result,) = account.users.apply(plan, **place.files)
    assert result.status is ActionStatus.UNKNOWN
    assert "500" in result.error
    assert account.done == []
    failing[0] = False
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]


def test_long_address(account: Account, place: Place) -> None:
    """An address that is too long to be looked up stays unknown, and the others are found out about."""
    long = f"{'x' * 250}@example.com"
    plan = planned(account, person(long, "New"), *_new(1))
    begun(place, plan, 0, 1)
    first, second = account.users.apply(plan, **place.files)
    assert (first.status, second.status) == (ActionStatus.UNKNOWN, ActionStatus.DONE)
    assert "too long" in first.error


@pytest.mark.parametrize("is_noted", [True, False])
def test_developer_permission_left(account: Account, place: Place, is_noted: bool) -> None:
    """A user who was created, but not made a developer yet, is made one, and not created again."""
    plan = planned(account, person("new@example.com", "New", is_developer=False))
    user_id = account.sandbox.add_user(email="new@example.com", name="New", status="invited")
    begun(place, plan, 0, created=user_id if is_noted else None)
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]
    assert account.done == [("update", "new@example.com")]
    assert account.sandbox.user(user_id).is_developer is False


def test_developer_permission_refused(answered: Any, place: Place, case: str) -> None:
    """A user who was created, but could not be made a developer, is told so; a later run does that alone."""
    refusing = [True]
    account = answered(lambda one: problem(500) if refusing[0] and one.method == "PATCH" else None)
    mode = "temporary_password"
    plan = planned(account, person("new@example.com", "New", is_developer=False, invite_mode=mode))
    (result,) = account.users.apply(plan, **place.files)
    if case == "lower":
        assert result.status is ActionStatus.DONE
        return
    assert result.status is ActionStatus.UNKNOWN
    assert "was created, and the developer permission is not set" in result.error
    assert result.user_id == account.sandbox.users()[-1].id
    issued = place.issued()
    assert set(issued) == {"new@example.com"}
    refusing[0] = False
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]
    assert account.done == [("create", "new@example.com"), ("update", "new@example.com")]
    assert place.issued() == issued


@pytest.mark.parametrize("is_refused", [False, True])
def test_lost_password_of_a_later_run(answered: Any, place: Place, is_refused: bool) -> None:
    """That a password is lost is said by each later run, also after one that was killed or refused."""
    refusing = [is_refused]
    account = answered(lambda one: problem(422) if refusing[0] and one.method == "PATCH" else None)
    mode = "temporary_password"
    plan = planned(account, person("new@example.com", "New", is_developer=False, invite_mode=mode))
    user_id = account.sandbox.add_user(email="new@example.com", name="New")
    begun(place, plan, 0, created=user_id, error="The temporary password was lost.")
    (result,) = account.users.apply(plan, **place.files)
    assert "The temporary password was lost." in result.error
    assert result.status == ("failed" if is_refused else "done")
    *lines, _ = place.journal.read_text().splitlines(keepends=True)
    if not is_refused:
        place.journal.write_text("".join(lines))
    refusing[0] = False
    (result,) = account.users.apply(plan, **place.files)
    assert (result.status, result.error) == ("done", "The temporary password was lost.")


# Files of others


def test_journal_of_another_plan(account: Account, place: Place) -> None:
    """The journal of another plan is refused before any request, and left as it is."""
    account.users.apply(planned(account, *_new(1)), **place.files)
    content = place.journal.read_bytes()
    plan = planned(account, *_new(2))
    with pytest.raises(JournalError, match="journal of another plan"):
        account.users.apply(plan, **place.files)
    assert account.sent == []
    assert place.journal.read_bytes() == content


def test_damaged_journal(account: Account, place: Place) -> None:
    """A journal with a damaged line is refused before any request."""
    plan = planned(account, *_new(1))
    begun(place, plan, 0)
    with place.journal.open("a") as file:
        file.write('nonsense\n{"end": 0}\n')
    with pytest.raises(JournalError, match="line 3"):
        account.users.apply(plan, **place.files)
    assert account.sent == []


def test_entries_beyond_the_plan(account: Account, place: Place) -> None:
    """A journal that speaks of actions that the plan does not have is read for those that it has."""
    plan = planned(account, *_new(1))
    begun(place, plan, 0)
    line = {"begin": 7, "at": "2026-03-01T12:00:00Z", "kind": "invite", "email": "x@example.com"}
    with place.journal.open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]


def test_second_run_at_once(answered: Any, place: Place) -> None:
    """While a run is under way, a second one with its journal or its file of passwords is refused."""
    refused: list[str] = []

    def start_another(request: httpx.Request) -> None:
        if request.method != "POST" or refused:
            return
        transport = Recorder(SandboxTransport(account.sandbox), None)
        with ArizeClient(api_key="sandbox-admin", transport=transport, enum_case=account.case) as other:
            for journal in (place.journal, None):
                with pytest.raises(JournalError, match="in use by another run") as caught:
                    other.users.apply(plan, journal=journal, passwords=place.passwords)
                refused.append(str(caught.value.path))

    account = answered(start_another)
    plan = planned(account, person("new@example.com", "New", invite_mode="temporary_password"))
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]
    assert refused == [str(place.journal), str(place.passwords)]
    assert account.done == [("create", "new@example.com")]
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]


def test_blocked_addresses_are_learnt(account: Account, place: Place) -> None:
    """A plan that is made with the journal does not invite an address again that was found to be blocked."""
    account.sandbox.add_user(email="blocked@example.com", name="Blocked", status="inactive")
    people = [person("blocked@example.com", "B"), *_new(1)]
    plan = planned(account, *people)
    account.users.apply(plan, **place.files)
    assert account.users.plan(roster_of(*STAFF, *people)).actions
    again = account.users.plan(roster_of(*STAFF, *people), journal=place.journal)
    assert again.actions == ()
    assert [one.email for one in again.cannot] == ["blocked@example.com"]
