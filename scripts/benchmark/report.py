"""The report: one table that reads well in a terminal and as Markdown, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from benchmark.measures import ASYNC, FLOOR, OFFICIAL, OURS, SIDES, Aim, Measure

_HEAD = ("measured", *SIDES, "ours / official", "ours / floor", "aims")
_NOTHING = "—"


def markdown(measures: Sequence[Measure], context: Mapping[str, str], problems: Sequence[str] = ()) -> str:
    """Write the report."""
    lines = ["# Side by side", "", *(f"- {name}: {value}" for name, value in context.items()), ""]
    lines += [table(measures), "", *_explanation()]
    if problems:
        lines += ["", "Not measured:", "", *(f"- {problem}" for problem in problems)]
    return "\n".join(lines) + "\n"


def _explanation() -> list[str]:
    return [
        "Each value is the median of several runs, made in turn against one loopback server; a ratio is that",
        "of two medians. ours, async: this layer's clients. official: Arize's own client or command line.",
        "floor: plain httpx and json for the same bytes. Times depend on the machine; ratios much less.",
    ]


def as_json(measures: Sequence[Measure], context: Mapping[str, str], problems: Sequence[str] = ()) -> str:
    """Write the report as data."""
    document = {
        "context": dict(context),
        "measures": [measure.to_dict() for measure in measures],
        "problems": list(problems),
    }
    return json.dumps(document, indent=2) + "\n"


def table(measures: Sequence[Measure]) -> str:
    """Write the measures as a Markdown table with aligned columns."""
    rows = [_HEAD, *(_row(measure) for measure in measures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(row, widths) for row in (rows[0], rule, *rows[1:]))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"


def _row(measure: Measure) -> tuple[str, ...]:
    return (
        f"{measure.section}: {measure.title}",
        *(_cell(measure, side) for side in SIDES),
        _ratio(measure, OURS, OFFICIAL),
        _ratio(measure, OURS, FLOOR),
        "; ".join(_verdict(measure, aim) for aim in measure.aims) or _NOTHING,
    )


def _cell(measure: Measure, side: str) -> str:
    value = measure.median(side)
    return measure.remarks.get(side) or (_NOTHING if value is None else amount(value, measure.unit))


def _ratio(measure: Measure, side: str, against: str) -> str:
    if against in measure.remarks:
        return measure.remarks[against]
    ratio = measure.ratio(side, against)
    return _NOTHING if ratio is None else f"{ratio:.3f}"


def _verdict(measure: Measure, aim: Aim) -> str:
    names = {OURS: "ours", ASYNC: "async", OFFICIAL: "official", FLOOR: "floor"}
    if aim.against is None:
        what, bound = names[aim.side], amount(aim.at_most, measure.unit)
    else:
        what, bound = f"{names[aim.side]} / {names[aim.against]}", f"{aim.at_most:g}"
    return f"{what} ≤ {bound}: {'met' if measure.is_met(aim) else 'NOT MET'}"


def amount(value: float, unit: str) -> str:
    """Write a value with its unit, in the size a person reads."""
    if unit == "bytes":
        return f"{value / 1e6:.1f} MB"
    if unit == "s":
        return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.3g} ms"
    return f"{value:g}"
