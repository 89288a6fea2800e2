"""What the headers of an answer say: the id of the request, and how long to wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta


def request_id(headers: Mapping[str, str]) -> str | None:
    """Find the id under which a server logged a request."""
    return headers.get("x-request-id") or headers.get("request-id")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in whole seconds or as an HTTP date, as seconds from now.

    A date is by the server's clock, and so measured against the date of the answer, where that has one.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = _http_date(text)
    if moment is None:
        return None
    answered = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (moment - answered).total_seconds())


def moment_in(seconds: float) -> str:
    """Give the time in so many seconds, in UTC, as text."""
    try:
        moment = datetime.now(UTC) + timedelta(seconds=math.ceil(seconds))
    except OverflowError:
        moment = datetime.max
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _http_date(text: str) -> datetime | None:
    if not text.strip():
        return None
    from email.utils import parsedate_to_datetime  # Slow to import; few servers answer with a date.

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
