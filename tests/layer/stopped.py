"""What every bulk delete that was stopped must show."""

from __future__ import annotations

from arize_users import BulkInterrupted, DeletionStatus
from arize_users.sandbox import Sandbox


def agrees(caught: BulkInterrupted, sandbox: Sandbox, ids: list[str]) -> None:
    """See that results and pending tell of every input, and of what the server did."""
    done = {entry.user_id for entry in sandbox.audit if entry.action == "delete"}
    told = {one.user_id for one in caught.results if one.status is DeletionStatus.DELETED}
    assert told == done
    assert [one.user_id for one in caught.results] == [one for one in ids if one not in caught.pending]
    assert caught.pending == [one for one in ids if one not in told]
