"""One warning per process that the functions are in beta."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from support.account import Connect
from support.answers import ok, page

from arize_users import BetaWarning

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arize_users._beta._given", False)


def test_on_first_use(connect: Connect) -> None:
    """The first use warns, pointing at the caller's line; building a client and later uses do not."""
    client = connect([ok(page()), ok(page())])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client.users.list()
        client.users.list()
    beta = [one for one in caught if issubclass(one.category, BetaWarning)]
    assert len(beta) == 1
    assert "ARIZE_DISABLE_PRERELEASE_WARNINGS" in str(beta[0].message)
    assert "arize_users" not in Path(beta[0].filename).parts
    assert issubclass(BetaWarning, FutureWarning)


def test_iterating_warns_too(connect: Connect) -> None:
    """Walking over users is a use, too."""
    client = connect([])
    with pytest.warns(BetaWarning):
        client.users.iter()


@pytest.mark.parametrize("value", ["1", "true", "YES", " on "])
def test_silenced(connect: Connect, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """An environment variable silences it."""
    monkeypatch.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connect([ok(page())]).users.list()


@pytest.mark.parametrize("value", ["0", "", "no"])
def test_not_silenced(connect: Connect, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A value that says no does not."""
    monkeypatch.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", value)
    with pytest.warns(BetaWarning):
        connect([ok(page())]).users.list()


def test_once_in_a_process() -> None:
    """A program that uses two clients in many threads is warned once."""
    script = (
        "import warnings; warnings.simplefilter('always')\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from arize_users import ArizeClient\n"
        "clients = [ArizeClient(base_url='sandbox:') for _ in range(2)]\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    list(pool.map(lambda n: clients[n % 2].users.list(), range(20)))\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ARIZE_")}
    paths = [ROOT, ROOT / "generated", os.environ.get("PYTHONPATH", "")]
    environ["PYTHONPATH"] = os.pathsep.join(map(str, paths))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environ, check=True
    )
    assert done.stderr.count("BetaWarning") == 1
