"""What the sections share: the server, the environments, a home for the children, and fair turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from benchmark.environments import Environments, python_of
from benchmark.measures import ASYNC, FLOOR, OFFICIAL, OURS
from benchmark.processes import Answer, Server, Worker

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one side did in one round, and the requests the server counted meanwhile."""

    answer: Answer
    requests: Mapping[str, int]


class Bed:
    """The test bed of one run. Workers are started when first needed and kept to the end."""

    def __init__(self, environments: Environments, home: Path, *, users: int, quick: bool) -> None:
        self.environments = environments
        self.home = home
        self.users = users
        self._quick = quick
        self._stack = ExitStack()
        self._workers: dict[str, Worker] = {}
        self.server = self._stack.enter_context(Server(home, users=users))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def python(self, side: str) -> Path:
        """Give the interpreter that a side runs in. Plain httpx is in ours."""
        homes = {OURS: "lean", ASYNC: "lean", FLOOR: "lean", OFFICIAL: "official"}
        return python_of(getattr(self.environments, homes[side]))

    def new_worker(self, side: str) -> Worker:
        """Start a worker of one's own; close it."""
        return Worker(side, self.python(side), self.server.url, self.home)

    def _worker(self, side: str) -> Worker:
        if side not in self._workers:
            self._workers[side] = self._stack.enter_context(self.new_worker(side))
        return self._workers[side]

    def rounds(self, usual: int) -> int:
        """Say how many rounds to make: fewer when it shall be quick."""
        return min(usual, 3 if usual > 3 else 1) if self._quick else usual

    def alternate(self, sides: Sequence[str], rounds: int, act: Callable[[str], T]) -> dict[str, list[T]]:
        """Let the sides act in turn, each round begun by another, after one round that does not count."""
        for side in sides:
            act(side)
        done: dict[str, list[T]] = {side: [] for side in sides}
        for number in range(self.rounds(rounds)):
            first = number % len(sides)
            for side in (*sides[first:], *sides[:first]):
                done[side].append(act(side))
        return done

    def compare(
        self,
        work: str,
        sides: Sequence[str],
        *,
        rounds: int,
        times: int = 1,
        latency_ms: float = 0,
        **arguments: object,
    ) -> dict[str, list[Turn]]:
        """Let the workers of some sides do the same work in turn."""
        self.server.set_latency(latency_ms)

        def act(side: str) -> Turn:
            worker = self._worker(side)
            self.server.counts()
            answer = worker.do(work, times=times, **arguments)
            return Turn(answer=answer, requests=self.server.counts())

        return self.alternate(sides, rounds, act)
