"""The commands about one user: get, update, resend-invitation, reset-password."""

from __future__ import annotations

from typing import Annotated

import typer

from .answers import user_answer
from .errors import NO_SUCH_USER, USAGE, CommandError
from .options import FullName, Output, UserId
from .output import Target, deliver
from .session import Session
from .terminal import say

_UNKNOWN_TO = Target("json")
"""Where a command that writes nothing to standard output writes that its outcome is not known."""


def get(
    session: Session,
    user: Annotated[str, typer.Argument(metavar="USER_ID|EMAIL", help="The user's id or email address.")],
    output: Output = None,
) -> None:
    """Show one user. An email address is matched whole: the exact spelling, else in any case of A to Z."""
    target = session.target(output)
    found = session.users().get(user=user)
    if found is None:
        raise CommandError(
            NO_SUCH_USER,
            f"no user has the email {user}",
            hint=f"`{session.reporter.group} list --email PART` finds users by a part of the address; "
            "blocked users are not shown.",
        )
    deliver(user_answer(found), target)


def update(
    session: Session,
    user_id: UserId,
    full_name: FullName = None,
    is_developer: Annotated[
        bool | None,
        typer.Option("--is-developer/--is-not-developer", help="With or without developer permissions."),
    ] = None,
    output: Output = None,
) -> None:
    """Change a user's name or developer permission. What is left out stays."""
    if full_name is None and is_developer is None:
        raise CommandError(USAGE, "nothing to update: give --full-name, --is-developer or --is-not-developer")
    target = session.target(output)
    users = session.users()
    user = session.write(target, users.update, user_id=user_id, name=full_name, is_developer=is_developer)
    deliver(user_answer(user), target, acted=True)


def resend_invitation(session: Session, user_id: UserId) -> None:
    """Send the invitation mail of an invited user again. For an expired one, create invites anew."""
    users = session.users()
    session.write(_UNKNOWN_TO, users.resend_invitation, user_id=user_id)
    say(f"the invitation was sent again to the user {user_id}")


def reset_password(session: Session, user_id: UserId) -> None:
    """Mail a password reset link, which lives 30 minutes. Not for SSO and SAML users."""
    users = session.users()
    session.write(_UNKNOWN_TO, users.reset_password, user_id=user_id)
    say(f"a password reset link was mailed to the user {user_id}")
