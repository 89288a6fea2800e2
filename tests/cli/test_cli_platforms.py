"""What differs on Windows and macOS, as far as it can be run elsewhere: see `support.platforms`."""

from __future__ import annotations

import errno
import io
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.platforms import keeping_read_only_files, loaded_anew, refusing_new_files, windows

from arize_users import _streams
from arize_users.cli import output, terminal

from .runs import Ax, Gate, Pipes

# The only signal that a Windows program can send to another: here SIGUSR1 has its name.
_WITH_SIGBREAK = "import signal; signal.SIGBREAK = signal.SIGUSR1; del signal.SIGHUP"


class Unread(io.RawIOBase):
    """A pipe whose reader has gone, on Windows."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")


@pytest.fixture
def stop_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From the call on nobody reads standard output any more, on Windows or another system."""

    def stop(platform: str = "win32") -> None:
        monkeypatch.setattr(_streams, "sys", SimpleNamespace(platform=platform))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Unread(), write_through=True))

    return stop


@pytest.mark.usefixtures("jane")
def test_a_closed_pipe(ax: Ax, stop_reading: Callable[..., None]) -> None:
    """On Windows, too, a reader that has seen enough, such as `| more`, is no error."""
    stop_reading()
    ran = ax("list", "-o", "json")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.mark.usefixtures("account")
def test_a_closed_pipe_and_a_secret(ax: Ax, stop_reading: Callable[..., None]) -> None:
    """A temporary password that nobody reads on standard output is on standard error, on Windows, too."""
    stop_reading()
    mode = ["--invite-mode", "temporary_password"]
    ran = ax("create", "-n", "Ada", "-e", "ada@example.com", "-r", "member", *mode, "-o", "json")
    assert ran.code == 0
    said, _, document = ran.err.partition("\n")
    assert said.startswith("standard output is closed")
    assert json.loads(document)["temporary_password"]


@pytest.mark.usefixtures("jane")
def test_another_error_is_one(ax: Ax, stop_reading: Callable[..., None]) -> None:
    """An invalid argument is a closed pipe on Windows alone."""
    stop_reading("linux")
    ran = ax("list", "-o", "json")
    assert ran.code == 5
    assert "cannot write standard output: Invalid argument" in ran.err


def test_what_servers_write(stop_reading: Callable[..., None]) -> None:
    """The sandbox's server and the contract checks, too, know a reader that has gone from a failure."""
    stop_reading()
    assert isinstance(_streams.put(sys.stdout, "Ctrl-C stops it.\n"), BrokenPipeError)


def test_ctrl_break(piped: Pipes, gate: Gate) -> None:
    """Ctrl-Break, and the closing of a console, end a command in order: the answer is awaited and written."""
    jane = gate.add_user(email="jane@example.com", name="Jane")
    run = piped("ax", "users", "delete", "--id", jane, "-f", "-o", "json", before=_WITH_SIGBREAK)
    gate.await_requests()
    run.signal(signal.SIGUSR1)
    run.until("stopping: waiting up to 31 s")
    gate.open()
    ran = run.end()
    assert ran.code == 128 + signal.SIGUSR1
    assert '"status": "deleted"' in ran.out


def test_the_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command handles the signals that its system has."""
    windows(monkeypatch)
    numbers = loaded_anew("arize_users.cli.interrupts")._SIGNALS
    assert numbers == [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]


@pytest.mark.parametrize(("typed", "answer"), [("y\r\n", "y"), ("no", "no")])
def test_a_question(monkeypatch: pytest.MonkeyPatch, typed: str, answer: str) -> None:
    """A question is answered on Windows, where a console cannot be waited for together with a pipe."""
    monkeypatch.setattr(select, "select", None)
    monkeypatch.setattr(
        terminal, "sys", SimpleNamespace(platform="win32", stdin=io.StringIO(typed), stderr=sys.stderr)
    )
    assert terminal.ask("Delete 1 user?") == answer


@pytest.mark.parametrize("is_legacy", [True, False])
def test_an_old_console(monkeypatch: pytest.MonkeyPatch, is_legacy: bool) -> None:
    """A console that shows escape sequences as they are gets none: no colour, and no bars."""
    screen = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(terminal, "sys", SimpleNamespace(platform="win32", stderr=screen))
    monkeypatch.setattr("rich.console.detect_legacy_windows", lambda: is_legacy)
    assert terminal.is_plain() is is_legacy
    assert terminal.has_colour(screen) is not is_legacy  # type: ignore[arg-type]


@pytest.mark.usefixtures("jane")
def test_a_read_only_file(ax: Ax, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Windows replaces no read-only file: that is an error, the file stays, and nothing is left beside it."""
    folder = tmp_path / "reports"
    folder.mkdir()
    path = folder / "users.csv"
    path.write_bytes(b"before")
    path.chmod(0o444)
    with monkeypatch.context() as context:
        keeping_read_only_files(context)
        ran = ax("list", "-o", str(path))
    assert ran.code == 5
    assert f"cannot write {path}" in ran.err
    assert path.read_bytes() == b"before"
    assert list(folder.iterdir()) == [path]


def test_a_file_system_without_links(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is to be new replaces none, also on a memory stick, whose file system has no links."""

    def link(*paths: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    path = tmp_path / "passwords.json"
    output._replace(str(path), b"first", secret=True, is_new=True)
    with pytest.raises(FileExistsError):
        output._replace(str(path), b"second", secret=True, is_new=True)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.glob("*passwords*")) == [path]
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.usefixtures("jane")
@pytest.mark.parametrize("command", ["list -o users.csv", "plan people.csv -o plan.json"])
def test_a_folder_that_cannot_be_written(
    ax: Ax, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """Where the permissions of a folder let no file be made, Windows' reason is told at the first attempt."""
    people = tmp_path / "people.csv"
    people.write_text("email,name,role\njane@example.com,Jane,member\n")
    folder = tmp_path / "kept"
    folder.mkdir()
    words = [str(folder / word) if word.startswith(("users.", "plan.")) else word for word in command.split()]
    with monkeypatch.context() as context:
        refusing_new_files(context, folder)
        ran = ax(*[str(people) if word == "people.csv" else word for word in words])
    assert ran.code == 5
    assert "Access is denied" in ran.err
