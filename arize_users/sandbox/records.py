"""What a tester reads of a sandbox: mail, audit trail, users as stored, requests as received."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl

import attrs

from arize_users.sandbox import users
from arize_users.sandbox.account import now, to_datetime
from arize_users.sandbox.messages import Request

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_LINK_LIFE = {
    "invitation": timedelta(microseconds=users.INVITATION_MICROS),
    "password_reset": timedelta(minutes=30),
}


@attrs.frozen
class Mail:
    """A mail that the real service would have sent; its link works until `expires_at`."""

    kind: Literal["invitation", "password_reset"]
    to: str
    user_id: str
    sent_at: datetime
    expires_at: datetime


@attrs.frozen
class AuditEntry:
    """One thing really done; `actor` is the email of the user whose key was used.

    `action` is create, reinvite, update, delete, resend_invitation or reset_password.
    """

    at: datetime
    actor: str
    action: str
    user_id: str
    email: str


@attrs.frozen
class UserRecord:
    """A user as the account holds it; blocked ones are there too, as inactive."""

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
    """One request as received; `status` is None when it was dropped without an answer.

    The values of the headers that carry secrets are left out.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    status: int | None


def received(request: Request, status: int | None) -> ReceivedRequest:
    """Return what may be kept of a request."""
    headers = {
        name.lower(): "[hidden]" if name.lower() in _SECRET_HEADERS else value
        for name, value in request.headers
    }
    query = tuple(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
    return ReceivedRequest(request.method, request.path, query, headers, request.body, status)


def read_outbox(db: sqlite3.Connection) -> list[Mail]:
    """Return the mail sent so far, oldest first."""
    rows = db.execute("SELECT kind, recipient, user_id, sent_at FROM mails ORDER BY seq")
    return [
        Mail(kind, to, user_id, to_datetime(sent_at), to_datetime(sent_at) + _LINK_LIFE[kind])
        for kind, to, user_id, sent_at in rows
    ]


def read_audit(db: sqlite3.Connection) -> list[AuditEntry]:
    """Return the audit trail, oldest first."""
    rows = db.execute("SELECT at, actor, action, user_id, email FROM audit ORDER BY seq")
    return [AuditEntry(to_datetime(at), *rest) for at, *rest in rows]


def read_users(db: sqlite3.Connection, rows: list[users.Row]) -> list[UserRecord]:
    """Return the whole records of these users."""
    numbers = [row.seq for row in rows]
    held = users.holdings(db, min(numbers), max(numbers))
    names = users.custom_role_names(db)
    at = now(db)
    return [_record(row, held.get(row.seq, {}), names, at) for row in rows]


def _record(row: users.Row, held: Mapping[str, list[str]], names: Mapping[str, str], at: int) -> UserRecord:
    role = {"type": row.role_type, "name" if row.role_type == "predefined" else "id": row.role}
    if row.role_type == "custom" and row.role in names:
        role["name"] = names[row.role]
    return UserRecord(
        id=row.id,
        name=row.name,
        email=row.email,
        created_at=to_datetime(row.created_at),
        status=row.status(at),
        role=role,
        is_developer=bool(row.is_developer),
        sso=bool(row.sso),
        invited_at=None if row.invited_at is None else to_datetime(row.invited_at),
        organization_memberships=tuple(held.get("organization", ())),
        space_memberships=tuple(held.get("space", ())),
        api_keys=tuple(held.get("api_key", ())),
        role_bindings=tuple(held.get("role_binding", ())),
    )
