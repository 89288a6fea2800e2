"""Every error that this package raises, all of them `ArizeError`s.

::

    ArizeError
     ├── ConfigurationError        the client cannot be built from its settings
     │    └── NoSandboxError       the account of the client whose sandbox was read is no local one
     ├── InvalidArgumentError      an argument cannot be right; no request was sent
     │    └── RosterError          a roster's file cannot be read as it stands
     ├── PlanRefusedError          a guard of a plan, or another account; nothing was changed
     ├── JournalError              a plan's file, a journal or a file of passwords cannot be used
     ├── MissingFieldError         a field that the server left out was read
     ├── AmbiguousEmailError       two users match an email; nothing was done to either
     ├── OutcomeUnknownError       a temporary password may have been issued, and is lost
     ├── BulkInterrupted           a function that a bulk operation called raised an exception
     └── APIError                  what came of talking to the API
          ├── APIStatusError       a refusal or failure: BadRequestError 400, UnauthorizedError 401,
          │                        ForbiddenError 403, NotFoundError 404, ConflictError 409,
          │                        UnprocessableEntityError 422, RateLimitError 429, ServerError 500 and above
          ├── APIConnectionError   no whole answer came; its child APITimeoutError: none in time
          ├── ResponseDecodeError  a success whose body is not what the contract says
          └── PaginationError      the server's cursors do not lead through the list, or it moves all the time

``str(error)`` says what happened, what the server said, and what to do about it. No error shows an
API key or a temporary password.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ._headers import moment_in as moment_in
from ._headers import request_id as request_id
from ._headers import retry_after as retry_after
from ._speaker import NOT_ABOUT_USERS as NOT_ABOUT_USERS
from ._speaker import NOT_FROM_API as NOT_FROM_API
from ._speaker import described, is_from_api, names_unknown_route, problem_of, redirect_target, text_of

if TYPE_CHECKING:
    import httpx

    from ._users.roster.entries import RowProblem
    from ._users.roster.parts import Refusal
    from ._users.roster.rejects import Rejects
    from .results import UserResult


NOT_REACHED = "no connection could be made"
"""What an error or a result says where no request has left, since the endpoint was not reached."""

MAYBE_SENT = "The mail may have been sent: ask the user before sending another."
"""What an error or a result says of a mail that was requested, and of which nobody knows."""


class BetaWarning(FutureWarning):
    """The users functions are in beta: they may change without notice.

    Given once per process, on first use. ``ARIZE_DISABLE_PRERELEASE_WARNINGS=1`` silences it.
    """


class ConfigurationWarning(UserWarning):
    """A variable that looks as if it named the endpoint, or an entry of NO_PROXY, is not read."""


class ArizeError(Exception):
    """Base of every error of this package.

    Args:
        message: What happened.
        hint: What to do about it.

    Attributes:
        message: What happened, without what to do about it.
        hint: What to do about it, in a sentence; None where there is nothing to advise.
        cursor: Out of `iter` and `iter_pages`: the cursor of the page that failed, from which they go on
            when it is passed to them. None for the first page, and where no list was read.
    """

    message: str
    hint: str | None
    cursor: str | None = None

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self._with_hint(self.message)

    def _with_hint(self, text: str) -> str:
        if not self.hint:
            return text
        end = "" if text.endswith((".", "?", "!")) else "."
        return f"{text}{end} {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are unpickled by calling the class with `args`, which keyword-only
        # arguments do not survive; errors must cross process boundaries whole.
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[ArizeError], args: tuple[object, ...], state: Mapping[str, object]) -> ArizeError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class _OfArgument(ArizeError):
    argument: str | None
    index: int | None

    def __init__(
        self,
        message: str = "",
        *,
        argument: str | None = None,
        index: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.argument = argument
        self.index = index

    def _text(self, label: str | None) -> str:
        if label is None:
            return self.message
        return f"{label}: {self.message}" if self.index is None else f"{label}[{self.index}]: {self.message}"

    def __str__(self) -> str:
        return self._with_hint(self._text(self.argument))


class ConfigurationError(_OfArgument):
    """The client cannot be built from these arguments and this environment.

    Attributes:
        argument: The parameter that cannot be used; None where no single one is at fault.
        index: The place in a list, counted from 0.
        variable: The environment variable that the setting came from.
    """

    variable: str | None

    def __init__(self, message: str = "", *, variable: str | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.variable = variable

    def __str__(self) -> str:
        return self._with_hint(self._text(self.variable or self.argument))


class NoSandboxError(ConfigurationError, AttributeError):
    """``client.sandbox`` was read of a client whose account is not a sandbox in this process.

    It is an `AttributeError`, too, so ``getattr(client, "sandbox", None)`` and ``hasattr`` work.
    """


class InvalidArgumentError(_OfArgument, ValueError):
    """An argument cannot be right; no request was sent.

    Attributes:
        argument: The parameter that cannot be right; None where no single one is at fault.
        index: The place in a list, counted from 0.
        others: The other bad entries of the same call, each as an error of its own.
    """

    others: tuple[InvalidArgumentError, ...]

    def __init__(
        self, message: str = "", *, others: Iterable[InvalidArgumentError] = (), **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.others = tuple(others)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.others)])


class RosterError(InvalidArgumentError):
    """A roster cannot be read as it stands.

    Attributes:
        problems: What is wrong with which rows, in the file's order; empty where the file as a whole is not
            a roster.
        notes: What else a reader should know of the file, as `Roster.notes`.
        rejects: The rows with problems, as they stand in the file: its ``write`` writes them to another, to
            be mended and read again. None where the file as a whole is not a roster.
    """

    problems: tuple[RowProblem, ...]
    notes: tuple[str, ...]
    rejects: Rejects | None

    def __init__(
        self,
        message: str = "",
        *,
        problems: Iterable[RowProblem] = (),
        notes: Iterable[str] = (),
        rejects: Rejects | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message, **facts)
        self.problems = tuple(problems)
        self.notes = tuple(notes)
        self.rejects = rejects

    def _with_hint(self, text: str) -> str:
        # Behind a list of rows the hint stands on a line of its own.
        return f"{text}\n{self.hint}" if self.hint and "\n" in text else super()._with_hint(text)


class PlanRefusedError(ArizeError):
    """A plan is not applied: a guard refuses it, or it was made for another account. Nothing was changed.

    Attributes:
        refusals: Each guard that refuses, with what would satisfy it.
    """

    refusals: tuple[Refusal, ...] = ()


class JournalError(ArizeError):
    """A saved plan, a journal or a file of passwords cannot be used.

    It is damaged, locked by another run, that of another plan, or cannot be written.

    Attributes:
        path: The file.
    """

    path: str | None = None


class MissingFieldError(ArizeError, AttributeError):
    """A field of an answer was read that the server left out.

    It is an `AttributeError`, too, so ``getattr(user, "email", None)`` and ``hasattr`` work.

    Attributes:
        field: The field that is missing.
        user: The id of the user who lacks it, or else the email; None where the server gave
            neither.
    """

    field: str
    user: str | None

    def __init__(self, field: str, *, user: str | None) -> None:
        super().__init__(
            f"the server left out the field {field!r} of {f'the user {user!r}' if user else 'a user'}",
            hint=f"getattr(user, {field!r}, None) reads a field that may be missing.",
        )
        self.field = field
        self.user = user


class AmbiguousEmailError(ArizeError):
    """Two users or more match an email: one spelling twice, or several that differ in case alone.

    Nothing was done to any of them. An id names one.

    Attributes:
        email: The address that was asked for.
        user_ids: The ids of those who match, in list order, as far as the server gave ids.
    """

    email: str
    user_ids: tuple[str, ...]

    def __init__(self, message: str, *, email: str, user_ids: Sequence[str], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.email = email
        self.user_ids = tuple(user_ids)


class OutcomeUnknownError(ArizeError):
    """A user may have been created, but the answer with the temporary password was lost.

    ``__cause__`` is the failure.

    Attributes:
        email: The address of the user.
    """

    email: str

    def __init__(self, message: str, *, email: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.email = email


class BulkInterrupted(ArizeError):
    """``on_result`` or ``on_progress`` raised an exception, ``__cause__``, which stopped a bulk call midway.

    Calling again with ``pending`` goes on.

    Attributes:
        results: Every outcome so far, in the order of the inputs, of the call's own class of results.
        pending: The ids and emails without an outcome, as the caller spelled them.
    """

    results: list[Any]
    pending: list[str]

    def __init__(self, message: str, *, results: Sequence[UserResult], pending: Sequence[str]) -> None:
        super().__init__(message)
        self.results = list(results)
        self.pending = list(pending)


class APIError(ArizeError):
    """What came of talking to the API: a refusal, no answer, or one that cannot be used.

    Attributes:
        operation: The operationId of the contract, such as ``delete_user``.
        method: The HTTP method.
        path: The path below the base URL.
        maybe_applied: Whether the server may have carried out the change that was asked for, at
            this attempt or before.
        base_url: The endpoint that was asked.
        base_url_from: What named it: an argument, an environment variable, or "the default".
    """

    operation: str | None
    method: str | None
    path: str | None
    maybe_applied: bool
    base_url: str | None
    base_url_from: str | None

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        maybe_applied: bool = False,
        base_url: str | None = None,
        base_url_from: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.operation = operation
        self.method = method
        self.path = path
        self.maybe_applied = maybe_applied
        self.base_url = base_url
        self.base_url_from = base_url_from


class PaginationError(APIError):
    """The list cannot be read to its end.

    The server gave a cursor twice, promises more users without a cursor, or gave an unusable one; or a plan
    met a user twice, each time that it read the list.
    """


class APIConnectionError(APIError):
    """No whole answer came: no connection was made, or it broke.

    Attributes:
        sent: False when the last attempt surely never reached the server.
    """

    sent: bool

    def __init__(self, message: str = "", *, sent: bool = True, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.sent = sent


class APITimeoutError(APIConnectionError):
    """The server did not answer in time."""


class ResponseDecodeError(APIError):
    """The answer is a success (2xx), but not one that the contract documents: its status or body is another.

    The API may have answered, or something between, such as a proxy's sign-in page; so a write may have been
    carried out or not (``maybe_applied``). ``body`` holds the answer, so nothing issued in it is lost; it is
    in no repr.

    Attributes:
        status_code: The HTTP status.
        body: The answer as it came.
        request_id: The id under which the server logged the request.
    """

    status_code: int
    body: bytes
    request_id: str | None

    def __init__(self, problem: str, *, response: httpx.Response, **facts: Any) -> None:
        text = f"{facts.get('method')} {facts.get('path')} answered {response.status_code}, but {problem}."
        # Its text may hold what was issued.
        text += _said(described(response.content, quoting=False), **facts)
        hint = f"{_check_endpoint(**facts)} The answer is in this error's `body`."
        super().__init__(text, hint=hint, **facts)
        self.status_code = response.status_code
        self.body = response.content
        self.request_id = request_id(response.headers)


class APIStatusError(APIError):
    """The server refused or failed: any status of 300 and above, whatever its body.

    ``title``, ``detail``, ``type``, ``instance`` and ``error_code`` are those of the problem document
    (RFC 9457), None where the server did not say.

    Attributes:
        status_code: The HTTP status.
        is_from_api: Whether the answer has the API's form: a JSON object with a title, and with the answer's
            status as a whole number. Any other may come from something between, such as a proxy, and
            settles nothing.
        is_about_route: Whether the API does not have the path, as with a wrong base URL; this says nothing of
            a user.
        title: What kind of problem it is, in a few words.
        detail: What is wrong with this request.
        type: The URI of the kind of problem.
        instance: The URI of this occurrence.
        error_code: The machine-readable code of newer deployments.
        request_id: The id under which the server logged the request.
        retry_after: Seconds that the server asks to wait; None where it does not.
        location: Where a redirect, which is never followed, points to, as it came.
        body: The answer as it came.
    """

    status_code: int
    is_from_api: bool
    is_about_route: bool
    title: str | None
    detail: str | None
    type: str | None
    instance: str | None
    error_code: str | None
    request_id: str | None
    retry_after: float | None
    location: str | None
    body: bytes

    _advice: str | None = None

    def __init__(self, response: httpx.Response, *, hint: str | None = None, **facts: Any) -> None:
        problem = problem_of(response.content)
        self.status_code = response.status_code
        self.is_from_api = is_from_api(problem, self.status_code)
        # A list is asked for by its path alone.
        self.is_about_route = (self.is_from_api and self.status_code == 404) and (
            facts.get("operation") == "list_users" or names_unknown_route(problem)
        )
        self.title = text_of(problem, "title")
        self.detail = text_of(problem, "detail")
        self.type = text_of(problem, "type")
        self.instance = text_of(problem, "instance")
        self.error_code = text_of(problem, "error_code")
        self.request_id = request_id(response.headers)
        self.retry_after = retry_after(response.headers)
        self.location = (response.headers.get("location") or None) if self.status_code < 400 else None
        self.body = response.content
        where = f"{facts['method']} {facts.get('path')}" if facts.get("method") else ""
        text, advice = self._sentence(where), self._advice
        if self.location:
            text += f" It redirects to {redirect_target(self.location)}, and is not followed."
        if self.is_about_route:
            text += f" The problem is about the path at {_endpoint(**facts)}, {NOT_ABOUT_USERS}."
        elif not self.is_from_api:
            text += _said(described(self.body), **facts)
        # Failures and limits pass, whoever answers.
        passes = self.status_code >= 500 or self.status_code == 429
        if not passes and (self.is_about_route or not self.is_from_api):
            advice = _check_endpoint(**facts)
            if self.status_code == 401:  # A gateway may be what checks keys.
                advice += f" {self._advice}"
        super().__init__(text, hint=hint or advice, **facts)

    def _sentence(self, where: str) -> str:
        said = self.title or _phrase(self.status_code)
        if self.detail and self.detail != said:
            said = f"{said.rstrip('.')}: {self.detail}" if said else self.detail
        parts = [where, f"request id {self.request_id}" if self.request_id else ""]
        context = ", ".join(filter(None, parts))
        text = f"{self.status_code} {said}".strip().rstrip(".") + (f" ({context})." if context else ".")
        if not self.retry_after:
            return text
        return f"{text} The server asks to wait until {moment_in(self.retry_after)}."


class BadRequestError(APIStatusError):
    """400: the request is malformed, or the user's state does not allow it."""


class UnauthorizedError(APIStatusError):
    """401: the API key is missing, wrong or expired."""

    _advice = "Check the API key (api_key or ARIZE_API_KEY) and that it belongs to this endpoint."


class ForbiddenError(APIStatusError):
    """403: the caller may not do this."""

    _advice = "Use the key of an admin, or of a role with the permission."


class NotFoundError(APIStatusError):
    """404: there is no such user in this account, or the user is blocked; see `is_about_user`."""

    _advice = "Check the id; users.get with an email address finds it, or says that the key may not read."

    @property
    def is_about_user(self) -> bool:
        """Whether the API says so: an answer of its form to a request about one user, not about the path.

        Any other 404 says nothing of a user: something between may have answered, the base URL is wrong, or
        there is no such role.
        """
        return self.is_from_api and not self.is_about_route and self.operation != "create_user"


class ConflictError(APIStatusError):
    """409: the email belongs to a user who is active or blocked for good."""

    _advice = "users.get with the email shows the user; a blocked one is not shown and cannot return."


class UnprocessableEntityError(APIStatusError):
    """422: well formed, but it cannot be carried out, as with a server without custom roles."""


class RateLimitError(APIStatusError):
    """429: too many requests; ``retry_after`` says how long to wait, if the server did."""

    _advice = "Wait and ask again, with fewer requests at once."


class ServerError(APIStatusError):
    """500 and above: the server, or a proxy before it, failed."""

    _advice = "This is on the server's side: ask again later."


_CLASSES: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error_class(status: int) -> type[APIStatusError]:
    """Give the class of error for a status that is not a 2xx."""
    return _CLASSES.get(status, ServerError if status >= 500 else APIStatusError)


def _endpoint(*, base_url: str | None = None, **_: Any) -> str:
    return base_url or "the endpoint"


def _said(came: str, **facts: Any) -> str:
    return f" The answer from {_endpoint(**facts)} is {came}: {NOT_FROM_API}."


def _check_endpoint(*, base_url: str | None = None, base_url_from: str | None = None, **_: Any) -> str:
    source = f", which is from {base_url_from}" if base_url_from else ""
    if has_version(base_url):
        return f"Leave /v2 out of the base URL{source}: each path begins with it."
    return f"Check the base URL{source}."


def has_version(base_url: str | None) -> bool:
    """Tell whether a base URL ends in what the path of each request begins with."""
    return (base_url or "").endswith(("/v2", "/v2/users"))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
