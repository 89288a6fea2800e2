"""Apply a plan of two thousand people through faults and kills, and check that nothing is lost or done twice.

    python scripts/soak_people.py                               2,000 people, 20 kills, 5 % faults
    python scripts/soak_people.py --people 200 --kills 5

An account on loopback, in a process of its own, answers some of the requests with faults, as in soak.py.
People are invited in each of the three ways, invited anew, renamed and removed by ``ax users apply``, which
is killed with SIGKILL at random moments and started again with its journal each time. At the end the
account's audit trail and its outbox judge: the account has the people of the roster but for those whom the
report names as unknown, nobody was created twice or sent two mails, nobody else was touched, and each
password that was issued is in the file of passwords, or its user is named as unknown. Exit codes: 0 all of
this holds; 1 it does not, and the output says what.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from attrs import evolve, frozen
from sandbox_server import served
from soak import fault_script

from arize_users import ArizeClient, InviteModeLiteral, NewUser, UserRole
from arize_users.roster import Action, Plan, PlanResult, Report, Roster
from arize_users.sandbox import KEYS, Sandbox

OWNERS = ("owner@sandbox.example", "member@sandbox.example", "annotator@sandbox.example")
MODES: tuple[InviteModeLiteral, ...] = ("email_link", "temporary_password", "none")
MOST_PASSES = 8
AS_WANTED = ("done", "unchanged")
PATIENCE_SECONDS = 300


@frozen
class Files:
    """The files of one soak, in a directory of its own."""

    account: Path
    plan: Path
    journal: Path
    passwords: Path
    output: Path

    @classmethod
    def within(cls, directory: Path) -> Files:
        """Name them."""
        names = ("account.db", "plan.json", "journal.jsonl", "passwords.csv", "output.txt")
        return cls(*(directory / name for name in names))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--people", type=int, default=2_000, help="how many people the plan is about (default: 2000)")
    add("--kills", type=int, default=20, help="how often it is killed (default: 20)")
    add("--faults", type=float, default=0.05, help="the share of requests with a fault (default: 0.05)")
    add("--seed", type=int, default=1, help="which requests get which fault, and when it is killed")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="soak-people-") as directory:
        problems = soak_people(
            Path(directory), options.people, kills=options.kills, faults=options.faults, seed=options.seed
        )
    for problem in problems[:20]:
        print(f"WRONG: {problem}")
    print(f"soak of people failed: {len(problems)} wrong" if problems else "soak of people passed")
    return 1 if problems else 0


def soak_people(directory: Path, count: int, *, kills: int, faults: float, seed: int) -> list[str]:
    """Plan for people, apply that through faults and kills, and give what is wrong.

    Args:
        directory: Where the account, the plan and its journal are.
        count: How many people the plan is about.
        kills: How often the run is killed.
        faults: The share of requests with a fault.
        seed: What faults and kills follow from.
    """
    files = Files.within(directory)
    plan, report, problems = applied(files, count, kills=kills, faults=faults, seed=seed)
    counts = ", ".join(f"{number:,} {status}" for status, number in report.counts.items())
    print(f"{len(report):,} actions: {counts}; killed {kills} times", flush=True)
    with Sandbox(files.account) as sandbox:
        return problems + disagreements(sandbox, plan, report, files)


def applied(
    files: Files, count: int, *, kills: int, faults: float, seed: int
) -> tuple[Plan, Report, list[str]]:
    """Plan for people, and apply that; the arguments are those of `soak_people`.

    Returns:
        The plan, what became of it, and how the command ended where it did not do so in order.
    """
    script = files.account.with_name("faults.json")
    script.write_text(json.dumps(fault_script(faults, seed)))
    people = _populate(files.account, count)
    with served(f"--db={files.account}") as url, ArizeClient(api_key=KEYS[0], base_url=url) as client:
        plan = client.users.plan(Roster(people), remove_missing=True, max_removals="100%")
    with served(f"--db={files.account}", f"--fault-script={script}") as url:
        plan = evolve(plan, endpoint={**plan.endpoint, "port": urlsplit(url).port})
        plan.save(files.plan)
        problems = _kill_and_go_on(url, plan, files, kills, seed)
        return plan, _finish(url, plan, files), problems


def _populate(path: Path, count: int) -> list[NewUser]:
    """Make an account, and give the people whom it is to have: half of the actions are invitations."""
    with Sandbox(path) as sandbox:
        for number in range(count):
            email, name = f"p{number}@soak.example", f"Person {number}"
            if number % 8 == 0:
                sandbox.add_user(email=email, name=name, status="expired")
            elif number % 8 in (1, 2):
                sandbox.add_user(email=email, name="Old name")
            elif number % 8 == 3:
                sandbox.add_user(email=f"gone{number}@soak.example", name=name)
    roles = tuple(UserRole)
    owners = [
        NewUser(email=email, name=f"Sandbox {role.capitalize() if role != 'admin' else 'Owner'}", role=role)
        for email, role in zip(OWNERS, roles, strict=True)
    ]
    people = [
        NewUser(
            email=f"p{number}@soak.example",
            name=f"Person {number}",
            role="member",
            invite_mode=MODES[number // 8 % 3],
        )
        for number in range(count)
        if number % 8 != 3
    ]
    return owners + people


def _kill_and_go_on(url: str, plan: Plan, files: Files, kills: int, seed: int) -> list[str]:
    """Start the command, and kill it at a random moment, so many times."""
    chance = random.Random(seed)  # noqa: S311 - it keeps no secret
    most = 3 * len(plan.actions) // (kills + 1)  # Of two lines for each action, spread over all runs.
    killed, problems = 0, list[str]()
    for _ in range(3 * kills):
        if killed == kills:
            return problems
        lines = _lines(files.journal) + chance.randint(0, most)
        with files.output.open("w") as output, _started(url, files, output) as run:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while run.poll() is None and _lines(files.journal) <= lines and time.monotonic() < deadline:
                time.sleep(0.001)
            run.kill()
            is_killed = run.wait() < 0
        killed += is_killed
        # A fault that a check before the first change meets ends the run.
        if "Traceback" in files.output.read_text():
            problems.append(files.output.read_text()[-500:])
        print(f"{'killed' if is_killed else 'ended'} after {_lines(files.journal):,} lines", flush=True)
    return [*problems, f"killed {killed} times only"] if killed < kills else problems


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _started(url: str, files: Files, output: IO[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "arize_users.cli", "users", "apply", str(files.plan), "--force"]
    command += ["--journal", str(files.journal), "--passwords", str(files.passwords), "--concurrency", "16"]
    paths = os.pathsep.join(sys.path)
    environ = {**os.environ, "ARIZE_BASE_URL": url, "ARIZE_API_KEY": KEYS[0], "PYTHONPATH": paths}
    return subprocess.Popen(command, env=environ, stdout=output, stderr=output, text=True)


def _finish(url: str, plan: Plan, files: Files) -> Report:
    """Apply the plan until all that can be tried again was done."""
    with ArizeClient(api_key=KEYS[0], base_url=url, max_retries=8) as client:
        for _ in range(MOST_PASSES):
            report = client.users.apply(
                plan, journal=files.journal, passwords=files.passwords, max_concurrency=16
            )
            if not any(map(_may_be_tried_again, plan.actions, report)):
                break
    return report


def _may_be_tried_again(action: Action, result: PlanResult) -> bool:
    """Tell whether a further run does an action; an invitation with a lost answer may be none."""
    is_lost = result.status == "unknown" and action.after.get("invite_mode") in MODES[1:]
    return result.status not in AS_WANTED and not is_lost


def disagreements(sandbox: Sandbox, plan: Plan, report: Report, files: Files) -> list[str]:
    """Compare what was reported and written down with the account, its audit trail and its outbox."""
    return [
        *_wrong_people(sandbox, plan, report),
        *_done_twice(sandbox, plan),
        *_lost_passwords(sandbox, plan, report, files),
    ]


def _wrong_people(sandbox: Sandbox, plan: Plan, report: Report) -> Iterator[str]:
    users = {user.email: user for user in sandbox.users()}
    for action, result in zip(plan.actions, report, strict=True):
        user = users.get(action.email)
        is_unknown = result.status == "unknown" and result.error and not _may_be_tried_again(action, result)
        if action.kind == "remove":
            is_right = user is not None and user.status == "inactive"
        else:
            is_right = (
                user is not None
                and user.status in ("active", "invited")
                and user.name == action.after.get("name", user.name)
            )
        if not is_unknown and not (is_right and result.status in AS_WANTED):
            yield f"{action.kind} of {action.email}: {result.status} ({result.error}), and the user is {user}"


def _done_twice(sandbox: Sandbox, plan: Plan) -> Iterator[str]:
    planned = {action.email for action in plan.actions}
    done = Counter((entry.action, entry.email) for entry in sandbox.audit)
    for (action, email), times in done.items():
        if times > 1:
            yield f"{email}: {action} {times} times"
        if email not in planned:
            yield f"{email}: {action}, though nothing was planned"
    for email, mails in Counter(mail.to for mail in sandbox.outbox).items():
        if mails > 1:
            yield f"{email} was sent {mails} mails"


def _lost_passwords(sandbox: Sandbox, plan: Plan, report: Report, files: Files) -> Iterator[str]:
    with files.passwords.open(newline="") as file:
        kept = Counter(row["email"] for row in csv.DictReader(file))
    created = {entry.email for entry in sandbox.audit if entry.action in ("create", "reinvite")}
    for action, result in zip(plan.actions, report, strict=True):
        if action.after.get("invite_mode") != "temporary_password":
            continue
        is_issued, is_unknown = action.email in created, result.status == "unknown"
        if kept[action.email] > 1 or (kept[action.email] and not is_issued):
            yield f"{action.email}: {kept[action.email]} passwords in the file, issued: {is_issued}"
        if is_issued and not kept[action.email] and not is_unknown:
            yield f"{action.email}: the password is lost, and the report says {result.status}"
        if kept[action.email] and is_unknown:
            yield f"{action.email}: the password is in the file, and the report says {result.error}"
    text = files.journal.read_text() + files.plan.read_text() + repr(report) + str(report)
    for secret in _secrets(files):
        if secret in text:
            yield "a password is in the journal, the plan or the report"


def _secrets(files: Files) -> list[str]:
    with files.passwords.open(newline="") as file:
        return [row["password"] for row in csv.DictReader(file)]


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    sys.exit(main())
