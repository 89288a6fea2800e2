"""A sandbox, and clients for it over each of its adapters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sandbox_api import ADAPTERS, START, Api, OpenApi, in_process

from arize_users.sandbox import Sandbox, SandboxServer


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.set_time(START)
        yield sandbox


@pytest.fixture
def open_api() -> Iterator[OpenApi]:
    with ExitStack() as stack:
        yield lambda sandbox: stack.enter_context(in_process(sandbox))


@pytest.fixture
def api(sandbox: Sandbox, open_api: OpenApi) -> Api:
    return open_api(sandbox)


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def any_api(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Api]:
    with request.param(sandbox) as api:
        yield api


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    with SandboxServer(sandbox) as server:
        yield server
