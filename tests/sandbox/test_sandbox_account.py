"""The account behind the API: what testers set and see, and the file that keeps it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

import arize_users.sandbox
from arize_users.sandbox import KEYS, Sandbox, SandboxError, account

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Api


def test_public_names() -> None:
    """Every public name of the package is there, and no other."""
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
    assert (record.email, record.status, record.sso) == ("Ada@x.org", "active", True)
    assert record.is_developer
    assert record in sandbox.users()
    with pytest.raises(KeyError):
        sandbox.user("nobody")


def test_bad_users_are_not_added(sandbox: Sandbox) -> None:
    """What would make no sense in the account is refused when it is added directly."""
    with pytest.raises(ValueError, match="status must be one of"):
        sandbox.add_user(email="a@x.org", name="a", status="asleep")
    with pytest.raises(ValueError, match="OWNER@sandbox"):
        sandbox.add_user(email="OWNER@sandbox.example", name="a")
    with pytest.raises(ValueError, match="permission must be one of"):
        sandbox.add_key("k", permissions={"USER_ADMIN"})
    with pytest.raises(ValueError, match="taken"):
        sandbox.add_key(KEYS[0], permissions=set())
    with pytest.raises(ValueError, match="enum_case must be one of"):
        Sandbox(enum_case="title")  # type: ignore[arg-type]
    assert len(sandbox.users()) == 3


def test_add_users(sandbox: Sandbox, api: Api) -> None:
    """Made-up users are active members with emails of their own, however often they are added."""
    sandbox.add_user(email="user00004@x.org", name="in the way")
    first, second = sandbox.add_users(3, "x.org"), sandbox.add_users(3, "x.org")
    records = [sandbox.user(user_id) for user_id in first + second]
    assert len({record.email for record in records}) == 6
    assert {record.status for record in records} == {"active"}
    assert len(api.emails(email="@x.org")) == 7
    sandbox.fill(5)
    assert len(sandbox.users()) == 10
    sandbox.fill(9)
    assert len(sandbox.users()) == 12


def test_clock(sandbox: Sandbox) -> None:
    """A set clock stands still until it is set again; None follows the real one."""
    moment = datetime(2030, 5, 6, tzinfo=UTC)
    sandbox.set_time(moment)
    assert sandbox.now() == sandbox.now() == moment
    sandbox.set_time(None)
    assert abs(sandbox.now() - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="no time zone"):
        sandbox.set_time(datetime(2030, 5, 6))
    with pytest.raises(ValueError, match="outside"):
        sandbox.set_time(datetime.max.replace(tzinfo=UTC))


def test_requests_hide_secrets(sandbox: Sandbox, api: Api) -> None:
    """A received request is kept whole but for the values of headers that carry secrets."""
    api.send("GET", "/v2/users?limit=5&status=active", headers={"cookie": "c=secret"})
    api.create()
    listed, created = sandbox.requests
    assert (listed.method, listed.path, listed.status) == ("GET", "/v2/users", 200)
    assert listed.query == (("limit", "5"), ("status", "active"))
    assert listed.headers["authorization"] == listed.headers["cookie"] == "[hidden]"
    assert "sandbox-admin" not in repr(sandbox.requests)
    assert b"ada@example.com" in created.body


def test_clear_log(sandbox: Sandbox, api: Api) -> None:
    """Clearing forgets requests, mail and audit trail, and keeps the users."""
    api.create()
    sandbox.clear_log()
    assert (sandbox.requests, sandbox.outbox, sandbox.audit) == ([], [], [])
    assert len(sandbox.users()) == 4


def test_bounded_requests(open_api: Callable[[Sandbox], Api]) -> None:
    """A bound on the kept requests keeps the newest."""
    with Sandbox(keep_requests=2) as sandbox:
        api = open_api(sandbox)
        for limit in (1, 2, 3):
            api.list(limit=limit)
        assert [request.query[0][1] for request in sandbox.requests] == ["2", "3"]


def test_accounts_are_separate(open_api: Callable[[Sandbox], Api]) -> None:
    """Two accounts in memory know nothing of each other."""
    with Sandbox() as one, Sandbox() as other:
        one.add_users(2)
        assert len(open_api(other).emails()) == 3


def test_closed(sandbox: Sandbox, api: Api) -> None:
    """A closed sandbox says so; closing it twice is no error."""
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        api.list()


def test_a_file_lasts(tmp_path: Path, open_api: Callable[[Sandbox], Api]) -> None:
    """Users, mail, audit trail, keys and clock outlive the sandbox; the generation does not."""
    path = tmp_path / "account.db"
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with Sandbox(path) as sandbox:
        sandbox.set_time(moment)
        sandbox.add_key("theirs", permissions={"USER_READ"})
        user_id = open_api(sandbox).create().json()["id"]
        mail, audit = sandbox.outbox, sandbox.audit
        assert str(path) in repr(sandbox)
    with Sandbox(path, enum_case="upper") as sandbox:
        assert (sandbox.outbox, sandbox.audit, sandbox.now()) == (mail, audit, moment)
        assert sandbox.requests == []
        api = open_api(sandbox).by("theirs")
        assert api.get(user_id).json()["status"] == "INVITED"


def test_no_key_and_no_password_in_the_file(tmp_path: Path, open_api: Callable[[Sandbox], Api]) -> None:
    """Neither a registered key nor an issued password can be read out of the file."""
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox:
        sandbox.add_key("a-real-key-by-mistake", permissions={"USER_CREATE"})
        api = open_api(sandbox).by("a-real-key-by-mistake")
        password = api.create(invite_mode="temporary_password").json()["temporary_password"]
    content = path.read_bytes()
    assert b"ada@example.com" in content
    assert b"a-real-key-by-mistake" not in content
    assert password.encode() not in content


def test_what_is_no_account(tmp_path: Path) -> None:
    """A path that cannot be opened or holds something else is refused, named and left alone."""
    text = tmp_path / "notes.txt"
    text.write_text("These are not the users you are looking for. " * 50)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE things (x)")
    db.close()
    newer = tmp_path / "newer.db"
    Sandbox(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    for path in (text, foreign, newer, tmp_path, tmp_path / "no" / "account.db"):
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(SandboxError, match="cannot open") as caught:
            Sandbox(path)
        assert str(path) in str(caught.value)
        assert (path.read_bytes() if path.is_file() else None) == before


def test_a_failed_change_is_undone(sandbox: Sandbox) -> None:
    """What fails halfway leaves the account as it was."""
    writing = sandbox._account.writing()
    account.set_now(writing.__enter__(), 0)
    error = RuntimeError("in the middle")
    assert not writing.__exit__(RuntimeError, error, None)
    assert sandbox.now().year == 2026


def test_a_locked_file(
    tmp_path: Path, open_api: Callable[[Sandbox], Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When another process keeps the file locked for too long the answer is 503, not a crash."""
    monkeypatch.setattr(account, "_BUSY_SECONDS", 0.0)
    path = tmp_path / "account.db"
    with Sandbox(path) as sandbox:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = open_api(sandbox).create()
        other.close()
        assert (answer.status_code, answer.json()["error_code"]) == (503, "ACCOUNT_BUSY")
        assert sandbox.outbox == []


def test_opening_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """An opener that finds the file busy tries again, but not for ever and not for other errors."""
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    broken = sqlite3.OperationalError("attempt to write a readonly database")
    broken.sqlite_errorcode = sqlite3.SQLITE_READONLY
    db = Mock(**{"execute.side_effect": [busy, busy, None, None]})
    account._switch_to_wal(db)
    assert db.execute.call_count == 4
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        account._switch_to_wal(Mock(**{"execute.side_effect": [broken]}))
    monkeypatch.setattr(account, "_BUSY_SECONDS", -1.0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        account._switch_to_wal(Mock(**{"execute.side_effect": [busy]}))


def test_imports_are_light() -> None:
    """Importing the package costs next to nothing, and the in-process face needs no server."""
    code = (
        "import sys; before = set(sys.modules); import arize_users.sandbox;"
        "print(len([name for name in set(sys.modules) - before if '.sandbox' in name]));"
        "from arize_users.sandbox import Sandbox, SandboxTransport; Sandbox();"
        "print('http.server' in sys.modules, 'arize_users.sandbox.server' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.split() == ["1", "False", "False"]


def test_many_threads(sandbox: Sandbox, api: Api) -> None:
    """Threads that share a sandbox lose nothing and create nobody twice."""
    statuses: list[int] = []

    def work() -> None:
        for number in range(20):
            statuses.append(api.create(f"user{number}@x.org", "none").status_code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] * 20 + [409] * 60
    assert len(sandbox.audit) == 20


WORKER = """
import sys
import httpx
from arize_users.sandbox import SandboxTransport

path, name = sys.argv[1:]
headers = {"authorization": "Bearer sandbox-admin"}
transport = SandboxTransport.open(path)
with httpx.Client(transport=transport, base_url="http://x", headers=headers) as client:
    for number in range(25):
        for email in (f"{name}{number}@x.org", f"shared{number}@x.org"):
            role = {"type": "predefined", "name": "member"}
            body = {"name": name, "email": email, "role": role, "invite_mode": "none"}
            print(client.post("/v2/users", json=body).status_code)
"""


def test_two_processes_on_one_file(tmp_path: Path) -> None:
    """Processes may open a new file together and write to it; no user is lost or made twice."""
    path = tmp_path / "account.db"
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    statuses: list[Any] = []
    for worker in workers:
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0
        statuses += output.split()
    assert sorted(statuses) == ["201"] * 75 + ["409"] * 25
    with Sandbox(path) as sandbox:
        emails = [record.email for record in sandbox.users()]
        assert len(emails) == len(set(emails)) == 3 + 75
        assert len(sandbox.audit) == 75
