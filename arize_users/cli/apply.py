"""The commands `apply` and `import`: do what a plan says, after asking."""

from __future__ import annotations

import functools
import glob
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, cast

import typer

from arize_users._streams import visible

from .answers import counted, report_answer, text_answer
from .batch import DRY_RUN, results_in_shell_words
from .errors import PARTIAL, REFUSED, SETTINGS, USAGE, CommandError
from .interrupts import interrupts
from .options import Force, Output
from .output import Target, deliver, refuse_same_file
from .people_files import STDIN
from .plan import plan_lines
from .progress import showing_progress
from .prompts import account_label, is_confirmed, named, person, require_terminal
from .roster_files import (
    Encoding,
    IncludeInactive,
    Maps,
    RejectsFile,
    RosterFile,
    SkipInvalid,
    read_roster,
)
from .session import Session
from .terminal import say, write_bytes

if TYPE_CHECKING:
    from arize_users import Report, UsersClient
    from arize_users.roster import Action, Plan, PlanResult, Roster

Journal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        help="Notes each action when it begins and ends; a file for each plan. If left out: beside the plan.",
    ),
]
Passwords = Annotated[
    str | None,
    typer.Option(
        "--passwords",
        metavar="FILE",
        help="The CSV file to which temporary passwords are added; needed where any are issued.",
    ),
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", metavar="NUMBER", help="How many requests are under way at once.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check everything that comes before the first change, and stop.")
]

_LOSS = "Removal ends memberships, API keys and role bindings, and blocks the address for good."

_DONE = {"invite": "invited", "reinvite": "invited anew", "update": "changed", "remove": "removed"}
"""What was done, by kind of action."""
_SIGNS = {"remove": "-", "update": "~", "invite": "+", "reinvite": "+"}


def apply(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="PLAN", help="The plan, as `plan -o` saved it.")],
    journal: Journal = None,
    passwords: Passwords = None,
    concurrency: Concurrency = 8,
    force: Force = False,
    dry_run: DryRun = False,
    output: Output = None,
) -> int:
    """Do what a saved plan says: invite, change, and then remove.

    Each person who is to be changed or removed is looked at just before, and left alone if not as planned.
    A run that was killed goes on when it is started again.
    """
    if not force and not dry_run:
        require_terminal("lets apply do it without asking")
    target = session.target(output)
    journal = journal or _journal_of(file)
    refuse_same_file(target, file, journal, passwords)
    plan = _loaded(file)
    run = _Run(session, session.users(), plan, target, journal, passwords, concurrency)
    return run.carry_out(force=force, dry_run=dry_run)


def import_people(
    session: Session,
    file: RosterFile,
    map: Maps = None,
    encoding: Encoding = None,
    include_inactive: IncludeInactive = False,
    skip_invalid: SkipInvalid = False,
    rejects: RejectsFile = None,
    journal: Journal = None,
    passwords: Passwords = None,
    concurrency: Concurrency = 8,
    force: Force = False,
    dry_run: DryRun = False,
    output: Output = None,
) -> int:
    """Invite and change people such that the account has those of a file; nobody is removed.

    It is `plan` and `apply` in one: it shows the plan, and asks. The plan is kept beside the file, and
    started again after it was interrupted, the command goes on with it.
    """
    if not force and not dry_run:
        require_terminal("lets import do it without asking")
    target = session.target(output)
    refuse_same_file(target, file, journal, passwords)
    roster = read_roster(
        file, map, encoding, include_inactive=include_inactive, skip_invalid=skip_invalid, rejects=rejects
    )
    users = session.users()
    unfinished = _unfinished(file, journal)
    plan = _planned(users, roster) if unfinished is None else _loaded(unfinished, _MOVE_IT)
    saved_as = unfinished or _name_for(plan, file, journal)
    run = _Run(session, users, plan, target, journal or _journal_of(saved_as), passwords, concurrency)
    code = run.carry_out(force=force, dry_run=dry_run, saved_as=saved_as, is_resumed=unfinished is not None)
    if unfinished is None or dry_run or interrupts.exit_code or code not in (0, PARTIAL):
        return code
    if _planned(users, roster):
        say(f"{file} asks for more than {unfinished} did: the same command does it")
        return PARTIAL
    return code


_MOVE_IT = "Move it away to plan anew."


def _planned(users: UsersClient, roster: Roster) -> Plan:
    with showing_progress() as show:
        return users.plan(roster, on_progress=show)


def _loaded(path: str, hint: str | None = None) -> Plan:
    from arize_users import JournalError
    from arize_users.roster import Plan

    try:
        return Plan.load(path)
    except JournalError as error:
        # A file that is not there is a slip of the keyboard, and any other a plan that is refused.
        code = USAGE if isinstance(error.__cause__, OSError) else REFUSED
        raise CommandError(code, error.message, hint=hint or error.hint) from error


def _journal_of(plan: str) -> str:
    return f"{os.path.splitext(plan)[0]}.journal.jsonl"


def _unfinished(roster: str, journal: str | None) -> str | None:
    """Find the plan of an import that was interrupted, the oldest of several."""
    if journal is not None:
        path = _plan_of(journal)
        return path if os.path.exists(path) else None
    return min(glob.glob(f"{glob.escape(_import_name(roster))}-*.json"), default=None)


def _name_for(plan: Plan, roster: str, journal: str | None) -> str:
    """Name the file that keeps the plan of an import until it is done."""
    name = f"{plan.created_at:%Y%m%dT%H%M%SZ}-{plan.digest[:8]}"
    return f"{_import_name(roster)}-{name}.json" if journal is None else _plan_of(journal)


def _import_name(roster: str) -> str:
    return f"{'roster' if roster == STDIN else os.path.splitext(roster)[0]}.import"


def _plan_of(journal: str) -> str:
    return f"{os.path.splitext(journal)[0]}.plan.json"


class _Run:
    """One plan that is applied, and what is shown of it.

    Args:
        session: The session.
        users: The client.
        plan: The plan.
        target: Where the results go.
        journal: The journal's file.
        passwords: The file of the passwords.
        concurrency: How many requests are under way at once.
    """

    def __init__(
        self,
        session: Session,
        users: UsersClient,
        plan: Plan,
        target: Target,
        journal: str,
        passwords: str | None,
        concurrency: int,
    ) -> None:
        self._session = session
        self._apply = functools.partial(
            users.apply, plan, journal=journal, passwords=passwords, max_concurrency=concurrency
        )
        self._plan = plan
        self._target = target
        self._journal = journal
        self._passwords = passwords
        self._is_ended = False
        """Whether a later run has nothing to go on with."""

    def carry_out(
        self, *, force: bool, dry_run: bool, saved_as: str | None = None, is_resumed: bool = False
    ) -> int:
        """Check the plan, ask, apply it, and tell what became of it.

        Args:
            force: Whether not to ask.
            dry_run: Whether to stop before the first change.
            saved_as: Where an import keeps the plan until it is done.
            is_resumed: Whether an import was interrupted, and goes on with that plan.

        Returns:
            The exit code.
        """
        plan = self._plan
        going_on = f"Going on with {saved_as}, which was interrupted; move it away to plan anew instead."
        if is_resumed and not dry_run:
            say(going_on)
        # Whatever apply refuses comes before anything that is shown, and before the question.
        checked = self._apply(dry_run=True)
        is_partial = plan.skipped > 0
        left = [one for one, result in zip(plan.actions, checked, strict=True) if _is_left(result)]
        if dry_run:
            self._show(DRY_RUN, *([going_on] if is_resumed else []))
        if dry_run or saved_as is not None:
            self._show(*plan_lines(self._session, plan, names_missing=saved_as is None))
        self._show(*self._resumed(checked))
        if dry_run or not plan:
            last = (
                [f"Would be done: {_counts(left) or 'nothing'}.", DRY_RUN] if dry_run else ["Nothing to do."]
            )
            self._deliver(checked, last, dry_run=dry_run)
            return PARTIAL if plan.cannot or is_partial else 0
        if left and not (force or self._is_confirmed(left)):
            say("nothing was changed")
            return SETTINGS
        code = self._finish(checked) if saved_as is None else self._kept(checked, saved_as)
        return code or (PARTIAL if is_partial else 0)

    def _kept(self, checked: Report, saved_as: str) -> int:
        """Apply the plan, and keep it in a file for as long as it can be gone on with."""
        self._plan.save(saved_as)
        journal = [] if self._journal == _journal_of(saved_as) else ["--journal", self._journal]
        words = [saved_as, *journal, *(["--passwords", self._passwords] if self._passwords else [])]
        say(f"If this is interrupted, this goes on:  {self._session.command_line('apply', *words)}")
        try:
            return self._finish(checked)
        finally:
            if self._is_ended:
                with suppress(OSError):
                    os.unlink(saved_as)

    def _resumed(self, checked: Report) -> Iterator[str]:
        under_way = sum(one.status == "unknown" for one in checked)
        if checked.resumed or under_way:
            begun = f", {under_way:,} {'was' if under_way == 1 else 'were'} under way" if under_way else ""
            yield f"Going on with {self._journal}: {checked.resumed:,} of {len(checked):,} done{begun}."

    def _is_confirmed(self, left: Sequence[Action]) -> bool:
        settings, listed = self._session.settings, self._plan.listed
        groups = {sign: [one for one in left if _SIGNS[one.kind] == sign] for sign in "-~+"}
        lines = [
            f"About to change {account_label(settings)}, which had {counted(listed, 'user')} when this was "
            f"planned: {_counts(left, of=listed)}.",
            *(
                named([person(one.name, one.email, one.user_id) for one in actions], sign=f"{sign} ")
                for sign, actions in groups.items()
                if actions
            ),
        ]
        question = f"{_LOSS} Go on?" if groups["-"] else "Go on?"
        return is_confirmed(lines, question, people=len(groups["-"]) + len(groups["+"]))

    def _finish(self, checked: Report) -> int:
        """Apply the plan, and tell what became of each action, whatever ends it."""
        from attrs import evolve

        from arize_users import Outcomes

        outcomes, failure = Outcomes(), None
        try:
            # From here on a signal is noted, but for the call itself, which it ends.
            interrupts.raising = False
            with showing_progress() as show:
                interrupts.run(self._apply, on_progress=show, outcomes=outcomes)
        except Exception as error:
            failure = error
        # Read once: an answer that is not awaited any more may still come.
        results = results_in_shell_words(cast("list[PlanResult]", outcomes.results), self._session)
        report = evolve(checked, results=tuple(results))
        statuses = {one.status for one in report}
        self._is_ended = failure is None and not interrupts.exit_code
        if failure is not None and not any(map(_may_have_acted, report)):
            self._is_ended = not checked.resumed
            raise failure
        if self._plan and not report.results:  # A signal came before the call began.
            raise KeyboardInterrupt
        interrupts.acted = not statuses <= {"not_attempted", "unchanged"}
        self._show_passwords(report)
        self._deliver(report, self._outcome(report))
        if failure is not None:
            raise failure
        return 0 if report.is_complete else PARTIAL

    def _show_passwords(self, report: Report) -> None:
        """Show the passwords that could not be written to their file: nobody can have them again."""
        for one in report:
            if one.temporary_password is not None:
                lines = (
                    f"The temporary password of {one.email} could not be written, and is shown this once:",
                    f"  {one.temporary_password}",
                )
                if not say(*lines):  # Then a document is better spoilt than the password lost.
                    with suppress(OSError, ValueError):
                        write_bytes(sys.stdout, "".join(f"{visible(line)}\n" for line in lines).encode())

    def _outcome(self, report: Report) -> Iterator[str]:
        """Say what became of the plan: each person who is not as planned, the counts, and the files."""
        yield from self._cannot()
        yield from report.lines()
        if skipped := self._plan.skipped:
            yield f"Beside these, {counted(skipped, 'row')} of the roster could not be used."

    def _cannot(self) -> Iterator[str]:
        if cannot := self._plan.cannot:
            yield f"Cannot be done by any request ({len(cannot):,})"
            yield from (f"  ! {person(one.name, one.email, one.user_id)}: {one.reason}" for one in cannot)
            yield ""

    def _show(self, *lines: str) -> None:
        """Show lines on standard output, or beside the document that goes there."""
        if self._target.format != "table":
            say(*lines)
        elif lines:
            deliver(text_answer(self._plan.to_dict, lines), self._target)

    def _deliver(self, report: Report, lines: Iterable[str], *, dry_run: bool = False) -> None:
        if self._target.format == "table":
            deliver(text_answer(report.to_dict, lines), self._target, acted=interrupts.acted)
        else:
            answer = report_answer(report, dry_run=dry_run)
            deliver(answer, self._target, acted=interrupts.acted)
            say(*lines)


def _may_have_acted(result: PlanResult) -> bool:
    # An invitation that failed may have created its user, whose developer permission is not set.
    has_user = result.user_id is not None and result.kind in ("invite", "reinvite")
    return result.status in ("done", "unknown") or (result.status == "failed" and has_user)


def _is_left(result: PlanResult) -> bool:
    return result.status in ("not_attempted", "unknown")


def _counts(actions: Iterable[Action], of: int | None = None) -> str:
    """Count actions by what they do; with ``of``, those who are users already are so many of all."""
    counts = Counter(str(one.kind) for one in actions)
    return ", ".join(
        f"{counts[kind]:,}{'' if of is None or kind == 'invite' else f' of {of:,}'} {what}"
        for kind, what in _DONE.items()
        if counts[kind]
    )
