"""Deliberate faults: what each one does, with every adapter, and which requests meet it."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox_api import BASE, Api, in_process, in_process_async, over_http

from arize_users.sandbox import (
    AsyncSandboxTransport,
    Faults,
    FaultScriptError,
    Sandbox,
    SandboxError,
    SandboxTransport,
)
from arize_users.sandbox.faults import read_script

PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"
DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


def done(sandbox: Sandbox) -> list[str]:
    return [entry.action for entry in sandbox.audit]


@pytest.mark.parametrize(
    ("fault", "params", "expected"),
    [
        ("rate_limit", {}, (429, "1", PROBLEM)),
        ("rate_limit", {"retry_after": 7}, (429, "7", PROBLEM)),
        ("rate_limit", {"retry_after": None}, (429, None, PROBLEM)),
        ("rate_limit", {"retry_after": DATE}, (429, DATE, PROBLEM)),
        ("bad_gateway", {}, (502, None, HTML)),
        ("service_unavailable", {}, (503, None, PROBLEM)),
        ("service_unavailable", {"retry_after": 3}, (503, "3", PROBLEM)),
        ("gateway_timeout", {}, (504, None, HTML)),
        ("server_error", {}, (500, None, PROBLEM)),
        ("status", {"status": 520}, (520, None, None)),
        ("status", {"status": 204, "body": "never sent"}, (204, None, None)),
        ("status", {"status": 418, "body": "<p>tea"}, (418, None, HTML)),
        ("status", {"status": 200, "body": {"odd": 1}}, (200, None, "application/json")),
        ("status", {"status": 307, "content_type": "a/b", "body": "x"}, (307, None, "a/b")),
        ("status", {"status": 400, "headers": {"Retry-After": "5"}}, (400, "5", None)),
    ],
)
def test_responses_instead(
    sandbox: Sandbox, any_api: Api, fault: str, params: dict[str, Any], expected: tuple[object, ...]
) -> None:
    """A response in place of the account's own leaves the account untouched, and the next is right."""
    sandbox.faults.add(fault, **params)
    answer = any_api.create()
    shown = [answer.headers.get(name) for name in ("retry-after", "content-type")]
    assert (answer.status_code, *shown) == expected
    assert answer.headers["x-request-id"]
    assert PROBLEM not in expected or answer.json()["status"] == answer.status_code
    assert done(sandbox) == []
    assert any_api.create().status_code == 201
    assert [request.status for request in sandbox.requests] == [expected[0], 201]


@pytest.mark.parametrize(
    "fault", ["bad_gateway", "gateway_timeout", "server_error", "service_unavailable", "status"]
)
def test_handled(sandbox: Sandbox, api: Api, fault: str) -> None:
    """With `handled` the error comes although the account has handled the request."""
    sandbox.faults.add(fault, handled=True, **({"status": 502} if fault == "status" else {}))
    assert api.create().status_code >= 500
    assert done(sandbox) == ["create"]
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(("fault", "actions"), [("reset_before", []), ("reset_after", ["create"])])
def test_resets(sandbox: Sandbox, any_api: Api, fault: str, actions: list[str]) -> None:
    """A reset connection is a read error, before or after the account has handled the request."""
    sandbox.faults.add(fault)
    with pytest.raises(httpx.ReadError):
        any_api.create()
    assert done(sandbox) == actions
    assert [request.status for request in sandbox.requests] == [None]
    assert any_api.list().status_code == 200


@pytest.mark.parametrize(
    ("adapter", "error", "received"),
    [
        (in_process, httpx.ConnectError, 0),
        (in_process_async, httpx.ConnectError, 0),
        # A server that runs cannot refuse a connection, so it resets it.
        (over_http, httpx.ReadError, 1),
    ],
)
def test_refuse(sandbox: Sandbox, adapter: Any, error: type[Exception], received: int) -> None:
    """A refused connection is a connect error and never reaches the account."""
    sandbox.faults.add("refuse")
    with adapter(sandbox) as api, pytest.raises(error):
        api.create()
    assert (len(sandbox.requests), done(sandbox)) == (received, [])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_truncated(sandbox: Sandbox, any_api: Api, method: str) -> None:
    """A body that ends early is a protocol error, also where there would have been no body."""
    user_id = sandbox.add_user(email="a@x.org", name="a")
    sandbox.faults.add("truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        any_api.send(method, any_api.path(user_id))
    assert sandbox.user(user_id).status == ("inactive" if method == "DELETE" else "active")
    assert any_api.list().status_code == 200


def test_wrong_content_type(sandbox: Sandbox, any_api: Api) -> None:
    """The right body may come as HTML."""
    sandbox.faults.add("wrong_content_type")
    answer = any_api.create()
    assert (answer.status_code, answer.headers["content-type"]) == (201, HTML)
    assert answer.json()["email"] == "ada@example.com"


def test_garbage(sandbox: Sandbox, any_api: Api) -> None:
    """A success may hold a web page, as behind a portal; the account has handled the request."""
    sandbox.faults.add("garbage", nth=[1, 2])
    created = any_api.create()
    deleted = any_api.delete(sandbox.audit[0].user_id)
    assert (created.status_code, deleted.status_code) == (201, 200)
    assert created.text == deleted.text
    assert created.text.startswith("<!doctype html>")
    assert done(sandbox) == ["create", "delete"]


def test_unknown_enum(sandbox: Sandbox, any_api: Api) -> None:
    """Values that no contract knows may come in every place that holds one."""
    sandbox.faults.add("unknown_enum", nth=[1, 2, 4])
    created = any_api.create().json()
    assert (created["status"], created["invite_mode"]) == ("suspended", "carrier_pigeon")
    assert {user["role"]["name"] for user in any_api.list().json()["users"]} == {"auditor"}
    assert {user["status"] for user in any_api.list().json()["users"]} > {"active"}
    assert any_api.get("nobody").status_code == 404
    sandbox.faults.add("unknown_enum", role_type="team")
    assert any_api.list().json()["users"][0]["role"] == {"type": "team"}


def test_unknown_enum_in_the_second_generation() -> None:
    """Unknown values are upper case where the server writes upper case."""
    with Sandbox(enum_case="upper") as sandbox, in_process(sandbox) as api:
        sandbox.faults.add("unknown_enum")
        user = api.list().json()["users"][0]
    assert (user["status"], user["role"]) == ("SUSPENDED", {"type": "PREDEFINED", "name": "AUDITOR"})


def test_cursor_faults(sandbox: Sandbox, any_api: Api) -> None:
    """A page may repeat the cursor it was asked with, and a cursor may go stale."""
    sandbox.faults.add("repeat_cursor")
    sandbox.faults.add("stale_cursor", nth=2)
    first = any_api.list(limit=1).json()["pagination"]
    repeated, stale, good = (any_api.list(limit=1, cursor=first["next_cursor"]) for _ in range(3))
    assert repeated.json()["pagination"] == first
    assert (stale.status_code, stale.json()["error_code"]) == (400, "INVALID_CURSOR")
    assert good.json()["pagination"] != first
    sandbox.faults.add("repeat_cursor")
    assert any_api.list(cursor="x").status_code == 400


@pytest.mark.parametrize("before", [False, True])
def test_latency(sandbox: Sandbox, any_api: Api, before: bool) -> None:
    """A slow response is the right one; of one that is too slow the script says what was done."""
    sandbox.faults.add("latency", seconds=0.03, before=before)
    sandbox.faults.add("latency", seconds=60, before=before, nth=2)
    answer = any_api.create()
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() >= 0.02
    with pytest.raises(httpx.ReadTimeout):
        any_api.send("DELETE", any_api.path(sandbox.users()[-1].id), timeout=0.05)
    assert done(sandbox) == (["create"] if before else ["create", "delete"])


def test_async_adapter_on_a_file(tmp_path: Path) -> None:
    """The async adapter works on a file, too, and closes the sandbox that it opened."""

    async def create_ten() -> Sandbox:
        transport = AsyncSandboxTransport.open(tmp_path / "account.db")
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            create: Any = Api(client.request).create
            answers = await asyncio.gather(*(create(f"a{number}@x.org", "none") for number in range(10)))
        assert [answer.status_code for answer in answers] == [201] * 10
        return transport.sandbox

    sandbox = asyncio.run(create_ten())
    with pytest.raises(SandboxError, match="closed"):
        sandbox.now()


def test_transports_close_only_their_own(sandbox: Sandbox) -> None:
    """A transport over somebody else's sandbox leaves it open."""
    with SandboxTransport(sandbox):
        pass
    assert sandbox.now() == sandbox.now()
    transport = SandboxTransport.open()
    transport.close()
    with pytest.raises(SandboxError, match="closed"):
        transport.sandbox.now()


def statuses(api: Api, count: int) -> list[int]:
    return [api.list().status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [500, 200, 200, 200, 200]),
        ({"nth": 2}, [200, 500, 200, 200, 200]),
        ({"nth": [1, 3]}, [500, 200, 500, 200, 200]),
        ({"every": 2}, [200, 500, 200, 500, 200]),
    ],
)
def test_which_requests(sandbox: Sandbox, api: Api, rule: dict[str, Any], expected: list[int]) -> None:
    """A rule fires for the first request, the nth, several, or every nth."""
    sandbox.faults.add("server_error", **rule)
    assert statuses(api, 5) == expected


def test_a_random_share(sandbox: Sandbox, api: Api) -> None:
    """A rule fires for a random share of the requests, the same one for the same seed."""
    sandbox.faults.add("server_error", probability=0.3, seed=7)
    first = statuses(api, 60)
    sandbox.faults.clear()
    sandbox.faults.add("server_error", probability=0.3, seed=7)
    assert statuses(api, 60) == first
    assert 5 < first.count(500) < 35


def test_only_one_operation(sandbox: Sandbox, api: Api) -> None:
    """A rule for an operation counts, and fires for, that operation only; any other, unknown paths, too."""
    sandbox.faults.add("server_error", operation="get_user", nth=2)
    sandbox.faults.add("bad_gateway", nth=4)
    paths = ("users/x", "users", "nothing", "nothing", "users/x")
    answers = [api.send("GET", f"/v2/{path}") for path in paths]
    assert [answer.status_code for answer in answers] == [404, 200, 404, 502, 500]


def test_first_rule_wins(sandbox: Sandbox, api: Api) -> None:
    """One request meets one fault, and a rule also counts the requests that met an earlier one."""
    sandbox.faults.add("rate_limit", nth=1)
    sandbox.faults.add("bad_gateway", nth=[1, 2])
    assert statuses(api, 3) == [429, 502, 200]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({}, "list of rules"),
        ([[]], "rule 1: it is not an object"),
        ([{"fault": "server_error"}, {}], "rule 2: unknown fault None"),
        ([{"fault": "nonsense"}], "unknown fault 'nonsense'"),
        ([{"fault": ["status"]}], "unknown fault"),
        ([{"fault": "truncated", "seconds": 1}], "truncated takes no 'seconds'"),
        ([{"fault": "latency"}], "latency needs 'seconds'"),
        ([{"fault": "latency", "seconds": -1}], "seconds must be a number from 0"),
        ([{"fault": "latency", "seconds": True}], "seconds must be a number"),
        ([{"fault": "latency", "seconds": 1, "before": 1}], "before must be true or false"),
        ([{"fault": "status"}], "status needs 'status'"),
        ([{"fault": "status", "status": 100}], "status must be a whole number from 200 to 599"),
        ([{"fault": "status", "status": 400, "headers": []}], "headers must be an object"),
        ([{"fault": "status", "status": 400, "headers": {"x": 1}}], "headers must be a string"),
        ([{"fault": "rate_limit", "retry_after": -1}], "retry_after must be a whole number"),
        ([{"fault": "refuse"}], "cannot refuse"),
        ([{"fault": "truncated", "nth": 0}], "nth must be a whole number from 1"),
        ([{"fault": "truncated", "nth": [1, "2"]}], "nth must be a whole number"),
        ([{"fault": "truncated", "every": True}], "every must be a whole number"),
        ([{"fault": "truncated", "probability": 2}], "probability must be a number from 0 to 1"),
        ([{"fault": "truncated", "nth": 1, "every": 2}], "give one of nth, every and probability"),
        ([{"fault": "truncated", "operation": "drop_table"}], "operation must be one of list_users"),
        ([{"fault": "stale_cursor", "operation": "get_user"}], "is for list_users only"),
    ],
)
def test_bad_scripts(sandbox: Sandbox, api: Api, script: object, reason: str) -> None:
    """A script with one bad rule is refused whole, with the place and the reason."""
    with pytest.raises(FaultScriptError, match=reason):
        sandbox.faults.load(script, over_http=True)
    assert statuses(api, 2) == [200, 200]


def test_good_script(tmp_path: Path, sandbox: Sandbox, api: Api) -> None:
    """A script in a file says the same as calls of add()."""
    path = tmp_path / "faults.json"
    script = [
        {"operation": "list_users", "nth": 2, "fault": "bad_gateway"},
        {"fault": "status", "status": 451, "body": None, "nth": [3]},
    ]
    path.write_text(json.dumps(script))
    sandbox.faults.load(read_script(path))
    assert statuses(api, 4) == [200, 502, 451, 200]


def test_unreadable_script(tmp_path: Path) -> None:
    """A script that cannot be read or is not JSON is refused, naming the file and the place."""
    (tmp_path / "bad.json").write_text("[{]")
    for name, reason in (("none.json", os.strerror(errno.ENOENT)), ("bad.json", "not JSON.*line 1 column 3")):
        with pytest.raises(FaultScriptError, match=reason) as caught:
            read_script(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


def test_one_bad_rule() -> None:
    """A rule added in code is checked like one in a script."""
    with pytest.raises(FaultScriptError, match="seconds"):
        Faults().add("latency", seconds="soon")
