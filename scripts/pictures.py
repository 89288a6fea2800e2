"""Make the pictures of the documentation: what the real command line writes at a terminal, as SVG.

The account is a local one with a fixed clock, so a second run writes the same bytes.

    python scripts/pictures.py
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import termios
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from arize_users.sandbox import Sandbox

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
COLUMNS = 112
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_USERS = (
    ("Ada Lovelace", "ada@example.com", "admin", "active", 400),
    ("Grace Hopper", "grace@example.com", "member", "active", 320),
    ("Katherine Johnson", "katherine@example.com", "member", "active", 210),
    ("Annie Easley", "annie@example.com", "annotator", "active", 95),
    ("Mary Jackson", "mary@example.com", "member", "expired", 30),
    ("Dorothy Vaughan", "dorothy@example.com", "member", "invited", 2),
    ("Radia Perlman", "radia@example.com", "Reviewer", "invited", 0),
)
_CURSOR = re.compile(r"\x1b\[\?25[hl]")
# A progress bar overwrites its line; what a reader sees follows the last return to the start of the line.
_ERASED = re.compile(r"[^\n]*(?:\x1b\[2K|\r(?!\n))")
# A font that a viewer would fetch from the network.
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    """Write the pictures."""
    emails = "mary@example.com,dorothy@example.com,nobody@example.com,annie@example.com"
    with tempfile.TemporaryDirectory() as folder:
        account = os.path.join(folder, "account.db")
        with Sandbox(account) as sandbox:
            _add_users(sandbox)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, command in (
            ("table.svg", "ax users list --email @example.com"),
            ("bulk_delete.svg", f"ax users delete --email {emails}"),
        ):
            (FOLDER / name).write_text(_picture(command, account), "utf-8")


def _add_users(sandbox: Sandbox) -> None:
    sandbox.set_time(NOW)
    sandbox.add_custom_role("Reviewer", "Reviewer")
    for name, email, role, status, days in _USERS:
        created_at = NOW - timedelta(days=days, minutes=days * 7)
        sandbox.add_user(name=name, email=email, role=role, status=status, created_at=created_at)


def _picture(command: str, account: str) -> str:
    shown = written(command, account)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"\x1b[1m$ {command}\x1b[0m\n{shown.rstrip()}"))
    svg = console.export_svg(title="arize-users", unique_id="arize-users")
    return _FONT_FACE.sub("", svg)


def written(command: str, account: str) -> str:
    """Give what a command leaves on the screen of a terminal, in colour."""
    return _ERASED.sub("", _CURSOR.sub("", _run(shlex.split(command)[1:], account)))


def _run(arguments: list[str], account: str) -> str:
    """Run the command line at a terminal of a fixed size, say yes, and return what it writes there."""
    screen, keyboard = os.openpty()
    termios.tcsetwinsize(keyboard, (40, COLUMNS))
    folder, file = os.path.split(account)
    env = {"ARIZE_BASE_URL": f"sandbox:{file}", "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1"}
    env |= {"HOME": folder, "TERM": "xterm-256color", "TZ": "UTC", "LANG": "C.UTF-8"}
    program = [sys.executable, "-m", "arize_users.cli", *arguments]
    process = subprocess.Popen(program, stdin=keyboard, stdout=keyboard, stderr=keyboard, env=env, cwd=folder)
    os.close(keyboard)
    written = b""
    # Reading fails once the program has ended.
    with process, suppress(OSError):
        while more := os.read(screen, 65536):
            written += more
            if written.endswith(b"[y/N] "):
                os.write(screen, b"y\n")
    os.close(screen)
    return written.decode().replace("\r\n", "\n")


if __name__ == "__main__":
    main()
