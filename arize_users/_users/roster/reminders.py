"""Which invitations were sent again, and when: the API tells of the first one alone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...errors import JournalError
from ...types import When, as_utc, iso_time
from .. import arguments as check
from ..dates import point_in_time
from .locked_file import LockedFile, file_error, read_plain

_VERSION = 1
_NOT_SENT = frozenset({"failed", "not_found", "not_attempted"})
"""How a request ends that sent no mail; any other end, and none at all, counts as a mail."""


class InvitationJournal:
    """A file that says when invitations were sent again: one JSON line before each request, and one after.

    It is made with mode 0600, and locked while it is open to be written. A line has reached the operating
    system before its request leaves, so a mail is never sent twice because a run was killed.

    Args:
        path: The file; None keeps nothing.
        before: Who was sent a mail since then is not due.
        writes: Whether it is written; else it is only read, if it is there, and not locked.

    Attributes:
        before: That time, in UTC.

    Raises:
        InvalidArgumentError: ``before`` is no time, or ``path`` no path.
        JournalError: The file cannot be opened, is no such journal, is damaged, or in use by another run.
    """

    def __init__(self, path: str | os.PathLike[str] | None, before: When, *, writes: bool = True) -> None:
        moment = point_in_time(before, "invited_before")
        assert moment is not None
        self.before: datetime = moment
        self._last: dict[str, datetime] = {}
        self._former: dict[str, datetime | None] = {}
        self._file: LockedFile | None = None
        if path is None:
            return
        self._path = check.path(path, "path")
        if not writes:
            self._read(_content(self._path))
            return
        self._file = LockedFile(self._path)
        try:
            content = self._file.content
            self._read(content)
            # A last line without its end was not written, and its request not sent.
            self._file.claim(content.rfind(b"\n") + 1)
            if b"\n" not in content:
                self._write({"journal": "invitations", "version": _VERSION})
        except BaseException:
            self.close()
            raise

    def is_due(self, user_id: str) -> bool:
        """Tell whether a user was sent no mail since `before`, as far as the journal knows.

        Args:
            user_id: The user's id.

        Returns:
            Whether a mail is due.
        """
        sent_at = self._last.get(user_id)
        return sent_at is None or sent_at < self.before

    def begin(self, user_id: str, email: str | None = None) -> None:
        """Write that a mail is requested next.

        Args:
            user_id: The user's id.
            email: The address, for whoever reads the journal.

        Raises:
            JournalError: The line cannot be written: send nothing.
        """
        line = {"begin": user_id, "email": email, "at": iso_time(datetime.now(UTC))}
        self._write(line)
        self._take(line)

    def end(self, user_id: str, status: str) -> None:
        """Write how a request ended.

        Args:
            user_id: The user's id.
            status: The status of its result; unknown counts as sent.

        Raises:
            JournalError: The line cannot be written; the mail counts as sent.
        """
        line = {"end": user_id, "status": str(status), "at": iso_time(datetime.now(UTC))}
        self._take(line)
        self._write(line)

    def close(self) -> None:
        """Close the file, and let other runs have it."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            text = json.dumps(line, ensure_ascii=False) + "\n"
            self._file.append(text.encode("utf-8", "backslashreplace"))

    def _take(self, line: Mapping[str, Any]) -> None:
        """Take in a line, as it is written or read."""
        if "begin" in line:
            user_id = str(line["begin"])
            self._former[user_id] = self._last.get(user_id)
            self._last[user_id] = as_utc(datetime.fromisoformat(line["at"]))
        elif line["status"] in _NOT_SENT and line["end"] in self._former:
            former = self._former.pop(line["end"])
            self._last.pop(line["end"])
            if former is not None:
                self._last[line["end"]] = former

    def _read(self, content: bytes) -> None:
        lines = content.split(b"\n")[:-1]
        for number, text in enumerate(lines, 1):
            try:
                line = json.loads(text)
                if number == 1:
                    if (line["journal"], line["version"]) != ("invitations", _VERSION):
                        raise ValueError("another journal")
                else:
                    self._take(line)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise self._damaged(number) from error

    def _damaged(self, number: int) -> JournalError:
        hint = "Move it away to start a new one; whoever was sent a mail before may then be sent another."
        return file_error(self._path, f"is no journal of invitations, or damaged in line {number}", hint)


def _content(path: Path) -> bytes:
    """Read what a journal holds: nothing, if it is not there."""
    try:
        return read_plain(path)
    except JournalError as error:
        # A link that leads nowhere is refused, as where the journal is written.
        if isinstance(error.__cause__, FileNotFoundError) and not os.path.lexists(path):
            return b""
        raise
