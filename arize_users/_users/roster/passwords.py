"""The file that the temporary passwords of new users are written to, each before the next is asked for."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ...types import as_utc, iso_time
from .locked_file import LockedFile, file_error

COLUMNS = ("email", "password", "issued_at")
_HEADER = ",".join(COLUMNS).encode()
_MARK = b"\xef\xbb\xbf"

_MOST_BYTES = 512
"""What one password may take with its address: that much is tried out for each."""


class PasswordFile:
    """A CSV file ``email,password,issued_at``, for its owner alone, which grows and is never overwritten.

    Each line is on the disk before `write` returns. Nothing is escaped for spreadsheets: a password that
    begins with ``=`` stands as it is.

    Args:
        path: The file. One that exists has this header.
        expected: How many passwords may come: the space for so many is tried out by writing.
        is_rehearsal: Whether to find out only whether that can be done: nothing is written, and no file made.

    Raises:
        JournalError: It cannot be opened or written, holds something else, or another run has it. It is
            left as it was.
    """

    def __init__(self, path: Path, expected: int, *, is_rehearsal: bool = False) -> None:
        self._file = LockedFile(path, is_rehearsal=is_rehearsal)
        try:
            content = self._file.content
            whole = content[: content.rfind(b"\n") + 1]
            if not content[len(whole) :].strip(b" "):  # An attempt to write that was killed leaves blanks.
                content = whole
            self._issued = _issued(path, content)
            if is_rehearsal:
                return
            self._file.claim(len(content))
            if content and not content.endswith(b"\n"):
                self._file.append(b"\n")
            self._file.probe(len(_HEADER) + 1 + expected * _MOST_BYTES)
            if not content:
                self._file.append(_HEADER + b"\n", to_disk=True)
        except BaseException:
            self.close()
            raise

    def has(self, email: str, since: datetime) -> bool:
        """Tell whether a password that was issued for an address since then was there at the opening."""
        return any(moment >= since for moment in self._issued.get(email, ()))

    def write(self, email: str, password: str) -> None:
        """Write a password down, and wait until the disk has it.

        Raises:
            JournalError: It cannot be written.
        """
        text = io.StringIO()
        # What stands in the end of a line is quoted in a cell, so also a lone carriage return.
        csv.writer(text, lineterminator="\r\n").writerow((email, password, iso_time(datetime.now(UTC))))
        line = text.getvalue().removesuffix("\r\n") + "\n"
        # JSON can hold what UTF-8 cannot; not to lose it counts more here.
        self._file.append(line.encode("utf-8", "surrogatepass"), to_disk=True)

    def close(self) -> None:
        """Close the file, and let other runs have it."""
        self._file.close()


def _issued(path: Path, content: bytes) -> dict[str, list[datetime]]:
    """Read when passwords were issued, by address."""
    header, _, rest = content.removeprefix(_MARK).partition(b"\n")
    if content and header.rstrip(b"\r") != _HEADER:
        hint = (
            f"A file of passwords begins with the line {_HEADER.decode()}: give such a file, or a new name."
        )
        raise file_error(path, "holds something else than passwords, and was left as it is", hint)
    issued: dict[str, list[datetime]] = {}
    rows = csv.reader(io.StringIO(rest.decode("utf-8", "replace"), newline=""))
    try:
        for row in rows:
            with suppress(ValueError):  # What somebody else wrote is passed over.
                email, _, moment = row
                issued.setdefault(email, []).append(as_utc(datetime.fromisoformat(moment)))
    except csv.Error as error:
        raise file_error(path, f"cannot be read in line {rows.line_num + 1}: {error}") from error
    return issued
