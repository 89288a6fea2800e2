"""Whole pytest runs of somebody else's tests, each in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

# As a strict user would run them, with no other plugin than ours: not everybody has those that are here.
STRICT = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[dict[str, int], str]]:
    """Run a file of tests with the plugin; return counts such as ``passed``, and all that was printed."""

    def run(tests: str, *options: str, **environment: str) -> tuple[dict[str, int], str]:
        (tmp_path / "test_theirs.py").write_text(dedent(tests))
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *STRICT, "-p", "arize_users.testing", *options],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
            check=False,
        )
        last = done.stdout.strip().rpartition("\n")[2]
        counts = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}
        return counts, done.stdout + done.stderr

    return run


@pytest.fixture
def expect_passed(run: Callable[..., tuple[dict[str, int], str]]) -> Callable[..., None]:
    """Run a file of tests and expect so many to pass, and nothing else to happen."""

    def expect_passed(number: int, tests: str, *options: str, **environment: str) -> None:
        counts, output = run(tests, *options, **environment)
        assert counts == {"passed": number}, output

    return expect_passed
