"""The report: one table that reads well in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmark.measuring import ASYNC, FLOOR, OFFICIAL, OURS, SIDES, Row

_RATIOS = ((OURS, OFFICIAL, "to_official"), (OURS, FLOOR, "to_floor"), (ASYNC, OURS, "to_sync"))


def table(rows: Sequence[Row], benchmarks: Mapping[str, Any]) -> str:
    """Write the values, the ratios and the aims of rows as a Markdown table with aligned columns.

    Args:
        rows: The rows.
        benchmarks: pyperf's benchmarks by their names; one that could not be measured is missing.
    """
    head = ["measured", *SIDES, *(f"{side} / {other}" for side, other, _ in _RATIOS)]
    lines = [head, *(_line(row, benchmarks) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


def _line(row: Row, benchmarks: Mapping[str, Any]) -> list[str]:
    found = {side: benchmarks[name] for side in SIDES if (name := row.name(side)) in benchmarks}
    values = (found[side].format_value(found[side].median()) if side in found else "" for side in SIDES)
    ratios = (
        verdict(found[side].median() / found[other].median(), getattr(row, aim))
        if {side, other} <= found.keys()
        else ""
        for side, other, aim in _RATIOS
    )
    return [row.title, *values, *ratios]


def verdict(ratio: float, aim: float | None) -> str:
    """Write a ratio, and whether it keeps to its aim."""
    if aim is None:
        return f"{ratio:.3f}"
    return f"{ratio:.3f} ≤ {aim:g}" if ratio <= aim else f"{ratio:.3f} > {aim:g} MISSED"
