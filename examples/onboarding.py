"""Give an account the people of a roster; nobody is removed.

    python examples/onboarding.py people.csv

Each run plans anew: one that was cut off can be started again, and nobody is invited twice.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from arize_users import ArizeClient, ArizeError, Report
from arize_users.roster import Roster


def onboard(client: ArizeClient, people: Path) -> Report:
    """Plan, show the plan, and apply it with a journal of its own."""
    plan = client.users.plan(Roster.read(people))
    print(plan)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S")
    return client.users.apply(
        plan,
        journal=people.with_suffix(f".{now}.jsonl"),
        passwords=people.with_suffix(".passwords.csv"),  # readable by you alone
        on_progress=lambda progress: print(f"{progress.phase}: {progress.done} of {progress.total}"),
    )


def main(people: Path) -> int:
    """Run, and give an exit code for a scheduler: 0 all done, 1 not all, 2 it was not done to its end."""
    try:
        with ArizeClient() as client:
            report = onboard(client, people)
    except ArizeError as error:
        print(error, file=sys.stderr)
        return 2
    print(report)
    return 0 if report.is_complete else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
