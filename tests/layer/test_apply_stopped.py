"""A plan that is stopped midway: by an interrupt, by a function of the caller's, or by a full disk."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from support.account import Account
from support.answers import problem
from support.applying import Place, planned, statuses
from support.rosters import person

from arize_users import (
    BulkInterrupted,
    JournalError,
    Outcomes,
    outcomes_of,
)
from arize_users._users.roster.journal import read_journal
from arize_users._users.roster.locked_file import LockedFile
from arize_users.roster import PlanResult


def _people(count: int, mode: str = "email_link") -> list[Any]:
    return [person(f"{number}@example.com", "New", invite_mode=mode) for number in range(count)]


def _agrees(account: Account, outcomes: Outcomes, place: Place) -> None:
    """Check that outcomes and journal are true: what the server did is done or unknown, and no more."""
    did = {email for action, email in account.done}
    by_status: dict[str, set[str | None]] = {}
    for one in outcomes.results:
        by_status.setdefault(str(one.status), set()).add(one.email)
    assert by_status.get("done", set()) <= did
    assert did <= by_status.get("done", set()) | by_status.get("unknown", set())
    entries = read_journal(place.journal).entries
    ended = {outcomes.results[index].email for index, one in entries.items() if one.status == "done"}
    assert ended == by_status.get("done", set())


class Stop(Exception):
    """A caller's own exception."""


@pytest.mark.parametrize("error", [Stop(), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr)
@pytest.mark.parametrize("callback", ["on_result", "on_progress"])
def test_callback_that_raises(account: Account, place: Place, error: BaseException, callback: str) -> None:
    """What a function of the caller's raises stops the plan, no outcome is lost, and a later run goes on."""
    account.sandbox.add_user(email="gone@example.com", name="Gone")
    plan = planned(account, *_people(20))
    seen: list[Any] = []

    def stop(told: Any) -> None:
        seen.append(told)
        if len(seen) == 5:
            raise error

    outcomes = Outcomes()
    arguments: dict[str, Any] = {callback: stop, "outcomes": outcomes, "max_concurrency": 3}
    with pytest.raises(BaseException) as caught:
        account.users.apply(plan, **place.files, **arguments)
    if isinstance(error, Stop):
        assert isinstance(caught.value, BulkInterrupted)
        assert caught.value.__cause__ is error
        assert len(caught.value.results) + len(caught.value.pending) == 21
    else:
        assert caught.value is error
    assert outcomes_of(caught.value) is outcomes
    assert len(seen) == 5
    _agrees(account, outcomes, place)
    assert ("delete", "gone@example.com") not in account.done
    assert statuses(account.users.apply(plan, **place.files)) == ["done"] * 21
    assert len(account.sandbox.outbox) == 20


# A file that cannot be written


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> dict[Path, int]:
    """How many more lines a file takes before the disk is full; one that is not in it takes any number."""
    append, left = LockedFile.append, dict[Path, int]()

    def append_if_free(self: LockedFile, line: bytes, **options: Any) -> None:
        if self.path in left:
            if left[self.path] <= 0:
                refused = JournalError(f"{self.path} cannot be written: No space left on device")
                refused.path = str(self.path)
                raise refused
            left[self.path] -= 1
        append(self, line, **options)

    monkeypatch.setattr(LockedFile, "append", append_if_free)
    return left


@pytest.mark.parametrize("case", ["lower"])
@pytest.mark.parametrize("lines", [0, 1, 2, 3, 6, 9, 10, 11])
@pytest.mark.parametrize("limit", [1, 4])
def test_full_journal(account: Account, place: Place, space: dict[Path, int], lines: int, limit: int) -> None:
    """If a line of the journal cannot be written, nothing more is begun, and a later run ends the rest."""
    account.sandbox.add_user(email="gone@example.com", name="Gone")
    plan = planned(account, *_people(4))
    outcomes, seen = Outcomes(), list[PlanResult]()
    space[place.journal] = lines
    arguments: dict[str, Any] = {"max_concurrency": limit, "outcomes": outcomes, "on_result": seen.append}
    if lines == 11:  # The first one, and two for each of five actions.
        assert statuses(account.users.apply(plan, **place.files, **arguments)) == ["done"] * 5
        return
    with pytest.raises(JournalError, match="No space left") as caught:
        account.users.apply(plan, **place.files, **arguments)
    assert caught.value.path == str(place.journal)
    assert outcomes_of(caught.value) is outcomes
    did = {email for _, email in account.done}
    assert did <= {plan.actions[index].email for index in read_journal(place.journal).entries}
    assert {one.email for one in outcomes.results if one.status == "done"} == did
    assert all("No space left" in str(one.error) for one in seen if one.status == "not_attempted")
    assert lines or not account.sent
    space.clear()
    assert statuses(account.users.apply(plan, **place.files)) == ["done"] * 5
    assert len(account.done) == 5
    assert len(account.sandbox.outbox) == 4


def test_full_journal_at_the_last_line(answered: Any, place: Place, space: dict[Path, int]) -> None:
    """Also where the journal is full after the last request, that is said."""
    refusal = problem(403, detail="You cannot delete yourself.")
    account = answered(lambda request: refusal if request.method == "DELETE" else None)
    account.sandbox.add_user(email="gone@example.com", name="Gone")
    plan = planned(account)
    outcomes = Outcomes()
    space[place.journal] = 3  # The first one, and two for the removal before its refusal is read.
    with pytest.raises(JournalError, match="No space left"):
        account.users.apply(plan, **place.files, outcomes=outcomes)
    assert statuses(outcomes.results) == ["cannot"]


@pytest.mark.parametrize("limit", [1, 4])
@pytest.mark.parametrize("flag", [None, False])
def test_full_file_of_passwords(
    account: Account, place: Place, space: dict[Path, int], limit: int, flag: bool | None
) -> None:
    """A password that cannot be written is in the outcome alone, the run stops, and the journal says so."""
    account.sandbox.add_user(email="gone@example.com", name="Gone")
    mode = "temporary_password"
    people = [
        person(f"{number}@example.com", "New", invite_mode=mode, is_developer=flag) for number in range(8)
    ]
    plan = planned(account, *people)
    outcomes = Outcomes()
    space[place.passwords] = 3
    with pytest.raises(JournalError, match="No space left") as caught:
        account.users.apply(plan, **place.files, max_concurrency=limit, outcomes=outcomes)
    space.clear()
    account.recorder.take_deviations()
    assert caught.value.path == str(place.passwords)
    created = {email for action, email in account.done if action == "create"}
    results: list[Any] = outcomes.results
    lost = {one.email: one.temporary_password for one in results if one.temporary_password}
    assert len(place.issued()) == 2
    assert {*place.issued(), *lost} == created
    assert 1 <= len(lost) <= limit
    assert ("delete", "gone@example.com") not in account.done
    for one in results:
        assert (one.email in lost) == ("could not be written down" in str(one.error))
        for password in lost.values():
            assert password not in repr(one) + str(one.to_dict()) + repr(outcomes)
            assert password not in str(caught.value) + place.journal.read_text()
    assert "could not be written down" in place.journal.read_text()
    # Whoever was created is not created again.
    again = account.users.apply(plan, **place.files)
    account.recorder.take_deviations()
    assert statuses(again) == ["done"] * 9
    assert len([one for one in account.done if one[0] == "create"]) == 8
    assert {one.email for one in again if one.error} == lost.keys()


@pytest.mark.parametrize("name", ["journal", "passwords"])
def test_no_place_for_a_file(account: Account, tmp_path: Path, name: str) -> None:
    """A place where no file can be made, or another file, is refused before any request."""
    plan = planned(account, *_people(1, "temporary_password"))
    foreign = tmp_path / "foreign.txt"
    foreign.write_text("something else\n")
    files = {"journal": tmp_path / "journal", "passwords": tmp_path / "passwords"}
    for path in (tmp_path / "no" / "file", tmp_path, foreign, "/dev/null"):
        with pytest.raises(JournalError):
            account.users.apply(plan, **{**files, name: path})
    assert account.sent == []
    assert foreign.read_text() == "something else\n"


def test_nothing_secret(account: Account, place: Place) -> None:
    """A temporary password is in the file of passwords, and in nothing else that is kept or shown."""
    plan = planned(account, *_people(3, "temporary_password"))
    seen: list[PlanResult] = []
    report = account.users.apply(plan, **place.files, on_result=seen.append)
    assert len(place.issued()) == 3
    for password in place.issued().values():
        for text in (place.journal.read_text(), repr(report), str(report), str(report.to_dict()), repr(seen)):
            assert password not in text
    assert all(one.temporary_password is None for one in report)
    assert place.journal.stat().st_mode & 0o777 == 0o600
    assert place.passwords.stat().st_mode & 0o777 == 0o600


def test_files_on_other_threads(account: Account, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The async client never waits for a file in its event loop."""
    threads: set[int] = set()
    append, opened = LockedFile.append, LockedFile.__init__

    def noting_append(self: LockedFile, line: bytes, **options: Any) -> None:
        threads.add(threading.get_ident())
        append(self, line, **options)

    def noting_init(self: LockedFile, path: Path, **options: Any) -> None:
        threads.add(threading.get_ident())
        opened(self, path, **options)

    monkeypatch.setattr(LockedFile, "append", noting_append)
    monkeypatch.setattr(LockedFile, "__init__", noting_init)
    account.users.apply(planned(account, *_people(5, "temporary_password")), **place.files)
    if account.client.kind == "async":
        assert threading.get_ident() not in threads
    assert threads
