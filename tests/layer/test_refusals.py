"""What a caller sees of an answer that is not a success: each operation and client, over a transport."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import Reply, html, problem
from support.contract import first_generation

from arize_users import APIStatusError
from arize_users.errors import status_error_class

from .simulated_calls import CALLS, ID

OPERATIONS = {
    "list_users": "list",
    "get_user": "get",
    "create_user": "create, email_link",
    "update_user": "update",
    "delete_user": "delete",
    "resend_user_invitation": "resend",
    "reset_user_password": "reset",
}
MEMBERS = {
    "type": "https://api.arize.com/problems/7",
    "title": "No",
    "detail": "Not today.",
    "instance": "/v2/users/7",
    "error_code": "E7",
}


def _documented(operation_id: str) -> list[int]:
    paths = first_generation().document["paths"].values()
    operations = [one for path in paths for one in path.values() if isinstance(one, dict)]
    (operation,) = [one for one in operations if one["operationId"] == operation_id]
    return [int(status) for status in operation["responses"] if int(status) >= 400]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_documented_failures(connect: Connect, operation: str) -> None:
    """Each documented failure of each operation is an error of its class, with all that the server said."""
    statuses = _documented(operation)
    assert statuses
    # The case is set, so that a refused create is not sent in the other one.
    client = connect([problem(status, **MEMBERS) for status in statuses], enum_case="lower")
    for status in statuses:
        with pytest.raises(APIStatusError) as caught:
            CALLS[OPERATIONS[operation]](client.users)
        error, sent = caught.value, client.recorder.sent[-1]
        assert type(error) is status_error_class(status)
        assert error.status_code == status
        assert {name: getattr(error, name) for name in MEMBERS} == MEMBERS
        assert (error.operation, error.method, error.path) == (operation, sent.request.method, sent.path)
        assert error.__cause__ is None
    assert client.recorder.operations == [operation] * len(statuses)


@pytest.mark.parametrize(
    "call",
    [
        CALLS["get by email"],
        lambda users: list(users.iter()),
        lambda users: list(users.iter(prefetch=True)),
    ],
    ids=["get by email", "iter", "iter, prefetch"],
)
def test_pages_that_are_refused(connect: Connect, call: Callable[[Any], Any]) -> None:
    """A refused page raises its error where its users were asked for."""
    client = connect([html(418)])
    with pytest.raises(APIStatusError, match="418"):
        call(client.users)
    assert len(client.recorder.sent) == 1


LOCATIONS = [
    "https://other.example/v2/users",
    "/elsewhere",
    "",
    "http://[",
    "://",
    "\xe4",
    "http://host:port/",
]


@pytest.mark.parametrize("location", [None, *LOCATIONS, "\x01"])
def test_redirects_are_not_followed(connect: Connect, location: str | None) -> None:
    """A redirect is an error, whatever it points to: the key goes nowhere else."""
    headers = [] if location is None else [("location", location.encode().decode("latin-1"))]
    statuses = (300, 301, 302, 303, 304, 307, 308)
    client = connect([Reply(status, headers, b"moved") for status in statuses])
    for status in statuses:
        with pytest.raises(APIStatusError) as caught:
            client.users.list()
        assert (caught.value.status_code, caught.value.body) == (status, b"moved")


class _Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b'{"ti'
        raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}, {"location": "/elsewhere"}], ids=str)
def test_a_refusal_whose_body_breaks_off(connect: Connect, headers: dict[str, str]) -> None:
    """The status of a refusal says what the server did, whatever becomes of its body."""
    statuses = [307, 400, 404, 500]
    answers = [
        httpx.Response(status, headers={"retry-after": "7", **headers}, stream=_Breaking())
        for status in statuses
    ]
    client = connect(httpx.MockTransport(lambda _: answers.pop(0)))
    for status in statuses:
        with pytest.raises(APIStatusError) as caught:
            client.users.get(user=ID)
        assert (caught.value.status_code, caught.value.retry_after) == (status, 7)
        assert caught.value.body == b""
