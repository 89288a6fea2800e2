"""Updating, deleting, and the two mails."""

from __future__ import annotations

import pytest
from support.account import Account, Connect, primed_account
from support.answers import Reply, ok

from arize_users import ArizeError, BadRequestError, ForbiddenError, NotFoundError
from arize_users.sandbox import Sandbox

UNKNOWN = "VXNlcjo5OTk5OTk="


@pytest.fixture
def ada(account: Account) -> str:
    """An active user."""
    return account.sandbox.add_user(email="ada@acme.com", name="Ada")


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"name": "  Ada King\t"}, {"name": "Ada King"}),
        ({"is_developer": False}, {"is_developer": False}),
        ({"name": "x" * 255, "is_developer": True}, {"name": "x" * 255, "is_developer": True}),
        ({"name": "Ada King", "is_developer": None}, {"name": "Ada King"}),
    ],
)
def test_update(account: Account, ada: str, changes: dict[str, object], sent: dict[str, object]) -> None:
    """An update sends only what is given, and gives the user as it is now."""
    updated = account.users.update(user_id=ada, **changes)
    assert account.sent[0].body == sent
    assert {name: getattr(updated, name) for name in sent} == sent
    assert updated.id == ada
    assert account.recorder.operations == ["update_user"]


def test_update_to_the_same(account: Account, ada: str) -> None:
    """Setting the current value changes nothing and is no error."""
    assert account.users.update(user_id=ada, name="Ada").name == "Ada"
    assert account.done == []


@pytest.mark.parametrize("method", ["update", "resend_invitation", "reset_password"])
def test_unknown_or_blocked(account: Account, method: str) -> None:
    """An unknown or blocked user can be neither changed nor mailed."""
    blocked = account.sandbox.add_user(email="x@acme.com", name="X", status="inactive")
    for user_id in (UNKNOWN, blocked):
        with pytest.raises(NotFoundError):
            getattr(account.users, method)(user_id=user_id, **({"name": "New"} if method == "update" else {}))
    assert account.done == []


def test_delete(account: Account, ada: str) -> None:
    """Deleting blocks the user for good, with memberships, keys and bindings; a second time does nothing."""
    assert account.sandbox.user(ada).api_keys
    for _ in range(2):
        assert account.users.delete(user_id=ada) is None
    record = account.sandbox.user(ada)
    assert record.status == "inactive"
    assert not record.organization_memberships + record.space_memberships + record.api_keys
    assert record.role_bindings == ()
    assert account.users.get(user="ada@acme.com") is None
    assert account.done == [("delete", "ada@acme.com")]


def test_refused_deletions(account: Account) -> None:
    """An id that never was is NotFoundError; nobody can delete themselves."""
    with pytest.raises(NotFoundError):
        account.users.delete(user_id=UNKNOWN)
    with pytest.raises(ForbiddenError):
        account.users.delete(user_id=account.users.get(user="owner@sandbox.example").id)


def test_resend(account: Account) -> None:
    """Each call sends the invited user one mail."""
    user_id = account.sandbox.add_user(email="ada@acme.com", name="Ada", status="invited")
    for count in (1, 2):
        assert account.users.resend_invitation(user_id=user_id) is None
        assert [mail.kind for mail in account.sandbox.outbox] == ["invitation"] * count
    assert account.recorder.operations == ["resend_user_invitation"] * 2


def test_reset(account: Account, ada: str) -> None:
    """Each call mails a verified user one reset link."""
    assert account.users.reset_password(user_id=ada) is None
    assert [(mail.kind, mail.to) for mail in account.sandbox.outbox] == [("password_reset", "ada@acme.com")]
    assert account.recorder.operations == ["reset_user_password"]


@pytest.mark.parametrize(
    ("method", "state"),
    [
        *[("resend_invitation", {"status": "active"}), ("resend_invitation", {"status": "expired"})],
        *[("reset_password", {"status": "invited"}), ("reset_password", {"status": "expired"})],
        ("reset_password", {"sso": True}),
    ],
)
def test_refused_mails(account: Account, method: str, state: dict[str, object]) -> None:
    """Only an invited user gets the invitation again; only a verified one without SSO a reset link."""
    user_id = account.sandbox.add_user(email="ada@acme.com", name="Ada", **state)
    with pytest.raises(BadRequestError):
        getattr(account.users, method)(user_id=user_id)
    assert account.sandbox.outbox == []


def test_resend_where_sso_is_enforced(connect: Connect, case: str) -> None:
    """Where login goes through SAML or an IdP, invitations are refused."""
    with Sandbox(enum_case=case, sso_enforced=True) as sandbox:
        account = primed_account(sandbox, connect(sandbox, case=case), case)
        user_id = sandbox.add_user(email="ada@acme.com", name="Ada", status="invited")
        with pytest.raises(BadRequestError):
            account.users.resend_invitation(user_id=user_id)


@pytest.mark.parametrize("method", ["delete", "resend_invitation", "reset_password"])
@pytest.mark.parametrize("answer", [ok(), ok(status=200), ok({"what": "ever"}), ok(status=299)], ids=repr)
def test_any_success(connect: Connect, method: str, answer: Reply) -> None:
    """Any 2xx is success where there is nothing to read, with or without a body."""
    assert getattr(connect([answer]).users, method)(user_id=UNKNOWN) is None


@pytest.mark.parametrize(
    ("key", "status"), [("sandbox-member", "403"), ("sandbox-annotator", "403"), ("sandbox-nobody", "401")]
)
def test_permissions(connect: Connect, sandbox: Sandbox, case: str, key: str, status: str) -> None:
    """What a caller may not do is refused by the server, and nothing is done."""
    user_id = sandbox.add_user(email="ada@acme.com", name="Ada", status="invited")
    users = connect(sandbox, case=case, api_key=key, enum_case=case).users
    calls = [
        lambda: users.create(name="A", email="a@acme.com", role="member", invite_mode="none"),
        lambda: users.update(user_id=user_id, name="New"),
        lambda: users.delete(user_id=user_id),
        lambda: users.resend_invitation(user_id=user_id),
        lambda: users.reset_password(user_id=user_id),
    ]
    if key != "sandbox-member":
        calls += [lambda: users.list(), lambda: users.get(user=user_id)]
    for call in calls:
        with pytest.raises(ArizeError, match=status):
            call()
    assert sandbox.audit == []


def test_developer_flag_needs_an_admin(connect: Connect, sandbox: Sandbox, case: str) -> None:
    """USER_UPDATE is enough for a name, but not for is_developer."""
    sandbox.add_key("sandbox-updater", permissions={"USER_UPDATE"})
    user_id = sandbox.add_user(email="ada@acme.com", name="Ada")
    users = connect(sandbox, case=case, api_key="sandbox-updater").users
    assert users.update(user_id=user_id, name="New").name == "New"
    with pytest.raises(ForbiddenError):
        users.update(user_id=user_id, is_developer=False)
