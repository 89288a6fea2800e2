"""Regenerate the low-level client from the checked-in contract.

    python scripts/regenerate.py            replace generated/arize_users_api
    python scripts/regenerate.py --check    change nothing; exit 1 with the diff when it is out of date
    python scripts/regenerate.py --verbose  say all that is known of a refusal, and what is left to callers

The new package is tried before it replaces the old one: every schema, parameter, body and response.

Exit codes: 0 done or up to date, 1 out of date (--check), 2 refused; then the output is as it was.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from specs import SpecError, errors_in
from specs.expressing import left_to_callers, refuse_what_comes_out_wrong
from specs.generating import run_generator
from specs.references import show
from specs.reporting import escape
from specs.validating import read_valid

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi" / "users.yaml"
CONFIG = ROOT / "openapi" / "generator.yaml"
TEMPLATES = ROOT / "openapi" / "templates"
OUTPUT = ROOT / "generated" / "arize_users_api"

COMMAND = "python scripts/regenerate.py"
HEADER = f"# Generated from openapi/users.yaml by `{COMMAND}`. Do not edit: run it again.\n"
# Isolated from pyproject.toml, so that a change of our own style never rewrites the output.
RUFF_STYLE = ("--isolated", "--line-length", "100", "--target-version", "py311", "--quiet")


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 with the diff")
    parser.add_argument("--spec", type=Path, default=SPEC, help="the OpenAPI document")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the package to write")
    parser.add_argument("--verbose", action="store_true", help="say all that is known of a refusal")
    options = parser.parse_args(argv)
    output: Path = options.output.resolve()
    try:
        refuse_other_folders(output)
        document = read_valid(str(options.spec), display(options.spec))
        if not options.check:
            output.parent.mkdir(parents=True, exist_ok=True)
        # Beside the output, so that putting it in place is a rename and never a copy.
        parent = None if options.check else output.parent
        with tempfile.TemporaryDirectory(prefix=".regenerate-", dir=parent) as scratch:
            fresh = Path(scratch) / OUTPUT.name
            with errors_in(display(options.spec)):
                generate(document, fresh)
            if options.check:
                return report_difference(output, fresh)
            put_in_place(fresh, output, Path(scratch) / "previous")
    except (SpecError, OSError) as refusal:
        details = getattr(refusal, "details", "")
        more = " (--verbose says more)" if details and not options.verbose else ""
        print(f"regenerate: {escape(str(refusal))}; nothing was replaced{more}", file=sys.stderr)
        if details and options.verbose:
            print(*map(escape, details.splitlines()), sep="\n", file=sys.stderr)
        return 2
    print(f"regenerate: wrote {display(output)}")
    tell_what_is_left(document, options.verbose)
    return 0


def generate(document: dict[str, Any], fresh: Path) -> None:
    """Write a formatted client of ``document`` to ``fresh``, which must not exist, and try it."""
    refuse_what_comes_out_wrong(document)
    run_generator(document, fresh, CONFIG, TEMPLATES, fresh.parent)
    (fresh / "py.typed").touch()
    for module in sorted(fresh.rglob("*.py")):
        text = module.read_text(encoding="utf-8")
        module.write_text(HEADER + text, encoding="utf-8", newline="\n")
    run("ruff", "check", "--fix-only", "--select", "F401,I,UP", *RUFF_STYLE, str(fresh))
    run("ruff", "format", *RUFF_STYLE, str(fresh))
    problems = json.loads(run("specs.exercise", str(fresh), given=json.dumps(document)))
    if problems:
        lines, details = zip(*problems, strict=True)
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        raise SpecError(f"{lines[0]}{more}", "\n".join((*lines, *details)))


def run(module: str, *arguments: str, given: str = "") -> str:
    """Run one tool and return what it printed; a failure becomes a refusal."""
    # Without colours; and nothing that Python compiles is left in the package.
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        (sys.executable, "-m", module, *arguments),
        capture_output=True,
        text=True,
        input=given,
        env=environment,
        cwd=Path(__file__).parent,
        check=False,
    )
    if done.returncode:
        output = f"{done.stdout}\n{done.stderr}".strip()
        raise SpecError(f"{module} failed: {(output.splitlines() or [str(done.returncode)])[-1]}", output)
    return done.stdout


def tell_what_is_left(document: dict[str, Any], verbose: bool) -> None:
    """Print what of the document the generated client does not express."""
    left = sorted(left_to_callers(document))
    if left:
        counts = ", ".join(f"{name} ({count})" for name, count in Counter(name for name, _ in left).items())
        where = "" if verbose else " (--verbose says where)"
        print(escape(f"regenerate: left to callers{where}: {counts}"))
    for name, place in left if verbose else []:
        print(escape(f"  {name}: {show(place)}"))


def refuse_other_folders(output: Path) -> None:
    """Refuse to replace what no run of this wrote, such as a whole project that was named by mistake."""
    files = (path for path in output.rglob("*") if path.is_file())
    strange = (path for path in files if path.suffix not in (".py", ".pyc", ".typed"))
    other = output if output.is_file() else next(strange, None)
    if other is not None:
        raise SpecError(f"--output {display(output)}: {display(other)} is no part of a generated package")


def put_in_place(fresh: Path, output: Path, previous: Path) -> None:
    """Swap ``fresh`` for ``output``; on any failure, an interrupt too, the old output is put back."""
    try:
        if output.exists():
            output.rename(previous)
        fresh.rename(output)
    except BaseException:
        if previous.exists() and not output.exists():
            previous.rename(output)
        raise


def report_difference(output: Path, fresh: Path) -> int:
    """Print the diff from the checked-in output to a fresh one, and return the exit code."""
    before, after = read_tree(output), read_tree(fresh)
    if before == after:
        print(f"regenerate: {display(output)} is up to date")
        return 0
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            what = "is missing" if old is None else "should not be there" if new is None else "differs"
            print(f"{name}: {what}")
            # Line endings are kept, since they may be all that differs.
            was, is_ = (
                (text or b"").decode(errors="replace").splitlines(keepends=True) for text in (old, new)
            )
            sys.stdout.writelines(difflib.unified_diff(was, is_, f"a/{name}", f"b/{name}"))
    print(f"regenerate: {display(output)} is out of date; run `{COMMAND}`", file=sys.stderr)
    return 1


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read a package as relative path -> content, leaving out what Python compiled."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def display(path: Path) -> str:
    """Name a path from the project's root where it lies below it."""
    resolved = path.resolve()
    return str(resolved.relative_to(ROOT)) if resolved.is_relative_to(ROOT) else str(path)


def command() -> int:
    """Run as a process of its own: SIGTERM cleans up like any failure."""

    def end(number: int, _frame: object) -> None:
        # A second SIGTERM must not interrupt what puts the old output back.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
    return main()


if __name__ == "__main__":
    sys.exit(command())
