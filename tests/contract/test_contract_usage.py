"""The command: what it refuses to begin with, and what it says then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import httpx
import pytest
import yaml
from contract_deployments import SPEC, Check, Deployment

from arize_users._streams import put
from arize_users.contract import command
from arize_users.contract.judge import Judge
from arize_users.contract.spec import load

NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "ARIZE_API_KEY"),
        # A wrong key says nothing about the deployment.
        (("--api-key", "a-key"), "401"),
        (("--api-key", "sandbox-annotator"), "403"),
        (("--api-key", "a-key", "--base-url", NOBODY, "--region", "eu-west-1a"), "region"),
        (("--api-key", "a-key", "--region", "mars"), "eu-west-1a"),
        (("--api-key", "a-key", "--base-url", "http://users.example.com"), "https://"),
        (("--api-key", "a-key", "--base-url", NOBODY), "no connection could be made"),
        (("--api-key", "a-key", "--limit", "5"), "--limit"),
    ],
)
def test_a_deployment_that_cannot_be_asked_is_exit_code_2(
    run: Check, url: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], text: str
) -> None:
    """Wrong usage, settings or keys and an address where nobody answers are told apart from a deviation."""
    monkeypatch.setenv("ARIZE_BASE_URL", url)
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert text in outcome.err.splitlines()[-1]
    assert "a-key" not in outcome.err


def test_a_url_without_the_api_is_exit_code_2(run: Check, url: str) -> None:
    """A path too many is no deviation: the endpoint is named, and what answers there."""
    outcome = run("--base-url", f"{url}/v2", "--api-key", "sandbox-admin")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{url}/v2" in outcome.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARIZE_BASE_URL", "sandbox:{}/file"),
        ("ARIZE_SSL_CA_CERT", "{}/file"),
        ("ARIZE_SSL_CA_CERT", "{}"),
        ("HTTPS_PROXY", "gopher://user:hunter2@127.0.0.1:1"),
        ("HTTPS_PROXY", "http://user:hunter2@[::1"),
    ],
)
def test_settings_that_cannot_be_used_are_exit_code_2(
    run: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """A file without certificates, one that is no account and a proxy of no kind are one line each."""
    (tmp_path / "file").write_text("neither certificates nor an account, and long enough to be either" * 20)
    monkeypatch.setenv("ARIZE_BASE_URL", "https://users.example.com")
    monkeypatch.setenv(variable, value.format(tmp_path))
    outcome = run("--api-key", "sandbox-admin")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "hunter2" not in outcome.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read: "),
        ("{", "cannot be read as YAML at line 1"),
        ("\x00", "cannot be read as YAML"),
        ("[" * 3000, "spec.yaml"),
        ("just text", "is not an OpenAPI 3.1 document"),
        ("openapi: 3.0.3", "is not an OpenAPI 3.1 document"),
        ("openapi: 3.1.0", "has no GET /v2/users"),
        ("openapi: 3.1.0\npaths: [1]", "is not a well-formed OpenAPI document"),
        ("openapi: 3.1.0\npaths: {/v2/users: {get: {}}}", "is not a well-formed OpenAPI document"),
        ("openapi: 3.1.0\npaths: {$ref: '#/nowhere'}", "the reference /nowhere does not resolve"),
        ("openapi: 3.1.0\npaths: {$ref: 'other.yaml#/a'}", "the reference other.yaml#/a does not resolve"),
        ("openapi: 3.1.0\na: {$ref: '#/b'}\nb: {$ref: '#/a'}", "is not a well-formed OpenAPI document"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
    ],
)
def test_a_spec_that_cannot_serve_is_refused_before_any_request(
    run: Check, tmp_path: Path, text: str | bytes | None, reason: str
) -> None:
    """One line says what is wrong with the document, and where."""
    spec = tmp_path / "spec.yaml"
    if text is not None:
        spec.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = run("--base-url", "sandbox:", "--spec", str(spec))
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert reason in outcome.err
    assert str(spec) in outcome.err


@pytest.mark.parametrize("missing", ["yaml", "jsonschema"])
def test_without_its_extra_it_names_it(missing: str) -> None:
    """An installation without the extra gets one line that says what to install."""
    program = (
        "import runpy, sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "runpy.run_module('arize_users.contract', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{missing} is not installed: pip install 'arize-users[contract]'" in done.stderr


def test_it_runs_as_a_module() -> None:
    """`python -m arize_users.contract` gives the report on stdout, and nothing on stderr."""
    command = [sys.executable, "-m", "arize_users.contract", "--base-url", "sandbox:"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Conforms to the contract.\n")


@pytest.mark.parametrize(
    "arguments", [("--base-url", "sandbox:"), ("--base-url", "sandbox:", "--json"), ("--help",)]
)
def test_a_reader_that_has_gone_changes_no_exit_code(arguments: tuple[str, ...]) -> None:
    """`... | head` ends with the outcome of the check, and without a word of Python's."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as pipe:
        ended = subprocess.run(
            [sys.executable, "-m", "arize_users.contract", *arguments],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
def test_a_report_that_cannot_be_written_is_exit_code_2() -> None:
    """A full disk is said in one line, and is no deviation."""
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "arize_users.contract", "--base-url", "sandbox:"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"arize-users contract: cannot write the report: ")
    assert ended.stderr.count(b"\n") == 1


def test_what_was_left_behind_is_told_where_the_report_cannot_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user whom the check could not remove is named, though nobody reads the report."""
    monkeypatch.setattr(command, "put", _put_but_for_stdout)
    monkeypatch.setattr(command, "writing_checks", lambda session: session.report.left_behind.append("a@b.c"))
    assert command.main(["--base-url", "sandbox:", "--write"]) == 1
    assert capsys.readouterr().err.endswith("Not removed, please do: a@b.c\n")


def _put_but_for_stdout(stream: TextIO, text: str) -> OSError | None:
    return BrokenPipeError(32, "Broken pipe") if stream is sys.stdout else put(stream, text)


def test_a_local_account_of_the_second_generation() -> None:
    """ARIZE_ENUM_CASE=upper makes a local account one of the second generation, and the report says so."""
    command = [sys.executable, "-m", "arize_users.contract", "--base-url", "sandbox:", "--write", "--json"]
    environment = {**os.environ, "ARIZE_ENUM_CASE": "upper"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["generation"] == "second"


def test_an_unread_variable_is_warned_of_once(url: str) -> None:
    """A variable that is not read is named in one warning, however many clients a run has."""
    environment = {
        **os.environ,
        "ARIZE_API_URL": "https://users.example.com",
        "ARIZE_API_KEY": "sandbox-admin",
    }
    environment |= {
        "ARIZE_API_SCHEME": "http",
        "ARIZE_API_HOST": "127.0.0.1",
        "ARIZE_API_PORT": url.rpartition(":")[2],
    }
    command = [sys.executable, "-m", "arize_users.contract"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr.count("ARIZE_API_URL")) == (0, 1)


def test_no_proxy_is_warned_of_once() -> None:
    """An entry of NO_PROXY that cannot be read is named on one line, also where warnings are errors."""
    environment = {**os.environ, "ARIZE_API_KEY": "a-key", "ARIZE_BASE_URL": "https://host.invalid"}
    environment |= {"HTTPS_PROXY": NOBODY, "NO_PROXY": "a;b", "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "arize_users.contract"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert [line.partition(": ")[2][:26] for line in done.stderr.splitlines()] == [
        "warning: NO_PROXY: 'a;b' c",
        "GET /v2/users: no connecti",
    ]


def test_requests_accept_problem_documents(deployment: Deployment, check: Check) -> None:
    """Every request says that it takes JSON and problem documents, as a strict gateway wants to know."""
    check("--write")
    accepted = {request.headers["accept"] for request in deployment.requests}
    assert accepted == {"application/json, application/problem+json"}


def test_the_contract_that_comes_with_it_is_the_checked_in_one() -> None:
    """Without `--spec` every documented operation is known, with all its statuses."""
    documented = {
        (operation["operationId"], status)
        for item in yaml.safe_load(SPEC.read_text())["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for status in operation["responses"]
    }
    assert {(one.id, status) for one in load(None).operations for status in one.responses} == documented


def test_an_api_below_a_path_is_recognised() -> None:
    """A self-hosted deployment may be behind a proxy that adds a path before /v2."""
    judge = Judge(load(None), "https://host.example/arize api/")
    url = "https://host.example/arize%20api/v2/users/a%2Fb/reset-password"
    assert judge.name(httpx.Request("POST", url)) == "reset_user_password"
    assert judge.name(httpx.Request("PUT", url)) == "PUT (not in the contract)"
    assert not judge.operation(httpx.Request("GET", "https://host.example/elsewhere/v2/users"))
