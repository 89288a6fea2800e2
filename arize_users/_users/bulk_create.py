"""Creates many users at once, and tells what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from attrs import define

from .._core.effects import Flow
from ..enums import CreationStatus, InviteMode, UserStatus
from ..errors import ConflictError, InvalidArgumentError
from ..people import BulkCreateResult, BulkProgress, NewUser
from ..results import Outcomes
from ..types import CreatedUser, User
from . import arguments as check
from .addresses import identity_key
from .batch import Batch, Options, Target
from .creating import create_whole, differences
from .lookup import Found, look_up_taken
from .operations import Operations
from .outcomes import one_line
from .records import Creation, creation_record

Status = CreationStatus


def bulk_create(
    operations: Operations,
    users: Iterable[NewUser],
    *,
    max_concurrency: int,
    on_result: Callable[[BulkCreateResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None,
    outcomes: Outcomes | None,
) -> BulkCreate:
    """Check everything before the first request, and give the bulk create, whose flow is `run`."""
    options = Options(max_concurrency, on_result, on_progress, outcomes)
    return BulkCreate(operations, checked_people(users), options)


def checked_people(users: Iterable[NewUser]) -> list[Creation]:
    """Check who is to be created, each once.

    Raises:
        InvalidArgumentError: Something cannot be right; all that is wrong is told at once.
    """
    creations: list[Creation] = []
    problems: list[InvalidArgumentError] = []
    places: dict[str, int] = {}
    for index, person in enumerate(check.items(users, "users")):
        fields, bad = _checked_fields(person, index)
        problems += bad
        email = fields.get("email")
        if email is not None:
            first = places.setdefault(identity_key(email), index)
            if first != index:
                problem = f"email: {email!r} is the person of users[{first}]"
                hint = "Give each person once."
                problems.append(InvalidArgumentError(problem, argument="users", index=index, hint=hint))
        if not bad:
            creations.append(Operations.creation(**fields))
    check.refuse(problems)
    if not creations:
        raise InvalidArgumentError("is empty", argument="users", hint="Give at least one NewUser.")
    return creations


def _checked_fields(person: object, index: int) -> tuple[dict[str, Any], list[InvalidArgumentError]]:
    if not isinstance(person, NewUser):
        problem = f"expected a NewUser, got {type(person).__name__}"
        return {}, [InvalidArgumentError(problem, argument="users", index=index)]
    return check.all_fields(
        "users",
        index,
        email=partial(check.email, person.email),
        name=partial(check.name, person.name),
        role=partial(check.role, person.role),
        invite_mode=partial(check.invite_mode, person.invite_mode),
        is_developer=partial(check.developer_flag, person.is_developer),
    )


@define(eq=False)
class _NewTarget(Target):
    """Someone to create."""

    creation: Creation
    user: CreatedUser | User | None = None
    conflict: ConflictError | None = None
    """The API's refusal of an address that somebody has, or had."""

    def result(self) -> BulkCreateResult:
        """Give the result as it is now."""
        status, error = self.record.state
        was_there = status is not Status.CREATED
        return BulkCreateResult(
            user_id=getattr(self.user, "id", None),
            email=self.creation.email,
            status=status,
            error=error,
            user=self.user,
            differences=differences(self.creation, self.user) if self.user and was_there else {},
        )

    def settle_answered(self, user: CreatedUser, missing: str | None) -> None:
        """Write down what the answer to the create says."""
        self.user = user
        if user.created:
            self.record.settle(Status.CREATED, missing)
        elif user.created is False or "role" in differences(self.creation, user):
            # Somebody with another role was not created by an attempt of this call whose answer was lost.
            self.record.settle(Status.ALREADY_INVITED, self._told("The user was invited before"))
        else:
            self.record.settle(
                Status.UNKNOWN,
                "The user is invited, by this call or before: the answer to its first request was lost. If "
                f"no mail arrives, users.resend_invitation(user_id={user.id!r}) sends one.",
            )

    def settle_found(self, found: Found) -> None:
        """Write down who has the address that the API refused."""
        assert self.conflict is not None
        self.user = found.user
        status = getattr(found.user, "status", None)
        if found.error is not None:
            self.record.refuse(f"{_TAKEN} Which, is not known: {found.error}")
        elif found.user is None:
            self.record.settle(Status.BLOCKED, _BLOCKED)
        elif status == UserStatus.INVITED:
            self.record.settle(Status.ALREADY_INVITED, self._told("The user was invited before"))
        elif status == UserStatus.ACTIVE or (status is None and self.creation.mode is not InviteMode.NONE):
            self.record.settle(Status.ALREADY_ACTIVE, self._told("The user is active"))
        else:
            self.record.refuse(f"{one_line(self.conflict)} A look-up shows the user with status {status}.")

    def _told(self, what: str) -> str | None:
        """Say what is not as asked for, where anything is not."""
        assert self.user is not None
        fields = list(differences(self.creation, self.user))
        if not fields:
            return None
        changes = " and ".join(name for name in fields if name in ("name", "is_developer"))
        hint = f" users.update changes {changes}." if changes else ""
        return f"{what}, and nothing was changed. Not as asked for: {', '.join(fields)}.{hint}"


_TAKEN = "The address is that of an active, an invited or a deleted user."
_BLOCKED = "The address is that of a deleted user, and cannot return: another address can be invited."


class BulkCreate(Batch[BulkCreateResult, _NewTarget]):
    """One bulk create: who is to be created, and what is known of each so far."""

    name = "bulk create"

    def __init__(
        self, operations: Operations, creations: Iterable[Creation], options: Options[BulkCreateResult]
    ) -> None:
        self._operations = operations
        self._targets = [_NewTarget(creation_record(one, Status.CREATED), one) for one in creations]
        super().__init__(options)

    def work(self) -> Flow[None]:
        """Create all, then tell apart whose addresses are taken."""
        yield from self.each("creating", self._targets, self._create)
        yield from self._tell_conflicts_apart()

    def _create(self, target: _NewTarget) -> Flow[None]:
        try:
            yield from create_whole(self._operations, target.creation, target.record, target.settle_answered)
        except ConflictError as error:
            if not error.is_from_api:
                raise
            target.conflict = error

    def _tell_conflicts_apart(self) -> Flow[None]:
        refused = [one for one in self._targets if one.conflict is not None and not one.record.is_settled]
        addresses = [one.creation.email for one in refused]
        found = yield from look_up_taken(self._operations, addresses, self.limit, self.progress)
        for target in refused:
            target.settle_found(found[target.creation.email])
            self.tell(target)

    def results_of(self, target: _NewTarget) -> list[BulkCreateResult]:
        """Give the one result of an input."""
        return [target.result()]

    def results(self) -> list[BulkCreateResult]:
        """Give the result of each input, in the caller's order."""
        return [one.result() for one in self._targets]

    def pending_ids(self) -> list[str]:
        """Give none: who is to be created has no id."""
        return []

    def pending_emails(self) -> list[str]:
        """Give the addresses for which no request was sent."""
        return [one.creation.email for one in self._targets if one.record.is_pending]
