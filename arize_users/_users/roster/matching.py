"""Compares a roster with the users of an account, and says what is to be done: no request is made here."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from attrs import define, field

from ...enums import ActionKind, UserStatus
from ...errors import InvalidArgumentError
from ...types import CustomUserRole, PredefinedUserRole, Role, User, as_utc
from .. import arguments as check
from ..addresses import folded, identity_key
from .comparison import role_key
from .entries import Entry
from .guards import Kept, removal_refusals
from .parts import Action, Cannot, Guards, LeftAlone, Refusal, state_of, who_is
from .plan import Plan
from .plan_text import counted
from .roster import Roster

_WITNESSES = 3
# Without these nobody can be told from others, or changed, or removed.
_NEEDED = ("id", "email", "status", "role")
_STATUSES = frozenset(UserStatus)
_LATEST = datetime.max.replace(tzinfo=UTC)


def plan_of(
    roster: Roster,
    users: Sequence[User],
    guards: Guards,
    *,
    endpoint: Mapping[str, Any],
    created_at: datetime,
    blocked: Collection[str] = (),
    notes: Iterable[str] = (),
) -> Plan:
    """Say what is to be done so that an account has the people of a roster.

    Args:
        roster: The people.
        users: All users of the account, in list order, each once.
        guards: What is removed, and how much of it.
        endpoint: Where the account is.
        created_at: When it was read.
        blocked: Addresses known to be blocked for good.
        notes: What a reader should know besides.

    Returns:
        The plan. Each listed user is in one place of it at most: as one who is as the roster says, of an
        action, under ``cannot``, or left alone.
    """
    matching = _Matching(users=users, blocked={folded(one) for one in blocked})
    matching.take_inactive(roster.inactive)
    matching.take_people(roster.entries)
    matching.take_mentioned(roster.mentioned, (one.email for one in roster.problems if one.email))
    missing = matching.rest()
    removals = _Removals(guards, matching, missing)
    gone = {one.user_id for one in removals.actions if one.user_id is not None}
    refusals, admins = removal_refusals(guards, users, gone)
    staying = _oldest_first(user for user in users if _has_usable_id(user) and user.id not in gone)
    return Plan(
        endpoint=endpoint,
        created_at=created_at,
        guards=guards,
        source=roster.source,
        listed=len(users),
        people=len(roster.entries),
        skipped=len(roster.problems),
        unchanged=matching.unchanged,
        actions=(*matching.actions, *removals.actions),
        cannot=tuple(matching.cannot),
        left_alone=(*matching.left_alone, *removals.left_alone),
        renamed=tuple(removals.renamed),
        missing=tuple([users[place].id for place in missing]),
        witnesses=tuple([user.id for user in staying[:_WITNESSES]]),
        oldest=_label(staying[0]) if staying else None,
        admins=admins,
        refusals=(*_roster_refusals(guards, roster, matching, missing), *refusals),
        notes=(*roster.notes, *notes, *removals.notes),
    )


@define(eq=False)
class _Matching:
    """Which user each row is about; users are named by their place in the list, since an id may be missing.

    Attributes:
        rows: The rows that name one person, and where in the list this one stands: at its end who is new.
        met: How many rows are about a user of the account.
    """

    users: Sequence[User]
    blocked: Collection[str]
    actions: list[Action] = field(factory=list)
    cannot: list[Cannot] = field(factory=list)
    left_alone: list[LeftAlone] = field(factory=list)
    rows: list[tuple[int, Entry]] = field(factory=list)
    unchanged: int = 0
    met: int = 0
    _by_key: dict[str, list[int]] = field(factory=dict)
    _inactive: set[str] = field(factory=set)
    _mentioned: set[str] = field(factory=set)
    _done: set[int] = field(factory=set)
    """Users of whom the plan says something, or who are as they should be."""
    _aside: dict[int, str] = field(factory=dict)
    """Why users whom a row nearly names are not missing."""

    def __attrs_post_init__(self) -> None:
        for place, user in enumerate(self.users):
            if email := getattr(user, "email", None):
                self._by_key.setdefault(identity_key(email), []).append(place)

    def take_inactive(self, inactive: Iterable[tuple[Entry, str]]) -> None:
        """Note those whom the file calls inactive: nothing is done for them."""
        for entry, why in inactive:
            key = identity_key(entry.person.email)
            self._inactive.add(key)
            places = self._by_key.get(key, [])
            self._refuse(entry, f"the file calls them inactive ({why})", places)

    def take_people(self, entries: Iterable[Entry]) -> None:
        """Say what is to be done for each person."""
        rows: dict[int | str, list[tuple[Entry, int | None]]] = {}
        for entry in entries:
            address = entry.person.email
            key = identity_key(address)
            alike = self._by_key.get(key, [])
            found = self._named(address, alike)
            self.met += bool(found)
            if key in self._inactive:
                self._refuse(entry, "another row of the file calls them inactive", alike)
            elif len(found) > 1:
                self._refuse(entry, self._ambiguity(found), alike)
            elif alike and not found:
                reason = f"the account has the address in another Unicode form: {self._spelled(alike)}"
                self._refuse(entry, reason, alike)
            else:
                place = found[0] if found else None
                rows.setdefault(key if place is None else place, []).append((entry, place))
                for one in alike:
                    self._aside[one] = (
                        f"their address is {address} of the roster but for case or Unicode form"
                    )
        for same in rows.values():
            for entry, place in same:
                if len(same) > 1 or place in self._done:
                    self._refuse(entry, "two rows for one person", [] if place is None else [place])
                elif place is None:
                    self._take_new(entry)
                else:
                    self._take_user(entry, place)

    def _named(self, address: str, alike: list[int]) -> list[int]:
        exact = [place for place in alike if self.users[place].email == address]
        key = folded(address)
        return exact or [place for place in alike if folded(self.users[place].email) == key]

    def _take_new(self, entry: Entry) -> None:
        self.rows.append((len(self.users), entry))
        if folded(entry.person.email) in self.blocked:
            self._refuse(entry, "the address is blocked for good, as applying a plan has shown")
        elif entry.status == UserStatus.EXPIRED:
            self._leave(entry, None, "expired in the file, and not in the account")
        else:
            self.actions.append(Action(kind=ActionKind.INVITE, after=invitation(entry)))

    def _take_user(self, entry: Entry, place: int) -> None:
        user = self.users[place]
        self._done.add(place)
        self.rows.append((place, entry))
        if reason := _flaw(user):
            self._refuse(entry, reason, [place])
        elif user.status == UserStatus.EXPIRED:
            if entry.status == UserStatus.EXPIRED:
                self._leave(entry, user, "expired in the file, too: not invited anew")
            else:
                self._act(ActionKind.REINVITE, user, invitation(entry) | {"email": user.email})
        elif reason := _flaw(user, *_compared(entry)) or _other_role(entry, user):
            self._refuse(entry, reason, [place])
        elif changes := _changes(entry, user):
            self._act(ActionKind.UPDATE, user, changes)
        else:
            self.unchanged += 1

    def _act(self, kind: ActionKind, user: User, after: Mapping[str, Any]) -> None:
        self.actions.append(Action(kind=kind, user_id=user.id, before=state_of(user), after=after))

    def _leave(self, entry: Entry, user: User | None, reason: str) -> None:
        person = entry.person
        self.left_alone.append(
            LeftAlone(email=person.email, name=person.name, user_id=getattr(user, "id", None), reason=reason)
        )

    def _refuse(self, entry: Entry, reason: str, places: Sequence[int] = ()) -> None:
        self._done.update(places)
        self.cannot.append(
            Cannot(
                email=entry.person.email,
                name=entry.person.name,
                user_id=getattr(self.users[places[0]], "id", None) if len(places) == 1 else None,
                line=entry.line,
                reason=reason,
            )
        )

    def take_mentioned(self, mentioned: Iterable[str], skipped: Iterable[str]) -> None:
        """Note whom the file names elsewhere, by id or address: they are not missing, and that is all."""
        self._mentioned.update(mentioned, (identity_key(address.strip()) for address in skipped))

    def rest(self) -> list[int]:
        """Place those whom no row is about, and give those who are missing from the file, in list order."""
        missing = []
        for place, user in enumerate(self.users):
            if place in self._done:
                continue
            if reason := self._aside.get(place) or _flaw(user):
                self.cannot.append(Cannot(**who_is(user), reason=reason))
            elif self._is_mentioned(user):
                reason = "the file names them, though not as the address of a person"
                self.left_alone.append(LeftAlone(**who_is(user), reason=reason))
            else:
                missing.append(place)
        return missing

    def _is_mentioned(self, user: User) -> bool:
        return user.id in self._mentioned or identity_key(user.email) in self._mentioned

    def _ambiguity(self, places: Sequence[int]) -> str:
        users = [self.users[place] for place in places]
        apart = " apart in case" if len({user.email for user in users}) > 1 else ""
        count = "two" if len(users) == 2 else str(len(users))
        ids = ", ".join(getattr(user, "id", None) or "one without an id" for user in users)
        return f"{count} users with this address{apart}: {ids}"

    def _spelled(self, places: Iterable[int]) -> str:
        return ", ".join(ascii(self.users[place].email)[1:-1] for place in places)


class _Removals:
    """Who of the missing is removed, and who is left alone."""

    def __init__(self, guards: Guards, matching: _Matching, missing: Iterable[int]) -> None:
        self.actions: list[Action] = []
        self.left_alone: list[LeftAlone] = []
        self.renamed: list[tuple[str, str]] = []
        kept = Kept(guards.keep, matching.users)
        self.notes = kept.notes
        namesakes = _Namesakes(matching.rows)
        for place in missing:
            user = matching.users[place]
            address = namesakes.younger(place, getattr(user, "name", None) or "")
            if address is not None:
                self.renamed.append((user.id, address))
            if not guards.remove_missing:
                self._leave(user, "missing from the roster")
            elif entry := kept.entry_for(user):
                self._leave(user, f"missing from the roster, and kept by {entry}")
            elif address is not None and not guards.remove_renamed:
                self._leave(user, f"likely the one whom the roster has as {address}")
            else:
                self.actions.append(Action(kind=ActionKind.REMOVE, user_id=user.id, before=state_of(user)))

    def _leave(self, user: User, reason: str) -> None:
        self.left_alone.append(LeftAlone(**who_is(user), reason=reason))


class _Namesakes:
    """The addresses of a roster by the name of who has them.

    Who is missing, and has the name of somebody who is new or came later, has likely moved to that address:
    also after a plan has invited the new one.
    """

    def __init__(self, rows: Iterable[tuple[int, Entry]]) -> None:
        self._by_name: dict[str, deque[tuple[int, str]]] = {}
        for place, entry in sorted(rows, key=itemgetter(0)):
            self._by_name.setdefault(_alike(entry.person.name), deque()).append((place, entry.person.email))

    def younger(self, place: int, name: str) -> str | None:
        """Give the address of a namesake who stands later in the list than a user; ask in list order.

        Each is given once, but the last of a name for all further users.
        """
        namesakes = self._by_name.get(_alike(name), deque())
        while namesakes and namesakes[0][0] < place:
            namesakes.popleft()
        if not namesakes or not name.strip():
            return None
        return (namesakes.popleft() if len(namesakes) > 1 else namesakes[0])[1]


def _alike(name: str) -> str:
    # "Voss, Mira" is Mira Voss.
    return " ".join(sorted(check.as_sent(name).casefold().replace(",", " ").split()))


def invitation(entry: Entry) -> dict[str, Any]:
    """Give what is sent to invite a person of a roster."""
    person = entry.person
    flag = {} if person.is_developer is None else {"is_developer": person.is_developer}
    return {
        "email": person.email.strip(),
        "name": check.as_sent(person.name),
        "role": _role_document(check.role(person.role)),
        "invite_mode": str(check.invite_mode(person.invite_mode)),
        **flag,
    }


def _role_document(role: PredefinedUserRole | CustomUserRole) -> dict[str, str]:
    if isinstance(role, CustomUserRole):
        return {"type": "custom", "id": role.id}
    return {"type": "predefined", "name": str(role.name)}


def _flaw(user: User, *needed: str) -> str | None:
    """Say why nothing can be done for a listed user; None where something can."""
    absent = [name for name in (*_NEEDED, *needed) if getattr(user, name, None) in (None, "")]
    if absent:
        return f"the server lists this user without {' and '.join(absent)}"
    if user.status not in _STATUSES:
        return f"their status is {str(user.status)!r}, which this version does not know"
    return None if _has_usable_id(user) else f"their id is {user.id!r}, which no request can name"


def _has_usable_id(user: User) -> bool:
    try:
        return check.user_id(getattr(user, "id", None)) == user.id
    except InvalidArgumentError:
        return False


def _other_role(entry: Entry, user: User) -> str | None:
    """Say how a role differs from what the roster says; None where it does not."""
    wanted, role = check.role(entry.person.role), user.role
    if role_key(role.to_dict()) == role_key(wanted.to_dict()):
        return None
    return f"role: {_role_text(role)}, the roster says {_role_text(wanted)} (ask in the web interface)"


def _role_text(role: Role) -> str:
    if isinstance(role, CustomUserRole):
        return f"the custom role {role.name} ({role.id})" if role.name else f"the custom role {role.id}"
    return str(role.name) if role.name else "one that this version does not know"


def _compared(entry: Entry) -> tuple[str, ...]:
    return ("name",) if entry.person.is_developer is None else ("name", "is_developer")


def _changes(entry: Entry, user: User) -> dict[str, Any]:
    person, changes = entry.person, dict[str, Any]()
    if check.as_sent(user.name) != check.as_sent(person.name):
        changes["name"] = check.as_sent(person.name)
    if person.is_developer is not None and user.is_developer != person.is_developer:
        changes["is_developer"] = person.is_developer
    return changes


def _oldest_first(users: Iterable[User]) -> list[User]:
    def age(user: User) -> datetime:
        created = getattr(user, "created_at", None)
        return _LATEST if created is None else as_utc(created)

    return sorted(users, key=age)


def _label(user: User) -> str:
    name, email = getattr(user, "name", None), getattr(user, "email", None)
    return " ".join(filter(None, [name, f"<{email}>" if email else None])) or user.id


def _roster_refusals(
    guards: Guards, roster: Roster, matching: _Matching, missing: Sequence[int]
) -> list[Refusal]:
    if not guards.remove_missing:
        return []
    remedy = "Give the whole roster of this account, or plan without --remove-missing (remove_missing=False)."
    refusals = []
    if roster.problems:
        count = counted(len(roster.problems), "row")
        refusals.append(
            (
                f"{count} of the roster could not be read, so who is missing from it is not known",
                "Mend the file, or plan without --remove-missing (remove_missing=False).",
            )
        )
    if roster.is_partial:
        refusals.append(("the roster's file says itself that it does not hold everybody", remedy))
    if not len(roster):
        count = f"{len(missing):,} of {counted(len(matching.users), 'user')}"
        refusals.append((f"the roster has nobody to be kept: {count} would be missing", remedy))
    elif matching.users and not matching.met:
        refusals.append(
            (f"none of the {len(matching.users):,} users of the account is in the roster", remedy)
        )
    return [Refusal(guard="remove_missing", message=message, remedy=remedy) for message, remedy in refusals]
