"""Creating users: the table of what a known email gets, and what a new user begins with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from arize_users.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Api

INVITING = ("email_link", "temporary_password")


@pytest.mark.parametrize(
    ("mode", "status", "mails"),
    [("none", "active", 0), ("email_link", "invited", 1), ("temporary_password", "invited", 0)],
)
def test_unknown_email(sandbox: Sandbox, api: Api, mode: str, status: str, mails: int) -> None:
    """A new email gives 201 with the status and the mail that its invite mode promises."""
    answer = api.create("ada@example.com", mode)
    user = answer.json()
    assert answer.status_code == 201
    assert (user["status"], user["invite_mode"]) == (status, mode)
    assert ("temporary_password" in user) == (mode == "temporary_password")
    assert [mail.to for mail in sandbox.outbox] == ["ada@example.com"] * mails
    assert [entry.action for entry in sandbox.audit] == ["create"]


@pytest.mark.parametrize("mode", INVITING)
@pytest.mark.parametrize("first_mode", INVITING)
def test_invited_email_again(sandbox: Sandbox, api: Api, first_mode: str, mode: str) -> None:
    """Inviting an invited user again answers that user unchanged and sends nothing."""
    first = api.create("ada@example.com", first_mode).json()
    mails = sandbox.outbox
    again = api.create("ADA@example.com", mode, name="Someone else")
    assert again.status_code == 200
    assert again.json() == api.get(first["id"]).json()
    assert again.json()["name"] == "Ada"
    assert "invite_mode" not in again.json()
    assert "temporary_password" not in again.json()
    assert sandbox.outbox == mails
    assert len(sandbox.audit) == 1


def test_invited_email_with_none(sandbox: Sandbox, api: Api) -> None:
    """Creating an invited user directly is a conflict and leaves the invitation alone."""
    user_id = api.create("ada@example.com").json()["id"]
    assert api.create("ada@example.com", "none").status_code == 409
    assert sandbox.user(user_id).status == "invited"


@pytest.mark.parametrize("mode", INVITING)
def test_expired_email_invited_again(sandbox: Sandbox, api: Api, mode: str) -> None:
    """An expired invitation is made anew: same user, as asked for now, with a whole week again."""
    first = api.create("ada@example.com").json()
    sandbox.set_time(sandbox.now() + timedelta(days=7))
    assert api.get(first["id"]).json()["status"] == "expired"
    again = api.create("ada@example.com", mode, name="Ada King")
    user = again.json()
    assert again.status_code == 201
    assert (user["id"], user["created_at"]) == (first["id"], first["created_at"])
    assert (user["status"], user["name"], user["invite_mode"]) == ("invited", "Ada King", mode)
    assert len(sandbox.outbox) == (2 if mode == "email_link" else 1)
    assert [entry.action for entry in sandbox.audit] == ["create", "reinvite"]
    sandbox.set_time(sandbox.now() + timedelta(days=7) - timedelta(microseconds=1))
    assert api.get(first["id"]).json()["status"] == "invited"


def test_expired_email_with_none(sandbox: Sandbox, api: Api) -> None:
    """Creating an expired user directly makes that very user active, without a mail."""
    user_id = sandbox.add_user(email="ada@example.com", name="Ada", status="expired")
    answer = api.create("ada@example.com", "none")
    assert (answer.status_code, answer.json()["id"]) == (201, user_id)
    assert answer.json()["status"] == "active"
    assert sandbox.outbox == []


@pytest.mark.parametrize("mode", ["none", *INVITING])
@pytest.mark.parametrize("status", ["active", "inactive"])
def test_taken_email(sandbox: Sandbox, api: Api, status: str, mode: str) -> None:
    """The email of an active or blocked user is a conflict in every mode, ignoring case."""
    user_id = sandbox.add_user(email="Ada@Example.com", name="Ada", status=status)
    answer = api.create("ada@example.COM", mode)
    assert (answer.status_code, answer.json()["error_code"]) == (409, "EMAIL_TAKEN")
    assert sandbox.user(user_id).status == status
    assert (sandbox.outbox, sandbox.audit) == ([], [])


def test_password_is_kept_nowhere(sandbox: Sandbox, api: Api, tmp_path: Any) -> None:
    """A temporary password is in its one answer, and never where a test or a log could find it."""
    answer = api.create("ada@example.com", "temporary_password")
    password = answer.json()["temporary_password"]
    assert len(password) >= 12
    kept = [sandbox.requests, sandbox.audit, sandbox.outbox, sandbox.users()]
    assert password not in repr(kept)
    other = api.create("bob@example.com", "temporary_password").json()
    assert other["temporary_password"] != password


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


def test_known_custom_role_shows_its_name(sandbox: Sandbox, api: Api) -> None:
    """A custom role that the account knows is answered with its name."""
    sandbox.add_custom_role("role-7", "Auditor")
    role = api.create(role={"type": "custom", "id": "role-7"}).json()["role"]
    assert role == {"type": "custom", "id": "role-7", "name": "Auditor"}


def test_accounts_without_custom_roles(open_api: Callable[[Sandbox], Api]) -> None:
    """An account may refuse custom roles with 422, or unknown ones with 404."""
    custom = {"type": "custom", "id": "role-7"}
    with Sandbox(custom_roles="refuse") as refusing, Sandbox(custom_roles="known") as knowing:
        assert open_api(refusing).create(role=custom).status_code == 422
        api = open_api(knowing)
        assert api.create(role=custom).status_code == 404
        assert knowing.outbox == []
        knowing.add_custom_role("role-7", "Auditor")
        assert api.create(role=custom).status_code == 201
