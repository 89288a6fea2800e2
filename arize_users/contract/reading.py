"""The checks that only read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

from arize_users import User, UserStatus

from .session import Session, SkippedError

LIST_PATH = "/v2/users"
# The id that user number 2147483646 would have: well formed, and nobody's.
UNKNOWN_ID = "VXNlcjoyMTQ3NDgzNjQ2"
_MOST_PAGES = 3

Users = tuple[User, ...]


def read_only_checks(session: Session) -> None:
    """Run every check that changes nothing."""
    users: Users = ()
    with session.check("list users"):
        page = session.ask(partial(session.client.users.list, limit=100))
        users = page.users if page else ()
    checks: dict[str, Callable[[Session, Users], None]] = {
        "page through users": _page_through,
        "filter by status": _filter_by_status,
        "filter by email": _filter_by_email,
        "get by id": _get_by_id,
        "get by email": _get_by_email,
        "get an unknown id": _get_unknown_id,
        "get an unknown email": _get_unknown_email,
        "refuse a limit out of bounds": _refuse_limits,
        "refuse an unknown key": _refuse_key,
    }
    for name, run in checks.items():
        with session.check(name):
            run(session, users)


def _page_through(session: Session, users: Users) -> None:
    if len(users) < 2:
        raise SkippedError("it takes two users")
    seen: set[str | None] = set()
    newest = None
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = session.ask(partial(session.client.users.list, limit=1, cursor=cursor))
        if page is None:
            return
        if seen & {user.id for user in page}:
            session.broken("a page repeats users of the one before")
        if newest and page.users and page.users[0].created_at and page.users[0].created_at < newest:
            session.broken("a page holds older users than the one before")
        seen |= {user.id for user in page}
        newest = page.users[-1].created_at if page.users else newest
        cursor = page.pagination.next_cursor
        if cursor is None:
            return


def _filter_by_status(session: Session, _: Users) -> None:
    for statuses in (*([status] for status in UserStatus), list(UserStatus)):
        session.ask(partial(session.client.users.list, status=statuses, limit=20))


def _filter_by_email(session: Session, users: Users) -> None:
    email = _email_of(users)
    part = email.partition("@")[2].swapcase()
    page = session.ask(lambda: session.client.users.list(email=part, limit=20))
    if page is not None and not page.users:
        session.broken("a part of an email that is listed finds nobody")


def _get_by_id(session: Session, users: Users) -> None:
    user_id = next((user.id for user in users if user.id), None)
    if user_id is None:
        raise SkippedError("no user has an id")
    user = session.ask(lambda: session.client.users.get(user=user_id))
    if user is not None and user.id not in (user_id, None):
        session.broken("it answers another user")


def _get_by_email(session: Session, users: Users) -> None:
    email = _email_of(users)
    if session.ask(lambda: session.client.users.get(user=email.swapcase())) is None:
        session.broken("an email that is listed is not found, ignoring case")


def _get_unknown_id(session: Session, _: Users) -> None:
    session.ask(lambda: session.client.users.get(user=UNKNOWN_ID), expect=404)


def _get_unknown_email(session: Session, _: Users) -> None:
    email = f"nobody-{secrets.token_hex(8)}@example.com"
    session.ask(lambda: session.client.users.get(user=email))


def _refuse_limits(session: Session, _: Users) -> None:
    for limit in (0, 101):
        session.send("GET", LIST_PATH, params={"limit": limit}, expect=400)


def _refuse_key(session: Session, _: Users) -> None:
    stranger = session.connected(api_key=f"no-key-of-anybody-{secrets.token_hex(8)}")
    session.ask(lambda: stranger.users.list(limit=1), expect=401)


def _email_of(users: Users) -> str:
    for user in users:
        if user.email and "@" in user.email:
            return user.email
    raise SkippedError("no user has an email")
