"""What a check found: deviations from the contract, and notes, which do not count against a deployment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from attrs import asdict, define, field, frozen
from attrs.filters import exclude

_SHOWN_DETAILS = 4


class Kind(StrEnum):
    """What sort of difference a finding is."""

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
_GENERATIONS = {
    "first": "the first (its enum values are lower case)",
    "second": "the second (its enum values are upper case)",
    "both": "both (some enum values are lower case, others upper case)",
    "unknown": "unknown (no answer holds an enum value)",
}


@frozen
class Finding:
    """One difference, at one place. Neither ``place`` nor ``detail`` holds a name, an email or a secret.

    Findings that differ in their detail alone are equal: a report has them in one line.
    """

    kind: Kind
    operation: str
    status: int | None
    place: str
    detail: str = field(eq=False)


@define
class Report:
    """The outcome of a run. It is filled as the run goes on, so that an interrupted run has one, too."""

    base_url: str
    exact_case: bool = False
    """Whether another case of enum values is a deviation in the second generation of the API, too."""
    requests: int = 0
    generations: set[str] = field(factory=set)
    """The generations of the API whose case was met: first, second."""
    checks: dict[str, str] = field(factory=dict)
    left_behind: list[str] = field(factory=list)
    _details: dict[Finding, Counter[str]] = field(factory=lambda: defaultdict(Counter))

    def add(self, finding: Finding) -> None:
        """Count a finding under its kind and place."""
        self._details[finding][finding.detail] += 1

    def deviations(self) -> Counter[Kind]:
        """Count the deviations so far, by kind."""
        counts: Counter[Kind] = Counter()
        for finding, details in self._details.items():
            if finding.kind not in NOTES:
                counts[finding.kind] += details.total()
        return counts

    @property
    def conforms(self) -> bool:
        """Whether nothing deviates and nothing was left behind."""
        return self.deviations().keys() <= self._allowed and not self.left_behind

    @property
    def generation(self) -> str:
        """Which generation of the API answered: first, second, both, or unknown."""
        return "both" if len(self.generations) > 1 else next(iter(self.generations), "unknown")

    @property
    def _allowed(self) -> frozenset[Kind]:
        """What does not count against the deployment."""
        is_second = self.generation == "second" and not self.exact_case
        return NOTES | {Kind.CASE} if is_second else NOTES

    def to_dict(self) -> dict[str, Any]:
        """Return the report as data."""
        return {
            "base_url": self.base_url,
            "generation": self.generation,
            "conforms": self.conforms,
            "requests": self.requests,
            "checks": self.checks,
            "deviations": list(self._lines(notes=False)),
            "notes": list(self._lines(notes=True)),
            "left_behind": self.left_behind,
        }

    def to_text(self) -> Iterator[str]:
        """Yield the report line by line."""
        yield f"{self.base_url}: {self.requests} requests"
        yield f"Generation of the API: {_GENERATIONS[self.generation]}"
        yield from (f"  {outcome:<10}  {name}" for name, outcome in self.checks.items())
        for title, notes in (("Deviations", False), ("Notes", True)):
            if lines := [_text(line) for line in self._lines(notes=notes)]:
                yield f"{title} ({len(lines)}):"
                yield from lines
        if Kind.CASE in self.deviations():
            yield "Other case alone breaks no code that uses this package: the client speaks both."
        if self.left_behind:
            yield f"Not removed, please do: {', '.join(self.left_behind)}"
        yield "Conforms to the contract." if self.conforms else "Deviates from the contract."

    def _lines(self, *, notes: bool) -> Iterator[dict[str, Any]]:
        for finding, details in self._details.items():
            if (finding.kind in self._allowed) is notes:
                place = asdict(finding, filter=exclude("detail"))
                yield {**place, "details": list(details), "count": details.total()}


def _text(line: dict[str, Any]) -> str:
    where = " ".join(str(part) for part in (line["operation"], line["status"], line["place"]) if part)
    shown = line["details"][:_SHOWN_DETAILS]
    if more := len(line["details"]) - len(shown):
        shown.append(f"and {more} more")
    times = f" ({line['count']} times)" if line["count"] > 1 else ""
    return f"  {line['kind']}: {where}: {'; '.join(shown)}{times}"
