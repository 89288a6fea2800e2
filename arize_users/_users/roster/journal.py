"""The journal of a plan that is applied: one JSON line for each action begun and ended.

A line that is written has reached the operating system: it outlives the end of this process, ``kill -9``
among them, but not a power cut.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from ...enums import ActionStatus, parse_open
from ...errors import JournalError
from ...types import as_utc, iso_time
from .locked_file import LockedFile, file_error, read_plain
from .parts import Action

VERSION = 1


@frozen(kw_only=True)
class Entry:
    """What a journal says of one action.

    Args:
        begun_at: When it was last begun; None where it was not.
        status: How it last ended; None where it was begun after that, and not ended.
        user_id: Whom it created, changed or removed, as far as is known.
        created: Whether it created its user, whatever remained to be done.
        error: What there was to say about how it ended.
        note: What went wrong when it created its user: it holds whatever comes after.
    """

    begun_at: datetime | None = None
    status: ActionStatus | None = None
    user_id: str | None = None
    created: bool = False
    error: str | None = None
    note: str | None = None


_NOTHING = Entry()


@frozen(kw_only=True)
class Record:
    """What a journal holds.

    Args:
        plan: The digest of its plan; None where the file is empty.
        endpoint: The endpoint of the account.
        entries: What became of the actions, by their place in the plan, counted from 0.
        blocked: The addresses of deleted users, which cannot be invited again.
    """

    plan: str | None = None
    endpoint: Mapping[str, Any] = field(factory=dict)
    entries: Mapping[int, Entry] = field(factory=dict)
    blocked: tuple[str, ...] = ()


def read_journal(path: Path) -> Record:
    """Read a journal, that of any plan, also while a run writes to it.

    Raises:
        JournalError: It cannot be read, or is no journal.
    """
    return _record(path, read_plain(path))


class Journal:
    """A journal that is written to while its plan is applied; without a file it keeps nothing.

    Args:
        path: The file; one that exists is gone on with.
        digest: The digest of the plan.
        endpoint: The endpoint of the account.
        is_rehearsal: Whether to find out only whether that can be done: nothing is written, and no file made.

    Attributes:
        entries: What it said when it was opened.

    Raises:
        JournalError: It cannot be opened or written, is no journal, that of another plan, or in use.
    """

    def __init__(
        self, path: Path | None, *, digest: str, endpoint: Mapping[str, Any], is_rehearsal: bool = False
    ) -> None:
        self.entries: Mapping[int, Entry] = {}
        self._file: LockedFile | None = None if path is None else LockedFile(path, is_rehearsal=is_rehearsal)
        if path is None or self._file is None:
            return
        try:
            content = self._file.content
            record = _record(path, content)
            if record.plan not in (None, digest):
                hint = "Give the journal of this plan, or a name that no file has yet."
                raise file_error(path, "is the journal of another plan", hint)
            self.entries = record.entries
            if is_rehearsal:
                return
            self._file.claim(content.rfind(b"\n") + 1)
            if record.plan is None:
                self._write({"journal": VERSION, "plan": digest, "endpoint": dict(endpoint)}, "begun_at")
        except BaseException:
            self.close()
            raise

    def begin(self, index: int, action: Action) -> None:
        """Write that an action begins: its request leaves next.

        Raises:
            JournalError: This line cannot be written, or an earlier one could not.
        """
        self._write({"begin": index, **_named(action), "user_id": action.user_id}, begins=True)

    def created(self, index: int, user_id: str | None, error: str | None = None) -> None:
        """Write that an action has created its user, and has something left to do, or what went wrong.

        Raises:
            JournalError: The line cannot be written.
        """
        self._write({"created": index, "user_id": user_id, "error": error})

    def end(
        self, index: int, action: Action, status: ActionStatus, *, user_id: str | None, error: str | None
    ) -> None:
        """Write how an action ended.

        Raises:
            JournalError: The line cannot be written.
        """
        facts = {"status": str(status), "user_id": user_id, "error": error}
        self._write({"end": index, **_named(action), **facts})

    def close(self) -> None:
        """Close the file, and let other runs have it."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: Mapping[str, Any], timed: str = "at", *, begins: bool = False) -> None:
        if self._file is None:
            return
        document = {**line, timed: iso_time(datetime.now(UTC))}
        text = json.dumps(document, ensure_ascii=False) + "\n"
        # What UTF-8 cannot hold is written as JSON escapes it.
        self._file.append(text.encode("utf-8", "backslashreplace"), begins=begins)


def _named(action: Action) -> dict[str, str]:
    return {"kind": str(action.kind), "email": action.email}


def _record(path: Path, content: bytes) -> Record:
    """Read the whole lines of a journal; a last line without its end counts as not written."""
    lines = content.split(b"\n")
    unfinished = lines.pop()
    if not lines:
        if not b'{"journal": '.startswith(unfinished[:12]):
            raise _no_journal(path)
        return Record()
    try:
        header = _document(lines[0])
        version, plan = header["journal"], header["plan"]
    except (ValueError, KeyError, RecursionError) as error:
        raise _no_journal(path) from error
    if version != VERSION:
        hint = f"This version of arize-users reads version {VERSION}."
        raise file_error(path, f"is a journal of the unknown version {version!r}", hint)
    entries: dict[int, Entry] = {}
    addresses: dict[int, str] = {}
    for number, line in enumerate(lines[1:], 2):
        try:
            event = _document(line)
            (index,) = [_index(event[kind]) for kind in ("begin", "created", "end") if kind in event]
            entries[index] = _after(entries.get(index, _NOTHING), event)
            addresses[index] = _text(event, "email") or addresses.get(index, "")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            hint = "Take a copy of it that is whole, or plan anew: a new plan finds what is done already."
            raise file_error(path, f"is damaged in line {number}", hint) from error
    blocked = [index for index, entry in entries.items() if entry.status is ActionStatus.BLOCKED]
    return Record(
        plan=str(plan),
        endpoint=header.get("endpoint") or {},
        entries=entries,
        blocked=tuple(addresses[index] for index in sorted(blocked)),
    )


def _after(entry: Entry, event: Mapping[str, Any]) -> Entry:
    """Give what is known of an action after one more line about it."""
    user_id = _text(event, "user_id") or entry.user_id
    if "begin" in event:
        begun_at = as_utc(datetime.fromisoformat(event["at"]))
        return evolve(entry, begun_at=begun_at, status=None, user_id=user_id, error=None)
    if "created" in event:
        return evolve(entry, created=True, user_id=user_id, note=_text(event, "error") or entry.note)
    status = parse_open(ActionStatus, _text(event, "status") or "")
    if not isinstance(status, ActionStatus):
        raise ValueError("no status of an action")
    return evolve(entry, status=status, user_id=user_id, error=_text(event, "error"))


def _text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    if not isinstance(value, str | None):
        raise TypeError("no text")
    return value


def _index(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no place in a plan")
    return value


def _document(line: bytes) -> dict[str, Any]:
    document = json.loads(line.decode())
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


def _no_journal(path: Path) -> JournalError:
    hint = "Give the journal of this plan, or a name that no file has yet. The file was left as it is."
    return file_error(path, "is not a journal", hint)
