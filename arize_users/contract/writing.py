"""The checks that write: only to users that the run created itself, and it removes those at its end."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from arize_users import ArizeError, NotFoundError, PredefinedUserRole, UsersClient, UserStatus
from arize_users._signals import TERMINATING, handled

from .reading import LIST_PATH
from .session import Session, SkippedError

_NAME = "Contract Check"
_MEMBER = PredefinedUserRole(name="member")
# For some malformed bodies the contract leaves open which of the two it is.
_MALFORMED = (400, 422)


class OwnUsers:
    """The users that this run creates. Nobody else is ever written to.

    An address counts as left behind before its request is sent, because the answer may be lost. Its random
    part makes sure that nobody had it before.

    Args:
        users: The operations.
        left_behind: The addresses whose users may exist; filled and emptied here.
    """

    def __init__(self, users: UsersClient, left_behind: list[str]) -> None:
        self._users = users
        self._left_behind = left_behind
        # An id finds a user that its address does not find.
        self.ids: dict[str, str] = {}

    def new_email(self) -> str:
        """Make up an address that is to be removed at the end."""
        # The domain is reserved, and its DNS says that it takes no mail.
        email = f"arize-users-contract-{secrets.token_hex(8)}@example.com"
        self._left_behind.append(email)
        return email

    def remove(self) -> None:
        """Delete all of them that can be deleted."""
        self._left_behind[:] = [email for email in self._left_behind if not self._is_removed(email)]

    def _is_removed(self, email: str) -> bool:
        try:
            found = self._users.get(user=email)
            for user_id in filter(None, {self.ids.get(email), getattr(found, "id", None)}):
                with suppress(NotFoundError):
                    self._users.delete(user_id=user_id)
            return found is None or self._users.get(user=email) is None
        except ArizeError:
            return False


def writing_checks(session: Session) -> None:
    """Run every check that writes, and remove what it created.

    Nothing is mailed: users are created as active, and requests that would mail are sent only where they
    must be refused.
    """
    own = OwnUsers(session.client.users, session.report.left_behind)
    try:
        user_id = None
        email = own.new_email()
        with session.check("create a user"):
            user_id = _create(session, own, email)
        for name, run in _CHECKS.items():
            with session.check(name):
                if user_id is None:
                    raise SkippedError("there is no user of its own")
                run(session, user_id, email)
        with session.check("refuse to create without fields"):
            # Should the deployment accept it, it is at least asked not to mail.
            body = {"email": own.new_email(), "invite_mode": "none"}
            session.send(_MALFORMED, "POST", LIST_PATH, json=body)
    finally:
        # A second Ctrl-C does not end the cleaning up.
        with handled(signal.SIG_IGN, signal.SIGINT, *TERMINATING):
            session.call_unjudged(own.remove)


def _create(session: Session, own: OwnUsers, email: str) -> str:
    """Create an active user and return its id.

    Raises:
        SkippedError: The request was refused, or the answer is not about this user.
    """
    users = session.client.users
    user = session.call(201, users.create, name=_NAME, email=email, role="member", invite_mode="none")
    if user is None or not hasattr(user, "id"):
        raise SkippedError("no user could be created")
    if getattr(user, "status", UserStatus.ACTIVE) != UserStatus.ACTIVE:
        session.report_broken_rule("a user created without an invitation is not active")
    if getattr(user, "role", _MEMBER) != _MEMBER:
        session.report_broken_rule("the user has another role than asked for")
    if user.temporary_password is not None:
        session.report_broken_rule("a temporary password that was not asked for")
    # An id is trusted only when two answers say that it belongs to the new address.
    for answer in (user, session.call(200, users.get, user=user.id)):
        if getattr(answer, "email", None) != email:
            session.report_broken_rule("the answer is about somebody else")
            raise SkippedError("the id of the new user is not certain")
    own.ids[email] = user.id
    return user.id


def _find(session: Session, user_id: str, email: str) -> None:
    for key in (user_id, email):
        user = session.call(200, session.client.users.get, user=key)
        if user is None or getattr(user, "id", user_id) != user_id:
            session.report_broken_rule("it does not find the user just created")


def _refuse_taken_email(session: Session, _: str, email: str) -> None:
    create = session.client.users.create
    session.call(409, create, name=_NAME, email=email, role="member", invite_mode="none")


def _update(session: Session, user_id: str, _: str) -> None:
    name = f"{_NAME}, renamed"
    for _again in (False, True):
        user = session.call(200, session.client.users.update, user_id=user_id, name=name)
        if user is not None and getattr(user, "name", name) != name:
            session.report_broken_rule("the answer does not have the new name")


def _refuse_updates(session: Session, user_id: str, _: str) -> None:
    path = f"{LIST_PATH}/{quote(user_id, safe='')}"
    session.send(400, "PATCH", path, json={"name": "   "})
    session.send(_MALFORMED, "PATCH", path, json={})


def _delete(session: Session, user_id: str, email: str) -> None:
    users = session.client.users
    for _again in (False, True):
        session.call(204, users.delete, user_id=user_id)
    session.call(404, users.get, user=user_id)
    if session.call(200, users.get, user=email) is not None:
        session.report_broken_rule("a deleted user is still listed")


def _refuse_mail(session: Session, user_id: str, email: str) -> None:
    users = session.client.users
    # A deployment that failed to delete would mail here.
    if not session.call_unjudged(_is_deleted, users, user_id, email):
        raise SkippedError("the user may not be deleted")
    for send in (users.resend_invitation, users.reset_password):
        session.call((400, 404), send, user_id=user_id)


def _is_deleted(users: UsersClient, user_id: str, email: str) -> bool:
    try:
        if users.get(user=email) is None:
            users.get(user=user_id)
    except ArizeError as error:
        return isinstance(error, NotFoundError) and error.is_about_user
    return False


_CHECKS: dict[str, Callable[[Session, str, str], object]] = {
    "find the new user": _find,
    "refuse an email that is taken": _refuse_taken_email,
    "update the user": _update,
    "refuse malformed updates": _refuse_updates,
    "refuse to invite an active user": lambda session, user_id, _: session.call(
        400, session.client.users.resend_invitation, user_id=user_id
    ),
    "delete the user": _delete,
    "send nothing to a deleted user": _refuse_mail,
    "refuse a deleted user's email": _refuse_taken_email,
}
