# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Flows: each effect gives a result of its own type. They are checked, not run."""

from __future__ import annotations

import httpx

from arize_users._core.effects import Flow, exclusive, in_order, now, parallel, send, sleep, tell
from arize_users._core.request import Request


def flow(request: Request) -> Flow[int]:
    response: httpx.Response = yield from send(request)
    seconds: float = yield from now()
    yield from sleep(seconds)
    inner: bytes = yield from exclusive(body(request), 1.0)
    yield from parallel(iter([body(request)]), 4, print)
    yield from parallel(iter([body(request)]), 4, print, add_one)
    yield from in_order(lambda: body(request), print, print)
    yield from tell("anything")
    yield from in_order(7, print)  # type: ignore[arg-type]
    wrong: httpx.Response = yield from sleep(3)  # type: ignore[assignment, func-returns-value]
    time: str = yield from now()  # type: ignore[assignment]
    number: int = yield from exclusive(body(request), 1.0)  # type: ignore[assignment]
    yield from parallel(iter([body(request)]), 4, add_one)  # type: ignore[arg-type]
    print(wrong, time, number, inner)
    return response.status_code


def body(request: Request) -> Flow[bytes]:
    response = yield from send(request)
    return response.content


def add_one(number: int) -> int:
    return number + 1
