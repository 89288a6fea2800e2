"""The generated client by itself: its models read what the layer reads."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

import pytest
from arize_users_api import AuthenticatedClient, models
from contract_deployments import Deployment

from arize_users import ArizeClient, User
from arize_users.sandbox import AsyncSandboxTransport, SandboxTransport


@pytest.fixture(params=["sync_detailed", "asyncio_detailed"])
def call(request: pytest.FixtureRequest, deployment: Deployment) -> Callable[..., Any]:
    """Call an operation of the generated client; return the status and the model of the body."""

    async def send(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        is_sync = request.param == "sync_detailed"
        client = AuthenticatedClient(
            base_url="http://sandbox.localhost",
            token="sandbox-admin",
            httpx_args={"transport": (SandboxTransport if is_sync else AsyncSandboxTransport)(deployment)},
            raise_on_unexpected_status=True,
        )
        if is_sync:
            with client:
                return function(*arguments, client=client, **options)
        async with client:
            return await function(*arguments, client=client, **options)

    def call(operation: str, *arguments: Any, **options: Any) -> tuple[int, Any]:
        module = importlib.import_module(f"arize_users_api.api.users.{operation}")
        response = asyncio.run(send(getattr(module, request.param), *arguments, **options))
        return response.status_code, response.parsed

    return call


def _spelled(user: User, spell: Callable[[str], str]) -> dict[str, Any]:
    """A user of the layer in the enum case of a generation, as the generated client reads it."""
    data = user.to_dict()
    for owner, names in ((data, ("status", "invite_mode")), (data["role"], ("type",))):
        owner.update({name: spell(owner[name]) for name in names if name in owner})
    if data["role"]["type"] == spell("predefined"):
        data["role"]["name"] = spell(data["role"]["name"])
    return data


@pytest.mark.parametrize(
    ("deployment", "spell"), [("lower", str.lower), ("upper", str.upper)], indirect=["deployment"]
)
def test_the_generated_client_and_the_layer_read_the_same(
    deployment: Deployment, spell: Callable[[str], str], call: Callable[..., Any]
) -> None:
    """In both generations the generated client works alone, and reads what the layer reads."""
    role = {"type": spell("predefined"), "name": spell("member")}
    new = {"name": "New", "email": "new@example.org", "role": role}
    body = models.CreateUserRequest.from_dict(new | {"invite_mode": spell("temporary_password")})
    with ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(deployment)) as client:
        users = [_spelled(user, spell) for user in client.users.list(limit=10)]
        status, page = call("list_users", limit=10)
        assert (status, page.users) == (200, [models.User.from_dict(user) for user in users])
        assert {type(user.role) for user in page.users} == {
            *(models.PredefinedUserRoleAssignment, models.CustomUserRoleAssignment),
        }
        status, created = call("create_user", body=body)
        assert status == 201
        user = _spelled(client.users.get(user=created.id), spell)
        secret = {name: getattr(created, name) for name in ("invite_mode", "temporary_password")}
        assert created == models.CreateUserResponse.from_dict({**user, **secret})
        assert call("get_user", created.id) == (200, models.User.from_dict(user))
        change = {"name": "Newer"}
        renamed = models.User.from_dict(user | change)
        assert call("update_user", created.id, body=models.UpdateUserRequest(**change)) == (200, renamed)
        invited, active = (client.users.list(status=status).users[0] for status in ("invited", "active"))
        assert call("resend_user_invitation", invited.id) == (204, None)
        assert call("reset_user_password", active.id) == (204, None)
        assert call("delete_user", created.id) == (204, None)
        status, problem = call("get_user", created.id)
        assert (status, type(problem), problem.status) == (404, models.Problem, 404)
