"""What holds for every bulk delete that was stopped."""

from __future__ import annotations

from arize_users import BulkInterrupted, DeletionStatus
from arize_users.sandbox import Sandbox


def agrees(caught: BulkInterrupted, sandbox: Sandbox, ids: list[str]) -> None:
    """Check that results and pending hold every input, and agree with what the server did."""
    done = {entry.user_id for entry in sandbox.audit if entry.action == "delete"}
    deleted = {one.user_id for one in caught.results if one.status is DeletionStatus.DELETED}
    assert deleted == done
    assert [one.user_id for one in caught.results] == [one for one in ids if one not in caught.pending]
    assert caught.pending == [one for one in ids if one not in deleted]
