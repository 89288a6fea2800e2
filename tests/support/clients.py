"""Either client behind one synchronous surface, so that each behaviour is tested once."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from arize_users import ArizeClient, AsyncArizeClient

from .transports import Recorder

T = TypeVar("T")

KEY = "sandbox-admin"


class Client:
    """A sync or an async client, called synchronously, whose requests are those of the method called."""

    def __init__(self, kind: str, recorder: Recorder | None, **settings: Any) -> None:
        self.kind = kind
        self._recorder = recorder
        self._runner = asyncio.Runner() if kind == "async" else None
        build: Callable[..., Any] = ArizeClient if kind == "sync" else AsyncArizeClient
        transport = {} if recorder is None else {"transport": recorder}
        self.real = build(**{"api_key": KEY, **transport, **settings})
        self.users = Users(self)

    @property
    def recorder(self) -> Recorder:
        """The record of the requests, for a client that was given one."""
        assert self._recorder is not None
        return self._recorder

    @property
    def deviations(self) -> list[str]:
        """What was wrong with the requests that were recorded."""
        return self._recorder.deviations if self._recorder else []

    def watched(self, allowed: set[str], step: Callable[[], T]) -> T:
        """Do a step of a method, and note each request that is not of the operations it may use."""
        before = len(self._recorder.sent) if self._recorder else 0
        try:
            return step()
        finally:
            if self._recorder:
                self._recorder.note_unexpected(before, allowed)

    def settle(self, result: Any) -> Any:
        """Give the value of a call of either kind: an async one is awaited."""
        return result if self.kind == "sync" else self.wait(result)

    def wait(self, awaitable: Awaitable[T]) -> T:
        """Run what an async client does to its end."""
        assert self._runner is not None

        async def whole() -> T:
            return await awaitable

        return self._runner.run(whole())

    def with_options(self, **options: Any) -> Client:
        """Wrap what the real client's with_options gives; to be closed before this one."""
        other = copy.copy(self)
        other.real = self.real.with_options(**options)
        other.users = Users(other)
        return other

    def shut(self) -> None:
        """Close the real client."""
        self.settle(self.real.close() if self.kind == "sync" else self.real.aclose())

    def close(self) -> None:
        """Close everything, and see that nothing is left running."""
        self.shut()
        if self._runner is not None:
            try:
                self.wait(_settle())
                assert not asyncio.all_tasks(self._runner.get_loop())
            finally:
                self._runner.close()


async def _settle() -> None:
    # A task that was cancelled needs a few turns of the loop to end.
    for _ in range(5):
        await asyncio.sleep(0)


class Users:
    """``client.users``, called synchronously, with a check that each request is of the right operation."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **arguments: self._call(method, arguments)

    def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        allowed = _operations(method, arguments)
        target = getattr(self._client.real.users, method)
        result = self._client.watched(allowed, lambda: target(**arguments))
        if method == "iter":
            return UserIterator(self._client, result, allowed)
        return self._client.watched(allowed, lambda: self._client.settle(result))


def _operations(method: str, arguments: dict[str, Any]) -> set[str]:
    if method == "get":
        return {"list_users" if "@" in str(arguments.get("user")) else "get_user"}
    return {
        "list": {"list_users"},
        "iter": {"list_users"},
        "create": {"create_user"},
        "update": {"update_user"},
        "delete": {"delete_user"},
        "resend_invitation": {"resend_user_invitation"},
        "reset_password": {"reset_user_password"},
        "bulk_delete": {"list_users", "delete_user"},
    }[method]


class UserIterator:
    """An iterator over users, whichever client gives it."""

    def __init__(self, client: Client, users: Any, allowed: set[str]) -> None:
        self._client = client
        self._users = users
        self._allowed = allowed

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._client.kind == "sync":
            return self._client.watched(self._allowed, lambda: next(self._users))
        try:
            return self._client.watched(self._allowed, lambda: self._client.wait(anext(self._users)))
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Stop before the end."""
        users = self._users
        self._client.settle(users.close() if self._client.kind == "sync" else users.aclose())
