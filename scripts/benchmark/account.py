"""The account that the measured clients see: fixed users, written as the second generation writes them."""

from __future__ import annotations

import base64
import json
import random
from urllib.parse import parse_qs

USERS = 10_000
ACME = "acme.example"
"""The domain of some 1,000 users, spread evenly over the account."""
TEAM = "team.example"
"""The domain of 200 users."""
SEARCHED = "ann@found.example"
"""The email whose substring search has 650 other users before it: its user is on page 7."""
BEFORE_SEARCHED = 650
SOLITARY = 100
"""Users who are alone in their domain."""


def user_id(number: int) -> str:
    """Give the id of the nth user, as opaque as the API's."""
    return base64.b64encode(f"User:{number}".encode()).decode()


def email(number: int) -> str:
    """Give the email of the nth user."""
    if number < BEFORE_SEARCHED:
        return f"jo{number:03}{SEARCHED}"
    if number == BEFORE_SEARCHED:
        return SEARCHED
    if number <= BEFORE_SEARCHED + SOLITARY:
        return f"head@domain{number - BEFORE_SEARCHED - 1:03}.example"
    if number <= BEFORE_SEARCHED + SOLITARY + 200:
        return f"user{number:05}@{TEAM}"
    domain = ACME if number % 9 == 0 else "elsewhere.example"
    return f"user{number:05}@{domain}"


def of_one_domain(count: int, users: int, domain: str = ACME) -> list[str]:
    """Give the emails of users of one domain, anywhere among the first thousand it holds."""
    there = [address for number in range(users) if (address := email(number)).endswith(f"@{domain}")]
    return random.Random(1).sample(there[:1000], count)  # noqa: S311 - the same in every run


def of_many_domains(count: int) -> list[str]:
    """Give the emails of users each of whom is alone in a domain."""
    return [email(BEFORE_SEARCHED + 1 + number) for number in range(count)]


def _user(number: int) -> dict[str, object]:
    return {
        "id": user_id(number),
        "name": f"User Number {number}",
        "email": email(number),
        "created_at": f"2024-{1 + number // 900:02}-01T12:{number % 60:02}:00.{number:06}Z",
        "status": "INVITED" if number % 10 == 3 else "ACTIVE",
        "role": {"type": "PREDEFINED", "name": "ANNOTATOR" if number % 10 == 7 else "MEMBER"},
        "is_developer": number % 10 != 7,
    }


class Account:
    """Answers by path and query, each made once and given from then on as the same bytes."""

    def __init__(self, users: int) -> None:
        self._emails = [email(number) for number in range(users)]
        self._users = [json.dumps(_user(number), separators=(",", ":")) for number in range(users)]
        self._numbers = {user_id(number): number for number in range(users)}
        self._pages: dict[str, bytes] = {}

    def page(self, query: str) -> bytes:
        """Give a page of the list as JSON. The cursor is the number of the user after it."""
        if query not in self._pages:
            self._pages[query] = self._make_page(parse_qs(query))
        return self._pages[query]

    def _make_page(self, query: dict[str, list[str]]) -> bytes:
        limit = int(query.get("limit", ["50"])[0])
        start = int(query.get("cursor", ["0"])[0])
        part = query.get("email", [""])[0].lower()
        numbers = (number for number in range(start, len(self._users)) if part in self._emails[number])
        found = [number for number, _ in zip(numbers, range(limit + 1), strict=False)]
        users = ",".join(self._users[number] for number in found[:limit])
        more = len(found) > limit
        pagination = {"has_more": more} | ({"next_cursor": str(found[limit])} if more else {})
        return f'{{"users":[{users}],"pagination":{json.dumps(pagination)}}}'.encode()

    def user(self, user_id: str) -> bytes | None:
        """Give one user as JSON, None for an unknown id."""
        number = self._numbers.get(user_id)
        return None if number is None else self._users[number].encode()
