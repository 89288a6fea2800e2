"""Flows over many users: find the ids of many emails with few requests, delete many users at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from attrs import define, field

from .._core.effects import Flow, Stopped, parallel
from .._core.retry import LONGEST_RETRY_AFTER
from ..enums import DeletionStatus
from ..errors import (
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
from ..results import BulkUserDeletionResult
from ..types import User
from . import arguments as check
from .operations import Operations

EXTRA_REQUESTS = 0.3
"""Requests per email that looking up a whole domain may cost beyond asking for each email."""

# A request for each address would fail in the same way, so there is no falling back to one.
_NON_FALLBACK_ERRORS = (
    UnauthorizedError,
    ForbiddenError,
    RateLimitError,
    APIConnectionError,
    ConfigurationError,
)

Result = BulkUserDeletionResult
Report = Callable[[Result], object] | None


def bulk_delete(
    operations: Operations,
    *,
    user_ids: Iterable[str] | None,
    emails: Iterable[str] | None,
    max_concurrency: int,
    on_result: Report,
) -> BulkDelete:
    """Check everything before the first request, and give the bulk delete, whose flow is `run`."""
    limit = check.whole_number(max_concurrency, "max_concurrency")
    on_result = check.callback(on_result, "on_result")
    ids, bad_ids = check.entries(() if user_ids is None else user_ids, "user_ids", check.user_id)
    addresses, bad_emails = check.entries(() if emails is None else emails, "emails", check.searchable_email)
    check.refuse([*bad_ids, *bad_emails])
    if not ids and not addresses:
        raise InvalidArgumentError(
            "neither it nor emails names a user", argument="user_ids", hint="Give at least one id or email."
        )
    spellings: dict[str, str] = {}
    for address in addresses:
        spellings.setdefault(address.lower(), address)
    return BulkDelete(operations, list(dict.fromkeys(ids)), spellings, limit, on_result)


@define
class _Target:
    """One user to delete, or one email without a user, with every input that named it."""

    user_id: str | None
    by_id: bool = False
    emails: list[str] = field(factory=list)
    status: DeletionStatus | None = None
    """What is known before any request for it: an email that nobody has, or that was not looked up."""
    error: str | None = None

    def results(self, status: DeletionStatus, error: str | None = None) -> list[Result]:
        inputs: list[str | None] = [None] if self.by_id else []
        return [
            Result(user_id=self.user_id, email=email, status=status, error=error)
            for email in [*inputs, *self.emails]
        ]


class BulkDelete:
    """One bulk delete: its inputs, and what is known of them so far."""

    def __init__(
        self,
        operations: Operations,
        ids: list[str],
        spellings: dict[str, str],
        limit: int,
        on_result: Report,
    ) -> None:
        self._operations = operations
        self._ids = ids
        # The lower-case address leads to the caller's spelling.
        self._spellings = spellings
        self._limit = min(limit, len(ids) + len(spellings))
        self._on_result = on_result
        self._found: dict[str, str | None] = {}
        self._lookup_errors: dict[str, str] = {}
        self._unauthorized: list[UnauthorizedError] = []
        self._refused: list[_Target] = []
        self._has_deleted = False
        self._rate_limited: RateLimitError | None = None
        # Written where the outcome happens, not where it is reported, so an interrupt loses none.
        # The inputs are the keys; an id never holds an @, so no id is taken for an email.
        self._outcomes: dict[str, Result] = {}

    def run(self) -> Flow[list[Result]]:
        """Delete them all; the results are in the order of the inputs."""
        try:
            if self._spellings:
                yield from self._look_up_all()
            yield from self._delete_all()
        except Stopped as stop:
            if isinstance(stop.__cause__, ConfigurationError) and not self._outcomes:
                raise stop.__cause__ from None  # The client was closed before the first request.
            raise self._interrupted() from stop.__cause__
        return self._in_order()

    @contextmanager
    def interrupts_reported(self) -> Iterator[None]:
        """Raise `BulkInterrupted` with the outcomes for an interrupt outside of the parallel work."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit) as interrupt:
            raise self._interrupted() from interrupt

    def _look_up_all(self) -> Flow[None]:
        domains: dict[str, set[str]] = {}
        for address in self._spellings:
            domains.setdefault(address.rpartition("@")[2], set()).add(address)
        yield from self._run_lookups(
            self._look_up_domain(domain, addresses)
            for domain, addresses in domains.items()
            if EXTRA_REQUESTS * len(addresses) >= 1
        )
        known = self._found.keys() | self._lookup_errors.keys()
        yield from self._run_lookups(
            self._look_up(address) for address in self._spellings if address not in known
        )

    def _run_lookups(self, flows: Iterator[Flow[None]]) -> Flow[None]:
        until_unauthorized = (flow for flow in flows if not self._unauthorized)
        limit = min(self._limit, len(self._spellings))
        yield from parallel(until_unauthorized, limit, lambda _: None)
        if self._unauthorized:
            raise self._unauthorized[0]

    def _look_up_domain(self, domain: str, addresses: set[str]) -> Flow[None]:
        """Read the pages of a domain for as long as that is cheaper than asking for each address.

        A page that finds an address replaces a request of its own. Beyond that, EXTRA_REQUESTS per address
        may find nothing, so the whole never costs more than 1 + EXTRA_REQUESTS requests per address.
        """
        missing = set(addresses)
        extra = 0
        scan = self._operations.scan(email=f"@{domain}")
        try:
            while missing and extra + 1 <= EXTRA_REQUESTS * len(addresses):
                users = yield from scan.next_page()
                if users is None:
                    self._found.update(dict.fromkeys(missing))
                    return
                by_address = {
                    email.lower(): user for user in users if (email := getattr(user, "email", None))
                }
                found = missing & by_address.keys()
                for address in found:
                    self._settle(address, by_address[address])
                missing -= found
                extra += 1 - len(found)
        except _NON_FALLBACK_ERRORS as error:
            self._give_up(missing, error)
        except ArizeError:
            return  # One bad page, or a stale cursor: asking for each address may still work.

    def _look_up(self, address: str) -> Flow[None]:
        try:
            if self._rate_limited is not None:
                raise self._rate_limited
            user = yield from self._operations.get(user=address)
        except ArizeError as error:
            self._give_up({address}, error)
            return
        if user is None:
            self._found[address] = None
        else:
            self._settle(address, user)

    def _settle(self, address: str, user: User) -> None:
        user_id = getattr(user, "id", None)
        if user_id:
            self._found[address] = user_id
        else:
            self._lookup_errors[address] = "The server lists this user without an id."

    def _give_up(self, addresses: set[str], error: ArizeError) -> None:
        if isinstance(error, ConfigurationError):
            raise error
        if isinstance(error, UnauthorizedError):
            self._unauthorized.append(error)
        self._note_rate_limit(error)
        self._lookup_errors.update(dict.fromkeys(addresses, _one_line(error)))

    def _note_rate_limit(self, failure: ArizeError) -> None:
        # A limit longer than anyone waits for holds for the rest of the batch: further requests would
        # only make it longer.
        if isinstance(failure, RateLimitError) and (failure.retry_after or 0) > LONGEST_RETRY_AFTER:
            self._rate_limited = failure

    def _delete_all(self) -> Flow[None]:
        waiting = iter(self._targets())
        while True:
            yield from parallel(self._deletions(waiting), self._limit, self._report)
            if not self._unauthorized:
                return
            if not self._has_deleted:
                raise self._unauthorized[0]
            # Another request deleted a user while this refusal came: the key is good, and the work goes on.
            waiting = chain(self._refused, waiting)
            self._unauthorized, self._refused = [], []

    def _targets(self) -> list[_Target]:
        targets = {user_id: _Target(user_id, by_id=True) for user_id in self._ids}
        without_user: list[_Target] = []
        for address, spelling in self._spellings.items():
            user_id = self._found.get(address)
            if user_id is not None:
                targets.setdefault(user_id, _Target(user_id)).emails.append(spelling)
            elif address in self._found:
                without_user.append(_Target(None, emails=[spelling], status=DeletionStatus.NOT_FOUND))
            else:
                error = self._lookup_errors[address]
                without_user.append(
                    _Target(None, emails=[spelling], status=DeletionStatus.FAILED, error=error)
                )
        return [*targets.values(), *without_user]

    def _deletions(self, waiting: Iterator[_Target]) -> Iterator[Flow[list[Result]]]:
        # A 401 before anything was deleted ends the batch: no further request starts.
        while self._has_deleted or not self._unauthorized:
            target = next(waiting, None)
            if target is None:
                return
            yield self._delete_one(target)

    def _delete_one(self, target: _Target) -> Flow[list[Result]]:
        status, error = target.status, target.error
        if status is None:
            assert target.user_id is not None
            try:
                if self._rate_limited is not None:
                    raise self._rate_limited
                yield from self._operations.delete(user_id=target.user_id)
                status, self._has_deleted = DeletionStatus.DELETED, True
            except Stopped:
                return []
            except ConfigurationError:
                raise
            except NotFoundError:
                status = DeletionStatus.NOT_FOUND
            except ArizeError as failure:
                status, error = DeletionStatus.FAILED, _one_line(failure)
                if isinstance(failure, UnauthorizedError) and not self._has_deleted:
                    target.status, target.error = status, error
                    self._unauthorized.append(failure)
                    self._refused.append(target)
                    return []
                self._note_rate_limit(failure)
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
                    self._on_result = None  # A callback that raised is not called again.
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
