"""Delete ten thousand users through a faulty network, and check that every single outcome is true.

    python scripts/soak.py                                  10,000 users, half by each client
    python scripts/soak.py --users 1000 --client async

A sandbox on loopback, in a process of its own, meets some of the requests with faults (5 % by default, of
all kinds, the same for the same --seed). Half of the users are given by id, half by email; what failed is
given again, as an administrator would. At the end the account, its audit trail and the reported results
must agree for each user, nobody may have been deleted twice, and this process must not have grown.
Exit codes: 0 all that is so; 1 it is not, or time ran out; the output says what.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from arize_users import (
    ArizeClient,
    AsyncArizeClient,
    BetaWarning,
    BulkInterrupted,
    BulkUserDeletionResult,
    DeletionStatus,
)
from arize_users.sandbox import KEYS, Sandbox

DOMAIN = "soak.example"
CONCURRENCY = 32
MOST_PASSES = 6
# What the faults below look like to a caller once no repetition is left.
EXPLANATION = re.compile(r"(400|429|500|502|503|504) .*\S|.*(connection|answer|body|cursor).*")

Report = Callable[[BulkUserDeletionResult], None]
Results = list[BulkUserDeletionResult]

# Each fault with its weight. Pauses are short, so that the soak is about faults and not about waiting.
FAULTS: Sequence[tuple[float, Mapping[str, object]]] = (
    (10, {"fault": "latency", "seconds": 0.05}),
    (10, {"fault": "rate_limit", "retry_after": 0}),
    (1, {"fault": "rate_limit", "retry_after": 1}),
    (10, {"fault": "bad_gateway"}),
    (10, {"fault": "bad_gateway", "handled": True}),
    (10, {"fault": "service_unavailable", "retry_after": 0}),
    (10, {"fault": "gateway_timeout", "handled": True}),
    (5, {"fault": "server_error"}),
    (5, {"fault": "server_error", "handled": True}),
    (10, {"fault": "reset_before"}),
    (10, {"fault": "reset_after"}),
    (10, {"fault": "truncated"}),
    (4, {"fault": "garbage"}),
    (4, {"fault": "wrong_content_type"}),
    (4, {"fault": "unknown_enum", "operation": "list_users"}),
    (2, {"fault": "repeat_cursor"}),
    (2, {"fault": "stale_cursor"}),
)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    options = _parser().parse_args(argv)
    names = ("sync", "async") if options.client == "both" else (options.client,)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="soak-") as directory:
        warnings.simplefilter("ignore", BetaWarning)
        started = time.monotonic()
        try:
            problems = soak(
                Path(directory),
                names,
                users=options.users,
                script=fault_script(options.faults, options.seed),
                deadline=started + options.time_limit,
                most_growth=options.most_growth * 1e6,
            )
        except Unfinished as reason:
            problems = [str(reason)]
    print(f"took {time.monotonic() - started:.1f} s")
    for problem in problems[:20]:
        print(f"WRONG: {problem}")
    print(f"soak failed: {len(problems)} wrong" if problems else "soak passed: every outcome is true")
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--users", type=int, default=10_000, help="how many to create and delete (default: 10000)")
    add("--client", choices=("both", "sync", "async"), default="both", help="both: half by each")
    add("--faults", type=float, default=0.05, help="the share of requests that meet one (default: 0.05)")
    add("--seed", type=int, default=1, help="which requests meet which fault")
    add("--time-limit", type=float, default=300, metavar="SECONDS", help="(default: 300)")
    add("--most-growth", type=float, default=16, metavar="MB", help="of this process (default: 16)")
    return parser


class Unfinished(Exception):
    """The soak did not come to its end; the message says why."""


def fault_script(share: float, seed: int) -> list[dict[str, object]]:
    """Write the sandbox's fault script for a share of all requests, each kind by its weight."""
    whole = sum(weight for weight, _ in FAULTS)
    return [
        {**fault, "probability": share * weight / whole, "seed": seed * 1000 + number}
        for number, (weight, fault) in enumerate(FAULTS)
    ]


def soak(
    directory: Path,
    names: Sequence[str],
    *,
    users: int,
    script: list[dict[str, object]],
    deadline: float,
    most_growth: float,
) -> list[str]:
    """Create the users, let each client delete its share, and give what is wrong.

    Raises:
        Unfinished: the deadline (of the monotonic clock) was reached, or the sandbox did not start.
    """
    path = directory / "account.db"
    with Sandbox(path) as sandbox:
        wanted = set(sandbox.add_users(users, DOMAIN))
        emails = {user.id: user.email for user in sandbox.users() if user.id in wanted}
        print(f"{len(emails):,} users created")
        (directory / "faults.json").write_text(json.dumps(script))
        problems: list[str] = []
        legs: list[Leg] = []
        with _server(path, directory / "faults.json") as url, _retries() as retries:
            for number, name in enumerate(names):
                leg = Leg(name, url, dict([*emails.items()][number :: len(names)]), deadline)
                leg.run()
                problems += leg.problems(most_growth)
                legs.append(leg)
        problems += disagreements(sandbox, legs)
    print(f"{sum(retries.values()):,} repetitions, after {_told(retries)}")
    return problems


@dataclass
class Leg:
    """One client's share of the users (ids with their emails), and what it reported of them."""

    client: str
    url: str
    emails: Mapping[str, str]
    deadline: float
    reported: dict[str, DeletionStatus] = field(default_factory=dict)
    unexplained: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    results: int = 0

    def run(self) -> None:
        """Delete all, and again what failed, until nothing fails."""
        # Every second user is given by its email.
        inputs: list[tuple[str | None, str | None]] = [
            (user_id, None) if number % 2 else (None, email)
            for number, (user_id, email) in enumerate(self.emails.items())
        ]
        owners = {email: user_id for user_id, email in self.emails.items()}
        for number in range(1, MOST_PASSES + 1):
            results = self._delete(
                [user_id for user_id, _ in inputs if user_id], [email for _, email in inputs if email]
            )
            for result in results:
                self._note(result, owners)
            failed = [result for result in results if result.status is DeletionStatus.FAILED]
            print(f"{self.client}, pass {number}: {_told(Counter(str(one.status) for one in results))}")
            self._tell_reasons(failed)
            if not failed:
                return
            # By id where it is known: one whose deletion only seemed to fail has no email to be found by.
            inputs = [(one.user_id, None if one.user_id else one.email) for one in failed]

    def _tell_reasons(self, failed: Results) -> None:
        reasons = Counter((one.error or "no reason").split(" (")[0] for one in failed)
        for reason, count in reasons.most_common(5):
            print(f"    {count:,} x {reason}")

    def _delete(self, user_ids: Sequence[str], emails: Sequence[str]) -> Results:
        arguments = {
            "user_ids": user_ids,
            "emails": emails,
            "max_concurrency": CONCURRENCY,
            "on_result": self._arrived,
        }
        work = self._delete_async if self.client == "async" else self._delete_sync
        try:
            return work(arguments)
        except BulkInterrupted as interrupted:
            raise Unfinished("time ran out") from interrupted

    def _delete_sync(self, arguments: Mapping[str, Any]) -> Results:
        with ArizeClient(api_key=KEYS[0], base_url=self.url) as client:
            return client.users.bulk_delete(**arguments)

    def _delete_async(self, arguments: Mapping[str, Any]) -> Results:
        async def work() -> Results:
            async with AsyncArizeClient(api_key=KEYS[0], base_url=self.url) as client:
                return await client.users.bulk_delete(**arguments)

        return anyio.run(work)

    def _arrived(self, _: BulkUserDeletionResult) -> None:
        self.results += 1
        step = max(1, len(self.emails) // 10)
        if self.results % step == 0:
            self.memory.append(resident_bytes(os.getpid()))
            print(f"{self.client}: {self.results:,} results, {self.memory[-1] / 1e6:.1f} MB", flush=True)
        if time.monotonic() > self.deadline:
            raise Unfinished("time ran out")

    def _note(self, result: BulkUserDeletionResult, owners: Mapping[str, str]) -> None:
        user_id = owners[result.email] if result.email else result.user_id
        assert user_id is not None
        self.reported[user_id] = result.status
        explained = result.error is not None and EXPLANATION.fullmatch(result.error) is not None
        if explained is not (result.status is DeletionStatus.FAILED):
            self.unexplained.append(f"{user_id}: {result.status} with the error {result.error!r}")

    @property
    def growth(self) -> int:
        """Bytes that this process grew by while deleting, after the first fifth."""
        settled = self.memory[1:]
        return max(settled) - settled[0] if settled else 0

    def problems(self, most_growth: float) -> list[str]:
        """Say what is wrong with this client's side alone."""
        print(f"{self.client}: grew by {self.growth / 1e6:.1f} MB while deleting")
        problems = [f"{self.client}: {one}" for one in self.unexplained]
        if self.growth > most_growth:
            problems.append(f"{self.client}: grew by {self.growth / 1e6:.1f} MB")
        if missing := self.emails.keys() - self.reported.keys():
            problems.append(f"{self.client}: {len(missing)} users have no outcome")
        return problems


def disagreements(sandbox: Sandbox, legs: Sequence[Leg]) -> list[str]:
    """Compare what was reported of each user with the account and its audit trail."""
    states = {user.id: user.status for user in sandbox.users()}
    deletions = Counter(entry.user_id for entry in sandbox.audit if entry.action == "delete")
    problems: list[str] = []
    for leg in legs:
        for user_id in leg.emails:
            reported = leg.reported.get(user_id)
            seen = (reported, states[user_id], deletions[user_id])
            if seen != (DeletionStatus.DELETED, "inactive", 1):
                problems.append(
                    f"{leg.client}: {user_id} is reported as {reported}, is {states[user_id]}, "
                    f"and was deleted {deletions[user_id]} times"
                )
    deleted = {user_id for leg in legs for user_id in leg.emails}
    strangers = deletions.keys() - deleted
    print(f"{len(deleted):,} users compared, {sum(deletions.values()):,} deletions in the audit trail")
    return [*problems, *(f"{user_id} was deleted, and nobody asked for it" for user_id in strangers)]


@contextlib.contextmanager
def _server(path: Path, faults: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "arize_users.sandbox", "--port", "0", "--db", str(path)]
    # Errors go where ours go: a server that cannot start says why.
    with subprocess.Popen(
        [*command, "--fault-script", str(faults)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            greeting = process.stdout.readline()
            address = re.search(r"http://\S+", greeting)
            if address is None:
                raise Unfinished("the sandbox did not start")
            before = resident_bytes(process.pid)
            yield address[0]
            after = resident_bytes(process.pid)
            print(f"the server's memory: {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after")
        finally:
            process.terminate()


class _Counting(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        # "%s %s: %s; retry %d of %d in %.2f s": the third is the reason.
        if isinstance(record.args, tuple) and len(record.args) > 2:
            self.counts[str(record.args[2])] += 1


@contextlib.contextmanager
def _retries() -> Iterator[Counter[str]]:
    logger, counting = logging.getLogger("arize_users"), _Counting()
    logger.addHandler(counting)
    try:
        yield counting.counts
    finally:
        logger.removeHandler(counting)


def resident_bytes(pid: int) -> int:
    """Give the memory that a process has in RAM; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
