"""`Plan`: what is to be done to an account so that it has the people of a roster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from attrs import field, frozen

from ...enums import ActionKind
from ...results import Document
from ...types import as_utc
from .. import arguments as check
from .parts import Action, Cannot, Guards, LeftAlone, Refusal, deeply_frozen
from .plan_file import digest_of, document_of, read_fields, signed_document, write_document
from .plan_text import count_line, plan_lines


def _utc(moment: datetime) -> datetime:
    return as_utc(moment).astimezone(UTC)


@frozen(kw_only=True, repr=False)
class Plan(Document):
    """What `apply` would do; false where that is nothing. ``str`` gives it as text for people.

    Args:
        endpoint: Where the account is: ``scheme``, ``host``, ``port`` and ``path``, or ``sandbox``, the
            absolute file of a local account or its name in memory.
        created_at: When it was planned.
        guards: The guards that it was made with.
        source: The roster's file; None where it has none.
        listed: How many users the account listed.
        people: How many people the roster has, those apart whom it calls inactive.
        skipped: How many rows of the file were skipped as bad.
        unchanged: How many people are as they should be.
        actions: What is to be done; removals stand last.
        cannot: Where nothing can be done.
        left_alone: Who is left as is, though the roster or the guards mention them, or though they are
            missing from the roster.
        renamed: Pairs of the id of a missing user and the address, that of somebody new or who came later,
            which the roster has for the name: likely the same person.
        missing: Ids of listed users whom the roster names nowhere, removed or not.
        witnesses: Ids of up to three of the oldest users whom it leaves in place, by which `apply` knows
            the account again.
        oldest: The first of them by name and address, for the eyes of whoever applies it.
        admins: Ids of the active admins whom it leaves, and counts on.
        refusals: The guards that refuse it.
        notes: What a reader should know, such as a ``keep`` that matches nobody.
    """

    endpoint: Mapping[str, Any] = field(converter=deeply_frozen, hash=False)
    created_at: datetime = field(converter=_utc)
    guards: Guards
    source: str | None = None
    listed: int
    people: int
    skipped: int = 0
    unchanged: int = 0
    actions: tuple[Action, ...] = ()
    cannot: tuple[Cannot, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    oldest: str | None = None
    admins: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.actions)

    def __repr__(self) -> str:
        refused = f"; refused by {', '.join(one.guard for one in self.refusals)}" if self.refusals else ""
        return f"<Plan of {self.created_at:%Y-%m-%dT%H:%M:%SZ}: {count_line(self)}{refused}>"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Give the plan as text for people, the loss first, one line for each person.

        Returns:
            The lines; what is invisible in a name or an address is shown as an escape.
        """
        return plan_lines(self)

    def of_kind(self, *kinds: ActionKind) -> tuple[Action, ...]:
        """Give the actions of one kind, or of several.

        Args:
            kinds: The kinds.

        Returns:
            The actions, in the plan's order.
        """
        return tuple([one for one in self.actions if one.kind in kinds])

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of the plan, in hexadecimal digits.

        It tells plans apart, and finds edits of a saved one and damage. It keeps out no attacker: who can
        write the file can write another digest.
        """
        return digest_of(document_of(self))

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as the document that `save` writes.

        Returns:
            All fields, with ``format`` and ``version`` of the document and its ``sha256``.
        """
        return signed_document(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan to a file that you alone may read, whole or not at all; an older one is replaced.

        Args:
            path: The file.

        Raises:
            JournalError: It cannot be written.
            InvalidArgumentError: It is no path.
        """
        write_document(self.to_dict(), check.path(path, "path"))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a plan from the file that `save` wrote.

        The digest in it finds edits and damage, not attackers.

        Args:
            path: The file.

        Returns:
            The plan, equal to the one that was saved.

        Raises:
            JournalError: It cannot be read, is no plan or one of another version, or was changed.
        """
        return cls(**read_fields(check.path(path, "path")))
