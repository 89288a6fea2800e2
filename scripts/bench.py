"""Measure this layer beside Arize's own Python client and command line, in one run.

    python scripts/bench.py                        everything, in some five minutes
    python scripts/bench.py --quick --only list,get

Both sides and a floor (plain httpx) do the same work in turn against one loopback server, each in an
environment of its own under .venv-bench, which is made when missing (that needs PyPI). The report is
printed and written to bench.md and bench.json. Exit codes: 0 all was measured, whether or not every aim
is met; 1 a section could not be measured; 2 the benchmark cannot run here.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmark import report
from benchmark.account import USERS
from benchmark.bed import Bed
from benchmark.environments import OFFICIAL, OFFICIAL_CLI, Environments, Refused
from benchmark.measures import Measure
from benchmark.processes import Failed
from benchmark.sections import SECTIONS

ROOT = Path(__file__).resolve().parent.parent


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    options = _parser().parse_args(argv)
    environments = Environments(ROOT, options.environments.resolve(), _say)
    try:
        measures, problems = measure(environments, options.only, quick=options.quick)
    except (Refused, Failed) as refusal:
        _say(str(refusal))
        return 2
    context = _context(quick=options.quick)
    text = report.markdown(measures, context, problems)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "bench.md").write_text(text, encoding="utf-8")
    (options.output / "bench.json").write_text(report.as_json(measures, context, problems), encoding="utf-8")
    print(text, end="")
    return 1 if problems else 0


def measure(environments: Environments, names: list[str], *, quick: bool) -> tuple[list[Measure], list[str]]:
    """Measure some sections; what goes wrong in one does not cost the others.

    Raises:
        Refused: an environment cannot be made.
    """
    measures: list[Measure] = []
    problems: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as home,
        Bed(environments, Path(home), users=USERS, quick=quick) as bed,
    ):
        for name in names:
            _say(f"measuring {name}")
            try:
                measures += SECTIONS[name](bed)
            except Failed as problem:
                problems.append(f"{name}: {problem}")
                _say(f"not measured: {problem}")
    return measures, problems


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--only", type=_sections, default=[*SECTIONS], metavar="NAMES", help=f"of {','.join(SECTIONS)}")
    add("--quick", action="store_true", help="fewer runs; figures to look at, not to quote")
    add("--output", type=Path, default=ROOT, help="the directory of bench.md and bench.json")
    add("--environments", type=Path, default=ROOT / ".venv-bench", help="where the environments are kept")
    return parser


def _sections(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in SECTIONS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"there is no section {', '.join(unknown) or 'without a name'}")
    return names


def _context(*, quick: bool) -> dict[str, str]:
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return {
        "compared with": f"{OFFICIAL}, {OFFICIAL_CLI}",
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, load {load}",
        "runs": "few (--quick)" if quick else "all",
    }


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
