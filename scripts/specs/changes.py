"""What kinds of change there are, and what each means for our callers and our servers.

A request is written by callers and read by servers, a response the other way round, so the same
change may mean one thing in the one and another in the other. This table alone says which.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

Direction = Literal["request", "response"]


class Severity(IntEnum):
    """How much a change costs; a report is as severe as its most severe change."""

    COSMETIC = 0
    COMPATIBLE = 1
    RISKY = 2
    BREAKING = 3


_COSMETIC = (Severity.COSMETIC, "only names or words; nothing changes on the wire")
_REFUSED = (Severity.BREAKING, "requests that were right are refused")
_ACCEPTED = (Severity.COMPATIBLE, "everything that was right stays right")
_UNKNOWN = (Severity.RISKY, "servers may answer what callers do not know yet")
_MISSING = (Severity.BREAKING, "callers can no longer rely on it being there")
_OUTSIDE = (Severity.BREAKING, "servers that still answer the old way leave the contract")
_OTHER = (Severity.BREAKING, "both sides read and write something else on the wire")
_CHECK = (Severity.RISKY, "what it means depends on the servers; look at both documents")

_Meaning = tuple[Severity, str]

RULES: dict[str, _Meaning | dict[Direction, _Meaning]] = {
    # operations
    "operation-added": _ACCEPTED,
    "operation-removed": (Severity.BREAKING, "calls to it fail"),
    "operation-id-changed": _COSMETIC,
    "operation-changed": _CHECK,
    "path-parameter-renamed": _COSMETIC,
    "servers-removed": (
        Severity.RISKY,
        "callers that use this address may no longer reach a server",
    ),
    "servers-added": _ACCEPTED,
    "security-removed": (Severity.BREAKING, "callers that authenticate this way are refused"),
    "security-added": _ACCEPTED,
    "security-renamed": _COSMETIC,
    # parameters and bodies
    "parameter-added": _ACCEPTED,
    "required-parameter-added": _REFUSED,
    "parameter-removed": (Severity.BREAKING, "servers ignore or refuse it"),
    "parameter-style-changed": _OTHER,
    "header-added": _ACCEPTED,
    "header-removed": _MISSING,
    "body-added": _ACCEPTED,
    "required-body-added": _REFUSED,
    "body-removed": {
        "request": (Severity.BREAKING, "servers ignore or refuse it"),
        "response": _MISSING,
    },
    "media-type-added": {"request": _ACCEPTED, "response": _UNKNOWN},
    "media-type-removed": {"request": _REFUSED, "response": _MISSING},
    "status-added": _UNKNOWN,
    "status-removed": (Severity.BREAKING, "callers wait for an answer that servers no longer give"),
    # fields
    "field-added": _ACCEPTED,
    "required-field-added": {"request": _REFUSED, "response": _ACCEPTED},
    "field-removed": {
        "request": (Severity.BREAKING, "servers ignore or refuse it"),
        "response": _MISSING,
    },
    "field-changed-case": _OTHER,
    "made-required": {"request": _REFUSED, "response": _ACCEPTED},
    "made-optional": {"request": _ACCEPTED, "response": _MISSING},
    "extra-fields-refused": {"request": _REFUSED, "response": _ACCEPTED},
    "extra-fields-allowed": {"request": _ACCEPTED, "response": _UNKNOWN},
    # values
    "enum-value-added": {"request": _ACCEPTED, "response": _UNKNOWN},
    "enum-value-removed": {"request": _REFUSED, "response": _OUTSIDE},
    "enum-value-changed-case": _OTHER,
    "enum-added": {"request": _REFUSED, "response": _OUTSIDE},
    "enum-removed": {"request": _ACCEPTED, "response": _UNKNOWN},
    "type-changed": _OTHER,
    "type-widened": {"request": _ACCEPTED, "response": _OTHER},
    "null-allowed": {
        "request": _ACCEPTED,
        "response": (Severity.BREAKING, "callers may get null where there was a value"),
    },
    "null-refused": {"request": _REFUSED, "response": _ACCEPTED},
    "format-changed": _OTHER,
    "format-hint-changed": {
        "request": (Severity.RISKY, "servers may check more than before"),
        "response": _ACCEPTED,
    },
    "format-hint-removed": _ACCEPTED,
    "bound-narrowed": {"request": _REFUSED, "response": _OUTSIDE},
    "bound-widened": _ACCEPTED,
    "default-changed": {
        "request": (Severity.RISKY, "leaving it out means something else"),
        "response": _COSMETIC,
    },
    "variant-added": {"request": _ACCEPTED, "response": _UNKNOWN},
    "variant-removed": {"request": _REFUSED, "response": _OUTSIDE},
    "discriminator-added": _ACCEPTED,
    "discriminator-changed": _OTHER,
    "rule-changed": _CHECK,
    # words
    "schema-renamed": _COSMETIC,
    "deprecated": (Severity.COMPATIBLE, "it still works, and will go"),
    "undeprecated": _COSMETIC,
    "text-changed": _COSMETIC,
    "layout-changed": _COSMETIC,
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference at one place. `origin` is what it belongs to in the checked-in document."""

    kind: str
    direction: Direction
    steps: tuple[str, ...]
    was: Any = None
    is_: Any = None
    origin: Hashable = None

    def under(self, *steps: str) -> Finding:
        """The same difference, seen from further out."""
        return Finding(
            kind=self.kind,
            direction=self.direction,
            steps=(*steps, *self.steps),
            was=self.was,
            is_=self.is_,
            origin=self.origin,
        )

    @property
    def meaning(self) -> _Meaning:
        """Its class and what it does to callers and servers."""
        rule = RULES[self.kind]
        return rule[self.direction] if isinstance(rule, dict) else rule


@dataclass(kw_only=True)
class Change:
    """One change, however many places show it."""

    severity: Severity
    kind: str
    was: Any
    is_: Any
    message: str
    places: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The change as the data of a report."""
        return {
            "class": self.severity.name.lower(),
            "kind": self.kind,
            "where": self.places[0],
            "was": self.was,
            "is": self.is_,
            "message": self.message,
            "places": self.places,
        }


def merged(findings: Iterable[Finding]) -> list[Change]:
    """The findings as changes, most severe first.

    A schema that is used in many places shows a change in each of them, in requests and responses;
    that is one change, with all its places, and as severe as the worst of them.
    """
    changes: dict[Hashable, Change] = {}
    for finding in findings:
        severity, message = finding.meaning
        where = " ".join(finding.steps)
        values = json.dumps([finding.was, finding.is_], sort_keys=True)
        key = (finding.kind, values, where if finding.origin is None else finding.origin)
        change = changes.setdefault(
            key,
            Change(
                severity=severity,
                kind=finding.kind,
                was=finding.was,
                is_=finding.is_,
                message=message,
            ),
        )
        if severity > change.severity:
            change.severity, change.message = severity, message
        if where not in change.places:
            change.places.append(where)
    return sorted(changes.values(), key=lambda change: -change.severity)
