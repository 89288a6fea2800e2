"""Each fault against each operation: what the caller sees, what the server did, what was logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from support.account import Account, Connect, primed_account
from support.clients import Client
from support.logs import listening

from arize_users import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    OutcomeUnknownError,
    PaginationError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
    UnknownUserRole,
)
from arize_users.sandbox import Sandbox, SandboxServer

LIST, GET, UPDATE, DELETE = "list_users", "get_user", "update_user", "delete_user"
RESEND, RESET = "resend_user_invitation", "reset_user_password"


@frozen
class Operation:
    """One operation as a caller uses it, how often it may be sent, and what it does to the account."""

    id: str
    call: Callable[[Any, str], Any]
    action: str | None
    repeatable: bool
    """A request in doubt is sent again."""
    reads: bool = True
    """The answer's body matters to the caller."""


def _create(mode: str) -> Callable[[Any, str], Any]:
    arguments = {"name": "New", "email": "new@acme.com", "role": "member", "invite_mode": mode}
    return lambda users, _: users.create(**arguments)


OPERATIONS = {
    "list": Operation(LIST, lambda users, _: users.list(), None, True),
    "iter": Operation(LIST, lambda users, _: list(users.iter()), None, True),
    "get": Operation(GET, lambda users, user_id: users.get(user=user_id), None, True),
    "get by email": Operation(LIST, lambda users, _: users.get(user="ada@acme.com"), None, True),
    "update": Operation(UPDATE, lambda users, one: users.update(user_id=one, name="B"), "update", True),
    "delete": Operation(DELETE, lambda users, one: users.delete(user_id=one), "delete", True, reads=False),
    "create email_link": Operation("create_user", _create("email_link"), "create", True),
    "create none": Operation("create_user", _create("none"), "create", False),
    "create password": Operation("create_user", _create("temporary_password"), "create", False),
    "resend": Operation(
        RESEND,
        lambda users, one: users.resend_invitation(user_id=one),
        "resend_invitation",
        False,
        reads=False,
    ),
    "reset": Operation(
        RESET, lambda users, one: users.reset_password(user_id=one), "reset_password", False, reads=False
    ),
}


@frozen
class Expected:
    """What one fault, met once, costs a request."""

    error: type[Exception]
    handled: bool
    """The server did the thing before the answer was lost."""
    retried: str
    """When it is sent again: "always", "in doubt" (if repeatable), "never"."""


FAULTS: dict[str, tuple[dict[str, Any], Expected]] = {
    "refuse": ({}, Expected(APIConnectionError, False, "always")),
    "rate_limit": ({"retry_after": 0}, Expected(RateLimitError, False, "always")),
    "reset_before": ({}, Expected(APIConnectionError, False, "in doubt")),
    "reset_after": ({}, Expected(APIConnectionError, True, "in doubt")),
    "truncated": ({}, Expected(APIConnectionError, True, "in doubt")),
    "latency": ({"seconds": 3600}, Expected(APITimeoutError, True, "in doubt")),
    "bad_gateway": ({}, Expected(ServerError, False, "in doubt")),
    "service_unavailable": ({"handled": True}, Expected(ServerError, True, "in doubt")),
    "gateway_timeout": ({"handled": True}, Expected(ServerError, True, "in doubt")),
    "server_error": ({}, Expected(ServerError, False, "never")),
    "status": ({"status": 520, "body": "<h1>?</h1>", "handled": True}, Expected(ServerError, True, "never")),
    "garbage": ({}, Expected(ResponseDecodeError, True, "never")),
}


def _target(account: Account, operation: Operation) -> str:
    status = "invited" if operation.id == RESEND else "active"
    return account.sandbox.add_user(email="ada@acme.com", name="Ada", status=status)


def _patient(connect: Connect, sandbox: Sandbox, case: str, retries: int) -> Account:
    return primed_account(sandbox, connect(sandbox, case=case, max_retries=retries), case)


def _actions(account: Account, operation: Operation) -> int:
    return len([action for action, _ in account.done if action == operation.action])


def _is_sent_again(operation: Operation, expected: Expected) -> bool:
    return expected.retried == "always" or (expected.retried == "in doubt" and operation.repeatable)


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_fault_once(connect: Connect, sandbox: Sandbox, case: str, name: str, fault: str) -> None:
    """A fault that passes is survived where that is safe; whatever happens, nothing is done twice."""
    operation, (params, expected) = OPERATIONS[name], FAULTS[fault]
    account = _patient(connect, sandbox, case, 2)
    target = _target(account, operation)
    sandbox.faults.add(fault, operation=operation.id, **params)
    again = _is_sent_again(operation, expected)
    fails = not again and (operation.reads or expected.error is not ResponseDecodeError)
    with listening() as heard:
        if fails:
            error = OutcomeUnknownError if _loses_a_password(name, expected) else expected.error
            with pytest.raises(error):
                operation.call(account.users, target)
        else:
            operation.call(account.users, target)
    assert len(account.sent) == (2 if again else 1)
    assert _actions(account, operation) == (operation.action is not None and (not fails or expected.handled))
    assert len([line for line in heard.of("arize_users") if "retry 1 of 2" in line]) == again


def _loses_a_password(name: str, expected: Expected) -> bool:
    return name == "create password" and expected.error is not ResponseDecodeError


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_fault_for_good(connect: Connect, sandbox: Sandbox, case: str, name: str, fault: str) -> None:
    """A fault that stays is an error in the end, after as many attempts as are safe."""
    operation, (params, expected) = OPERATIONS[name], FAULTS[fault]
    account = _patient(connect, sandbox, case, 2)
    target = _target(account, operation)
    sandbox.faults.add(fault, operation=operation.id, every=1, **params)
    with listening():
        if operation.reads or expected.error is not ResponseDecodeError:
            in_doubt = expected.retried != "always" and _loses_a_password(name, expected)
            with pytest.raises(OutcomeUnknownError if in_doubt else expected.error):
                operation.call(account.users, target)
        else:
            operation.call(account.users, target)
    assert len(account.sent) == (3 if _is_sent_again(operation, expected) else 1)
    assert _actions(account, operation) == (operation.action is not None and expected.handled)


@pytest.mark.parametrize("name", OPERATIONS)
def test_wrong_content_type(account: Account, name: str) -> None:
    """A right answer under a wrong content type is a right answer."""
    operation = OPERATIONS[name]
    target = _target(account, operation)
    account.sandbox.faults.add("wrong_content_type", operation=operation.id, every=1)
    operation.call(account.users, target)
    assert _actions(account, operation) == (operation.action is not None)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("role_type", [None, "group"])
def test_unknown_values(account: Account, name: str, role_type: str | None) -> None:
    """Values that this version does not know cost nothing and stay readable."""
    operation = OPERATIONS[name]
    target = _target(account, operation)
    params = {} if role_type is None else {"role_type": role_type}
    account.sandbox.faults.add("unknown_enum", operation=operation.id, every=1, **params)
    got = operation.call(account.users, target)
    if not operation.reads:
        assert got is None
        return
    for user in got if name in ("list", "iter") else [got]:
        assert user.status == account.say("suspended")
        assert isinstance(user.role, UnknownUserRole) == (role_type is not None)
        assert user.role.name == (None if role_type else account.say("auditor"))


@pytest.mark.parametrize("name", ["iter", "get by email"])
@pytest.mark.parametrize(
    ("fault", "error"), [("repeat_cursor", PaginationError), ("stale_cursor", BadRequestError)]
)
def test_cursors(account: Account, name: str, fault: str, error: type[Exception]) -> None:
    """A repeated cursor is an error of its own; a stale one is the server's refusal."""
    account.sandbox.add_users(250)
    for number in range(120):
        account.sandbox.add_user(email=f"{number}nobody@acme.com", name="A")
    account.sandbox.faults.add(fault)
    with pytest.raises(error):
        list(account.users.iter()) if name == "iter" else account.users.get(user="nobody@acme.com")
    assert len(account.sent) == 2


def test_timeout_before_handling(account: Account) -> None:
    """A timeout says nothing of whether the server did it: here it did not."""
    target = account.sandbox.add_user(email="ada@acme.com", name="Ada")
    account.sandbox.faults.add("latency", seconds=3600, before=True)
    with pytest.raises(APITimeoutError) as caught:
        account.users.reset_password(user_id=target)
    assert caught.value.sent
    assert account.done == []


def test_deleted_by_the_lost_attempt(connect: Connect, sandbox: Sandbox, case: str, no_backoff: None) -> None:
    """A server that forgets the deleted answers 404 to the repetition, and that counts as deleted."""
    account = _patient(connect, sandbox, case, 2)
    target = sandbox.add_user(email="ada@acme.com", name="Ada")
    sandbox.faults.add("reset_after", operation=DELETE, nth=1)
    sandbox.faults.add("status", operation=DELETE, nth=2, status=404)
    assert account.users.delete(user_id=target) is None
    assert account.done == [("delete", "ada@acme.com")]


def test_invited_by_the_lost_attempt(connect: Connect, sandbox: Sandbox, case: str, no_backoff: None) -> None:
    """One mail is sent, and created is None: it cannot be known which attempt invited."""
    account = _patient(connect, sandbox, case, 2)
    sandbox.faults.add("reset_after", operation="create_user")
    created = _create("email_link")(account.users, "")
    assert created.created is None
    assert len(sandbox.outbox) == 1


# Many at once


BULK_FAULTS = {
    **{name: params for name, (params, _) in FAULTS.items()},
    "wrong_content_type": {},
    "unknown_enum": {},
}


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("fault", BULK_FAULTS)
def test_bulk_through_faults(connect: Connect, sandbox: Sandbox, case: str, fault: str) -> None:
    """Through faults at every third request, results and the server's audit agree for every user."""
    account = _patient(connect, sandbox, case, 15)
    ids = sandbox.add_users(20)
    emails = [f"{number}@acme.com" for number in range(20)]
    for email in emails:
        sandbox.add_user(email=email, name="A")
    sandbox.faults.add(fault, every=3, **BULK_FAULTS[fault])
    with listening():
        results = account.users.bulk_delete(user_ids=ids, emails=emails, max_concurrency=4)
    assert [one.user_id for one in results[:20]] == ids
    assert [one.email for one in results[20:]] == emails
    deleted = {entry.user_id for entry in sandbox.audit}
    for one in results:
        assert one.status != "not_found"
        if one.status == "deleted":
            assert one.user_id in deleted
        else:
            assert one.error
            assert fault in ("server_error", "status", "garbage")
    assert len([entry for entry in sandbox.audit if entry.action == "delete"]) == len(deleted)


@pytest.mark.usefixtures("no_backoff")
def test_bulk_through_mixed_faults(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """So they do through a mixture of all of them."""
    account = _patient(connect, sandbox, case, 5)
    for seed, fault in enumerate(BULK_FAULTS):
        sandbox.faults.add(fault, probability=0.02, seed=seed, **BULK_FAULTS[fault])
    ids = sandbox.add_users(150)
    results = account.users.bulk_delete(user_ids=ids, max_concurrency=8)
    deleted = {entry.user_id for entry in sandbox.audit}
    assert {one.user_id for one in results if one.status == "deleted"} <= deleted
    for one in results:
        if one.user_id not in deleted:
            assert one.status == "failed"


# Over a real connection


REAL: dict[str, tuple[dict[str, Any], type[Exception], bool]] = {
    "reset_before": ({}, APIConnectionError, False),
    "reset_after": ({}, APIConnectionError, True),
    "truncated": ({}, APIConnectionError, True),
    "rate_limit": ({"retry_after": 7}, RateLimitError, False),
    "bad_gateway": ({}, ServerError, False),
    "server_error": ({}, ServerError, False),
    "garbage": ({}, ResponseDecodeError, True),
}


@pytest.mark.parametrize("fault", REAL)
def test_real_faults(kind: str, fault: str) -> None:
    """The same faults over a real connection look the same, and log no secret."""
    params, error, handled = REAL[fault]
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        client = Client(kind, None, base_url=server.url, max_retries=0)
        target = sandbox.add_user(email="ada@acme.com", name="Ada")
        sandbox.faults.add(fault, **params)
        with listening() as heard:
            with pytest.raises(error):
                client.users.update(user_id=target, name="Ada King")
            assert client.users.get(user=target).name == ("Ada King" if handled else "Ada")
            created = client.users.create(
                name="New", email="new@acme.com", role="member", invite_mode="temporary_password"
            )
        assert heard.of("httpcore")
        assert created.temporary_password not in "".join(heard.lines)
        client.close()


def test_real_faults_survived(kind: str, no_backoff: None) -> None:
    """A connection that the server drops between requests is opened anew without anybody noticing."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        client = Client(kind, None, base_url=server.url)
        sandbox.faults.add("reset_before", nth=[2, 4, 6])
        for _ in range(4):
            assert len(client.users.list()) == 3
        client.close()


def test_a_slow_server(kind: str) -> None:
    """A server slower than the timeout is an APITimeoutError, also over a real connection."""
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        client = Client(kind, None, base_url=server.url, max_retries=0, timeout=0.05)
        sandbox.faults.add("latency", seconds=0.3)
        with pytest.raises(APITimeoutError) as caught:
            client.users.list()
        assert caught.value.sent
        client.close()
