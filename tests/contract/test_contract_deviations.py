"""Every kind of deviation from the contract, each by one deployment that does just that."""

from __future__ import annotations

import json

import pytest
from contract_deployments import (
    NO_USERS,
    ONE,
    PAGE,
    Bend,
    Check,
    Deployment,
    answered,
    each_user,
    edit,
    filtered,
    instead,
    with_field,
    without,
)

from arize_users.sandbox import Response

PROBLEM = "application/problem+json"
JSON = (("content-type", "application/json"),)
USER = {
    "id": "VXNlcjox",
    "name": "Ada",
    "email": "ada@example.com",
    "created_at": "2024-01-01T12:00:00Z",
    "status": "active",
    "role": {"type": "predefined", "name": "member"},
    "is_developer": True,
}
A_USER = Response(200, JSON, json.dumps(USER).encode())
EMPTY_PAGE = Response(200, JSON, json.dumps(NO_USERS).encode())
REFUSAL = Response(400, (("content-type", PROBLEM),), b'{"title": "Bad Request", "status": 400}')
UNFIT_PROBLEM = Response(404, (("content-type", PROBLEM),), b'{"detail": "no", "status": 404}')
JSON_PROBLEM = Response(404, JSON, b'{"title": "Not Found", "status": 404}')
HTML = (("content-type", "text/html; charset=utf-8"),)
DEVIATIONS: dict[str, tuple[Bend, tuple[str, str, int, str], str]] = {
    "a field is missing": (
        edit(PAGE, each_user(without("role"))),
        ("missing field", "list_users", 200, "users[].role"),
        "required",
    ),
    "a field of a role is missing": (
        edit(PAGE, each_user(with_field("role", {"type": "custom"}))),
        ("missing field", "list_users", 200, "users[].role.id"),
        "required",
    ),
    "a role has no type": (
        edit(PAGE, each_user(with_field("role", {"name": "member"}))),
        ("missing field", "list_users", 200, "users[].role.type"),
        "required",
    ),
    "a field of the page is missing": (
        edit(PAGE, lambda page: page.pop("pagination") and None),
        ("missing field", "list_users", 200, "pagination"),
        "required",
    ),
    "a value is unknown": (
        edit(PAGE, each_user(with_field("status", "suspended"))),
        ("unknown value", "list_users", 200, "users[].status"),
        "'suspended' is none of active, invited, expired",
    ),
    "a value is unknown and hostile": (
        edit(PAGE, each_user(with_field("status", "\x1b[31m" + "x" * 99))),
        ("unknown value", "list_users", 200, "users[].status"),
        "'\\x1b[31mx",
    ),
    "a type of role is unknown": (
        edit(PAGE, each_user(with_field("role", {"type": "borrowed"}))),
        ("unknown value", "list_users", 200, "users[].role.type"),
        "'borrowed' is none of predefined, custom",
    ),
    "a value is in the other case": (
        edit(ONE, with_field("status", "ACTIVE")),
        ("other case", "get_user", 200, "status"),
        "'ACTIVE' for 'active'",
    ),
    "a value has another type": (
        edit(ONE, with_field("name", 7)),
        ("other shape", "get_user", 200, "name"),
        "number for string",
    ),
    "a value is null": (
        edit(ONE, with_field("name", None)),
        ("other shape", "get_user", 200, "name"),
        "null for string",
    ),
    "a text is too short": (
        edit(PAGE, each_user(with_field("id", ""))),
        ("other shape", "list_users", 200, "users[].id"),
        "breaks minLength 1",
    ),
    "a page is a web page": (
        instead(PAGE, Response(200, HTML, b"<h1>Welcome</h1>")),
        ("other content type", "list_users", 200, ""),
        "text/html for application/json",
    ),
    "pages go back in time": (
        edit(filtered("cursor"), each_user(with_field("created_at", "2001-01-01T00:00:00Z"))),
        ("broken rule", "list_users", 200, ""),
        "older users",
    ),
    "no user has an id": (
        edit(PAGE, each_user(without("id"))),
        ("missing field", "list_users", 200, "users[].id"),
        "required",
    ),
    "a time is none": (
        edit(ONE, with_field("created_at", "yesterday")),
        ("other shape", "get_user", 200, "created_at"),
        "not a date-time",
    ),
    "a time has no zone": (
        edit(ONE, with_field("created_at", "2024-01-01T12:00:00")),
        ("other shape", "get_user", 200, "created_at"),
        "not a date-time",
    ),
    "an email is none": (
        edit(ONE, with_field("email", "ada")),
        ("other shape", "get_user", 200, "email"),
        "not a email",
    ),
    "the body is no object": (
        edit(ONE, lambda user: [user]),
        ("other shape", "get_user", 200, "the body"),
        "array for object",
    ),
    "the body is not JSON": (
        instead(ONE, Response(200, JSON, b"{")),
        ("unreadable body", "get_user", 200, ""),
        "not JSON",
    ),
    "the body is a web page": (
        instead(ONE, Response(200, HTML, b"<h1>Welcome</h1>")),
        ("other content type", "get_user", 200, ""),
        "text/html for application/json",
    ),
    "the body has no type": (
        instead(ONE, Response(200, (), b"")),
        ("other content type", "get_user", 200, ""),
        "none for application/json",
    ),
    "a refusal is not a problem document": (
        answered(404, UNFIT_PROBLEM),
        ("missing field", "get_user", 404, "title"),
        "required",
    ),
    "a refusal has another content type": (
        answered(404, JSON_PROBLEM),
        ("other content type", "get_user", 404, ""),
        f"application/json for {PROBLEM}",
    ),
    "a status is not documented": (
        instead(PAGE, Response(418)),
        ("other status", "list_users", 418, ""),
        "the contract does not document it",
    ),
    "an unknown id is answered": (
        answered(404, A_USER),
        ("other status", "get_user", 200, ""),
        "expected 404",
    ),
    "an unknown key is let in": (
        answered(401, EMPTY_PAGE),
        ("other status", "list_users", 200, ""),
        "expected 401",
    ),
    "a limit is not checked": (
        answered(400, EMPTY_PAGE),
        ("other status", "list_users", 200, ""),
        "expected 400",
    ),
    "a user is refused": (
        instead(ONE, REFUSAL),
        ("other status", "get_user", 400, ""),
        "expected 200",
    ),
    "a page is too long": (
        edit(PAGE, lambda page: page["users"].extend(page["users"] * 100)),
        ("broken rule", "list_users", 200, "users"),
        "more users than the limit",
    ),
    "a page is not sorted": (
        edit(PAGE, lambda page: page["users"].reverse()),
        ("broken rule", "list_users", 200, "users[].created_at"),
        "oldest first",
    ),
    "the status filter is ignored": (
        edit(filtered("status"), each_user(with_field("status", "active"))),
        ("broken rule", "list_users", 200, "users[].status"),
        "not asked for",
    ),
    "the email filter is ignored": (
        edit(filtered("email"), each_user(with_field("email", "x@nowhere.net"))),
        ("broken rule", "list_users", 200, "users[].email"),
        "does not hold the text",
    ),
    "the email filter finds nobody": (
        edit(filtered("email"), lambda page: NO_USERS),
        ("broken rule", "list_users", 200, ""),
        "is not found",
    ),
    "the cursor contradicts has_more": (
        edit(PAGE, lambda page: page["pagination"].update(has_more=False, next_cursor="again")),
        ("broken rule", "list_users", 200, "pagination"),
        "contradict",
    ),
    "a page repeats the one before": (
        edit(PAGE, each_user(with_field("id", "VXNlcjox"))),
        ("broken rule", "list_users", 200, ""),
        "repeats users",
    ),
    "another user is answered": (
        edit(ONE, with_field("id", "VXNlcjox")),
        ("broken rule", "get_user", 200, ""),
        "another user",
    ),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_every_kind_of_deviation_is_found(deployment: Deployment, check: Check, name: str) -> None:
    """Whatever a deployment does against the contract is in the report: what, and where."""
    deployment.bend, expected, detail = DEVIATIONS[name]
    outcome = check()
    assert outcome.code == 1
    assert expected in outcome.found(), outcome.out
    assert detail in outcome.details()
    assert "deviates" in outcome.report["checks"].values() or expected[0] == "other case"
