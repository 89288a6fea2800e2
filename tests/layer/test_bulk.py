"""Deleting many: what is deleted, what is reported, in which order."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from support.account import Account, Connect
from support.answers import Reply, html, ok, page, problem, user
from support.simulated_driver import SimulatedDriver
from support.transports import Gate, ScriptedTransport, sandbox_transport

from arize_users import (
    BulkUserDeletionResult,
    DeletionStatus,
    ForbiddenError,
    UnauthorizedError,
)
from arize_users._users.bulk import bulk_delete
from arize_users._users.operations import Operations
from arize_users.config import resolve
from arize_users.sandbox import Sandbox

UNKNOWN = "VXNlcjo5OTk5OTk="
DELETED, NOT_FOUND, FAILED = DeletionStatus.DELETED, DeletionStatus.NOT_FOUND, DeletionStatus.FAILED


def _add(account: Account, *emails: str) -> list[str]:
    return [account.sandbox.add_user(email=email, name="A") for email in emails]


def _deleted(account: Account) -> list[str]:
    return [email for action, email in account.done if action == "delete"]


def test_by_id(account: Account) -> None:
    """Each id is deleted and reported, in the caller's order."""
    ids = account.sandbox.add_users(20)[::-1]
    results = account.users.bulk_delete(user_ids=ids)
    assert results == [BulkUserDeletionResult(user_id=one, status=DELETED) for one in ids]
    assert len(_deleted(account)) == 20
    assert account.recorder.operations == ["delete_user"] * 20
    assert account.recorder.peak <= 8


def test_by_email(account: Account) -> None:
    """Each email is looked up ignoring case, deleted, and reported as the caller spelled it."""
    ada, bob = _add(account, "Ada@acme.com", "bob@example.org")
    results = account.users.bulk_delete(emails=["BOB@example.org", "ada@ACME.com"])
    assert results == [
        BulkUserDeletionResult(user_id=bob, email="BOB@example.org", status=DELETED),
        BulkUserDeletionResult(user_id=ada, email="ada@ACME.com", status=DELETED),
    ]
    assert sorted(_deleted(account)) == ["Ada@acme.com", "bob@example.org"]


def test_order(account: Account) -> None:
    """Ids come first, then emails, each in the caller's order, whatever became of them."""
    ids = _add(account, *(f"{number}@acme.com" for number in range(6)))
    results = account.users.bulk_delete(
        user_ids=[ids[3], UNKNOWN, ids[0]],
        emails=["5@acme.com", "nobody@acme.com", "1@acme.com"],
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
    """One result for each distinct input: ids as they are, emails ignoring case, as first spelled."""
    ada, bob = _add(account, "ada@acme.com", "bob@acme.com")
    results = account.users.bulk_delete(
        user_ids=[ada, ada], emails=["Bob@acme.com", "BOB@ACME.COM", "bob@acme.com"]
    )
    assert [(one.user_id, one.email) for one in results] == [(ada, None), (bob, "Bob@acme.com")]
    assert sorted(_deleted(account)) == ["ada@acme.com", "bob@acme.com"]


def test_reached_twice(account: Account) -> None:
    """A user named by id and by email is deleted once, and reported for each."""
    (ada,) = _add(account, "ada@acme.com")
    results = account.users.bulk_delete(user_ids=[ada], emails=["ada@acme.com"])
    assert results == [
        BulkUserDeletionResult(user_id=ada, status=DELETED),
        BulkUserDeletionResult(user_id=ada, email="ada@acme.com", status=DELETED),
    ]
    assert account.recorder.operations.count("delete_user") == 1


def test_emails_first(account: Account) -> None:
    """All emails are looked up before the first DELETE."""
    ids = _add(account, *(f"{number}@a{number}.com" for number in range(12)))
    account.users.bulk_delete(user_ids=ids[:4], emails=[f"{n}@a{n}.com" for n in range(4, 12)])
    operations = account.recorder.operations
    assert operations == sorted(operations, reverse=True)
    assert operations.count("delete_user") == 12


@pytest.mark.parametrize("status", ["invited", "expired"])
def test_any_status(account: Account, status: str) -> None:
    """Users who have not accepted can be deleted by email, too."""
    account.sandbox.add_user(email="ada@acme.com", name="A", status=status)
    assert account.users.bulk_delete(emails=["ada@acme.com"])[0].status is DELETED


def test_blocked_before(account: Account) -> None:
    """A user blocked before counts as deleted by id, and is not found by email."""
    user_id = account.sandbox.add_user(email="ada@acme.com", name="A", status="inactive")
    results = account.users.bulk_delete(user_ids=[user_id], emails=["ada@acme.com"])
    assert [one.status for one in results] == [DELETED, NOT_FOUND]
    assert account.done == []


def test_an_email_that_others_contain(account: Account) -> None:
    """Never is a user deleted whose email only contains the one given."""
    _add(account, "xada@acme.com", "ada@acme.com.au", "ada@acme.co")
    results = account.users.bulk_delete(emails=["ada@acme.com"])
    assert [one.status for one in results] == [NOT_FOUND]
    assert _deleted(account) == []


def test_many_emails_that_others_contain(account: Account) -> None:
    """Nor where a whole domain is looked up at once."""
    _add(account, *(f"x{n}@acme.com" for n in range(10)), *(f"{n}@sub.acme.com" for n in range(10)))
    results = account.users.bulk_delete(emails=[f"{n}@acme.com" for n in range(10)])
    assert {one.status for one in results} == {NOT_FOUND}
    assert _deleted(account) == []


@pytest.mark.parametrize(
    "given",
    [list, tuple, set, iter, dict.fromkeys, lambda ids: (one for one in ids), lambda ids: map(str, ids)],
)
def test_any_iterable(account: Account, given: Any) -> None:
    """Inputs are any iterable of text, and are not changed."""
    ids = account.sandbox.add_users(3)
    argument = given(ids)
    before = list(argument) if isinstance(argument, list | tuple | dict) else None
    assert len(account.users.bulk_delete(user_ids=argument)) == 3
    assert before is None or list(argument) == before


def test_on_result(account: Account) -> None:
    """on_result gets each result once, on the caller's thread, one at a time."""
    ids = account.sandbox.add_users(30)
    seen: list[BulkUserDeletionResult] = []
    threads: set[int] = set()
    inside = threading.Lock()

    def on_result(result: BulkUserDeletionResult) -> None:
        assert inside.acquire(blocking=False)
        threads.add(threading.get_ident())
        seen.append(result)
        inside.release()

    results = account.users.bulk_delete(
        user_ids=[*ids[:20], UNKNOWN],
        emails=[*(f"user{number:05}@example.com" for number in range(15, 31)), "nobody@example.com"],
        on_result=on_result,
    )
    assert sorted(map(repr, seen)) == sorted(map(repr, results))
    assert len(results) == 38
    assert threads == {threading.get_ident()}


def test_reports_come_as_they_happen(account: Account) -> None:
    """A result is reported when it arrives, not when all is over."""
    ids = account.sandbox.add_users(10)
    counts: list[int] = []
    account.users.bulk_delete(
        user_ids=ids, max_concurrency=1, on_result=lambda _: counts.append(len(account.sent))
    )
    assert counts[0] < 10
    assert counts == sorted(counts)


# Failures are results


def _server(refusals: dict[str, Reply | Exception]) -> Any:
    def answer(request: Any) -> Reply | Exception:
        if request.method == "GET":
            wanted = request.url.params["email"]
            return ok(page([user(id=f"id-{wanted.partition('@')[0]}", email=wanted)]))
        return refusals.get(request.url.path.rpartition("/")[2], ok())

    return answer


@pytest.mark.parametrize("status", [400, 403, 409, 418, 429, 500, 502, 520, 302])
def test_failures(connect: Connect, status: int) -> None:
    """A refused deletion is FAILED with one line of error, and the batch goes on."""
    client = connect(_server({"b": problem(status, detail="Not\nthis\n\none.")}))
    results = client.users.bulk_delete(user_ids=["a", "b", "c"], max_concurrency=1)
    assert [one.status for one in results] == [DELETED, FAILED, DELETED]
    assert results[1].user_id == "b"
    assert "\n" not in results[1].error
    assert str(status) in results[1].error
    assert "Not this one" in results[1].error


def test_failures_of_all_kinds(connect: Connect) -> None:
    """Whatever goes wrong with one does not touch the others."""
    refusals = {"b": httpx.ReadTimeout(""), "c": html(503), "d": httpx.ConnectError("x"), "e": problem(404)}
    results = connect(_server(refusals)).users.bulk_delete(user_ids=["a", "b", "c", "d", "e", "f"])
    statuses = [DELETED, FAILED, FAILED, FAILED, NOT_FOUND, DELETED]
    assert [one.status for one in results] == statuses
    assert [bool(one.error) for one in results] == [False, True, True, True, False, False]


@pytest.mark.parametrize("failure", [problem(403), problem(500), html(200)])
def test_failed_search(connect: Connect, failure: Reply) -> None:
    """An email whose search failed is FAILED, and nobody is deleted for it."""

    def answer(request: Any) -> Reply:
        return failure if request.method == "GET" else ok()

    client = connect(answer)
    results = client.users.bulk_delete(user_ids=["x"], emails=["a@acme.com", "b@acme.org"])
    assert [(one.status, one.user_id) for one in results] == [(DELETED, "x"), (FAILED, None), (FAILED, None)]
    assert client.recorder.operations.count("delete_user") == 1


@pytest.mark.parametrize("trouble", ["repeated cursor", "unreadable"])
def test_failed_search_of_a_domain(connect: Connect, trouble: str) -> None:
    """Where a whole domain cannot be listed, each email of it is still asked for."""

    def answer(request: Any) -> Reply:
        if request.method == "DELETE":
            return ok()
        wanted = request.url.params["email"]
        if not wanted.startswith("@"):
            return ok(page([user(id=wanted.replace("@", "-"), email=wanted)]))
        return ok(page([user()], next_cursor="x")) if trouble == "repeated cursor" else html(200)

    client = connect(answer)
    results = client.users.bulk_delete(emails=[f"{number}@acme.com" for number in range(8)])
    assert {one.status for one in results} == {DELETED}


def test_refused_search_of_a_domain(connect: Connect) -> None:
    """A server that refuses to list a domain is not asked for each of its emails too."""
    client = connect(lambda _: problem(403))
    results = client.users.bulk_delete(emails=[f"{number}@acme.com" for number in range(8)])
    assert {one.status for one in results} == {FAILED}
    assert len(client.recorder.sent) == 1


def test_listed_without_an_id(connect: Connect) -> None:
    """A user whom the server lists without an id cannot be deleted, and is reported so."""
    client = connect(lambda request: ok(page([user(id=None, email="a@acme.com")])))
    (result,) = client.users.bulk_delete(emails=["a@acme.com"])
    assert result.status is FAILED
    assert "id" in result.error


def test_a_useless_id(connect: Connect) -> None:
    """An id from the server that could reach another address than the user's is not used."""

    def answer(request: Any) -> Reply:
        return ok(page([user(id="..", email="a@acme.com")])) if request.method == "GET" else ok()

    client = connect(answer)
    (result,) = client.users.bulk_delete(emails=["a@acme.com"])
    assert result.status is FAILED
    assert client.recorder.operations == ["list_users"]


# 401


def test_key_refused(connect: Connect, case: str, sandbox: Sandbox) -> None:
    """A 401 before anything was deleted is raised, whether it meets a search or a DELETE."""
    ids = sandbox.add_users(5)
    client = connect(sandbox, case=case, api_key="wrong")
    for batch in ({"user_ids": ids}, {"emails": ["user00001@example.com"]}):
        with pytest.raises(UnauthorizedError):
            client.users.bulk_delete(**batch, max_concurrency=2)
    assert sandbox.audit == []
    assert len(client.recorder.sent) <= 4


def test_key_refused_after_failures(connect: Connect) -> None:
    """Failures before it do not matter: nothing was deleted."""
    client = connect(_server({"a": problem(500), "b": problem(404), "c": problem(401)}))
    with pytest.raises(UnauthorizedError):
        client.users.bulk_delete(user_ids=["a", "b", "c", "d"], max_concurrency=1)
    assert len(client.recorder.sent) == 3


def test_key_revoked_midway(connect: Connect) -> None:
    """A 401 after something was deleted is a failure like any other."""
    client = connect(_server({"b": problem(401), "c": problem(401)}))
    results = client.users.bulk_delete(user_ids=["a", "b", "c", "d"], max_concurrency=1)
    assert [one.status for one in results] == [DELETED, FAILED, FAILED, DELETED]
    assert "401" in results[1].error


def test_key_refused_while_another_is_deleted(connect: Connect, kind: str) -> None:
    """A 401 that comes while another deletion is under way does not hide that one's outcome."""
    seen: list[str] = []

    def answer(request: Any) -> Reply:
        seen.append(request.url.path)
        return problem(401) if request.url.path.endswith("/a") else ok()

    client = connect(Gate(ScriptedTransport(answer), method="DELETE", together=2))
    results = client.users.bulk_delete(user_ids=["a", "b", "c", "d"], max_concurrency=2)
    statuses = {one.user_id: one.status for one in results}
    assert statuses == {"a": FAILED, "b": DELETED, "c": DELETED, "d": DELETED}
    assert len(seen) == 4


@pytest.mark.parametrize("denied", [["a"], ["a", "b"]])
def test_key_refused_just_before_another_is_deleted(denied: list[str]) -> None:
    """A 401 that comes first, while a deletion that succeeds is under way, does not end the batch."""

    def answer(request: Any, _: float) -> Reply:
        return problem(401) if request.path[-1] in denied else ok()

    operations = Operations.of(resolve(api_key="k", environ={}))
    batch = {"user_ids": list("abcde"), "emails": None, "max_concurrency": 3, "on_result": None}
    results = SimulatedDriver(answer, latency=1.0).run(bulk_delete(operations, **batch).run())
    statuses = {one.user_id: one.status for one in results}
    assert statuses == {one: FAILED if one in denied else DELETED for one in "abcde"}
    assert list(statuses) == list("abcde")


def test_key_refused_while_nothing_is_deleted() -> None:
    """A 401 beside other failures ends the batch: no further request is sent."""
    answers = {"a": problem(401), "b": problem(500), "c": problem(404)}
    simulated = SimulatedDriver(lambda request, _: answers[request.path[-1]], latency=1.0)
    operations = Operations.of(resolve(api_key="k", environ={}))
    batch = {"user_ids": list("abcdefgh"), "emails": None, "max_concurrency": 3, "on_result": None}
    with pytest.raises(UnauthorizedError):
        simulated.run(bulk_delete(operations, **batch).run())
    assert len(simulated.sent) == 3


def test_missing_permission(connect: Connect, case: str, sandbox: Sandbox) -> None:
    """A 403 is a failure of each."""
    ids = sandbox.add_users(3)
    client = connect(sandbox, case=case, api_key="sandbox-member")
    assert {one.status for one in client.users.bulk_delete(user_ids=ids)} == {FAILED}
    with pytest.raises(ForbiddenError):
        client.users.delete(user_id=ids[0])


# How many at once


@pytest.mark.parametrize("limit", [1, 2, 5, 16])
def test_concurrency(connect: Connect, kind: str, sandbox: Sandbox, case: str, limit: int) -> None:
    """max_concurrency requests are in flight when there is enough to do, and never more."""
    ids = sandbox.add_users(limit * 3)
    gate = Gate(sandbox_transport(sandbox, kind), method="DELETE", together=limit)
    client = connect(gate, case=case)
    results = client.users.bulk_delete(user_ids=ids, max_concurrency=limit)
    assert {one.status for one in results} == {DELETED}
    assert client.recorder.peak == limit


@pytest.mark.parametrize("limit", [1, 3])
def test_concurrency_of_searches(
    connect: Connect, kind: str, sandbox: Sandbox, case: str, limit: int
) -> None:
    """The same bound holds while emails are looked up."""
    emails = [f"{number}@a{number}.com" for number in range(limit * 3)]
    gate = Gate(sandbox_transport(sandbox, kind), method="GET", together=limit)
    client = connect(gate, case=case)
    results = client.users.bulk_delete(emails=emails, max_concurrency=limit)
    assert {one.status for one in results} == {NOT_FOUND}
    assert client.recorder.peak == limit


def test_no_more_threads_than_work(kind: str, connect: Connect) -> None:
    """A great max_concurrency costs nothing where there is little to do."""
    seen: list[int] = []

    def answer(_: Any) -> Reply:
        seen.append(threading.active_count())
        return ok()

    before = threading.active_count()
    connect(answer).users.bulk_delete(user_ids=["a", "b"], max_concurrency=10**6)
    assert max(seen) <= before + 2
