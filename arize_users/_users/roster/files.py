"""Files of people: their formats, how they are opened, and how they are written whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import IO, Any

from ...errors import InvalidArgumentError

FORMATS = ("csv", "tsv", "json", "jsonl", "xlsx")
_EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
_WITH_MACROS = ".xlsm"
"""Files of this name are read, but not written: Excel opens none without macros in it."""
File = str | os.PathLike[str] | IO[bytes] | IO[str]


def name_of(file: File) -> str | None:
    """Give the name of a path or of an open file, as far as it has one."""
    named = file if isinstance(file, str | os.PathLike) else getattr(file, "name", None)
    return os.fspath(named) if isinstance(named, str | os.PathLike) else None


def checked_format(format: str | None, file: File) -> str | None:
    """Give the format that is asked for, or else that of the name; None where neither says it.

    Raises:
        InvalidArgumentError: It is none of `FORMATS`.
    """
    if format is None:
        return _EXTENSIONS.get(os.path.splitext(name_of(file) or "")[1].lower())
    found = format.strip().lower() if isinstance(format, str) else format
    if found in FORMATS:
        return str(found)
    raise InvalidArgumentError(
        f"{format!r} is no format of people", argument="format", hint=f"Give one of {', '.join(FORMATS)}."
    )


def format_to_write(format: str | None, file: File) -> str:
    """Give the format to write a file in.

    Raises:
        InvalidArgumentError: Neither the argument nor the file's name says it.
    """
    found = checked_format(format, file)
    extension = os.path.splitext(name_of(file) or "")[1].lower()
    if found is None or (format is None and extension == _WITH_MACROS):
        raise InvalidArgumentError(
            f"the name {name_of(file)!r} does not say the format",
            argument="format",
            hint=f"Give one of {', '.join(FORMATS)}, or a file that ends in one of them.",
        )
    return found


def write_to(file: File, content: bytes, *, mode: int | None = None) -> None:
    """Write a path whole or not at all, or an open file.

    Args:
        file: A path, or a file open for bytes or for text.
        content: What to write.
        mode: The mode of a new file, such as 0o600; None for that of the process.
    """
    if isinstance(file, str | os.PathLike):
        _replace(os.path.realpath(file), content, mode)
        return
    writer: Any = file
    try:
        writer.write(content)
    except TypeError:  # It is open for text.
        writer.write(content.decode())


def _replace(path: str, content: bytes, mode: int | None) -> None:
    try:
        former = os.stat(path).st_mode
    except FileNotFoundError:
        former = None
    if former is not None and not stat.S_ISREG(former):
        with open(path, "wb") as file:  # A pipe or a device cannot be replaced.
            file.write(content)
        return
    folder, name = os.path.split(path)
    # A part of the name, because a longer one than the longest is none.
    draft = os.path.join(folder, f".{name[:30]}.{os.urandom(4).hex()}.part")
    created = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode or 0o666)
    try:
        with open(created, "wb") as file:
            if former is not None and mode is None:
                os.chmod(draft, stat.S_IMODE(former))
            file.write(content)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):  # It has its own name already, or what failed is the disk.
            os.chmod(draft, 0o600)  # Windows deletes no file that is read-only.
            os.unlink(draft)
        raise
