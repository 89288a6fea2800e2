"""Users as a pandas frame, and what its cells may hold: one rule for a page of them and for all."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from .errors import InvalidArgumentError

if TYPE_CHECKING:
    import pandas

FrameCase = Literal["lower", "upper"] | None
"""How a frame spells the values of the API; None is as they are read."""


def check_frame(case: FrameCase) -> None:
    """See that a frame can be made, before anything is fetched for it.

    Raises:
        ImportError: pandas is not installed.
        InvalidArgumentError: There is no such case.
    """
    if case not in (None, "lower", "upper"):
        raise InvalidArgumentError(f"{case!r} is neither 'lower' nor 'upper'", argument="case")
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise ImportError("to_df() needs pandas: install it with `pip install 'arize-users[df]'`") from error


def data_frame(
    users: Iterable[dict[str, Any]], columns: Sequence[str], *, case: FrameCase
) -> pandas.DataFrame:
    """Make a frame of the rows of users; see `UserPage.to_df`."""
    check_frame(case)
    import pandas

    rows = [{name: encodable(value) for name, value in _spelt(row, case).items()} for row in users]
    times = [row["created_at"] for row in rows]
    for row in rows:
        if isinstance(row["created_at"], datetime):
            row["created_at"] = in_utc(row["created_at"])
    frame = pandas.DataFrame(rows, columns=columns)
    frame["created_at"] = pandas.to_datetime(frame["created_at"], utc=True, errors="coerce")
    held = frame["created_at"].notna()
    lost = [time for time, is_held in zip(times, held, strict=True) if time is not None and not is_held]
    if lost:
        warnings.warn(
            f"the frame cannot hold {len(lost)} of {len(times)} times of created_at, and has NaT "
            f"for them; the first is {lost[0]}",
            stacklevel=3,
        )
    return frame


def _spelt(row: dict[str, Any], case: FrameCase) -> dict[str, Any]:
    """Spell the values of the API in a case; the name of a custom role stays."""
    if case is None:
        return row
    names = ["status", "role_type"]
    if row["role_type"] is not None and row["role_type"].lower() == "predefined":
        names.append("role_name")
    return row | {name: row[name] and getattr(row[name], case)() for name in names}


@contextmanager
def user_counter(*, shown: bool) -> Iterator[Callable[[], object]]:
    """Give what counts one user: on a progress bar, where one is wanted, tqdm is installed, and it can write.

    Programs without a console have no standard error, and that of others may be closed or full.
    """
    bar: Any = None
    if shown and sys.stderr is not None:
        with suppress(ImportError, OSError, ValueError):
            bar = _bar(import_module("tqdm.auto").tqdm)
    try:
        yield (lambda: None) if bar is None else bar.update
    finally:
        if bar is not None:
            with suppress(OSError, ValueError):
                bar.close()


def _bar(tqdm: Any) -> Any:
    bar = tqdm(desc="Reading users", unit=" users", delay=1e-9)  # So that it is not drawn at once.
    draw = bar.display

    def display(*args: Any, **options: Any) -> None:
        with suppress(OSError, ValueError):
            draw(*args, **options)

    # An error of it leaves the lock of all bars locked: another thread would wait for it for good.
    bar.display = display
    bar.refresh()
    bar.delay = 0
    return bar


def as_utc(moment: datetime) -> datetime:
    """Read a time without a zone as UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime | None:
    """Convert a time to UTC; None where it is then before the year 1 or after the year 9999."""
    try:
        return as_utc(moment).astimezone(UTC)
    except OverflowError:
        return None


def encodable(value: object) -> object:
    """Escape a lone surrogate in a text: JSON can hold one, UTF-8 cannot."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
