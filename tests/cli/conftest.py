"""An account to work on, and ways to run `ax`: in this process, in its own process, at a terminal."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from support.account import NOON

from arize_users.cli.app import main
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Gate, Piped, Pipes, Profile, Ran, Scripted, Shell, Terminal, Terminals, program

_SETTINGS = {"TERM": "xterm-256color", "ARIZE_DISABLE_PRERELEASE_WARNINGS": "1", "ARIZE_MAX_RETRIES": "0"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home without profiles, plain terminal settings, and the time zone of the examples."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**_SETTINGS, "HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    with pytest.MonkeyPatch.context() as zone:
        zone.setenv("TZ", "UTC")
        yield home
    time.tzset()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the local account that the environment names."""
    path = tmp_path / "account.db"
    monkeypatch.setenv("ARIZE_BASE_URL", f"sandbox:{path}")
    return path


@pytest.fixture
def account(path: Path) -> Iterator[Sandbox]:
    """The local account that the environment names; its clock stands at noon."""
    with Sandbox(path) as sandbox:
        sandbox.set_time(NOON)
        yield sandbox


@pytest.fixture
def jane(account: Sandbox) -> str:
    """The id of an active user, jane@example.com."""
    return account.add_user(email="jane@example.com", name="Jane Doe", created_at=NOON)


@pytest.fixture
def crowd(account: Sandbox) -> Sequence[str]:
    """The ids of 250 users, one created each minute; with the callers, the account holds 253."""
    times = (NOON + timedelta(minutes=number) for number in range(250))
    return [
        account.add_user(email=f"user{number:03}@example.com", name=f"User {number}", created_at=time)
        for number, time in enumerate(times)
    ]


@pytest.fixture
def served(account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The account served over HTTP; the environment names the server."""
    with SandboxServer(account) as server:
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", "sandbox-admin")
        yield server


@pytest.fixture
def profile(home: Path) -> Profile:
    """Write a profile of Arize's CLI; ``active`` makes it the active one."""

    def write(text: str, name: str = "default", *, active: bool = False) -> Path:
        file = home / ".arize/profiles" / f"{name}.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        if active:
            (home / ".arize/.active_profile").write_text(f"{name}\n")
        return file

    return write


@pytest.fixture
def staging(profile: Profile, tmp_path: Path) -> Iterator[Sandbox]:
    """Another account, served, with jane@example.com, which the profile 'staging' names."""
    with Sandbox(tmp_path / "staging.db") as sandbox, SandboxServer(sandbox) as server:
        sandbox.add_user(email="jane@example.com", name="Jane")
        host = server.url.removeprefix("http://")
        routing = f"[routing]\napi_host = '{host}'\napi_scheme = 'http'"
        profile(f"auth.api_key = 'sandbox-admin'\n{routing}", "staging")
        yield sandbox


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """A server that answers what the test sets; the environment names it."""
    with Scripted() as sandbox, SandboxServer(sandbox) as server:
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", "key-of-a-customer")
        yield sandbox


@pytest.fixture
def ax(capsysbinary: pytest.CaptureFixture[bytes]) -> Ax:
    """Run `ax users ...` in this process, with variables of the environment as keyword arguments."""

    def run(*arguments: str, program: str = "ax", **env: str) -> Ran:
        is_whole = program != "ax" or arguments[0] in ("users", "settings") or arguments[0].startswith("-")
        capsysbinary.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            time.tzset()
            code = main(program, arguments if is_whole else ["users", *arguments])
        out, err = capsysbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return run


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a command line that begins with `ax` or `arize-users` in its own process, in `tmp_path`."""

    def run(*words: str, env: Mapping[str, str] = {}, before: str = "", python: Sequence[str] = ()) -> Ran:
        done = subprocess.run(
            program(words, before, python),
            env={**os.environ, **env},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminals]:
    """Run `ax ...` at a pseudo-terminal."""
    opened: list[Terminal] = []

    def run(
        *arguments: str, columns: int = 100, env: Mapping[str, str] = {}, ignored: Sequence[int] = ()
    ) -> Terminal:
        every = {**os.environ, **env}
        opened.append(Terminal(arguments, columns=columns, env=every, folder=tmp_path, ignored=ignored))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


@pytest.fixture
def piped(tmp_path: Path) -> Iterator[Pipes]:
    """Start a command line that begins with `ax` or `arize-users` in its own process, in `tmp_path`."""
    opened: list[Piped] = []

    def run(*words: str, before: str = "") -> Piped:
        opened.append(Piped(words, before=before, env=os.environ, folder=tmp_path))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


@pytest.fixture
def gate(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """An account served over HTTP that holds back the answers to writes; the environment names the server."""
    with Gate(path) as gate, SandboxServer(gate) as server:
        gate.set_time(NOON)
        monkeypatch.setenv("ARIZE_BASE_URL", server.url)
        monkeypatch.setenv("ARIZE_API_KEY", "sandbox-admin")
        yield gate
        gate.open()
