"""``users.apply``: what it does, whom it leaves alone, and what it refuses before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from support.account import Account, Connect
from support.answers import html, problem
from support.applying import OWNER, STAFF, Place, changes, planned, set_columns, statuses
from support.rosters import person, roster_of

from arize_users import (
    BulkProgress,
    InvalidArgumentError,
    NotFoundError,
    Outcomes,
    PlanRefusedError,
    UnauthorizedError,
    assign_custom_role,
)
from arize_users.enums import ActionKind, ActionStatus
from arize_users.roster import Action, Plan, PlanResult

# What it does


def test_whole_plan(account: Account, place: Place) -> None:
    """A plan is carried out as it says, removals last, and planning again finds nothing left to do."""
    sandbox = account.sandbox
    ada = sandbox.add_user(email="ada@example.com", name="Ada")
    old = sandbox.add_user(email="old@example.com", name="Old", status="expired")
    gone = sandbox.add_user(email="gone@example.com", name="Gone", status="invited")
    people = [
        person("ada@example.com", "Ada K", is_developer=False),
        person("old@example.com", "Older", role="admin"),
        person("new@example.com", "New"),
        person("sso@example.com", "Sso", invite_mode="none", role="annotator"),
        person("secret@example.com", "Secret", invite_mode="temporary_password"),
    ]
    plan = planned(account, *people)
    seen: list[PlanResult] = []
    report = account.users.apply(plan, **place.files, on_result=seen.append)
    assert statuses(report) == ["done"] * 6
    assert report.is_complete
    assert sorted(map(repr, seen)) == sorted(map(repr, report))
    assert [one.email for one in report] == [one.email for one in plan.actions]
    by_email = {one.email: one for one in sandbox.users()}
    assert (by_email["ada@example.com"].name, by_email["ada@example.com"].is_developer) == ("Ada K", False)
    assert (by_email["old@example.com"].name, by_email["old@example.com"].status) == ("Older", "invited")
    assert by_email["old@example.com"].role["name"] == "admin"
    assert by_email["sso@example.com"].status == "active"
    assert by_email["gone@example.com"].status == "inactive"
    assert account.done[-1] == ("delete", "gone@example.com")
    assert sorted(mail.to for mail in sandbox.outbox) == ["new@example.com", "old@example.com"]
    ids = {one.email: one.user_id for one in report}
    assert (ids["ada@example.com"], ids["old@example.com"], ids["gone@example.com"]) == (ada, old, gone)
    assert ids["new@example.com"] == by_email["new@example.com"].id
    assert set(place.issued()) == {"secret@example.com"}
    assert not account.users.plan(roster_of(*STAFF, *people), remove_missing=True)


def test_no_files(account: Account) -> None:
    """Without a journal a plan is carried out all the same, and no file is made."""
    plan = planned(account, person("new@example.com", "New"))
    report = account.users.apply(plan)
    assert (statuses(report), report.journal, report.passwords) == (["done"], None, None)


def test_nothing_to_do(account: Account, place: Place) -> None:
    """A plan without actions sends nothing, and makes no file."""
    plan = planned(account)
    report = account.users.apply(plan, **place.files)
    assert (len(report), report.is_complete, account.sent) == (0, True, [])
    assert not place.journal.exists()
    assert not place.passwords.exists()


def test_saved_plan(account: Account, place: Place, tmp_path: Path) -> None:
    """A plan that was saved and loaded is applied as the one that was made."""
    plan = planned(account, person("new@example.com", "New"))
    plan.save(tmp_path / "plan.json")
    assert statuses(account.users.apply(Plan.load(tmp_path / "plan.json"), **place.files)) == ["done"]
    assert statuses(account.users.apply(plan, **place.files)) == ["done"]
    assert changes(account) == ["create_user"]


def test_custom_role(account: Account) -> None:
    """A custom role is given by its id."""
    plan = planned(account, person("new@example.com", "New", role=assign_custom_role("role-1")))
    assert statuses(account.users.apply(plan)) == ["done"]
    assert account.sandbox.users()[-1].role["id"] == "role-1"


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("mode", ["email_link", "none", "temporary_password"])
def test_developer_permission(account: Account, place: Place, flag: bool, mode: str) -> None:
    """The developer permission is set where people are invited, by a second request where it takes one."""
    account.sandbox.add_user(email="old@example.com", name="Old", status="expired")
    people = [
        person(f"{name}@example.com", name, is_developer=flag, invite_mode=mode)
        for name in ("old", "a", "b", "c")
    ]
    plan = planned(account, *people)
    assert statuses(account.users.apply(plan, **place.files, max_concurrency=1)) == ["done"] * 4
    assert [one.is_developer for one in account.sandbox.users()[3:]] == [flag] * 4
    # The one that shows that the deployment does not take it is asked for once.
    refused = [one for one in account.sandbox.requests if one.status == 400]
    assert len(refused) <= (account.case == "upper")
    assert not account.users.plan(roster_of(*STAFF, *people))
    # The second generation's contract has no such field, and only an answer tells who takes it.
    assert len(account.recorder.take_deviations()) == len(refused)


def test_progress(account: Account, place: Place) -> None:
    """Progress is told phase by phase, up to the number of each."""
    for number in range(3):
        account.sandbox.add_user(email=f"{number}@example.com", name="Old")
    plan = planned(account, person("0@example.com", "New"), person("new@example.com", "New"))
    told: list[BulkProgress] = []
    account.users.apply(plan, **place.files, on_progress=told.append)
    assert [(one.phase, one.done, one.total) for one in told] == [
        ("checking", 0, 3),
        *[("inviting", 0, 1), ("inviting", 1, 1)],
        *[("updating", 0, 1), ("updating", 1, 1)],
        *[("removing", 0, 2), ("removing", 1, 2), ("removing", 2, 2)],
    ]


def test_requests_at_once(account: Account, place: Place) -> None:
    """No more requests are under way at once than max_concurrency says, whatever is done."""
    people = [person(f"{number}@example.com", "New") for number in range(30)]
    plan = planned(account, *people)
    account.users.apply(plan, **place.files, max_concurrency=3)
    assert account.recorder.peak <= 3


# Whom it leaves alone


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"role": "admin"}, "role is admin, was member when planned"),
        ({"role": "r1", "role_type": "custom"}, "role is custom role r1, was member when planned"),
        ({"state": "invited", "invited_at": 2**60}, "status is invited, was active when planned"),
        ({"email": "kim@other.com", "email_key": "kim@other.com"}, "'kim@other.com', was 'kim@example.com'"),
    ],
)
@pytest.mark.parametrize("action", ["update", "remove"])
def test_stale(account: Account, action: str, how: dict[str, Any], told: str) -> None:
    """A user whose address, status or role is not as planned is left alone, and told with what is and was."""
    user_id = account.sandbox.add_user(email="kim@example.com", name="Kim")
    plan = planned(account, *([person("kim@example.com", "Kim Lee")] if action == "update" else []))
    set_columns(account.sandbox, user_id, **how)
    (result,) = account.users.apply(plan)
    assert (result.status, result.kind, result.user_id) == (ActionStatus.STALE, action, user_id)
    assert told in result.error
    assert account.done == []


def test_stale_field(account: Account) -> None:
    """Where a field to be changed has a third value, nothing of the user is changed."""
    user_id = account.sandbox.add_user(email="kim@example.com", name="Kim")
    plan = planned(account, person("kim@example.com", "Kim Lee", is_developer=False))
    set_columns(account.sandbox, user_id, name="Kim M", is_developer=False)
    (result,) = account.users.apply(plan)
    assert result.status is ActionStatus.STALE
    assert "name is 'Kim M', was 'Kim' when planned" in result.error
    assert account.done == []


def test_another_field_changed(account: Account) -> None:
    """What the plan does not touch may change: the rest is done."""
    user_id = account.sandbox.add_user(email="kim@example.com", name="Kim", is_developer=True)
    plan = planned(account, person("kim@example.com", "Kim Lee"))
    set_columns(account.sandbox, user_id, is_developer=False)
    assert statuses(account.users.apply(plan)) == ["done"]
    assert account.sandbox.user(user_id).name == "Kim Lee"


def test_unchanged(account: Account) -> None:
    """Who is as wanted already is not touched: renamed, removed or invited by somebody else meanwhile."""
    sandbox = account.sandbox
    renamed = sandbox.add_user(email="ada@example.com", name="Ada")
    removed = sandbox.add_user(email="gone@example.com", name="Gone")
    again = sandbox.add_user(email="old@example.com", name="Old", status="expired")
    people = [person("ada@example.com", "Ada K"), person("old@example.com", "Old", role="admin")]
    people += [person("new@example.com", "New"), person("sso@example.com", "Sso", invite_mode="none")]
    plan = planned(account, *people)
    set_columns(sandbox, renamed, name="Ada K")
    set_columns(sandbox, removed, state="inactive")
    set_columns(sandbox, again, state="active", role="admin")
    sandbox.add_user(email="new@example.com", name="New", status="invited")
    sandbox.add_user(email="sso@example.com", name="Sso")
    report = account.users.apply(plan)
    assert statuses(report) == ["unchanged"] * 5
    assert report.is_complete
    assert account.done == []
    assert sandbox.outbox == []


def test_removed_meanwhile(account: Account) -> None:
    """Who was deleted since is stale where a change was planned, and blocked where an invitation was."""
    sandbox = account.sandbox
    ids = [
        sandbox.add_user(email="ada@example.com", name="Ada"),
        sandbox.add_user(email="old@example.com", name="Old", status="expired"),
    ]
    plan = planned(account, person("ada@example.com", "Ada K"), person("old@example.com", "Old"))
    for user_id in ids:
        set_columns(sandbox, user_id, state="inactive")
    assert statuses(account.users.apply(plan)) == ["stale", "blocked"]
    assert account.done == []


def test_invited_otherwise(account: Account) -> None:
    """Who was invited or became active otherwise than planned is stale, and told with what differs."""
    sandbox = account.sandbox
    old = sandbox.add_user(email="old@example.com", name="Old", status="expired")
    modes = {"a": "email_link", "b": "email_link", "c": "none"}
    people = [person(f"{name}@example.com", "New", invite_mode=mode) for name, mode in modes.items()]
    plan = planned(account, *people, person("old@example.com", "New"))
    sandbox.add_user(email="a@example.com", name="New", role="admin", status="invited")
    sandbox.add_user(email="b@example.com", name="Other")
    sandbox.add_user(email="c@example.com", name="Other", status="invited")
    set_columns(sandbox, old, state="active", role="admin")
    report = account.users.apply(plan)
    assert statuses(report) == ["stale"] * 4
    assert {one.email: one.error for one in report} == {
        "old@example.com": "The user is active already: name is 'Old', not 'New', role is admin, not member; "
        "left alone.",
        "a@example.com": "The user is invited already: role is admin, not member; left alone.",
        "b@example.com": "The user is active already: name is 'Other', not 'New'; left alone.",
        "c@example.com": "The user is invited already: name is 'Other', not 'New'; left alone.",
    }
    assert account.done == []


def test_expired_otherwise(account: Account) -> None:
    """An expired user whose name or role is another than planned is not invited anew."""
    old = account.sandbox.add_user(email="old@example.com", name="Old", status="expired")
    plan = planned(account, person("old@example.com", "New"))
    set_columns(account.sandbox, old, role="admin")
    assert statuses(account.users.apply(plan)) == ["stale"]
    assert account.done == []


def test_conflicts(account: Account, place: Place) -> None:
    """Addresses answered with 409 are told apart with few requests, and a plan learns who is blocked."""
    sandbox = account.sandbox
    people = [person(f"{number}@example.com", "New") for number in range(40)]
    for number in range(20):
        sandbox.add_user(email=f"{number}@example.com", name="Gone", status="inactive")
    plan = planned(account, *people)
    for number in range(20, 30):
        sandbox.add_user(email=f"{number}@example.com", name="New")
    seen: list[PlanResult] = []
    report = account.users.apply(plan, **place.files, on_result=seen.append)
    assert statuses(report) == ["blocked"] * 20 + ["unchanged"] * 10 + ["done"] * 10
    assert sorted(map(repr, seen)) == sorted(map(repr, report))
    assert account.recorder.operations.count("list_users") == 1
    again = account.users.plan(roster_of(*STAFF, *people), remove_missing=True, journal=place.journal)
    assert not again
    assert [one.email for one in again.cannot] == [f"{number}@example.com" for number in range(20)]


def test_own_removal(account: Account) -> None:
    """The refusal to delete oneself is told as what no request can do, and the others are removed."""
    gone = account.sandbox.add_user(email="gone@example.com", name="Gone")
    admin = account.sandbox.add_user(email="other@example.com", name="Other", role="admin")
    roster = roster_of(*STAFF[1:], person("other@example.com", "Other", role="admin"))
    plan = account.users.plan(roster, remove_missing=True, max_removals="100%")
    assert {one.user_id for one in plan.actions} == {gone, account.sandbox.users()[0].id}
    assert plan.admins == (admin,)
    seen: list[PlanResult] = []
    report = account.users.apply(plan, on_result=seen.append)
    assert report.counts == {"cannot": 1, "done": 1}
    assert sorted(str(one.status) for one in seen) == ["cannot", "done"]
    (own,) = [one for one in report if one.status is ActionStatus.CANNOT]
    assert own.email == OWNER
    assert "nobody can delete themselves" in own.error
    assert not report.is_complete


@pytest.mark.parametrize(
    ("detail", "status"),
    [
        ("You cannot delete yourself.", "cannot"),
        ("Users may not remove their own account", "cannot"),
        ("CANNOT_DELETE_SELF", "cannot"),
        ("Self-hosted deployments do not delete users", "failed"),
        ("You cannot delete users outside your organization", "failed"),
    ],
)
def test_words_of_own_removal(answered: Any, detail: str, status: str) -> None:
    """The API's words tell the refusal to delete oneself from another, whether it is 400 or 403."""
    code = iter([400, 403] * 2)
    account = answered(
        lambda request: problem(next(code), detail=detail) if request.method == "DELETE" else None
    )
    account.sandbox.add_users(2)
    assert statuses(account.users.apply(planned(account))) == [status] * 2


def test_own_removal_in_other_words(answered: Any) -> None:
    """One removal that is refused while others succeed is that of the caller, in whatever words."""
    refused: list[str] = []

    def refuse(request: httpx.Request) -> Any:
        is_own = request.method == "DELETE" and request.url.path.endswith(tuple(refused))
        return problem(403, title="Forbidden") if is_own else None

    account = answered(refuse)
    ids = [account.sandbox.add_user(email=f"{number}@example.com", name="Gone") for number in range(4)]
    plan = planned(account)
    refused.append(ids[1])
    report = account.users.apply(plan, max_concurrency=1)
    assert statuses(report) == ["done", "cannot", "done", "done"]


def test_several_refused_removals(answered: Any) -> None:
    """Removals of several that are refused are failures: the key may not remove them."""
    refused: list[str] = []

    def refuse(request: httpx.Request) -> Any:
        is_one = request.method == "DELETE" and request.url.path.endswith(tuple(refused))
        return problem(403, title="Forbidden") if is_one else None

    account = answered(refuse)
    ids = [account.sandbox.add_user(email=f"{number}@example.com", name="Gone") for number in range(12)]
    plan = planned(account)
    refused += ids[1:3]
    report = account.users.apply(plan, max_concurrency=1)
    assert report.counts == {"done": 10, "failed": 2}
    refused[:] = ids
    account.sandbox.clear_log()
    for user_id in ids:
        set_columns(account.sandbox, user_id, state="active")
    report = account.users.apply(plan, max_concurrency=1)
    assert report.counts == {"failed": 8, "not_attempted": 4}


# What it refuses


def test_arguments(account: Account, place: Place) -> None:
    """Arguments that cannot be right are refused before any request, and make no file."""
    plan = planned(account, person("new@example.com", "New"))
    wrongs: list[dict[str, Any]] = [
        {"journal": 3},
        {"journal": ""},
        {"passwords": "\0"},
        {"max_concurrency": 0},
        {"on_result": 3},
        {"on_progress": "x"},
        {"outcomes": []},
        {"journal": place.journal, "passwords": str(place.journal)},
        {
            "journal": place.journal,
            "passwords": place.journal.parent / "." / ".." / place.journal.parent.name / place.journal.name,
        },
    ]
    for wrong in wrongs:
        with pytest.raises(InvalidArgumentError):
            account.users.apply(plan, **wrong)
    for no_plan in (None, plan.to_dict(), "plan.json"):
        with pytest.raises(InvalidArgumentError, match="expected a Plan"):
            account.users.apply(no_plan)
    assert account.sent == []
    assert list(place.journal.parent.iterdir()) == []


def test_actions_that_cannot_be_sent(account: Account) -> None:
    """A plan made by hand with actions that cannot be sent is refused with all of them."""
    plan = planned(account, person("new@example.com", "New"))
    invitation = plan.actions[0]
    wrong = [
        Action(kind=ActionKind.INVITE, after={**invitation.after, "email": "nobody"}),
        Action(kind=ActionKind.INVITE, after={"email": "a@example.com"}),
        Action(kind=ActionKind.UPDATE, user_id="", after={"name": "x"}),
        Action(kind=ActionKind.UPDATE, user_id="u1"),
        Action(kind=ActionKind.REMOVE, user_id=".."),
        Action(kind=ActionKind.REMOVE),
    ]
    with pytest.raises(InvalidArgumentError) as caught:
        account.users.apply(evolve(plan, actions=(*plan.actions, *wrong)))
    assert [one.index for one in (caught.value, *caught.value.others)] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(InvalidArgumentError):
        account.users.apply(evolve(plan, witnesses=("a@example.com",)))
    assert account.sent == []


def test_refused_plan(account: Account, place: Place) -> None:
    """A plan that guards refuse is refused before any request, with each and what would satisfy it."""
    account.sandbox.add_users(5)
    plan = planned(account, person("new@example.com", "New"), max_removals=2, min_admins=9)
    with pytest.raises(PlanRefusedError) as caught:
        account.users.apply(plan, **place.files)
    assert {one.guard for one in caught.value.refusals} == {"max_removals", "min_admins"}
    for refusal in plan.refusals:
        assert refusal.message in str(caught.value)
        assert refusal.remedy in str(caught.value)
    assert account.sent == []
    assert not place.journal.exists()


def test_no_file_for_passwords(account: Account, place: Place) -> None:
    """A plan with temporary passwords is refused without a file for them."""
    plan = planned(account, person("new@example.com", "New", invite_mode="temporary_password"))
    with pytest.raises(PlanRefusedError, match="1 temporary password would be issued") as caught:
        account.users.apply(plan, journal=place.journal)
    assert [one.guard for one in caught.value.refusals] == ["passwords"]
    assert account.sent == []
    assert not place.journal.exists()


def test_another_endpoint(account: Account, place: Place, connect: Connect) -> None:
    """A plan of another endpoint is refused before any request: another host, or account in memory."""
    plan = planned(account, person("new@example.com", "New"))
    hosted = connect(lambda _: problem(500), base_url="https://api.example.com", judged=False)
    local = connect(None, base_url="sandbox:")
    for client in (hosted, local):
        with pytest.raises(PlanRefusedError, match="the plan was made for") as caught:
            client.users.apply(plan, **place.files)
        assert [one.guard for one in caught.value.refusals] == ["account"]
    assert hosted.recorder.sent == []
    assert local.real.sandbox.requests == []
    other = connect(None, base_url="sandbox:")
    own = local.users.plan(roster_of(person("new@example.com", "New")))
    with pytest.raises(PlanRefusedError, match="the plan was made for"):
        other.users.apply(own, **place.files)
    assert other.real.sandbox.requests == []
    assert not place.journal.exists()
    assert statuses(local.users.apply(own, **place.files)) == ["done"]


def test_another_account(account: Account, place: Place) -> None:
    """An account at the same endpoint that has none of the plan's oldest users is refused."""
    plan = planned(account, person("new@example.com", "New"))
    assert len(plan.witnesses) == 3
    with pytest.raises(PlanRefusedError, match="has none of the 2 users") as caught:
        account.users.apply(evolve(plan, witnesses=("nobody", "none")), **place.files)
    assert [one.guard for one in caught.value.refusals] == ["account"]
    assert account.recorder.operations == ["get_user", "get_user"]
    assert account.done == []
    known = evolve(plan, witnesses=("nobody", plan.witnesses[2]))
    assert statuses(account.users.apply(known)) == ["done"]


def test_without_witnesses(account: Account) -> None:
    """A plan that leaves nobody in place has nobody to know the account by, and is applied."""
    plan = evolve(planned(account, person("new@example.com", "New")), witnesses=())
    assert statuses(account.users.apply(plan)) == ["done"]


def test_witness_that_cannot_be_asked_for(answered: Any) -> None:
    """Where the account cannot be told, because something between answers, nothing is changed."""
    account = answered(
        lambda request: problem(404, title="Not Found", detail="no route") if _is_get(request) else None
    )
    plan = planned(account, person("new@example.com", "New"))
    account = answered(lambda request: html(404) if _is_get(request) else None)
    with pytest.raises(NotFoundError):
        account.users.apply(plan)
    assert account.done == []


def _is_get(request: httpx.Request) -> bool:
    return request.method == "GET" and request.url.path != "/v2/users"


def test_admins_are_counted_again(account: Account) -> None:
    """Nobody is invited or removed where fewer of the admins counted on are left than min_admins asks for."""
    sandbox = account.sandbox
    owner = sandbox.users()[0].id
    other = sandbox.add_user(email="other@example.com", name="Other", role="admin")
    third = sandbox.add_user(email="third@example.com", name="Third", role="admin")
    sandbox.add_user(email="gone@example.com", name="Gone")
    admins = [
        person("other@example.com", "Other", role="admin"),
        person("third@example.com", "Third", role="admin"),
    ]
    plan = planned(account, *admins, person("new@example.com", "New"), min_admins=2)
    assert plan.admins == (owner, other, third)
    set_columns(sandbox, third, role="member")
    set_columns(sandbox, other, state="inactive")
    with pytest.raises(PlanRefusedError, match="1 of the 3 admins") as caught:
        account.users.apply(plan)
    assert [one.guard for one in caught.value.refusals] == ["min_admins"]
    assert account.done == []
    set_columns(sandbox, other, state="active")
    assert statuses(account.users.apply(plan)) == ["done", "done"]


def test_admins_lost_meanwhile(answered: Any) -> None:
    """The admins are counted again before the first removal: where they are lost, nobody is removed."""

    def demote(request: httpx.Request) -> None:
        if request.method == "POST":
            set_columns(account.sandbox, other, role="member")

    account = answered(demote)
    other = account.sandbox.add_user(email="other@example.com", name="Other", role="admin")
    account.sandbox.add_user(email="gone@example.com", name="Gone")
    people = [person("other@example.com", "Other", role="admin"), person("new@example.com", "New")]
    plan = planned(account, *people, min_admins=2)
    outcomes = Outcomes()
    with pytest.raises(PlanRefusedError, match="nobody is removed"):
        account.users.apply(plan, outcomes=outcomes)
    assert [str(one.status) for one in outcomes.results] == ["done", "not_attempted"]
    assert "min_admins" in str(outcomes.results[1].error)
    assert ("delete", "gone@example.com") not in account.done


def test_refused_key(answered: Any, place: Place) -> None:
    """A key that is refused is told; after that no removal begins, and a later run goes on."""
    refusing = [False]

    def refuse(request: httpx.Request) -> Any:
        is_last = request.method == "POST" and b"last@" in request.read()
        return problem(401) if refusing[0] and is_last else None

    account = answered(refuse)
    account.sandbox.add_user(email="gone@example.com", name="Gone")
    plan = planned(account, person("new@example.com", "New"), person("last@example.com", "Last"))
    refusing[0] = True
    outcomes = Outcomes()
    with pytest.raises(UnauthorizedError):
        account.users.apply(plan, **place.files, max_concurrency=1, outcomes=outcomes)
    assert [str(one.status) for one in outcomes.results] == ["done", "failed", "not_attempted"]
    refusing[0] = False
    assert statuses(account.users.apply(plan, **place.files)) == ["done"] * 3
    assert sorted(account.done) == sorted(
        [("create", "new@example.com"), ("create", "last@example.com"), ("delete", "gone@example.com")]
    )


def test_refused_key_in_the_midst_of_removals(answered: Any) -> None:
    """Where a key is refused while people are removed, no further removal begins."""
    count = [0]

    def refuse(request: httpx.Request) -> Any:
        count[0] += request.method == "DELETE"
        return problem(401) if request.method == "DELETE" and count[0] == 3 else None

    account = answered(refuse)
    account.sandbox.add_users(8)
    plan = planned(account)
    outcomes = Outcomes()
    with pytest.raises(UnauthorizedError):
        account.users.apply(plan, max_concurrency=1, outcomes=outcomes)
    assert [str(one.status) for one in outcomes.results] == ["done"] * 2 + ["failed"] + ["not_attempted"] * 5
    assert outcomes.pending_ids == [one.user_id for one in plan.actions[3:]]


def test_refused_first(answered: Any) -> None:
    """A key that may not invite is told after eight answers, and the rest is not attempted."""
    account = answered(lambda request: problem(403) if request.method == "POST" else None)
    plan = planned(account, *[person(f"{number}@example.com", "New") for number in range(12)])
    report = account.users.apply(plan, max_concurrency=1)
    assert report.counts == {"failed": 8, "not_attempted": 4}


def test_failures_are_results(answered: Any) -> None:
    """A failure of one is a result with its reason, and the others are done."""

    def refuse(request: httpx.Request) -> Any:
        body = request.read() if request.method == "PATCH" else b""
        return problem(500) if b"Bad" in body else problem(422) if b"Worse" in body else None

    account = answered(refuse)
    for name in ("a", "b", "c"):
        account.sandbox.add_user(email=f"{name}@example.com", name=name)
    people = [
        person("a@example.com", "Bad"),
        person("b@example.com", "Good"),
        person("c@example.com", "Worse"),
    ]
    lost, done, refused = account.users.apply(planned(account, *people))
    assert [lost.status, done.status, refused.status] == ["unknown", "done", "failed"]
    assert "500" in lost.error
    assert "422" in refused.error


def test_look_that_fails(answered: Any) -> None:
    """Who cannot be looked at is not changed, and has failed with the reason."""
    broken: list[str] = []
    account = answered(
        lambda request: (
            problem(500) if _is_get(request) and request.url.path.endswith(tuple(broken)) else None
        )
    )
    user_id = account.sandbox.add_user(email="a@example.com", name="A")
    plan = planned(account, person("a@example.com", "B"))
    broken.append(user_id)
    (result,) = account.users.apply(plan)
    assert result.status is ActionStatus.FAILED
    assert account.done == []
