"""The HTTP adapter under schemathesis: what fits the spec is accepted, what does not is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.programs import ROOT, run_python

from arize_users.sandbox import Sandbox, SandboxServer

HERE = Path(__file__).parent


def test_conforms_to_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox keeps to the checked-in spec in examples, at the edges, in fuzz and in sequence."""
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
    monkeypatch.setenv("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        sandbox.add_users(5)
        run = run_python(
            *("-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml"),
            *("run", ROOT / "openapi" / "users.yaml", "--url", server.url),
            *("--header", "Authorization: Bearer sandbox-admin"),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", "40", "--seed", "1", "--suppress-health-check", "all"),
            cwd=tmp_path,
            timeout=300,
        )
        received = {request.method for request in sandbox.requests if request.status == 200}
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert received >= {"GET", "POST", "PATCH"}
