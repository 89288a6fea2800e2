"""A file for its owner alone, to which one process at a time appends whole lines."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from ..._core.runtime import ProcessLock
from ...errors import JournalError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):  # No system has all of them.
    _FLAGS |= getattr(os, _name, 0)

_FAR = 1 << 30
"""Where Windows locks a byte: nobody else can read or write what is locked there."""
_KINDS = {
    stat.S_ISLNK: "is a symbolic link",
    stat.S_ISDIR: "is a directory",
    stat.S_ISFIFO: "is a named pipe",
}


def file_error(path: Path, problem: str, hint: str | None = None) -> JournalError:
    """Make the error for a file that cannot be used."""
    error = JournalError(f"{path} {problem}", hint=hint)
    error.path = str(path)
    return error


def read_plain(path: Path) -> bytes:
    """Read a plain file; opening a pipe would wait for somebody to write to it.

    Raises:
        JournalError: It cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise file_error(path, "is no plain file")
        return path.read_bytes()
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror or error}") from error


class LockedFile:
    """A file that is open for appending, and locked against every other run, in this process, too.

    It is made with mode 0600. A file that exists is left as it is until `claim`.

    Args:
        path: The file. A link, a pipe, a device or a directory is refused.
        is_rehearsal: Whether to find out only whether that can be done: no file is made.

    Attributes:
        content: What it held when it was opened.

    Raises:
        JournalError: It cannot be opened, is no plain file, or another run has it.
    """

    def __init__(self, path: Path, *, is_rehearsal: bool = False) -> None:
        self.path = path
        self._changing = ProcessLock()
        self._torn_at: int | None = None
        self._failure: JournalError | None = None
        with suppress(OSError):  # Opening a device may do something.
            _require_plain(path, path.lstat().st_mode)
        self.content = b""
        self._fd: int | None = None
        try:
            if is_rehearsal and not os.path.lexists(path):
                _require_writable(path.parent)
                return
            self._fd = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise self._failed("cannot be opened", error) from error
        try:
            _require_plain(path, os.fstat(self._fd).st_mode)
            self._lock(self._fd)
            self.content = _content(self._fd)
        except OSError as error:
            self.close()
            raise self._failed("cannot be read", error) from error
        except BaseException:
            self.close()
            raise

    def _lock(self, fd: int) -> None:
        try:
            if sys.platform == "win32":
                os.lseek(fd, _FAR, os.SEEK_SET)
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            else:
                # Unlike a POSIX record lock, it holds against other openings by this process.
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
                raise self._failed("cannot be locked", error) from error
            hint = "Wait until that run has ended, or end it."
            raise file_error(self.path, "is in use by another run", hint) from error

    def append(self, line: bytes, *, to_disk: bool = False, begins: bool = False) -> None:
        """Write one line at the end: all of it, or nothing.

        Args:
            line: The line with its end.
            begins: Whether something begins with it: once a line could not be written, nothing does.
            to_disk: Whether to wait until the disk has it; else the operating system has it, so that it
                outlives this process, but not a power cut.

        Raises:
            JournalError: It cannot be written.
        """
        with self._changing.lock:
            fd = self._open_fd()
            if begins and self._failure is not None:
                raise self._failure
            try:
                self._mend(fd)
                state = os.fstat(fd)
                if not state.st_nlink:
                    problem = file_error(self.path, "was deleted while it was in use")
                    raise problem from FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
                self._torn_at = state.st_size
                _write(fd, line)
                if to_disk:
                    os.fsync(fd)
                self._torn_at = None
            except OSError as error:
                with suppress(OSError):
                    self._mend(fd)
                self._failure = self._failed("cannot be written", error)
                raise self._failure from error

    def claim(self, size: int) -> None:
        """Take the file over: let nobody else read it, and shorten it to so many bytes.

        Raises:
            JournalError: It cannot be changed.
        """
        with self._changing.lock:
            fd = self._open_fd()
            try:
                if hasattr(os, "fchmod"):
                    os.fchmod(fd, 0o600)
                if size < os.fstat(fd).st_size:
                    os.ftruncate(fd, size)
            except OSError as error:
                raise self._failed("cannot be changed", error) from error

    def probe(self, size: int) -> None:
        """Find out whether so many bytes can be written, by writing blanks and taking them away again.

        Raises:
            JournalError: They cannot.
        """
        with self._changing.lock:
            fd = self._open_fd()
            try:
                self._torn_at = os.fstat(fd).st_size
                _write(fd, b" " * size)
                os.fsync(fd)
            except OSError as error:
                raise self._failed("cannot be written", error) from error
            finally:
                with suppress(OSError):
                    self._mend(fd)

    def close(self) -> None:
        """Unlock and close it. A line that comes later is refused: it must not reach another file."""
        with self._changing.lock:
            fd, self._fd = self._fd, None
            if fd is not None:
                with suppress(OSError):
                    if sys.platform == "win32":
                        os.lseek(fd, _FAR, os.SEEK_SET)
                        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
                    else:  # A forked process may have it open still.
                        fcntl.flock(fd, fcntl.LOCK_UN)
                os.close(fd)

    def _open_fd(self) -> int:
        if self._fd is None:
            raise file_error(self.path, "is closed, since the call that wrote to it has ended")
        return self._fd

    def _mend(self, fd: int) -> None:
        """Take away what a failed write has left."""
        if self._torn_at is not None:
            os.ftruncate(fd, self._torn_at)
            self._torn_at = None

    def _failed(self, what: str, error: OSError) -> JournalError:
        hint = "give a file in another place."
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        hint = f"Free some space, or {hint}" if is_full else hint.capitalize()
        return file_error(self.path, f"{what}: {error.strerror or error}", hint)


def _require_plain(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kinds = (kind for is_kind, kind in _KINDS.items() if is_kind(mode))
        hint = "Give a plain file, or a name that no file has yet."
        raise file_error(path, next(kinds, "is a device"), hint)


def _require_writable(folder: Path) -> None:
    folder.stat()
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _content(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(os.dup(fd), "rb") as file:
        return file.read()


def _write(fd: int, data: bytes) -> None:
    written = 0
    while written < len(data):  # What a full disk takes a part of is refused at the second attempt.
        written += os.write(fd, data[written:])
