"""The client finds out how the server spells enum values, and uses that case from then on."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.account import Connect
from support.answers import Answer, html, ok, page, problem, upper, user
from support.contract import contract_of
from support.simulated_driver import SimulatedDriver
from support.transports import Recorder, sandbox_transport

from arize_users import ArizeClient, AsyncArizeClient, errors
from arize_users._core.request import Request, RequestFailed
from arize_users._users.operations import Operations
from arize_users.client import UsersClient
from arize_users.config import resolve
from arize_users.sandbox import Sandbox

from . import simulated_calls

NEW: dict[str, Any] = {**simulated_calls.NEW, "invite_mode": "email_link"}
INVITED = user(status="invited", invite_mode="email_link")
AS_FIRST, AS_SECOND = ["email_link"], ["EMAIL_LINK"]


class Caller:
    """Calls operations in simulated time, without retries."""

    def __init__(self, *answers: Answer, enum_case: str = "auto") -> None:
        settings = resolve(api_key="k", max_retries=0, enum_case=enum_case, environ={})
        self.simulated: Any = SimulatedDriver(answers)
        self.users = UsersClient(Operations.of(settings), self.simulated)

    def create(self, **changes: Any) -> Any:
        return self.users.create(**{**NEW, **changes})

    @property
    def requests(self) -> list[Request]:
        return [request for _, request in self.simulated.sent]

    @property
    def modes(self) -> list[str]:
        """The invite modes that were sent."""
        return [one.body["invite_mode"] for one in self.requests if one.operation == "create_user"]

    @property
    def statuses(self) -> list[list[str] | None]:
        """The status filters that were sent."""
        return [(one.params or {}).get("status") for one in self.requests]


# The first request with enum values


def test_first_create(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """An unknown server gets the first generation's case, and the other if it refuses; then its own."""
    client = connect(sandbox, case=case)
    assert client.users.create(**NEW).created
    bodies = [sent.body for sent in client.recorder.sent]
    assert [one["invite_mode"] for one in bodies] == ["email_link", "EMAIL_LINK"][: 1 + (case == "upper")]
    assert len(client.recorder.take_deviations()) == (case == "upper")
    assert len(sandbox.audit) == len(sandbox.outbox) == 1
    client.users.create(**{**NEW, "email": "b@example.com"})
    assert len(client.recorder.sent) == (2 if case == "lower" else 3)


@pytest.mark.parametrize("method", ["list", "iter"])
def test_first_status_filter(connect: Connect, sandbox: Sandbox, case: str, method: str) -> None:
    """So does a status filter: it is sent in the other case once, and for one page only."""
    sandbox.add_users(17)
    client = connect(sandbox, case=case)
    size = {"limit": 20} if method == "list" else {"page_size": 10}
    assert len(list(getattr(client.users, method)(status="active", **size))) == 20
    filters = [sent.statuses for sent in client.recorder.sent]
    expected = [["active"]] if case == "lower" else [["active"], ["ACTIVE"]]
    assert filters == expected + [expected[-1]] * (method == "iter")
    assert len(client.recorder.take_deviations()) == (case == "upper")


LEARNING = {
    "list": lambda users: users.list(limit=1),
    "get": lambda users: users.get(user="owner@sandbox.example"),
    "iter": lambda users: next(users.iter()),
}


@pytest.mark.parametrize("method", LEARNING)
def test_learning_from_any_answer(connect: Connect, sandbox: Sandbox, case: str, method: str) -> None:
    """The case is learned from any answer that shows one, and used from then on."""
    client = connect(sandbox, case=case)
    LEARNING[method](client.users)
    client.users.create(**NEW)
    client.users.list(status="invited")
    assert len(client.recorder.sent) == 3


SHOWING: list[dict[str, Any]] = [
    *[{"status": "ACTIVE"}, {"invite_mode": "NONE"}, {"role": {"type": "PREDEFINED", "name": "MEMBER"}}],
    *[
        {"role": {"type": "CUSTOM", "id": "x"}},
        {"status": "SUSPENDED", "role": {"type": "CUSTOM", "id": "x"}},
    ],
    {"users": [{}, {"status": "ACTIVE"}]},
]
SILENT: list[Any] = [
    {},
    {"name": "ACTIVE"},
    {"status": "SUSPENDED"},
    {"role": {"id": "X"}},
    {"users": ["ACTIVE"]},
]
SILENT += [{"status": "suspended", "role": {"type": "GROUP"}}, {"role": None, "status": None}, ["ACTIVE"]]


@pytest.mark.parametrize("document", SHOWING + SILENT, ids=str)
def test_what_shows_the_case(document: Any) -> None:
    """A known status, invite mode or type of role shows the case; unknown values and other fields do not."""
    caller = Caller(ok(document), ok(INVITED, 201))
    try:
        caller.users.list() if "users" in document else caller.users.get(user="x")
    except errors.APIError:
        assert document in SILENT
    caller.create()
    assert caller.modes == (AS_SECOND if document in SHOWING else AS_FIRST)


def test_a_server_that_changes_its_case() -> None:
    """A deployment that is upgraded while a client runs is followed by it."""
    caller = Caller(ok(user()), ok(upper(user())), ok(INVITED, 201))
    caller.users.get(user="x")
    caller.users.get(user="x")
    caller.create()
    assert caller.modes == AS_SECOND


# Refusals


@pytest.mark.parametrize(
    ("status", "error"), [(400, errors.BadRequestError), (422, errors.UnprocessableEntityError)]
)
def test_refused_in_both_cases(status: int, error: type[Exception]) -> None:
    """Refused in both cases by a server that lists nobody, the error is the first refusal."""
    refusals = problem(status, detail="first"), problem(400, detail="second")
    caller = Caller(*refusals, ok(page()), ok(INVITED, 201))
    with pytest.raises(errors.APIStatusError, match=f"{status}.*first") as caught:
        caller.create()
    assert isinstance(caught.value.__cause__, errors.BadRequestError)
    assert "second" in str(caught.value.__cause__)
    caller.create()
    assert caller.modes == AS_FIRST + AS_SECOND + AS_FIRST


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 503])
def test_other_refusals(status: int) -> None:
    """Any other refusal has nothing to do with the case, so the other case is not tried."""
    caller = Caller(problem(status))
    with pytest.raises(errors.APIError):
        caller.create()
    assert caller.modes == AS_FIRST


@pytest.mark.parametrize("status", [409, 404])
def test_understood_in_the_other_case(status: int) -> None:
    """A 409 or 404 to the other case is what the caller sees; that case is learned, and used from then on."""
    caller = Caller(problem(400), problem(status, detail="Understood."), ok(INVITED, 201))
    with pytest.raises(errors.APIStatusError, match=f"{status}.*Understood"):
        caller.create()
    caller.create()
    assert caller.modes == AS_FIRST + AS_SECOND + AS_SECOND


@pytest.mark.parametrize("status", [401, 403, 500])
def test_nothing_learned_in_the_other_case(status: int) -> None:
    """A refusal that says nothing of the values teaches nothing."""
    caller = Caller(problem(400), problem(status), ok(INVITED, 201))
    with pytest.raises(errors.APIError):
        caller.create()
    caller.create()
    assert caller.modes == AS_FIRST + AS_SECOND + AS_FIRST


def test_outcome_unknown_in_the_other_case() -> None:
    """A password that is lost with the second answer is not hidden behind the first refusal."""
    with pytest.raises(errors.OutcomeUnknownError):
        Caller(problem(400), RequestFailed("broke", sent=True)).create(invite_mode="temporary_password")


def test_refused_once_known() -> None:
    """A refusal is final once the case is known."""
    caller = Caller(ok(user()), problem(400))
    caller.users.get(user="x")
    with pytest.raises(errors.BadRequestError):
        caller.create()


@pytest.mark.parametrize("method", ["update", "delete", "get", "list"])
def test_refused_without_enum_values(connect: Connect, method: str) -> None:
    """A refused request that carried no enum value is not sent again."""
    arguments = {"list": {}, "get": {"user": "x"}, "delete": {"user_id": "x"}}
    with pytest.raises(errors.BadRequestError):
        getattr(connect([problem(400)]).users, method)(**arguments.get(method, {"user_id": "x", "name": "A"}))


# A server that ignores a filter it does not understand


@pytest.mark.parametrize("spell", [dict, upper], ids=["lower", "upper"])
def test_ignored_filter(spell: Any) -> None:
    """A filter that a server ignores for its case is sent again in the right one: no other user comes."""
    everybody = [spell(user(email=f"{one}@acme.com", status=one)) for one in ("active", "invited", "active")]

    ignored, understood = ok(page(everybody)), ok(page(everybody[1:2]))
    caller = Caller(*[ignored] * (spell is upper), understood, understood)
    for _ in range(2):
        assert [one.email for one in caller.users.list(status="invited")] == ["invited@acme.com"]
    assert caller.statuses[-1] == [everybody[1]["status"]]


@pytest.mark.parametrize("method", ["list", "iter"])
def test_filter_ignored_for_good(connect: Connect, caplog: pytest.LogCaptureFixture, method: str) -> None:
    """Where the server ignores the filter altogether, other users are left out, and a warning is logged."""
    caplog.set_level(logging.WARNING, logger="arize_users")
    everybody = [user(status="active"), user(status="invited"), user(status="SUSPENDED")]
    client = connect([ok(page(everybody))])
    assert [one.status for one in getattr(client.users, method)(status="invited")] == ["invited"]
    text = "the server ignored the status filter: 2 of 3 users of a page left out"
    assert [record.getMessage() for record in caplog.records] == [text]


def test_unchecked_filter(caplog: pytest.LogCaptureFixture) -> None:
    """A user whose status the server leaves out is kept, and a warning says that the filter is unchecked."""
    caplog.set_level(logging.WARNING, logger="arize_users")
    assert len(Caller(ok(page([user(), user(status=None)]))).users.list(status="active")) == 2
    text = "the server leaves out statuses, so the status filter cannot be checked"
    assert [record.getMessage() for record in caplog.records] == [text]
    caplog.clear()
    assert len(Caller(ok(page([user(status=None)]))).users.list()) == 1
    assert len(Caller(ok(page([user()]))).users.list(status="active")) == 1
    assert caplog.records == []


def test_empty_answer_to_a_filter() -> None:
    """Nobody found while the case is unknown may be due to the case: any user shows it, and it is sent.

    A page with users needs no second request, even if they do not show the case.
    """
    caller = Caller(ok(page()), ok(page([upper(user())])), ok(page([upper(user())])))
    assert len(caller.users.list(status="active")) == 1
    assert caller.statuses == [["active"], None, ["ACTIVE"]]
    nobody = Caller(ok(page()), ok(page()))
    assert len(nobody.users.list(status="active")) == 0
    untold = Caller(ok(page([user(status=None, role=None)])))
    assert len(untold.users.list(status="active")) == 1
    known = Caller(ok(page([user()])), ok(page()))
    known.users.list()
    assert len(known.users.list(status="active")) == 0


# Set by hand


@pytest.mark.parametrize("source", ["argument", "environment"])
def test_set_by_hand(
    connect: Connect, sandbox: Sandbox, case: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """enum_case and ARIZE_ENUM_CASE set the case: nothing is tried twice."""
    if source == "environment":
        monkeypatch.setenv("ARIZE_ENUM_CASE", case.upper())
    client = connect(sandbox, case=case, **({"enum_case": case} if source == "argument" else {}))
    client.users.create(**NEW)
    client.users.list(status="active")
    assert len(client.recorder.sent) == 2


@pytest.mark.parametrize("source", ["argument", "environment"])
def test_set_by_hand_for_a_local_account(
    connect: Connect, case: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local account is of the generation that enum_case or ARIZE_ENUM_CASE names."""
    if source == "environment":
        monkeypatch.setenv("ARIZE_ENUM_CASE", case)
    client = connect(
        None, base_url="sandbox:", **({"enum_case": case.title()} if source == "argument" else {})
    )
    assert client.users.create(**NEW).created
    assert {user.status for user in client.users.list(status="active")} == {"active"}
    create, listed = client.real.sandbox.requests
    mode = "EMAIL_LINK" if case == "upper" else "email_link"
    assert f'"invite_mode":"{mode}"'.encode() in create.body.replace(b" ", b"")
    assert ("status", "ACTIVE" if case == "upper" else "active") in listed.query
    assert repr(client.real.sandbox) == f"Sandbox(None, enum_case={case!r})"


@pytest.mark.parametrize(("setting", "spell"), [("lower", upper), ("upper", dict)])
def test_set_wrongly(setting: str, spell: Any) -> None:
    """A case that was set is used, even where it is wrong; answers are read in either case."""
    caller = Caller(ok(spell(user())), *[problem(400)] * 2, enum_case=setting)
    assert caller.users.get(user="x").status == "active"
    for _ in range(2):
        with pytest.raises(errors.BadRequestError):
            caller.create()
    assert caller.modes == [NEW["invite_mode"] if setting == "lower" else "EMAIL_LINK"] * 2


# is_developer where it is not taken


@pytest.mark.parametrize("known", [True, False])
def test_refused_developer_flag(connect: Connect, known: bool) -> None:
    """Where the server refuses is_developer on create, the error says so and what to do instead."""
    with Sandbox(enum_case="upper") as sandbox:
        client = connect(sandbox, case="upper")
        if known:
            client.users.list(limit=1)
        with pytest.raises(errors.BadRequestError, match=r"create the user without it.*users\.update"):
            client.users.create(**NEW, is_developer=False)
        assert sandbox.audit == []
        assert client.recorder.take_deviations()


@pytest.mark.parametrize(
    ("answer", "flag", "case"),
    [(problem(422, detail="No."), False, "lower"), (html(400), None, "upper"), (problem(409), True, "upper")],
)
def test_refused_for_another_reason(answer: Answer, flag: bool | None, case: str) -> None:
    """A refusal for another reason does not point at is_developer."""
    with pytest.raises(errors.APIError) as caught:
        Caller(answer, enum_case=case).create(is_developer=flag)
    assert "is_developer" not in str(caught.value)


# Shared by many


@pytest.mark.parametrize("method", ["create", "list"])
def test_many_threads(case: str, method: str) -> None:
    """A client shared by many threads finds the case out once: one request more than there are calls."""
    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "sync"), contract_of(case))
        client = ArizeClient(api_key="sandbox-admin", transport=recorder)

        def call(number: int) -> Any:
            if method == "list":
                return client.users.list(status="active")
            return client.users.create(**{**NEW, "email": f"{number}@example.com"})

        with ThreadPoolExecutor(16) as threads:
            found = list(threads.map(call, range(16)))
    assert all(len(one) == 3 if method == "list" else one.created for one in found)
    assert len(recorder.sent) == 16 + (case == "upper")


def test_many_tasks(case: str) -> None:
    """So does a client shared by many tasks."""

    async def create_many(recorder: Recorder) -> list[Any]:
        async with AsyncArizeClient(api_key="sandbox-admin", transport=recorder) as client:
            new = ({**NEW, "email": f"{number}@example.com"} for number in range(16))
            return await asyncio.gather(*(client.users.create(**one) for one in new))

    with Sandbox(enum_case=case) as sandbox:
        recorder = Recorder(sandbox_transport(sandbox, "async"), contract_of(case))
        created = asyncio.run(create_many(recorder))
    assert all(one.created for one in created)
    assert len(recorder.sent) == 16 + (case == "upper")
