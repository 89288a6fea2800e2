"""Warnings of the client on one line each; that the commands are in beta, once per machine and day."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date

from .terminal import say


@contextmanager
def notices() -> Iterator[None]:
    """Show each warning of the client once, on one line; that the functions are in beta, once a day."""
    from arize_users import BetaWarning, ConfigurationWarning

    said: set[str] = set()
    with warnings.catch_warnings():
        show_other = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: object, **named: object) -> None:
            if not issubclass(category, BetaWarning | ConfigurationWarning):
                show_other(message, category, *rest, **named)  # type: ignore[arg-type]
            elif str(message) not in said and (category is not BetaWarning or _is_first_today()):
                said.add(str(message))
                say(f"warning: {message}")

        warnings.showwarning = show
        # They are notices, and no errors even where PYTHONWARNINGS makes warnings errors.
        for category in (BetaWarning, ConfigurationWarning):
            warnings.simplefilter("always", category)
        yield


def _is_first_today() -> bool:
    """Tell whether no run of today came before this one, by a stamp that each day's first run renews.

    Where the stamp cannot be written, every run is the first.
    """
    from platformdirs import user_state_path

    stamp = user_state_path("arize-users", appauthor=False) / "beta-notice"
    # The time of the file counts, not its content: whatever is there, reading it could fail or wait.
    with suppress(OSError, ValueError, OverflowError):
        if date.fromtimestamp(stamp.stat().st_mtime) == date.today():
            return False
    # It is not absolute where there is no home, and would be made in the working directory.
    if stamp.is_absolute():
        with suppress(OSError):
            stamp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            stamp.touch()
    return True
