"""Locks and forked processes."""

from __future__ import annotations

import os
from typing import Any, TypeVar
from weakref import WeakSet

L = TypeVar("L", bound=Any)

_locks: WeakSet[Any] = WeakSet()
_taken: list[Any] = []


def awaited_by_forks(lock: L) -> L:
    """Let a fork wait for a lock, so that the new process finds it free, and what it guards whole."""
    _locks.add(lock)
    return lock


def _take_all() -> None:
    for lock in list(_locks):
        lock.acquire()
        _taken.append(lock)


def _release_all() -> None:
    while _taken:
        _taken.pop().release()


if hasattr(os, "register_at_fork"):  # Windows cannot fork.
    os.register_at_fork(before=_take_all, after_in_parent=_release_all, after_in_child=_release_all)
