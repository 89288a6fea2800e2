"""Writes people to files in the formats that `Roster.read` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...types import USER_COLUMNS, User
from .files import File, format_to_write, write_to

_TABLES = ("csv", "tsv", "xlsx")


def write_users(users: Iterable[User], path_or_file: File, *, format: str | None = None) -> None:
    """Write users of an account as a file of people, which `Roster.read` reads back as they are.

    CSV, TSV and Excel have the columns of `USER_COLUMNS`; JSON is ``{"users": [...]}``, and JSON Lines one
    user a line, each as ``User.to_dict`` gives it. A cell of CSV or TSV that a spreadsheet would run has an
    apostrophe before it, which `Roster.read` takes away.

    Args:
        users: The users, such as ``client.users.iter()`` gives them.
        path_or_file: A path, which is written whole or not at all, or a file open for bytes or for text.
        format: csv, tsv, json, jsonl or xlsx; left out, the path's extension says it.

    Raises:
        InvalidArgumentError: The format is none of these, or is not said.
        ImportError: openpyxl, which Excel needs, is not installed; the extra ``excel`` brings it.
        OSError: The file cannot be written.
    """
    kind = format_to_write(format, path_or_file)
    if kind in _TABLES:
        content = table_bytes(kind, USER_COLUMNS, (user.to_row() for user in users))
    else:
        content = documents_bytes(kind, (user.to_dict() for user in users))
    write_to(path_or_file, content)


def table_bytes(kind: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write rows in any format: in JSON a column without a value is left out."""
    from ..._cells import csv_bytes, excel_bytes, tsv_bytes  # Who writes no file need not wait for it.

    if kind in _TABLES:
        return {"csv": csv_bytes, "tsv": tsv_bytes, "xlsx": excel_bytes}[kind](columns, rows)
    documents = ({name: row[name] for name in columns if row[name] is not None} for row in rows)
    return documents_bytes(kind, documents)


def documents_bytes(kind: str, documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Write documents of people as JSON or JSON Lines."""
    from ..._cells import json_bytes, json_lines

    return json_bytes({"users": list(documents)}) if kind == "json" else json_lines(documents)
