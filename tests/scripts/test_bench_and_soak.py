"""The benchmark compares equal work, and the soak tells true outcomes from false ones."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyperf
import pytest

from arize_users import ArizeClient, DeletionStatus, Outcomes
from arize_users.sandbox import Sandbox, SandboxTransport

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import interrupts
import soak
from benchmark import report
from benchmark.measuring import ASYNC, FLOOR, OURS, Bench, serve
from benchmark.rows import ROWS

REQUESTS = {
    "list of 100": 1,
    "get by id": 1,
    "get by email on page 7": 7,
    "bulk delete of 100 ids": 100,
    "create 1,000 users": 1000,
}


@pytest.mark.parametrize("what", REQUESTS)
def test_all_sides_do_the_same_work(tmp_path: Path, what: str) -> None:
    """What is compared has the same result on each side, and the requests are those that the server saw."""
    given = next(row for row in ROWS if row.what == what)
    sides = [side for side in (OURS, ASYNC, FLOOR) if side in given.sides]
    row = replace(given, metric="requests", sides=sides, latency=0, loops=1, limit=None)
    environments = SimpleNamespace(client=Path(sys.prefix), pyperf=Path(sys.prefix))
    with serve(0) as url:
        bench = Bench(environments, {0: url}, tmp_path, tmp_path / "bench.json")
        assert bench.measure(row, 1) == {}
        assert bench.measure(replace(row, what="wrong", expected="another result"), 1).keys() == {*sides}
    suite = pyperf.BenchmarkSuite.load(str(bench.output))
    medians = {benchmark.get_name(): benchmark.median() for benchmark in suite}
    assert medians == {row.name(side): REQUESTS[what] for side in sides}


def test_the_report_marks_a_missed_aim() -> None:
    """A reader sees each ratio with its aim, and which aims are missed."""
    verdicts = [report.verdict(*values) for values in ((0.33, 0.33), (1.5, 1.4), (1.5, None))]
    assert verdicts == ["0.330 ≤ 0.33", "1.500 > 1.4 MISSED", "1.500"]


def test_the_soak_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """Through faults on every fifth request, each user is deleted once and reported so."""
    assert soak.main(["--users", "120", "--faults", "0.2", "--calls", "40"]) == 0
    assert soak.main(["--users", "10", "--faults", "0", "--calls", "0"]) == 1
    assert "WRONG: no request met a fault" in capsys.readouterr().out


def test_interrupts_at_random_moments() -> None:
    """Interrupts of every kind lose no outcome; one run shows that the program works and says so."""
    command = [sys.executable, interrupts.__file__, "--rounds=18", "--seed=3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "passed: every outcome is true"), (
        done.stdout
    )


def test_interrupts_tell_a_false_outcome() -> None:
    """A deletion that was not reported, or that was never carried out, is told, and so is a second one."""
    with Sandbox() as sandbox:
        ids, outcomes = sandbox.add_users(interrupts.USERS), Outcomes()
        with ArizeClient(base_url="sandbox:", transport=SandboxTransport(sandbox)) as client:
            client.users.bulk_delete(user_ids=ids, outcomes=outcomes)
        done = {**dict.fromkeys(ids, 1), ids[1]: 2}
        del done[ids[0]]
        problems = interrupts.disagreements(outcomes, done, {})
    assert [problem.split()[0] for problem in problems] == [ids[1], ids[0]]


def test_the_soak_tells_a_false_outcome() -> None:
    """A user who is there, who has no outcome, or whom nobody wanted deleted fails the soak."""
    with Sandbox() as sandbox:
        kept, silent, other = sandbox.add_users(3)
        with ArizeClient(base_url="sandbox:", transport=SandboxTransport(sandbox)) as client:
            client.users.bulk_delete(user_ids=[silent, other])
        problems = soak.disagreements(sandbox, {kept: DeletionStatus.DELETED, silent: None})
    assert [problem.split()[0] for problem in problems] == [kept, silent, other]
