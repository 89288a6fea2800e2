"""A driver for flows that knows neither network nor time: both are simulated_calls by a script."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field

from arize_users._core.effects import Effect, Exclusive, Flow, Now, Parallel, Send, Sleep, Stopped
from arize_users._core.request import Request

from .answers import Reply

Answer = Reply | Exception
Resume = Callable[[Any, Exception | None], None]


@define(eq=False)
class _Player:
    """A flow under way, and who waits for its end."""

    flow: Flow[Any]
    ended: Resume
    stoppable: bool = False
    wake: Resume | None = field(default=None)


class SimulatedDriver:
    """Runs flows in simulated time: each request takes ``latency`` seconds, and gets the next answer.

    ``answers`` are given in the order of the requests, or by a function of request and time. What
    happened is in ``sent`` (with times), ``slept`` and ``peak``, the most requests in flight at once.
    """

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[Request, float], Answer],
        *,
        latency: float = 0.0,
        start: float = 1000.0,
    ) -> None:
        self._answer = answers if callable(answers) else _in_turn(answers)
        self._latency = latency
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._alone: list[Callable[[], None]] = []
        self._locked = False
        self._in_flight = 0
        self._halt: Callable[[BaseException], None] | None = None
        self._stopping = False
        self._sleepers: list[_Player] = []
        self.now = start
        self.sent: list[tuple[float, Request]] = []
        self.slept: list[float] = []
        self.peak = 0

    @property
    def times(self) -> list[float]:
        """When each request was sent."""
        return [moment for moment, _ in self.sent]

    def interrupt_at(self, moment: float, error: BaseException) -> None:
        """Interrupt the work side by side at a moment, as Ctrl-C does."""

        def interrupt() -> None:
            if self._halt is not None:
                self._halt(error)

        self._later(moment - self.now, interrupt)

    def run(self, *flows: Flow[Any]) -> Any:
        """Play flows at the same time; give the value of the first, or raise what it raised."""
        outcomes: dict[int, tuple[Any, Exception | None]] = {}

        def ended(number: int) -> Resume:
            return lambda value, error: outcomes.update({number: (value, error)})

        for number, flow in enumerate(flows):
            self._begin(flow, ended(number))
        while self._agenda:
            moment, _, action = heapq.heappop(self._agenda)
            self.now = max(self.now, moment)
            action()
        assert len(outcomes) == len(flows), "a flow waits for something that never comes"
        self.outcomes = [outcomes[number] for number in range(len(flows))]
        value, error = self.outcomes[0]
        if error is not None:
            raise error
        return value

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now + delay, next(self._order), action))

    def _begin(self, flow: Flow[Any], ended: Resume, *, stoppable: bool = False) -> None:
        self._go_on(_Player(flow, ended, stoppable), None, None)

    def _go_on(self, player: _Player, result: Any, error: Exception | None) -> None:
        try:
            effect = player.flow.send(result) if error is None else player.flow.throw(error)
        except StopIteration as end:
            player.ended(end.value, None)
        except Exception as failure:
            player.ended(None, failure)
        else:
            self._perform(player, effect)

    def _perform(self, player: _Player, effect: Effect) -> None:
        def resume(result: Any, error: Exception | None) -> None:
            self._go_on(player, result, error)

        if isinstance(effect, Now):
            resume(self.now, None)
        elif player.stoppable and self._stopping:
            resume(None, Stopped())
        elif isinstance(effect, Send):
            self._send(effect.request, resume)
        elif isinstance(effect, Sleep):
            self._sleep(player, effect.seconds, resume)
        elif isinstance(effect, Exclusive):
            self._enter_alone(player, effect.flow, resume)
        else:
            self._for_each(effect, resume)

    def _send(self, request: Request, resume: Resume) -> None:
        self.sent.append((self.now, request))
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)

        def arrive() -> None:
            self._in_flight -= 1
            answer = self._answer(request, self.now)
            if isinstance(answer, Exception):
                resume(None, answer)
            else:
                resume(answer.response(), None)

        self._later(self._latency, arrive)

    def _sleep(self, player: _Player, seconds: float, resume: Resume) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        player.wake = resume
        self._sleepers.append(player)

        def wake() -> None:
            if player.wake is resume:
                player.wake = None
                self._sleepers.remove(player)
                resume(None, None)

        self._later(seconds, wake)

    def _enter_alone(self, player: _Player, flow: Flow[Any], resume: Resume) -> None:
        def leave(value: Any, error: Exception | None) -> None:
            self._locked = False
            if self._alone:
                self._alone.pop(0)()
            resume(value, error)

        def enter() -> None:
            self._locked = True
            self._begin(flow, leave, stoppable=player.stoppable)

        if self._locked:
            self._alone.append(enter)
        else:
            enter()

    def _for_each(self, effect: Parallel, resume: Resume) -> None:
        interruption: list[BaseException] = []
        working = effect.limit

        def halt(error: BaseException) -> None:
            interruption.append(error)
            self._stopping = True
            for sleeper in [one for one in self._sleepers if one.stoppable]:
                self._sleepers.remove(sleeper)
                wake, sleeper.wake = sleeper.wake, None
                assert wake is not None
                wake(None, Stopped())

        def next_one() -> None:
            nonlocal working
            flow = None
            try:
                flow = None if self._stopping else next(effect.flows, None)
            except Exception as failure:
                halt(failure)
            if flow is not None:
                self._begin(flow, arrive, stoppable=True)
                return
            working -= 1
            if not working:
                self._halt, self._stopping = None, False
                stopped = Stopped()
                if interruption:
                    stopped.__cause__ = interruption[0]
                resume(None, stopped if interruption else None)

        def arrive(value: Any, error: Exception | None) -> None:
            try:
                if error is not None:
                    raise error
                effect.report(value)
            except Exception as failure:
                halt(failure)
            next_one()

        self._halt = halt
        for _ in range(effect.limit):
            self._later(0.0, next_one)


def _in_turn(answers: Iterable[Answer]) -> Callable[[Request, float], Answer]:
    left = list(answers)

    def answer(request: Request, _: float) -> Answer:
        assert left, f"one request more than there are answers: {request.method} {request.path}"
        return left.pop(0)

    return answer
