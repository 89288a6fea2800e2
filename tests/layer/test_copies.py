"""Clients are neither copied nor pickled, and say what to do instead."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable

import pytest
from support.account import Connect

from arize_users.sandbox import Sandbox

WAYS: list[Callable[[object], object]] = [
    copy.copy,
    copy.deepcopy,
    *(functools.partial(pickle.dumps, protocol=number) for number in range(pickle.HIGHEST_PROTOCOL + 1)),
    lambda client: copy.deepcopy({"client": client}),
]


@pytest.mark.parametrize("way", WAYS)
def test_no_copies(connect: Connect, sandbox: Sandbox, way: Callable[[object], object]) -> None:
    """Copying or pickling a client or its users is refused in one sentence that says what to do instead."""
    client = connect(sandbox)
    for one in (client.real, client.real.users, client.real.with_options(max_retries=1)):
        with pytest.raises(TypeError) as caught:
            way(one)
        assert str(caught.value) == (
            f"{type(one).__name__} cannot be copied or pickled, because it holds connections: make a "
            "client in each process, and use with_options() for one with other options."
        )
    assert len(client.users.list()) == 3
    with pytest.raises(TypeError, match="each process"):
        pickle.dumps(client.real.users.get)
