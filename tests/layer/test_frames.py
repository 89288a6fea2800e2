"""Pages as pandas frames, with the oldest pandas and the newest."""

from __future__ import annotations

import sys
import warnings
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas
import pytest
from support.account import Connect
from support.answers import ok, page, user

from arize_users import (
    USER_COLUMNS,
    CustomUserRole,
    InvalidArgumentError,
    Pagination,
    PredefinedUserRole,
    UnknownUserRole,
    User,
    UserPage,
)

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def _page(*users: User) -> UserPage:
    return UserPage(users=users, pagination=Pagination(has_more=False))


def test_data_frame(connect: Connect) -> None:
    """A page becomes a frame with one row per user and every column, also an empty page; times are UTC."""
    roles = [
        {"type": "predefined", "name": "member"},
        {"type": "custom", "id": "r1", "name": "admin"},
        {"type": "group", "name": "g"},
    ]
    documents = [*(user(role=role) for role in roles), {"id": "x"}]
    full = connect([ok(page(documents))], judged=False).users.list()
    elsewhere = _page(User(created_at=datetime(2024, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))))
    frames = [one.to_df() for one in (full, _page(), elsewhere)]
    assert frames[0]["email"][0] == "ada@example.com"
    assert list(frames[0]["role_name"])[:3] == ["member", "admin", "g"]
    assert pandas.isna(frames[0]["created_at"][3])
    assert frames[0]["created_at"][0] == frames[2]["created_at"][0] == pandas.Timestamp(NOON)
    for frame, rows in zip(frames, (4, 0, 1), strict=True):
        assert (tuple(frame.columns), len(frame)) == (USER_COLUMNS, rows)
        assert str(frame["created_at"].dt.tz) == "UTC"


def test_case_of_a_frame() -> None:
    """A frame spells what the API defines in the case that is asked for; custom names and ids stay."""
    roles = [
        PredefinedUserRole(name="ADMIN"),
        PredefinedUserRole(name="Owner"),
        CustomUserRole(id="Rz", name="Auditor"),
        UnknownUserRole(data={"type": "Group", "name": "Night"}),
    ]
    users = [User(role=role, status=text) for role, text in zip(roles, ("ACTIVE", "Odd") * 2, strict=True)]
    page = _page(*users, User())
    columns = ["status", "role_type", "role_name", "role_id"]

    def cells(case: Any) -> list[list[Any]]:
        frame = page.to_df(case=case)
        assert tuple(frame.columns) == USER_COLUMNS
        return [[None if pandas.isna(cell) else cell for cell in row] for row in frame[columns].to_numpy()]

    assert cells(None) == [
        ["active", "predefined", "admin", None],
        ["Odd", "predefined", "Owner", None],
        ["active", "custom", "Auditor", "Rz"],
        ["Odd", "Group", "Night", None],
        [None] * 4,
    ]
    assert cells("upper") == [
        ["ACTIVE", "PREDEFINED", "ADMIN", None],
        ["ODD", "PREDEFINED", "OWNER", None],
        ["ACTIVE", "CUSTOM", "Auditor", "Rz"],
        ["ODD", "GROUP", "Night", None],
        [None] * 4,
    ]
    assert [row[:3] for row in cells("lower")[1:4]] == [
        ["odd", "predefined", "owner"],
        ["active", "custom", "Auditor"],
        ["odd", "group", "Night"],
    ]
    for case in ("UPPER", "title", "", 7):
        with pytest.raises(InvalidArgumentError, match="case: "):
            cells(case)


ZERO, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@pytest.mark.parametrize("text", [ZERO, LAST, "1600-01-01T00:00:00Z"])
def test_distant_times(connect: Connect, text: str) -> None:
    """A time that some pandas cannot hold is in the frame, or is NaT there and a warning names it."""
    documents = [user(created_at=text), user(), {"id": "x"}]
    found = connect([ok(page(documents))], judged=False).users.list()
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        times = found.to_df()["created_at"]
    if given:
        assert pandas.isna(times[0])
        assert str(given[0].message).startswith("the frame cannot hold 1 of 3 times of created_at")
        assert given[0].filename == __file__
    else:
        assert times[0].to_pydatetime() == found.users[0].created_at
    assert (times[1], pandas.isna(times[2]), len(given) < 2) == (pandas.Timestamp(NOON), True, True)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00"])
def test_times_beyond_the_calendar(connect: Connect, text: str) -> None:
    """A time that has no year in UTC is NaT in the frame, whatever the pandas, and a warning names it."""
    found = connect([ok(page([user(created_at=text), user()]))], judged=False).users.list()
    with pytest.warns(
        UserWarning, match=r"cannot hold 1 of 2 times .* the first is (0001-01-01|9999-12-31) "
    ):
        times = found.to_df()["created_at"]
    assert (pandas.isna(times[0]), times[1]) == (True, pandas.Timestamp(NOON))


def test_lone_surrogates(connect: Connect) -> None:
    """A name that is no Unicode text is escaped in the frame, and does not stop it."""
    found = connect([ok(page([user(name="a\ud800"), user(name="Łukasz")]))], judged=False).users.list()
    assert list(found.to_df()["name"]) == [r"a\ud800", "Łukasz"]


def test_data_frame_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pandas the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"arize-users\[df\]"):
        _page().to_df()
