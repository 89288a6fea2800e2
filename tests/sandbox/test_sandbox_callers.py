"""Who may do what, and in which order a request is judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from arize_users.sandbox import KEYS, Sandbox

if TYPE_CHECKING:
    from conftest import Api

PERMISSION_OF = {
    "list": "USER_READ",
    "get": "USER_READ",
    "create": "USER_CREATE",
    "resend": "USER_CREATE",
    "update": "USER_UPDATE",
    "reset": "USER_UPDATE",
    "delete": "USER_DELETE",
}


def do_all(sandbox: Sandbox, api: Api, tag: str) -> dict[str, int]:
    """Do each operation once where it would succeed; return the statuses."""
    active = sandbox.add_user(email=f"active{tag}@x.org", name="x")
    invited = sandbox.add_user(email=f"invited{tag}@x.org", name="x", status="invited")
    return {
        "list": api.list().status_code,
        "get": api.get(active).status_code,
        "create": api.create(f"new{tag}@x.org").status_code,
        "resend": api.resend(invited).status_code,
        "update": api.update(active, name="y").status_code,
        "reset": api.reset(active).status_code,
        "delete": api.delete(active).status_code,
    }


def test_roles(sandbox: Sandbox, api: Api) -> None:
    """An admin may do everything, a member may read, an annotator may do nothing."""
    admin, member, annotator = (do_all(sandbox, api.by(key), key) for key in KEYS)
    assert set(admin.values()) == {200, 201, 204}
    assert member == {name: 200 if name in ("list", "get") else 403 for name in member}
    assert set(annotator.values()) == {403}


@pytest.mark.parametrize("permission", ["USER_READ", "USER_CREATE", "USER_UPDATE", "USER_DELETE"])
def test_single_permissions(sandbox: Sandbox, api: Api, permission: str) -> None:
    """A custom role allows exactly the operations of its permissions."""
    sandbox.add_key("theirs", permissions={permission})
    statuses = do_all(sandbox, api.by("theirs"), "")
    allowed = {name for name, status in statuses.items() if status != 403}
    assert allowed == {name for name, needed in PERMISSION_OF.items() if needed == permission}


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer nope", "Basic sandbox-admin", "x"])
def test_unknown_key(any_api: Api, authorization: str | None) -> None:
    """Without a known bearer key every operation is 401 and says which scheme to use."""
    headers = {} if authorization is None else {"authorization": authorization}
    answer = any_api.by(None).send("GET", "/v2/users", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_scheme_ignores_case(api: Api) -> None:
    """The scheme's name is matched whatever its case, as HTTP has it."""
    headers = {"authorization": "bearer  sandbox-admin "}
    assert api.by(None).send("GET", "/v2/users", headers=headers).status_code == 200


def test_order_of_judgement(sandbox: Sandbox, api: Api) -> None:
    """A request with every fault is judged by route, then key, permission, form, and state."""
    steps = [
        (404, api.by(None).send("POST", "/v2/nothing", json=[])),
        (405, api.by(None).send("PUT", "/v2/users/nobody?x=1", json=[])),
        (401, api.by(None).send("PATCH", "/v2/users/nobody?x=1", json=[])),
        (403, api.by("sandbox-member").send("PATCH", "/v2/users/nobody?x=1", json=[])),
        (400, api.send("PATCH", "/v2/users/nobody?x=1", json={"name": "x"})),
        (400, api.send("PATCH", "/v2/users/nobody", json=[])),
        (404, api.send("PATCH", "/v2/users/nobody", json={"name": "x"})),
    ]
    assert [answer.status_code for _, answer in steps] == [status for status, _ in steps]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v2/users", "GET, POST"),
        ("HEAD", "/v2/users", "GET, POST"),
        ("OPTIONS", "/v2/users/x", "GET, PATCH, DELETE"),
        ("GET", "/v2/users/x/resend-invitation", "POST"),
        ("TRACE", "/v2/users/x/reset-password", "POST"),
    ],
)
def test_methods(any_api: Api, method: str, path: str, allow: str) -> None:
    """A method that a path does not take is 405 with those it takes."""
    answer = any_api.send(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert (answer.content == b"") == (method == "HEAD")


@pytest.mark.parametrize(
    "path", ["/", "/v2", "/v2/users/", "/v2/users/a/b", "/v2/users/a/b/c", "/v1/users", "/v2/usersx"]
)
def test_unknown_paths(api: Api, path: str) -> None:
    """A path that the API does not have is 404."""
    assert api.send("GET", path).json()["error_code"] == "ROUTE_NOT_FOUND"


def test_problem_documents(any_api: Api) -> None:
    """A refusal is a problem document with all members, and every answer has an id of its own."""
    answers = [any_api.get("no%body/x"), any_api.get("no%body/x"), any_api.list()]
    refused = answers[0]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:arize-users-sandbox:problem:user_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "The account has no user with this id.",
        "instance": "/v2/users/no%25body%2Fx",
        "error_code": "USER_NOT_FOUND",
    }
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 3
    assert all(re.fullmatch("req-[0-9a-f]{16}", request_id) for request_id in ids)
