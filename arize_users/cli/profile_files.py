"""The files of Arize's CLI as text and TOML, and the line of what is wrong in them."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
"""What tomllib ends its messages with."""


class FileProblem(Exception):
    """What is wrong in a file.

    Args:
        what: What is wrong.
        line: The number of its line; None where that is not known.
    """

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def text_of(content: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark, or the UTF-16 of PowerShell's redirections.

    Raises:
        FileProblem: It is neither.
    """
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_utf_16 else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "ignore")
        raise FileProblem("it is not text in UTF-8", before.count("\n") + 1) from error


def tables_of(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises:
        FileProblem: It is none.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise FileProblem("it is not TOML that can be read: it is nested too deeply") from error
    except ValueError as error:
        message, place = str(error), _PLACE.search(str(error))
        if place is None:
            raise FileProblem(f"it is not TOML: {message}") from error
        line = int(place[1]) if place[1] else text.rstrip().count("\n") + 1
        raise FileProblem(f"it is not TOML: {message[: place.start()]}", line) from error


def line_of(text: str, path: Sequence[str]) -> int | None:
    """Find the line where a table or an entry begins; None where it is spelled in another way."""
    lines = text.split("\n")
    # tomllib keeps no places, but what comes before the entry is TOML without it.
    places = [
        number
        for number, line in enumerate(lines)
        if path[-1] in line and _lacks("\n".join(lines[:number]), path)
    ]
    return places[-1] + 1 if places else None


def _lacks(text: str, path: Sequence[str]) -> bool:
    try:
        found: Any = tomllib.loads(text)
    except ValueError:
        return False
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return True
        found = found[name]
    return False
