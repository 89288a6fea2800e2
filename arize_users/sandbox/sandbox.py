"""`Sandbox`: one account, its rules, and what a tester can set and see in it directly."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Self

from . import account as accounts
from . import records, routing, users
from .faults import Faults
from .forks import awaited_by_forks
from .messages import Request, Response, SandboxError
from .mixture import CUSTOM_ROLES as CUSTOM_ROLES_OF_MIX
from .mixture import mixed
from .policy import (
    CUSTOM_ROLES,
    ENUM_CASES,
    PERMISSIONS,
    PREDEFINED_ROLES,
    STATUSES,
    CustomRoles,
    EnumCase,
    Policy,
    default_is_developer,
)
from .records import AuditEntry, Mail, ReceivedRequest, UserRecord

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

    Args:
        path: A file that keeps the account and that several processes may use at once; None is memory, of
            which a forked process has a copy.
        enum_case: The generation of the API: lower is the first, upper the second. Each refuses the enum
            values of the other.
        custom_roles: What a create with a custom role gets: any id is accepted (any), an unknown one is 404
            (known), or every one is 422 (refuse).
        sso_enforced: Whether the account enforces login by SSO, so that invitations cannot be resent.
        case_sensitive_emails: Whether a new account lets two users have emails that differ in the case of
            ASCII letters alone. A file keeps the rule that it was made with. The email filter of a list
            ignores that case in either account.
        create_takes_is_developer: Whether a create may give is_developer; else that is 400. None is what the
            newest deployments of the generation do: the first takes it, the second does not.
        member_may_create: Whether a member may create users, of role member or annotator only. None is what
            the newest deployments of the generation do: not in the first, but in the second.
        keep_requests: How many of the newest requests `requests` holds, None for all.

    Attributes:
        faults: The faults that requests meet.

    Raises:
        SandboxError: The file cannot be opened, it is not a sandbox account, or it was made without
            `case_sensitive_emails` though they are asked for.
        ValueError: `enum_case` or `custom_roles` is none of its values.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        enum_case: EnumCase = "lower",
        custom_roles: CustomRoles = "any",
        sso_enforced: bool = False,
        case_sensitive_emails: bool = False,
        create_takes_is_developer: bool | None = None,
        member_may_create: bool | None = None,
        keep_requests: int | None = None,
    ) -> None:
        _require(enum_case, ENUM_CASES, "enum_case")
        _require(custom_roles, CUSTOM_ROLES, "custom_roles")
        is_first = enum_case == "lower"
        self._policy = Policy(
            enum_case=enum_case,
            custom_roles=custom_roles,
            sso_enforced=sso_enforced,
            create_takes_is_developer=_given(create_takes_is_developer, is_first),
            member_may_create=_given(member_may_create, not is_first),
        )
        self._requests: deque[ReceivedRequest] = deque(maxlen=keep_requests)
        self._requests_lock = awaited_by_forks(threading.Lock())
        self._account = accounts.Account(
            path, partial(_populate, case_sensitive_emails=case_sensitive_emails)
        )
        if case_sensitive_emails:
            self._require_case_sensitive_emails()
        self.faults: Faults = Faults()

    def _require_case_sensitive_emails(self) -> None:
        with self._account.reading() as db:
            is_met = accounts.keeps_emails_apart(db)
        if not is_met:
            self.close()
            raise SandboxError(f"the sandbox account {self.path} was made without case-sensitive emails")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Sandbox({self.path!r}, enum_case={self._policy.enum_case!r})"

    @property
    def path(self) -> str | None:
        """The account's file, None for an account in memory."""
        return self._account.path

    @property
    def identity(self) -> str:
        """What tells this account from others: the real path of its file, or a name of its own in memory."""
        return self._account.identity

    def close(self) -> None:
        """Close the account, which deletes one in memory. A second call does nothing."""
        self._account.close()

    def handle(self, request: Request) -> Response:
        """Respond to a request and record it. Faults are the business of the adapters, not of this method.

        Args:
            request: The request as received.

        Returns:
            The response; a refusal is a response, too.
        """
        response = self.answer(request)
        self.note(request, response.status)
        return response

    def answer(self, request: Request) -> Response:
        """Respond to a request without recording it, because a fault may still change the response.

        Args:
            request: The request as received.

        Returns:
            The response; a refusal is a response, too.
        """
        return routing.respond(self._account, self._policy, request)

    def note(self, request: Request, status: int | None) -> None:
        """Record a request.

        Args:
            request: The request as received.
            status: The status of the response, None for no response.
        """
        entry = records.received(request, status)
        with self._requests_lock:
            self._requests.append(entry)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that this object has received, in the order of their responses; without secrets."""
        with self._requests_lock:
            return list(self._requests)

    @property
    def outbox(self) -> list[Mail]:
        """The mail that the service would have sent, oldest first."""
        with self._account.reading() as db:
            return records.read_outbox(db)

    @property
    def audit(self) -> list[AuditEntry]:
        """What requests have changed or sent, oldest first; a request without effect is not here."""
        with self._account.reading() as db:
            return records.read_audit(db)

    def clear_log(self) -> None:
        """Clear `requests`, `outbox` and `audit`."""
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
        """Stop the account's clock, or let it run.

        Args:
            moment: The time at which the clock stands still; None lets it follow the real one.

        Raises:
            ValueError: The moment has no time zone, or is outside the years 1900 to 9000.
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
        """Add a user without a request: nothing is mailed, and `audit` has no entry.

        Args:
            email: The email, which no other user may have; see `case_sensitive_emails`.
            name: The display name.
            role: A predefined role, or else the id of a custom role.
            status: active, invited, expired, or inactive for a blocked user.
            is_developer: The developer flag; None is the default of the role.
            created_at: When the user was created; None is now, by the account's clock.
            sso: Whether the user logs in by SSO and so has no password.

        Returns:
            The user's id.

        Raises:
            ValueError: The status is unknown, the email is taken, or `created_at` has no time zone.
        """
        _require(status, STATUSES, "status")
        role_type = "predefined" if role in PREDEFINED_ROLES else "custom"
        if is_developer is None:
            is_developer = default_is_developer(role_type, role)
        with self._account.writing() as db:
            now = accounts.now(db)
            new = users.NewUser(
                name=name,
                email=email,
                created_at=now if created_at is None else accounts.to_micros(created_at),
                state="invited" if status == "expired" else status,
                role_type=role_type,
                role=role,
                is_developer=is_developer,
                invited_at={"invited": now, "expired": now - users.INVITATION_MICROS}.get(status),
                sso=sso,
            )
            return _insert(db, new)

    def add_users(self, n: int, domain: str = "example.com", *, mix: bool = False) -> list[str]:
        """Add users with made-up names and emails.

        Args:
            n: How many.
            domain: The domain of their emails.
            mix: Whether they are of every status and role, custom ones too, and up to a year old; else they
                are active members, made now.

        Returns:
            Their ids.
        """
        with self._account.writing() as db:
            now = accounts.now(db)
            taken, key = users.email_keys(db), users.email_key(db)
            number = first = len(taken) - len(KEYS)
            emails: dict[int, str] = {}
            while len(emails) < n:
                number += 1
                email = f"user{number:05}@{domain}"
                if key(email) not in taken:
                    emails[number] = email
            if not mix:
                new = [users.NewUser(f"User {one:05}", email, now, "active") for one, email in emails.items()]
                return users.insert(db, new)
            for role_id, name in CUSTOM_ROLES_OF_MIX.items():
                users.name_custom_role(db, role_id, name)
            return users.insert(db, mixed(list(emails.values()), first, now))

    def fill(self, n: int, *, mix: bool = False) -> None:
        """Add users until the account has `n` besides the owners of the keys, blocked ones included.

        Args:
            n: How many users there are to be.
            mix: As for `add_users`.
        """
        with self._account.reading() as db:
            held = len(users.email_keys(db)) - len(KEYS)
        self.add_users(n - held, mix=mix)

    def user(self, user_id: str) -> UserRecord:
        """Return the record of one user, who may be blocked.

        Args:
            user_id: The user's id.

        Returns:
            The record.

        Raises:
            KeyError: The account has no user with this id.
        """
        with self._account.reading() as db:
            row = users.by_id(db, user_id)
            if row is None:
                raise KeyError(user_id)
            return records.read_users(db, [row])[0]

    def users(self) -> list[UserRecord]:
        """Return the records of all users in list order, blocked ones too."""
        with self._account.reading() as db:
            return records.read_users(db, users.everyone(db))

    def add_key(self, key: str, *, permissions: Collection[str]) -> str:
        """Add a key, and a user with a custom role whom it belongs to.

        Args:
            key: The API key.
            permissions: Any of USER_READ, USER_CREATE, USER_UPDATE and USER_DELETE.

        Returns:
            The id of the new user.

        Raises:
            ValueError: There is no such permission, or the key is taken.
        """
        for permission in permissions:
            _require(permission, PERMISSIONS, "permission")
        with self._account.writing() as db:
            if users.caller(db, key) is not None:
                raise ValueError("this key is taken")
            (number,) = db.execute("SELECT count(*) + 1 FROM users").fetchone()
            name, role = f"Caller {number}", f"caller-role-{number}"
            users.name_custom_role(db, role, name)
            email = f"caller{number}@sandbox.example"
            user_id = _insert(db, users.NewUser(name, email, accounts.now(db), "active", "custom", role))
            users.add_caller(db, key, user_id, permissions)
            return user_id

    def add_custom_role(self, role_id: str, name: str) -> None:
        """Make a custom role known, so that responses show its name.

        Args:
            role_id: The role's id.
            name: The role's name.
        """
        with self._account.writing() as db:
            users.name_custom_role(db, role_id, name)


def _populate(db: sqlite3.Connection, *, case_sensitive_emails: bool) -> None:
    if case_sensitive_emails:
        accounts.keep_emails_apart(db)
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


def _given(setting: bool | None, default: bool) -> bool:
    return default if setting is None else setting


def _require(value: str, choices: Collection[str], what: str) -> None:
    if value not in choices:
        raise ValueError(f"{what} must be one of {', '.join(choices)}, not {value!r}")
