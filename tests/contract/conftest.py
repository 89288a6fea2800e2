"""A deployment over HTTP whose answers a test may bend, and a run of the contract check against it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from contract_deployments import Check, Deployment, Outcome

from arize_users.contract.command import main
from arize_users.sandbox import SandboxServer


@pytest.fixture(autouse=True)
def _settings_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARIZE_")]:
        monkeypatch.delenv(name)
    # A failure that is there on purpose need not be waited for.
    monkeypatch.setenv("ARIZE_MAX_RETRIES", "0")


@pytest.fixture(params=["lower"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """An account with a few users in the first generation; parametrise indirectly for the second."""
    with Deployment(enum_case=request.param) as sandbox:
        sandbox.add_users(4)
        sandbox.add_user(email="invited@example.org", name="Invited", status="invited")
        sandbox.add_user(email="custom@example.org", name="Custom", role="role-7")
        yield sandbox


@pytest.fixture
def url(deployment: Deployment) -> Iterator[str]:
    with SandboxServer(deployment) as server:
        yield server.url


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command with these arguments, as a person would."""

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        out, err = capsys.readouterr()
        report = json.loads(out) if "--json" in arguments and out else {}
        return Outcome(code, report, out, err)

    return run


@pytest.fixture
def check(run: Check, url: str) -> Check:
    """Check the deployment with the owner's key and give the report as data."""

    def check(*arguments: str) -> Outcome:
        return run("--base-url", url, "--api-key", "sandbox-admin", "--json", *arguments)

    return check
