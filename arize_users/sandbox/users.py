"""The account's tables as functions: each takes the connection of an open transaction."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Collection, Iterable
from typing import NamedTuple

import attrs

from arize_users.sandbox.vocabulary import LISTED_STATUSES, ROLE_PERMISSIONS

# The real service does not document how long an invitation lives; a week is the sandbox's choice.
INVITATION_MICROS = 7 * 24 * 3600 * 1_000_000

_INSERT_USER = "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

# The first condition must be there word for word, or SQLite cannot use the partial index.
_PAGE = """
SELECT * FROM users
WHERE state <> 'inactive'
    AND (created_at, seq) > (:created_at, :seq)
    AND (
        (:active AND state = 'active')
        OR (:invited AND state = 'invited' AND invited_at > :newest_expired)
        OR (:expired AND state = 'invited' AND invited_at <= :newest_expired)
    )
    AND instr(email_key, :email) > 0
ORDER BY created_at, seq
LIMIT :size
"""


class Row(NamedTuple):
    """One user as stored, column by column. `state` knows no expiry: that depends on the time."""

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

    def status(self, now: int) -> str:
        """Return active, invited, expired or inactive."""
        if self.state == "invited" and (self.invited_at or 0) + INVITATION_MICROS <= now:
            return "expired"
        return self.state


@attrs.frozen(kw_only=True)
class NewUser:
    """What a user begins with. `invited_at` is only for the state invited."""

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
    """Who a request comes from."""

    id: str
    email: str
    is_admin: bool
    permissions: frozenset[str]


def email_key(email: str) -> str:
    """Return what emails are compared by."""
    return email.lower()


def make_id(seq: int) -> str:
    """Return the opaque id of the user with this number; some hold "/", "+" and "="."""
    salt = hashlib.sha256(b"sandbox user %d" % seq).digest()[:7]
    return base64.b64encode(b"User:%d:" % seq + salt).decode()


def insert(db: sqlite3.Connection, new: Iterable[NewUser]) -> list[str]:
    """Add users with their memberships, keys and bindings; return their ids."""
    (first,) = db.execute("SELECT coalesce(max(seq), 0) + 1 FROM users").fetchone()
    numbered = list(enumerate(new, start=first))
    ids = [make_id(seq) for seq, _ in numbered]
    db.executemany(
        _INSERT_USER,
        (
            (
                seq,
                id_,
                user.name,
                user.email,
                email_key(user.email),
                user.created_at,
                user.state,
                user.invited_at,
                user.role_type,
                user.role,
                user.is_developer,
                user.sso,
            )
            for id_, (seq, user) in zip(ids, numbered, strict=True)
        ),
    )
    db.executemany(
        "INSERT INTO holdings VALUES (?, ?, ?)",
        (
            (seq, kind, value)
            for seq, user in numbered
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
    return ids


def by_id(db: sqlite3.Connection, user_id: str) -> Row | None:
    """Return the user with this id, whatever its state."""
    row = db.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone()
    return row and Row._make(row)


def by_email(db: sqlite3.Connection, email: str) -> Row | None:
    """Return the user with this email, ignoring case, whatever its state."""
    found = db.execute("SELECT * FROM users WHERE email_key = ?", (email_key(email),))
    row = found.fetchone()
    return row and Row._make(row)


def everyone(db: sqlite3.Connection) -> list[Row]:
    """Return all users in list order, blocked ones too."""
    rows = db.execute("SELECT * FROM users ORDER BY created_at, seq")
    return list(map(Row._make, rows))


def email_keys(db: sqlite3.Connection) -> set[str]:
    """Return what all emails are compared by, those of blocked users too."""
    return {key for (key,) in db.execute("SELECT email_key FROM users")}


def page(
    db: sqlite3.Connection,
    *,
    after: tuple[int, int],
    email: str,
    statuses: Collection[str],
    size: int,
    now: int,
) -> list[Row]:
    """Return the next users in list order that match; blocked ones never do."""
    created_at, seq = after
    values = {
        "created_at": created_at,
        "seq": seq,
        "newest_expired": now - INVITATION_MICROS,
        "email": email_key(email),
        "size": size,
        **{status: status in statuses for status in LISTED_STATUSES},
    }
    return list(map(Row._make, db.execute(_PAGE, values)))


def invite_again(db: sqlite3.Connection, seq: int, user: NewUser) -> None:
    """Give a user whose invitation expired a new one, as asked for now."""
    db.execute(
        "UPDATE users SET name = ?, email = ?, state = ?, invited_at = ?, role_type = ?, role = ?,"
        " is_developer = ? WHERE seq = ?",
        (
            user.name,
            user.email,
            user.state,
            user.invited_at,
            user.role_type,
            user.role,
            user.is_developer,
            seq,
        ),
    )


def change(db: sqlite3.Connection, seq: int, *, name: str, is_developer: bool) -> None:
    """Set what an update may set."""
    db.execute("UPDATE users SET name = ?, is_developer = ? WHERE seq = ?", (name, is_developer, seq))


def renew_invitation(db: sqlite3.Connection, seq: int, now: int) -> None:
    """Let an invitation's life begin now."""
    db.execute("UPDATE users SET invited_at = ? WHERE seq = ?", (now, seq))


def block(db: sqlite3.Connection, seq: int) -> None:
    """Make a user inactive and take away all that the user holds."""
    db.execute("UPDATE users SET state = 'inactive' WHERE seq = ?", (seq,))
    db.execute("DELETE FROM holdings WHERE user = ?", (seq,))
    db.execute("DELETE FROM callers WHERE user = ?", (seq,))


def holdings(db: sqlite3.Connection, first: int, last: int) -> dict[int, dict[str, list[str]]]:
    """Return the values held of each kind by each of the users with these numbers."""
    rows = db.execute(
        "SELECT user, kind, value FROM holdings WHERE user BETWEEN ? AND ? ORDER BY user, kind, value",
        (first, last),
    )
    held: dict[int, dict[str, list[str]]] = {}
    for seq, kind, value in rows:
        held.setdefault(seq, {}).setdefault(kind, []).append(value)
    return held


def add_caller(
    db: sqlite3.Connection, key: str, user_id: str, permissions: Collection[str] | None = None
) -> None:
    """Let this key speak for the user; without permissions, with those of the user's role."""
    db.execute(
        "INSERT INTO callers SELECT ?, seq, ? FROM users WHERE id = ?",
        (_key_hash(key), None if permissions is None else " ".join(sorted(permissions)), user_id),
    )


def caller(db: sqlite3.Connection, key: str) -> Caller | None:
    """Return who this key speaks for, or None."""
    row = db.execute(
        "SELECT id, email, role_type, role, permissions FROM callers"
        " JOIN users ON users.seq = callers.user WHERE key_hash = ?",
        (_key_hash(key),),
    ).fetchone()
    if row is None:
        return None
    user_id, email, role_type, role, permissions = row
    allowed = ROLE_PERMISSIONS[role] if permissions is None else frozenset(permissions.split())
    return Caller(user_id, email, (role_type, role) == ("predefined", "admin"), allowed)


def name_custom_role(db: sqlite3.Connection, role_id: str, name: str) -> None:
    """Make a custom role known."""
    db.execute("INSERT OR REPLACE INTO custom_roles VALUES (?, ?)", (role_id, name))


def custom_role_names(db: sqlite3.Connection) -> dict[str, str]:
    """Return the known custom roles: name by id."""
    return dict(db.execute("SELECT id, name FROM custom_roles"))


def add_mail(db: sqlite3.Connection, kind: str, user: Row, now: int) -> None:
    """Put a mail to this user into the outbox."""
    db.execute(
        "INSERT INTO mails (kind, recipient, user_id, sent_at) VALUES (?, ?, ?, ?)",
        (kind, user.email, user.id, now),
    )


def add_audit(db: sqlite3.Connection, actor: str, action: str, user: Row, now: int) -> None:
    """Write down what was really done."""
    db.execute(
        "INSERT INTO audit (at, actor, action, user_id, email) VALUES (?, ?, ?, ?, ?)",
        (now, actor, action, user.id, user.email),
    )


def _key_hash(key: str) -> str:
    # A tester may register a real key by mistake; the file must not give it away.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
