"""The synchronous client: signatures and documentation; the rules are in `_operations` and `_bulk`."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import httpx

from ._beta import announce
from ._bulk import bulk_delete
from ._flow import Flow, SyncDriver
from ._operations import Operations
from ._transport import Sender
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

When = datetime | date | str


class ArizeClient:
    """A client of one Arize account. Safe to share between threads; close it when done.

    The asynchronous one is safe to share between the tasks of one event loop.

    What is not given comes from the environment, then from the defaults:

    - ``api_key``: ARIZE_API_KEY.
    - ``base_url`` or ``region``: ARIZE_BASE_URL, ARIZE_REGION, or ARIZE_API_HOST with ARIZE_API_SCHEME and
      ARIZE_API_PORT; else the hosted API. ``"sandbox:"`` is a local account in memory, ``"sandbox:PATH"`` one
      in a file; neither needs a key.
    - ``timeout``: seconds for each wait of a request, 30 by default and 5 to connect; or an `httpx.Timeout`.
    - ``verify``: False, a CA bundle, or an ssl.SSLContext; ARIZE_REQUEST_VERIFY, ARIZE_SSL_CA_CERT.
    - ``proxy``: a URL; ARIZE_PROXY_URL.
    - ``headers``: sent with every request; not Authorization.
    - ``max_retries``: repetitions of a request that is safe to repeat, 2 by default; ARIZE_MAX_RETRIES.
    - ``enum_case``: "lower" or "upper" where the deployment's generation is known; "auto" finds out;
      ARIZE_ENUM_CASE.
    - ``allow_insecure_http``: lets the key travel unencrypted to a host that is not this machine.
    - ``transport``: an `httpx.BaseTransport` instead of the network.

    Raises:
        ConfigurationError: a setting is missing, malformed, or named twice at the same level.
    """

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
        transport: httpx.BaseTransport | None = None,
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
        self._sender = Sender(self._settings, transport)
        self._users = UsersClient(Operations(self._settings), SyncDriver(self._sender.send))

    @property
    def users(self) -> UsersClient:
        """The users of the account."""
        return self._users

    @property
    def sandbox(self) -> Sandbox | None:
        """The local account behind ``base_url="sandbox:…"``, with its outbox and clock; else None."""
        return self._sender.sandbox

    def close(self) -> None:
        """Close the connections, and a sandbox that this client opened. Closing twice is fine."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._settings.base_url!r})"


class UsersClient:
    """The users of one account: ``client.users``.

    Every method raises `InvalidArgumentError` before any request for an argument that cannot be right,
    a subclass of `APIError` for an answer of 300 or above, `APIConnectionError` or its subclass
    `APITimeoutError` when no whole answer came, and `ResponseDecodeError` for a 2xx that is not what the
    contract says. Its own errors are listed with each method.
    """

    def __init__(self, operations: Operations, driver: SyncDriver) -> None:
        self._operations = operations
        self._driver = driver

    def _run(self, start: Callable[[], Flow[T]]) -> T:
        announce(stacklevel=3)
        return self._driver.run(start())

    def list(
        self,
        *,
        email: str | None = None,
        status: str | Iterable[str] | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> UserPage:
        """List one page of users, oldest first.

        ``email`` keeps users whose address contains it, ignoring case (at most 255 characters);
        ``status`` is one of active, invited, expired or several of them, in any case. Without it all
        three are listed; blocked users never are. ``limit`` is 1 to 100; ``cursor`` is the
        ``pagination.next_cursor`` of the page before. Needs the admin or member role, or USER_READ.
        """
        return self._run(
            lambda: self._operations.list(email=email, status=status, limit=limit, cursor=cursor)
        )

    def iter(
        self,
        *,
        email: str | None = None,
        status: str | Iterable[str] | None = None,
        created_after: When | None = None,
        created_before: When | None = None,
        page_size: int = 100,
        prefetch: bool = False,
    ) -> Iterator[User]:
        """Give every matching user, oldest first, fetching pages as they are needed.

        ``email`` and ``status`` filter as in `list`. ``created_after`` (inclusive) and ``created_before``
        (exclusive) are datetimes, texts such as ``2026-03-01`` or ``1 March 2026 9:00``, or ages such as
        ``30 days`` or ``6 months``; without a zone they are UTC. No page is asked for past
        ``created_before``. ``page_size`` is 1 to 100. With ``prefetch`` the next page, never more than
        one, is fetched while you work on the current one. Arguments are checked at the call.

        Raises:
            PaginationError: the server gave a cursor twice, or promises more without one.
        """
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
    def _users_of(pages: Iterator[tuple[User, ...]]) -> Iterator[User]:
        for users in pages:
            yield from users

    def get(self, *, user: str) -> User | None:
        """Get a user by id, or by email when ``user`` holds an ``@``.

        An email is matched exactly, ignoring case, over all pages of the API's substring search; None
        when nobody has it. Needs the admin or member role, or USER_READ.

        Raises:
            NotFoundError: the id is unknown, of another account, or of a blocked user.
        """
        return self._run(lambda: self._operations.get(user=user))

    def create(
        self,
        *,
        name: str,
        email: str,
        role: str | PredefinedUserRole | CustomUserRole,
        invite_mode: str,
        is_developer: bool | None = None,
    ) -> CreatedUser:
        """Create a user, or invite again one whose invitation expired.

        ``name`` has 1 to 255 characters. ``role`` is admin, member or annotator, or a role builder's
        result. ``invite_mode``: "none" makes an active user and sends nothing; "email_link" mails a
        link; "temporary_password" answers a password, once, in ``temporary_password``. Unless it is
        "none", the email is an idempotency key: for a user already invited the answer has
        ``created`` False and nothing is sent again. ``is_developer`` left out is True for admin and
        member and False for annotator. Needs the admin role or USER_CREATE.

        Raises:
            ConflictError: the email is that of an active user, or of a blocked one, who cannot return.
            NotFoundError: there is no such custom role.
            OutcomeUnknownError: the answer with the temporary password was lost; see its text.
        """
        return self._run(
            lambda: self._operations.create(
                name=name,
                email=email,
                role=role,
                invite_mode=invite_mode,
                is_developer=is_developer,
            )
        )

    def update(self, *, user_id: str, name: str | None = None, is_developer: bool | None = None) -> User:
        """Change a user's name or developer permission; what is left out stays.

        Idempotent. At least one of the two; ``name`` has 1 to 255 characters. Changing
        ``is_developer`` needs an admin, the rest the admin role or USER_UPDATE.

        Raises:
            NotFoundError: the id is unknown, of another account, or of a blocked user.
        """
        return self._run(
            lambda: self._operations.update(user_id=user_id, name=name, is_developer=is_developer)
        )

    def delete(self, *, user_id: str) -> None:
        """Block a user for good, and remove memberships, API keys and role bindings.

        Idempotent. There is no way back, and the address cannot be invited again. Nobody can delete
        themselves. Needs the admin role or USER_DELETE.

        Raises:
            NotFoundError: the id is unknown or of another account.
        """
        return self._run(lambda: self._operations.delete(user_id=user_id))

    def resend_invitation(self, *, user_id: str) -> None:
        """Send the invitation mail again. Each call sends one mail.

        Needs the admin role or USER_CREATE.

        Raises:
            BadRequestError: the user is not invited, or logs in through SAML or an IdP.
        """
        return self._run(lambda: self._operations.resend_invitation(user_id=user_id))

    def reset_password(self, *, user_id: str) -> None:
        """Mail a password reset link, which lives 30 minutes. Each call sends one mail.

        Needs the admin role or USER_UPDATE.

        Raises:
            BadRequestError: the user logs in through SSO or SAML, or is not verified yet.
        """
        return self._run(lambda: self._operations.reset_password(user_id=user_id))

    def bulk_delete(
        self,
        *,
        user_ids: Iterable[str] | None = None,
        emails: Iterable[str] | None = None,
        max_concurrency: int = 8,
        on_result: Callable[[BulkUserDeletionResult], object] | None = None,
    ) -> builtins.list[BulkUserDeletionResult]:
        """Delete many users, by id, by email, or both; see `delete` for what that means.

        Gives one result for each distinct input (emails ignoring case): ids first, then emails, each in
        your order. All emails are looked up before the first deletion. A user named twice is deleted
        once. A failure is a result, not an error, and the batch goes on. At most ``max_concurrency``
        requests are under way at once. ``on_result`` is called with each result as it arrives, one
        call at a time, on your thread. Safe to call again with the same inputs.

        Raises:
            InvalidArgumentError: an entry could be neither id nor email; nothing was sent.
            UnauthorizedError: the key was refused before anything was deleted.
            BulkInterrupted: an interrupt or ``on_result`` stopped it; its ``results`` hold every outcome.
        """
        batch = bulk_delete(
            self._operations,
            user_ids=user_ids,
            emails=emails,
            max_concurrency=max_concurrency,
            on_result=on_result,
        )
        with batch.accounted_for():
            return self._run(batch.run)
