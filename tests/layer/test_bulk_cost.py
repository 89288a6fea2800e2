"""What a bulk delete costs: requests, threads, tasks, time."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Sequence

import httpx
import pytest
from support.account import Account, Connect
from support.answers import Reply, ok
from support.simulated_driver import SimulatedDriver

from arize_users import DeletionStatus

from .test_bulk import batch_of
from .test_bulk_model import Server


def _look_ups(users: Sequence[str], emails: Sequence[str], found: DeletionStatus | None = None) -> int:
    """Delete these emails of an account with these users; give the number of list requests."""
    simulated = SimulatedDriver(Server({f"id{number}": email for number, email in enumerate(users)}))
    results = simulated.run(batch_of(emails=emails))
    if found is not None:
        assert {one.status for one in results} == {found}
    return sum(request.operation == "list_users" for _, request in simulated.sent)


def _of_domain(count: int) -> list[str]:
    return [f"user{number:05}@acme.com" for number in range(count)]


def test_one_domain(account: Account) -> None:
    """100 emails of one domain in an account of 1,000 users take at most 12 list requests."""
    account.sandbox.add_users(1000, domain="acme.com")
    emails = [user.email for user in account.sandbox.users() if user.email.endswith("@acme.com")]
    results = account.users.bulk_delete(emails=emails[::10], max_concurrency=16)
    assert {one.status for one in results} == {DeletionStatus.DELETED}
    assert account.recorder.operations.count("list_users") <= 12


def test_unknown_emails_of_a_domain_read_to_its_end() -> None:
    """An address that a whole domain does not hold costs no further look-up: 100 of them take one request."""
    unknown = [f"nobody{number}@acme.com" for number in range(100)]
    assert _look_ups(_of_domain(50), unknown, DeletionStatus.NOT_FOUND) == 1
    assert _look_ups(_of_domain(50), [*_of_domain(50), *unknown]) == 1
    assert _look_ups([], unknown, DeletionStatus.NOT_FOUND) == 1


def test_a_hundred_domains() -> None:
    """100 emails of 100 domains take at most 110 list requests."""
    emails = [f"ada@domain{number}.com" for number in range(100)]
    assert _look_ups(emails, emails, DeletionStatus.DELETED) <= 110


def test_a_large_domain() -> None:
    """5 emails in a domain of 50,000 users take at most 12 list requests."""
    users = _of_domain(50_000)
    emails = [users[place] for place in (7, 11_111, 22_222, 33_333, 49_999)]
    assert _look_ups(users, emails, DeletionStatus.DELETED) <= 12


@pytest.mark.parametrize("spread", ["first", "last", "even", "nobody", "half"])
@pytest.mark.parametrize("count", [1, 3, 4, 7, 20, 60])
def test_bound(count: int, spread: str) -> None:
    """It takes at most 1.3 list requests per email, and as many where no page of the domain finds one."""
    users = _of_domain(2000)
    unknown = [f"nobody{number}@acme.com" for number in range(count)]
    emails = {
        "first": users[:count],
        "last": users[-count:],
        "even": users[:: 2000 // count][:count],
        "nobody": unknown,
        "half": [*users[-(count // 2) or 2000 :], *unknown[count // 2 :]],
    }[spread]
    assert len(emails) == count
    look_ups, bound = _look_ups(users, emails), math.floor(1.3 * count)
    assert look_ups == bound if spread in ("last", "nobody") else look_ups <= bound


def test_mixed_domains() -> None:
    """The bound holds for large and small domains together."""
    users = _of_domain(1500) + [f"ada@small{number}.com" for number in range(20)]
    emails = [email.upper() for email in users[3:1500:100]] + users[1500:]
    assert _look_ups(users, emails, DeletionStatus.DELETED) <= math.floor(1.3 * len(emails))


def test_two_thousand_ids(connect: Connect) -> None:
    """2,000 ids need no more threads or tasks than max_concurrency."""
    threads: set[int] = set()
    tasks: set[int] = set()

    def answer(_: httpx.Request) -> Reply:
        threads.add(threading.get_ident())
        if client.kind == "async":
            tasks.add(len(asyncio.all_tasks()))
        return ok()

    before = threading.active_count()
    client = connect(answer, judged=False)
    results = client.users.bulk_delete(user_ids=[f"id{number}" for number in range(2_000)], max_concurrency=4)
    assert len(results) == len(client.recorder.sent) == 2_000
    assert len(threads) <= 4
    assert max(tasks, default=0) <= 6
    assert threading.active_count() <= before + 1


def test_parallel_deletions() -> None:
    """100 deletions of 20 ms, 10 at a time, take as long as 10 of them."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=0.02)
    ids = [f"id{number}" for number in range(100)]
    assert len(simulated.run(batch_of(user_ids=ids, max_concurrency=10))) == 100
    assert simulated.peak == 10
    assert round(simulated.now - 1000.0, 6) == 0.2
