"""Made-up users as a grown account has them: every status, role and age."""

from __future__ import annotations

from .policy import default_is_developer
from .users import INVITATION_MICROS, NewUser

CUSTOM_ROLES = {"role-auditor": "Auditor", "role-labeler": "Labeler"}
"""The custom roles that some of them have: names by id."""
_FIRST_NAMES = (
    *("Ada", "Björn", "Chiara", "Dmitri", "Esi", "Farah", "Goran"),
    *("Hanako", "Íris", "José", "Kim", "Lale", "Mira"),
)
_LAST_NAMES = ("Berg", "Castillo", "D'Arcy", "Eze", "Fiala", "Grün", "Haddad", "Ito", "Jansen", "King-Lee")
# Each repeats for all users; the numbers of states and of roles have no common divisor, so all meet all.
_STATES = (
    *("active", "active", "active", "active", "active", "invited", "active", "active", "active", "active"),
    *(
        "expired",
        "active",
        "active",
        "inactive",
        "active",
        "active",
        "active",
        "invited",
        "active",
        "expired",
    ),
)
_ROLES = (
    *("member", "admin", "member", "annotator", "member", "role-auditor"),
    *("member", "member", "annotator", "member", "role-labeler"),
)
_DAY = 24 * 3600 * 1_000_000
_YEAR = 365 * _DAY


def mixed(emails: list[str], number: int, now: int) -> list[NewUser]:
    """Make a user of each email; the first is a year old, and the last was made just now.

    Args:
        emails: Their emails.
        number: The number of the first, which decides what each is: the same numbers give the same users.
        now: The account's time, in microseconds.
    """
    return [
        _user(number + place, email, now - _YEAR * (len(emails) - place - 1) // len(emails), now)
        for place, email in enumerate(emails)
    ]


def _user(number: int, email: str, created_at: int, now: int) -> NewUser:
    name = f"{_FIRST_NAMES[number % len(_FIRST_NAMES)]} {_LAST_NAMES[number % len(_LAST_NAMES)]}"
    role, state = _ROLES[number % len(_ROLES)], _STATES[number % len(_STATES)]
    role_type = "custom" if role in CUSTOM_ROLES else "predefined"
    invited_at = None
    if state == "expired" and now - created_at >= INVITATION_MICROS:
        invited_at = created_at
    elif state in ("expired", "invited"):  # It may have been sent again, long after the first.
        invited_at = max(created_at, now - number % 7 * _DAY)
    return NewUser(
        name=name,
        email=email,
        created_at=created_at,
        state=state if invited_at is None else "invited",
        role_type=role_type,
        role=role,
        # A few differ from what their role begins with.
        is_developer=default_is_developer(role_type, role) != (number % 13 == 0),
        invited_at=invited_at,
        sso=state == "active" and number % 10 == 0,
    )
