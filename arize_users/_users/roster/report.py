"""`Report`: what became of each action of a plan that was applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from ...enums import ActionKind, ActionStatus
from ...results import Document, UserResult


@frozen(kw_only=True)
class PlanResult(UserResult):
    """What became of one action of a plan.

    Args:
        kind: What the action was to do.
        name: Whom, by name.
        temporary_password: The password that was issued; in no repr and no document, but in the file of
            passwords.
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
        cannot: How many people of the plan nothing could be done for.
        journal: The journal's file.
        passwords: The file with the passwords that were issued.
    """

    results: tuple[PlanResult, ...]
    cannot: int = 0
    journal: str | None = None
    passwords: str | None = None

    def __iter__(self) -> Iterator[PlanResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def counts(self) -> dict[str, int]:
        """How many actions ended with which status."""
        return dict(Counter(str(one.status) for one in self.results))

    @property
    def is_complete(self) -> bool:
        """Whether the account is as the roster says: all done or unchanged, and nobody who cannot be."""
        ended = {ActionStatus.DONE, ActionStatus.UNCHANGED}
        return not self.cannot and all(one.status in ended for one in self.results)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as a document.

        Returns:
            ``results``, ``counts``, ``cannot``, ``journal`` and ``passwords`` (their files).
        """
        return {
            "results": [one.to_dict() for one in self.results],
            "counts": self.counts,
            "cannot": self.cannot,
            "journal": self.journal,
            "passwords": self.passwords,
        }
