"""What holds for every bulk delete that was stopped."""

from __future__ import annotations

from arize_users import DeletionStatus, Outcomes
from arize_users.sandbox import Sandbox


def agrees(outcomes: Outcomes, sandbox: Sandbox, ids: list[str], *, under_way: int = 0) -> None:
    """Check that the outcomes hold every input once, in order, and agree with what the server did."""
    done = {entry.user_id for entry in sandbox.audit if entry.action == "delete"}
    by_status: dict[str, set[str | None]] = {status: set() for status in DeletionStatus}
    for one in outcomes.results:
        by_status[one.status].add(one.user_id)
    assert [one.user_id for one in outcomes.results] == ids
    assert by_status[DeletionStatus.DELETED] <= done
    assert done - by_status[DeletionStatus.DELETED] <= by_status[DeletionStatus.UNKNOWN]
    assert outcomes.pending_ids == [one for one in ids if one in by_status[DeletionStatus.NOT_ATTEMPTED]]
    assert [one.user_id for one in outcomes.unknown] == [
        one for one in ids if one in by_status[DeletionStatus.UNKNOWN]
    ]
    assert len(outcomes.unknown) <= under_way
    assert all(one.error for one in outcomes.unknown)
