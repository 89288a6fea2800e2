"""The command `create`, and what it says about the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arize_users._cells import escaped
from arize_users.enums import AnyCaseText, InviteMode, UserRole

from .answers import created_user_answer
from .errors import PARTIAL, USAGE, CommandError
from .options import FullName, Output
from .output import Target, deliver, show_raw
from .session import Session
from .terminal import ask, is_attended, say

if TYPE_CHECKING:
    from arize_users import CreatedUser, CustomUserRole


def create(
    session: Session,
    full_name: FullName = None,
    email: Annotated[
        str | None, typer.Option("--email", "-e", help="The address. Inviting it twice is inviting it once.")
    ] = None,
    role: Annotated[
        UserRole | None, typer.Option("--role", "-r", case_sensitive=False, help="A predefined role.")
    ] = None,
    role_id: Annotated[
        str | None, typer.Option("--role-id", metavar="ID", help="A custom role, instead of --role.")
    ] = None,
    invite_mode: Annotated[
        InviteMode | None,
        typer.Option(
            "--invite-mode",
            case_sensitive=False,
            help="Send nothing, mail a link, or show a temporary password, once.",
        ),
    ] = None,
    is_not_developer: Annotated[
        bool, typer.Option("--is-not-developer", help="Without developer permissions.")
    ] = False,
    output: Output = None,
) -> int:
    """Create a user, or invite again one whose invitation expired.

    Run at a terminal, it asks for what is missing. A file named by --output must not exist. Where the user
    was invited before and is not as asked for, it says what differs, and the exit code is 3.
    """
    if role is not None and role_id is not None:
        raise CommandError(USAGE, "--role and --role-id both name a role: give only one")
    given = {
        "--full-name": full_name,
        "--email": email,
        "--role": role if role_id is None else role_id,
        "--invite-mode": invite_mode,
    }
    missing = [option for option, value in given.items() if value is None]
    if missing and not is_attended():
        raise CommandError(USAGE, f"missing {', '.join(missing)}")
    target = session.target(output, is_new=True)
    users = session.users()
    from arize_users import ResponseDecodeError, assign_custom_role

    name = _or_ask(full_name, "Full name")
    address = _or_ask(email, "Email")
    assigned = (
        assign_custom_role(role_id)
        if role_id is not None
        else AnyCaseText(_or_ask(role, "Role", tuple(UserRole)))
    )
    mode = AnyCaseText(_or_ask(invite_mode, "Invite mode", tuple(InviteMode)))
    session.arguments |= {"email": address, "invite_mode": mode}
    try:
        user = session.write(
            target,
            users.create,
            name=name,
            email=address,
            role=assigned,
            invite_mode=mode,
            is_developer=False if is_not_developer else None,
        )
    except ResponseDecodeError as error:
        # It may hold a temporary password, which the API never shows again.
        show_raw(error.body)
        raise
    secret = mode == InviteMode.TEMPORARY_PASSWORD or user.temporary_password is not None
    deliver(created_user_answer(user, secret=secret), target, acted=True)
    _explain(user, address, target)
    if user.created:
        return 0
    differences = _differences(user, assigned, mode, is_not_developer, session.reporter.group)
    say(*(f"not as asked for: {one}" for one in differences))
    return PARTIAL if differences else 0


def _or_ask(given: str | None, what: str, choices: Sequence[str] = ()) -> str:
    """Ask for a value that was not given, again until the answer is valid."""
    if given is not None:
        return given
    question = f"{what} ({', '.join(choices)}):" if choices else f"{what}:"
    while True:
        answer = ask(question)
        if choices:
            answer = answer.lower()
        if answer and (not choices or answer in choices):
            return answer
        say(f"give one of {', '.join(choices)}" if choices else "this cannot be left empty")


def _explain(user: CreatedUser, address: str, target: Target) -> None:
    if user.created is False:
        say(f"note: {address} was invited before; nothing was sent, and this is the user as it is")
    elif user.created is None:
        say(f"note: {address} is invited; the request was repeated, so maybe it was invited before")
    password = user.temporary_password
    if password is not None and target.format in ("csv", "tsv") and escaped(password) != password:
        say(
            f"note: in {target.format.upper()} the password is escaped, as any cell is; JSON shows it exactly"
        )


def _differences(
    user: CreatedUser, role: str | CustomUserRole, mode: str, is_not_developer: bool, group: str
) -> list[str]:
    """Tell where a user who was invited before is not as asked for, and how to mend it."""
    differences: list[str] = []
    found = getattr(user, "role", None)
    if found is not None and not _is_role(found, role):
        asked = role if isinstance(role, str) else role.id
        differences.append(
            f"the role is {found.name or found.type}, not {asked}; the API cannot change it, an admin of the "
            "account can"
        )
    user_id = getattr(user, "id", "USER_ID")
    if mode == InviteMode.TEMPORARY_PASSWORD and user.temporary_password is None:
        mend = f"`{group} resend-invitation {user_id}` mails a link instead"
        differences.append(f"no temporary password was issued; {mend}")
    if mode == InviteMode.NONE and getattr(user, "status", None) == "invited":
        differences.append("the user is not active, but has an invitation to answer")
    if is_not_developer and getattr(user, "is_developer", None):
        mend = f"`{group} update {user_id} --is-not-developer` takes them"
        differences.append(f"the user has developer permissions; {mend}")
    return differences


def _is_role(found: Any, role: str | CustomUserRole) -> bool:
    if isinstance(role, str):
        return bool(found.type == "predefined" and found.name == role)
    return getattr(found, "id", None) == role.id
