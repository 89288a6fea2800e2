"""The HTTP adapter under schemathesis: what fits the spec is accepted, what does not is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from arize_users.sandbox import Sandbox, SandboxServer

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "openapi" / "users.yaml"


def test_conforms_to_the_spec(tmp_path: Path) -> None:
    """The sandbox keeps to the checked-in spec in examples, at the edges, in fuzz and in sequence."""
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
    }
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        sandbox.add_users(5)
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("--config-file", str(HERE / "schemathesis.toml")),
                *("run", str(SPEC), "--url", server.url),
                *("--header", "Authorization: Bearer sandbox-admin"),
                *("--phases", "examples,coverage,fuzzing,stateful"),
                *("--max-examples", "40", "--seed", "1", "--suppress-health-check", "all"),
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        received = {request.method for request in sandbox.requests if request.status == 200}
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert received >= {"GET", "POST", "PATCH"}
