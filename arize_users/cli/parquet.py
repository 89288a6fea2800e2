"""Rows as a parquet file. Imports pyarrow, so it is itself imported only for parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow
import pyarrow.parquet

from arize_users._frames import encodable, in_utc

from .terminal import say

_TYPES = {
    "is_developer": pyarrow.bool_(),
    "created": pyarrow.bool_(),
    "created_at": pyarrow.timestamp("us", tz="UTC"),
}


def parquet_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows; the columns and types are the same whatever the rows hold."""
    schema = pyarrow.schema([(column, _TYPES.get(column, pyarrow.string())) for column in columns])
    beyond: list[datetime] = []
    table = pyarrow.Table.from_pylist(
        [{column: _storable(row[column], beyond) for column in columns} for row in rows], schema=schema
    )
    if beyond:
        first = beyond[0].isoformat()
        say(f"note: parquet cannot hold {len(beyond):,} times; their cells are empty. The first is {first}")
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()


def _storable(value: object, beyond: list[datetime]) -> object:
    if not isinstance(value, datetime):
        return encodable(value)
    moment = in_utc(value)
    if moment is None:
        beyond.append(value)
    return moment
