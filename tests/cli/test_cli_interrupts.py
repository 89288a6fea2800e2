"""Ctrl-C at the moments that matter: nothing that happened is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from arize_users.cli import create, delete, users
from arize_users.cli.interrupts import OutcomeFirst
from arize_users.sandbox import Sandbox

from .runs import Ax

NEW = ["create", "-n", "Ada", "-e", "ada@example.com", "-r", "member", "--invite-mode", "temporary_password"]


def _ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def _written(to: list[str], function: Callable[..., Any], *arguments: object) -> None:
    with OutcomeFirst() as outcome:
        outcome.call(function, *arguments)
        to.append("the outcome")


def _interrupted(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: object, **named: object) -> object:
        _ctrl_c()
        return function(*arguments, **named)

    return run


def test_password_survives(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after a user was created comes after the temporary password was written."""
    monkeypatch.setattr(create, "deliver", _interrupted(create.deliver))
    ran = ax(*NEW, "-o", "json")
    assert (ran.code, ran.err) == (130, "interrupted\n")
    assert ran.json["temporary_password"]


def test_update_is_shown(ax: Ax, account: Sandbox, jane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after a user was updated comes after the user was written."""
    monkeypatch.setattr(users, "deliver", _interrupted(users.deliver))
    ran = ax("update", jane, "-n", "Janet", "-o", "json")
    assert (ran.code, ran.json["name"]) == (130, "Janet")


def test_results_survive(ax: Ax, account: Sandbox, jane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after a batch comes after its results were written."""
    monkeypatch.setattr(delete, "deliver", _interrupted(delete.deliver))
    ran = ax("delete", "--id", jane, "-f", "-o", "json")
    assert (ran.code, ran.err) == (130, "1 deleted\ninterrupted\n")
    assert [one["status"] for one in ran.json["results"]] == ["deleted"]


def test_no_gap() -> None:
    """Ctrl-C at the very end of a call, before anything was noted, loses no outcome either."""
    written = []
    # Without a frame of its own, it interrupts the one that called it.
    with pytest.raises(KeyboardInterrupt):
        _written(written, signal.raise_signal, signal.SIGINT)
    assert written == ["the outcome"]


def test_call_is_stopped() -> None:
    """Ctrl-C while the request is under way stops it, and is as it was afterwards."""
    before, written = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt):
        _written(written, _ctrl_c)
    assert written == []
    assert signal.getsignal(signal.SIGINT) is before


def test_error_goes_first() -> None:
    """An error that says where the outcome is wins over Ctrl-C."""

    def write() -> None:
        with OutcomeFirst() as outcome:
            outcome.call(int)
            _ctrl_c()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write()


def test_ignored_stays_ignored() -> None:
    """A run that ignores Ctrl-C, in the background of a script, goes on ignoring it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with OutcomeFirst() as outcome:
            outcome.call(_ctrl_c)
    finally:
        signal.signal(signal.SIGINT, before)
