"""What kinds of change there are, and what each means for our callers and our servers.

A request is written by callers and read by servers, a response the other way round, so the same
change may mean one thing in the one and another in the other. `RULES` alone says which.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, NamedTuple, TypeVar

Direction = Literal["request", "response"]
_K = TypeVar("_K")
_V = TypeVar("_V")


class Severity(IntEnum):
    """How much a change costs; a report is as severe as its most severe change."""

    COSMETIC = 0
    COMPATIBLE = 1
    RISKY = 2
    BREAKING = 3


Meaning = tuple[Severity, str]

_COSMETIC = (Severity.COSMETIC, "only names or words; nothing changes on the wire")
_ACCEPTED = (Severity.COMPATIBLE, "everything that was right stays right")
_UNKNOWN = (Severity.RISKY, "servers may answer what callers do not know yet")
_CHECK = (Severity.RISKY, "what it means depends on the servers; look at both documents")
_STRICTER = (Severity.RISKY, "servers may check more than before")
_LEFT_OUT = (Severity.RISKY, "leaving it out means something else")
_REFUSED = (Severity.BREAKING, "requests that were right are refused")
_UNREAD = (Severity.BREAKING, "servers ignore or refuse it")
_MISSING = (Severity.BREAKING, "callers can no longer rely on it being there")
_NULL = (Severity.BREAKING, "callers may get null where there was a value")
_OUTSIDE = (Severity.BREAKING, "servers that still answer the old way leave the contract")
_OTHER = (Severity.BREAKING, "both sides read and write something else on the wire")

RULES: dict[str, Meaning | dict[Direction, Meaning]] = {
    # operations
    "operation-added": _ACCEPTED,
    "operation-removed": (Severity.BREAKING, "calls to it fail"),
    "operation-id-changed": _COSMETIC,
    "operation-changed": _CHECK,
    "path-parameter-renamed": _COSMETIC,
    "servers-removed": (Severity.RISKY, "callers that use this address may no longer reach a server"),
    "servers-added": _ACCEPTED,
    "servers-changed": _CHECK,
    "security-removed": (Severity.BREAKING, "callers that authenticate this way are refused"),
    "security-added": _ACCEPTED,
    "security-renamed": _COSMETIC,
    # parameters and bodies
    "parameter-added": _ACCEPTED,
    "required-parameter-added": _REFUSED,
    "parameter-removed": _UNREAD,
    "parameter-style-changed": _OTHER,
    "encoding-changed": _OTHER,
    "header-added": _ACCEPTED,
    "header-removed": _MISSING,
    "body-added": _ACCEPTED,
    "required-body-added": _REFUSED,
    "body-removed": {"request": _UNREAD, "response": _MISSING},
    "media-type-added": {"request": _ACCEPTED, "response": _UNKNOWN},
    "media-type-removed": {"request": _REFUSED, "response": _MISSING},
    "status-added": _UNKNOWN,
    "status-removed": (Severity.BREAKING, "callers wait for an answer that servers no longer give"),
    # fields
    "field-added": _ACCEPTED,
    "required-field-added": {"request": _REFUSED, "response": _ACCEPTED},
    "field-removed": {"request": _UNREAD, "response": _MISSING},
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
    "null-allowed": {"request": _ACCEPTED, "response": _NULL},
    "null-refused": {"request": _REFUSED, "response": _ACCEPTED},
    "format-changed": _OTHER,
    "format-hint-added": {"request": _STRICTER, "response": _ACCEPTED},
    "format-hint-changed": {"request": _STRICTER, "response": _UNKNOWN},
    "format-hint-removed": {"request": _ACCEPTED, "response": _UNKNOWN},
    "bound-narrowed": {"request": _REFUSED, "response": _OUTSIDE},
    "bound-widened": {"request": _ACCEPTED, "response": _UNKNOWN},
    "default-changed": {"request": _LEFT_OUT, "response": _COSMETIC},
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


class Finding(NamedTuple):
    """One difference at one place, `steps` inwards from what is compared.

    `origin` is what it belongs to in the checked-in document: findings of one kind, origin and value are
    one change.
    """

    kind: str
    direction: Direction
    origin: Hashable
    steps: tuple[str, ...] = ()
    was: Any = None
    is_: Any = None

    @property
    def meaning(self) -> Meaning:
        """Its class, and what it does to callers or servers."""
        rule = RULES[self.kind]
        return rule[self.direction] if isinstance(rule, dict) else rule


Findings = Iterator[Finding]


def under(findings: Iterable[Finding], *steps: str) -> Findings:
    """Yield the same differences, seen from further out."""
    return (finding._replace(steps=(*steps, *finding.steps)) for finding in findings)


def paired(olds: Mapping[_K, _V], news: Mapping[_K, _V]) -> Iterator[tuple[_K, _V | None, _V | None]]:
    """Yield each key with what it stands for in both mappings; None is absence."""
    return ((key, olds.get(key), news.get(key)) for key in {**olds, **news})


@dataclass(frozen=True)
class Change:
    """One change, however many places show it."""

    severity: Severity
    message: str
    kind: str
    was: Any
    is_: Any
    places: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the change as the data of a report."""
        return {
            "class": self.severity.name.lower(),
            "kind": self.kind,
            "where": self.places[0],
            "was": self.was,
            "is": self.is_,
            "message": self.message,
            "places": self.places,
        }


def merge(findings: Iterable[Finding]) -> list[Change]:
    """Return the findings as changes, most severe first.

    A schema that is used in many places shows a change in each of them, in requests and responses;
    that is one change, with all its places, and as severe as the worst of them.
    """
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        values = json.dumps([finding.was, finding.is_], sort_keys=True)
        groups.setdefault((finding.kind, finding.origin, values), []).append(finding)
    changes = []
    for group in groups.values():
        first = group[0]
        severity, message = max((finding.meaning for finding in group), key=lambda meaning: meaning[0])
        places = dict.fromkeys(" ".join(finding.steps) for finding in group)
        changes.append(Change(severity, message, first.kind, first.was, first.is_, list(places)))
    return sorted(changes, key=lambda change: -change.severity)
