"""Bring an account in line with the export of a people system, each night, without anybody at the keyboard.

    python examples/nightly_job.py /var/lib/people/export.csv /var/lib/people/journals

Who is not in the export is removed, within the guards: at most 2 % a night, never the last two admins, nobody
of the partners' domain. What a guard refuses stays for a person to look at. Exit codes: 0 the account is as
the export says, 1 not in all, 2 it was not done to its end, 3 a guard refused.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from arize_users import ArizeClient, ArizeError, PlanRefusedError, UserResult
from arize_users.roster import Roster

HEADERS = {"email": "Work Email", "name": "Display Name", "role": "Arize Role"}
KEPT = ["@partners.example"]

log = logging.getLogger("nightly")


def told(result: UserResult) -> None:
    """Log what became of each person; no result holds a secret that is shown."""
    log.info("%s: %s %s", result.email or result.user_id, result.status, result.error or "")


def run(client: ArizeClient, export: Path, journals: Path) -> int:
    """Plan, log the plan, and apply it unless a guard refuses."""
    plan = client.users.plan(
        Roster.read(export, columns=HEADERS),
        remove_missing=True,
        max_removals="2%",
        min_admins=2,
        keep=KEPT,
    )
    log.info("%s", plan)
    if plan.refusals:
        return 3
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S")
    report = client.users.apply(plan, journal=journals / f"{now}.jsonl", on_result=told)
    return 0 if report.is_complete else 1


def main(export: Path, journals: Path) -> int:
    """Run, and turn what can go wrong into an exit code that a scheduler shows."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        with ArizeClient() as client:
            return run(client, export, journals)
    except PlanRefusedError as error:  # The account changed between the plan and its removals.
        log.error("%s", error)
        return 3
    except ArizeError as error:
        log.error("%s", error)
        return 2


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
