"""How long is waited before a request is sent again, and who waits, in simulated time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Reply, html, ok, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import ArizeError, RateLimitError, ServerError
from arize_users._core.effects import Flow, Sleep

from .simulated_calls import BROKEN, CALLS, IN_DOUBT, NEVER_MADE, ONCE, SUCCESS, fail, operations_of, play


def test_backoff() -> None:
    """Waiting grows from 0.5 s to 8 s at most, and any part of it may be the time waited (full jitter)."""
    for draw in (0.0, 0.25, 1.0):
        operations = operations_of(8)
        operations._retrier._uniform = lambda low, high, part=draw: low + part * (high - low)
        simulated = SimulatedDriver([html(502)] * 9)
        with pytest.raises(ServerError):
            simulated.run(CALLS["get"](operations))
        full = [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
        assert simulated.slept == [one * draw for one in full]


def test_jitter() -> None:
    """Without a fixed draw, waits lie between nothing and the full backoff, and differ."""
    waits = [play("get", BROKEN, SUCCESS["get"])[0].slept[0] for _ in range(50)]
    assert all(0.0 <= one <= 0.5 for one in waits)
    assert len(set(waits)) > 10


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", [0, 1, 7, 60])
def test_retry_after(status: int, seconds: int) -> None:
    """The server's Retry-After is kept to the second."""
    simulated, _ = play("get", problem(status, retry_after=str(seconds)), SUCCESS["get"])
    assert simulated.times[1] - simulated.times[0] == seconds


def test_retry_after_date() -> None:
    """So is a date."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    simulated, _ = play("get", problem(429, retry_after=date), SUCCESS["get"])
    assert 30 < simulated.times[1] - simulated.times[0] <= 40


@pytest.mark.parametrize("call", CALLS)
def test_retry_after_beyond_the_cap(call: str) -> None:
    """A server that wants a longer pause than 60 s is reported at once, with how long it wants."""
    simulated, error = fail(call, problem(429, retry_after="61"))
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 61
    assert len(simulated.sent) == 1
    assert simulated.slept == []


def test_budget() -> None:
    """All attempts together have a time budget: no repetition starts later than 120 s after the first."""
    simulated = SimulatedDriver([problem(429, retry_after="50")] * 4)
    with pytest.raises(RateLimitError):
        simulated.run(CALLS["get"](operations_of(10)))
    assert simulated.times == [1000.0, 1050.0, 1100.0]


def test_budget_of_slow_answers() -> None:
    """Time spent on waiting for answers counts, too."""
    simulated = SimulatedDriver([html(504)] * 4, latency=50.0)
    with pytest.raises(ServerError):
        simulated.run(CALLS["get"](operations_of(10)))
    assert len(simulated.sent) == 3


# Shared pauses


MISFORTUNES = [
    *[*NEVER_MADE.values(), *IN_DOUBT.values(), problem(429), problem(429, retry_after="7"), problem(500)],
    *[problem(503, retry_after="60"), problem(429, retry_after="61"), problem(404), problem(409), html(418)],
]


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(CALLS)),
    st.lists(st.sampled_from(MISFORTUNES), max_size=12),
    st.integers(0, 6),
    st.floats(0, 40),
)
def test_any_run_of_misfortunes(
    call: str, failures: list[Reply | Exception], max_retries: int, latency: float
) -> None:
    """Whatever goes wrong in whatever order: never too often, too long, too late, nor twice in doubt."""
    simulated = SimulatedDriver([*failures, *[SUCCESS[call]] * 20], latency=latency)
    with suppress(ArizeError):
        simulated.run(CALLS[call](operations_of(max_retries)))
    sent = len(simulated.sent)
    assert sent <= max_retries + 1
    assert all(0.0 <= one <= 60.0 for one in simulated.slept)
    assert simulated.times[-1] - simulated.times[0] <= 120.0
    if call in ONCE:
        in_doubt = [*IN_DOUBT.values(), problem(500), problem(503, retry_after="60")]
        assert not [one for one in failures[: sent - 1] if one in in_doubt]


def test_rate_limit_pauses_everybody() -> None:
    """After a 429 no request of the client starts before the pause is over."""
    operations = operations_of()

    def answer(_: Any, now: float) -> Reply:
        return problem(429, retry_after="30") if now < 1030 else ok(user())

    simulated = SimulatedDriver(answer, latency=1.0)
    simulated.run(*(CALLS["get"](operations) for _ in range(4)))
    assert [error for _, error in simulated.outcomes] == [None] * 4
    assert simulated.times[:4] == [1000.0] * 4
    assert min(simulated.times[4:]) >= 1031.0
    late = SimulatedDriver([ok(user())], start=1010.0)
    late.run(CALLS["get"](operations))
    assert late.times == [1031.0]


def test_only_a_rate_limit_pauses_others() -> None:
    """A broken connection is one worker's own failure."""
    operations = operations_of()
    operations._retrier._uniform = lambda low, high: high
    first = SimulatedDriver([BROKEN, ok(user())], start=1000.0)
    first.run(CALLS["get"](operations))
    second = SimulatedDriver([ok(user())], start=1000.1)
    second.run(CALLS["get"](operations))
    assert second.times == [1000.1]


def test_last_rate_limit_pauses_others() -> None:
    """Also a 429 that is not repeated any more keeps the client's other workers waiting."""
    operations = operations_of()
    first = SimulatedDriver([problem(429, retry_after="20")] * 3, start=1000.0)
    with pytest.raises(RateLimitError):
        first.run(CALLS["get"](operations))
    second = SimulatedDriver([ok(user())], start=first.now + 1)
    second.run(CALLS["get"](operations))
    assert second.times == [first.now + 20]


def test_nothing_waits_where_retries_are_off() -> None:
    """With max_retries=0 a 429 is the caller's to heed: no call waits for anything."""
    operations = operations_of(0)
    with pytest.raises(RateLimitError):
        SimulatedDriver([problem(429, retry_after="20")]).run(CALLS["get"](operations))
    second = SimulatedDriver([ok(user())], start=1001.0)
    second.run(CALLS["get"](operations))
    assert second.times == [1001.0]


def test_a_pause_does_not_outlast_the_budget() -> None:
    """A repetition that another worker's pause would put past the budget is not made."""
    operations = operations_of(10)

    def answer(request: Any, now: float) -> Reply:
        if request.operation == "delete_user":
            return problem(429, retry_after="60")
        return problem(503, retry_after="60" if now < 1020 else "30")

    def late() -> Flow[Any]:
        yield Sleep(95.0)
        return (yield from CALLS["delete"](operations))

    # The get would go on at 1110; the delete, answered at 1105, makes everybody wait until 1165.
    simulated = SimulatedDriver(answer, latency=10.0)
    with pytest.raises(ServerError):
        simulated.run(CALLS["get"](operations), late())
    gets = [moment for moment, request in simulated.sent if request.operation == "get_user"]
    assert gets == [1000.0, 1070.0]
