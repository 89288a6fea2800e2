"""The generated client by itself: its models read what the layer reads."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

import pytest
from arize_users_api import AuthenticatedClient, models
from contract_deployments import Deployment

from arize_users import ArizeClient
from arize_users.sandbox import AsyncSandboxTransport, SandboxTransport

NEW = {
    "name": "New",
    "email": "new@example.org",
    "role": {"type": "predefined", "name": "member"},
    "invite_mode": "temporary_password",
}


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


def test_the_generated_client_and_the_layer_read_the_same(
    deployment: Deployment, call: Callable[..., Any]
) -> None:
    """Every operation works with the generated client alone, and it reads every answer as the layer does."""
    with ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(deployment)) as client:
        page = client.users.list(limit=5)
        assert call("list_users", limit=5) == (200, models.ListUsersResponse.from_dict(page.to_dict()))
        status, created = call("create_user", body=models.CreateUserRequest.from_dict(NEW))
        assert status == 201
        user = client.users.get(user=created.id).to_dict()
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
