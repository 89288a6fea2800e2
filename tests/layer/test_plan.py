"""``users.plan``: how it reads the account, what it takes, and where it says the account is."""

from __future__ import annotations

import json
import os
import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from support.account import CALLERS, Account, Connect
from support.answers import ok, page, problem, user
from support.rosters import acted, person, roster_of, row
from support.simulated_driver import SimulatedDriver

from arize_users import (
    ArizeClient,
    AsyncArizeClient,
    BulkProgress,
    InvalidArgumentError,
    JournalError,
    PaginationError,
    UnauthorizedError,
    User,
)
from arize_users._core.sync_driver import SyncDriver
from arize_users._users.roster.journal import Journal
from arize_users.client import UsersClient
from arize_users.enums import ActionKind, ActionStatus
from arize_users.roster import Action, Plan, Roster, write_users
from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxServer, SandboxTransport

from .simulated_calls import operations_of

OWNER, MEMBER, ANNOTATOR = CALLERS
STAFF = (
    row(OWNER, "Sandbox Owner", role="admin"),
    row(MEMBER, "Sandbox Member"),
    row(ANNOTATOR, "Sandbox Annotator", role="annotator"),
)


def test_plan(account: Account) -> None:
    """One call says what is to be done in an account of either generation, and changes nothing."""
    sandbox = account.sandbox
    ada = sandbox.add_user(email="ada@example.com", name="Ada")
    old = sandbox.add_user(email="old@example.com", name="Old", status="expired")
    gone = sandbox.add_user(email="gone@example.com", name="Gone", status="invited")
    sandbox.add_user(email="blocked@example.com", name="Blocked", status="inactive")
    plan = account.users.plan(
        Roster(
            [
                *(one.person for one in STAFF),
                person("ADA@example.com", "Ada K", is_developer=False),
                person("old@example.com", "Old", role="annotator"),
                person("new@example.com", "New", role="admin"),
            ],
        ),
        remove_missing=True,
        max_removals="20%",
    )
    assert acted(plan) == [
        ("update", ada, "ada@example.com"),
        ("reinvite", old, "old@example.com"),
        ("invite", None, "new@example.com"),
        ("remove", gone, "gone@example.com"),
    ]
    assert dict(plan.actions[0].after) == {"name": "Ada K", "is_developer": False}
    assert plan.actions[2].after["role"] == {"type": "predefined", "name": "admin"}
    assert plan.actions[3].before["status"] == "invited"
    assert (plan.listed, plan.people, plan.unchanged) == (6, 6, 3)
    owner = sandbox.users()[0].id
    assert plan.witnesses[0] == owner
    assert plan.admins == (owner,)
    assert plan.refusals == ()
    assert account.done == []
    assert {one.operation for one in account.sent} == {"list_users"}
    assert all("status" not in one.query for one in account.sent)


@pytest.mark.parametrize("kind_of_file", ["csv", "tsv", "json", "jsonl", "xlsx"])
def test_export_is_unchanged(account: Account, tmp_path: Path, kind_of_file: str) -> None:
    """An account planned from its own export needs nothing; its expired users are left alone."""
    sandbox, path = account.sandbox, tmp_path / f"roster.{kind_of_file}"
    for number, name in enumerate(
        ["=1+1", "'quoted'", "a\nb", "Zoe\u0301", " x", "001", "Ada, King", '"', "\u202ea"]
    ):
        sandbox.add_user(email=f"+{number}@example.com", name=name)
    sandbox.add_user(email="old@example.com", name="Old", status="expired")
    sandbox.add_user(email="new@example.com", name="New", status="invited", is_developer=False)
    sandbox.add_user(email="custom@example.com", name="Custom", role="role-1")
    users = list(account.users.iter())
    write_users(users, path)
    plan = account.users.plan(Roster.read(path), remove_missing=True)
    assert not plan
    assert (plan.unchanged, plan.cannot, plan.missing, plan.refusals) == (len(users) - 1, (), (), ())
    assert [one.email for one in plan.left_alone] == ["old@example.com"]


@pytest.mark.parametrize("count", [97, 98, 197, 198, 350])
def test_requests(account: Account, count: int) -> None:
    """The account is read once, in pages of a hundred, and no page beyond its end is asked for."""
    account.sandbox.add_users(count - 3)
    plan = account.users.plan(roster_of(*STAFF))
    assert plan.listed == count
    assert [one.query["limit"] for one in account.sent] == ["100"] * -(-count // 100)


def test_progress(account: Account) -> None:
    """Progress is told after each page: how many users were read; how many there are is not known."""
    account.sandbox.add_users(247)
    told: list[BulkProgress] = []
    account.users.plan(roster_of(*STAFF), on_progress=told.append)
    assert told == [BulkProgress(phase="listing", done=done) for done in (0, 100, 200, 250)]


def test_progress_that_raises(account: Account) -> None:
    """What on_progress raises comes out as it is, and ends the reading."""
    account.sandbox.add_users(500)

    def stop(progress: BulkProgress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        account.users.plan(roster_of(), on_progress=stop)
    assert len(account.sent) <= 2


def test_rate_limit_is_told() -> None:
    """While a rate limit keeps the reading waiting, progress says until when, and then that it ended."""
    told: list[BulkProgress] = []
    simulated = SimulatedDriver([problem(429, retry_after="7"), ok(page([user(id="u1")]))])
    users = UsersClient(operations_of(), cast("SyncDriver", simulated))
    users.plan(roster_of(), on_progress=told.append)
    assert [one.waiting_until is not None for one in told] == [False, True, False, False]
    assert simulated.now >= 1007
    assert told[-1] == BulkProgress(phase="listing", done=1)


def test_ten_thousand(kind: str) -> None:
    """10,000 people against 10,000 users, 3 % different, cost 100 requests and little memory."""
    users = [
        user(id=f"u{n}", email=f"p{n}@example.com", name=f"Person {n}", created_at="2024-01-01T12:00:00Z")
        for n in range(10_000)
    ]
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("cursor", "0"))
        sent.append(request.url.path)
        more = str(start + 100) if start + 100 < len(users) else None
        return httpx.Response(200, json=page(users[start : start + 100], next_cursor=more))

    people = [person(f"p{n}@example.com", f"Person {n}") for n in range(150, 10_000)]
    people[:100] = [person(f"p{n}@example.com", f"Other {n}") for n in range(150, 250)]
    people += [person(f"new{n}@example.com", f"New {n}") for n in range(150)]
    transport = httpx.MockTransport(answer)
    tracemalloc.start()
    try:
        roster = roster_of(*people)
        plan = _plan_over(kind, transport, roster, remove_missing=True, max_removals="1.5%", min_admins=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(sent) == 100
    assert peak < 100_000_000
    assert [len(plan.of_kind(kind)) for kind in ActionKind] == [150, 0, 100, 150]
    assert (plan.unchanged, plan.listed, plan.refusals) == (9_750, 10_000, ())


def _plan_over(kind: str, transport: Any, roster: Any, **options: Any) -> Plan:
    from support.clients import Client

    client = Client(kind, transport)
    try:
        plan: Plan = client.users.plan(roster, **options)
        return plan
    finally:
        client.close()


class _MovingList:
    """A list whose second page begins with the last user of the first, the first so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.readings = 0
        self.requests = 0

    def __call__(self, request: httpx.Request) -> Any:
        self.requests += 1
        start = request.url.params.get("cursor")
        if start is None:
            self.readings += 1
            return ok(page([user(id="u1", email="a@x.com"), user(id="u2", email="b@x.com")], next_cursor="2"))
        second = "u2" if self.readings <= self.times else "u3"
        last = page([user(id=second, email=f"{second}@x.com")], next_cursor="3")
        return ok(last if start == "2" else page())


@pytest.mark.parametrize("times", [1, 2])
def test_list_that_moves(connect: Connect, times: int) -> None:
    """An account that moves while it is read is read again: nobody is planned for twice, or left out."""
    moving = _MovingList(times)
    told: list[int] = []
    client = connect(moving)
    plan = client.users.plan(roster_of(), remove_missing=True, on_progress=lambda one: told.append(one.done))
    assert moving.readings == times + 1
    assert [one.user_id for one in plan.actions] == ["u1", "u2", "u3"]
    assert told[-4:] == [0, 2, 3, 3]


def test_list_that_always_moves(connect: Connect) -> None:
    """An account that moves each time is an error that says so, after a few readings."""
    moving = _MovingList(99)
    with pytest.raises(PaginationError, match="moved") as caught:
        connect(moving).users.plan(roster_of())
    assert moving.readings == 3
    assert caught.value.hint is not None


def test_users_without_ids(connect: Connect) -> None:
    """Users whom the server lists without an id cannot be told apart, and do not show that a list moved."""
    users = [user(id=None, email=f"{n}@x.com") for n in range(3)]
    plan = connect([ok(page(users))]).users.plan(roster_of(), remove_missing=True)
    assert len(plan.cannot) == 3
    assert not plan.actions


def test_second_generation_leaves_fields_out(connect: Connect) -> None:
    """A user listed without fields is under cannot; nobody else is kept from what is planned."""
    users = [
        user(id="u1", email=None),
        user(id="u2", email="b@x.com", status=None),
        user(id="u3", email="c@x.com"),
    ]
    plan = connect([ok(page(users))], case="upper").users.plan(roster_of(), remove_missing=True)
    assert [one.user_id for one in plan.cannot] == ["u1", "u2"]
    assert [one.user_id for one in plan.actions] == ["u3"]


def test_refused_key(connect: Connect) -> None:
    """A refused key is an error, and no plan."""
    with pytest.raises(UnauthorizedError):
        connect([problem(401)]).users.plan(roster_of(*STAFF))


BAD: list[tuple[str, dict[str, Any]]] = [
    ("max_removals", {"max_removals": None}),
    ("max_removals", {"max_removals": "many"}),
    ("keep", {"keep": "ada@example.com"}),
    ("keep", {"keep": ["a b"]}),
    ("min_admins", {"min_admins": -1}),
    ("remove_missing", {"remove_missing": "yes"}),
    ("journal", {"journal": 5}),
    ("journal", {"journal": ""}),
    ("on_progress", {"on_progress": 5}),
]


@pytest.mark.parametrize(("argument", "given"), BAD, ids=[f"{n} {one[0]}" for n, one in enumerate(BAD)])
def test_bad_argument(account: Account, argument: str, given: dict[str, Any]) -> None:
    """An argument that cannot be right is refused before any request."""
    with pytest.raises(InvalidArgumentError) as caught:
        account.users.plan(roster_of(*STAFF), **given)
    assert caught.value.argument == argument
    assert account.sent == []


@pytest.mark.parametrize("roster", [None, "people.csv", [], [person()], Path("people.csv")])
def test_no_roster(account: Account, roster: Any) -> None:
    """What is no roster is refused before any request, with how to make one."""
    with pytest.raises(InvalidArgumentError, match="Roster") as caught:
        account.users.plan(roster)
    assert caught.value.argument == "roster"
    assert account.sent == []


def test_keep_takes_users(account: Account) -> None:
    """A user of the account is kept as such, as by id, by email and by domain."""
    ids = [account.sandbox.add_user(email=f"{n}@x.com", name=f"N{n}") for n in range(4)]
    ada: User = account.users.get(user=ids[0])
    plan = account.users.plan(
        roster_of(*STAFF),
        remove_missing=True,
        keep=[ada, ids[1], "2@X.com", "@sandbox.example"],
        max_removals=1,
    )
    assert [one.user_id for one in plan.actions] == [ids[3]]
    assert (plan.notes, plan.refusals) == ((), ())


class TestJournal:
    """What a journal has learnt of blocked addresses counts in the next plan."""

    def _journal(self, path: Path, plan: Plan, blocked: str) -> None:
        journal = Journal(path, digest=plan.digest, endpoint=plan.endpoint)
        action = Action(kind=ActionKind.INVITE, after={"email": blocked})
        journal.begin(0, action)
        journal.end(0, action, ActionStatus.BLOCKED, user_id=None, error=None)
        journal.close()

    def test_blocked(self, account: Account, tmp_path: Path) -> None:
        """An address that applying found blocked is under cannot, and not invited again."""
        roster = roster_of(*STAFF, person("Gone@x.com", "G"))
        path = tmp_path / "journal.jsonl"
        first = account.users.plan(roster)
        assert acted(first) == [("invite", None, "Gone@x.com")]
        self._journal(path, first, "gone@x.com")
        again = account.users.plan(roster, journal=str(path))
        assert not again
        assert [one.email for one in again.cannot] == ["Gone@x.com"]
        assert "blocked" in again.cannot[0].reason
        assert again.notes == ()

    def test_of_another_account(self, account: Account, tmp_path: Path) -> None:
        """The journal of another endpoint says nothing of this account, and that is noted."""
        roster = roster_of(*STAFF, person("gone@x.com", "G"))
        path = tmp_path / "journal.jsonl"
        with Sandbox() as other:
            foreign = ArizeClient(api_key="sandbox-admin", transport=SandboxTransport(other))
            self._journal(path, foreign.users.plan(roster), "gone@x.com")
        plan = account.users.plan(roster, journal=path)
        assert acted(plan) == [("invite", None, "gone@x.com")]
        assert "another account" in plan.notes[0]

    def test_none(self, account: Account, tmp_path: Path) -> None:
        """Where there is no such file nothing is known, which is noted."""
        plan = account.users.plan(roster_of(*STAFF), journal=tmp_path / "none.jsonl")
        assert "none.jsonl" in plan.notes[0]

    def test_unreadable(self, account: Account, tmp_path: Path) -> None:
        """A place where no file can be read is an error before any request, and named."""
        for path in (tmp_path, Path("x" * 300), tmp_path / "file" / "journal"):
            (tmp_path / "file").write_text("")
            with pytest.raises(JournalError, match=str(path)):
                account.users.plan(roster_of(*STAFF), journal=path)
        assert account.sent == []

    def test_damaged(self, account: Account, tmp_path: Path) -> None:
        """A file that is no journal is an error before any request."""
        (tmp_path / "journal.jsonl").write_text("email,name\n")
        with pytest.raises(JournalError):
            account.users.plan(roster_of(*STAFF), journal=tmp_path / "journal.jsonl")
        assert account.sent == []


class TestEndpoint:
    """A plan says where its account is, in parts that are the same for every spelling."""

    @pytest.fixture
    def planned_at(self, kind: str) -> Iterator[Callable[..., dict[str, Any]]]:
        """Plan with a client of the kind that has these settings, and give the endpoint."""
        from support.clients import Client

        opened: list[Client] = []

        def plan(**settings: Any) -> dict[str, Any]:
            opened.append(Client(kind, None, **settings))
            made = opened[-1].users.plan(roster_of())
            return dict(made.endpoint)

        yield plan
        for client in opened:
            client.close()

    @pytest.mark.parametrize(
        ("url", "parts"),
        [
            ("https://api.arize.com", ("https", "api.arize.com", 443, "")),
            ("https://API.Arize.com:443/", ("https", "api.arize.com", 443, "")),
            ("https://api.arize.com.", ("https", "api.arize.com", 443, "")),
            ("https://bücher.example/Base/path/", ("https", "xn--bcher-kva.example", 443, "/Base/path")),
            ("https://xn--bcher-kva.example:8443", ("https", "xn--bcher-kva.example", 8443, "")),
            ("https://x.example/a%2Fb", ("https", "x.example", 443, "/a%2Fb")),
            ("http://localhost", ("http", "localhost", 80, "")),
            ("http://[::1]:99", ("http", "::1", 99, "")),
        ],
    )
    def test_url(
        self, kind: str, planned_at: Callable[..., Any], url: str, parts: tuple[str, str, int, str]
    ) -> None:
        """Scheme, host, port (the usual one where none is named) and path."""
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page()))
        scheme, host, port, path = parts
        expected = {"scheme": scheme, "host": host, "port": port, "path": path}
        assert planned_at(base_url=url, transport=transport) == expected

    def test_server(self, server: SandboxServer, planned_at: Callable[..., Any]) -> None:
        """An account behind a server of this machine is at the server's address."""
        port = httpx.URL(server.url).port
        expected = {"scheme": "http", "host": "127.0.0.1", "port": port, "path": ""}
        assert planned_at(base_url=server.url) == expected

    @pytest.mark.posix
    def test_file(
        self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planned_at: Callable[..., Any]
    ) -> None:
        """A local account in a file is that file, however it is named, and whoever opened it."""
        (tmp_path / "link").symlink_to(tmp_path)
        monkeypatch.chdir(tmp_path)
        real = {"sandbox": os.path.realpath(tmp_path / "acc.db")}
        assert planned_at(base_url="sandbox:acc.db") == real
        assert planned_at(base_url=f"sandbox:{tmp_path}/link/../link/acc.db") == real
        transport = SandboxTransport if kind == "sync" else AsyncSandboxTransport
        with Sandbox("acc.db") as sandbox:
            monkeypatch.chdir("/")
            assert planned_at(transport=transport(sandbox)) == real

    def test_memory(self, kind: str, planned_at: Callable[..., Any]) -> None:
        """Each local account in memory is one of its own, the same for all who use it."""
        transport = SandboxTransport if kind == "sync" else AsyncSandboxTransport
        with Sandbox() as one, Sandbox() as other:
            first = planned_at(transport=transport(one))
            assert list(first) == ["sandbox"]
            assert planned_at(transport=transport(one), base_url="https://api.example.com") == first
            assert planned_at(transport=transport(other)) != first
        assert planned_at(base_url="sandbox:") != planned_at(base_url="sandbox:")

    def test_with_options(self) -> None:
        """A client with other options is of the same endpoint."""
        with ArizeClient(base_url="sandbox:") as client:
            first = client.users.plan(roster_of()).endpoint
            assert client.with_options(max_retries=1).users.plan(roster_of()).endpoint == first


def test_no_secret(kind: str, connect: Connect, tmp_path: Path) -> None:
    """No key and no password of a proxy is in a plan, its file, its text or its repr."""
    client = connect(
        [ok(page([user(id="u1")]))],
        api_key="secret-key-1",
        base_url="https://api.example.com",
        headers={"x-token": "secret-header"},
    )
    plan = client.users.plan(roster_of(person("new@x.com")), remove_missing=True)
    plan.save(tmp_path / "plan.json")
    everything = [
        repr(plan),
        str(plan),
        (tmp_path / "plan.json").read_text(),
        pickle.dumps(plan).decode("latin-1"),
    ]
    assert not any("secret" in one for one in everything)
    assert json.loads(everything[2])["endpoint"]["host"] == "api.example.com"


def test_async_method() -> None:
    """Both clients have the method, with one signature."""
    import inspect

    from arize_users.async_client import AsyncUsersClient

    assert inspect.signature(UsersClient.plan) == inspect.signature(AsyncUsersClient.plan)
    assert AsyncArizeClient is not ArizeClient
