"""Getting, updating and deleting users, and sending them mail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arize_users.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Api


def test_get(sandbox: Sandbox, any_api: Api) -> None:
    """Every id works in a path once percent-encoded, with slashes, pluses and equals signs."""
    ids = sandbox.add_users(60)
    assert all(any(character in user_id for user_id in ids) for character in "/+=")
    for user_id in ids:
        assert any_api.get(user_id).json()["id"] == user_id


def test_get_answers_the_whole_user(sandbox: Sandbox, api: Api) -> None:
    """A user has the documented fields, with the time in RFC 3339 and UTC."""
    user_id = sandbox.add_user(email="Ada@x.org", name="Ada", role="admin", is_developer=False)
    assert api.get(user_id).json() == {
        "id": user_id,
        "name": "Ada",
        "email": "Ada@x.org",
        "created_at": "2026-03-01T12:00:00Z",
        "status": "active",
        "role": {"type": "predefined", "name": "admin"},
        "is_developer": False,
    }


def test_unknown_and_blocked_ids(sandbox: Sandbox, api: Api) -> None:
    """An unknown id and a blocked user are not found, except that blocking again succeeds."""
    blocked = sandbox.add_user(email="b@x.org", name="b", status="inactive")
    for user_id in ("VXNlcjo5OQ==", "a/b", "%", "\0", blocked):
        answers = [
            api.get(user_id),
            api.update(user_id, name="x"),
            api.resend(user_id),
            api.reset(user_id),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert api.delete(user_id).status_code == (204 if user_id == blocked else 404)
    assert (sandbox.audit, sandbox.outbox) == ([], [])


def test_update(sandbox: Sandbox, api: Api) -> None:
    """An update sets what it names, stripped, leaves the rest, and answers the new user."""
    user_id = sandbox.add_user(email="a@x.org", name="Ada")
    answer = api.update(user_id, name="  Ada King ")
    assert (answer.status_code, answer.json()["name"]) == (200, "Ada King")
    answer = api.update(user_id, is_developer=False)
    assert (answer.json()["name"], answer.json()["is_developer"]) == ("Ada King", False)
    assert [entry.action for entry in sandbox.audit] == ["update", "update"]


def test_update_to_the_same(sandbox: Sandbox, api: Api) -> None:
    """Setting what is set already succeeds and leaves no trace."""
    user_id = sandbox.add_user(email="a@x.org", name="Ada")
    assert api.update(user_id, name=" Ada ", is_developer=True).status_code == 200
    assert sandbox.audit == []


def test_developer_needs_an_admin(sandbox: Sandbox, api: Api) -> None:
    """Whoever may update may rename, but only an admin may set is_developer."""
    user_id = sandbox.add_user(email="a@x.org", name="Ada")
    sandbox.add_key("updater", permissions={"USER_UPDATE"})
    updater = api.by("updater")
    assert updater.update(user_id, name="New").status_code == 200
    refused = updater.update(user_id, name="Newer", is_developer=True)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "ADMIN_REQUIRED")
    assert sandbox.user(user_id).name == "New"


def test_delete_cascades(sandbox: Sandbox, any_api: Api) -> None:
    """Deleting blocks the user for good, takes all holdings away, and may be repeated."""
    user_id = any_api.create("a@x.org", "none").json()["id"]
    before = sandbox.user(user_id)
    assert before.organization_memberships
    assert before.space_memberships
    assert before.api_keys
    assert before.role_bindings
    for _ in range(2):
        answer = any_api.delete(user_id)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers
    after = sandbox.user(user_id)
    assert after.status == "inactive"
    held = after.organization_memberships + after.space_memberships
    assert held + after.api_keys + after.role_bindings == ()
    assert "a@x.org" not in any_api.emails()
    assert [entry.action for entry in sandbox.audit] == ["create", "delete"]


def test_nobody_deletes_themselves(sandbox: Sandbox, api: Api) -> None:
    """Deleting oneself is refused with 403, whatever one may do to others."""
    mine = sandbox.add_key("deleter", permissions={"USER_DELETE"})
    answer = api.by("deleter").delete(mine)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "CANNOT_DELETE_SELF")
    assert sandbox.user(mine).status == "active"


def test_deleted_callers_lose_their_key(sandbox: Sandbox, api: Api) -> None:
    """A deleted user's key is unknown from then on."""
    theirs = sandbox.add_key("reader", permissions={"USER_READ"})
    assert api.by("reader").list().status_code == 200
    api.delete(theirs)
    assert api.by("reader").list().status_code == 401


def test_resend(sandbox: Sandbox, api: Api) -> None:
    """Resending mails the invitation again and gives it a whole week anew."""
    user_id = api.create("a@x.org").json()["id"]
    sandbox.set_time(sandbox.now() + timedelta(days=6))
    answer = api.resend(user_id)
    assert (answer.status_code, answer.content) == (204, b"")
    mail = sandbox.outbox[-1]
    assert (mail.kind, mail.to, mail.user_id) == ("invitation", "a@x.org", user_id)
    assert (mail.sent_at, mail.expires_at) == (sandbox.now(), sandbox.now() + timedelta(days=7))
    sandbox.set_time(sandbox.now() + timedelta(days=6))
    assert api.get(user_id).json()["status"] == "invited"
    assert [entry.action for entry in sandbox.audit] == ["create", "resend_invitation"]


@pytest.mark.parametrize("status", ["active", "expired"])
def test_resend_needs_an_invited_user(sandbox: Sandbox, api: Api, status: str) -> None:
    """Only an invited user can be sent the invitation again."""
    user_id = sandbox.add_user(email="a@x.org", name="a", status=status)
    assert api.resend(user_id).status_code == 400
    assert sandbox.outbox == []


def test_resend_under_enforced_sso(open_api: Callable[[Sandbox], Api]) -> None:
    """Where SAML or IdP login is enforced no invitation is sent again."""
    with Sandbox(sso_enforced=True) as sandbox:
        user_id = sandbox.add_user(email="a@x.org", name="a", status="invited")
        answer = open_api(sandbox).resend(user_id)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "SSO_ENFORCED")
        assert sandbox.outbox == []


def test_reset(sandbox: Sandbox, api: Api) -> None:
    """A verified password user is mailed a reset link that lives 30 minutes."""
    user_id = api.create("a@x.org", "none").json()["id"]
    assert api.reset(user_id).status_code == 204
    (mail,) = sandbox.outbox
    assert (mail.kind, mail.to) == ("password_reset", "a@x.org")
    assert mail.expires_at - mail.sent_at == timedelta(minutes=30)
    assert [entry.action for entry in sandbox.audit] == ["create", "reset_password"]


@pytest.mark.parametrize(("status", "sso"), [("active", True), ("invited", False), ("expired", False)])
def test_reset_needs_a_verified_password_user(sandbox: Sandbox, api: Api, status: str, sso: bool) -> None:
    """SSO users and unverified ones have no password to reset."""
    user_id = sandbox.add_user(email="a@x.org", name="a", status=status, sso=sso)
    assert api.reset(user_id).status_code == 400
    assert (sandbox.outbox, sandbox.audit) == ([], [])
