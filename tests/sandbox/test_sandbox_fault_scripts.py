"""Which requests a fault strikes, and how a script says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from arize_users.sandbox import Faults, FaultScriptError, Sandbox, SandboxServer
from arize_users.sandbox.faults import read_script

if TYPE_CHECKING:
    from conftest import Api

HEADERS = {"authorization": "Bearer sandbox-admin"}


def statuses(api: Api, count: int) -> list[int]:
    return [api.list().status_code for _ in range(count)]


def test_which_requests(sandbox: Sandbox, api: Api) -> None:
    """Rules strike the nth, several, every nth or a random but repeatable share of requests."""
    sandbox.faults.add("server_error", nth=2)
    assert statuses(api, 4) == [200, 500, 200, 200]
    sandbox.faults.clear()
    sandbox.faults.add("server_error", nth=[1, 3])
    assert statuses(api, 4) == [500, 200, 500, 200]
    sandbox.faults.clear()
    sandbox.faults.add("server_error", every=2)
    assert statuses(api, 5) == [200, 500, 200, 500, 200]
    shares = []
    for _ in range(2):
        sandbox.faults.clear()
        sandbox.faults.add("server_error", probability=0.3, seed=7)
        shares.append(statuses(api, 60))
    assert shares[0] == shares[1]
    assert 5 < shares[0].count(500) < 35


def test_only_one_operation(sandbox: Sandbox, api: Api) -> None:
    """A rule for an operation counts and strikes requests of that operation only."""
    sandbox.faults.add("server_error", operation="get_user", nth=2)
    got = [api.get("x").status_code, api.list().status_code, api.get("x").status_code]
    assert got == [404, 200, 500]


def test_requests_for_no_operation(sandbox: Sandbox, api: Api) -> None:
    """A rule for any operation strikes unknown paths too; one for an operation leaves them."""
    sandbox.faults.add("bad_gateway", operation="list_users")
    sandbox.faults.add("server_error", nth=2)
    answers = [api.send("GET", "/v2/nothing") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 500, 404]


def test_first_rule_wins(sandbox: Sandbox, api: Api) -> None:
    """One request meets one fault, and a rule also counts what an earlier one struck."""
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
def test_bad_scripts(sandbox: Sandbox, script: object, reason: str) -> None:
    """A script with one bad rule is refused whole, with the place and the reason."""
    with pytest.raises(FaultScriptError, match=reason):
        sandbox.faults.load(script, over_http=True)
    with SandboxServer(sandbox) as server:
        answer = httpx.post(f"{server.url}/_sandbox/faults", json=script)
        assert answer.status_code == 400
        assert httpx.get(f"{server.url}/v2/users", headers=HEADERS).status_code == 200


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
    with pytest.raises(FaultScriptError, match="No such file"):
        read_script(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[{]")
    with pytest.raises(FaultScriptError, match=r"bad\.json is not JSON.*line 1 column 3"):
        read_script(tmp_path / "bad.json")


def test_one_bad_rule() -> None:
    """A rule added in code is checked like one in a script."""
    with pytest.raises(FaultScriptError, match="seconds"):
        Faults().add("latency", seconds="soon")
