"""What is measured, section by section, and the aim of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from benchmark import account
from benchmark.bed import Bed, Turn
from benchmark.environments import installed_bytes, program_of
from benchmark.measures import ASYNC, FLOOR, OFFICIAL, OURS, SIDES, Aim, Measure
from benchmark.processes import Failed, Run, clean_environment, run

CLIENTS = (OURS, ASYNC, OFFICIAL)
LATENCY_MS = 20
CONCURRENCY = 32
# "Not slower", measured on a machine with other things to do.
NOT_SLOWER = 1.1

_START = """\
import time
started = time.perf_counter()
{statements}
print()
print(time.perf_counter() - started)
"""


def start(bed: Bed) -> list[Measure]:
    """Time a fresh process up to its first client, and up to its first answer."""
    host, _, port = bed.server.url.removeprefix("http://").partition(":")
    address = f"base_url={bed.server.url!r}"
    official = f"api_scheme='http', api_host={host!r}, api_port={port}"
    ours, floor = "from arize_users import ArizeClient as Client", "from httpx import Client"
    get = f"client.users.get(user={account.user_id(500)!r})"
    get_plainly = f"client.get('/v2/users/{account.user_id(500)}').json()"
    hosted = {
        OURS: [ours, "client = Client(api_key='key')"],
        ASYNC: ["from arize_users import AsyncArizeClient as Client", "client = Client(api_key='key')"],
        OFFICIAL: ["from arize import ArizeClient as Client", "client = Client(api_key='key')"],
        FLOOR: [floor, "client = Client()"],
    }
    answered = {
        OURS: [ours, f"client = Client(api_key='key', {address})", get],
        OFFICIAL: [hosted[OFFICIAL][0], f"client = Client(api_key='key', {official})", get],
        FLOOR: [floor, f"client = Client({address})", get_plainly],
    }
    bed.server.set_latency(0)
    made, got = _fresh(bed, hosted), _fresh(bed, answered)
    return [
        Measure(section="start", title="import + client", unit="s", runs=made, aims=[Aim(at_most=0.12)]),
        Measure(section="start", title="import + client + first get", unit="s", runs=got),
    ]


def _fresh(bed: Bed, statements: Mapping[str, Sequence[str]]) -> dict[str, list[float]]:
    def act(side: str) -> float:
        code = _START.format(statements="\n".join(statements[side]))
        ended = run([str(bed.python(side)), "-I", "-c", code], clean_environment(bed.home), bed.home)
        # A client may print as well.
        return float(ended.output.split()[-1])

    return bed.alternate([*statements], 9, act)


def memory(bed: Bed) -> list[Measure]:
    """Measure the peak of a fresh process that lists 100 users once."""

    def act(side: str) -> float:
        with bed.new_worker(side) as worker:
            return worker.do("page").peak

    bed.server.set_latency(0)
    runs = bed.alternate(SIDES, 3, act)
    return [Measure(section="memory", title="list of 100, peak", unit="bytes", runs=runs)]


def size(bed: Bed) -> list[Measure]:
    """Add up what is installed, without and with the command line."""
    held = bed.environments
    rows: Sequence[tuple[str, Path, Path, Sequence[Aim]]] = (
        ("client", held.lean, held.official, [Aim(at_most=0.06)]),
        ("command line", held.ours, held.official_cli, []),
    )
    return [
        Measure(
            section="size",
            title=title,
            unit="bytes",
            runs={OURS: [installed_bytes(ours)], OFFICIAL: [installed_bytes(official)]},
            aims=aims,
        )
        for title, ours, official, aims in rows
    ]


def page(bed: Bed) -> list[Measure]:
    """List 100 users."""
    turns = bed.compare("page", SIDES, rounds=9, times=40)
    _check(turns, 100)
    aims = [Aim(at_most=0.33), Aim(at_most=1.5, against=FLOOR)]
    return [
        _measure("list", "of 100, wall", "wall", turns, aims),
        _measure("list", "of 100, CPU", "cpu", turns, aims),
    ]


def get(bed: Bed) -> list[Measure]:
    """Get one user by id."""
    user = account.user_id(500)
    turns = bed.compare("get", SIDES, rounds=9, times=80, user=user)
    _check(turns, user)
    aims = [Aim(at_most=1.0), Aim(at_most=1.25, against=FLOOR)]
    return [
        _measure("get", "by id, wall", "wall", turns),
        _measure("get", "by id, CPU", "cpu", turns, aims),
    ]


def find(bed: Bed) -> list[Measure]:
    """Get a user by an email whose substring search has it on page 7."""
    turns = bed.compare("get", CLIENTS, rounds=5, times=3, user=account.SEARCHED)
    missed = {
        side: "not found" for side in CLIENTS if any(turn.answer.result is None for turn in turns[side])
    }
    wanted = account.user_id(account.BEFORE_SEARCHED)
    _check({side: turns[side] for side in CLIENTS if side not in missed}, wanted)
    return [
        _measure("find", "by email on page 7, wall", "wall", turns, remarks=missed),
        _measure("find", "by email on page 7, CPU", "cpu", turns, remarks=missed),
    ]


def iterate(bed: Bed) -> list[Measure]:
    """Iterate over all users of the account."""
    turns = bed.compare("iterate", SIDES, rounds=5)
    _check(turns, bed.users)
    return [
        _measure("iterate", f"{bed.users:,} users, wall", "wall", turns),
        _measure("iterate", f"{bed.users:,} users, CPU", "cpu", turns),
    ]


def bulk(bed: Bed) -> list[Measure]:
    """Delete 100 users by id at 20 ms."""
    return _bulk_ids(bed, 100, 5, [Aim(at_most=0.06), Aim(side=ASYNC, against=OURS, at_most=NOT_SLOWER)])


def thousand(bed: Bed) -> list[Measure]:
    """Delete 1,000 users by id at 20 ms."""
    return _bulk_ids(bed, 1000, 3, [Aim(side=ASYNC, against=OURS, at_most=NOT_SLOWER)])


def _bulk_ids(bed: Bed, count: int, rounds: int, aims: Sequence[Aim]) -> list[Measure]:
    ids = [account.user_id(number) for number in range(1000, 1000 + count)]
    turns = _delete(bed, rounds, count, user_ids=ids, emails=[])
    section = "bulk" if count == 100 else "thousand"
    return [
        _measure(section, f"delete of {count:,} ids, wall", "wall", turns, aims),
        _measure(section, "CPU for each delete", "cpu", turns, share=count),
    ]


def emails(bed: Bed) -> list[Measure]:
    """Delete 100 users by email at 20 ms: of a domain that holds 200, of one of 1,000, of 100 domains."""
    accounts = {
        "of 200 in one domain": account.of_one_domain(100, bed.users, account.TEAM),
        "of 1,000 in one domain": account.of_one_domain(100, bed.users),
        "of 100 domains": account.of_many_domains(100),
    }
    measures = []
    for name, addresses in accounts.items():
        turns = _delete(bed, 3, 100, user_ids=[], emails=addresses)
        requests = [] if name == "of 100 domains" else [Aim(at_most=0.6)]
        measures += [
            _measure("emails", f"100 {name}, requests", "requests", turns, requests),
            _measure("emails", f"100 {name}, wall", "wall", turns, [Aim(at_most=0.05)]),
        ]
    return measures


def _delete(
    bed: Bed, rounds: int, count: int, *, user_ids: list[str], emails: list[str]
) -> dict[str, list[Turn]]:
    turns = bed.compare(
        "delete",
        CLIENTS,
        rounds=rounds,
        latency_ms=LATENCY_MS,
        user_ids=user_ids,
        emails=emails,
        max_concurrency=CONCURRENCY,
    )
    _check(turns, count)
    return turns


def command_line(bed: Bed) -> list[Measure]:
    """Run both command lines as whole processes."""
    bed.server.set_latency(0)
    environments = {OURS: _our_settings(bed), OFFICIAL: _official_settings(bed)}
    programs = {
        OURS: program_of(bed.environments.ours, "ax"),
        OFFICIAL: program_of(bed.environments.official_cli, "ax"),
    }

    def runs(arguments: Sequence[str]) -> dict[str, list[Run]]:
        return bed.alternate(
            (OURS, OFFICIAL),
            7,
            lambda side: run([str(programs[side]), *arguments], environments[side], bed.home),
        )

    helped = runs(["users", "--help"])
    listed = runs(["users", "list", "--limit", "100", "-o", "json"])
    for side, ended in listed.items():
        for one in ended:
            _check_listed(side, one.output)
    return [
        _of_runs("ax users --help, wall", "s", helped, lambda one: one.wall, 0.25),
        _of_runs("ax users list -o json, wall", "s", listed, lambda one: one.wall, 0.35),
        _of_runs("ax users list -o json, CPU", "s", listed, lambda one: one.cpu),
        _of_runs("ax users list -o json, peak", "bytes", listed, lambda one: one.peak, 60e6),
    ]


def _of_runs(
    title: str,
    unit: str,
    runs: Mapping[str, Sequence[Run]],
    value: Callable[[Run], float],
    at_most: float | None = None,
) -> Measure:
    aims = [] if at_most is None else [Aim(against=None, at_most=at_most)]
    values = {side: [value(one) for one in ended] for side, ended in runs.items()}
    return Measure(section="cli", title=title, unit=unit, runs=values, aims=aims)


def _our_settings(bed: Bed) -> dict[str, str]:
    return clean_environment(bed.home, ARIZE_API_KEY="benchmark-key", ARIZE_BASE_URL=bed.server.url)


def _official_settings(bed: Bed) -> dict[str, str]:
    """Write the profile that Arize's command line wants; without its look for updates."""
    home = bed.home / "official"
    profiles = home / ".arize" / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    scheme, _, host = bed.server.url.partition("://")
    profile = f"""\
[profile]
name = "bench"
[auth]
auth_method = "api-key"
api_key = "benchmark-key"
[routing]
api_scheme = "{scheme}"
api_host = "{host}"
[update]
enabled = false
"""
    (profiles / "bench.toml").write_text(profile)
    (home / ".arize" / ".active_profile").write_text("bench")
    return clean_environment(home)


def _check_listed(side: str, output: str) -> None:
    document = json.loads(output)
    users = document["users"] if isinstance(document, dict) else document
    if len(users) != 100:
        raise Failed(f"{side}: ax users list gave {len(users)} users and not 100")


def _check(turns: Mapping[str, Sequence[Turn]], wanted: object) -> None:
    # A side that does not do the work is not fast.
    for side, done in turns.items():
        for turn in done:
            if turn.answer.result != wanted:
                raise Failed(f"{side}: it gave {turn.answer.result!r} and not {wanted!r}")


Quantity = Literal["wall", "cpu", "requests"]


def _measure(
    section: str,
    title: str,
    quantity: Quantity,
    turns: Mapping[str, Sequence[Turn]],
    aims: Sequence[Aim] = (),
    *,
    share: int = 1,
    remarks: Mapping[str, str] | None = None,
) -> Measure:
    def value(turn: Turn) -> float:
        if quantity == "requests":
            return sum(turn.requests.values())
        seconds: float = getattr(turn.answer, quantity)
        return seconds / share

    return Measure(
        section=section,
        title=title,
        unit="requests" if quantity == "requests" else "s",
        runs={side: [value(turn) for turn in done] for side, done in turns.items()},
        aims=aims,
        remarks=remarks or {},
    )


SECTIONS: Mapping[str, Callable[[Bed], list[Measure]]] = {
    "start": start,
    "memory": memory,
    "size": size,
    "list": page,
    "get": get,
    "find": find,
    "iterate": iterate,
    "bulk": bulk,
    "emails": emails,
    "thousand": thousand,
    "cli": command_line,
}
