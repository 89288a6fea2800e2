"""The queries on the account's tables. Each takes the connection of an open transaction."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import attrs

from .account import keeps_emails_apart
from .policy import LISTED_STATUSES, ROLE_PERMISSIONS

# The contract does not say how long an invitation is valid; a week is the sandbox's choice.
INVITATION_MICROS = 7 * 24 * 3600 * 1_000_000

_ROWS = """
SELECT *, (SELECT custom_roles.name FROM custom_roles WHERE custom_roles.id = users.role) FROM users
"""

# SQLite's lower() lowers ASCII letters alone, and email_key, unlike email, is in the index.
# SQLite uses the partial index only for a query that repeats the index's condition literally.
_PAGE = f"""{_ROWS}
WHERE state <> 'inactive'
    AND (created_at, seq) > (:created_at, :seq)
    AND (
        (:active AND state = 'active')
        OR (:invited AND state = 'invited' AND invited_at > :newest_expired)
        OR (:expired AND state = 'invited' AND invited_at <= :newest_expired)
    )
    AND instr(lower(email_key), :email) > 0
ORDER BY created_at, seq
LIMIT :size
"""


class Row(NamedTuple):
    """One row of the table users, and the name of its custom role if that is known.

    `state` is never expired: that depends on the time.
    """

    seq: int
    id: str
    name: str
    email: str
    email_key: str
    created_at: int
    state: str
    invited_at: int | None
    role_type: str
    role: str
    is_developer: int
    sso: int
    role_name: str | None

    def status(self, now: int) -> str:
        """Return active, invited, expired or inactive."""
        if self.state == "invited" and (self.invited_at or 0) + INVITATION_MICROS <= now:
            return "expired"
        return self.state

    def role_document(self, encode: Callable[[str], str] = str) -> dict[str, str]:
        """Return the role as the API's object; a custom role has a name only if it is known."""
        if self.role_type == "predefined":
            return {"type": encode(self.role_type), "name": encode(self.role)}
        role = {"type": encode(self.role_type), "id": self.role}
        return role if self.role_name is None else {**role, "name": self.role_name}


class NewUser(NamedTuple):
    """A user to add. `invited_at` is set for the state invited alone."""

    name: str
    email: str
    created_at: int
    state: str
    role_type: str = "predefined"
    role: str = "member"
    is_developer: bool = True
    invited_at: int | None = None
    sso: bool = False


@attrs.frozen
class Caller:
    """The user whose key a request carries."""

    id: str
    email: str
    role: str | None
    """The predefined role, None for a custom one."""
    permissions: frozenset[str]


def email_key(db: sqlite3.Connection) -> Callable[[str], str]:
    """Return the function that gives an email the form in which the account tells emails apart."""
    return str if keeps_emails_apart(db) else folded


def folded(email: str) -> str:
    """Lower the letters in which an account, unless told otherwise, does not tell emails apart."""
    # bytes.lower(), unlike str.lower(), lowers ASCII letters alone.
    return email.encode().lower().decode()


def make_id(seq: int) -> str:
    """Return the opaque id of the user with this number; some ids hold "/", "+" and "="."""
    salt = hashlib.sha256(b"sandbox user %d" % seq).digest()[:7]
    return base64.b64encode(b"User:%d:" % seq + salt).decode()


def insert(db: sqlite3.Connection, new: Iterable[NewUser]) -> list[str]:
    """Add users with their memberships, keys and bindings; return their ids."""
    (first,) = db.execute("SELECT coalesce(max(seq), 0) + 1 FROM users").fetchone()
    numbered = [(seq, make_id(seq), user) for seq, user in enumerate(new, start=first)]
    columns, key = ("seq", "id", "email_key", *NewUser._fields), email_key(db)
    db.executemany(
        f"INSERT INTO users ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
        ((seq, user_id, key(user.email), *user) for seq, user_id, user in numbered),
    )
    db.executemany(
        "INSERT INTO holdings VALUES (?, ?, ?)",
        (
            (seq, kind, value)
            for seq, _, user in numbered
            if user.state != "inactive"
            for kind, value in (
                ("organization", "organization-1"),
                ("space", "space-1"),
                ("space", f"space-{2 + seq % 3}"),
                ("api_key", f"api-key-{seq}"),
                ("role_binding", f"role-binding-{seq}"),
            )
        ),
    )
    return [user_id for _, user_id, _ in numbered]


def by_id(db: sqlite3.Connection, user_id: str) -> Row | None:
    """Return the user with this id, whatever its state."""
    return _one(db.execute(_ROWS + "WHERE id = ?", (user_id,)))


def by_email(db: sqlite3.Connection, email: str) -> Row | None:
    """Return the user whom the account takes for the one with this email, whatever its state."""
    return _one(db.execute(_ROWS + "WHERE email_key = ?", (email_key(db)(email),)))


def _one(found: sqlite3.Cursor) -> Row | None:
    row = found.fetchone()
    return row and Row._make(row)


def everyone(db: sqlite3.Connection) -> list[Row]:
    """Return all users in list order, blocked ones too."""
    return list(map(Row._make, db.execute(_ROWS + "ORDER BY created_at, seq")))


def email_keys(db: sqlite3.Connection) -> set[str]:
    """Return the emails of all users in the form in which they are told apart, blocked ones too."""
    return {key for (key,) in db.execute("SELECT email_key FROM users")}


def page(
    db: sqlite3.Connection, after: tuple[int, int], email: str, statuses: Collection[str], size: int, now: int
) -> list[Row]:
    """Return the next matching users in list order; a blocked user never matches."""
    created_at, seq = after
    values = {
        "created_at": created_at,
        "seq": seq,
        "newest_expired": now - INVITATION_MICROS,
        "email": folded(email),
        "size": size,
        **{status: status in statuses for status in LISTED_STATUSES},
    }
    return list(map(Row._make, db.execute(_PAGE, values)))


def update(db: sqlite3.Connection, seq: int, **columns: object) -> None:
    """Set these columns of the user with this number."""
    assignments = ", ".join(f"{column} = :{column}" for column in columns)
    db.execute(f"UPDATE users SET {assignments} WHERE seq = :seq", {**columns, "seq": seq})  # noqa: S608


def block(db: sqlite3.Connection, seq: int) -> None:
    """Make a user inactive and remove everything that the user holds."""
    update(db, seq, state="inactive")
    db.execute("DELETE FROM holdings WHERE user = ?", (seq,))
    db.execute("DELETE FROM callers WHERE user = ?", (seq,))


def holdings(db: sqlite3.Connection, seq: int, kind: str) -> tuple[str, ...]:
    """Return what the user with this number holds of one kind."""
    rows = db.execute("SELECT value FROM holdings WHERE user = ? AND kind = ? ORDER BY value", (seq, kind))
    return tuple(value for (value,) in rows)


def add_caller(
    db: sqlite3.Connection, key: str, user_id: str, permissions: Collection[str] | None = None
) -> None:
    """Make this the user's key; without permissions it has those of the user's role."""
    db.execute(
        "INSERT INTO callers SELECT ?, seq, ? FROM users WHERE id = ?",
        (_key_hash(key), None if permissions is None else " ".join(sorted(permissions)), user_id),
    )


def caller(db: sqlite3.Connection, key: str) -> Caller | None:
    """Return the user with this key, or None."""
    row = db.execute(
        "SELECT id, email, role_type, role, permissions FROM callers"
        " JOIN users ON users.seq = callers.user WHERE key_hash = ?",
        (_key_hash(key),),
    ).fetchone()
    if row is None:
        return None
    user_id, email, role_type, role, permissions = row
    allowed = ROLE_PERMISSIONS[role] if permissions is None else frozenset(permissions.split())
    return Caller(user_id, email, role if role_type == "predefined" else None, allowed)


def name_custom_role(db: sqlite3.Connection, role_id: str, name: str) -> None:
    """Make a custom role known."""
    db.execute("INSERT OR REPLACE INTO custom_roles VALUES (?, ?)", (role_id, name))


def custom_role_names(db: sqlite3.Connection) -> dict[str, str]:
    """Return the names of the known custom roles by id."""
    return dict(db.execute("SELECT id, name FROM custom_roles"))


def add_mail(db: sqlite3.Connection, kind: str, user: Row, now: int) -> None:
    """Add a mail to this user to the outbox."""
    db.execute(
        "INSERT INTO mails (kind, recipient, user_id, sent_at) VALUES (?, ?, ?, ?)",
        (kind, user.email, user.id, now),
    )


def add_audit(db: sqlite3.Connection, actor: str, action: str, user: Row, now: int) -> None:
    """Add an entry to the audit trail."""
    db.execute(
        "INSERT INTO audit (at, actor, action, user_id, email) VALUES (?, ?, ?, ?, ?)",
        (now, actor, action, user.id, user.email),
    )


def _key_hash(key: str) -> str:
    # A tester may register a real key by mistake, and nobody shall be able to read it from the file.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
