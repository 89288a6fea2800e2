"""What a command advises works, in the words of a shell, and -v shows more where it is said to."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Profile, Scripted
from .test_cli_errors import ADA, problem

COMMAND = re.compile(r"`([^`]+)`")
VERBOSE = "--verbose shows what the server answered."


def advised(hint: str, user_id: str = "") -> list[list[str]]:
    """Give the commands that a hint names, without their program."""
    commands = [shlex.split(command) for command in COMMAND.findall(hint)]
    assert all(words[:2] == ["ax", "users"] for words in commands)
    return [[user_id if word == "USER_ID" else word for word in words[2:]] for words in commands]


@pytest.mark.parametrize(("days", "command"), [(0, "resend-invitation"), (30, "create")])
def test_password_lost(ax: Ax, served: SandboxServer, days: int, command: str) -> None:
    """After a temporary password is lost, the hint has the command for each state, and it works."""
    sandbox = served.sandbox
    sandbox.faults.add("reset_after", operation="create_user")
    line = shlex.split(ADA.replace("none", "temporary_password"))
    hint = ax(*line).refused(4)[1]
    assert hint.endswith("Deleting would block the address for good.")
    assert [words[0] for words in advised(hint)] == ["get", "resend-invitation", "reset-password", "create"]
    sandbox.set_time(sandbox.now() + timedelta(days=days))
    found = ax(*advised(hint)[0], "-o", "json").json
    assert found["status"] == ("expired" if days else "invited")
    (mend,) = [words for words in advised(hint, found["id"]) if words[0] == command]
    assert ax(*(line if command == "create" else mend)).code == 0


@pytest.mark.parametrize(
    ("status", "command", "mend"),
    [
        ("active", "resend-invitation", "reset-password"),
        ("invited", "reset-password", "resend-invitation"),
        ("expired", "resend-invitation", "create"),
        ("expired", "reset-password", "create"),
    ],
)
def test_mail_to_the_wrong_state(ax: Ax, account: Sandbox, status: str, command: str, mend: str) -> None:
    """Where one of the mails is not for the user's state, the hint has the command that is, and it works."""
    user_id = account.add_user(email="ada@example.com", name="Ada", status=status)
    hint = ax(command, user_id).err.splitlines()[1]
    assert [words[0] for words in advised(hint)] == [
        {"resend-invitation": "reset-password", "reset-password": "resend-invitation"}[command],
        "create",
    ]
    (words,) = [words for words in advised(hint) if words[0] == mend]
    invite = shlex.split(ADA.replace("none", "email_link"))
    assert ax(*(invite if mend == "create" else words)).code == 0


@pytest.mark.parametrize("line", ["get a\uff20b.c", "update a\uff20b.c -n X", "delete -f --id a\uff20b.c"])
def test_wide_at_sign(ax: Ax, scripted: Scripted, line: str) -> None:
    """An address with a wide @ is to be written with a plain one."""
    assert ax(*shlex.split(line)).refused(2)[1] == "Write an address with a plain @."
    assert scripted.requests == []


def test_verbose_with_an_unusable_format(ax: Ax, served: SandboxServer, profile: Profile) -> None:
    """-v fails at no setting that the command does not use."""
    profile("output.format = 'xml'", active=True)
    assert ax("list", "-o", "json", "-v").code == 0


def test_deleting_oneself(ax: Ax, account: Sandbox) -> None:
    """Whoever deletes themselves with an admin's key is told to use the key of another admin."""
    owner = ax("get", "owner@sandbox.example", "-o", "json").json["id"]
    ran = ax("delete", "--id", owner, "-f", "-o", "json")
    assert ran.code == 3
    assert "use the key of another admin" in ran.json["results"][0]["error"]


@pytest.mark.parametrize(
    ("line", "permission"),
    [
        ("list", "USER_READ"),
        (ADA, "USER_CREATE"),
        ("update x -n X", "USER_UPDATE"),
        ("resend-invitation x", "USER_CREATE"),
        ("reset-password x", "USER_UPDATE"),
    ],
)
def test_permissions(ax: Ax, served: SandboxServer, line: str, permission: str) -> None:
    """A 403 names the permission that the command needs."""
    hint = ax(*shlex.split(line), ARIZE_API_KEY="sandbox-annotator").refused(4)[1]
    assert re.search(rf"^Use the key of an admin.*a role with {permission}", hint)


@pytest.mark.parametrize("role", ["--role-id Um9sZTox", "-r member"])
def test_missing_custom_role(ax: Ax, scripted: Scripted, role: str) -> None:
    """A 404 to `create` advises about the custom role where one was given, and never about a user."""
    scripted.set_answer(404, problem(404, detail="No such role"))
    hint = ax(*shlex.split(ADA.replace("-r member", role))).refused(4)[1]
    assert hint.startswith("Check --role-id: " if "--role-id" in role else "Check the endpoint")


def test_id_of_a_custom_role(ax: Ax, scripted: Scripted) -> None:
    """The id of a custom role given as a predefined role is refused with the option that it belongs to."""
    error, hint = ax(*shlex.split(ADA.replace("member", "Um9sZTox"))).refused(2)
    assert error.startswith("--role: 'Um9sZTox' is not one of 'admin', 'member', 'annotator'")
    assert hint == "A custom role is given by its id, with --role-id."
    assert scripted.requests == []


@pytest.mark.usefixtures("no_backoff")
def test_verbose_shows_each_attempt(ax: Ax, served: SandboxServer) -> None:
    """-v shows host, query, status, time taken, request id and retry, and where the settings come from.

    Never the key, nor a password that the server issues.
    """
    served.sandbox.faults.add("rate_limit", operation="list_users", retry_after=0)
    line = "list --email a@b.c --status active -v -o json"
    ran = ax(*shlex.split(line), ARIZE_MAX_RETRIES="1")
    host = re.escape(served.url)
    expected = [
        r"debug: api_key: from ARIZE_API_KEY",
        rf"debug: endpoint: {host}, from ARIZE_BASE_URL",
        r"debug: max_retries: 1, from ARIZE_MAX_RETRIES",
        r"debug: enum_case: auto, from the default",
        r"debug: GET /v2/users\?limit=50&email=a%40b.c&status=active: 429.*, in \d+\.\d{3} s",
        r"warning: GET /v2/users: 429; retry 1 of 1 in \d+\.\d\d s",
        r"debug: GET /v2/users\?limit=50&email=a%40b.c&status=active: 200, request id \S+, in \d+\.\d{3} s",
    ]
    found = [[text for text in ran.err.splitlines() if re.fullmatch(one, text)] for one in expected]
    assert [len(one) for one in found] == [1] * len(expected)
    assert "sandbox-admin" not in ran.err
    created = ax(*shlex.split(ADA.replace("none", "temporary_password")), "-v", "-o", "json")
    assert created.json["temporary_password"] not in created.err


@pytest.mark.parametrize("status", [302, 400, 405, 422])
@pytest.mark.parametrize("has_more", [False, True])
@pytest.mark.parametrize("line", ["list", "get x"])
def test_where_verbose_shows_more(ax: Ax, scripted: Scripted, status: int, has_more: bool, line: str) -> None:
    """--verbose is advised where the API's answer says more than the error does, and nowhere else."""
    more = {"errors": [{"field": "email"}]} if has_more else {}
    told = problem(status, type="about:blank", instance="/v2/users", error_code="NO", **more)
    scripted.set_answer(status, json.dumps(told).encode(), {"content-type": "application/problem+json"})
    assert (VERBOSE in ax(*line.split()).refused(4)[1]) is has_more
    assert ("What the server answered is below." in ax(*line.split(), "-v").err) is has_more


@pytest.mark.parametrize("body", [b"", b" \n", b"<html>A proxy's page</html>", b'{"message": "blocked"}'])
@pytest.mark.parametrize("line", ["list", "get x", "resend-invitation x", "reset-password x", ADA])
def test_refused_by_something_between(ax: Ax, scripted: Scripted, body: bytes, line: str) -> None:
    """Where something between refused, the hint is about the endpoint, and about no user and no option."""
    scripted.set_answer(400, body, {"content-type": "application/json"})
    hint = ax(*shlex.split(line)).refused(4)[1]
    assert hint.startswith("Check the endpoint")


def test_key_refused_by_something_between(ax: Ax, scripted: Scripted) -> None:
    """A 401 of anyone else may be about the key as well as about the endpoint."""
    scripted.set_answer(401, b"", {})
    hint = ax("list").refused(4)[1]
    assert hint.startswith("Check the endpoint")
    assert "Check the API key (--api-key, ARIZE_API_KEY or the profile)" in hint
