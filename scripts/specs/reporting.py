"""Showing changes to a person, or giving them as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from specs.changes import Change, Severity

_SHOWN_COSMETIC = 3


def severity_of(changes: Sequence[Change]) -> Severity | None:
    """The worst class among the changes; None without any."""
    return max((change.severity for change in changes), default=None)


def as_data(changes: Sequence[Change], **context: Any) -> str:
    """The changes as JSON, after whatever context the caller gives."""
    worst = severity_of(changes)
    data = {
        **context,
        "result": worst.name.lower() if worst is not None else "none",
        "summary": {level.name.lower(): _count(changes, level) for level in reversed(Severity)},
        "changes": [change.to_dict() for change in changes],
    }
    return json.dumps(data, indent=2)


def as_text(changes: Sequence[Change], title: str) -> str:
    """The changes for reading, the worst first; merely cosmetic ones are gathered by kind."""
    lines = [f"{title}: {_summary(changes)}"]
    for level in reversed(Severity):
        found = [change for change in changes if change.severity is level]
        if found:
            lines += ["", level.name.lower()]
            lines += _gathered(found) if level is Severity.COSMETIC else _listed(found)
    return "\n".join(lines)


def _summary(changes: Sequence[Change]) -> str:
    counts = [(_count(changes, level), level.name.lower()) for level in reversed(Severity)]
    return ", ".join(f"{count} {name}" for count, name in counts if count) or "no change"


def _count(changes: Sequence[Change], level: Severity) -> int:
    return sum(change.severity is level for change in changes)


def _listed(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        more = len(change.places) - 1
        also = f" (and {more} more place{'s' * (more > 1)})" if more else ""
        yield f"  {plain(change.places[0])}{also}"
        yield f"    {change.kind.replace('-', ' ')}{_values(change)}; {change.message}"


def _gathered(changes: Sequence[Change]) -> Iterator[str]:
    kinds = dict.fromkeys(change.kind for change in changes)
    for kind in kinds:
        found = [change for change in changes if change.kind == kind]
        yield f"  {kind.replace('-', ' ')}: {len(found)}"
        for change in found[:_SHOWN_COSMETIC]:
            yield f"    {plain(change.places[0])}{_values(change)}"
        if len(found) > _SHOWN_COSMETIC:
            yield f"    and {len(found) - _SHOWN_COSMETIC} more"


def _values(change: Change) -> str:
    if change.was is None and change.is_ is None:
        return ""
    if change.is_ is None and change.kind.endswith("removed"):
        return f": {_short(change.was)}"
    if change.was is None and change.kind.endswith("added"):
        return f": {_short(change.is_)}"
    return f": {_short(change.was)} -> {_short(change.is_)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return plain(text if len(text) <= 60 else f"{text[:57]}...")


def plain(text: str) -> str:
    """The text on one line and without control characters, so that a document cannot steer a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
