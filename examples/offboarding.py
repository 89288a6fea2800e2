"""Delete the people who left, named in a file with an email address in each line. It does not ask first.

    python examples/offboarding.py leavers.txt

What became of each is added to leavers.results.csv. Running it again is safe: who is gone is not found. Exit
codes: 0 all of them are gone, 1 not all, or nothing was done.
"""

from __future__ import annotations

import csv
import signal
import sys
from pathlib import Path

from arize_users import ArizeClient, ArizeError, Outcomes, UserRole

KEPT = {"owner@sandbox.example"}
"""Addresses that nobody removes by a list, such as the account's owner."""


def offboard(client: ArizeClient, leavers: Path) -> bool:
    """Look the leavers up, refuse to remove admins, delete the others, and tell whether all are gone."""
    lines = (line.strip() for line in leavers.read_text(encoding="utf-8-sig").splitlines())
    emails = [line for line in lines if line and line.lower() not in KEPT]
    looked_up = client.users.bulk_get(emails=emails) if emails else []
    for one in looked_up:
        if one.user is None:
            print(f"! {one.email}: {one.error or one.status}")
    users = {one.user.id: one.user for one in looked_up if one.user is not None}
    admins = [user.email for user in users.values() if user.role.name == UserRole.ADMIN]
    if admins:
        sys.exit(f"Nothing was done: these are admins: {', '.join(admins)}")
    for user in users.values():
        print(f"- {user.name} <{user.email}>, {user.status} since {user.created_at:%Y-%m-%d}")
    outcomes = Outcomes()
    try:
        if users:
            client.users.bulk_delete(user_ids=users, outcomes=outcomes)
    finally:  # Ctrl-C, too: whatever ends the call, what became of each is known.
        with leavers.with_suffix(".results.csv").open("a", encoding="utf-8", newline="") as file:
            rows = ((users[one.user_id or ""].email, one.status, one.error) for one in outcomes.results)
            csv.writer(file).writerows(rows)
        print(outcomes)
    gone = ("found", "not_found", "deleted")
    return all(one.status in gone for one in (*looked_up, *outcomes.results))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # A scheduler's stop ends it as Ctrl-C does.
    try:
        with ArizeClient() as arize:
            sys.exit(0 if offboard(arize, Path(sys.argv[1])) else 1)
    except (ArizeError, OSError) as error:
        sys.exit(str(error))
