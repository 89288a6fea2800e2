"""Rosters, listed users and plans for tests that make no request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from arize_users import NewUser, User
from arize_users._users.codec import user as decoded
from arize_users._users.roster.guards import checked_guards
from arize_users._users.roster.matching import plan_of
from arize_users.roster import Entry, Plan, Roster, RowProblem

from .answers import user as document

ENDPOINT = {"scheme": "https", "host": "api.example.com", "port": 443, "path": ""}
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(email: str = "ada@example.com", name: str = "Ada Lovelace", **fields: Any) -> NewUser:
    """Give a person of a roster, a member unless it is said."""
    return NewUser(**{"email": email, "name": name, "role": "member", **fields})


def row(*given: str, line: int | None = None, status: str | None = None, **fields: Any) -> Entry:
    """Give a row of a file with a person."""
    return Entry(person=person(*given, **fields), line=line, status=status)


def roster_of(
    *people: NewUser | Entry,
    problems: Sequence[RowProblem] = (),
    inactive: Sequence[tuple[Entry, str]] = (),
    notes: Sequence[str] = (),
    source: str | None = None,
    mentioned: Sequence[str] = (),
    is_partial: bool = False,
) -> Roster:
    """Give a roster as a file would that held just this."""
    roster = object.__new__(Roster)
    facts = {
        "entries": tuple(one if isinstance(one, Entry) else Entry(person=one) for one in people),
        "problems": tuple(problems),
        "inactive": tuple(inactive),
        "notes": tuple(notes),
        "source": source,
        "mentioned": frozenset(mentioned),
        "is_partial": is_partial,
    }
    for name, value in facts.items():
        object.__setattr__(roster, name, value)
    return roster


def listed(user_id: str, email: str | None, name: str | None = "Ada Lovelace", **fields: Any) -> User:
    """Give a user as a list has it; a field that is None was left out by the server."""
    return decoded(document(id=user_id or None, email=email, name=name, **fields))


def planned(roster: Roster, users: Iterable[User], *, blocked: Sequence[str] = (), **guards: Any) -> Plan:
    """Plan without an account; as many removals as needed are allowed unless it is said."""
    checked = checked_guards(**{"max_removals": "100%", "min_admins": 0, **guards})
    return plan_of(roster, list(users), checked, endpoint=ENDPOINT, created_at=MOMENT, blocked=blocked)


def acted(plan: Plan) -> list[tuple[str, str | None, str]]:
    """Give kind, id and address of each action."""
    return [(str(one.kind), one.user_id, one.email) for one in plan.actions]
