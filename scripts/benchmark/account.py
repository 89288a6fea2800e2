"""The account that every measured client reads: 10,000 fixed users, written in the upper-case enum values."""

from __future__ import annotations

import base64
import json
import random
from functools import cache
from urllib.parse import parse_qs, unquote

USERS = 10_000
# Part of 650 other emails, all of them listed before it, so that a search finds it on page 7.
SEARCHED, BEFORE_SEARCHED = "ann@found.example", 650
DOMAIN_OF_200, DOMAIN_OF_1000 = "team.example", "acme.example"


def _email(number: int) -> str:
    if number < BEFORE_SEARCHED:
        return f"jo{number:03}{SEARCHED}"
    if number == BEFORE_SEARCHED:
        return SEARCHED
    if number <= BEFORE_SEARCHED + 100:
        return f"user@domain{number:03}.example"
    if number <= BEFORE_SEARCHED + 300:
        return f"user{number:05}@{DOMAIN_OF_200}"
    return f"user{number:05}@{DOMAIN_OF_1000 if number % 9 == 0 else 'elsewhere.example'}"


EMAILS = [_email(number) for number in range(USERS)]
IDS = [base64.b64encode(f"User:{number}".encode()).decode() for number in range(USERS)]
_NUMBERS = {user_id: number for number, user_id in enumerate(IDS)}


def emails_of(domain: str, count: int = 100) -> list[str]:
    """Return the emails of some of the first 1,000 users of a domain, the same ones in every run."""
    emails = [email for email in EMAILS if email.endswith(f"@{domain}")]
    return random.Random(1).sample(emails[:1000], count)  # noqa: S311


@cache
def get_user(quoted_id: str) -> bytes | None:
    """Return the JSON of one user, None for an unknown id."""
    number = _NUMBERS.get(unquote(quoted_id))
    return None if number is None else json.dumps(_user(number), separators=(",", ":")).encode()


@cache
def list_users(query: str) -> bytes:
    """Return the JSON of one page. The cursor is the number of the next user."""
    parameters = parse_qs(query)
    limit = int(parameters.get("limit", ["50"])[0])
    start = int(parameters.get("cursor", ["0"])[0])
    part = parameters.get("email", [""])[0].lower()
    matches = [number for number in range(start, USERS) if part in EMAILS[number]]
    pagination: dict[str, object] = {"has_more": len(matches) > limit}
    if len(matches) > limit:
        pagination["next_cursor"] = str(matches[limit])
    page = {"users": [_user(number) for number in matches[:limit]], "pagination": pagination}
    return json.dumps(page, separators=(",", ":")).encode()


def _user(number: int) -> dict[str, object]:
    return {
        "id": IDS[number],
        "name": f"User Number {number}",
        "email": EMAILS[number],
        "created_at": f"2024-{1 + number // 900:02}-01T12:{number % 60:02}:00.{number:06}Z",
        "status": "INVITED" if number % 10 == 3 else "ACTIVE",
        "role": {"type": "PREDEFINED", "name": "ANNOTATOR" if number % 10 == 7 else "MEMBER"},
        "is_developer": number % 10 != 7,
    }


PEOPLE = [{"email": f"new{number:04}@acme.example", "name": f"New {number}"} for number in range(1000)]
"""Who is created."""
CREATED = json.dumps(_user(USERS - 1) | {"status": "INVITED", "invite_mode": "EMAIL_LINK"}).encode()
"""The answer to each create."""
