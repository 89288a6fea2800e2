"""Bulk calls on users who are named by ids and emails, each done once for each user."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import ClassVar, Self, TypeVar

from attrs import define, field

from .._core.effects import Flow
from ..errors import InvalidArgumentError
from ..people import BulkProgress
from ..results import Outcomes, UserResult
from ..types import User
from . import arguments as check
from .addresses import folded
from .batch import Batch, Options, Target
from .lookup import Found, Lookup
from .operations import Operations
from .outcomes import Record

R = TypeVar("R", bound=UserResult)


@define(eq=False)
class UserTarget(Target):
    """One user, with every input that names this user; without an id, an email that nobody has."""

    user_id: str | None = None
    user: User | None = None
    inputs: list[Input] = field(factory=list)


@define(eq=False)
class Input:
    """One distinct input: an id, or an email. Before its look-up an email has all of its spellings."""

    target: UserTarget
    spellings: list[str] = field(factory=list)

    @property
    def email(self) -> str | None:
        """The email as it was first spelled; None where it is an id."""
        return self.spellings[0] if self.spellings else None


def checked_names(
    user_ids: Iterable[str | User] | None, emails: Iterable[str] | None
) -> tuple[list[str], list[str]]:
    """Check the ids and emails that name users.

    Raises:
        InvalidArgumentError: One can be neither, or there is none.
    """
    ids, bad_ids = check.entries(() if user_ids is None else user_ids, "user_ids", check.user_id)
    addresses, bad_emails = check.entries(() if emails is None else emails, "emails", check.searchable_email)
    check.refuse([*bad_ids, *bad_emails])
    if not ids and not addresses:
        raise InvalidArgumentError(
            "neither it nor emails names a user", argument="user_ids", hint="Give at least one id or email."
        )
    return list(dict.fromkeys(ids)), list(dict.fromkeys(addresses))


def check_sendable(user_id: str) -> str:
    """Check an id that the server gave, before it is sent back."""
    if check.user_id(user_id) != user_id:
        raise InvalidArgumentError(f"the server gave the id {user_id!r}, which cannot be sent")
    return user_id


class UserBatch(Batch[R, UserTarget]):
    """One bulk call on users: looks the emails up, brings inputs that name one user together, and acts once.

    A subclass has the `phase` of what it does, the class of its results, `new_record` and `act`.
    """

    phase: ClassVar[str]
    result: type[R]

    @classmethod
    def of(
        cls,
        operations: Operations,
        *,
        user_ids: Iterable[str | User] | None,
        emails: Iterable[str] | None,
        max_concurrency: int,
        on_result: Callable[[R], object] | None,
        on_progress: Callable[[BulkProgress], object] | None = None,
        outcomes: Outcomes | None = None,
    ) -> Self:
        """Check everything before the first request, and give the bulk call, whose flow is `run`."""
        options = Options(max_concurrency, on_result, on_progress, outcomes)
        return cls(operations, checked_names(user_ids, emails), options)

    def __init__(
        self, operations: Operations, names: tuple[list[str], list[str]], options: Options[R]
    ) -> None:
        ids, emails = names
        self.operations: Operations = operations
        self._users = {user_id: UserTarget(self.new_record(), user_id) for user_id in ids}
        self._ids = [_input(target) for target in self._users.values()]
        # Until they are looked up, all spellings of an address are one input.
        self._emails: dict[str, list[Input]] = {}
        self.places: dict[str, int] = {}
        """The emails, and where each stands among them."""
        self._resolved: set[str] = set()
        for place, email in enumerate(emails):
            self.places[email] = place
            inputs = self._emails.setdefault(folded(email), [])
            if not inputs:
                inputs.append(Input(UserTarget(self.new_record())))
            inputs[0].spellings.append(email)
        super().__init__(options)

    @abstractmethod
    def new_record(self) -> Record:
        """Make the record of what is done for one user."""

    @abstractmethod
    def act(self, user_id: str, target: UserTarget) -> Flow[object]:
        """Do it for one user; the record is settled as done after that."""

    def result_of(self, target: UserTarget, email: str | None) -> R:
        """Give the result of one input."""
        status, error = target.record.state
        return self.result(user_id=target.user_id, email=email, status=status, error=error)

    def work(self) -> Flow[None]:
        """Look the emails up, then act on each user."""
        yield from self.look_up()
        yield from self.act_on_each()

    def look_up(self, on_found: Callable[[list[str]], object] | None = None) -> Flow[None]:
        """Look all emails up."""
        self._lookup = Lookup(self.operations, self.places, self.limit, self.progress, on_found)
        yield from self._lookup.run()

    def act_on_each(self) -> Flow[None]:
        """Bring the inputs that name one user together, and act on each user."""
        self.resolve(self.places)
        yield from self.each(self.phase, dict.fromkeys(one.target for one in self._inputs()), self._act_on)

    def resolve(self, addresses: Iterable[str]) -> list[UserTarget]:
        """Bring the spellings of looked up addresses to the users whom they name, and give these."""
        targets: dict[UserTarget, None] = {}
        for key in dict.fromkeys(map(folded, addresses)):
            if key in self._resolved:
                continue
            self._resolved.add(key)
            (unresolved,) = self._emails[key]
            inputs: dict[Found, Input] = {}
            for email in unresolved.spellings:
                found = self._lookup.found[email]
                if found not in inputs:
                    inputs[found] = _input(self._target(found), email)
            self._emails[key] = list(inputs.values())
            targets |= dict.fromkeys(one.target for one in inputs.values())
        return list(targets)

    def _target(self, found: Found) -> UserTarget:
        target = self._users.get(found.user_id or "") or UserTarget(self.new_record(), found.user_id)
        if found.user_id is not None:
            target.user = found.user
            return self._users.setdefault(found.user_id, target)
        found.settle(target.record)
        return target

    def _act_on(self, target: UserTarget) -> Flow[None]:
        assert target.user_id is not None
        yield from self.act(check_sendable(target.user_id), target)
        target.record.settle(target.record.done)

    def _inputs(self) -> list[Input]:
        emails = chain.from_iterable(self._emails.values())
        return [*self._ids, *sorted(emails, key=lambda one: self.places[one.spellings[0]])]

    def _pending(self) -> Iterator[Input]:
        return (one for one in self._inputs() if one.target.record.is_pending)

    def results_of(self, target: UserTarget) -> list[R]:
        """Give the result of each input that names a user."""
        return [self.result_of(target, one.email) for one in target.inputs]

    def results(self) -> list[R]:
        """Give the result of each input, in the order of the inputs."""
        return [self.result_of(one.target, one.email) for one in self._inputs()]

    def pending_ids(self) -> list[str]:
        """Give the ids for which no request was sent."""
        return [one.target.user_id or "" for one in self._pending() if not one.spellings]

    def pending_emails(self) -> list[str]:
        """Give the emails for which no request was sent, in every spelling that may name its own user."""
        return [email for one in self._pending() for email in one.spellings]


def _input(target: UserTarget, *spellings: str) -> Input:
    one = Input(target, [*spellings])
    target.inputs.append(one)
    return one
