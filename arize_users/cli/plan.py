"""The command `plan`: shows what an account lacks to have the people of a roster, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from .answers import counted, text_answer
from .errors import CHANGES, PARTIAL, USAGE, CommandError
from .output import Target, checked_target, deliver, refuse_same_file
from .progress import showing_progress
from .prompts import profile_of
from .roster_files import Encoding, IncludeInactive, Maps, RejectsFile, RosterFile, SkipInvalid, read_roster
from .session import Session
from .text import in_shell_words

if TYPE_CHECKING:
    from arize_users.roster import Plan


def plan(
    session: Session,
    file: RosterFile,
    remove_missing: Annotated[
        bool,
        typer.Option("--remove-missing", help="Remove who is named nowhere in the file."),
    ] = False,
    remove_renamed: Annotated[
        bool,
        typer.Option(
            "--remove-renamed",
            help="Remove the old address, too, of who seems to be in the file under a new one.",
        ),
    ] = False,
    max_removals: Annotated[
        str,
        typer.Option(
            "--max-removals", metavar="NUMBER|PERCENT", help="Refuse to remove more: 25, or 10% of all users."
        ),
    ] = "10%",
    min_admins: Annotated[
        int, typer.Option("--min-admins", metavar="NUMBER", help="Refuse to leave fewer active admins.")
    ] = 1,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="EMAIL|ID|@DOMAIN",
            help="Never remove this user, or those of this domain. Can be repeated.",
        ),
    ] = None,
    map: Maps = None,
    encoding: Encoding = None,
    include_inactive: IncludeInactive = False,
    skip_invalid: SkipInvalid = False,
    rejects: RejectsFile = None,
    journal: Annotated[
        str | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="The journal of an earlier apply: who was found blocked then is not invited again.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE.json|json", help="Save the plan, or print it as JSON."),
    ] = None,
) -> int:
    """Show what has to be done so that the account has the people of a file. Nothing is changed.

    Exit code 6 says that there are changes, 3 that all that differs is what no request can do. A plan that a
    guard refuses is shown whole, and cannot be applied.
    """
    target = _target(output)
    refuse_same_file(target, file, journal, rejects)
    roster = read_roster(
        file, map, encoding, include_inactive=include_inactive, skip_invalid=skip_invalid, rejects=rejects
    )
    users = session.users()
    with showing_progress() as show:
        made = users.plan(
            roster,
            remove_missing=remove_missing,
            remove_renamed=remove_renamed,
            max_removals=max_removals,
            keep=keep or (),
            min_admins=min_admins,
            journal=journal,
            on_progress=show,
        )
    if target.path is not None:
        made.save(target.path)
    lines = [*plan_lines(session, made), *_next(session, made, target)]
    deliver(text_answer(made.to_dict, lines), target._replace(path=None))
    return plan_exit_code(made)


def _target(requested: str | None) -> Target:
    """Settle where the plan goes: as text or as JSON to standard output, and to a file that is named."""
    if requested is None:
        return Target("table")
    if requested.strip().lower() != "json" and os.path.splitext(requested)[1].lower() != ".json":
        raise CommandError(
            USAGE,
            f"--output: a plan is JSON, and {requested!r} is not",
            hint="Give a file ending in .json, which `apply` takes, or json to print the plan as JSON.",
        )
    target = checked_target(requested)
    return target if target.path is None else target._replace(format="table")


def plan_lines(session: Session, plan: Plan, *, names_missing: bool = True) -> Iterator[str]:
    """Give a plan as text: whose account it is for, what is in it, and what refuses it.

    Args:
        session: The run of the command.
        plan: The plan.
        names_missing: Whether to name those who are missing from the roster; else they are counted.
    """
    from attrs import evolve

    if not names_missing:
        missing = set(plan.missing)
        left = [one for one in plan.left_alone if one.user_id not in missing]
        plan = evolve(plan, left_alone=tuple(left))

    refusals = tuple(
        evolve(one, message=in_shell_words(one.message), remedy=in_shell_words(one.remedy))
        for one in plan.refusals
    )
    account, roster, *rest = evolve(plan, refusals=refusals).lines()
    yield account
    if profile := profile_of(session.settings):
        yield f"Profile  {profile}"
    yield roster
    if plan.missing and not names_missing:
        yield f"Missing  {counted(len(plan.missing), 'user')}, left alone"
    yield from rest


def _next(session: Session, plan: Plan, target: Target) -> Iterator[str]:
    """Say what to do next."""
    if not plan:
        return
    yield ""
    if plan.refusals:
        yield "Nothing has been done, and such a plan is not applied."
        return
    needs_passwords = any(one.after.get("invite_mode") == "temporary_password" for one in plan.actions)
    passwords = ["--passwords", "passwords.csv"] if needs_passwords else []
    apply = session.command_line("apply", target.path or "plan.json", *passwords)
    if target.path is None:
        yield f"Nothing has been done. To do it, save the plan with -o plan.json, then:  {apply}"
    else:
        yield f"Nothing has been done. To do it:  {apply}"
    if needs_passwords:
        yield "Temporary passwords are written to the file that --passwords names, and nowhere else."


def plan_exit_code(plan: Plan) -> int:
    """Give the exit code for a plan: changes, none, or only what cannot be done."""
    if plan:
        return CHANGES
    return PARTIAL if plan.cannot or plan.skipped else 0
