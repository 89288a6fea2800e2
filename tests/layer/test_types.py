"""The public types: frozen, comparable, and out of the way."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from support.answers import SECRET

import arize_users
from arize_users import (
    USER_COLUMNS,
    BulkUserDeletionResult,
    CreatedUser,
    CustomUserRole,
    DeletionStatus,
    InviteMode,
    Pagination,
    PredefinedUserRole,
    UnknownUserRole,
    User,
    UserPage,
    UserRole,
    UserStatus,
)

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
EVERYTHING = [ADA, CREATED, ODD, BARE, CUSTOM, PAGE, RESULT, *(one.role for one in (ADA, ODD, CUSTOM))]


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda one: type(one).__name__)
def test_frozen(value: Any) -> None:
    """No field of an answer can be changed, and none can be added."""
    for field in [one.name for one in attrs.fields(type(value))] + ["another"]:
        with pytest.raises(AttributeError):
            setattr(value, field, None)


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies(value: Any, clone: Any) -> None:
    """Answers can be copied and sent to other processes, and are equal afterwards."""
    twin = clone(value)
    assert twin == value
    assert type(twin) is type(value)
    assert hash(twin) == hash(value)
    assert repr(twin) == repr(value)


@pytest.mark.parametrize("value", [ADA, CREATED, ODD, BARE, CUSTOM, PAGE, RESULT], ids=repr)
def test_json(value: Any) -> None:
    """to_json is to_dict as text, readable by any JSON reader."""
    assert json.loads(value.to_json()) == value.to_dict()
    assert json.loads(value.to_json(indent=2)) == value.to_dict()
    assert "\n" in value.to_json(indent=2) or not value.to_dict()


def test_json_is_readable() -> None:
    """Letters beyond ASCII stay letters."""
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


def test_documents_are_the_callers_own() -> None:
    """Changing what to_dict gave changes no answer."""
    document = ADA.to_dict()
    document["name"] = "x"
    document["role"]["name"] = "admin"
    document["new"] = 1
    assert ADA.to_dict()["name"] == "Ada Lovelace"
    assert ADA.role.name == "member"
    assert "new" not in ADA.extra
    unknown = ODD.to_dict()
    unknown["role"]["name"] = "other"
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
    assert tuple(BARE.to_row()) == USER_COLUMNS
    assert set(BARE.to_row().values()) == {None}
    roles = [(row["role_type"], row["role_name"], row["role_id"]) for row in (one.to_row() for one in PAGE)]
    assert roles == [
        ("predefined", "member", None),
        ("group", "g", None),
        ("custom", "admin", "r1"),
        (None, None, None),
    ]


def test_data_frame() -> None:
    """A page becomes a frame with one row per user, the role flattened, times in UTC."""
    pandas = pytest.importorskip("pandas")
    frame = PAGE.to_df()
    assert tuple(frame.columns) == USER_COLUMNS
    assert frame["email"][0] == "ada@example.com"
    assert list(frame["role_name"])[:3] == ["member", "g", "admin"]
    assert frame["created_at"][0] == pandas.Timestamp("2024-01-01T12:00:00Z")
    assert pandas.isna(frame["created_at"][3])
    assert str(frame["created_at"].dt.tz) == "UTC"


def test_data_frame_of_nobody() -> None:
    """An empty page becomes an empty frame with every column."""
    pytest.importorskip("pandas")
    frame = UserPage(users=(), pagination=Pagination(has_more=False)).to_df()
    assert tuple(frame.columns) == USER_COLUMNS
    assert len(frame) == 0


def test_data_frame_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pandas the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"arize-users\[df\]"):
        PAGE.to_df()


@pytest.mark.parametrize("enum", [UserStatus, UserRole, InviteMode, DeletionStatus])
def test_enums_are_text(enum: Any) -> None:
    """Every member is its lower-case text."""
    for member in enum:
        assert member == member.value == member.name.lower() == str(member) == f"{member}"
        assert json.dumps(member) == json.dumps(member.value)


def test_enum_values() -> None:
    """The enums hold the contract's values."""
    assert [*UserStatus] == ["active", "invited", "expired"]
    assert [*UserRole] == ["admin", "member", "annotator"]
    assert [*InviteMode] == ["none", "email_link", "temporary_password"]
    assert [*DeletionStatus] == ["deleted", "not_found", "failed"]


def test_role_builders() -> None:
    """A role's builder and its class give the same, in any case of the name."""
    assert arize_users.assign_predefined_role("ADMIN") == PredefinedUserRole(name=UserRole.ADMIN)
    assert PredefinedUserRole(name="Admin").to_dict() == {"type": "predefined", "name": "admin"}
    assert arize_users.assign_custom_role("r1") == CustomUserRole(id="r1")
    assert CustomUserRole(id="r1").to_dict() == {"type": "custom", "id": "r1"}
    assert CustomUserRole(id="r1", name="N").to_dict() == {"type": "custom", "id": "r1", "name": "N"}
    assert UnknownUserRole(data={"type": 7, "name": 7}).type is None
    assert UnknownUserRole(data={"type": 7, "name": 7}).name is None


def test_no_secret_in_a_repr() -> None:
    """A temporary password is in no repr, also not in that of what holds it."""
    assert SECRET not in repr(CREATED)
    assert SECRET not in str([CREATED])
    assert SECRET not in f"{CREATED}"
    assert "temporary_password=" not in repr(CREATED)


def test_public_names() -> None:
    """The documented names are all there, each listed once; any other is an AttributeError."""
    names = arize_users.__all__
    assert len(set(names)) == len(names)
    assert set(names) <= set(dir(arize_users))
    for name in names:
        assert getattr(arize_users, name) is not None
    with pytest.raises(AttributeError, match="NoSuchName"):
        arize_users.NoSuchName  # noqa: B018


def test_a_repeated_invitation_as_a_document() -> None:
    """What does not apply to a created user is left out of its document."""
    assert CreatedUser(id="x", created=False).to_dict() == {"id": "x"}
