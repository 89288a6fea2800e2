"""The judge of requests, which the tests of the layer rely on, refuses what is outside the contract."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ok, page, user
from support.contract import SERVER, Judgement, contract_of

NEW: dict[str, Any] = {
    "name": "Ada",
    "email": "ada@example.com",
    "role": {"type": "predefined", "name": "member"},
    "invite_mode": "none",
}
UPPER = {**NEW, "role": {"type": "PREDEFINED", "name": "MEMBER"}, "invite_mode": "NONE"}


def _request(method: str, path: str, **options: Any) -> httpx.Request:
    headers = {"authorization": "Bearer k", **options.pop("headers", {})}
    return httpx.Request(method, SERVER + path, headers=headers, **options)


RIGHT = [
    ("list_users", _request("GET", "/v2/users?limit=5&email=%40a&status=active&status=invited&cursor=x")),
    ("create_user", _request("POST", "/v2/users", json={**NEW, "is_developer": True})),
    ("get_user", _request("GET", "/v2/users/a%2Fb%3D")),
    ("update_user", _request("PATCH", "/v2/users/x", json={"name": "A"})),
    ("delete_user", _request("DELETE", "/v2/users/x")),
    ("resend_user_invitation", _request("POST", "/v2/users/x/resend-invitation")),
    ("reset_user_password", _request("POST", "/v2/users/x/reset-password")),
]
RIGHT_IN_UPPER_CASE = [
    ("list_users", _request("GET", "/v2/users?status=ACTIVE")),
    ("create_user", _request("POST", "/v2/users", json=UPPER)),
]
WRONG = [
    _request("GET", "/v2/users?limit=101"),
    _request("GET", "/v2/users?limit=x"),
    _request("GET", "/v2/users?limit=1&limit=2"),
    _request("GET", "/v2/users?page=2"),
    _request("GET", "/v2/users?status=ACTIVE"),
    _request("GET", "/v2/users?email=" + "x" * 256),
    _request("GET", "/v2/users", headers={"authorization": ""}),
    _request("GET", "/v2/user"),
    _request("PUT", "/v2/users/x", json={"name": "A"}),
    _request("DELETE", "/v2/users/"),
    _request("DELETE", "/v2/users/x?force=1"),
    _request("DELETE", "/v2/users/x", json={}),
    _request("POST", "/v2/users"),
    _request("POST", "/v2/users", json={**NEW, "team": "x"}),
    _request("POST", "/v2/users", json={**NEW, "name": " "}),
    _request("POST", "/v2/users", json={**NEW, "role": {**NEW["role"], "id": "x"}}),
    _request("POST", "/v2/users", json={**NEW, "role": {"type": "custom", "id": "x", "name": "N"}}),
    _request("POST", "/v2/users", content=b"name=Ada", headers={"content-type": "text/plain"}),
    _request("POST", "/v2/users", json=UPPER),
    _request("PATCH", "/v2/users/x", json={}),
    _request("PATCH", "/v2/users/x", json={"email": "a@b.c"}),
]
WRONG_IN_UPPER_CASE = [
    _request("POST", "/v2/users", json=NEW),
    _request("GET", "/v2/users?status=active"),
    _request("POST", "/v2/users", json={**UPPER, "is_developer": True}),
]


@pytest.mark.parametrize(("case", "requests"), [("lower", RIGHT), ("upper", RIGHT_IN_UPPER_CASE)])
def test_a_request_within_the_contract_is_known_for_its_operation(case: str, requests: Any) -> None:
    """It has no violation in the enum case of the server."""
    for operation, request in requests:
        assert contract_of(case).judge(request) == Judgement(operation)


@pytest.mark.parametrize(("case", "requests"), [("lower", WRONG), ("upper", WRONG_IN_UPPER_CASE)])
def test_a_request_outside_the_contract_has_a_violation(case: str, requests: Any) -> None:
    """Also where a member is one too many, or the enum case is the other one."""
    for request in requests:
        assert contract_of(case).judge(request).violations, request


def test_violations_are_kept(connect: Connect) -> None:
    """The record of a client holds what was wrong with a request."""
    client = connect([ok(page([user()]))], case="upper")
    client.users.list(status="active")
    assert [one.partition(":")[0] for one in client.recorder.take_deviations()] == ["list_users"]
