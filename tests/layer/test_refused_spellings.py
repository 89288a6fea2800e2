"""A request that is refused in both spellings is refused for another reason, and the error says which."""

from __future__ import annotations

from typing import Any

import pytest
from support.account import NOON, Connect
from support.answers import Answer, html, ok, page, problem, raw, upper, user

from arize_users import CustomUserRole, errors
from arize_users._core.request import RequestFailed
from arize_users.sandbox import Sandbox

from .simulated_calls import NEW
from .test_enum_case import Caller

# An address that this client sends and the sandbox refuses.
BAD_EMAIL = {**NEW, "email": "ada@exa_mple.com"}
REFUSED: dict[str, tuple[str, dict[str, Any], type[errors.APIStatusError], str]] = {
    "bad email": ("create", BAD_EMAIL, errors.BadRequestError, "email is not an email address"),
    "bad email by mail": (
        "create",
        {**BAD_EMAIL, "invite_mode": "email_link"},
        errors.BadRequestError,
        "email is not an email address",
    ),
    "custom role": (
        "create",
        {**NEW, "role": CustomUserRole(id="x")},
        errors.UnprocessableEntityError,
        "Custom roles are not available",
    ),
    "bad cursor": ("list", {"status": "active", "cursor": "x"}, errors.BadRequestError, "cursor is not one"),
}


def call(client: Any, method: str, arguments: dict[str, Any]) -> None:
    """Call a method, and read the first of what it iterates over."""
    found = getattr(client.users, method)(**arguments)
    if method.startswith("iter"):
        next(found)


@pytest.mark.parametrize("reason", [*REFUSED, "bad cursor of iter", "bad cursor of iter_pages"])
def test_the_reason(connect: Connect, case: str, reason: str) -> None:
    """The first call of a new client says what the server refuses, whichever case the server speaks.

    It costs three requests, and one from then on; nothing is done on the server.
    """
    reason, _, method = reason.partition(" of ")
    default, arguments, kind, words = REFUSED[reason]
    method = method or default
    with Sandbox(enum_case="upper" if case == "upper" else "lower", custom_roles="refuse") as sandbox:
        sandbox.set_time(NOON)
        client = connect(sandbox, judged=False)
        for sent in (3, 4):
            with pytest.raises(kind, match=words) as caught:
                call(client, method, arguments)
            assert type(caught.value) is kind
            assert len(client.recorder.sent) == sent
        verb = "POST" if default == "create" else "GET"
        asked = [f"{one.request.method} {one.path}" for one in client.recorder.sent]
        assert asked == [f"{one} /v2/users" for one in (verb, verb, "GET", verb)]
        assert client.recorder.sent[2].query == {"limit": "1"}
        assert (sandbox.audit, list(sandbox.outbox)) == ([], [])


SILENT: dict[str, Answer] = {
    "may not read": problem(403),
    "nobody": ok(page()),
    "no answer": RequestFailed("broke", sent=True),
    "a page of a proxy": html(200),
    "too many requests": problem(429),
}


@pytest.mark.parametrize("silent", SILENT)
def test_nothing_told(silent: str) -> None:
    """Where the list does not tell the case, the first refusal is raised, and nothing is learnt."""
    told = SILENT[silent]
    refusals = problem(400, detail="first"), problem(422, detail="second")
    caller = Caller(*refusals, told, *refusals, told)
    for _ in range(2):
        with pytest.raises(errors.BadRequestError, match="first") as caught:
            caller.create()
        assert "second" in str(caught.value.__cause__)
        assert not caught.value.maybe_applied
    assert caller.modes == ["email_link", "EMAIL_LINK"] * 2


def test_the_cause_is_the_other_refusal() -> None:
    """The refusal in the spelling that the server does not speak is the cause of the one that is raised."""
    spoken = ok(page([upper(user())]))
    caller = Caller(problem(400, detail="first"), problem(422, detail="second"), spoken)
    with pytest.raises(errors.UnprocessableEntityError, match="second") as caught:
        caller.create()
    assert "first" in str(caught.value.__cause__)


GATEWAYS: dict[str, Answer] = {
    "page": html(400),
    "gateway's JSON": raw(b'{"message": "blocked"}', 400, content_type="application/json"),
    "other status": raw(b'{"title": "Bad Request", "status": 500}', 400),
    "empty": raw(b"", 400),
}


@pytest.mark.parametrize("mode", ["none", "email_link", "temporary_password"])
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_refused_by_something_between(gateway: str, mode: str) -> None:
    """A create that something between refuses is not sent again: nobody knows that nothing was done."""
    caller = Caller(GATEWAYS[gateway])
    with pytest.raises(errors.ArizeError):
        caller.create(invite_mode=mode)
    assert caller.modes == [mode]


@pytest.mark.parametrize("answer", [html(404), html(409), raw(b'{"message": "no"}', 404), html(200)])
def test_something_between_does_not_make_the_case(answer: Answer) -> None:
    """What something between answers to the other spelling does not make it the server's."""
    invited = ok(user(status="invited", invite_mode="email_link"), 201)
    caller = Caller(problem(400), answer, invited)
    with pytest.raises(errors.APIError):
        caller.create()
    caller.create()
    assert caller.modes == ["email_link", "EMAIL_LINK", "email_link"]
