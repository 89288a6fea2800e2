"""How commands show how far they are: bars at a terminal, lines in a log."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from arize_users import BulkProgress
from arize_users.cli.progress import SECONDS_APART, Lines, showing_progress
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Shell, Terminals

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)

# The program's monotonic clock leaps with each look at it, so that lines are due without any waiting.
_LEAPING = """import itertools, arize_users.cli.progress as progress
leaps = itertools.count(step=progress.SECONDS_APART)
progress.Lines.__init__.__defaults__ = (lambda: next(leaps), progress.Lines.__init__.__defaults__[1])"""


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 100)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines(clock: Clock) -> Lines:
    return Lines(clock, clock.now)


Said = Callable[[], list[str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return lambda: capsys.readouterr().err.splitlines()


def test_lines_are_seconds_apart(lines: Lines, clock: Clock, said: Said) -> None:
    """A log gets no line in the first seconds, then one every few seconds, however fast the work is."""
    for done in range(1000):
        lines.show(BulkProgress(phase="inviting", done=done, total=1000))
    assert said() == []
    for done in range(1000, 1040):
        clock.seconds += 0.5
        lines.show(BulkProgress(phase="inviting", done=done, total=2000))
    assert said() == [f"inviting: {done:,} of 2,000" for done in (1009, 1019, 1029, 1039)]


def test_total_may_be_unknown(lines: Lines, clock: Clock, said: Said) -> None:
    """Where nobody knows how many there are, the line has what is done."""
    clock.seconds += SECONDS_APART
    lines.show(BulkProgress(phase="reading", done=1200))
    assert said() == ["reading: 1,200"]


def test_a_long_wait_is_said_at_once(lines: Lines, clock: Clock, said: Said) -> None:
    """A wait for the rate limit that lasts for seconds is said when it begins, with its end, and once."""
    until = clock.now() + timedelta(seconds=60)
    for _ in range(3):
        lines.show(BulkProgress(phase="removing", done=3, total=9, waiting_until=until))
    assert said() == ["removing: 3 of 9, waiting for the rate limit until 12:01:00"]
    lines.show(BulkProgress(phase="removing", done=3, total=9))
    assert said() == []


def test_a_short_wait_is_no_line(lines: Lines, clock: Clock, said: Said) -> None:
    """A wait of a second is no line of its own, but is named in one that is due."""
    until = clock.now() + timedelta(seconds=1)
    lines.show(BulkProgress(phase="removing", done=3, total=9, waiting_until=until))
    assert said() == []
    clock.seconds += SECONDS_APART
    until = clock.now() + timedelta(seconds=1)
    lines.show(BulkProgress(phase="removing", done=4, total=9, waiting_until=until))
    assert said() == ["removing: 4 of 9, waiting for the rate limit until 12:00:06"]


def test_a_wait_is_in_local_time(
    lines: Lines, clock: Clock, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a wait is a time of day where the reader is."""
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    time.tzset()
    until = clock.now() + timedelta(seconds=60)
    lines.show(BulkProgress(phase="removing", done=3, total=9, waiting_until=until))
    assert said() == ["removing: 3 of 9, waiting for the rate limit until 14:01:00"]


class Screen:
    """A pseudo-terminal in the place of this process's standard error."""

    def __init__(self, columns: int) -> None:
        self._screen, keyboard = os.openpty()
        fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.stream = os.fdopen(keyboard, "w", encoding="utf-8")
        self._parts: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        # The end of a terminal whose other side was closed is an error.
        with contextlib.suppress(OSError):
            while part := os.read(self._screen, 65536):
                self._parts.append(part)

    def end(self) -> list[str]:
        """Close it, and give the lines that it showed, each as often as it was drawn."""
        self.stream.close()
        self._reader.join()
        os.close(self._screen)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(self._parts).decode())
        return re.split(r"[\r\n]+", text)


def drawn(columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what a terminal shows of two phases, the second with a wait."""
    screen = Screen(columns)
    monkeypatch.setattr(sys, "stderr", screen.stream)
    until = datetime(2026, 11, 26, 14, 2, 10, tzinfo=UTC)
    with showing_progress() as show:
        show(BulkProgress(phase="checking", done=0, total=3))
        show(BulkProgress(phase="inviting", done=0, total=2))
        show(BulkProgress(phase="inviting", done=2, total=2))
        show(BulkProgress(phase="removing", done=3, total=9, waiting_until=until))
        show(BulkProgress(phase="removing", done=9, total=9))
    return screen.end()


def test_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal the phase under way has a bar: what is done, of how many, and until when it waits."""
    lines = drawn(120, monkeypatch)
    removing = [line for line in lines if line.startswith("Removing")]
    assert any("3/9" in line and "waiting for the rate limit until 14:02:10" in line for line in removing)
    assert "9/9" in removing[-1]
    assert "waiting" not in removing[-1]
    assert any(line.startswith("Inviting") for line in lines)
    assert not [line for line in lines[lines.index(removing[0]) :] if line.startswith("Checking")]


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_bars_fit(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """A bar is no wider than the terminal, and what is done stays to be read."""
    lines = drawn(columns, monkeypatch)
    assert any("9/9" in line for line in lines)
    assert max(map(len, lines)) <= columns


@pytest.mark.parametrize(("before", "said"), [(_LEAPING, ["listing: 100", "listing: 153"]), ("", [])])
def test_a_long_list_in_a_log(shell: Shell, account: Sandbox, before: str, said: list[str]) -> None:
    """Without a terminal, `list --all` says how much it has read, but not before some seconds have passed."""
    account.add_users(150)
    ran = shell("ax", "users", "list", "--all", "-o", "json", before=before)
    assert (ran.code, len(ran.json["users"])) == (0, 153)
    assert ran.err.splitlines() == said


def test_a_long_delete_in_a_log(shell: Shell, account: Sandbox) -> None:
    """Without a terminal, `delete` says how many are deleted, of how many."""
    ids = account.add_users(3)
    ran = shell("ax", "users", "delete", "--id", ",".join(ids), "--force", before=_LEAPING)
    assert ran.err.splitlines()[-2:] == ["deleting: 3 of 3", "3 deleted"]


def test_a_list_waits(terminal: Terminals, served: SandboxServer) -> None:
    """At a terminal, `list --all` says until when a rate limit makes it wait, beside what it has read."""
    served.sandbox.add_users(150)
    served.sandbox.faults.add("rate_limit", operation="list_users", nth=2, retry_after=1)
    run = terminal("users", "list", "--all", "-o", "users.csv", env={"ARIZE_MAX_RETRIES": "1"})
    assert run.end() == 0
    assert re.search(r"\r100 users … waiting for the rate limit until \d\d:\d\d:\d\d\r", run.raw)
    assert run.shown.splitlines()[-1] == "wrote 153 users to users.csv"


def test_a_list_waits_in_a_log(shell: Shell, served: SandboxServer) -> None:
    """In a log, a wait of seconds for a rate limit is said when it begins, with the phase."""
    served.sandbox.add_users(150)
    served.sandbox.faults.add("rate_limit", operation="list_users", nth=2, retry_after=1)
    short = "import arize_users.cli.progress as progress; progress.SECONDS_APART = 0.5"
    words = ["ax", "users", "list", "--all", "-o", "users.csv"]
    ran = shell(*words, before=short, env={"ARIZE_MAX_RETRIES": "1"})
    assert ran.code == 0
    assert re.search(r"(?m)^listing: 100, waiting for the rate limit until \d\d:\d\d:\d\d$", ran.err)
