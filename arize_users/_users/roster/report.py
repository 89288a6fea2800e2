"""`Report`: what became of each action of a plan that was applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from ..._streams import visible
from ...enums import ActionKind, ActionStatus
from ...results import Document, UserResult
from .plan_text import counted, section

_TITLES = {
    ActionStatus.UNKNOWN: ("Not known what became of it", "?"),
    ActionStatus.FAILED: ("Failed", "!"),
    ActionStatus.STALE: ("Not as planned any more, left alone", "!"),
    ActionStatus.BLOCKED: ("Blocked for good, cannot be invited", "!"),
    ActionStatus.CANNOT: ("Cannot be done with this key", "!"),
    ActionStatus.NOT_ATTEMPTED: ("Not attempted", "!"),
}
_SHORT = {
    ActionStatus.UNCHANGED: "as wanted already",
    ActionStatus.STALE: "not as planned",
    ActionStatus.BLOCKED: "blocked",
    ActionStatus.CANNOT: "cannot",
    ActionStatus.FAILED: "failed",
    ActionStatus.UNKNOWN: "unknown",
    ActionStatus.NOT_ATTEMPTED: "not attempted",
}
_AS_WANTED = frozenset({ActionStatus.DONE, ActionStatus.UNCHANGED})
_ORDER = (ActionStatus.DONE, *_SHORT)
_DONE = {
    ActionKind.INVITE: "invited",
    ActionKind.REINVITE: "invited anew",
    ActionKind.UPDATE: "changed",
    ActionKind.REMOVE: "removed",
}


@frozen(kw_only=True)
class PlanResult(UserResult):
    """What became of one action of a plan.

    Args:
        kind: What the action was to do.
        name: Whom, by name.
        temporary_password: A password that was issued and could not be written to the file of passwords; in
            no repr and no document. None where there was none, or it is in that file.
    """

    status: ActionStatus
    kind: ActionKind
    name: str | None = None
    temporary_password: str | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give all fields but the password.

        Returns:
            The fields by name.
        """
        return super().to_dict() | {"kind": str(self.kind), "name": self.name}


@frozen(kw_only=True)
class Report(Document):
    """What became of a plan: one result for each action, in the plan's order.

    Args:
        results: The results.
        cannot: How many people of the plan no request can do anything for.
        resumed: How many actions an earlier run had ended, as its journal says.
        journal: The journal's file.
        passwords: The file with the passwords that were issued.
    """

    results: tuple[PlanResult, ...]
    cannot: int = 0
    resumed: int = 0
    journal: str | None = None
    passwords: str | None = None

    def __iter__(self) -> Iterator[PlanResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Give the report as text for people: by name who is not as wanted, then counts that add up.

        Returns:
            The lines; what is invisible in a name or an address is shown as an escape.
        """
        lines = [visible(line) for part in self._sections() for line in section(*part)]
        yield from lines[1:]  # The first one is empty.
        if lines:
            yield ""
        yield from map(visible, self._summary())

    def _summary(self) -> Iterator[str]:
        told = [f"{count:,} {what}" for what, count in self._told().items()]
        resumed = f" ({self.resumed:,} of them by an earlier run)" if self.resumed else ""
        yield f"{counted(len(self.results), 'action')}: {', '.join(told) or 'nothing to do'}{resumed}."
        if self.cannot:
            people = counted(self.cannot, "person", "people")
            yield f"Beside these, the plan names {people} for whom no request can do what the roster says."
        files = [("Journal", self.journal), ("Passwords", self.passwords)]
        if said := [f"{what}: {path}" for what, path in files if path]:
            yield "   ".join(said)

    def _sections(self) -> Iterator[tuple[str, str, list[tuple[str, ...]]]]:
        for status, (title, sign) in _TITLES.items():
            yield title, sign, [_row(one) for one in self.results if one.status is status]
        noted = [_row(one) for one in self.results if one.status in _AS_WANTED and one.error]
        yield "As wanted, but note", "", noted

    def _told(self) -> Counter[str]:
        return Counter(
            _DONE[one.kind] if one.status is ActionStatus.DONE else _SHORT[one.status]
            for one in sorted(self.results, key=lambda one: _ORDER.index(one.status))
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many actions ended with which status."""
        return dict(Counter(str(one.status) for one in self.results))

    @property
    def is_complete(self) -> bool:
        """Whether the account is as the roster says: all done or unchanged, and nobody who cannot be."""
        return not self.cannot and all(one.status in _AS_WANTED for one in self.results)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as a document.

        Returns:
            ``results``, ``counts``, ``cannot``, ``resumed``, ``journal`` and ``passwords`` (their files).
        """
        return {
            "results": [one.to_dict() for one in self.results],
            "counts": self.counts,
            "cannot": self.cannot,
            "resumed": self.resumed,
            "journal": self.journal,
            "passwords": self.passwords,
        }


def _row(result: PlanResult) -> tuple[str, ...]:
    return result.name or "", result.email or result.user_id or "", str(result.kind), result.error or ""
