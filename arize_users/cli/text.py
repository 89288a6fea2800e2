"""Text of a server as output that cannot style, break or hide anything.

Tables, messages and CSV show invisible characters as escapes. JSON and parquet keep the exact text.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

# Control, format (bidi overrides among them), lone surrogates, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Format characters that scripts and emoji need; they only join their neighbours.
_JOINERS = frozenset("\u200c\u200d")
# JSON allows these unescaped, but a terminal would act on them; and lone surrogates, which UTF-8 lacks.
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")  # noqa: RUF001 - spreadsheets read the wide forms too
_PYTHON_WAY = re.compile(r"\s\(\w+=[^()]*\)")
"""What a message adds for Python programs, behind the option of the same meaning."""
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


def json_bytes(document: object) -> bytes:
    """Write indented JSON in UTF-8, with escapes only for what is invisible and harmful."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return _UNSAFE_IN_JSON.sub(lambda unsafe: f"\\u{ord(unsafe[0]):04x}", text).encode()


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write CSV in UTF-8 with a header, always one line per row."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return sheet.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso_time(value)
    return defused(str(value))


def iso_time(moment: datetime) -> str:
    """Write a time whole, with its zone and without blanks, as the options that take a time read it."""
    return moment.isoformat().replace("+00:00", "Z")


def local_time(moment: datetime) -> str:
    """Write a time in the local zone, whole, so that it can be pasted into an option."""
    for zone in (None, UTC):
        with suppress(OverflowError, ValueError, OSError):  # The local calendar may have no such year.
            local = moment.astimezone(zone)
            # Before there were standard times, offsets had seconds, which few programs read.
            if (local.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta():
                return iso_time(local)
    return iso_time(moment)


def defused(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula, and escape what is invisible."""
    return literal(f"'{text}" if _FORMULA.match(text) else text)


def in_shell_words(text: str) -> str:
    """Say in a shell's words what the client says of its parameters: --max-removals for max_removals."""
    text = _PYTHON_WAY.sub("", text)
    return _PARAMETER.sub(lambda name: f"--{name[0].replace('_', '-')}", text)
