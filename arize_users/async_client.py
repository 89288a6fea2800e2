"""The asynchronous client: the surface of `client`, awaited. The documentation is there, too."""

from __future__ import annotations

import builtins
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import httpx

from ._beta import announce
from ._bulk import bulk_delete
from ._flow import AsyncDriver, Flow
from ._operations import Operations
from ._transport import AsyncSender
from .client import ArizeClient, UsersClient, When
from .config import Verify, resolve
from .types import (
    BulkUserDeletionResult,
    CreatedUser,
    CustomUserRole,
    PredefinedUserRole,
    User,
    UserPage,
)

if TYPE_CHECKING:
    from .sandbox import Sandbox

T = TypeVar("T")


def _documented_as(source: object) -> Callable[[T], T]:
    """Take over the documentation of the synchronous twin."""

    def document(target: T) -> T:
        target.__doc__ = source.__doc__
        return target

    return document


@_documented_as(ArizeClient)
class AsyncArizeClient:
    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        region: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        verify: Verify = None,
        proxy: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_retries: int | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        enum_case: str | None = None,
        allow_insecure_http: bool = False,
    ) -> None:
        self._settings = resolve(
            api_key=api_key,
            base_url=base_url,
            region=region,
            timeout=timeout,
            verify=verify,
            proxy=proxy,
            headers=headers,
            max_retries=max_retries,
            enum_case=enum_case,
            allow_insecure_http=allow_insecure_http,
        )
        self._sender = AsyncSender(self._settings, transport)
        self._users = AsyncUsersClient(Operations(self._settings), AsyncDriver(self._sender.send))

    @property
    @_documented_as(ArizeClient.users)
    def users(self) -> AsyncUsersClient:
        return self._users

    @property
    @_documented_as(ArizeClient.sandbox)
    def sandbox(self) -> Sandbox | None:
        return self._sender.sandbox

    @_documented_as(ArizeClient.close)
    async def aclose(self) -> None:
        await self._sender.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._settings.base_url!r})"


@_documented_as(UsersClient)
class AsyncUsersClient:
    def __init__(self, operations: Operations, driver: AsyncDriver) -> None:
        self._operations = operations
        self._driver = driver

    async def _run(self, start: Callable[[], Flow[T]]) -> T:
        announce(stacklevel=3)
        return await self._driver.run(start())

    @_documented_as(UsersClient.list)
    async def list(
        self,
        *,
        email: str | None = None,
        status: str | Iterable[str] | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> UserPage:
        return await self._run(
            lambda: self._operations.list(email=email, status=status, limit=limit, cursor=cursor)
        )

    @_documented_as(UsersClient.iter)
    def iter(
        self,
        *,
        email: str | None = None,
        status: str | Iterable[str] | None = None,
        created_after: When | None = None,
        created_before: When | None = None,
        page_size: int = 100,
        prefetch: bool = False,
    ) -> AsyncIterator[User]:
        announce(stacklevel=2)
        scan = self._operations.scan(
            email=email,
            status=status,
            created_after=created_after,
            created_before=created_before,
            page_size=page_size,
        )
        return self._users_of(self._driver.pages(scan.turn, prefetch=prefetch))

    @staticmethod
    async def _users_of(
        pages: AsyncGenerator[tuple[User, ...], None],
    ) -> AsyncGenerator[User, None]:
        async with aclosing(pages):
            async for users in pages:
                for user in users:
                    yield user

    @_documented_as(UsersClient.get)
    async def get(self, *, user: str) -> User | None:
        return await self._run(lambda: self._operations.get(user=user))

    @_documented_as(UsersClient.create)
    async def create(
        self,
        *,
        name: str,
        email: str,
        role: str | PredefinedUserRole | CustomUserRole,
        invite_mode: str,
        is_developer: bool | None = None,
    ) -> CreatedUser:
        return await self._run(
            lambda: self._operations.create(
                name=name,
                email=email,
                role=role,
                invite_mode=invite_mode,
                is_developer=is_developer,
            )
        )

    @_documented_as(UsersClient.update)
    async def update(
        self, *, user_id: str, name: str | None = None, is_developer: bool | None = None
    ) -> User:
        return await self._run(
            lambda: self._operations.update(user_id=user_id, name=name, is_developer=is_developer)
        )

    @_documented_as(UsersClient.delete)
    async def delete(self, *, user_id: str) -> None:
        return await self._run(lambda: self._operations.delete(user_id=user_id))

    @_documented_as(UsersClient.resend_invitation)
    async def resend_invitation(self, *, user_id: str) -> None:
        return await self._run(lambda: self._operations.resend_invitation(user_id=user_id))

    @_documented_as(UsersClient.reset_password)
    async def reset_password(self, *, user_id: str) -> None:
        return await self._run(lambda: self._operations.reset_password(user_id=user_id))

    @_documented_as(UsersClient.bulk_delete)
    async def bulk_delete(
        self,
        *,
        user_ids: Iterable[str] | None = None,
        emails: Iterable[str] | None = None,
        max_concurrency: int = 8,
        on_result: Callable[[BulkUserDeletionResult], object] | None = None,
    ) -> builtins.list[BulkUserDeletionResult]:
        batch = bulk_delete(
            self._operations,
            user_ids=user_ids,
            emails=emails,
            max_concurrency=max_concurrency,
            on_result=on_result,
        )
        with batch.accounted_for():
            return await self._run(batch.run)
