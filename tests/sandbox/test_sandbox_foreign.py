"""What a client that is not ours (plain httpx) finds: get, reset and create, in both generations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from attrs import frozen
from sandbox_api import ADAPTERS, BASE, HEADERS, Api
from support.account import NOON

from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxServer, SandboxTransport

MODES = ("none", "email_link", "temporary_password")


@frozen
class Foreign:
    """A deployment and a client of it that spells as the deployment does."""

    sandbox: Sandbox
    api: Api
    case: str

    def say(self, word: str) -> str:
        return word.upper() if self.case == "upper" else word

    def role(self, name: str) -> dict[str, str]:
        return {"type": self.say("predefined"), "name": self.say(name)}

    def create(
        self,
        email: str = "ada@x.org",
        mode: str = "none",
        role: str = "member",
        *,
        key: str = "sandbox-admin",
        **fields: Any,
    ) -> httpx.Response:
        custom = {"type": self.say("custom"), "id": role}
        given = self.role(role) if role in ("admin", "member", "annotator") else custom
        return self.api.by(key).create(email, self.say(mode), role=given, **fields)


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def deploy(request: pytest.FixtureRequest) -> Iterator[Callable[..., Foreign]]:
    """Set a deployment up; it is closed afterwards."""
    with ExitStack() as opened:

        def deploy(case: Any, **options: Any) -> Foreign:
            sandbox = opened.enter_context(Sandbox(enum_case=case, **options))
            sandbox.set_time(NOON)
            return Foreign(sandbox, opened.enter_context(request.param(sandbox)), case)

        yield deploy


@pytest.fixture
def foreign(deploy: Callable[..., Foreign], case: str) -> Foreign:
    return deploy(case)


def test_get_without_the_permission(foreign: Foreign) -> None:
    """A key that may not read gets the 404 of an unknown id for every id, so it learns of nobody."""
    user_id = foreign.sandbox.add_user(email="ada@x.org", name="Ada")
    others = {"USER_CREATE", "USER_UPDATE", "USER_DELETE"}
    foreign.sandbox.add_key("others", permissions=others)
    foreign.sandbox.add_key("reader", permissions={"USER_READ"})
    unknown = foreign.api.get("VXNlcjo5OQ==")
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, "USER_NOT_FOUND")
    for key in ("sandbox-annotator", "others"):
        for one in (user_id, "VXNlcjo5OQ=="):
            refused = foreign.api.by(key).get(one)
            assert refused.headers["content-type"] == "application/problem+json"
            problem = {name: value for name, value in refused.json().items() if name != "instance"}
            assert {**problem, "instance": unknown.json()["instance"]} == unknown.json()
        assert foreign.api.by(key).list().status_code == 403
    for key in ("sandbox-admin", "sandbox-member", "reader"):
        assert foreign.api.by(key).get(user_id).json()["email"] == "ada@x.org"


def test_reset_of_a_user_created_with_none(foreign: Foreign) -> None:
    """Whoever was created with `none` logs in by SSO alone, so a reset is 400 and mails nothing."""
    new = foreign.create("new@x.org", "none").json()["id"]
    foreign.sandbox.add_user(email="late@x.org", name="Late", status="expired")
    late = foreign.create("late@x.org", "none").json()["id"]
    for user_id in (new, late):
        answer = foreign.api.reset(user_id)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "SSO_USER")
        assert foreign.sandbox.user(user_id).sso is True
    assert foreign.sandbox.outbox == []


@pytest.mark.parametrize("mode", MODES[1:])
def test_reset_of_a_user_who_was_invited(foreign: Foreign, mode: str) -> None:
    """Whoever was invited has a password once verified: a reset is 400 before and a mail after."""
    invited = foreign.create("ada@x.org", mode).json()["id"]
    assert foreign.api.reset(invited).json()["error_code"] == "USER_NOT_VERIFIED"
    verified = foreign.sandbox.add_user(email="grace@x.org", name="Grace")
    assert foreign.api.reset(verified).status_code == 204
    assert [mail.to for mail in foreign.sandbox.outbox if mail.kind == "password_reset"] == ["grace@x.org"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, {"none": 201, "inviting": 201}),
        ("invited", {"none": 409, "inviting": 200}),
        ("expired", {"none": 201, "inviting": 201}),
        ("active", {"none": 409, "inviting": 409}),
        ("inactive", {"none": 409, "inviting": 409}),
    ],
)
def test_create(foreign: Foreign, known: str | None, mode: str, expected: dict[str, int]) -> None:
    """A create is answered as the contract's table says, whatever the email's user is."""
    if known is not None:
        foreign.sandbox.add_user(email="Ada@x.org", name="Ada", status=known)
    answer = foreign.create("ada@x.org", mode)
    assert answer.status_code == expected["none" if mode == "none" else "inviting"]
    if answer.status_code == 201:
        assert answer.json()["status"] == foreign.say("active" if mode == "none" else "invited")
        assert answer.json()["invite_mode"] == foreign.say(mode)


@pytest.mark.parametrize("option", [None, True, False])
def test_create_with_is_developer(deploy: Callable[..., Foreign], case: str, option: bool | None) -> None:
    """The first generation takes is_developer, the second refuses it, unless the option says otherwise."""
    foreign = deploy(case, create_takes_is_developer=option)
    is_taken = case == "lower" if option is None else option
    for flag in (True, False):
        answer = foreign.create(f"{flag}@x.org", is_developer=flag)
        assert answer.status_code == (201 if is_taken else 400)
        if is_taken:
            assert answer.json()["is_developer"] is flag
        else:
            assert "is_developer" in answer.json()["detail"]
    assert len(foreign.sandbox.audit) == 2 * is_taken
    assert foreign.create("without@x.org", role="annotator").json()["is_developer"] is False


@pytest.mark.parametrize("option", [None, True, False])
def test_create_by_a_member(deploy: Callable[..., Foreign], case: str, option: bool | None) -> None:
    """A member may create members and annotators in the second generation, or where the option says so."""
    foreign = deploy(case, member_may_create=option)
    may_create = case == "upper" if option is None else option
    for role in ("member", "annotator"):
        answer = foreign.create(f"{role}@x.org", "email_link", role, key="sandbox-member")
        assert answer.status_code == (201 if may_create else 403)
    for role in ("admin", "role-7"):
        refused = foreign.create("more@x.org", role=role, key="sandbox-member")
        assert refused.status_code == 403
        assert not may_create or foreign.say("annotator") in refused.json()["detail"]
    user_id = foreign.sandbox.add_user(email="invited@x.org", name="Invited", status="invited")
    member = foreign.api.by("sandbox-member")
    others = [member.update(user_id, name="x"), member.delete(user_id), member.resend(user_id)]
    others += [member.reset(user_id), foreign.create("more@x.org", key="sandbox-annotator")]
    assert [answer.status_code for answer in others] == [403] * 5
    assert [entry.actor for entry in foreign.sandbox.audit] == ["member@sandbox.example"] * 2 * may_create


def test_a_key_that_may_create_gives_any_role(foreign: Foreign) -> None:
    """USER_CREATE is the permission to create users of every role, whatever a member may do."""
    foreign.sandbox.add_key("creator", permissions={"USER_CREATE"})
    answers = [foreign.create(f"{role}@x.org", role=role, key="creator") for role in ("admin", "role-7")]
    assert [answer.status_code for answer in answers] == [201, 201]


def test_accept(foreign: Foreign) -> None:
    """A client that accepts both kinds of JSON, or says nothing of it, gets the kind that belongs there."""
    for accept in ("application/json, application/problem+json", "*/*"):
        send, headers = foreign.api.send, {"accept": accept}
        assert send("GET", "/v2/users", headers=headers).headers["content-type"] == "application/json"
        refused = send("GET", "/v2/users/x", headers=headers)
        assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/v2/users", "/v2/users?limit=2", "/v2/users/{}", "/v2/users/x", "/nowhere"]
)
def test_head(foreign: Foreign, path: str) -> None:
    """HEAD is answered with the status and headers of GET, and no body."""
    user_id = foreign.sandbox.add_user(email="ada@x.org", name="Ada")
    path = path.format(foreign.api.path(user_id).rpartition("/")[2])
    head, get = (foreign.api.send(method, path) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (get.status_code, b"")
    shown = {"content-length", "content-type"}
    assert {name: head.headers[name] for name in shown} == {name: get.headers[name] for name in shown}
    assert int(head.headers["content-length"]) == len(get.content) > 0
    assert [request.method for request in foreign.sandbox.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("fault", ["truncated", "garbage", "bad_gateway", "wrong_content_type"])
def test_head_with_a_fault(foreign: Foreign, fault: str) -> None:
    """No fault gives HEAD a body, nor a body that is cut."""
    foreign.sandbox.faults.add(fault, operation="list_users", every=1)
    answer = foreign.api.send("HEAD", "/v2/users")
    assert answer.content == b""
    assert answer.status_code == (502 if fault == "bad_gateway" else 200)
    assert int(answer.headers["content-length"]) > 0


PATHS = ["//v2/users", "///v2/users", "/v2//users", "/v2/users//", "/v2/users//x", "/v2/users/"]


@pytest.mark.parametrize("path", PATHS)
def test_paths_with_more_slashes(sandbox: Sandbox, path: str) -> None:
    """A path with a slash too many is no path of the API: the same 404 over HTTP and in process."""
    with SandboxServer(sandbox) as server, httpx.Client(transport=SandboxTransport(sandbox)) as client:
        answers = [httpx.get(server.url + path, headers=HEADERS), client.get(BASE + path, headers=HEADERS)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.json()["instance"] for answer in answers] == [path, path]
    assert [answer.json()["error_code"] for answer in answers] == ["ROUTE_NOT_FOUND"] * 2
    assert [request.path for request in sandbox.requests] == [path, path]


def test_head_of_the_control_paths(server: SandboxServer) -> None:
    """What a tester reads over HTTP can be asked for by HEAD, too; what is only set cannot."""
    head, get = (httpx.request(method, f"{server.url}/_sandbox/users") for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    refused = httpx.head(f"{server.url}/_sandbox/clock")
    assert (refused.status_code, refused.headers["allow"]) == (405, "PUT")
    assert httpx.post(f"{server.url}/_sandbox/users").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("kind", [SandboxTransport, AsyncSandboxTransport])
def test_a_transport_of_the_second_generation(kind: type[SandboxTransport]) -> None:
    """A transport that opens its own account does so in the generation that it is told."""
    transport = kind.open(enum_case="upper")
    try:
        assert "enum_case='upper'" in repr(transport.sandbox)
    finally:
        transport.sandbox.close()
