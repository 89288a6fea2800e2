"""Holds a user of the account against an action of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...enums import ActionKind
from ...types import User
from ..arguments import as_sent
from .parts import Action, state_of
from .plan_text import role_text

_PLANNED = ("email", "status", "role")
"""What is as planned wherever a user is changed or removed."""
_INVITED = ("name", "role", "is_developer")
_SPOKEN = {"email": "address", "is_developer": "developer permission"}


def departures(action: Action, user: User) -> str:
    """Say how a user is not as planned any more: what is, and what was; empty where all is as planned."""
    now = state_of(user)
    found = [
        _departure(name, now.get(name), action.before.get(name))
        for name in _PLANNED
        if not _is_same(name, now.get(name), action.before.get(name))
    ]
    changed = action.after if action.kind is ActionKind.UPDATE else ()
    for name in changed:
        wanted, planned = action.after[name], action.before.get(name)
        if not any(_is_same(name, now.get(name), one) for one in (wanted, planned)):
            found.append(_departure(name, now.get(name), planned))
    return ", ".join(found)


def lacking(action: Action, user: User) -> str:
    """Say in what a user is not as an action would make it; empty where there is nothing."""
    now = state_of(user)
    return ", ".join(_difference(name, now.get(name), action.after[name]) for name in _lacks(action, now))


def lacks_flag_alone(action: Action, user: User) -> bool:
    """Tell whether the developer permission is all that a user who was invited lacks."""
    return _lacks(action, state_of(user)) == ["is_developer"]


def _lacks(action: Action, now: Mapping[str, Any]) -> list[str]:
    names = _INVITED if action.kind in (ActionKind.INVITE, ActionKind.REINVITE) else action.after
    return [
        name
        for name in names
        if name in action.after and not _is_same(name, now.get(name), action.after[name])
    ]


def _is_same(name: str, one: Any, other: Any) -> bool:
    if name == "role":
        one, other = role_key(one), role_key(other)
    elif name == "name":
        one, other = (as_sent(name) if isinstance(name, str) else name for name in (one, other))
    return bool(one == other)


def role_key(role: Mapping[str, Any] | None) -> object:
    """Give what tells the document of a role from that of another."""
    if role is None:
        return None
    kind = str(role.get("type", "")).lower()
    # Another name of the same custom role makes it no other role.
    return kind, role.get("id") if kind == "custom" else str(role.get("name", "")).lower()


def _departure(name: str, now: Any, planned: Any) -> str:
    return f"{_SPOKEN.get(name, name)} is {_told(name, now)}, was {_told(name, planned)} when planned"


def _difference(name: str, now: Any, wanted: Any) -> str:
    return f"{_SPOKEN.get(name, name)} is {_told(name, now)}, not {_told(name, wanted)}"


def _told(name: str, value: Any) -> str:
    if value is None:
        return "not said by the server"
    if name == "role":
        return role_text(value)
    return str(value) if name == "status" else repr(value)
