"""Iterating over all users."""

from __future__ import annotations

import asyncio
import gc
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.account import CALLERS, NOON, Account, Connect
from support.answers import ok, page, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import (
    ArizeError,
    BulkProgress,
    ConfigurationError,
    InvalidArgumentError,
    PaginationError,
    RateLimitError,
    ServerError,
)
from arize_users._users import arguments

from .simulated_calls import operations_of

BOTH_WAYS = pytest.mark.parametrize("prefetch", [False, True])


def _emails(users: Any) -> list[str]:
    return [user.email for user in users]


@BOTH_WAYS
def test_everyone(account: Account, prefetch: bool) -> None:
    """Every user comes once, oldest first, over as many pages of 100 as it takes, and no empty one."""
    account.sandbox.add_users(197)
    users = list(account.users.iter(prefetch=prefetch))
    assert _emails(users) == CALLERS + [f"user{n:05}@example.com" for n in range(1, 198)]
    assert [one.query["limit"] for one in account.sent] == ["100"] * 2


def test_filters(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The filters and the page size hold on every page; they are checked once, at the call."""
    checks: list[str] = []

    def count(name: str) -> None:
        check = getattr(arguments, name)
        monkeypatch.setattr(arguments, name, lambda *given: checks.append(name) or check(*given))

    for name in ("statuses", "email_filter", "limit"):
        count(name)
    for number in range(7):
        account.sandbox.add_user(email=f"{number}@acme.com", name="A", status="invited")
        account.sandbox.add_user(email=f"{number}@acme.org", name="A", status="invited")
        account.sandbox.add_user(email=f"x{number}@acme.com", name="A")
    found = account.users.iter(email="@acme.com", status=["INVITED"], page_size=3)
    assert _emails(found) == [f"{number}@acme.com" for number in range(7)]
    assert len(account.sent) == 3
    assert all(one.statuses == [account.say("invited")] for one in account.sent)
    assert all((one.query["email"], one.query["limit"]) == ("@acme.com", "3") for one in account.sent)
    assert sorted(checks) == ["email_filter", "limit", "statuses"]


def test_lazy(account: Account) -> None:
    """Nothing is sent before the first user is wanted, and a page is fetched only when its users are."""
    account.sandbox.add_users(9)
    users = account.users.iter(page_size=4)
    assert len(account.sent) == 0
    for expected in (1, 1, 1, 1, 2, 2, 2, 2, 3):
        next(users)
        assert len(account.sent) == expected
    users.close()
    assert len(account.sent) == 3


@pytest.mark.parametrize("pages", [1, 2, 5, 8])
def test_prefetch(account: Account, pages: int) -> None:
    """With prefetch, one page and never more is fetched ahead, and none past the end."""
    account.sandbox.add_users(37)
    users = account.users.iter(page_size=5, prefetch=True)
    assert len(account.sent) == 0
    for _ in range(5 * pages):
        next(users)
    users.close()
    assert pages <= len(account.sent) <= min(pages + 1, 8)


@BOTH_WAYS
def test_failure(connect: Connect, prefetch: bool) -> None:
    """A failing page is raised where it is reached; the users before it have all been given."""
    answers = [ok(page([user(), user(id="b", email="b@acme.com")], next_cursor="2")), problem(429)]
    users = connect(answers).users.iter(prefetch=prefetch)
    assert _emails([next(users), next(users)]) == ["ada@example.com", "b@acme.com"]
    with pytest.raises(RateLimitError):
        next(users)
    with pytest.raises(StopIteration):
        next(users)


def test_leaving_when_the_next_page_failed(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """Leaving the loop when the page ahead has failed raises and logs nothing, now or later."""
    client = connect([ok(page([user(), user(id="b")], next_cursor="2")), problem(429)])
    users = client.users.iter(prefetch=True)
    next(users)
    if client.kind == "async":
        client.wait(asyncio.sleep(0))
        client.wait(asyncio.sleep(0))
    next(users)
    users.close()
    del users
    gc.collect()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_leaving_ends_retries(connect: Connect) -> None:
    """Leaving the loop does not wait until the page ahead has been retried."""
    answers = [ok(page([user(), user(id="b")], next_cursor="2")), problem(429, retry_after="2"), ok(page())]
    client = connect(answers, max_retries=2)
    users = client.users.iter(prefetch=True)
    next(users)
    while len(client.recorder.sent) < 2:
        if client.kind == "async":
            client.wait(asyncio.sleep(0))
    users.close()
    assert len(client.recorder.sent) == 2


@BOTH_WAYS
def test_user_on_two_pages(connect: Connect, prefetch: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A user whom a moving list shows again is given once, and that is logged."""
    pages = [
        ok(page([user(id="a", email="a@x"), user(id="b", email="b@x")], next_cursor="2")),
        ok(page([user(id="b", email="b@x"), user(id="b", email="b@x")], next_cursor="3")),
        ok(page([user(id=None, email="c@x"), user(id=None, email="c@x"), user(id="d", email="d@x")])),
    ]
    users = connect(pages).users
    assert _emails(users.iter(prefetch=prefetch)) == ["a@x", "b@x", "c@x", "c@x", "d@x"]
    assert [record.message for record in caplog.records if record.name == "arize_users"] == [
        "the list moved while it was read: 2 of its users came a second time"
    ]


def test_pages(account: Account) -> None:
    """Page by page, the same users come with the cursor from which the list goes on, of a range, too."""
    for hour in range(7):
        moment = NOON + timedelta(hours=hour)
        account.sandbox.add_user(email=f"{hour}@acme.com", name="A", created_at=moment)
    arguments = {"email": "@acme.com", "page_size": 2, "created_after": NOON + timedelta(hours=1)}
    pages = list(account.users.iter_pages(**arguments))
    assert [_numbers(one.users) for one in pages] == [[1], [2, 3], [4, 5], [6]]
    assert [one.pagination.has_more for one in pages] == [True, True, True, False]
    assert pages[-1].pagination.next_cursor is None
    for number, one in enumerate(pages[:-1]):
        rest = account.users.iter(cursor=one.pagination.next_cursor, **arguments)
        assert _numbers(rest) == [n for later in pages[number + 1 :] for n in _numbers(later.users)]
    before = list(account.users.iter_pages(**arguments, created_before=NOON + timedelta(hours=3)))
    assert [(_numbers(one.users), one.pagination.has_more) for one in before] == [([1], True), ([2], False)]


# Cursors


@BOTH_WAYS
def test_going_on_after_an_error(connect: Connect, prefetch: bool) -> None:
    """An error has the cursor of the page that failed, and the rest comes when iterating starts from it."""
    first, second = ok(page([user(email="a@x")], next_cursor="a+b/c==")), ok(page([user(email="b@x")]))
    client = connect([first, problem(503), second])
    users = client.users.iter(prefetch=prefetch)
    assert next(users).email == "a@x"
    with pytest.raises(ServerError) as caught:
        next(users)
    assert caught.value.cursor == "a+b/c=="
    assert _emails(client.users.iter(cursor=caught.value.cursor, prefetch=prefetch)) == ["b@x"]
    assert [one.query.get("cursor") for one in client.recorder.sent] == [None, "a+b/c==", "a+b/c=="]


FAILING_PAGES: list[Any] = [httpx.ReadError("broken"), ok([]), problem(403)]


@pytest.mark.parametrize("failure", FAILING_PAGES, ids=["broken", "undecodable", "refused"])
def test_cursor_of_any_error(connect: Connect, failure: Any) -> None:
    """Whatever fails has a cursor: None for the first page, the one where iterating began for the next."""
    client = connect([failure, failure])
    for cursor in (None, "2"):
        with pytest.raises(ArizeError) as caught:
            next(client.users.iter(cursor=cursor))
        assert caught.value.cursor == cursor
    assert pickle.loads(pickle.dumps(caught.value)).cursor == "2"
    client.close_client()
    with pytest.raises(ConfigurationError) as closed:
        list(client.users.iter_pages(cursor="3"))
    assert closed.value.cursor == "3"


@pytest.mark.parametrize(
    "page_two", [page([user(id="b")], next_cursor="2"), page([user(id="b")], next_cursor=" ")]
)
def test_cursor_of_a_pagination_error(connect: Connect, page_two: Any) -> None:
    """Where the server's cursors lead nowhere, the error has that of the page which said so, given before."""
    client = connect([ok(page([user()], next_cursor="2")), ok(page_two)])
    pages = client.users.iter_pages()
    assert [next(pages).pagination.next_cursor for _ in range(2)] == ["2", None]
    with pytest.raises(PaginationError) as caught:
        next(pages)
    assert caught.value.cursor == "2"


def _pages(*documents: Any, **arguments: Any) -> tuple[list[Any], list[str | None], Any]:
    """Read all pages of a scan; give its users, the cursors that were sent, and the PaginationError."""
    simulated = SimulatedDriver([ok(document) for document in documents])
    scan = operations_of(0).scan(**arguments)
    users: list[Any] = []
    error = None
    try:
        while (found := simulated.run(scan.next_page())) is not None:
            users += found
    except PaginationError as caught:
        error = caught
    return users, [request.params.get("cursor") for _, request in simulated.sent], error


def test_cursors() -> None:
    """Each page is asked for by the cursor of the one before, exactly as given, until there is no more."""
    cursors = ["a+b/c==", "ä ö&x=1", "%2F"]
    users, sent, error = _pages(*(page([user()], next_cursor=one) for one in cursors), page([user()]))
    assert (len(users), sent, error) == (4, [None, *cursors], None)
    ended = {"users": [user()], "pagination": {"has_more": False, "next_cursor": "x"}}
    assert len(_pages(ended)[0]) == 1


@pytest.mark.parametrize("cursors", ["aa", "aba", "abcb"])
def test_repeated_cursor(cursors: str) -> None:
    """A cursor given twice is an error, not a loop, once the users before it were given."""
    users, sent, error = _pages(*(page([user()], next_cursor=one) for one in cursors))
    assert (len(users), sent) == (len(cursors), [None, *cursors[:-1]])
    assert "twice" in error.message
    assert (error.operation, error.method, error.path) == ("list_users", "GET", "/v2/users")


@BOTH_WAYS
def test_pagination_error(account: Account, prefetch: bool) -> None:
    """Iterating and getting by email raise it, with and without prefetch."""
    account.sandbox.add_users(20)
    account.sandbox.faults.add("repeat_cursor", nth=2)
    with pytest.raises(PaginationError, match="twice"):
        list(account.users.iter(page_size=5, prefetch=prefetch))
    assert len(account.sent) == 3


# Bounds of the creation time


def _numbers(users: Any) -> list[int]:
    return [int(user.email.partition("@")[0]) for user in users]


def _within(moments: list[datetime], **bounds: object) -> list[int]:
    documents = (user(email=f"{n}@acme.com", created_at=one.isoformat()) for n, one in enumerate(moments))
    return _numbers(_pages(page(list(documents)), **bounds)[0])


BOUNDS: list[object] = [
    datetime(2026, 3, 4, tzinfo=UTC),
    datetime(2026, 3, 4),
    datetime(2026, 3, 4, 2, tzinfo=timezone(timedelta(hours=2))),
    date(2026, 3, 4),
]
BOUNDS += ["2026-03-04", " 2026-03-04T00:00:00Z ", "2026-03-04T02:00:00+02:00", "2026-03-03 22:00 -0200"]
BOUNDS += ["4 March 2026", "4 March 2026 0:00", "March 4, 2026 12:00 am", "2026-03-04 00:00 UTC", "20260304"]


@pytest.mark.parametrize("bound", BOUNDS, ids=str)
def test_bounds(bound: object) -> None:
    """A bound is a datetime, a date or a text, in UTC without a zone; after includes it, before does not."""
    march = [datetime(2026, 3, day, tzinfo=UTC) for day in range(1, 8)]
    assert _within(march, created_after=bound) == [3, 4, 5, 6]
    assert _within(march, created_before=bound) == [0, 1, 2]
    assert _within(march, created_after=bound, created_before=bound) == []
    assert _within(march, created_after="2026-03-02", created_before=bound) == [1, 2]


AGES = {"36 hours": 4, "2 days": 4, "1 day 12 hours": 4, "2 days ago": 4, "1 WEEK": 3, "5 months": 2}
AGES |= {"13 months": 1, "3years": 0, "30 minutes": 5, "1 minute": 6}


@pytest.mark.parametrize(("age", "first"), AGES.items())
def test_ages(age: str, first: int) -> None:
    """A bound may be an age in years, months, weeks, days, hours or minutes before now."""
    ages = [timedelta(days=days) for days in (900, 380, 100, 5)] + [
        timedelta(hours=30),
        timedelta(minutes=20),
    ]
    moments = [datetime.now(UTC) - one for one in ages]
    assert _within(moments, created_after=age) == list(range(first, 6))
    assert _within(moments, created_before=age) == list(range(first))


@BOTH_WAYS
def test_no_page_past_created_before(account: Account, prefetch: bool) -> None:
    """No page is fetched once a user at created_before or later was seen, here the last of a page."""
    for hour in range(30):
        moment = NOON + timedelta(hours=hour)
        account.sandbox.add_user(email=f"{hour}@acme.com", name="A", created_at=moment)
    bounds = {"created_after": NOON + timedelta(hours=2), "created_before": NOON + timedelta(hours=14)}
    users = account.users.iter(email="@acme.com", page_size=5, prefetch=prefetch, **bounds)
    assert _numbers(users) == list(range(2, 14))
    assert len(account.sent) == 3


@pytest.mark.parametrize("days", [[1, 3, 2, 9], [1, 9, 2, 3], [3, 2, 9, 1]], ids=str)
def test_list_out_of_order(days: list[int], caplog: pytest.LogCaptureFixture) -> None:
    """Once a page shows that the list is not sorted, it is read to its end, and that is logged once."""
    users = [user(id=str(day), created_at=f"2026-03-{day:02}T00:00:00Z") for day in [*days, 4]]
    documents = [page(users[:2], next_cursor="2"), page(users[2:4], next_cursor="3"), page(users[4:])]
    expected = [day for day in [*days, 4] if day < 5]
    if days[1] == 9:  # Nothing shows yet that the list is not sorted.
        documents, expected = [page(users[:3], next_cursor="2"), page(users[3:])], expected
    found, sent, error = _pages(*documents, created_before="2026-03-05")
    assert ([one.created_at.day for one in found], len(sent), error) == (expected, len(documents), None)
    assert [record.message for record in caplog.records] == [
        "the list is not sorted by creation, so it is read to its end"
    ]


def test_users_without_a_time() -> None:
    """A user without a creation time lies in no range, and does not end the list."""
    users = [user(created_at=None), user(created_at="2026-03-04T00:00:00Z")]
    documents = [page(users, next_cursor="x"), page([user(created_at="2026-03-05T00:00:00Z")])]
    found, _, _ = _pages(*documents, created_after="2026-03-01", created_before="2027-01-01")
    assert [one.created_at.day for one in found] == [4, 5]
    assert len(_pages(page(users))[0]) == 2


PARTS = """2026 03 01 1 99 00000 24:00 09:00 T Z UTC GMT+3 CET am pm + - +02:00 +99:99 -23:59 : / . ,
           March Mon Jan st of week days months ago W01 inf nan 1e5 1.5e400 0x1 \u0663"""
WORDS = st.lists(st.sampled_from([*PARTS.split(), " "]), min_size=1, max_size=8)
SIGNS, PAIRS = st.sampled_from("+-"), st.integers(0, 99)
TEXTS = st.one_of(
    st.text(max_size=12),
    WORDS.map("".join),
    WORDS.map(" ".join),
    st.builds("2026-03-01 09:00 {}{:02}:{:02}".format, SIGNS, PAIRS, PAIRS),
)


@settings(max_examples=300)
@given(TEXTS, st.sampled_from(["created_after", "created_before"]))
def test_any_text(text: str, bound: str) -> None:
    """A text that cannot be read is refused at once; one that is taken as a bound works for any user."""
    users = [user(created_at="0001-01-01T00:00:00Z"), user(created_at="9999-12-31T23:59:59Z")]
    refused, found = bound, [None]
    try:
        found, _, _ = _pages(page(users), **{bound: text})
    except InvalidArgumentError as error:
        refused = error.argument
    assert (refused, len(found)) == (bound, 1)


def test_progress_of_pages(account: Account) -> None:
    """`iter_pages` tells how many users it has read before it gives each page, and waits for rate limits."""
    account.sandbox.add_users(150)
    account.sandbox.faults.add("rate_limit", operation="list_users", nth=2, retry_after=1)
    told: list[BulkProgress] = []
    pages = []
    users = account.client.with_options(max_retries=1).users
    for one in users.iter_pages(on_progress=told.append):
        pages.append((len(one), told[-1].done))
    assert pages == [(100, 100), (53, 153)]
    assert {one.phase for one in told} == {"listing"}
    waits = [one for one in told if one.waiting_until is not None]
    assert [one.done for one in waits] == [100]
    assert told[-1].waiting_until is None


def test_progress_that_raises(account: Account) -> None:
    """An exception of ``on_progress`` comes out of the iteration as it is."""
    with pytest.raises(ZeroDivisionError):
        next(iter(account.users.iter_pages(on_progress=lambda _: 1 / 0)))
    with pytest.raises(InvalidArgumentError, match="on_progress"):
        account.users.iter_pages(on_progress="no")
