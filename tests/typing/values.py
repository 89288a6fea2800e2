# pyright: reportUnnecessaryTypeIgnoreComment=true
"""Programs that pass texts, members and answers. Checked, not run; an ignored line must be an error."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import assert_type

from arize_users import (
    AnyCaseText,
    ArizeClient,
    AsyncArizeClient,
    BulkUserDeletionResult,
    CreatedUser,
    CustomUserRole,
    EnumCaseLiteral,
    InviteMode,
    InviteModeLike,
    InviteModeLiteral,
    NewUser,
    PredefinedUserRole,
    RegionLiteral,
    Role,
    RoleLike,
    StatusLike,
    UnknownUserRole,
    User,
    UserPage,
    UserRole,
    UserRoleLiteral,
    UserStatus,
    UserStatusLiteral,
    When,
    assign_predefined_role,
)
from arize_users.roster import Action
from arize_users.sandbox import Sandbox


def filters(client: ArizeClient, text: str, texts: list[str], any_of: Iterable[UserStatus]) -> None:
    users = client.users
    users.list(status="active")
    users.list(status="ACTIVE")
    users.list(status=["active", "INVITED"])
    users.list(status=("active", UserStatus.INVITED))
    users.list(status={"expired"})
    users.list(status=any_of)
    users.list(status=(status for status in UserStatus))
    users.list(status=UserStatus(text))
    users.list(status=[UserStatus(one) for one in texts])
    users.list(status=None)
    users.list(status="activ")  # type: ignore[arg-type]
    users.list(status="Active")  # type: ignore[arg-type]
    users.list(status="inactive")  # type: ignore[arg-type]
    users.list(status=["activ"])  # type: ignore[list-item]
    users.list(status=text)  # type: ignore[arg-type]
    users.list(status=texts)  # type: ignore[arg-type]
    users.list(status=InviteMode.NONE)  # type: ignore[arg-type]
    users.iter(status=["active", "invited"])
    users.iter(status=text)  # type: ignore[arg-type]
    users.iter_pages(status="expired")
    users.iter_pages(status=text)  # type: ignore[arg-type]
    users.to_df(status="invited", created_before="30 days", case="upper")
    users.to_df(status="activ")  # type: ignore[arg-type]
    users.to_df(case="title")  # type: ignore[arg-type]


def wrappers(
    client: ArizeClient, status: StatusLike, role: RoleLike, mode: InviteModeLike, when: When
) -> UserPage:
    client.users.iter(created_after=when, created_before="30 days")
    client.users.create(name="A", email="a@b.c", role=role, invite_mode=mode)
    return client.users.list(status=[status])


def literals() -> None:
    status: UserStatusLiteral = "EXPIRED"
    role: UserRoleLiteral = "annotator"
    mode: InviteModeLiteral = "EMAIL_LINK"
    region: RegionLiteral = "EU"
    case: EnumCaseLiteral = "auto"
    wrong: UserRoleLiteral = "owner"  # type: ignore[assignment]
    print(UserStatus(status), UserRole(role), InviteMode(mode), wrong)
    ArizeClient(region=region, enum_case=case)
    AsyncArizeClient(region="us-central-1a", enum_case="UPPER")
    ArizeClient(region="eu-west-1")  # type: ignore[arg-type]
    ArizeClient(enum_case="title")  # type: ignore[arg-type]


def create(client: ArizeClient, text: str) -> CreatedUser:
    users = client.users
    users.create(name="A", email="a@b.c", role="MEMBER", invite_mode="NONE")
    users.create(name="A", email="a@b.c", role=UserRole(text), invite_mode=InviteMode(text))
    users.create(name="A", email="a@b.c", role="owner", invite_mode="none")  # type: ignore[arg-type]
    users.create(name="A", email="a@b.c", role="admin", invite_mode="mail")  # type: ignore[arg-type]
    users.create(name="A", email="a@b.c", role=text, invite_mode="none")  # type: ignore[arg-type]
    users.create(name="A", email="a@b.c", role="admin", invite_mode=text)  # type: ignore[arg-type]
    users.create(name="A", email="a@b.c", role=UserStatus.ACTIVE, invite_mode="none")  # type: ignore[arg-type]
    NewUser(email="a@b.c", name="A", role="member", invite_mode="TEMPORARY_PASSWORD")
    NewUser(email="a@b.c", name="A", role=CustomUserRole(id="r1"))
    NewUser(email="a@b.c", name="A", role="owner")  # type: ignore[arg-type]
    NewUser(email="a@b.c", name="A", role=text)  # type: ignore[arg-type]
    NewUser(email="a@b.c", name="A", role="member", invite_mode=text)  # type: ignore[arg-type]
    assign_predefined_role("Owner")  # type: ignore[arg-type]
    return users.create(name="A", email="a@b.c", role=assign_predefined_role("ADMIN"), invite_mode="none")


def pass_back(client: ArizeClient, created: CreatedUser, user: User) -> None:
    assert_type(created.role, Role)
    assert_type(created.role, PredefinedUserRole | CustomUserRole | UnknownUserRole)
    assert_type(created.invite_mode, InviteMode | AnyCaseText | None)
    assert_type(user.status, UserStatus | AnyCaseText)
    mode: InviteModeLike = created.invite_mode or "email_link"
    client.users.create(name="B", email="b@b.c", role=created.role, invite_mode=mode)
    client.users.create(
        name="B", email="b@b.c", role=created.role, invite_mode=created.invite_mode or "email_link"
    )
    if created.invite_mode is not None:
        client.users.create(name="B", email="b@b.c", role=created.role, invite_mode=created.invite_mode)
    NewUser(email="b@b.c", name="B", role=user.role)
    client.users.list(status=user.status)
    client.users.list(status=[user.status, created.status])
    client.users.list(status={one.status for one in client.users.iter()})
    if isinstance(user.role, PredefinedUserRole):
        client.users.create(name="B", email="b@b.c", role=user.role.name, invite_mode="none")
    print(user.status == "ACTIVE", user.status != "active", user.status in ("active", "invited"))
    print(user.role.name == "ADMIN", created.invite_mode == "EMAIL_LINK")
    User(status="active", role=CustomUserRole(id="r1"))
    CreatedUser(status=sys.argv[1], invite_mode=sys.argv[2])


def any_case(result: BulkUserDeletionResult, action: Action, status: UserStatus) -> list[bool]:
    if result.status == "DELETED" or result.status != "Not_Found":
        return [action.kind == "REMOVE", status.value == "ACTIVE"]
    return [status == "ACTIVE", UserStatus.ACTIVE == "ACTIVE", status in ("ACTIVE", "invited")]


def every_member(status: UserStatus) -> int:
    match status:
        case UserStatus.ACTIVE:
            return 1
        case UserStatus.INVITED | UserStatus.EXPIRED:
            return 2


def pages(client: ArizeClient) -> list[str]:
    page = client.users.list()
    assert_type(page[0], User)
    assert_type(page[1:], tuple[User, ...])
    page["0"]  # type: ignore[call-overload]
    print(page[0] in page, repr(page), *reversed(page))
    return [user.email for user in page[:10]]


def sandboxes(client: ArizeClient, other: AsyncArizeClient) -> list[str]:
    assert_type(client.sandbox, Sandbox)
    assert_type(other.sandbox, Sandbox)
    return [mail.to for mail in client.sandbox.outbox]
