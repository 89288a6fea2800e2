"""Interrupt bulk deletes at random moments, and check that every outcome is true.

    python scripts/interrupts.py                    500 interrupts
    python scripts/interrupts.py --rounds 50 --seed 7

Each round deletes some users of a sandbox on loopback, a process of its own, and is interrupted once or
twice: by SIGINT or SIGTERM, by cancelling the task, by asyncio.timeout, or by an exception of on_result.
Every user reported as deleted must be in the audit trail and no other may be, but for those reported as
unknown, who may never be more than were under way; and the next call of the same client must work. Exit
codes: 0 all of this holds; 1 it does not, and the output says what.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox_server import served

from arize_users import ArizeClient, AsyncArizeClient, BulkInterrupted, DeletionStatus, Outcomes, outcomes_of
from arize_users.sandbox import KEYS, Sandbox

USERS, CONCURRENCY = 40, 4
LONGEST_MOMENT = 0.15
"""Seconds after the start of a batch within which it is interrupted; most batches take about as long."""
LONGEST_GAP = 0.003
"""Seconds between two interrupts; a request takes about as long."""
LONGEST_ROUND = 120


class Stop(Exception):
    """An exception of on_result."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rounds.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=500, help="how many interrupts (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="which moments")
    options = parser.parse_args(argv)
    problems: list[str] = []
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="interrupts-") as directory:
        path = Path(directory) / "account.db"
        with Sandbox(path) as sandbox, served(f"--db={path}") as url:
            for number, kind in zip(range(options.rounds), _kinds(), strict=False):
                # A round that hangs ends the program, and shows where.
                faulthandler.dump_traceback_later(LONGEST_ROUND, exit=True)
                outcomes, found = _round(sandbox, url, kind, random.Random(options.seed * 10_000 + number))  # noqa: S311
                counts.update(str(one.status) for one in outcomes.results)
                problems += [f"round {number}, {kind}: {problem}" for problem in found]
            faulthandler.cancel_dump_traceback_later()
    for problem in problems[:20]:
        print(f"WRONG: {problem}")
    print(f"{options.rounds:,} interrupts: {dict(counts)}")
    print(f"failed: {len(problems)} wrong" if problems else "passed: every outcome is true")
    return 1 if problems else 0


def _kinds() -> Iterator[str]:
    while True:
        yield from ("SIGINT", "SIGTERM", "cancel", "timeout", "callback", "asynchronous callback")


def _round(sandbox: Sandbox, url: str, kind: str, chance: random.Random) -> tuple[Outcomes, list[str]]:
    ids = sandbox.add_users(USERS, f"{chance.getrandbits(48):x}.example")
    emails = {user.id: user.email for user in sandbox.users() if user.id in set(ids[USERS // 2 :])}
    outcomes = Outcomes()
    batch: dict[str, Any] = {
        "user_ids": ids[: USERS // 2],
        "emails": list(emails.values()),
        "max_concurrency": CONCURRENCY,
        "outcomes": outcomes,
    }
    run = _run_sync if kind in ("SIGINT", "SIGTERM", "callback") else _run_async
    problems = run(url, kind, batch, chance)
    done = Counter(entry.user_id for entry in sandbox.audit if entry.action == "delete")
    sandbox.clear_log()
    owners = {email: user_id for user_id, email in emails.items()}
    return outcomes, problems + disagreements(outcomes, done, owners)


def disagreements(outcomes: Outcomes, done: Mapping[str, int], owners: Mapping[str, str]) -> list[str]:
    """Compare outcomes with the deletions of the audit trail."""
    problems = [f"{user_id} was deleted {times} times" for user_id, times in done.items() if times > 1]
    status_of = {owners[one.email] if one.email else str(one.user_id): one.status for one in outcomes.results}
    for user_id, status in status_of.items():
        if status is not DeletionStatus.UNKNOWN and (status is DeletionStatus.DELETED) != (user_id in done):
            problems.append(f"{user_id} is {status}, and was deleted {done.get(user_id, 0)} times")
    if len(outcomes.unknown) > CONCURRENCY:
        problems.append(f"{len(outcomes.unknown)} are unknown, more than were under way")
    if len(status_of) != USERS:
        problems.append(f"{len(status_of)} have an outcome, of {USERS}")
    return problems


def _run_sync(url: str, kind: str, batch: Mapping[str, Any], chance: random.Random) -> list[str]:
    def terminate(*_: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell's background job ignores it.
    expected: type[BaseException] = {"SIGINT": KeyboardInterrupt, "SIGTERM": SystemExit}.get(
        kind, BulkInterrupted
    )
    moments = [chance.uniform(0, LONGEST_MOMENT)]
    if chance.random() < 0.5:
        moments.append(moments[0] + chance.uniform(0, LONGEST_GAP))
    with ArizeClient(api_key=KEYS[0], base_url=url) as client:
        try:
            if kind == "callback":
                client.users.bulk_delete(**batch, on_result=_raising(chance))
            else:
                _kill_at(moments, getattr(signal, kind))
                client.users.bulk_delete(**batch)
            time.sleep(LONGEST_ROUND)
        except (KeyboardInterrupt, SystemExit, BulkInterrupted) as error:
            caught: BaseException = error
        try:
            time.sleep(0.02)  # For a second signal that is still to come.
        except (KeyboardInterrupt, SystemExit):
            pass
        client.users.list()
    return _problems_of(caught, expected, batch["outcomes"])


def _kill_at(moments: Sequence[float], number: int) -> None:
    def kill() -> None:
        passed = 0.0
        for moment in moments:
            time.sleep(moment - passed)
            passed = moment
            os.kill(os.getpid(), number)

    threading.Thread(target=kill, daemon=True).start()


def _raising(chance: random.Random) -> Any:
    left = chance.randint(1, USERS)

    def on_result(_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Stop

    return on_result


def _problems_of(error: BaseException, expected: type[BaseException], outcomes: Outcomes) -> list[str]:
    # An interrupt after the end of the batch carries nothing.
    is_over = not outcomes.pending_ids and not outcomes.pending_emails
    carried = outcomes_of(error)
    problems = [] if isinstance(error, expected) else [f"{error!r} was raised"]
    if carried is not outcomes and not (carried is None and is_over):
        problems.append(f"{error!r} does not carry the outcomes")
    return problems


def _run_async(url: str, kind: str, batch: Mapping[str, Any], chance: random.Random) -> list[str]:
    async def run() -> list[str]:
        moment = chance.uniform(0, LONGEST_MOMENT)
        async with AsyncArizeClient(api_key=KEYS[0], base_url=url) as client:
            expected: type[BaseException] = asyncio.CancelledError
            try:
                if kind == "timeout":
                    expected = TimeoutError
                    async with asyncio.timeout(moment):
                        await client.users.bulk_delete(**batch)
                        await asyncio.sleep(LONGEST_ROUND)
                elif kind == "cancel":
                    task = asyncio.create_task(client.users.bulk_delete(**batch))
                    for wait in (moment, *[chance.uniform(0, LONGEST_GAP)] * chance.randint(0, 1)):
                        await asyncio.sleep(wait)
                        task.cancel()
                    if await asyncio.wait([task]) and not task.cancelled():
                        return [] if not task.exception() else [f"{task.exception()!r} was raised"]
                    await task
                else:
                    expected = BulkInterrupted
                    await client.users.bulk_delete(**batch, on_result=_raising(chance))
            except (asyncio.CancelledError, TimeoutError, BulkInterrupted) as error:
                caught: BaseException = error
            await client.users.list()
        return _problems_of(caught, expected, batch["outcomes"])

    return asyncio.run(run())


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    sys.exit(main())
