"""The read-only check: what conforms is found to conform, and a report says no more than it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_deployments import (
    NO_USERS,
    ONE,
    PAGE,
    SPEC,
    Check,
    Deployment,
    each_user,
    edit,
    with_field,
)

from arize_users.sandbox import Response


def test_a_deployment_that_conforms_has_no_deviation_and_is_not_changed(
    deployment: Deployment, check: Check
) -> None:
    """Against a deployment that keeps the contract the check passes, and has only read."""
    outcome = check()
    assert (outcome.code, outcome.report["conforms"], outcome.err) == (0, True, "")
    assert outcome.report["deviations"] == outcome.report["notes"] == []
    assert set(outcome.report["checks"].values()) == {"ok"}
    assert deployment.audit == deployment.outbox == []
    assert {request.method for request in deployment.requests} == {"GET"}
    assert outcome.report["requests"] == len(deployment.requests)
    assert {200, 400, 401, 404} == {request.status for request in deployment.requests}


def test_a_local_account_needs_no_server_and_no_key(run: Check, tmp_path: Path) -> None:
    """`--base-url sandbox:` shows what a report looks like, without a deployment."""
    for base_url in ("sandbox:", f"sandbox:{tmp_path / 'account.db'}"):
        outcome = run("--base-url", base_url)
        assert outcome.code == 0
        assert outcome.out.splitlines()[-1] == "Conforms to the contract."
        assert "  ok          get by email" in outcome.out


def test_the_environment_names_the_deployment_as_for_the_client(
    run: Check, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the client's variables set needs no argument."""
    monkeypatch.setenv("ARIZE_BASE_URL", url)
    monkeypatch.setenv("ARIZE_API_KEY", "sandbox-admin")
    outcome = run()
    assert outcome.code == 0
    assert outcome.out.startswith(url)


@pytest.mark.parametrize("deployment", ["upper"], indirect=True)
def test_the_other_case_is_one_deviation_for_each_place(check: Check, run: Check, url: str) -> None:
    """A deployment of the second generation is told by its case, in one line per place and not per user."""
    outcome = check()
    assert outcome.code == 1
    places = {("status"), ("role.type"), ("role.name")}
    assert outcome.found() == {
        *(("other case", "list_users", 200, f"users[].{place}") for place in places),
        *(("other case", "get_user", 200, place) for place in places),
    }
    assert set(outcome.report["checks"].values()) == {"ok", "other case"}
    assert "'ACTIVE' for 'active'" in outcome.details()
    text = run("--base-url", url, "--api-key", "sandbox-admin").out
    assert text.count("other case: ") == 6
    assert "breaks no code" in text


def in_upper_case(node: Any) -> Any:
    """Spell all values of a spec as the second generation does."""
    if isinstance(node, list):
        return [in_upper_case(child) for child in node]
    if not isinstance(node, dict):
        return node
    node = {name: in_upper_case(child) for name, child in node.items()}
    if isinstance(node.get("enum"), list):
        node["enum"] = [value.upper() for value in node["enum"]]
    if "mapping" in node:
        node["mapping"] = {value.upper(): target for value, target in node["mapping"].items()}
    return node


@pytest.mark.parametrize(("deployment", "code"), [("upper", 0), ("lower", 1)], indirect=["deployment"])
def test_another_spec_can_be_the_contract(check: Check, tmp_path: Path, code: int) -> None:
    """`--spec` takes a document of one's own, here one of the second generation, as JSON."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(in_upper_case(yaml.safe_load(SPEC.read_text()))))
    outcome = check("--spec", str(spec), "--write")
    assert outcome.code == code
    assert {kind for kind, *_ in outcome.found()} == ({"other case"} if code else set())


def test_what_the_contract_does_not_mention_is_a_note(deployment: Deployment, check: Check) -> None:
    """A field beyond the contract is told and breaks nothing: the exit code stays 0."""
    deployment.bend = edit(PAGE, each_user(with_field("badge", "gold")))
    outcome = check()
    assert outcome.code == 0
    assert outcome.found("notes") == {("undocumented field", "list_users", 200, "users[].badge")}
    assert all(user.email not in outcome.out for user in deployment.users())


def test_a_retry_after_that_is_no_number_is_found(deployment: Deployment, check: Check) -> None:
    """A documented header is checked where it is sent; what was not answered is not judged further."""
    for number, retry_after in enumerate(("soon", 5), start=2):
        deployment.faults.add("rate_limit", operation="list_users", nth=number, retry_after=retry_after)
    outcome = check()
    assert outcome.found() == {("header", "list_users", 429, "Retry-After")}
    assert "string for integer" in outcome.details()
    assert outcome.report["checks"]["page through users"] == "skipped"
    assert ("not checked", "page through users", None, "") in outcome.found("notes")


def test_a_header_that_the_contract_requires_is_missed(
    deployment: Deployment, check: Check, tmp_path: Path
) -> None:
    """A refusal for asking too often has to say how long to wait, where the contract says so."""
    document = yaml.safe_load(SPEC.read_text())
    document["components"]["responses"]["TooManyRequests"]["headers"]["Retry-After"]["required"] = True
    spec = tmp_path / "strict.yaml"
    spec.write_text(yaml.safe_dump(document))
    deployment.faults.add("rate_limit", operation="list_users", nth=2, retry_after=None)
    outcome = check("--spec", str(spec))
    assert outcome.found() == {("header", "list_users", 429, "Retry-After")}


@pytest.mark.parametrize("fault", ["truncated", "reset_after"])
def test_an_answer_that_does_not_come_is_a_deviation(
    deployment: Deployment, check: Check, fault: str
) -> None:
    """A connection that breaks midway is told, and the other checks go on."""
    deployment.faults.add(fault, operation="get_user")
    outcome = check()
    assert outcome.found() == {("no answer", "get_user", None, "")}
    assert outcome.report["checks"]["get by id"] == "deviates"
    assert outcome.report["checks"]["refuse an unknown key"] == "ok"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("repeat_cursor", ("broken rule", "list_users", 200, "pagination.next_cursor")),
        ("stale_cursor", ("other status", "list_users", 400, "")),
    ],
)
def test_a_cursor_that_leads_nowhere_is_a_deviation(
    deployment: Deployment, check: Check, fault: str, expected: tuple[str, str, int, str]
) -> None:
    """A list that cannot be paged through is told."""
    deployment.faults.add(fault, every=1)
    assert expected in check().found()


def test_a_limit_that_gets_no_answer_is_a_deviation(deployment: Deployment, check: Check) -> None:
    """The requests beyond the client's own are judged in the same way."""
    deployment.bend = lambda request, response: (
        Response(400, (*response.headers, ("content-encoding", "gzip")), b"not gzip")
        if response.status == 400
        else response
    )
    assert check().found() == {("no answer", "list_users", None, "")}


def test_an_account_without_users_is_checked_as_far_as_it_goes(deployment: Deployment, check: Check) -> None:
    """What needs a user is skipped, and said to be."""
    deployment.bend = edit(PAGE, lambda page: NO_USERS)
    outcome = check()
    assert outcome.code == 0
    skipped = {name for name, state in outcome.report["checks"].items() if state == "skipped"}
    assert skipped == {"page through users", "filter by email", "get by id", "get by email"}


def test_what_the_contract_allows_and_the_client_cannot_read_is_told(
    deployment: Deployment, check: Check, tmp_path: Path
) -> None:
    """A contract laxer than the client shows where the client would fail."""
    document = yaml.safe_load(SPEC.read_text())
    document["components"]["schemas"]["User"] = {}
    spec = tmp_path / "lax.yaml"
    spec.write_text(yaml.safe_dump(document))
    deployment.bend = edit(ONE, with_field("name", 7))
    outcome = check("--spec", str(spec))
    assert outcome.found() == {("broken rule", "get_user", 200, "")}
    assert "the client cannot read it" in outcome.details()


def test_an_email_that_no_client_could_ask_for_is_skipped(deployment: Deployment, check: Check) -> None:
    """What the client refuses to send is not held against the deployment."""
    deployment.bend = edit(PAGE, each_user(with_field("email", "@")))
    assert check().report["checks"]["get by email"] == "skipped"


def test_no_secret_and_no_person_is_in_a_report(deployment: Deployment, run: Check, url: str) -> None:
    """A report can be passed on: it holds no key, no name and no address."""
    deployment.bend = edit(PAGE, each_user(with_field("created_at", "never")))
    for format in ((), ("--json",)):
        outcome = run("--base-url", url, "--api-key", "sandbox-admin", *format)
        assert outcome.code == 1
        told = outcome.out + outcome.err
        assert "sandbox-admin" not in told
        assert not [user for user in deployment.users() if user.email in told or user.name in told]
