"""Make the pictures of the README: what the real command line writes at a terminal, as SVG.

The account is a local one with a fixed clock, so a second run writes the same bytes.

    python scripts/pictures.py [--check]
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from arize_users.sandbox import Sandbox

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "cli" / "pictures"
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pictures, or check with --check that they are up to date.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if one is out of date")
    check: bool = parser.parse_args(arguments).check
    stale = [name for name, picture in _pictures().items() if _update(FOLDER / name, picture, check=check)]
    for name in stale:
        print(f"{name} {'is out of date' if check else 'written'}")
    return 1 if check and stale else 0


def _update(file: Path, picture: str, *, check: bool) -> bool:
    """Return whether a picture is out of date, and write it unless it is only checked."""
    if file.exists() and file.read_text("utf-8") == picture:
        return False
    if not check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(picture, "utf-8")
    return True


def _pictures() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        account = os.path.join(folder, "account.db")
        with Sandbox(account) as sandbox:
            _add_users(sandbox)
        emails = "mary@example.com,dorothy@example.com,nobody@example.com,annie@example.com"
        return {
            "table.svg": _picture("ax users list --email @example.com", account),
            "bulk_delete.svg": _picture(f"ax users delete --email {emails}", account, answer="y"),
        }


def _add_users(sandbox: Sandbox) -> None:
    sandbox.set_time(NOW)
    sandbox.add_custom_role("Reviewer", "Reviewer")
    for name, email, role, status, days in _USERS:
        created_at = NOW - timedelta(days=days, minutes=days * 7)
        sandbox.add_user(name=name, email=email, role=role, status=status, created_at=created_at)


def _picture(command: str, account: str, *, answer: str = "") -> str:
    shown = _ERASED.sub("", _CURSOR.sub("", _run(shlex.split(command)[1:], account, answer)))
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"\x1b[1m$ {command}\x1b[0m\n{shown.rstrip()}"))
    svg = console.export_svg(title="arize-users", unique_id="arize-users")
    return _FONT_FACE.sub("", svg)


def _run(arguments: Sequence[str], account: str, answer: str) -> str:
    """Run the command line at a terminal of a fixed size, and return what it writes there."""
    screen, keyboard = os.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    env = {name: value for name, value in os.environ.items() if not name.startswith("ARIZE_")}
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "COLORTERM"):
        env.pop(name, None)
    env |= {"ARIZE_BASE_URL": f"sandbox:{account}", "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1"}
    env |= {"HOME": os.path.dirname(account), "TERM": "xterm-256color", "TZ": "UTC", "LANG": "C.UTF-8"}
    program = [sys.executable, "-m", "arize_users.cli", *arguments]
    process = subprocess.Popen(program, stdin=keyboard, stdout=keyboard, stderr=keyboard, env=env)
    os.close(keyboard)
    written = b""
    try:
        while more := _read(screen):
            written += more
            if answer and written.endswith(b"[y/N] "):
                os.write(screen, f"{answer}\n".encode())
    finally:
        os.close(screen)
        process.wait()
    return written.decode().replace("\r\n", "\n")


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # The program has ended.
        return b""


if __name__ == "__main__":
    sys.exit(main())
