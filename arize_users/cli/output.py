"""Where an answer goes: checked before the server is asked, written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import NamedTuple

from .answers import Answer
from .settings import FORMATS
from .terminal import has_colour, is_terminal, say, silence, width
from .text import csv_bytes, json_bytes, literal

_EXTENSIONS = {".json": "json", ".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}


class OutputError(Exception):
    """The answer cannot be written where it was to go; `hint` says what to do."""

    def __init__(self, problem: str, *, hint: str | None = None) -> None:
        super().__init__(problem)
        self.hint = hint


class UnknownFormatError(OutputError):
    """What was asked for is neither a format nor a file of a known kind."""


class Target(NamedTuple):
    """A format, and the file it goes to; standard output when there is none."""

    format: str
    path: str | None = None


def checked_target(asked: str) -> Target:
    """Read what --output asks for, and make sure that it can be written.

    Raises:
        UnknownFormatError: it is neither a format nor a file of a known kind.
        OutputError: it cannot be written, or an extra is missing.
    """
    target = _target(asked)
    if target.format == "parquet":
        _require_pyarrow()
    if target.path is not None:
        _check_file(target.path)
    elif sys.stdout is None:
        raise OutputError("standard output is closed", hint="Name a file with --output.")
    elif target.format == "parquet" and is_terminal(sys.stdout):
        raise UnknownFormatError("parquet is not for reading", hint="Name a file with --output.")
    return target


def _target(asked: str) -> Target:
    format = asked.strip().lower()
    if format in FORMATS:
        return Target(format)
    extension = os.path.splitext(asked)[1].lower()
    if extension not in _EXTENSIONS:
        raise UnknownFormatError(
            f"--output: {asked!r} is neither a format nor a file whose kind is known",
            hint=f"Use {', '.join(FORMATS)}, or a file ending in {', '.join(_EXTENSIONS)}.",
        )
    return Target(_EXTENSIONS[extension], asked)


def _require_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401 - importing it is the only sure test
    except ImportError as error:
        raise OutputError(
            f"parquet needs pyarrow, which cannot be loaded ({error})",
            hint="pip install 'arize-users[parquet]', or use json or csv.",
        ) from error


def _check_file(path: str) -> None:
    import tempfile

    try:
        folder = os.path.dirname(os.path.realpath(path))
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            raise OutputError(f"{path} is not a file", hint="Name another with --output.")
        if mode is not None and not os.access(path, os.W_OK):
            raise PermissionError(None, "it is write-protected")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _unwritable(where: str, error: Exception, *, hint: str | None = None) -> OutputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return OutputError(f"cannot write {where}: {reason}", hint=hint or "Name another with --output.")


def deliver(answer: Answer, target: Target, *, acted: bool = False) -> None:
    """Write an answer where it was to go. A reader who stopped reading is no error.

    Where that fails after something was done (`acted`), the answer goes to the next best place.

    Raises:
        OutputError: it could not be written as asked.
    """
    try:
        _write(answer, target)
    except BrokenPipeError:
        silence(sys.stdout)
        if answer.secret:
            say("nobody reads standard output; the result, which cannot be had again, as JSON:")
            _rescue(answer, target)
    except (OSError, ValueError) as error:
        where = target.path or "standard output"
        hint = _rescue(answer, target) if acted else None
        if target.path is None:
            silence(sys.stdout)
        raise _unwritable(where, error, hint=hint) from error


def _write(answer: Answer, target: Target) -> None:
    if target.path is not None:
        _replace(target.path, _rendered(answer, target.format, "utf-8"), secret=answer.secret)
        say(f"wrote {answer.summary()} to {target.path}")
    else:
        _to_stdout(_rendered(answer, target.format, sys.stdout.encoding or "utf-8"))


def _rendered(answer: Answer, format: str, encoding: str) -> bytes:
    if format == "json":
        return json_bytes(answer.document(), encoding)
    if format == "csv":
        return csv_bytes(answer.columns, answer.rows(), encoding)
    if format == "parquet":
        from .parquet import parquet_bytes

        return parquet_bytes(answer.columns, answer.rows())
    from .tables import Canvas

    canvas = Canvas(width=width(sys.stdout), colour=has_colour(sys.stdout), encoding=encoding)
    return answer.draw(canvas).encode(encoding, "backslashreplace")


def _to_stdout(content: bytes) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    sys.stdout.flush()
    left = memoryview(content)
    while left:
        # Without buffering, a pipe may take a part only.
        left = left[sys.stdout.buffer.write(left) :]
    sys.stdout.buffer.flush()


def _replace(path: str, content: bytes, *, secret: bool) -> None:
    """Put content in the place of a file in one step, never readable by more people than before."""
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    mode = _mode(path)
    draft = os.path.join(folder, f".{name}.{os.urandom(4).hex()}.part")
    created = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o666)
    try:
        with open(created, "wb") as file:
            if mode is not None and not secret:
                os.chmod(draft, stat.S_IMODE(mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def show_raw(content: bytes) -> None:
    """Write an answer that could not be read to standard output, literally."""
    lines = content.decode("utf-8", "backslashreplace").splitlines()
    shown = "".join(f"{literal(line)}\n" for line in lines)
    try:
        _to_stdout(shown.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    except (OSError, ValueError):
        silence(sys.stdout)
        say(*lines)


def _rescue(answer: Answer, target: Target) -> str:
    """Show the answer in another place after all, and say where."""
    content = json_bytes(answer.document(), "ascii")
    if target.path is not None:
        try:
            _to_stdout(content)
            return "Nothing is lost: the result is on standard output, as JSON."
        except (OSError, ValueError):
            silence(sys.stdout)
    say(*content.decode("ascii").splitlines())
    return "Nothing is lost: the result is above, as JSON."
