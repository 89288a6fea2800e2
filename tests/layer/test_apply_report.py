"""What became of a plan, as text for people and as a document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from arize_users import ActionKind, ActionStatus
from arize_users.roster import PlanResult, Report


def _result(status: str, kind: str = "invite", number: int = 0, **facts: Any) -> PlanResult:
    given = {"email": f"p{number}@example.com", "name": f"Person {number}", **facts}
    return PlanResult(kind=ActionKind(kind), status=ActionStatus(status), **given)


def test_text() -> None:
    """A report names who is not as wanted, with the reason, and its counts add up."""
    report = Report(
        results=(
            _result("done"),
            _result("done", "remove", 1),
            _result("unchanged", "update", 2),
            _result("stale", "update", 3, error="The user's role is admin, was member when planned."),
            _result("unknown", "invite", 4, error="No answer came."),
            _result("done", "reinvite", 5, error="No password came with the answer."),
        ),
        cannot=2,
        resumed=3,
        journal="plan.journal.jsonl",
        passwords="passwords.csv",
    )
    assert str(report).splitlines() == [
        "Not known what became of it (1)",
        "  ? Person 4  p4@example.com  invite  No answer came.",
        "",
        "Not as planned any more, left alone (1)",
        "  ! Person 3  p3@example.com  update  The user's role is admin, was member when planned.",
        "",
        "As wanted, but note (1)",
        "    Person 5  p5@example.com  reinvite  No password came with the answer.",
        "",
        "6 actions: 1 invited, 1 removed, 1 invited anew, 1 as wanted already, 1 not as planned, 1 unknown "
        "(3 of them by an earlier run).",
        "Beside these, the plan names 2 people for whom no request can do what the roster says.",
        "Journal: plan.journal.jsonl   Passwords: passwords.csv",
    ]


@pytest.mark.parametrize("status", list(ActionStatus))
def test_every_status(status: ActionStatus) -> None:
    """Of every status the person is named, unless all is as wanted, and counted once."""
    report = Report(results=tuple(_result(status, number=number) for number in range(3)))
    is_wanted = status in ("done", "unchanged")
    assert ("Person 1  p1@example.com" in str(report)) is not is_wanted
    assert report.is_complete is is_wanted
    assert report.counts == {str(status): 3}
    assert str(report).splitlines()[-1].startswith("3 actions: 3 ")


def test_nothing() -> None:
    """A report of nothing says so, and one with people who cannot be is not complete."""
    assert str(Report(results=())) == "0 actions: nothing to do."
    assert Report(results=()).is_complete
    assert not Report(results=(), cannot=1).is_complete
    assert "names 1 person for whom" in str(Report(results=(), cannot=1))


def test_invisible_letters() -> None:
    """What is invisible in a name, an address or a server's words reaches no terminal as it is."""
    name = "A\x1b[31m\u202e\nB\x9b"
    report = Report(results=(_result("failed", name=name, error="no\r\x07"),))
    assert all(line.isprintable() for line in str(report).splitlines())
    assert len(str(report).splitlines()) == 4


def test_document() -> None:
    """The document has every result, and no password."""
    secret = _result("done", error="not written", temporary_password="s3cret")
    report = Report(results=(secret,), cannot=1, resumed=0, journal="j")
    document = json.loads(report.to_json())
    assert document == {
        "results": [
            {
                "user_id": None,
                "email": "p0@example.com",
                "status": "done",
                "error": "not written",
                "kind": "invite",
                "name": "Person 0",
            }
        ],
        "counts": {"done": 1},
        "cannot": 1,
        "resumed": 0,
        "journal": "j",
        "passwords": None,
    }
    assert "s3cret" not in repr(report) + str(report) + report.to_json()
    assert list(report) == [secret]
    assert len(report) == 1
