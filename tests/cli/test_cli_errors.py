"""What a command says when something goes wrong, with which exit code, and what it never says."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from support.answers import page, user

from arize_users import BetaWarning
from arize_users.cli.options import split_values
from arize_users.cli.reporter import HIDDEN
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Scripted, Shell

ADA = "create -n Ada -e ada@example.com -r member --invite-mode none"


def problem(status: int, **fields: object) -> dict[str, object]:
    """Give a problem document."""
    return {"status": status, "title": "Told", "detail": "Not today", **fields}


@pytest.mark.parametrize(
    ("line", "status", "headers", "hint"),
    [
        ("get x", 400, {}, "Correct what the server names; `ax users get --help` shows the options."),
        ("get x", 401, {}, "Check the API key (--api-key, ARIZE_API_KEY or the profile) and that it belongs"),
        ("get x", 403, {}, "Use the key of an admin"),
        (
            "get x",
            404,
            {},
            "Check the id; `ax users list --email PART` finds the user, or says that the key may",
        ),
        ("get x", 409, {}, "`ax users get EMAIL` shows the user; a blocked one is not shown"),
        (ADA, 409, {}, "`ax users get ada@example.com` shows the user"),
        ("get x", 422, {}, "Correct what the server names; `ax users get --help` shows the options."),
        ("get x", 429, {"retry-after": "30"}, "Wait 30 s and ask again"),
        ("get x", 429, {}, "Wait and ask again"),
        ("get x", 500, {}, "This is on the server's side"),
        ("reset-password x", 500, {}, "The mail may have been sent: ask the user"),
        (
            "update x -n Ada",
            500,
            {},
            "The user may have been changed all the same: `ax users get x` shows the",
        ),
        ("resend-invitation x", 500, {}, "The mail may have been sent: ask the user"),
    ],
)
def test_refusals(
    ax: Ax, scripted: Scripted, line: str, status: int, headers: dict[str, str], hint: str
) -> None:
    """A refusal of the API is one line of what, one of what to do, and exit code 4, or 7 for no such user."""
    scripted.set_answer(status, problem(status), headers)
    error, told = ax(*line.split()).refused(7 if status == 404 else 4)
    request = scripted.requests[-1]
    assert error.startswith(f"{status} Told: Not today ({request.method} {request.path}).")
    assert ("The server asks to wait until 20" in error) == ("retry-after" in headers)
    assert told.startswith(hint)


@pytest.mark.parametrize(
    "line", ["get gone", "update gone -n X", "resend-invitation gone", "reset-password gone", "get gone@b.c"]
)
def test_unknown_user(ax: Ax, account: Sandbox, line: str) -> None:
    """A user who does not exist is exit code 7, and the hint says how to find one, in the program called."""
    error, hint = ax(*line.split()).refused(7)
    assert error.startswith(("404 Not Found: ", "no user has the email gone@b.c"))
    assert "`ax users list --email PART` finds " in hint
    assert "`arize-users list --email PART` finds " in ax(*line.split(), program="arize-users").err


@pytest.mark.parametrize(
    ("line", "body", "content_type"),
    [
        ("get x", b"<html>404 Not Found</html>", "text/html"),
        ("get x", b'{"message": "no Route matched with those values"}', "application/json"),
        ("get a@b.c", b'{"title": "Not Found", "status": 404}', "application/problem+json"),
        (
            "create -n Ada -e ada@example.com --role-id x --invite-mode none",
            b'{"title": "Not Found", "status": 404}',
            "application/problem+json",
        ),
    ],
)
def test_could_not_look(ax: Ax, scripted: Scripted, line: str, body: bytes, content_type: str) -> None:
    """Exit code 7 is the API's word on a user: never a proxy's 404, a missing path's or a custom role's."""
    scripted.set_answer(404, body, {"content-type": content_type})
    _, hint = ax(*line.split()).refused(4)
    assert hint.startswith("Check --role-id: ") is ("--role-id" in line)


def test_ambiguous(ax: Ax, tmp_path: Path) -> None:
    """An address that two users have in another case is exit code 4: somebody has it, so it is not 7."""
    with Sandbox(tmp_path / "twins.db", case_sensitive_emails=True) as sandbox:
        for email in ("Ada@example.com", "aDa@example.com"):
            sandbox.add_user(email=email, name="Ada")
    ran = ax("get", "ada@example.com", ARIZE_BASE_URL=f"sandbox:{tmp_path}/twins.db")
    assert (ran.code, ran.out) == (4, "")


def test_get_or_create(shell: Shell, served: SandboxServer, tmp_path: Path) -> None:
    """`get X; [ $? = 7 ] && create X` invites exactly who is not there, and nobody when it cannot look."""
    ax = f"{shlex.quote(sys.executable)} -m arize_users.cli users"
    invite = f"{ax} create -n Ada -e ada@example.com -r member --invite-mode none"
    script = f"{ax} get ada@example.com; [ $? = 7 ] && {invite}"
    for url, created in (("http://127.0.0.1:1", 0), (served.url, 1), (served.url, 1)):
        env = {**os.environ, "ARIZE_BASE_URL": url}
        subprocess.run(["sh", "-c", script], env=env, cwd=tmp_path, capture_output=True, timeout=60)
        assert [entry.action for entry in served.sandbox.audit] == ["create"] * created


@pytest.mark.parametrize("status", [400, 422])
def test_developer_flag_is_refused(ax: Ax, scripted: Scripted, status: int) -> None:
    """Where a deployment takes no developer flag for a new user, the hint names the command that sets it."""
    scripted.set_answer(status, problem(status, detail="is_developer is not known"))
    assert "`ax users update USER_ID --is-not-developer`" in ax(*ADA.split(), "--is-not-developer").err
    assert "is-not-developer" not in ax(*ADA.split()).err


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
    what, todo = ax(*ADA.replace("none", mode).split()).refused(4)
    assert what.startswith(error)
    assert todo.startswith(f"{hint}`ax users get ada@example.com` shows whether the user exists")


def test_broken_pages(ax: Ax, scripted: Scripted) -> None:
    """A list without an end is an error, and neither a loop nor half a list."""
    scripted.set_answer(200, page([user()], next_cursor="again"))
    error, hint = ax("list", "--all").refused(4)
    assert "the same cursor twice" in error
    assert hint.startswith("This is on the server's side")


def test_connection(ax: Ax, scripted: Scripted) -> None:
    """Where no server answers, exit code 8 and the error say so, and the hint where to look."""
    error, hint = ax("list", "--base-url", "http://127.0.0.1:1").refused(8)
    assert error.startswith("GET /v2/users: no connection could be made")
    for line in (ADA, "update x -n Ada", "reset-password x", "get x"):
        assert ax(*line.split(), "--base-url", "http://127.0.0.1:1").refused(8)[1] == hint
    assert hint == "Check the network and the endpoint (--base-url or --region), and try again."


@pytest.mark.parametrize("body", [b"<html>\x1b[31m</html>", b"", b"[" * 100_000, b'{"title": 5}'])
def test_any_body(ax: Ax, scripted: Scripted, body: bytes) -> None:
    """Whatever a proxy answers, there is no traceback."""
    scripted.set_answer(502, body, {"content-type": "text/html"})
    ran = ax("list", "-v")
    assert (ran.code, "\x1b" in ran.err) == (4, False)
    (error,) = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert error.startswith("error: 502 Bad Gateway (GET /v2/users). The answer from http://127.0.0.1:")
    assert error.endswith(": something between may have answered.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("get 'a b'", "USER_ID|EMAIL: 'a b' holds blanks"),
        ("update x", "nothing to update: give --full-name, --is-developer or --is-not-developer"),
        ("reset-password", "USER_ID"),
        ("delete --email a@b@c -f", "--email: 'a@b@c' is not an email address: it has more than one @"),
        ("delete --email .. -f", "--id: '..' cannot be a user's id"),
        ("delete --id ' , ' --email , -f", "nobody to delete: give at least one"),
        ("frobnicate", "frobnicate"),
        ("list --status inactive", "--status: 'inactive' is not one of 'active', 'invited', 'expired'"),
        ("list --limit 101", "--limit: expected a whole number from 1 to 100, got '101'"),
        ("list -l x", "--limit: expected a whole number from 1 to 100, got 'x'"),
        ("list --all --limit 5", "--all lists everyone: --limit does not go with it"),
        ("list --all --cursor ' '", "--cursor: is empty"),
        ("list --cursor ''", "--cursor: is empty"),
        ("list --email ''", "--email: is empty"),
        ("list --all --email ' '", "--email: is empty"),
        ("list --all --status ''", "--status: '' is not one of"),
        ("get 'a@x;b@x'", "USER_ID|EMAIL: 'a@x;b@x' is not an email address: it is more than one address"),
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
    error, hint = ax(*shlex.split(line)).refused(2)
    assert said in error
    assert (hint[:4], hint[-19:]) == ("`ax ", " --help` shows how.")
    assert scripted.requests == []


def test_all_bad_entries(ax: Ax, scripted: Scripted) -> None:
    """Every id and address that cannot be one is named at once, each on a line, and no request is sent."""
    for guards in ([], ["--min-admins", "1"], ["--dry-run"]):
        named = ["--id", "u1,a@b.c,.", "--email", "ada@acme.com,abc", "-e", "<a@x>", "-e", "@x", "-f"]
        ran = ax("delete", *named, *guards)
        assert (ran.code, ran.out, scripted.requests) == (2, "", [])
        assert ran.err.splitlines() == [
            "error: --id: '.' cannot be a user's id",
            "error: --email: '<a@x>' is not an email address: it has a name or brackets around the address",
            "error: --email: '@x' is not an email address: it has nothing before the @",
            "hint: `ax users delete --help` shows how.",
        ]


def test_ambiguous_email(ax: Ax, scripted: Scripted) -> None:
    """An address that two users match equally well is an error with both ids, and neither is shown."""
    twins = [user(id="u1", email="Mira@acme.com"), user(id="u5", email="mira@acme.com")]
    scripted.set_answer(200, page(twins))
    assert ax("get", "mira@acme.com", "-o", "json").json["id"] == "u5"
    error, hint = ax("get", "MIRA@acme.com").refused(4)
    assert error[:64] == "2 users match 'MIRA@acme.com': 'Mira@acme.com' has the id 'u1', "
    assert hint == "Give the id of the one who is meant."


def test_split_values() -> None:
    """Commas, semicolons, blanks and line breaks separate the values of an option that takes several."""
    given = ["a@x;b@x,c@x", " d@x\r\ne@x\t\u00a0f@x ", ",; ", ""]
    assert split_values(given) == ["a@x", "b@x", "c@x", "d@x", "e@x", "f@x"]
    assert split_values(None) == []


def test_called_with_nothing(ax: Ax) -> None:
    """A group called without a command shows its help, as a usage error."""
    ran = ax("users")
    assert (ran.code, ran.out) == (2, "")
    assert "ax users" in ran.err.splitlines()[0]
    assert "resend-invitation" in ran.err


def test_verbose(ax: Ax, scripted: Scripted) -> None:
    """--verbose adds method, path, status, request id and body, one per line."""
    body = problem(400, extra="a\nb\x1b[0m")
    scripted.set_answer(400, json.dumps(body, indent=2).encode(), {"x-request-id": "req-1"})
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
    scripted.set_answer(400, body)
    ran = ax("get", "x", "-v")
    assert (HIDDEN in ran.err, "s3cret" in ran.err) == (True, False)


def test_no_key_anywhere(ax: Ax, scripted: Scripted) -> None:
    """The key is not shown even where a server's answer quotes it."""
    scripted.set_answer(403, problem(403, detail="Bearer key-of-a-customer is no good"))
    ran = ax("get", "x", "-v")
    assert ran.err.count(HIDDEN) == 2
    assert "key-of-a-customer" not in ran.err
    assert "other-key-here" not in ax("get", "x", "--api-key", "other-key-here", "-v").err


def test_errors_are_literal(ax: Ax, scripted: Scripted) -> None:
    """Markup, newlines and escapes in what a server says neither style nor break the two lines."""
    scripted.set_answer(400, problem(400, title="[red]x[/y]", detail="a\nb\x1b[31m\u202e\ud800"))
    assert ax("get", "x").refused(4)[0] == r"400 [red]x[/y]: a\nb\x1b[31m\u202e\ud800 (GET /v2/users/x)."


@pytest.mark.usefixtures("no_backoff")
def test_retries_are_logged(ax: Ax, served: SandboxServer) -> None:
    """--verbose shows retries on standard error; standard output holds only data."""
    served.sandbox.faults.add("bad_gateway", operation="list_users")
    ran = ax("list", "-v", "-o", "json", ARIZE_MAX_RETRIES="1")
    assert len(ran.json["users"]) == 3
    assert "warning: GET /v2/users: 502; retry 1 of 1 in 0.00 s" in ran.err.splitlines()


def test_beta_warning(shell: Shell, account: Sandbox) -> None:
    """The beta warning is one line, once, and no error even where warnings are errors."""
    env = {"ARIZE_DISABLE_PRERELEASE_WARNINGS": "", "PYTHONWARNINGS": "error"}
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


def test_what_was_given_is_shown_whole(ax: Ax, account: Sandbox) -> None:
    """What was given is quoted whole, though it may look like what the client says to programs."""
    ran = ax("get", "ada @example.com (id=1)")
    assert "'ada @example.com (id=1)' is not an email address" in ran.err
