"""Give an account the people of a roster; nobody is removed.

    python examples/onboarding.py people.csv

The plan is kept beside the roster until all of it is done. A run that was cut off goes on where it stopped
when it is started again, and nobody is invited twice. To plan anew, change the roster or delete the plan.
"""

from __future__ import annotations

import hashlib
import signal
import sys
from pathlib import Path

from arize_users import ArizeClient, ArizeError, Report
from arize_users.roster import Plan, Roster


def onboard(client: ArizeClient, people: Path) -> Report:
    """Plan, or take up the plan of a run before for the same roster, and apply it."""
    roster = Roster.read(people)
    digest = hashlib.sha256(people.read_bytes()).hexdigest()
    saved = people.with_suffix(f".{digest[:8]}.plan.json")
    plan = Plan.load(saved) if saved.exists() else client.users.plan(roster)
    plan.save(saved)
    print(plan)
    report = client.users.apply(
        plan,
        journal=people.with_suffix(f".{plan.digest[:8]}.jsonl"),
        passwords=people.with_suffix(".passwords.csv"),  # readable by you alone
        on_progress=lambda progress: print(f"{progress.phase}: {progress.done} of {progress.total}"),
    )
    if report.is_complete:
        saved.unlink()
    return report


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
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # A scheduler's stop ends it as Ctrl-C does.
    sys.exit(main(Path(sys.argv[1])))
