"""What a caller sees of an answer that is not a success."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from support.account import Connect
from support.answers import Reply, html, problem, raw
from support.contract import first_generation

from arize_users import (
    APIError,
    APIStatusError,
    ArizeError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
    UnprocessableEntityError,
)
from arize_users.errors import status_error_class

ID = "VXNlcjoxMjM0NQ=="
NEW = {"name": "Ada", "email": "ada@example.com", "role": "member", "invite_mode": "email_link"}

CALLS: dict[str, Callable[[Any], Any]] = {
    "list_users": lambda users: users.list(),
    "create_user": lambda users: users.create(**NEW),
    "get_user": lambda users: users.get(user=ID),
    "update_user": lambda users: users.update(user_id=ID, name="New"),
    "delete_user": lambda users: users.delete(user_id=ID),
    "resend_user_invitation": lambda users: users.resend_invitation(user_id=ID),
    "reset_user_password": lambda users: users.reset_password(user_id=ID),
}
OTHER_CALLS: dict[str, Callable[[Any], Any]] = {
    "get by email": lambda users: users.get(user="ada@example.com"),
    "iter": lambda users: list(users.iter()),
    "iter ahead": lambda users: list(users.iter(prefetch=True)),
}
CLASSES = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def _documented() -> list[tuple[str, int]]:
    paths = first_generation().document["paths"].values()
    operations = [one for path in paths for one in path.values() if isinstance(one, dict)]
    return [
        (operation["operationId"], int(status))
        for operation in operations
        for status in operation["responses"]
        if int(status) >= 400
    ]


@pytest.mark.parametrize(("operation", "status"), _documented())
def test_documented_failures(connect: Connect, operation: str, status: int) -> None:
    """Each documented failure of each operation is an error of its class, with all that the server said."""
    members = {
        "type": "https://api.arize.com/problems/7",
        "title": "No",
        "detail": "Not today.",
        "instance": "/v2/users/7",
        "error_code": "E7",
    }
    # The case is settled by hand, so that a refused create is not tried in the other one.
    client = connect([problem(status, **members)], enum_case="lower")
    with pytest.raises(APIError) as caught:
        CALLS[operation](client.users)
    error = caught.value
    assert type(error) is CLASSES[status]
    assert error.status_code == status
    assert {name: getattr(error, name) for name in members} == members
    assert client.recorder.operations == [operation]
    assert error.method == client.recorder.sent[0].request.method
    assert error.path == client.recorder.sent[0].path
    for said in (str(status), "No", "Not today"):
        assert said in str(error)


BODIES = {
    "html": html(502).content,
    "empty": b"",
    "blank": b" \n",
    "text": b"upstream connect error",
    "json text": b'"no"',
    "json list": b"[]",
    "json null": b"null",
    "half a document": b'{"title": "No',
    "bytes": b"\xff\xfe\x00\x80",
    "utf-16": '{"title": "No"}'.encode("utf-16"),
    "deep": b'{"a":' * 100_000,
    "huge number": b'{"status": ' + b"9" * 5000 + b"}",
    "wrong types": b'{"title": 7, "detail": ["x"], "type": null, "instance": {}, "error_code": false}',
    "blank members": b'{"title": "", "detail": ""}',
}
STATUSES = [300, 301, 302, 303, 304, 307, 308, 400, 402, 404, 405, 418, 429, 499, 500, 501, 502, 503, 511]
STATUSES += [520, 529, 530, 599, 600, 799, 999]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("operation", CALLS)
def test_whatever_the_body(connect: Connect, operation: str, body: str) -> None:
    """A refusal with any body is an APIStatusError that keeps the body and says the status."""
    client = connect([raw(BODIES[body], 503, content_type="text/html")])
    with pytest.raises(ServerError) as caught:
        CALLS[operation](client.users)
    assert caught.value.body == BODIES[body]
    assert "503" in str(caught.value)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("call", [*CALLS, *OTHER_CALLS])
def test_whatever_the_status(connect: Connect, call: str, status: int) -> None:
    """Every status of 300 and above is an APIStatusError, whether documented or not, and is asked for once."""
    client = connect([html(status)], enum_case="lower")
    with pytest.raises(APIError) as caught:
        {**CALLS, **OTHER_CALLS}[call](client.users)
    expected = ServerError if status >= 500 else CLASSES.get(status, APIStatusError)
    assert type(caught.value) is expected
    assert caught.value.status_code == status
    assert str(status) in str(caught.value)
    assert (caught.value.title, caught.value.detail, caught.value.error_code) == (None, None, None)
    assert len(client.recorder.sent) == 1


LOCATIONS = [
    "https://evil.example/v2/users",
    "/elsewhere",
    "",
    "http://[",
    "://",
    "\xe4",
    "http://host:port/",
    "\x01",
]


@pytest.mark.parametrize("location", LOCATIONS)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(connect: Connect, status: int, location: str) -> None:
    """A redirect is an error, wherever it points: the key goes nowhere else."""
    client = connect([Reply(status, [("location", location.encode().decode("latin-1"))])])
    with pytest.raises(APIError) as caught:
        client.users.list()
    assert caught.value.status_code == status
    assert len(client.recorder.sent) == 1


@pytest.mark.parametrize("name", ["x-request-id", "request-id", "X-Request-Id"])
def test_request_id(connect: Connect, name: str) -> None:
    """The id under which the server logged a request is on the error and in its text."""
    client = connect([Reply(500, [(name, "req-7")])])
    with pytest.raises(ServerError, match="req-7") as caught:
        client.users.list()
    assert caught.value.request_id == "req-7"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("999999999999999999999", 999_999_999_999.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_retry_after(connect: Connect, header: str, seconds: float | None) -> None:
    """retry_after is the server's wish in seconds, given so or as a date; None where it makes no sense."""
    client = connect([problem(429, retry_after=header.encode().decode("latin-1"))])
    with pytest.raises(RateLimitError) as caught:
        client.users.list()
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_retry_after_date(connect: Connect, zone: str) -> None:
    """A date to come is so many seconds from now."""
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True).replace("GMT", zone)
    with pytest.raises(RateLimitError) as caught:
        connect([problem(429, retry_after=header)]).users.list()
    assert 40 < caught.value.retry_after <= 50


def test_what_to_do() -> None:
    """The text of an error says what to do about it, where something can be done."""
    advised = {
        UnauthorizedError: "ARIZE_API_KEY",
        ForbiddenError: "admin",
        NotFoundError: "users.get",
        ConflictError: "users.get",
        RateLimitError: "again",
        ServerError: "again later",
    }
    statuses = {401: UnauthorizedError, 403: ForbiddenError, 404: NotFoundError}
    statuses |= {409: ConflictError, 429: RateLimitError, 500: ServerError}
    for status, kind in statuses.items():
        error = status_error_class(status)(
            problem(status, detail="D.").response(), method="GET", path="/v2/users"
        )
        assert isinstance(error, kind)
        assert advised[kind] in str(error)
        assert "GET /v2/users" in str(error)


def test_the_tree() -> None:
    """One except clause catches everything, and each class is where the documentation says."""
    for kind in [*CLASSES.values(), ServerError]:
        assert issubclass(kind, APIStatusError)
    assert issubclass(APIError, ArizeError)


@pytest.mark.parametrize("operation", CALLS)
def test_errors_are_not_httpx_errors(connect: Connect, operation: str) -> None:
    """No error of the generated client or of httpx reaches a caller, nor hides behind an APIError."""
    with pytest.raises(APIError) as caught:
        CALLS[operation](connect([html(500)]).users)
    assert caught.value.__cause__ is None
