"""The account behind the API: what testers set and see, and the file that keeps it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest
from sandbox_api import Api, in_process
from support.account import NOON
from support.programs import run_python

import arize_users.sandbox
from arize_users.sandbox import KEYS, Sandbox, SandboxError, account


def test_public_names() -> None:
    """The package has every public name, and no other."""
    for name in arize_users.sandbox.__all__:
        assert getattr(arize_users.sandbox, name) is not None
    assert set(arize_users.sandbox.__all__) == set(dir(arize_users.sandbox))
    with pytest.raises(AttributeError, match="nonsense"):
        arize_users.sandbox.nonsense  # noqa: B018


def test_records(sandbox: Sandbox) -> None:
    """A record shows what was added and what a new user holds."""
    created_at = datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    user_id = sandbox.add_user(email="Ada@x.org", name="Ada", role="role-7", created_at=created_at, sso=True)
    sandbox.add_custom_role("role-7", "Auditor")
    record = sandbox.user(user_id)
    assert record.created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert record.role == {"type": "custom", "id": "role-7", "name": "Auditor"}
    shown = (record.email, record.status, record.sso, record.is_developer)
    assert shown == ("Ada@x.org", "active", True, True)
    assert record in sandbox.users()
    with pytest.raises(KeyError):
        sandbox.user("nobody")


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda it: it.add_user(email="a@x.org", name="a", status="asleep"), "status must be one of"),
        (lambda it: it.add_user(email="OWNER@sandbox.example", name="a"), "OWNER@sandbox"),
        (lambda it: it.add_key("k", permissions={"USER_ADMIN"}), "permission must be one of"),
        (lambda it: it.add_key(KEYS[0], permissions=set()), "taken"),
        (lambda it: it.set_time(datetime(2030, 5, 6)), "no time zone"),
        (lambda it: it.set_time(datetime.max.replace(tzinfo=UTC)), "outside"),
        (lambda _: Sandbox(enum_case="title"), "enum_case must be one of"),
        (lambda _: Sandbox(custom_roles="some"), "custom_roles must be one of"),
    ],
)
def test_bad_arguments(sandbox: Sandbox, call: Callable[[Sandbox], object], reason: str) -> None:
    """What would make no sense in the account is refused, and changes nothing."""
    before = sandbox.users()
    with pytest.raises(ValueError, match=reason):
        call(sandbox)
    assert (sandbox.users(), sandbox.now()) == (before, NOON)


def test_add_users(sandbox: Sandbox, api: Api) -> None:
    """Made-up users are active members with emails of their own, however often they are added."""
    sandbox.add_user(email="user00004@x.org", name="in the way")
    first, second = sandbox.add_users(3, "x.org"), sandbox.add_users(3, "x.org")
    records = [sandbox.user(user_id) for user_id in first + second]
    assert len({record.email for record in records}) == 6
    assert {record.status for record in records} == {"active"}
    assert len(api.emails(email="@x.org")) == 7
    for wanted, total in ((5, 10), (9, 12)):
        sandbox.fill(wanted)
        assert len(sandbox.users()) == total


def test_clock(sandbox: Sandbox) -> None:
    """A set clock stands still until it is set again; None follows the real one."""
    moment = datetime(2030, 5, 6, tzinfo=UTC)
    sandbox.set_time(moment)
    assert sandbox.now() == sandbox.now() == moment
    sandbox.set_time(None)
    assert abs(sandbox.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_requests_hide_secrets(sandbox: Sandbox, api: Api) -> None:
    """A received request is kept whole except for the values of headers that carry secrets."""
    api.send("GET", "/v2/users?limit=5&status=active", headers={"cookie": "c=secret"})
    api.create()
    listed, created = sandbox.requests
    assert (listed.method, listed.path, listed.status) == ("GET", "/v2/users", 200)
    assert listed.query == (("limit", "5"), ("status", "active"))
    assert listed.headers["authorization"] == listed.headers["cookie"] == "[hidden]"
    assert "sandbox-admin" not in repr(sandbox.requests)
    assert b"ada@example.com" in created.body


def test_the_log_is_bounded_and_cleared() -> None:
    """A bound keeps the newest requests; clearing forgets the log, and no user. Accounts are separate."""
    with Sandbox(keep_requests=2) as sandbox, Sandbox() as other, in_process(sandbox) as api:
        for answer in (api.list(limit=1), api.list(limit=2), api.create()):
            assert answer.is_success
        assert [request.method for request in sandbox.requests] == ["GET", "POST"]
        sandbox.clear_log()
        assert (sandbox.requests, sandbox.outbox, sandbox.audit) == ([], [], [])
        assert (len(sandbox.users()), len(other.users())) == (4, 3)


def test_closed(sandbox: Sandbox, api: Api) -> None:
    """A closed sandbox says so; closing it twice is no error."""
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        api.list()


def test_a_file_lasts(tmp_path: Path) -> None:
    """Users, mail, audit trail, keys and clock outlive the sandbox; the generation does not."""
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox, in_process(sandbox) as api:
        sandbox.set_time(NOON)
        sandbox.add_key("theirs", permissions={"USER_READ"})
        user_id = api.create().json()["id"]
        mail, audit = sandbox.outbox, sandbox.audit
        assert str(path) in repr(sandbox)
    with Sandbox(path, enum_case="upper") as sandbox, in_process(sandbox) as api:
        assert (sandbox.outbox, sandbox.audit, sandbox.now()) == (mail, audit, NOON)
        assert sandbox.requests == []
        assert api.by("theirs").get(user_id).json()["status"] == "INVITED"


def test_secrets_are_kept_nowhere(tmp_path: Path) -> None:
    """A registered key and an issued password are neither in the file nor in anything that a test reads."""
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox, in_process(sandbox) as api:
        sandbox.add_key("a-real-key-by-mistake", permissions={"USER_CREATE"})
        api = api.by("a-real-key-by-mistake")
        emails = ("ada@example.com", "bob@example.com")
        issued = [api.create(email, "temporary_password").json()["temporary_password"] for email in emails]
        seen = repr([sandbox.requests, sandbox.audit, sandbox.outbox, sandbox.users()])
    content = path.read_bytes()
    assert b"ada@example.com" in content
    assert len(issued[0]) >= 12
    assert issued[0] != issued[1]
    for secret in (*issued, "a-real-key-by-mistake"):
        assert secret not in seen
        assert secret.encode() not in content


def test_what_is_no_account(tmp_path: Path) -> None:
    """A path that cannot be opened or holds something else is refused, named and left alone."""
    text, foreign, newer = (tmp_path / name for name in ("notes.txt", "foreign.db", "newer.db"))
    text.write_text("These are not the users you are looking for. " * 50)
    Sandbox(newer).close()
    for path, statement in ((foreign, "CREATE TABLE things (x)"), (newer, "PRAGMA user_version = 99")):
        with closing(sqlite3.connect(path)) as db:
            db.execute(statement)
    for path in (text, foreign, newer, tmp_path, tmp_path / "no" / "account.db"):
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(SandboxError, match="cannot open") as caught:
            Sandbox(path)
        assert str(path) in str(caught.value)
        assert (path.read_bytes() if path.is_file() else None) == before


def test_a_failed_change_is_undone(sandbox: Sandbox) -> None:
    """What fails halfway leaves the account as it was."""
    with suppress(KeyError), sandbox._account.writing() as db:
        account.set_now(db, 0)
        raise KeyError
    assert sandbox.now() == NOON


def test_a_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another process keeps the file locked for too long the answer is 503, not a crash."""
    monkeypatch.setattr(account, "_BUSY_SECONDS", 0.0)
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox, in_process(sandbox) as api:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = api.create()
        assert (answer.status_code, answer.json()["error_code"]) == (503, "ACCOUNT_BUSY")
        assert sandbox.outbox == []


def test_imports_are_light() -> None:
    """Importing the package imports no other module of it, and the in-process adapter needs no server."""
    code = (
        "import sys, arize_users.sandbox; print([name for name in sys.modules if '.sandbox' in name]);"
        "from arize_users.sandbox import Sandbox, SandboxTransport; Sandbox();"
        "print({'http.server', 'arize_users.sandbox.server'} & set(sys.modules))"
    )
    assert run_python("-c", code).stdout.splitlines() == ["['arize_users.sandbox']", "set()"]


def test_many_threads(sandbox: Sandbox, api: Api) -> None:
    """Threads that share a sandbox lose nothing and create nobody twice."""
    emails = [f"user{number}@x.org" for number in range(20)] * 4
    with ThreadPoolExecutor(4) as pool:
        statuses = pool.map(lambda email: api.create(email, "none").status_code, emails)
    assert sorted(statuses) == [201] * 20 + [409] * 60
    assert len(sandbox.audit) == 20


def create_users(path: Path, name: str) -> list[int]:
    """Create users of this name, and users that the other process creates, too."""
    with Sandbox(path) as sandbox, in_process(sandbox) as api:
        emails = [f"{who}{number}@x.org" for number in range(25) for who in (name, "shared")]
        return [api.create(email, "none").status_code for email in emails]


@pytest.mark.posix
def test_two_processes_on_one_file(tmp_path: Path) -> None:
    """Processes may open a new file together and write to it; no user is lost or created twice."""
    path = tmp_path / "account.db"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        statuses = chain(*pool.map(create_users, [path, path], ["one", "two"]))
    assert sorted(statuses) == [201] * 75 + [409] * 25
    with Sandbox(path) as sandbox:
        emails = {record.email for record in sandbox.users()}
        assert len(emails) == len(sandbox.users()) == 3 + 75
        assert len(sandbox.audit) == 75


def test_file_keeps_its_rule_for_emails(tmp_path: Path) -> None:
    """A file keeps emails apart, or does not, as it was made; asking for what it cannot do is an error."""
    apart, together = tmp_path / "apart.db", tmp_path / "together.db"
    with Sandbox(apart, case_sensitive_emails=True) as sandbox:
        sandbox.add_user(email="Mira@x.org", name="Mira")
    for asked in (False, True):
        with Sandbox(apart, case_sensitive_emails=asked) as sandbox:
            sandbox.add_user(email="MIRA@x.org" if asked else "mira@x.org", name="Mira")
            assert len(sandbox.users()) == 5 + asked
    Sandbox(together).close()
    with pytest.raises(SandboxError, match=r"together\.db was made without case-sensitive emails"):
        Sandbox(together, case_sensitive_emails=True)
