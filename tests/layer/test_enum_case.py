"""Either generation of the API, with no setting."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import Reply, html, ok, page, problem, upper, user
from support.contract import contract_of
from support.transports import Recorder, sandbox_transport

from arize_users import (
    APIError,
    ArizeClient,
    AsyncArizeClient,
    BadRequestError,
    ConflictError,
    OutcomeUnknownError,
    UnprocessableEntityError,
)
from arize_users.sandbox import Sandbox

NEW: dict[str, Any] = {
    "name": "Ada",
    "email": "ada@example.com",
    "role": "member",
    "invite_mode": "email_link",
}


def _modes(client: Any) -> list[str]:
    return [sent.body["invite_mode"] for sent in client.recorder.sent if sent.operation == "create_user"]


def _statuses(client: Any) -> list[list[str]]:
    return [sent.statuses for sent in client.recorder.sent]


# The first request with enum values


def test_first_create(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """Before anything is known the first generation's case is sent, and once more in the other if refused."""
    client = connect(sandbox, case=case)
    assert client.users.create(**NEW).created
    assert _modes(client) == ["email_link"] if case == "lower" else ["email_link", "EMAIL_LINK"]
    assert len(client.recorder.take_deviations()) == (case == "upper")
    assert len(sandbox.audit) == len(sandbox.outbox) == 1
    client.users.create(**{**NEW, "email": "b@example.com"})
    assert len(client.recorder.sent) == (2 if case == "lower" else 3)


def test_first_list(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """So is a status filter: a refused one is asked for once more, and no oftener."""
    client = connect(sandbox, case=case)
    assert len(client.users.list(status="active")) == 3
    assert _statuses(client) == ([["active"]] if case == "lower" else [["active"], ["ACTIVE"]])
    assert len(client.recorder.take_deviations()) == (case == "upper")


def test_first_walk(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """Walking over a filtered list finds the case once for all its pages."""
    sandbox.add_users(17)
    client = connect(sandbox, case=case)
    assert len(list(client.users.iter(status=["active"], page_size=10))) == 20
    assert len(client.recorder.sent) == (2 if case == "lower" else 3)
    assert len(client.recorder.take_deviations()) == (case == "upper")


LEARNING = {
    "list": lambda users: users.list(limit=1),
    "get": lambda users: users.get(user="owner@sandbox.example"),
    "iter": lambda users: next(users.iter()),
}


@pytest.mark.parametrize("how", LEARNING)
def test_learning_from_any_answer(connect: Connect, sandbox: Sandbox, case: str, how: str) -> None:
    """The case is learned from any answer that shows one, and used from then on."""
    client = connect(sandbox, case=case)
    LEARNING[how](client.users)
    client.users.create(**NEW)
    client.users.list(status="invited")
    assert len(client.recorder.sent) == 3


@pytest.mark.parametrize(
    "document",
    [
        {"status": "ACTIVE"},
        {"invite_mode": "NONE"},
        {"role": {"type": "PREDEFINED", "name": "MEMBER"}},
        {"role": {"type": "CUSTOM", "id": "x"}},
        {"status": "SUSPENDED", "role": {"type": "CUSTOM", "id": "x"}},
    ],
)
def test_what_shows_the_case(connect: Connect, document: dict[str, Any]) -> None:
    """A status, an invite mode or a role's type shows the case, also in a user with little else."""
    client = connect([ok(document), ok(document, 201)], case="upper")
    client.users.get(user="x")
    client.users.create(**NEW)
    assert _modes(client) == ["EMAIL_LINK"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": "ACTIVE"},
        {"status": "SUSPENDED"},
        {"status": "suspended", "role": {"type": "GROUP"}},
        {"role": {"id": "X"}},
        {"role": None, "status": None},
    ],
)
def test_what_does_not_show_the_case(connect: Connect, document: dict[str, Any]) -> None:
    """Unknown values say nothing of the case."""
    client = connect([ok(document), ok(upper(user()), 201)])
    client.users.get(user="x")
    client.users.create(**NEW)
    assert _modes(client) == ["email_link"]


def test_a_server_that_changes_its_case(connect: Connect) -> None:
    """A deployment that is upgraded under a client is followed by it."""
    answers = [ok(user()), ok(upper(user())), ok(upper(user(invite_mode="email_link")), 201)]
    client = connect(answers, case="upper")
    client.users.get(user="x")
    client.users.get(user="x")
    client.users.create(**NEW)
    assert _modes(client) == ["EMAIL_LINK"]


# Refusals


@pytest.mark.parametrize("status", [400, 422])
def test_refused_in_both_cases(connect: Connect, status: int) -> None:
    """If the other case is refused too, the caller sees the first refusal, and two requests were sent."""
    client = connect([problem(status, detail="first"), problem(400, detail="second")])
    with pytest.raises(BadRequestError if status == 400 else UnprocessableEntityError, match="first"):
        client.users.create(**NEW)
    assert _modes(client) == ["email_link", "EMAIL_LINK"]
    assert len(client.recorder.take_deviations()) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 503])
def test_other_refusals_are_not_repeated(connect: Connect, status: int) -> None:
    """Any other refusal has nothing to do with the case."""
    client = connect([problem(status)])
    with pytest.raises(APIError):
        client.users.create(**NEW)
    assert len(client.recorder.sent) == 1


def test_conflict_in_the_other_case(connect: Connect) -> None:
    """What the server says to the other case beyond refusing it is what the caller sees."""
    client = connect([problem(400), problem(409, detail="Taken.")])
    with pytest.raises(ConflictError, match="Taken"):
        client.users.create(**NEW)
    client.recorder.take_deviations()


def test_outcome_unknown_in_the_other_case(connect: Connect) -> None:
    """A password that was lost with the second answer is not hidden behind the first refusal."""
    client = connect([problem(400), httpx.ReadTimeout("")])
    with pytest.raises(OutcomeUnknownError):
        client.users.create(**{**NEW, "invite_mode": "temporary_password"})
    client.recorder.take_deviations()


def test_no_second_try_once_known(connect: Connect) -> None:
    """A refusal is final once the case is known."""
    client = connect([ok(user()), problem(400)])
    client.users.get(user="x")
    with pytest.raises(BadRequestError):
        client.users.create(**NEW)
    assert len(client.recorder.sent) == 2


@pytest.mark.parametrize("call", ["update", "delete", "get", "list"])
def test_no_second_try_without_enum_values(connect: Connect, call: str) -> None:
    """A refused request that carried no enum value is not sent again."""
    client = connect([problem(400)])
    arguments = {"list": {}, "get": {"user": "x"}, "delete": {"user_id": "x"}}
    with pytest.raises(BadRequestError):
        getattr(client.users, call)(**arguments.get(call, {"user_id": "x", "name": "A"}))
    assert len(client.recorder.sent) == 1


# A server that ignores a filter it does not know


def _ignoring_server(spell: Any) -> Any:
    """Answer everybody to a filter in the wrong case, as a lax server may."""
    everybody = [user(email=f"{one}@acme.com", status=one) for one in ("active", "invited", "active")]

    def answer(request: httpx.Request) -> Reply:
        wanted = request.url.params.get_list("status")
        limit = int(request.url.params["limit"])
        known = {spell(one)["status"] for one in everybody}
        asked = [one for one in wanted if one in known]
        found = [spell(one) for one in everybody if not asked or spell(one)["status"] in asked]
        return ok(page(found[:limit]))

    return answer


@pytest.mark.parametrize("spell", [dict, upper], ids=["lower", "upper"])
def test_ignored_filter(connect: Connect, spell: Any) -> None:
    """A filter that a server ignores for its case is asked again in the right one: no wrong user comes."""
    client = connect(_ignoring_server(spell), case="upper" if spell is upper else "lower")
    assert [one.email for one in client.users.list(status="invited")] == ["invited@acme.com"]
    assert len(client.recorder.take_deviations()) == (spell is upper)
    assert [one.email for one in client.users.iter(status="invited")] == ["invited@acme.com"]


@pytest.mark.parametrize("how", ["list", "iter"])
def test_filter_ignored_for_good(connect: Connect, caplog: pytest.LogCaptureFixture, how: str) -> None:
    """Users of another status are left out even where the server ignores the filter altogether."""
    caplog.set_level(logging.WARNING, logger="arize_users")
    everybody = [user(status="active"), user(status="invited"), user(status="SUSPENDED")]
    client = connect(lambda _: ok(page(everybody)))
    found = list(getattr(client.users, how)(status="invited"))
    assert [one.status for one in found] == ["invited"]
    assert "filter" in caplog.text


def test_empty_answer_to_a_filter(connect: Connect) -> None:
    """Nobody found while the case is unknown may mean a misspelt filter: it is asked again."""

    def strict_about_matches(request: httpx.Request) -> Reply:
        wanted = request.url.params.get_list("status")
        found = [upper(user())] if not wanted or "ACTIVE" in wanted else []
        return ok(page(found))

    client = connect(strict_about_matches, case="upper")
    assert len(client.users.list(status="active")) == 1
    assert len(client.recorder.sent) == 3
    assert len(client.recorder.take_deviations()) == 1


def test_status_left_out_by_the_server(connect: Connect) -> None:
    """A filtered user whose status the server does not show is kept."""
    client = connect([ok(page([user(status=None)]))])
    assert len(client.users.list(status="active")) == 1


# By hand


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_settled_by_hand(
    connect: Connect, sandbox: Sandbox, case: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """enum_case and ARIZE_ENUM_CASE settle the case: nothing is tried twice."""
    if how == "environment":
        monkeypatch.setenv("ARIZE_ENUM_CASE", case.upper())
    client = connect(sandbox, case=case, **({"enum_case": case} if how == "argument" else {}))
    client.users.create(**NEW)
    client.users.list(status="active")
    assert len(client.recorder.sent) == 2


def test_settled_wrongly(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """What was settled by hand is used, even where it is wrong; answers are read in either case."""
    other = "lower" if case == "upper" else "upper"
    client = connect(sandbox, case=other, enum_case=other)
    assert client.users.list(limit=1).users[0].status == "active"
    for _ in range(2):
        with pytest.raises(BadRequestError):
            client.users.create(**NEW)
    assert len(client.recorder.sent) == 3


# is_developer where it is not taken


@pytest.mark.parametrize("known", [True, False])
def test_developer_flag_refused(connect: Connect, known: bool) -> None:
    """Where the server refuses is_developer on create, the error says so and names the way."""
    with Sandbox(enum_case="upper") as sandbox:
        client = connect(sandbox, case="upper")
        if known:
            client.users.list(limit=1)
        with pytest.raises(BadRequestError, match=r"create the user without it.*users\.update"):
            client.users.create(**NEW, is_developer=False)
        assert sandbox.audit == []
        assert len(client.recorder.take_deviations()) >= 1


def test_other_refusals_say_nothing_of_the_flag(connect: Connect) -> None:
    """A refusal for another reason does not point at is_developer."""
    client = connect([problem(422, detail="No custom roles.")], enum_case="lower")
    with pytest.raises(UnprocessableEntityError) as caught:
        client.users.create(**NEW, is_developer=False)
    assert "is_developer" not in str(caught.value)
    with pytest.raises(APIError) as other:
        connect([html(400)], enum_case="lower").users.create(**NEW)
    assert "is_developer" not in str(other.value)


# Shared by many


def test_many_threads_learn_once(case: str) -> None:
    """A client shared by many threads finds the case out once: one request more than there are calls."""
    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "sync"), contract_of(case))
        with ArizeClient(api_key="sandbox-admin", transport=recorder) as client:

            def create(number: int) -> Any:
                return client.users.create(**{**NEW, "email": f"{number}@example.com"})

            with ThreadPoolExecutor(32) as threads:
                created = list(threads.map(create, range(32)))
    assert all(one.created for one in created)
    assert len(recorder.sent) == 32 + (case == "upper")


def test_many_threads_filter_once(case: str) -> None:
    """Threads that all filter by status find it out once, too."""
    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "sync"), contract_of(case))
        with (
            ArizeClient(api_key="sandbox-admin", transport=recorder) as client,
            ThreadPoolExecutor(16) as threads,
        ):
            pages = list(threads.map(lambda _: client.users.list(status="active"), range(16)))
    assert {len(one) for one in pages} == {3}
    assert len(recorder.sent) == 16 + (case == "upper")


def test_many_tasks_learn_once(case: str) -> None:
    """So does a client shared by many tasks."""
    from support.transports import Recorder, sandbox_transport

    async def create_many(recorder: Recorder) -> list[Any]:
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder) as client:
            return await asyncio.gather(
                *(client.users.create(**{**NEW, "email": f"{number}@example.com"}) for number in range(32))
            )

    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "async"), contract_of(case))
        created = asyncio.run(create_many(recorder))
    assert all(one.created for one in created)
    assert len(recorder.sent) == 32 + (case == "upper")
