"""The read-only check: what conforms is found to conform, and a report holds no more than it should."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_deployments import (
    EMPTY_OBJECT,
    JSON,
    NO_USERS,
    ONE,
    PAGE,
    PROBLEM,
    SPEC,
    Check,
    Deployment,
    Rewrite,
    each_user,
    edit,
    filtered,
    having,
    on,
    replace,
    without,
)

from arize_users.contract.findings import Finding, Kind, Report
from arize_users.sandbox import Response, SandboxServer


def users(**fields: object) -> Rewrite:
    """Set these fields of every listed user."""
    return edit(PAGE, each_user(having(**fields)))


def one(**fields: object) -> Rewrite:
    """Set these fields of a user found by id."""
    return edit(ONE, having(**fields))


@pytest.fixture
def changed_spec(tmp_path: Path) -> Callable[[Callable[[Any], Any]], str]:
    """Write a copy of the contract in which every object went through ``change``; return its path."""

    def changed_spec(change: Callable[[Any], Any]) -> str:
        path = tmp_path / "spec.json"
        text = json.dumps(yaml.safe_load(SPEC.read_text()))
        path.write_text(json.dumps(json.loads(text, object_hook=lambda node: change(node) or node)))
        return str(path)

    return changed_spec


def test_a_deployment_that_conforms_has_no_deviation_and_is_not_changed(
    deployment: Deployment, check: Check
) -> None:
    """Against a deployment that keeps the contract the check passes, and has only read."""
    outcome = check()
    report = json.loads(outcome.out)
    assert (outcome.code, report["conforms"], outcome.err) == (0, True, "")
    assert report["deviations"] == report["notes"] == []
    assert set(outcome.checks.values()) == {"ok"}
    assert deployment.audit == deployment.outbox == []
    assert {request.method for request in deployment.requests} == {"GET"}
    assert report["requests"] == len(deployment.requests)
    assert {200, 400, 401, 404} == {request.status for request in deployment.requests}


def test_emails_that_differ_in_case_alone(run: Check) -> None:
    """An account may hold emails that differ in case alone: getting by such an email is skipped."""
    with Deployment(case_sensitive_emails=True) as deployment, SandboxServer(deployment) as server:
        deployment.add_user(email="Owner@sandbox.example", name="Twin")
        outcome = run("--base-url", server.url, "--api-key", "sandbox-admin", "--json")
    assert (outcome.code, outcome.lines()) == (0, [])
    assert outcome.checks["get by email"] == "skipped"


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
def test_the_other_case_is_one_note_for_each_place(check: Check, run: Check, url: str) -> None:
    """The second generation conforms; its upper case is noted in one line per place, not per user."""
    outcome = check()
    report = json.loads(outcome.out)
    assert (outcome.code, report["conforms"], report["generation"]) == (0, True, "second")
    assert outcome.lines() == []
    assert {line.rpartition(":")[0] for line in outcome.lines("notes")} == {
        f"other case: {prefix}{place}"
        for prefix in ("list_users 200 users[].", "get_user 200 ")
        for place in ("status", "role.type", "role.name")
    }
    assert set(outcome.checks.values()) == {"ok", "other case"}
    text = run("--base-url", url, "--api-key", "sandbox-admin").out
    assert text.count("other case: ") == 6
    assert "Generation of the API: the second (its enum values are upper case)" in text
    assert "breaks no code" in text
    assert text.endswith("Conforms to the contract.\n")


def test_the_first_generation_is_named(run: Check, url: str) -> None:
    """A report says which generation it met, also where nothing differs."""
    text = run("--base-url", url, "--api-key", "sandbox-admin").out
    assert text.splitlines()[1] == "Generation of the API: the first (its enum values are lower case)"


@pytest.mark.parametrize("deployment", ["upper"], indirect=True)
def test_the_second_generation_conforms_in_nothing_but_the_case(deployment: Deployment, check: Check) -> None:
    """Whatever else the second generation does against the contract is a deviation as ever."""
    deployment.rewrite = edit(PAGE, each_user(without("is_developer")))
    outcome = check()
    assert outcome.code == 1
    assert outcome.lines() == ["missing field: list_users 200 users[].is_developer: it is required"]


@pytest.mark.parametrize(
    ("fields", "generation"),
    [
        ({"status": "ACTIVE"}, "both"),
        ({"role": {"type": "predefined", "name": "MEMBER"}}, "both"),
        ({"status": "Active"}, "first"),
    ],
)
def test_a_mixture_of_cases_deviates(
    deployment: Deployment, check: Check, fields: dict[str, object], generation: str
) -> None:
    """A deployment whose enum values are not all upper case is no second generation, so it deviates."""
    deployment.rewrite = one(**fields)
    outcome = check()
    assert outcome.code == 1
    assert outcome.kinds == {"other case"}
    assert json.loads(outcome.out)["generation"] == generation


@pytest.mark.parametrize("deployment", ["upper"], indirect=True)
def test_a_custom_role_may_have_any_name(deployment: Deployment, check: Check) -> None:
    """The name of a custom role is the account's own, and its case says nothing of the generation."""
    deployment.add_custom_role("role-7", "member")
    assert json.loads(check().out)["generation"] == "second"


def test_a_deployment_without_users_has_no_known_generation(deployment: Deployment, check: Check) -> None:
    """Where no answer shows an enum value, the report does not guess."""
    deployment.rewrite = replace(PAGE, EMPTY_PAGE)
    assert json.loads(check().out)["generation"] == "unknown"


def in_upper_case(node: Any) -> None:
    """Spell the enum values of a schema in upper case."""
    if isinstance(node.get("enum"), list):
        node["enum"] = [value.upper() for value in node["enum"]]
    if "mapping" in node:
        node["mapping"] = {value.upper(): target for value, target in node["mapping"].items()}


@pytest.mark.parametrize(("deployment", "code"), [("upper", 0), ("lower", 1)], indirect=["deployment"])
def test_another_spec_can_be_the_contract(check: Check, changed_spec: Any, code: int) -> None:
    """`--spec` takes the caller's own document, here one in upper case, as JSON, to the letter."""
    outcome = check("--spec", changed_spec(in_upper_case), "--write")
    assert outcome.code == code
    assert outcome.kinds == ({"other case"} if code else set())


def test_what_the_contract_does_not_mention_is_a_note(deployment: Deployment, check: Check) -> None:
    """A field beyond the contract is reported and breaks nothing: the exit code stays 0."""
    deployment.rewrite = users(badge="gold")
    outcome = check()
    assert outcome.code == 0
    assert outcome.lines("notes") == [
        "undocumented field: list_users 200 users[].badge: the contract does not mention it"
    ]


def test_a_retry_after_that_is_no_number_is_found(deployment: Deployment, check: Check) -> None:
    """A documented header is checked where it is sent; a check that is refused with 429 is skipped."""
    for number, retry_after in enumerate(("soon", 5), start=2):
        deployment.faults.add("rate_limit", operation="list_users", nth=number, retry_after=retry_after)
    outcome = check()
    assert outcome.lines() == ["header: list_users 429 Retry-After: string for integer"]
    assert outcome.checks["list users"] == "skipped"
    assert "not checked: list users: the deployment asks to slow down (429)" in outcome.lines("notes")


def test_a_header_that_the_contract_requires_is_missed(
    deployment: Deployment, check: Check, changed_spec: Any
) -> None:
    """A refusal for too many requests has to say how long to wait, where the contract says so."""
    deployment.faults.add("rate_limit", operation="list_users", nth=2, retry_after=None)
    spec = changed_spec(lambda node: "Retry-After" in node and node["Retry-After"].update(required=True))
    assert check("--spec", spec).lines() == ["header: list_users 429 Retry-After: it is required"]


@pytest.mark.parametrize("fault", ["truncated", "reset_after"])
def test_an_answer_that_does_not_come_is_a_deviation(
    deployment: Deployment, check: Check, fault: str
) -> None:
    """A connection that breaks midway is reported, and the other checks go on."""
    deployment.faults.add(fault, operation="get_user")
    outcome = check()
    assert [line.rpartition(":")[0] for line in outcome.lines()] == ["no answer: get_user"]
    assert outcome.checks["get by id"] == "deviates"
    assert outcome.checks["refuse an unknown key"] == "ok"


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            "repeat_cursor",
            "broken rule: list_users 200 pagination.next_cursor: the cursor that was just used",
        ),
        ("stale_cursor", "other status: list_users 400: expected 200"),
        ("server_error", "other status: list_users 500: the contract does not document it"),
    ],
)
def test_a_fault_of_every_request_is_a_deviation(
    deployment: Deployment, check: Check, fault: str, line: str
) -> None:
    """A list that cannot be paged through is reported, and a deployment that only fails, too."""
    deployment.faults.add(fault, every=1)
    outcome = check()
    assert outcome.code == 1
    assert line in outcome.lines()


def test_a_compressed_answer_is_judged_by_what_it_holds(deployment: Deployment, check: Check) -> None:
    """Compression is no deviation; bytes that are not compressed as the header says are no answer."""
    deployment.rewrite = lambda request, response: Response(
        response.status, (*response.headers, ("content-encoding", "gzip")), gzip.compress(response.body)
    )
    assert check().lines() == []
    deployment.rewrite = replace(
        on("GET", ".*", status=400), Response(400, (("content-encoding", "gzip"),), b"not gzip")
    )
    assert check().lines() == ["no answer: list_users: DecodingError"]


@pytest.mark.parametrize(
    ("change", "skipped"),
    [
        (lambda page: NO_USERS, {"page through users", "filter by email", "get by id", "get by email"}),
        (each_user(having(email="@")), {"filter by email", "get by email"}),
    ],
    ids=["no users", "an email that the client refuses to send"],
)
def test_an_account_is_checked_as_far_as_possible(
    deployment: Deployment, check: Check, change: Callable[[Any], Any], skipped: set[str]
) -> None:
    """A check that the users of an account do not allow is skipped, and the report says so."""
    deployment.rewrite = edit(PAGE, change)
    assert {name for name, state in check().checks.items() if state == "skipped"} == skipped


def test_what_the_contract_allows_and_the_client_cannot_read_is_reported(
    deployment: Deployment, check: Check, changed_spec: Any
) -> None:
    """A contract laxer than the client shows where the client would fail."""
    deployment.rewrite = one(name=7)
    spec = changed_spec(lambda node: "UserStatus" in node and node.update(User={}))
    assert check("--spec", spec).lines() == ["broken rule: get_user 200: the client cannot read it"]


@pytest.mark.parametrize("format", [(), ("--json",)])
def test_no_secret_and_no_person_is_in_a_report(
    deployment: Deployment, run: Check, url: str, format: tuple[str, ...]
) -> None:
    """A report can be passed on: it holds no key, no name and no address."""
    deployment.rewrite = users(created_at="never", badge="gold")
    outcome = run("--base-url", url, "--api-key", "sandbox-admin", *format)
    assert outcome.code == 1
    printed = outcome.out + outcome.err
    assert "sandbox-admin" not in printed
    assert not [user for user in deployment.users() if user.email in printed or user.name in printed]


def test_a_line_of_the_report_shows_the_first_few_details() -> None:
    """A place with many different values stays one line."""
    report = Report("https://users.example.com")
    for value in range(6):
        report.add(Finding(Kind.UNKNOWN, "get_user", 200, "status", str(value)))
    assert "  unknown value: get_user 200 status: 0; 1; 2; 3; and 2 more (6 times)" in report.to_text()


EMPTY_PAGE = Response(200, JSON, json.dumps(NO_USERS).encode())
WEB_PAGE = Response(200, (("content-type", "text/html; charset=utf-8"),), b"<h1>Welcome</h1>")


def refusal_is(status: int, response: Response) -> Rewrite:
    """Give this answer instead of the refusals with this status."""
    return replace(on("GET", ".*", status=status), response)


# What the report says, and what the deployment does.
DEVIATIONS: list[tuple[str, Rewrite]] = [
    ("missing field: list_users 200 users[].role: it is required", edit(PAGE, each_user(without("role")))),
    ("missing field: list_users 200 users[].id: it is required", edit(PAGE, each_user(without("id")))),
    ("missing field: list_users 200 users[].role.id: it is required", users(role={"type": "custom"})),
    ("missing field: list_users 200 pagination: it is required", edit(PAGE, without("pagination"))),
    ("missing field: get_user 404 title: it is required", refusal_is(404, Response(404, PROBLEM, b"{}"))),
    (
        "unknown value: list_users 200 users[].status: 'suspended' is none of active, invited, expired",
        users(status="suspended"),
    ),
    ("other shape: get_user 200 created_at: not in the format date-time", one(created_at="yesterday")),
    ("unreadable body: get_user 200: it is not JSON", replace(ONE, Response(200, JSON, b"{"))),
    ("other content type: get_user 200: text/html for application/json", replace(ONE, WEB_PAGE)),
    ("other content type: list_users 200: text/html for application/json", replace(PAGE, WEB_PAGE)),
    ("other content type: get_user 200: none for application/json", replace(ONE, Response(200))),
    (
        "other content type: get_user 404: application/json for application/problem+json",
        refusal_is(404, Response(404, JSON, b'{"title": "Not Found", "status": 404}')),
    ),
    ("other status: list_users 418: the contract does not document it", replace(PAGE, Response(418))),
    ("other status: get_user 200: expected 404", refusal_is(404, EMPTY_OBJECT)),
    ("other status: list_users 200: expected 401", refusal_is(401, EMPTY_PAGE)),
    ("other status: list_users 200: expected 400", refusal_is(400, EMPTY_PAGE)),
    (
        "broken rule: list_users 200 users: more users than the limit",
        edit(PAGE, lambda page: page["users"].extend(page["users"] * 16)),
    ),
    (
        "broken rule: list_users 200 users[].created_at: not sorted, oldest first",
        edit(PAGE, lambda page: page["users"].reverse()),
    ),
    (
        "broken rule: list_users 200: a page holds older users than the one before",
        edit(filtered("cursor"), each_user(having(created_at="2001-01-01T00:00:00Z"))),
    ),
    ("broken rule: list_users 200: a page repeats users of the one before", users(id="VXNlcjox")),
    (
        "broken rule: list_users 200 users[].status: users of a status that was not asked for",
        edit(filtered("status"), each_user(having(status="active"))),
    ),
    (
        "broken rule: list_users 200 users[].email: users whose email does not hold the text asked for",
        edit(filtered("email"), each_user(having(email="x@nowhere.net"))),
    ),
    (
        "broken rule: list_users 200: a part of an email that is listed finds nobody; "
        "an email that is listed is not found, ignoring case",
        edit(filtered("email"), lambda page: NO_USERS),
    ),
    (
        "broken rule: list_users 200 pagination: has_more and next_cursor contradict each other",
        edit(PAGE, having(pagination={"has_more": False, "next_cursor": "again"})),
    ),
    ("broken rule: get_user 200: it answers another user", one(id="VXNlcjox")),
]


@pytest.mark.parametrize(("line", "rewrite"), DEVIATIONS)
def test_every_kind_of_deviation_is_found(
    deployment: Deployment, check: Check, line: str, rewrite: Rewrite
) -> None:
    """The report says what a deployment does against the contract, and where."""
    deployment.rewrite = rewrite
    outcome = check()
    assert outcome.code == 1
    assert line in outcome.lines()
    assert "deviates" in outcome.checks.values()
