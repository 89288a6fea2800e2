"""What is said when something goes wrong, with which exit code, and what is never said."""

from __future__ import annotations

import json
import warnings

import pytest

from arize_users import BetaWarning
from arize_users.cli.failures import HIDDEN
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Shell
from .servers import Scripted, page, user


def problem(status: int, **fields: object) -> dict[str, object]:
    """Give a problem document."""
    return {"status": status, "title": "Told", "detail": "Not today", **fields}


@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (400, {}, "--verbose shows what the server answered."),
        (401, {}, "Check the API key (--api-key, ARIZE_API_KEY or the profile)"),
        (403, {}, "Use the key of an admin"),
        (404, {}, "Check the id; `ax users get` with an email address finds it."),
        (409, {}, "`ax users get` with the email shows the user"),
        (422, {}, "--verbose shows what the server answered."),
        (429, {"retry-after": "30"}, "Wait 30 s and ask again"),
        (429, {}, "Wait and ask again"),
        (500, {}, "This is on the server's side"),
        (302, {"location": "http://elsewhere.example"}, "--verbose shows what the server answered."),
    ],
)
def test_refusals(ax: Ax, scripted: Scripted, status: int, headers: dict[str, str], hint: str) -> None:
    """A refusal of the API is one line of what, one of what to do, and exit code 4."""
    scripted.answer(status, problem(status), headers)
    ran = ax("get", "x")
    assert (ran.code, ran.out) == (4, "")
    error, told = ran.err.splitlines()
    assert error == f"error: {status} Told: Not today (GET /v2/users/x)."
    assert told.startswith(f"hint: {hint}")


@pytest.mark.parametrize("body", [b"<html>\x1b[31m</html>", b"", b"[" * 100_000, b'{"title": 5}'])
def test_any_body(ax: Ax, scripted: Scripted, body: bytes) -> None:
    """Whatever a proxy answers, there is no traceback."""
    scripted.answer(502, body, {"content-type": "text/html"})
    ran = ax("list", "-v")
    assert ran.code == 4
    assert "error: 502 Bad Gateway (GET /v2/users)." in ran.err.splitlines()
    assert "\x1b" not in ran.err


def test_connection(ax: Ax, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not there is said so, with where to look."""
    monkeypatch.setenv("ARIZE_API_KEY", "key-of-a-customer")
    ran = ax("list", "--base-url", "http://127.0.0.1:1", "-v")
    assert ran.code == 4
    lines = ran.err.splitlines()
    assert any(line.startswith("error: GET /v2/users: no connection could be made") for line in lines)
    assert "hint: Check the network and the endpoint (--base-url or --region), and try again." in lines


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://arize.example.com", "would send the API key unencrypted: use https://"),
        ("ftp://x", "not a well-formed URL"),
        ("sandbox:/nowhere/at/all.db", "cannot open the sandbox account"),
        (" ", "expected a text that is not blank"),
    ],
)
def test_bad_endpoint(ax: Ax, monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    """An endpoint that cannot be used is a setting to correct: exit code 1."""
    monkeypatch.setenv("ARIZE_API_KEY", "key-of-a-customer")
    ran = ax("list", "--base-url", url)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 2)
    assert said in ran.err
    assert "allow_insecure_http" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["get", "a b"], "error: USER_ID|EMAIL: 'a b' holds blanks"),
        (["get", ""], "error: USER_ID|EMAIL: is empty"),
        (["update", "x"], "error: nothing to update: give --full-name, --is-developer or --is-not-developer"),
        (["update", "x", "-n", "x" * 256], "error: --full-name: has 256 characters"),
        (["update", "..", "--is-developer"], "error: USER_ID: '..' cannot be a user's id"),
        (["resend-invitation", "a@b.c"], "find the id with `ax users get`"),
        (["reset-password"], "Missing argument 'USER_ID'"),
        (["delete", "--id", "a@b.c", "-f"], "error: --id: 'a@b.c' is an email address, not an id"),
        (["delete", "--email", "abc", "-f"], "error: --email: 'abc' is not an email address"),
        (["delete", "--id", " , ", "--email", ",", "-f"], "error: nobody to delete: give at least one"),
        (["delete"], "error: nobody to delete: give at least one"),
        (["frobnicate"], "error: No such command 'frobnicate'"),
        (["list", "--frobnicate"], "error: No such option"),
        (["list", "--status", "foo"], "error: Invalid value for '--status' / '-s': 'foo' is not one of"),
        (["list", "--limit", "0"], "error: Invalid value for '--limit' / '-l': 0 is not in the range"),
        (["list", "--email"], "requires an argument.\nhint: `ax --help` shows how."),
        (
            ["list", "--created-after", "2026-03-02", "--created-before", "2026-03-01"],
            "'2026-03-02' is later than --created-before '2026-03-01'",
        ),
        (
            ["create", "-n", "A", "-e", "a@b.c", "--role-id", " ", "--invite-mode", "none"],
            "error: --role-id: a custom role's id",
        ),
    ],
)
def test_usage(ax: Ax, scripted: Scripted, arguments: list[str], said: str) -> None:
    """A command that was not called as it should be is exit code 2, and no request is sent."""
    ran = ax(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    error, hint = ran.err.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: `ax ")
    assert hint.endswith(" --help` shows how.")
    assert scripted.received == []


def test_called_with_nothing(ax: Ax) -> None:
    """A group called with nothing shows its help, as the usage error that it is."""
    ran = ax("users")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: ax users ")
    assert "resend-invitation" in ran.err


def test_unknown_email(ax: Ax, account: Sandbox) -> None:
    """An email that nobody has is exit code 4, like an unknown id."""
    ran = ax("get", "nobody@example.com")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.splitlines()[0] == "error: no user has the email nobody@example.com"
    ran = ax("get", "nobody@example.com", program="ax")
    assert "`ax users list --email PART`" in ran.err


def test_words_of_the_other_program(ax: Ax, account: Sandbox) -> None:
    """Hints name the program that was called."""
    assert "`arize-users get`" in ax("get", "gone", program="arize-users").err


def test_mail_in_doubt(ax: Ax, served: SandboxServer, jane: str) -> None:
    """A mail that may have been sent is said to be."""
    served.sandbox.faults.add("server_error", operation="reset_user_password", handled=True)
    ran = ax("reset-password", jane)
    assert ran.code == 4
    assert "hint: The mail may have been sent: ask the user before sending another." in ran.err.splitlines()


def test_broken_pages(ax: Ax, scripted: Scripted) -> None:
    """A list that leads nowhere ends in an error, not in a loop or half a list."""
    scripted.answer(200, page(user(), has_more=True, next_cursor="again"))
    ran = ax("list", "--all")
    assert (ran.code, ran.out) == (4, "")
    assert "the same cursor twice" in ran.err


def test_verbose(ax: Ax, scripted: Scripted) -> None:
    """--verbose adds method, path, status, request id and body, one per line."""
    body = problem(400, extra="a\nb\x1b[0m")
    scripted.answer(400, json.dumps(body, indent=2).encode(), {"x-request-id": "req-1"})
    lines = ax("get", "x/y", "-v").err.splitlines()
    assert "  method: GET" in lines
    assert "  path: /v2/users/x%2Fy" in lines
    assert "  status: 400" in lines
    assert "  request id: req-1" in lines
    assert f"  body: {json.dumps(body)}" in lines


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "No", "temporary_password": "s3cret \\" pw"}',
        b'{"title": "No", "temporary_password": "s3cret pw',
        b'{"user": {"temporaryPassword" : "s3cret"}} trailing',
        b'<html>"temporary_password": s3cret</html>',
    ],
)
def test_no_password_in_the_log(ax: Ax, scripted: Scripted, body: bytes) -> None:
    """A password in the body of an error is not shown, however broken the body is."""
    scripted.answer(400, body)
    ran = ax("get", "x", "-v")
    assert HIDDEN in ran.err
    assert "s3cret" not in ran.err


def test_no_key_anywhere(ax: Ax, scripted: Scripted) -> None:
    """A server or a proxy that quotes the key does not make it be shown."""
    scripted.answer(403, problem(403, detail="Bearer key-of-a-customer is no good"))
    ran = ax("get", "x", "-v")
    assert ran.err.count(HIDDEN) == 2
    assert "key-of-a-customer" not in ran.err
    assert "other-key-here" not in ax("get", "x", "--api-key", "other-key-here", "-v").err


def test_errors_are_literal(ax: Ax, scripted: Scripted) -> None:
    """Markup, newlines and escapes in what a server says neither style nor break the two lines."""
    scripted.answer(400, problem(400, title="[red]x[/y]", detail="a\nb\x1b[31m\u202e\ud800"))
    ran = ax("get", "x")
    assert ran.err.splitlines()[0] == (r"error: 400 [red]x[/y]: a\nb\x1b[31m\u202e\ud800 (GET /v2/users/x).")
    assert len(ran.err.splitlines()) == 2


def test_retries_are_logged(ax: Ax, served: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """--verbose shows retries, and data stays alone on standard output."""
    monkeypatch.setattr("arize_users._retry.FIRST_BACKOFF", 0.0)
    monkeypatch.setenv("ARIZE_MAX_RETRIES", "1")
    served.sandbox.faults.add("bad_gateway", operation="list_users")
    ran = ax("list", "-v", "-o", "json")
    assert len(ran.json["users"]) == 3
    assert "warning: GET /v2/users: 502; retry 1 of 1 in 0.00 s" in ran.err.splitlines()


@pytest.mark.parametrize("setting", ["default", "error"])
def test_beta_warning(shell: Shell, account: Sandbox, setting: str) -> None:
    """The beta warning is one line, once, and never an error."""
    env = {"ARIZE_DISABLE_PRERELEASE_WARNINGS": "", "PYTHONWARNINGS": setting}
    ran = shell("ax", "users", "list", "--all", "-o", "json", env=env)
    assert ran.code == 0
    (line,) = ran.err.splitlines()
    assert line.startswith("warning: the users functions are in beta")
    assert len(ran.json["users"]) == 3


def test_other_warnings_stay(ax: Ax, account: Sandbox) -> None:
    """The command line changes how the beta warning is shown, for its own run only."""
    shown = warnings.showwarning
    assert ax("list").code == 0
    assert warnings.showwarning is shown
    with pytest.warns(BetaWarning):
        warnings.warn("still a warning", BetaWarning, stacklevel=1)
