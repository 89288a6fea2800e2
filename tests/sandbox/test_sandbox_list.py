"""Listing users: order, filters, and cursors that stay right while the account changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sandbox_api import Api, in_process
from support.account import CALLERS

from arize_users.sandbox import Sandbox


def all_pages(api: Api, **query: object) -> list[str]:
    """Return the emails of all pages."""
    emails: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.list(**query, **cursor).json()
        emails += [user["email"] for user in page["users"]]
        assert page["pagination"]["has_more"] == ("next_cursor" in page["pagination"])
        if not page["pagination"]["has_more"]:
            return emails
        cursor = {"cursor": page["pagination"]["next_cursor"]}


def test_callers_are_users(api: Api) -> None:
    """The owners of the three keys are active users of the account and come first."""
    users = api.list().json()["users"]
    assert [user["email"] for user in users] == CALLERS
    assert [user["role"]["name"] for user in users] == ["admin", "member", "annotator"]
    assert {user["status"] for user in users} == {"active"}


def test_order(sandbox: Sandbox, api: Api) -> None:
    """Users come oldest first, and those of one instant in the order they were added."""
    for name, seconds in (("late", 1), ("same0", 0), ("same1", 0), ("same2", 0), ("early", -1)):
        created_at = sandbox.now() + timedelta(seconds=seconds)
        sandbox.add_user(email=f"{name}@x.org", name="x", created_at=created_at)
    expected = ["early@x.org", "same0@x.org", "same1@x.org", "same2@x.org", "late@x.org"]
    assert api.emails(email="@x.org") == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100])
def test_pages_hold_everyone_once(sandbox: Sandbox, api: Api, size: int) -> None:
    """Pages of any size together hold each user once, and the last one has no cursor."""
    sandbox.add_users(5)
    whole = [user.email for user in sandbox.users()]
    assert all_pages(api, limit=size) == whole


def test_cursor_survives_changes(sandbox: Sandbox, api: Api) -> None:
    """Users added and removed between two pages neither repeat nor hide anybody else."""
    ids = sandbox.add_users(6)
    page = api.list(limit=5).json()
    for user_id in (ids[0], page["users"][-1]["id"], ids[4]):
        assert api.delete(user_id).status_code == 204
    sandbox.add_user(email="early@x.org", name="x", created_at=sandbox.now() - timedelta(days=1))
    sandbox.add_user(email="late@x.org", name="x")
    rest = api.emails(cursor=page["pagination"]["next_cursor"])
    assert rest == [f"user0000{number}@example.com" for number in (3, 4, 6)] + ["late@x.org"]


def test_email_filter(sandbox: Sandbox, api: Api) -> None:
    """The email filter is a plain substring that ignores case; its wildcards are literal."""
    for email in ("Per%cent@x.org", "under_score@x.org", "MiXed@x.org"):
        sandbox.add_user(email=email, name="x")
    assert api.emails(email="mixED@X") == ["MiXed@x.org"]
    assert api.emails(email="%") == ["Per%cent@x.org"]
    assert api.emails(email="_") == ["under_score@x.org"]
    assert api.emails(email="nobody") == []
    assert len(api.emails(email="")) == 6
    assert api.list(email="x" * 255).status_code == 200
    assert api.list(email="x" * 256).status_code == 400


@pytest.mark.parametrize("case_sensitive_emails", [False, True])
def test_email_filter_folds_ascii_alone(case_sensitive_emails: bool) -> None:
    """The filter ignores the case of ASCII letters alone, whether the account keeps emails apart or not."""
    with Sandbox(case_sensitive_emails=case_sensitive_emails) as sandbox, in_process(sandbox) as api:
        for email in ("Kate@x.org", "\u212aate@x.org", "ÄNNE@x.org"):
            sandbox.add_user(email=email, name="x")
        assert api.emails(email="kATE@X") == ["Kate@x.org"]
        assert api.emails(email="\u212aATE@") == ["\u212aate@x.org"]
        assert api.emails(email="Änne@") == ["ÄNNE@x.org"]
        assert api.emails(email="änne@") == []


def test_status_filter(sandbox: Sandbox, api: Api) -> None:
    """Statuses are combined, the default is all but blocked, and blocked cannot be asked for."""
    for status in ("active", "invited", "expired", "inactive"):
        sandbox.add_user(email=f"{status}@x.org", name="x", status=status)
    assert api.emails(email="@x.org") == ["active@x.org", "invited@x.org", "expired@x.org"]
    assert api.emails(status="invited") == ["invited@x.org"]
    assert api.emails(status="expired") == ["expired@x.org"]
    both = api.emails(email="@x.org", status=["expired", "active"])
    assert both == ["active@x.org", "expired@x.org"]
    assert api.list(status="inactive").status_code == 400
    assert api.list(status=["active", "nonsense"]).status_code == 400


def test_filters_hold_across_pages(sandbox: Sandbox, api: Api) -> None:
    """A cursor continues within the filters it is sent with."""
    sandbox.add_users(7, domain="x.org")
    sandbox.add_users(7, domain="y.org")
    found = all_pages(api, limit=3, email="@y.org", status="active")
    assert len(found) == 7
    assert all(email.endswith("@y.org") for email in found)


def test_expiry_follows_the_clock(sandbox: Sandbox, api: Api) -> None:
    """An invitation is expired exactly when its week is over, and the filters agree."""
    user_id = api.create("ada@example.com").json()["id"]
    end = sandbox.now() + timedelta(days=7)
    for moment, status, other in (
        (end - timedelta(microseconds=1), "invited", "expired"),
        (end, "expired", "invited"),
    ):
        sandbox.set_time(moment)
        assert (api.emails(status=status), api.emails(status=other)) == (["ada@example.com"], [])
        assert api.get(user_id).json()["status"] == status


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "nonsense", "é", "dXNlcnM=", "dXNlcnMtYWZ0ZXI6eDp5", "dXNlcnMtYWZ0ZXI6MDE6MQ", "_w"],
)
def test_made_up_cursor(api: Api, cursor: str) -> None:
    """A cursor that the server never gave out is refused, whatever it is."""
    answer = api.list(cursor=cursor)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_CURSOR")


def test_large_account(sandbox: Sandbox, api: Api) -> None:
    """A page has 50 users by default; one deep inside a large account is read from the index."""
    sandbox.add_users(2000)
    assert len(api.emails()) == 50
    with sandbox._account.reading() as db:
        plan = db.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM users WHERE state <> 'inactive'"
            " AND (created_at, seq) > (1, 2) ORDER BY created_at, seq LIMIT 100"
        ).fetchall()
    assert "users_listed ((created_at,seq)>(?,?))" in str(plan)
    assert len(all_pages(api, limit=100)) == 2003
