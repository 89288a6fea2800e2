"""The effects that a flow asks its driver for.

A flow is a generator that knows of neither threads nor event loops. It yields an effect, is sent the
result or thrown the error, and returns its value. `SyncDriver` runs flows on threads, `AsyncDriver` in an
anyio task group. A flow calls the functions below with ``yield from``: they give results their types.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import httpx
from attrs import frozen

from .request import Request

T = TypeVar("T")

DEFAULT_PATIENCE = 31.0
"""Seconds that a driver awaits the requests under way when parallel work is stopped."""


@frozen
class Send:
    """Send a request and read the whole response; `RequestFailed` is thrown where none came."""

    request: Request


@frozen
class Sleep:
    """Wait; `Stopped` is thrown when the work around it is stopped meanwhile."""

    seconds: float


@frozen
class Tell:
    """Tell the caller's thread something while the flow goes on; outside of other work nobody hears it."""

    notice: object


@frozen
class Now:
    """Give the monotonic time, in seconds."""


@frozen
class Exclusive:
    """Run a flow while no other exclusive flow of this client runs, waiting so long for that at most."""

    flow: Flow[Any]
    seconds: float


@frozen
class Parallel:
    """Run flows side by side; see `parallel`."""

    flows: Iterator[Flow[Any]]
    limit: int
    report: Callable[[Any], object]
    on_notice: OnNotice


@frozen
class Call:
    """Call a function that may block, such as one that reads or flushes a file, and give its value.

    It is called also where the work around it was stopped: what was done still has to be written down.
    """

    function: Callable[[], Any]


@frozen
class InOrder:
    """Run flows one after another; see `in_order`."""

    next_flow: Callable[[], Flow[Any]]
    report: Callable[[Any], object]
    on_notice: OnNotice


@frozen
class RateLimited:
    """The notice of a flow that waits for a rate limit.

    Args:
        until: When the limit ends, by the monotonic clock: all who wait for the same one say the same.
        seconds: How long it still lasts; 0 once it was waited out.
    """

    until: float
    seconds: float


OnNotice = Callable[[Any], object] | None
Effect = Send | Sleep | Tell | Now | Exclusive | Parallel | Call | InOrder
Flow = Generator[Effect, Any, T]


class Stopped(Exception):
    """The parallel work that this flow is part of was stopped. It never reaches a caller."""


def resume(flow: Flow[Any], result: Any, error: Exception | None) -> Effect:
    """Give a flow the result of its effect, or throw the error into it, and take its next effect."""
    return flow.send(result) if error is None else flow.throw(error)


def send(request: Request) -> Flow[httpx.Response]:
    """Send a request and read the whole response, whatever its status.

    Raises:
        RequestFailed: No whole response came.
    """
    response: httpx.Response = yield Send(request)
    return response


def sleep(seconds: float) -> Flow[None]:
    """Wait.

    Raises:
        Stopped: The work around it was stopped meanwhile.
    """
    yield Sleep(seconds)


def tell(notice: object) -> Flow[None]:
    """Tell the ``on_notice`` of the `parallel` or `in_order` around something."""
    yield Tell(notice)


def now() -> Flow[float]:
    """Give the monotonic time, in seconds."""
    seconds: float = yield Now()
    return seconds


def exclusive(flow: Flow[T], seconds: float) -> Flow[T]:
    """Run a flow while no other exclusive flow of this client runs, and give its value.

    After so many seconds it runs all the same: an interrupt may have left the lock held.
    """
    value: T = yield Exclusive(flow, seconds)
    return value


def parallel(
    flows: Iterator[Flow[T]], limit: int, report: Callable[[T], object], on_notice: OnNotice = None
) -> Flow[None]:
    """Run flows side by side, at most ``limit`` at once, each taken from the iterator when its turn comes.

    ``report`` gets each value as it arrives, one call at a time, on the caller's thread; a worker's next flow
    is taken after that. ``on_notice`` gets what the flows `tell` in the same way. When an interrupt, or an
    exception of ``report``, ``on_notice`` or a flow, ends the work early, no further flow starts, those under
    way are awaited for as long as the driver's ``patience`` and reported, and the interrupt or exception is
    raised as it is. A second one ends the waiting.
    """
    yield Parallel(flows, limit, report, on_notice)


def call(function: Callable[[], T]) -> Flow[T]:
    """Call a function that may block, and give its value; an async driver does so on a thread."""
    value: T = yield Call(function)
    return value


def in_order(
    next_flow: Callable[[], Flow[T | None]], report: Callable[[T], object], on_notice: OnNotice = None
) -> Flow[None]:
    """Run the flows that ``next_flow`` gives one after another, until one comes to None.

    ``report`` gets each value on the caller's thread, while the next flow is under way already, and
    ``on_notice`` what the flows `tell`.
    """
    yield InOrder(next_flow, report, on_notice)
