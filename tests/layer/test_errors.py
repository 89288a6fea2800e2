"""Errors cross process boundaries whole, and say nothing secret."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from support.answers import SECRET, problem, raw

from arize_users import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    ArizeError,
    BulkInterrupted,
    BulkUserDeletionResult,
    ConfigurationError,
    DeletionStatus,
    InvalidArgumentError,
    OutcomeUnknownError,
    PaginationError,
    ResponseDecodeError,
)
from arize_users.errors import status_error_class

RESULT = BulkUserDeletionResult(user_id="x", status=DeletionStatus.DELETED)
ERRORS: list[ArizeError] = [
    ConfigurationError("Set it."),
    InvalidArgumentError("limit: no."),
    PaginationError("Round and round."),
    APIConnectionError("It broke.", sent=False),
    APITimeoutError("Too late."),
    OutcomeUnknownError("Who knows.", email="ada@example.com"),
    BulkInterrupted("Stopped.", results=[RESULT], pending=["y"]),
    ResponseDecodeError(
        "bad", response=raw(SECRET.encode(), 201).response(), method="POST", path="/v2/users"
    ),
    *(
        status_error_class(status)(
            problem(status, detail="D", retry_after="7").response(), method="GET", path="/v2/users"
        )
        for status in (302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 520)
    ),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: f"{type(one).__name__} {str(one)[:3]}")
@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies(error: ArizeError, clone: Any) -> None:
    """Every error can be copied and sent to another process, with its text and all its attributes."""
    error.add_note("seen")
    twin = clone(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert twin.args == error.args
    assert vars(twin) == vars(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: f"{type(one).__name__} {str(one)[:3]}")
def test_texts(error: ArizeError) -> None:
    """Every error has a text, an ArizeError's class, and nothing of an answer's body in its repr."""
    assert str(error)
    assert isinstance(error, ArizeError)
    assert SECRET not in str(error)
    assert SECRET not in repr(error)


def test_the_tree() -> None:
    """The classes stand where the documentation puts them."""
    assert issubclass(InvalidArgumentError, ValueError)
    assert issubclass(APITimeoutError, APIConnectionError)
    for kind in (APIStatusError, APIConnectionError, ResponseDecodeError, PaginationError):
        assert issubclass(kind, APIError)
    assert not issubclass(BulkInterrupted, APIError)


def test_an_error_without_text() -> None:
    """Even a bare error can be shown."""
    assert str(ArizeError()) == ""
    hinted = ArizeError("It broke.")
    hinted.hint = "Mend it."
    assert str(hinted) == "It broke. Mend it."


def test_interrupted_bulk_keeps_its_own_lists() -> None:
    """The lists of an interrupted bulk delete are the caller's own."""
    results, pending = [RESULT], ["y"]
    error = BulkInterrupted("Stopped.", results=results, pending=pending)
    results.clear()
    pending.clear()
    assert (error.results, error.pending) == ([RESULT], ["y"])
