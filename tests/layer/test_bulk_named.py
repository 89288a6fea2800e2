"""Bulk calls on users who are named by id, by email or as a User: get, resend, update."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.account import Account, Connect
from support.answers import Answer, Reply, html, ok, page, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import (
    BulkGetResult,
    BulkProgress,
    InvalidArgumentError,
    LookupStatus,
    NotFoundError,
    Outcomes,
    User,
    UserUpdate,
    WriteStatus,
)
from arize_users._core.request import Request, RequestFailed
from arize_users._users.bulk import bulk_get, bulk_resend_invitation
from arize_users._users.bulk_update import bulk_update

from .simulated_calls import operations_of

DONE, NOT_FOUND, FAILED = WriteStatus.DONE, WriteStatus.NOT_FOUND, WriteStatus.FAILED
UNKNOWN, NOT_ATTEMPTED = WriteStatus.UNKNOWN, WriteStatus.NOT_ATTEMPTED
NOBODY = "VXNlcjo5OTk5OTk="


def _add(account: Account, *emails: str, **fields: Any) -> list[str]:
    return [account.sandbox.add_user(email=email, name="A", **fields) for email in emails]


def _options(**options: Any) -> dict[str, Any]:
    return {"max_concurrency": 4, "on_result": None, "on_progress": None, "outcomes": None, **options}


# Get


def test_get(account: Account) -> None:
    """Each input has its user, found by id or by email, or is NOT_FOUND, ids first, in the caller's order."""
    ada, bob, eve = _add(account, "ada@acme.com", "bob@acme.com", "eve@acme.org")
    results = account.users.bulk_get(
        user_ids=[bob, NOBODY], emails=["nobody@acme.com", "EVE@acme.org", "ada@acme.com"]
    )
    assert [(one.user_id, one.email, str(one.status)) for one in results] == [
        (bob, None, "found"),
        (NOBODY, None, "not_found"),
        (None, "nobody@acme.com", "not_found"),
        (eve, "EVE@acme.org", "found"),
        (ada, "ada@acme.com", "found"),
    ]
    assert [one.user and one.user.email for one in results] == [
        "bob@acme.com",
        None,
        None,
        "eve@acme.org",
        "ada@acme.com",
    ]
    assert all(one.error is None for one in results)


def test_get_is_few_requests(account: Account) -> None:
    """100 emails of one domain take a few list requests, and an id whose user they show takes none."""
    ids = _add(account, *(f"p{number}@acme.com" for number in range(100)))
    results = account.users.bulk_get(
        user_ids=ids[:5], emails=[f"P{number}@acme.com" for number in range(100)]
    )
    assert {one.status for one in results} == {LookupStatus.FOUND}
    assert len(results) == 105
    assert set(account.recorder.operations) == {"list_users"}
    assert len(account.sent) <= 3


def test_get_tells_of_users_as_pages_show_them() -> None:
    """on_result and on_progress go on with each page of a domain, not only when all are read."""
    everyone = [user(id=f"id{one}", email=f"p{one}@acme.com") for one in range(30)]

    def respond(request: Request, _: float) -> Answer:
        start = int((request.params or {}).get("cursor", 0))
        following = str(start + 10) if start < 20 else None
        return ok(page(everyone[start : start + 10], next_cursor=following))

    simulated = SimulatedDriver(respond, latency=1.0)
    seen: list[float] = []
    told: list[BulkProgress] = []
    emails = [f"p{one}@acme.com" for one in range(30)]
    batch = bulk_get(
        operations_of(),
        user_ids=None,
        emails=emails,
        **_options(on_result=lambda _: seen.append(simulated.now), on_progress=told.append),
    )
    assert len(simulated.run(batch.run())) == 30
    assert seen == [1001.0] * 10 + [1002.0] * 10 + [1003.0] * 10
    looking = [one.done for one in told if one.phase == "looking up"]
    assert looking == [0, 10, 20, 30]


def test_interrupted_get() -> None:
    """An interrupt loses nobody who was found, also in the middle of a domain; the rest is pending."""
    everyone = [user(id=f"id{one}", email=f"p{one}@acme.com") for one in range(20)]

    def respond(request: Request, _: float) -> Answer:
        start = int((request.params or {}).get("cursor", 0))
        return ok(page(everyone[start : start + 10], next_cursor=str(start + 10)))

    simulated = SimulatedDriver(respond, latency=1.0)
    simulated.interrupt_at(1001.5, KeyboardInterrupt())
    outcomes = Outcomes()
    emails = [f"p{one}@acme.com" for one in range(20)]
    batch = bulk_get(operations_of(), user_ids=["x"], emails=emails, **_options(outcomes=outcomes))
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch.run())
    found = [one for one in outcomes.results if one.status is LookupStatus.FOUND]
    assert len(found) == 20
    assert all(isinstance(one, BulkGetResult) and one.user for one in found)
    assert outcomes.pending_ids == ["x"]


@pytest.mark.parametrize("answer", [problem(403), problem(500), html(404), RequestFailed("x", sent=True)])
def test_failed_get(answer: Answer) -> None:
    """Whoever could not be asked for is FAILED with the reason; no 404 but the API's own is NOT_FOUND."""
    batch = bulk_get(operations_of(0), user_ids=["a"], emails=["b@b.co"], **_options())
    results = SimulatedDriver(lambda *_: answer).run(batch.run())
    assert [one.status for one in results] == [LookupStatus.FAILED] * 2
    assert all(one.error for one in results)


def test_two_users_apart_in_case(connect: Connect) -> None:
    """Each of two spellings that name users of their own gets its own; another spelling is ambiguous."""
    listed = ok(page([user(id="1", email="Ada@acme.com"), user(id="2", email="ada@acme.com")]))
    client = connect(lambda _: listed)
    results = client.users.bulk_get(emails=["Ada@acme.com", "ada@acme.com", "ADA@acme.com"])
    assert [one.user_id for one in results] == ["1", "2", None]
    assert results[2].status is LookupStatus.FAILED
    assert "2 users match" in results[2].error


# Invitations


def test_resend(account: Account) -> None:
    """Each invited user gets one mail, however often named; others are told with what to do instead."""
    ada, bob = _add(account, "ada@acme.com", "bob@acme.com", status="invited")
    (eve,) = _add(account, "eve@acme.com", status="active")
    before = len(account.sandbox.outbox)
    results = account.users.bulk_resend_invitation(
        user_ids=[ada, ada, eve, NOBODY], emails=["ADA@acme.com", "Bob@acme.com", "bob@acme.com"]
    )
    assert [(one.user_id, one.email, one.status) for one in results] == [
        (ada, None, DONE),
        (eve, None, FAILED),
        (NOBODY, None, NOT_FOUND),
        (ada, "ADA@acme.com", DONE),
        (bob, "Bob@acme.com", DONE),
    ]
    assert "users.reset_password" in results[1].error
    mails = account.sandbox.outbox[before:]
    assert sorted(one.to for one in mails) == ["ada@acme.com", "bob@acme.com"]


def test_no_mail_is_sent_twice() -> None:
    """A request that may have sent a mail is never repeated: UNKNOWN, with what to do; a 429 is."""
    for answer in (RequestFailed("reset", sent=True), html(502), problem(503, retry_after="1"), html(200)):
        batch = bulk_resend_invitation(operations_of(5), user_ids=["a"], emails=None, **_options())
        simulated = SimulatedDriver([answer])
        (result,) = simulated.run(batch.run())
        assert result.status is UNKNOWN
        assert "mail" in result.error or "200" in result.error
    batch = bulk_resend_invitation(operations_of(5), user_ids=["a"], emails=None, **_options())
    simulated = SimulatedDriver([problem(429), RequestFailed("no", sent=False), ok()])
    assert [one.status for one in simulated.run(batch.run())] == [DONE]


# Update


def test_update(account: Account) -> None:
    """Each user is changed by id, by email or as given before, and the result has the user as it is now."""
    ada, bob, eve = _add(account, "ada@acme.com", "bob@acme.com", "eve@acme.com")
    known = account.users.get(user=eve)
    results = account.users.bulk_update(
        [
            UserUpdate(user=f" {ada} ", name=" Ada  King "),
            UserUpdate(user="BOB@acme.com", is_developer=False),
            UserUpdate(user=known, name="Zoe\u0308", is_developer=False),
            UserUpdate(user=NOBODY, name="x"),
            UserUpdate(user="nobody@acme.com", name="x"),
        ]
    )
    assert [(one.user_id, one.email, one.status) for one in results] == [
        (ada, None, DONE),
        (bob, "BOB@acme.com", DONE),
        (eve, None, DONE),
        (NOBODY, None, NOT_FOUND),
        (None, "nobody@acme.com", NOT_FOUND),
    ]
    assert [one.user.name for one in results[:3]] == ["Ada  King", "A", "Zo\xeb"]
    made = {one.id: one for one in account.sandbox.users()}
    assert [(made[one].name, made[one].is_developer) for one in (ada, bob, eve)] == [
        ("Ada  King", True),
        ("A", False),
        ("Zo\xeb", False),
    ]


KNOWN = User(id="u1", email="Ada@acme.com")


@pytest.mark.parametrize(
    "twins",
    [
        ("u1", " u1"),
        ("ada@acme.com", "ADA@acme.com"),
        ("zo\xeb@acme.com", "zoe\u0308@acme.com"),
        ("a@m\xfcller.de", "a@xn--mller-kva.de"),
        (KNOWN, "u1"),
        (KNOWN, "ada@acme.com"),
        ("ada@acme.com", KNOWN),
        (User(id="u2", email="ada@acme.com"), KNOWN),
        (KNOWN, KNOWN),
    ],
)
def test_two_updates_of_one_user(connect: Connect, twins: tuple[Any, Any]) -> None:
    """Two updates of one user are refused before any request, also by an id and an email of one User."""
    client = connect([])
    updates = [UserUpdate(user="x", name="x"), *(UserUpdate(user=one, name="New") for one in twins)]
    with pytest.raises(InvalidArgumentError) as caught:
        client.users.bulk_update(updates)
    assert (caught.value.argument, caught.value.index) == ("updates", 2)
    assert "updates[1]" in str(caught.value)
    assert client.recorder.sent == []


def test_two_updates_of_one_user_after_look_up(account: Account) -> None:
    """An id and an email that prove to be one user: both are FAILED, nothing is sent for either."""
    ada, _ = _add(account, "ada@acme.com", "bob@acme.com")
    results = account.users.bulk_update(
        [
            UserUpdate(user=ada, name="One"),
            UserUpdate(user="bob@acme.com", name="Bob"),
            UserUpdate(user="ada@acme.com", name="Two"),
        ]
    )
    assert [one.status for one in results] == [FAILED, DONE, FAILED]
    assert "updates[2]" in results[0].error
    assert "updates[0]" in results[2].error
    assert [one.name for one in account.sandbox.users() if one.id == ada] == ["A"]
    assert account.recorder.operations.count("update_user") == 1


def test_all_problems_of_updates(connect: Connect) -> None:
    """All that is wrong with all updates is told at once, with places and fields, and nothing is sent."""
    client = connect([])
    updates: list[Any] = [
        UserUpdate(user="x", name="Fine"),
        UserUpdate(user="a b", name=" ", is_developer="no"),  # type: ignore[arg-type]
        UserUpdate(user="y"),
        UserUpdate(user=User(name="Z"), name="Z"),
        "x",
    ]
    with pytest.raises(InvalidArgumentError) as caught:
        client.users.bulk_update(updates)
    problems = [caught.value, *caught.value.others]
    assert [one.index for one in problems] == [1, 1, 1, 2, 3, 4]
    assert [one.message.partition(":")[0] for one in problems[:5]] == [
        "user",
        "name",
        "is_developer",
        "name",
        "user",
    ]
    assert client.recorder.sent == []


def test_failed_updates() -> None:
    """A refused update is FAILED, one that is not answered UNKNOWN; both say what is so, and others go on."""
    answers: dict[str, Answer] = {"a": problem(403), "b": problem(500), "c": RequestFailed("x", sent=True)}
    updates = [UserUpdate(user=one, name="New") for one in "abcd"]
    simulated = SimulatedDriver(lambda request, _: answers.get(request.path[-1]) or ok(user()))
    batch = bulk_update(operations_of(0), updates, **_options())
    results = simulated.run(batch.run())
    assert [one.status for one in results] == [FAILED, FAILED, UNKNOWN, DONE]
    assert "reading the user shows it" in results[1].error
    assert "reading the user shows it" in results[2].error


def test_interrupted_look_up_of_updates() -> None:
    """While emails are looked up, nobody is changed: everything is pending at an interrupt."""
    outcomes = Outcomes()
    simulated = SimulatedDriver(lambda *_: ok(page()), latency=1.0)
    simulated.interrupt_at(1000.5, KeyboardInterrupt())
    updates = [UserUpdate(user="x", name="x"), UserUpdate(user="a@a.co", name="A")]
    batch = bulk_update(operations_of(), updates, **_options(outcomes=outcomes))
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch.run())
    assert {one.status for one in outcomes.results} == {NOT_ATTEMPTED}
    assert (outcomes.pending_ids, outcomes.pending_emails) == (["x"], ["a@a.co"])


def test_unusable_id_of_the_server() -> None:
    """A user listed with an id that leads elsewhere is FAILED, and nothing is sent for it."""
    for make, given in (
        (bulk_update, ([UserUpdate(user="a@acme.com", name="x")],)),
        (lambda *one, **options: bulk_resend_invitation(*one, user_ids=None, **options), ()),
    ):
        named: dict[str, Any] = {} if given else {"emails": ["a@acme.com"]}
        simulated = SimulatedDriver([ok(page([user(id="..", email="a@acme.com")]))])
        (result,) = simulated.run(make(operations_of(), *given, **named, **_options()).run())
        assert result.status is FAILED


# A User beside an id


def test_users_are_accepted_beside_ids(account: Account) -> None:
    """Every method that names a user takes a User beside an id, and means the user's id."""
    (invited,) = _add(account, "new@acme.com", status="invited")
    ids = _add(account, *(f"p{number}@acme.com" for number in range(5)))
    users = {one.id: one for one in account.users.iter()}
    calls = account.users
    assert calls.get(user=users[ids[0]]).id == ids[0]
    assert calls.update(user_id=users[ids[0]], name="New").name == "New"
    calls.resend_invitation(user_id=users[invited])
    calls.reset_password(user_id=users[ids[1]])
    calls.delete(user_id=users[ids[2]])
    assert [one.user_id for one in calls.bulk_delete(user_ids=[users[ids[3]], ids[4]])] == ids[3:]
    assert [one.status for one in calls.bulk_get(user_ids=[users[ids[0]], ids[0]])] == ["found"]
    assert calls.bulk_resend_invitation(user_ids=[users[invited]])[0].status is DONE
    with pytest.raises(NotFoundError):
        calls.get(user=users[ids[3]])


@pytest.mark.parametrize("without", [User(name="A"), User(id="", name="A")])
def test_user_without_an_id(connect: Connect, without: User) -> None:
    """A User whose id the server left out names nobody: it is refused before any request."""
    client = connect([])
    for refused in (
        lambda: client.users.get(user=without),
        lambda: client.users.update(user_id=without, name="x"),
        lambda: client.users.delete(user_id=without),
        lambda: client.users.bulk_delete(user_ids=[without]),
        lambda: client.users.bulk_get(user_ids=["x", without]),
    ):
        with pytest.raises(InvalidArgumentError):
            refused()
    assert client.recorder.sent == []


def test_names_are_sent_in_one_form(account: Account) -> None:
    """A name is sent without blanks around it and in NFC, by create and update."""
    created = account.users.create(name=" Zoe\u0308 ", email="z@acme.com", role="member", invite_mode="none")
    assert created.name == "Zo\xeb"
    assert account.users.update(user_id=created, name="A\u030a").name == "\xc5"


def test_answer_of_another_user() -> None:
    """A result of bulk_get has the user that the API answered, whatever else the answer holds."""
    reply: Reply = ok(user(id="a", extra_field=1))
    batch = bulk_get(operations_of(), user_ids=["a"], emails=None, **_options())
    (result,) = SimulatedDriver([reply]).run(batch.run())
    assert result.user is not None
    assert result.user.extra == {"extra_field": 1}
    assert result.to_dict()["user"]["id"] == "a"
