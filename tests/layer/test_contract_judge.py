"""The judge of requests that stands behind every test here can itself say no."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import ok
from support.contract import SERVER, contract_of, first_generation, second_generation

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


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_users", _request("GET", "/v2/users?limit=5&email=%40a&status=active&status=invited&cursor=x")),
        ("create_user", _request("POST", "/v2/users", json={**NEW, "is_developer": True})),
        ("get_user", _request("GET", "/v2/users/a%2Fb%3D")),
        ("update_user", _request("PATCH", "/v2/users/x", json={"name": "A"})),
        ("delete_user", _request("DELETE", "/v2/users/x")),
        ("resend_user_invitation", _request("POST", "/v2/users/x/resend-invitation")),
        ("reset_user_password", _request("POST", "/v2/users/x/reset-password")),
    ],
)
def test_right_requests(operation: str, request_: httpx.Request) -> None:
    """A request within the contract is known for its operation and has no violation."""
    judgement = first_generation().judge(request_)
    assert judgement.operation == operation
    assert judgement.violations == ()


@pytest.mark.parametrize(
    "request_",
    [
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
    ],
    ids=str,
)
def test_wrong_requests(request_: httpx.Request) -> None:
    """A request outside the contract has a violation, also where only a member is one too many."""
    assert first_generation().judge(request_).violations


def test_second_generation() -> None:
    """The second generation's contract wants upper case, and no is_developer on create."""
    second = second_generation()
    assert second.judge(_request("POST", "/v2/users", json=UPPER)).violations == ()
    assert second.judge(_request("GET", "/v2/users?status=ACTIVE")).violations == ()
    assert second.judge(_request("POST", "/v2/users", json=NEW)).violations
    assert second.judge(_request("GET", "/v2/users?status=active")).violations
    assert second.judge(_request("POST", "/v2/users", json={**UPPER, "is_developer": True})).violations
    assert contract_of("upper") is second


def test_violations_and_strange_operations_are_kept(connect: Connect) -> None:
    """The record of a client tells of a request outside the contract, and of one that was not meant."""
    client = connect([ok(), ok()], case="upper")
    client.users.delete(user_id="x")
    client.watched({"get_user"}, lambda: client.recorder.sent.append(client.recorder.sent[0]))
    assert client.recorder.take_deviations() == ["delete_user where only get_user was meant"]
