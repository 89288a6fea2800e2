"""A sandbox and a client of it: what most tests of the layer work on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from arize_users.sandbox import Sandbox

from .clients import Client
from .transports import Recorder, Sent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""Where the clock of a test's sandbox stands."""

CALLERS = ["owner@sandbox.example", "member@sandbox.example", "annotator@sandbox.example"]
"""The users that every sandbox begins with, in list order."""

Connect = Callable[..., Client]


@frozen
class Account:
    """An account of either generation, and a client of either kind that knows which it is."""

    sandbox: Sandbox
    client: Client
    case: str

    @property
    def users(self) -> Any:
        """``client.users``, called synchronously."""
        return self.client.users

    @property
    def recorder(self) -> Recorder:
        """The record of the requests."""
        return self.client.recorder

    @property
    def sent(self) -> list[Sent]:
        """The requests since the test began."""
        return self.recorder.sent

    @property
    def done(self) -> list[tuple[str, str]]:
        """What the server did: actions and the emails they were done to."""
        return [(entry.action, entry.email) for entry in self.sandbox.audit]

    def say(self, word: str) -> str:
        """Spell a value as the server does."""
        return word.upper() if self.case == "upper" else word


def primed_account(sandbox: Sandbox, client: Client, case: str) -> Account:
    """Let a client see one answer, so that it knows the server's case, and forget that it asked."""
    client.users.list(limit=1)
    client.recorder.forget()
    sandbox.clear_log()
    return Account(sandbox, client, case)
