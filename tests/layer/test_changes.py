"""Updating, deleting, and the two mails."""

from __future__ import annotations

import pytest
from support.account import Account, Connect
from support.answers import Reply, ok

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


@pytest.mark.parametrize("method", ["delete", "resend_invitation", "reset_password"])
@pytest.mark.parametrize("answer", [ok(), ok(status=200), ok({"what": "ever"}), ok(status=299)], ids=repr)
def test_any_success(connect: Connect, method: str, answer: Reply) -> None:
    """Any 2xx is success where there is nothing to read, with or without a body."""
    assert getattr(connect([answer]).users, method)(user_id=UNKNOWN) is None
