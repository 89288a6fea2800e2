"""The notice that the commands are in beta comes once per machine and day."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from arize_users.cli import beta
from arize_users.sandbox import Sandbox

from .runs import Shell

SHOWN = {"ARIZE_DISABLE_PRERELEASE_WARNINGS": ""}
LIST = ("ax", "users", "list", "-o", "json")


def is_noticed(shell: Shell, **env: str) -> bool:
    """Run a command, which succeeds, and tell whether it gave the notice, and nothing else, on one line."""
    ran = shell(*LIST, env={**SHOWN, **env})
    assert (ran.code, len(ran.json["users"])) == (0, 3)
    lines = ran.err.splitlines()
    assert all(line.startswith("warning: the users functions are in beta") for line in lines)
    assert len(lines) <= 1
    return bool(lines)


@pytest.mark.usefixtures("account")
def test_once_a_day(shell: Shell, home: Path) -> None:
    """The first command of a day gives the notice and the next ones do not, whatever their programs."""
    assert is_noticed(shell)
    assert not is_noticed(shell)
    assert shell("arize-users", "list", "-o", "json", env=SHOWN).err == ""
    stamp = home / ".local/state/arize-users/beta-notice"
    for days in (-1, 1):  # A clock may be set back.
        moment = (datetime.now() + timedelta(days=days)).timestamp()
        os.utime(stamp, (moment, moment))
        assert is_noticed(shell)
        assert not is_noticed(shell)


@pytest.mark.usefixtures("account")
def test_state_folder(shell: Shell, home: Path, tmp_path: Path) -> None:
    """The stamp is in the state folder that the environment names, and in no other place."""
    state = tmp_path / "state"
    assert is_noticed(shell, XDG_STATE_HOME=str(state))
    assert not is_noticed(shell, XDG_STATE_HOME=str(state))
    assert [file for file in tmp_path.rglob("*") if "arize" in file.name] == [state / "arize-users"]
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("state", ["file", "/dev/null", "/proc/nowhere"])
@pytest.mark.usefixtures("account")
def test_unwritable(shell: Shell, tmp_path: Path, state: str) -> None:
    """Where the stamp cannot be written, each command gives the notice, and works."""
    (tmp_path / "file").touch()
    for _ in range(2):
        assert is_noticed(shell, XDG_STATE_HOME=str(tmp_path / state))


def test_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is no home, nothing is made in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_state_path", lambda *_, **__: Path("~/.local/state"))
    before = list(tmp_path.iterdir())
    assert [beta._is_first_today(), beta._is_first_today()] == [True, True]
    assert list(tmp_path.iterdir()) == before


@pytest.mark.parametrize("line", [LIST, ("ax", "settings", "-o", "json")])
def test_nothing_written(shell: Shell, account: Sandbox, home: Path, line: tuple[str, ...]) -> None:
    """A notice that is silenced, or that a command has no reason for, leaves no stamp."""
    silenced = {"ARIZE_DISABLE_PRERELEASE_WARNINGS": "1"} if line is LIST else SHOWN
    ran = shell(*line, env=silenced)
    assert (ran.code, ran.err) == (0, "")
    assert list(home.iterdir()) == []
