"""Errors carry facts: what they say, where they stand in the tree, and that nothing changes them."""

from __future__ import annotations

import copy
import pickle
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from support.answers import SECRET, Reply, html, problem, raw

import arize_users
from arize_users import ArizeClient, BulkUserDeletionResult, CustomUserRole, DeletionStatus, errors
from arize_users.config import resolve

from .simulated_calls import BROKEN, CALLS, EMAIL, FAILURES, ID, NEW, NOT_APPLIED, fail

FACTS = {"operation": "create_user", "method": "POST", "path": "/v2/users", "maybe_applied": True}
STATUS_ERRORS = {
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
    **dict.fromkeys((500, 501, 502, 503, 511, 520, 599, 600, 999), errors.ServerError),
    **dict.fromkeys((300, 301, 304, 402, 405, 418, 428, 430, 499), errors.APIStatusError),
}


def _status_error(answer: Reply) -> errors.APIStatusError:
    return errors.status_error_class(answer.status)(answer.response(), **FACTS)


RESULT = BulkUserDeletionResult(user_id="x", status=DeletionStatus.DELETED)
ERRORS: list[errors.ArizeError] = [
    errors.ArizeError("It broke", hint="Mend it."),
    errors.ConfigurationError("is unknown", argument="region", variable="ARIZE_REGION", hint="Set another."),
    errors.InvalidArgumentError("is empty", argument="emails", index=3, hint="Leave it out."),
    errors.MissingFieldError("email", user="u1"),
    errors.PaginationError("the same cursor twice", **FACTS),
    errors.APIConnectionError("It broke.", sent=False, **FACTS),
    errors.APITimeoutError("Too late.", **FACTS),
    errors.OutcomeUnknownError("Who knows.", email="ada@example.com"),
    errors.BulkInterrupted("Stopped.", results=[RESULT], pending=["y"]),
    errors.ResponseDecodeError(
        "its body is not JSON", response=raw(SECRET.encode(), 201).response(), **FACTS
    ),
    *(_status_error(problem(status, detail="D", retry_after="7")) for status in STATUS_ERRORS),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: f"{type(one).__name__} {str(one)[:3]}")
def test_copies(error: errors.ArizeError) -> None:
    """Every error can be copied and sent to another process, with its text and all its attributes."""
    error.add_note("seen")
    for twin in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert (str(twin), twin.args) == (str(error), error.args)
        assert vars(twin) == vars(error)
    assert str(error)
    assert SECRET not in str(error) + repr(error)


TREE = {
    "ArizeError": "APIError BulkInterrupted ConfigurationError InvalidArgumentError MissingFieldError "
    "OutcomeUnknownError",
    "APIError": "APIConnectionError APIStatusError PaginationError ResponseDecodeError",
    "APIConnectionError": "APITimeoutError",
    "APIStatusError": "BadRequestError ConflictError ForbiddenError NotFoundError RateLimitError ServerError "
    "UnauthorizedError UnprocessableEntityError",
}


@pytest.mark.parametrize("parent", TREE)
def test_the_tree(parent: str) -> None:
    """The classes stand where the documentation puts them."""
    for name in TREE[parent].split():
        above = getattr(arize_users, name).__mro__[1:]
        assert next(one.__name__ for one in above if hasattr(arize_users, one.__name__)) == parent
    assert issubclass(errors.InvalidArgumentError, ValueError)
    assert issubclass(errors.MissingFieldError, AttributeError)


def test_texts() -> None:
    """str() is label, message and hint; the message alone begins with no label."""
    for kind in (errors.ArizeError, errors.APIError, errors.APIConnectionError):
        assert str(kind()) == ""
    assert str(errors.ArizeError("It broke", hint="Mend it.")) == "It broke. Mend it."
    assert str(errors.ArizeError("Broken?", hint="Mend it.")) == "Broken? Mend it."
    for kind in (errors.InvalidArgumentError, errors.ConfigurationError):
        assert (str(kind()), str(kind("is empty"))) == ("", "is empty")
        assert str(kind("is empty", argument="name", hint="Give one.")) == "name: is empty. Give one."
        error = kind("is empty", argument="emails", index=0)
        assert (str(error), error.message, error.hint) == ("emails[0]: is empty", "is empty", None)
    from_environment = errors.ConfigurationError("is empty", argument="region", variable="ARIZE_REGION")
    assert str(from_environment) == "ARIZE_REGION: is empty"
    missing = errors.MissingFieldError("email", user="u1")
    assert (missing.field, missing.user) == ("email", "u1")
    assert "'email'" in missing.message
    assert "'u1'" in missing.message


REVERSED = {"created_after": "2026-03-02", "created_before": "2026-03-01"}
REFUSED_ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    ("list", {"limit": 0}, "limit"),
    ("list", {"cursor": " "}, "cursor"),
    ("list", {"email": "x" * 256}, "email"),
    ("list", {"status": "gone"}, "status"),
    ("list", {"status": ["active", "gone"]}, "status[1]"),
    ("iter", {"page_size": 101}, "page_size"),
    ("iter", {"created_before": 7}, "created_before"),
    ("iter", REVERSED, "created_after"),
    ("get", {"user": ""}, "user"),
    ("get", {"user": "ada@"}, "user"),
    *(
        ("create", {**NEW, "invite_mode": "none", name: 7}, name)
        for name in (*NEW, "invite_mode", "is_developer")
    ),
    ("create", {**NEW, "invite_mode": "none", "role": CustomUserRole(id=" ")}, "role"),
    ("update", {"user_id": ID}, "name"),
    ("update", {"user_id": ID, "name": 7}, "name"),
    ("update", {"user_id": ID, "is_developer": 1}, "is_developer"),
    *((one, {"user_id": EMAIL}, "user_id") for one in ("delete", "resend_invitation", "reset_password")),
    ("bulk_delete", {}, "user_ids"),
    ("bulk_delete", {"user_ids": "id"}, "user_ids"),
    ("bulk_delete", {"user_ids": ["id", " "]}, "user_ids[1]"),
    ("bulk_delete", {"emails": 7}, "emails"),
    ("bulk_delete", {"emails": [EMAIL, EMAIL, "ada"]}, "emails[2]"),
    ("bulk_delete", {"user_ids": [ID], "max_concurrency": 0}, "max_concurrency"),
    ("bulk_delete", {"user_ids": [ID], "on_result": 7}, "on_result"),
]


@pytest.mark.parametrize(("method", "arguments", "label"), REFUSED_ARGUMENTS, ids=str)
def test_refused_arguments(method: str, arguments: dict[str, Any], label: str) -> None:
    """A refused argument is named by its parameter, and by its place where it is one of several."""
    client = ArizeClient(api_key="k", base_url="https://127.0.0.1:1")
    with pytest.raises(errors.InvalidArgumentError) as caught:
        getattr(client.users, method)(**arguments)
    error = caught.value
    assert label == (error.argument if error.index is None else f"{error.argument}[{error.index}]")
    assert str(error).startswith(f"{label}: {error.message}")


REFUSED_SETTINGS: dict[str, Any] = {
    "api_key": None,
    "base_url": "a.example",
    "region": "moon",
    "timeout": 0,
    "verify": "/nowhere",
    "proxy": "ftp://a.example",
    "headers": {"authorization": "x"},
    "max_retries": -1,
    "enum_case": "title",
}
REFUSED_VARIABLES: list[tuple[str, str, dict[str, str]]] = [
    ("ARIZE_API_KEY", "api_key", {"ARIZE_API_KEY": "a b"}),
    ("ARIZE_BASE_URL", "base_url", {"ARIZE_BASE_URL": "a.example"}),
    ("ARIZE_REGION", "region", {"ARIZE_REGION": "moon"}),
    ("ARIZE_API_HOST", "base_url", {"ARIZE_API_HOST": "a/b"}),
    ("ARIZE_API_HOST", "base_url", {"ARIZE_API_HOST": "a b"}),
    ("ARIZE_API_SCHEME", "base_url", {"ARIZE_API_HOST": "a", "ARIZE_API_SCHEME": "ftp"}),
    ("ARIZE_API_PORT", "base_url", {"ARIZE_API_HOST": "a", "ARIZE_API_PORT": "x"}),
    ("ARIZE_API_PORT", "base_url", {"ARIZE_API_PORT": "1"}),
    ("ARIZE_REQUEST_VERIFY", "verify", {"ARIZE_REQUEST_VERIFY": "maybe"}),
    ("ARIZE_SSL_CA_CERT", "verify", {"ARIZE_SSL_CA_CERT": "/nowhere"}),
    ("ARIZE_PROXY_URL", "proxy", {"ARIZE_PROXY_URL": "a.example"}),
    ("ARIZE_MAX_RETRIES", "max_retries", {"ARIZE_MAX_RETRIES": "many"}),
    ("ARIZE_ENUM_CASE", "enum_case", {"ARIZE_ENUM_CASE": "title"}),
]


def _refused(environ: dict[str, str], **arguments: Any) -> errors.ConfigurationError:
    with pytest.raises(errors.ConfigurationError) as caught:
        resolve(**{"api_key": "k", **arguments}, environ=environ)
    return caught.value


@pytest.mark.parametrize("argument", REFUSED_SETTINGS)
def test_refused_settings(argument: str) -> None:
    """A refused setting is named by its parameter."""
    error = _refused({}, **{argument: REFUSED_SETTINGS[argument]})
    assert (error.argument, error.variable, error.index) == (argument, None, None)
    assert str(error).startswith(f"{argument}: {error.message}")


@pytest.mark.parametrize(("variable", "argument", "environ"), REFUSED_VARIABLES)
def test_refused_variables(variable: str, argument: str, environ: dict[str, str]) -> None:
    """One that comes from the environment is named by its variable, too."""
    error = _refused(environ, api_key=None if argument == "api_key" else "k")
    assert (error.argument, error.variable) == (argument, variable)
    assert str(error).startswith(f"{variable}: {error.message}")


def test_endpoints_named_twice() -> None:
    """Two variables, or two arguments, that name the endpoint are an error of neither alone."""
    twice = {"ARIZE_BASE_URL": "https://a.example", "ARIZE_REGION": "us-east-1b"}
    for error in (_refused(twice), _refused({}, base_url="https://a.example", region="us-east-1b")):
        assert (error.argument, error.variable) == ("base_url", None)


def test_a_refused_url_is_shown_without_its_user() -> None:
    """The password of a URL is never repeated; what else is known of the URL is."""
    text = str(_refused({}, base_url="https://me:pa55@a.example/x?y"))
    assert "'https://a.example/x'" in text
    assert "me:" not in text
    assert "pa55" not in text


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_changes_an_error(monkeypatch: pytest.MonkeyPatch, failure: str) -> None:
    """What an error says is known when it is made: no attribute is set a second time."""

    def set_once(error: errors.ArizeError, name: str, value: object) -> None:
        assert name not in vars(error), f"{name} was changed"
        Exception.__setattr__(error, name, value)

    monkeypatch.setattr(errors.ArizeError, "__setattr__", set_once)
    for call in CALLS:
        fail(call, *[FAILURES[failure]] * 2, max_retries=1)


# Refusals of the server


@pytest.mark.parametrize("status", STATUS_ERRORS)
def test_statuses(status: int) -> None:
    """Every status of 300 and above has a class, and a text and a hint by it and by who answers."""
    error = _status_error(html(status))
    assert type(error) is STATUS_ERRORS[status] is type(_status_error(problem(status)))
    assert (error.title, error.detail, error.error_code) == (None, None, None)
    assert str(error).startswith(str(status))
    assert "(POST /v2/users)" in error.message
    passing = "again later" if status >= 500 else "again" if status == 429 else None
    hints = {401: "ARIZE_API_KEY", 403: "admin", 404: "users.get", 409: "users.get"}
    for one, expected in (
        (error, passing or "Check the base URL."),
        (_status_error(problem(status)), hints.get(status, passing)),
    ):
        assert expected is None if one.hint is None else expected in one.hint
    assert (error.operation, error.method, error.path, error.maybe_applied) == (*FACTS.values(),)


BODIES = [
    *[html(502).content, b"", b" \n", b"upstream connect error", b'"no"', b"[]", b"null", b'{"title": "No'],
    *[b"\xff\xfe\x00\x80", b'{"a":' * 100_000, b'{"status": ' + b"9" * 5000 + b"}"],
    b'{"title": 7, "detail": ["x"], "type": null, "instance": {}, "error_code": false}',
    b'{"title": "", "detail": ""}',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda one: repr(one[:20]))
def test_any_body(body: bytes) -> None:
    """A refusal with any body keeps it, and says the status with the words of HTTP, and who may answer so."""
    error = _status_error(raw(body, 503, content_type="text/html"))
    assert error.body == body
    assert error.message.startswith("503 Service Unavailable (POST /v2/users). The answer from the endpoint")
    assert error.message.endswith(f": {errors.NOT_FROM_API}.")
    members = (error.title, error.detail, error.type, error.instance, error.error_code)
    assert members == (None,) * 5


def test_problem_documents() -> None:
    """Title and detail are in the text, once where they say the same, with the request's id."""
    assert _status_error(problem(400, title="No", detail="Not now.")).message.startswith("400 No: Not now (")
    assert _status_error(problem(400, title="No", detail="No")).message.startswith("400 No (")
    assert _status_error(raw(b'{"detail": "D"}', 799)).message.startswith("799 D (")
    for name in ("x-request-id", "request-id", "X-Request-Id"):
        error = _status_error(Reply(500, [(name, "req-7")]))
        assert error.request_id == "req-7"
        assert "(POST /v2/users, request id req-7)" in error.message


WAITS = {"30": 30.0, " 5 ": 5.0, "0": 0.0, "999999999999999999999": 999_999_999_999.0}
NO_WAITS = ["soon", "", "-1", "1.5", "٣", "Wed, 99 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 99999 07:28:00 GMT"]


def test_retry_after() -> None:
    """retry_after is what the server asks for in seconds, or until a date; None where it makes no sense."""
    waits = {**WAITS, "Wed, 21 Oct 2015 07:28:00 GMT": 0.0, **dict.fromkeys(NO_WAITS)}
    for header, seconds in waits.items():
        error = _status_error(problem(429, retry_after=header.encode().decode("latin-1")))
        assert error.retry_after == seconds, header
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    for header in (date, date.replace("GMT", "-0000")):
        for answered in (None, "soon", ""):  # Then our clock has to do.
            error = _status_error(problem(429, retry_after=header, date=answered))
            assert 40 < (error.retry_after or 0) <= 50
    for hours in (-1, 1):  # That the clocks of server and client differ makes no difference.
        now = datetime.now(UTC) + timedelta(hours=hours)
        until = format_datetime(now + timedelta(seconds=50), usegmt=True)
        answered = format_datetime(now, usegmt=True)
        assert _status_error(problem(429, retry_after=until, date=answered)).retry_after == 50.0


@pytest.mark.parametrize("status", [429, 503])
def test_until_when(status: int) -> None:
    """An error with a Retry-After says until when, in UTC, whether it was waited for or not."""
    begin = datetime.now(UTC).replace(microsecond=0)
    text = str(_status_error(problem(status, retry_after="3600")))
    (said,) = re.findall(r"The server asks to wait until (\S+)\.", text)
    assert timedelta(hours=1) <= datetime.fromisoformat(said) - begin <= timedelta(hours=1, minutes=1)
    assert "until 9999-12-31T23:59:59Z." in str(_status_error(problem(status, retry_after="9" * 12)))
    assert "until" not in str(_status_error(problem(status, retry_after="0")))


def test_connection_errors() -> None:
    """A connection error names the request, and says whether it may have reached the server."""
    error = fail("update", BROKEN, max_retries=0)[1]
    assert type(error) is errors.APIConnectionError
    assert error.sent is True
    assert error.message.startswith("PATCH /v2/users/")
    late = fail("update", NOT_APPLIED["connect timeout"], max_retries=0)[1]
    assert (type(late), late.sent, late.maybe_applied) == (errors.APITimeoutError, False, False)


@pytest.mark.parametrize(
    ("facts", "title", "text"),
    [
        ({"method": "GET", "path": "/x"}, "Bad input.", "400 Bad input: x is bad (GET /x)."),
        ({}, "Bad input", "400 Bad input: x is bad."),
    ],
)
def test_sentence_of_a_refusal(facts: dict[str, str], title: str, text: str) -> None:
    """A refusal is one sentence, whatever the server's punctuation, with the request where it is known."""
    answer = problem(400, title=title, detail="x is bad.").response()
    assert str(errors.BadRequestError(answer, **facts)) == text
