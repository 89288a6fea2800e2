"""When a request is sent again, and what that means for the result: by operation, in simulated time."""

from __future__ import annotations

import pytest
from support.answers import Answer, html, ok, problem, raw, user

from arize_users import APIError, ConflictError, NotFoundError, OutcomeUnknownError

from .simulated_calls import (
    BROKEN,
    CALLS,
    EMAIL,
    FAILURES,
    MAYBE_APPLIED,
    NOT_APPLIED,
    NOT_REPEATABLE,
    SUCCESS,
    fail,
    succeed,
)

not_applied = pytest.mark.parametrize("failure", NOT_APPLIED.values(), ids=NOT_APPLIED)
maybe_applied = pytest.mark.parametrize("failure", MAYBE_APPLIED.values(), ids=MAYBE_APPLIED)
never_answered = [*MAYBE_APPLIED.values(), problem(500), problem(520)]


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
            assert error.maybe_applied is (failure in MAYBE_APPLIED or failure in ("500", "520"))
        simulated, _ = fail(call, answer, max_retries=0)
        assert (len(simulated.sent), simulated.slept) == (1, [])


@pytest.mark.parametrize("max_retries", [1, 2, 5])
def test_max_retries(max_retries: int) -> None:
    """A request is repeated max_retries times and no more often; the last failure is raised."""
    answers = [problem(503, detail=f"number {number}") for number in range(max_retries + 1)]
    simulated, error = fail("get", *answers, max_retries=max_retries)
    assert len(simulated.sent) == max_retries + 1
    assert f"number {max_retries}" in str(error)


def test_the_request_stays_the_same() -> None:
    """Each repetition sends the very same request."""
    simulated, _ = succeed("update", BROKEN, html(502), SUCCESS["update"])
    assert len({repr(request) for _, request in simulated.sent}) == 1


@pytest.mark.parametrize("call", ["list", "get", "update", "create, email_link"])
def test_unreadable_success(call: str) -> None:
    """A success whose body cannot be read is not asked for again: it has been carried out."""
    simulated, error = fail(call, raw(b"<html>", 200))
    assert len(simulated.sent) == 1
    assert error.maybe_applied is (call not in ("list", "get"))


def test_a_read_applies_nothing() -> None:
    """A failed read is never said to have been applied, and an earlier attempt of a write is remembered."""
    assert fail("get", BROKEN, max_retries=0)[1].maybe_applied is False
    assert fail("update", BROKEN, problem(404))[1].maybe_applied is True
    assert fail("update", problem(429), problem(404))[1].maybe_applied is False


# Delete


@maybe_applied
def test_deleted_by_an_earlier_attempt(failure: Answer) -> None:
    """A 404 after an attempt that may have deleted the user counts as deleted."""
    assert succeed("delete", failure, problem(404))[1] is None
    assert succeed("delete", failure, problem(429, retry_after="0"), problem(404))[1] is None


@not_applied
def test_not_found_after_all(failure: Answer) -> None:
    """A 404 after attempts that surely did nothing is a 404, and for another operation it always is."""
    assert type(fail("delete", failure, problem(404))[1]) is NotFoundError
    assert type(fail("update", BROKEN, problem(404))[1]) is NotFoundError


# Create


@maybe_applied
def test_created_is_unknown(failure: Answer) -> None:
    """A repeated invitation that finds the user cannot tell whether this call made it: created is None."""
    _, found = succeed("create, email_link", failure, ok(user(status="invited")))
    assert (found.created, found.invite_mode) == (None, None)
    assert succeed("create, email_link", failure, SUCCESS["create, email_link"])[1].created is True


@not_applied
def test_created_is_known(failure: Answer) -> None:
    """After attempts that surely did nothing, a 200 is an earlier invitation."""
    assert succeed("create, email_link", failure, ok(user(status="invited")))[1].created is False


@pytest.mark.parametrize("call", ["create, none", "create, email_link"])
def test_user_may_exist(call: str) -> None:
    """A create that may have been carried out says so, and how to find out."""
    errors = [fail(call, *[failure] * 3)[1] for failure in never_answered]
    if call == "create, email_link":
        errors.append(fail(call, BROKEN, problem(409))[1])
        assert type(errors[-1]) is ConflictError
    for error in errors:
        assert error.maybe_applied is True
        assert "may have been created" in error.hint
        assert f"users.get(user='{EMAIL}')" in error.hint


def test_password_lost() -> None:
    """A lost temporary password is OutcomeUnknownError: what may be, what is lost, and what to do."""
    for failure in never_answered:
        error = fail("create, temporary_password", failure)[1]
        assert type(error) is OutcomeUnknownError
        assert error.email == EMAIL
        assert isinstance(error.__cause__, APIError)
        assert "may have been created" in error.message
        assert "cannot be had again" in error.message
        assert all(words in error.hint for words in ("users.get", "delete", "reset"))


@pytest.mark.parametrize("call", ["create, none", "create, temporary_password"])
def test_surely_not_created(call: str) -> None:
    """A create that surely was not carried out is said to be nothing else."""
    for failure in (*NOT_APPLIED.values(), problem(400), problem(422)):
        error = fail(call, *[failure] * 3)[1]
        assert isinstance(error, APIError)
        assert error.maybe_applied is False
        assert "may have been" not in str(error)
    assert "may have been" not in str(fail("create, email_link", BROKEN, problem(400))[1])


# Mails


@pytest.mark.parametrize("call", ["resend", "reset"])
def test_mail_may_be_sent(call: str) -> None:
    """A mail whose request may have been carried out is said to be possibly sent, another is not."""
    for failure in never_answered[:-1]:
        assert "may have been sent" in fail(call, failure)[1].hint
    assert "may have been" not in str(fail(call, problem(400))[1])
