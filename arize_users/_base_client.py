"""What both clients of an account have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ._beta import announce
from ._core.runtime import NotCopied
from .config import NOT_GIVEN, NotGiven, Settings, Timeout
from .errors import NoSandboxError

if TYPE_CHECKING:
    from .sandbox import Sandbox

S = TypeVar("S", bound=Any)
U = TypeVar("U", bound=Any)


class BaseClient(NotCopied, Generic[S, U]):
    """A client's settings, its sender, and its resources."""

    def __init__(self, settings: Settings, sender: S, users: U) -> None:
        self._settings = settings
        self._sender = sender
        self._users = users
        self._owns_connections = True

    def with_options(
        self,
        *,
        timeout: Timeout | NotGiven = NOT_GIVEN,
        total_timeout: float | NotGiven | None = NOT_GIVEN,
        max_retries: int | NotGiven = NOT_GIVEN,
        headers: Mapping[str, str] | NotGiven = NOT_GIVEN,
    ) -> Self:
        """Give a client with other options over the same connections.

        Both share what was learnt of the server's enum case, and a rate limit pauses both. Closing the new
        client closes nothing; closing the client that was constructed ends them all, so keep it.

        Args:
            timeout: As for the client.
            total_timeout: As for the client.
            max_retries: As for the client.
            headers: Sent beside this client's, and instead of those of the same name.

        Returns:
            The client; what is left out is as in this one.

        Raises:
            ConfigurationError: An option is malformed.
        """
        client = object.__new__(type(self))
        vars(client).update(vars(self))
        client._settings = self._settings.with_options(
            timeout=timeout, total_timeout=total_timeout, max_retries=max_retries, headers=headers
        )
        client._sender = self._sender.with_settings(client._settings)
        client._users = self._users._with_options(client._settings, client._sender)
        client._owns_connections = False
        return client

    @property
    def users(self) -> U:
        """The users of the account. The first use in a process gives the `BetaWarning`."""
        announce(stacklevel=2)
        return self._users

    @property
    def sandbox(self) -> Sandbox:
        """The local account behind ``base_url="sandbox:…"``, with its outbox and clock.

        Of a client whose account is not a sandbox in this process it raises `NoSandboxError`, an
        `AttributeError`.
        """
        sandbox: Sandbox | None = self._sender.sandbox
        if sandbox is None:
            raise NoSandboxError(
                f"the account at {self._settings.base_url} is not a sandbox in this process",
                hint="ArizeClient(base_url='sandbox:') has a sandbox; getattr(client, 'sandbox', None) asks.",
            )
        return sandbox

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._settings.base_url!r})"
