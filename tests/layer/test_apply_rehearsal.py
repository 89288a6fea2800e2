"""``users.apply(plan, dry_run=True)``: the checks before the first change, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from support.account import CALLERS, Account
from support.rosters import person, roster_of, row

from arize_users import InvalidArgumentError, JournalError, Outcomes, PlanRefusedError
from arize_users.roster import Plan, Report

STAFF = (
    row(CALLERS[0], "Sandbox Owner", role="admin"),
    row(CALLERS[1], "Sandbox Member"),
    row(CALLERS[2], "Sandbox Annotator", role="annotator"),
)


@pytest.fixture
def plan(account: Account) -> Plan:
    """A plan that invites Ada with a temporary password, and removes Ola."""
    account.sandbox.add_user(email="ola@example.com", name="Ola Berg")
    roster = roster_of(*STAFF, row("ada@example.com", "Ada", invite_mode="temporary_password"))
    made: Plan = account.users.plan(roster, remove_missing=True, max_removals=1)
    account.recorder.forget()
    account.sandbox.clear_log()
    return made


def statuses(report: Report) -> list[str]:
    return [str(one.status) for one in report]


def test_nothing_is_changed(account: Account, plan: Plan, tmp_path: Path) -> None:
    """It looks at the account, gives a result for each action, changes nothing, and makes no file."""
    files = {"journal": tmp_path / "j.jsonl", "passwords": tmp_path / "p.csv"}
    outcomes = Outcomes()
    report = account.users.apply(plan, **files, dry_run=True, outcomes=outcomes)
    assert statuses(report) == ["not_attempted", "not_attempted"]
    assert [*report] == outcomes.results
    assert {*account.recorder.operations} == {"get_user"}
    assert account.done == []
    assert list(tmp_path.glob("*.*l")) + list(tmp_path.glob("p.csv")) == []
    assert account.users.apply(plan, **files).is_complete
    before = [file.read_bytes() for file in files.values()]
    again = account.users.apply(plan, **files, dry_run=True)
    assert (statuses(again), again.resumed) == (["done", "done"], 2)
    assert [file.read_bytes() for file in files.values()] == before


def test_refusals(account: Account, plan: Plan, tmp_path: Path) -> None:
    """What refuses the plan refuses the rehearsal."""
    passwords = tmp_path / "p.csv"
    for spoilt in (
        evolve(plan, witnesses=("VXNlcjox",)),
        evolve(plan, endpoint={"sandbox": "elsewhere"}),
        evolve(plan, admins=()),
    ):
        with pytest.raises(PlanRefusedError):
            account.users.apply(spoilt, passwords=passwords, dry_run=True)
    with pytest.raises(PlanRefusedError, match="temporary password"):
        account.users.apply(plan, dry_run=True)
    with pytest.raises(InvalidArgumentError, match="dry_run"):
        account.users.apply(plan, passwords=passwords, dry_run="yes")
    assert account.done == []


@pytest.mark.parametrize("name", ["journal", "passwords"])
def test_files(account: Account, plan: Plan, tmp_path: Path, name: str) -> None:
    """Files that the run could not use are found: a missing folder, a folder, or something else in them."""
    other = tmp_path / "other.txt"
    other.write_text("mine\n")
    for path in (tmp_path / "nowhere" / "file", tmp_path, other):
        files = {"passwords": tmp_path / "p.csv", name: path}
        with pytest.raises(JournalError):
            account.users.apply(plan, **files, dry_run=True)
    assert other.read_text() == "mine\n"
    assert not (tmp_path / "p.csv").exists()
    assert account.done == []


def test_somebody_begun(account: Account, tmp_path: Path) -> None:
    """An action that an earlier run began and did not end is unknown, and left so."""
    made = account.users.plan(roster_of(*STAFF, person("ada@example.com", "Ada")))
    journal = tmp_path / "j.jsonl"
    account.users.apply(made, journal=journal)
    *begun, _ = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(begun))
    report = account.users.apply(made, journal=journal, dry_run=True)
    assert (statuses(report), report.resumed) == (["unknown"], 0)
    assert journal.read_bytes() == b"".join(begun)
