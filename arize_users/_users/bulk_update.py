"""Changes many users at once, each in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from attrs import define, frozen

from .._core.effects import Flow
from ..enums import WriteStatus
from ..errors import InvalidArgumentError
from ..people import BulkProgress, BulkUpdateResult, UserUpdate
from ..results import Outcomes
from ..types import User
from . import arguments as check
from .addresses import identity_key
from .batch import Batch, Options, Target
from .lookup import Lookup
from .named import check_sendable
from .operations import Operations
from .records import update_record


def bulk_update(
    operations: Operations,
    updates: Iterable[UserUpdate],
    *,
    max_concurrency: int,
    on_result: Callable[[BulkUpdateResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None,
    outcomes: Outcomes | None,
) -> BulkUpdate:
    """Check everything before the first request, and give the bulk update, whose flow is `run`."""
    options = Options(max_concurrency, on_result, on_progress, outcomes)
    return BulkUpdate(operations, checked_updates(updates), options)


@frozen(kw_only=True)
class Change:
    """A change of one user whose arguments were checked: whom by id or else by email, and what."""

    user_id: str | None
    email: str | None
    name: str | None
    is_developer: bool | None


def checked_updates(updates: Iterable[UserUpdate]) -> list[Change]:
    """Check who is to be changed, each once.

    Raises:
        InvalidArgumentError: Something cannot be right; all that is wrong is told at once.
    """
    changes: list[Change] = []
    problems: list[InvalidArgumentError] = []
    places: dict[tuple[str, str], int] = {}
    for index, update in enumerate(check.items(updates, "updates")):
        fields, bad = _checked_fields(update, index)
        names = list(_names(update, fields.get("user")))
        first = min((places[name] for name in names if name in places), default=None)
        if first is not None:
            problem = f"user: {fields['user']!r} is the user of updates[{first}]"
            hint = "Give each user once, with all that changes."
            bad.append(InvalidArgumentError(problem, argument="updates", index=index, hint=hint))
        for one in names:
            places.setdefault(one, index)
        problems += bad
        if not bad:
            user = fields.pop("user")
            by_email = "@" in user
            changes.append(
                Change(user_id=None if by_email else user, email=user if by_email else None, **fields)
            )
    check.refuse(problems)
    if not changes:
        raise InvalidArgumentError("is empty", argument="updates", hint="Give at least one UserUpdate.")
    return changes


def _checked_fields(update: object, index: int) -> tuple[dict[str, Any], list[InvalidArgumentError]]:
    if not isinstance(update, UserUpdate):
        problem = f"expected a UserUpdate, got {type(update).__name__}"
        return {}, [InvalidArgumentError(problem, argument="updates", index=index)]
    name = update.name
    fields, problems = check.all_fields(
        "updates",
        index,
        user=partial(check.check_user, update.user),
        name=lambda: None if name is None else check.name(name),
        is_developer=partial(check.developer_flag, update.is_developer),
    )
    if name is None and update.is_developer is None:
        problem = "name: neither it nor is_developer is given"
        hint = "Give at least one to update."
        problems.append(InvalidArgumentError(problem, argument="updates", index=index, hint=hint))
    return fields, problems


def _names(update: object, named: str | None) -> Iterator[tuple[str, str]]:
    """Give all by which the user of an update is known before a look-up."""
    if named is None:
        return
    yield ("email", identity_key(named)) if "@" in named else ("id", named)
    if isinstance(update, UserUpdate) and isinstance(update.user, User):
        email = getattr(update.user, "email", None)
        if email:
            yield "email", identity_key(email)


@define(eq=False)
class _UpdateTarget(Target):
    """A change of one user."""

    change: Change
    user_id: str | None
    user: User | None = None

    def result(self) -> BulkUpdateResult:
        """Give the result as it is now."""
        status, error = self.record.state
        return BulkUpdateResult(
            user_id=self.user_id, email=self.change.email, status=status, error=error, user=self.user
        )


class BulkUpdate(Batch[BulkUpdateResult, _UpdateTarget]):
    """One bulk update: who is to be changed, and what is known of each so far."""

    name = "bulk update"

    def __init__(
        self, operations: Operations, changes: Iterable[Change], options: Options[BulkUpdateResult]
    ) -> None:
        self._operations = operations
        self._targets = [
            _UpdateTarget(update_record(WriteStatus.DONE, WriteStatus.NOT_FOUND), one, one.user_id)
            for one in changes
        ]
        super().__init__(options)

    def work(self) -> Flow[None]:
        """Look the emails up, then change each user."""
        by_email = [(one, email) for one in self._targets if (email := one.change.email) is not None]
        addresses = [email for _, email in by_email]
        lookup = Lookup(self._operations, addresses, self.limit, self.progress)
        yield from lookup.run()
        for target, email in by_email:
            found = lookup.found[email]
            target.user_id = found.user_id
            found.settle(target.record)
        self._refuse_repeated()
        yield from self.each("updating", self._targets, self._update)

    def _refuse_repeated(self) -> None:
        """Change nobody whom two inputs name: which of them is meant is not known."""
        places: dict[str, list[int]] = {}
        for place, target in enumerate(self._targets):
            if target.user_id is not None:
                places.setdefault(target.user_id, []).append(place)
        for user_id, same in places.items():
            for place in same if len(same) > 1 else ():
                others = " and ".join(f"updates[{other}]" for other in same if other != place)
                reason = f"Not sent: {others} names the same user, {user_id!r}; give each user once."
                self._targets[place].record.refuse(reason)

    def _update(self, target: _UpdateTarget) -> Flow[None]:
        change = target.change
        assert target.user_id is not None
        request = self._operations.change(
            user_id=check_sendable(target.user_id), name=change.name, is_developer=change.is_developer
        )
        target.user = yield from self._operations.update_recorded(request, target.record)
        target.record.settle(WriteStatus.DONE)

    def results_of(self, target: _UpdateTarget) -> list[BulkUpdateResult]:
        """Give the one result of an input."""
        return [target.result()]

    def results(self) -> list[BulkUpdateResult]:
        """Give the result of each input, in the caller's order."""
        return [one.result() for one in self._targets]

    def pending_ids(self) -> list[str]:
        """Give the ids for which no request was sent."""
        pending = (one.change.user_id for one in self._targets if one.record.is_pending)
        return [user_id for user_id in pending if user_id is not None]

    def pending_emails(self) -> list[str]:
        """Give the emails for which no request was sent."""
        pending = (one.change.email for one in self._targets if one.record.is_pending)
        return [email for email in pending if email is not None]
