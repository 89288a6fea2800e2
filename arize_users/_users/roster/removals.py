"""Users whom somebody names to be removed, held against the guards that a plan has, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import field, frozen

from ...types import User
from .guards import Kept, active_admins, checked_guards, removal_refusals
from .parts import Guards, Refusal


@frozen(kw_only=True)
class Removals:
    """Who is to be removed, and what refuses it.

    Args:
        guards: The guards.
        listed: How many users the account lists.
        user_ids: The ids of those who are to be removed.
        kept: The ids of those who were named, too, and are left alone, with what keeps them.
        admins: The ids of the active admins who are left, and counted on.
        refusals: The guards that refuse it; nobody is to be removed where there is one.
        notes: What a reader should know, such as a ``keep`` that matches nobody.
    """

    guards: Guards
    listed: int
    user_ids: tuple[str, ...]
    kept: Mapping[str, str] = field(hash=False)
    admins: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]

    def lacks_admins(self, users: Iterable[User]) -> bool:
        """Tell whether too few of the admins counted on are active admins still, as they were looked up again."""
        return bool(self.user_ids) and len(active_admins(users)) < self.guards.min_admins


def removal_guards(
    *, max_removals: int | str | None = None, keep: Iterable[str | User] = (), min_admins: int = 1
) -> Guards:
    """Check guards for users who are named one by one, before anybody is asked.

    Args:
        max_removals: How many may be removed: a number, a text such as ``10%``, or None for any number.
        keep: Emails, ids, domains with an ``@`` before them, and `User` objects, who are never removed.
        min_admins: How many active admins have to be left.

    Returns:
        The guards, for `check_removals`.

    Raises:
        InvalidArgumentError: One of them cannot be right; all that is wrong is told at once.
    """
    return checked_guards(max_removals=max_removals, keep=keep, min_admins=min_admins, is_limit_needed=False)


def check_removals(guards: Guards, users: Sequence[User], user_ids: Iterable[str]) -> Removals:
    """Hold removals against guards. Nothing is asked or removed.

    Args:
        guards: The guards.
        users: All users of the account.
        user_ids: The ids of those who are to be removed; one that no user has counts, too.

    Returns:
        Who is to be removed, who is kept, and what refuses it.
    """
    keepers = Kept(guards.keep)
    named = dict.fromkeys(user_ids)
    listed = {user.id for user in users if getattr(user, "id", None)}
    everyone = [*users, *(User(id=one) for one in named if one not in listed)]
    entries = {getattr(user, "id", ""): keepers.entry_for(user) for user in everyone}
    kept = {one: entry for one in named if (entry := entries[one])}
    removed = tuple(one for one in named if one not in kept)
    refusals, admins = removal_refusals(guards, users, removed)
    return Removals(
        guards=guards,
        listed=len(users),
        user_ids=removed,
        kept=kept,
        admins=admins,
        refusals=tuple(refusals),
        notes=tuple(f"keep: {one!r} matches none of the {len(users):,} users" for one in keepers.unmatched()),
    )
