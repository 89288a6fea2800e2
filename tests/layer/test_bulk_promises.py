"""What every bulk call promises: inputs, order, callbacks, progress, and what ends it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import Answer, Reply, ok, problem
from support.simulated_driver import SimulatedDriver
from support.transports import Gate, ScriptedTransport

from arize_users import (
    BulkInterrupted,
    BulkProgress,
    InvalidArgumentError,
    NewUser,
    Outcomes,
    UnauthorizedError,
    UserResult,
    UserUpdate,
    outcomes_of,
)
from arize_users._core.request import Request

from .bulk_calls import DONE, KINDS, PHASES, batch, call, succeed, success

each_kind = pytest.mark.parametrize("name", KINDS)


class Stop(Exception):
    """A caller's own exception."""


def _respond(request: httpx.Request) -> Reply:
    body = json.loads(request.content) if request.content else {}
    path = request.url.path
    if request.method == "GET":
        operation = "list_users" if path.endswith("/users") else "get_user"
    else:
        operation = {"DELETE": "delete_user", "PATCH": "update_user"}.get(request.method, "create_user")
        mails = {"resend-invitation": "resend_user_invitation", "reset-password": "reset_user_password"}
        operation = mails.get(path.rpartition("/")[2], operation)
    return success(operation, path, body)


@each_kind
def test_one_request_for_each(connect: Connect, name: str) -> None:
    """Each user costs one request and has one result, in the caller's order, through either client."""
    client = connect(_respond, judged=False, enum_case="lower")
    seen: list[UserResult] = []
    threads: set[int] = set()

    def on_result(result: UserResult) -> None:
        threads.add(threading.get_ident())
        seen.append(result)

    results = call(client.users, name, 12, on_result=on_result, max_concurrency=3)
    named = [one.email or one.user_id for one in results]
    assert named == [f"p{one}@a{one}.com" if name == "create" else f"id{one}" for one in range(12)]
    assert {str(one.status) for one in results} == {DONE[name]}
    assert sorted(map(repr, seen)) == sorted(map(repr, results))
    assert threads == {threading.get_ident()}
    assert len(client.recorder.sent) == 12
    assert all(one.error is None for one in results)


@each_kind
def test_concurrency(connect: Connect, name: str) -> None:
    """So many requests are in flight as max_concurrency says, by no more threads or tasks than that."""
    before = threading.active_count()
    counts: list[int] = []

    def respond(request: httpx.Request) -> Reply:
        counts.append(threading.active_count())
        return _respond(request)

    gate = Gate(ScriptedTransport(respond), method=_METHODS[name], together=4)
    client = connect(gate, judged=False, enum_case="lower")
    assert len(call(client.users, name, 12, max_concurrency=4)) == 12
    assert client.recorder.peak == 4
    assert max(counts) <= before + 5


_METHODS = {
    "delete": "DELETE",
    "resend_invitation": "POST",
    "reset_password": "POST",
    "get": "GET",
    "create": "POST",
    "update": "PATCH",
}


@each_kind
def test_progress(connect: Connect, name: str) -> None:
    """on_progress counts from 0 to the total of each phase, one call at a time, on the caller's thread."""
    client = connect(_respond, judged=False, enum_case="lower")
    told: list[BulkProgress] = []
    threads: set[int] = set()
    inside = threading.Lock()

    def on_progress(progress: BulkProgress) -> None:
        assert inside.acquire(blocking=False)
        threads.add(threading.get_ident())
        told.append(progress)
        inside.release()

    call(client.users, name, 9, on_progress=on_progress)
    assert told == [BulkProgress(phase=PHASES[name], done=done, total=9) for done in range(10)]
    assert threads == {threading.get_ident()}


@each_kind
def test_rate_limit_pauses_everyone(name: str) -> None:
    """After a 429 nobody sends until it is over; on_progress says until when, and when it is."""

    def respond(request: Request, now: float) -> Answer:
        return problem(429, retry_after="20") if now < 1002 else succeed(request)

    told: list[BulkProgress] = []
    simulated = SimulatedDriver(respond, latency=1.0)
    one = batch(name, 8, max_retries=3, max_concurrency=2, on_progress=told.append)
    results = simulated.run(one.run())
    assert {str(result.status) for result in results} == {DONE[name]}
    assert not [moment for moment in simulated.times if 1001.0 < moment < 1021.0]
    waits = [progress.waiting_until is not None for progress in told]
    assert waits == [False, True, *[False] * 9]
    assert told[1].done == 0


@each_kind
def test_rate_limit_through_a_client(connect: Connect, name: str) -> None:
    """A rate limit reaches on_progress through either client, and its waiting ends with the call."""
    answers = iter([problem(429, retry_after="0")])
    client = connect(
        lambda request: next(answers, None) or _respond(request),
        judged=False,
        enum_case="lower",
        max_retries=1,
    )
    told: list[BulkProgress] = []
    call(client.users, name, 3, max_concurrency=1, on_progress=told.append)
    assert told[-1] == BulkProgress(phase=PHASES[name], done=3, total=3)


@each_kind
def test_key_refused(connect: Connect, name: str) -> None:
    """A 401 before anything was done is raised, and few requests are sent."""
    client = connect(lambda _: problem(401), judged=False, enum_case="lower")
    with pytest.raises(UnauthorizedError):
        call(client.users, name, 20, max_concurrency=2)
    assert len(client.recorder.sent) <= 3


@each_kind
def test_key_refused_just_before_a_success(name: str) -> None:
    """A 401 that comes while another request succeeds does not end the call."""
    refused = iter([problem(401)])
    simulated = SimulatedDriver(lambda request, _: next(refused, None) or succeed(request), latency=1.0)
    results = simulated.run(batch(name, 6, max_concurrency=2).run())
    assert {str(one.status) for one in results} == {DONE[name]}
    assert len(simulated.sent) == 7


@each_kind
def test_forbidden(name: str) -> None:
    """When the first eight answers are all 403, nothing further is sent."""
    simulated = SimulatedDriver(lambda *_: problem(403, detail="No."))
    results = simulated.run(batch(name, 30, max_concurrency=1).run())
    assert [str(one.status) for one in results] == ["failed"] * 8 + ["not_attempted"] * 22
    assert len(simulated.sent) == 8
    assert all("403" in one.error for one in results)


@each_kind
def test_long_rate_limit(name: str) -> None:
    """After a 429 that asks for more than anyone waits, the rest is not attempted."""
    simulated = SimulatedDriver(lambda *_: problem(429, retry_after="3600"))
    one = batch(name, 5, max_concurrency=1)
    results = simulated.run(one.run())
    assert [str(result.status) for result in results] == ["failed"] + ["not_attempted"] * 4
    assert len(simulated.sent) == 1
    assert len([*one.pending_ids(), *one.pending_emails()]) == 4


@each_kind
@pytest.mark.parametrize("callback", ["on_result", "on_progress"])
def test_exception_of_a_callback(connect: Connect, name: str, callback: str) -> None:
    """An exception of a callback stops the call: BulkInterrupted has what is done and what is pending."""
    client = connect(_respond, judged=False, enum_case="lower")
    calls: list[Any] = []

    def raise_at_the_third(value: Any) -> None:
        calls.append(value)
        if len(calls) == 3:
            raise Stop

    with pytest.raises(BulkInterrupted, match=f"stopped by {callback}") as caught:
        call(client.users, name, 20, max_concurrency=2, **{callback: raise_at_the_third})
    assert isinstance(caught.value.__cause__, Stop)
    assert len(calls) == 3
    assert len(caught.value.results) + len(caught.value.pending) == 20
    assert len(client.recorder.sent) == len(caught.value.results) <= 5
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    assert len(outcomes.results) == 20


def test_exception_while_a_rate_limit_is_waited_for(connect: Connect) -> None:
    """An exception of on_progress ends also a call that waits for a rate limit, at once."""
    client = connect(lambda _: problem(429, retry_after="50"), max_retries=2)

    def stop_waiting(progress: BulkProgress) -> None:
        if progress.waiting_until is not None:
            raise Stop

    with pytest.raises(BulkInterrupted) as caught:
        client.users.bulk_delete(user_ids=["a", "b"], on_progress=stop_waiting)
    assert {str(one.status) for one in caught.value.results} <= {"failed"}


@each_kind
def test_interrupt(name: str) -> None:
    """Requests under way at an interrupt are awaited and have a result; the rest is not attempted."""
    simulated = SimulatedDriver(succeed, latency=1.0)
    simulated.interrupt_at(1002.5, KeyboardInterrupt())
    outcomes, seen = Outcomes(), list[UserResult]()
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch(name, 20, outcomes=outcomes, on_result=seen.append).run())
    assert [str(one.status) for one in outcomes.results] == [DONE[name]] * 12 + ["not_attempted"] * 8
    assert len([*outcomes.pending_ids, *outcomes.pending_emails]) == 8
    assert len(seen) == 12


@each_kind
def test_answers_that_never_come(name: str) -> None:
    """What was sent and not answered when the waiting ends is unknown, and says what to do."""
    simulated = SimulatedDriver(succeed, latency=3600.0)
    simulated.interrupt_at(1002.0, KeyboardInterrupt())
    outcomes = Outcomes()
    with pytest.raises(asyncio.CancelledError):
        simulated.run(batch(name, 4, max_concurrency=2, outcomes=outcomes).run())
    sent = "failed" if name == "get" else "unknown"
    assert [str(one.status) for one in outcomes.results] == [sent] * 2 + ["not_attempted"] * 2
    assert all(one.error and "its answer did not come" in one.error for one in outcomes.results[:2])


@each_kind
@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"on_result": "print"}, "on_result"),
        ({"on_progress": 7}, "on_progress"),
        ({"outcomes": {}}, "outcomes"),
    ],
)
def test_options_are_checked(connect: Connect, name: str, options: dict[str, Any], argument: str) -> None:
    """An option that cannot be right is refused before any request."""
    client = connect([])
    with pytest.raises(InvalidArgumentError) as caught:
        call(client.users, name, 2, **options)
    assert caught.value.argument == argument
    assert client.recorder.sent == []


@each_kind
def test_nobody(connect: Connect, name: str) -> None:
    """A call that names nobody is refused: more likely than meant, it is a list that went wrong."""
    client = connect([])
    with pytest.raises(InvalidArgumentError):
        call(client.users, name, 0)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("bulk_create", NewUser(email="a@b.co", name="A", role="admin")),
        ("bulk_create", "a@b.co"),
        ("bulk_create", ["a@b.co"]),
        ("bulk_create", [{"email": "a@b.co"}]),
        ("bulk_update", UserUpdate(user="x", name="y")),
        ("bulk_update", ["x"]),
    ],
)
def test_what_is_no_list_of_people(connect: Connect, name: str, given: Any) -> None:
    """Anything but several NewUser or UserUpdate objects is refused before any request."""
    client = connect([])
    with pytest.raises(InvalidArgumentError) as caught:
        getattr(client.users, name)(given)
    assert caught.value.argument == {"bulk_create": "users", "bulk_update": "updates"}[name]


@each_kind
def test_documents(connect: Connect, name: str) -> None:
    """Every result has the four fields of all results in its document, and can be written as JSON."""
    client = connect(_respond, judged=False, enum_case="lower")
    (result,) = call(client.users, name, 1)
    assert result.to_json()
    assert {"user_id", "email", "status", "error"} <= set(result.to_dict())
    assert ok(result.to_dict())
