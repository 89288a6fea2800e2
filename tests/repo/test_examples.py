"""The programs in `examples/` run as they stand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.programs import ROOT, run_python

from arize_users.sandbox import Sandbox, SandboxServer
from arize_users.sandbox.sandbox import KEYS

EXAMPLES = ROOT / "examples"


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local account in a file, which the programs use."""
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox:
        sandbox.add_user(email="mira@example.com", name="Mira Voss")
        sandbox.add_user(email="root@example.com", name="Root", role="admin")
    monkeypatch.setenv("ARIZE_BASE_URL", f"sandbox:{path}")
    monkeypatch.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", "1")
    return path


def test_onboarding(account: Path, tmp_path: Path) -> None:
    """Each person of a roster is invited once, however often it runs, and who is added to the roster, too."""
    people = tmp_path / "people.csv"
    people.write_text("email,name,role,invite_mode\nmira@example.com,Mira Stone,member,\n")
    for more in (
        "ola@example.com,Ola Berg,annotator,email_link\n",
        "",
        "kim@example.com,Kim,member,temporary_password\n",
    ):
        with people.open("a") as file:
            file.write(more)
        done = run_python(EXAMPLES / "onboarding.py", people)
        assert (done.returncode, done.stderr) == (0, "")
    with Sandbox(account) as sandbox:
        names = {user.email: user.name for user in sandbox.users()}
        assert names["mira@example.com"] == "Mira Stone"
        assert names.keys() >= {"ola@example.com", "kim@example.com"}
        assert [mail.to for mail in sandbox.outbox] == ["ola@example.com"]
    assert not list(tmp_path.glob("*.plan.json"))  # One that is kept is that of a run which did not do all.
    passwords = (tmp_path / "people.passwords.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in passwords] == ["email", "kim@example.com"]


@pytest.mark.usefixtures("as_member")
def test_onboarding_goes_on(account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused is tried again by the next run, with the same plan and journal."""
    people = tmp_path / "people.csv"
    people.write_text("email,name,role\nola@example.com,Ola Berg,member\n")
    for key, code in ((KEYS[1], 1), (KEYS[0], 0)):
        monkeypatch.setenv("ARIZE_API_KEY", key)
        assert run_python(EXAMPLES / "onboarding.py", people).returncode == code
        assert len(list(tmp_path.glob("people.*.jsonl"))) == 1
    with Sandbox(account) as sandbox:
        assert [mail.to for mail in sandbox.outbox] == ["ola@example.com"]


def test_onboarding_with_a_file_that_cannot_be_used(account: Path, tmp_path: Path) -> None:
    """A roster without roles is refused in a line, and changes nothing."""
    people = tmp_path / "people.csv"
    people.write_text("email,name\nola@example.com,Ola Berg\n")
    done = run_python(EXAMPLES / "onboarding.py", people)
    assert done.returncode == 2
    assert "role" in done.stderr
    with Sandbox(account) as sandbox:
        assert not sandbox.audit


def test_offboarding(account: Path, tmp_path: Path) -> None:
    """The people of a file are deleted, a stranger is told, and the outcomes stay, though it runs twice."""
    leavers = tmp_path / "leavers.txt"
    emails = "MIRA@example.com\nmira@example.com\n\nowner@sandbox.example\nnobody@example.com\n"
    leavers.write_text(emails, encoding="utf-8-sig")
    for shown in ("- Mira Voss <mira@example.com>, active", "! MIRA@example.com: not_found"):
        done = run_python(EXAMPLES / "offboarding.py", leavers)
        assert (done.returncode, done.stderr) == (0, "")
        assert shown in done.stdout
        assert "! nobody@example.com: not_found" in done.stdout
    with Sandbox(account) as sandbox:
        statuses = {user.email: user.status for user in sandbox.users()}
    assert statuses["mira@example.com"] == "inactive"
    assert statuses["owner@sandbox.example"] == "active"
    assert (tmp_path / "leavers.results.csv").read_text().splitlines() == ["mira@example.com,deleted,"]


def test_offboarding_of_nobody(account: Path, tmp_path: Path) -> None:
    """A file that names nobody is no error."""
    (tmp_path / "leavers.txt").touch()
    done = run_python(EXAMPLES / "offboarding.py", tmp_path / "leavers.txt")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def as_member(account: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The programs use the account with a key that may read and change nothing."""
    with Sandbox(account) as sandbox, SandboxServer(sandbox) as server:
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", KEYS[1])
        yield


@pytest.mark.usefixtures("as_member")
def test_offboarding_refused(tmp_path: Path) -> None:
    """Who was not deleted is told, noted, and in the exit code."""
    leavers = tmp_path / "leavers.txt"
    leavers.write_text("mira@example.com\n")
    done = run_python(EXAMPLES / "offboarding.py", leavers)
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 failed" in done.stdout
    assert (tmp_path / "leavers.results.csv").read_text().startswith("mira@example.com,failed,")


def test_offboarding_removes_no_admins(account: Path, tmp_path: Path) -> None:
    """An admin among the leavers stops it before anybody is deleted."""
    leavers = tmp_path / "leavers.txt"
    leavers.write_text("mira@example.com\nroot@example.com\n")
    done = run_python(EXAMPLES / "offboarding.py", leavers)
    assert done.returncode == 1
    assert "root@example.com" in done.stderr
    with Sandbox(account) as sandbox:
        assert not sandbox.audit


def test_stale_invitations(account: Path, tmp_path: Path) -> None:
    """Who was invited long ago is reminded once, though the program runs twice; the expired are named."""
    with Sandbox(account) as sandbox:
        for name, days in (("late", 5), ("new", 1), ("gone", 30)):
            invited_at = sandbox.now() - timedelta(days=days)
            status = "expired" if name == "gone" else "invited"
            sandbox.add_user(email=f"{name}@example.com", name=name, status=status, created_at=invited_at)
    for reminded in (1, 0):
        done = run_python(EXAMPLES / "stale_invitations.py", "3 days", tmp_path / "reminded.jsonl")
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{reminded} reminded." in done.stdout
        assert "1 invitations have expired: gone@example.com" in done.stdout
    with Sandbox(account) as sandbox:
        assert [mail.to for mail in sandbox.outbox] == ["late@example.com"]


def test_reminders_that_were_refused(
    account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Whom nothing was sent to is due at once again."""
    with Sandbox(account) as sandbox:
        invited_at = sandbox.now() - timedelta(days=5)
        sandbox.add_user(email="late@example.com", name="Late", status="invited", created_at=invited_at)
    request.getfixturevalue("as_member")
    for key, code, shown in ((KEYS[1], 1, "0 reminded."), (KEYS[0], 0, "1 reminded.")):
        monkeypatch.setenv("ARIZE_API_KEY", key)
        done = run_python(EXAMPLES / "stale_invitations.py", "3 days", tmp_path / "reminded.jsonl")
        assert (done.returncode, done.stderr) == (code, "")
        assert shown in done.stdout


def test_access_report(account: Path, tmp_path: Path) -> None:
    """The report has a row for each user, counts roles by status, names the admins, and runs no formula."""
    with Sandbox(account) as sandbox:
        sandbox.add_user(email="eve@example.com", name="=1+1")
    done = run_python(EXAMPLES / "access_report.py", tmp_path / "access.csv")
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "access.csv").read_text().splitlines()
    assert len(rows) == 1 + 6
    assert "eve@example.com,'=1+1,example.com,active," in "\n".join(rows)
    assert rows[0].startswith("email,name,domain,status,role,")
    assert "2 of 6 users to ask about:" in done.stdout
    assert "root@example.com" in done.stdout


def test_invite_service() -> None:
    """The tests that the service brings pass as they stand."""
    done = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLES / "invite_service.py")
    assert (done.returncode, done.stdout[:3]) == (0, ".. "), done.stdout + done.stderr


def test_invite_service_without_pytest() -> None:
    """The service runs where the tools of its tests are not there."""
    without = "import runpy, sys; sys.modules['pytest'] = None; runpy.run_path(sys.argv[1])"
    done = run_python("-c", without, EXAMPLES / "invite_service.py")
    assert (done.returncode, done.stderr) == (0, "")


def test_nightly_job(account: Path, tmp_path: Path) -> None:
    """The account follows the export, within the guards; what a guard refuses is not done."""
    export, journals = tmp_path / "export.csv", tmp_path / "journals"
    journals.mkdir()
    with Sandbox(account) as sandbox:
        sandbox.add_users(100)
        people = [
            (user.email, user.name, user.role["name"])
            for user in sandbox.users()
            if user.email != "user00007@example.com"
        ]
    header = "Work Email,Display Name,Arize Role"
    export.write_text("\n".join([header, *(",".join(one) for one in people), "lin@example.com,Lin,member"]))
    done = run_python(EXAMPLES / "nightly_job.py", export, journals)
    assert done.returncode == 0, done.stderr
    with Sandbox(account) as sandbox:
        statuses = {user.email: user.status for user in sandbox.users()}
    assert (statuses["user00007@example.com"], statuses["lin@example.com"]) == ("inactive", "invited")
    export.write_text("\n".join([header, *(",".join(one) for one in people[:50])]))
    refused = run_python(EXAMPLES / "nightly_job.py", export, journals)
    assert refused.returncode == 3, refused.stderr
    no_key = run_python(
        EXAMPLES / "nightly_job.py", export, journals, env={**os.environ, "ARIZE_BASE_URL": ""}
    )
    assert no_key.returncode == 2, no_key.stderr
    with Sandbox(account) as sandbox:
        assert {user.email: user.status for user in sandbox.users()} == statuses


ARGUMENTS = {
    "access_report": ["access.csv"],
    "nightly_job": ["people.csv", "."],
    "offboarding": ["people.csv"],
    "onboarding": ["people.csv"],
    "stale_invitations": ["14 days", "reminded.jsonl"],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_program_that_cannot_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without arguments a program shows how it is called; without a key it says so in a line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARIZE_DISABLE_PRERELEASE_WARNINGS", "1")
    Path("people.csv").write_text(
        "email,name,role,Work Email,Display Name,Arize Role\na@b.co,A,member,a@b.co,A,member\n"
    )
    called = run_python(EXAMPLES / f"{name}.py")
    assert (called.returncode in (1, 2), f"python examples/{name}.py" in called.stderr) == (True, True)
    no_key = run_python(EXAMPLES / f"{name}.py", *ARGUMENTS[name])
    assert (no_key.returncode in (1, 2), no_key.stderr.count("\n") <= 3) == (True, True), no_key.stderr
    assert "API key" in no_key.stderr
