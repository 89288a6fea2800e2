"""A bulk delete that is stopped midway, simulated_calls in simulated time."""

from __future__ import annotations

from typing import Any

import pytest
from support.answers import html, ok, page, problem
from support.simulated_driver import SimulatedDriver

from arize_users import BulkInterrupted, BulkUserDeletionResult, DeletionStatus
from arize_users._users.bulk import bulk_delete
from arize_users._users.operations import Operations
from arize_users.config import resolve


def _batch(**changes: Any) -> Any:
    operations = Operations.of(resolve(api_key="k", environ={}))
    arguments = {"user_ids": None, "emails": None, "max_concurrency": 4, "on_result": None, **changes}
    return bulk_delete(operations, **arguments).run()


def test_interrupt_while_in_flight() -> None:
    """What is in flight at the interrupt ends and is told; what had not begun is pending."""
    simulated = SimulatedDriver(lambda *_: ok(), latency=1.0)
    simulated.interrupt_at(1002.5, KeyboardInterrupt())
    ids = [f"id{number}" for number in range(20)]
    seen: list[BulkUserDeletionResult] = []
    with pytest.raises(BulkInterrupted) as caught:
        simulated.run(_batch(user_ids=ids, on_result=seen.append))
    assert [one.user_id for one in caught.value.results] == ids[:12]
    assert caught.value.pending == ids[12:]
    assert len(seen) == 12
    assert simulated.now == 1003.0


def test_nothing_is_repeated_after_an_interrupt() -> None:
    """A request that fails after the interrupt, or waits to be repeated, is not sent again."""
    simulated = SimulatedDriver(lambda request, now: problem(503, retry_after="30"), latency=1.0)
    simulated.interrupt_at(1005.0, KeyboardInterrupt())
    with pytest.raises(BulkInterrupted) as caught:
        simulated.run(_batch(user_ids=["a", "b", "c", "d", "e"]))
    assert len(simulated.sent) == 4
    assert [one.status for one in caught.value.results] == [DeletionStatus.FAILED] * 4
    assert all("503" in one.error for one in caught.value.results)
    assert caught.value.pending == ["e"]
    assert simulated.now < 1031.0 or simulated.slept


def test_interrupt_during_a_pause() -> None:
    """Those whom a rate limit keeps waiting before their first attempt are pending, not failed."""
    simulated = SimulatedDriver(
        lambda request, now: problem(429, retry_after="30") if request.path.endswith("/a") else ok(),
        latency=1.0,
    )
    simulated.interrupt_at(1010.0, KeyboardInterrupt())
    with pytest.raises(BulkInterrupted) as caught:
        simulated.run(_batch(user_ids=["a", "b", "c", "d"], max_concurrency=2))
    statuses = {one.user_id: one.status for one in caught.value.results}
    assert statuses == {"a": DeletionStatus.FAILED, "b": DeletionStatus.DELETED}
    assert caught.value.pending == ["c", "d"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupt_around_the_batch(error: type[BaseException]) -> None:
    """An interrupt before anything began, or just after the end, is told like any other."""
    operations = Operations.of(resolve(api_key="k", environ={}))
    batch = bulk_delete(operations, user_ids=["a"], emails=None, max_concurrency=1, on_result=None)
    with pytest.raises(BulkInterrupted) as caught, batch.interrupts_reported():
        raise error
    assert (caught.value.results, caught.value.pending) == ([], ["a"])
    SimulatedDriver(lambda *_: ok()).run(batch.run())
    with pytest.raises(BulkInterrupted) as caught, batch.interrupts_reported():
        raise error
    assert ([one.user_id for one in caught.value.results], caught.value.pending) == (["a"], [])


def test_interrupt_while_resolving() -> None:
    """Stopped while emails are looked up, everything is pending and nothing was deleted."""
    simulated = SimulatedDriver(lambda *_: ok(page()), latency=1.0)
    simulated.interrupt_at(1000.5, KeyboardInterrupt())
    emails = [f"{number}@a{number}.com" for number in range(9)]
    with pytest.raises(BulkInterrupted) as caught:
        simulated.run(_batch(user_ids=["x"], emails=emails))
    assert (caught.value.results, caught.value.pending) == ([], ["x", *emails])
    assert {request.operation for _, request in simulated.sent} == {"list_users"}


def test_text_of_the_error() -> None:
    """The error says how many have an outcome and how many do not."""
    simulated = SimulatedDriver(lambda *_: html(502), latency=1.0)
    simulated.interrupt_at(1000.5, KeyboardInterrupt())
    with pytest.raises(BulkInterrupted, match=r"4.*results.*3.*pending"):
        simulated.run(_batch(user_ids=list("abcdefg")))
