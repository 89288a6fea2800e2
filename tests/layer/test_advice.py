"""What an error advises works, in the state that the user is in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from support.account import Account, Connect
from support.answers import Answer, html, problem, raw

from arize_users import CustomUserRole, InvalidArgumentError, OutcomeUnknownError, errors, outcomes_of
from arize_users.sandbox import Sandbox

from .simulated_calls import EMAIL, NEW

USERS_METHOD = re.compile(r"users\.(\w+)")


@pytest.mark.parametrize("days", [0, 30])
def test_password_lost(account: Account, days: int) -> None:
    """What is advised after a temporary password is lost works for an invited and for an expired user."""
    account.sandbox.faults.add("reset_after", operation="create_user")
    new = {**NEW, "invite_mode": "temporary_password"}
    with pytest.raises(OutcomeUnknownError) as caught:
        account.users.create(**new)
    assert USERS_METHOD.findall(caught.value.hint or "") == [
        *("get", "resend_invitation", "reset_password", "create")
    ]
    result = outcomes_of(caught.value).results[0]  # type: ignore[union-attr]
    assert result.error == str(caught.value)
    account.sandbox.set_time(account.sandbox.now() + timedelta(days=days))
    found = account.users.get(user=EMAIL)
    if found.status == "invited":
        account.users.resend_invitation(user_id=found.id)
    else:
        assert account.users.create(**new).temporary_password


def test_expired(account: Account) -> None:
    """Where an invitation cannot be sent again because it expired, the advice is to create, which works."""
    expired = account.sandbox.add_user(email=EMAIL, name="Ada", status="expired")
    with pytest.raises(errors.BadRequestError, match=r"users\.create invites an expired one anew"):
        account.users.resend_invitation(user_id=expired)
    assert account.users.create(**{**NEW, "invite_mode": "email_link"}).created


def test_mail_to_the_wrong_state(account: Account) -> None:
    """Where one of the two mails is not for the user's state, the advice is the other, which works."""
    active = account.sandbox.add_user(email="active@example.com", name="Al")
    with pytest.raises(errors.BadRequestError, match=r"users\.reset_password mails an active one a link"):
        account.users.resend_invitation(user_id=active)
    account.users.reset_password(user_id=active)
    invited = account.sandbox.add_user(email=EMAIL, name="Ada", status="invited")
    with pytest.raises(errors.BadRequestError, match=r"users\.resend_invitation mails an invited one"):
        account.users.reset_password(user_id=invited)
    account.users.resend_invitation(user_id=invited)


@pytest.mark.parametrize("method", ["update", "resend_invitation", "reset_password", "delete"])
def test_email_for_an_id(account: Account, method: str) -> None:
    """An email where an id belongs is answered with the call that finds the id; only deleting takes one."""
    account.sandbox.add_user(email=EMAIL, name="Ada")
    with pytest.raises(InvalidArgumentError) as caught:
        getattr(account.users, method)(user_id=EMAIL, **({"name": "X"} if method == "update" else {}))
    hint = caught.value.hint or ""
    assert hint.startswith(f"users.get(user={EMAIL!r}) finds the id")
    assert ("bulk_delete" in hint) is (method == "delete")
    assert account.sent == []


@pytest.mark.parametrize("method", ["get", "update"])
def test_wide_at_sign(account: Account, method: str) -> None:
    """An address with a wide @, which no look-up would find, is to be written with a plain one."""
    arguments = {"user": "a\uff20b.c"} if method == "get" else {"user_id": "a\uff20b.c", "name": "X"}
    with pytest.raises(InvalidArgumentError, match="Write an address with a plain @"):
        getattr(account.users, method)(**arguments)


def test_deleting_oneself(account: Account) -> None:
    """Whoever deletes themselves with an admin's key is told to use another admin's, in a batch, too."""
    owner = account.users.get(user="owner@sandbox.example").id
    with pytest.raises(
        errors.ForbiddenError, match="where this is the user of the key, use the key of another"
    ):
        account.users.delete(user_id=owner)
    (result,) = account.users.bulk_delete(user_ids=[owner])
    assert "use the key of another admin" in result.error


CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "list": ({}, "of an admin or a member, or of a role with USER_READ"),
    "create": (NEW, "of an admin, or of a role with USER_CREATE"),
    "update": (
        {"user_id": "x", "name": "X"},
        "of an admin; to change the name alone, a role with USER_UPDATE",
    ),
    "delete": ({"user_id": "x"}, "of an admin, or of a role with USER_DELETE"),
    "resend_invitation": ({"user_id": "x"}, "of an admin, or of a role with USER_CREATE"),
    "reset_password": ({"user_id": "x"}, "of an admin, or of a role with USER_UPDATE"),
}


@pytest.mark.parametrize("method", CALLS)
def test_permissions(connect: Connect, sandbox: Sandbox, case: str, method: str) -> None:
    """A 403 names the permission that the operation needs."""
    client = connect(sandbox, case=case, api_key="sandbox-annotator", enum_case=case)
    arguments, words = CALLS[method]
    with pytest.raises(errors.ForbiddenError, match=f"Use the key {words}"):
        getattr(client.users, method)(**arguments)


@pytest.mark.parametrize("answer", [html(403), raw(b'{"message": "Forbidden"}', 403), raw(b"", 403)])
def test_forbidden_by_something_between(connect: Connect, answer: Answer) -> None:
    """A 403 of something between, which knows nothing of permissions, names none."""
    with pytest.raises(errors.ForbiddenError) as caught:
        connect([answer]).users.delete(user_id="x")
    assert "USER_" not in str(caught.value)
    assert "themselves" not in str(caught.value)


@pytest.mark.parametrize("mode", ["none", "email_link"])
def test_missing_custom_role(connect: Connect, case: str, mode: str) -> None:
    """Where there is no such custom role, the advice is about the role, and not about a user."""
    with Sandbox(enum_case="upper" if case == "upper" else "lower", custom_roles="known") as sandbox:
        client = connect(sandbox, case=case, enum_case=case)
        with pytest.raises(errors.NotFoundError) as caught:
            client.users.create(**{**NEW, "role": CustomUserRole(id="Um9sZTox"), "invite_mode": mode})
    assert (
        caught.value.hint == "Check the id of the custom role, 'Um9sZTox': the account has none of this id."
    )


def test_not_found_without_a_custom_role(connect: Connect) -> None:
    """A 404 to a create with a predefined role is about neither a role nor a user."""
    with pytest.raises(errors.NotFoundError) as caught:
        connect([problem(404)]).users.create(**NEW)
    assert caught.value.hint == "Check base_url: it may lead to another API."


@pytest.mark.parametrize("role", ["Um9sZTox", "owner"])
def test_id_of_a_custom_role(account: Account, role: str) -> None:
    """A role that is none of the predefined ones is refused with the builder for custom roles."""
    with pytest.raises(
        InvalidArgumentError, match=rf"role: '{role}' is not one of .*CustomUserRole\(id=\.\.\.\)"
    ):
        account.users.create(**{**NEW, "role": role})
