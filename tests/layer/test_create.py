"""Creating users: what becomes of each kind of email, roles, and what is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.account import NOON, Account, Connect, primed_account
from support.answers import SECRET, ok, user

from arize_users import (
    BadRequestError,
    ConflictError,
    CreatedUser,
    CustomUserRole,
    InviteMode,
    NotFoundError,
    PredefinedUserRole,
    UnprocessableEntityError,
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


@pytest.mark.parametrize("mode", MODES)
def test_expired_email(account: Account, mode: str) -> None:
    """An expired invitation is made anew: a fresh one, or an active user with mode none."""
    user_id = account.sandbox.add_user(email="ada@acme.com", name="Before", status="expired")
    created = _create(account, mode)
    assert created.created is True
    assert created.id == user_id
    assert created.invite_mode == mode
    assert created.status == ("active" if mode == "none" else "invited")
    assert account.done == [("reinvite", "ada@acme.com")]


@pytest.mark.parametrize(
    ("status", "mode"),
    [("invited", "none"), *((status, mode) for status in ("active", "inactive") for mode in MODES)],
)
def test_taken_email(account: Account, status: str, mode: str) -> None:
    """An email of an active or blocked user, or of an invited one with mode none, is a conflict."""
    account.sandbox.add_user(email="ada@acme.com", name="Before", status=status)
    with pytest.raises(ConflictError) as caught:
        _create(account, mode)
    assert caught.value.status_code == 409
    assert account.done == []
    assert len(account.sent) == 1


def test_an_invitation_in_time(account: Account) -> None:
    """An invitation lasts until it expires, then the same call invites again."""
    assert _create(account).created
    account.sandbox.set_time(NOON + timedelta(days=6))
    assert not _create(account).created
    account.sandbox.set_time(NOON + timedelta(days=8))
    assert _create(account).created
    assert [action for action, _ in account.done] == ["create", "reinvite"]


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


@pytest.mark.parametrize(("roles", "error"), [("known", NotFoundError), ("refuse", UnprocessableEntityError)])
def test_refused_custom_roles(connect: Connect, case: str, roles: str, error: type[Exception]) -> None:
    """An unknown custom role is a 404, and a server without custom roles says 422."""
    with Sandbox(enum_case=case, custom_roles=roles) as sandbox:
        account = primed_account(sandbox, connect(sandbox, case=case), case)
        with pytest.raises(error):
            _create(account, role=CustomUserRole(id="Um9sZQ=="))
        assert account.done == []
        assert len(account.sent) == 1


@pytest.mark.parametrize("mode", [InviteMode.EMAIL_LINK, "Email_Link"])
def test_invite_mode_in_any_case(account: Account, mode: str) -> None:
    """An invite mode is a member of the enum or its text in any case."""
    assert _create(account, mode).invite_mode is InviteMode.EMAIL_LINK
    assert account.sent[0].body["invite_mode"] == account.say("email_link")


@pytest.mark.parametrize(("role", "expected"), [("admin", True), ("member", True), ("annotator", False)])
def test_developer_by_role(account: Account, role: str, expected: bool) -> None:
    """is_developer left out is not sent, and the server decides by the role."""
    assert _create(account, role=role).is_developer is expected
    assert "is_developer" not in account.sent[0].body


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
    """The password that the server issues is there to be read, once asked for by name."""
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
