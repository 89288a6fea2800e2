"""Fixtures of the tests that apply plans."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support.account import Account, Connect, primed_account
from support.answers import Reply
from support.applying import Place, answering
from support.transports import Recorder

from arize_users.sandbox import Sandbox


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder for the files of a run."""
    return Place(tmp_path / "plan.journal.jsonl", tmp_path / "passwords.csv")


@pytest.fixture
def answered(
    sandbox: Sandbox, connect: Connect, kind: str, case: str
) -> Callable[[Callable[[httpx.Request], Reply | None]], Account]:
    """Give an account some of whose requests are answered otherwise."""

    def open_one(answer: Callable[[httpx.Request], Reply | None]) -> Account:
        client = connect(Recorder(answering(sandbox, kind, answer), None), judged=False, case=case)
        return primed_account(sandbox, client, case)

    return open_one
