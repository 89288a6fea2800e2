"""Runs flows with scripted answers on an event loop whose clock jumps, so that no time passes."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterable
from typing import Any

import anyio
import httpx

from arize_users._core.async_driver import AsyncDriver
from arize_users._core.effects import Effect, Flow, Now, Sleep
from arize_users._core.request import Request

from .answers import Answer, one_by_one


class SimulatedDriver:
    """Runs flows in simulated time: each request takes ``latency`` seconds, and gets the next answer.

    ``answers`` are given in the order of the requests, or by a function of request and time. What
    happened is in ``sent`` (with times), ``slept``, ``outcomes`` (of each flow, its value or exception)
    and ``peak``, the most requests in flight at once.
    """

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[Request, float], Answer],
        *,
        latency: float | Callable[[Request], float] = 0.0,
        start: float = 1000.0,
    ) -> None:
        scripted = None if callable(answers) else one_by_one(answers)
        self._answer = answers if callable(answers) else lambda request, _: scripted(request)
        self._latency = latency
        self._in_flight = 0
        self._interrupts: list[tuple[float, BaseException]] = []
        self.now = start
        self.sent: list[tuple[float, Request]] = []
        self.slept: list[float] = []
        self.outcomes: list[Any] = []
        self.peak = 0

    @property
    def times(self) -> list[float]:
        """When each request was sent."""
        return [moment for moment, _ in self.sent]

    def interrupt_at(self, moment: float, error: BaseException) -> None:
        """Cancel the first flow at a moment, as asyncio does on Ctrl-C; the error is the reason."""
        self._interrupts.append((moment, error))

    def run(self, *flows: Flow[Any]) -> Any:
        """Run flows at the same time; give the value of the first, or raise what it raised."""
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            self.outcomes = runner.run(self._run_all(flows))
        if isinstance(self.outcomes[0], BaseException):
            raise self.outcomes[0]
        return self.outcomes[0]

    async def _run_all(self, flows: Iterable[Flow[Any]]) -> list[Any]:
        driver = _Driver(self)
        tasks = [asyncio.create_task(driver.run(flow)) for flow in flows]
        for moment, error in self._interrupts:
            asyncio.get_running_loop().call_at(moment, tasks[0].cancel, error)
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def respond(self, request: Request) -> httpx.Response:
        """Give the answer to a request once its time is over."""
        self.sent.append((self.now, request))
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        await asyncio.sleep(self._latency(request) if callable(self._latency) else self._latency)
        self._in_flight -= 1
        answer = self._answer(request, self.now)
        if isinstance(answer, Exception):
            raise answer
        return answer.response()


class _Driver(AsyncDriver):
    def __init__(self, simulation: SimulatedDriver) -> None:
        super().__init__(simulation.respond)
        self._simulation = simulation

    async def _perform(self, effect: Effect, stop: anyio.Event | None) -> Any:
        if isinstance(effect, Now):
            return self._simulation.now
        if isinstance(effect, Sleep):
            assert effect.seconds >= 0
            self._simulation.slept.append(effect.seconds)
        return await super()._perform(effect, stop)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, simulation: SimulatedDriver) -> None:
        super().__init__(_Selector(simulation))
        self._simulation = simulation

    def time(self) -> float:
        return self._simulation.now


class _Selector(selectors.SelectSelector):
    """Moves the time to the next timer instead of waiting for it."""

    def __init__(self, simulation: SimulatedDriver) -> None:
        super().__init__()
        self._simulation = simulation

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "a flow waits for something that never comes"
        self._simulation.now += timeout
        return super().select(0)
