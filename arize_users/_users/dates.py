"""Points in time as a caller may give them: a datetime, a date, a text, or an age."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from ..errors import InvalidArgumentError
from ..types import as_utc

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
"""A time as answers have it: whoever pastes one gets just that."""
_LEAP_SECOND = re.compile(r"(T\d\d:\d\d):60")

_UNITS = {"w": "week", "d": "day", "h": "hour"}
"""Units by their first letter; an m could be a month or a minute."""
_AGE_PART = re.compile(r"([0-9]+)\s*(year|month|week|day|hour|minute|[wdh](?![a-z]))s?", re.IGNORECASE)
_AGE = re.compile(rf"(?:{_AGE_PART.pattern}\s*)+(?:ago)?", re.IGNORECASE)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})[a-z]*\.?", re.IGNORECASE)
_MONTH = rf"\b(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAY = r"\b(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)?"
_YEAR = r"\b(?P<year>[0-9]{4})\b"
# Day and month in figures are taken in ISO order only. In any other order they could be two days.
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>[0-9]{4})([-/.])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})(?![0-9])",
        r"\b(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?:[0-9]{4}|[0-9]{6})?(?![0-9])",
        rf"{_DAY}[\s-]+(?:of\s+)?{_MONTH}[\s,-]+{_YEAR}",
        rf"{_MONTH}[\s-]+{_DAY}[\s,-]+{_YEAR}",
        rf"{_YEAR}[\s-]+{_MONTH}[\s-]+{_DAY}",
    )
]
_REST = re.compile(
    r"""[\sT,]*(?:at\s+)?
    (?:(?:[0-9]{1,2}(?::[0-9]{2}){1,2}(?:[.,][0-9]+)?|[0-9]{1,2}(?=\s*[ap]\.?m))(?:\s*[ap]\.?m\.?)?
       |(?<=T)(?:[0-9]{2}){1,3})?
    (?:\s*(?:Z|UTC|GMT|(?<=[0-9])[+-][0-9]{2}:?[0-9]{2}|\s[+-][0-9]{2}:?[0-9]{2}))?[\s,]*""",
    re.IGNORECASE | re.VERBOSE,
)
"""What may stand beside a date, the name of its weekday aside: a time, and a zone that cannot be misread."""
_FIGURES = re.compile(r"\b([0-9]{1,2})([-/. ])([0-9]{1,2})\2((?:[0-9]{2})?[0-9]{2})\b")
_PART_OF_A_DATE = re.compile(rf"{_MONTH}|{_WEEKDAY.pattern}|\b[0-9]{{4}}\b", re.IGNORECASE)
_EXPECTED = (
    "expected a datetime, a date, a timedelta, a text such as '2026-03-01', '2026-03-01T09:00+02:00', "
    "'1 March 2026' or 'yesterday', or an age such as '30 days', '6 months', '30d' or '24h'"
)


def server_time(text: str) -> datetime:
    """Read a time as servers write it: in ISO 8601, or in RFC 3339, which allows leap seconds, too.

    Raises:
        ValueError: It is no such time.
        OverflowError: It is in a year that a datetime cannot hold.
    """
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    # RFC 3339 allows what fromisoformat does not: "t" and "z" in lower case, and leap seconds.
    normalized, leaps = _LEAP_SECOND.subn(r"\1:59", text.upper())
    return as_utc(datetime.fromisoformat(normalized)) + timedelta(seconds=leaps)


def point_in_time(value: object, argument: str) -> datetime | None:
    """Read a bound of a time range, in UTC where it names no zone. None stays None.

    Raises:
        InvalidArgumentError: It is no time, leaves the year, the month or the day open, or can be read as two
            days.
    """
    if value is None:
        return None
    problem = "is no time"
    try:
        if isinstance(value, datetime):
            return as_utc(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, timedelta) and value >= timedelta():
            return datetime.now(UTC) - value
        if isinstance(value, str):
            return _read(value.strip())
    except _OpenError as error:
        problem = str(error)
    except (ValueError, OverflowError, RecursionError):
        pass
    raise InvalidArgumentError(f"{value!r} {problem}; {_EXPECTED}", argument=argument)


class _OpenError(ValueError):
    """A text leaves open which day is meant, or names two."""


def _read(text: str) -> datetime:
    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    words = {"now": now, "today": today, "yesterday": today - timedelta(days=1)}
    if text.lower() in words:
        return words[text.lower()]
    if _RFC_3339.fullmatch(text):
        return server_time(text)
    return now - _age(text) if _AGE.fullmatch(text) else as_utc(_parsed(text))


def _age(text: str) -> relativedelta:
    # Imported where it is used: dateutil would be most of what importing this package takes.
    from dateutil.relativedelta import relativedelta

    age = relativedelta()
    for number, unit in _AGE_PART.findall(text):
        name = _UNITS.get(unit.lower(), unit.lower())
        age += int(number) * relativedelta(**{f"{name}s": 1})  # type: ignore[arg-type]
    return age


def _parsed(text: str) -> datetime:
    from dateutil import parser

    # dateutil guesses the order of figures, and fills what a text leaves open. A guess could choose the
    # wrong users to delete, so the whole day has to stand in the text.
    day, rest = _day(text)
    moment = parser.parse(text, default=datetime(day.year, day.month, day.day), tzinfos=_zone)
    weekday = _WEEKDAY.search(text)
    if not _REST.fullmatch(_WEEKDAY.sub("", rest)):
        raise ValueError("there is more than a date and a time")
    if moment.date() != day or (weekday and _WEEKDAYS[day.weekday()] != weekday[1].lower()):
        raise _OpenError(f"names more than one day, {day} and another")
    return moment


def _day(text: str) -> tuple[date, str]:
    """Find the day that a text names in full, its figures in ISO order or its month by name, and the rest."""
    for pattern in _DATES:
        if found := pattern.search(text):
            month = found["month"].lower()
            number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
            day = date(int(found["year"]), number, int(found["day"]))
            return day, text[: found.start()] + text[found.end() :]
    if days := _readings(text):
        raise _OpenError(f"can be read as {' or as '.join(days)}: write the day that is meant in that form")
    if _PART_OF_A_DATE.search(text):
        raise _OpenError("leaves the year, the month or the day open")
    raise ValueError("no day is named")


def _readings(text: str) -> list[str]:
    """Give the days that figures can be read as: day first, and month first."""
    if not (figures := _FIGURES.search(text)):
        return []
    first, second, year = int(figures[1]), int(figures[3]), int(figures[4])
    days = []
    for day, month in ((first, second), (second, first)):
        try:
            days.append(date(year if len(figures[4]) == 4 else 2000 + year, month, day).isoformat())
        except ValueError:
            pass
    return list(dict.fromkeys(days))


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """Refuse a zone by name, which dateutil would drop with a warning; offsets are unambiguous."""
    if name is None and offset is None:
        return None
    if offset is not None and abs(offset) < 24 * 60 * 60:
        from dateutil.tz import tzoffset

        return UTC if offset == 0 else tzoffset(name, offset)
    raise ValueError("the zone is not known; write an offset such as +02:00")
