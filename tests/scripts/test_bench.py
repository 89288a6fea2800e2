"""The benchmark measures what it says, and the soak tells true outcomes from false ones."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from arize_users import ArizeClient, DeletionStatus
from arize_users.sandbox import Sandbox, SandboxTransport

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import bench
import soak
from benchmark import account, environments, processes, report, sections
from benchmark.bed import Bed
from benchmark.measures import ASYNC, FLOOR, OFFICIAL, OURS, Aim, Measure

USERS = 800


class ThisEnvironment:
    """Stands for all environments: the one the tests run in."""

    lean = ours = official = official_cli = Path(sys.prefix)


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    with Bed(ThisEnvironment(), tmp_path, users=USERS, quick=True) as bed:  # type: ignore[arg-type]
        yield bed


@pytest.fixture
def server(tmp_path: Path) -> Iterator[processes.Server]:
    with processes.Server(tmp_path, users=USERS) as server:
        yield server


def measure(**fields: object) -> Measure:
    given = {"section": "list", "title": "of 100", "unit": "s", "runs": {OURS: [0.1]}, **fields}
    return Measure(**given)  # type: ignore[arg-type]


def test_the_server_speaks_the_second_generation(server: processes.Server) -> None:
    """Arize's own client accepts the answers, because enum values are upper case."""
    page = httpx.get(f"{server.url}/v2/users", params={"limit": 100}).json()
    assert len(page["users"]) == 100
    assert page["pagination"] == {"has_more": True, "next_cursor": "100"}
    assert page["users"][0]["status"] == "ACTIVE"
    assert page["users"][0]["role"]["type"] == "PREDEFINED"


def test_the_server_gives_every_user_once(server: processes.Server) -> None:
    """Iterating over the account is over all of it, so its time can be compared."""
    with ArizeClient(api_key="k", base_url=server.url) as client:
        ids = [user.id for user in client.users.iter()]
    assert ids == [account.user_id(number) for number in range(USERS)]
    assert server.counts() == {"list": USERS // 100}


def test_the_searched_user_is_on_page_seven(server: processes.Server) -> None:
    """The search that is measured really needs seven pages."""
    with ArizeClient(api_key="k", base_url=server.url) as client:
        found = client.users.get(user=account.SEARCHED)
    assert found is not None
    assert found.email == account.SEARCHED
    assert server.counts() == {"list": 7}


def test_the_server_counts_what_it_answers_late(server: processes.Server) -> None:
    """The number of requests of a bulk delete is what the server saw, whatever the latency."""
    server.set_latency(1)
    ids = [account.user_id(number) for number in range(40)]
    with ArizeClient(api_key="k", base_url=server.url) as client:
        results = client.users.bulk_delete(user_ids=ids, max_concurrency=8)
    assert {one.status for one in results} == {DeletionStatus.DELETED}
    assert server.counts() == {"delete": 40}
    assert server.counts() == {}


def test_an_unknown_user_or_path_is_refused(server: processes.Server) -> None:
    """A client that asks for the wrong thing is not taken for a fast one."""
    assert httpx.get(f"{server.url}/v2/users/unknown").status_code == 404
    assert httpx.get(f"{server.url}/elsewhere").status_code == 405


def test_all_sides_do_the_same_work(bed: Bed) -> None:
    """What is compared is the same hundred users, listed by each side in its own process."""
    turns = bed.compare("page", (OURS, ASYNC, FLOOR), rounds=1, times=2)
    for side in (OURS, ASYNC, FLOOR):
        (turn,) = turns[side]
        assert turn.answer.result == 100
        assert turn.requests == {"list": 2}
        assert min(turn.answer.wall, turn.answer.cpu, turn.answer.peak) > 0


@pytest.mark.parametrize("side", [OURS, ASYNC, FLOOR])
def test_each_side_knows_the_other_work(bed: Bed, side: str) -> None:
    """Getting, finding, iterating and deleting are measured on the side they are said to be of."""
    with bed.new_worker(side) as worker:
        assert worker.do("get", user=account.user_id(7)).result == account.user_id(7)
        assert worker.do("iterate").result == USERS
        if side != FLOOR:
            ids, emails = [account.user_id(1)], account.of_many_domains(2)
            done = worker.do("delete", user_ids=ids, emails=emails, max_concurrency=2)
            assert done.result == 3
        with pytest.raises(processes.Failed, match=f"{side}, nonsense"):
            worker.do("nonsense")


def test_a_side_that_cannot_start_is_named(tmp_path: Path) -> None:
    """A client that is missing in its environment ends a section with its name."""
    worker = processes.Worker("nonsense", Path(sys.executable), "http://127.0.0.1:1", tmp_path)
    with worker, pytest.raises(processes.Failed, match="nonsense, page: it ended"):
        worker.do("page")


def test_the_sides_take_turns(bed: Bed) -> None:
    """A busy moment of the machine does not always hit the same side."""
    order: list[str] = []
    done = bed.alternate("ab", 4, lambda side: order.append(side) or len(order))
    assert order == ["a", "b", *"abbaab"]
    assert done == {"a": [3, 6, 7], "b": [4, 5, 8]}


def test_a_side_that_does_not_do_the_work_is_not_compared(bed: Bed) -> None:
    """A wrong result ends a section instead of becoming a good ratio."""
    turns = bed.compare("page", (FLOOR,), rounds=1)
    with pytest.raises(processes.Failed, match="floor: it gave 100 and not 99"):
        sections._check(turns, 99)


def test_a_fresh_process_is_timed_from_its_first_import(bed: Bed) -> None:
    """Start-up is the seconds that the process itself counts, whatever a client prints meanwhile."""
    runs = sections._fresh(bed, {OURS: ["import json", "print('[BETA] -1')"], FLOOR: ["print(-1)"]})
    assert runs.keys() == {OURS, FLOOR}
    assert all(seconds > 0 for values in runs.values() for seconds in values)


def test_the_other_command_line_gets_a_profile_without_network(bed: Bed) -> None:
    """Arize's own command line is pointed at the loopback server and looks for no update."""
    home = Path(sections._official_settings(bed)["HOME"])
    name = (home / ".arize" / ".active_profile").read_text()
    profile = tomllib.loads((home / ".arize" / "profiles" / f"{name}.toml").read_text())
    assert f"{profile['routing']['api_scheme']}://{profile['routing']['api_host']}" == bed.server.url
    assert profile["update"] == {"enabled": False}


def test_a_command_line_must_list_everybody() -> None:
    """A listing that is not of 100 users is not compared."""
    sections._check_listed(OURS, json.dumps({"users": [{}] * 100}))
    with pytest.raises(processes.Failed, match="gave 99 users"):
        sections._check_listed(OURS, json.dumps([{}] * 99))


def test_emails_to_delete_exist_and_are_distinct() -> None:
    """The emails of a bulk delete belong to as many users of the account."""
    everyone = {account.email(number) for number in range(account.USERS)}
    assert len(everyone) == account.USERS
    for emails in (account.of_one_domain(100, account.USERS), account.of_many_domains(100)):
        assert len(set(emails)) == 100
        assert everyone >= set(emails)


def test_a_ratio_is_of_medians() -> None:
    """One slow run does not make a ratio."""
    one = measure(runs={OURS: [1, 2, 90], OFFICIAL: [4, 8, 9], FLOOR: [1, 1, 1]})
    assert one.median(OURS) == 2
    assert one.ratio(OURS, OFFICIAL) == 0.25
    assert one.ratio(OURS, FLOOR) == 2


@pytest.mark.parametrize(
    ("aim", "met"),
    [
        (Aim(at_most=0.5), True),
        (Aim(at_most=0.49), False),
        (Aim(at_most=2, against=None), True),
        (Aim(at_most=1.9, against=None), False),
        (Aim(at_most=1.5, side=ASYNC, against=OURS), True),
        (Aim(at_most=9, against=FLOOR), False),
    ],
)
def test_an_aim_is_met_at_its_bound(aim: Aim, met: bool) -> None:
    """Met means measured and within the bound; what was not measured is not met."""
    one = measure(runs={OURS: [2], OFFICIAL: [4], ASYNC: [3]}, aims=[aim])
    assert one.is_met(aim) is met
    assert one.to_dict()["aims"][0]["met"] is met


def test_who_did_not_find_has_no_ratio() -> None:
    """A side that gives up early is called that, and not fast."""
    one = measure(runs={OURS: [9], OFFICIAL: [1]}, remarks={OFFICIAL: "not found"})
    assert one.ratio(OURS, OFFICIAL) is None
    assert report.table([one]).count("not found") == 2


def test_the_table_shows_value_ratio_and_verdict() -> None:
    """A reader sees each side's value, the ratio, the aim and whether it is met."""
    aims = [Aim(at_most=0.33), Aim(at_most=1.5, against=FLOOR)]
    one = measure(runs={OURS: [0.001], OFFICIAL: [0.004], FLOOR: [0.0005]}, aims=aims)
    head, _, row = report.table([one]).splitlines()
    assert len(head) == len(row)
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[1:8] == ["list: of 100", "1 ms", "—", "4 ms", "0.5 ms", "0.250", "2.000"]
    assert cells[8] == "ours / official ≤ 0.33: met; ours / floor ≤ 1.5: NOT MET"


def test_amounts_are_written_for_people() -> None:
    """Seconds, bytes and requests are shown in the size a person reads."""
    values = [(1.234, "s"), (0.0123, "s"), (60e6, "bytes"), (110, "requests")]
    assert [report.amount(*value) for value in values] == ["1.23 s", "12.3 ms", "60.0 MB", "110"]


def test_the_report_says_what_was_not_measured() -> None:
    """A section that failed is named in both files."""
    arguments = ([measure()], {"Python": "3"}, ["cli: it is missing"])
    assert "- cli: it is missing" in report.markdown(*arguments)
    document = json.loads(report.as_json(*arguments))
    assert document["problems"] == ["cli: it is missing"]
    assert document["measures"][0]["runs"] == {"ours": [0.1]}


def test_bench_writes_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed report is in bench.md, the same as data in bench.json; a failed section is exit code 1."""

    def broken(_: Bed) -> list[Measure]:
        raise processes.Failed("ours: it broke")

    monkeypatch.setattr(bench, "SECTIONS", {"list": lambda _: [measure()], "get": broken})
    assert bench.main(["--only", "list", "--output", str(tmp_path)]) == 0
    assert (tmp_path / "bench.md").read_text(encoding="utf-8") == capsys.readouterr().out
    assert bench.main(["--only", "list,get", "--output", str(tmp_path)]) == 1
    assert json.loads((tmp_path / "bench.json").read_text())["problems"] == ["get: ours: it broke"]


def test_bench_refuses_politely_without_pypi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When an environment cannot be made, one line says what is missing, and nothing is written."""

    def pip(*_: object) -> None:
        raise environments.Refused("arize could not be had; this needs PyPI, once")

    monkeypatch.setattr(environments, "pip", pip)
    arguments = ["--only", "size", "--environments", str(tmp_path / "e"), "--output", str(tmp_path)]
    assert bench.main(arguments) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "bench: arize could not be had; this needs PyPI, once"
    )
    assert not (tmp_path / "bench.md").exists()


def test_bench_knows_its_sections(capsys: pytest.CaptureFixture[str]) -> None:
    """A section that does not exist is a usage error that names it."""
    with pytest.raises(SystemExit, match="2"):
        bench.main(["--only", "list,nonsense"])
    assert "nonsense" in capsys.readouterr().err


def test_pip_failing_says_what_and_why() -> None:
    """The refusal names the package and repeats pip's reason."""
    with pytest.raises(environments.Refused, match=r"^a thing could.*PyPI.*No matching distribution"):
        environments.pip(Path(sys.executable), ["install", "--no-index", "no-such-thing==0"], "a thing")


def test_the_size_leaves_out_what_every_environment_has(tmp_path: Path) -> None:
    """The installed size is that of the client and what it needs, without pip."""
    packages = tmp_path / "lib" / "python3" / "site-packages"
    for name, size in (("ours/a.py", 10), ("ours/sub/b.so", 20), ("six.py", 5), ("pip/c.py", 99)):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_bytes(b"x" * size)
    assert environments.installed_bytes(tmp_path) == 35


def test_changed_sources_make_a_new_wheel(tmp_path: Path) -> None:
    """What is measured is the code as it is, not as it was when the environment was made."""
    (tmp_path / "arize_users").mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    before = environments.source_digest(tmp_path)
    assert environments.source_digest(tmp_path) == before
    (tmp_path / "arize_users" / "new.py").write_text("")
    assert environments.source_digest(tmp_path) != before


def test_a_process_is_measured_whole(tmp_path: Path) -> None:
    """Wall clock, CPU, peak memory and output of a command line are those of that process."""
    settings = processes.clean_environment(tmp_path)
    code = "x = bytearray(90_000_000); x[::4096] = x[::4096]; print(len(x))"
    ended = processes.run([sys.executable, "-I", "-c", code], settings, tmp_path)
    assert ended.output.strip() == "90000000"
    assert ended.peak > 90e6
    assert min(ended.wall, ended.cpu) > 0


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    """The last line of its complaint is in the report."""
    settings = processes.clean_environment(tmp_path)
    with pytest.raises(processes.Failed, match="no such luck"):
        processes.run([sys.executable, "-c", "raise SystemExit('no such luck')"], settings, tmp_path)
    with pytest.raises(processes.Failed, match="cannot be run"):
        processes.run([str(tmp_path / "missing")], settings, tmp_path)


def test_children_get_no_setting_of_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real key, a proxy or a profile of whoever runs the benchmark reaches no process of it."""
    monkeypatch.setenv("ARIZE_API_KEY", "real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test")
    assert processes.clean_environment(tmp_path).keys().isdisjoint({"ARIZE_API_KEY", "HTTPS_PROXY"})


@pytest.mark.parametrize("client", ["sync", "async"])
def test_the_soak_passes(client: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Through faults on every fifth request, each user is deleted once and reported so."""
    assert soak.main(["--users", "60", "--faults", "0.2", "--client", client]) == 0
    shown = capsys.readouterr().out
    assert "60 users compared, 60 deletions in the audit trail" in shown
    assert shown.endswith("soak passed: every outcome is true\n")


def test_the_soak_ends_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A soak that takes too long stops and fails."""
    assert soak.main(["--users", "20", "--time-limit", "0", "--client", "sync"]) == 1
    assert "WRONG: time ran out" in capsys.readouterr().out


def test_the_soak_sees_a_false_outcome() -> None:
    """A user reported as deleted who is not, or the reverse, is found."""
    with Sandbox() as sandbox:
        one, other, true = sandbox.add_users(3)
        with ArizeClient(base_url="sandbox:", transport=SandboxTransport(sandbox)) as client:
            client.users.bulk_delete(user_ids=[other, true])
        leg = soak.Leg("sync", "", dict.fromkeys([one, other, true], ""), 0)
        leg.reported.update(dict.fromkeys([one, true], DeletionStatus.DELETED))
        problems = soak.disagreements(sandbox, [leg])
    assert len(problems) == 2
    assert f"{one} is reported as deleted, is active, and was deleted 0 times" in problems[0]
    assert f"{other} is reported as None, is inactive, and was deleted 1 times" in problems[1]


def test_the_soak_sees_a_deletion_nobody_asked_for() -> None:
    """A user outside of the soak who is gone is found."""
    with Sandbox() as sandbox:
        (stranger,) = sandbox.add_users(1)
        with ArizeClient(base_url="sandbox:", transport=SandboxTransport(sandbox)) as client:
            client.users.delete(user_id=stranger)
        assert soak.disagreements(sandbox, []) == [f"{stranger} was deleted, and nobody asked for it"]


def test_the_soak_sees_growth_and_missing_outcomes() -> None:
    """Memory that grows, a user without outcome and a failure without reason each fail the soak."""
    leg = soak.Leg("sync", "", {"a": "a@x.y", "b": "b@x.y"}, 0, memory=[1, 10, 90, 60])
    leg.reported["a"] = DeletionStatus.DELETED
    leg.unexplained.append("a: failed with the error ''")
    assert leg.problems(most_growth=80) == [
        "sync: a: failed with the error ''",
        "sync: 1 users have no outcome",
    ]
    assert "grew by" in leg.problems(most_growth=79)[1]


def test_the_faults_are_of_all_kinds_and_add_up() -> None:
    """The script has the asked share of faults, the same for the same seed."""
    script = soak.fault_script(0.05, seed=3)
    assert sum(float(str(rule["probability"])) for rule in script) == pytest.approx(0.05)
    assert script == soak.fault_script(0.05, seed=3)
    assert script != soak.fault_script(0.05, seed=4)
    with Sandbox() as sandbox:
        sandbox.faults.load(script, over_http=True)
