"""What a plan consists of: its actions, whom it leaves as they are, its guards, and what those refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from ...enums import ActionKind
from ...results import Document
from ...types import FrozenDict, User

_STATE = ("email", "name", "status", "role", "is_developer", "created_at")
_ROLE = ("type", "name", "id")


def state_of(user: User) -> FrozenDict:
    """Give what an action notes of a user; what the server left out, or sends beyond, is not in it."""
    fields = user.to_dict()
    state = {name: fields[name] for name in _STATE if name in fields}
    if "role" in state:
        role = state["role"]
        state["role"] = {name: role[name] for name in _ROLE if isinstance(role.get(name), str)}
    return deeply_frozen(state)


def who_is(user: User) -> dict[str, Any]:
    """Give who a user is, as far as the server says it, for those who are left as they are."""
    facts = vars(user)
    return {"email": facts.get("email"), "name": facts.get("name"), "user_id": facts.get("id")}


def deeply_frozen(document: Mapping[str, Any]) -> FrozenDict:
    """Copy a document of texts, numbers and further documents such that nothing in it can be changed."""
    frozen = {}
    for name, value in document.items():
        frozen[name] = deeply_frozen(value) if isinstance(value, Mapping) else value
    return FrozenDict(frozen)


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
    before: Mapping[str, Any] = field(factory=dict, converter=deeply_frozen, hash=False)
    after: Mapping[str, Any] = field(factory=dict, converter=deeply_frozen, hash=False)

    @property
    def email(self) -> str:
        """The address, as the account spells it, or of somebody new as the roster does."""
        return str(self.before.get("email") or self.after.get("email") or "")

    @property
    def name(self) -> str:
        """The name as it is now, or of somebody new as it is to be; empty where neither is known."""
        return str(self.before.get("name") or self.after.get("name") or "")

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
