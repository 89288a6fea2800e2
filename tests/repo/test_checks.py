"""The checks of what is checked in, each as `make check` runs it."""

from __future__ import annotations

import pytest
from support.programs import ROOT, run_python


@pytest.mark.parametrize(
    "check",
    ["scripts/async_client.py --check", "scripts/check_codec.py", "scripts/lock.py", "-m mypy tests/typing"],
)
def test_passes(check: str) -> None:
    """The async client is derived, the codec reads the contract, the locks fit, user programs are typed."""
    done = run_python(*check.split(), cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
