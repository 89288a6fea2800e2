"""The account's SQLite database: opening it, transactions, and the account's clock."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

from .forks import awaited_by_forks
from .messages import SandboxError

_APPLICATION_ID = 0x41585553
_FORMAT = 1
_BUSY_SECONDS = 30.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# `seq` is INT and not INTEGER PRIMARY KEY: that would make it an alias of the rowid, which SQLite cannot
# use as the second column of a range in the index, so that pages of users of one instant slow down.
_SCHEMA = """
CREATE TABLE users (
    seq INT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'invited', 'inactive')),
    invited_at INTEGER,
    role_type TEXT NOT NULL,
    role TEXT NOT NULL,
    is_developer INTEGER NOT NULL,
    sso INTEGER NOT NULL
);
CREATE INDEX users_listed ON users (created_at, seq, state, invited_at, email_key)
    WHERE state <> 'inactive';
CREATE TABLE holdings (
    user INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user, kind, value)
) WITHOUT ROWID;
CREATE TABLE callers (key_hash TEXT PRIMARY KEY, user INTEGER NOT NULL, permissions TEXT);
CREATE TABLE custom_roles (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE mails (
    seq INTEGER PRIMARY KEY, kind TEXT, recipient TEXT, user_id TEXT, sent_at INTEGER
);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, at INTEGER, actor TEXT, action TEXT, user_id TEXT, email TEXT
);
CREATE TABLE settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970 (UTC).

    Raises:
        ValueError: the moment has no time zone, or is outside the years 1900 to 9000.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no time zone; give one, such as datetime.UTC")
    if not 1900 <= moment.year <= 9000:
        raise ValueError(f"{moment!r} is outside the years 1900 to 9000")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(micros: int) -> datetime:
    """Return the moment (UTC) for microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def to_text(micros: int) -> str:
    """Return microseconds since 1970 as RFC 3339 text that ends in Z."""
    return to_datetime(micros).isoformat().removesuffix("+00:00") + "Z"


class Account:
    """One open database. All threads share its connection, one transaction at a time.

    Other processes may have the same file open: a write transaction takes SQLite's lock when it begins.
    A forked process opens the file anew; an account in memory it has a copy of.
    `populate` fills a new database in the transaction that creates its tables.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, populate: Callable[[sqlite3.Connection], None]
    ) -> None:
        self.path: str | None = None if path is None else os.fspath(path)
        self._file = ":memory:" if self.path is None else os.path.abspath(self.path)
        in_memory = f"memory-{uuid.uuid4()}"
        self.identity: str = in_memory if self.path is None else os.path.realpath(self._file)
        self._process = os.getpid()
        self._lock = awaited_by_forks(threading.RLock())
        self._db: sqlite3.Connection | None = None
        try:
            self._db = _open(self._file)
            self._prepare(populate)
        except (sqlite3.Error, SandboxError) as error:
            self.close()
            raise SandboxError(f"cannot open the sandbox account {self.path}: {error}") from error

    def close(self) -> None:
        """Close the connection; may be called twice."""
        with self._lock:
            self._leave_parents()
            if self._db is not None:
                self._db.close()
                self._db = None

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open a transaction that sees one state of the account."""
        return self._transaction("BEGIN")

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open a transaction that excludes all other writers."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._leave_parents()
            if self._db is None:
                raise SandboxError("this sandbox is closed")
            with self._db as db:  # commits, or rolls back after an error
                db.execute(begin)
                yield db

    def _leave_parents(self) -> None:
        """Use no connection of a parent process: SQLite's do not survive a fork, not even to be closed."""
        if self._process != os.getpid():
            self._process = os.getpid()
            if self.path is not None and self._db is not None:
                _parents.append(self._db)
                self._db = _open(self._file)

    def _prepare(self, populate: Callable[[sqlite3.Connection], None]) -> None:
        with self.reading() as db:
            if _check_ownership(db):
                return
        with self.writing() as db:
            if _check_ownership(db):
                return  # another process has created it in the meantime
            # executescript() would commit the transaction that excludes other processes.
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {_FORMAT}")
            populate(db)


_parents: list[sqlite3.Connection] = []


def _open(file: str) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # Nothing waits for the disk: an account for tests does not have to survive a power failure.
        db.execute("PRAGMA synchronous = OFF")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _check_ownership(db: sqlite3.Connection) -> bool:
    """Return True for a sandbox database, False for an empty one; refuse any other."""
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner == _APPLICATION_ID and version != _FORMAT:
        raise SandboxError(f"it has format {version}, and this version reads format {_FORMAT}")
    if owner != _APPLICATION_ID and (owner or version or tables):
        raise SandboxError("it is a database of something else")
    return bool(owner == _APPLICATION_ID)


def now(db: sqlite3.Connection) -> int:
    """Return the account's time in microseconds: the one set, or else the real one."""
    row = db.execute("SELECT value FROM settings WHERE name = 'now'").fetchone()
    return int(row[0]) if row else time.time_ns() // 1000


def set_now(db: sqlite3.Connection, micros: int | None) -> None:
    """Stop the account's clock at this time, or let it follow the real one (None)."""
    db.execute("DELETE FROM settings WHERE name = 'now'")
    if micros is not None:
        db.execute("INSERT INTO settings VALUES ('now', ?)", (micros,))


def keeps_emails_apart(db: sqlite3.Connection) -> bool:
    """Tell whether two users may have emails that differ in case alone."""
    return db.execute("SELECT 1 FROM settings WHERE name = 'case_sensitive_emails'").fetchone() is not None


def keep_emails_apart(db: sqlite3.Connection) -> None:
    """Let two users have emails that differ in case alone, from the account's first user on."""
    db.execute("INSERT INTO settings VALUES ('case_sensitive_emails', 1)")
