"""What a command imports, and what it shows before it does anything."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from arize_users import InviteMode, UserRole, UserStatus, __version__
from arize_users.cli.errors import EXIT_CODES
from arize_users.sandbox import SandboxServer

from .runs import FULL, NEEDS_FULL, UNREAD, Ax, Shell

# The modules imported when the process ends, on the last line of standard error. Without click, which the
# package does not need, httpx does not import its own command line.
_TELL = """import atexit, sys; sys.modules["click"] = None
atexit.register(lambda: print('LOADED', *sorted(sys.modules), file=sys.stderr))"""
HEAVY = {"rich.table", "pandas", "pyarrow", "asyncio", "asyncio.base_events", "pygments", "dateutil"}


def _imported(err: str) -> set[str]:
    (told,) = [line for line in err.splitlines() if line.startswith("LOADED ")]
    return set(told.split()[1:])


@pytest.mark.parametrize(
    ("form", "needed", "needless"),
    [("json", "httpx", {*HEAVY, "rich"}), ("table", "rich.text", {"pandas", "pyarrow", "rich.progress"})],
)
def test_list_imports_little(
    shell: Shell, served: SandboxServer, form: str, needed: str, needless: set[str]
) -> None:
    """`ax users list` imports nothing that only other commands and formats need."""
    ran = shell("ax", "users", "list", "-o", form, before=_TELL)
    imported = _imported(ran.err)
    assert ran.code == 0
    assert needed in imported
    assert imported & {*needless, "arize_users.sandbox"} == set()


@pytest.mark.parametrize(
    "line",
    [
        *("ax --help", "ax users --help", "ax users list --help", "ax --version"),
        *("ax users plan --help", "ax users apply --help", "ax users import --help"),
    ],
)
def test_help_imports_no_client(shell: Shell, line: str) -> None:
    """Help and version are fast: neither the client nor httpx is imported for them."""
    ran = shell(*line.split(), before=_TELL)
    assert ran.code == 0
    assert _imported(ran.err) & (HEAVY | {"httpx", "attrs", "arize_users.client", "rich"}) == set()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ax users l", "list"),
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


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(ax: Ax, flag: str) -> None:
    """Every command's help has the table of exit codes and the global options; --version the package's."""
    for command in (
        *("list", "get", "create", "update", "delete", "resend-invitation", "reset-password"),
        *("plan", "apply", "import"),
    ):
        ran = ax(command, flag)
        assert ran.code == 0
        # Typer indents it.
        assert "\n".join(line.strip() for line in EXIT_CODES.splitlines()[1:]) in re.sub(
            "(?m)^ +", "", ran.out
        )
        for shown in ("--base-url", "--api-key", "--profile", "--region"):
            assert shown in ran.out
    assert ax("--version").out == f"arize-users {__version__}\n"


def test_entry_points(tmp_path: Path) -> None:
    """Installing gives two commands, `ax` and `arize-users`; `python -m arize_users.cli` is `ax`."""
    scripts = {script.name: script.value for script in entry_points(group="console_scripts")}
    assert (scripts["ax"], scripts["arize-users"]) == ("arize_users.cli:ax", "arize_users.cli:arize_users")
    words = ["users", "list", "--base-url", "sandbox:", "-o", "csv"]
    program = [sys.executable, "-m", "arize_users.cli", *words]
    done = subprocess.run(program, capture_output=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4)


def test_sandbox_command(shell: Shell) -> None:
    """`ax sandbox` starts the local server with the server's own options."""
    ran = shell("ax", "sandbox", "--help")
    assert (ran.code, "--fault-script" in ran.out) == (0, True)
    ran = shell("arize-users", "sandbox", "--db", "nowhere/account.db")
    assert (ran.code, "cannot open the sandbox account" in ran.err) == (1, True)


def test_missing_extra(shell: Shell) -> None:
    """Without the extra, two lines say how to install it."""
    ran = shell("ax", "users", "list", before="import sys; sys.modules['typer'] = None")
    error = "the command line needs typer, which is not installed"
    assert ran.refused(1) == (error, "pip install 'arize-users[cli]'")


@NEEDS_FULL
@pytest.mark.parametrize("line", ["ax users list --help", "ax --version", "ax sandbox --port 0"])
def test_unwritable_output(shell: Shell, line: str) -> None:
    """A full standard output is one line and exit code 5; a closed pipe is no error."""
    ran = shell(*line.split(), before=FULL)
    assert (ran.code, ran.err) == (5, "error: cannot write standard output: No space left on device\n")
    if "sandbox" not in line:
        ran = shell(*line.split(), before=UNREAD)
        assert (ran.code, ran.err) == (0, "")


def test_choices_are_those_of_the_client(ax: Ax) -> None:
    """Help shows the values that the client takes, in lower case."""
    for command, values in (("list", UserStatus), ("create", UserRole), ("create", InviteMode)):
        shown = re.findall(r"\w+", ax(command, "--help").out)
        assert {one.value for one in values} <= set(shown)
