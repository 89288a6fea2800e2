# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Programs that use the synchronous client. They are checked, not run; an ignored line must be an error."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, assert_type

import httpx

import arize_users
from arize_users import (
    ActionStatus,
    ArizeClient,
    BulkCreateResult,
    BulkGetResult,
    BulkInvitationResult,
    BulkProgress,
    BulkUpdateResult,
    BulkUserDeletionResult,
    CreatedUser,
    CreationStatus,
    DeletionStatus,
    InviteMode,
    LookupStatus,
    NewUser,
    Outcomes,
    User,
    UserPage,
    UserRole,
    UserStatus,
    UserUpdate,
)
from arize_users.roster import Action, Plan, PlanResult, Refusal, Report, Roster


def set_up() -> None:
    with ArizeClient() as from_environment:
        assert_type(from_environment, ArizeClient)
    ArizeClient(api_key="k", base_url="https://a.example", timeout=None, verify=False, max_retries=0)
    ArizeClient(region="us-east-1b", timeout=httpx.Timeout(5), verify=ssl.create_default_context())
    ArizeClient(headers={"x-team": "a"}, proxy="http://proxy:3128", transport=httpx.MockTransport(answer))
    with httpx.Client() as http:
        client = ArizeClient(http_client=http)
        quick = client.with_options(timeout=2, max_retries=0, headers={"x-team": "a"})
        assert_type(quick, ArizeClient)
        assert_type(client.close(), None)
    client.with_options(max_retries=None)  # type: ignore[arg-type]
    ArizeClient("k")  # type: ignore[call-arg]
    ArizeClient(timeout="30")  # type: ignore[arg-type]
    ArizeClient(http_client=httpx.AsyncClient())  # type: ignore[arg-type]
    ArizeClient(transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"path": request.url.path})


def read(client: ArizeClient) -> list[str]:
    page: UserPage = client.users.list(email="@acme.com", status=["active", UserStatus.INVITED], limit=10)
    following = client.users.list(status="expired", cursor=page.pagination.next_cursor)
    document: dict[str, Any] = following.to_dict()
    users: Iterator[User] = client.users.iter(
        status=UserStatus.ACTIVE, created_after=date(2026, 3, 1), created_before="30 days", prefetch=True
    )
    pages: Iterator[UserPage] = client.users.iter_pages(status=["invited"], cursor="x")
    print([len(one) for one in pages])
    client.users.iter(created_after=timedelta(days=30), created_before=timedelta(hours=1))
    client.users.iter(created_after=1_700_000_000)  # type: ignore[arg-type]
    client.users.list("@acme.com")  # type: ignore[call-arg]
    client.users.list(limit="10")  # type: ignore[arg-type]
    print(document, len(page), [user.email for user in page])
    return [user.email.lower() for user in users if user.status != "active"]


def fields(user: User) -> None:
    assert_type((user.id, user.name, user.email), tuple[str, str, str])
    assert_type((user.created_at, user.is_developer), tuple[datetime, bool])
    status: UserStatus | str = user.status
    match user.role:
        case arize_users.PredefinedUserRole(name=name):
            known: UserRole | str = name
            print(known)
        case arize_users.CustomUserRole(id=role_id, name=role_name):
            assert_type((role_id, role_name), tuple[str, str | None])
        case arize_users.UnknownUserRole():
            print(user.role.data["type"], user.role.type)
    print(status == "ACTIVE", status in ("active", "invited"), user.to_row()["email"], user.to_json(indent=2))
    print(user.mail)  # type: ignore[attr-defined]
    user.name = "x"  # type: ignore[misc]


def write(client: ArizeClient) -> None:
    found = client.users.get(user="ada@acme.com")
    assert_type(found, User | None)
    print(found.id)  # type: ignore[union-attr]
    created = client.users.create(
        name="Ada", email="ada@acme.com", role=UserRole.MEMBER, invite_mode=InviteMode.EMAIL_LINK
    )
    assert_type(created, CreatedUser)
    assert_type((created.created, created.temporary_password), tuple[bool | None, str | None])
    client.users.create(
        name="A", email="a@b.c", role=arize_users.assign_predefined_role("admin"), invite_mode="none"
    )
    client.users.create(
        name="A", email="a@b.c", role=arize_users.assign_custom_role("r1"), invite_mode="none"
    )
    client.users.create(name="A", email="a@b.c", role="admin")  # type: ignore[call-arg]
    client.users.create(name="A", email="a@b.c", role=7, invite_mode="none")  # type: ignore[arg-type]
    assert_type(client.users.update(user_id=created.id, name="Ada King"), User)
    assert_type(client.users.delete(user_id=created.id), None)
    assert_type(client.users.resend_invitation(user_id=created.id), None)
    assert_type(client.users.reset_password(user_id=created.id), None)
    client.users.update(user_id=created.id, is_developer="yes")  # type: ignore[arg-type]


def delete_many(client: ArizeClient, ids: Iterator[str]) -> list[str]:
    seen: list[BulkUserDeletionResult] = []
    try:
        results = client.users.bulk_delete(
            user_ids=ids, emails={"ada@acme.com"}, max_concurrency=4, on_result=seen.append
        )
    except arize_users.BulkInterrupted as stopped:
        assert_type(stopped.results, list[Any])
        return stopped.pending
    client.users.bulk_delete(user_ids=[7])  # type: ignore[list-item]
    client.users.bulk_delete(emails=["a@b.c"], on_result=print_number)  # type: ignore[arg-type]
    return [one.error for one in results if one.status is DeletionStatus.FAILED and one.error is not None]


def create_many(client: ArizeClient, people: Iterator[NewUser]) -> list[str | None]:
    outcomes = Outcomes()
    results = client.users.bulk_create(
        people, max_concurrency=32, on_result=show_created, on_progress=show_progress, outcomes=outcomes
    )
    assert_type(results, list[BulkCreateResult])
    assert_type(results[0].user, CreatedUser | User | None)
    assert_type(results[0].status, CreationStatus)
    NewUser("ada@acme.com", "Ada", "member")  # type: ignore[call-arg]
    NewUser(email="ada@acme.com", name="Ada")  # type: ignore[call-arg]
    client.users.bulk_create(["ada@acme.com"])  # type: ignore[list-item]
    client.users.bulk_create(people, on_result=print_number)  # type: ignore[arg-type]
    return [one.temporary_password for one in results]


def change_many(client: ArizeClient, ada: User) -> None:
    changes = [UserUpdate(user=ada, name="Ada King"), UserUpdate(user="bob@acme.com", is_developer=False)]
    assert_type(client.users.bulk_update(changes), list[BulkUpdateResult])
    assert_type(client.users.bulk_resend_invitation(user_ids=[ada, "id"]), list[BulkInvitationResult])
    found = client.users.bulk_get(user_ids=[ada], emails=["bob@acme.com"])
    assert_type(found, list[BulkGetResult])
    assert_type((found[0].status, found[0].user), tuple[LookupStatus, User | None])
    client.users.update(user_id=ada, name="Ada")
    client.users.bulk_delete(user_ids=[ada], on_progress=show_progress)
    UserUpdate(user=ada, role="admin")  # type: ignore[call-arg]
    client.users.bulk_update([ada])  # type: ignore[list-item]


def show_created(result: BulkCreateResult) -> None:
    print(result.email, result.differences, result.error)


def show_progress(progress: BulkProgress) -> None:
    assert_type((progress.phase, progress.done, progress.total), tuple[str, int, int | None])
    assert_type(progress.waiting_until, datetime | None)


def print_number(number: int) -> None:
    print(number)


def plan(client: ArizeClient, roster: Roster, ada: User) -> tuple[Refusal, ...]:
    made = client.users.plan(
        roster,
        remove_missing=True,
        max_removals="2.5%",
        keep=[ada, "@acme.com"],
        min_admins=2,
        on_progress=print,
    )
    assert_type(made, Plan)
    assert_type(made.actions, tuple[Action, ...])
    assert_type(made.save("plan.json"), None)
    assert_type(Plan.load("plan.json"), Plan)
    client.users.plan([ada])  # type: ignore[arg-type]
    client.users.plan(roster, max_removals=None)  # type: ignore[arg-type]
    made.notes = ()  # type: ignore[misc]
    return made.refusals


def apply(client: ArizeClient, plan: Plan) -> list[str | None]:
    seen: list[PlanResult] = []
    report = client.users.apply(plan, journal="plan.journal.jsonl", passwords=None, on_result=seen.append)
    assert_type(report, Report)
    assert_type(report.results, tuple[PlanResult, ...])
    assert_type(report.counts, dict[str, int])
    assert_type(seen[0].temporary_password, str | None)
    client.users.apply("plan.json")  # type: ignore[arg-type]
    client.users.apply(plan, "plan.journal.jsonl")  # type: ignore[call-arg]
    return [one.error for one in report if one.status is not ActionStatus.DONE]


def errors(client: ArizeClient, user: User) -> str | None:
    try:
        client.users.delete(user_id="x")
        return user.email
    except arize_users.NotFoundError as error:
        assert_type((error.status_code, error.body, error.retry_after), tuple[int, bytes, float | None])
        return error.request_id or error.detail or error.title or error.type or error.error_code
    except arize_users.APIConnectionError as error:
        assert_type(error.sent, bool)
    except arize_users.ResponseDecodeError as error:
        assert_type((error.status_code, error.body), tuple[int, bytes])
    except arize_users.APIError as error:
        assert_type(error.maybe_applied, bool)
        return error.operation or error.method or error.path
    except arize_users.InvalidArgumentError as error:
        assert_type((error.argument, error.index), tuple[str | None, int | None])
    except arize_users.ConfigurationError as error:
        return error.argument or error.variable
    except arize_users.MissingFieldError as error:
        assert_type((error.field, error.user), tuple[str, str | None])
    except arize_users.OutcomeUnknownError as error:
        assert_type(error.email, str)
    except arize_users.ArizeError as error:
        print(error.reason)  # type: ignore[attr-defined]
        return error.hint or error.message
    return None


def enums() -> list[UserStatus]:
    assert_type(UserStatus("ACTIVE"), UserStatus)
    text: str = UserRole.ADMIN
    print(text, InviteMode.NONE.value, DeletionStatus.NOT_FOUND)
    print(UserStatus.BLOCKED)  # type: ignore[attr-defined]
    return list(UserStatus)
