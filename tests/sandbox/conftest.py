"""A sandbox, and clients for it over each of its adapters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_api import ADAPTERS, Api, in_process
from support.account import NOON

from arize_users.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.set_time(NOON)
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with in_process(sandbox) as api:
        yield api


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def any_api(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Api]:
    with request.param(sandbox) as api:
        yield api
