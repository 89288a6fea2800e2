"""Runs of somebody else's tests with the plugin."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from plugin_runs import Run, run_tests


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run tests, given as text, in a folder of their own."""
    return partial(run_tests, tmp_path)
