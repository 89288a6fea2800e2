"""One warning per process that the users functions are in beta."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from support.account import Connect

from arize_users import AsyncArizeClient, BetaWarning

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arize_users._beta._to_give", [True])


def test_first_use(connect: Connect) -> None:
    """The first use warns, also of `iter`, at the caller's line; building a client and later uses do not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = connect([]).real
        assert caught == []
        line = sys._getframe().f_lineno + 1
        client.users.iter()
        client.users.iter()
    (warning,) = caught
    assert issubclass(warning.category, BetaWarning)
    assert issubclass(BetaWarning, FutureWarning)
    assert "ARIZE_DISABLE_PRERELEASE_WARNINGS" in str(warning.message)
    assert (warning.filename, warning.lineno) == (__file__, line)


@pytest.mark.parametrize(
    ("value", "warns"),
    [("1", False), ("true", False), ("YES", False), (" on ", False), ("0", True), ("", True), ("no", True)],
)
def test_silenced(connect: Connect, monkeypatch: pytest.MonkeyPatch, value: str, warns: bool) -> None:
    """An environment variable that says yes silences it; any other value does not."""
    monkeypatch.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", value)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        connect([]).users.iter()
    assert bool(caught) is warns


async def _listing(client: AsyncArizeClient) -> None:
    await client.users.list()  # The caller's line.


async def _in_a_task_group(client: AsyncArizeClient) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(_listing(client))


WAYS: dict[str, Callable[[AsyncArizeClient], Awaitable[object]]] = {
    "gather": lambda client: asyncio.gather(*map(_listing, [client] * 3)),
    "task group": _in_a_task_group,
    "tasks": lambda client: asyncio.wait([asyncio.ensure_future(_listing(client)) for _ in range(3)]),
    "thread": lambda client: asyncio.to_thread(lambda: asyncio.run(_listing(client))),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_callers_line_in_tasks(way: str) -> None:
    """However tasks and threads run it, the first use warns once, at the line that uses the client."""

    async def main() -> None:
        async with AsyncArizeClient(base_url="sandbox:") as client:
            await WAYS[way](client)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    (warning,) = [one for one in caught if issubclass(one.category, BetaWarning)]
    lines, first = inspect.getsourcelines(_listing)
    number = next(number for number, line in enumerate(lines, first) if "The caller's line." in line)
    assert (warning.filename, warning.lineno) == (__file__, number)


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
    paths = [ROOT, ROOT / "generated", os.environ.get("PYTHONPATH", "")]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environ, check=True
    )
    assert done.stderr.count("BetaWarning") == 1
