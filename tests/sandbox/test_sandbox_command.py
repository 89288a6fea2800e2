"""`python -m arize_users.sandbox`: what it prints, how it stops, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sandbox_api import HEADERS, MEMBER

from arize_users.sandbox import KEYS, Sandbox, SandboxServer, command


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the program until its greeting is out; give it, its address and the greeting."""
    process = subprocess.Popen(
        [sys.executable, "-m", "arize_users.sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        greeting = "".join(process.stdout.readline() for _ in range(4))
        yield process, greeting.splitlines()[0].split()[-1], greeting
    finally:
        process.kill()
        process.communicate()


@pytest.mark.posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_stopped(number: signal.Signals) -> None:
    """It says where it listens and with which keys, serves, and stops cleanly on a signal."""
    with running("--users", "7", "--enum-case", "upper") as (process, url, greeting):
        users = httpx.get(f"{url}/v2/users?status=ACTIVE", headers=HEADERS).json()["users"]
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=30)
    assert len(users) == 10
    assert (process.returncode, rest, complaints) == (0, "", "")
    assert all(key in greeting for key in KEYS)
    assert f"ARIZE_BASE_URL={url}" in greeting


@pytest.mark.posix
def test_serves_though_nobody_reads_the_greeting() -> None:
    """A reader of its output that has gone, such as `head`, does not end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    read, write = os.pipe()
    os.close(read)
    arguments = [sys.executable, "-m", "arize_users.sandbox", "--port", str(port)]
    with (
        open(write, "wb") as pipe,
        subprocess.Popen(arguments, stdout=pipe, stderr=subprocess.PIPE) as server,
    ):
        with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as patient:
            status = patient.get(f"http://127.0.0.1:{port}/v2/users", headers=HEADERS).status_code
        server.send_signal(signal.SIGINT)
        _, complaints = server.communicate(timeout=30)
    assert (status, server.returncode, complaints) == (200, 0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
def test_a_greeting_that_cannot_be_written() -> None:
    """A full disk under its output is one line and exit code 1."""
    arguments = [sys.executable, "-m", "arize_users.sandbox", "--port", "0"]
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    line = b"arize-users sandbox: cannot write standard output: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, line)


@pytest.mark.posix
def test_case_sensitive_emails() -> None:
    """With --case-sensitive-emails the account holds two emails that differ in case alone."""
    with running("--case-sensitive-emails") as (process, url, _):
        role = {"type": "predefined", "name": "member"}
        fields = {"name": "Mira", "role": role, "invite_mode": "none"}
        answers = [
            httpx.post(f"{url}/v2/users", headers=HEADERS, json={**fields, "email": email})
            for email in ("Mira@x.org", "mira@x.org")
        ]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert [answer.status_code for answer in answers] == [201, 201]


def create(
    url: str, email: str, role: dict[str, str], key: str = "sandbox-admin", **fields: object
) -> httpx.Response:
    """Create a user without an invitation, spelled as the role is."""
    mode = "NONE" if role["type"].isupper() else "none"
    body = {"name": "Ada", "email": email, "role": role, "invite_mode": mode, **fields}
    return httpx.post(f"{url}/v2/users", headers={"authorization": f"Bearer {key}"}, json=body)


LOWER, UPPER = MEMBER, {"type": "PREDEFINED", "name": "MEMBER"}


@pytest.mark.parametrize(
    ("options", "role", "with_developer", "by_member"),
    [
        ("", LOWER, 201, 403),
        ("--enum-case upper", UPPER, 400, 201),
        ("--no-create-takes-is-developer --member-may-create", LOWER, 400, 201),
        ("--enum-case upper --create-takes-is-developer --no-member-may-create", UPPER, 201, 403),
    ],
)
def test_kinds_of_deployments(
    options: str, role: dict[str, str], with_developer: int, by_member: int
) -> None:
    """Create takes is_developer, and lets a member create, as the generation does or as told."""
    with running(*options.split()) as (_, url, _):
        assert create(url, "a@x.org", role, is_developer=False).status_code == with_developer
        assert create(url, "b@x.org", role, "sandbox-member").status_code == by_member
        assert create(url, "c@x.org", role).status_code == 201


@pytest.mark.parametrize(
    ("options", "unknown", "known"),
    [
        ("", 404, 201),
        ("--custom-roles known", 404, 201),
        ("--custom-roles any", 201, 201),
        ("--custom-roles refuse", 422, 422),
    ],
)
def test_custom_roles(options: str, unknown: int, known: int) -> None:
    """An unknown custom role is 404 unless said otherwise; one that is added is known, and has its name."""
    with running(*options.split(), "--add-custom-role", "Um9sZTox=", "Data Steward") as (_, url, _):
        assert create(url, "a@x.org", {"type": "custom", "id": "nobody"}).status_code == unknown
        answer = create(url, "b@x.org", {"type": "custom", "id": "Um9sZTox="})
        assert answer.status_code == known
        assert known != 201 or answer.json()["role"]["name"] == "Data Steward"


def test_added_users() -> None:
    """A program in another language gets users of each state, age, role and kind of login."""
    noon = "2024-03-01T12:00:00+01:00"
    added = {
        "plain@x.org": [],
        "ada@x.org": ["name=Ada = King", "role=admin", "is_developer=false", f"created_at={noon}"],
        "auditor@x.org": ["role=Um9sZTox=", "sso=true", "age=36h"],
        **{
            f"{status}@x.org": [f"status={status}", "age=30d"]
            for status in ("invited", "expired", "inactive")
        },
    }
    options = [word for email, fields in added.items() for word in ("--add-user", email, *fields)]
    with running(*options, "--users", "2") as (_, url, _):
        records = httpx.get(f"{url}/_sandbox/users").json()["users"]
        users = {one["email"]: one for one in records if one["email"] in added}
        resets = {
            email: httpx.post(f"{url}/v2/users/{quote(one['id'], safe='')}/reset-password", headers=HEADERS)
            for email, one in users.items()
        }
    assert len(records) == 3 + len(added) + 2
    plain, ada, auditor = (users[f"{name}@x.org"] for name in ("plain", "ada", "auditor"))
    assert (plain["name"], plain["status"], plain["role"]) == ("plain", "active", MEMBER)
    assert (ada["name"], ada["role"]["name"], ada["is_developer"]) == ("Ada = King", "admin", False)
    assert ada["created_at"] == "2024-03-01T11:00:00Z"
    assert auditor["role"] == {"type": "custom", "id": "Um9sZTox="}
    made = datetime.fromisoformat(plain["created_at"])
    ages = {name: made - datetime.fromisoformat(users[f"{name}@x.org"]["created_at"]) for name in WAITING}
    assert all(timedelta(days=29) < age < timedelta(days=31) for age in ages.values())
    assert timedelta(hours=35) < made - datetime.fromisoformat(auditor["created_at"]) < timedelta(hours=37)
    assert {name: users[f"{name}@x.org"]["status"] for name in WAITING} == {name: name for name in WAITING}
    codes = {email.partition("@")[0]: answer.status_code for email, answer in resets.items()}
    assert codes == {
        "plain": 204,
        "ada": 204,
        "auditor": 400,
        "invited": 400,
        "expired": 400,
        "inactive": 404,
    }


WAITING = ("invited", "expired", "inactive")


def test_mixed_users() -> None:
    """With --mix the users are of every status, role and age, so that what administrators do can be tried."""
    with running("--users", "200", "--mix", "--enum-case", "upper") as (_, url, _):
        records = [
            one
            for one in httpx.get(f"{url}/_sandbox/users").json()["users"]
            if not one["email"].endswith("@sandbox.example")
        ]
        role = create(url, "new@x.org", {"type": "CUSTOM", "id": "role-auditor"}).json()["role"]
    assert len(records) == 200
    assert {one["status"] for one in records} == {"active", *WAITING}
    roles = {(one["role"]["type"], one["role"]["name"]) for one in records}
    assert roles == {
        *(("predefined", name) for name in ("admin", "member", "annotator")),
        *(("custom", name) for name in ("Auditor", "Labeler")),
    }
    assert {one["is_developer"] for one in records} == {True, False}
    assert role == {"type": "CUSTOM", "id": "role-auditor", "name": "Auditor"}
    made = [datetime.fromisoformat(one["created_at"]) for one in records]
    assert made == sorted(made)
    assert timedelta(days=360) < made[-1] - made[0] < timedelta(days=366)


def test_mix_without_users() -> None:
    """--mix alone would do nothing, and is refused."""
    arguments = [sys.executable, "-m", "arize_users.sandbox", "--mix"]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert (result.returncode, "--users N" in result.stderr) == (2, True)


def test_enforced_sso() -> None:
    """With --sso-enforced no invitation is sent again."""
    with running("--sso-enforced", "--add-user", "a@x.org", "status=invited") as (_, url, _):
        (user,) = httpx.get(f"{url}/v2/users?email=a@x.org", headers=HEADERS).json()["users"]
        path = f"/v2/users/{quote(user['id'], safe='')}/resend-invitation"
        answer = httpx.post(url + path, headers=HEADERS)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "SSO_ENFORCED")


def test_added_keys() -> None:
    """A key may have one permission, several or none, and does what they allow."""
    keys = {
        "reader": ["USER_READ"],
        "creator": ["USER_CREATE"],
        "both": ["USER_READ", "USER_CREATE"],
        "idle": [],
    }
    options = [word for key, permissions in keys.items() for word in ("--add-key", key, *permissions)]
    with running(*options) as (_, url, _):
        allowed = {}
        for key in keys:
            listed = httpx.get(f"{url}/v2/users", headers={"authorization": f"Bearer {key}"}).status_code
            allowed[key] = (listed, create(url, f"{key}@x.org", MEMBER, key).status_code)
    assert allowed == {"reader": (200, 403), "creator": (403, 201), "both": (200, 201), "idle": (403, 403)}


def test_two_addresses_apart_in_case_alone() -> None:
    """An account may begin with two users whose addresses differ in case alone."""
    options = ("--add-user", "Mira@x.org", "--add-user", "mira@x.org")
    with running("--case-sensitive-emails", *options) as (_, url, _):
        users = httpx.get(f"{url}/v2/users?email=mira@x.org", headers=HEADERS).json()["users"]
    assert [user["email"] for user in users] == ["Mira@x.org", "mira@x.org"]


@pytest.mark.posix
def test_what_a_file_holds_stays(tmp_path: Path) -> None:
    """The same command line again on the same file adds nobody twice, and leaves what was changed since."""
    options = [
        "--db",
        str(tmp_path / "a.db"),
        "--users",
        "2",
        "--add-user",
        "a@x.org",
        "--add-key",
        "k",
        "USER_READ",
    ]
    names = []
    for _ in range(2):
        with running(*options) as (process, url, _):
            (user,) = httpx.get(f"{url}/v2/users?email=a@x.org", headers=HEADERS).json()["users"]
            path = f"{url}/v2/users/{quote(user['id'], safe='')}"
            httpx.patch(path, headers=HEADERS, json={"name": "Ada"})
            names.append(user["name"])
            assert len(httpx.get(f"{url}/_sandbox/users").json()["users"]) == 3 + 2 + 2
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
    assert names == ["a", "Ada"]


def test_a_user_whom_the_file_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A user whose address the file has in another case is refused in one line that names it."""
    path = str(tmp_path / "a.db")
    with Sandbox(path) as sandbox:
        sandbox.add_user(email="Mira@x.org", name="Mira")
    assert command.main(["--db", path, "--add-user", "mira@x.org"]) == 1
    complaints = capsys.readouterr().err
    assert (complaints.count("\n"), "cannot add the user mira@x.org: " in complaints) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--add-user", "status=invited"], ["'status=invited' is no email address", "EMAIL first"]),
        (["--add-user", "a@x.org", "sttus=invited"], ["'sttus=invited' of a@x.org", "status=..."]),
        (["--add-user", "a@x.org", "invited"], ["'invited' of a@x.org", "status=..."]),
        (["--add-user", "a@x.org", "status=gone"], ["status of a@x.org", "active, invited", "'gone'"]),
        (["--add-user", "a@x.org", "role=ADMIN"], ["role of a@x.org must be admin, member", "not 'ADMIN'"]),
        (["--add-user", "a@x.org", "sso=yes"], ["sso of a@x.org must be true or false, not 'yes'"]),
        (["--add-user", "a@x.org", "is_developer="], ["is_developer of a@x.org must be true or false"]),
        (["--add-user", "a@x.org", "name= "], ["name of a@x.org", "not blank"]),
        (["--add-user", "a@x.org", "age=3y"], ["age of a@x.org", "30d", "'3y'"]),
        (["--add-user", "a@x.org", "age=999999d"], ["age of a@x.org", "36500 days"]),
        (
            ["--add-user", "a@x.org", "created_at=2026-03-01"],
            ["created_at of a@x.org", "zone", "'2026-03-01'"],
        ),
        (["--add-user", "a@x.org", "created_at=soon"], ["created_at of a@x.org", "'soon'"]),
        (["--add-user", "a@x.org", "age=1d", "created_at=2026-03-01T00:00:00Z"], ["both age and created_at"]),
        (["--add-user", "a@x.org", "age=1d", "age=2d"], ["age of a@x.org is given twice"]),
        (["--add-user", "a@x.org", "--add-user", "a@x.org"], ["the same EMAIL is given twice"]),
        (["--add-user", "a@x.org", "--add-user", "A@x.org"], ["differ in case", "--case-sensitive-emails"]),
        (["--add-user", "owner@sandbox.example"], ["owner@sandbox.example", "--add-key"]),
        (["--add-key", "secret", "USER_WRITE"], ["'USER_WRITE' is none of", "USER_READ"]),
        (["--add-key", "secret", "--add-key", "secret"], ["the same KEY is given twice"]),
        (["--add-key", "USER_READ"], ["give KEY first", "USER_READ is one"]),
        (["--add-key", "sandbox-admin"], ["every sandbox has this KEY"]),
        (["--add-key", "the secret"], ["KEY must hold visible ASCII"]),
        (["--add-custom-role", "Um9sZTox"], ["--add-custom-role", "2"]),
        (["--add-custom-role", "Um9sZTox", " "], ["must not be blank"]),
        (["--custom-roles", "none"], ["--custom-roles", "known"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_cannot_be_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: list[str]
) -> None:
    """What makes no sense is exit code 2 with the word, its option and what to give; nothing is made."""
    file = tmp_path / "a.db"
    assert command.main(["--db", str(file), *words]) == 2
    output, complaints = capsys.readouterr()
    last = complaints.splitlines()[-1]
    assert f"error: argument {words[0]}: " in last
    assert [part for part in said if part not in last] == []
    assert (output, "secret" in complaints, file.exists()) == ("", False, False)


@pytest.mark.posix
def test_all_options(tmp_path: Path) -> None:
    """The file lasts from run to run and is filled up once, and the faults of the script are applied."""
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"fault": "bad_gateway"}]))
    options = ["--db", str(tmp_path / "a.db"), "--users", "5", "--latency-ms", "1"]
    for _ in range(2):
        with running(*options, "--fault-script", str(script)) as (process, url, _):
            failed, listed = (httpx.get(f"{url}/v2/users", headers=HEADERS) for _ in range(2))
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        assert (failed.status_code, listed.status_code) == (502, 200)
        assert len(listed.json()["users"]) == 8


def test_what_cannot_be_opened(
    server: SandboxServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A taken port, a bad script or a bad file is one line on stderr and exit code 1."""
    script, account = tmp_path / "faults.json", tmp_path / "account.db"
    script.write_text('[{"fault": "refuse"}]')
    for options, reason in (
        (["--port", str(server.port)], "it is taken"),
        (["--db", str(tmp_path)], str(tmp_path)),
        (["--fault-script", str(tmp_path / "none.json")], "none.json"),
        (["--fault-script", str(script), "--db", str(account)], "rule 1"),
    ):
        assert command.main(options) == 1
        output, complaints = capsys.readouterr()
        assert (output, complaints.count("\n")) == ("", 1)
        assert "arize-users sandbox: " in complaints
        assert reason in complaints
    assert not account.exists()


BAD_OPTIONS = ("x", "--port=x", "--port=65536", "--users=-1", "--enum-case=Upper")


@pytest.mark.parametrize(("argv", "code"), [("--help", 0), *((option, 2) for option in BAD_OPTIONS)])
def test_usage(capsys: pytest.CaptureFixture[str], argv: str, code: int) -> None:
    """An option that makes no sense is exit code 2 with the usage; asking for help is no error."""
    assert command.main([argv]) == code
    output = capsys.readouterr()[0 if code == 0 else 1]
    assert "usage:" in output
    for option in (
        "--fault-script",
        "--no-create-takes-is-developer",
        "--no-member-may-create",
        "--add-user",
    ):
        assert option in output


@pytest.mark.posix
def test_called_from_another_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called as a function it stops on a signal and restores the signal handlers."""
    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(command, "_print_greeting", lambda _: signal.raise_signal(signal.SIGINT))
    assert command.main(["--port", "0"]) == 0
    assert signal.getsignal(signal.SIGINT) is handler
    assert capsys.readouterr() == ("", "")


def test_called_in_a_thread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside the main thread it works without signal handlers."""
    codes: list[int] = []
    argv = ["--port", "0", "--db", str(tmp_path)]
    thread = threading.Thread(target=lambda: codes.append(command.main(argv)))
    thread.start()
    thread.join()
    assert codes == [1]
    assert "cannot open" in capsys.readouterr().err
