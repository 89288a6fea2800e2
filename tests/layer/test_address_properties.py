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


@settings(max_examples=300)
@given(alike_accounts(), st.integers(1, 3))
def test_bulk_delete(kind: str, drawn: tuple[AlikeAccount, list[str]], limit: int) -> None:
    """A bulk delete touches the user named exactly, or the only one who matches; no two, and nobody else."""
    account, spellings = drawn
    server = AlikeServer(account)
    client = Client(kind, Recorder(ScriptedTransport(server), None), max_retries=0)
    try:
        results = client.users.bulk_delete(emails=spellings, max_concurrency=limit)
    finally:
        client.close()
    meant = {one: account.matching(one) for one in spellings}
    named = {users[0].get("id") for users in meant.values() if len(users) == 1}
    # Of the same address twice, the search ends with the page of the first.
    twins = {
        one.get("id") for email in spellings if len(account.exact(email)) > 1 for one in account.exact(email)
    }
    assert {*server.deleted} <= (named | twins) - {None}
    assert named - {None} <= {*server.deleted} | twins
    assert len(server.deleted) == len({*server.deleted})
    reported = {one.user_id for one in results if one.status == "deleted"}
    assert reported == {*server.deleted}
    for result in results:
        users = meant[result.email]
        if not users:
            assert result.status == "not_found"
        elif len(users) > 1 and not account.exact(result.email):
            assert result.status == "failed"
            assert all(repr(one["id"]) in result.error for one in users if "id" in one)
    assert [one.email for one in results] == [
        one for one in dict.fromkeys(spellings) if one in {result.email for result in results}
    ]


def test_bulk_delete_of_twins(kind: str) -> None:
    """Two users who differ in case alone are each deleted by their own spelling, and by no other."""
    for emails, deleted, statuses in (
        (["Mira@example.com"], ["u1"], ["deleted"]),
        (["mira@example.com", "Mira@example.com"], ["u5", "u1"], ["deleted", "deleted"]),
        (["MIRA@example.com"], [], ["failed"]),
        (["MIRA@example.com", "mirA@example.com"], [], ["failed"]),
        (["kate@example.com"], ["u2"], ["deleted"]),
        (["ada@example.com", "ADA@example.com"], ["u9"], ["deleted"]),
        (["nobody@example.com", "NOBODY@example.com"], [], ["not_found"]),
    ):
        for others in ([], ["a1@example.com", "a2@example.com", "a3@example.com", "a4@example.com"]):
            users = {
                "u1": "Mira@example.com",
                "u2": "kate@example.com",
                "u3": "\u212aate@example.com",
                "u5": "mira@example.com",
                "u9": "Ada@example.com",
            }
            documents = [{"id": one, "email": email} for one, email in users.items()]
            account = AlikeAccount(documents, [*range(len(documents))], 100, str.lower)
            server = AlikeServer(account)
            client = Client(kind, Recorder(ScriptedTransport(server), None), max_retries=0)
            try:
                results = client.users.bulk_delete(emails=[*emails, *others], max_concurrency=1)
            finally:
                client.close()
            assert [str(one.status) for one in results] == [*statuses, *["not_found"] * len(others)]
            assert server.deleted == deleted
            if statuses == ["failed"]:
                assert "'u1'" in results[0].error
                assert "'u5'" in results[0].error
