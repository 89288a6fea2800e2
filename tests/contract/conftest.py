"""A deployment over HTTP whose answers a test may rewrite, and a run of the contract check against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract_deployments import Check, Deployment, Outcome

from arize_users.contract.command import main
from arize_users.sandbox import SandboxServer


@pytest.fixture(autouse=True)
def _no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARIZE_MAX_RETRIES", "0")


@pytest.fixture(params=["lower"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """An account with a few users, in the enum case of the contract; parametrise indirectly for the other."""
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
    """Run the command with these arguments."""
    return lambda *arguments: Outcome(main(arguments), *capsys.readouterr())


@pytest.fixture
def check(run: Check, url: str) -> Check:
    """Check the deployment with the owner's key, reported as JSON."""
    return lambda *arguments: run("--base-url", url, "--api-key", "sandbox-admin", "--json", *arguments)
