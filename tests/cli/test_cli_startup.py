"""What a command imports, and what it shows before it does anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from arize_users import InviteMode, UserRole, UserStatus, __version__
from arize_users.cli import options
from arize_users.sandbox import SandboxServer

from .runs import Ax, Shell

# The modules imported when the process ends, on the last line of standard error. Without click, which the
# package does not need, httpx does not import its own command line.
_TELL = """import atexit, sys; sys.modules["click"] = None
atexit.register(lambda: print('LOADED', *sorted(sys.modules), file=sys.stderr))"""
HEAVY = {"rich.table", "pandas", "pyarrow", "asyncio", "asyncio.base_events", "pygments", "dateutil"}


def _imported(err: str) -> set[str]:
    (told,) = [line for line in err.splitlines() if line.startswith("LOADED ")]
    return set(told.split()[1:])


def test_list_as_json_imports_little(shell: Shell, served: SandboxServer) -> None:
    """`ax users list -o json` imports nothing that only other commands and formats need."""
    ran = shell("ax", "users", "list", "-o", "json", before=_TELL)
    assert (ran.code, len(ran.json["users"])) == (0, 3)
    imported = _imported(ran.err)
    assert "httpx" in imported
    assert imported & (HEAVY | {"rich", "arize_users.sandbox"}) == set()


def test_table_needs_no_data_frames(shell: Shell, served: SandboxServer) -> None:
    """A table imports Rich, and neither pandas nor pyarrow."""
    imported = _imported(shell("ax", "users", "list", before=_TELL).err)
    assert "rich.text" in imported
    assert imported & {"pandas", "pyarrow", "asyncio.base_events", "rich.progress"} == set()


@pytest.mark.parametrize(
    "words", [("--help",), ("users", "--help"), ("users", "list", "--help"), ("--version",)]
)
def test_help_imports_no_client(shell: Shell, words: Sequence[str]) -> None:
    """Help and version are fast: neither the client nor httpx is imported for them."""
    ran = shell("ax", *words, before=_TELL)
    assert ran.code == 0
    assert _imported(ran.err) & (HEAVY | {"httpx", "attrs", "arize_users.client", "rich"}) == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ax users l", "list"),
        ("ax us", "users"),
        ("ax users list --status inv", "invited"),
        ("ax users create --invite-mode temp", "temporary_password"),
        ("arize-users resend", "resend-invitation"),
    ],
)
def test_completion(shell: Shell, words: str, expected: str) -> None:
    """A shell completes commands, options and values without importing the client."""
    program = words.split()[0]
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    env = {variable: "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    ran = shell(program, env=env, before=_TELL)
    assert ran.out.split() == [expected]
    assert _imported(ran.err) & (HEAVY | {"httpx", "arize_users.client"}) == set()


def test_show_completion(shell: Shell) -> None:
    """The completion script for a shell can be shown."""
    env = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ran = shell("ax", "--show-completion", "zsh", env=env)
    assert (ran.code, "_AX_COMPLETE" in ran.out) == (0, True)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(ax: Ax, flag: str) -> None:
    """Every command's help names the exit codes and the global options."""
    for command in ("list", "get", "create", "update", "delete", "resend-invitation", "reset-password"):
        ran = ax(command, flag)
        assert ran.code == 0
        for shown in ("Exit codes:", "130  interrupted", "--base-url", "--api-key", "--profile", "--region"):
            assert shown in ran.out


def test_version(ax: Ax) -> None:
    """The version shown is that of the package."""
    assert ax("--version").out == f"arize-users {__version__}\n"


def test_module(tmp_path: Path) -> None:
    """`python -m arize_users.cli` is `ax`."""
    words = ["users", "list", "--base-url", "sandbox:", "-o", "csv"]
    program = [sys.executable, "-m", "arize_users.cli", *words]
    done = subprocess.run(program, capture_output=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4)


def test_entry_points() -> None:
    """Installing the package gives two commands, `ax` and `arize-users`."""
    scripts = {script.name: script.value for script in entry_points(group="console_scripts")}
    assert scripts["ax"] == "arize_users.cli:ax"
    assert scripts["arize-users"] == "arize_users.cli:arize_users"


def test_sandbox_command(shell: Shell) -> None:
    """`ax sandbox` starts the local server with the server's own options."""
    ran = shell("ax", "sandbox", "--help")
    assert (ran.code, "--fault-script" in ran.out) == (0, True)
    ran = shell("arize-users", "sandbox", "--db", "nowhere/account.db")
    assert (ran.code, "cannot open the sandbox account" in ran.err) == (1, True)


def test_missing_extra(shell: Shell) -> None:
    """Without the extra, two lines say how to install it."""
    ran = shell("ax", "users", "list", before="import sys; sys.modules['typer'] = None")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "error: the command line needs typer, which is not installed",
        "hint: pip install 'arize-users[cli]'",
    ]


@pytest.mark.parametrize("words", [("users", "list", "--help"), ("--version",), ("sandbox", "--port", "0")])
def test_full_disk(shell: Shell, words: Sequence[str]) -> None:
    """Where standard output takes nothing, that is one line and exit code 5, whatever was to be shown."""
    ran = shell("ax", *words, before="import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)")
    assert (ran.code, ran.err) == (5, "error: cannot write standard output: No space left on device\n")


@pytest.mark.parametrize("words", [("users", "list", "--help"), ("--version",)])
def test_closed_pipe(shell: Shell, words: Sequence[str]) -> None:
    """Help whose reader closes the pipe early is no error."""
    ran = shell("ax", *words, before="import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1)")
    assert (ran.code, ran.err) == (0, "")


def test_choices_are_those_of_the_client() -> None:
    """The values that options offer are those that the client takes."""
    assert list(options.Status) == list(UserStatus)
    assert list(options.Role) == list(UserRole)
    assert list(options.Mode) == list(InviteMode)
