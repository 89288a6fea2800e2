"""`--write`: it touches its own users only, mails nobody, and leaves none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from contract_deployments import (
    EMPTY_OBJECT,
    JSON,
    NO_USERS,
    PAGE,
    Check,
    Deployment,
    Rewrite,
    edit,
    having,
    on,
    replace,
    without,
)

from arize_users.sandbox import Request, Response, SandboxServer, UserRecord

CREATE = on("POST", "/v2/users", status=201)
UPDATE = on("PATCH", "/v2/users/.+")


def own(deployment: Deployment) -> list[UserRecord]:
    """Return every user that a run created."""
    return [user for user in deployment.users() if user.email.startswith("arize-users-contract-")]


def own_statuses(deployment: Deployment) -> list[str]:
    return [str(user.status) for user in own(deployment)]


def last_steps(deployment: Deployment) -> set[str]:
    """Return the last part of the path of each request."""
    return {request.path.rpartition("/")[2] for request in deployment.requests}


@pytest.fixture(autouse=True)
def _others_are_untouched(deployment: Deployment) -> Iterator[None]:
    """Check afterwards that nobody else was changed and nothing was mailed to anyone."""
    before = deployment.users()
    yield
    created = own(deployment)
    assert [user for user in deployment.users() if user not in created] == before
    assert deployment.outbox == []
    assert {entry.email for entry in deployment.audit} <= {user.email for user in created}


@pytest.mark.parametrize(
    ("deployment", "notes"), [("lower", set()), ("upper", {"other case"})], indirect=["deployment"]
)
def test_the_account_is_left_as_it_was(deployment: Deployment, check: Check, notes: set[str]) -> None:
    """All operations are checked, and only one blocked user at a reserved domain remains."""
    outcome = check("--write")
    assert (outcome.code, outcome.lines()) == (0, [])
    assert {line.partition(":")[0] for line in outcome.lines("notes")} == notes
    assert len(outcome.checks) == 20
    assert "skipped" not in outcome.checks.values()
    assert json.loads(outcome.out)["left_behind"] == []
    (user,) = own(deployment)
    assert user.status == "inactive"
    assert user.email.endswith("@example.com")
    assert [entry.action for entry in deployment.audit] == ["create", "update", "delete"]
    assert {"resend-invitation", "reset-password"} <= last_steps(deployment)


def test_two_runs_do_not_meet(deployment: Deployment, check: Check) -> None:
    """Each run creates its own users, so it can be repeated on the same account."""
    assert check("--write").code == check("--write").code == 0
    assert len({user.email for user in own(deployment)}) == 2


# What the report says, and what the deployment does.
DEVIATIONS: list[tuple[str, Rewrite]] = [
    ("missing field: create_user 201 invite_mode: it is required", edit(CREATE, without("invite_mode"))),
    ("missing field: create_user 201 id: it is required", edit(CREATE, without("id"))),
    ("other status: create_user 200: expected 201", replace(CREATE, EMPTY_OBJECT)),
    (
        "broken rule: create_user 201: a user created without an invitation is not active",
        edit(CREATE, having(status="invited")),
    ),
    (
        "broken rule: create_user 201: the user has another role than asked for",
        edit(CREATE, having(role={"type": "predefined", "name": "admin"})),
    ),
    (
        "broken rule: create_user 201: a temporary password that was not asked for",
        edit(CREATE, having(temporary_password="hunter2hunter2")),
    ),
    (
        "broken rule: list_users 200: it does not find the user just created",
        edit(PAGE, lambda page: NO_USERS),
    ),
    (
        "broken rule: update_user 200: the answer does not have the new name",
        edit(UPDATE, having(name="As before")),
    ),
    (
        "other status: update_user 200: expected 400; expected 400 or 422",
        replace(on("PATCH", ".*", status=400), EMPTY_OBJECT),
    ),
    (
        "other status: delete_user 200: the contract does not document it",
        replace(on("DELETE", ".*", status=204), EMPTY_OBJECT),
    ),
    ("other status: get_user 200: expected 404", replace(on("GET", ".*", status=404), EMPTY_OBJECT)),
    (
        "unreadable body: resend_user_invitation 202: a body where the contract has none",
        replace(on("POST", ".*/resend-invitation", status=400), Response(202, (), b"ok")),
    ),
]


@pytest.mark.parametrize(("line", "rewrite"), DEVIATIONS)
def test_every_kind_of_deviation_is_found_and_cleaned_up(
    deployment: Deployment, check: Check, line: str, rewrite: Rewrite
) -> None:
    """The report says what the operations that write do against the contract, and no user stays."""
    deployment.rewrite = rewrite
    outcome = check("--write")
    assert outcome.code == 1
    assert line in outcome.lines()
    assert "hunter2" not in outcome.out
    assert own_statuses(deployment) == ["inactive"]


@pytest.mark.parametrize("fields", [("id",), ("email",), ("id", "email")])
def test_an_answer_about_somebody_else_harms_nobody(
    deployment: Deployment, check: Check, fields: tuple[str, ...]
) -> None:
    """A deployment that answers with another user's id does not get that user updated or deleted."""
    other = next(user for user in deployment.users() if user.email == "custom@example.org")
    deployment.rewrite = edit(CREATE, having(**{name: getattr(other, name) for name in fields}))
    outcome = check("--write")
    assert any(line.endswith(": the answer is about somebody else") for line in outcome.lines())
    assert outcome.checks["create a user"] == outcome.checks["delete the user"] == "skipped"
    assert own_statuses(deployment) == ["inactive"]


def test_a_user_whose_creation_was_never_answered_is_removed(deployment: Deployment, check: Check) -> None:
    """After a lost answer the address is looked up at the end, so the user does not stay."""
    deployment.faults.add("reset_after", operation="create_user")
    assert any(line.startswith("no answer: create_user: ") for line in check("--write").lines())
    assert own_statuses(deployment) == ["inactive"]


def test_it_runs_in_a_thread_as_well(deployment: Deployment, check: Check) -> None:
    """A program that checks deployments in threads, where signals cannot be handled, gets its reports."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(check, "--write").result().code == 0


def test_a_malformed_create_that_is_taken_is_removed(deployment: Deployment, check: Check) -> None:
    """A user that should have been refused and was not is removed as well."""

    def take_all(request: Request, response: Response) -> Response:
        if request.method == "POST" and response.status == 400 and request.path == "/v2/users":
            deployment.add_user(email=json.loads(request.body)["email"], name="Taken")
            return Response(201, JSON, b"{}")
        return response

    deployment.rewrite = take_all
    assert "other status: create_user 201: expected 400 or 422" in check("--write").lines()
    assert own_statuses(deployment) == ["inactive", "inactive"]


def test_no_mail_is_risked_when_the_user_may_still_exist(deployment: Deployment, check: Check) -> None:
    """Where the look-up fails, requests that would mail an active user are not sent."""
    refused = Response(500)
    deployment.rewrite = lambda request, response: refused if "email" in request.query else response
    outcome = check("--write")
    assert outcome.checks["send nothing to a deleted user"] == "skipped"
    assert len(json.loads(outcome.out)["left_behind"]) == 2
    assert "reset-password" not in last_steps(deployment)


@pytest.mark.parametrize("status", [404, 500])
def test_a_user_that_cannot_be_removed_is_named(
    deployment: Deployment, run: Check, url: str, status: int
) -> None:
    """A user that stays is named, is sent no mail meanwhile, and makes the run fail."""
    refusal = {"body": {"title": "", "status": status}, "content_type": "application/problem+json"}
    deployment.faults.add("status", operation="delete_user", every=1, status=status, **refusal)
    outcome = run("--base-url", url, "--api-key", "sandbox-admin", "--write")
    (user,) = own(deployment)
    assert user.status == "active"
    assert outcome.code == 1
    assert f"Not removed, please do: {user.email}" in outcome.out
    assert "skipped     send nothing to a deleted user" in outcome.out


@pytest.mark.posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_cleans_up(deployment: Deployment, number: signal.Signals) -> None:
    """Ctrl-C during an update, and again during the cleaning up, leaves no user behind and ends with 130."""
    started: list[subprocess.Popen[str]] = []

    def interrupt(request: Request, response: Response) -> Response:
        if request.method in ("PATCH", "DELETE"):
            os.kill(started[0].pid, number)
        return response

    deployment.rewrite = interrupt
    with SandboxServer(deployment, latency=0.02) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "arize_users.contract", "--base-url", server.url, "--write"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "ARIZE_API_KEY": "sandbox-admin"},
        )
        started.append(process)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "arize-users contract: interrupted.\n")
    assert own_statuses(deployment) == ["inactive"]
    assert "reset-password" not in last_steps(deployment)
