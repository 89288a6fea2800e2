"""What a command says when something goes wrong, with which exit code, and what it never says."""

from __future__ import annotations

import json
import re
import shlex
import warnings

import pytest

from arize_users import BetaWarning
from arize_users.cli.reporter import HIDDEN
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Shell
from .servers import Scripted, page, user

ADA = "create -n Ada -e ada@example.com -r member --invite-mode none"
PYTHON = re.compile(r"users\.\w+|\w+=[^/]|api_key|base_url|is_developer")
"""Words of the client that mean nothing to a shell."""


def problem(status: int, **fields: object) -> dict[str, object]:
    """Give a problem document."""
    return {"status": status, "title": "Told", "detail": "Not today", **fields}


def _refused(ax: Ax, *arguments: str) -> tuple[str, str]:
    """Run a command that fails on the API's side; give what happened and what to do."""
    ran = ax(*arguments)
    assert (ran.code, ran.out) == (4, "")
    error, hint = ran.err.splitlines()
    assert not PYTHON.search(ran.err)
    return error.removeprefix("error: "), hint.removeprefix("hint: ")


@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (400, {}, "--verbose shows what the server answered."),
        (401, {}, "Check the API key (--api-key, ARIZE_API_KEY or the profile) and that it belongs"),
        (403, {}, "Use the key of an admin"),
        (404, {}, "Check the id; `ax users list --email PART` finds the user."),
        (409, {}, "`ax users get EMAIL` shows the user; a blocked one is not shown"),
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
    error, told = _refused(ax, "get", "x")
    assert error == f"{status} Told: Not today (GET /v2/users/x)."
    assert told.startswith(hint)


@pytest.mark.parametrize(
    "line", ["get gone", "update gone -n X", "resend-invitation gone", "reset-password gone", "get gone@b.c"]
)
def test_unknown_user(ax: Ax, account: Sandbox, line: str) -> None:
    """A user who does not exist is exit code 4, and the hint says how to find one, in the program called."""
    error, hint = _refused(ax, *line.split())
    assert error.startswith(("404 Not Found: ", "no user has the email gone@b.c"))
    assert "`ax users list --email PART` finds " in hint
    assert "`arize-users list --email PART` finds " in ax(*line.split(), program="arize-users").err


@pytest.mark.parametrize("status", [400, 422])
def test_developer_flag_is_refused(ax: Ax, scripted: Scripted, status: int) -> None:
    """Where a deployment takes no developer flag for a new user, the hint names the command that sets it."""
    scripted.answer(status, problem(status, detail="is_developer is not known"))
    assert "`ax users update USER_ID --is-not-developer`" in ax(*ADA.split(), "--is-not-developer").err
    assert "hint: --verbose shows" in ax(*ADA.split()).err


def test_conflict_names_the_email(ax: Ax, scripted: Scripted) -> None:
    """Where the email of a new user is taken, the hint is the command that shows who has it."""
    scripted.answer(409, problem(409))
    assert _refused(ax, *ADA.split())[1].startswith("`ax users get ada@example.com` shows the user")


@pytest.mark.parametrize(
    ("mode", "error", "hint"),
    [
        ("none", "POST /v2/users: the connection broke", "The user may have been created all the same: "),
        ("temporary_password", "The user 'ada@example.com' may have been created", ""),
    ],
)
def test_maybe_created(ax: Ax, served: SandboxServer, mode: str, error: str, hint: str) -> None:
    """Where a user may have been created, the hint is the command that tells."""
    served.sandbox.faults.add("reset_after", operation="create_user")
    what, todo = _refused(ax, *ADA.replace("none", mode).split())
    assert what.startswith(error)
    assert todo.startswith(f"{hint}`ax users get ada@example.com` shows whether the user exists")


@pytest.mark.parametrize("command", ["reset-password", "resend-invitation"])
def test_maybe_mailed(ax: Ax, scripted: Scripted, command: str) -> None:
    """A mail that may have been sent is said to be."""
    scripted.answer(500, problem(500))
    assert _refused(ax, command, "x")[1].startswith("The mail may have been sent: ask the user")


def test_broken_pages(ax: Ax, scripted: Scripted) -> None:
    """A list without an end is an error, and neither a loop nor half a list."""
    scripted.answer(200, page(user(), has_more=True, next_cursor="again"))
    error, hint = _refused(ax, "list", "--all")
    assert "the same cursor twice" in error
    assert hint.startswith("This is on the server's side")


def test_connection(ax: Ax, scripted: Scripted) -> None:
    """Where no server answers, the error says so, and the hint where to look."""
    error, hint = _refused(ax, "list", "--base-url", "http://127.0.0.1:1")
    assert error.startswith("GET /v2/users: no connection could be made")
    assert hint == "Check the network and the endpoint (--base-url or --region), and try again."


@pytest.mark.parametrize("body", [b"<html>\x1b[31m</html>", b"", b"[" * 100_000, b'{"title": 5}'])
def test_any_body(ax: Ax, scripted: Scripted, body: bytes) -> None:
    """Whatever a proxy answers, there is no traceback."""
    scripted.answer(502, body, {"content-type": "text/html"})
    ran = ax("list", "-v")
    assert (ran.code, "\x1b" in ran.err) == (4, False)
    assert "error: 502 Bad Gateway (GET /v2/users)." in ran.err.splitlines()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://arize.example.com", "'http://arize.example.com' would send the API key unencrypted"),
        ("sandbox:/nowhere/at/all.db", "cannot open the sandbox account"),
    ],
)
def test_bad_endpoint(ax: Ax, scripted: Scripted, url: str, said: str) -> None:
    """An endpoint that cannot be used is a setting to correct: exit code 1."""
    ran = ax("list", "--base-url", url)
    assert (ran.code, ran.out) == (1, "")
    error, hint = ran.err.splitlines()
    assert (error.startswith("error: --base-url: "), said in error) == (True, True)
    assert hint.startswith("hint: Give --base-url an https:// URL")
    assert not PYTHON.search(ran.err)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("get 'a b'", "USER_ID|EMAIL: 'a b' holds blanks"),
        ("update x", "nothing to update: give --full-name, --is-developer or --is-not-developer"),
        ("reset-password", "USER_ID"),
        ("delete --email abc -f", "--email: 'abc' is not an email address"),
        ("delete --id ' , ' --email , -f", "nobody to delete: give at least one"),
        ("frobnicate", "frobnicate"),
        ("list --status inactive", "--status"),
        ("list --limit 101", "--limit"),
        ("list --all --limit 5", "--all lists everyone: --limit does not go with it"),
        ("list --all --cursor x", "--cursor goes neither with --all nor with"),
        ("list --created-after '1 day' --cursor x", "--cursor goes neither with --all nor with"),
        ("list --cursor ''", "--cursor: is empty"),
        ("list --created-before soon", "--created-before: 'soon' is no time"),
        ("list --created-after 2026-03-02 --created-before 2026-03-01", "is later than '2026-03-01'"),
        (f"{ADA} -n ' '", "--full-name: is empty"),
        (f"{ADA} -e 'a b@c'", "--email: 'a b@c' is not an email address"),
        (f"{ADA} --role-id x", "--role and --role-id both name a role: give only one"),
        ("create -n Ada -e a@b.c --role-id ' ' --invite-mode none", "--role-id: a custom role's id"),
        ("create", "missing --full-name, --email, --role, --invite-mode"),
        ("create --email a@b.c --role-id x", "missing --full-name, --invite-mode"),
        ("list --base-url sandbox: --region x", "--base-url and --region both name the endpoint"),
    ],
)
def test_usage(ax: Ax, scripted: Scripted, line: str, said: str) -> None:
    """A command that was not called as it should be is exit code 2, and no request is sent."""
    ran = ax(*shlex.split(line))
    assert (ran.code, ran.out, scripted.received) == (2, "", [])
    error, hint = ran.err.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert hint.startswith("hint: `ax ")
    assert hint.endswith(" --help` shows how.")
    assert not PYTHON.search(ran.err)


@pytest.mark.parametrize(
    ("line", "label", "hint"),
    [
        ("resend-invitation a@b.c", "USER_ID", "`ax users get a@b.c` shows the id."),
        ("delete --id x,a@b.c -f", "--id", "Give email addresses with --email."),
    ],
)
def test_email_for_an_id(ax: Ax, scripted: Scripted, line: str, label: str, hint: str) -> None:
    """An email address where an id belongs is refused, and the hint says what to do with it."""
    ran = ax(*line.split())
    assert (ran.code, scripted.received) == (2, [])
    assert ran.err == f"error: {label}: 'a@b.c' is an email address, not an id\nhint: {hint}\n"


def test_called_with_nothing(ax: Ax) -> None:
    """A group called without a command shows its help, as a usage error."""
    ran = ax("users")
    assert (ran.code, ran.out) == (2, "")
    assert "ax users" in ran.err.splitlines()[0]
    assert "resend-invitation" in ran.err


def test_verbose(ax: Ax, scripted: Scripted) -> None:
    """--verbose adds method, path, status, request id and body, one per line."""
    body = problem(400, extra="a\nb\x1b[0m")
    scripted.answer(400, json.dumps(body, indent=2).encode(), {"x-request-id": "req-1"})
    assert ax("get", "x/y", "-v").err.splitlines()[-6:] == [
        "hint: What the server answered is below.",
        "  method: GET",
        "  path: /v2/users/x%2Fy",
        "  status: 400",
        "  request id: req-1",
        f"  body: {json.dumps(body)}",
    ]


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
    assert (HIDDEN in ran.err, "s3cret" in ran.err) == (True, False)


def test_no_key_anywhere(ax: Ax, scripted: Scripted) -> None:
    """The key is not shown even where a server's answer quotes it."""
    scripted.answer(403, problem(403, detail="Bearer key-of-a-customer is no good"))
    ran = ax("get", "x", "-v")
    assert ran.err.count(HIDDEN) == 2
    assert "key-of-a-customer" not in ran.err
    assert "other-key-here" not in ax("get", "x", "--api-key", "other-key-here", "-v").err


def test_errors_are_literal(ax: Ax, scripted: Scripted) -> None:
    """Markup, newlines and escapes in what a server says neither style nor break the two lines."""
    scripted.answer(400, problem(400, title="[red]x[/y]", detail="a\nb\x1b[31m\u202e\ud800"))
    assert _refused(ax, "get", "x")[0] == r"400 [red]x[/y]: a\nb\x1b[31m\u202e\ud800 (GET /v2/users/x)."


@pytest.mark.usefixtures("no_backoff")
def test_retries_are_logged(ax: Ax, served: SandboxServer) -> None:
    """--verbose shows retries on standard error; standard output holds only data."""
    served.sandbox.faults.add("bad_gateway", operation="list_users")
    ran = ax("list", "-v", "-o", "json", ARIZE_MAX_RETRIES="1")
    assert len(ran.json["users"]) == 3
    assert "warning: GET /v2/users: 502; retry 1 of 1 in 0.00 s" in ran.err.splitlines()


@pytest.mark.parametrize("setting", ["default", "error"])
def test_beta_warning(shell: Shell, account: Sandbox, setting: str) -> None:
    """The beta warning is one line, once, and never an error."""
    env = {"ARIZE_DISABLE_PRERELEASE_WARNINGS": "", "PYTHONWARNINGS": setting}
    ran = shell("ax", "users", "list", "--all", "-o", "json", env=env)
    assert (ran.code, len(ran.json["users"])) == (0, 3)
    (line,) = ran.err.splitlines()
    assert line.startswith("warning: the users functions are in beta")


def test_other_warnings_stay(ax: Ax, account: Sandbox) -> None:
    """The command line changes how the beta warning is shown, and only while a command runs."""
    shown = warnings.showwarning
    assert ax("list").code == 0
    assert warnings.showwarning is shown
    with pytest.warns(BetaWarning):
        warnings.warn("still a warning", BetaWarning, stacklevel=1)
