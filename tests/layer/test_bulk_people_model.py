"""Random bulk creates, updates, invitations and gets against a model of the API: the results are true."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import Factory, define
from hypothesis import given, settings
from hypothesis import strategies as st
from support.answers import Answer, Reply, ok, page, problem
from support.simulated_driver import SimulatedDriver

from arize_users import (
    BulkCreateResult,
    BulkProgress,
    CreationStatus,
    NewUser,
    Outcomes,
    UnauthorizedError,
    UserResult,
    UserUpdate,
)
from arize_users._core.request import Request
from arize_users._users.addresses import folded
from arize_users._users.batch import Batch
from arize_users._users.bulk import bulk_get, bulk_resend_invitation
from arize_users._users.bulk_create import bulk_create
from arize_users._users.bulk_update import bulk_update

from .simulated_calls import operations_of
from .test_bulk_model import FAILURES

STATUSES = ("active", "invited", "expired", "blocked", "nobody")


@define
class Server:
    """A users API of a few lines, which fails by the number of the request."""

    users: dict[str, dict[str, Any]]
    blocked: set[str] = Factory(set)
    takes_flag: bool = True
    failures: dict[int, tuple[bool, Answer]] = Factory(dict)
    requests: int = 0
    created: Counter[str] = Factory(Counter)
    updated: Counter[str] = Factory(Counter)
    mails: Counter[str] = Factory(Counter)
    passwords: dict[str, list[str]] = Factory(dict)

    def __call__(self, request: Request, _: float) -> Answer:
        self.requests += 1
        applied, failure = self.failures.get(self.requests, (True, None))
        answer = getattr(self, request.operation)(request) if applied else None
        return failure or answer

    def list_users(self, request: Request) -> Reply:
        query = request.params or {}
        found = [one for one in self.users.values() if query["email"].lower() in one["email"].lower()]
        start, limit = int(query.get("cursor", 0)), query["limit"]
        more = str(start + limit) if len(found) > start + limit else None
        return ok(page(found[start : start + limit], next_cursor=more))

    def get_user(self, request: Request) -> Reply:
        user = self._named(request)
        return problem(404) if user is None else ok(user)

    def update_user(self, request: Request) -> Reply:
        user = self._named(request)
        if user is None:
            return problem(404)
        user.update(request.body or {})
        self.updated[user["id"]] += 1
        return ok(user)

    def resend_user_invitation(self, request: Request) -> Reply:
        user = self._named(request)
        if user is None:
            return problem(404)
        if user["status"] != "invited":
            return problem(400, detail="Not invited.")
        self.mails[user["id"]] += 1
        return ok()

    def create_user(self, request: Request) -> Reply:
        body = dict(request.body or {})
        if "is_developer" in body and not self.takes_flag:
            return problem(400, detail="is_developer is not accepted here.")
        mode, key = body.pop("invite_mode"), folded(body["email"])
        there = next((one for one in self.users.values() if folded(one["email"]) == key), None)
        status = None if there is None else there["status"]
        if key in self.blocked or status == "active" or (status == "invited" and mode == "none"):
            return problem(409)
        if there is not None and status == "invited":
            return ok(there)
        user = {"id": f"new{len(self.users)}", "is_developer": body["role"]["name"] != "annotator", **body}
        if there is not None:
            user = {**there, **user, "id": there["id"], "email": there["email"]}
        user["status"] = "active" if mode == "none" else "invited"
        self.users[user["id"]] = user
        self.created[key] += 1
        extra: dict[str, Any] = {"invite_mode": mode}
        if mode == "temporary_password":
            extra["temporary_password"] = f"password-{key}-{self.created[key]}"
        return ok({**user, **extra}, 201)

    def _named(self, request: Request) -> dict[str, Any] | None:
        return self.users.get(request.path.split("/")[3])


def _server(statuses: Sequence[str], **options: Any) -> Server:
    users = {
        f"id{place}": {
            "id": f"id{place}",
            "email": f"User{place}@acme{place % 3}.com",
            "name": "Old",
            "status": status,
            "role": {"type": "predefined", "name": "member"},
            "is_developer": True,
        }
        for place, status in enumerate(statuses)
        if status not in ("blocked", "nobody")
    }
    blocked = {f"user{n}@acme{n % 3}.com" for n, status in enumerate(statuses) if status == "blocked"}
    return Server(users, blocked, **options)


def _circumstances() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "failures": st.dictionaries(st.integers(1, 40), st.sampled_from(FAILURES), max_size=8),
            "limit": st.integers(1, 6),
            "retries": st.integers(0, 3),
            "interrupt": st.none() | st.floats(0, 12),
        }
    )


def _run(batch: Batch[Any], server: Server, one: dict[str, Any]) -> tuple[SimulatedDriver, Any]:
    simulated = SimulatedDriver(server, latency=1.0)
    if one["interrupt"] is not None:
        simulated.interrupt_at(simulated.now + one["interrupt"], KeyboardInterrupt())
    try:
        ended = simulated.run(batch.run())
    except (asyncio.CancelledError, UnauthorizedError) as error:
        ended = error
    assert simulated.peak <= one["limit"]
    return simulated, ended


def _holds(ended: Any, outcomes: Outcomes, seen: list[Any], told: list[BulkProgress], count: int) -> None:
    """Check what holds for every bulk call."""
    results = outcomes.results
    assert len(results) == count
    if isinstance(ended, list):
        assert ended == results
        assert sorted(map(repr, seen)) == sorted(map(repr, results))
        assert all(one.total is None or one.done <= one.total for one in told)
        assert told[-1].done == told[-1].total
    for one in results:
        assert one.status not in ("unknown", "failed") or one.error
        assert "\n" not in (one.error or "")
    pending = [one for one in results if one.status == "not_attempted"]
    assert len([*outcomes.pending_ids, *outcomes.pending_emails]) >= len(pending)


def _options(one: dict[str, Any]) -> tuple[dict[str, Any], Outcomes, list[Any], list[BulkProgress]]:
    outcomes, seen, told = Outcomes(), list[Any](), list[BulkProgress]()
    options = {"on_result": seen.append, "on_progress": told.append, "outcomes": outcomes}
    return {**options, "max_concurrency": one["limit"]}, outcomes, seen, told


# Creates


_ASKED = st.tuples(
    st.sampled_from(STATUSES),
    st.sampled_from(["email_link", "temporary_password", "none"]),
    st.sampled_from(["admin", "member", "annotator"]),
    st.sampled_from([True, False, None]),
    st.sampled_from([str.upper, str.lower, str]),
)


@settings(max_examples=200)
@given(st.lists(_ASKED, min_size=1, max_size=14), st.booleans(), _circumstances())
def test_creates_are_true(asked: list[Any], takes_flag: bool, one: dict[str, Any]) -> None:
    """Each person is created at most once, and has one true result, in order, whatever ended the call."""
    statuses = [status for status, *_ in asked]
    server = _server(statuses, takes_flag=takes_flag, failures=one["failures"])
    people = [
        NewUser(
            email=spell(f"user{place}@acme{place % 3}.com"),
            name="New",
            role=role,
            invite_mode=mode,
            is_developer=flag,
        )
        for place, (_, mode, role, flag, spell) in enumerate(asked)
    ]
    options, outcomes, seen, told = _options(one)
    simulated, ended = _run(bulk_create(operations_of(one["retries"]), people, **options), server, one)
    _holds(ended, outcomes, seen, told, len(people))
    assert max(server.created.values(), default=0) <= 1
    for person, status, result in zip(people, statuses, outcomes.results, strict=True):
        assert isinstance(result, BulkCreateResult)
        assert result.email == person.email
        _is_true(result, person, status, server)
    if isinstance(ended, list) and not one["failures"]:
        operations = Counter(request.operation for _, request in simulated.sent)
        conflicts = sum(result.status in ("already_active", "blocked") for result in ended)
        conflicts += sum(mode == "none" and status == "invited" for status, mode, *_ in asked)
        assert operations["create_user"] <= len(people) + 1
        assert operations["list_users"] <= 1.3 * conflicts
        assert {result.status for result in ended} <= {
            *("created", "already_invited", "already_active", "blocked")
        }


def _is_true(result: BulkCreateResult, person: NewUser, before: str, server: Server) -> None:
    key = folded(person.email)
    is_created = server.created[key] == 1
    there = next((one for one in server.users.values() if folded(one["email"]) == key), None)
    match result.status:
        case CreationStatus.CREATED:
            assert is_created
            assert there is not None
            assert result.user_id == there["id"]
            if result.error is None and person.is_developer is not None:
                assert there["is_developer"] is person.is_developer
            if result.error is not None:
                assert "is_developer" in result.error
        case CreationStatus.ALREADY_INVITED:
            assert (before, is_created) == ("invited", False)
        case CreationStatus.ALREADY_ACTIVE:
            assert (before, is_created) == ("active", False)
        case CreationStatus.BLOCKED:
            assert (before, is_created) == ("blocked", False)
        case CreationStatus.FAILED | CreationStatus.NOT_ATTEMPTED:
            assert not is_created
    if person.invite_mode == "temporary_password" and result.status is CreationStatus.CREATED:
        assert result.temporary_password == f"password-{key}-1"
    assert "password-" not in repr(result)
    assert "password-" not in f"{result.error}{result.to_json()}"


# Updates, invitations, gets


@st.composite
def _names(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Draw who is named, as pairs of an id and the id or email that names it."""
    places = draw(st.lists(st.integers(0, 14), min_size=1, max_size=12))
    forms = st.sampled_from(["id", "email", "EMAIL"])
    named = []
    for place in places:
        email = f"user{place}@acme{place % 3}.com"
        form = draw(forms)
        named.append((f"id{place}", {"id": f"id{place}", "email": email, "EMAIL": email.upper()}[form]))
    return named


_ACCOUNTS = st.lists(st.sampled_from(STATUSES), max_size=14)


@settings(max_examples=150)
@given(_ACCOUNTS, _names(), _circumstances())
def test_updates_are_true(statuses: list[str], named: list[tuple[str, str]], one: dict[str, Any]) -> None:
    """Each user is changed as the result says, and nobody whom two inputs name."""
    server = _server(statuses, failures=one["failures"])
    asked = {folded(name): (user_id, name) for user_id, name in named}
    updates = [UserUpdate(user=name, name=f"New {place}") for place, (_, name) in enumerate(asked.values())]
    options, outcomes, seen, told = _options(one)
    _, ended = _run(bulk_update(operations_of(one["retries"]), updates, **options), server, one)
    _holds(ended, outcomes, seen, told, len(updates))
    twice = {
        user_id for user_id, count in Counter(user_id for user_id, _ in asked.values()).items() if count > 1
    }
    for (user_id, _), update, result in zip(asked.values(), updates, outcomes.results, strict=True):
        user = server.users.get(user_id)
        name = user and user["name"]
        match str(result.status):
            case "done":
                assert (result.user_id, name) == (user_id, update.name)
            case "not_found":
                assert user is None
            case "failed":
                assert name != update.name or "may have been made" in (result.error or "")
            case "not_attempted":
                assert name != update.name
        if isinstance(ended, list) and user_id in twice and user is not None and not one["failures"]:
            assert (str(result.status), server.updated[user_id]) == ("failed", 0)


@settings(max_examples=150)
@given(_ACCOUNTS, _names(), _circumstances())
def test_invitations_are_true(statuses: list[str], named: list[tuple[str, str]], one: dict[str, Any]) -> None:
    """Nobody gets more than one mail; who got none, and who may have got one, is told as it is."""
    server = _server(statuses, failures=one["failures"])
    options, outcomes, seen, told = _options(one)
    given_names = {
        "user_ids": [name for _, name in named if "@" not in name],
        "emails": [name for _, name in named if "@" in name],
    }
    batch = bulk_resend_invitation(operations_of(one["retries"]), **given_names, **options)
    _, ended = _run(batch, server, one)
    _holds(ended, outcomes, seen, told, len({folded(name) for _, name in named}))
    assert max(server.mails.values(), default=0) <= 1
    users = {folded(name): user_id for user_id, name in named}
    for result in outcomes.results:
        user_id = users[folded(result.email or result.user_id or "")]
        sent = server.mails[user_id]
        match str(result.status):
            case "done":
                assert (sent, server.users[user_id]["status"]) == (1, "invited")
            case "not_found":
                assert user_id not in server.users
            case "failed" | "not_attempted":
                assert sent == 0 or _is_merged(user_id, result, outcomes.results)


def _is_merged(user_id: str, result: UserResult, results: list[UserResult]) -> bool:
    """Tell whether another input named the same user: a look-up that failed says nothing of that one."""
    return any(one is not result and one.user_id == user_id for one in results)


@settings(max_examples=150)
@given(_ACCOUNTS, _names(), _circumstances())
def test_gets_are_true(statuses: list[str], named: list[tuple[str, str]], one: dict[str, Any]) -> None:
    """Whoever is found is the one who was named; nobody is said not to be there who is."""
    server = _server(statuses, failures=one["failures"])
    options, outcomes, seen, told = _options(one)
    given_names = {
        "user_ids": [name for _, name in named if "@" not in name],
        "emails": [name for _, name in named if "@" in name],
    }
    simulated, ended = _run(bulk_get(operations_of(one["retries"]), **given_names, **options), server, one)
    _holds(ended, outcomes, seen, told, len({folded(name) for _, name in named}))
    users = {folded(name): user_id for user_id, name in named}
    for result in outcomes.results:
        user_id = users[folded(result.email or result.user_id or "")]
        document = result.to_dict()["user"]
        match str(result.status):
            case "found":
                assert (result.user_id, document and document["id"]) == (user_id, user_id)
                assert user_id in server.users
            case "not_found":
                assert user_id not in server.users
    if isinstance(ended, list) and not one["failures"]:
        emails = {folded(name) for _, name in named if "@" in name}
        operations = Counter(request.operation for _, request in simulated.sent)
        assert operations["list_users"] <= 1.3 * len(emails)
        assert operations["get_user"] <= len({name for _, name in named if "@" not in name})
