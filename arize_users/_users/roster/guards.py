"""Guards of removals: how many, whom never, and how many admins have to be left."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import TypeVar

from attrs import frozen

from ...enums import UserRole, UserStatus
from ...errors import InvalidArgumentError
from ...types import PredefinedUserRole, User
from .. import arguments as check
from ..addresses import identity_key
from .parts import Guards, LeftAlone, Refusal, who_is

T = TypeVar("T")

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%")
_NUMBER = re.compile(r"[0-9]{1,9}")


def checked_guards(
    *,
    remove_missing: bool = False,
    remove_renamed: bool = False,
    max_removals: int | str | None,
    keep: Iterable[str | User] = (),
    min_admins: int = 1,
    is_limit_needed: bool = True,
) -> Guards:
    """Check the guards that a caller asks for; all that is wrong is told at once.

    Args:
        remove_missing: Whether users whom the roster does not name are removed.
        remove_renamed: Whether likely renames are, too.
        max_removals: A number, or a text such as ``10%``.
        keep: Emails, ids, domains with an ``@`` before them, and `User` objects.
        min_admins: A number.
        is_limit_needed: Whether ``max_removals`` cannot be None, as where nobody is removed by name.

    Raises:
        InvalidArgumentError: One of them cannot be right.
    """
    problems: list[InvalidArgumentError] = []

    def checked(check_it: Callable[[], T], otherwise: T) -> T:
        try:
            return check_it()
        except InvalidArgumentError as problem:
            problems.append(problem)
            return otherwise

    nobody = list[str](), list[InvalidArgumentError]()
    kept, bad = checked(partial(check.entries, keep, "keep", _kept), nobody)
    problems += bad
    guards = Guards(
        remove_missing=checked(partial(check.flag, remove_missing, "remove_missing"), False),
        remove_renamed=checked(partial(check.flag, remove_renamed, "remove_renamed"), False),
        max_removals=checked(partial(_limit, max_removals, is_limit_needed), None),
        keep=tuple(dict.fromkeys(kept)),
        min_admins=checked(partial(check.whole_number, min_admins, "min_admins", minimum=0), 0),
    )
    check.refuse(problems)
    return guards


def _kept(value: object, argument: str, index: int) -> str:
    if isinstance(value, User):
        named = getattr(value, "id", None) or getattr(value, "email", None)
        if not named:
            raise InvalidArgumentError(
                "this user has neither an id nor an email", argument=argument, index=index
            )
        return str(named)
    text = check.text(value, argument, index).strip()
    if text.startswith("*@") or ("@" not in text and "." in text):
        raise InvalidArgumentError(
            f"{text!r} is no id, address or domain",
            argument=argument,
            index=index,
            hint="Write a domain as @example.com.",
        )
    if not text.startswith("@"):
        return check.email(text, argument, index) if "@" in text else check.user_id(text, argument, index)
    try:
        check.email(f"anyone{text}")
    except InvalidArgumentError:
        raise InvalidArgumentError(
            f"{text!r} is not a domain",
            argument=argument,
            index=index,
            hint="Write a domain as @example.com.",
        ) from None
    return text


def _limit(value: object, is_needed: bool) -> int | str | None:
    if value is None and not is_needed:
        return None
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return int(text)
        percent = _PERCENT.fullmatch(text)
        if percent and Fraction(percent[1]) <= 100:
            return f"{percent[1]}%"
    elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise InvalidArgumentError(
        f"{value!r} is no limit of removals",
        argument="max_removals",
        hint='Give a whole number from 0 up, or a share of all users such as "10%".',
    )


def allowed_removals(limit: int | str | None, listed: int) -> int:
    """Give how many of the listed users may be removed: a share is rounded up."""
    if limit is None:
        return listed
    if isinstance(limit, int):
        return limit
    return math.ceil(Fraction(limit.removesuffix("%").rstrip()) * listed / 100)


class Kept:
    """Tells whom ``keep`` names among users; an address names all spellings that one person may have.

    Attributes:
        notes: Which entries name nobody.
    """

    def __init__(self, keep: Iterable[str], users: Sequence[User]) -> None:
        entries = {one if "@" not in one else identity_key(one): one for one in keep}
        self._by_user: dict[int, str] = {}
        named = set[str]()
        for user in users:
            found = [entries[name] for name in _names(user) if name in entries]
            named.update(found)
            if found:
                self._by_user[id(user)] = found[0]
        unmatched = [one for one in entries.values() if one not in named]
        self.notes = tuple([f"keep: {one!r} matches nobody" for one in unmatched])

    def entry_for(self, user: User) -> str | None:
        """Give the entry that names one of the users; None where none does."""
        return self._by_user.get(id(user))


def _names(user: User) -> Iterator[str]:
    if user_id := getattr(user, "id", None):
        yield user_id
    if email := getattr(user, "email", None):
        key = identity_key(email)
        yield key
        yield f"@{key.rpartition('@')[2]}"


def active_admins(users: Iterable[User]) -> list[User]:
    """Give the active users who have the predefined role admin."""
    return [
        user
        for user in users
        if getattr(user, "status", None) == UserStatus.ACTIVE
        and isinstance(role := getattr(user, "role", None), PredefinedUserRole)
        and role.name == UserRole.ADMIN
    ]


def removal_refusals(
    guards: Guards, users: Sequence[User], removed: Collection[str]
) -> tuple[list[Refusal], tuple[str, ...]]:
    """Hold removals against the guards.

    Args:
        guards: The guards.
        users: All users of the account.
        removed: The ids of those who are to be removed.

    Returns:
        What is refused, and the ids of the admins who are left.
    """
    admins = active_admins(users)
    left = tuple([user.id for user in admins if hasattr(user, "id") and user.id not in removed])
    refusals = []
    allowed = allowed_removals(guards.max_removals, len(users))
    if len(removed) > allowed:
        share = f" ({guards.max_removals})" if isinstance(guards.max_removals, str) else ""
        refusals.append(
            Refusal(
                guard="max_removals",
                message=f"{len(removed):,} of {len(users):,} users would be removed; "
                f"max_removals allows {allowed:,}{share}",
                remedy=f"If that is meant: --max-removals {len(removed)} (max_removals={len(removed)}).",
            )
        )
    if removed and len(left) < guards.min_admins:
        refusals.append(
            Refusal(
                guard="min_admins",
                message=f"{len(left):,} of {len(admins):,} active admins would be left; "
                f"min_admins asks for {guards.min_admins:,}",
                remedy="Keep admins with --keep (keep=), or if that is meant: "
                f"--min-admins {len(left)} (min_admins={len(left)}).",
            )
        )
    return refusals, left


@frozen(kw_only=True)
class GuardedRemovals:
    """Removals that were held against guards.

    Args:
        removed: Who is removed, if nothing is refused.
        kept: Who is not, because ``keep`` names them.
        admins: The ids of the active admins who are left.
        refusals: What refuses the removals.
        notes: Which entries of ``keep`` name nobody.
    """

    removed: tuple[User, ...]
    kept: tuple[LeftAlone, ...]
    admins: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


def guarded_removals(guards: Guards, users: Sequence[User], removals: Iterable[User]) -> GuardedRemovals:
    """Hold removals of people who are named each against guards.

    Args:
        guards: The guards, from `checked_guards`.
        users: All users of the account.
        removals: Those of them who are to be removed, by their ids.

    Returns:
        Who of them is removed, and what refuses it.
    """
    kept_by = Kept(guards.keep, users)
    entries = {user.id: kept_by.entry_for(user) for user in users if getattr(user, "id", None)}
    removed, kept = list[User](), list[LeftAlone]()
    for user in removals:
        if entry := entries.get(user.id):
            kept.append(LeftAlone(**who_is(user), reason=f"kept by {entry}"))
        else:
            removed.append(user)
    refusals, admins = removal_refusals(guards, users, {user.id for user in removed})
    return GuardedRemovals(
        removed=tuple(removed),
        kept=tuple(kept),
        admins=admins,
        refusals=tuple(refusals),
        notes=kept_by.notes,
    )
