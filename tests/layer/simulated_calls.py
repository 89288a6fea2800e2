"""Calls of every operation, simulated_calls by a script, for the tests of the retry rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.answers import Reply, html, ok, page, problem, user
from support.simulated_driver import SimulatedDriver

from arize_users import ArizeError
from arize_users._core.effects import Flow
from arize_users._core.request import RequestFailed
from arize_users._users.operations import Operations
from arize_users.config import resolve

ID = "VXNlcjoxMjM0NQ=="
EMAIL = "ada@example.com"

REFUSED = RequestFailed("no connection could be made", sent=False)
CONNECT_TIMEOUT = RequestFailed("no connection in time", sent=False, timed_out=True)
BROKEN = RequestFailed("the connection broke", sent=True)
TIMEOUT = RequestFailed("no answer in time", sent=True, timed_out=True)

NEVER_MADE = {"refused": REFUSED, "connect timeout": CONNECT_TIMEOUT}
IN_DOUBT: dict[str, Reply | Exception] = {
    "broken": BROKEN,
    "timeout": TIMEOUT,
    "502": html(502),
    "503": problem(503),
    "504": html(504),
}
LIMITED = {"429": problem(429)}
FINAL = {str(status): problem(status) for status in (302, 400, 401, 403, 408, 409, 418, 422, 500, 501, 520)}


def operations_of(max_retries: int = 2) -> Operations:
    """Give the operations of a client; its case is settled, or a refused create would be sent twice."""
    return Operations.of(resolve(api_key="k", max_retries=max_retries, enum_case="lower", environ={}))


def _create(mode: str) -> Callable[[Operations], Flow[Any]]:
    return lambda one: one.create(name="Ada", email=EMAIL, role="member", invite_mode=mode, is_developer=None)


CALLS: dict[str, Callable[[Operations], Flow[Any]]] = {
    "list": lambda one: one.list(email=None, status=None, limit=50, cursor=None),
    "get": lambda one: one.get(user=ID),
    "get by email": lambda one: one.get(user=EMAIL),
    "update": lambda one: one.update(user_id=ID, name="New", is_developer=None),
    "delete": lambda one: one.delete(user_id=ID),
    "create, email_link": _create("email_link"),
    "create, none": _create("none"),
    "create, temporary_password": _create("temporary_password"),
    "resend": lambda one: one.resend_invitation(user_id=ID),
    "reset": lambda one: one.reset_password(user_id=ID),
}
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
REPEATABLE = ["list", "get", "get by email", "update", "delete", "create, email_link"]
ONCE = ["create, none", "create, temporary_password", "resend", "reset"]


def play(call: str, *answers: Reply | Exception, max_retries: int = 2) -> tuple[SimulatedDriver, Any]:
    """Play a call that succeeds; give what happened and its value."""
    simulated = SimulatedDriver(answers)
    return simulated, simulated.run(CALLS[call](operations_of(max_retries)))


def fail(call: str, *answers: Reply | Exception, max_retries: int = 2) -> tuple[SimulatedDriver, ArizeError]:
    """Play a call that fails; give what happened and its error."""
    simulated = SimulatedDriver(answers)
    with pytest.raises(ArizeError) as caught:
        simulated.run(CALLS[call](operations_of(max_retries)))
    return simulated, caught.value
