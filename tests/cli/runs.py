"""The result of a run, a pseudo-terminal to run at, and a deployment that answers what a test sets."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from attrs import frozen

from arize_users.sandbox import Request, Response, Sandbox

PATIENCE = 30
"""Seconds without output after which a test fails."""
# What a process does first, so that nobody reads its standard output, or so that it takes nothing.
UNREAD = "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1)"
FULL = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"
NEEDS_FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
PYTHON = re.compile(r"users\.\w+|\w+=[^/]|(?<!\.)api_key|base_url|is_developer")
"""Words of the client that mean nothing to a shell; a profile has an entry that is called api_key."""
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@frozen
class Ran:
    """How a run ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.out)

    def refused(self, code: int) -> tuple[str, str]:
        """Give the error and the hint of a run that ended with this code and did nothing else."""
        assert (self.code, self.out) == (code, "")
        assert not PYTHON.search(self.err)
        error, hint = self.err.splitlines()
        assert (error[:7], hint[:6]) == ("error: ", "hint: ")
        return error[7:], hint[6:]


def program(words: Sequence[str], before: str = "", python: Sequence[str] = ()) -> list[str]:
    """Give the program for a command line that begins with `ax` or `arize-users`."""
    entry = words[0].replace("-", "_")
    start = f"{before}\nfrom arize_users.cli import {entry}\n{entry}()"
    return [sys.executable, *python, "-c", start, *words[1:]]


Ax = Callable[..., Ran]
Shell = Callable[..., Ran]
Profile = Callable[..., Path]
Terminals = Callable[..., "Terminal"]
Pipes = Callable[..., "Piped"]

# Opening the terminal makes it that of the new session, so that Ctrl-C reaches the program.
_AT_TERMINAL = (
    "import os, signal, sys; os.open(os.ttyname(0), os.O_RDWR); "
    "[signal.signal(int(number), signal.SIG_IGN) for number in sys.argv[1].split()]; "
    "os.execv(sys.executable, [sys.executable, '-m', 'arize_users.cli', *sys.argv[2:]])"
)


class Terminal:
    """One run of `ax` at a pseudo-terminal."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        columns: int,
        env: Mapping[str, str],
        folder: Path,
        ignored: Sequence[int] = (),
    ) -> None:
        self._screen, keyboard = os.openpty()
        fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, " ".join(str(int(one)) for one in ignored), *arguments],
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            start_new_session=True,
            env=dict(env),
            cwd=folder,
        )
        os.close(keyboard)
        self._raw = b""
        self._seen = 0

    def until(self, text: str) -> str:
        """Read until the screen shows a text, after those of earlier calls; give all shown so far."""
        while (found := self._raw.find(text.encode(), self._seen)) < 0:
            more = self._read()
            assert more, f"the program ended without {text!r}: {self.shown}"
            self._raw += more
        self._seen = found + len(text.encode())
        return self.shown

    def type(self, text: str) -> None:
        """Type at the keyboard."""
        os.write(self._screen, text.encode())

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        self._process.send_signal(number)

    def hang_up(self) -> int:
        """Take the terminal away, as a dropped connection does, and give the exit code."""
        os.close(self._screen)
        self._screen = os.open(os.devnull, os.O_RDWR)
        return self._process.wait(timeout=60)

    def end(self) -> int:
        """Read the rest and give the exit code."""
        while more := self._read():
            self._raw += more
        return self._process.wait(timeout=60)

    @property
    def raw(self) -> str:
        """Everything written so far, with its escape sequences."""
        # What was read last may end within a character.
        return self._raw.decode(errors="ignore")

    @property
    def shown(self) -> str:
        """Everything written so far, as text."""
        return _STYLE.sub("", self.raw).replace("\r\n", "\n")

    def close(self) -> None:
        """Close the terminal, and kill a program that still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._screen)

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._screen], [], [], PATIENCE)
        assert ready, f"the program neither ends nor writes anything: {self.shown}"
        try:
            return os.read(self._screen, 65536)
        except OSError:  # The program has ended.
            return b""


class Gate(Sandbox):
    """Carries out each request at once, and holds back the answers to writes until it is opened.

    With ``every``, also those to reads.
    """

    every = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._arrived: SimpleQueue[None] = SimpleQueue()
        self._is_open = threading.Event()

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        if self.every or request.method != "GET":
            self._arrived.put(None)
            self._is_open.wait(PATIENCE)
        return response

    def await_requests(self, number: int = 1) -> None:
        """Wait until so many requests are held."""
        for _ in range(number):
            self._arrived.get(timeout=PATIENCE)

    def open(self) -> None:
        """Let all answers go, from now on."""
        self._is_open.set()


class Piped:
    """One run of a command line without a terminal, as a CI job has it, with its messages as they come."""

    def __init__(self, words: Sequence[str], *, before: str, env: Mapping[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            program(words, before),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=folder,
        )
        self._err = b""

    def until(self, text: str) -> None:
        """Read standard error until it holds a text."""
        assert self._process.stderr is not None
        while text.encode() not in self._err:
            more = os.read(self._process.stderr.fileno(), 65536)
            assert more, f"the program ended without {text!r}: {self._err.decode()}"
            self._err += more

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        self._process.send_signal(number)

    def end(self) -> Ran:
        """Read the rest, and give all."""
        out, err = self._process.communicate(timeout=60)
        return Ran(self._process.returncode, out.decode(), (self._err + err).decode())

    def close(self) -> None:
        """Kill a program that still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


class Scripted(Sandbox):
    """Answers every request with the answer that was set last."""

    scripted = Response(404)

    def set_answer(self, status: int, body: object = b"", headers: Mapping[str, str] = {}) -> None:
        """Set the answer. A body that is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"content-type": "application/json", **headers}
        self.scripted = Response(status, tuple(named.items()), content)

    def answer(self, request: Request) -> Response:
        return self.scripted
