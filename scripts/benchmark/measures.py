"""What was measured, what was aimed at, and the arithmetic between them."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OURS, ASYNC, OFFICIAL, FLOOR = "ours", "async", "official", "floor"
SIDES = (OURS, ASYNC, OFFICIAL, FLOOR)


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A bound: on the ratio of one side to another, or on the one side's own value."""

    at_most: float
    against: str | None = OFFICIAL
    side: str = OURS


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One row: the values of several runs for each side, in ``unit`` (s, bytes or requests).

    ``remarks`` stand where a side has no value that could be compared.
    """

    section: str
    title: str
    unit: str
    runs: Mapping[str, Sequence[float]]
    aims: Sequence[Aim] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)

    def median(self, side: str) -> float | None:
        """Give a side's median, None for a side that was not measured."""
        values = self.runs.get(side)
        return statistics.median(values) if values else None

    def ratio(self, side: str, against: str) -> float | None:
        """Give the ratio of two medians, None where one is missing, not comparable, or nothing."""
        if {side, against} & self.remarks.keys():
            return None
        one, other = self.median(side), self.median(against)
        return None if one is None or not other else one / other

    def reached(self, aim: Aim) -> float | None:
        """Give the number that an aim is about."""
        return self.median(aim.side) if aim.against is None else self.ratio(aim.side, aim.against)

    def is_met(self, aim: Aim) -> bool:
        """Tell whether an aim is met; what could not be measured is not."""
        reached = self.reached(aim)
        return reached is not None and reached <= aim.at_most

    def to_dict(self) -> dict[str, Any]:
        """Give everything as data."""
        present = [side for side in SIDES if side in self.runs]
        pairs = [(OURS, OFFICIAL), (OURS, FLOOR), (ASYNC, OFFICIAL), (ASYNC, FLOOR), (ASYNC, OURS)]
        return {
            "section": self.section,
            "title": self.title,
            "unit": self.unit,
            "medians": {side: self.median(side) for side in present},
            "runs": {side: list(self.runs[side]) for side in present},
            "ratios": {
                f"{one}/{other}": ratio
                for one, other in pairs
                if (ratio := self.ratio(one, other)) is not None
            },
            "aims": [
                {
                    "side": aim.side,
                    "against": aim.against,
                    "at_most": aim.at_most,
                    "reached": self.reached(aim),
                    "met": self.is_met(aim),
                }
                for aim in self.aims
            ],
            "remarks": dict(self.remarks),
        }
