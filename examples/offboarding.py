"""Delete the people who left, named in a file with an email address in each line, after a look at them.

    python examples/offboarding.py leavers.txt

It writes what became of each to leavers.results.csv. Running it again is safe: who is gone is not found.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from arize_users import ArizeClient, Outcomes, UserRole

KEPT = {"owner@sandbox.example"}
"""Addresses that nobody removes by a list, such as the account's owner."""


def offboard(client: ArizeClient, leavers: Path) -> Outcomes:
    """Look the leavers up, refuse to remove admins, and delete the others."""
    lines = (line.strip() for line in leavers.read_text(encoding="utf-8").splitlines())
    emails = [line for line in lines if line and line.lower() not in KEPT]
    looked_up = client.users.bulk_get(emails=emails)
    for one in looked_up:
        if one.user is None:
            print(f"! {one.email}: {one.error or one.status}")
    users = [one.user for one in looked_up if one.user is not None]
    admins = [user.email for user in users if user.role.name == UserRole.ADMIN]
    if admins:
        sys.exit(f"Nothing was done: these are admins: {', '.join(admins)}")
    for user in users:
        print(f"- {user.name} <{user.email}>, {user.status} since {user.created_at:%Y-%m-%d}")
    outcomes = Outcomes()
    try:
        client.users.bulk_delete(user_ids=users, outcomes=outcomes)
    finally:  # Ctrl-C, too: whatever ends the call, what became of each is known.
        with leavers.with_suffix(".results.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("user_id", "status", "error"))
            writer.writerows((one.user_id, one.status, one.error) for one in outcomes.results)
    return outcomes


if __name__ == "__main__":
    with ArizeClient() as arize:
        print(offboard(arize, Path(sys.argv[1])))
