"""Give an account the people of a roster; nobody is removed.

    python examples/onboarding.py people.csv

The plan is saved beside the roster. A run that was cut off goes on where it stopped when it is started again,
and nobody is invited twice.
"""

from __future__ import annotations

import sys
from pathlib import Path

from arize_users import ArizeClient, JournalError, PlanRefusedError, Report, RosterError
from arize_users.roster import Plan, Roster


def onboard(client: ArizeClient, people: Path) -> Report:
    """Plan, or take up the plan of a run before, and apply it."""
    saved = people.with_suffix(".plan.json")
    if saved.exists():
        plan = Plan.load(saved)
    else:
        plan = client.users.plan(Roster.read(people))
        plan.save(saved)
        print(plan)
    return client.users.apply(
        plan,
        journal=people.with_suffix(".journal.jsonl"),
        passwords=people.with_suffix(".passwords.csv"),  # readable by you alone
        on_progress=lambda progress: print(f"{progress.phase}: {progress.done} of {progress.total}"),
    )


def main(people: Path) -> int:
    """Run, and give an exit code for a scheduler: 0 all done, 1 not all, 2 nothing was done."""
    try:
        with ArizeClient() as client:
            report = onboard(client, people)
    except (RosterError, PlanRefusedError, JournalError) as error:
        print(f"Nothing was done. {error}", file=sys.stderr)
        return 2
    print(report)
    return 0 if report.is_complete else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
