"""Other operating systems, as far as they can be had here: names taken away, stand-ins put in."""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
import stat
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

_LACKS = {
    os: ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "fchmod", "fork", "register_at_fork"),
    signal: ("SIGHUP",),
}


class Msvcrt(ModuleType):
    """The locks of Windows' C runtime as documented: of bytes, from the position of a file on."""

    LK_NBLCK = 2
    LK_UNLCK = 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self._owners: dict[tuple[int, int, int], int] = {}

    def locking(self, fd: int, mode: int, nbytes: int) -> None:
        """Lock or unlock bytes, also past the end. What another opening has locked, or nobody, is refused."""
        state, start = os.fstat(fd), os.lseek(fd, 0, os.SEEK_CUR)
        for byte in range(start, start + nbytes):
            key = (state.st_dev, state.st_ino, byte)
            if (self._owners.get(key) != fd) if mode == self.LK_UNLCK else (key in self._owners):
                raise OSError(errno.EACCES, "Permission denied")
            if mode == self.LK_UNLCK:
                del self._owners[key]
            else:
                self._owners[key] = fd


def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what Windows lacks, and give what it has instead."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    for module, names in _LACKS.items():
        for name in names:
            monkeypatch.delattr(module, name, raising=False)


def loaded_anew(name: str) -> Any:
    """Load a second copy of a module, for what it decides when it is loaded. The first one stays in use."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keeping_read_only_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no read-only file be replaced or deleted, as on Windows."""

    def checked(function: Any) -> Any:
        def call(*paths: Any) -> None:
            if not os.stat(paths[-1]).st_mode & stat.S_IWUSR:
                raise PermissionError(13, "Access is denied", str(paths[-1]))
            function(*paths)

        return call

    for name in ("replace", "unlink"):
        monkeypatch.setattr(os, name, checked(getattr(os, name)))


def refusing_new_files(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let nobody make a file in a folder, as permissions of Windows do, which `os.access` does not see."""
    really = os.open

    def checked(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent == folder:
            raise PermissionError(errno.EACCES, "Access is denied", str(path))
        return really(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", checked)
    # As it is on Windows, but for the number of its attempts, which is 2,147,483,647 there.
    monkeypatch.setattr(tempfile, "_os", SimpleNamespace(**{**vars(os), "name": "nt"}))
    monkeypatch.setattr(tempfile, "_O_TMPFILE_WORKS", False, raising=False)
    monkeypatch.setattr(tempfile, "TMP_MAX", 2)
