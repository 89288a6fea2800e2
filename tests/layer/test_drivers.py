"""What a flow can rely on, whatever runs it: threads, or an event loop of asyncio or trio."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint
from support.answers import Answer, Reply

from arize_users._core.async_driver import AsyncDriver
from arize_users._core.effects import (
    Flow,
    Now,
    Stopped,
    call,
    exclusive,
    in_order,
    now,
    parallel,
    send,
    sleep,
    tell,
)
from arize_users._core.request import Request, RequestFailed
from arize_users._core.sync_driver import SyncDriver

Run = Callable[..., Any]
NO_CONTENT = Reply(204)
REQUEST = Request(operation="list_users", method="GET", path="/v2/users")


class Boom(Exception):
    """A failure of a flow's own."""


@pytest.fixture(params=["threads", "asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """What runs the flows."""
    return str(request.param)


def _driver(backend: str, answer: Answer = NO_CONTENT) -> Any:
    """Make a driver that answers every request with the same."""

    def respond(_: Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer.response()

    async def respond_later(request: Request) -> httpx.Response:
        await checkpoint()
        return respond(request)

    return SyncDriver(respond) if backend == "threads" else AsyncDriver(respond_later)


@pytest.fixture
def run(backend: str) -> Run:
    """Run a flow with a new driver."""

    def run(flow: Flow[Any], answer: Answer = NO_CONTENT) -> Any:
        driver = _driver(backend, answer)
        return driver.run(flow) if backend == "threads" else anyio.run(driver.run, flow, backend=backend)

    return run


def _request(result: Any = None) -> Flow[Any]:
    response = yield from send(REQUEST)
    return response.status_code if result is None else result


def test_one_flow(run: Run) -> None:
    """A flow gets times, waits, responses of any status and failures; its value or exception comes out."""
    closed = []

    def flow() -> Flow[tuple[float, int]]:
        try:
            before = yield from now()
            yield from sleep(0.001)
            response = yield from send(REQUEST)
            return (yield from now()) - before, response.status_code
        finally:
            closed.append(True)

    waited, status = run(flow(), Reply(503))
    assert waited >= 0.001
    assert status == 503
    with pytest.raises(RequestFailed, match="broke"):
        run(flow(), RequestFailed("it broke", sent=True))
    assert closed == [True, True]


def test_exclusive(run: Run) -> None:
    """Exclusive flows do not overlap; what they give or raise comes through."""
    inside: list[int] = []

    def one(number: int) -> Flow[int]:
        inside.append(number)
        yield from sleep(0.0)
        yield from send(REQUEST)
        assert inside == [number]
        inside.remove(number)
        if number == 3:
            raise Boom
        return number

    def caught(number: int) -> Flow[Any]:
        try:
            return (yield from exclusive(one(number), 60.0))
        except Boom:
            return "boom"

    results: list[Any] = []
    run(parallel((caught(number) for number in range(8)), 4, results.append))
    assert sorted(map(str, results)) == ["0", "1", "2", "4", "5", "6", "7", "boom"]


def test_exclusive_in_time(run: Run) -> None:
    """A flow waits only so long for its turn: an interrupt may have left the lock held."""
    ended: list[str] = []

    def hold() -> Flow[None]:
        while "other" not in ended:
            yield from sleep(0.001)
        ended.append("holder")

    def other() -> Flow[None]:
        ended.append("other")
        yield from now()

    run(parallel(iter([exclusive(hold(), 60.0), exclusive(other(), 0.01)]), 2, lambda _: None))
    assert ended == ["other", "holder"]


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_parallel(run: Run, limit: int) -> None:
    """Flows in parallel report once each, and no more than the limit are under way."""
    under_way: list[int] = []
    results: list[int] = []

    def one(number: int) -> Flow[int]:
        under_way.append(number)
        assert len(under_way) <= limit
        yield from send(REQUEST)
        under_way.remove(number)
        return number

    run(parallel((one(number) for number in range(12)), limit, results.append))
    assert sorted(results) == list(range(12))
    run(parallel(iter(()), limit, _boom))


def _raised(flows: Iterator[Flow[Any]], report: Callable[[Any], None], limit: int = 2) -> Flow[Any]:
    try:
        yield from parallel(flows, limit, report)
    except Boom as error:
        return error
    return "nothing raised"


def _boom(_: object = None) -> Any:
    raise Boom


@pytest.mark.parametrize("fails", ["report", "flow", "source"])
def test_what_stops_parallel_work(run: Run, fails: str) -> None:
    """An exception of the report, of a flow, or of what gives the flows stops the rest, and is raised."""
    begun: list[int] = []

    def one(number: int) -> Flow[int]:
        begun.append(number)
        yield from send(REQUEST)
        return _boom() if fails == "flow" else number

    def flows() -> Iterator[Flow[Any]]:
        for number in range(50):
            yield one(number)
            if fails == "source":
                raise Boom

    assert isinstance(run(_raised(flows(), _boom if fails == "report" else begun.count)), Boom)
    assert len(begun) < 50


def test_waits_end_when_work_stops(run: Run) -> None:
    """A wait ends at once when the work is stopped, and nothing more is started."""
    stopped: list[str] = []

    def patient() -> Flow[str]:
        for name, effect in (
            ("wait", sleep(3600.0)),
            ("request", send(REQUEST)),
            ("next wait", sleep(3600.0)),
        ):
            try:
                yield from effect
            except Stopped:
                stopped.append(name)
        yield from now()
        return "patient"

    def report(result: Any) -> None:
        if result != "patient":
            raise Boom

    assert isinstance(run(_raised(iter([patient(), _request()]), report)), Boom)
    assert stopped == ["wait", "request", "next wait"]


def _items(backend: str, pages: Iterator[Flow[Any]], *, prefetch: bool, most: int = 9) -> list[Any]:
    """Give the first items of pages, and the exception that follows them, if any."""
    items = _driver(backend).iterate(lambda: next(pages), prefetch=prefetch)
    got: list[Any] = []

    async def collect() -> None:
        async with aclosing(items):
            while len(got) < most:
                got.append(await anext(items))
        await wait_all_tasks_blocked()

    try:
        if backend == "threads":
            with closing(items):
                got.extend(itertools.islice(items, most))
        else:
            anyio.run(collect, backend=backend)
    except StopAsyncIteration:
        pass
    except Boom:
        got.append("boom")
    return got


def _page(*items: int) -> Flow[Any]:
    yield from now()
    return items


def _no_page() -> Flow[Any]:
    return None
    yield Now()


def _failing_page() -> Flow[Any]:
    yield from now()
    raise Boom


@pytest.mark.parametrize("prefetch", [False, True])
def test_iterate(backend: str, prefetch: bool) -> None:
    """The items of each page are given in order, until there is no page or one fails."""
    pages = [_page(1, 2), _page(), _page(3)]
    assert _items(backend, iter([*pages, _no_page()]), prefetch=prefetch) == [1, 2, 3]
    assert _items(backend, iter([_page(1, 2), _failing_page()]), prefetch=prefetch) == [1, 2, "boom"]
    assert _items(backend, iter([_page(1, 2), _failing_page()]), prefetch=prefetch, most=1) == [1]


def _exiting_page() -> Flow[Any]:
    yield from now()
    raise SystemExit(3)


def test_an_exit_in_the_page_ahead(backend: str) -> None:
    """An exit that is raised while the page ahead is fetched ends the loop as it is."""
    with pytest.raises(SystemExit):
        _items(backend, iter([_page(1), _exiting_page()]), prefetch=True)


CALLER: ContextVar[str] = ContextVar("CALLER", default="nobody")


def _page_of_the_caller() -> Flow[Any]:
    yield from now()
    return (CALLER.get(),)


def test_context_variables(backend: str, run: Run) -> None:
    """A page ahead, and flows side by side, see the context variables of their caller, as tracing needs."""
    token = CALLER.set("me")
    seen: list[Any] = []
    try:
        assert _items(backend, iter([_page_of_the_caller(), _no_page()]), prefetch=True) == ["me"]
        run(parallel(iter([_page_of_the_caller()]), 1, seen.append))
    finally:
        CALLER.reset(token)
    assert seen == [("me",)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_leaving_ends_the_page_ahead(backend: str) -> None:
    """The page ahead waits no longer for a caller who has left the loop."""
    ended = []

    def waiting() -> Flow[Any]:
        try:
            yield from sleep(3600.0)
        finally:
            ended.append(True)

    assert _items(backend, iter([_page(1, 2), waiting()]), prefetch=True, most=1) == [1]
    assert ended == [True]


def test_notices(run: Run) -> None:
    """What flows tell beside each other reaches the caller's thread, each before the value of its flow."""
    heard: list[Any] = []
    threads: set[int] = set()

    def hear(notice: Any) -> None:
        threads.add(threading.get_ident())
        heard.append(notice)

    def one(number: int) -> Flow[int]:
        yield from tell(f"begin {number}")
        yield from send(REQUEST)
        yield from tell(f"end {number}")
        return number

    run(parallel((one(number) for number in range(5)), 3, hear, hear))
    assert len(heard) == 15
    for number in range(5):
        assert heard.index(f"begin {number}") < heard.index(f"end {number}") < heard.index(number)
    assert len(threads) == 1
    assert run(one(7)) == 7


def test_notices_in_order(run: Run) -> None:
    """What flows tell one after another reaches the caller's thread, too; without a listener it is lost."""
    for listens in (True, False):
        heard: list[Any] = []
        pages = iter([1, 2, None])

        def page(number: int | None) -> Flow[int | None]:
            yield from tell(f"page {number}")
            return number

        notices = heard.append if listens else None
        run(in_order(lambda pages=pages: page(next(pages)), heard.append, notices))  # type: ignore[misc]
        assert [one for one in heard if isinstance(one, int)] == [1, 2]
        assert [one for one in heard if isinstance(one, str)] == (
            ["page 1", "page 2", "page None"] if listens else []
        )


def test_calls(run: Run) -> None:
    """What a function gives or raises comes to the flow that has it called."""

    def fail() -> None:
        raise Boom

    def flow() -> Flow[Any]:
        value = yield from call(lambda: 7)
        try:
            yield from call(fail)
        except Boom:
            return value

    assert run(flow()) == 7


@pytest.mark.parametrize("way", ["asyncio", "anyio", "trio"])
def test_a_call_is_not_cut_off(way: str) -> None:
    """A flow that is cancelled while a function is called ends after it: what it opened can be closed."""
    begun, go_on = threading.Event(), threading.Event()
    events: list[str] = []

    def open_it() -> None:
        begun.set()
        assert go_on.wait(10)
        events.append("opened")

    def flow() -> Flow[None]:
        try:
            yield from call(open_it)
        finally:
            events.append("closed")

    async def by_asyncio() -> None:
        task = asyncio.create_task(_driver("asyncio").run(flow()))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def by_scope() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(_driver(way).run, flow())
            await anyio.to_thread.run_sync(begun.wait, 10)
            group.cancel_scope.cancel()
            go_on.set()

    if way == "asyncio":
        anyio.run(by_asyncio)
    else:
        anyio.run(by_scope, backend="trio" if way == "trio" else "asyncio")
    assert events == ["opened", "closed"]


@pytest.mark.parametrize("kind", ["parallel", "in order"])
def test_exceptions_of_a_listener(run: Run, kind: str) -> None:
    """An exception of the one who is told ends the work and is raised as it is."""

    def stop(_: Any) -> None:
        raise Boom

    def one() -> Flow[int | None]:
        yield from tell("news")
        yield from sleep(3600.0)
        return None

    side_by_side = parallel(iter([one(), one()]), 2, lambda _: None, stop)
    with pytest.raises(Boom):
        run(side_by_side if kind == "parallel" else in_order(one, lambda _: None, stop))


@pytest.mark.parametrize("raises", [False, True])
def test_leaving_does_not_wait_for_the_page_ahead(raises: bool) -> None:
    """Leaving the loop, or raising in it, waits for no request of the page ahead, which is not retried."""
    sending, answered, ended = threading.Event(), threading.Event(), threading.Event()

    def respond(_: Request) -> httpx.Response:
        sending.set()
        assert answered.wait(10)
        return NO_CONTENT.response()

    def waiting() -> Flow[Any]:
        yield from send(REQUEST)
        try:
            yield from sleep(3600.0)
        except Stopped:
            ended.set()
            raise

    pages = iter([_page(1, 2), waiting()])
    items = SyncDriver(respond).iterate(lambda: next(pages), prefetch=True)
    assert next(items) == 1
    assert sending.wait(10)
    if raises:
        with pytest.raises(Boom):
            items.throw(Boom())
    else:
        items.close()
    answered.set()
    assert ended.wait(10)
