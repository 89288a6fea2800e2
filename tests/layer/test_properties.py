"""Whatever a server sends: valid answers lose nothing, and anything else is an ArizeError."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Reply, ok
from support.transports import ScriptedTransport

from arize_users import ArizeClient, ArizeError, AsyncArizeClient, InviteMode, UserRole, UserStatus

from .simulated_calls import CALLS, NEW, succeed

TEXT = st.text(max_size=30)
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
USER_FIELDS = {"id", "name", "email", "created_at", "status", "role", "is_developer"}
KNOWN = sorted(USER_FIELDS | {"invite_mode", "temporary_password", "users", "pagination", "type"})
EXTRA = st.dictionaries(TEXT.filter(lambda name: name not in KNOWN), JSON, max_size=2)


def _in_either_case(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*values, *map(str.upper, values)])


@st.composite
def _times(draw: st.DrawFn) -> str:
    offset = timezone(timedelta(minutes=draw(st.integers(-23 * 60, 23 * 60))))
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)))
    text = moment.replace(tzinfo=draw(st.sampled_from([UTC, offset]))).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


PREDEFINED = {"type": _in_either_case("predefined"), "name": _in_either_case(*UserRole) | TEXT}
CUSTOM = {"type": _in_either_case("custom"), "id": TEXT}
USERS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXT,
        "name": TEXT,
        "email": TEXT,
        "created_at": _times(),
        "status": _in_either_case(*UserStatus, "inactive") | TEXT,
        "role": st.fixed_dictionaries(PREDEFINED) | st.fixed_dictionaries(CUSTOM, optional={"name": TEXT}),
        "is_developer": st.booleans(),
    },
)
CREATED = st.fixed_dictionaries(
    {"invite_mode": _in_either_case(*InviteMode) | TEXT}, optional={"temporary_password": TEXT}
)
LAST_PAGE = st.just({"has_more": False})
PAGINATION = LAST_PAGE | st.fixed_dictionaries({"has_more": st.just(True), "next_cursor": TEXT.filter(bool)})


def _lower(values: Any, text: str) -> str:
    return text.lower() if text.isascii() and text.lower() in {str(one) for one in values} else text


def _expected(document: dict[str, Any]) -> dict[str, Any]:
    """Give a user's document with its known values in lower case, which is how they are written back."""
    expected = json.loads(json.dumps(document))
    for name, values in (("status", UserStatus), ("invite_mode", InviteMode)):
        if name in expected:
            expected[name] = _lower(values, expected[name])
    if role := expected.get("role"):
        role["type"] = role["type"].lower()
        if role["type"] == "predefined":
            role["name"] = _lower(UserRole, role["name"])
    return _with_time(expected)


def _with_time(document: dict[str, Any]) -> dict[str, Any]:
    text = document.get("created_at")
    return document if text is None else {**document, "created_at": datetime.fromisoformat(text)}


def _written(found: Any) -> dict[str, Any]:
    return _with_time(json.loads(found.to_json()))


@settings(max_examples=150)
@given(USERS, EXTRA)
def test_users_lose_nothing(document: dict[str, Any], extra: dict[str, Any]) -> None:
    """A user within the contract, in either case and with any field left out, is written back as it came."""
    found = succeed("get", ok({**document, **extra}))[1]
    assert _written(found) == {**_expected(document), **extra}
    assert found.extra == extra
    json.dumps(found.to_row(), default=str)
    assert repr(found)


@settings(max_examples=80)
@given(USERS, CREATED, EXTRA)
def test_created_users_lose_nothing(
    document: dict[str, Any], created: dict[str, Any], extra: dict[str, Any]
) -> None:
    """So is a created user, who always has an id."""
    whole = {**document, **created, "id": document.get("id") or "1"}
    found = succeed("create, email_link", ok({**whole, **extra}, 201))[1]
    assert _written(found) == {**_expected(whole), **extra}
    assert found.temporary_password == created.get("temporary_password")


@settings(max_examples=80)
@given(st.lists(USERS, max_size=4), PAGINATION, EXTRA)
def test_pages_lose_nothing(
    users: list[dict[str, Any]], pagination: dict[str, Any], extra: dict[str, Any]
) -> None:
    """So is a page."""
    found = succeed("list", ok({"users": users, "pagination": pagination, **extra}))[1]
    assert [_written(one) for one in found] == [_expected(one) for one in users]
    assert found.to_dict()["pagination"] == pagination
    assert found.extra == extra
    assert len(json.loads(found.to_json())["users"]) == len(users)


AWAITED: list[Callable[[Any], Any]] = [
    *CALLS.values(),
    lambda users: users.list(status="active"),
    lambda users: users.create(**NEW, is_developer=True),
    lambda users: users.bulk_delete(user_ids=["x"], emails=["ada@example.com", "b@example.com"]),
]
ITERATE: list[Callable[[Any], Any]] = [lambda users: [next(users.iter(created_after="2026-01-01"), None)]]

NAMES = """retry-after content-type content-encoding content-length location set-cookie x-request-id
           transfer-encoding date link"""
VALUES = """gzip deflate br zstd identity gzip,deflate application/json;charset=x http://[ // https://a:b:c
            99999999999999999999 -1 a=b;expires=x;path=/ chunked"""
DATES = ["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 +9999"]
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
HEADERS = st.lists(
    st.tuples(st.sampled_from(NAMES.split()), LATIN | st.sampled_from(VALUES.split() + DATES)), max_size=3
)
ANY_USER = st.fixed_dictionaries({}, optional=dict.fromkeys(KNOWN, JSON))
ANY_PAGE = st.fixed_dictionaries(
    {"users": st.lists(ANY_USER, max_size=2)},
    optional={"pagination": st.fixed_dictionaries({}, optional={"has_more": JSON, "next_cursor": JSON})},
)
STRANGE = [b"\xef\xbb\xbf{}", b"{} trailing", b'{"a":1,"a":2}', b'{"status":"\\ud800"}', b"\x1f\x8b\x08"]
BODIES = st.one_of(
    st.binary(max_size=60),
    (JSON | ANY_USER | ANY_PAGE).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(STRANGE),
)
COMMON = [200, 201, 204, 302, 304, 400, 401, 404, 409, 422, 429, 500, 503]
ANSWERS = st.builds(Reply, st.integers(100, 999) | st.sampled_from(COMMON), HEADERS, BODIES)


def _shown_failure(call: Callable[[], Any]) -> str:
    """Call, let nothing but an ArizeError be raised, and give all that it shows."""
    try:
        call()
    except ArizeError as error:
        return f"{error} {error!r}"
    return ""


@settings(max_examples=400)
@given(st.sampled_from(AWAITED + ITERATE), ANSWERS)
def test_only_our_errors(call: Callable[[Any], Any], answer: Reply) -> None:
    """Whatever status, headers and bytes come back, only ArizeErrors are raised, and none shows the key."""
    transport = ScriptedTransport(lambda _: answer)
    with ArizeClient(api_key="k-secret", transport=transport, max_retries=0) as client:
        assert "k-secret" not in _shown_failure(lambda: call(client.users))


@settings(max_examples=100)
@given(st.sampled_from(AWAITED), ANSWERS)
def test_only_our_errors_when_awaited(call: Callable[[Any], Any], answer: Reply) -> None:
    """The same holds of the async client."""

    async def use() -> None:
        transport = ScriptedTransport(lambda _: answer)
        async with AsyncArizeClient(api_key="k-secret", transport=transport, max_retries=0) as client:
            await call(client.users)

    assert "k-secret" not in _shown_failure(lambda: asyncio.run(use()))


FAILURES = [
    *[httpx.ReadError, httpx.ConnectError, httpx.ReadTimeout, httpx.PoolTimeout, httpx.RemoteProtocolError],
    *[httpx.ProxyError, httpx.UnsupportedProtocol, httpx.DecodingError, httpx.TooManyRedirects],
]


@pytest.mark.parametrize("failure", FAILURES)
def test_only_our_errors_from_connections(failure: type[Exception]) -> None:
    """No failure of a connection reaches the caller as anything else."""
    transport = ScriptedTransport(lambda _: failure("broken"))
    with ArizeClient(api_key="k", transport=transport, max_retries=0) as client:
        for call in AWAITED + ITERATE:
            _shown_failure(lambda call=call: call(client.users))
