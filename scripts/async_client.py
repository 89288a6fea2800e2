"""Write arize_users/async_client.py from client.py: ``python scripts/async_client.py [--check]``.

Both clients have the same methods, arguments and documentation, so the asynchronous one is derived by the
replacements below. Each of them has to match. With ``--check`` nothing is written, and the exit code is 1
when the file is out of date.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "arize_users"
SOURCE, TARGET = PACKAGE / "client.py", PACKAGE / "async_client.py"

# Pattern and replacement, in the order in which they are applied.
REPLACEMENTS = (
    (
        r'^"""The synchronous client: .*',
        '"""The asynchronous client, generated from `client` by scripts/async_client.py: edit that one."""',
    ),
    (r"\bUsersClient\b", "AsyncUsersClient"),
    (r"\bArizeClient\b", "AsyncArizeClient"),
    (r"sync_driver import SyncDriver", "async_driver import AsyncDriver"),
    (r"\bSyncDriver\b", "AsyncDriver"),
    (r"\bSender\b", "AsyncSender"),
    (r"httpx\.BaseTransport", "httpx.AsyncBaseTransport"),
    (r"httpx\.Client", "httpx.AsyncClient"),
    (r"\bIterator\b", "AsyncIterator"),
    (r"An iterator", "An asynchronous iterator"),
    (r"It is safe to share between threads\b", "Tasks may share it, in any event loop"),
    (r"a ``with`` block", "an ``async with`` block"),
    (r"one call at a time, on your thread", "one call at a time; it must not block"),
    # Every public method that talks to the server is awaited; `iter` gives its iterator at once.
    (
        r"    def (_write|_bulk|list|get|create|update|delete|resend_invitation|reset_password|bulk_\w+"
        r"|plan|apply|to_df)\(",
        r"    async def \1(",
    ),
    (r"return self\._(driver\.run|write|bulk)\(", r"return await self._\1("),
    (r"for user in found:", "async for user in found:"),
    (r"def close\(", "async def aclose("),
    (r"self\.close\(\)", "await self.aclose()"),
    (r"self\._sender\.close\(\)", "await self._sender.aclose()"),
    (r"def __(enter|exit)__", r"async def __a\1__"),
)


def derived() -> str:
    """Give the text of the asynchronous client, formatted."""
    text = SOURCE.read_text(encoding="utf-8")
    for pattern, replacement in REPLACEMENTS:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not count:
            raise SystemExit(f"{SOURCE}: nothing matches {pattern!r}; change it in {__file__}")
    for command in (["check", "--select", "I", "--fix-only"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", str(TARGET), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


def main(arguments: list[str]) -> int:
    """Write the file, or with ``--check`` show how it differs."""
    new, old = derived(), TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if "--check" not in arguments:
        TARGET.write_text(new, encoding="utf-8")
        return 0
    diff = difflib.unified_diff(old.splitlines(True), new.splitlines(True), "checked in", "derived")
    sys.stdout.writelines(diff)
    return int(new != old)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
