"""When a request is sent again: by operation, never by HTTP method.

| operation                  | sent again after                                            |
|----------------------------|-------------------------------------------------------------|
| list, get, update, delete, | a broken or refused connection, a timeout, 429, 502, 503,   |
| create with email_link     | 504                                                         |
| create with another mode,  | a connection that was never made, 429                       |
| resend, reset              |                                                             |

What follows from a repetition (a 404 that means deleted, a user who may exist) is the operation's to say:
`Delivery.repeated` and `in_doubt` tell it what it needs.
"""

from __future__ import annotations

import itertools
import logging
import random
import threading
from collections.abc import Callable

import httpx
from attrs import frozen

from ._flow import Flow, Now, Send, Sleep, Stopped
from ._wire import Request
from .errors import (
    APIConnectionError,
    APIError,
    ArizeError,
    RateLimitError,
    ServerError,
    api_error,
)

FIRST_BACKOFF = 0.5
"""Seconds; doubled for each further repetition."""
LONGEST_BACKOFF = 8.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds; a server that wants a longer pause is reported at once, not waited for."""
TIME_BUDGET = 120.0
"""Seconds from the first attempt; no repetition starts later."""
TRANSIENT_STATUSES = frozenset({502, 503, 504})

logger = logging.getLogger("arize_users")
logger.addHandler(logging.NullHandler())


@frozen
class Delivery:
    """A 2xx answer to ``request``. ``repeated``: an earlier attempt may have been carried out already."""

    request: Request
    response: httpx.Response
    repeated: bool


def in_doubt(failure: ArizeError) -> bool:
    """Tell whether the server may have carried out a request that failed so."""
    if isinstance(failure, APIConnectionError):
        return failure.sent
    return isinstance(failure, ServerError)


def _transient(failure: ArizeError) -> bool:
    if isinstance(failure, APIError):
        return isinstance(failure, RateLimitError) or failure.status_code in TRANSIENT_STATUSES
    return isinstance(failure, APIConnectionError)


class Retrier:
    """Sends the requests of one client, again where that is safe. Shared by its threads and tasks."""

    def __init__(
        self, *, max_retries: int, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._max_retries = max_retries
        self._uniform = uniform
        self._lock = threading.Lock()
        self._paused_until = 0.0

    def deliver(self, request: Request, *, repeatable: bool) -> Flow[Delivery]:
        """Send a request until it is answered with a 2xx or must not be sent again.

        ``repeatable``: doing it twice is the same as doing it once. The last failure is raised; its
        ``after_doubt`` says that an attempt before it may have been carried out.
        """
        started: float = yield Now()
        failure: ArizeError | None = None
        doubted = False
        back_off: float | None = None
        for retry in itertools.count(1):
            try:
                if back_off is not None:
                    yield Sleep(back_off)
                yield from self._wait_for_pause(failure, started)
                answer = yield from self._attempt(request)
            except Stopped:
                if failure is None:
                    raise
                raise failure from None
            if isinstance(answer, httpx.Response):
                return Delivery(request, answer, repeated=doubted)
            failure = answer
            failure.after_doubt = doubted
            delay = self._delay(failure, retry)
            now: float = yield Now()
            self._pause_everyone(failure, now, delay)
            may_repeat = retry <= self._max_retries and (repeatable or not in_doubt(failure))
            if delay is None or not may_repeat or now + delay - started > TIME_BUDGET:
                break
            doubted = doubted or in_doubt(failure)
            _log(request, failure, retry, self._max_retries, delay)
            # What a 429 asks for is in everyone's pause already.
            back_off = None if isinstance(failure, RateLimitError) else delay
        assert failure is not None
        raise failure

    def _attempt(self, request: Request) -> Flow[httpx.Response | ArizeError]:
        try:
            response: httpx.Response = yield Send(request)
        except APIConnectionError as error:
            logger.debug("%s %s: %s", request.method, request.path, type(error).__name__)
            return error
        logger.debug("%s %s: %d", request.method, request.path, response.status_code)
        if response.is_success:
            return response
        return api_error(response, method=request.method, path=request.path)

    def _delay(self, failure: ArizeError, retry: int) -> float | None:
        """Say how long to wait before a retry, counted from 1; None when waiting would not help."""
        if not _transient(failure):
            return None
        asked = failure.retry_after if isinstance(failure, APIError) else None
        if asked is not None:
            return asked if asked <= LONGEST_RETRY_AFTER else None
        return self._uniform(0.0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (retry - 1)))

    def _pause_everyone(self, failure: ArizeError, now: float, delay: float | None) -> None:
        # The limit is the account's, so the pause is every worker's, kept before each attempt.
        if isinstance(failure, RateLimitError) and delay is not None and self._max_retries:
            with self._lock:
                self._paused_until = max(self._paused_until, now + delay)

    def _wait_for_pause(self, failure: ArizeError | None, started: float) -> Flow[None]:
        while self._paused_until:
            now: float = yield Now()
            left = self._paused_until - now
            if left <= 0:
                return
            if failure is not None and now + left - started > TIME_BUDGET:
                raise failure
            yield Sleep(left)


def _log(request: Request, failure: ArizeError, retry: int, retries: int, delay: float) -> None:
    # The class or status only: what a server or a library says may quote what was sent.
    reason = failure.status_code if isinstance(failure, APIError) else type(failure).__name__
    logger.warning(
        "%s %s: %s; retry %d of %d in %.2f s",
        *(request.method, request.path, reason, retry, retries, delay),
    )
