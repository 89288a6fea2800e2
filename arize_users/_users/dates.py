"""Points in time as a caller may give them: a datetime, a date, a text, or an age."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo

from ..errors import InvalidArgumentError
from ..types import as_utc

_AGE = re.compile(r"(?:\d+\s*(?:years?|months?|weeks?|days?|hours?|minutes?)\s*)+(?:ago)?", re.IGNORECASE)
_AGE_PART = re.compile(r"(\d+)\s*(year|month|week|day|hour|minute)", re.IGNORECASE)
_ONE = {unit: {f"{unit}s": 1} for unit in ("year", "month", "week", "day", "hour", "minute")}
_EXPECTED = "expected a datetime, a date such as '2026-03-01', or an age such as '30 days'"


def point_in_time(value: object, argument: str) -> datetime | None:
    """Read a bound of a time range, in UTC where it names no zone. None stays None.

    Raises:
        InvalidArgumentError: It is no time, or leaves the year, the month or the day open.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return as_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgumentError(f"{value!r} is no time; {_EXPECTED}", argument=argument)
    text = value.strip()
    try:
        return _age(text) if _AGE.fullmatch(text) else as_utc(_parsed(text))
    except (ValueError, OverflowError, RecursionError) as error:
        raise InvalidArgumentError(f"{value!r} is no time; {_EXPECTED}", argument=argument) from error


def _age(text: str) -> datetime:
    # Imported where it is used: dateutil would be most of what importing this package takes.
    from dateutil.relativedelta import relativedelta

    age = relativedelta()
    for number, unit in _AGE_PART.findall(text):
        age += int(number) * relativedelta(**_ONE[unit.lower()])  # type: ignore[arg-type]
    return datetime.now(UTC) - age


def _parsed(text: str) -> datetime:
    from dateutil import parser

    # dateutil fills what a text leaves open from a default. Where two defaults give two answers, the
    # text does not name one day; a guess could choose the wrong users to delete.
    first, second = (
        parser.parse(text, default=default, tzinfos=_zone)
        for default in (datetime(2000, 1, 2), datetime(2001, 3, 4))
    )
    if first != second:
        raise ValueError("the year, the month or the day is missing")
    return first


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """Refuse a zone by name, which dateutil would drop with a warning; offsets are unambiguous."""
    if name is None and offset is None:
        return None
    if offset is not None and abs(offset) < 24 * 60 * 60:
        from dateutil.tz import tzoffset

        return UTC if offset == 0 else tzoffset(name, offset)
    raise ValueError("the zone is not known; write an offset such as +02:00")
