"""Flows over many users: find the ids of many emails with few requests, delete many users at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from attrs import define, field

from . import _arguments as check
from ._flow import Flow, ForEach, Stopped
from ._operations import Operations
from ._retry import LONGEST_RETRY_AFTER
from .errors import (
    APIConnectionError,
    ArizeError,
    BulkInterrupted,
    ConfigurationError,
    ForbiddenError,
    InvalidArgumentError,
    NotFoundError,
    RateLimitError,
    UnauthorizedError,
)
from .types import BulkUserDeletionResult, DeletionStatus

SURPLUS = 0.3
"""Requests per email that looking up a whole domain may cost beyond asking for each email."""

# What a request for each address would meet as well.
_HOPELESS = (UnauthorizedError, ForbiddenError, RateLimitError, APIConnectionError, ConfigurationError)

Result = BulkUserDeletionResult


def bulk_delete(
    operations: Operations,
    *,
    user_ids: Iterable[str] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Callable[[Result], object] | None,
) -> Batch:
    """Check everything before the first request, and give the batch, whose flow is `Batch.run`."""
    limit = check.whole_number(max_concurrency, "max_concurrency")
    if on_result is not None and not callable(on_result):
        raise InvalidArgumentError(f"on_result: expected a function, got {on_result!r}")
    if inspect.iscoroutinefunction(on_result):
        raise InvalidArgumentError("on_result: expected a plain function, got a coroutine function")
    ids = _checked(user_ids, "user_ids", check.user_id)
    addresses = _checked(emails, "emails", check.searchable_email)
    if not ids and not addresses:
        raise InvalidArgumentError("user_ids, emails: give at least one id or email")
    spellings: dict[str, str] = {}
    for address in addresses:
        spellings.setdefault(address.lower(), address)
    return Batch(operations, list(dict.fromkeys(ids)), spellings, limit, on_result)


def _checked(values: Iterable[str] | None, argument: str, one: Callable[[object, str], str]) -> list[str]:
    given = [] if values is None else check.items(values, argument)
    return [one(value, f"{argument}[{index}]") for index, value in enumerate(given)]


@define
class _Target:
    """One user to delete, or one email that leads to none, with every input that named it."""

    user_id: str | None
    by_id: bool = False
    emails: list[str] = field(factory=list)
    verdict: DeletionStatus | None = None
    error: str | None = None

    def results(self, status: DeletionStatus, error: str | None = None) -> list[Result]:
        inputs: list[str | None] = [None] if self.by_id else []
        return [
            Result(user_id=self.user_id, email=email, status=status, error=error)
            for email in [*inputs, *self.emails]
        ]


class Batch:
    """One bulk delete: its inputs, and what is known of them so far."""

    def __init__(
        self,
        operations: Operations,
        ids: list[str],
        spellings: dict[str, str],
        limit: int,
        on_result: Callable[[Result], object] | None,
    ) -> None:
        self._operations = operations
        self._ids = ids
        self._spellings = spellings
        self._limit = limit
        self._on_result = on_result
        self._found: dict[str, str | None] = {}
        self._unsearchable: dict[str, str] = {}
        self._denied: list[UnauthorizedError] = []
        self._refused: list[_Target] = []
        self._deleted = False
        self._closed_to_us: ArizeError | None = None
        # Written where the outcome happens, not where it is reported, so an interrupt loses none.
        # The inputs are the keys; an id never holds an @, so no id is taken for an email.
        self._outcomes: dict[str, Result] = {}

    def run(self) -> Flow[list[Result]]:
        """Delete them all; the results are in the order of the inputs."""
        try:
            if self._spellings:
                yield from self._resolve()
            yield from self._delete()
        except Stopped as stop:
            if isinstance(stop.__cause__, ConfigurationError) and not self._outcomes:
                raise stop.__cause__ from None  # The client was closed before the batch began.
            raise self._interrupted() from stop.__cause__
        return self._in_order()

    @contextmanager
    def accounted_for(self) -> Iterator[None]:
        """Let no interrupt, wherever it comes while the batch runs, take the outcomes with it."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit) as interrupt:
            raise self._interrupted() from interrupt

    def _resolve(self) -> Flow[None]:
        domains: dict[str, set[str]] = {}
        for address in self._spellings:
            domains.setdefault(address.rpartition("@")[2], set()).add(address)
        shared = (
            self._search_domain(domain, addresses)
            for domain, addresses in domains.items()
            if SURPLUS * len(addresses) >= 1
        )
        yield from self._side_by_side(shared)
        left = [address for address in self._spellings if not self._is_resolved(address)]
        yield from self._side_by_side(self._search(address) for address in left)

    def _side_by_side(self, flows: Iterator[Flow[None]]) -> Flow[None]:
        until_denied = (flow for flow in flows if not self._denied)
        yield ForEach(until_denied, min(self._limit, len(self._spellings)), lambda _: None)
        if self._denied:
            raise self._denied[0]

    def _is_resolved(self, address: str) -> bool:
        return address in self._found or address in self._unsearchable

    def _search_domain(self, domain: str, addresses: set[str]) -> Flow[None]:
        """Page through a domain for as long as that is cheaper than asking for each address.

        A page that finds an address has paid for itself. Beyond that, SURPLUS of a request per address
        may be spent in vain, so the whole never costs more than 1 + SURPLUS requests per address.
        """
        missing = set(addresses)
        in_vain = 0
        scan = self._operations.scan(email=f"@{domain}")
        try:
            while missing and in_vain + 1 <= SURPLUS * len(addresses):
                users = yield from scan.turn()
                if users is None:
                    self._found.update(dict.fromkeys(missing))
                    return
                here = {user.email.lower(): user.id for user in users if user.email}
                hits = missing & here.keys()
                for address in hits:
                    self._settle(address, here[address])
                missing -= hits
                in_vain += 1 - len(hits)
        except _HOPELESS as error:
            self._give_up(missing, error)
        except ArizeError:
            return  # One bad page, or a stale cursor: asking for each address may still work.

    def _search(self, address: str) -> Flow[None]:
        try:
            if self._closed_to_us is not None:
                raise self._closed_to_us
            user = yield from self._operations.get(user=address)
        except ArizeError as error:
            self._give_up({address}, error)
            return
        if user is None:
            self._found[address] = None
        else:
            self._settle(address, user.id)

    def _settle(self, address: str, user_id: str | None) -> None:
        if user_id:
            self._found[address] = user_id
        else:
            self._unsearchable[address] = "The server lists this user without an id."

    def _give_up(self, addresses: set[str], error: ArizeError) -> None:
        if isinstance(error, ConfigurationError):
            raise error
        if isinstance(error, UnauthorizedError):
            self._denied.append(error)
        self._note(error)
        self._unsearchable.update(dict.fromkeys(addresses, _one_line(error)))

    def _note(self, failure: ArizeError) -> None:
        # A limit longer than anyone waits for holds for the rest of the batch: asking on would only
        # make it longer.
        if isinstance(failure, RateLimitError) and (failure.retry_after or 0) > LONGEST_RETRY_AFTER:
            self._closed_to_us = failure

    def _delete(self) -> Flow[None]:
        waiting = iter(self._targets())
        while True:
            yield ForEach(self._deletions(waiting), self._workers(), self._report)
            if not self._denied:
                return
            if not self._deleted:
                raise self._denied[0]
            # Something was deleted after all while the refusal came: the batch goes on.
            waiting = chain(self._refused, waiting)
            self._denied, self._refused = [], []

    def _workers(self) -> int:
        return min(self._limit, len(self._inputs()))

    def _targets(self) -> list[_Target]:
        targets = {user_id: _Target(user_id, by_id=True) for user_id in self._ids}
        lost: list[_Target] = []
        for address, spelling in self._spellings.items():
            user_id = self._found.get(address)
            if user_id is not None:
                targets.setdefault(user_id, _Target(user_id)).emails.append(spelling)
            elif address in self._found:
                lost.append(_Target(None, emails=[spelling], verdict=DeletionStatus.NOT_FOUND))
            else:
                error = self._unsearchable[address]
                lost.append(_Target(None, emails=[spelling], verdict=DeletionStatus.FAILED, error=error))
        return [*targets.values(), *lost]

    def _deletions(self, waiting: Iterator[_Target]) -> Iterator[Flow[list[Result]]]:
        # A 401 before anything was deleted ends the batch: no further request starts.
        while self._deleted or not self._denied:
            target = next(waiting, None)
            if target is None:
                return
            yield self._delete_one(target)

    def _delete_one(self, target: _Target) -> Flow[list[Result]]:
        status, error = target.verdict, target.error
        if status is None:
            assert target.user_id is not None
            try:
                if self._closed_to_us is not None:
                    raise self._closed_to_us
                yield from self._operations.delete(user_id=target.user_id)
                status, self._deleted = DeletionStatus.DELETED, True
            except Stopped:
                return []
            except ConfigurationError:
                raise
            except NotFoundError:
                status = DeletionStatus.NOT_FOUND
            except ArizeError as failure:
                status, error = DeletionStatus.FAILED, _one_line(failure)
                if isinstance(failure, UnauthorizedError) and not self._deleted:
                    target.verdict, target.error = status, error
                    self._denied.append(failure)
                    self._refused.append(target)
                    return []
                self._note(failure)
        results = target.results(status, error)
        for result in results:
            self._outcomes[result.email or result.user_id or ""] = result
        return results

    def _report(self, results: list[Result]) -> None:
        for result in results:
            if self._on_result is not None:
                try:
                    self._on_result(result)
                except BaseException:
                    self._on_result = None  # A broken callback is not called again.
                    raise

    def _inputs(self) -> list[str]:
        return [*self._ids, *self._spellings.values()]

    def _in_order(self) -> list[Result]:
        return [self._outcomes[one] for one in self._inputs() if one in self._outcomes]

    def _interrupted(self) -> BulkInterrupted:
        results = self._in_order()
        pending = [one for one in self._inputs() if one not in self._outcomes]
        return BulkInterrupted(
            f"The bulk delete was stopped: the outcomes of {len(results)} are in `results`, "
            f"the {len(pending)} that have none are in `pending`.",
            results=results,
            pending=pending,
        )


def _one_line(error: ArizeError) -> str:
    return " ".join(str(error).split())
