"""The commands get, update and reset-password, about one user or those whom a file names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any

import typer

from .answers import counted, results_answer, user_answer, users_answer
from .batch import Act, BulkCall, rehearse_one, write_many
from .errors import NO_SUCH_USER, PARTIAL, REFUSED, UNREACHED, USAGE, CommandError
from .named import described, distinct, found_id, got, look_up, name_of, named_people, require_one
from .options import DryRun, FullName, Output, PeopleFile, SkipInvalid, User
from .output import Target, deliver
from .progress import showing_progress
from .session import Session
from .terminal import say

_UNKNOWN_TO = Target("json")
"""Where a command that writes nothing to standard output writes that its outcome is not known."""


def get(
    session: Session,
    user: User = None,
    file: PeopleFile = None,
    skip_invalid: SkipInvalid = False,
    output: Output = None,
) -> int:
    """Show one user, or those of a file.

    An email address is matched whole: the exact spelling, else in any case of A to Z. With --file, those who
    are not found are named, and the exit code is 3; it is 7 if the API says of everybody that they are not.
    """
    named = named_people((), file, skip_invalid=skip_invalid)
    require_one(user, file)
    target = session.target(output)
    users = session.users()
    if user is not None:
        deliver(user_answer(got(session, users, user)), target)
        return 0
    from arize_users import Pagination, UserPage
    from arize_users.errors import NOT_REACHED

    with showing_progress() as show:
        found = distinct(look_up(users, named.people, show=show))
    those = tuple([one.user for one in found if one.user is not None])
    deliver(users_answer(UserPage(users=those, pagination=Pagination(has_more=False))), target)
    if target == Target("table"):
        say(f"{len(those):,} of {counted(len(found), 'user')}")
    missing = [one for one in found if one.user is None]
    for one in missing:
        say(f"{str(one.status).replace('_', ' ')}: {name_of(one)} {one.error or ''}".rstrip())
    if those or named.skipped:
        return PARTIAL if missing or named.skipped else 0
    if all(one.status == "not_found" for one in missing):
        return NO_SUCH_USER
    return UNREACHED if all(NOT_REACHED in (one.error or "") for one in missing) else REFUSED


def update(
    session: Session,
    user_id: User = None,
    full_name: FullName = None,
    is_developer: Annotated[
        bool | None,
        typer.Option("--is-developer/--is-not-developer", help="With or without developer permissions."),
    ] = None,
    file: PeopleFile = None,
    skip_invalid: SkipInvalid = False,
    dry_run: DryRun = False,
    output: Output = None,
) -> int:
    """Change a user's name or developer permission. What is left out stays.

    With --file, each of those whom it names is changed in the same way.
    """
    require_one(user_id, file)
    if full_name is None and is_developer is None:
        raise CommandError(USAGE, "nothing to update: give --full-name, --is-developer or --is-not-developer")
    changes = _checked_changes(full_name, is_developer)
    named = named_people((), file, skip_invalid=skip_invalid)
    target = session.target(output)
    users = session.users()
    if user_id is None:
        from arize_users import UserUpdate, WriteStatus

        def write(user_ids: list[str], **options: Any) -> object:
            return users.bulk_update([UserUpdate(user=one, **changes) for one in user_ids], **options)

        def says(many: str) -> list[str]:
            given = ", ".join(f"{field} {_shown(value)}" for field, value in changes.items())
            return [f"This sets for {many}: {given}"]

        act = Act(says, BulkCall(write), WriteStatus)
        return write_many(session, users, target, named, act, dry_run=dry_run)
    if dry_run:
        found = got(session, users, user_id)
        before = {field: getattr(found, field, None) for field in changes}
        given = ", ".join(f"{field} {_shown(before[field])} -> {_shown(changes[field])}" for field in changes)
        return rehearse_one(target, found, f"This changes {described(found)}: {given}")
    found_as = found_id(session, users, user_id)
    user = session.write(target, users.update, user_id=found_as, **changes)
    deliver(user_answer(user), target, acted=True)
    return 0


def _checked_changes(full_name: str | None, is_developer: bool | None) -> dict[str, Any]:
    from arize_users.roster import check_name

    changes: dict[str, Any] = {} if full_name is None else {"name": check_name(full_name)}
    return changes if is_developer is None else changes | {"is_developer": is_developer}


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value).lower()


def reset_password(
    session: Session,
    user_id: User = None,
    file: PeopleFile = None,
    skip_invalid: SkipInvalid = False,
    output: Output = None,
) -> int:
    """Mail a password reset link, which lives 30 minutes. Not for SSO and SAML users.

    With --file, each of those whom it names is mailed one.
    """
    require_one(user_id, file)
    named = named_people((), file, skip_invalid=skip_invalid)
    if user_id is not None:
        said = "a password reset link was mailed to the user {}"
        return mail_one(session, "reset_password", user_id, output, said)
    from arize_users import WriteStatus

    target = session.target(output)
    users = session.users()
    act = Act(lambda _: (), BulkCall(users.bulk_reset_password), WriteStatus)
    return write_many(session, users, target, named, act, dry_run=False)


def mail_one(
    session: Session,
    method: str,
    named: str,
    output: str | None,
    said: str,
    around: Callable[[Session, str], AbstractContextManager[None]] = lambda *_: nullcontext(),
) -> int:
    """Request a mail to one user, and say that it was sent; its result is written where --output says.

    Args:
        session: The run of the command.
        method: The client's method.
        named: The user's id or address.
        output: The value of --output.
        said: What to say, with a place for the user.
        around: Is entered before the request, with the user's id.
    """
    from arize_users import UserResult, WriteStatus

    target = _UNKNOWN_TO if output is None else session.target(output)
    users = session.users()
    user_id = found_id(session, users, named)
    with around(session, user_id):
        session.write(target, getattr(users, method), user_id=user_id)
    if output is not None:
        email = session.arguments.get("email")
        result = UserResult(user_id=user_id, email=email, status=WriteStatus.DONE)
        deliver(results_answer([result]), target, acted=True)
    say(said.format(named))
    return 0
