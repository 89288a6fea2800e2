"""Walking over all users."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from support.account import CALLERS, NOON, Account, Connect
from support.answers import Reply, ok, page, problem, user

from arize_users import PaginationError, RateLimitError, User


def _emails(users: Any) -> list[str]:
    return [user.email for user in users]


@pytest.mark.parametrize("prefetch", [False, True])
def test_everyone(account: Account, prefetch: bool) -> None:
    """Every user comes once, oldest first, over as many pages as it takes."""
    account.sandbox.add_users(250)
    users = list(account.users.iter(prefetch=prefetch))
    assert _emails(users) == CALLERS + [f"user{n:05}@example.com" for n in range(1, 251)]
    assert [one.query["limit"] for one in account.sent] == ["100"] * 3


def test_filters(account: Account) -> None:
    """The filters and the page size of list hold on every page."""
    for number in range(7):
        account.sandbox.add_user(email=f"{number}@acme.com", name="A", status="invited")
        account.sandbox.add_user(email=f"{number}@acme.org", name="A", status="invited")
        account.sandbox.add_user(email=f"x{number}@acme.com", name="A")
    found = account.users.iter(email="@acme.com", status=["INVITED"], page_size=3)
    assert _emails(found) == [f"{number}@acme.com" for number in range(7)]
    assert len(account.sent) == 3
    assert all(one.statuses == [account.say("invited")] for one in account.sent)
    assert all(one.query["email"] == "@acme.com" for one in account.sent)


def test_lazy(account: Account) -> None:
    """Nothing is asked before the first user is wanted, and a page only when its users are."""
    account.sandbox.add_users(9)
    walk = account.users.iter(page_size=4)
    assert len(account.sent) == 0
    for expected in (1, 1, 1, 1, 2, 2, 2, 2, 3):
        next(walk)
        assert len(account.sent) == expected
    walk.close()
    assert len(account.sent) == 3


def test_nobody(account: Account) -> None:
    """An account without a match gives no user and asks once."""
    assert list(account.users.iter(email="nobody@nowhere")) == []
    assert len(account.sent) == 1


def test_last_page_just_full(account: Account) -> None:
    """No empty page is asked for when the last one is just full."""
    account.sandbox.add_users(7)
    assert len(list(account.users.iter(page_size=5))) == 10
    assert len(account.sent) == 2


@pytest.mark.parametrize("stop_after", [1, 2, 5])
def test_prefetch_is_one_ahead(account: Account, stop_after: int) -> None:
    """With prefetch, one page and never more is fetched while the caller works on the current one."""
    account.sandbox.add_users(40)
    walk = account.users.iter(page_size=5, prefetch=True)
    assert len(account.sent) == 0
    for _ in range(5 * stop_after):
        next(walk)
    assert len(account.sent) <= stop_after + 1
    walk.close()
    assert stop_after <= len(account.sent) <= stop_after + 1


def test_prefetch_does_not_pass_the_end(account: Account) -> None:
    """Prefetching asks for no page that plain walking would not ask for."""
    account.sandbox.add_users(17)
    assert len(list(account.users.iter(page_size=5, prefetch=True))) == 20
    assert len(account.sent) == 4


@pytest.mark.parametrize("prefetch", [False, True])
def test_failure_midway(connect: Connect, prefetch: bool) -> None:
    """A failing page is raised where it is reached; the users before it have all been given."""
    answers = [ok(page([user(), user(email="b@acme.com")], next_cursor="2")), problem(429)]
    walk = connect(answers).users.iter(prefetch=prefetch)
    assert _emails([next(walk), next(walk)]) == ["ada@example.com", "b@acme.com"]
    with pytest.raises(RateLimitError):
        next(walk)
    with pytest.raises(StopIteration):
        next(walk)


def test_leaving_while_the_next_page_fails(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """Leaving after a page whose successor was fetched in vain says nothing, now or later."""
    client = connect([ok(page([user(), user()], next_cursor="2")), problem(429)])
    walk = client.users.iter(prefetch=True)
    next(walk)
    if client.kind == "async":
        client.wait(asyncio.sleep(0))
        client.wait(asyncio.sleep(0))
    next(walk)
    walk.close()
    del walk
    gc.collect()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_leaving_stops_the_page_ahead(connect: Connect) -> None:
    """Who leaves the walk does not wait until the page ahead was asked for again and again."""
    answers = [ok(page([user(), user()], next_cursor="2")), problem(429, retry_after="2"), ok(page())]
    client = connect(answers, max_retries=2)
    walk = client.users.iter(prefetch=True)
    next(walk)
    while len(client.recorder.sent) < 2:
        if client.kind == "async":
            client.wait(asyncio.sleep(0))
    walk.close()
    assert len(client.recorder.sent) == 2


# Cursors that lead nowhere


@pytest.mark.parametrize("prefetch", [False, True])
def test_repeated_cursor(account: Account, prefetch: bool) -> None:
    """A server that gives a cursor twice is an error, not a loop."""
    account.sandbox.add_users(20)
    account.sandbox.faults.add("repeat_cursor", nth=2)
    walk = account.users.iter(page_size=5, prefetch=prefetch)
    with pytest.raises(PaginationError, match="twice"):
        list(walk)
    assert len(account.sent) == 3


@pytest.mark.parametrize("cursors", [("a", "a"), ("a", "b", "a"), ("a", "b", "c", "b")])
def test_cursors_in_a_circle(connect: Connect, cursors: tuple[str, ...]) -> None:
    """Neither is a server that goes round in a circle of cursors."""
    client = connect([ok(page([user()], next_cursor=one)) for one in cursors])
    with pytest.raises(PaginationError):
        list(client.users.iter())
    assert [one.query.get("cursor") for one in client.recorder.sent] == [None, *cursors[:-1]]


def test_more_without_a_cursor(connect: Connect) -> None:
    """A server that promises more and gives no way to it is an error, not the end of the list."""
    promise = {"users": [user()], "pagination": {"has_more": True}}
    empty = {"users": [user()], "pagination": {"has_more": True, "next_cursor": ""}}
    for document in (promise, empty):
        with pytest.raises(PaginationError):
            list(connect([ok(document)]).users.iter())


def test_endless_search_by_email(connect: Connect) -> None:
    """Getting by email does not loop on a repeated cursor either."""
    client = connect([ok(page([], next_cursor="a")), ok(page([], next_cursor="a"))])
    with pytest.raises(PaginationError):
        client.users.get(user="ada@example.com")


def test_cursor_after_the_end(connect: Connect) -> None:
    """A cursor beside has_more false is no reason to go on."""
    document = {"users": [user()], "pagination": {"has_more": False, "next_cursor": "x"}}
    assert len(list(connect([ok(document)]).users.iter())) == 1


# Bounds of the creation time


def _created(account: Account, *moments: datetime) -> None:
    for number, moment in enumerate(moments):
        account.sandbox.add_user(email=f"{number}@acme.com", name="A", created_at=moment)


def _numbers(users: Any) -> list[int]:
    return [int(user.email.partition("@")[0]) for user in users]


MARCH = [datetime(2026, 3, day, tzinfo=UTC) for day in range(1, 8)]


@pytest.mark.parametrize(
    "bound",
    [
        datetime(2026, 3, 4, tzinfo=UTC),
        datetime(2026, 3, 4),
        datetime(2026, 3, 4, 2, tzinfo=timezone(timedelta(hours=2))),
        date(2026, 3, 4),
        "2026-03-04",
        " 2026-03-04T00:00:00Z ",
        "2026-03-04T02:00:00+02:00",
        "2026-03-03 22:00 -0200",
        "4 March 2026",
        "4 March 2026 0:00",
        "March 4, 2026 12:00 am",
        "2026-03-04 00:00 UTC",
        "20260304",
    ],
)
def test_bounds(account: Account, bound: object) -> None:
    """A bound is a datetime, a date or a text, in UTC without a zone; after includes it, before does not."""
    _created(account, *MARCH)
    search = account.users.iter
    assert _numbers(search(email="@acme.com", created_after=bound)) == [3, 4, 5, 6]
    assert _numbers(search(email="@acme.com", created_before=bound)) == [0, 1, 2]
    assert _numbers(search(email="@acme.com", created_after=bound, created_before=bound)) == []
    assert _numbers(search(email="@acme.com", created_after="2026-03-02", created_before=bound)) == [1, 2]


@pytest.mark.parametrize(
    ("age", "found"),
    [
        ("36 hours", [4, 5]),
        ("2 days", [4, 5]),
        ("1 day 12 hours", [4, 5]),
        ("2 days ago", [4, 5]),
        ("1 WEEK", [3, 4, 5]),
        ("5 months", [2, 3, 4, 5]),
        ("13 months", [1, 2, 3, 4, 5]),
        ("3years", [0, 1, 2, 3, 4, 5]),
        ("30 minutes", [5]),
        ("1 minute", []),
    ],
)
def test_ages(account: Account, age: str, found: list[int]) -> None:
    """A bound may be an age in years, months, weeks, days, hours or minutes before now."""
    now = datetime.now(UTC)
    ages = [timedelta(days=900), timedelta(days=380), timedelta(days=100), timedelta(days=5)]
    ages += [timedelta(hours=30), timedelta(minutes=20)]
    _created(account, *(now - one for one in ages))
    assert _numbers(account.users.iter(email="@acme.com", created_after=age)) == found
    others = [one for one in range(6) if one not in found]
    assert _numbers(account.users.iter(email="@acme.com", created_before=age)) == others


@pytest.mark.parametrize("prefetch", [False, True])
def test_stops_past_created_before(account: Account, prefetch: bool) -> None:
    """No page is asked for once a user at created_before or past it was seen, here the last of a page."""
    for hour in range(30):
        moment = NOON + timedelta(hours=hour)
        account.sandbox.add_user(email=f"{hour}@acme.com", name="A", created_at=moment)
    bound = NOON + timedelta(hours=14)
    walk = account.users.iter(email="@acme.com", created_before=bound, page_size=5, prefetch=prefetch)
    assert _numbers(walk) == list(range(14))
    assert len(account.sent) == 3


def test_users_without_a_time(connect: Connect) -> None:
    """A user without a creation time lies in no range, and does not end the walk."""
    users = [user(created_at=None), user(created_at="2026-03-04T00:00:00Z")]
    answers = [ok(page(users, next_cursor="x")), ok(page([user(created_at="2026-03-05T00:00:00Z")]))]
    found = list(connect(answers).users.iter(created_after="2026-03-01", created_before="2027-01-01"))
    assert [one.created_at.day for one in found] == [4, 5]
    assert len(list(connect([ok(page(users))]).users.iter())) == 2


def test_an_account_that_grows(connect: Connect) -> None:
    """Walking asks for each page by the cursor of the one before, exactly as given."""
    cursors = ["a+b/c==", "ä ö&x=1", "%2F"]
    replies: list[Reply] = [ok(page([user()], next_cursor=one)) for one in cursors]
    client = connect([*replies, ok(page([user()]))])
    users = list(client.users.iter())
    assert len(users) == 4
    assert all(isinstance(one, User) for one in users)
    assert [one.query.get("cursor") for one in client.recorder.sent] == [None, *cursors]
