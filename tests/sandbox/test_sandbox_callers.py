"""Who may do what, and in which order a request is checked."""

from __future__ import annotations

import re

import pytest
from sandbox_api import Api

from arize_users.sandbox import KEYS, Sandbox

PERMISSION_OF = {
    "list": "USER_READ",
    "get": "USER_READ",
    "create": "USER_CREATE",
    "resend": "USER_CREATE",
    "update": "USER_UPDATE",
    "reset": "USER_UPDATE",
    "delete": "USER_DELETE",
}


def statuses(sandbox: Sandbox, api: Api) -> dict[str, int]:
    """Do each operation once where it would succeed; return the statuses."""
    found = {"list": api.list().status_code}
    for name in list(PERMISSION_OF)[1:]:
        email, status = f"{name}{len(sandbox.users())}@x.org", "invited" if name == "resend" else "active"
        target = email if name == "create" else sandbox.add_user(email=email, name="x", status=status)
        fields = {"name": "y"} if name == "update" else {}
        found[name] = getattr(api, name)(target, **fields).status_code
    return found


PERMISSIONS = sorted(set(PERMISSION_OF.values()))


@pytest.mark.parametrize(
    ("key", "permissions"),
    [*zip(KEYS, (PERMISSIONS, ["USER_READ"], []), strict=True), *((one, [one]) for one in PERMISSIONS)],
)
def test_permissions(sandbox: Sandbox, api: Api, key: str, permissions: list[str]) -> None:
    """An admin may do all, a member read, an annotator nothing, a custom role what its permissions allow.

    Who may not get a user is told that there is none; all else is 403.
    """
    if key not in KEYS:
        sandbox.add_key(key, permissions=set(permissions))
    found = statuses(sandbox, api.by(key))
    refusals = {"get": 404}
    assert set(found.values()) <= {200, 201, 204, 403, 404}
    allowed = {name for name, status in found.items() if status != refusals.get(name, 403)}
    assert allowed == {name for name, needed in PERMISSION_OF.items() if needed in permissions}


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer nope", "Basic sandbox-admin", "x"])
def test_unknown_key(api: Api, authorization: str | None) -> None:
    """Without a known bearer key the answer is 401 and names the scheme, which is matched in any case."""
    headers = {} if authorization is None else {"authorization": authorization}
    answer = api.by(None).send("GET", "/v2/users", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    headers = {"authorization": "bearer  sandbox-admin "}
    assert api.by(None).send("GET", "/v2/users", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("status", "key", "method", "path", "body"),
    [
        (404, None, "POST", "/v2/nothing", []),
        (405, None, "PUT", "/v2/users/nobody?x=1", []),
        (401, None, "PATCH", "/v2/users/nobody?x=1", []),
        (403, "sandbox-member", "PATCH", "/v2/users/nobody?x=1", []),
        (400, "sandbox-admin", "PATCH", "/v2/users/nobody?x=1", {"name": "x"}),
        (400, "sandbox-admin", "PATCH", "/v2/users/nobody", []),
        (404, "sandbox-admin", "PATCH", "/v2/users/nobody", {"name": "x"}),
    ],
)
def test_order_of_checks(
    api: Api, status: int, key: str | None, method: str, path: str, body: object
) -> None:
    """A request with several faults is checked by route, then key, permission, form, and state."""
    assert api.by(key).send(method, path, json=body).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v2/users", "GET, HEAD, POST"),
        ("OPTIONS", "/v2/users/x", "GET, HEAD, PATCH, DELETE"),
        ("HEAD", "/v2/users/x/resend-invitation", "POST"),
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
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].json() == {
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
