"""When a request is sent again, what that means for the result, how long it waits, and who waits with it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.account import Connect
from support.answers import Answer, Reply, html, ok, page, problem, raw, user
from support.simulated_driver import SimulatedDriver

from arize_users import (
    APIError,
    APITimeoutError,
    ArizeError,
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
)
from arize_users._core.async_driver import AsyncDriver
from arize_users._core.effects import Flow, Now, Send, Sleep, Tell, sleep
from arize_users._core.retry import Pause
from arize_users._core.runtime import monotonic
from arize_users._users.bulk import bulk_delete
from arize_users._users.operations import Operations
from arize_users.client import UsersClient
from arize_users.config import resolve

from .simulated_calls import (
    BROKEN,
    CALLS,
    EMAIL,
    FAILURES,
    ID,
    MAYBE_APPLIED,
    NOT_APPLIED,
    NOT_REPEATABLE,
    SUCCESS,
    call_with,
    fail,
    operations_of,
    settings_of,
    succeed,
)

# The server may have done what it was asked for, and no repetition says more.
LOST = [*MAYBE_APPLIED.values(), problem(500), problem(520)]


@pytest.mark.parametrize("call", CALLS)
def test_operations(call: str) -> None:
    """Each operation is repeated where nothing was done; one that may be done twice, in any case."""
    refused, broken = NOT_APPLIED["refused"], MAYBE_APPLIED["502"]
    assert len(succeed(call, refused, refused, SUCCESS[call])[0].sent) == 3
    if call in NOT_REPEATABLE:
        assert len(fail(call, broken)[0].sent) == 1
    else:
        assert len(succeed(call, broken, broken, SUCCESS[call])[0].sent) == 3


@pytest.mark.parametrize("failure", FAILURES)
def test_failures(failure: str) -> None:
    """The failure says whether anything is repeated, and max_retries=0 turns it off."""
    answer = FAILURES[failure]
    for call in ("update", "reset"):
        if failure in NOT_APPLIED or (failure in MAYBE_APPLIED and call == "update"):
            assert len(succeed(call, answer, answer, SUCCESS[call])[0].sent) == 3
        else:
            simulated, error = fail(call, answer)
            assert (len(simulated.sent), simulated.slept) == (1, [])
            assert error.maybe_applied is (answer in LOST or failure in ("500", "520"))
        simulated, _ = fail(call, answer, max_retries=0)
        assert (len(simulated.sent), simulated.slept) == (1, [])


@pytest.mark.parametrize("max_retries", [1, 2, 5])
def test_max_retries(max_retries: int) -> None:
    """The same request is sent max_retries more times and no more often; the last failure is raised."""
    answers = [problem(503, detail=f"number {number}") for number in range(max_retries + 1)]
    simulated, error = fail("update", *answers, max_retries=max_retries)
    assert len(simulated.sent) == max_retries + 1
    assert len({repr(request) for _, request in simulated.sent}) == 1
    assert f"number {max_retries}" in str(error)


@pytest.mark.parametrize("call", ["list", "get", "update", "create, email_link"])
def test_unreadable_success(call: str) -> None:
    """A success whose body cannot be read is not asked for again: it has been carried out."""
    simulated, error = fail(call, raw(b"<html>", 200))
    assert len(simulated.sent) == 1
    assert error.maybe_applied is (call not in ("list", "get"))


def test_maybe_applied() -> None:
    """A read is never said to have been applied; of a write, every attempt counts."""
    assert fail("get", BROKEN, max_retries=0)[1].maybe_applied is False
    assert fail("update", BROKEN, problem(404))[1].maybe_applied is True
    assert fail("update", problem(429), problem(404))[1].maybe_applied is False


def test_deleted_by_an_earlier_attempt() -> None:
    """A 404 counts as deleted after an attempt that may have deleted the user, and only then."""
    for failure in MAYBE_APPLIED.values():
        assert succeed("delete", failure, problem(404))[1] is None
        assert succeed("delete", failure, problem(429, retry_after="0"), problem(404))[1] is None
    for failure in NOT_APPLIED.values():
        assert type(fail("delete", failure, problem(404))[1]) is NotFoundError
    assert type(fail("update", BROKEN, problem(404))[1]) is NotFoundError


def test_created() -> None:
    """Whether this call made a user is unknown if an earlier attempt may have; a 201 says so itself."""
    call, found = "create, email_link", ok(user(status="invited"))
    for failure in MAYBE_APPLIED.values():
        created = succeed(call, failure, found)[1]
        assert (created.created, created.invite_mode) == (None, None)
        assert succeed(call, failure, SUCCESS[call])[1].created is True
    for failure in NOT_APPLIED.values():
        assert succeed(call, failure, found)[1].created is False


def test_user_may_exist() -> None:
    """A create that may have been carried out says so, and how to find out."""
    errors = [fail("create, none", failure)[1] for failure in LOST]
    errors += [fail("create, email_link", *[failure] * 3)[1] for failure in LOST]
    errors.append(fail("create, email_link", BROKEN, problem(409))[1])
    assert type(errors[-1]) is ConflictError
    for error in errors:
        assert error.maybe_applied is True
        assert "may have been created" in error.hint
        assert f"users.get(user='{EMAIL}')" in error.hint


def test_password_lost() -> None:
    """A lost temporary password is OutcomeUnknownError: what may be, what is lost, and what to do."""
    for failure in LOST:
        error = fail("create, temporary_password", failure)[1]
        assert type(error) is OutcomeUnknownError
        assert error.email == EMAIL
        assert isinstance(error.__cause__, APIError)
        assert "may have been created" in error.message
        assert "cannot be had again" in error.message
        assert all(words in error.hint for words in ("users.get", "delete", "reset"))


def test_surely_not_created() -> None:
    """A create that surely was not carried out is said to be nothing else."""
    for failure in (*NOT_APPLIED.values(), problem(400), problem(422)):
        for call in ("create, none", "create, temporary_password"):
            error = fail(call, *[failure] * 3)[1]
            assert isinstance(error, APIError)
            assert error.maybe_applied is False
            assert "may have been" not in str(error)
    assert "may have been" not in str(fail("create, email_link", BROKEN, problem(400))[1])


@pytest.mark.parametrize("call", ["resend", "reset"])
def test_mail_may_be_sent(call: str) -> None:
    """A mail whose request may have been carried out is said to be possibly sent, another is not."""
    for failure in LOST:
        assert "may have been sent" in fail(call, failure)[1].hint
    assert "may have been" not in str(fail(call, problem(400))[1])


# Pace


def _times(operations: Operations, *answers: Answer, start: float = 1000.0, latency: float = 0.0) -> Any:
    """Get a user; give when requests were sent, whether or not the call fails, and when it ended."""
    simulated = SimulatedDriver(answers, start=start, latency=latency)
    with suppress(ArizeError):
        call_with(simulated, "get", operations)
    return simulated.times, simulated.now


def test_backoff() -> None:
    """Waits grow from 0.5 s to 8 s at most, and any part of that may be waited (full jitter)."""
    for draw in (0.0, 0.25, 1.0):
        operations = operations_of(8)
        operations._retrier._uniform = lambda low, high, part=draw: low + part * (high - low)
        simulated = SimulatedDriver([html(502)] * 9)
        with pytest.raises(ServerError):
            call_with(simulated, "get", operations)
        full = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
        assert simulated.slept == [one * draw for one in full]


def test_log(caplog: pytest.LogCaptureFixture) -> None:
    """Attempts and retries are logged, by status or class of failure, with no word of the server."""
    caplog.set_level("DEBUG", logger="arize_users")
    succeed("reset", problem(429, detail="secret", retry_after="7"), NOT_APPLIED["refused"], SUCCESS["reset"])
    path = "POST /v2/users/VXNlcjoxMjM0NQ%3D%3D/reset-password"
    lines = [record.getMessage() for record in caplog.records]
    assert lines[:3] == [
        f"{path}: 429, in 0.000 s",
        f"{path}: 429; retry 1 of 2 in 7.00 s",
        f"{path}: APIConnectionError, in 0.000 s",
    ]
    assert lines[3].startswith(f"{path}: APIConnectionError; retry 2 of 2 in ")
    assert lines[4:] == [f"{path}: 204, in 0.000 s"]


def test_log_of_an_attempt(caplog: pytest.LogCaptureFixture) -> None:
    """The log of an attempt has the query, the time that it took, and the server's request id."""
    caplog.set_level("DEBUG", logger="arize_users")
    answer = ok(page([user()]), x_request_id="req-7")
    driver: Any = SimulatedDriver([answer], latency=1.5)
    UsersClient(operations_of(), driver).list(email="a@b.c", status=["active", "invited"], limit=5)
    (line,) = [record.getMessage() for record in caplog.records]
    query = "limit=5&email=a%40b.c&status=active&status=invited"
    assert line == f"GET /v2/users?{query}: 200, request id req-7, in 1.500 s"


def test_jitter() -> None:
    """Waits are drawn at random between nothing and the full backoff."""
    waits = [succeed("get", BROKEN, SUCCESS["get"])[0].slept[0] for _ in range(50)]
    assert all(0.0 <= one <= 0.5 for one in waits)
    assert len(set(waits)) > 10


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int) -> None:
    """Retry-After is waited for to the second, 60 s at most; a longer one is reported at once."""
    for seconds in (0, 1, 7, 60):
        answer = problem(status, retry_after=str(seconds))
        assert _times(operations_of(), answer, SUCCESS["get"])[0] == [1000.0, 1000.0 + seconds]
    # A date is by the server's clock, whatever that is.
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    answer = problem(status, retry_after=date.replace("00 GMT", "40 GMT"), date=date)
    assert _times(operations_of(), answer, SUCCESS["get"])[0] == [1000.0, 1040.0]
    simulated, error = fail("get", problem(status, retry_after="61"))
    assert (error.retry_after, len(simulated.sent), simulated.slept) == (61, 1, [])


def test_total_timeout() -> None:
    """No attempt starts 120 s after the first one or later; waits and slow answers both count."""
    assert _times(operations_of(10), *[problem(429, retry_after="50")] * 4)[0] == [1000.0, 1050.0, 1100.0]
    assert len(_times(operations_of(10), *[html(504)] * 4, latency=50.0)[0]) == 3
    assert _times(operations_of(10), *[problem(429, retry_after="60")] * 4) == ([1000.0, 1060.0], 1060.0)


def test_total_timeout_of_an_operation() -> None:
    """Any number of seconds is the limit of all that an operation does, and None is no limit."""
    answers = [problem(429, retry_after="50")] * 4
    for seconds, attempts in ((40, 1), (50.5, 2), (120, 3), (None, 4)):
        assert len(_times(operations_of(3, total_timeout=seconds), *answers)[0]) == attempts
    # A page and the question how the server spells its statuses are one operation.
    unknown_case = Operations.of(resolve(api_key="k", total_timeout=25, max_retries=0, environ={}))
    simulated = SimulatedDriver([ok(page()), ok(page())], latency=10.0)
    assert not simulated.run(unknown_case.list(email=None, status="active", limit=1, cursor=None))
    assert [request.deadline for _, request in simulated.sent] == [1025.0] * 2


def test_total_timeout_of_a_look_up() -> None:
    """Getting a user by email is one operation, over however many pages."""
    pages = [ok(page([user()], next_cursor=str(number))) for number in range(3)]
    simulated = SimulatedDriver([*pages, ok(page())], latency=10.0)
    assert simulated.run(operations_of(total_timeout=35).get(user="nobody@example.com")) is None
    assert [request.deadline for _, request in simulated.sent] == [1035.0] * 4


def test_total_timeout_of_a_look_up_in_a_batch() -> None:
    """So is the look-up of one user of a batch."""
    pages = [ok(page([user()], next_cursor=str(number))) for number in range(3)]
    simulated = SimulatedDriver([*pages, ok(page())], latency=10.0)
    settings: Any = {"user_ids": None, "max_concurrency": 1, "on_result": None}
    batch = bulk_delete(operations_of(total_timeout=35), emails=["nobody@example.com"], **settings)
    assert [one.status for one in simulated.run(batch.run())] == ["not_found"]
    assert [request.deadline for _, request in simulated.sent] == [1035.0] * 4


def test_total_timeout_of_each_page_and_each_user() -> None:
    """Each page of an iteration and each user of a batch has the whole time, however long the rest took."""
    operations = operations_of(total_timeout=15)
    scan, found = operations.scan(), []
    pages = [ok(page([user()], next_cursor=str(number))) for number in range(4)]

    def read_all() -> Flow[None]:
        while (users := (yield from scan.next_page())) is not None:
            found.extend(users)

    simulated = SimulatedDriver([*pages, ok(page())], latency=10.0)
    simulated.run(read_all())
    assert len(found) == 4
    assert [request.deadline - moment for moment, request in simulated.sent] == [15.0] * 5
    driver: Any = SimulatedDriver([SUCCESS["delete"]] * 4, latency=10.0)
    UsersClient(operations, driver).bulk_delete(user_ids=list("abcd"), max_concurrency=1)
    assert [request.deadline - moment for moment, request in driver.sent] == [15.0] * 4


ANY_FAILURE = [
    *[*NOT_APPLIED.values(), *MAYBE_APPLIED.values(), problem(429, retry_after="7"), problem(500)],
    *[problem(503, retry_after="60"), problem(429, retry_after="61"), problem(404), problem(409), html(418)],
]


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(CALLS)),
    st.lists(st.sampled_from(ANY_FAILURE), max_size=12),
    st.integers(0, 6),
    st.integers(0, 40),
)
def test_any_failures(call: str, failures: list[Answer], max_retries: int, latency: int) -> None:
    """Whatever fails in whatever order, nothing is sent too often, too late, or twice where that matters."""
    simulated = SimulatedDriver([*failures, *[SUCCESS[call]] * 20], latency=latency)
    with suppress(ArizeError):
        call_with(simulated, call, operations_of(max_retries))
    sent = len(simulated.sent)
    assert sent <= max_retries + 1
    assert all(0.0 <= one <= 60.0 for one in simulated.slept)
    assert round(simulated.times[-1] - simulated.times[0], 6) <= 120.0
    if call in NOT_REPEATABLE:
        maybe_applied = [*MAYBE_APPLIED.values(), problem(500), problem(503, retry_after="60")]
        assert not [one for one in failures[: sent - 1] if one in maybe_applied]


# The pause after a rate limit


def test_rate_limit_pauses_everyone() -> None:
    """After a 429 no request of the client starts before the pause is over."""
    operations = operations_of()

    def answer(_: Any, now: float) -> Reply:
        return problem(429, retry_after="30") if now < 1030 else ok(user())

    simulated = SimulatedDriver(answer, latency=1.0)
    simulated.run(*(operations.get(user=ID) for _ in range(4)))
    assert not [one for one in simulated.outcomes if isinstance(one, Exception)]
    assert simulated.times[:4] == [1000.0] * 4
    assert min(simulated.times[4:]) >= 1031.0


def test_a_rate_limit_pauses_clients_of_other_options() -> None:
    """A pause is the account's: it holds for the clients that `with_options` makes, too."""
    operations = operations_of()
    operations._retrier._pause.extend(Pause(1031.0, 30.0))
    assert _times(operations.with_settings(settings_of(0)), ok(user()), start=1010.0)[0] == [1031.0]


def _run_by(clock: Iterator[float], flow: Flow[Any], *answers: Reply) -> tuple[list[float], Any]:
    """Run a flow by a clock that its waits do not move; give the waits it asked for, and its value."""
    waits: list[float] = []
    coming = iter(answers)
    result: Any = None
    try:
        while True:
            effect = flow.send(result)
            result = None
            if isinstance(effect, Now):
                result = next(clock)
            elif isinstance(effect, Sleep):
                waits.append(effect.seconds)
            elif not isinstance(effect, Tell):
                assert isinstance(effect, Send)
                result = next(coming).response()
    except StopIteration as end:
        return waits, end.value
    except APIError as error:
        return waits, error


CLOCKS = {
    "stands still": lambda: itertools.repeat(1000.0),
    "runs back": lambda: iter(range(10**9, 0, -(10**7))),
    "jumps ahead": lambda: itertools.count(1000.0, 10.0**6),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_no_clock_ends_a_wait(name: str) -> None:
    """Waits are counted: a clock that stands still or jumps neither prolongs nor shortens one."""
    for answer in (problem(429, retry_after="7"), problem(503, retry_after="7")):
        operations = operations_of(5, total_timeout=None)
        waits, found = _run_by(CLOCKS[name](), operations.get(user=ID), answer, answer, SUCCESS["get"])
        assert found.id == ID
        assert waits == [7.0, 7.0]
        # What was waited out pauses nobody else.
        assert _run_by(CLOCKS[name](), operations.get(user=ID), SUCCESS["get"])[0] == []


@pytest.mark.parametrize("on_windows", [False, True])
def test_a_frozen_clock(connect: Connect, monkeypatch: pytest.MonkeyPatch, on_windows: bool) -> None:
    """Where a test has frozen Python's clocks, both clients wait as long as ever, alone and in bulk."""
    if on_windows:  # Which has no other clock.
        monkeypatch.setattr("arize_users._core.runtime._CLOCK", None)
    monkeypatch.setattr(time, "monotonic", lambda: 1_772_366_400.0)
    rate_limited = problem(429)
    client = connect([rate_limited, rate_limited, SUCCESS["get"]], max_retries=2, total_timeout=60)
    assert client.users.get(user=ID).id == ID
    bulk = connect([rate_limited, problem(503), *[SUCCESS["delete"]] * 3], max_retries=2)
    assert [one.status for one in bulk.users.bulk_delete(user_ids=["a", "b", "c"])] == ["deleted"] * 3


def test_a_clock_that_is_frozen_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test freezes Python's clocks while a task waits, its wait is no shorter."""

    async def seconds_of_a_wait() -> float:
        loop = asyncio.get_running_loop()
        loop.call_soon(monkeypatch.setattr, time, "monotonic", lambda: 1_772_366_400.0)
        began = monotonic()
        await AsyncDriver(lambda _: asyncio.sleep(0)).run(sleep(0.1))
        return monotonic() - began

    assert asyncio.run(seconds_of_a_wait()) >= 0.1


def test_waits_count_towards_total_timeout() -> None:
    """Where a clock stands still, what was waited counts as the time of an operation."""
    answers = [problem(429, retry_after="50")] * 4
    waits, error = _run_by(CLOCKS["stands still"](), operations_of(10).get(user=ID), *answers)
    assert (waits, type(error)) == ([50.0, 50.0], RateLimitError)


def test_a_pause_of_another_time() -> None:
    """A pause by a clock that has jumped back is waited for no longer than the server asked."""
    operations = operations_of()
    operations._retrier._pause.extend(Pause(1.7e9, 30.0))
    assert _run_by(CLOCKS["stands still"](), operations.get(user=ID), SUCCESS["get"])[0] == [30.0]


def test_only_a_rate_limit_pauses_others() -> None:
    """A retry after a broken connection or a 503 keeps no other request waiting."""
    for failure in (BROKEN, problem(503, retry_after="20")):
        operations = operations_of()
        _times(operations, failure, ok(user()))
        assert _times(operations, ok(user()), start=1000.1)[0] == [1000.1]


def test_last_rate_limit_pauses_others() -> None:
    """A 429 that is not retried any more keeps others waiting, too, unless the client never retries."""
    operations = operations_of()
    _, end = _times(operations, *[problem(429, retry_after="20")] * 3)
    assert _times(operations, ok(user()), start=end + 1)[0] == [end + 20]
    without_retries = operations_of(0)
    _times(without_retries, problem(429, retry_after="20"))
    assert _times(without_retries, ok(user()), start=1001.0)[0] == [1001.0]


def test_a_pause_before_the_first_attempt() -> None:
    """A first attempt waits for the end of a pause, and is not made where no time would be left then."""
    operations = operations_of()
    operations._retrier._pause.extend(Pause(1119.0, 119.0))
    assert _times(operations, ok(user()))[0] == [1119.0]
    operations._retrier._pause.extend(Pause(1300.0, 120.0))
    simulated = SimulatedDriver([], start=1180.0)
    for call in CALLS:
        with pytest.raises(APITimeoutError) as caught:
            call_with(simulated, call, operations)
        assert (caught.value.sent, caught.value.maybe_applied) == (False, False)
        assert "rate limit" in str(caught.value)
    assert (simulated.slept, simulated.now) == ([], 1180.0)


def test_a_pause_does_not_outlast_the_total_timeout() -> None:
    """A retry that another request's pause would put past the total timeout is not made."""
    operations = operations_of(10)

    def answer(request: Any, now: float) -> Reply:
        if request.operation == "delete_user":
            return problem(429, retry_after="60")
        return problem(503, retry_after="60" if now < 1020 else "30")

    def late() -> Flow[Any]:
        yield from sleep(95.0)
        return (yield from operations.delete(user_id=ID).flow)

    # The get would go on at 1110; the delete, answered at 1105, makes everyone wait until 1165.
    simulated = SimulatedDriver(answer, latency=10.0)
    with pytest.raises(ServerError):
        simulated.run(operations.get(user=ID), late())
    gets = [moment for moment, request in simulated.sent if request.operation == "get_user"]
    assert gets == [1000.0, 1070.0]
