"""What a bulk delete costs: requests, threads, memory."""

from __future__ import annotations

import asyncio
import math
import threading
from typing import Any

import pytest
from support.account import Account, Connect
from support.answers import ok
from support.simulated_driver import SimulatedDriver

from arize_users import DeletionStatus
from arize_users._users.bulk import bulk_delete
from arize_users._users.operations import Operations
from arize_users.config import resolve
from arize_users.sandbox import Sandbox


def _searches(account: Account) -> int:
    return account.recorder.operations.count("list_users")


def _emails(account: Account) -> list[str]:
    return [user.email for user in account.sandbox.users() if not user.email.endswith("@sandbox.example")]


def test_one_domain(account: Account) -> None:
    """100 emails of one domain in an account of 1,000 users take at most 12 list requests."""
    account.sandbox.add_users(1000, domain="acme.com")
    results = account.users.bulk_delete(emails=_emails(account)[::10], max_concurrency=16)
    assert {one.status for one in results} == {DeletionStatus.DELETED}
    assert len(results) == 100
    assert _searches(account) <= 12


def test_a_hundred_domains(account: Account) -> None:
    """100 emails of 100 domains take at most 110."""
    for number in range(100):
        account.sandbox.add_user(email=f"ada@domain{number}.com", name="A")
    results = account.users.bulk_delete(emails=_emails(account))
    assert {one.status for one in results} == {DeletionStatus.DELETED}
    assert _searches(account) <= 110


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An account in a file, with 50,000 users of one domain."""
    path = str(tmp_path_factory.mktemp("crowd") / "account.db")
    with Sandbox(path) as sandbox:
        sandbox.add_users(50_000, domain="acme.com")
    return path


def test_a_crowded_domain(connect: Connect, crowd: str) -> None:
    """5 emails in a domain of 50,000 users take at most 12."""
    with Sandbox(crowd) as sandbox:
        client = connect(sandbox)
        emails = [f"user{number:05}@acme.com" for number in (7, 11_111, 22_222, 33_333, 49_999)]
        results = client.users.bulk_delete(emails=emails)
        # The account is shared by both clients: whom the first deleted, the second does not find.
        assert len({one.status for one in results}) == 1
        assert client.recorder.operations.count("list_users") <= 12


@pytest.mark.parametrize("spread", ["first", "last", "even", "nobody", "half"])
@pytest.mark.parametrize("count", [1, 3, 4, 7, 20, 60])
def test_never_more_than_a_third_above(connect: Connect, count: int, spread: str) -> None:
    """Wherever the wanted users lie in their domain, it never takes more than 1.3 requests per email."""
    with Sandbox() as sandbox:
        sandbox.add_users(2000, domain="acme.com")
        places = {
            "first": range(1, count + 1),
            "last": range(2001 - count, 2001),
            "even": range(1, 2001, 2000 // count),
            "nobody": range(9000, 9000 + count),
            "half": [*range(1990, 1990 + count // 2), *range(9000, 9000 + count - count // 2)],
        }
        emails = [f"user{number:05}@acme.com" for number in list(places[spread])[:count]]
        client = connect(sandbox)
        client.users.bulk_delete(emails=emails, max_concurrency=4)
        assert client.recorder.operations.count("list_users") <= math.floor(1.3 * count)


def test_mixed_domains(account: Account) -> None:
    """Crowded and lonely domains together keep the bound."""
    account.sandbox.add_users(1500, domain="acme.com")
    emails = [f"user{number:05}@ACME.com" for number in range(3, 1500, 100)]
    for number in range(20):
        account.sandbox.add_user(email=f"ada@lonely{number}.com", name="A")
        emails.append(f"ada@lonely{number}.com")
    results = account.users.bulk_delete(emails=emails)
    assert {one.status for one in results} == {DeletionStatus.DELETED}
    assert _searches(account) <= math.floor(1.3 * len(emails))


def test_ids_cost_no_search(account: Account) -> None:
    """Ids are deleted with one request each and nothing else."""
    ids = account.sandbox.add_users(50)
    account.users.bulk_delete(user_ids=ids)
    assert account.recorder.operations == ["delete_user"] * 50


def test_ten_thousand_ids(connect: Connect) -> None:
    """10,000 ids need no more threads or tasks than max_concurrency."""
    ids = [f"id{number}" for number in range(10_000)]
    threads: set[int] = set()
    tasks: set[int] = set()

    def answer(_: Any) -> Any:
        threads.add(threading.get_ident())
        try:
            tasks.add(len(asyncio.all_tasks()))
        except RuntimeError:
            pass
        return ok()

    before = threading.active_count()
    client = connect(answer, judged=False)
    results = client.users.bulk_delete(user_ids=ids, max_concurrency=4)
    assert len(results) == 10_000
    assert len(threads) <= 4
    assert max(tasks, default=0) <= 6
    assert threading.active_count() <= before + 1


def test_deletions_side_by_side() -> None:
    """100 deletions of 20 ms, 10 at a time, take as long as 10 of them."""
    operations = Operations.of(resolve(api_key="k", environ={}))
    simulated = SimulatedDriver(lambda *_: ok(), latency=0.02)
    ids = [f"id{number}" for number in range(100)]
    batch = {"user_ids": ids, "emails": None, "max_concurrency": 10, "on_result": None}
    assert len(simulated.run(bulk_delete(operations, **batch).run())) == 100
    assert simulated.peak == 10
    assert round(simulated.now - 1000.0, 6) == 0.2
