"""Bulk create: what is created, what is told of each, and what nobody is told."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from support.account import Account, Connect
from support.answers import SECRET, Answer, html, ok, page, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import (
    BulkCreateResult,
    CreationStatus,
    CustomUserRole,
    InvalidArgumentError,
    NewUser,
    Outcomes,
    UnauthorizedError,
    User,
    assign_custom_role,
)
from arize_users._core.request import Request, RequestFailed
from arize_users._users.bulk_create import bulk_create
from arize_users._users.operations import Operations
from arize_users.config import resolve
from arize_users.sandbox import Sandbox

CREATED, UNKNOWN, FAILED = CreationStatus.CREATED, CreationStatus.UNKNOWN, CreationStatus.FAILED
INVITED, ACTIVE = CreationStatus.ALREADY_INVITED, CreationStatus.ALREADY_ACTIVE
BLOCKED = CreationStatus.BLOCKED


def new(email: str, **changes: Any) -> NewUser:
    """Give someone to be created."""
    return NewUser(**{"email": email, "name": "Ada", "role": "member", **changes})


def _run(answers: Any, *people: NewUser, retries: int = 0, case: str = "lower", **options: Any) -> Any:
    """Create people in simulated time; give the simulation and the results."""
    settings = resolve(api_key="k", max_retries=retries, enum_case=case, environ={})
    simulated = SimulatedDriver(answers, **options)
    batch = bulk_create(
        Operations.of(settings),
        people,
        max_concurrency=1,
        on_result=None,
        on_progress=None,
        outcomes=None,
    )
    return simulated, simulated.run(batch.run())


def test_created(account: Account) -> None:
    """Each user is created as given: name without blanks and in NFC, any role, any mode, any flag."""
    account.sandbox.add_custom_role("r1", "Reviewer")
    people = [
        new("a@acme.com", name="  Zoe\u0308  "),
        new("b@acme.com", role="ANNOTATOR", is_developer=True),
        new("c@acme.com", role="admin", is_developer=False, invite_mode="none"),
        new("d@acme.com", role=assign_custom_role("r1"), invite_mode="TEMPORARY_PASSWORD"),
    ]
    results = account.users.bulk_create(iter(people), max_concurrency=2)
    assert [one.status for one in results] == [CREATED] * 4
    assert [one.email for one in results] == [one.email for one in people]
    made = {one.email: one for one in account.sandbox.users()}
    assert [one.user_id for one in results] == [made[one.email].id for one in people]
    assert made["a@acme.com"].name == "Zo\xeb"
    assert [made[one.email].is_developer for one in people[1:3]] == [True, False]
    assert str(made["c@acme.com"].status).lower() == "active"
    assert isinstance(results[3].user.role, CustomUserRole)
    assert [one.user.is_developer for one in results[1:3]] == [True, False]
    assert all(one.error is None for one in results)
    assert len(account.recorder.take_deviations()) == (account.case == "upper")


def test_who_has_the_address_already(account: Account) -> None:
    """Invited, active, expired and deleted users are told apart, the conflicts by one look-up afterwards."""
    add = account.sandbox.add_user
    statuses = ("invited", "active", "expired", "inactive")
    ids = {one: add(email=f"{one}@acme.com", name="Ada", status=one) for one in statuses}
    results = account.users.bulk_create([new(f"{one}@acme.com") for one in (*statuses, "new")])
    assert [one.status for one in results] == [INVITED, ACTIVE, CREATED, BLOCKED, CREATED]
    assert [one.user_id for one in results[:3]] == [ids[one] for one in statuses[:3]]
    assert results[3].user is None
    assert "cannot return" in results[3].error
    assert account.recorder.operations == ["create_user"] * 5 + ["list_users"] * 2
    assert isinstance(results[1].user, User)


def test_conflicts_of_one_domain_cost_few_requests(account: Account) -> None:
    """Who has 60 addresses of one domain that the API refuses is found out with a few list requests."""
    for number in range(60):
        account.sandbox.add_user(email=f"p{number}@acme.com", name="Ada")
    results = account.users.bulk_create([new(f"P{number}@acme.com") for number in range(60)])
    assert {one.status for one in results} == {ACTIVE}
    assert account.recorder.operations.count("list_users") <= 8


def test_differences(account: Account) -> None:
    """Of a user who was there before it is told what is not as asked for; nothing is changed or sent."""
    account.sandbox.add_user(email="i@acme.com", name="Old", role="admin", status="invited")
    account.sandbox.add_user(email="a@acme.com", name="Ada", role="annotator")
    asked = {"is_developer": False, "role": "member"}
    invited, active, password, owner = account.users.bulk_create(
        [
            new("I@acme.com", **asked),
            new("a@acme.com", **asked),
            new("i@ACME.com.au", **asked),
            new("owner@sandbox.example", role="admin"),
        ]
    )
    assert (invited.status, active.status, password.status) == (INVITED, ACTIVE, CREATED)
    assert {**invited.differences, "role": invited.differences["role"].name} == {
        "name": "Old",
        "role": "admin",
        "is_developer": True,
    }
    assert list(active.differences) == ["role"]
    assert "role" in active.error
    assert "users.update changes name and is_developer" in invited.error
    assert owner.status is ACTIVE
    assert password.differences == {}
    assert len(account.recorder.take_deviations()) == (account.case == "upper")


def test_what_an_invited_user_does_not_get(account: Account) -> None:
    """No password is issued for an invited user, and none becomes active: both are told as differences."""
    account.sandbox.add_user(email="p@acme.com", name="Ada", status="invited")
    account.sandbox.add_user(email="n@acme.com", name="Ada", status="invited")
    password, none = account.users.bulk_create(
        [new("p@acme.com", invite_mode="temporary_password"), new("n@acme.com", invite_mode="none")]
    )
    assert (password.status, none.status) == (INVITED, INVITED)
    assert password.differences == {"temporary_password": None}
    assert password.temporary_password is None
    assert none.differences == {"status": "invited"}
    assert [one for one in account.sandbox.outbox if one.to in ("p@acme.com", "n@acme.com")] == []


# Twins and other input that cannot be right


TWINS = [
    ("ada@acme.com", "ADA@ACME.COM"),
    ("zo\xeb@acme.com", "zoe\u0308@acme.com"),
    ("a@m\xfcller.de", "a@xn--mller-kva.de"),
    ("a@M\xdcLLER.de", "A@mu\u0308ller.de"),
    (" ada@acme.com", "ada@acme.com "),
]


@pytest.mark.parametrize("twins", TWINS)
def test_two_entries_for_one_person(connect: Connect, twins: tuple[str, str]) -> None:
    """Two spellings of one person's address are refused before any request, with their places."""
    client = connect([])
    with pytest.raises(InvalidArgumentError) as caught:
        client.users.bulk_create([new("x@acme.com"), new(twins[0]), new(twins[1])])
    assert (caught.value.argument, caught.value.index) == ("users", 2)
    assert "users[1]" in str(caught.value)
    assert client.recorder.sent == []


def test_all_problems_at_once(connect: Connect) -> None:
    """All that is wrong with all users is told at once, with places and fields, and nothing is sent."""
    client = connect([])
    people: list[Any] = [
        new("a@acme.com"),
        new("no address", name=" ", role="boss", invite_mode="pigeon", is_developer="yes"),
        new("A@acme.com", name=None),
        "b@acme.com",
    ]
    with pytest.raises(InvalidArgumentError) as caught:
        client.users.bulk_create(people)
    problems = [caught.value, *caught.value.others]
    assert [one.index for one in problems] == [1, 1, 1, 1, 1, 2, 2, 3]
    fields = [one.message.partition(":")[0] for one in problems[:7]]
    assert fields == ["email", "name", "role", "invite_mode", "is_developer", "name", "email"]
    assert len(str(caught.value).splitlines()) == 8
    assert client.recorder.sent == []


# Answers that are lost or refused


def test_lost_answer(connect: Connect) -> None:
    """A create whose answer is lost is UNKNOWN and says how to find out."""
    broken = RequestFailed("reset", sent=True)
    _, (link,) = _run([broken], new("a@acme.com"))
    _, (password,) = _run([broken], new("a@acme.com", invite_mode="temporary_password"))
    assert (link.status, password.status) == (UNKNOWN, UNKNOWN)
    assert "users.get(user='a@acme.com') shows whether the user exists" in link.error
    assert "cannot be had again" in password.error
    assert link.user is password.user is None


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ({}, UNKNOWN),
        ({"name": "Another"}, UNKNOWN),
        ({"role": {"type": "predefined", "name": "admin"}}, INVITED),
    ],
)
def test_user_found_after_a_lost_answer(shown: dict[str, Any], status: CreationStatus) -> None:
    """Where the first answer is lost and the second shows an invited user, no one claims to know who did it.

    A user with another role was there before: no create of this call made that one.
    """
    answers = [
        html(502),
        ok(user(status="invited", name="Ada", **shown) if "name" not in shown else user(**shown)),
    ]
    simulated, (result,) = _run(answers, new("ada@example.com"), retries=2)
    assert len(simulated.sent) == 2
    assert result.status is status
    assert result.user.created is None
    assert "users.resend_invitation" in result.error or status is INVITED


def test_no_create_is_repeated_that_may_have_issued_a_password() -> None:
    """A create that may have been carried out is sent once where it would issue another password."""
    for mode in ("temporary_password", "none"):
        simulated, (result,) = _run([html(504)], new("a@acme.com", invite_mode=mode), retries=3)
        assert (len(simulated.sent), result.status) == (1, UNKNOWN)


@pytest.mark.parametrize("answer", [problem(403), html(502), html(200), RequestFailed("x", sent=True)])
def test_refused_look_up(answer: Answer) -> None:
    """Where the look-up of a conflict fails, the result is FAILED and says what is known."""
    _, (result,) = _run([problem(409), *[answer] * 2], new("a@acme.com"))
    assert result.status is FAILED
    assert "active, an invited or a deleted user" in result.error


def test_key_refused_in_the_look_up() -> None:
    """A key that is refused only when conflicts are looked up takes no outcome away."""
    _, results = _run(
        [ok(user(status="invited"), 201), problem(409), problem(401)], new("a@a.co"), new("b@a.co")
    )
    assert [one.status for one in results] == [CREATED, FAILED]
    assert "401" in results[1].error


def test_ambiguous_conflict() -> None:
    """An address that two users have is FAILED, and names both."""
    two = ok(page([user(id="1", email="A@acme.com"), user(id="2", email="a@ACME.com")]))
    _, (result,) = _run([problem(409), two], new("a@acme.com"))
    assert result.status is FAILED
    assert "'1'" in result.error
    assert "'2'" in result.error


def test_conflict_of_something_between(connect: Connect) -> None:
    """A 409 that is not the API's own says nothing of a user: FAILED, and nobody is looked up."""
    client = connect([html(409)])
    (result,) = client.users.bulk_create([new("a@acme.com")])
    assert result.status is FAILED
    assert client.recorder.operations == ["create_user"]


@pytest.mark.parametrize(
    ("mode", "shown", "status"),
    [
        ("email_link", {"status": None}, ACTIVE),
        ("none", {"status": None}, FAILED),
        ("none", {"status": "expired"}, FAILED),
        ("email_link", {"status": "suspended"}, FAILED),
    ],
)
def test_status_that_tells_nothing(mode: str, shown: dict[str, Any], status: CreationStatus) -> None:
    """Where the look-up shows no status, or one that does not explain a conflict, nothing is guessed."""
    listed = ok(page([user(email="a@acme.com", **shown)]))
    _, (result,) = _run([problem(409), listed], new("a@acme.com", invite_mode=mode))
    assert result.status is status


def test_conflict_with_another_spelling() -> None:
    """An address that the account has in another spelling of its domain is not taken for a blocked one."""

    def respond(request: Request, _: float) -> Answer:
        if request.operation == "create_user":
            return problem(409)
        listed = [user(email="a@xn--mller-kva.de")] if "xn--" in (request.params or {})["email"] else []
        return ok(page(listed))

    _, (result,) = _run(respond, new("a@m\xfcller.de"))
    assert result.status is ACTIVE


def test_interrupted_while_conflicts_are_looked_up() -> None:
    """An interrupt before conflicts are told apart leaves them FAILED, with the API's refusal."""
    outcomes = Outcomes()
    simulated = SimulatedDriver(
        lambda request, _: problem(409) if request.operation == "create_user" else ok(page()), latency=1.0
    )
    simulated.interrupt_at(1001.5, KeyboardInterrupt())
    batch = bulk_create(
        Operations.of(resolve(api_key="k", enum_case="lower", environ={})),
        [new("a@acme.com")],
        max_concurrency=1,
        on_result=None,
        on_progress=None,
        outcomes=outcomes,
    )
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch.run())
    (result,) = outcomes.results
    assert result.status is FAILED
    assert "409" in (result.error or "")


# is_developer


def _requests(account: Account) -> tuple[int, int]:
    operations = account.recorder.operations
    return operations.count("create_user"), operations.count("update_user")


def test_developers(account: Account) -> None:
    """is_developer is as asked for in both generations; one refused create finds out, none for each user.

    An update is sent only for those who are not as asked for by the default of their role.
    """
    asked = [
        ("member", True),
        ("member", False),
        ("admin", True),
        ("admin", False),
        ("annotator", True),
        ("annotator", False),
        ("member", None),
    ]
    people = [new(f"{n}@acme.com", role=role, is_developer=flag) for n, (role, flag) in enumerate(asked)]
    results = account.users.bulk_create(people, max_concurrency=4)
    assert {one.status for one in results} == {CREATED}
    made = {one.email: one.is_developer for one in account.sandbox.users()}
    wanted = [flag if flag is not None else True for _, flag in asked]
    assert [made[one.email] for one in people] == wanted
    assert [one.user.is_developer for one in results] == wanted
    assert _requests(account) == ((7, 0) if account.case == "lower" else (8, 3))
    account.users.bulk_create([new("more@acme.com", is_developer=False)])
    assert _requests(account) == ((8, 0) if account.case == "lower" else (9, 4))
    assert len(account.recorder.take_deviations()) == (account.case == "upper")


def test_developers_of_a_client_that_knows_nothing(connect: Connect) -> None:
    """A new client finds out both the case and whether is_developer is taken with a few requests."""
    with Sandbox(enum_case="upper") as sandbox:
        client = connect(sandbox, case="upper", judged=False)
        people = [new(f"{number}@acme.com", is_developer=False) for number in range(20)]
        results = client.users.bulk_create(people, max_concurrency=8)
        assert {one.status for one in results} == {CREATED}
        assert client.recorder.operations.count("create_user") <= 23
        made = {one.email: one.is_developer for one in sandbox.users()}
        assert not any(made[one.email] for one in people)


def test_developer_that_cannot_be_set() -> None:
    """Where the update after a create fails, the user is CREATED, and told as not set, with how to set it."""
    refusal = problem(400, detail="is_developer is not accepted here.")
    created = ok(user(id="u1", status="INVITED", is_developer=True, temporary_password=SECRET), 201)
    person = new("ada@example.com", is_developer=False, invite_mode="temporary_password")
    for answer in (problem(403), problem(500), html(502), RequestFailed("x", sent=True), problem(401)):
        simulated, (result,) = _run([refusal, created, answer], person, case="upper")
        assert result.status is CREATED
        assert "is_developer is not set" in result.error
        assert "users.update(user_id='u1', is_developer=False)" in result.error
        assert SECRET not in result.error
        assert result.temporary_password == SECRET
        assert [request.operation for _, request in simulated.sent][-1] == "update_user"


@pytest.mark.parametrize(("moment", "told"), [(1001.5, 1), (1003.0, 0)])
def test_interrupted_before_the_developer_is_set(moment: float, told: int) -> None:
    """An interrupt between create and update loses neither the user nor the password, and says what to do.

    It is told at once, unless the update was under way.
    """
    answers = {"create_user": ok(user(id="u1", is_developer=True, temporary_password=SECRET), 201)}

    def respond(request: Request, _: float) -> Answer:
        if "is_developer" in (request.body or {}) and request.operation == "create_user":
            return problem(400, detail="is_developer is not accepted here.")
        return answers.get(request.operation) or ok(user())

    outcomes, seen = Outcomes(), list[BulkCreateResult]()
    simulated = SimulatedDriver(
        respond, latency=lambda request: 3600.0 if request.operation == "update_user" else 1.0
    )
    simulated.interrupt_at(moment, KeyboardInterrupt())
    batch = bulk_create(
        Operations.of(resolve(api_key="k", enum_case="upper", environ={})),
        [new("ada@example.com", is_developer=False, invite_mode="temporary_password")],
        max_concurrency=1,
        on_result=seen.append,
        on_progress=None,
        outcomes=outcomes,
    )
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch.run())
    (result,) = outcomes.results
    assert isinstance(result, BulkCreateResult)
    assert (result.status, result.temporary_password) == (CREATED, SECRET)
    assert "is_developer=False) sets it" in (result.error or "")
    assert [one.temporary_password for one in seen] == [SECRET] * told


def test_server_that_ignores_the_flag() -> None:
    """A deployment that takes is_developer and does not heed it gets an update, too."""
    created = ok(user(id="u1", is_developer=True), 201)
    simulated, (result,) = _run(
        [created, ok(user(id="u1", is_developer=False))], new("a@a.co", is_developer=False)
    )
    assert (result.status, result.error, result.user.is_developer) == (CREATED, None, False)
    assert [request.operation for _, request in simulated.sent] == ["create_user", "update_user"]


@pytest.mark.parametrize(
    ("role", "flag", "updates"),
    [("member", True, 0), ("annotator", False, 0), ("member", False, 1), (CustomUserRole(id="r"), True, 1)],
)
def test_answers_without_the_flag(role: Any, flag: bool, updates: int) -> None:
    """Where answers leave is_developer out, the default of a predefined role needs no update."""

    def respond(request: Request, _: float) -> Answer:
        if "is_developer" in (request.body or {}) and request.operation == "create_user":
            return problem(400, detail="is_developer is not accepted here.")
        return ok(user(is_developer=None), 201 if request.operation == "create_user" else 200)

    simulated, (result,) = _run(respond, new("a@a.co", role=role, is_developer=flag), case="upper")
    assert (result.status, result.error) == (CREATED, None)
    assert [request.operation for _, request in simulated.sent].count("update_user") == updates


def test_other_refusals_are_no_news_of_the_flag() -> None:
    """A create that is refused with and without is_developer is FAILED by what the last refusal says."""
    answers = [problem(400, detail="Nope."), problem(400, detail="The domain is not allowed.")]
    _, (result,) = _run(answers, new("a@a.co", is_developer=True), case="upper")
    assert result.status is FAILED
    assert "The domain is not allowed" in result.error


# Passwords


def test_passwords_are_kept_secret(
    account: Account, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A temporary password is in the result alone: in no repr, document, log line or outcome's text."""
    caplog.set_level(logging.DEBUG)
    seen: list[Any] = []
    outcomes = Outcomes()
    results = account.users.bulk_create(
        [new(f"{number}@acme.com", invite_mode="temporary_password") for number in range(3)],
        on_result=seen.append,
        on_progress=seen.append,
        outcomes=outcomes,
    )
    passwords = [one.temporary_password for one in results]
    assert len({*passwords}) == 3
    assert [one.user.temporary_password for one in results] == passwords
    shown = f"{results!r}{seen!r}{outcomes!r}{outcomes.to_dict()}{results[0].to_json()}{caplog.text}"
    shown += "".join(capsys.readouterr())
    assert not [one for one in passwords if one in shown]


def test_unauthorized_first(connect: Connect) -> None:
    """A key that is refused at the first create is an error, and no one is looked up."""
    client = connect(lambda _: problem(401))
    with pytest.raises(UnauthorizedError):
        client.users.bulk_create([new("a@a.co", is_developer=True), new("b@a.co")])
    assert "list_users" not in client.recorder.operations
