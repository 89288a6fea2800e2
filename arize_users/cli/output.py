"""Where output goes: checked before any request is sent, written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import NamedTuple

from arize_users._cells import csv_bytes, excel_bytes, import_openpyxl, json_bytes, json_lines, tsv_bytes
from arize_users._streams import silence, visible

from .answers import Answer
from .errors import UNWRITTEN, USAGE, CommandError
from .settings import FORMATS
from .terminal import encoding_of, has_colour, is_terminal, say, width, write_bytes

_EXTENSIONS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_TABLES = {"csv": csv_bytes, "tsv": tsv_bytes, "xlsx": excel_bytes}
_BINARY = {"parquet": "parquet", "xlsx": "Excel"}
"""Formats that nobody can read at a terminal, with their names."""


class Target(NamedTuple):
    """A format, and the file to write; standard output where there is no path.

    Args:
        format: The format.
        path: The file.
        is_new: Whether the file must not exist, because what it holds may be the only copy.
    """

    format: str
    path: str | None = None
    is_new: bool = False


def checked_target(requested: str, *, is_new: bool = False) -> Target:
    """Parse the value of --output, and check that it can be written.

    Raises:
        CommandError: It is neither a format nor a file of a known kind, it cannot be written, or an extra
            is missing.
    """
    target = _target(requested)._replace(is_new=is_new)
    if target.format in _BINARY:
        _require_extra(target.format)
    if target.path is not None:
        _check_file(target.path, is_new=is_new)
    elif sys.stdout is None:
        raise CommandError(UNWRITTEN, "standard output is closed", hint="Name a file with --output.")
    elif target.format in _BINARY and is_terminal(sys.stdout):
        binary = _BINARY[target.format]
        raise CommandError(USAGE, f"{binary} is not for reading", hint="Name a file with --output.")
    return target


def _target(requested: str) -> Target:
    format = requested.strip().lower()
    if format in FORMATS:
        return Target(format)
    extension = os.path.splitext(requested)[1].lower()
    if extension not in _EXTENSIONS:
        raise CommandError(
            USAGE,
            f"--output: {requested!r} is neither a format nor a file whose kind is known",
            hint=f"Use {', '.join(FORMATS)}, or a file ending in {', '.join(_EXTENSIONS)}.",
        )
    return Target(_EXTENSIONS[extension], requested)


def _require_extra(format: str) -> None:
    try:
        if format == "xlsx":
            import_openpyxl()
        else:
            import pyarrow.parquet  # noqa: F401 - only an import shows whether it works
    except ImportError as error:
        package, extra = ("openpyxl", "excel") if format == "xlsx" else ("pyarrow", "parquet")
        raise CommandError(
            UNWRITTEN,
            f"{_BINARY[format]} needs {package}, which cannot be loaded ({error.__cause__ or error})",
            hint=f"pip install 'arize-users[{extra}]', or use json or csv.",
        ) from error


def _check_file(path: str, *, is_new: bool) -> None:
    try:
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            raise CommandError(UNWRITTEN, f"{path} is not a file", hint="Name another with --output.")
        if mode is not None and not os.access(path, os.W_OK):
            raise PermissionError(None, "it is write-protected")
        if mode is not None and is_new:
            raise CommandError(
                UNWRITTEN,
                f"{path} exists, and could hold the only copy of a password",
                hint="Nothing was done. Name another with --output, or move this one away.",
            )
        # Not by tempfile, which tries again without end in a folder that Windows lets nobody write to.
        draft, created = _draft(os.path.realpath(path), 0o600)
        os.close(created)
        os.unlink(draft)
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def refuse_same_file(target: Target, *others: str | None) -> None:
    """Refuse to write the output over a file that the command reads or keeps.

    Raises:
        CommandError: The output is one of those files.
    """
    if target.path is None:
        return
    written = os.path.realpath(target.path)
    if any(written == os.path.realpath(other) for other in others if other is not None):
        problem = f"--output: {target.path} is a file of this command"
        raise CommandError(USAGE, problem, hint="Name another file.")


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _unwritable(where: str, error: Exception, *, hint: str | None = None) -> CommandError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return CommandError(
        UNWRITTEN, f"cannot write {where}: {reason}", hint=hint or "Name another with --output."
    )


def deliver(answer: Answer, target: Target, *, acted: bool = False) -> None:
    """Write an answer to its target. A closed pipe is no error.

    Args:
        answer: What to write.
        target: Where to write it.
        acted: Whether the command changed something, so that the answer must not be lost: where it
            cannot be written to the target, it is written somewhere else. Of what nobody reads any more,
            that is done for a secret only.

    Raises:
        CommandError: It could not be written to the target.
    """
    try:
        _write(answer, target)
    except BrokenPipeError:
        silence(sys.stdout)
        if answer.secret:
            say("standard output is closed; the result, which cannot be had again, as JSON:")
            _write_elsewhere(answer, target)
    except (OSError, ValueError) as error:
        where = target.path or "standard output"
        hint = _write_elsewhere(answer, target) if acted else None
        if target.path is None:
            silence(sys.stdout)
        raise _unwritable(where, error, hint=hint) from error


def _write(answer: Answer, target: Target) -> None:
    content = _rendered(answer, target.format)
    if target.path is not None:
        _replace(target.path, content, secret=answer.secret, is_new=target.is_new)
        say(f"wrote {answer.summary} to {target.path}")
    else:
        write_bytes(sys.stdout, content)


def _rendered(answer: Answer, format: str) -> bytes:
    # Data is UTF-8 wherever it goes; what is drawn is for the eyes, and standard output has its encoding.
    if format == "json":
        return json_bytes(answer.document())
    if format == "jsonl":
        return json_lines(answer.documents())
    if format in _TABLES:
        return _TABLES[format](answer.columns, answer.rows())
    if format == "parquet":
        from .parquet import parquet_bytes

        return parquet_bytes(answer.columns, answer.rows())
    from .tables import Canvas

    encoding = encoding_of(sys.stdout)
    canvas = Canvas(width=width(sys.stdout), colour=has_colour(sys.stdout), encoding=encoding)
    drawn = answer.draw(canvas) if answer.size else ""
    return drawn.encode(encoding, "backslashreplace")


def _replace(path: str, content: bytes, *, secret: bool, is_new: bool) -> None:
    """Make or replace a file in one step; nobody can read it who could not read it before.

    Raises:
        FileExistsError: It is to be new, and is there already.
    """
    path = os.path.realpath(path)
    mode = _mode(path)
    draft, created = _draft(path, 0o600 if secret else 0o666)
    try:
        with open(created, "wb") as file:
            if mode is not None:
                os.chmod(draft, stat.S_IMODE(mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _rename_to_new(draft, path)
        else:
            os.replace(draft, path)
    except BaseException:
        with suppress(OSError):  # It has its own name already, or what failed is the disk.
            os.chmod(draft, 0o600)  # Windows deletes no file that is read-only.
            os.unlink(draft)
        raise


def _draft(path: str, mode: int) -> tuple[str, int]:
    """Open a new file beside a path, which is to take its place."""
    folder, name = os.path.split(path)
    # A part of the name, because a longer one than the longest is none.
    draft = os.path.join(folder, f".{name[:30]}.{os.urandom(4).hex()}.part")
    return draft, os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)


def _rename_to_new(draft: str, path: str) -> None:
    """Rename a file, and replace none."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # This file system has no links: the name is taken first.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        os.replace(draft, path)
    else:
        os.unlink(draft)


def show_raw(content: bytes) -> None:
    """Write a body that could not be decoded to standard output, literally."""
    lines = content.decode("utf-8", "backslashreplace").splitlines()
    shown = "".join(f"{visible(line)}\n" for line in lines)
    try:
        write_bytes(sys.stdout, shown.encode(encoding_of(sys.stdout), "backslashreplace"))
    except (OSError, ValueError):
        silence(sys.stdout)
        say(*lines)


def _write_elsewhere(answer: Answer, target: Target) -> str:
    """Write an answer, as JSON, to another place than its target, and give a hint that says where."""
    content = json_bytes(answer.document())
    if target.path is not None:
        try:
            write_bytes(sys.stdout, content)
            return "Nothing is lost: the result is on standard output, as JSON."
        except (OSError, ValueError):
            silence(sys.stdout)
    try:
        write_bytes(sys.stderr, content)
    except (OSError, ValueError):
        silence(sys.stderr)
    return "Nothing is lost: the result is above, as JSON."
