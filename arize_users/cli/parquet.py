"""Rows as a parquet file. Imports pyarrow, so it is itself imported only for parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow
import pyarrow.parquet

_TYPES = {
    "is_developer": pyarrow.bool_(),
    "created": pyarrow.bool_(),
    "created_at": pyarrow.timestamp("us", tz="UTC"),
}


def parquet_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows; the columns and types are the same whatever the rows hold."""
    schema = pyarrow.schema([(column, _TYPES.get(column, pyarrow.string())) for column in columns])
    table = pyarrow.Table.from_pylist(
        [{column: _storable(row[column]) for column in columns} for row in rows], schema=schema
    )
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()


def _storable(value: object) -> object:
    # JSON can hold a lone surrogate, UTF-8 cannot.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
