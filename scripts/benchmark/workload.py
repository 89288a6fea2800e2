"""The work of one side, which pyperf measures in the environment that holds this side.

    python workload.py TASK [pyperf's options]

TASK is a JSON object with the fields of a row (metric, work, arguments, expected), the side, the url of the
server, and the name of the benchmark. Another result than the expected one is an error, because it cannot be
compared.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlsplit

import pyperf

_KEY = "benchmark-key"
_Works = Mapping[str, Callable[..., object]]


def _ours(url: str) -> _Works:
    package = import_module("arize_users")
    users = package.ArizeClient(api_key=_KEY, base_url=url).users

    def create(people: list[dict[str, str]]) -> int:
        asked = [package.NewUser(role="member", **person) for person in people]
        return _with_status("created", users.bulk_create(asked, max_concurrency=32))

    return {
        "create": create,
        "list": lambda: len(users.list(limit=100)),
        "get": lambda user: getattr(users.get(user=user), "id", None),
        "iterate": lambda: sum(1 for _ in users.iter()),
        "delete": lambda **targets: _with_status("deleted", users.bulk_delete(max_concurrency=32, **targets)),
    }


def _async(url: str) -> _Works:
    package = import_module("arize_users")
    users = package.AsyncArizeClient(api_key=_KEY, base_url=url).users
    run = asyncio.new_event_loop().run_until_complete

    async def count() -> int:
        return sum([1 async for _ in users.iter()])

    def create(people: list[dict[str, str]]) -> int:
        asked = [package.NewUser(role="member", **person) for person in people]
        return _with_status("created", run(users.bulk_create(asked, max_concurrency=32)))

    return {
        "create": create,
        "list": lambda: len(run(users.list(limit=100))),
        "get": lambda user: getattr(run(users.get(user=user)), "id", None),
        "iterate": lambda: run(count()),
        "delete": lambda **targets: _with_status(
            "deleted", run(users.bulk_delete(max_concurrency=32, **targets))
        ),
    }


def _official(url: str) -> _Works:
    address = urlsplit(url)
    place = {"api_scheme": address.scheme, "api_host": address.hostname, "api_port": address.port}
    users = import_module("arize").ArizeClient(api_key=_KEY, **place).users

    def count() -> int:
        found, cursor, more = 0, None, True
        while more:
            page = users.list(limit=100, cursor=cursor)
            found, pagination = found + len(page.users), page.pagination
            cursor, more = pagination.next_cursor, pagination.has_more
        return found

    def create(people: list[dict[str, str]]) -> int:
        role = import_module("arize.users.types").PredefinedUserRole(name="MEMBER")
        return sum(bool(users.create(role=role, invite_mode="EMAIL_LINK", **one).id) for one in people)

    def delete(user_ids: list[str], emails: list[str]) -> int:
        # Copies, because this client appends to the lists that it is given.
        return _with_status("deleted", users.bulk_delete(user_ids=[*user_ids], emails=[*emails]))

    return {
        "list": lambda: len(users.list(limit=100).users),
        "get": lambda user: getattr(users.get(user=user), "id", None),
        "iterate": count,
        "create": create,
        "delete": delete,
    }


def _floor(url: str) -> _Works:
    http = import_module("httpx").Client(base_url=url, headers={"Authorization": f"Bearer {_KEY}"})

    def get(path: str, **parameters: object) -> Any:
        return json.loads(http.get(path, params=parameters or None).content)

    def count() -> int:
        found, cursor, more = 0, "", True
        while more:
            page = get("/v2/users", limit=100, cursor=cursor)
            found, pagination = found + len(page["users"]), page["pagination"]
            cursor, more = pagination.get("next_cursor"), pagination["has_more"]
        return found

    return {
        "list": lambda: len(get("/v2/users", limit=100)["users"]),
        "get": lambda user: get(f"/v2/users/{quote(user, safe='')}")["id"],
        "iterate": count,
    }


_SIDES = {"ours": _ours, "async": _async, "official": _official, "floor": _floor}
_STARTS = {
    "ours": "from arize_users import ArizeClient; client = ArizeClient(api_key='key')",
    "async": "from arize_users import AsyncArizeClient; client = AsyncArizeClient(api_key='key')",
    "official": "from arize import ArizeClient; client = ArizeClient(api_key='key')",
    "floor": "from httpx import Client; client = Client()",
}


def _with_status(status: str, results: list[Any]) -> int:
    return sum(str(getattr(result.status, "value", result.status)).lower() == status for result in results)


def _start(side: str) -> float:
    """Return the seconds that a fresh process needs to import a client and to make one."""
    code = f"import time; start = time.perf_counter(); {_STARTS[side]}; print(time.perf_counter() - start)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    # A client may print as well.
    return float(done.stdout.split()[-1])


def _requests(url: str) -> int:
    with urllib.request.urlopen(f"{url}/requests") as response:  # noqa: S310 - the loopback server
        return int(response.read())


def main() -> None:
    """Let pyperf measure the task of the command line."""
    runner = pyperf.Runner(add_cmdline_args=lambda command, options: command.append(options.task))
    runner.argparser.add_argument("task")
    task = json.loads(runner.parse_args().task)
    # Made in the first call, because pyperf's own process runs this function, too, and needs no client.
    works = cache(_SIDES[task["side"]])
    clocks: Mapping[str, Callable[[], float]] = {"wall": time.perf_counter, "CPU": time.process_time}
    metric = clocks.get(task["metric"], partial(_requests, task["url"]))

    def measure(loops: int) -> float:
        if task["work"] == "start":
            return sum(_start(task["side"]) for _ in range(loops))
        work = works(task["url"])[task["work"]]
        before = metric()
        for _ in range(loops):
            result = work(**task["arguments"])
        spent = metric() - before
        if result != task["expected"]:
            raise ValueError(f"the result is {result!r} and not {task['expected']!r}")
        return spent

    unit = "integer" if task["metric"] == "requests" else "second"
    try:
        runner.bench_time_func(task["name"], measure, metadata={"unit": unit})
    except Exception as error:
        sys.exit(f"ERROR: {error!r}")


if __name__ == "__main__":
    main()
