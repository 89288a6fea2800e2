"""Any account, any spelling: nobody but the one named exactly, or the only one who matches, is given."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.alike import AlikeAccount, AlikeServer, alike_accounts, ascii_folded
from support.clients import Client
from support.transports import Recorder, ScriptedTransport, sandbox_transport

from arize_users import AmbiguousEmailError
from arize_users.sandbox import Sandbox


def _get(users: Any, spelling: str) -> dict[str, str] | list[str] | None:
    """Get a user by email; give what is known of the user, or the ids of those who match equally well."""
    try:
        found = users.get(user=spelling)
    except AmbiguousEmailError as error:
        return list(error.user_ids)
    return found and {name: getattr(found, name) for name in ("id", "email") if hasattr(found, name)}


@settings(max_examples=300)
@given(alike_accounts())
def test_right_user_or_none(kind: str, drawn: tuple[AlikeAccount, list[str]]) -> None:
    """The user with the exact spelling is given, else the only one who matches; several are an error."""
    account, spellings = drawn
    client = Client(kind, Recorder(ScriptedTransport(AlikeServer(account)), None), max_retries=0)
    try:
        for spelling in spellings:
            found, right = _get(client.users, spelling), account.matching(spelling)
            if len(right) < 2:
                assert found == (right[0] if right else None)
            elif isinstance(found, list):
                assert set(found) <= {one["id"] for one in right if "id" in one}
            else:  # The same address twice: the search ended with the page of the first.
                assert found in account.exact(spelling)
    finally:
        client.close()


@settings(max_examples=100)
@given(alike_accounts(), st.booleans())
def test_sandbox(kind: str, drawn: tuple[AlikeAccount, list[str]], is_apart: bool) -> None:
    """So it is with a sandbox, which either keeps apart what differs in the case of A to Z, or does not."""
    account, spellings = drawn
    kept = {
        one["email"] if is_apart else ascii_folded(one["email"]): one
        for one in account.users
        if "email" in one
    }
    with Sandbox(case_sensitive_emails=is_apart) as sandbox:
        emails = [one["email"] for one in kept.values()]
        ids = {email: sandbox.add_user(email=email, name="A") for email in emails}
        client = Client(kind, Recorder(sandbox_transport(sandbox, kind), None), max_retries=0)
        try:
            for spelling in [*spellings, *emails]:
                alike = [one for one in emails if ascii_folded(one) == ascii_folded(spelling)]
                right = [spelling] if spelling in alike else alike
                users = [{"id": ids[email], "email": email} for email in right]
                expected = [one["id"] for one in users] if len(users) > 1 else users[0] if users else None
                assert _get(client.users, spelling) == expected
        finally:
            client.close()
