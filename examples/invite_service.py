"""A FastAPI service that invites colleagues. It asks nobody who they are: put your own sign-in before it.

fastapi run examples/invite_service.py
pytest examples/invite_service.py    its tests, on the fixtures that come with the package
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from arize_users import APIError, AsyncArizeClient, ConflictError, InvalidArgumentError

if TYPE_CHECKING:  # The fixtures need pytest, which is not there where the service runs.
    from arize_users.testing import ArizeSandboxServer


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open one client for the whole life of the service: its connections are shared by all requests."""
    async with AsyncArizeClient() as client:
        app.state.arize = client
        yield


app = FastAPI(lifespan=lifespan)


class Invitation(BaseModel):
    """Whom to invite."""

    email: str
    name: str


@app.post("/invitations", status_code=201)
async def invite(person: Invitation, request: Request) -> dict[str, object]:
    """Invite a colleague as a member. To invite somebody twice sends one mail."""
    client: AsyncArizeClient = request.app.state.arize
    try:
        user = await client.users.create(
            name=person.name, email=person.email, role="member", invite_mode="email_link"
        )
    except InvalidArgumentError as error:
        raise HTTPException(422, error.message) from error
    except ConflictError as error:
        raise HTTPException(409, f"{person.email} is active already, or was removed for good") from error
    except APIError as error:  # Its text may name the endpoint, which is nobody's business outside.
        raise HTTPException(502, "the account could not be asked, or refused") from error
    return {"id": user.id, "is_new": user.created}


LIN = {"email": "lin@example.com", "name": "Lin Chen"}


async def post(*people: dict[str, str]) -> list[httpx.Response]:
    """Ask the service for invitations, one after the other, without a server."""
    transport = httpx.ASGITransport(app)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        return [await http.post("/invitations", json=person) for person in people]


def test_invites_once(arize_sandbox_server: ArizeSandboxServer) -> None:
    """A colleague who is invited twice gets one mail."""
    answers = asyncio.run(post(LIN, LIN))
    assert [(one.status_code, one.json()["is_new"]) for one in answers] == [(201, True), (201, False)]
    assert [mail.to for mail in arize_sandbox_server.outbox] == ["lin@example.com"]


def test_account_fails(arize_sandbox_server: ArizeSandboxServer) -> None:
    """Where the account fails, the service says so, and nothing of the endpoint."""
    arize_sandbox_server.faults.add("server_error", every=1)
    (answer,) = asyncio.run(post(LIN))
    assert (answer.status_code, answer.json()) == (
        502,
        {"detail": "the account could not be asked, or refused"},
    )
