"""When a request is sent again: by operation, never by HTTP method.

| operation                  | sent again after                                            |
|----------------------------|-------------------------------------------------------------|
| list, get, update, delete, | a broken or refused connection, a timeout, 429, 502, 503,   |
| create with email_link     | 504                                                         |
| create with another mode,  | a connection that was never made, 429                       |
| resend, reset              |                                                             |

The operation says what a repetition means (a 404 that means deleted, a user who may exist):
`Answer.maybe_applied`, `Failure.maybe_applied` and `Failure.api_status` tell it what it needs.
"""

from __future__ import annotations

import itertools
import json
import logging
import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from attrs import define, field, frozen

from ..errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    ArizeError,
    ResponseDecodeError,
    moment_in,
    request_id,
    retry_after,
    status_error_class,
)
from .bodies import LONGEST_BODY, is_cut_off, is_unread
from .effects import Flow, RateLimited, Stopped, now, send, sleep, tell
from .request import Request, RequestFailed
from .runtime import ProcessLock

FIRST_BACKOFF = 0.5
"""Seconds; doubled for each further retry."""
LONGEST_BACKOFF = 8.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds; a server that asks for more is reported at once, not waited for."""
RATE_LIMITED = 429
TRANSIENT_STATUSES = frozenset({502, 503, 504})

logger = logging.getLogger("arize_users")
logger.addHandler(logging.NullHandler())


@frozen(kw_only=True)
class Answer:
    """A 2xx response. ``maybe_applied``: an earlier attempt may have been carried out already."""

    request: Request
    response: httpx.Response
    maybe_applied: bool
    endpoint: Mapping[str, str]
    _parsed: dict[str, Any] = field(factory=dict, init=False, eq=False)

    @property
    def document(self) -> Any:
        """The JSON of the body, parsed once.

        Raises:
            ResponseDecodeError: It is not JSON, or too long.
        """
        # Not a cached_property: that of Python 3.11 holds one lock for all instances, in forked processes
        # for good.
        if "document" not in self._parsed:
            if is_cut_off(self.response):
                raise self.decode_error(f"its body is longer than {LONGEST_BODY:,} bytes, and was cut off")
            try:
                self._parsed["document"] = json.loads(self.response.content)
            except (ValueError, RecursionError) as error:
                raise self.decode_error("its body is not JSON") from error
        return self._parsed["document"]

    def decode_error(self, problem: str) -> ResponseDecodeError:
        """Make the error for a body that cannot be read."""
        facts = _facts(self.request, maybe_applied=True)
        return ResponseDecodeError(problem, response=self.response, **facts, **self.endpoint)


@frozen(kw_only=True)
class Failure:
    """What became of a request that got no 2xx response: a refusal, or no whole response.

    ``maybe_applied``: this attempt or an earlier one may have been carried out. ``endpoint`` is what was
    asked, and what named it. ``cause`` is the ``__cause__`` of the error.
    """

    request: Request
    response: httpx.Response | None = None
    reason: RequestFailed | None = None
    maybe_applied: bool
    endpoint: Mapping[str, str]
    cause: BaseException | None = None

    @property
    def status(self) -> int | None:
        """The status of a refusal; None where no whole response came."""
        return None if self.response is None else self.response.status_code

    @property
    def api_status(self) -> int | None:
        """The status of the API's own refusal of what was asked; None where others may have answered.

        Where an event hook of the caller's left the body unread, the API is believed to have refused the only
        attempt, as nothing hangs on it but the case of values.
        """
        error = self.error()
        if not isinstance(error, APIStatusError):
            return None
        is_the_apis = error.is_from_api and not error.is_about_route
        is_believed = self.response is not None and is_unread(self.response) and not self.maybe_applied
        return error.status_code if is_the_apis or is_believed else None

    def error(self, hint: str | None = None) -> APIError:
        """Make the error for it; ``hint`` takes the place of the general advice."""
        facts = {**_facts(self.request, maybe_applied=self.maybe_applied), **self.endpoint}
        error: APIError
        if self.response is not None:
            error = status_error_class(self.response.status_code)(self.response, hint=hint, **facts)
        else:
            assert self.reason is not None
            kind = APITimeoutError if self.reason.timed_out else APIConnectionError
            message = f"{self.request.method} {self.request.path}: {self.reason.reason}."
            error = kind(message, sent=self.reason.sent, hint=hint, **facts)
        error.__cause__ = self.cause
        return error


@define(eq=False)
class Attempts:
    """What is known of the attempts of one write, at every moment and whatever ends them.

    Args:
        unanswered: A request was sent, and no refusal came for it: its answer is still to come, is lost, or
            is a 2xx.
        failure: What became of the last attempt that ended without a 2xx.
    """

    unanswered: bool = False
    failure: Failure | None = None


def _facts(request: Request, *, maybe_applied: bool) -> dict[str, Any]:
    return {
        "operation": request.operation,
        "method": request.method,
        "path": request.path,
        "maybe_applied": maybe_applied and request.method != "GET",
    }


@frozen
class Pause:
    """A time to send nothing: until when, by the monotonic clock, and its seconds from the beginning."""

    until: float
    seconds: float

    def left(self, time: float) -> float:
        """Give the seconds that it still lasts: never more than it began with, wherever a clock jumps."""
        return min(self.until - time, self.seconds)


class RateLimitPause:
    """The time in which no thread or task of a client sends a request: a rate limit is the account's."""

    def __init__(self) -> None:
        self._exclusion = ProcessLock()
        self.current: Pause | None = None

    def extend(self, pause: Pause) -> Pause:
        """Send nothing until a pause is over, or one that is longer; give the one that holds."""
        with self._exclusion.lock:
            if self.current is None or pause.until > self.current.until:
                self.current = pause
            return self.current

    def end(self, pause: Pause) -> None:
        """Note that a pause was waited out. It alone ends; by the wait, since a clock may stand still."""
        with self._exclusion.lock:
            if self.current is pause:
                self.current = None


class _Stopwatch:
    """Measures by the clock and by the waits: the clock may stand still while something waits."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._waited = 0.0

    def time(self) -> Flow[float]:
        """Give the monotonic time: at least as much has passed since the first call as was waited."""
        time = yield from now()
        if self._began is None:
            self._began = time
        return max(time, self._began + self._waited)

    def wait(self, seconds: float, rate_limit: Pause | None = None) -> Flow[None]:
        """Wait, and count it; the caller is told of a rate limit."""
        if rate_limit is not None:
            yield from tell(RateLimited(rate_limit.until, seconds))
        yield from sleep(seconds)
        self._waited += seconds
        if rate_limit is not None:
            yield from tell(RateLimited(rate_limit.until, 0.0))


class Retrier:
    """Sends the requests of one client, again where that is safe. Shared by its threads and tasks."""

    def __init__(
        self,
        *,
        max_retries: int,
        total_timeout: float | None = None,
        endpoint: Mapping[str, str] = {},
        pause: RateLimitPause | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._max_retries = max_retries
        self._total_timeout = math.inf if total_timeout is None else total_timeout
        self._endpoint = endpoint
        self._pause = pause or RateLimitPause()
        self._uniform = uniform

    def with_options(self, *, max_retries: int, total_timeout: float | None) -> Retrier:
        """Give a retrier that shares this one's pause."""
        return Retrier(
            max_retries=max_retries,
            total_timeout=total_timeout,
            endpoint=self._endpoint,
            pause=self._pause,
            uniform=self._uniform,
        )

    def deadline(self) -> Flow[float]:
        """Give the time at which an operation that begins now is given up."""
        return (yield from now()) + self._total_timeout

    def timed(self, request: Request) -> Flow[Request]:
        """Let the time of an operation begin, unless its request has a deadline already."""
        if request.deadline < math.inf:
            return request
        return request.until((yield from self.deadline()))

    def send(
        self, request: Request, *, repeatable: bool, attempts: Attempts | None = None
    ) -> Flow[Answer | Failure]:
        """Send a request until it is answered with a 2xx, must not be sent again, or has no time left.

        ``repeatable``: doing it twice is the same as doing it once. ``attempts`` is kept true all the while.
        """
        attempts = attempts or Attempts()
        request = yield from self.timed(request)
        failure: Failure | None = None
        maybe_applied = False
        pause: Pause | None = None
        wait = 0.0
        watch = _Stopwatch()
        for retry in itertools.count(1):
            try:
                if pause is not None:
                    is_limited = failure is not None and failure.status == RATE_LIMITED
                    yield from watch.wait(wait, pause if is_limited else None)
                    self._pause.end(pause)
                left = yield from self._wait_for_pause(watch, request.deadline)
                if left is not None:
                    return failure or self._never_sent(request, left)
                outcome = yield from self._attempt(request, maybe_applied, attempts)
            except Stopped:
                if failure is None:
                    raise
                return failure
            if isinstance(outcome, Answer):
                return outcome
            failure = outcome
            delay = self._delay(failure, retry)
            if delay is None:
                return failure
            time = yield from watch.time()
            pause = Pause(time + delay, delay)
            if failure.status == RATE_LIMITED and self._max_retries:
                pause = self._pause.extend(pause)
            wait = pause.left(time)
            may_repeat = retry <= self._max_retries and (repeatable or not failure.maybe_applied)
            if not may_repeat or time + wait >= request.deadline:
                return failure
            maybe_applied = failure.maybe_applied
            _log_retry(failure, retry, self._max_retries, wait)
        raise AssertionError("unreachable")

    def _attempt(self, request: Request, maybe_applied: bool, attempts: Attempts) -> Flow[Answer | Failure]:
        unanswered = attempts.unanswered
        attempts.unanswered = True  # Before it is sent: an interrupt may come at any moment.
        began = (yield from now()) if logger.isEnabledFor(logging.DEBUG) else None
        try:
            response = yield from send(request)
        except (ArizeError, Stopped):
            attempts.unanswered = unanswered  # It was not sent.
            raise
        except RequestFailed as reason:
            yield from _log_attempt(request, reason, began)
            unanswered = unanswered or reason.sent
            failure = Failure(
                request=request,
                reason=reason,
                maybe_applied=maybe_applied or reason.sent,
                endpoint=self._endpoint,
                cause=reason.__cause__,
            )
        else:
            yield from _log_attempt(request, response, began)
            if response.is_success:  # The operation says whether it is the API's, and settles the write.
                return Answer(
                    request=request, response=response, maybe_applied=maybe_applied, endpoint=self._endpoint
                )
            failure = Failure(
                request=request,
                response=response,
                maybe_applied=maybe_applied or response.status_code >= 500,
                endpoint=self._endpoint,
            )
        attempts.failure = failure
        attempts.unanswered = unanswered
        return failure

    def _delay(self, failure: Failure, retry: int) -> float | None:
        """Say how long to wait before a retry, counted from 1; None when waiting would not help."""
        response = failure.response
        if response is not None:
            if response.status_code != RATE_LIMITED and response.status_code not in TRANSIENT_STATUSES:
                return None
            asked = retry_after(response.headers)
            if asked is not None:
                return asked if asked <= LONGEST_RETRY_AFTER else None
        return self._uniform(0.0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (retry - 1)))

    def _wait_for_pause(self, watch: _Stopwatch, deadline: float) -> Flow[float | None]:
        """Wait while the account must not be asked.

        Where that leaves no time for an attempt, do not wait; give the seconds that the pause still lasts.
        """
        while (pause := self._pause.current) is not None:
            time = yield from watch.time()
            left = pause.left(time)
            if left <= 0:
                break
            if time + left >= deadline:
                return left
            yield from watch.wait(left, pause)
            self._pause.end(pause)
        return None

    def _never_sent(self, request: Request, pause: float) -> Failure:
        text = f"the rate limit of the account lasts until {moment_in(pause)}, when total_timeout is over"
        reason = RequestFailed(text, sent=False, timed_out=True)
        return Failure(request=request, reason=reason, maybe_applied=False, endpoint=self._endpoint)


def _kind(reason: RequestFailed) -> str:
    return "APITimeoutError" if reason.timed_out else "APIConnectionError"


def _log_attempt(
    request: Request, outcome: httpx.Response | RequestFailed, began: float | None
) -> Flow[None]:
    if began is None:  # Nobody reads it.
        return
    seconds = (yield from now()) - began
    if isinstance(outcome, RequestFailed):
        told = _kind(outcome)
    else:
        known_as = request_id(outcome.headers)
        told = f"{outcome.status_code}, request id {known_as}" if known_as else str(outcome.status_code)
    logger.debug("%s %s: %s, in %.3f s", request.method, request.target, told, seconds)


def _log_retry(failure: Failure, retry: int, retries: int, delay: float) -> None:
    # The class or status only: what a server or a library says may quote what was sent.
    request = failure.request
    reason = failure.status or (failure.reason and _kind(failure.reason))
    logger.warning(
        "%s %s: %s; retry %d of %d in %.2f s",
        *(request.method, request.path, reason, retry, retries, delay),
    )
