"""The README and the demo: everything they show runs as shown."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from support.programs import ROOT, run, run_python

import arize_users
from arize_users.sandbox import Sandbox

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local account in a file, which every client and command of the README uses."""
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox:
        sandbox.add_user(email="mary@example.com", name="Mary")
    monkeypatch.setenv("ARIZE_BASE_URL", f"sandbox:{path}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return path


def test_the_python_examples_run_one_after_the_other(
    account: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever pastes the README's code into one file, from top to bottom, gets no error."""
    names: dict[str, Any] = {}
    for block in blocks("python"):
        if "def test_" not in block:
            exec(compile(block, "README.md", "exec"), names)
    results = {result.email or "id": str(result.status) for result in names["results"]}
    assert results == {"id": "deleted", "ADA@example.com": "deleted", "nobody@example.com": "not_found"}
    assert [mail.to for mail in names["client"].sandbox.outbox if mail.kind == "password_reset"] == [
        "mary@example.com"
    ]
    names["client"].close()


def test_the_next_page_keeps_the_filters() -> None:
    """The README's way to the next page lists users of the filter of the first one, and no others."""
    (example,) = [block for block in blocks("python") if "pagination.next_cursor" in block]
    with arize_users.ArizeClient(base_url="sandbox:") as client:
        assert client.sandbox is not None
        for number in range(160):
            status = ("active", "expired", "invited", "expired")[number % 4]
            client.sandbox.add_user(email=f"{number}@example.com", name="Ada", status=status)
        client.sandbox.add_users(80, domain="other.example")
        first = {user.id for user in client.users.list(email="@example.com", status=["active", "invited"])}
        names: dict[str, Any] = {"client": client}
        exec(compile(example, "README.md", "exec"), names)
    assert names["page"]
    assert not first & {user.id for user in names["page"]}
    assert {str(user.status) for user in names["page"]} <= {"active", "invited"}
    assert all(user.email.endswith("@example.com") for user in names["page"])


def test_the_test_example_passes_as_a_test(tmp_path: Path) -> None:
    """The README's example of testing one's own code is itself a passing test."""
    (example,) = [block for block in blocks("python") if "def test_" in block]
    (tmp_path / "test_example.py").write_text(example)
    done = run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_the_commands_run_one_after_the_other(account: Path) -> None:
    """Whoever types the README's commands, in order, gets what they promise."""
    program = Path(sys.executable).with_name("ax")
    commands = [
        line.removeprefix("$ ")
        for block in blocks("console")
        for line in block.splitlines()
        if line.startswith("$ ax ")
    ]
    assert len(commands) >= 5
    (account.parent / "people.csv").write_text("email,name,role\nkim@example.com,Kim Lee,member\n")
    (account.parent / "leavers.txt").write_text("mary@example.com\n")
    for command in commands:
        done = run(program, *shlex.split(command)[1:])
        expected = 6 if command.startswith("ax users plan") else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"


def test_the_demo_tells_the_whole_story(tmp_path: Path) -> None:
    """`make demo` ends well, shows every outcome, and prints no temporary password."""
    done = run_python(ROOT / "scripts" / "demo.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Every operation ran, sync and async." in done.stdout
    for part in ("invited", "active", "not_found", "deleted", "answered this once"):
        assert part in done.stdout


def test_every_error_and_every_setting_is_in_the_readme() -> None:
    """The README names every error class and every environment variable that the client reads."""
    errors = [
        name
        for name in arize_users.__all__
        if isinstance(getattr(arize_users, name), type)
        and issubclass(getattr(arize_users, name), (arize_users.ArizeError, Warning))
        and name != "ArizeError"
    ]
    source = "".join(path.read_text() for path in (ROOT / "arize_users").glob("*.py"))
    variables = set(re.findall(r"\bARIZE_[A-Z_]+\b", source))
    assert [name for name in [*errors, *sorted(variables)] if f"`{name}" not in README] == []
