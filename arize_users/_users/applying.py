"""Applies a plan, with a journal that says what begins before its request leaves, and how it ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from .._core.effects import Flow, Stopped, call
from .._core.request import Request
from ..enums import ActionKind, ActionStatus
from ..errors import (
    ArizeError,
    ConfigurationError,
    InvalidArgumentError,
    JournalError,
    NotFoundError,
    PlanRefusedError,
    UnauthorizedError,
)
from ..people import BulkProgress
from ..results import Outcomes
from ..types import User
from . import arguments as check
from .batch import Batch, LeftOpen, Options
from .lookup import Found, look_up_taken
from .operations import Operations
from .outcomes import one_line
from .plan_steps import (
    INVITATIONS,
    PASSWORD_LOST,
    Step,
    asks_for_password,
    no_passwords,
    other_endpoint,
    settle_by_look,
    settle_conflict,
    settle_created,
    settle_doubt,
    settle_failure,
    settle_refused_removal,
    steps_of,
)
from .records import Creation, update_record
from .roster.guards import active_admins
from .roster.journal import Journal
from .roster.parts import Refusal
from .roster.passwords import PasswordFile
from .roster.plan import Plan
from .roster.plan_text import counted
from .roster.report import PlanResult, Report

PathName = str | os.PathLike[str]


def apply(
    operations: Operations,
    plan: Plan,
    *,
    journal: PathName | None,
    passwords: PathName | None,
    max_concurrency: int,
    dry_run: bool,
    on_result: Callable[[PlanResult], object] | None,
    on_progress: Callable[[BulkProgress], object] | None,
    outcomes: Outcomes | None,
) -> Application:
    """Check all that needs no request, and give the application of a plan, whose flow is `report`.

    Raises:
        InvalidArgumentError: An argument cannot be right.
        PlanRefusedError: A guard refuses the plan, it is of another account, or lacks a file for passwords.
    """
    if not isinstance(plan, Plan):
        hint = "users.plan makes one, Plan.load reads one from its file."
        problem = f"expected a Plan, got {type(plan).__name__}"
        raise InvalidArgumentError(problem, argument="plan", hint=hint)
    journal_path = None if journal is None else check.path(journal, "journal")
    password_path = None if passwords is None else check.path(passwords, "passwords")
    if journal_path and password_path and os.path.realpath(journal_path) == os.path.realpath(password_path):
        raise InvalidArgumentError("is the file of the journal, too", argument="passwords")
    options = Options[PlanResult](
        max_concurrency=max_concurrency, on_result=on_result, on_progress=on_progress, outcomes=outcomes
    )
    _refuse([*plan.refusals, *other_endpoint(plan, operations.endpoint), *no_passwords(plan, password_path)])
    paths = journal_path, password_path
    return Application(operations, plan, options, *paths, is_rehearsal=check.flag(dry_run, "dry_run"))


def _refuse(refusals: Sequence[Refusal]) -> None:
    if refusals:
        told = [f"{one.message}. {one.remedy}" for one in refusals]
        error = PlanRefusedError("The plan is refused: " + "\n".join(told))
        error.refusals = tuple(refusals)
        raise error


class Application(Batch[PlanResult, Step]):
    """One application of a plan: its actions, and what is known of them so far."""

    name: ClassVar[str] = "application of the plan"

    def __init__(
        self,
        operations: Operations,
        plan: Plan,
        options: Options[PlanResult],
        journal: Path | None,
        passwords: Path | None,
        *,
        is_rehearsal: bool,
    ) -> None:
        self._is_rehearsal = is_rehearsal
        self._operations = operations
        self._plan = plan
        self._steps = steps_of(plan)
        self._paths = journal, passwords
        self._journal: Journal | None = None
        self._passwords: PasswordFile | None = None
        self._failure: JournalError | None = None
        """Why no further action begins."""
        self._resumed = 0
        super().__init__(options)

    def report(self) -> Flow[Report]:
        """Apply the plan; the results are in its order."""
        results = yield from self.run()
        journal, passwords = self._paths
        return Report(
            results=tuple(results),
            cannot=len(self._plan.cannot),
            resumed=self._resumed,
            journal=None if journal is None else str(journal),
            passwords=None if self._passwords is None else str(passwords),
        )

    def work(self) -> Flow[None]:
        """Do the actions, removals last."""
        if not self._steps:
            return
        try:
            yield from call(self._open)
            yield from self._check_account()
            yield from self._count_admins()
            if self._is_rehearsal:
                return
            yield from self._find_doubtful()
            yield from self._phase("inviting", self._of(*INVITATIONS), self._invite)
            yield from self._phase("updating", self._of(ActionKind.UPDATE), self._update)
            yield from self._tell_conflicts_apart()
            self._require_key()
            yield from self._count_admins()
            yield from self._phase("removing", self._of(ActionKind.REMOVE), self._remove)
            yield from self._find_own_removal()
            self._require_key()
            self._require_files()
        finally:
            for file in (self._journal, self._passwords):
                if file is not None:
                    file.close()

    def results_of(self, target: Step) -> list[PlanResult]:
        """Give the one result of an action."""
        return [target.result()]

    def results(self) -> list[PlanResult]:
        """Give the result of each action, in the plan's order."""
        return [one.result() for one in self._steps]

    def pending_ids(self) -> list[str]:
        """Give the ids of those whom nothing was sent for."""
        return [one.user_id for one in self.results() if _is_pending(one) and one.user_id]

    def pending_emails(self) -> list[str]:
        """Give the addresses of those whom no invitation was sent to."""
        return [one.email for one in self.results() if _is_pending(one) and one.email and not one.user_id]

    # Before anything is changed

    def _open(self) -> None:
        plan, (journal, passwords) = self._plan, self._paths
        # In attributes at once: an interrupt may come before the value of a call arrives.
        self._journal = Journal(
            journal, digest=plan.digest, endpoint=plan.endpoint, is_rehearsal=self._is_rehearsal
        )
        for step in self._steps:
            if entry := self._journal.entries.get(step.index):
                step.resume(entry)
        self._resumed = sum(step.record.is_settled for step in self._steps)
        if passwords is not None and (count := sum(map(asks_for_password, plan.actions))):
            self._passwords = PasswordFile(passwords, count, is_rehearsal=self._is_rehearsal)

    def _check_account(self) -> Flow[None]:
        """Refuse an account that has none of the users by whom it is known again."""
        witnesses = self._plan.witnesses
        self.progress.begin("checking", len(witnesses))
        for user_id in witnesses:
            if (yield from self._user(user_id)) is not None:
                return
            self.progress.advance()
        if witnesses:
            refusal = Refusal(
                guard="account",
                message=f"the account has none of the {counted(len(witnesses), 'user')} by whom the plan "
                "knows it, the oldest whom it leaves in place",
                remedy="Apply it with a key of the account that it was made for, which may read users, or "
                "plan anew.",
            )
            _refuse([refusal])

    def _count_admins(self) -> Flow[None]:
        """Refuse removals unless enough of the admins counted on are active admins still."""
        waiting = [one for one in self._of(ActionKind.REMOVE) if not one.record.is_settled]
        wanted = self._plan.guards.min_admins
        if not waiting or not wanted:
            return
        removed = {one.user_id for one in waiting}
        left = 0
        for user_id in self._plan.admins:
            user = None if user_id in removed else (yield from self._user(user_id))
            left += bool(user is not None and active_admins([user]))
            if left >= wanted:
                return
        refusal = Refusal(
            guard="min_admins",
            message=f"{left:,} of the {counted(len(self._plan.admins), 'admin')} that the plan counts on are "
            f"active admins still, and min_admins asks for {wanted:,}: nobody is removed",
            remedy="Plan anew.",
        )
        for step in waiting:
            step.record.skip(f"Not sent: {refusal.message}.")
        _refuse([refusal])

    def _user(self, user_id: str | None) -> Flow[User | None]:
        assert user_id is not None, "an id was checked"
        try:
            return (yield from self._operations.get(user=user_id))
        except NotFoundError as error:
            if not error.is_about_user:
                raise
            return None

    def _find_doubtful(self) -> Flow[None]:
        """Look up whom an earlier run may have invited: done, to be repeated, or unknown."""
        doubtful = [one for one in self._of(*INVITATIONS) if one.is_doubtful]
        found = yield from self._looked_up(doubtful)
        for step in doubtful:
            settle_doubt(step, found[step.action.email], has_password=self._has_password(step))
            if step.record.is_settled:
                yield from self._write_end(step)

    def _has_password(self, step: Step) -> bool:
        begun_at = step.entry.begun_at
        if self._passwords is None or begun_at is None:
            return False
        return self._passwords.has(step.action.email, begun_at)

    def _looked_up(self, steps: Sequence[Step]) -> Flow[dict[str, Found]]:
        addresses = [one.action.email for one in steps]
        return look_up_taken(self._operations, addresses, self.limit, self.progress)

    def _require_key(self) -> None:
        """Begin no removal, or no further one, with a key that was refused."""
        removals = self._of(ActionKind.REMOVE)
        if self.refused_key is not None and any(one.record.is_pending for one in removals):
            raise self.refused_key

    # Side by side

    def _of(self, *kinds: ActionKind) -> list[Step]:
        return [one for one in self._steps if one.action.kind in kinds]

    def _phase(self, name: str, steps: Sequence[Step], act: Callable[[Step], Flow[None]]) -> Flow[None]:
        if steps:
            yield from self.each(name, steps, partial(self._recorded, act))
        self._require_files()

    def _recorded(self, act: Callable[[Step], Flow[None]], step: Step) -> Flow[None]:
        """Do one action, and write down how it ended."""
        try:
            yield from act(step)
        except Stopped:
            if step.is_begun:
                yield from self._write_end(step)
            raise
        except JournalError as error:
            self._fail(error)
            if not step.is_begun:
                step.record.skip(f"Not sent: {one_line(error)}")
                return
        except ArizeError as error:
            settle_failure(step, error)
            yield from self._write_end(step)
            if isinstance(error, UnauthorizedError | ConfigurationError):
                raise
            raise LeftOpen(error) from error
        yield from self._write_end(step)

    def _invite(self, step: Step) -> Flow[None]:
        is_looked_at = step.action.kind is ActionKind.REINVITE and not step.is_created
        if is_looked_at and settle_by_look(step, (yield from self._user(step.user_id))):
            return
        yield from self._begin(step)
        if not step.is_created:
            assert isinstance(step.sent, Creation)
            user = yield from self._operations.create_adapted(step.sent, step.record)
            step.password = user.temporary_password
            is_missing = self._operations.is_developer_missing(step.sent, user)
            step.is_created = settle_created(step, user, is_flag_missing=is_missing)
            if step.password is not None:
                yield from self._keep_password(step, step.password)
        if step.is_created:
            yield from self._set_flag(step)

    def _keep_password(self, step: Step, password: str) -> Flow[None]:
        assert self._passwords is not None, "a plan with passwords has a file for them"
        try:
            yield from call(partial(self._passwords.write, step.action.email, password))
        except JournalError as error:
            told = f"{PASSWORD_LOST} {one_line(error)}"
            step.record.settle(ActionStatus.FAILED if step.is_created else ActionStatus.DONE, told)
            if step.is_created:
                yield from call(partial(self._open_journal.created, step.index, step.user_id, told))
            raise
        step.password = None

    def _set_flag(self, step: Step) -> Flow[None]:
        """Set the developer permission of a user who was created without."""
        step.record.settle(ActionStatus.FAILED, step.without_flag())
        yield from call(partial(self._open_journal.created, step.index, step.user_id))
        record = update_record(ActionStatus.DONE)
        flag = step.action.after["is_developer"]
        request = Operations.change(user_id=step.user_id, name=None, is_developer=flag)
        try:
            yield from self._operations.update_recorded(request, record)
        except ConfigurationError:
            raise
        except ArizeError as error:
            record.fail(error)
            status, told = record.state
            step.record.settle(status, step.without_flag(told))
            if isinstance(error, UnauthorizedError):
                self.refused_key = error
        else:
            step.record.settle(ActionStatus.DONE, step.entry.note)

    def _update(self, step: Step) -> Flow[None]:
        if settle_by_look(step, (yield from self._user(step.user_id))):
            return
        yield from self._begin(step)
        assert isinstance(step.sent, Request)
        yield from self._operations.update_recorded(step.sent, step.record)
        step.record.settle(ActionStatus.DONE)

    def _remove(self, step: Step) -> Flow[None]:
        if self.refused_key is not None:
            step.record.skip(f"Not sent: {one_line(self.refused_key)}")
        elif not settle_by_look(step, (yield from self._user(step.user_id))):
            yield from self._begin(step)
            yield from self._operations.delete_recorded(step.user_id or "", step.record)
            step.record.settle(ActionStatus.DONE)

    # Afterwards

    def _tell_conflicts_apart(self) -> Flow[None]:
        """Find out which addresses that were refused are those of deleted users."""
        refused = [one for one in self._of(*INVITATIONS) if not one.record.is_settled and one.refusal]
        found = yield from self._looked_up(refused)
        for step in refused:
            settle_conflict(step, found[step.action.email])
            yield from self._finish(step)

    def _find_own_removal(self) -> Flow[None]:
        """Find out whether a removal that was refused is that of the caller's own user."""
        removals = self._of(ActionKind.REMOVE)
        refused = [one for one in removals if one.refusal is not None]
        has_removed = any(one.record.state[0] is ActionStatus.DONE for one in removals)
        for step in refused:
            settle_refused_removal(step, is_only_one=has_removed and len(refused) == 1)
            yield from self._finish(step)

    # What is written down

    @property
    def _open_journal(self) -> Journal:
        assert self._journal is not None, "it is opened first"
        return self._journal

    def _begin(self, step: Step) -> Flow[None]:
        """Write that an action begins, as what its request leaves after.

        Raises:
            JournalError: This line cannot be written, or an earlier one or a password could not.
        """
        self._require_files()
        yield from call(partial(self._open_journal.begin, step.index, step.action))
        step.is_begun = True

    def _write_end(self, step: Step) -> Flow[None]:
        one = step.result()
        facts = {"user_id": one.user_id, "error": one.error}
        try:
            yield from call(partial(self._open_journal.end, step.index, step.action, one.status, **facts))
        except JournalError as error:
            self._fail(error)

    def _finish(self, step: Step) -> Flow[None]:
        yield from self._write_end(step)
        self.tell(step)

    def _require_files(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, error: JournalError) -> None:
        self._failure = self._failure or error
        self.stop(f"Not sent: {one_line(error)}")


def _is_pending(result: PlanResult) -> bool:
    return result.status is ActionStatus.NOT_ATTEMPTED
