"""The checks that only read."""

from __future__ import annotations

import secrets
from collections.abc import Callable

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
        page = session.call(200, session.client.users.list, limit=100)
        users = page.users if page else ()
    for name, run in _CHECKS.items():
        with session.check(name):
            run(session, users)


def _page_through(session: Session, users: Users) -> None:
    if len(users) < 2:
        raise SkippedError("it takes two users")
    seen: set[str] = set()
    newest = None
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = session.call(200, session.client.users.list, limit=1, cursor=cursor)
        if page is None:
            return
        ids = {user.id for user in page if hasattr(user, "id")}
        times = [user.created_at for user in page if hasattr(user, "created_at")]
        if seen & ids:
            session.report_broken_rule("a page repeats users of the one before")
        if newest and times and times[0] < newest:
            session.report_broken_rule("a page holds older users than the one before")
        seen |= ids
        newest = times[-1] if times else newest
        cursor = page.pagination.next_cursor
        if cursor is None:
            return


def _filter_by_status(session: Session, _: Users) -> None:
    for statuses in (*([status] for status in UserStatus), list(UserStatus)):
        session.call(200, session.client.users.list, status=statuses, limit=20)


def _filter_by_email(session: Session, users: Users) -> None:
    part = _first_email(users).partition("@")[2].swapcase()
    page = session.call(200, session.client.users.list, email=part, limit=20)
    if page is not None and not page.users:
        session.report_broken_rule("a part of an email that is listed finds nobody")


def _get_by_id(session: Session, users: Users) -> None:
    user_id = next((user.id for user in users if getattr(user, "id", "")), None)
    if user_id is None:
        raise SkippedError("no user has an id")
    user = session.call(200, session.client.users.get, user=user_id)
    if user is not None and getattr(user, "id", user_id) != user_id:
        session.report_broken_rule("it answers another user")


def _get_by_email(session: Session, users: Users) -> None:
    if session.call(200, session.client.users.get, user=_first_email(users).swapcase()) is None:
        session.report_broken_rule("an email that is listed is not found, ignoring case")


def _refuse_limits(session: Session, _: Users) -> None:
    for limit in (0, 101):
        session.send(400, "GET", LIST_PATH, params={"limit": limit})


def _refuse_key(session: Session, _: Users) -> None:
    unknown = session.connect(api_key=f"no-key-of-anybody-{secrets.token_hex(8)}")
    session.call(401, unknown.users.list, limit=1)


def _first_email(users: Users) -> str:
    for user in users:
        # swapcase() would make another letter of some beyond ASCII.
        if "@" in (email := getattr(user, "email", "")) and email.isascii():
            return email
    raise SkippedError("no user has an email in ASCII")


_CHECKS: dict[str, Callable[[Session, Users], object]] = {
    "page through users": _page_through,
    "filter by status": _filter_by_status,
    "filter by email": _filter_by_email,
    "get by id": _get_by_id,
    "get by email": _get_by_email,
    "get an unknown id": lambda session, _: session.call(404, session.client.users.get, user=UNKNOWN_ID),
    "get an unknown email": lambda session, _: session.call(
        200, session.client.users.get, user=f"nobody-{secrets.token_hex(8)}@example.com"
    ),
    "refuse a limit out of bounds": _refuse_limits,
    "refuse an unknown key": _refuse_key,
}
