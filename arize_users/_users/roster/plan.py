"""`Plan`: what is to be done to an account so that it has the people of a roster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from ...enums import ActionKind
from ...results import Document


@frozen(kw_only=True)
class Action(Document):
    """One action of a plan.

    Args:
        kind: What it does.
        user_id: Whom it changes or removes; None for an invitation of somebody new.
        before: The state it was planned from: ``email``, ``name``, ``status``, ``role`` (the document of the
            role), ``is_developer``, ``created_at``, as the server spelled them; empty for somebody new.
        after: What is sent. Of an invitation ``email``, ``name``, ``role`` (its document), ``invite_mode``,
            and ``is_developer`` where it is given; of an update what changes; empty for a removal.
    """

    kind: ActionKind
    user_id: str | None = None
    before: Mapping[str, Any] = field(factory=dict, hash=False)
    after: Mapping[str, Any] = field(factory=dict, hash=False)

    @property
    def email(self) -> str:
        """The address, as the account spells it, or of somebody new as the roster does."""
        return str(self.before.get("email") or self.after.get("email"))

    @property
    def name(self) -> str:
        """The name as it is now, or of somebody new as it is to be."""
        return str(self.before.get("name") or self.after.get("name"))

    def to_dict(self) -> dict[str, Any]:
        """Give all fields.

        Returns:
            The fields by name.
        """
        return {
            "kind": str(self.kind),
            "user_id": self.user_id,
            "before": dict(self.before),
            "after": dict(self.after),
        }


@frozen(kw_only=True)
class Cannot:
    """A person for whom no request can do what the roster says: nothing is done."""

    email: str | None
    name: str | None
    user_id: str | None = None
    line: int | None = None
    reason: str


@frozen(kw_only=True)
class LeftAlone:
    """A user who is not as the roster says, or is missing from it, and is left as is on purpose."""

    email: str | None
    name: str | None
    user_id: str | None
    reason: str


@frozen(kw_only=True)
class Guards:
    """The guards that a plan was made with."""

    remove_missing: bool = False
    remove_renamed: bool = False
    max_removals: int | str | None = "10%"
    keep: tuple[str, ...] = ()
    min_admins: int = 1


@frozen(kw_only=True)
class Refusal:
    """A guard that refuses a plan.

    Args:
        guard: ``max_removals``, ``keep``, ``min_admins``, ``remove_missing``, ``account``, ``passwords``.
        message: What is refused, with the figures.
        remedy: What would satisfy the guard.
    """

    guard: str
    message: str
    remedy: str


@frozen(kw_only=True)
class Plan(Document):
    """What `apply` would do; false where that is nothing.

    Args:
        endpoint: Where the account is: ``scheme``, ``host``, ``port`` and ``path``, or ``sandbox``, the
            absolute file of a local account or its name in memory.
        created_at: When it was planned.
        guards: The guards that it was made with.
        listed: How many users the account listed.
        people: How many people the roster has.
        unchanged: How many of them are as they should be.
        actions: What is to be done; removals stand last.
        cannot: Where nothing can be done.
        left_alone: Who is left as is, though the roster or the guards mention them.
        renamed: Pairs of a user of the account and the new address that the roster has for the name.
        missing: Ids of listed users whom the roster names nowhere, removed or not.
        witnesses: Ids of up to three of the oldest users whom it leaves in place, by which `apply` knows
            the account again.
        admins: Ids of the active admins whom it leaves, and counts on.
        refusals: The guards that refuse it.
        notes: What a reader should know, such as a ``keep`` that matches nobody.
    """

    endpoint: Mapping[str, Any] = field(hash=False)
    created_at: datetime
    guards: Guards
    listed: int
    people: int
    unchanged: int = 0
    actions: tuple[Action, ...] = ()
    cannot: tuple[Cannot, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.actions)

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as a document."""
        raise NotImplementedError

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of the plan, in hexadecimal digits."""
        raise NotImplementedError
