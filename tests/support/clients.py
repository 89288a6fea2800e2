"""Either client behind one synchronous surface, so that each behaviour is tested once."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from arize_users import ArizeClient, AsyncArizeClient

from .transports import Recorder

T = TypeVar("T")


class Client:
    """A sync or an async client, called synchronously."""

    def __init__(self, kind: str, recorder: Recorder | None, **settings: Any) -> None:
        self.kind = kind
        self._recorder = recorder
        self._runner = asyncio.Runner() if kind == "async" else None
        build: Callable[..., Any] = ArizeClient if kind == "sync" else AsyncArizeClient
        transport = {} if recorder is None else {"transport": recorder}
        self.real = build(**{"api_key": "sandbox-admin", **transport, **settings})

    @property
    def users(self) -> Any:
        """``client.users``, called synchronously."""
        return self.real.users if self._runner is None else _Users(self)

    @property
    def recorder(self) -> Recorder:
        """The record of the requests, for a client that was given one."""
        assert self._recorder is not None
        return self._recorder

    @property
    def deviations(self) -> list[str]:
        """What was wrong with the requests that were recorded."""
        return self._recorder.deviations if self._recorder else []

    def settle(self, result: Any) -> Any:
        """Give the value of a call of either kind: an async one is awaited."""
        return result if self._runner is None else self.wait(result)

    def wait(self, awaitable: Awaitable[T]) -> T:
        """Run what an async client does to its end."""
        assert self._runner is not None

        async def whole() -> T:
            return await awaitable

        return self._runner.run(whole())

    def with_options(self, **options: Any) -> Client:
        """Wrap what the real client's with_options gives."""
        other = copy.copy(self)
        other.real = self.real.with_options(**options)
        return other

    def close_client(self) -> None:
        """Close the real client."""
        self.settle(self.real.close() if self.kind == "sync" else self.real.aclose())

    def close(self) -> None:
        """Close everything, and see that nothing is left running."""
        self.close_client()
        if self._runner is not None:
            try:
                for _ in range(5):  # A task that was cancelled needs a few turns of the loop to end.
                    self.wait(asyncio.sleep(0))
                assert not asyncio.all_tasks(self._runner.get_loop())
            finally:
                self._runner.close()


class _Users:
    """The users of an async client, called synchronously."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._client.real.users, method)
        if method in ("iter", "iter_pages"):
            return lambda **arguments: _Iterator(self._client, call(**arguments))
        return lambda *given, **arguments: self._client.wait(call(*given, **arguments))


class _Iterator:
    """An async iterator over users or pages, used synchronously."""

    def __init__(self, client: Client, users: Any) -> None:
        self._client = client
        self._users = users

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return self._client.wait(anext(self._users))
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        self._client.wait(self._users.aclose())
