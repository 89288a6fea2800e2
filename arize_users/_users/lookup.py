"""Finds the users of many email addresses with few requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import define, field, frozen

from .._core.effects import Flow, parallel, tell
from ..errors import (
    AmbiguousEmailError,
    APIConnectionError,
    ArizeError,
    ConfigurationError,
    ForbiddenError,
    RateLimitError,
    UnauthorizedError,
)
from ..types import User
from . import arguments as check
from .addresses import Matches, by_folded_address, folded, spellings
from .batch import Refusals
from .operations import Operations
from .outcomes import Record, one_line
from .progress import Progress

EXTRA_REQUESTS = 0.3
"""Requests per address that looking up a whole domain may cost beyond asking for each address."""

# A request for each address would fail in the same way, so there is no falling back to one.
_NON_FALLBACK_ERRORS = (
    UnauthorizedError,
    ForbiddenError,
    RateLimitError,
    APIConnectionError,
    ConfigurationError,
)


@frozen
class Found:
    """What a look-up of one address came to: a user, nobody (both None), or why it is not known.

    ``is_sent`` is False where nobody was asked.
    """

    user_id: str | None = None
    error: str | None = None
    is_sent: bool = True
    user: User | None = field(default=None, eq=False)

    def settle(self, record: Record) -> None:
        """Settle the record of what was to be done for a user, unless one was found."""
        if self.user_id is not None:
            return
        if self.error is None:
            assert record.not_found is not None
            record.settle(record.not_found)
        elif self.is_sent:
            record.refuse(self.error)
        else:
            record.skip(self.error)


@define(eq=False)
class _Group:
    """The spellings of an address that differ in the case of ASCII letters: one search finds them all."""

    spellings: list[Matches] = field(factory=list)

    @property
    def is_settled(self) -> bool:
        return all(one.is_settled for one in self.spellings)

    def add(self, users: Iterable[User]) -> None:
        for one in self.spellings:
            one.add(users)

    def results(self) -> Iterator[tuple[str, Found]]:
        ambiguous: dict[Sequence[str], Found] = {}
        for one in self.spellings:
            try:
                user = one.result()
            except AmbiguousEmailError as error:
                # One outcome for all spellings that name the same users.
                yield one.address, ambiguous.setdefault(error.user_ids, Found(error=one_line(error)))
                continue
            user_id = getattr(user, "id", None)
            nameless = (
                "The server lists this user without an id." if user is not None and not user_id else None
            )
            yield one.address, Found(user_id, nameless, user=user)


@frozen
class _Settled:
    """The notice that spellings were looked up."""

    addresses: list[str]


class Lookup:
    """Looks up many addresses; ``found`` has what each came to, by its exact spelling.

    Args:
        operations: Those of the client.
        addresses: All spellings; those that differ in ASCII case alone cost one search together.
        limit: How many requests are under way at most.
        progress: Told of the phase "looking up".
        on_found: Gets spellings as they are settled, all of an address at once, on the caller's thread.
    """

    def __init__(
        self,
        operations: Operations,
        addresses: Iterable[str],
        limit: int,
        progress: Progress,
        on_found: Callable[[list[str]], object] | None = None,
    ) -> None:
        self._operations = operations
        self._groups: dict[str, _Group] = {}
        for address in dict.fromkeys(addresses):
            self._groups.setdefault(folded(address), _Group()).spellings.append(Matches(address))
        self._limit = min(limit, len(self._groups))
        self._progress = progress
        self._on_found = on_found
        self._refusals = Refusals()
        self._unauthorized: UnauthorizedError | None = None
        self.found: dict[str, Found] = {}

    def run(self) -> Flow[None]:
        """Look them all up; no request is sent where there are none.

        Raises:
            UnauthorizedError: The key was refused.
        """
        if not self._groups:
            return
        self._progress.begin("looking up", sum(len(group.spellings) for group in self._groups.values()))
        domains: dict[str, dict[str, _Group]] = {}
        for key, group in self._groups.items():
            domains.setdefault(key.rpartition("@")[2], {})[key] = group
        yield from self._run_all(
            self._look_up_domain(domain, groups)
            for domain, groups in domains.items()
            if EXTRA_REQUESTS * len(groups) >= 1 and self._refusals.reason is None
        )
        yield from self._run_all(
            self._look_up(group)
            for group in self._groups.values()
            if group.spellings[0].address not in self.found
        )

    def _run_all(self, flows: Iterator[Flow[ArizeError | None]]) -> Flow[None]:
        wanted = (flow for flow in flows if self._unauthorized is None)
        yield from parallel(wanted, self._limit, self._refusals.note, self._on_notice)
        if self._unauthorized is not None:
            raise self._unauthorized

    def _on_notice(self, notice: object) -> None:
        if isinstance(notice, _Settled):
            if self._on_found is not None:
                self._on_found(notice.addresses)
            self._progress.advance(len(notice.addresses))
        else:
            self._progress.on_notice(notice)

    def _look_up_domain(self, domain: str, groups: dict[str, _Group]) -> Flow[ArizeError | None]:
        """Read the pages of a domain for as long as that is cheaper than asking for each address.

        A page that settles an address replaces a request of its own. Beyond that, EXTRA_REQUESTS per address
        may settle nothing, so the whole never costs more than 1 + EXTRA_REQUESTS requests per address.
        """
        missing = dict(groups)
        extra = 0
        scan = self._operations.scan(email=f"@{domain}")
        try:
            while missing and extra + 1 <= EXTRA_REQUESTS * len(groups):
                users = yield from scan.next_page()
                if users is None:
                    yield from self._settle(missing.values())
                    return None
                by_address = by_folded_address(users)
                found = missing.keys() & by_address.keys()
                for key in found:
                    missing[key].add(by_address[key])
                settled = {key: missing.pop(key) for key in found if missing[key].is_settled}
                yield from self._settle(settled.values())
                extra += 1 - len(settled)
        except _NON_FALLBACK_ERRORS as error:
            return (yield from self._give_up(missing.values(), error))
        except ArizeError:
            pass  # One bad page, or a stale cursor: asking for each address may still work.
        return None

    def _look_up(self, group: _Group) -> Flow[ArizeError | None]:
        if self._refusals.reason is not None:
            yield from self._put([group], Found(error=self._refusals.reason, is_sent=False))
            return None
        deadline = yield from self._operations.deadline()
        scan = self._operations.scan(email=group.spellings[0].address, deadline=deadline)
        try:
            while not group.is_settled and (users := (yield from scan.next_page())) is not None:
                group.add(users)
        except ArizeError as error:
            return (yield from self._give_up([group], error))
        yield from self._settle([group])
        return None

    def _settle(self, groups: Iterable[_Group]) -> Flow[None]:
        settled = [spelling for group in groups for spelling in group.results()]
        self.found.update(settled)
        if settled:
            yield from tell(_Settled([address for address, _ in settled]))

    def _give_up(self, groups: Iterable[_Group], error: ArizeError) -> Flow[ArizeError]:
        if isinstance(error, ConfigurationError):
            raise error
        if isinstance(error, UnauthorizedError):
            self._unauthorized = error
        yield from self._put(groups, Found(error=one_line(error)))
        return error

    def _put(self, groups: Iterable[_Group], found: Found) -> Flow[None]:
        addresses = [one.address for group in groups for one in group.spellings]
        self.found.update(dict.fromkeys(addresses, found))
        yield from tell(_Settled(addresses))


def look_up_taken(
    operations: Operations, addresses: Iterable[str], limit: int, progress: Progress
) -> Flow[dict[str, Found]]:
    """Find who has addresses that the API refuses for a new user; nobody, where it is a deleted one.

    To the API the spellings of a domain may be one address, and a search finds one of them only: those that
    nobody has are looked up in their other spellings, too.
    """
    found = yield from _look_up_some(operations, addresses, limit, progress)
    others = {
        spelling: address
        for address, one in found.items()
        if one == Found()
        for spelling in spellings(address)
    }
    for spelling, other in (yield from _look_up_some(operations, others, limit, progress)).items():
        if other != Found():
            found[others[spelling]] = other
    return found


def _look_up_some(
    operations: Operations, addresses: Iterable[str], limit: int, progress: Progress
) -> Flow[dict[str, Found]]:
    wanted = list(addresses)
    searchable = [one for one in wanted if len(one) <= check.MAX_EMAIL_FILTER]
    lookup = Lookup(operations, searchable, limit, progress)
    error = "It is too long to be looked up."
    try:
        yield from lookup.run()
    except UnauthorizedError as refusal:
        error = one_line(refusal)
        progress.advance(len(searchable) - len(lookup.found))
    return {one: lookup.found.get(one) or Found(error=error) for one in wanted}
