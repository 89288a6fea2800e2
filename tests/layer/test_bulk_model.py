"""Whatever happens on the way, a bulk delete's account of itself is true: simulated_calls at random, many times."""

from __future__ import annotations

from typing import Any

from attrs import Factory, define, frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Reply, html, ok, page, problem
from support.simulated_driver import Answer, SimulatedDriver

from arize_users import (
    APIConnectionError,
    APITimeoutError,
    BulkInterrupted,
    BulkUserDeletionResult,
    DeletionStatus,
    UnauthorizedError,
)
from arize_users._core.request import Request
from arize_users._users.bulk import bulk_delete
from arize_users._users.operations import Operations
from arize_users.config import resolve

DELETED, NOT_FOUND, FAILED = DeletionStatus.DELETED, DeletionStatus.NOT_FOUND, DeletionStatus.FAILED


@frozen
class Trouble:
    """What becomes of one request: done or not, and answered so instead."""

    name: str
    done: bool
    answer: Answer


TROUBLES = [
    Trouble("refused", False, APIConnectionError("refused", sent=False)),
    Trouble("reset before", False, APIConnectionError("reset")),
    Trouble("reset after", True, APIConnectionError("reset")),
    Trouble("timeout", True, APITimeoutError("late")),
    Trouble("limited", False, problem(429, retry_after="3")),
    Trouble("gateway", False, html(502)),
    Trouble("gateway after", True, html(504)),
    Trouble("broken", False, problem(500)),
    Trouble("broken after", True, problem(500)),
    Trouble("forbidden", False, problem(403)),
    Trouble("unauthorized", False, problem(401)),
]


@define
class Server:
    """A users API of a few lines, with troubles by the number of the request."""

    users: dict[str, str]
    troubles: dict[int, Trouble]
    forgetful: bool
    deleted: set[str] = Factory(set)
    requests: int = 0

    def __call__(self, request: Request, _: float) -> Answer:
        self.requests += 1
        trouble = self.troubles.get(self.requests)
        if trouble is None:
            return self._answer(request)
        if trouble.done:
            self._answer(request)
        return trouble.answer

    def _answer(self, request: Request) -> Reply:
        if request.operation == "list_users":
            return self._list(request.params or {})
        user_id = request.path.rpartition("/")[2]
        if user_id not in self.users or (self.forgetful and user_id in self.deleted):
            return problem(404)
        self.deleted.add(user_id)
        return ok()

    def _list(self, query: Any) -> Reply:
        wanted = query.get("email", "").lower()
        here = [one for one in self.users.items() if wanted in one[1].lower() and one[0] not in self.deleted]
        start, limit = int(query.get("cursor", 0)), query["limit"]
        shown = [{"id": user_id, "email": email} for user_id, email in here[start : start + limit]]
        more = str(start + limit) if len(here) > start + limit else None
        return ok(page(shown, next_cursor=more))


@st.composite
def _batches(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an account, a batch for it, and what goes wrong."""
    number = draw(st.integers(0, 40))
    domains = draw(st.integers(1, 3))
    users = {f"id{one}": f"User{one}@acme{one % domains}.com" for one in range(number)}
    some_ids = st.sampled_from([*users, "nobody", "id1x"])
    spelling = st.sampled_from([str.upper, str.lower, str])
    emails = st.sampled_from([*users.values(), "nobody@acme0.com", "user1@acme0.co"])
    return {
        "users": users,
        "ids": draw(st.lists(some_ids, max_size=12)),
        "emails": [draw(spelling)(one) for one in draw(st.lists(emails, max_size=12))],
        "troubles": draw(st.dictionaries(st.integers(1, 40), st.sampled_from(TROUBLES), max_size=8)),
        "forgetful": draw(st.booleans()),
        "limit": draw(st.integers(1, 6)),
        "retries": draw(st.integers(0, 3)),
        "interrupt": draw(st.none() | st.floats(0, 12)),
    }


def _play(one: dict[str, Any]) -> tuple[Server, SimulatedDriver, list[BulkUserDeletionResult], Any]:
    server = Server(one["users"], one["troubles"], one["forgetful"])
    simulated = SimulatedDriver(server, latency=1.0)
    if one["interrupt"] is not None:
        simulated.interrupt_at(simulated.now + one["interrupt"], KeyboardInterrupt())
    operations = Operations.of(resolve(api_key="k", max_retries=one["retries"], environ={}))
    seen: list[BulkUserDeletionResult] = []
    batch = bulk_delete(
        operations,
        user_ids=one["ids"],
        emails=one["emails"],
        max_concurrency=one["limit"],
        on_result=seen.append,
    )
    try:
        return server, simulated, seen, simulated.run(batch.run())
    except (BulkInterrupted, UnauthorizedError) as error:
        return server, simulated, seen, error


@settings(max_examples=300)
@given(_batches().filter(lambda one: one["ids"] or one["emails"]))
def test_its_account_is_true(one: dict[str, Any]) -> None:
    """Each input is told once, in order, truly; a deletion on the server is never untold."""
    server, simulated, seen, outcome = _play(one)
    spelled: dict[str, str] = {}
    for email in one["emails"]:
        spelled.setdefault(email.lower(), email)
    order = [*dict.fromkeys(one["ids"]), *spelled.values()]
    assert simulated.peak <= one["limit"]
    if isinstance(outcome, UnauthorizedError):
        answers_lost = [trouble for trouble in server.troubles.values() if trouble.done]
        assert not server.deleted or answers_lost
        return
    stopped = isinstance(outcome, BulkInterrupted)
    results: list[BulkUserDeletionResult] = outcome.results if stopped else outcome
    pending: list[str] = outcome.pending if stopped else []
    told = [result.email or result.user_id for result in results]
    assert told == [entry for entry in order if entry in set(told)]
    assert pending == [entry for entry in order if entry not in set(told)]
    assert sorted(map(repr, seen)) == sorted(map(repr, results))
    for result in results:
        _is_true(result, server)
    assert server.deleted <= {result.user_id for result in results}


def _is_true(result: BulkUserDeletionResult, server: Server) -> None:
    known = {email.lower() for email in server.users.values()}
    if result.status is DELETED:
        assert result.user_id in server.deleted
        assert result.error is None
    elif result.status is NOT_FOUND:
        missing = (
            result.user_id not in server.users if result.email is None else result.email.lower() not in known
        )
        assert missing or server.forgetful
    else:
        assert result.error
        assert "\n" not in result.error


@settings(max_examples=100)
@given(_batches().filter(lambda one: one["emails"]))
def test_it_costs_no_more_than_promised(one: dict[str, Any]) -> None:
    """Without troubles, never more than 1.3 list requests per email, and one DELETE per user."""
    server, simulated, _, results = _play({**one, "troubles": {}, "interrupt": None})
    operations = [request.operation for _, request in simulated.sent]
    distinct = len({email.lower() for email in one["emails"]})
    assert operations.count("list_users") <= 1.3 * distinct
    paths = [request.path for _, request in simulated.sent if request.operation == "delete_user"]
    assert len(paths) == len(set(paths))
    assert all((result.status is DELETED) == (result.user_id in server.users) for result in results)
