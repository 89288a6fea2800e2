"""Whole pytest runs of somebody else's tests, each in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

# As a strict user would run them, with no other plugin than ours: what is installed here is not everybody's.
STRICT = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider")
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@frozen
class Outcome:
    """How a run ended: counts such as ``passed``, and all that it printed."""

    counts: dict[str, int]
    output: str


Run = Callable[..., Outcome]


def run_tests(folder: Path, tests: str, *options: str, **environment: str) -> Outcome:
    """Run a file of tests with the plugin, warnings being errors."""
    (folder / "test_theirs.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *STRICT, "-p", "arize_users.testing", *options],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **ALONE, **environment},
        check=False,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}
    return Outcome(counts, done.stdout + done.stderr)


def passed(outcome: Outcome, number: int) -> None:
    """Expect so many tests to have passed, and nothing else to have happened."""
    assert outcome.counts == {"passed": number}, outcome.output
