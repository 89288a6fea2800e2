"""How long a retry waits, and who waits with it, in simulated time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Answer, Reply, html, ok, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import ArizeError, ServerError
from arize_users._core.effects import Flow, sleep
from arize_users._users.operations import Operations

from .simulated_calls import (
    BROKEN,
    CALLS,
    MAYBE_APPLIED,
    NOT_APPLIED,
    NOT_REPEATABLE,
    SUCCESS,
    fail,
    operations_of,
    succeed,
)


def _times(operations: Operations, *answers: Answer, start: float = 1000.0, latency: float = 0.0) -> Any:
    """Get a user; give when requests were sent, whether or not the call fails, and when it ended."""
    simulated = SimulatedDriver(answers, start=start, latency=latency)
    with suppress(ArizeError):
        simulated.run(CALLS["get"](operations))
    return simulated.times, simulated.now


def test_backoff() -> None:
    """Waits grow from 0.5 s to 8 s at most, and any part of that may be waited (full jitter)."""
    for draw in (0.0, 0.25, 1.0):
        operations = operations_of(8)
        operations._retrier._uniform = lambda low, high, part=draw: low + part * (high - low)
        simulated = SimulatedDriver([html(502)] * 9)
        with pytest.raises(ServerError):
            simulated.run(CALLS["get"](operations))
        full = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
        assert simulated.slept == [one * draw for one in full]


def test_jitter() -> None:
    """Waits are drawn at random between nothing and the full backoff."""
    waits = [succeed("get", BROKEN, SUCCESS["get"])[0].slept[0] for _ in range(50)]
    assert all(0.0 <= one <= 0.5 for one in waits)
    assert len(set(waits)) > 10


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", [0, 1, 7, 60])
def test_retry_after(status: int, seconds: int) -> None:
    """The server's Retry-After is waited for to the second, 60 s at most."""
    simulated, _ = succeed("get", problem(status, retry_after=str(seconds)), SUCCESS["get"])
    assert simulated.times == [1000.0, 1000.0 + seconds]


def test_retry_after_date() -> None:
    """A Retry-After that is a date is waited for, too."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    simulated, _ = succeed("get", problem(429, retry_after=date), SUCCESS["get"])
    assert 30 < simulated.times[1] - simulated.times[0] <= 40


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_beyond_the_limit(status: int) -> None:
    """A server that asks for more than 60 s is reported at once, with how long it asks for."""
    simulated, error = fail("get", problem(status, retry_after="61"))
    assert error.retry_after == 61
    assert (len(simulated.sent), simulated.slept) == (1, [])


def test_time_budget() -> None:
    """No retry starts later than 120 s after the first attempt; waits and slow answers both count."""
    assert _times(operations_of(10), *[problem(429, retry_after="50")] * 4)[0] == [1000.0, 1050.0, 1100.0]
    assert len(_times(operations_of(10), *[html(504)] * 4, latency=50.0)[0]) == 3
    assert _times(operations_of(10), *[problem(429, retry_after="60")] * 4)[0] == [1000.0, 1060.0, 1120.0]


FAILURES = [
    *[*NOT_APPLIED.values(), *MAYBE_APPLIED.values(), problem(429, retry_after="7"), problem(500)],
    *[problem(503, retry_after="60"), problem(429, retry_after="61"), problem(404), problem(409), html(418)],
]


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(CALLS)),
    st.lists(st.sampled_from(FAILURES), max_size=12),
    st.integers(0, 6),
    st.integers(0, 40),
)
def test_any_failures(call: str, failures: list[Answer], max_retries: int, latency: int) -> None:
    """Whatever fails in whatever order, nothing is sent too often, too late, or twice where that matters."""
    simulated = SimulatedDriver([*failures, *[SUCCESS[call]] * 20], latency=latency)
    with suppress(ArizeError):
        simulated.run(CALLS[call](operations_of(max_retries)))
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
    simulated.run(*(CALLS["get"](operations) for _ in range(4)))
    assert not [one for one in simulated.outcomes if isinstance(one, Exception)]
    assert simulated.times[:4] == [1000.0] * 4
    assert min(simulated.times[4:]) >= 1031.0
    assert _times(operations, ok(user()), start=1010.0)[0] == [1031.0]
    assert _times(operations.with_max_retries(0), ok(user()), start=1010.0)[0] == [1031.0]


def test_only_a_rate_limit_pauses_others() -> None:
    """A retry after a broken connection or a 503 keeps no other request waiting."""
    for failure in (BROKEN, problem(503, retry_after="20")):
        operations = operations_of()
        _times(operations, failure, ok(user()))
        assert _times(operations, ok(user()), start=1000.1)[0] == [1000.1]


def test_last_rate_limit_pauses_others() -> None:
    """A 429 that is not retried any more keeps the client's other requests waiting, too."""
    operations = operations_of()
    _, end = _times(operations, *[problem(429, retry_after="20")] * 3)
    assert _times(operations, ok(user()), start=end + 1)[0] == [end + 20]


def test_no_pause_without_retries() -> None:
    """With max_retries=0 a 429 is the caller's to handle: no request waits for it."""
    operations = operations_of(0)
    _times(operations, problem(429, retry_after="20"))
    assert _times(operations, ok(user()), start=1001.0)[0] == [1001.0]


def test_a_pause_does_not_outlast_the_budget() -> None:
    """A retry that another request's pause would put past the budget is not made."""
    operations = operations_of(10)

    def answer(request: Any, now: float) -> Reply:
        if request.operation == "delete_user":
            return problem(429, retry_after="60")
        return problem(503, retry_after="60" if now < 1020 else "30")

    def late() -> Flow[Any]:
        yield from sleep(95.0)
        return (yield from CALLS["delete"](operations))

    # The get would go on at 1110; the delete, answered at 1105, makes everyone wait until 1165.
    simulated = SimulatedDriver(answer, latency=10.0)
    with pytest.raises(ServerError):
        simulated.run(CALLS["get"](operations), late())
    gets = [moment for moment, request in simulated.sent if request.operation == "get_user"]
    assert gets == [1000.0, 1070.0]
