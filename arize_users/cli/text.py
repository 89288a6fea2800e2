"""Text of a server as output that cannot style, break or hide anything.

Tables and messages show invisible characters as escapes. Files of data keep the exact text; see
``arize_users._cells``.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from arize_users._cells import iso_time

# Control, format (bidi overrides among them), lone surrogates, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Format characters that scripts and emoji need; they only join their neighbours.
_JOINERS = frozenset("\u200c\u200d")
_PYTHON_WAY = re.compile(
    r"\s\((in code, )?(columns|encoding|format|keep|max_removals|min_admins|passwords|remove_missing|"
    r"skip_invalid)=[^()]*\)"
)
"""What a sentence adds for Python programs, behind the option of the same meaning."""
_METHOD = re.compile(r"\busers\.([a-z_]+)(\(\w*=[^()]*\))?")
_PARAMETER = re.compile(
    r"(?<![-\w])(include_inactive|max_removals|min_admins|remove_missing|remove_renamed|skip_invalid)\b"
)


def literal(text: str) -> str:
    r"""Escape the invisible characters of a text, as \x1b or \n."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(letter: str) -> str:
    is_invisible = unicodedata.category(letter) in _INVISIBLE and letter not in _JOINERS
    return letter.encode("unicode_escape").decode("ascii") if is_invisible else letter


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
