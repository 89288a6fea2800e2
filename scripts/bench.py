"""Measure this package beside Arize's own client and command line, and beside plain httpx with json.

    python scripts/bench.py                          everything, in some ten minutes
    python scripts/bench.py --quick --only list      the rows whose titles contain "list", in one turn each

All sides do the same work in turn against one loopback server, each in an environment of its own under
.venv-bench, which is made from PyPI. The report is printed and written to bench.md, and the values of all
turns are in bench.json for `python -m pyperf`. Exit codes: 0 all was measured, whether or not every aim is
met; 1 something was not measured; 2 the benchmark cannot run here.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyperf
from benchmark import report
from benchmark.environments import OFFICIAL_CLI, OFFICIAL_CLIENT, Environments, ProcessError
from benchmark.measuring import OFFICIAL, Bench, serve
from benchmark.rows import ROWS

ROOT = Path(__file__).resolve().parents[1]
_NOTE = """\
A value is the median of several turns, which the sides take in alternation against one loopback server; a
ratio is that of two medians, with its aim. ours, async: the clients of this package. official: Arize's own
client or command line. floor: plain httpx and json for the same bytes, or the least that the latency of the
server allows. Times depend on the machine, ratios much less. `python -m pyperf stats bench.json` shows how
stable they are.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="the rows whose titles contain it")
    parser.add_argument(
        "--quick", action="store_true", help="one turn each; figures to look at, not to quote"
    )
    options = parser.parse_args(argv)
    rows = [row for row in ROWS if options.only in row.title] or parser.error("no such row")
    output = ROOT / "bench.json"
    output.unlink(missing_ok=True)
    try:
        environments = Environments(ROOT, ROOT / ".venv-bench")
    except ProcessError as error:
        print(f"bench: an environment cannot be made, which needs PyPI: {error}", file=sys.stderr)
        return 2
    notes, incomplete = [_NOTE], False
    with tempfile.TemporaryDirectory(prefix="bench-") as home, serve(0) as url, serve(0.02) as slow_url:
        bench = Bench(environments, {0: url, 0.02: slow_url}, Path(home), output)
        for row in rows:
            print(f"bench: {row.title}", file=sys.stderr)
            for side, problem in bench.measure(row, 1 if options.quick else row.rounds).items():
                notes.append(f"Not measured: {row.name(side)}: {problem}\n")
                # Arize's client finds no user beyond the first page of a search; that row has no aim.
                incomplete |= side != OFFICIAL or row.to_official is not None
    benchmarks = pyperf.BenchmarkSuite.load(str(output)).get_benchmarks() if output.exists() else []
    table = report.table(rows, {benchmark.get_name(): benchmark for benchmark in benchmarks})
    machine = f"{platform.system()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    text = "\n".join([f"{OFFICIAL_CLIENT}, {OFFICIAL_CLI}; {machine}", "", table, "", *notes])
    (ROOT / "bench.md").write_text(text, encoding="utf-8")
    print(text, end="")
    return int(incomplete)


if __name__ == "__main__":
    sys.exit(main())
