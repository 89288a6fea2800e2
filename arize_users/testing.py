"""Pytest fixtures for people who test their own code that calls the layer.

They come with the package; there is nothing to import or configure. `arize_sandbox` is a fresh account
with clients of it, in process; `arize_sandbox_server` is the same account on an HTTP port as well. The
first generation of the API is spoken, unless `@pytest.mark.arize_enum_case("upper")` asks for the
second for a test, or `--arize-enum-case upper` for a run.

While a fixture is in use the environment's settings of a real account are put aside, so no test reaches
one by accident, and the beta warning is silent.
"""

# Every pytest run of everyone who has the package loads this module, mostly for nothing: whatever is slow
# to import is imported by the fixtures.

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from datetime import datetime

    from .async_client import AsyncArizeClient
    from .client import ArizeClient
    from .sandbox import Faults, Mail, ReceivedRequest, Sandbox, SandboxServer

_MARKER = "arize_enum_case"
_OPTION = "--arize-enum-case"
_CASES = ("lower", "upper")
_SETTINGS_OF_AN_ACCOUNT = (
    "ARIZE_API_KEY",
    "ARIZE_BASE_URL",
    "ARIZE_REGION",
    "ARIZE_API_HOST",
    "ARIZE_API_SCHEME",
    "ARIZE_API_PORT",
    "ARIZE_ENUM_CASE",
    "ARIZE_PROXY_URL",
    "ARIZE_REQUEST_VERIFY",
    "ARIZE_SSL_CA_CERT",
)


class ArizeSandbox:
    """A fresh account of a local users API, for one test: the fixture `arize_sandbox`.

    Both clients see the same account, as its owner (an admin). The owner and the two other callers of
    the sandbox, a member and an annotator, are users of it from the start.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        """The account itself, with all that a tester may do and see behind the API's back."""

    @cached_property
    def client(self) -> ArizeClient:
        """A client of the account, in process; closed after the test."""
        from .client import ArizeClient
        from .sandbox import SandboxTransport

        return ArizeClient(base_url="sandbox:", transport=SandboxTransport(self.sandbox))

    @cached_property
    def async_client(self) -> AsyncArizeClient:
        """An async client of the account, in process, for any event loop; closed after the test."""
        from .async_client import AsyncArizeClient
        from .sandbox import AsyncSandboxTransport

        return AsyncArizeClient(base_url="sandbox:", transport=AsyncSandboxTransport(self.sandbox))

    @property
    def outbox(self) -> list[Mail]:
        """The mail that the service would have sent, oldest first."""
        return self.sandbox.outbox

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What the account was asked, in the order of its answers; without secrets."""
        return self.sandbox.requests

    @property
    def faults(self) -> Faults:
        """The faults that requests meet: ``faults.add("rate_limit", retry_after=0, nth=1)``."""
        return self.sandbox.faults

    def set_time(self, moment: datetime | None) -> None:
        """Make the account's clock stand at a moment, or follow the real one again (None).

        Raises:
            ValueError: the moment has no time zone.
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
        """Add a user directly and return the id; no request is made and no mail sent.

        ``name`` left out is the address before the ``@``. ``role`` is a predefined role or else a custom
        role's id; ``status`` is active, invited, expired or inactive (blocked).

        Raises:
            ValueError: the status is unknown, or the email is taken.
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
        """Close the clients that were used; the fixture does it."""
        made = vars(self)
        if "client" in made:
            self.client.close()
        if "async_client" in made:
            # Nothing is waited for in process, so one step closes it, without an event loop.
            closing_it = self.async_client.aclose()
            try:
                closing_it.send(None)
            except StopIteration:
                pass


class ArizeSandboxServer(ArizeSandbox):
    """The account of `arize_sandbox` on an HTTP port of this machine: the fixture `arize_sandbox_server`.

    For code that makes its own clients, for programs and for other languages: give them ``url`` and
    ``api_key``. A client made without arguments, also in a child process, finds them by itself, since
    ARIZE_BASE_URL and ARIZE_API_KEY are set for the test.
    """

    def __init__(self, sandbox: Sandbox, server: SandboxServer, api_key: str) -> None:
        super().__init__(sandbox)
        self.url = server.url
        """The base URL."""
        self.port = server.port
        """The port, a free one."""
        self.api_key = api_key
        """The account owner's key."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses the generation for a run."""
    parser.getgroup("arize-users").addoption(
        _OPTION,
        choices=_CASES,
        default="lower",
        help="the generation of the API that arize_sandbox speaks: lower case (default) or upper case",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that chooses the generation for a test."""
    config.addinivalue_line(
        "markers",
        f'{_MARKER}(case): let arize_sandbox speak the API\'s first ("lower") or second ("upper") generation',
    )


@pytest.fixture
def arize_sandbox(request: pytest.FixtureRequest) -> Iterator[ArizeSandbox]:
    """A fresh account of a local users API: clients, outbox, requests, clock, faults."""
    from .sandbox import Sandbox

    with (
        _real_account_put_aside(),
        Sandbox(enum_case=_enum_case(request)) as sandbox,
        closing(ArizeSandbox(sandbox)) as account,
    ):
        yield account


@pytest.fixture
def arize_sandbox_server(arize_sandbox: ArizeSandbox) -> Iterator[ArizeSandboxServer]:
    """The account of `arize_sandbox` served over HTTP on a free port: url, port, api_key."""
    from .sandbox import KEYS, SandboxServer

    sandbox = arize_sandbox.sandbox
    with (
        SandboxServer(sandbox) as server,
        pytest.MonkeyPatch.context() as environment,
        closing(ArizeSandboxServer(sandbox, server, KEYS[0])) as account,
    ):
        environment.setenv("ARIZE_BASE_URL", account.url)
        environment.setenv("ARIZE_API_KEY", account.api_key)
        # A proxy that the machine uses knows nothing of this server.
        excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        for name in ("no_proxy", "NO_PROXY"):
            environment.setenv(name, ",".join(filter(None, ("127.0.0.1", excepted))))
        yield account


def _enum_case(request: pytest.FixtureRequest) -> Literal["lower", "upper"]:
    case = request.config.getoption(_OPTION)
    marker = request.node.get_closest_marker(_MARKER)
    if marker is not None:
        if marker.kwargs or len(marker.args) != 1 or marker.args[0] not in _CASES:
            raise pytest.UsageError(f'mark with {_MARKER}("lower") or {_MARKER}("upper")')
        (case,) = marker.args
    return "upper" if case == "upper" else "lower"


@contextmanager
def _real_account_put_aside() -> Iterator[None]:
    # Not the fixture `monkeypatch`: a test that undoes that one would undo this, too.
    with pytest.MonkeyPatch.context() as environment:
        for name in _SETTINGS_OF_AN_ACCOUNT:
            environment.delenv(name, raising=False)
        # The one warning of a process must not fail whoever turns warnings into errors, and a warning
        # filter set by a fixture does not reach the test.
        environment.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", "1")
        yield
