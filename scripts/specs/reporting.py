"""Shows changes to a person, or gives them as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from specs.changes import Change, Severity

_SHOWN_COSMETIC = 3
_WORST_FIRST = tuple(reversed(Severity))


def worst_of(changes: Sequence[Change]) -> Severity | None:
    """Return the worst class among the changes; None without any."""
    return max((change.severity for change in changes), default=None)


def as_json(changes: Sequence[Change], **context: Any) -> str:
    """Return the changes as JSON, after whatever context the caller gives."""
    worst = worst_of(changes)
    data = {
        **context,
        "result": worst.name.lower() if worst is not None else "none",
        "summary": _counts(changes),
        "changes": [change.to_dict() for change in changes],
    }
    return json.dumps(data, indent=2)


def as_text(changes: Sequence[Change], title: str) -> str:
    """Return the changes for reading, the worst first; of the cosmetic ones only some of each kind."""
    counts = ", ".join(f"{count} {name}" for name, count in _counts(changes).items() if count)
    lines = [f"{title}: {counts or 'no change'}"]
    for level in _WORST_FIRST:
        found = [change for change in changes if change.severity is level]
        if found:
            lines += ["", level.name.lower()]
            lines += _listed(found, _SHOWN_COSMETIC if level is Severity.COSMETIC else None)
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return the text on one line and without control characters: a document cannot steer a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _counts(changes: Sequence[Change]) -> dict[str, int]:
    return {level.name.lower(): sum(c.severity is level for c in changes) for level in _WORST_FIRST}


def _listed(changes: Sequence[Change], most: int | None) -> Iterator[str]:
    """Yield the changes by their kind, at most so many of each."""
    for kind in dict.fromkeys(change.kind for change in changes):
        found = [change for change in changes if change.kind == kind]
        for change in found[:most]:
            more = len(change.places) - 1
            also = f" (and {more} more place{'s' * (more > 1)})" if more else ""
            yield f"  {escape(change.places[0])}{also}"
            yield f"    {kind.replace('-', ' ')}{_values(change)}; {change.message}"
        if most is not None and len(found) > most:
            yield f"  and {len(found) - most} more of: {kind.replace('-', ' ')}"


def _values(change: Change) -> str:
    values = [change.was, change.is_]
    if change.kind.endswith(("added", "removed")) or values == [None, None]:
        values = [value for value in values if value is not None]
    return f": {' -> '.join(_short(value) for value in values)}" if values else ""


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return escape(text if len(text) <= 60 else f"{text[:57]}...")
