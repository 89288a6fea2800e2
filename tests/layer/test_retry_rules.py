"""When a request is sent again: the table of operations, simulated_calls without network or waiting."""

from __future__ import annotations

import pytest
from support.answers import html, problem, raw

from arize_users import OutcomeUnknownError

from .simulated_calls import (
    BROKEN,
    CALLS,
    FINAL,
    IN_DOUBT,
    LIMITED,
    NEVER_MADE,
    ONCE,
    REPEATABLE,
    SUCCESS,
    fail,
    play,
)


@pytest.mark.parametrize("failure", [*NEVER_MADE, *LIMITED])
@pytest.mark.parametrize("call", CALLS)
def test_surely_nothing_done(call: str, failure: str) -> None:
    """Every operation is repeated after a connection that was never made, and after 429."""
    answer = {**NEVER_MADE, **LIMITED}[failure]
    simulated, _ = play(call, answer, answer, SUCCESS[call])
    assert len(simulated.sent) == 3


@pytest.mark.parametrize("failure", IN_DOUBT)
@pytest.mark.parametrize("call", REPEATABLE)
def test_repeatable_in_doubt(call: str, failure: str) -> None:
    """What may be done twice is repeated also when the first may have been done."""
    simulated, _ = play(call, IN_DOUBT[failure], IN_DOUBT[failure], SUCCESS[call])
    assert len(simulated.sent) == 3


@pytest.mark.parametrize("failure", IN_DOUBT)
@pytest.mark.parametrize("call", ONCE)
def test_never_twice(call: str, failure: str) -> None:
    """What must not be done twice is not repeated once the server may have done it."""
    simulated, error = fail(call, IN_DOUBT[failure])
    assert len(simulated.sent) == 1
    assert isinstance(error, OutcomeUnknownError) == (call == "create, temporary_password")


@pytest.mark.parametrize("failure", FINAL)
@pytest.mark.parametrize("call", CALLS)
def test_final_answers(call: str, failure: str) -> None:
    """Any other refusal is final at once."""
    simulated, _ = fail(call, FINAL[failure])
    assert len(simulated.sent) == 1
    assert simulated.slept == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", [*NEVER_MADE, *LIMITED, *IN_DOUBT])
def test_no_retries(call: str, failure: str) -> None:
    """max_retries=0 turns repeating off altogether."""
    answer = {**NEVER_MADE, **LIMITED, **IN_DOUBT}[failure]
    simulated, _ = fail(call, answer, max_retries=0)
    assert len(simulated.sent) == 1
    assert simulated.slept == []


@pytest.mark.parametrize("max_retries", [1, 2, 5])
def test_as_often_as_allowed(max_retries: int) -> None:
    """A request is repeated max_retries times and no oftener; the last failure is raised."""
    answers = [problem(503, detail=f"number {number}") for number in range(max_retries + 1)]
    simulated, error = fail("get", *answers, max_retries=max_retries)
    assert len(simulated.sent) == max_retries + 1
    assert f"number {max_retries}" in str(error)


def test_the_request_stays_the_same() -> None:
    """Each repetition sends the very same request."""
    simulated, _ = play("update", BROKEN, html(502), SUCCESS["update"])
    assert len({repr(request) for _, request in simulated.sent}) == 1


def test_a_body_that_cannot_be_read() -> None:
    """A success that cannot be read is no reason to do it again."""
    for call in ("list", "get", "update", "create, email_link"):
        simulated, _ = fail(call, raw(b"<html>", 200))
        assert len(simulated.sent) == 1
