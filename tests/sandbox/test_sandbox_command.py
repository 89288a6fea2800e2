"""`python -m arize_users.sandbox`: what it prints, how it stops, and what it refuses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sandbox_api import HEADERS

from arize_users.sandbox import KEYS, SandboxServer, command


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
    assert "--fault-script" in output


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
