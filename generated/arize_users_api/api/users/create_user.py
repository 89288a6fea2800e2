# Generated from openapi/users.yaml by `python scripts/regenerate.py`. Do not edit: run it again.
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.create_user_request import CreateUserRequest
from ...models.create_user_response import CreateUserResponse
from ...models.problem import Problem
from ...models.user import User
from ...types import Response


def _get_kwargs(
    *,
    body: CreateUserRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v2/users",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CreateUserResponse | Problem | User | None:
    if response.status_code == 200:
        response_200 = User.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = CreateUserResponse.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CreateUserResponse | Problem | User]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateUserRequest,
) -> Response[CreateUserResponse | Problem | User]:
    """Create a user

     Unless invite_mode is none, the email is an idempotency key: a user who is already invited is
    answered as it is, with 200, and nothing is sent again. An expired invitation is made anew. An
    active or blocked email is a conflict. Needs the admin role or USER_CREATE.

    Args:
        body (CreateUserRequest):  Example: {'name': 'Ada Lovelace', 'email': 'ada@example.com',
            'role': {'type': 'predefined', 'name': 'member'}, 'invite_mode': 'email_link'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateUserResponse | Problem | User]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateUserRequest,
) -> CreateUserResponse | Problem | User | None:
    """Create a user

     Unless invite_mode is none, the email is an idempotency key: a user who is already invited is
    answered as it is, with 200, and nothing is sent again. An expired invitation is made anew. An
    active or blocked email is a conflict. Needs the admin role or USER_CREATE.

    Args:
        body (CreateUserRequest):  Example: {'name': 'Ada Lovelace', 'email': 'ada@example.com',
            'role': {'type': 'predefined', 'name': 'member'}, 'invite_mode': 'email_link'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateUserResponse | Problem | User
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateUserRequest,
) -> Response[CreateUserResponse | Problem | User]:
    """Create a user

     Unless invite_mode is none, the email is an idempotency key: a user who is already invited is
    answered as it is, with 200, and nothing is sent again. An expired invitation is made anew. An
    active or blocked email is a conflict. Needs the admin role or USER_CREATE.

    Args:
        body (CreateUserRequest):  Example: {'name': 'Ada Lovelace', 'email': 'ada@example.com',
            'role': {'type': 'predefined', 'name': 'member'}, 'invite_mode': 'email_link'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreateUserResponse | Problem | User]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateUserRequest,
) -> CreateUserResponse | Problem | User | None:
    """Create a user

     Unless invite_mode is none, the email is an idempotency key: a user who is already invited is
    answered as it is, with 200, and nothing is sent again. An expired invitation is made anew. An
    active or blocked email is a conflict. Needs the admin role or USER_CREATE.

    Args:
        body (CreateUserRequest):  Example: {'name': 'Ada Lovelace', 'email': 'ada@example.com',
            'role': {'type': 'predefined', 'name': 'member'}, 'invite_mode': 'email_link'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreateUserResponse | Problem | User
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
