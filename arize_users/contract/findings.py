"""What a check found: deviations from the contract, and notes that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from attrs import define, field, frozen

_SHOWN_DETAILS = 4


class Kind(StrEnum):
    """What sort of difference it is."""

    STATUS = "other status"
    CONTENT_TYPE = "other content type"
    BODY = "unreadable body"
    MISSING = "missing field"
    UNKNOWN = "unknown value"
    CASE = "other case"
    SCHEMA = "other shape"
    HEADER = "header"
    RULE = "broken rule"
    NO_ANSWER = "no answer"
    UNDOCUMENTED = "undocumented field"
    UNCHECKED = "not checked"


NOTES = frozenset({Kind.UNDOCUMENTED, Kind.UNCHECKED})


@frozen
class Finding:
    """One difference, at one place. Neither ``place`` nor ``detail`` holds a name, an email or a secret."""

    kind: Kind
    operation: str
    status: int | None
    place: str
    detail: str


@define
class Line:
    """All findings of one kind at one place: how often, and the different things found."""

    count: int = 0
    details: dict[str, None] = field(factory=dict)

    @property
    def detail(self) -> str:
        """The different things in one text, the first few of them."""
        shown = "; ".join(list(self.details)[:_SHOWN_DETAILS])
        more = len(self.details) - _SHOWN_DETAILS
        return f"{shown}; and {more} more" if more > 0 else shown


Place = tuple[Kind, str, int | None, str]


@define
class Report:
    """The outcome of a run, gathered while it goes on, so that an interrupted run has one as well."""

    base_url: str
    requests: int = 0
    checks: dict[str, str] = field(factory=dict)
    left_behind: list[str] = field(factory=list)
    _lines: dict[Place, Line] = field(factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a finding under its kind and place."""
        place = (finding.kind, finding.operation, finding.status, finding.place)
        line = self._lines.setdefault(place, Line())
        line.count += 1
        line.details[finding.detail] = None

    @property
    def deviations(self) -> dict[Place, Line]:
        """What is not as the contract says."""
        return {place: line for place, line in self._lines.items() if place[0] not in NOTES}

    @property
    def notes(self) -> dict[Place, Line]:
        """What the contract does not mention, or could not be checked."""
        return {place: line for place, line in self._lines.items() if place[0] in NOTES}

    def counts(self) -> Counter[Kind]:
        """Count the deviations so far, by kind."""
        counts: Counter[Kind] = Counter()
        for (kind, *_), line in self.deviations.items():
            counts[kind] += line.count
        return counts

    @property
    def conforms(self) -> bool:
        """Whether nothing deviates and nothing was left behind."""
        return not self.deviations and not self.left_behind

    def to_dict(self) -> dict[str, Any]:
        """Give the report as data."""
        return {
            "base_url": self.base_url,
            "conforms": self.conforms,
            "requests": self.requests,
            "checks": self.checks,
            "deviations": _as_dicts(self.deviations),
            "notes": _as_dicts(self.notes),
            "left_behind": self.left_behind,
        }

    def to_text(self) -> Iterator[str]:
        """Give the report line by line."""
        yield f"{self.base_url}: {self.requests} requests"
        yield from (f"  {outcome:<10}  {name}" for name, outcome in self.checks.items())
        for title, lines in (("Deviations", self.deviations), ("Notes", self.notes)):
            if lines:
                yield f"{title} ({len(lines)}):"
                yield from _as_text(lines)
        if any(kind is Kind.CASE for kind, *_ in self.deviations):
            yield "Other case alone breaks no code that uses this package: the client speaks both."
        if self.left_behind:
            yield f"Not removed, please do: {', '.join(self.left_behind)}"
        yield "Conforms to the contract." if self.conforms else "Deviates from the contract."


def _as_dicts(lines: Mapping[Place, Line]) -> list[dict[str, Any]]:
    return [
        {
            "kind": str(kind),
            "operation": operation,
            "status": status,
            "place": place,
            "details": list(line.details),
            "count": line.count,
        }
        for (kind, operation, status, place), line in lines.items()
    ]


def _as_text(lines: Mapping[Place, Line]) -> Iterator[str]:
    for (kind, operation, status, place), line in lines.items():
        where = " ".join(str(part) for part in (operation, status, place) if part)
        times = f" ({line.count} times)" if line.count > 1 else ""
        yield f"  {kind}: {where}: {line.detail}{times}"
