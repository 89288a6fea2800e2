"""Points in time: the forms that bounds of a range take, and texts that could mean another day."""

from __future__ import annotations

from calendar import day_name, month_name
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.account import Account

from arize_users import InvalidArgumentError
from arize_users._users.dates import point_in_time

BOUNDS = pytest.mark.parametrize("bound", ["created_after", "created_before"])
DAYS = st.dates(min_value=date(1000, 1, 1))
NAMED = ["{0.day} {month} {0:%Y}", "{month} {0.day}, {0:%Y}", "{0.day}th of {month} {0:%Y}"]
NAMED += ["{0.day:02}-{month:.3}-{0:%Y}", "{0:%Y} {month} {0.day}", "{weekday:.3}, {0.day} {month:.3} {0:%Y}"]
ISO = ["{0}", "{0:%Y%m%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0.year}-{0.month}-{0.day}", "{weekday} {0}"]


def _spelled(form: str, day: date) -> str:
    return form.format(day, month=month_name[day.month], weekday=day_name[day.weekday()])


@given(DAYS, st.sampled_from(NAMED + ISO), st.sampled_from(["", " 9:30", " 9:30 am"]))
def test_whole_days(day: date, form: str, time: str) -> None:
    """A day in ISO order, or with its month by name, is that day, whichever it is, with or without a time."""
    expected = datetime(day.year, day.month, day.day, *([9, 30] if time else []), tzinfo=UTC)
    assert point_in_time(_spelled(form, day) + time, "created_after") == expected


@given(DAYS, st.sampled_from("./- "), st.sampled_from(["", " 9:30"]))
def test_figures_in_another_order(day: date, sign: str, time: str) -> None:
    """Day and month in figures in any other order are refused, with each day that they can be read as."""
    readings = {str(day), f"{day:%Y-%d-%m}"} if day.day <= 12 else {str(day)}
    for first, second in ((day.day, day.month), (day.month, day.day)):
        with pytest.raises(InvalidArgumentError) as caught:
            point_in_time(f"{first}{sign}{second}{sign}{day:%Y}{time}", "created_after")
        said = caught.value.message.partition(" can be read as ")[2].partition(": ")[0]
        assert set(said.split(" or as ")) == readings


OPEN = [
    "March 2026",
    "Mon March 2026",
    "Wed March 2026",
    "2026 March",
    "Monday",
    "Monday 9:00",
    "March",
    "4 March",
]
OPEN += ["March 4 '26", "4 March 26", "2026-03", "3/2026", "2026", "Wed 2026", "March 2026 10:00"]
PART = "leaves the year, the month or the day open"
TWO = "names more than one day"
REFUSED = [
    ("10.11.2025", "can be read as 2025-11-10 or as 2025-10-11"),
    ("03/04/2026", "can be read as 2026-04-03 or as 2026-03-04"),
    ("25.12.2025", "can be read as 2025-12-25: "),
    ("12/25/2025", "can be read as 2025-12-25: "),
    ("3-4-26", "can be read as 2026-04-03 or as 2026-03-04"),
    *((text, PART) for text in OPEN),
    *((text, TWO) for text in ("Tue 4 March 2026", "Mon 2026-03-04")),
    *(
        (text, "is no time")
        for text in ("soon", "260304", "2026-25-12", "31/31/26", "tomorrow", "30m", "30ds")
    ),
    (timedelta(days=-1), "is no time"),
    (timedelta.max, "is no time"),
]


REFUSED += [
    (f"2026-03-04{rest}", "is no time")
    for rest in (" 10:00 GMT+3", "-05:00", " 2026", "\n2026-03-05", " 5", " 10:00 +3", " 10:00 CET")
]


@BOUNDS
@pytest.mark.parametrize(("value", "problem"), REFUSED, ids=str)
def test_refused(account: Account, bound: str, value: Any, problem: str) -> None:
    """A text that leaves the day open or names two is refused before a request, with the forms there are."""
    with pytest.raises(InvalidArgumentError) as caught:
        account.users.iter(**{bound: value})
    assert (caught.value.argument, account.sent) == (bound, [])
    assert caught.value.message.startswith(f"{value!r} {problem}")
    for form in ("'2026-03-01'", "'1 March 2026'", "'yesterday'", "'30 days'", "'30d'", "'24h'", "timedelta"):
        assert form in caught.value.message


AGES: list[tuple[object, int]] = [(timedelta(days=30), 2), ("30d", 2), ("24h", 3), ("2W", 2), ("1d 12h", 3)]
AGES += [("30d ago", 2), ("now", 4), ("yesterday", 3), ("Today", 3), (timedelta(), 4)]


@pytest.mark.parametrize(("age", "older"), AGES, ids=str)
def test_ages(account: Account, age: object, older: int) -> None:
    """A timedelta, a short age and a word such as yesterday are taken as bounds, in any case."""
    account.sandbox.set_time(None)
    midnight = account.sandbox.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for days in (90, 45, 10):
        account.sandbox.add_user(
            email=f"{days}@acme.com", name="A", created_at=midnight - timedelta(days=days)
        )
    account.sandbox.add_user(email="0@acme.com", name="A", created_at=account.sandbox.now())
    found = [user.email for user in account.users.iter(email="@acme.com", created_before=age)]
    assert found == ["90@acme.com", "45@acme.com", "10@acme.com", "0@acme.com"][:older]


@pytest.mark.parametrize(("word", "days"), [("today", 0), ("yesterday", 1)])
def test_words(word: str, days: int) -> None:
    """Today and yesterday begin at midnight, UTC."""
    before = datetime.now(UTC).date()
    found = point_in_time(word, "created_after")
    midnights = {
        datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=days)
        for day in (before, datetime.now(UTC).date())
    }
    assert found in midnights
