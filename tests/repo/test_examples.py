"""The programs in `examples/` run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.programs import ROOT, run_python

from arize_users.sandbox import Sandbox

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
    """Each person of a roster is invited once, though the program runs twice."""
    people = tmp_path / "people.csv"
    people.write_text(
        "email,name,role,invite_mode\n"
        "mira@example.com,Mira Stone,member,\n"
        "ola@example.com,Ola Berg,annotator,email_link\n"
        "kim@example.com,Kim Lee,member,temporary_password\n"
    )
    for _ in range(2):
        done = run_python(EXAMPLES / "onboarding.py", people)
        assert (done.returncode, done.stderr) == (0, "")
    with Sandbox(account) as sandbox:
        names = {user.email: user.name for user in sandbox.users()}
        assert names["mira@example.com"] == "Mira Stone"
        assert names.keys() >= {"ola@example.com", "kim@example.com"}
        assert [mail.to for mail in sandbox.outbox] == ["ola@example.com"]
    passwords = (tmp_path / "people.passwords.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in passwords] == ["email", "kim@example.com"]


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
    """The people of a file are deleted, a stranger is told, and the outcomes are in a file."""
    leavers = tmp_path / "leavers.txt"
    leavers.write_text("MIRA@example.com\n\nowner@sandbox.example\nnobody@example.com\n")
    done = run_python(EXAMPLES / "offboarding.py", leavers)
    assert (done.returncode, done.stderr) == (0, "")
    assert "- Mira Voss <mira@example.com>, active" in done.stdout
    assert "! nobody@example.com: not_found" in done.stdout
    with Sandbox(account) as sandbox:
        statuses = {user.email: user.status for user in sandbox.users()}
    assert statuses["mira@example.com"] == "inactive"
    assert statuses["owner@sandbox.example"] == "active"
    results = (tmp_path / "leavers.results.csv").read_text().splitlines()
    assert len(results) == 2
    assert results[1].endswith(",deleted,")


def test_offboarding_removes_no_admins(account: Path, tmp_path: Path) -> None:
    """An admin among the leavers stops it before anybody is deleted."""
    leavers = tmp_path / "leavers.txt"
    leavers.write_text("mira@example.com\nroot@example.com\n")
    done = run_python(EXAMPLES / "offboarding.py", leavers)
    assert done.returncode == 1
    assert "root@example.com" in done.stderr
    with Sandbox(account) as sandbox:
        assert not sandbox.audit
