"""How pyperf measures a row of the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyperf

from benchmark.environments import Environments, ProcessError, packages_of, program_of, run

SIDES = OURS, ASYNC, OFFICIAL, FLOOR = ("ours", "async", "official", "floor")
_HERE = Path(__file__).resolve().parent
_PROFILE = """\
profile = {{name = "bench"}}
auth = {{auth_method = "api-key", api_key = "key"}}
routing = {{api_scheme = "{scheme}", api_host = "{host}"}}
update = {{enabled = false}}
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """Something that is measured on some sides, with its aims: the highest ratios of two sides' medians.

    Args:
        what: What the sides do.
        metric: "wall" or "CPU" in seconds, "requests", "peak" memory or installed "size" in bytes.
        work: The work in workload.py that is measured, with its arguments and its result.
        command: The arguments of ``ax``, where a whole process is measured.
        latency: The seconds that the server waits before each response.
        rounds: How many times each side gets its turn.
        values: How many values pyperf takes in a turn, after one that it throws away.
        loops: How many times a value repeats the work.
        limit: The seconds below which no client can get; they stand for the floor.
    """

    what: str
    metric: str = "wall"
    sides: Sequence[str] = SIDES
    work: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    expected: object = None
    command: Sequence[str] = ()
    latency: float = 0
    rounds: int = 5
    values: int = 1
    loops: int = 1
    limit: float | None = None
    to_official: float | None = None
    to_floor: float | None = None
    to_sync: float | None = None

    @property
    def title(self) -> str:
        """The name of the row."""
        return f"{self.what}, {self.metric}"

    def name(self, side: str) -> str:
        """Return the name of a side's benchmark in pyperf's file."""
        return f"{self.title} [{side}]"


@dataclass(frozen=True)
class Bench:
    """One run of the benchmark.

    Args:
        environments: Where the sides are installed.
        urls: The servers by their latencies.
        home: The home directory of the measured processes.
        output: The file to which pyperf adds the values.
    """

    environments: Environments
    urls: Mapping[float, str]
    home: Path
    output: Path

    def __post_init__(self) -> None:
        # The settings of Arize's command line, which looks for no update.
        scheme, _, host = self.urls[0].partition("://")
        profiles = self.home / ".arize" / "profiles"
        profiles.mkdir(parents=True)
        (profiles / "bench.toml").write_text(_PROFILE.format(scheme=scheme, host=host))
        (profiles.parent / ".active_profile").write_text("bench")

    def measure(self, row: Row, rounds: int) -> dict[str, str]:
        """Let the sides of a row take turns, each round beginning with another one.

        Returns:
            Why a side could not be measured, by side.
        """
        problems: dict[str, str] = {}
        for number in range(rounds):
            first = number % len(row.sides)
            for side in (*row.sides[first:], *row.sides[:first]):
                try:
                    if side not in problems:
                        self._turn(row, side)
                except ProcessError as error:
                    problems[side] = str(error)
        if row.limit:
            self._add(row.name(FLOOR), row.limit, "second")
        return problems

    def _turn(self, row: Row, side: str) -> None:
        official, name = side == OFFICIAL, row.name(side)
        client = self.environments.official if official else self.environments.client
        if row.metric == "size":
            files = packages_of(client).rglob("*")
            self._add(name, sum(file.stat().st_size for file in files if file.is_file()), "byte")
        elif row.work:
            task = {key: getattr(row, key) for key in ("metric", "work", "arguments", "expected")}
            task |= {"name": name, "side": side, "url": self.urls[row.latency]}
            self._pyperf(row, program_of(client, "python"), str(_HERE / "workload.py"), json.dumps(task))
        else:
            environment = self.environments.official_cli if official else self.environments.cli
            command = [program_of(environment, "ax"), *row.command]
            if "json" in row.command:
                listed = json.loads(run(command, self._variables()))
                if len(listed["users"] if isinstance(listed, dict) else listed) != 100:
                    raise ProcessError("it does not list 100 users")
            memory = ["--track-memory"] if row.metric == "peak" else []
            program = [sys.executable, "-m", "pyperf", "command", "--name", name, *memory]
            self._pyperf(row, *program, then=["--", *command])

    def _pyperf(self, row: Row, *program: str, then: Sequence[str] = ()) -> None:
        options = [f"--append={self.output}", "--quiet", "--copy-env", "--processes=1", "--warmups=1"]
        options += [f"--values={row.values}", f"--loops={row.loops}"]
        run([*program, *options, *then], self._variables())

    def _add(self, name: str, value: float, unit: str) -> None:
        metadata = {"name": name, "unit": unit}
        values = pyperf.Run([value], metadata=metadata, collect_metadata=False)
        pyperf.add_runs(str(self.output), pyperf.Benchmark([values]))

    def _variables(self) -> dict[str, str]:
        # No setting of the person who runs the benchmark reaches a measured process.
        return {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ} | {
            "ARIZE_API_KEY": "key",
            "ARIZE_BASE_URL": self.urls[0],
            "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(packages_of(self.environments.pyperf)),
        }


@contextmanager
def serve(latency: float) -> Iterator[str]:
    """Run the loopback server in a process of its own, and give its address."""
    command = [sys.executable, "-m", "benchmark.server", str(latency)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=_HERE.parent, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
