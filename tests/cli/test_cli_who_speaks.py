"""Exit codes by who speaks: 7 and "deleted" are the API's own word, and 4 is anyone else's."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable

import pytest
from support.answers import SPEAKERS, Answer, Reply, one_by_one, problem

from arize_users.errors import NOT_FROM_API
from arize_users.sandbox import Request, Response, SandboxServer

from .runs import Ax, Profile, Scripted

pytestmark = pytest.mark.usefixtures("no_backoff")

NOT_REPEATED = ("resend-invitation x", "reset-password x")
COMMANDS = [
    "list",
    "get x",
    "get ada@example.com",
    "update x -n Ada",
    *NOT_REPEATED,
    "create -n Ada -e ada@example.com -r member --invite-mode email_link",
    "delete --id x -f",
    "delete --id x -f --missing-ok",
    "delete --email ada@example.com -f --missing-ok",
]


def _answer(
    monkeypatch: pytest.MonkeyPatch, scripted: Scripted, answers: Callable[[Request], Answer]
) -> None:
    def answer(request: Request) -> Response:
        reply = answers(request)
        assert isinstance(reply, Reply)
        headers = tuple(pair for pair in reply.headers if pair[0] != "content-length")
        return Response(reply.status, headers, reply.content)

    monkeypatch.setattr(scripted, "answer", answer)


@pytest.mark.parametrize("line", COMMANDS)
@pytest.mark.parametrize("speaker", SPEAKERS)
def test_nobody_else_settles_a_command(
    ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, speaker: str, line: str
) -> None:
    """Whoever else answers 404 or 400, also after a lost answer, the exit code is 4, and the text says so."""
    for status in (400, 404):
        for lost in [[]] if line in NOT_REPEATED else [[], [problem(503)]]:
            _answer(monkeypatch, scripted, one_by_one([*lost, SPEAKERS[speaker](status)]))
            output = [] if line in NOT_REPEATED else ["-o", "json"]
            ran = ax(*shlex.split(line), *output, ARIZE_MAX_RETRIES="1")
            assert (ran.code, "deleted" in ran.out) == (4, False)
            assert NOT_FROM_API in ran.out + ran.err


@pytest.mark.parametrize("line", COMMANDS)
def test_an_unknown_route_settles_no_command(
    ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Where the API does not know the path, the exit code is 4, for one user as for a batch."""
    _answer(monkeypatch, scripted, lambda _: problem(404, error_code="ROUTE_NOT_FOUND"))
    output = [] if line in NOT_REPEATED else ["-o", "json"]
    ran = ax(*shlex.split(line), *output)
    assert (ran.code, "not about a user" in ran.out + ran.err) == (4, True)


@pytest.mark.parametrize(("refusal", "codes"), [(problem(404), (3, 0)), (SPEAKERS["ingress"](404), (3, 3))])
def test_a_batch_that_is_done_in_part(
    ax: Ax, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, refusal: Reply, codes: tuple[int, int]
) -> None:
    """Where others were deleted the exit code is 3; --missing-ok takes the API's word alone for done."""
    _answer(monkeypatch, scripted, lambda request: refusal if request.path.endswith("gone") else Reply(204))
    for options, code in zip(([], ["--missing-ok"]), codes, strict=True):
        assert ax("delete", "--id", "u1,gone", "-f", *options).code == code


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("", "Check the endpoint, which is from {source} (--base-url or --region)."),
        ("/v2", "Leave /v2 out of the endpoint, which is from {source}: each path begins with it."),
    ],
)
def test_a_wrong_endpoint(
    ax: Ax, scripted: Scripted, profile: Profile, monkeypatch: pytest.MonkeyPatch, path: str, hint: str
) -> None:
    """Where something else answers, the error says what, and the hint what named the endpoint."""
    url = os.environ["ARIZE_BASE_URL"] + path
    key = ["--api-key", "key-of-a-customer"]
    host, _, port = url.removeprefix("http://").removesuffix(path).partition(":")
    routing = f"[routing]\napi_host = '{host}'\napi_scheme = 'http'\napi_port = {port}"
    profile(f"auth.api_key = 'key-of-a-customer'\n{routing}", "mine")
    monkeypatch.setenv("ARIZE_BASE_URL", url)
    ways = {"ARIZE_BASE_URL": [], "--base-url": ["--base-url", url, *key]}
    ways |= {} if path else {"the profile 'mine'": ["--profile", "mine"]}
    for status, came in ((404, "is an HTML page titled 'Sign in & go on'"), (200, "its body is not JSON")):
        _answer(monkeypatch, scripted, lambda _, status=status: SPEAKERS["sign-in page"](status))
        for source, options in ways.items():
            error, told = ax("get", "x", *options).refused(4)
            assert (url in error, came in error, told) == (True, True, hint.format(source=source))
            [result] = ax("delete", "--id", "x", "-f", "-o", "json", *options).json["results"]
            assert f"which is from {source}" in result["error"]
    _answer(monkeypatch, scripted, lambda _: Reply(302, [("location", "https://sso.example/login?s3cret")]))
    error, _ = ax("get", "x").refused(4)
    assert "It redirects to 'https://sso.example/login', and is not followed." in error


@pytest.mark.parametrize("key", ['"of-a-customer"', "of a-customer", "Bearer of-a-customer"])
def test_malformed_keys(ax: Ax, scripted: Scripted, profile: Profile, key: str) -> None:
    """A key with quotes, blanks or Bearer is refused with what is wrong, wherever it comes from, unshown."""
    profile(f"auth.api_key = {json.dumps(key)}", "mine")
    alone = "Give the key alone, as Arize shows it."
    corrected = "Correct ~/.arize/profiles/mine.toml, or name another with --profile."
    for source, options, env, expected in (
        ("--api-key:", ["--api-key", key], {}, alone),
        ("ARIZE_API_KEY:", [], {"ARIZE_API_KEY": key}, alone),
        ("the profile 'mine' cannot be used: auth.api_key", ["--profile", "mine"], {}, corrected),
    ):
        for line in ("list", "settings"):
            error, hint = ax(line, *options, **env).refused(1)
            assert error.startswith((f"{source} has ", f"{source} begins with 'Bearer'"))
            assert hint == expected
            assert "customer" not in error
    assert scripted.requests == []


def test_key_of_a_file(ax: Ax, served: SandboxServer) -> None:
    """The line break that ends a file with a key is no part of the key."""
    assert ax("list", "--api-key", "sandbox-admin\r\n").code == 0
    assert ax("list", ARIZE_API_KEY="sandbox-admin\n").code == 0


def test_region_aliases(ax: Ax, profile: Profile) -> None:
    """US, CA and EU name a region in any case: as an option, in a variable and in a profile."""
    profile("auth.api_key = 'k'\nrouting.region = 'eu'\nrouting.api_host = 'api.arize.com'", "mine")
    for options, env, url in (
        (["--region", "us", "--api-key", "k"], {}, "https://api.us-east-1b.arize.com"),
        ([], {"ARIZE_REGION": "Ca", "ARIZE_API_KEY": "k"}, "https://api.ca-central-1a.arize.com"),
        (["--profile", "mine"], {}, "https://api.eu-west-1a.arize.com"),
    ):
        rows = ax("settings", *options, "-o", "json", **env).json["settings"]
        assert [row["value"] for row in rows if row["setting"] == "endpoint"] == [url]


def test_missing_ca_file(ax: Ax) -> None:
    """A CA file of the environment that is not there is named before anything is sent."""
    ran = ax("list", ARIZE_API_KEY="k", SSL_CERT_FILE="/nowhere/ca.pem")
    error, hint = ran.refused(1)
    assert error == "SSL_CERT_FILE: there is no CA bundle at '/nowhere/ca.pem'"
    assert hint == "Correct SSL_CERT_FILE, or unset it."
