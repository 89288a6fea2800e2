"""The rows of a file that cannot be used, written as they stand, to be mended and read again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ...errors import InvalidArgumentError
from .files import File, checked_format, name_of, write_to
from .writing import documents_bytes

if TYPE_CHECKING:
    from .tables import Row, Table

_TEXT = ("csv", "tsv")
_JSON = ("json", "jsonl")


@frozen(kw_only=True)
class Rejects:
    """The rows of a file that cannot be used, under its own header.

    Args:
        kind: The file's format.
        source: The file's name; None where it has none.
    """

    kind: str
    source: str | None
    _opening: str = field(repr=False)
    _header: Sequence[str] = field(repr=False)
    _rows: Sequence[Row] = field(repr=False)

    @classmethod
    def of(cls, table: Table, rows: Sequence[Row], source: str | None) -> Rejects:
        """Take the rows of a file."""
        return cls(
            kind=table.kind,
            source=source,
            opening=table.opening,
            header=tuple(table.header),
            rows=tuple(rows),
        )

    def __len__(self) -> int:
        return len(self._rows)

    def write(self, path_or_file: File) -> int:
        """Write the rows, in the file's own format or as CSV.

        What may be a password stands in it as in the file, so that a new file is readable by nobody else.

        Args:
            path_or_file: A path, or a file open for bytes or for text.

        Returns:
            How many rows were written. Where there are none, nothing is.

        Raises:
            InvalidArgumentError: The path is that of the file itself, or its name asks for another format.
            OSError: The file cannot be written.
        """
        kind = checked_format(None, path_or_file) or self.kind
        allowed = _TEXT if self.kind in _TEXT else _JSON if self.kind in _JSON else (self.kind, "csv")
        if kind not in allowed:
            raise InvalidArgumentError(
                f"the rows of a file of {self.kind} are not written as {kind}",
                argument="path_or_file",
                hint=f"Give a file that ends in .{self.kind}.",
            )
        target = name_of(path_or_file)
        if target and self.source and _is_same(target, self.source):
            raise InvalidArgumentError(
                f"{target!r} is the file itself, and would lose its good rows", argument="path_or_file"
            )
        if self._rows:
            write_to(path_or_file, self._content(kind), mode=0o600)
        return len(self._rows)

    def _content(self, kind: str) -> bytes:
        from ..._cells import csv_of, excel_of

        sources: list[Any] = [row.source for row in self._rows]
        if self.kind in _TEXT:
            # Half a character, which a file open for text may give, cannot be written but as an escape.
            return ("\n".join([self._opening, *sources]) + "\n").encode("utf-8", "backslashreplace")
        if kind == "jsonl":
            return b"".join(
                one.encode("utf-8", "backslashreplace") + b"\n"
                if isinstance(one, str)
                else documents_bytes("jsonl", [one])
                for one in sources
            )
        if kind == "json":
            return documents_bytes("json", sources)
        lines = [self._header, *(row.cells for row in self._rows)]
        return csv_of(lines) if kind == "csv" else excel_of(lines)


def _is_same(one: str, other: str) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
