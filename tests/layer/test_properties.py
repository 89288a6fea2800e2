"""Whatever a server sends: valid answers lose nothing, and anything else is an ArizeError."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Reply
from support.transports import ScriptedTransport

from arize_users import ArizeClient, ArizeError, AsyncArizeClient, User, UserPage, UserRole, UserStatus

NEW = {"name": "Ada", "email": "ada@example.com", "role": "member", "invite_mode": "email_link"}

TEXT = st.text(max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
KNOWN = {"id", "name", "email", "created_at", "status", "role", "is_developer"}
KNOWN |= {"invite_mode", "temporary_password", "users", "pagination", "type"}
EXTRA = st.dictionaries(TEXT.filter(lambda name: name not in KNOWN), JSON, max_size=2)


def _in_either_case(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*words, *map(str.upper, words)])


@st.composite
def _times(draw: st.DrawFn) -> str:
    offset = timezone(timedelta(minutes=draw(st.integers(-23 * 60, 23 * 60))))
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)))
    zone = draw(st.sampled_from([UTC, offset]))
    text = moment.replace(tzinfo=zone).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


ROLES = st.one_of(
    st.fixed_dictionaries(
        {
            "type": _in_either_case("predefined"),
            "name": _in_either_case("admin", "member", "annotator") | TEXT,
        }
    ),
    st.fixed_dictionaries({"type": _in_either_case("custom"), "id": TEXT}, optional={"name": TEXT}),
)
USERS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXT,
        "name": TEXT,
        "email": TEXT,
        "created_at": _times(),
        "status": _in_either_case("active", "invited", "expired", "inactive") | TEXT,
        "role": ROLES,
        "is_developer": st.booleans(),
    },
)
CREATED = st.fixed_dictionaries(
    {"invite_mode": _in_either_case("none", "email_link", "temporary_password") | TEXT},
    optional={"temporary_password": TEXT},
)
PAGINATION = st.one_of(
    st.just({"has_more": False}),
    st.fixed_dictionaries({"has_more": st.just(True), "next_cursor": TEXT.filter(bool)}),
)


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Give a user's document with its known values in lower case, which is how they are written back."""
    plain = json.loads(json.dumps(document))
    words = {"status": set(UserStatus), "invite_mode": {"none", "email_link", "temporary_password"}}
    for name, known in words.items():
        if plain.get(name, "").lower() in known and plain[name].isascii():
            plain[name] = plain[name].lower()
    if "role" in plain:
        role = plain["role"]
        role["type"] = role["type"].lower()
        is_known = role["type"] == "predefined" and role["name"].lower() in set(UserRole)
        if is_known and role["name"].isascii():
            role["name"] = role["name"].lower()
    if "created_at" in plain:
        plain["created_at"] = datetime.fromisoformat(plain["created_at"])
    return plain


def _as_written(found: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(found.to_json())
    if "created_at" in written:
        written["created_at"] = datetime.fromisoformat(written["created_at"])
    return written


def _asked(document: object, call: Any, status: int = 200) -> Any:
    answer = Reply(status, [("content-type", "application/json")], json.dumps(document).encode())
    with ArizeClient(
        api_key="k", transport=ScriptedTransport(lambda _: answer), max_retries=0, enum_case="lower"
    ) as client:
        return call(client.users)


@settings(max_examples=150)
@given(USERS, EXTRA)
def test_users_lose_nothing(document: dict[str, Any], extra: dict[str, Any]) -> None:
    """A user within the contract, in either case and with any field left out, is written back as it came."""
    found = _asked({**document, **extra}, lambda users: users.get(user="x"))
    assert isinstance(found, User)
    assert _as_written(found) == {**_plain(document), **extra}
    assert found.extra == extra
    json.dumps(found.to_row(), default=str)
    assert repr(found)


@settings(max_examples=80)
@given(USERS, CREATED, EXTRA)
def test_created_users_lose_nothing(
    document: dict[str, Any], created: dict[str, Any], extra: dict[str, Any]
) -> None:
    """So is a created user, whose password is in no repr."""
    whole = {**document, **created, **extra}
    found = _asked(whole, lambda users: users.create(**NEW), 201)
    assert _as_written(found) == {**_plain({**document, **created}), **extra}
    assert found.temporary_password == created.get("temporary_password")


@settings(max_examples=80)
@given(st.lists(USERS, max_size=4), PAGINATION, EXTRA)
def test_pages_lose_nothing(
    users: list[dict[str, Any]], pagination: dict[str, Any], extra: dict[str, Any]
) -> None:
    """So is a page."""
    found = _asked({"users": users, "pagination": pagination, **extra}, lambda one: one.list())
    assert isinstance(found, UserPage)
    assert [_as_written(one) for one in found] == [_plain(one) for one in users]
    assert found.to_dict()["pagination"] == pagination
    assert found.extra == extra
    assert len(json.loads(found.to_json())["users"]) == len(users)


CALLS = [
    lambda users: users.list(),
    lambda users: users.list(status="active"),
    lambda users: [next(users.iter(created_after="2026-01-01"), None)],
    lambda users: users.get(user="x"),
    lambda users: users.get(user="ada@example.com"),
    lambda users: users.create(**NEW),
    lambda users: users.create(**{**NEW, "invite_mode": "temporary_password"}, is_developer=True),
    lambda users: users.update(user_id="x", name="A"),
    lambda users: users.delete(user_id="x"),
    lambda users: users.resend_invitation(user_id="x"),
    lambda users: users.reset_password(user_id="x"),
    lambda users: users.bulk_delete(user_ids=["x"], emails=["ada@example.com", "b@example.com"]),
]


def _shown_failure(call: Any) -> str:
    """Call, let nothing but an ArizeError be raised, and give all that it shows."""
    try:
        call()
    except ArizeError as error:
        return f"{error} {error!r}"
    return ""


HEADER_NAMES = st.sampled_from(
    [
        *["retry-after", "content-type", "content-encoding", "content-length", "location", "set-cookie"],
        *["x-request-id", "transfer-encoding", "date", "link"],
    ]
)
HEADER_VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
    st.sampled_from(
        [
            *["gzip", "deflate", "br", "zstd", "identity", "gzip, deflate", "application/json; charset=x"],
            *[
                "http://[",
                "//",
                "https://a:b:c",
                "99999999999999999999",
                "-1",
                "Wed, 21 Oct 2015 07:28:00 GMT",
            ],
            *["Wed, 21 Oct 2015 07:28:00 +9999", "a=b; expires=x; path=/", "chunked"],
        ]
    ),
)
ANYTHING = st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(KNOWN), JSON))
BODIES = st.one_of(
    st.binary(max_size=60),
    JSON.map(lambda value: json.dumps(value).encode()),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {
            "users": st.lists(
                st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(KNOWN), JSON)), max_size=2
            )
        },
        optional={"pagination": st.fixed_dictionaries({}, optional={"has_more": JSON, "next_cursor": JSON})},
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b"\xef\xbb\xbf{}", b"{} trailing", b'{"a":1,"a":2}', b'{"status":"\\ud800"}', b"\x1f\x8b\x08"]
    ),
)
STATUSES = st.integers(100, 999) | st.sampled_from(
    [200, 201, 204, 302, 304, 400, 401, 404, 409, 422, 429, 500, 503]
)


@settings(max_examples=400)
@given(
    st.sampled_from(CALLS),
    STATUSES,
    st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=3),
    BODIES,
)
def test_only_our_errors(call: Any, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Whatever status, headers and bytes come back, only ArizeErrors are raised, and each can be shown."""
    answer = Reply(status, headers, body)
    with ArizeClient(
        api_key="k-secret", transport=ScriptedTransport(lambda _: answer), max_retries=0
    ) as client:
        shown = _shown_failure(lambda: call(client.users))
        assert "k-secret" not in shown


@settings(max_examples=100)
@given(
    st.sampled_from(CALLS[3:4] + CALLS[5:]),
    STATUSES,
    st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=3),
    BODIES,
)
def test_only_our_errors_when_awaited(
    call: Any, status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    """The same holds of the async client."""
    answer = Reply(status, headers, body)

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
@pytest.mark.parametrize("call", range(len(CALLS)))
def test_only_our_errors_from_connections(call: int, failure: type[Exception]) -> None:
    """Nor does any failure of a connection reach the caller as anything else."""

    def answer(_: httpx.Request) -> Exception:
        return failure("broken")

    with ArizeClient(api_key="k", transport=ScriptedTransport(answer), max_retries=0) as client:
        _shown_failure(lambda: CALLS[call](client.users))
