# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Flows: each effect gives a result of its own type. They are checked, not run."""

from __future__ import annotations

import httpx

from arize_users._core.effects import Flow, exclusive, now, parallel, send, sleep
from arize_users._core.request import Request


def flow(request: Request) -> Flow[int]:
    response: httpx.Response = yield from send(request)
    seconds: float = yield from now()
    yield from sleep(seconds)
    inner: bytes = yield from exclusive(body(request), 1.0)
    yield from parallel(iter([body(request)]), 4, print)
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
