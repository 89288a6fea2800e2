"""Creating users: what becomes of each kind of email, roles, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from support.account import NOON, Account, Connect
from support.answers import SECRET, ok, user

from arize_users import (
    BadRequestError,
    CreatedUser,
    CustomUserRole,
    ForbiddenError,
    InviteMode,
    PredefinedUserRole,
    UserRole,
    assign_custom_role,
    assign_predefined_role,
)
from arize_users.sandbox import Sandbox

MODES = ["none", "email_link", "temporary_password"]


def _create(account: Account, mode: str = "email_link", **changes: object) -> CreatedUser:
    arguments = {"name": "Ada", "email": "ada@acme.com", "role": "member", **changes}
    created: CreatedUser = account.users.create(**arguments, invite_mode=mode)
    return created


@pytest.mark.parametrize("mode", MODES)
def test_unknown_email(account: Account, mode: str) -> None:
    """A new email is created, active with mode none, else invited; nothing is sent but what was given."""
    created = _create(account, mode)
    assert created.created is True
    assert created.invite_mode is InviteMode(mode)
    assert created.status == ("active" if mode == "none" else "invited")
    assert (created.name, created.email) == ("Ada", "ada@acme.com")
    assert created.created_at == NOON
    assert account.done == [("create", "ada@acme.com")]
    assert len(account.sandbox.outbox) == (mode == "email_link")
    assert (created.temporary_password is not None) == (mode == "temporary_password")
    assert account.users.get(user=created.id).email == "ada@acme.com"
    assert account.sent[0].body == {
        "name": "Ada",
        "email": "ada@acme.com",
        "role": {"type": account.say("predefined"), "name": account.say("member")},
        "invite_mode": account.say(mode),
    }


@pytest.mark.parametrize("mode", ["email_link", "temporary_password"])
def test_invited_email(account: Account, mode: str) -> None:
    """A repeated invitation gives the user as it is, says so, and sends nothing again."""
    user_id = account.sandbox.add_user(email="Ada@acme.com", name="Before", status="invited", role="admin")
    created = _create(account, mode)
    assert created.created is False
    assert created.invite_mode is None
    assert created.temporary_password is None
    assert (created.id, created.name, created.role.name) == (user_id, "Before", "admin")
    assert account.done == []
    assert account.sandbox.outbox == []


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("member", "member"),
        ("ADMIN", "admin"),
        (UserRole.ANNOTATOR, "annotator"),
        (PredefinedUserRole(name="Member"), "member"),
        (PredefinedUserRole(name=UserRole.ADMIN), "admin"),
        (assign_predefined_role("annotator"), "annotator"),
    ],
)
def test_predefined_roles(account: Account, role: object, name: str) -> None:
    """A role is a builder's result, a member of the enum, or a plain name in any case."""
    created = _create(account, role=role)
    assert created.role == PredefinedUserRole(name=name)
    expected = {"type": account.say("predefined"), "name": account.say(name)}
    assert account.sent[0].body["role"] == expected


@pytest.mark.parametrize(
    "role", [CustomUserRole(id="Um9sZQ==", name="admin"), assign_custom_role("Um9sZQ==")]
)
def test_custom_roles(account: Account, role: CustomUserRole) -> None:
    """A custom role is sent by its id alone; its name is only ever read."""
    created = _create(account, role=role)
    assert created.role == CustomUserRole(id="Um9sZQ==")
    assert account.sent[0].body["role"] == {"type": account.say("custom"), "id": "Um9sZQ=="}


@pytest.mark.parametrize("mode", [InviteMode.EMAIL_LINK, "Email_Link"])
def test_invite_mode_in_any_case(account: Account, mode: str) -> None:
    """An invite mode is a member of the enum or its text in any case."""
    assert _create(account, mode).invite_mode is InviteMode.EMAIL_LINK
    assert account.sent[0].body["invite_mode"] == account.say("email_link")


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("takes", [True, False])
def test_every_kind_of_deployment(connect: Connect, case: Any, takes: bool, is_known: bool) -> None:
    """In either generation is_developer is set where create takes it; else the error says how to set it."""
    with Sandbox(enum_case=case, create_takes_is_developer=takes) as sandbox:
        users = connect(sandbox, judged=False).users
        if is_known:
            users.list(limit=1)
        new = {"name": "Ada", "role": "member", "invite_mode": "none"}
        if takes:
            assert users.create(**new, email="ada@acme.com", is_developer=False).is_developer is False
        else:
            with pytest.raises(BadRequestError, match=r"users\.update\(user_id=.*is_developer"):
                users.create(**new, email="ada@acme.com", is_developer=False)
        assert len(sandbox.audit) == takes
        created = users.create(**new, email="grace@acme.com")
        assert created.is_developer is True
        assert users.update(user_id=created.id, is_developer=False).is_developer is False


def test_a_member_creates_users(connect: Connect) -> None:
    """In the newest deployments a member creates members and annotators; another role is a ForbiddenError."""
    with Sandbox(enum_case="upper") as sandbox:
        users = connect(sandbox, judged=False, api_key="sandbox-member").users
        for role in ("annotator", "member"):
            created = users.create(name="A", email=f"{role}@acme.com", role=role, invite_mode="email_link")
            assert created.created
        with pytest.raises(ForbiddenError, match="MEMBER or ANNOTATOR"):
            users.create(name="A", email="admin@acme.com", role="admin", invite_mode="email_link")
        assert len(sandbox.outbox) == 2


@pytest.mark.parametrize("flag", [True, False])
def test_developer_as_given(account: Account, flag: bool) -> None:
    """is_developer is sent when given; where the deployment has no such field, the error says what to do."""
    if account.case == "lower":
        assert _create(account, role="annotator", is_developer=flag).is_developer is flag
        assert account.sent[0].body["is_developer"] is flag
        return
    with pytest.raises(BadRequestError, match=r"users\.update\(user_id=.*is_developer"):
        _create(account, is_developer=flag)
    assert len(account.recorder.take_deviations()) == len(account.sent) == 1
    assert account.done == []


@pytest.mark.parametrize(
    "name", ["  Ada Lovelace\n", "x" * 255, " " + "ä" * 255 + " ", "王", 'O\'Neil "Q" \\ <b>']
)
def test_names(account: Account, name: str) -> None:
    """A name is sent without the blanks around it, of up to 255 characters; an email as it is."""
    created = _create(account, name=name, email="ängström+O'Neil@Müller.example")
    assert created.name == account.sent[0].body["name"] == name.strip()
    assert created.email == "ängström+O'Neil@Müller.example"


def test_temporary_password(connect: Connect) -> None:
    """The password that the server issues can be read, and is in the document, but in no repr."""
    answer = ok(user(status="invited", invite_mode="temporary_password", temporary_password=SECRET), 201)
    created = connect([answer]).users.create(
        name="Ada", email="ada@example.com", role="member", invite_mode="temporary_password"
    )
    assert created.temporary_password == SECRET
    assert created.to_dict()["temporary_password"] == SECRET
    assert SECRET not in repr(created)
    assert SECRET not in str(created)


def test_a_repeated_invitation(connect: Connect) -> None:
    """A 200 is a repeated invitation: this call created nobody, and has no mode."""
    created = connect([ok(user(status="invited"))]).users.create(
        name="Ada", email="ada@example.com", role="member", invite_mode="email_link"
    )
    assert (created.created, created.invite_mode) == (False, None)
