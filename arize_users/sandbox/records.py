"""What a tester can read from a sandbox: mail, audit trail, stored users, received requests."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl

import attrs

from . import users
from .account import now, to_datetime
from .messages import Request

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_VALID_FOR = {
    "invitation": timedelta(microseconds=users.INVITATION_MICROS),
    "password_reset": timedelta(minutes=30),
}


@attrs.frozen
class Mail:
    """A mail that the real service would have sent.

    Attributes:
        kind: What the mail is for.
        to: The email it is sent to.
        user_id: The user's id.
        sent_at: When it was sent, by the account's clock (UTC).
        expires_at: When the link in it expires.
    """

    kind: Literal["invitation", "password_reset"]
    to: str
    user_id: str
    sent_at: datetime
    expires_at: datetime


@attrs.frozen
class AuditEntry:
    """One change that was made through the API, or one mail that was sent.

    Attributes:
        at: When, by the account's clock (UTC).
        actor: The email of the user whose key was used.
        action: create, reinvite, update, delete, resend_invitation or reset_password.
        user_id: The id of the user whom it concerns.
        email: The email of that user.
    """

    at: datetime
    actor: str
    action: str
    user_id: str
    email: str


@attrs.frozen
class UserRecord:
    """A user as the account stores it.

    Attributes:
        id: The user's id.
        name: The display name.
        email: The email, in the case in which it was given.
        created_at: When the user was created (UTC).
        status: active, invited, expired, or inactive for a blocked user.
        role: The role as the API's object, in lower case.
        is_developer: The developer flag.
        sso: Whether the user logs in by SSO and so has no password.
        invited_at: When the last invitation was sent, None for a user who was never invited.
        organization_memberships: The organizations that the user belongs to; none once blocked.
        space_memberships: The spaces that the user belongs to; none once blocked.
        api_keys: The user's API keys, as made-up names; none once blocked.
        role_bindings: The user's role bindings, as made-up names; none once blocked.
    """

    id: str
    name: str
    email: str
    created_at: datetime
    status: str
    role: Mapping[str, str]
    is_developer: bool
    sso: bool
    invited_at: datetime | None
    organization_memberships: tuple[str, ...]
    space_memberships: tuple[str, ...]
    api_keys: tuple[str, ...]
    role_bindings: tuple[str, ...]


@attrs.frozen
class ReceivedRequest:
    """One request as received.

    Attributes:
        method: The HTTP method.
        path: The path, still percent-encoded.
        query: The decoded names and values of the query.
        headers: The headers by name in lower case; values that are secret are replaced by "[hidden]".
        body: The whole body.
        status: The status of the response, None when there was no response.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    status: int | None


def received(request: Request, status: int | None) -> ReceivedRequest:
    """Return the record of a request, without the secrets in its headers."""
    headers = {name.lower(): value for name, value in request.headers}
    headers.update(dict.fromkeys(_SECRET_HEADERS & headers.keys(), "[hidden]"))
    query = tuple(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
    return ReceivedRequest(request.method, request.path, query, headers, request.body, status)


def read_outbox(db: sqlite3.Connection) -> list[Mail]:
    """Return the mail sent so far, oldest first."""
    rows = db.execute("SELECT kind, recipient, user_id, sent_at FROM mails ORDER BY seq")
    return [
        Mail(kind, to, user_id, to_datetime(sent_at), to_datetime(sent_at) + _VALID_FOR[kind])
        for kind, to, user_id, sent_at in rows
    ]


def read_audit(db: sqlite3.Connection) -> list[AuditEntry]:
    """Return the audit trail, oldest first."""
    rows = db.execute("SELECT at, actor, action, user_id, email FROM audit ORDER BY seq")
    return [AuditEntry(to_datetime(at), *rest) for at, *rest in rows]


def read_users(db: sqlite3.Connection, rows: list[users.Row]) -> list[UserRecord]:
    """Return the records of these users."""
    at = now(db)
    return [_record(db, row, at) for row in rows]


def _record(db: sqlite3.Connection, row: users.Row, at: int) -> UserRecord:
    return UserRecord(
        id=row.id,
        name=row.name,
        email=row.email,
        created_at=to_datetime(row.created_at),
        status=row.status(at),
        role=row.role_document(),
        is_developer=bool(row.is_developer),
        sso=bool(row.sso),
        invited_at=None if row.invited_at is None else to_datetime(row.invited_at),
        organization_memberships=users.holdings(db, row.seq, "organization"),
        space_memberships=users.holdings(db, row.seq, "space"),
        api_keys=users.holdings(db, row.seq, "api_key"),
        role_bindings=users.holdings(db, row.seq, "role_binding"),
    )
