"""Creating, getting, updating and deleting users, and sending them mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sandbox_api import Api, in_process

from arize_users.sandbox import Sandbox

MODES = ("none", "email_link", "temporary_password")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("known", "statuses", "action"),
    [
        (None, {"none": 201, "inviting": 201}, "create"),
        ("invited", {"none": 409, "inviting": 200}, None),
        ("expired", {"none": 201, "inviting": 201}, "reinvite"),
        ("active", {"none": 409, "inviting": 409}, None),
        ("inactive", {"none": 409, "inviting": 409}, None),
    ],
)
def test_known_emails(
    sandbox: Sandbox, api: Api, known: str | None, mode: str, statuses: dict[str, int], action: str | None
) -> None:
    """A create does what the contract's table says for the status of the email's user, in any case."""
    before = sandbox.users()
    if known is not None:
        user_id = sandbox.add_user(email="Ada@Example.com", name="Ada", status=known)
        before = [sandbox.user(user_id)]
    answer = api.create("ada@example.COM", mode, name="Ada King")
    user = answer.json()
    assert answer.status_code == statuses["none" if mode == "none" else "inviting"]
    assert [entry.action for entry in sandbox.audit] == ([action] if action else [])
    is_mailed = action is not None and mode == "email_link"
    assert [mail.to for mail in sandbox.outbox] == ["ada@example.COM"] * is_mailed
    if answer.status_code == 201:
        status = "active" if mode == "none" else "invited"
        assert (user["status"], user["name"], user["invite_mode"]) == (status, "Ada King", mode)
        assert ("temporary_password" in user) == (mode == "temporary_password")
        assert known is None or user["id"] == before[0].id
    else:
        assert sandbox.user(before[0].id) == before[0]
    if answer.status_code == 200:
        assert user == api.get(before[0].id).json()
    elif answer.status_code == 409:
        assert user["error_code"] == "EMAIL_TAKEN"


def test_emails_that_differ_in_case(sandbox: Sandbox, api: Api) -> None:
    """Emails that differ in the case of ASCII letters are one user's; those that differ otherwise are not."""
    assert [api.create(email).status_code for email in ("kate@x.org", "KATE@X.org")] == [201, 200]
    assert api.create("\u212aate@x.org").status_code == 201
    assert [api.create(email).status_code for email in ("Änne@x.org", "änne@x.org")] == [201, 201]


def test_case_sensitive_emails() -> None:
    """An account that is told to keeps such emails apart: each has a user, whom a create with it finds."""
    with Sandbox(case_sensitive_emails=True) as sandbox, in_process(sandbox) as api:
        mira = api.create("Mira@x.org").json()
        twin = sandbox.add_user(email="mira@x.org", name="Mira", status="invited")
        assert twin != mira["id"]
        assert api.emails(email="MIRA@") == ["Mira@x.org", "mira@x.org"]
        assert api.create("mira@x.org").json()["id"] == twin
        assert api.create("Mira@x.org").json()["id"] == mira["id"]
        assert api.create("MIRA@x.org").status_code == 201
        with pytest.raises(ValueError, match=r"mira@x\.org"):
            sandbox.add_user(email="mira@x.org", name="Mira")


@pytest.mark.parametrize("mode", ["email_link", "temporary_password"])
def test_a_new_invitation_lives_a_week(sandbox: Sandbox, api: Api, mode: str) -> None:
    """An expired invitation made anew lives a whole week again, and the user's creation does not move."""
    first = api.create().json()
    sandbox.set_time(sandbox.now() + timedelta(days=7))
    assert api.get(first["id"]).json()["status"] == "expired"
    assert api.create(invite_mode=mode).json()["created_at"] == first["created_at"]
    sandbox.set_time(sandbox.now() + timedelta(days=7) - timedelta(microseconds=1))
    assert api.get(first["id"]).json()["status"] == "invited"


@pytest.mark.parametrize(
    ("role", "is_developer"),
    [
        ({"type": "predefined", "name": "admin"}, True),
        ({"type": "predefined", "name": "member"}, True),
        ({"type": "predefined", "name": "annotator"}, False),
        ({"type": "custom", "id": "role-7"}, True),
        ({"type": "custom", "id": "annotator"}, True),
    ],
)
def test_developer_default(api: Api, role: dict[str, str], is_developer: bool) -> None:
    """Without is_developer the role decides, and what is given beats the role."""
    assert api.create("a@example.com", role=role).json()["is_developer"] is is_developer
    given = api.create("b@example.com", role=role, is_developer=not is_developer).json()
    assert (given["role"], given["is_developer"]) == (role, not is_developer)


def test_name_is_stripped(api: Api) -> None:
    """A name is kept without the blanks around it, and 255 characters are counted after that."""
    assert api.create("a@example.com", name=" \t Ada \n").json()["name"] == "Ada"
    assert api.create("b@example.com", name=" " + "é" * 255 + " ").status_code == 201
    assert api.create("c@example.com", name="é" * 256).status_code == 400


def test_accounts_without_custom_roles() -> None:
    """An account may refuse custom roles with 422, or unknown ones with 404; a known one has a name."""
    custom = {"type": "custom", "id": "role-7"}
    with Sandbox(custom_roles="refuse") as refusing, in_process(refusing) as api:
        assert api.create(role=custom).status_code == 422
    with Sandbox(custom_roles="known") as knowing, in_process(knowing) as api:
        assert api.create(role=custom).status_code == 404
        assert knowing.outbox == []
        knowing.add_custom_role("role-7", "Auditor")
        assert api.create(role=custom).json()["role"] == {**custom, "name": "Auditor"}


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
        answers = [api.get(user_id), api.update(user_id, name="x"), api.resend(user_id), api.reset(user_id)]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert api.delete(user_id).status_code == (204 if user_id == blocked else 404)
    assert (sandbox.audit, sandbox.outbox) == ([], [])


def test_update(sandbox: Sandbox, api: Api) -> None:
    """An update sets what it names, stripped, and leaves the rest; what is set already leaves no trace."""
    user_id = sandbox.add_user(email="a@x.org", name="Ada")
    for body, expected in (
        ({"name": "  Ada King "}, ("Ada King", True)),
        ({"is_developer": False}, ("Ada King", False)),
        ({"is_developer": False, "name": " Ada King "}, ("Ada King", False)),
    ):
        answer = api.update(user_id, **body)
        user = answer.json()
        assert (answer.status_code, user["name"], user["is_developer"]) == (200, *expected)
        assert api.get(user_id).json() == user
    assert [entry.action for entry in sandbox.audit] == ["update", "update"]


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

    def holdings() -> list[tuple[str, ...]]:
        user = sandbox.user(user_id)
        return [user.organization_memberships, user.space_memberships, user.api_keys, user.role_bindings]

    assert all(holdings())
    for _ in range(2):
        answer = any_api.delete(user_id)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers
    assert sandbox.user(user_id).status == "inactive"
    assert holdings() == [()] * 4
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


def test_reset(sandbox: Sandbox, api: Api) -> None:
    """A verified password user is mailed a reset link that lives 30 minutes."""
    user_id = sandbox.add_user(email="a@x.org", name="a")
    assert api.reset(user_id).status_code == 204
    (mail,) = sandbox.outbox
    assert (mail.kind, mail.to) == ("password_reset", "a@x.org")
    assert mail.expires_at - mail.sent_at == timedelta(minutes=30)
    assert [entry.action for entry in sandbox.audit] == ["reset_password"]


@pytest.mark.parametrize(
    ("status", "sso", "sso_enforced", "resend", "reset"),
    [
        ("active", False, False, "USER_NOT_INVITED", None),
        ("active", True, False, "USER_NOT_INVITED", "SSO_USER"),
        ("invited", False, False, None, "USER_NOT_VERIFIED"),
        ("expired", False, False, "USER_NOT_INVITED", "USER_NOT_VERIFIED"),
        ("invited", False, True, "SSO_ENFORCED", "USER_NOT_VERIFIED"),
    ],
)
def test_who_is_sent_mail(
    status: str, sso: bool, sso_enforced: bool, resend: str | None, reset: str | None
) -> None:
    """Only an invited user is sent an invitation, unless SSO is enforced; a verified password user a link."""
    with Sandbox(sso_enforced=sso_enforced) as sandbox, in_process(sandbox) as api:
        user_id = sandbox.add_user(email="a@x.org", name="a", status=status, sso=sso)
        for answer, refusal in ((api.resend(user_id), resend), (api.reset(user_id), reset)):
            assert answer.status_code == (400 if refusal else 204)
            assert refusal is None or answer.json()["error_code"] == refusal
        assert len(sandbox.outbox) == len(sandbox.audit) == [resend, reset].count(None)
