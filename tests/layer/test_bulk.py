"""Bulk delete: what is deleted, what is reported, in which order, and which errors end it."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from support.account import Account, Connect
from support.answers import Answer, html, ok, page, problem, user
from support.simulated_driver import SimulatedDriver
from support.transports import Gate, ScriptedTransport, sandbox_transport

from arize_users import BulkUserDeletionResult, DeletionStatus, UnauthorizedError
from arize_users._core.effects import Flow
from arize_users._core.request import Request
from arize_users._users.bulk import bulk_delete
from arize_users.sandbox import Sandbox

from .simulated_calls import operations_of

UNKNOWN = "VXNlcjo5OTk5OTk="
DELETED, NOT_FOUND, FAILED = DeletionStatus.DELETED, DeletionStatus.NOT_FOUND, DeletionStatus.FAILED
UNKNOWN, NOT_ATTEMPTED = DeletionStatus.UNKNOWN, DeletionStatus.NOT_ATTEMPTED


def _add(account: Account, *emails: str) -> list[str]:
    return [account.sandbox.add_user(email=email, name="A") for email in emails]


def _deleted(account: Account) -> list[str]:
    return sorted(email for action, email in account.done if action == "delete")


def batch_of(*, max_retries: int = 0, **arguments: Any) -> Flow[list[BulkUserDeletionResult]]:
    """Give the flow of a bulk delete."""
    given = {"user_ids": None, "emails": None, "max_concurrency": 4, "on_result": None, **arguments}
    return bulk_delete(operations_of(max_retries), **given).run()


def test_by_id(account: Account) -> None:
    """Each id is deleted with one request and reported, in the caller's order, eight at a time by default."""
    ids = account.sandbox.add_users(20)[::-1]
    results = account.users.bulk_delete(user_ids=ids)
    assert results == [BulkUserDeletionResult(user_id=one, status=DELETED) for one in ids]
    assert len(_deleted(account)) == 20
    assert account.recorder.operations == ["delete_user"] * 20
    assert account.recorder.peak <= 8


def test_by_email(account: Account) -> None:
    """Emails are looked up ignoring case before the first DELETE, and reported as the caller spelled them."""
    ada, bob = _add(account, "Ada@acme.com", "bob@example.org")
    results = account.users.bulk_delete(emails=["BOB@example.org", "ada@ACME.com"])
    assert results == [
        BulkUserDeletionResult(user_id=bob, email="BOB@example.org", status=DELETED),
        BulkUserDeletionResult(user_id=ada, email="ada@ACME.com", status=DELETED),
    ]
    assert _deleted(account) == ["Ada@acme.com", "bob@example.org"]
    assert account.recorder.operations == ["list_users"] * 2 + ["delete_user"] * 2


def test_order(account: Account) -> None:
    """Ids come first, then emails, each in the caller's order, whatever became of them."""
    ids = _add(account, *(f"{number}@acme.com" for number in range(6)))
    results = account.users.bulk_delete(
        user_ids=[ids[3], UNKNOWN, ids[0]], emails=["5@acme.com", "nobody@acme.com", "1@acme.com"]
    )
    assert [(one.user_id, one.email, one.status) for one in results] == [
        (ids[3], None, DELETED),
        (UNKNOWN, None, NOT_FOUND),
        (ids[0], None, DELETED),
        (ids[5], "5@acme.com", DELETED),
        (None, "nobody@acme.com", NOT_FOUND),
        (ids[1], "1@acme.com", DELETED),
    ]
    assert all(one.error is None for one in results)


def test_repetitions(account: Account) -> None:
    """One result and one deletion for each distinct input: emails ignoring case, as first spelled."""
    ada, bob = _add(account, "ada@acme.com", "bob@acme.com")
    emails = ["Bob@acme.com", "BOB@ACME.COM", "ada@acme.com", "bob@acme.com"]
    results = account.users.bulk_delete(user_ids=[ada, ada], emails=emails)
    assert [(one.user_id, one.email) for one in results] == [
        (ada, None),
        (bob, "Bob@acme.com"),
        (ada, "ada@acme.com"),
    ]
    assert {one.status for one in results} == {DELETED}
    assert account.recorder.operations.count("delete_user") == 2


@pytest.mark.parametrize(
    ("status", "by_email"), [("invited", DELETED), ("expired", DELETED), ("inactive", NOT_FOUND)]
)
def test_status(account: Account, status: str, by_email: DeletionStatus) -> None:
    """A user who has not accepted can be deleted by email; a blocked one counts as deleted by id only."""
    user_id = account.sandbox.add_user(email="ada@acme.com", name="A", status=status)
    results = account.users.bulk_delete(user_ids=[user_id], emails=["ada@acme.com"])
    assert [one.status for one in results] == [DELETED, by_email]


@pytest.mark.parametrize("count", [1, 10])
def test_longer_addresses(account: Account, count: int) -> None:
    """No user is deleted whose address only contains a given one, also where a whole domain is read."""
    for number in range(count):
        _add(account, f"x{number}@acme.com", f"{number}@acme.com.au", f"{number}@sub.acme.com")
    results = account.users.bulk_delete(emails=[f"{number}@acme.com" for number in range(count)])
    assert {one.status for one in results} == {NOT_FOUND}
    assert _deleted(account) == []


@pytest.mark.parametrize("given", [list, tuple, set, iter, dict.fromkeys, lambda ids: map(str, ids)])
def test_any_iterable(given: Any) -> None:
    """Inputs are any iterable of text, and are not changed."""
    argument = given(["a", "b", "c"])
    before = list(argument) if isinstance(argument, list | tuple | dict) else None
    assert len(SimulatedDriver([ok()] * 3).run(batch_of(user_ids=argument))) == 3
    assert before is None or list(argument) == before


def test_on_result(account: Account) -> None:
    """on_result gets each result once, as it arrives, on the caller's thread, one call at a time."""
    ids = account.sandbox.add_users(30)
    seen: list[BulkUserDeletionResult] = []
    counts: list[int] = []
    threads: set[int] = set()
    inside = threading.Lock()

    def on_result(result: BulkUserDeletionResult) -> None:
        assert inside.acquire(blocking=False)
        threads.add(threading.get_ident())
        seen.append(result)
        counts.append(account.recorder.operations.count("delete_user"))
        inside.release()

    results = account.users.bulk_delete(
        user_ids=[*ids[:20], UNKNOWN],
        emails=[*(f"user{number:05}@example.com" for number in range(15, 31)), "nobody@example.com"],
        max_concurrency=2,
        on_result=on_result,
    )
    assert sorted(map(repr, seen)) == sorted(map(repr, results))
    assert len(results) == 38
    assert threads == {threading.get_ident()}
    assert counts[0] <= 2
    assert counts == sorted(counts)


# Failures are results


def _server(refusals: dict[str, Answer]) -> Any:
    """Delete everyone, except those for whom there is a refusal."""

    def answer(request: httpx.Request) -> Answer:
        if request.method == "GET":
            wanted = request.url.params["email"]
            return ok(page([user(id=f"id-{wanted.partition('@')[0]}", email=wanted)]))
        return refusals.get(request.url.path.rpartition("/")[2], ok())

    return answer


@pytest.mark.parametrize("status", [400, 403, 409, 418, 429, 500, 502, 520, 302])
def test_refusals(status: int) -> None:
    """A refused deletion is FAILED with one line of error, and the batch goes on."""
    answers = [ok(), problem(status, detail="Not\nthis\n\none."), ok()]
    results = SimulatedDriver(answers).run(batch_of(user_ids=["a", "b", "c"], max_concurrency=1))
    assert [(one.user_id, one.status) for one in results] == [("a", DELETED), ("b", FAILED), ("c", DELETED)]
    assert "\n" not in results[1].error
    assert str(status) in results[1].error
    assert "Not this one" in results[1].error


def test_failures_of_all_kinds(connect: Connect) -> None:
    """Whatever goes wrong with one does not touch the others."""
    refusals = {"b": httpx.ReadTimeout(""), "c": html(503), "d": httpx.ConnectError("x"), "e": problem(404)}
    results = connect(_server(refusals)).users.bulk_delete(user_ids=["a", "b", "c", "d", "e", "f"])
    statuses = [DELETED, UNKNOWN, FAILED, FAILED, NOT_FOUND, DELETED]
    assert [one.status for one in results] == statuses
    assert "a look-up by the id shows it" in results[1].error
    assert [bool(one.error) for one in results] == [False, True, True, True, False, False]


@pytest.mark.parametrize("failure", [problem(403), problem(500), html(200)])
def test_failed_look_up(connect: Connect, failure: Answer) -> None:
    """An email whose look-up failed is FAILED, and nobody is deleted for it."""
    client = connect(lambda request: failure if request.method == "GET" else ok())
    results = client.users.bulk_delete(user_ids=["x"], emails=["a@acme.com", "b@acme.org"])
    assert [(one.status, one.user_id) for one in results] == [(DELETED, "x"), (FAILED, None), (FAILED, None)]
    assert client.recorder.operations.count("delete_user") == 1


DOMAIN = [f"{number}@acme.com" for number in range(8)]


@pytest.mark.parametrize("answer", [ok(page([user()], next_cursor="x")), html(200)], ids=["cursor", "body"])
def test_unusable_page_of_a_domain(answer: Answer) -> None:
    """Where a whole domain cannot be read, each of its emails is still looked up."""

    def respond(request: Request, _: float) -> Answer:
        if request.method == "DELETE":
            return ok()
        wanted = request.params["email"]
        return answer if wanted.startswith("@") else ok(page([user(id=wanted[0], email=wanted)]))

    results = SimulatedDriver(respond).run(batch_of(emails=DOMAIN))
    assert {one.status for one in results} == {DELETED}


def test_refused_page_of_a_domain() -> None:
    """A server that refuses to list a domain is not asked for each of its emails, too."""
    simulated = SimulatedDriver([problem(403)])
    assert {one.status for one in simulated.run(batch_of(emails=DOMAIN))} == {FAILED}


@pytest.mark.parametrize(("user_id", "text"), [(None, "without an id"), ("..", "id")])
def test_unusable_id(user_id: str | None, text: str) -> None:
    """A user listed without an id, or with one that leads elsewhere, is FAILED and not deleted."""
    simulated = SimulatedDriver([ok(page([user(id=user_id, email="a@acme.com")]))])
    (result,) = simulated.run(batch_of(emails=["a@acme.com"]))
    assert result.status is FAILED
    assert text in result.error


def test_unusable_id_of_the_server() -> None:
    """An id with blanks around it is another user's without them: it is FAILED, and nobody is deleted."""
    simulated = SimulatedDriver([ok(page([user(id=" u1 ", email="a@acme.com")]))])
    (result,) = simulated.run(batch_of(emails=["a@acme.com"]))
    assert result.status is FAILED
    assert "' u1 '" in result.error


# A refused key


@pytest.mark.parametrize(
    "batch", [{"user_ids": list("abcde")}, {"emails": ["a@acme.com"]}, {"emails": DOMAIN}]
)
def test_key_refused(connect: Connect, batch: dict[str, Any]) -> None:
    """A 401 before anything was deleted is raised, from a look-up or a DELETE, and few requests are sent."""
    client = connect(lambda _: problem(401))
    with pytest.raises(UnauthorizedError):
        client.users.bulk_delete(**batch, max_concurrency=2)
    assert len(client.recorder.sent) <= 2


@pytest.mark.parametrize("known", [problem(401), ok(page([user(id="0", email="0@a0.com")]))])
def test_key_refused_during_look_ups(known: Answer) -> None:
    """A 401 while several emails are looked up is raised; nobody is deleted, and no other is looked up."""
    simulated = SimulatedDriver([known, problem(401), problem(401)], latency=1.0)
    with pytest.raises(UnauthorizedError):
        simulated.run(batch_of(emails=[f"{one}@a{one}.com" for one in range(6)], max_concurrency=2))
    assert {request.operation for _, request in simulated.sent} == {"list_users"}
    assert len(simulated.sent) <= 3


def test_key_refused_after_a_deletion(connect: Connect) -> None:
    """A 401 after something was deleted is a failure like any other."""
    client = connect(_server({"b": problem(401), "c": problem(401)}))
    results = client.users.bulk_delete(user_ids=["a", "b", "c", "d"], max_concurrency=1)
    assert [one.status for one in results] == [DELETED, FAILED, FAILED, DELETED]
    assert "401" in results[1].error


def test_key_refused_beside_a_deletion(connect: Connect) -> None:
    """A 401 that arrives while another deletion succeeds does not end the batch."""
    gate = Gate(ScriptedTransport(_server({"a": problem(401)})), method="DELETE", together=2)
    client = connect(gate)
    results = client.users.bulk_delete(user_ids=["a", "b", "c", "d"], max_concurrency=2)
    assert [one.status for one in results] == [FAILED, DELETED, DELETED, DELETED]
    assert len(client.recorder.sent) == 4


@pytest.mark.parametrize("denied", ["a", "ab"])
def test_key_refused_just_before_a_deletion(denied: str) -> None:
    """Nor does one that arrives first, while a deletion that succeeds is in flight."""
    answers = {"a": problem(401), "b": problem(401) if denied == "ab" else ok()}
    simulated = SimulatedDriver(lambda request, _: answers.get(request.path[-1], ok()), latency=1.0)
    results = simulated.run(batch_of(user_ids=list("abcde"), max_concurrency=3))
    statuses = {one.user_id: one.status for one in results}
    assert statuses == {one: FAILED if one in denied else DELETED for one in "abcde"}
    assert list(statuses) == list("abcde")


def test_key_refused_beside_failures() -> None:
    """A 401 beside other failures ends the batch: no further request is sent."""
    answers = {"a": problem(401), "b": problem(500), "c": problem(404)}
    simulated = SimulatedDriver(lambda request, _: answers[request.path[-1]], latency=1.0)
    with pytest.raises(UnauthorizedError):
        simulated.run(batch_of(user_ids=list("abcdefgh"), max_concurrency=3))
    assert len(simulated.sent) == 3


@pytest.mark.parametrize(("seconds", "sent"), [("60", 3), ("61", 1)])
@pytest.mark.parametrize("batch", [{"user_ids": ["a", "b", "c"]}, {"emails": ["x@a.a", "x@b.b", "x@c.c"]}])
def test_rate_limit(batch: dict[str, Any], seconds: str, sent: int) -> None:
    """After a 429 that asks for more than 60 s, the rest of the batch is not attempted."""
    simulated = SimulatedDriver(lambda *_: problem(429, retry_after=seconds))
    results = simulated.run(batch_of(**batch, max_concurrency=1))
    assert [one.status for one in results] == [FAILED] * sent + [NOT_ATTEMPTED] * (3 - sent)
    assert all("429" in one.error and "asks to wait until 20" in one.error for one in results)
    assert len(simulated.sent) == sent


FORBIDDEN = {"user_ids": [f"id{number}" for number in range(30)]}
NOT_LISTED = {"emails": [f"x@a{number}.com" for number in range(30)]}


@pytest.mark.parametrize(("limit", "most"), [(1, 8), (4, 11), (8, 15)])
@pytest.mark.parametrize("batch", [FORBIDDEN, NOT_LISTED], ids=["ids", "emails"])
def test_forbidden(batch: dict[str, Any], limit: int, most: int) -> None:
    """When the first eight answers are all 403, nothing further is sent, and the rest is not attempted."""
    simulated = SimulatedDriver(lambda *_: problem(403, detail="No."), latency=1.0)
    seen: list[Any] = []
    results = simulated.run(batch_of(**batch, max_concurrency=limit, on_result=seen.append))
    sent = len(simulated.sent)
    assert 8 <= sent <= most
    assert [one.status for one in results] == [FAILED] * sent + [NOT_ATTEMPTED] * (30 - sent)
    assert all("403" in one.error for one in results)
    assert len(seen) == 30


def test_forbidden_at_first_only() -> None:
    """One success among the first eight answers shows that the key may delete: the batch goes on."""
    answers = [*[problem(403)] * 7, ok(), *[problem(403)] * 22]
    results = SimulatedDriver(answers).run(batch_of(**FORBIDDEN, max_concurrency=1))
    assert [one.status for one in results].count(FAILED) == 29


def test_ids_are_deleted_by_a_key_that_may_not_list() -> None:
    """Refused look-ups say nothing about deletions: the ids of the same call are deleted."""
    batch = {"user_ids": ["a", "b"], **NOT_LISTED}
    respond = SimulatedDriver(lambda request, _: ok() if request.method == "DELETE" else problem(403))
    results = respond.run(batch_of(**batch, max_concurrency=1))
    assert [one.status for one in results[:2]] == [DELETED, DELETED]


# How many at once


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("limit", [1, 5])
def test_concurrency(connect: Connect, kind: str, method: str, limit: int) -> None:
    """max_concurrency look-ups or deletions are in flight when there is enough to do, and never more."""
    with Sandbox() as sandbox:
        ids = sandbox.add_users(limit * 3)
        client = connect(Gate(sandbox_transport(sandbox, kind), method=method, together=limit))
        emails = [f"{number}@a{number}.com" for number in range(limit * 3)]
        batch = {"emails": emails} if method == "GET" else {"user_ids": ids}
        results = client.users.bulk_delete(**batch, max_concurrency=limit)
    assert {one.status for one in results} == {NOT_FOUND if method == "GET" else DELETED}
    assert client.recorder.peak == limit


def test_no_more_threads_than_work(connect: Connect) -> None:
    """A great max_concurrency costs nothing where there is little to do; no worker keeps a program alive."""
    seen: list[int] = []
    daemons: set[bool] = set()

    def answer(_: httpx.Request) -> Answer:
        seen.append(threading.active_count())
        daemons.add(threading.current_thread().daemon)
        return ok()

    before = threading.active_count()
    client = connect(answer)
    client.users.bulk_delete(user_ids=["a", "b"], max_concurrency=10**6)
    assert max(seen) <= before + 2
    assert daemons == {client.kind == "sync"}
