"""Updating, deleting, and the two mails."""

from __future__ import annotations

import pytest
from support.account import Account, Connect
from support.answers import Reply, html, ok, user

from arize_users import BadRequestError, ResponseDecodeError, outcomes_of

from .simulated_calls import CALLS

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


def test_reset_of_a_user_created_with_none(account: Account) -> None:
    """Whoever was created with mode none logs in by SSO alone: a reset is refused, and mails nothing."""
    created = account.users.create(name="Bot", email="bot@acme.com", role="member", invite_mode="none")
    with pytest.raises(BadRequestError, match="SSO"):
        account.users.reset_password(user_id=created.id)
    assert account.sandbox.outbox == []


SIGN_IN_PAGE = html(200)
FOREIGN = [SIGN_IN_PAGE, Reply(200), ok({"status": "error"}), ok({"what": "ever"}, 202), Reply(299)]


@pytest.mark.parametrize("method", ["delete", "resend_invitation", "reset_password"])
def test_what_counts_as_done(connect: Connect, method: str) -> None:
    """A 204 is done, and the 202 without a body of an older deployment; any other 2xx may be a proxy's."""
    for answer in (ok(), Reply(202)):
        assert getattr(connect([answer]).users, method)(user_id=UNKNOWN) is None
    for answer in FOREIGN:
        with pytest.raises(ResponseDecodeError) as caught:
            getattr(connect([answer]).users, method)(user_id=UNKNOWN)
        assert caught.value.maybe_applied
        assert "carried out" not in str(caught.value)
        outcomes = outcomes_of(caught.value)
        assert outcomes is not None
        assert [one.status for one in outcomes.unknown] == ["unknown"]


@pytest.mark.parametrize("call", ["create, email_link", "create, temporary_password", "update"])
def test_what_counts_as_changed(connect: Connect, call: str) -> None:
    """A user with an id answers create (200, 201) and update (200); any other 2xx may be a proxy's."""
    right = (200, 201) if call != "update" else (200,)
    for status in right:
        assert CALLS[call](connect([ok(user(), status)]).users).id == user()["id"]
    for answer in (*FOREIGN, ok(user(), 202), ok(user(), 203), ok(user(id=None), right[-1])):
        with pytest.raises(ResponseDecodeError) as caught:
            CALLS[call](connect([answer], enum_case="lower").users)
        assert caught.value.maybe_applied
        assert "carried out" not in str(caught.value)


def test_foreign_success_in_a_batch(connect: Connect) -> None:
    """A proxy's sign-in page counts as no deletion: what became of the user is unknown."""
    results = connect(lambda _: SIGN_IN_PAGE).users.bulk_delete(user_ids=["a", "b"])
    assert [one.status for one in results] == ["unknown", "unknown"]
    assert all("DELETE /v2/users/" in one.error for one in results)
