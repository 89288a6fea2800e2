"""Every error that the layer raises, all of them `ArizeError`s.

``str(error)`` says what happened, what the server said, and what to do about it. No error shows an
API key or a temporary password.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from .types import BulkUserDeletionResult


class BetaWarning(FutureWarning):
    """The users functions are in beta: they may change without notice.

    Given once per process, on first use. ``ARIZE_DISABLE_PRERELEASE_WARNINGS=1`` silences it.
    """


class ArizeError(Exception):
    """Base of every error of this package."""

    hint: str | None = None
    """What to do about it; part of the text of the error."""

    after_doubt: bool = False
    """An earlier attempt of the same call may have been carried out before this failure."""

    def __str__(self) -> str:
        message = str(self.args[0]) if self.args else ""
        return f"{message} {self.hint}" if self.hint else message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are unpickled by calling the class with `args`, which keyword-only
        # arguments do not survive; errors must cross process boundaries whole.
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[ArizeError], args: tuple[object, ...], state: Mapping[str, object]) -> ArizeError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(ArizeError):
    """The client cannot be built from these arguments and this environment."""


class InvalidArgumentError(ArizeError, ValueError):
    """An argument cannot be right; no request was sent."""


class PaginationError(ArizeError):
    """The server's cursors lead nowhere: one came twice, or more was promised without one."""


class APIConnectionError(ArizeError):
    """No whole answer came. ``sent`` is False when the request surely never reached the server."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class APITimeoutError(APIConnectionError):
    """The server did not answer in time."""


class ResponseDecodeError(ArizeError):
    """The server did it (2xx), but its answer is not what the contract says.

    ``body`` holds the answer as bytes, so nothing issued in it is lost; it is in no repr.
    """

    def __init__(self, problem: str, *, response: httpx.Response, method: str, path: str) -> None:
        super().__init__(
            f"{method} {path} answered {response.status_code}, but {problem}. "
            "The request was carried out; the answer is in this error's `body`."
        )
        self.status_code = response.status_code
        self.body = response.content
        self.request_id = request_id(response.headers)
        self.method = method
        self.path = path


class OutcomeUnknownError(ArizeError):
    """A user may have been created, but the answer with the temporary password was lost.

    ``email`` is the user's; ``__cause__`` is the failure.
    """

    def __init__(self, message: str, *, email: str) -> None:
        super().__init__(message)
        self.email = email


class BulkInterrupted(ArizeError):
    """A bulk delete was stopped midway; ``__cause__`` says by what.

    ``results`` holds every outcome, in the order of the inputs; ``pending`` the ids and emails that
    were not attempted, as the caller spelled them. Calling again with ``pending`` goes on.
    """

    def __init__(
        self, message: str, *, results: Sequence[BulkUserDeletionResult], pending: Sequence[str]
    ) -> None:
        super().__init__(message)
        self.results = list(results)
        self.pending = list(pending)


class APIError(ArizeError):
    """The server refused or failed: any status of 300 and above, whatever its body.

    ``title``, ``detail``, ``type``, ``instance`` and ``error_code`` are those of the problem document
    (RFC 9457), None where the server did not say; ``retry_after`` is in seconds.
    """

    advice: str | None = None

    def __init__(self, response: httpx.Response, *, method: str, path: str) -> None:
        problem = _problem(response)
        self.status_code = response.status_code
        self.title = _text(problem, "title")
        self.detail = _text(problem, "detail")
        self.type = _text(problem, "type")
        self.instance = _text(problem, "instance")
        self.error_code = _text(problem, "error_code")
        self.request_id = request_id(response.headers)
        self.retry_after = _retry_after(response.headers)
        self.body = response.content
        self.method = method
        self.path = path
        self.hint = self.advice
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        said = self.title or _phrase(self.status_code)
        if self.detail and self.detail != said:
            said = f"{said}: {self.detail}" if said else self.detail
        where = f"{self.method} {self.path}"
        if self.request_id:
            where += f", request id {self.request_id}"
        return f"{self.status_code} {said}".strip().rstrip(".") + f" ({where})."


class BadRequestError(APIError):
    """400: the request is malformed, or the user's state does not allow it."""


class UnauthorizedError(APIError):
    """401: the API key is missing, wrong or expired."""

    advice = "Check the API key (api_key or ARIZE_API_KEY) and that it belongs to this endpoint."


class ForbiddenError(APIError):
    """403: the caller may not do this."""

    advice = "Use the key of an admin, or of a role with the permission."


class NotFoundError(APIError):
    """404: there is no such user in this account, or the user is blocked."""

    advice = "Check the id; users.get with an email address finds it."


class ConflictError(APIError):
    """409: the email belongs to a user who is active or blocked for good."""

    advice = "users.get with the email shows the user; a blocked one is not shown and cannot return."


class UnprocessableEntityError(APIError):
    """422: well formed, but it cannot be carried out, as with a server without custom roles."""


class RateLimitError(APIError):
    """429: too many requests; ``retry_after`` says how many seconds to wait, if the server did."""

    advice = "Wait and ask again, with fewer requests at once."


class ServerError(APIError):
    """500 and above: the server, or a proxy before it, failed."""

    advice = "This is on the server's side: ask again later."


_CLASSES: Mapping[int, type[APIError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def api_error(response: httpx.Response, *, method: str, path: str) -> APIError:
    """Make the error for an answer that is not a 2xx."""
    status = response.status_code
    fallback = ServerError if status >= 500 else APIError
    return _CLASSES.get(status, fallback)(response, method=method, path=path)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Find the id under which the server logged a request."""
    return headers.get("x-request-id") or headers.get("request-id")


def _problem(response: httpx.Response) -> Mapping[str, object]:
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _text(problem: Mapping[str, object], member: str) -> str | None:
    value = problem.get(member)
    return value if isinstance(value, str) and value else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in whole seconds or as an HTTP date, as seconds from now."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # Slow to load, and most answers need it not.

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
