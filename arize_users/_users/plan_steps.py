"""The actions of a plan while it is applied: what each sends, and what an answer means for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from .._core.request import Request
from ..enums import ActionKind, ActionStatus, InviteMode, UserStatus
from ..errors import (
    APIStatusError,
    ArizeError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidArgumentError,
    NotFoundError,
)
from ..types import CreatedUser, CustomUserRole, User
from . import arguments as check
from .batch import Target
from .lookup import Found
from .operations import Operations
from .outcomes import Record, one_line
from .records import Creation, creation_record, deletion_record, update_record
from .roster.comparison import departures, lacking, lacks_flag_alone
from .roster.journal import Entry
from .roster.parts import Action, Refusal
from .roster.plan import Plan
from .roster.plan_text import counted, endpoint_text
from .roster.report import PlanResult

DONE, UNCHANGED, STALE = ActionStatus.DONE, ActionStatus.UNCHANGED, ActionStatus.STALE
INVITATIONS = frozenset({ActionKind.INVITE, ActionKind.REINVITE})

_FINAL = frozenset({DONE, UNCHANGED, ActionStatus.BLOCKED})
"""How an action ended that a later run does not try again."""

FLAG_NOT_SET = "The user was created, and the developer permission is not set."
PASSWORD_LOST = "The temporary password was issued, and could not be written down:"
_BEGUN_BEFORE = "An earlier run began it, and did not learn how it ended. Applying the plan again finds out."
_NEVER_SEEN = (
    "An earlier run asked for it, and the answer with the temporary password never came. {state} "
    "users.resend_invitation mails an invited user a link, users.reset_password an active one. To delete the "
    "user would block the address for good."
)
"""What to do about a user whose password is lost; `state` says what the account shows."""
_NOT_SEEN = (
    "An earlier run asked for it, and no answer came. Nobody in the account has the address: plan anew to "
    "invite the person, unless the address is that of a deleted user."
)
_GONE = "The user is not in the account any more."
_OWN = re.compile(
    r"\b(delet|remov|block|deactivat)\w* (\w+ )?(self|yourself|themself|themselves|oneself|own)\b",
    re.IGNORECASE,
)
_OWN_USER = "This is the user of the API key, and nobody can delete themselves: use the key of another admin."
_LIKELY_OWN = "Refused for this user alone, who is likely that of the API key: use the key of another admin."


Sent = Creation | Request | None
"""What an action sends; None for a removal, which is its id."""


@define(eq=False)
class Step(Target):
    """One action.

    Args:
        index: Its place in the plan.
        action: What is to be done.
        sent: What it sends.
        user_id: Whom it creates, changes or removes, as far as is known.
        entry: What an earlier run wrote about it.
        is_doubtful: Whether an earlier run may have done it.
        is_created: Whether its user was created, and all that is left is the developer permission.
        is_begun: Whether this run wrote that it begins.
        password: A password that was issued and is not written down.
        refusal: A refusal whose meaning shows once the other actions are through.
    """

    index: int
    action: Action
    sent: Sent
    user_id: str | None
    entry: Entry = field(factory=Entry)
    is_doubtful: bool = False
    is_created: bool = False
    is_begun: bool = False
    password: str | None = field(default=None, repr=False)
    refusal: APIStatusError | None = None

    @property
    def was_begun(self) -> bool:
        """Whether an earlier run began it, and how that ended is not known."""
        return self.entry.begun_at is not None and self.entry.status in (None, ActionStatus.UNKNOWN)

    @property
    def asks_for_password(self) -> bool:
        """Whether a temporary password is to be issued."""
        return asks_for_password(self.action)

    def without_flag(self, reason: str | None = None) -> str:
        """Say that its user was created, and lacks the developer permission."""
        return " ".join(filter(None, (FLAG_NOT_SET, reason, self.entry.note)))

    def resume(self, entry: Entry) -> None:
        """Take over what an earlier run wrote about it."""
        self.entry = entry
        self.user_id = self.user_id or entry.user_id
        self.is_created = entry.created and "is_developer" in self.action.after
        self.is_doubtful = self.was_begun and not self.is_created
        if entry.status in _FINAL:
            self.record.settle(entry.status, entry.error)

    def settle_as_wanted(self, *, is_own: bool = False, note: str | None = None) -> None:
        """Note that the account is as wanted: by this plan, or already."""
        self.record.settle(DONE if is_own or self.was_begun else UNCHANGED, note)

    def settle_by(self, user: User, *, is_own: bool = False) -> None:
        """Note what an invitation came to whose person is in the account as this user."""
        self.user_id = getattr(user, "id", None) or self.user_id
        if said := lacking(self.action, user):
            self.record.settle(STALE, f"The user is {_status(user)} already: {said}; left alone.")
            return
        note = (
            "No password was issued: the user was in the account already." if self.asks_for_password else None
        )
        self.settle_as_wanted(is_own=is_own, note=note)

    def result(self) -> PlanResult:
        """Give the result as it is now."""
        status, error = self.record.state
        if status is ActionStatus.NOT_ATTEMPTED and self.is_doubtful:
            status, error = ActionStatus.UNKNOWN, error or _BEGUN_BEFORE
        elif status is ActionStatus.NOT_ATTEMPTED and self.is_created:
            status, error = ActionStatus.FAILED, self.without_flag()
        return PlanResult(
            kind=self.action.kind,
            user_id=self.user_id,
            email=self.action.email,
            name=self.action.name,
            status=status,
            error=error,
            temporary_password=self.password,
        )


def asks_for_password(action: Action) -> bool:
    """Tell whether an action asks for a temporary password."""
    return str(action.after.get("invite_mode")).lower() == InviteMode.TEMPORARY_PASSWORD.value


def steps_of(plan: Plan) -> list[Step]:
    """Make the steps of a plan, and check what each would send; all that is wrong is told at once.

    Raises:
        InvalidArgumentError: An action cannot be sent, as one of a plan that was made by hand.
    """
    steps: list[Step] = []
    problems: list[InvalidArgumentError] = []
    for index, action in enumerate(plan.actions):
        try:
            sent, record = _sent(action)
        except (InvalidArgumentError, KeyError, TypeError) as error:
            text = error.message if isinstance(error, InvalidArgumentError) else f"it has no {error}"
            problem = f"this {action.kind} of {action.email!r} cannot be sent: {text}"
            problems.append(InvalidArgumentError(problem, argument="plan.actions", index=index))
        else:
            steps.append(Step(record, index=index, action=action, sent=sent, user_id=action.user_id))
    for user_id in (*plan.witnesses, *plan.admins):
        check.user_id(user_id, "plan")
    check.refuse(problems)
    return steps


def _sent(action: Action) -> tuple[Sent, Record]:
    after = action.after
    if action.kind is not ActionKind.INVITE:
        check.user_id(action.user_id)
    if action.kind is ActionKind.REMOVE:
        return None, deletion_record(DONE)
    if action.kind is ActionKind.UPDATE:
        request = Operations.change(
            user_id=action.user_id, name=after.get("name"), is_developer=after.get("is_developer")
        )
        return request, update_record(DONE)
    creation = Operations.creation(
        name=after["name"],
        email=after["email"],
        role=_role(after["role"]),
        invite_mode=after["invite_mode"],
        is_developer=after.get("is_developer"),
    )
    return creation, creation_record(creation, DONE)


def _role(document: Mapping[str, Any]) -> str | CustomUserRole:
    if str(document.get("type")).lower() == "custom":
        return CustomUserRole(id=document["id"])
    return str(document["name"])


def settle_by_look(step: Step, user: User | None) -> bool:
    """Settle an action whose user is not as planned, or is as wanted already; tell whether it is settled."""
    record, action = step.record, step.action
    if user is None:
        if action.kind is ActionKind.REMOVE:
            step.settle_as_wanted()
        elif action.kind is ActionKind.REINVITE:
            record.settle(
                ActionStatus.BLOCKED, "The user was deleted since: the address is blocked for good."
            )
        else:
            record.settle(STALE, _GONE)
    elif action.kind is ActionKind.REINVITE and not _is_expired(user):
        step.settle_by(user)
    elif said := departures(action, user):
        record.settle(STALE, f"The user's {said}; left alone.")
    elif action.kind is ActionKind.UPDATE and not lacking(action, user):
        step.settle_as_wanted()
    return record.is_settled


def settle_doubt(step: Step, found: Found, *, has_password: bool) -> None:
    """Settle an invitation that an earlier run began by what the account shows.

    One that may be sent again stays open.
    """
    user, record = found.user, step.record
    is_lost = step.asks_for_password and not has_password
    is_repeatable = str(step.action.after["invite_mode"]).lower() == InviteMode.EMAIL_LINK.value
    if found.error is not None:
        record.settle(ActionStatus.UNKNOWN, f"{_BEGUN_BEFORE} {found.error}")
    elif user is None or _is_expired(user):
        if has_password:
            step.settle_as_wanted()
        elif is_repeatable:
            step.is_doubtful = False
        elif user is None:
            record.settle(ActionStatus.UNKNOWN, _NOT_SEEN)
        else:
            state = "The user's invitation is expired: plan anew to send another."
            record.settle(ActionStatus.UNKNOWN, f"The request was sent, and its answer did not come. {state}")
    elif is_lost:
        said = lacking(step.action, user)
        state = f"The user is {_status(user)}" + (f", and the {said}." if said else ".")
        record.settle(ActionStatus.UNKNOWN, _NEVER_SEEN.format(state=state))
    elif lacks_flag_alone(step.action, user):
        step.is_created, step.is_doubtful = True, False
    elif has_password:
        step.settle_as_wanted()
    else:
        step.settle_by(user)
    step.user_id = found.user_id or step.user_id


def settle_conflict(step: Step, found: Found) -> None:
    """Settle an invitation that was answered with 409 by who has the address."""
    if found.error is not None or (found.user is not None and _is_expired(found.user)):
        told = found.error or "A look-up shows the user as expired."
        step.record.settle(ActionStatus.FAILED, f"{step.record.state[1]} {told}")
    elif found.user is None:
        reason = "The address is that of a deleted user, and is blocked for good."
        step.record.settle(ActionStatus.BLOCKED, reason)
    else:
        assert step.refusal is not None
        step.settle_by(found.user, is_own=step.refusal.maybe_applied)


def settle_created(step: Step, user: CreatedUser, *, is_flag_missing: bool) -> bool:
    """Settle an invitation by its answer; tell whether the developer permission is to be set yet."""
    step.user_id = user.id
    action = step.action
    if user.created:
        is_left_out = step.asks_for_password and not user.temporary_password
        step.record.settle(DONE, "No password came with the answer." if is_left_out else None)
        return is_flag_missing
    is_own = user.created is None or step.was_begun
    if is_own and lacks_flag_alone(action, user):
        step.record.settle(DONE)
        return True
    step.settle_by(user, is_own=is_own)
    return False


def settle_failure(step: Step, error: ArizeError) -> None:
    """Settle an action by the error that it ended with; a refusal that others help to read is left open."""
    record, kind = step.record, step.action.kind
    if isinstance(error, NotFoundError) and error.is_about_user:
        if kind is ActionKind.REMOVE:
            step.settle_as_wanted()
        else:
            record.settle(STALE, _GONE)
    elif step.is_doubtful and not step.is_begun:
        record.settle(ActionStatus.UNKNOWN, f"{_BEGUN_BEFORE} {one_line(error)}")
    elif (
        isinstance(error, APIStatusError)
        and error.is_from_api
        and isinstance(error, _READ_LATER.get(kind, ()))
    ):
        step.refusal = error
    else:
        record.fail(error)


_READ_LATER: Mapping[ActionKind, tuple[type[APIStatusError], ...]] = {
    ActionKind.INVITE: (ConflictError,),
    ActionKind.REINVITE: (ConflictError,),
    ActionKind.REMOVE: (BadRequestError, ForbiddenError),
}
"""Refusals whose meaning shows once the other actions are through."""


def settle_refused_removal(step: Step, *, is_only_one: bool) -> None:
    """Settle a removal that was refused: nobody can delete themselves, or a failure.

    No text of that refusal is documented. A key that removes others, and one user alone not, is likely that
    user's.
    """
    error = step.refusal
    assert error is not None
    told = " ".join(filter(None, (error.title, error.detail, error.error_code))).replace("_", " ")
    if _OWN.search(told):
        step.record.settle(ActionStatus.CANNOT, f"{_OWN_USER} {' '.join(error.message.split())}")
    elif is_only_one:
        step.record.settle(ActionStatus.CANNOT, f"{_LIKELY_OWN} {' '.join(error.message.split())}")
    else:
        step.record.fail(error)


def _status(user: User) -> str:
    return str(getattr(user, "status", "in the account"))


def _is_expired(user: User) -> bool:
    return bool(getattr(user, "status", None) == UserStatus.EXPIRED)


def other_endpoint(plan: Plan, endpoint: Mapping[str, Any]) -> Iterator[Refusal]:
    """Refuse a plan that was made for another endpoint."""
    if dict(plan.endpoint) != dict(endpoint):
        planned, here = endpoint_text(plan.endpoint), endpoint_text(endpoint)
        yield Refusal(
            guard="account",
            message=f"the plan was made for {planned}, and this client is of {here}",
            remedy=f"Apply it with a client of {planned}, or plan anew for this account.",
        )


def no_passwords(plan: Plan, passwords: Path | None) -> Iterator[Refusal]:
    """Refuse a plan with temporary passwords where no file is given for them."""
    count = sum(map(asks_for_password, plan.actions))
    if count and passwords is None:
        yield Refusal(
            guard="passwords",
            message=f"{counted(count, 'temporary password')} would be issued, and no file is given for them",
            remedy="Give one: --passwords FILE (passwords=).",
        )
