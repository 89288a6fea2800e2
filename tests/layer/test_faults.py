"""Faults of a server and of connections: what the caller sees, what the server did, what is logged."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from support.account import Connect

from arize_users import (
    APIConnectionError,
    APITimeoutError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
)
from arize_users.sandbox import KEYS, Sandbox, SandboxServer

pytestmark = pytest.mark.usefixtures("no_backoff")

# Fault: its parameters, the error, whether the server does what is asked, whether that is asked for again:
# in any case, where it may be done twice, or never.
FAULTS: dict[str, tuple[dict[str, Any], type[Exception], bool, str]] = {
    "refuse": ({}, APIConnectionError, False, "always"),
    "rate_limit": ({"retry_after": 0}, RateLimitError, False, "always"),
    "reset_before": ({}, APIConnectionError, False, "repeatable"),
    "reset_after": ({}, APIConnectionError, True, "repeatable"),
    "truncated": ({}, APIConnectionError, True, "repeatable"),
    "latency": ({"seconds": 3600}, APITimeoutError, True, "repeatable"),
    "bad_gateway": ({}, ServerError, False, "repeatable"),
    "service_unavailable": ({"handled": True}, ServerError, True, "repeatable"),
    "gateway_timeout": ({"handled": True}, ServerError, True, "repeatable"),
    "server_error": ({}, ServerError, False, "never"),
    "status": ({"status": 520, "body": "<h1>?</h1>", "handled": True}, ServerError, True, "never"),
    "garbage": ({}, ResponseDecodeError, True, "never"),
}


@pytest.mark.parametrize("method", ["update", "reset_password"])
@pytest.mark.parametrize("fault", FAULTS)
def test_faults(connect: Connect, caplog: pytest.LogCaptureFixture, fault: str, method: str) -> None:
    """A fault is survived where that is safe, nothing is done twice, and one that stays is an error."""
    params, error, handled, retried = FAULTS[fault]
    repeatable = method == "update"
    retries = retried == "always" or (retried == "repeatable" and repeatable)
    for stays in (False, True):
        with Sandbox() as sandbox:
            caplog.clear()
            client = connect(sandbox, max_retries=2)
            arguments = {"user_id": sandbox.add_user(email="ada@acme.com", name="Ada")}
            arguments |= {"name": "Ada King"} if repeatable else {}
            sandbox.faults.add(fault, **params, **({"every": 1} if stays else {}))
            fails = stays or not retries
            if fails:
                with pytest.raises(error):
                    getattr(client.users, method)(**arguments)
            else:
                getattr(client.users, method)(**arguments)
            assert len(client.recorder.sent) == (1 if not retries else 3 if stays else 2)
            assert [entry.action for entry in sandbox.audit] == [method] * (handled or not fails)
            assert ("retry 1 of 2" in caplog.text) is retries


BULK_FAULTS: dict[str, dict[str, Any]] = {name: params for name, (params, *_) in FAULTS.items()}
BULK_FAULTS |= {"wrong_content_type": {}, "unknown_enum": {}}


@pytest.mark.parametrize("fault", [*BULK_FAULTS, "all"])
def test_bulk_delete(connect: Connect, fault: str) -> None:
    """Through any faults, the results and the server's audit agree for every user."""
    with Sandbox() as sandbox:
        client = connect(sandbox, max_retries=15)
        ids = sandbox.add_users(20)
        emails = [f"{number}@acme.com" for number in range(20)]
        for email in emails:
            sandbox.add_user(email=email, name="A")
        if fault == "all":
            for seed, (name, params) in enumerate(BULK_FAULTS.items()):
                sandbox.faults.add(name, probability=0.02, seed=seed, **params)
        else:
            sandbox.faults.add(fault, every=3, **BULK_FAULTS[fault])
        results = client.users.bulk_delete(user_ids=ids, emails=emails, max_concurrency=4)
        deleted = [entry.user_id for entry in sandbox.audit]
        assert len(deleted) == len(set(deleted))
    assert [one.user_id for one in results[:20]] == ids
    assert [one.email for one in results[20:]] == emails
    for one in results:
        if one.status == "deleted":
            assert one.user_id in deleted
        else:
            # Among all faults, a lost answer may come before a refusal.
            possible = {"garbage": {"unknown"}, "all": {"unknown", "failed"}}.get(fault, {"failed"})
            assert one.status in possible
            assert fault in ("server_error", "status", "garbage", "all")


# Over a real connection


REAL = ["reset_before", "reset_after", "truncated", "rate_limit", "bad_gateway", "server_error", "garbage"]


@pytest.mark.parametrize("fault", REAL)
def test_real_faults(
    connect: Connect, server: SandboxServer, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Faults look the same over a real connection, and no secret is logged, down to httpcore's lines."""
    params, error, handled, _ = FAULTS[fault]
    caplog.set_level(logging.DEBUG)
    users = connect(server).users
    target = server.sandbox.add_user(email="ada@acme.com", name="Ada")
    server.sandbox.faults.add(fault, **params)
    with pytest.raises(error):
        users.update(user_id=target, name="Ada King")
    assert users.get(user=target).name == ("Ada King" if handled else "Ada")
    created = users.create(name="New", email="new@acme.com", role="member", invite_mode="temporary_password")
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert not [secret for secret in (*KEYS, created.temporary_password) if secret in caplog.text]


def test_dropped_connections(connect: Connect, server: SandboxServer) -> None:
    """A connection that the server drops between requests is opened again, and no call fails for it."""
    users = connect(server, max_retries=2).users
    server.sandbox.faults.add("reset_before", nth=[2, 4, 6])
    assert [len(users.list()) for _ in range(4)] == [3] * 4


def test_a_slow_server(connect: Connect, server: SandboxServer) -> None:
    """A server slower than the timeout is an APITimeoutError."""
    server.sandbox.faults.add("latency", seconds=0.3)
    with pytest.raises(APITimeoutError) as caught:
        connect(server, timeout=0.05).users.list()
    assert caught.value.sent
