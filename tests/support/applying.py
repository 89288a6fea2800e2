"""Plans that are applied to a sandbox: where a run keeps its files, and what it came to."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

from arize_users import UserResult
from arize_users.roster import Plan
from arize_users.sandbox import Sandbox, users

from .account import CALLERS, Account
from .answers import Reply
from .rosters import roster_of, row
from .transports import sandbox_transport

OWNER, MEMBER, ANNOTATOR = CALLERS
STAFF = (
    row(OWNER, "Sandbox Owner", role="admin"),
    row(MEMBER, "Sandbox Member"),
    row(ANNOTATOR, "Sandbox Annotator", role="annotator"),
)
"""The callers of every sandbox, as a roster has them."""


@frozen
class Place:
    """Where a run keeps its journal and its passwords."""

    journal: Path
    passwords: Path

    @property
    def files(self) -> dict[str, Path]:
        """The arguments of `apply`."""
        return {"journal": self.journal, "passwords": self.passwords}

    def lines(self) -> list[dict[str, Any]]:
        """The journal's lines after the first."""
        return [json.loads(line) for line in self.journal.read_text().splitlines()[1:]]

    def issued(self) -> dict[str, str]:
        """The passwords by address."""
        with self.passwords.open(newline="") as file:
            return {row["email"]: row["password"] for row in csv.DictReader(file)}


def planned(account: Account, *people: Any, **guards: Any) -> Plan:
    """Plan for the callers and some people; whoever else is there is removed."""
    roster = roster_of(*STAFF, *people)
    plan: Plan = account.users.plan(roster, **{"remove_missing": True, "max_removals": "100%", **guards})
    account.recorder.forget()
    account.sandbox.clear_log()
    return plan


def statuses(results: Iterable[UserResult]) -> list[str]:
    """Give the status of each result."""
    return [str(one.status) for one in results]


def changes(account: Account) -> list[str | None]:
    """Give the operations of the requests sent, without those that only look."""
    return [one for one in account.recorder.operations if one not in ("get_user", "list_users")]


def set_columns(sandbox: Sandbox, user_id: str, **columns: Any) -> None:
    """Change a user as no request can."""
    with sandbox._account.writing() as db:
        found = users.by_id(db, user_id)
        assert found is not None
        users.update(db, found.seq, **columns)


def answering(sandbox: Sandbox, kind: str, answer: Callable[[httpx.Request], Reply | None]) -> Any:
    """Give a transport to a sandbox that answers by itself those requests that a function has a reply for."""
    inner = sandbox_transport(sandbox, kind)

    class Answering(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            reply = answer(request)
            response: httpx.Response = inner.handle_request(request) if reply is None else _response(reply)
            return response

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            reply = answer(request)
            if reply is not None:
                return _response(reply)
            response: httpx.Response = await inner.handle_async_request(request)
            return response

    return Answering()


def _response(reply: Reply) -> httpx.Response:
    return httpx.Response(reply.status, headers=reply.raw_headers, stream=httpx.ByteStream(reply.content))
