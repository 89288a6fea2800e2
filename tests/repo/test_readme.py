"""The README and the demo: everything they show runs as shown."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pictures
import pytest
from rich.text import Text
from support.programs import ROOT, run, run_python
from support.samples import blocks, commands

from arize_users.sandbox import Sandbox

README = ROOT / "README.md"


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


def test_the_first_program_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever runs the README's program, with no key anywhere, gets what its comment says."""
    monkeypatch.delenv("ARIZE_API_KEY", raising=False)
    exec(compile("".join(blocks(README, "python")), "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1] == "['deleted', 'not_found']"


def test_the_commands_run_one_after_the_other(account: Path) -> None:
    """Whoever types the README's commands, in order, gets what they promise."""
    program = Path(sys.executable).with_name("ax")
    (account.parent / "people.csv").write_text("email,name,role\nkim@example.com,Kim Lee,member\n")
    (account.parent / "leavers.txt").write_text("mary@example.com\n")
    assert len(commands(README)) >= 5
    for command in commands(README):
        done = run(program, *shlex.split(command)[1:])
        expected = 6 if command.startswith("ax users plan") else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"


def test_the_screen_that_is_shown(account: Path) -> None:
    """What the README shows of a terminal is what the command writes there."""
    (screen,) = blocks(README, "text")
    prompt, *shown = screen.splitlines()
    lines = Text.from_ansi(pictures.written(prompt.removeprefix("$ "), str(account))).plain.splitlines()
    assert [line.rstrip() for line in lines if "━" not in line] == shown


def test_the_demo_tells_the_whole_story(tmp_path: Path) -> None:
    """`make demo` ends well, shows each call before its outcome, and prints no temporary password."""
    done = run_python(ROOT / "scripts" / "demo.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Every operation ran, sync and async." in done.stdout
    for part in ("invited", "active", "not_found", "deleted", "answered this once"):
        assert part in done.stdout
    called = set(re.findall(r"^   >>> users\.(\w+)\(", done.stdout, re.MULTILINE))
    single = {"list", "iter", "get", "create", "update", "delete", "resend_invitation", "reset_password"}
    assert called == single | {"bulk_delete", "plan", "apply"}
