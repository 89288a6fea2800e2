"""Regenerate the low-level client from the checked-in contract.

    python scripts/regenerate.py            replace generated/arize_users_api
    python scripts/regenerate.py --check    change nothing; exit 1 with the diff when it is out of date

Exit codes: 0 done or up to date, 1 out of date (--check), 2 refused; then the output is as it was.
"""

from __future__ import annotations

import argparse
import difflib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from specs import SpecError
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
    options = parser.parse_args(argv)
    output: Path = options.output.resolve()
    try:
        read_valid(str(options.spec), display(options.spec))
        if not options.check:
            output.parent.mkdir(parents=True, exist_ok=True)
        # Beside the output, so that putting it in place is a rename and never a copy.
        parent = None if options.check else output.parent
        with tempfile.TemporaryDirectory(prefix=".regenerate-", dir=parent) as scratch:
            fresh = Path(scratch) / output.name
            generate(options.spec, fresh)
            if options.check:
                return report_difference(output, fresh)
            put_in_place(fresh, output, Path(scratch) / "previous")
    except (SpecError, OSError) as refusal:
        print(f"regenerate: {refusal}", file=sys.stderr)
        return 2
    print(f"regenerate: wrote {display(output)}")
    return 0


def generate(spec: Path, fresh: Path) -> None:
    """Write a formatted client of ``spec`` to ``fresh``, which must not exist."""
    run(
        *("openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"),
        *("--path", str(spec.resolve()), "--output-path", str(fresh)),
        *("--config", str(CONFIG), "--custom-template-path", str(TEMPLATES)),
    )
    (fresh / "py.typed").touch()
    for module in sorted(fresh.rglob("*.py")):
        text = module.read_text(encoding="utf-8")
        module.write_text(HEADER + text, encoding="utf-8", newline="\n")
    run("ruff", "check", "--fix-only", "--select", "F401,I,UP", *RUFF_STYLE, str(fresh))
    run("ruff", "format", *RUFF_STYLE, str(fresh))


def run(module: str, *arguments: str) -> None:
    """Run one tool; a failure becomes a refusal with all that the tool said."""
    # Colours and widths of the caller's terminal have no business in an error text.
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    command = (sys.executable, "-m", module, *arguments)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        output = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
        raise SpecError(f"{module} failed; nothing was replaced:\n{output}")


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
