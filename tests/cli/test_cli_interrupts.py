"""Ctrl-C during a change and after it: no outcome is lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from arize_users import UsersClient
from arize_users.cli import create, delete, users
from arize_users.cli.interrupts import DeferredInterrupt
from arize_users.sandbox import Sandbox

from .runs import PATIENCE, Ax

NEW = ["create", "-n", "Ada", "-e", "ada@example.com", "-r", "member", "--invite-mode", "temporary_password"]


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _call(function: Callable[[], object], written: list[object]) -> None:
    with DeferredInterrupt() as interrupt:
        written.append(interrupt.call(function))


def _after_ctrl_c(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: object, **named: object) -> object:
        _ctrl_c()
        return function(*arguments, **named)

    return run


def test_password_survives(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after a user was created ends the command once the temporary password is written."""
    monkeypatch.setattr(create, "deliver", _after_ctrl_c(create.deliver))
    ran = ax(*NEW, "-o", "json")
    assert (ran.code, ran.err) == (130, "interrupted\n")
    assert ran.json["temporary_password"]


def test_update_is_shown(ax: Ax, jane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after a user was updated ends the command once the user is written."""
    monkeypatch.setattr(users, "deliver", _after_ctrl_c(users.deliver))
    ran = ax("update", jane, "-n", "Janet", "-o", "json")
    assert (ran.code, ran.json["name"]) == (130, "Janet")


@pytest.mark.parametrize("moment", ["after the call", "before writing"])
def test_results_survive(ax: Ax, jane: str, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Ctrl-C after a bulk delete ends the command once its results are written."""
    if moment == "after the call":
        bulk_delete = UsersClient.bulk_delete

        def then_ctrl_c(*arguments: Any, **named: Any) -> object:
            results = bulk_delete(*arguments, **named)
            _ctrl_c()
            return results

        monkeypatch.setattr(UsersClient, "bulk_delete", then_ctrl_c)
    else:
        monkeypatch.setattr(delete, "deliver", _after_ctrl_c(delete.deliver))
    ran = ax("delete", "--id", jane, "-f", "-o", "json")
    assert (ran.code, ran.err) == (130, "1 deleted\ninterrupted\n")
    assert [one["status"] for one in ran.json["results"]] == ["deleted"]


@pytest.mark.parametrize("first", ["the answer", "Ctrl-C"])
def test_no_gap(monkeypatch: pytest.MonkeyPatch, first: str) -> None:
    """An answer that is there counts, even if Ctrl-C came in the same moment."""
    start, written = threading.Thread.start, []

    def start_and_interrupt(thread: threading.Thread) -> None:
        if first == "Ctrl-C":
            _ctrl_c()
        start(thread)
        thread.join()
        _ctrl_c()

    monkeypatch.setattr(threading.Thread, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        _call(lambda: "the outcome", written)
    assert written == ["the outcome"]


def test_call_is_stopped() -> None:
    """Ctrl-C during the call ends the wait for it, and works as before afterwards."""
    before, written, released = signal.getsignal(signal.SIGINT), [], threading.Event()

    def interrupted_call() -> None:
        _ctrl_c()
        released.wait(PATIENCE)

    with pytest.raises(KeyboardInterrupt):
        _call(interrupted_call, written)
    released.set()
    assert written == []
    assert signal.getsignal(signal.SIGINT) is before


def test_error_takes_precedence() -> None:
    """An error that says where the outcome is takes precedence over Ctrl-C."""

    def write() -> None:
        with DeferredInterrupt() as interrupt:
            interrupt.call(int)
            _ctrl_c()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write()


def test_ignored_stays_ignored() -> None:
    """A run that ignores Ctrl-C, as a script's background job does, still ignores it."""
    before, written = signal.signal(signal.SIGINT, signal.SIG_IGN), []
    try:
        _call(_ctrl_c, written)
    finally:
        signal.signal(signal.SIGINT, before)
    assert written == [None]
