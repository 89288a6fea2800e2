"""`Sandbox`: one account, its rules, and what a tester may do and see behind the API's back."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Collection
from datetime import datetime
from typing import Self

from arize_users.sandbox import account as accounts
from arize_users.sandbox import records, users, wire
from arize_users.sandbox.faults import Faults
from arize_users.sandbox.messages import Request, Response
from arize_users.sandbox.records import AuditEntry, Mail, ReceivedRequest, UserRecord
from arize_users.sandbox.vocabulary import (
    PERMISSIONS,
    PREDEFINED_ROLES,
    CustomRoles,
    EnumCase,
    Policy,
    Speech,
    default_is_developer,
)

_CALLERS = {
    "sandbox-admin": ("Sandbox Owner", "owner@sandbox.example", "admin"),
    "sandbox-member": ("Sandbox Member", "member@sandbox.example", "member"),
    "sandbox-annotator": ("Sandbox Annotator", "annotator@sandbox.example", "annotator"),
}
KEYS = tuple(_CALLERS)
"""The keys that every sandbox knows; the first is the account owner's."""

# Old enough to be listed before the users of any test, whatever time it sets.
_FOUNDED = 1_704_110_400_000_000


class Sandbox:
    """One account of the users API, in memory or in a file; safe to share between threads.

    `path` is a file that lasts and that several processes may use at once; None is memory.
    `enum_case` is the generation spoken: lower is the first, upper the second, and each refuses
    the other's values. `custom_roles` says what creating a user with a custom role gets: any id
    is taken, an unknown one is 404 (known), or all are 422 (refuse). With `sso_enforced`
    invitations cannot be resent. `keep_requests` bounds `requests` to the newest so many.
    Raises: SandboxError when the file cannot be opened or is something else.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        enum_case: EnumCase = "lower",
        custom_roles: CustomRoles = "any",
        sso_enforced: bool = False,
        keep_requests: int | None = None,
    ) -> None:
        _require(enum_case, ("lower", "upper"), "enum_case")
        _require(custom_roles, ("any", "known", "refuse"), "custom_roles")
        self._policy = Policy(Speech(enum_case), custom_roles, sso_enforced)
        self._requests: deque[ReceivedRequest] = deque(maxlen=keep_requests)
        self._requests_lock = threading.Lock()
        self._account = accounts.Account(path, _populate)
        self.faults = Faults()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Sandbox({self.path!r}, enum_case={self._policy.speech.case!r})"

    @property
    def path(self) -> str | None:
        """The account's file, None for an account in memory."""
        return self._account.path

    def close(self) -> None:
        """Close the database; an account in memory is gone then. May be called twice."""
        self._account.close()

    def handle(self, request: Request) -> Response:
        """Answer one request by the rules and record it; the faces add faults."""
        response = self.answer(request)
        self.note(request, response.status)
        return response

    def answer(self, request: Request) -> Response:
        """Answer one request by the rules, unrecorded: a fault may still change the answer."""
        return wire.answer(self._account, self._policy, request)

    def note(self, request: Request, status: int | None) -> None:
        """Record a request and the status that was answered, None for no answer."""
        entry = records.received(request, status)
        with self._requests_lock:
            self._requests.append(entry)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What this instance received, in the order of its answers; without secrets."""
        with self._requests_lock:
            return list(self._requests)

    @property
    def outbox(self) -> list[Mail]:
        """The mail that the service would have sent, oldest first."""
        with self._account.reading() as db:
            return records.read_outbox(db)

    @property
    def audit(self) -> list[AuditEntry]:
        """What was really done through the API, oldest first."""
        with self._account.reading() as db:
            return records.read_audit(db)

    def clear_log(self) -> None:
        """Forget requests, outbox and audit trail so far."""
        with self._requests_lock:
            self._requests.clear()
        with self._account.writing() as db:
            db.execute("DELETE FROM mails")
            db.execute("DELETE FROM audit")

    def now(self) -> datetime:
        """Return the account's time (UTC)."""
        with self._account.reading() as db:
            return accounts.to_datetime(accounts.now(db))

    def set_time(self, moment: datetime | None) -> None:
        """Make the account's clock stand at a moment, or follow the real clock again (None).

        Raises: ValueError for a moment without a time zone.
        """
        micros = None if moment is None else accounts.to_micros(moment)
        with self._account.writing() as db:
            accounts.set_now(db, micros)

    def add_user(
        self,
        *,
        email: str,
        name: str,
        role: str = "member",
        status: str = "active",
        is_developer: bool | None = None,
        created_at: datetime | None = None,
        sso: bool = False,
    ) -> str:
        """Add a user directly and return its id; no mail, no audit entry.

        `role` is a predefined role or else a custom role's id. `status` may also be inactive.
        Raises: ValueError for an unknown status or an email that is taken.
        """
        _require(status, ("active", "invited", "expired", "inactive"), "status")
        role_type = "predefined" if role in PREDEFINED_ROLES else "custom"
        if is_developer is None:
            is_developer = default_is_developer(role_type, role)
        with self._account.writing() as db:
            now = accounts.now(db)
            invited_at = {"invited": now, "expired": now - users.INVITATION_MICROS}.get(status)
            new = users.NewUser(
                name=name,
                email=email,
                created_at=now if created_at is None else accounts.to_micros(created_at),
                state="invited" if status == "expired" else status,
                role_type=role_type,
                role=role,
                is_developer=is_developer,
                invited_at=invited_at,
                sso=sso,
            )
            return _insert(db, new)

    def add_users(self, n: int, domain: str = "example.com") -> list[str]:
        """Add n active members with made-up names in one transaction; return their ids."""
        with self._account.writing() as db:
            now = accounts.now(db)
            taken = users.email_keys(db)
            number = len(taken) - len(KEYS)
            new: list[users.NewUser] = []
            while len(new) < n:
                number += 1
                email = f"user{number:05}@{domain}"
                if users.email_key(email) not in taken:
                    name = f"User {number:05}"
                    new.append(users.NewUser(name=name, email=email, created_at=now, state="active"))
            return users.insert(db, new)

    def fill(self, n: int) -> None:
        """Add users until the account holds n besides the callers, blocked ones included."""
        with self._account.reading() as db:
            held = len(users.email_keys(db)) - len(KEYS)
        self.add_users(n - held)

    def user(self, user_id: str) -> UserRecord:
        """Return a user's whole record, blocked or not. Raises: KeyError for an unknown id."""
        with self._account.reading() as db:
            row = users.by_id(db, user_id)
            if row is None:
                raise KeyError(user_id)
            return records.read_users(db, [row])[0]

    def users(self) -> list[UserRecord]:
        """Return all records in list order, blocked users too."""
        with self._account.reading() as db:
            return records.read_users(db, users.everyone(db))

    def add_key(self, key: str, *, permissions: Collection[str]) -> str:
        """Let a new user with a custom role call with this key; return the user's id.

        `permissions` are of USER_READ, USER_CREATE, USER_UPDATE and USER_DELETE.
        Raises: ValueError for another permission or a key that is taken.
        """
        for permission in permissions:
            _require(permission, PERMISSIONS, "permission")
        with self._account.writing() as db:
            if users.caller(db, key) is not None:
                raise ValueError("this key is taken")
            (number,) = db.execute("SELECT count(*) + 1 FROM users").fetchone()
            role = f"caller-role-{number}"
            users.name_custom_role(db, role, f"Caller {number}")
            new = users.NewUser(
                name=f"Caller {number}",
                email=f"caller{number}@sandbox.example",
                created_at=accounts.now(db),
                state="active",
                role_type="custom",
                role=role,
            )
            user_id = _insert(db, new)
            users.add_caller(db, key, user_id, permissions)
            return user_id

    def add_custom_role(self, role_id: str, name: str) -> None:
        """Make a custom role known, so that answers show its name."""
        with self._account.writing() as db:
            users.name_custom_role(db, role_id, name)


def _populate(db: sqlite3.Connection) -> None:
    callers = [
        users.NewUser(
            name=name,
            email=email,
            created_at=_FOUNDED + 1_000_000 * number,
            state="active",
            role=role,
            is_developer=default_is_developer("predefined", role),
        )
        for number, (name, email, role) in enumerate(_CALLERS.values())
    ]
    for key, user_id in zip(KEYS, users.insert(db, callers), strict=True):
        users.add_caller(db, key, user_id)


def _insert(db: sqlite3.Connection, new: users.NewUser) -> str:
    if users.by_email(db, new.email) is not None:
        raise ValueError(f"the account has a user with the email {new.email}")
    return users.insert(db, [new])[0]


def _require(value: str, choices: Collection[str], what: str) -> None:
    if value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {value!r}")
