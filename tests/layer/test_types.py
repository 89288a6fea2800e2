"""The public types: frozen, comparable, equal to their text in any case, and honest about missing fields."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import attrs
import pytest
from support.account import Account
from support.answers import SECRET, user

import arize_users
from arize_users import (
    USER_COLUMNS,
    BulkUserDeletionResult,
    CreatedUser,
    CustomUserRole,
    DeletionStatus,
    InviteMode,
    MissingFieldError,
    Pagination,
    PredefinedUserRole,
    UnknownUserRole,
    User,
    UserPage,
    UserRole,
    UserStatus,
    WriteStatus,
)

from .simulated_calls import read, read_page

ADA = User(
    id="VXNlcjoxMjM0NQ==",
    name="Ada Lovelace",
    email="ada@example.com",
    created_at=datetime(2024, 1, 1, 12, tzinfo=UTC),
    status=UserStatus.ACTIVE,
    role=PredefinedUserRole(name="member"),
    is_developer=True,
    extra={"team": ["a", {"b": 1}]},
)
CREATED = CreatedUser(
    id="x",
    status="invited",
    created=True,
    invite_mode=InviteMode.TEMPORARY_PASSWORD,
    temporary_password=SECRET,
)
ODD = User(role=UnknownUserRole(data={"type": "group", "name": "g"}), status="SUSPENDED")
BARE = User()
CUSTOM = User(id="y", role=CustomUserRole(id="r1", name="admin"), is_developer=False)
PAGE = UserPage(
    users=(ADA, ODD, CUSTOM, BARE), pagination=Pagination(has_more=True, next_cursor="c"), extra={"took": 7}
)
RESULT = BulkUserDeletionResult(email="a@b.c", status=DeletionStatus.FAILED, error="No.")
EVERYTHING = [ADA, CREATED, ODD, BARE, CUSTOM, PAGE, PAGE.pagination, RESULT]
EVERYTHING += [one.role for one in (ADA, ODD, CUSTOM)]


def _twins(value: Any) -> list[Any]:
    return [copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda one: type(one).__name__)
def test_frozen(value: Any) -> None:
    """No field of an answer can be changed, and none can be added."""
    for field in [one.name for one in attrs.fields(type(value))] + ["another"]:
        with pytest.raises(AttributeError):
            setattr(value, field, None)


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda one: type(one).__name__)
def test_keyword_only(value: Any) -> None:
    """An answer is made with keywords only, so a new field moves no other."""
    kinds = {one.kind for one in inspect.signature(type(value)).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda one: type(one).__name__)
def test_copies(value: Any) -> None:
    """Answers can be copied and sent to other processes, and are equal afterwards."""
    for twin in _twins(value):
        assert twin == value
        assert type(twin) is type(value)
        assert hash(twin) == hash(value)
        assert repr(twin) == repr(value)


# Missing fields


@pytest.mark.parametrize("how", ["left out", "null"])
@pytest.mark.parametrize("field", list(user()))
def test_missing_field(field: str, how: str) -> None:
    """A field that the server left out raises MissingFieldError when it is read, and is absent elsewhere."""
    document = {**user(), field: None} if how == "null" else user(**{field: None})
    found, complete = read(document), read(user())
    with pytest.raises(MissingFieldError) as caught:
        getattr(found, field)
    assert isinstance(caught.value, AttributeError)
    assert (caught.value.field, caught.value.user) == (field, user()["email" if field == "id" else "id"])
    assert getattr(found, field, "default") == "default"
    assert not hasattr(found, field)
    assert found.to_dict() == user(**{field: None})
    assert f"{field}={getattr(complete, field)!r}" not in repr(found)
    assert f"{field}={getattr(complete, field)!r}" in repr(complete)
    columns = {"role": ("role_type", "role_name", "role_id")}.get(field, (field,))
    assert {found.to_row()[column] for column in columns} == {None}
    assert found == read(user(**{field: None}))
    assert found != complete
    for twin in _twins(found):
        assert (twin, hash(twin), repr(twin)) == (found, hash(found), repr(found))
        assert not hasattr(twin, field)


def test_missing_fields() -> None:
    """No page fails for users with few fields; the error names no user where there is none to name."""
    page = read_page([{}, user(), {"id": None, "name": "Ada"}])
    assert [getattr(one, "name", None) for one in page] == [None, "Ada Lovelace", "Ada"]
    with pytest.raises(MissingFieldError) as caught:
        page.users[0].status == "active"  # noqa: B015
    assert caught.value.user is None
    with pytest.raises(MissingFieldError, match="id"):
        page.users[2].id  # noqa: B018


def test_no_such_field() -> None:
    """A name that is no field of a user is an ordinary AttributeError."""
    with pytest.raises(AttributeError, match="mail") as caught:
        ADA.mail  # noqa: B018
    assert not isinstance(caught.value, MissingFieldError)


def test_unequal() -> None:
    """Users are equal in all their fields or not at all, and unequal to anything else."""
    assert read(user()) == read(user()) != read(user(name="Bob"))
    assert read(user()) != read(user(team="a"))
    assert User(id="x", status="invited") != CREATED
    assert ADA.to_dict() != ADA


# Values in any case


@pytest.mark.parametrize("enum", [UserStatus, UserRole, InviteMode, DeletionStatus])
def test_enums(enum: type[StrEnum]) -> None:
    """A member and its value equal their text in any case, from either side; hash and text are lower-case."""
    for member in enum:
        lower = member.name.lower()
        for text in (lower, lower.upper(), lower.title(), enum(lower.upper())):
            assert member == text
            assert text == member
            assert [member != text, text != member] == [False, False]
            assert (member.value == text, text == member.value, member.value != text) == (True, True, False)
            assert member in [text]
            assert enum(text) is member
        match member:
            case "ACTIVE" | "ADMIN" | "NONE" | "DELETED":
                assert member is next(iter(enum))
            case _:
                assert member is not next(iter(enum))
        assert hash(member) == hash(lower)
        assert member in {lower: 1}
        assert str(member) == f"{member}" == member.value == lower
        assert json.dumps(member) == json.dumps(lower)
        assert member != f"{lower}x"
        assert f"{lower}x" != member
        assert member != 7
    for value in ("", "nonsense", 7, None):
        with pytest.raises(ValueError):
            enum(value)


def test_enum_values() -> None:
    """The enums hold the contract's values."""
    assert [one.value for one in UserStatus] == ["active", "invited", "expired"]
    assert [one.value for one in UserRole] == ["admin", "member", "annotator"]
    assert [one.value for one in InviteMode] == ["none", "email_link", "temporary_password"]
    assert [one.value for one in DeletionStatus] == [
        *("deleted", "not_found", "failed", "unknown", "not_attempted")
    ]
    assert [one.value for one in WriteStatus] == ["done", "not_found", "failed", "unknown", "not_attempted"]


def test_unknown_values() -> None:
    """A value that this version does not know keeps its spelling, and compares in any case, too."""
    role = {"type": "PREDEFINED", "name": "Owner"}
    found = read(user(status="INACTIVE", role=role))
    unknown = read(user(role={"type": "Group", "name": "X"})).role
    for value, text in ((found.status, "INACTIVE"), (found.role.name, "Owner"), (unknown.type, "Group")):
        assert str(value) == text
        for spelling in (text.lower(), text.upper()):
            assert value == spelling
            assert spelling == value
            assert (value != spelling) is False
            assert value in [spelling]
        assert hash(value) == hash(text.lower())
        assert value != "active"
    assert found == read(user(status="inactive", role={**role, "name": "owner"}))


@pytest.mark.parametrize("kind", ["predefined", "PREDEFINED", "custom", "CUSTOM"])
def test_role_types(kind: str) -> None:
    """A role's type, and a predefined role's name, compare in any case; a custom role's name exactly."""
    role = read(user(role={"type": kind, "name": "Admin", "id": "r1"})).role
    assert role.type == kind.lower()
    assert role.type == kind.upper()
    assert (role.name == "ADMIN") is (kind.lower() == "predefined")
    assert (role.name == "admin") is (kind.lower() == "predefined")
    assert role.name == "Admin"


@pytest.mark.parametrize(
    ("role", "text", "equal"),
    [
        ({"type": "PREDEFINED", "name": "ADMIN"}, "admin", "Admin"),
        ({"type": "predefined", "name": "Owner"}, "Owner", "OWNER"),
        ({"type": "custom", "id": "r1", "name": "Admin"}, "Admin", "Admin"),
        ({"type": "custom", "id": "r1"}, "r1", "r1"),
        ({"type": "group", "name": "g"}, "g", "g"),
        ({"type": "Group"}, "Group", "GROUP"),
        ({"type": 7}, "unknown", "unknown"),
    ],
)
def test_role_texts(role: dict[str, Any], text: str, equal: str) -> None:
    """The text of a role is its name; that of a predefined one compares in any case."""
    found = read(user(role=role)).role
    assert f"{found}" == text
    assert (str(found) == equal, equal != str(found)) == (True, False)
    assert (str(found) == text.swapcase()) is (equal != text)


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_status_selects_the_same_users(account: Account, spelling: Any) -> None:
    """Comparing a status with a text of either case selects the same users on either generation."""
    for status in UserStatus:
        account.sandbox.add_user(email=f"{status}@acme.com", name="A", status=status.value)
    page = account.users.list(email="@acme.com")
    assert [one.email for one in page if one.status == spelling("active")] == ["active@acme.com"]
    others = ["invited@acme.com", "expired@acme.com"]
    assert [one.email for one in page if one.status != spelling("active")] == others


# Documents, rows and frames


@pytest.mark.parametrize("value", [ADA, CREATED, ODD, BARE, CUSTOM, PAGE, RESULT], ids=repr)
def test_json(value: Any) -> None:
    """to_json is to_dict as text, readable by any JSON reader; letters beyond ASCII stay letters."""
    assert json.loads(value.to_json()) == value.to_dict()
    assert json.loads(value.to_json(indent=2)) == value.to_dict()
    assert "\n" in value.to_json(indent=2) or not value.to_dict()
    assert "Ängström" in User(name="Ängström").to_json()


def test_documents() -> None:
    """to_dict gives the API's field names, plain values and ISO times, and leaves absent fields out."""
    assert ADA.to_dict() == {
        "id": "VXNlcjoxMjM0NQ==",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "created_at": "2024-01-01T12:00:00Z",
        "status": "active",
        "role": {"type": "predefined", "name": "member"},
        "is_developer": True,
        "team": ["a", {"b": 1}],
    }
    assert all(type(value) in (str, bool, dict, list) for value in ADA.to_dict().values())
    assert BARE.to_dict() == {}
    assert CUSTOM.to_dict()["is_developer"] is False
    assert RESULT.to_dict() == {"user_id": None, "email": "a@b.c", "status": "failed", "error": "No."}
    assert CREATED.to_dict()["invite_mode"] == "temporary_password"
    assert CreatedUser(id="x", created=False).to_dict() == {"id": "x"}


def test_documents_are_the_callers_own() -> None:
    """Changing what to_dict gave changes no answer."""
    document = ADA.to_dict()
    document.update(name="x", new=1)
    document["role"]["name"] = "admin"
    assert ADA.name == "Ada Lovelace"
    assert ADA.role.name == "member"
    assert "new" not in ADA.extra
    ODD.to_dict()["role"]["name"] = "other"
    assert ODD.role.name == "g"


def test_page() -> None:
    """A page is iterable and has a length; an empty one is false, like an empty list."""
    assert list(PAGE) == [ADA, ODD, CUSTOM, BARE]
    assert len(PAGE) == 4
    assert not UserPage(users=(), pagination=Pagination(has_more=False))
    assert PAGE.to_dict()["pagination"] == {"has_more": True, "next_cursor": "c"}
    assert Pagination(has_more=False).to_dict() == {"has_more": False}


def test_rows() -> None:
    """A row has every column, always, with the role flattened."""
    row = {
        "id": "VXNlcjoxMjM0NQ==",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "status": "active",
        "role_type": "predefined",
        "role_name": "member",
        "role_id": None,
        "is_developer": True,
        "created_at": datetime(2024, 1, 1, 12, tzinfo=UTC),
    }
    assert ADA.to_row() == row
    assert tuple(BARE.to_row()) == USER_COLUMNS == tuple(row)
    assert User(role=CustomUserRole(id="r1")).to_row()["role_name"] is None
    assert set(BARE.to_row().values()) == {None}
    roles = [(row["role_type"], row["role_name"], row["role_id"]) for row in (one.to_row() for one in PAGE)]
    expected = [("predefined", "member", None), ("group", "g", None), ("custom", "admin", "r1")]
    assert roles == [*expected, (None, None, None)]
    assert all(type(value) in (str, bool, datetime, type(None)) for value in ADA.to_row().values())


# Names, builders, secrets


def test_role_builders() -> None:
    """A role's builder and its class give the same, in any case of the name."""
    assert arize_users.assign_predefined_role("ADMIN") == PredefinedUserRole(name=UserRole.ADMIN)
    assert PredefinedUserRole(name="Admin").to_dict() == {"type": "predefined", "name": "admin"}
    assert arize_users.assign_custom_role("r1") == CustomUserRole(id="r1")
    assert CustomUserRole(id="r1").to_dict() == {"type": "custom", "id": "r1"}
    assert CustomUserRole(id="r1", name="N").to_dict() == {"type": "custom", "id": "r1", "name": "N"}
    unknown = UnknownUserRole(data={"type": 7, "name": 7})
    assert (unknown.type, unknown.name) == (None, None)


def test_no_secret_in_a_repr() -> None:
    """A temporary password is in no repr, also not in that of what holds it."""
    assert SECRET not in f"{CREATED!r} {CREATED} {[CREATED]}"
    assert "temporary_password=" not in repr(CREATED)
    assert "created=True, invite_mode=" in repr(CREATED)


def test_public_names() -> None:
    """The documented names are all there, each listed once; any other is an AttributeError."""
    names = arize_users.__all__
    assert len(set(names)) == len(names)
    assert set(names) <= set(dir(arize_users))
    assert dir(arize_users) == sorted(dir(arize_users))
    for name in names:
        assert getattr(arize_users, name) is not None
    for name in ("nonsense", "NonsenseError", "Operations", "FrozenDict"):
        with pytest.raises(AttributeError, match=name):
            getattr(arize_users, name)
