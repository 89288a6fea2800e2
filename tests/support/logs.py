"""Secrets that must be in no log, and a check that they are not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from arize_users.sandbox import KEYS

LOGGERS = ("arize_users", "httpx", "httpcore", "asyncio", "anyio")


class Listener(logging.Handler):
    """Keeps every line that is logged while it listens."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def of(self, logger: str) -> list[str]:
        """Give the lines of one logger."""
        return [line for line in self.lines if line.startswith(logger)]


@contextmanager
def listening(*secrets: str) -> Iterator[Listener]:
    """Hear everything that is logged, down to DEBUG; see that no key and no secret was in it."""
    listener = Listener()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(listener)
        logger.setLevel(logging.DEBUG)
    try:
        yield listener
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.removeHandler(listener)
            logger.setLevel(level)
    for secret in (*KEYS, *secrets):
        assert not [line for line in listener.lines if secret in line]
