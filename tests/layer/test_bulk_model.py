"""Random bulk deletes against a model of the API, with failures and interrupts: the results are true."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import Factory, define
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Answer, Reply, html, ok, page, problem
from support.simulated_driver import SimulatedDriver

from arize_users import BulkUserDeletionResult, DeletionStatus, Outcomes, UnauthorizedError
from arize_users._core.request import Request, RequestFailed
from arize_users._users.addresses import folded
from arize_users._users.bulk import bulk_delete

from .simulated_calls import operations_of

DELETED, NOT_FOUND = DeletionStatus.DELETED, DeletionStatus.NOT_FOUND
NOT_ATTEMPTED = DeletionStatus.NOT_ATTEMPTED

FAILURES: list[tuple[bool, Answer]] = [
    (False, RequestFailed("refused", sent=False)),
    (False, RequestFailed("reset", sent=True)),
    (True, RequestFailed("reset", sent=True)),
    (True, RequestFailed("late", sent=True, timed_out=True)),
    (False, problem(429, retry_after="3")),
    (False, html(502)),
    (True, html(504)),
    (False, problem(500)),
    (True, problem(500)),
    (False, problem(403)),
    (False, problem(401)),
]
"""What is answered instead, and whether the server carries the request out all the same."""


@define
class Server:
    """A users API of a few lines, which fails by the number of the request."""

    users: dict[str, str]
    failures: dict[int, tuple[bool, Answer]] = Factory(dict)
    forgetful: bool = False
    """Whether a user deleted before is a 404."""
    deleted: set[str] = Factory(set)
    requests: int = 0

    def __call__(self, request: Request, _: float) -> Answer:
        self.requests += 1
        applied, failure = self.failures.get(self.requests, (True, None))
        answer = self._answer(request) if applied else None
        return failure or answer

    def _answer(self, request: Request) -> Reply:
        if request.operation == "list_users":
            return self._list(request.params or {})
        user_id = request.path.rpartition("/")[2]
        if user_id not in self.users or (self.forgetful and user_id in self.deleted):
            return problem(404)
        self.deleted.add(user_id)
        return ok()

    def _list(self, query: Any) -> Reply:
        wanted = query["email"].lower()
        found = [one for one in self.users.items() if wanted in one[1].lower() and one[0] not in self.deleted]
        start, limit = int(query.get("cursor", 0)), query["limit"]
        shown = [{"id": user_id, "email": email} for user_id, email in found[start : start + limit]]
        more = str(start + limit) if len(found) > start + limit else None
        return ok(page(shown, next_cursor=more))


@st.composite
def _batches(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an account, a batch for it, and what fails."""
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
        "failures": draw(st.dictionaries(st.integers(1, 40), st.sampled_from(FAILURES), max_size=8)),
        "forgetful": draw(st.booleans()),
        "limit": draw(st.integers(1, 6)),
        "retries": draw(st.integers(0, 3)),
        "interrupt": draw(st.none() | st.floats(0, 12)),
    }


def _run(one: dict[str, Any]) -> tuple[Server, SimulatedDriver, list[BulkUserDeletionResult], Outcomes, Any]:
    server = Server(one["users"], one["failures"], one["forgetful"])
    simulated = SimulatedDriver(server, latency=1.0)
    if one["interrupt"] is not None:
        simulated.interrupt_at(simulated.now + one["interrupt"], KeyboardInterrupt())
    seen: list[BulkUserDeletionResult] = []
    batch = bulk_delete(
        operations_of(one["retries"]),
        user_ids=one["ids"],
        emails=one["emails"],
        max_concurrency=one["limit"],
        on_result=seen.append,
    )
    try:
        return server, simulated, seen, batch.outcomes, simulated.run(batch.run())
    except (asyncio.CancelledError, UnauthorizedError) as error:
        return server, simulated, seen, batch.outcomes, error


@settings(max_examples=200)
@given(_batches().filter(lambda one: one["ids"] or one["emails"]))
def test_results_are_true(one: dict[str, Any]) -> None:
    """Each input has one true result, in order, whatever ended the batch, and no deletion is left out."""
    server, simulated, seen, outcomes, ended = _run(one)
    assert simulated.peak <= one["limit"]
    results = outcomes.results
    if isinstance(ended, list):
        assert results == ended
        assert sorted(map(repr, seen)) == sorted(map(repr, results))
    assert [folded(result.email or result.user_id or "") for result in results] == list(
        dict.fromkeys([*map(folded, one["ids"]), *map(folded, one["emails"])])
    )
    for result in results:
        _is_true(result, server)
    acted = {result.user_id for result in results if result.status not in (NOT_FOUND, NOT_ATTEMPTED)}
    assert server.deleted <= acted
    assert set(outcomes.pending_ids) <= set(one["ids"]) - server.deleted
    assert set(outcomes.pending_emails) <= set(one["emails"])


def _is_true(result: BulkUserDeletionResult, server: Server) -> None:
    known = {email.lower() for email in server.users.values()}
    if result.status is DELETED:
        # A 404 after a lost answer counts as deleted: that attempt may have deleted the user.
        was_lost = server.failures and result.user_id not in server.users
        assert result.user_id in server.deleted or was_lost
        assert result.error is None
    elif result.status is NOT_FOUND:
        is_known = result.user_id in server.users if result.email is None else result.email.lower() in known
        assert server.forgetful or not is_known
    elif result.status is not NOT_ATTEMPTED:
        assert result.error
        assert "\n" not in result.error


@settings(max_examples=100)
@given(_batches().filter(lambda one: one["emails"]))
def test_cost(one: dict[str, Any]) -> None:
    """Without failures, it takes at most 1.3 list requests per email, and one DELETE per user."""
    server, simulated, _, _, results = _run({**one, "failures": {}, "interrupt": None})
    operations = [request.operation for _, request in simulated.sent]
    distinct = len({email.lower() for email in one["emails"]})
    assert operations.count("list_users") <= 1.3 * distinct
    paths = [request.path for _, request in simulated.sent if request.operation == "delete_user"]
    assert len(paths) == len(set(paths))
    assert all((result.status is DELETED) == (result.user_id in server.users) for result in results)
