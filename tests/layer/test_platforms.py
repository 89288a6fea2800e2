"""What differs on Windows and macOS, as far as it can be run elsewhere: see `support.platforms`."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from support.platforms import keeping_read_only_files, loaded_anew, windows

from arize_users import JournalError, _proxies
from arize_users._users.roster import files
from arize_users.config import resolve
from arize_users.sandbox import Sandbox, SandboxServer

pytestmark = pytest.mark.posix
LOCKED_FILE = "arize_users._users.roster.locked_file"


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives modules as they are on Windows."""
    windows(monkeypatch)
    return loaded_anew


def test_a_journal_is_locked(on_windows: Any, tmp_path: Path) -> None:
    """On Windows, too, one run at a time has a journal, and the next one gets all that was written."""
    locked = on_windows(LOCKED_FILE).LockedFile
    path = tmp_path / "journal"
    first = locked(path)
    first.append(b"one\r\n", to_disk=True)
    with pytest.raises(JournalError, match="in use by another run"):
        locked(path)
    first.append(b"two\n")
    first.close()
    second = locked(path)
    assert second.content == b"one\r\ntwo\n"
    second.claim(5)
    second.probe(100)
    second.close()
    assert path.read_bytes() == b"one\r\n"


def test_what_is_no_plain_file_is_no_journal(on_windows: Any, tmp_path: Path) -> None:
    """Where no flag keeps a link from being followed, links and folders are refused all the same."""
    target = tmp_path / "target"
    target.write_bytes(b"kept")
    (tmp_path / "link").symlink_to(target)
    for path, kind in ((tmp_path / "link", "symbolic link"), (tmp_path, "directory")):
        with pytest.raises(JournalError, match=f"is a {kind}"):
            on_windows(LOCKED_FILE).LockedFile(path)
    assert target.read_bytes() == b"kept"


@pytest.mark.parametrize("name", ["arize_users._core.runtime", "arize_users.sandbox.forks"])
def test_without_forks(on_windows: Any, name: str) -> None:
    """Where processes cannot fork, what prepares for forks loads and does nothing."""
    assert not hasattr(os, "register_at_fork")
    assert on_windows(name)


@pytest.mark.parametrize(
    ("clocks", "chosen"),
    [
        ({"CLOCK_UPTIME_RAW": time.CLOCK_MONOTONIC_RAW}, time.CLOCK_MONOTONIC_RAW),
        ({}, time.CLOCK_MONOTONIC),
        ({"CLOCK_MONOTONIC": None}, None),
    ],
    ids=["macos", "linux", "windows"],
)
def test_the_clock(
    monkeypatch: pytest.MonkeyPatch, clocks: dict[str, int | None], chosen: int | None
) -> None:
    """Time limits go by the clock that Python's own goes by, on each system."""
    for name, value in clocks.items():
        if value is None:
            monkeypatch.delattr(time, name)
        else:
            monkeypatch.setattr(time, name, value, raising=False)
    runtime = loaded_anew("arize_users._core.runtime")
    assert chosen == runtime._CLOCK
    before = runtime.monotonic()
    assert before <= runtime.monotonic() < before + 60
    if chosen != time.CLOCK_MONOTONIC_RAW:  # The stand-in for macOS' clock is not Python's here.
        assert not runtime.is_clock_moved()


def test_what_ends_a_program(on_windows: Any) -> None:
    """On Windows, Ctrl-Break and the closing of a console end the sandbox's server and a contract run."""
    assert on_windows("arize_users._signals").TERMINATING == (signal.SIGTERM, signal.SIGUSR1)


def test_ctrl_c_while_a_bulk_call_waits(on_windows: Any) -> None:
    """On Windows, where Ctrl-C ends no wait for a queue, the caller's thread never waits without a limit."""
    driver = on_windows("arize_users._core.sync_driver")
    limits: list[float | None] = []

    class Arrivals(SimpleQueue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            limits.append(timeout)
            if len(limits) == 1:
                raise Empty
            return super().get(block, timeout)

    pool = driver._WorkerPool(1, lambda flow, stop: flow, on_notice=None)
    pool._arrivals = Arrivals()
    values: list[object] = []
    pool.work(iter(["one"]), values.append)
    assert values == ["one"]
    assert len(limits) == 3
    assert None not in limits


def test_ports_are_not_shared(on_windows: Any) -> None:
    """Two sandboxes never serve one port, though Windows would allow that to servers that reuse addresses."""
    assert not on_windows("arize_users.sandbox.server")._Server.allow_reuse_address
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(Exception, match=str(port)), SandboxServer(sandbox, port=port):
            pass


def test_a_read_only_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Windows replaces no read-only file: that is an error, the file stays, and nothing is left beside it."""
    keeping_read_only_files(monkeypatch)
    path = tmp_path / "people.csv"
    path.write_bytes(b"before")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match=r"people\.csv"):
        files.write_to(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("is_bypassed", "proxy"), [(False, "http://proxy.corp:3128"), (True, None)])
def test_the_proxy_of_the_system(
    monkeypatch: pytest.MonkeyPatch, is_bypassed: bool, proxy: str | None
) -> None:
    """Where no variable names a proxy, the settings of macOS or Windows say which, and what goes past it."""
    asked: list[str] = []

    def is_bypassed_by_the_system(host: str) -> bool:
        asked.append(host)
        return is_bypassed

    monkeypatch.setattr(_proxies, "getproxies", lambda: {"https": "http://proxy.corp:3128"})
    monkeypatch.setattr(_proxies, "proxy_bypass", is_bypassed_by_the_system)
    assert _proxies.environment_proxy("https://api.arize.com/v2/users") == proxy
    assert asked == ["api.arize.com"]


@pytest.mark.parametrize("path", [r"C:\Users\Ada\account.db", "C:/account.db", r"\\server\share\account.db"])
def test_the_path_of_a_local_account(path: str) -> None:
    """A local account is named by a path of Windows as by any other."""
    assert resolve(base_url=f"sandbox:{path}").sandbox_path == path
