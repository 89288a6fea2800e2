"""The processes of a benchmark: the server, the workers that are told what to do, and plain commands."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """A measurement could not be made; the message says which side and why."""


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Give variables that hold no setting of the person who runs this: no key, no proxy, no profile."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    quiet = {"ARIZE_DISABLE_PRERELEASE_WARNINGS": "1", "LC_ALL": "C.UTF-8"}
    return {**kept, **quiet, "HOME": str(home), **more}


class _Child:
    """A process that ends when its standard input does."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=directory,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):  # What it was told last may have come too late.
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


class Server(_Child):
    """The loopback server, in a process of its own so that its work is not measured."""

    def __init__(self, home: Path, *, users: int) -> None:
        command = [sys.executable, "-m", "benchmark.server", "--users", str(users)]
        super().__init__(command, clean_environment(home), HERE.parent)
        port = self._line().strip()
        if not port:
            raise Failed("the loopback server did not start")
        self.url = f"http://127.0.0.1:{port}"

    def set_latency(self, milliseconds: float) -> None:
        """Let every answer from now on wait so long."""
        self._ask("PUT", f"/_bench/latency?ms={milliseconds}")

    def counts(self) -> dict[str, int]:
        """Give the number of requests of each operation since the last call."""
        counts: dict[str, int] = self._ask("GET", "/_bench/counts")
        return counts

    def _ask(self, method: str, path: str) -> Any:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310 - our own server
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a worker measured: seconds per time, the last result, and its peak memory in bytes."""

    wall: float
    cpu: float
    result: Any
    peak: int


class Worker(_Child):
    """One side, kept running with its connections, as in a program that uses it."""

    def __init__(self, subject: str, python: Path, url: str, home: Path) -> None:
        command = [str(python), "-I", str(HERE / "worker.py"), subject, url]
        super().__init__(command, clean_environment(home), home)
        self._subject = subject

    def do(self, work: str, *, times: int = 1, **arguments: object) -> Answer:
        """Let it work, so many times.

        Raises:
            Failed: it could not.
        """
        with contextlib.suppress(OSError):
            self._tell(json.dumps({"work": work, "times": times, "arguments": arguments}))
        line = self._line()
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise Failed(f"{self._subject}, {work}: {answer['error']}")
        return Answer(**answer)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A whole process: seconds, peak memory in bytes, and what it printed."""

    wall: float
    cpu: float
    peak: int
    output: str


def run(command: Sequence[str], environment: Mapping[str, str], directory: Path) -> Run:
    """Run a command to its end. The peak is never below what this small process itself takes.

    Raises:
        Failed: it could not be started, or its exit code is not 0.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=environment,
                cwd=directory,
            )
        except OSError as error:
            raise Failed(f"{Path(command[0]).name} cannot be run: {error.strerror}") from error
        assert process.stdout is not None
        with process.stdout as stdout:
            output = stdout.read().decode("utf-8", "replace")
        # Not wait(): only this gives what this one child used.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace").strip() or output.strip() or "it said nothing"
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{Path(command[0]).name} {' '.join(command[1:])[:50]}: {said.splitlines()[-1]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * unit, output=output)
