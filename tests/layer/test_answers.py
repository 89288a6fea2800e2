"""What a caller sees of a success: as the contract says, beyond it, and against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from support.account import Connect
from support.answers import ADA, SECRET, html, ok, page, raw, upper, user

from arize_users import (
    CustomUserRole,
    MissingFieldError,
    PredefinedUserRole,
    ResponseDecodeError,
    UnknownUserRole,
    User,
    UserStatus,
)

NEW = {"name": "Ada", "email": "ada@example.com", "role": "member", "invite_mode": "email_link"}
READING: dict[str, Callable[[Any], Any]] = {
    "list": lambda users: users.list(),
    "iter": lambda users: list(users.iter()),
    "get by id": lambda users: users.get(user="x"),
    "get by email": lambda users: users.get(user="ada@example.com"),
    "create": lambda users: users.create(**NEW),
    "update": lambda users: users.update(user_id="x", name="New"),
}
PAGED = {"list", "iter", "get by email"}

NOT_A_DOCUMENT = {
    "html": html(200).content,
    "empty": b"",
    "half": b'{"users": [',
    "bytes": b"\xff\xfe\x00\x80",
    "nan": b"NaN",
    "deep": b"[" * 100_000,
    "huge number": b"9" * 5000,
    "null": b"null",
    "list": b"[]",
    "text": b'"ok"',
    "number": b"7",
    "true": b"true",
}


@pytest.mark.parametrize("body", NOT_A_DOCUMENT)
@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize("call", READING)
def test_not_a_document(connect: Connect, call: str, status: int, body: str) -> None:
    """A 2xx whose body is no document is an error that keeps the body, and shows none of it."""
    content = NOT_A_DOCUMENT[body]
    client = connect([raw(content, status, x_request_id="req-7")], enum_case="lower")
    with pytest.raises(ResponseDecodeError) as caught:
        READING[call](client.users)
    error = caught.value
    assert (error.body, error.status_code, error.request_id) == (content, status, "req-7")
    assert error.method == client.recorder.sent[0].request.method
    assert error.path == client.recorder.sent[0].path
    assert len(client.recorder.sent) == 1
    assert str(status) in str(error)
    assert "body" in str(error)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("id", one) for one in (7, True, ["x"], {"x": 1})),
        *(("name", one) for one in (7, ["x"])),
        *(("email", one) for one in (7, {})),
        *(("created_at", one) for one in (7, "", "soon", "2026-13-01T00:00:00Z", "12:00:00Z", [])),
        *(("status", one) for one in (7, True, ["active"])),
        *(("role", one) for one in ("member", 7, ["member"], True)),
        *(("is_developer", one) for one in (0, 1, "true", [])),
    ],
)
@pytest.mark.parametrize("call", READING)
def test_wrong_types(connect: Connect, call: str, field: str, value: object) -> None:
    """A field of the wrong type is an error that says which and where, and not a guess."""
    document: Any = {**ADA, field: value}
    document = page([ADA, document]) if call in PAGED else document
    client = connect([ok(document)], enum_case="lower")
    if call == "get by email":
        client = connect([ok(page([{**ADA, field: value}]))])
    with pytest.raises(ResponseDecodeError, match=f"`{field}`") as caught:
        READING[call](client.users)
    if call in ("list", "iter"):
        assert "users[1]" in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"users": None},
        {"users": {}},
        {"users": "x"},
        {"users": [7]},
        {"users": [None]},
        {"users": [[]]},
        {"users": [], "pagination": []},
        {"users": [], "pagination": {"has_more": "yes"}},
        {"users": [], "pagination": {"has_more": True, "next_cursor": 7}},
    ],
)
@pytest.mark.parametrize("call", sorted(PAGED))
def test_not_a_page(connect: Connect, call: str, document: object) -> None:
    """A page without a list of users, or with a pagination that makes no sense, is an error."""
    with pytest.raises(ResponseDecodeError):
        READING[call](connect([ok(document)]).users)


def test_issued_password_is_never_lost(connect: Connect) -> None:
    """A password in an answer that cannot be read is in the error's body, and not in its text."""
    answer = ok({**ADA, "name": 7, "temporary_password": SECRET}, 201)
    cut = raw(answer.content[:-2], 201)
    for one in (answer, cut):
        with pytest.raises(ResponseDecodeError) as caught:
            connect([one], enum_case="lower").users.create(**{**NEW, "invite_mode": "temporary_password"})
        assert SECRET.encode() in caught.value.body
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(caught.value)
        assert SECRET not in str(caught.value.__cause__)
        assert "carried out" in str(caught.value)


@pytest.mark.parametrize("password", [7, [SECRET], {"secret": SECRET}])
def test_password_of_the_wrong_type(connect: Connect, password: object) -> None:
    """Even then the text of the error names the field alone."""
    answer = ok(user(temporary_password=password, invite_mode="temporary_password"), 201)
    with pytest.raises(ResponseDecodeError, match="`temporary_password`") as caught:
        connect([answer], enum_case="lower").users.create(**NEW)
    assert SECRET not in str(caught.value)


# Either case, and less than promised


@pytest.mark.parametrize("missing", [*ADA, None, "all"])
def test_missing_fields(connect: Connect, missing: str | None) -> None:
    """A field that the server leaves out raises an error when it is read, and costs nothing else."""
    document = {} if missing == "all" else {one: value for one, value in ADA.items() if one != missing}
    found = connect([ok(page([document, ADA]))]).users.list().users
    assert found[0].to_dict() == document
    for name in ADA.keys() - document.keys():
        with pytest.raises(MissingFieldError, match=name):
            getattr(found[0], name)
    assert found[1].to_dict() == ADA
    assert connect([ok(document)]).users.get(user="x").to_dict() == document


@pytest.mark.parametrize("status", ["active", "ACTIVE", "Active"])
def test_status_in_any_case(connect: Connect, status: str) -> None:
    """A known status equals its lower-case text, however the server spells it."""
    found = connect([ok(user(status=status))]).users.get(user="x")
    assert found.status is UserStatus.ACTIVE
    assert found.status == "active"
    assert f"{found.status}" == "active"
    assert found.to_dict()["status"] == "active"


@pytest.mark.parametrize("status", ["inactive", "SUSPENDED", "", "\u0391CTIVE"])
def test_unknown_status(connect: Connect, status: str) -> None:
    """A status that this version does not know arrives as its text."""
    found = connect([ok(page([user(status=status), user()]))]).users.list().users
    assert found[0].status == status
    assert not isinstance(found[0].status, UserStatus)
    assert found[0].to_dict()["status"] == status
    assert found[1].status is UserStatus.ACTIVE


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
def test_roles(connect: Connect, document: dict[str, str], role: object) -> None:
    """A role is what its type says: a custom one called admin is never the predefined one."""
    assert connect([ok(user(role=document))]).users.get(user="x").role == role


@pytest.mark.parametrize(
    "document",
    [
        {"type": "group", "members": ["x"]},
        {"type": "GROUP", "name": "admin"},
        {"name": "admin"},
        {"type": None, "name": "admin"},
        {"type": 7},
        {"type": "custom", "name": "admin"},
        {"type": "predefined"},
        {"type": "predefined", "name": 7},
        {"type": "custom", "id": "r1", "name": 7},
        {},
    ],
)
def test_unknown_roles(connect: Connect, document: dict[str, Any]) -> None:
    """A role in a shape unknown to this version does not cost the page, and stays readable."""
    found = connect([ok(page([user(role=document), user()]))]).users.list().users
    assert found[0].role == UnknownUserRole(data=document)
    assert found[0].to_dict()["role"] == document
    assert found[1].role == PredefinedUserRole(name="member")


@pytest.mark.parametrize("spell", [lambda document: document, upper], ids=["lower", "upper"])
@pytest.mark.parametrize(
    "role", [{"type": "predefined", "name": "member", "since": 7}, {"type": "custom", "id": "r1", "since": 7}]
)
def test_roles_with_more(connect: Connect, spell: Callable[[Any], Any], role: dict[str, Any]) -> None:
    """A member that the API adds to a role does not make it unknown: type and name stay as they are."""
    found = connect([ok(spell(user(role=role)))]).users.get(user="x").role
    assert found.type == role["type"]
    assert isinstance(found, PredefinedUserRole | CustomUserRole)
    assert found.name == role.get("name")
    assert found.to_dict() == role


# Beyond the contract


def test_more_than_promised(connect: Connect) -> None:
    """What the server sends beyond the contract is kept and readable, at every level."""
    document = page([user(last_login="2026-03-01", teams=["a"])], next_cursor="x", took_ms=7)
    found = connect([ok(document)]).users.list()
    assert found.extra == {"took_ms": 7}
    assert found.users[0].extra == {"last_login": "2026-03-01", "teams": ["a"]}
    assert found.to_dict() == document


def test_more_pagination_than_promised(connect: Connect) -> None:
    """So is what it says of the pagination beyond the contract."""
    document = {"users": [], "pagination": {"has_more": False, "total_count": 7}}
    assert connect([ok(document)]).users.list().to_dict() == document


def test_more_of_a_created_user(connect: Connect) -> None:
    """A created user keeps it, too."""
    document = user(status="invited", invite_mode="email_link", expires_at="2026-03-08")
    created = connect([ok(document, 201)]).users.create(**NEW)
    assert created.extra == {"expires_at": "2026-03-08"}
    assert created.to_dict() == document


@pytest.mark.parametrize("mode", ["email_link", "EMAIL_LINK", "carrier_pigeon"])
def test_invite_mode_of_a_created_user(connect: Connect, mode: str) -> None:
    """An invite mode is read in either case, and an unknown one as its text."""
    created = connect([ok(user(invite_mode=mode), 201)]).users.create(**NEW)
    assert created.invite_mode == ("carrier_pigeon" if mode == "carrier_pigeon" else "email_link")


def test_pagination_left_out(connect: Connect) -> None:
    """A page without pagination is the last; a cursor alone promises more."""
    assert not connect([ok({"users": []})]).users.list().pagination.has_more
    with_cursor = {"users": [], "pagination": {"next_cursor": "x"}}
    assert connect([ok(with_cursor)]).users.list().pagination.has_more


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01T12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01t12:00:00z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00.5Z", datetime(2024, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-01-01T12:00:00.123456789Z", datetime(2024, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-01-01T14:00:00+02:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00-00:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01 12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
    ],
)
def test_times(connect: Connect, text: str, moment: datetime) -> None:
    """A time is read in every spelling that RFC 3339 allows, always with a zone."""
    created_at = connect([ok(user(created_at=text))]).users.get(user="x").created_at
    assert created_at == moment
    assert created_at.utcoffset() is not None


def test_leap_second(connect: Connect) -> None:
    """A leap second, which RFC 3339 allows, does not cost the page."""
    found = connect([ok(page([user(created_at="2016-12-31T23:59:60Z")]))]).users.list().users[0]
    assert abs(found.created_at - datetime(2017, 1, 1, tzinfo=UTC)) <= timedelta(seconds=1)


def test_zone_is_kept(connect: Connect) -> None:
    """A time in another zone stays there, and is written back as it came."""
    document = user(created_at="2024-01-01T14:00:00+02:00")
    found: User = connect([ok(document)]).users.get(user="x")
    assert found.created_at.utcoffset() == timezone(timedelta(hours=2)).utcoffset(None)
    assert found.to_dict() == document


@pytest.mark.parametrize(
    "content_type", [None, "text/html", "text/plain; charset=utf-16", "application/JSON"]
)
def test_content_type_does_not_matter(connect: Connect, content_type: str | None) -> None:
    """A document is read for what it is, whatever the server calls it."""
    headers = {} if content_type is None else {"content_type": content_type}
    answer = raw(ok(user()).content, 200, **headers)
    assert connect([answer]).users.get(user="x").to_dict() == ADA
