"""Delete ten thousand users through a faulty network, and check that every reported outcome is true.

    python scripts/soak.py                                  10,000 users, half of them by each client
    python scripts/soak.py --users 1000 --faults 0.2

A sandbox on loopback, in a process of its own, answers some of the requests with faults: 5 % by default, of
all kinds, the same ones for the same --seed. Half of the users are given by id and half by email; those that
failed are given again, as an administrator would do. At the end the account, its audit trail and the
reported results must agree about each user, nobody may have been deleted twice, and the memory of this
process must not have grown. Then single calls are cut short, 400 of each client, and one client is used in
forked processes and in two event loops: the next call has to work, and each answer to be its caller's. Exit
codes: 0 all of this holds; 1 it does not, and the output says what.
"""

from __future__ import annotations

import argparse
import json
import logging.handlers
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from sandbox_server import served
from soak_calls import soak_calls

from arize_users import ArizeClient, AsyncArizeClient, BulkUserDeletionResult, DeletionStatus
from arize_users.sandbox import KEYS, Sandbox

MOST_PASSES, MOST_GROWTH_BYTES = 6, 16e6
NOT_DONE = (DeletionStatus.FAILED, DeletionStatus.UNKNOWN)

# Each fault with its weight. Pauses are short, because the soak is about faults and not about waiting.
FAULTS: Sequence[tuple[int, Mapping[str, object]]] = (
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--users", type=int, default=10_000, help="how many to create and delete (default: 10000)")
    add("--faults", type=float, default=0.05, help="the share of requests with a fault (default: 0.05)")
    add("--calls", type=int, default=400, help="how many single calls to cut short (default: 400)")
    add("--seed", type=int, default=1, help="which requests get which fault")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        problems = soak(Path(directory), options.users, fault_script(options.faults, options.seed))
    problems += soak_calls(options.calls, options.seed)
    for problem in problems[:20]:
        print(f"WRONG: {problem}")
    print(f"soak failed: {len(problems)} wrong" if problems else "soak passed: every outcome is true")
    return 1 if problems else 0


def fault_script(share: float, seed: int) -> list[dict[str, object]]:
    """Return the sandbox's fault script for a share of all requests, each fault by its weight."""
    total = sum(weight for weight, _ in FAULTS)
    return [
        {**fault, "probability": share * weight / total, "seed": seed * 1000 + number}
        for number, (weight, fault) in enumerate(FAULTS)
    ]


def soak(directory: Path, count: int, faults: list[dict[str, object]]) -> list[str]:
    """Create users, let each client delete half of them, and return what is wrong.

    The server is a process of its own, because its memory is not that of the clients.
    """
    path, script = directory / "account.db", directory / "faults.json"
    script.write_text(json.dumps(faults))
    retries = logging.handlers.BufferingHandler(sys.maxsize)
    logging.getLogger("arize_users").addHandler(retries)
    with Sandbox(path) as sandbox:
        created = {*sandbox.add_users(count, "soak.example")}
        users = [(user.id, user.email) for user in sandbox.users() if user.id in created]
        reported: dict[str, DeletionStatus | None] = dict.fromkeys(created)
        with served(f"--db={path}", f"--fault-script={script}") as url:
            problems = delete_all("sync", url, users[::2], reported)
            problems += delete_all("async", url, users[1::2], reported)
        problems += disagreements(sandbox, reported)
    print(f"{count:,} users compared with the account and its audit trail, {len(retries.buffer):,} retries")
    return problems if retries.buffer else [*problems, "no request met a fault"]


def delete_all(
    client: str, url: str, users: Sequence[tuple[str, str]], reported: dict[str, DeletionStatus | None]
) -> list[str]:
    """Delete users, and again those that failed or are unknown, until none is.

    Args:
        client: "sync" or "async".
        url: The address of the sandbox.
        users: Their ids and emails; every second one is given by email.
        reported: Gets the last status of each user by id.

    Returns:
        The failures without a reason, the reasons without a failure, and whether this process grew.
    """
    owners = {email: user_id for user_id, email in users}
    user_ids, emails = [user_id for user_id, _ in users[::2]], [email for _, email in users[1::2]]
    problems: list[str] = []
    memory: list[int] = []
    common = {"max_concurrency": 32, "on_result": lambda _: memory.append(resident_bytes())}
    for number in range(MOST_PASSES):
        results = _bulk_delete(client, url, {"user_ids": user_ids, "emails": emails, **common})
        for result in results:
            user_id = owners[result.email] if result.email else str(result.user_id)
            reported[user_id] = result.status
            if bool(result.error) is not (result.status in NOT_DONE):
                problems.append(f"{user_id}: {result.status} with the error {result.error!r}")
        counts = Counter(str(result.status) for result in results)
        print(f"{client}, pass {number + 1}: {dict(counts)}, {memory[-1] / 1e6:.1f} MB", flush=True)
        failed = [result for result in results if result.status in NOT_DONE]
        if not failed:
            break
        # By id where it is known: a user who was deleted in spite of the error has no email to be found by.
        user_ids = [result.user_id for result in failed if result.user_id]
        emails = [result.email for result in failed if result.email and not result.user_id]
    settled = memory[len(users) // 5 :]
    return (
        [*problems, f"{client}: memory grew"] if max(settled) - settled[0] > MOST_GROWTH_BYTES else problems
    )


def _bulk_delete(client: str, url: str, arguments: Mapping[str, Any]) -> list[BulkUserDeletionResult]:
    async def delete() -> list[BulkUserDeletionResult]:
        async with AsyncArizeClient(api_key=KEYS[0], base_url=url) as async_client:
            return await async_client.users.bulk_delete(**arguments)

    if client == "async":
        return anyio.run(delete)
    with ArizeClient(api_key=KEYS[0], base_url=url) as sync_client:
        return sync_client.users.bulk_delete(**arguments)


def resident_bytes() -> int:
    """Return the memory that this process has in RAM, 0 where the system does not say."""
    file = Path("/proc/self/statm")
    return int(file.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE") if file.exists() else 0


def disagreements(sandbox: Sandbox, reported: Mapping[str, DeletionStatus | None]) -> list[str]:
    """Compare what was reported about each user with the account and its audit trail."""
    states = {user.id: user.status for user in sandbox.users()}
    deletions = Counter(entry.user_id for entry in sandbox.audit if entry.action == "delete")
    wrong = [
        f"{user_id} is reported as {status}, is {states[user_id]}, and was deleted {deletions[user_id]} times"
        for user_id, status in reported.items()
        if (status, states[user_id], deletions[user_id]) != (DeletionStatus.DELETED, "inactive", 1)
    ]
    return wrong + [f"{user_id} was deleted, but not given" for user_id in {*deletions} - {*reported}]


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    sys.exit(main())
