"""How far a command is: a bar at a terminal, else a line every few seconds, both on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, TypeVar, cast

from .terminal import Unfailing, is_plain, is_terminal, say, width

if TYPE_CHECKING:
    from arize_users import BulkProgress

P = TypeVar("P", bound=Sized)

Show = Callable[["BulkProgress"], None]
"""Shows how far a call is; an ``on_progress`` for the client."""

SECONDS_APART = 5.0
"""How often a line is written where there is no terminal, and after how long the first is."""


@contextmanager
def showing_progress() -> Iterator[Show]:
    """Give the function that shows progress, each phase in a bar or a line of its own."""
    if not has_bars():
        yield Lines().show
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    stream = cast("IO[str]", Unfailing(sys.stderr))
    # Rich takes a size that is left out from the environment, whatever that says.
    console = Console(file=stream, width=width(sys.stderr) or 80, height=25)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[wait]}", markup=False),
    )
    tasks: dict[str, TaskID] = {}
    waits: dict[str, str] = {}
    with Progress(*columns, console=console) as bars:

        def show(progress: BulkProgress) -> None:
            phase, wait = progress.phase, _wait(progress)
            # What changes seldom is drawn at once, and the rest a few times a second.
            is_seldom = waits != {phase: wait}
            for before in waits.keys() - {phase}:
                bars.remove_task(tasks.pop(before))  # One bar at a time: what was done is told at the end.
            waits.clear()
            waits[phase] = wait
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase.capitalize(), total=progress.total, wait="")
            bars.update(
                tasks[phase], completed=progress.done, total=progress.total, wait=wait, refresh=is_seldom
            )

        yield show
        for task in bars.tasks:
            if task.total is None:  # Now it is known how many there were.
                bars.update(task.id, total=task.completed)


def has_bars() -> bool:
    """Tell whether standard error is a terminal that can draw a line anew."""
    return is_terminal(sys.stderr) and not is_plain()


class Lines:
    """Says how far a call is in a line every few seconds, for a log.

    Args:
        clock: Gives the time in seconds, from any start.
        now: Gives the time of day.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._now = now
        self._said_at: float = clock()
        self._waiting_until: datetime | None = None

    def show(self, progress: BulkProgress) -> None:
        """Say it, if the last line is some seconds old or a wait begins that is as long."""
        until = progress.waiting_until
        is_new = until is not None and until != self._waiting_until
        begins = is_new and until is not None and (until - self._now()).total_seconds() >= SECONDS_APART
        if not begins and self._clock() - self._said_at < SECONDS_APART:
            return
        self._said_at, self._waiting_until = self._clock(), until
        of_all = "" if progress.total is None else f" of {progress.total:,}"
        say(", ".join(filter(None, (f"{progress.phase}: {progress.done:,}{of_all}", _wait(progress)))))


def _wait(progress: BulkProgress) -> str:
    until = progress.waiting_until
    return f"waiting for the rate limit until {until.astimezone():%H:%M:%S}" if until else ""


def counting(pages: Callable[..., Iterable[P]], noun: str) -> Generator[P]:
    """Pass pages on, and show how many things they held so far, and until when a rate limit makes it wait.

    Args:
        pages: Gives the pages, and takes ``on_progress``.
        noun: What they hold.
    """
    from arize_users import BulkProgress

    lines = None if has_bars() else Lines()
    total = 0
    shown = ""

    def show(progress: BulkProgress) -> None:
        nonlocal shown
        # A page that was not passed on yet may be lost to an interrupt.
        now = BulkProgress(phase="listing", done=total, waiting_until=progress.waiting_until)
        text = f"{total:,} {noun} … {_wait(now)}".rstrip()
        if text == shown or not (total or now.waiting_until):
            return
        if lines is not None:
            lines.show(now)
        else:
            rest = "\x1b[K" if len(text) < len(shown) else ""
            print(f"\r{text}{rest}", end="", file=sys.stderr, flush=True)
        shown = text

    try:
        for page in pages(on_progress=show):
            yield page
            total += len(page)
            show(BulkProgress(phase="listing", done=total))
    finally:
        if shown and lines is None:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
