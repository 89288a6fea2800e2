"""The command: what it refuses to begin with, and what it says then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from contract_deployments import SPEC, Check, Deployment

from arize_users.contract.judge import Judge
from arize_users.contract.spec import load

LEAST = {"openapi": "3.1.0", "paths": {"/v2/users": {"get": {"responses": {"200": {}}}}}}


def test_without_a_key_it_says_how_to_give_one(run: Check) -> None:
    """A missing setting is one line on stderr and exit code 2."""
    outcome = run()
    assert (outcome.code, outcome.out) == (2, "")
    assert "ARIZE_API_KEY" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--base-url", "http://127.0.0.1:1", "--region", "eu-west-1a"), "give only one"),
        (("--region", "mars"), "eu-west-1a"),
        (("--base-url", "http://users.example.com"), "https://"),
        (("--base-url", "http://127.0.0.1:1"), "no connection could be made"),
        (("--limit", "5"), "usage"),
    ],
)
def test_a_deployment_that_cannot_be_asked_is_exit_code_2(
    run: Check, arguments: tuple[str, ...], said: str
) -> None:
    """Usage, settings and an address where nobody answers are told apart from a deviation."""
    outcome = run("--api-key", "a-key", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "a-key" not in outcome.err


def test_settings_that_cannot_be_used_are_exit_code_2(
    run: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CA bundle without certificates and a file that is no account are told in one line."""
    strange = tmp_path / "strange"
    strange.write_text("neither certificates nor an account, and long enough to be seen as neither" * 20)
    outcome = run("--base-url", f"sandbox:{strange}")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    for bundle in (strange, tmp_path / "folder"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        monkeypatch.setenv("ARIZE_SSL_CA_CERT", str(bundle))
        outcome = run("--base-url", "https://127.0.0.1:1", "--api-key", "a-key")
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(("key", "said"), [("unknown", "401"), ("sandbox-annotator", "403")])
def test_a_key_that_may_not_list_is_exit_code_2(run: Check, url: str, key: str, said: str) -> None:
    """A wrong key says nothing about the deployment, so there is no report."""
    outcome = run("--base-url", url, "--api-key", key)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_a_deployment_that_answers_something_else_altogether_deviates(
    deployment: Deployment, check: Check
) -> None:
    """A server error on every request is the deployment's, and reported."""
    deployment.faults.add("server_error", every=1)
    outcome = check()
    assert outcome.code == 1
    assert ("other status", "list_users", 500, "") in outcome.found()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("{", "not YAML"),
        ("\x00", "not YAML"),
        ("just text", "not an OpenAPI 3.1"),
        ("openapi: 3.0.3", "not an OpenAPI 3.1"),
        ("openapi: 3.1.0", "no GET /v2/users"),
        ("openapi: 3.1.0\npaths: [1]", "not a well-formed"),
        ("openapi: 3.1.0\npaths: {/v2/users: {get: {}}}", "not a well-formed"),
        ("openapi: 3.1.0\npaths: {$ref: '#/nowhere'}", "leads nowhere"),
        ("openapi: 3.1.0\npaths: {$ref: 'other.yaml#/paths'}", "out of the document"),
        ("openapi: 3.1.0\na: {$ref: '#/b'}\nb: {$ref: '#/a'}", "not a well-formed"),
        (b"\xff\xfe\x00", "not text"),
    ],
)
def test_a_spec_that_is_none_is_refused_before_any_request(
    run: Check, tmp_path: Path, text: str | bytes | None, said: str
) -> None:
    """One line says what is wrong with the document, and where."""
    spec = tmp_path / "spec.yaml"
    if text is not None:
        spec.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = run("--base-url", "sandbox:", "--spec", str(spec))
    assert outcome.code == 2
    assert said in outcome.err
    assert str(spec) in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["yaml", "jsonschema"])
def test_without_its_extra_it_names_it(missing: str) -> None:
    """An installation without the extra gets one line that says what to install."""
    program = (
        "import runpy, sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "runpy.run_module('arize_users.contract', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{missing} is not installed: pip install 'arize-users[contract]'" in done.stderr


def test_it_runs_as_a_module() -> None:
    """`python -m arize_users.contract` gives the report on stdout, and nothing else anywhere."""
    done = subprocess.run(
        [sys.executable, "-m", "arize_users.contract", "--base-url", "sandbox:"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Conforms to the contract.\n")


def test_the_contract_that_comes_with_it_is_the_checked_in_one() -> None:
    """Without `--spec` every documented operation is known, with all its statuses."""
    spec = load(None)
    document = yaml.safe_load(SPEC.read_text())
    documented = {
        (operation["operationId"], status)
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for status in operation["responses"]
    }
    assert {(one.id, status) for one in spec.operations for status in one.responses} == documented


def test_an_api_below_a_path_is_recognised() -> None:
    """A self-hosted deployment may be behind a proxy that adds a path before /v2."""
    judge = Judge(load(None), "https://host.example/arize api/")
    url = "https://host.example/arize%20api/v2/users/a%2Fb/reset-password"
    assert judge.name(httpx.Request("POST", url)) == "reset_user_password"
    assert judge.name(httpx.Request("PUT", url)) == "PUT (not in the contract)"
    assert not judge.operation(httpx.Request("GET", "https://host.example/elsewhere/v2/users"))
