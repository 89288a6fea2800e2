"""The checks that write: only to users that the run made itself, and it removes them whatever happens."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote

from arize_users import (
    ArizeError,
    NotFoundError,
    PredefinedUserRole,
    UsersClient,
    UserStatus,
)

from .reading import LIST_PATH
from .session import Session, SkippedError

# A reserved domain, and one whose DNS says that it takes no mail.
_DOMAIN = "example.com"
_NAME = "Contract Check"
# The contract says only for some malformed bodies which of the two it is.
_MALFORMED = (400, 422)


class OwnUsers:
    """The users that this run makes. Nobody else is ever written to.

    An address counts from before its request is sent, since an answer may be lost. Its random part makes
    sure that it was nobody's before.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids: dict[str, str | None] = {}

    @property
    def emails(self) -> list[str]:
        """The addresses of all of them."""
        return list(self._ids)

    def new_email(self) -> str:
        """Make up an address, to be removed at the end."""
        email = f"arize-users-contract-{secrets.token_hex(8)}@{_DOMAIN}"
        self._ids[email] = None
        return email

    def adopt(self, email: str, user_id: str) -> None:
        """Know the id of a user, so that it is removed even when it cannot be found by its address."""
        self._ids[email] = user_id

    def remove(self) -> list[str]:
        """Block all of them; give the addresses of those that may still be there."""
        return [email for email, user_id in self._ids.items() if not self._removed(email, user_id)]

    def _removed(self, email: str, user_id: str | None) -> bool:
        users = self._session.client.users
        try:
            found = users.get(user=email)
            for one in {user_id, found.id if found else None} - {None}:
                assert one is not None
                try:
                    users.delete(user_id=one)
                except NotFoundError:
                    pass
            return found is None or users.get(user=email) is None
        except ArizeError:
            return False


def writing_checks(session: Session) -> None:
    """Run every check that writes, and remove what it made.

    No mail is asked for: users are created as active, and what would mail is only asked where it must be
    refused.
    """
    own = OwnUsers(session)
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
            # A deployment that takes it all the same is at least asked not to mail.
            body = {"email": own.new_email(), "invite_mode": "none"}
            session.send("POST", LIST_PATH, json=body, expect=_MALFORMED)
    finally:
        with _uninterrupted():
            session.report.left_behind = own.emails
            session.report.left_behind = session.quietly(own.remove)


def _create(session: Session, own: OwnUsers, email: str) -> str:
    """Create an active user; nothing is mailed.

    Raises:
        SkippedError: it was refused, or the answer is not about this user.
    """
    create = partial(session.client.users.create, name=_NAME, email=email, role="member")
    user = session.ask(partial(create, invite_mode="none"), expect=201)
    if user is None or user.id is None:
        raise SkippedError("no user could be created")
    if user.status not in (UserStatus.ACTIVE, None):
        session.broken("a user created without an invitation is not active")
    if user.role not in (PredefinedUserRole(name="member"), None):
        session.broken("the user has another role than asked for")
    if user.temporary_password is not None:
        session.broken("a temporary password that was not asked for")
    # An id is only believed when two answers say that it belongs to the address, which was nobody's.
    for answer in (user, session.ask(partial(session.client.users.get, user=user.id))):
        if answer is None or (answer.email or "").lower() != email:
            session.broken("the answer is about somebody else")
            raise SkippedError("the id of the new user is in doubt")
    own.adopt(email, user.id)
    return user.id


def _find(session: Session, user_id: str, email: str) -> None:
    users = session.client.users
    for key in (user_id, email):
        user = session.ask(partial(users.get, user=key))
        if user is None or user.id not in (user_id, None):
            session.broken("it does not find the user just created")


def _refuse_again(session: Session, _: str, email: str) -> None:
    create = partial(session.client.users.create, name=_NAME, email=email, role="member")
    session.ask(partial(create, invite_mode="none"), expect=409)


def _update(session: Session, user_id: str, _: str) -> None:
    name = f"{_NAME}, renamed"
    for _change in (True, False):
        user = session.ask(partial(session.client.users.update, user_id=user_id, name=name))
        if user is not None and user.name not in (name, None):
            session.broken("the answer does not have the new name")


def _refuse_updates(session: Session, user_id: str, _: str) -> None:
    path = f"{LIST_PATH}/{quote(user_id, safe='')}"
    session.send("PATCH", path, json={"name": "   "}, expect=400)
    session.send("PATCH", path, json={}, expect=_MALFORMED)


def _refuse_resending(session: Session, user_id: str, _: str) -> None:
    session.ask(partial(session.client.users.resend_invitation, user_id=user_id), expect=400)


def _delete(session: Session, user_id: str, email: str) -> None:
    users = session.client.users
    for _ in ("the first time", "again"):
        session.ask(partial(users.delete, user_id=user_id), expect=204)
    session.ask(partial(users.get, user=user_id), expect=404)
    if session.ask(partial(users.get, user=email)) is not None:
        session.broken("a deleted user is still listed")


def _send_nothing(session: Session, user_id: str, email: str) -> None:
    users = session.client.users
    # A deployment that failed to delete would mail here.
    if not session.quietly(partial(_is_gone, users, user_id, email)):
        raise SkippedError("the user may not be deleted")
    for send in (users.resend_invitation, users.reset_password):
        session.ask(partial(send, user_id=user_id), expect=(400, 404))


def _is_gone(users: UsersClient, user_id: str, email: str) -> bool:
    try:
        if users.get(user=email) is None:
            users.get(user=user_id)
    except NotFoundError:
        return True
    except ArizeError:
        pass
    return False


Check = Callable[[Session, str, str], None]
_CHECKS: dict[str, Check] = {
    "find the new user": _find,
    "refuse an email that is taken": _refuse_again,
    "update the user": _update,
    "refuse malformed updates": _refuse_updates,
    "refuse to invite an active user": _refuse_resending,
    "delete the user": _delete,
    "send nothing to a deleted user": _send_nothing,
    "refuse a deleted user's email": _refuse_again,
}


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no second Ctrl-C break the cleaning up; Python takes signal handlers in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
