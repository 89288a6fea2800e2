"""Pytest fixtures for people who test their own code that calls this package.

They come with the package; there is nothing to import or configure. `arize_sandbox` is a fresh account with
clients for it, in process; `arize_sandbox_server` serves the same account on an HTTP port, too. The account
is of the first generation of the API, unless `@pytest.mark.arize_enum_case("upper")` asks for the second one
for a test, or `--arize-enum-case upper` for a run. `@pytest.mark.arize_sandbox_options(...)` takes what else
`Sandbox` does, such as `member_may_create=True`.

While a fixture is in use, the environment variables that this package reads are unset, so that no test
reaches a real account by accident, and the beta warning is off.
"""

# Every pytest run loads this module wherever the package is installed, mostly without using it: the fixtures
# import what is slow to import.

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from datetime import datetime

    from .async_client import AsyncArizeClient
    from .client import ArizeClient
    from .sandbox import Faults, Mail, ReceivedRequest, Sandbox, SandboxServer

_MARKER = "arize_enum_case"
_OPTIONS_MARKER = "arize_sandbox_options"
_OPTION = "--arize-enum-case"
_CASES = ("lower", "upper")


class ArizeSandbox:
    """A fresh account of a local users API for one test: the fixture `arize_sandbox`.

    Both clients use the same account, with the key of its owner (an admin). The owner and the owners of the
    two other keys, a member and an annotator, are users of it from the start.

    Attributes:
        sandbox: The account itself, with everything that a test can set and see in it directly.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    @cached_property
    def client(self) -> ArizeClient:
        """A client for the account, in process. It is closed after the test."""
        from .client import ArizeClient
        from .sandbox import SandboxTransport

        return ArizeClient(base_url="sandbox:", transport=SandboxTransport(self.sandbox))

    @cached_property
    def async_client(self) -> AsyncArizeClient:
        """An async client for the account, in process, for any event loop. It is closed after the test."""
        from .async_client import AsyncArizeClient
        from .sandbox import AsyncSandboxTransport

        return AsyncArizeClient(base_url="sandbox:", transport=AsyncSandboxTransport(self.sandbox))

    @property
    def outbox(self) -> list[Mail]:
        """The mail that the service would have sent, oldest first."""
        return self.sandbox.outbox

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that the account has received, in the order of their responses; without secrets."""
        return self.sandbox.requests

    @property
    def faults(self) -> Faults:
        """The faults that requests meet: `faults.add("rate_limit", retry_after=0, nth=1)`."""
        return self.sandbox.faults

    def set_time(self, moment: datetime | None) -> None:
        """Stop the account's clock, or let it run.

        Args:
            moment: The time at which the clock stands still; None lets it follow the real one.

        Raises:
            ValueError: The moment has no time zone, or is outside the years 1900 to 9000.
        """
        self.sandbox.set_time(moment)

    def add_user(
        self,
        *,
        email: str,
        name: str | None = None,
        role: str = "member",
        status: str = "active",
        is_developer: bool | None = None,
        created_at: datetime | None = None,
        sso: bool = False,
    ) -> str:
        """Add a user without a request and without a mail.

        Args:
            email: The email, which no other user may have, in any case of its ASCII letters.
            name: The display name; None is the part of the email before the "@".
            role: A predefined role, or else the id of a custom role.
            status: active, invited, expired, or inactive for a blocked user.
            is_developer: The developer flag; None is the default of the role.
            created_at: When the user was created; None is now, by the account's clock.
            sso: Whether the user logs in by SSO and so has no password.

        Returns:
            The user's id.

        Raises:
            ValueError: The status is unknown, the email is taken, or `created_at` has no time zone.
        """
        return self.sandbox.add_user(
            email=email,
            name=email.partition("@")[0] if name is None else name,
            role=role,
            status=status,
            is_developer=is_developer,
            created_at=created_at,
            sso=sso,
        )

    def close(self) -> None:
        """Close the clients that were used. The fixture calls this."""
        made = vars(self)
        if "client" in made:
            self.client.close()
        if "async_client" in made:
            # In process, closing waits for nothing, so one step finishes it without an event loop.
            with suppress(StopIteration):
                self.async_client.aclose().send(None)


class ArizeSandboxServer(ArizeSandbox):
    """The account of `arize_sandbox` on an HTTP port of this machine: the fixture `arize_sandbox_server`.

    It is for code that makes its own clients, for programs, and for other languages: give them `url` and
    `api_key`. A client without arguments, also in a child process, needs neither, since ARIZE_BASE_URL and
    ARIZE_API_KEY are set for the test.

    Attributes:
        sandbox: The account itself, with everything that a test can set and see in it directly.
        url: The base URL.
        port: The port, a free one.
        api_key: The account owner's key.
    """

    def __init__(self, sandbox: Sandbox, server: SandboxServer, api_key: str) -> None:
        super().__init__(sandbox)
        self.url: str = server.url
        self.port: int = server.port
        self.api_key = api_key


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses the generation of the API for a run."""
    parser.getgroup("arize-users").addoption(
        _OPTION,
        choices=_CASES,
        default="lower",
        help="the generation of the API that arize_sandbox has: lower case (default) or upper case",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers that choose the generation of the API and other options for a test."""
    config.addinivalue_line(
        "markers",
        f'{_MARKER}(case): give arize_sandbox the API\'s first ("lower") or second ("upper") generation',
    )
    config.addinivalue_line(
        "markers",
        f"{_OPTIONS_MARKER}(**options): make the account of arize_sandbox with these arguments of Sandbox",
    )


@pytest.fixture
def arize_sandbox(request: pytest.FixtureRequest) -> Iterator[ArizeSandbox]:
    """A fresh account of a local users API: clients, outbox, requests, clock, faults.

    Args:
        request: The test, which may have the markers `arize_enum_case` and `arize_sandbox_options`.

    Yields:
        The account; after the test its clients are closed.

    Raises:
        pytest.UsageError: A marker has no valid case, or no valid options.
    """
    with (
        _without_real_account(),
        _open_sandbox(request) as sandbox,
        closing(ArizeSandbox(sandbox)) as account,
    ):
        yield account


@pytest.fixture
def arize_sandbox_server(arize_sandbox: ArizeSandbox) -> Iterator[ArizeSandboxServer]:
    """The account of `arize_sandbox`, served over HTTP on a free port: url, port, api_key.

    Args:
        arize_sandbox: The account to serve.

    Yields:
        The served account; after the test the server is stopped.
    """
    from .sandbox import KEYS, SandboxServer

    sandbox = arize_sandbox.sandbox
    with (
        SandboxServer(sandbox) as server,
        pytest.MonkeyPatch.context() as environment,
        closing(ArizeSandboxServer(sandbox, server, KEYS[0])) as account,
    ):
        environment.setenv("ARIZE_BASE_URL", account.url)
        environment.setenv("ARIZE_API_KEY", account.api_key)
        # A proxy of this machine cannot reach the server.
        excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        for name in ("no_proxy", "NO_PROXY"):
            environment.setenv(name, f"127.0.0.1,{excepted}" if excepted else "127.0.0.1")
        yield account


def _open_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    from .sandbox import Sandbox

    given: tuple[object, ...] = ()
    options: dict[str, Any] = {}
    for marker in request.node.iter_markers(_OPTIONS_MARKER):  # Of the test first, then of class and module.
        given, options = given + marker.args, {**marker.kwargs, **options}
    try:
        # The path is None: an account in a file would not be fresh.
        return Sandbox(None, *given, **{"enum_case": _enum_case(request), **options})
    except (TypeError, ValueError) as error:
        text = f"mark with {_OPTIONS_MARKER} and keyword arguments of Sandbox: {error}"
        raise pytest.UsageError(text) from None


def _enum_case(request: pytest.FixtureRequest) -> Literal["lower", "upper"]:
    case = request.config.getoption(_OPTION)
    marker = request.node.get_closest_marker(_MARKER)
    if marker is not None:
        if marker.kwargs or len(marker.args) != 1 or marker.args[0] not in _CASES:
            raise pytest.UsageError(f'mark with {_MARKER}("lower") or {_MARKER}("upper")')
        (case,) = marker.args
    return "upper" if case == "upper" else "lower"


@contextmanager
def _without_real_account() -> Iterator[None]:
    from .config import VARIABLES, unread_variables

    # Not the fixture `monkeypatch`: a test that calls its undo() would undo this, too.
    with pytest.MonkeyPatch.context() as environment:
        for name in (*VARIABLES, *unread_variables(os.environ)):
            environment.delenv(name, raising=False)
        # The beta warning would fail a test when warnings are errors, and a warning filter that a fixture
        # sets does not apply to the test.
        environment.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", "1")
        yield
