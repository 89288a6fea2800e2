"""Hold what the tests know of Arize's own client and command line to the packages themselves.

    python scripts/official.py            compare, and show what differs
    python scripts/official.py --write    record it anew, under tests/repo/recorded

The packages are those of the benchmark, in its environment .venv-bench/official-cli, which is made from PyPI
where it is missing. Recorded are the names that a user of theirs meets, whom a program for their client
selects in a sandbox of the second generation, and the values of what docs/coming-from-arize.md says differs.
Exit codes: 0 all is as recorded; 1 something is not; 2 the packages cannot be had.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmark.environments import OFFICIAL, OFFICIAL_PACKAGES, ProcessError, holds, install, program_of, run
from migration.page import differences
from migration.program import fill

from arize_users.sandbox import Sandbox, SandboxServer

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv-bench" / OFFICIAL
RECORDED = ROOT / "tests" / "repo" / "recorded"
_SCRIPTS = Path(__file__).parent / "migration"


def _result(program: str, *arguments: str, text: str = "") -> Any:
    """Run a program by the Python of Arize's packages, with no settings of whoever runs this one."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("ARIZE_")}
    # The client logs to standard output otherwise.
    variables["ARIZE_LOG_ENABLE"] = "false"
    command = [program_of(ENVIRONMENT, "python"), str(_SCRIPTS / program), *arguments]
    return json.loads(run(command, variables, text=text))


def surface() -> Any:
    """Give the names that a user of Arize's packages meets."""
    return _result("surface.py")


def behaviour() -> Any:
    """Give what a program for Arize's client selects, and the values of what differs."""
    with Sandbox(enum_case="upper") as sandbox, SandboxServer(sandbox) as server:
        fill(sandbox)
        return _result("program.py", server.url, text="\n".join(one.expression for one in differences()))


def main(argv: Sequence[str] | None = None) -> int:
    """Compare or record.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="record what the packages have and do")
    options = parser.parse_args(argv)
    try:
        if not holds(ENVIRONMENT, *OFFICIAL_PACKAGES):
            install(ENVIRONMENT, *OFFICIAL_PACKAGES)
        found = {"surface.json": surface(), "behaviour.json": behaviour()}
    except ProcessError as error:
        print(f"official: {error}", file=sys.stderr)
        return 2
    is_same = True
    for name, document in found.items():
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        file = RECORDED / name
        recorded = file.read_text(encoding="utf-8") if file.exists() else ""
        sys.stdout.writelines(
            difflib.unified_diff(
                recorded.splitlines(True), text.splitlines(True), f"recorded {name}", name, n=1
            )
        )
        is_same &= recorded == text
        if options.write:
            file.write_text(text, encoding="utf-8")
    return int(not (is_same or options.write))


if __name__ == "__main__":
    sys.exit(main())
