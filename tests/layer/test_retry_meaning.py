"""What follows from a request that was sent again, or that must not be."""

from __future__ import annotations

import pytest
from support.answers import ok, problem, user

from arize_users import APIConnectionError, APIError, ConflictError, NotFoundError, OutcomeUnknownError

from .simulated_calls import BROKEN, EMAIL, FINAL, IN_DOUBT, LIMITED, NEVER_MADE, SUCCESS, fail, play


@pytest.mark.parametrize("failure", IN_DOUBT)
def test_deleted_after_all(failure: str) -> None:
    """A 404 after an attempt that may have deleted the user counts as deleted."""
    simulated, result = play("delete", IN_DOUBT[failure], problem(404))
    assert result is None
    assert len(simulated.sent) == 2


@pytest.mark.parametrize("failure", [*NEVER_MADE, *LIMITED])
def test_never_there(failure: str) -> None:
    """A 404 after attempts that surely did nothing is still a 404."""
    answer = {**NEVER_MADE, **LIMITED}[failure]
    _, error = fail("delete", answer, problem(404))
    assert isinstance(error, NotFoundError)


def test_doubt_is_remembered() -> None:
    """One doubtful attempt among several is enough."""
    simulated, _ = play("delete", BROKEN, problem(429, retry_after="0"), problem(404))
    assert len(simulated.sent) == 3


@pytest.mark.parametrize("call", ["get", "update"])
def test_404_of_others(call: str) -> None:
    """For any other operation a 404 is a 404."""
    _, error = fail(call, BROKEN, problem(404))
    assert isinstance(error, NotFoundError)


@pytest.mark.parametrize("failure", IN_DOUBT)
def test_created_cannot_be_known(failure: str) -> None:
    """A repeated invitation cannot tell whether this call made the user: created is None."""
    _, created = play("create, email_link", IN_DOUBT[failure], ok(user(status="invited")))
    assert created.created is None
    assert created.invite_mode is None


@pytest.mark.parametrize("failure", [*NEVER_MADE, *LIMITED])
def test_created_is_known(failure: str) -> None:
    """After attempts that surely did nothing it can: a 200 is somebody else's invitation."""
    answer = {**NEVER_MADE, **LIMITED}[failure]
    _, created = play("create, email_link", answer, ok(user(status="invited")))
    assert created.created is False


def test_created_for_sure() -> None:
    """A 201 says so itself."""
    _, created = play("create, email_link", BROKEN, SUCCESS["create, email_link"])
    assert created.created is True


@pytest.mark.parametrize("failure", [*IN_DOUBT, "500", "520"])
@pytest.mark.parametrize("call", ["create, none", "create, email_link"])
def test_user_may_exist(call: str, failure: str) -> None:
    """A create that failed in doubt says that the user may exist, and how to find out."""
    answer = {**IN_DOUBT, **FINAL}[failure]
    _, error = fail(call, *[answer] * 3)
    assert "may have been created" in str(error)
    assert f"users.get(user='{EMAIL}')" in str(error)


def test_conflict_after_doubt() -> None:
    """So does a conflict that this call's own first attempt may have made."""
    _, error = fail("create, email_link", BROKEN, problem(409))
    assert isinstance(error, ConflictError)
    assert "may have been created" in str(error)


@pytest.mark.parametrize("failure", [*IN_DOUBT, "500", "520"])
def test_password_lost(failure: str) -> None:
    """A lost temporary password is OutcomeUnknownError, which says what may be, what is lost, what to do."""
    answer = {**IN_DOUBT, **FINAL}[failure]
    _, error = fail("create, temporary_password", answer)
    assert isinstance(error, OutcomeUnknownError)
    assert error.email == EMAIL
    assert isinstance(error.__cause__, APIError | APIConnectionError)
    for words in ("may have been created", "cannot be had again", "users.get", "delete", "reset"):
        assert words in str(error)


@pytest.mark.parametrize("failure", [*NEVER_MADE, *LIMITED])
@pytest.mark.parametrize("call", ["create, none", "create, temporary_password"])
def test_surely_not_created(call: str, failure: str) -> None:
    """Where surely nothing was done, nothing is said to be in doubt."""
    answer = {**NEVER_MADE, **LIMITED}[failure]
    _, error = fail(call, *[answer] * 3)
    assert not isinstance(error, OutcomeUnknownError)
    assert "may have been" not in str(error)


@pytest.mark.parametrize("failure", [*IN_DOUBT, "500"])
@pytest.mark.parametrize("call", ["resend", "reset"])
def test_mail_may_be_sent(call: str, failure: str) -> None:
    """A mail that failed in doubt says that it may have been sent."""
    _, error = fail(call, {**IN_DOUBT, **FINAL}[failure])
    assert "may have been sent" in str(error)
