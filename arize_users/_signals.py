"""Handles signals for a while."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

TERMINATING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name))
"""What ends a program beside Ctrl-C. SIGBREAK is for Windows, where no other program can send a SIGTERM."""


@contextmanager
def handled(handler: Callable[..., Any] | signal.Handlers, *numbers: int) -> Iterator[None]:
    """Handle these signals by ``handler``; a thread other than the main one cannot, and does not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
