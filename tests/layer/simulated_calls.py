"""A call of each operation, the failures that it may meet, and how to make it in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from support.answers import Answer, Reply, html, ok, page, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import ArizeError
from arize_users._core.request import RequestFailed
from arize_users._users.operations import Operations
from arize_users.client import UsersClient
from arize_users.config import Settings, resolve

ID = "VXNlcjoxMjM0NQ=="
EMAIL = "ada@example.com"

BROKEN = RequestFailed("the connection broke", sent=True)

NOT_APPLIED: dict[str, Answer] = {
    "refused": RequestFailed("no connection could be made", sent=False),
    "connect timeout": RequestFailed("no connection in time", sent=False, timed_out=True),
    "429": problem(429),
}
"""The server surely did nothing: any request may be sent again."""
MAYBE_APPLIED: dict[str, Answer] = {
    "broken": BROKEN,
    "timeout": RequestFailed("no answer in time", sent=True, timed_out=True),
    "502": html(502),
    "503": problem(503),
    "504": html(504),
}
"""The server may have done it: only what may be done twice is sent again."""
NOT_RETRIED = {str(status): problem(status) for status in (302, 400, 401, 403, 408, 409, 418, 422, 500, 520)}
"""Sending again would not help."""
FAILURES = {**NOT_APPLIED, **MAYBE_APPLIED, **NOT_RETRIED}


NEW: dict[str, Any] = {"name": "Ada", "email": EMAIL, "role": "member", "invite_mode": "none"}
CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda users: users.list(),
    "get": lambda users: users.get(user=ID),
    "get by email": lambda users: users.get(user=EMAIL),
    "update": lambda users: users.update(user_id=ID, name="New"),
    "delete": lambda users: users.delete(user_id=ID),
    "create, email_link": lambda users: users.create(**{**NEW, "invite_mode": "email_link"}),
    "create, none": lambda users: users.create(**NEW),
    "create, temporary_password": lambda users: users.create(**{**NEW, "invite_mode": "temporary_password"}),
    "resend": lambda users: users.resend_invitation(user_id=ID),
    "reset": lambda users: users.reset_password(user_id=ID),
}
"""A call of each operation, of ``client.users``."""
SUCCESS: dict[str, Reply] = {
    "list": ok(page([user()])),
    "get": ok(user()),
    "get by email": ok(page([user()])),
    "update": ok(user()),
    "delete": ok(),
    "create, email_link": ok(user(status="invited", invite_mode="email_link"), 201),
    "create, none": ok(user(invite_mode="none"), 201),
    "create, temporary_password": ok(user(invite_mode="temporary_password", temporary_password="x"), 201),
    "resend": ok(),
    "reset": ok(),
}
NOT_REPEATABLE = ["create, none", "create, temporary_password", "resend", "reset"]
"""What a second request would do a second time."""


def settings_of(max_retries: int = 2, **settings: Any) -> Settings:
    """Give settings with a known case, with which a refused create is not sent in the other."""
    return resolve(api_key="k", max_retries=max_retries, enum_case="lower", environ={}, **settings)


def operations_of(max_retries: int = 2, **settings: Any) -> Operations:
    """Give the operations of a new client."""
    return Operations.of(settings_of(max_retries, **settings))


def call_with(simulated: SimulatedDriver, call: str, operations: Operations) -> Any:
    """Make a call with a client's operations, in simulated time."""
    driver: Any = simulated
    return CALLS[call](UsersClient(operations, driver))


def succeed(call: str, *answers: Answer, max_retries: int = 2) -> tuple[SimulatedDriver, Any]:
    """Make a call that succeeds; give what happened and its value."""
    simulated = SimulatedDriver(answers)
    return simulated, call_with(simulated, call, operations_of(max_retries))


def fail(call: str, *answers: Answer, max_retries: int = 2) -> tuple[SimulatedDriver, Any]:
    """Make a call that fails; give what happened and its error."""
    simulated = SimulatedDriver(answers)
    with pytest.raises(ArizeError) as caught:
        call_with(simulated, call, operations_of(max_retries))
    return simulated, caught.value


def read(document: Any) -> Any:
    """Give the user that is read from a document."""
    return succeed("get", ok(document))[1]


def read_page(users: Iterable[Any], **members: Any) -> Any:
    """Give the page that is read from a document with these users."""
    return succeed("list", ok(page([*users], **members)))[1]
