"""`python -m arize_users.sandbox`: what it prints, how it stops, and how it says no."""

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

from arize_users.sandbox import KEYS, Sandbox, SandboxServer, command

HEADERS = {"authorization": "Bearer sandbox-admin"}
COMMAND = [sys.executable, "-m", "arize_users.sandbox", "--port", "0"]


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the program until its greeting is out; give it, its address and the greeting."""
    process = subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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
    with (
        running("--users", "7", "--enum-case", "upper") as (process, url, greeting),
        httpx.Client(base_url=url, headers=HEADERS) as client,
    ):
        users = client.get("/v2/users", params={"status": "ACTIVE"}).json()["users"]
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=30)
    assert len(users) == 10
    assert (process.returncode, rest, complaints) == (0, "", "")
    assert all(key in greeting for key in KEYS)
    assert f"ARIZE_BASE_URL={url}" in greeting


def test_all_options(tmp_path: Path) -> None:
    """The file lasts from run to run, is filled up and not refilled, and faults are played."""
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"fault": "bad_gateway"}]))
    options = ["--db", str(tmp_path / "a.db"), "--users", "5", "--latency-ms", "1"]
    for _ in range(2):
        with running(*options, "--fault-script", str(script)) as (process, url, _):
            statuses = [httpx.get(f"{url}/v2/users", headers=HEADERS) for _ in range(2)]
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        assert [answer.status_code for answer in statuses] == [502, 200]
        assert len(statuses[1].json()["users"]) == 8


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    code = command.main(argv)
    output, complaints = capsys.readouterr()
    assert output == ""
    return code, complaints


def test_what_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port, a bad script or a bad file is one line on stderr and exit code 1."""
    script = tmp_path / "faults.json"
    script.write_text('[{"fault": "refuse"}]')
    account = tmp_path / "account.db"
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        results = [
            run(capsys, "--port", str(server.port)),
            run(capsys, "--db", str(tmp_path)),
            run(capsys, "--fault-script", str(tmp_path / "none.json")),
            run(capsys, "--fault-script", str(script), "--db", str(account)),
        ]
    assert [code for code, _ in results] == [1] * 4
    assert all(text.count("\n") == 1 and "arize-users sandbox: " in text for _, text in results)
    assert "rule 1" in results[3][1]
    assert not account.exists()


@pytest.mark.parametrize(
    "argv", [["--port", "x"], ["--port", "65536"], ["--users", "-1"], ["--enum-case", "Upper"], ["x"]]
)
def test_usage(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    """An option that makes no sense is exit code 2 with the usage."""
    code, complaints = run(capsys, *argv)
    assert code == 2
    assert "usage:" in complaints


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Asking for help is no error."""
    assert command.main(["--help"]) == 0
    assert "--fault-script" in capsys.readouterr().out


def test_called_from_another_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called as a function it stops on a signal and gives the signal handlers back."""
    handler = signal.getsignal(signal.SIGINT)
    greet = command._print_greeting

    def greet_and_interrupt(server: SandboxServer) -> None:
        greet(server)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(command, "_print_greeting", greet_and_interrupt)
    assert command.main(["--port", "0"]) == 0
    assert "sandbox-admin" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is handler


def test_called_in_a_thread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside the main thread it does without signal handlers."""
    codes: list[int] = []
    argv = ["--port", "0", "--db", str(tmp_path)]
    thread = threading.Thread(target=lambda: codes.append(command.main(argv)))
    thread.start()
    thread.join()
    assert codes == [1]
    assert "cannot open" in capsys.readouterr().err
