"""What a caller sees of a success: as the contract says, beyond it, and against it."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.account import Connect
from support.answers import ADA, SECRET, html, ok, page, raw, user

from arize_users import (
    CustomUserRole,
    PaginationError,
    PredefinedUserRole,
    ResponseDecodeError,
    UnknownUserRole,
    UserStatus,
)
from arize_users.errors import NOT_FROM_API
from arize_users.types import FrozenDict

from .simulated_calls import CALLS, fail, read, read_page, succeed

READING: dict[str, Callable[[Any], Any]] = {
    "iter": lambda users: list(users.iter()),
    **{call: CALLS[call] for call in ("list", "get", "get by email", "update", "create, temporary_password")},
}
PAGED = {"list", "iter", "get by email"}


@pytest.mark.parametrize("call", READING)
def test_unreadable_answers(connect: Connect, call: str) -> None:
    """A 2xx that cannot be read is an error that keeps the body, and shows none of it."""
    wrong: Any = {**ADA, "name": [SECRET]}
    answers = [
        raw(SECRET.encode(), x_request_id="req-7"),
        ok(page([ADA, wrong]) if call in PAGED else wrong, 201, x_request_id="req-7"),
    ]
    client = connect(answers, enum_case="lower")
    where = "users[1]" if call in PAGED else "the body"
    for answer, problem in zip(
        answers, ("its body is not JSON", f"`name` of {where} is not text"), strict=True
    ):
        with pytest.raises(ResponseDecodeError) as caught:
            READING[call](client.users)
        error, sent = caught.value, client.recorder.sent[-1]
        assert (error.body, error.status_code, error.request_id) == (answer.content, answer.status, "req-7")
        assert (error.operation, error.method, error.path) == (
            *(sent.operation, sent.request.method, sent.path),
        )
        assert error.message.startswith(
            f"{error.method} {error.path} answered {answer.status}, but {problem}. The answer from https://"
        )
        assert error.message.endswith(f": {NOT_FROM_API}.")
        assert error.hint is not None
        assert "`body`" in error.hint
        assert SECRET not in f"{error!s} {error!r} {error.__cause__!r}"
    assert len(client.recorder.sent) == 2


NOT_A_DOCUMENT = [
    *[html(200).content, b"", b'{"users": [', b"\xff\xfe\x00\x80", b"NaN", b"[" * 100_000, b"9" * 5000],
    *[b"null", b"[]", b'"ok"', b"7", b"true"],
]


@pytest.mark.parametrize("body", NOT_A_DOCUMENT, ids=lambda one: repr(one[:20]))
def test_not_a_document(body: bytes) -> None:
    """A success without a JSON object is an error, whatever its status."""
    for call, status in (("get", 200), ("list", 201), ("update", 204)):
        error = fail(call, raw(body, status))[1]
        assert type(error) is ResponseDecodeError
        assert (error.body, error.status_code) == (body, status)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("id", (7, True, ["x"], {"x": 1})),
        ("name", (7, ["x"])),
        ("email", (7, {})),
        ("created_at", (7, "", "soon", "2026-13-01T00:00:00Z", "12:00:00Z", [])),
        ("status", (7, True, ["active"])),
        ("role", ("member", 7, ["member"], True)),
        ("is_developer", (0, 1, "true", [])),
        ("invite_mode", (7, [])),
        ("temporary_password", (7, [SECRET], {"secret": SECRET})),
    ],
)
def test_wrong_types(field: str, values: tuple[Any, ...]) -> None:
    """A field of the wrong type is an error that says which and where, and not a guess."""
    for value in values:
        document: Any = {**ADA, field: value}
        errors = [(fail("create, temporary_password", ok(document, 201))[1], "the body")]
        if field in ADA:
            errors.append((fail("list", ok(page([ADA, document])))[1], "users[1]"))
        for error, place in errors:
            assert type(error) is ResponseDecodeError
            assert f"`{field}` of {place} is not" in error.message
            assert SECRET not in str(error)


def test_not_a_page() -> None:
    """A page without a list of users, or with a pagination that makes no sense, is an error."""
    documents: list[Any] = [{}, *({"users": one} for one in (None, {}, "x", [7], [None], [[]]))]
    paginations = ([], {"has_more": "yes"}, {"has_more": True, "next_cursor": 7})
    for document in (*documents, *({"users": [], "pagination": one} for one in paginations)):
        assert type(fail("list", ok(document))[1]) is ResponseDecodeError, document


def test_pagination_left_out() -> None:
    """A page without pagination is the last; a cursor alone promises more."""
    assert not succeed("list", ok({"users": []}))[1].pagination.has_more
    assert succeed("list", ok({"users": [], "pagination": {"next_cursor": "x"}}))[1].pagination.has_more


@pytest.mark.parametrize("body", ["cut off", "not compressed as it says", "not JSON"])
def test_issued_password_is_kept(connect: Connect, body: str) -> None:
    """A password in an answer that is broken or wrongly labelled is in the result or in the error's body."""
    content = json.dumps({"id": "1", "temporary_password": SECRET}).encode()
    if body == "not compressed as it says":
        client = connect([raw(content, 201, content_encoding="gzip")])
        assert CALLS["create, temporary_password"](client.users).temporary_password == SECRET
        return
    content = content[:-2] if body == "cut off" else SECRET.encode()
    client = connect([raw(content, 201, content_encoding="gzip")])
    with pytest.raises(ResponseDecodeError) as caught:
        CALLS["create, temporary_password"](client.users)
    assert caught.value.body == content
    assert caught.value.maybe_applied
    assert SECRET not in repr(caught.value)


# Values in either case, and unknown ones


def test_statuses() -> None:
    """A known status is the member, however the server spells it; an unknown one is its text."""
    for status in ("active", "ACTIVE", "Active"):
        found = read(user(status=status))
        assert found.status is UserStatus.ACTIVE
        assert (f"{found.status}", found.to_dict()["status"]) == ("active", "active")
    for status in ("inactive", "SUSPENDED", "", "\u0391CTIVE"):
        unknown, known = read_page([user(status=status), user()]).users
        assert (unknown.status, unknown.to_dict()["status"]) == (status, status)
        assert not isinstance(unknown.status, UserStatus)
        assert known.status is UserStatus.ACTIVE


def test_invite_modes() -> None:
    """The invite mode of a created user is read in either case, and an unknown one as its text."""
    for mode, text in (("email_link", "email_link"), ("EMAIL_LINK", "email_link"), ("letter", "letter")):
        assert str(succeed("create, email_link", ok(user(invite_mode=mode), 201))[1].invite_mode) == text


@pytest.mark.parametrize(
    ("document", "role"),
    [
        ({"type": "predefined", "name": "admin"}, PredefinedUserRole(name="admin")),
        ({"type": "PREDEFINED", "name": "ADMIN"}, PredefinedUserRole(name="admin")),
        ({"type": "PREDEFINED", "name": "AUDITOR"}, PredefinedUserRole(name="AUDITOR")),
        ({"type": "custom", "id": "r1"}, CustomUserRole(id="r1")),
        ({"type": "CUSTOM", "id": "r1", "name": "admin"}, CustomUserRole(id="r1", name="admin")),
        ({"type": "custom", "id": "R1", "name": "ADMIN"}, CustomUserRole(id="R1", name="ADMIN")),
    ],
)
def test_roles(document: dict[str, str], role: Any) -> None:
    """A role is what its type says, whatever else the API adds to it: a custom one is never predefined."""
    assert read(user(role=document)).role == role
    found = read_page([user(role={**document, "since": 7})]).users[0].role
    assert (type(found), found.type, found.name) == (type(role), role.type, role.name)
    assert found.extra == {"since": 7}
    assert found.to_dict() == {**role.to_dict(), "since": 7}


@pytest.mark.parametrize(
    "document",
    [
        *[{}, {"type": 7}, {"name": "admin"}, {"type": None, "name": "admin"}, {"type": "predefined"}],
        *[{"type": "group", "members": ["x"]}, {"type": "GROUP", "name": "admin"}],
        *[{"type": "custom", "name": "admin"}, {"type": "predefined", "name": 7}],
        {"type": "custom", "id": "r1", "name": 7},
    ],
    ids=str,
)
def test_unknown_roles(document: dict[str, Any]) -> None:
    """A role in a shape unknown to this version fails no page, and can be read."""
    found = read_page([user(role=document), user()]).users
    assert found[0].role == UnknownUserRole(data=document)
    assert found[0].to_dict()["role"] == document
    assert found[1].role == PredefinedUserRole(name="member")


# Beyond the contract


def test_more_than_promised() -> None:
    """What the server sends beyond the contract is kept and can be read, at every level."""
    members = {"users": [user(last_login="2026-03-01", teams=["a"])], "took_ms": 7}
    document = {**members, "pagination": {"has_more": True, "next_cursor": "x", "total_count": 7}}
    found = succeed("list", ok(document))[1]
    assert found.extra == {"took_ms": 7}
    assert found.pagination.extra == {"total_count": 7}
    assert found.users[0].extra == {"last_login": "2026-03-01", "teams": ["a"]}
    assert found.to_dict() == document
    document = user(status="invited", invite_mode="email_link", expires_at="2026-03-08")
    created = succeed("create, email_link", ok(document, 201))[1]
    assert created.extra == {"expires_at": "2026-03-08"}
    assert created.to_dict() == document


def test_answers_are_frozen() -> None:
    """Nothing of an answer can be changed, least of all what answers share; a copy equals it."""
    one = read_page([ADA], next_cursor="c", more=[1])
    for frozen in (one.extra, one.users[0].extra, one.users[0].role.extra):
        assert isinstance(frozen, FrozenDict)
        for change in (lambda d: d.update(x=1), lambda d: d.__setitem__("x", 1), lambda d: d.clear()):
            with pytest.raises(TypeError, match="frozen"):
                change(frozen)
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one


# Times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01T12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01t12:00:00z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00.5Z", datetime(2024, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-01-01T12:00:00.000Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00.123456789Z", datetime(2024, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-01-01T14:00:00+02:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00-00:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01 12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    """A time is read in every spelling of RFC 3339, always with a zone, and written back as it came."""
    found = read(user(created_at=text))
    assert found.created_at == moment
    assert found.created_at.utcoffset() == timedelta(hours=2 if "+02" in text else 0)
    assert found.to_dict()["created_at"] == text


# Over a transport


def test_content_type_does_not_matter(connect: Connect) -> None:
    """A document is read for what it is, whatever the server calls it."""
    types = (None, "text/html", "text/plain; charset=utf-16")
    answers = [raw(ok(user()).content, **({"content_type": one} if one else {})) for one in types]
    users = connect(answers).users
    assert [users.get(user="x").to_dict() for _ in types] == [ADA] * 3


@pytest.mark.parametrize("cursor", [None, " ", "\ud800", "a" * 70_000], ids=["none", "blank", "text", "long"])
def test_a_cursor_that_cannot_be_used(connect: Connect, cursor: str | None) -> None:
    """The users of the page are given, and found by exact email; then it is a PaginationError."""
    document = {"users": [ADA], "pagination": {"has_more": True, "next_cursor": cursor}}
    client = connect([ok(document)] * 3)
    assert client.users.get(user="ada@example.com").id == ADA["id"]
    with pytest.raises(PaginationError):
        client.users.get(user="ADA@example.com")  # The next page may hold the exact spelling, or a twin.
    users = client.users.iter()
    assert next(users).email == "ada@example.com"
    with pytest.raises(PaginationError) as caught:
        next(users)
    assert (caught.value.operation, caught.value.method) == ("list_users", "GET")
    assert (caught.value.path, caught.value.maybe_applied) == ("/v2/users", False)
