"""What a flow can rely on, whichever driver runs it: with threads, on an event loop, or simulated_calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from support.answers import Reply, ok
from support.simulated_driver import SimulatedDriver
from support.transports import Answer

from arize_users import APIConnectionError, APITimeoutError
from arize_users._core.async_driver import AsyncDriver
from arize_users._core.effects import Exclusive, Flow, Now, Parallel, Send, Sleep, Stopped
from arize_users._core.request import Request
from arize_users._core.sync_driver import SyncDriver

Run = Callable[[Flow[Any]], Any]
DONE = Reply(204)
REQUEST = Request(operation="list_users", method="GET", path="/v2/users")


class Boom(Exception):
    """A failure of a flow's own."""


def _response(answer: Answer) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer.response()


@pytest.fixture(params=["threads", "event loop", "simulated_calls"])
def driven(request: pytest.FixtureRequest) -> Callable[..., Run]:
    """Make a driver that answers every request with the same."""

    def driven(answer: Answer = DONE) -> Run:
        if request.param == "threads":
            return SyncDriver(lambda _: _response(answer)).run
        if request.param == "simulated_calls":
            failure = isinstance(answer, httpx.HTTPError)
            return SimulatedDriver(lambda *_: APIConnectionError("x") if failure else answer).run

        async def send(_: Request) -> httpx.Response:
            await asyncio.sleep(0)
            return _response(answer)

        return lambda flow: asyncio.run(AsyncDriver(send).run(flow))

    return driven


def test_value(driven: Callable[..., Run]) -> None:
    """A flow's value is what running it gives."""

    def flow() -> Flow[int]:
        return 7
        yield Now()

    assert driven()(flow()) == 7


def test_failure(driven: Callable[..., Run]) -> None:
    """What a flow raises is raised, and the flow is closed."""
    closed = []

    def flow() -> Flow[int]:
        try:
            yield Now()
            raise Boom
        finally:
            closed.append(True)

    with pytest.raises(Boom):
        driven()(flow())
    assert closed == [True]


def test_time(driven: Callable[..., Run]) -> None:
    """Time goes on, and a wait is not shorter than asked for."""

    def flow() -> Flow[tuple[float, float]]:
        before = yield Now()
        yield Sleep(0.001)
        return before, (yield Now())

    before, after = driven()(flow())
    assert round(after - before, 9) >= 0.001


def test_request(driven: Callable[..., Run]) -> None:
    """A request gives its response, whatever the status."""

    def flow() -> Flow[int]:
        return (yield Send(REQUEST)).status_code

    assert driven(Reply(503))(flow()) == 503


def test_broken_request(driven: Callable[..., Run]) -> None:
    """A broken connection is thrown into the flow as our own error, and the flow may go on."""

    def flow() -> Flow[str]:
        try:
            yield Send(REQUEST)
        except APIConnectionError:
            return "caught"
        return "nothing"

    assert driven(httpx.ReadError("x"))(flow()) == "caught"


def test_alone(driven: Callable[..., Run]) -> None:
    """Flows that are to run alone do not overlap; what they give or raise comes through."""
    inside: list[int] = []

    def lonely(number: int) -> Flow[int]:
        inside.append(number)
        yield Sleep(0.0)
        yield Send(REQUEST)
        assert inside == [number]
        inside.remove(number)
        if number == 3:
            raise Boom
        return number

    def one(number: int) -> Flow[Any]:
        try:
            return (yield Exclusive(lonely(number)))
        except Boom:
            return "boom"

    results: list[Any] = []

    def flow() -> Flow[None]:
        yield Parallel((one(number) for number in range(8)), 4, results.append)

    driven()(flow())
    assert sorted(map(str, results)) == ["0", "1", "2", "4", "5", "6", "7", "boom"]


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_side_by_side(driven: Callable[..., Run], limit: int) -> None:
    """Flows side by side each report once, and no more than the limit are begun and not ended."""
    begun = ended = 0
    peak = 0

    def one(number: int) -> Flow[int]:
        nonlocal begun, ended, peak
        begun += 1
        peak = max(peak, begun - ended)
        yield Send(REQUEST)
        ended += 1
        return number

    results: list[int] = []

    def flow() -> Flow[str]:
        yield Parallel((one(number) for number in range(12)), limit, results.append)
        return "done"

    assert driven()(flow()) == "done"
    assert sorted(results) == list(range(12))
    assert peak <= limit


def test_nothing_to_do(driven: Callable[..., Run]) -> None:
    """No flows at all are done at once."""

    def flow() -> Flow[str]:
        yield Parallel(iter(()), 3, print)
        return "done"

    assert driven()(flow()) == "done"


def _stopping(flows: Iterator[Flow[Any]], report: Callable[[Any], None], limit: int = 2) -> Flow[Any]:
    try:
        yield Parallel(flows, limit, report)
    except Stopped as stopped:
        return stopped.__cause__
    return "not stopped"


def _request() -> Flow[int]:
    return (yield Send(REQUEST)).status_code


def test_stopped_by_the_report(driven: Callable[..., Run]) -> None:
    """An exception of the report stops the rest, and is the cause that the flow is told."""
    begun: list[int] = []

    def one(number: int) -> Flow[int]:
        begun.append(number)
        return (yield from _request())

    def report(_: Any) -> None:
        raise Boom

    cause = driven()(_stopping((one(number) for number in range(50)), report))
    assert isinstance(cause, Boom)
    assert len(begun) < 50


def test_stopped_by_a_flow(driven: Callable[..., Run]) -> None:
    """So does an exception of one of the flows."""
    begun: list[int] = []

    def one(number: int) -> Flow[int]:
        begun.append(number)
        yield Send(REQUEST)
        raise Boom

    assert isinstance(driven()(_stopping((one(number) for number in range(50)), print)), Boom)
    assert len(begun) < 50


def test_stopped_by_the_source(driven: Callable[..., Run]) -> None:
    """And one of whatever gives the flows."""

    def flows() -> Iterator[Flow[Any]]:
        yield _request()
        raise Boom

    assert isinstance(driven()(_stopping(flows(), lambda _: None)), Boom)


def test_a_wait_is_cut_short(driven: Callable[..., Run]) -> None:
    """Who waits while the work is stopped is told at once, and can start nothing more."""
    told: list[str] = []

    def patient() -> Flow[str]:
        try:
            yield Sleep(3600.0)
        except Stopped:
            told.append("wait cut short")
        for effect in (Send(REQUEST), Sleep(3600.0)):
            try:
                yield effect
            except Stopped:
                told.append(f"no {type(effect).__name__}")
        yield Now()
        return "patient"

    def report(result: Any) -> None:
        if result != "patient":
            raise Boom

    assert isinstance(driven()(_stopping(iter([patient(), _request()]), report)), Boom)
    assert told == ["wait cut short", "no Send", "no Sleep"]


def test_what_is_under_way_is_reported(driven: Callable[..., Run]) -> None:
    """What had begun when the work was stopped ends and is reported."""
    reported: list[Any] = []

    def report(result: Any) -> None:
        reported.append(result)
        if len(reported) == 1:
            raise Boom

    def two_requests(number: int) -> Flow[int]:
        try:
            yield Send(REQUEST)
            yield Send(REQUEST)
        except Stopped:
            pass
        return number

    driven()(_stopping((two_requests(number) for number in range(9)), report, limit=3))
    assert 1 <= len(reported) <= 4


def test_kinds_of_broken_connections() -> None:
    """A timeout is told from other failures, and a request that got out from one that did not."""
    for failure, kind, sent in (
        (httpx.ConnectTimeout(""), APITimeoutError, False),
        (httpx.ReadTimeout(""), APITimeoutError, True),
        (httpx.ConnectError("refused"), APIConnectionError, False),
        (httpx.ReadError("reset"), APIConnectionError, True),
    ):

        def refuse(_: Request, failure: Exception = failure) -> httpx.Response:
            raise failure

        with pytest.raises(kind) as caught:
            SyncDriver(refuse).run(_request())
        assert caught.value.sent is sent
        assert str(failure) in str(caught.value)


def test_pages(kind: str) -> None:
    """Pages are given turn by turn until there are none."""
    left = [ok(), ok()]

    def turn() -> Flow[int | None]:
        yield Now()
        return left.pop().status if left else None

    if kind == "sync":
        assert list(SyncDriver(lambda _: Reply(204).response()).pages(turn, prefetch=False)) == [204, 204]
        return

    async def walk() -> list[int]:
        async def send(_: Request) -> httpx.Response:
            return Reply(204).response()

        return [page async for page in AsyncDriver(send).pages(turn, prefetch=True)]

    assert asyncio.run(walk()) == [204, 204]
