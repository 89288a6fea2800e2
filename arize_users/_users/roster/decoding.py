"""Opens files of people, and reads their bytes as text: by the byte order mark, as UTF-8, or as told."""

from __future__ import annotations

import codecs
import os
from typing import IO, Any

from ...errors import InvalidArgumentError
from .files import File
from .separated import count_line_ends
from .tables import refused

_MAX_BYTES = 64 * 2**20
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_SAVE = "Save as UTF-8, or --encoding cp1252 (in code, encoding='cp1252') where it is that."
_OTHER = "Save as UTF-8, or give the encoding that it has."


def checked_encoding(encoding: str | None) -> str | None:
    """Check the name of an encoding of text.

    Raises:
        InvalidArgumentError: There is none of this name.
    """
    if encoding is None:
        return None
    try:
        "".encode(encoding)
        return encoding
    except (LookupError, TypeError, ValueError):
        raise InvalidArgumentError(
            f"{encoding!r} is no encoding of text", argument="encoding", hint="Give one such as cp1252."
        ) from None


def read_content(file: File, name: str) -> bytes | str:
    """Read a path or an open file, whole.

    Raises:
        InvalidArgumentError: It is neither.
        RosterError: It cannot be read, or is larger than any roster.
    """
    try:
        if isinstance(file, str | os.PathLike):
            with open(file, "rb") as opened:
                content = _read(opened)
        elif callable(getattr(file, "read", None)):
            content = _read(file)
        else:
            raise InvalidArgumentError(
                f"expected a path or an open file, got {type(file).__name__}", argument="path_or_file"
            )
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise refused(name, f"is not {error.encoding}: it holds the byte 0x{byte:02X}", _SAVE) from error
    except InvalidArgumentError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refused(name, f"cannot be read: {reason}") from error
    if len(content) > _MAX_BYTES:
        raise refused(name, f"is larger than {_MAX_BYTES // 2**20} MiB: no roster is")
    return content


def _read(file: IO[Any] | IO[bytes]) -> bytes | str:
    content = file.read(_MAX_BYTES + 1)
    if not isinstance(content, bytes | str):
        raise ValueError(f"read() gave {type(content).__name__}, neither bytes nor text")
    return content


def decoded(content: bytes | str, encoding: str | None, name: str) -> tuple[str, bool]:
    """Read bytes as text, and tell whether they began with a byte order mark.

    Raises:
        RosterError: They are not of the encoding; says where.
    """
    if isinstance(content, str):
        return content.removeprefix("\ufeff"), False
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    if not mark and encoding is None and b"\x00" in content[:2]:
        raise refused(
            name, "looks like UTF-16 without a byte order mark", "Save as UTF-8, or --encoding utf-16-le."
        )
    # What a mark says is certain; an encoding that is given beside it is a guess.
    used = _MARKS[mark] if mark else encoding or "utf-8"
    try:
        return content[len(mark) :].decode(used).removeprefix("\ufeff"), bool(mark)
    except UnicodeError as error:
        raise _undecodable(content, error, len(mark), used, name) from None


def _undecodable(content: bytes, error: UnicodeError, skipped: int, encoding: str, name: str) -> Exception:
    called, hint = (encoding.upper(), _SAVE) if encoding == "utf-8" else (encoding, _OTHER)
    if not isinstance(error, UnicodeDecodeError):
        return refused(name, f"is not {called}: {error}", hint)
    start = error.start + skipped
    before = content[skipped:start].decode(encoding, "replace")
    line = 1 + count_line_ends(before, 0, len(before))
    what = f"is not {called}: line {line}, byte {start + 1} of the file (0x{content[start]:02X})"
    if error.reason in ("unexpected end of data", "truncated data"):
        return refused(name, f"{what}, where it ends inside a character", "Get the whole file.")
    return refused(name, what, hint)
