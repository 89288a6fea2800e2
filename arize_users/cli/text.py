"""Sentences of the client in the words of a shell, and times in the local zone."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from arize_users._cells import iso_time

_PYTHON_WAY = re.compile(
    r"\s\((in code, )?(columns|encoding|format|keep|max_removals|min_admins|passwords|remove_missing|"
    r"skip_invalid)=[^()]*\)"
)
"""What a sentence adds for Python programs, behind the option of the same meaning."""
_METHOD = re.compile(r"\busers\.([a-z_]+)(\(\w*=[^()]*\))?")
_PARAMETER = re.compile(
    r"(?<![-\w])(include_inactive|max_removals|min_admins|remove_missing|remove_renamed|skip_invalid)\b"
)


def local_time(moment: datetime) -> str:
    """Write a time in the local zone, whole, so that it can be pasted into an option."""
    for zone in (None, UTC):
        with suppress(OverflowError, ValueError, OSError):  # The local calendar may have no such year.
            local = moment.astimezone(zone)
            # Before there were standard times, offsets had seconds, which few programs read.
            if (local.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta():
                return iso_time(local)
    return iso_time(moment)


def in_shell_words(text: str) -> str:
    """Say in a shell's words what the client says of its parameters: --max-removals for max_removals.

    For sentences of the client alone: a name of a person, or a word of a server, may look like a parameter.
    """
    return _PARAMETER.sub(lambda name: f"--{name[0].replace('_', '-')}", _PYTHON_WAY.sub("", text))


def with_commands(text: str, group: str) -> str:
    """Name commands, which begin with `group`, where the client names its methods."""
    return _METHOD.sub(lambda method: f"`{group} {method[1].replace('_', '-')}`", text)
