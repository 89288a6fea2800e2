"""Answers that are hard to read: wrongly labelled, broken off, or at odds with themselves."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ADA, ok, page, raw

from arize_users import (
    APIError,
    ArizeClient,
    AsyncArizeClient,
    BulkInterrupted,
    ConfigurationError,
    CreatedUser,
    PaginationError,
    ResponseDecodeError,
    UserPage,
)
from arize_users.types import FrozenDict

ID = "VXNlcjoxMjM0NQ=="


def _create(client: Any) -> CreatedUser:
    created: CreatedUser = client.users.create(
        name="A", email="a@b.co", role="member", invite_mode="temporary_password"
    )
    return created


def test_wrongly_labelled_compression_loses_no_password(connect: Connect) -> None:
    """An answer that says it is compressed and is not is read as it came, and kept when it cannot be."""
    plain = json.dumps({"id": "1", "temporary_password": "s3cret"}).encode()
    answers = [raw(body, 201, content_encoding="gzip") for body in (plain, b"s3cret, not JSON")]
    client = connect(answers, case="lower")
    assert _create(client).temporary_password == "s3cret"
    with pytest.raises(ResponseDecodeError) as caught:
        _create(client)
    assert caught.value.body == b"s3cret, not JSON"
    assert "s3cret" not in repr(caught.value)


class _Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b'{"ti'
        raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"ti'
        raise httpx.RemoteProtocolError("peer closed connection")


class _Breaks(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A server whose answers all break off after a few bytes."""

    def __init__(self, status: int) -> None:
        self._status = status

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(self._status, headers={"retry-after": "7"}, stream=_Breaking())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
def test_a_refusal_whose_body_breaks_off_is_that_refusal(connect: Connect, status: int) -> None:
    """The status of a refusal says what the server did, whatever becomes of its body."""
    client = connect(_Breaks(status), case="lower")
    with pytest.raises(APIError) as caught:
        client.users.get(user=ID)
    assert caught.value.status_code == status
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "text", ["2024-01-01T12:00:00.123456789Z", "2016-12-31T23:59:60Z", "2024-01-01T12:00:00.000Z"]
)
def test_a_time_is_given_back_to_the_letter(connect: Connect, text: str) -> None:
    """What a datetime cannot hold, such as nanoseconds, is not lost to whoever asks for the document."""
    document = {**ADA, "created_at": text}
    user = connect([ok(document)]).users.get(user=ID)
    assert user.created_at.year in (2016, 2017, 2024)
    assert user.to_dict() == document


@pytest.mark.parametrize("cursor", [" ", "\ud800", "a" * 70_000])
def test_a_cursor_that_cannot_be_sent_back_is_the_servers_fault(connect: Connect, cursor: str) -> None:
    """The users of the page are given all the same; then it is a PaginationError, never the caller's."""
    client = connect([ok(page([ADA], next_cursor=cursor))])
    walk = iter(client.users.iter())
    assert next(walk).email == "ada@example.com"
    with pytest.raises(PaginationError):
        next(walk)


def test_a_match_is_given_before_the_page_is_complained_of(connect: Connect) -> None:
    """A user who is on the page is found, even if the page promises more and does not say where."""
    lost = {"users": [ADA], "pagination": {"has_more": True}}
    assert connect([ok(lost)]).users.get(user="ADA@example.com").id == ADA["id"]


def test_answers_are_frozen_to_the_bottom(connect: Connect) -> None:
    """Nothing of an answer can be changed, and what is shared between answers least of all."""
    one: UserPage = connect([ok(page([ADA], next_cursor="c", more=[1]))]).users.list()
    for frozen in (one.extra, one.users[0].extra, one.users[0].role.extra):
        assert isinstance(frozen, FrozenDict)
        for change in (lambda d: d.update(x=1), lambda d: d.__setitem__("x", 1), lambda d: d.clear()):
            with pytest.raises(TypeError, match="frozen"):
                change(frozen)
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one


def test_a_limit_longer_than_anyone_waits_ends_the_requests_of_a_batch(connect: Connect) -> None:
    """A 429 beyond the cap is not met again for each of the other users; they are reported failed."""
    client = connect(lambda request: raw(b"", 429, retry_after="120"))
    results = client.users.bulk_delete(user_ids=[f"id{n}" for n in range(50)], max_concurrency=1)
    assert len(client.recorder.sent) == 1
    assert {str(one.status) for one in results} == {"failed"}
    assert all("429" in str(one.error) for one in results)


def test_whatever_on_result_raises_ends_the_batch_with_its_outcomes(connect: Connect) -> None:
    """Even an exception that looks like a cancellation or an exit loses no outcome."""
    import asyncio

    for error in (asyncio.CancelledError(), SystemExit(3), GeneratorExit()):
        client = connect(lambda request: ok())

        def stop(result: object, error: BaseException = error) -> None:
            raise error

        with pytest.raises(BulkInterrupted) as caught:
            client.users.bulk_delete(user_ids=["a", "b", "c"], max_concurrency=1, on_result=stop)
        assert [one.user_id for one in caught.value.results] == ["a"]
        assert caught.value.pending == ["b", "c"]


@pytest.mark.parametrize(
    "setting",
    [
        {"base_url": "https://a..com"},
        {"base_url": "https://."},
        {"headers": "abc"},
        {"headers": {"X-Token": "s3cret "}},
        {"headers": {"Content-Length": "3"}},
        {"base_url": "sandbox:\0"},
        {"transport": "x"},
        {"verify": 123},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_at_once(kind: str, setting: dict[str, Any]) -> None:
    """Each is a ConfigurationError when the client is made, not a surprise at the first request."""
    client = ArizeClient if kind == "sync" else AsyncArizeClient
    with pytest.raises(ConfigurationError) as caught:
        client(**{"api_key": "k", **setting})
    assert "s3cret" not in str(caught.value)
