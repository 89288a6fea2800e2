"""One side of a comparison, in the environment that holds it: does what it is told, and times it.

    python -I worker.py SUBJECT URL

Reads one command per line (`{"work": "page", "times": 20, "arguments": {}}`) and answers each with one
line: seconds of wall clock and CPU per time, what the last time gave, and the peak memory so far.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlsplit

KEY = "benchmark-key"


class _Ours:
    """The layer's sync client."""

    def __init__(self, url: str) -> None:
        module = import_module("arize_users")
        self._users: Any = module.ArizeClient(api_key=KEY, base_url=url).users

    def page(self) -> int:
        return len(self._users.list(limit=100))

    def get(self, user: str) -> str | None:
        found = self._users.get(user=user)
        return None if found is None else str(found.id)

    def delete(self, user_ids: list[str], emails: list[str], max_concurrency: int) -> int:
        return _deleted(
            self._users.bulk_delete(user_ids=user_ids, emails=emails, max_concurrency=max_concurrency)
        )

    def iterate(self) -> int:
        return sum(1 for _ in self._users.iter())


class _OursAsync:
    """The layer's async client."""

    def __init__(self, url: str) -> None:
        module = import_module("arize_users")
        self._users: Any = module.AsyncArizeClient(api_key=KEY, base_url=url).users

    async def page(self) -> int:
        return len(await self._users.list(limit=100))

    async def get(self, user: str) -> str | None:
        found = await self._users.get(user=user)
        return None if found is None else str(found.id)

    async def delete(self, user_ids: list[str], emails: list[str], max_concurrency: int) -> int:
        return _deleted(
            await self._users.bulk_delete(user_ids=user_ids, emails=emails, max_concurrency=max_concurrency)
        )

    async def iterate(self) -> int:
        return sum([1 async for _ in self._users.iter()])


class _Official:
    """Arize's own client. It deletes one after the other, whatever `max_concurrency` says."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        module = import_module("arize")
        client = module.ArizeClient(
            api_key=KEY, api_scheme=place.scheme, api_host=place.hostname, api_port=place.port
        )
        self._users: Any = client.users

    def page(self) -> int:
        return len(self._users.list(limit=100).users)

    def get(self, user: str) -> str | None:
        found = self._users.get(user=user)
        return None if found is None else str(found.id)

    def delete(self, user_ids: list[str], emails: list[str], max_concurrency: int) -> int:
        del max_concurrency
        # Copied, because the client appends to the list it is given.
        return _deleted(self._users.bulk_delete(user_ids=[*user_ids], emails=emails))

    def iterate(self) -> int:
        count, cursor = 0, None
        while True:
            page = self._users.list(limit=100, cursor=cursor)
            count += len(page.users)
            cursor = page.pagination.next_cursor
            if not page.pagination.has_more:
                return count


class _Floor:
    """Plain httpx and json for the same bytes: what any client on httpx pays."""

    def __init__(self, url: str) -> None:
        httpx = import_module("httpx")
        headers = {"Authorization": f"Bearer {KEY}"}
        self._http: Any = httpx.Client(base_url=url, headers=headers)

    def _get(self, path: str, **params: str | int) -> Any:
        return json.loads(self._http.get(path, params=params or None).content)

    def page(self) -> int:
        return len(self._get("/v2/users", limit=100)["users"])

    def get(self, user: str) -> str:
        return str(self._get(f"/v2/users/{quote(user, safe='')}")["id"])

    def iterate(self) -> int:
        return sum(len(page["users"]) for page in self._pages())

    def _pages(self) -> Iterator[Any]:
        page = self._get("/v2/users", limit=100)
        yield page
        while page["pagination"]["has_more"]:
            page = self._get("/v2/users", limit=100, cursor=page["pagination"]["next_cursor"])
            yield page


SUBJECTS: dict[str, Callable[[str], Any]] = {
    "ours": _Ours,
    "async": _OursAsync,
    "official": _Official,
    "floor": _Floor,
}
"""What can be measured. Their methods are the works that a command can name."""


def _deleted(results: list[Any]) -> int:
    return sum(str(getattr(one.status, "value", one.status)).lower() == "deleted" for one in results)


def peak_bytes() -> int:
    """Give the most memory this process has had in RAM."""
    try:
        with open("/proc/self/status") as status:
            # Not ru_maxrss: that of a child begins with what its parent had.
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


async def _timed(work: Callable[..., Any], times: int, arguments: dict[str, Any]) -> dict[str, Any]:
    result: Any = None
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        result = work(**arguments)
        if asyncio.iscoroutine(result):
            result = await result
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall / times, "cpu": cpu / times, "result": result, "peak": peak_bytes()}


def main() -> None:
    """Take commands until there are no more."""
    name, url = sys.argv[1:]
    # A client may print; only answers may come on the standard output.
    answers, sys.stdout = sys.stdout, sys.stderr
    with asyncio.Runner() as runner:
        subject = SUBJECTS[name](url)
        for line in sys.stdin:
            command = json.loads(line)
            work = getattr(subject, command["work"])
            try:
                answer = runner.run(_timed(work, command["times"], command["arguments"]))
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
