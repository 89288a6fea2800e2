"""`--write`: it touches its own users only, mails nobody, and leaves none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from contract_deployments import Bend, Check, Deployment, edit, instead, on

from arize_users.sandbox import Request, Response, SandboxServer, UserRecord

CREATE = on("POST", "/v2/users", status=201)
UPDATE = on("PATCH", "/v2/users/.+")
DELETE = on("DELETE", "/v2/users/.+", status=204)
NOT_FOUND = on("GET", "/v2/users/.+", status=404)
GONE = Response(404, (("content-type", "application/problem+json"),), b'{"title":"","status":404}')


def others(deployment: Deployment) -> list[UserRecord]:
    """Every user that no run made."""
    return [user for user in deployment.users() if not user.email.startswith("arize-users-contract-")]


def own(deployment: Deployment) -> list[UserRecord]:
    """Every user that a run made."""
    return [user for user in deployment.users() if user.email.startswith("arize-users-contract-")]


@pytest.fixture
def others_untouched(deployment: Deployment) -> Any:
    """Check afterwards that nobody else was changed and nothing was mailed to anyone."""
    before = others(deployment)
    yield
    assert others(deployment) == before
    assert deployment.outbox == []
    assert {entry.email for entry in deployment.audit} <= {user.email for user in own(deployment)}


pytestmark = pytest.mark.usefixtures("others_untouched")


@pytest.mark.parametrize(("deployment", "code"), [("lower", 0), ("upper", 1)], indirect=["deployment"])
def test_the_account_is_left_as_it_was(deployment: Deployment, check: Check, code: int) -> None:
    """All operations are checked, and only one blocked user at a reserved domain remains."""
    outcome = check("--write")
    assert outcome.code == code
    assert {kind for kind, *_ in outcome.found()} == ({"other case"} if code else set())
    assert len(outcome.report["checks"]) == 20
    assert "skipped" not in outcome.report["checks"].values()
    assert outcome.report["left_behind"] == []
    (user,) = own(deployment)
    assert user.status == "inactive"
    assert user.email.endswith("@example.com")
    assert [entry.action for entry in deployment.audit] == ["create", "update", "delete"]
    asked = {(request.method, request.path.rpartition("/")[2]) for request in deployment.requests}
    assert {("POST", "resend-invitation"), ("POST", "reset-password")} <= asked


def test_without_the_option_nothing_is_written(deployment: Deployment, check: Check) -> None:
    """A check that was not asked to write creates nobody."""
    check()
    assert own(deployment) == []


def test_two_runs_do_not_meet(deployment: Deployment, check: Check) -> None:
    """Each run makes users of its own, so it can be repeated on the same account."""
    assert check("--write").code == check("--write").code == 0
    assert len({user.email for user in own(deployment)}) == 2


DEVIATIONS: dict[str, tuple[Bend, tuple[str, str, int, str], str]] = {
    "creating answers without the invite mode": (
        edit(CREATE, lambda user: user.pop("invite_mode") and None),
        ("missing field", "create_user", 201, "invite_mode"),
        "required",
    ),
    "creating answers 200": (
        lambda request, response: (
            Response(200, response.headers, response.body) if CREATE(request, response) else response
        ),
        ("other status", "create_user", 200, ""),
        "expected 201",
    ),
    "a new user is invited": (
        edit(CREATE, lambda user: user.update(status="invited")),
        ("broken rule", "create_user", 201, ""),
        "not active",
    ),
    "a new user has another role": (
        edit(CREATE, lambda user: user.update(role={"type": "predefined", "name": "admin"})),
        ("broken rule", "create_user", 201, ""),
        "another role",
    ),
    "a password nobody asked for": (
        edit(CREATE, lambda user: user.update(temporary_password="hunter2hunter2")),
        ("broken rule", "create_user", 201, ""),
        "not asked for",
    ),
    "a new user cannot be found": (
        edit(on("GET", "/v2/users"), lambda page: {"users": [], "pagination": {"has_more": False}}),
        ("broken rule", "list_users", 200, ""),
        "just created",
    ),
    "an update changes nothing": (
        edit(UPDATE, lambda user: user.update(name="As before")),
        ("broken rule", "update_user", 200, ""),
        "new name",
    ),
    "deleting answers with a body": (
        instead(DELETE, Response(200, (("content-type", "application/json"),), b"{}")),
        ("other status", "delete_user", 200, ""),
        "does not document",
    ),
    "a deleted user is still there": (
        lambda request, response: (
            Response(200, (("content-type", "application/json"),), b"{}")
            if NOT_FOUND(request, response)
            else response
        ),
        ("other status", "get_user", 200, ""),
        "expected 404",
    ),
    "an accepted mail carries a body": (
        lambda request, response: (
            Response(202, (), b"ok") if request.path.endswith("/resend-invitation") else response
        ),
        ("unreadable body", "resend_user_invitation", 202, ""),
        "a body where the contract has none",
    ),
    "a malformed update is taken": (
        lambda request, response: (
            Response(200, (("content-type", "application/json"),), b"{}")
            if request.method == "PATCH" and response.status == 400
            else response
        ),
        ("other status", "update_user", 200, ""),
        "expected 400 or 422",
    ),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_every_kind_of_deviation_is_found_and_cleaned_up(
    deployment: Deployment, check: Check, name: str
) -> None:
    """Whatever the operations that write do against the contract is told, and no user stays."""
    deployment.bend, expected, detail = DEVIATIONS[name]
    outcome = check("--write")
    assert outcome.code == 1
    assert expected in outcome.found(), outcome.out
    assert detail in outcome.details()
    assert "hunter2" not in outcome.out
    assert outcome.report["left_behind"] == []
    assert [user.status for user in own(deployment)] == ["inactive"]


def answer_about(deployment: Deployment, *fields: str) -> Callable[[Any], None]:
    """Put somebody else's values into the answer to a create."""
    victim = next(user for user in deployment.users() if user.email == "custom@example.org")
    return lambda user: user.update({name: getattr(victim, name) for name in fields})


@pytest.mark.parametrize("fields", [("id",), ("email",), ("id", "email")])
def test_an_answer_about_somebody_else_harms_nobody(
    deployment: Deployment, check: Check, fields: tuple[str, ...]
) -> None:
    """A deployment that answers with another user's id does not get that user updated or deleted."""
    deployment.bend = edit(CREATE, answer_about(deployment, *fields))
    outcome = check("--write")
    assert "somebody else" in outcome.details()
    assert outcome.report["checks"]["create a user"] == "skipped"
    assert outcome.report["checks"]["delete the user"] == "skipped"
    assert [user.status for user in own(deployment)] == ["inactive"]


def test_a_user_whose_creation_was_never_answered_is_removed(deployment: Deployment, check: Check) -> None:
    """A lost answer costs no clean account: the address is looked up at the end."""
    deployment.faults.add("reset_after", operation="create_user")
    outcome = check("--write")
    assert ("no answer", "create_user", None, "") in outcome.found()
    assert [user.status for user in own(deployment)] == ["inactive"]


def test_a_new_user_without_an_id_is_removed(deployment: Deployment, check: Check) -> None:
    """An answer that does not say who was created leaves nobody behind either."""
    deployment.bend = edit(CREATE, lambda user: user.pop("id") and None)
    outcome = check("--write")
    assert ("missing field", "create_user", 201, "id") in outcome.found()
    assert [user.status for user in own(deployment)] == ["inactive"]


def test_it_runs_in_a_thread_as_well(deployment: Deployment, check: Check) -> None:
    """A program that checks deployments in threads, where signals cannot be handled, gets its reports."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(check, "--write").result().code == 0


def test_a_malformed_create_that_is_taken_is_removed(deployment: Deployment, check: Check) -> None:
    """What should have been refused and was not is cleaned up as well."""

    def take_all(request: Request, response: Response) -> Response:
        if request.method == "POST" and response.status == 400 and request.path == "/v2/users":
            deployment.add_user(email=json.loads(request.body)["email"], name="Taken")
            return Response(201, (("content-type", "application/json"),), b"{}")
        return response

    deployment.bend = take_all
    outcome = check("--write")
    assert ("other status", "create_user", 201, "") in outcome.found()
    assert {user.status for user in own(deployment)} == {"inactive"}
    assert len(own(deployment)) == 2


def test_no_mail_is_risked_when_nobody_can_tell_whether_the_user_is_gone(
    deployment: Deployment, check: Check
) -> None:
    """Where the look-up fails, what would mail an active user is not tried."""
    refused = Response(500)
    deployment.bend = lambda request, response: refused if "email" in request.query else response
    outcome = check("--write")
    assert outcome.report["checks"]["send nothing to a deleted user"] == "skipped"
    assert len(outcome.report["left_behind"]) == 2
    assert "reset-password" not in {request.path.rpartition("/")[2] for request in deployment.requests}


@pytest.mark.parametrize("answer", [GONE, Response(500)])
def test_what_cannot_be_removed_is_named(
    deployment: Deployment, run: Check, url: str, answer: Response
) -> None:
    """A user that stays is named, is sent no mail meanwhile, and makes the run fail."""
    deployment.before = lambda request: answer if request.method == "DELETE" else None
    outcome = run("--base-url", url, "--api-key", "sandbox-admin", "--write")
    (user,) = own(deployment)
    assert user.status == "active"
    assert outcome.code == 1
    assert f"Not removed, please do: {user.email}" in outcome.out
    assert "skipped     send nothing to a deleted user" in outcome.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_cleans_up(deployment: Deployment, number: signal.Signals) -> None:
    """Ctrl-C in the middle, and again while cleaning up, leaves no user behind and ends with 130."""
    started: list[subprocess.Popen[str]] = []

    def interrupt(request: Request, response: Response) -> Response:
        if request.method in ("PATCH", "DELETE"):
            os.kill(started[0].pid, number)
        return response

    deployment.bend = interrupt
    with SandboxServer(deployment, latency=0.02) as server:
        arguments = ["--base-url", server.url, "--write"]
        process = subprocess.Popen(
            [sys.executable, "-m", "arize_users.contract", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "ARIZE_API_KEY": "sandbox-admin"},
        )
        started.append(process)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err == "arize-users contract: interrupted.\n"
    assert [user.status for user in own(deployment)] == ["inactive"]
    assert "reset-password" not in {request.path.rpartition("/")[2] for request in deployment.requests}
