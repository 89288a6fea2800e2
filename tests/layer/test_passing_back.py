"""What answers have is passed back to the client, and the texts that stand for it."""

from __future__ import annotations

import pickle
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import httpx
import pytest
from support.account import Account

import arize_users
from arize_users import (
    AnyCaseText,
    ArizeClient,
    ArizeError,
    AsyncArizeClient,
    ConfigurationError,
    InvalidArgumentError,
    NewUser,
    NoSandboxError,
    UnknownUserRole,
    User,
)
from arize_users.sandbox import AsyncSandboxTransport, Sandbox, SandboxTransport

NEW = {"name": "Ada", "email": "ada@acme.com", "invite_mode": "none"}
UNKNOWN = UnknownUserRole(data={"type": "GROUP", "name": "Night shift"})


def test_roles_modes_and_statuses_are_passed_back(account: Account) -> None:
    """The role and mode of a created user create another one, and its status filters the list."""
    account.sandbox.add_custom_role("r1", "Auditor")
    roles = ("annotator", arize_users.CustomUserRole(id="r1"))
    for number, role in enumerate(roles):
        one = account.users.create(name="A", email=f"a{number}@acme.com", role=role, invite_mode="email_link")
        two = account.users.create(
            name="B", email=f"b{number}@acme.com", role=one.role, invite_mode=one.invite_mode
        )
        assert (two.role, two.invite_mode) == (one.role, one.invite_mode)
        person = NewUser(email=f"c{number}@acme.com", name="C", role=two.role, invite_mode=two.invite_mode)
        (three,) = account.users.bulk_create([person])
        assert three.user.role == one.role
        listed = account.users.list(status=one.status, email="acme.com")
        assert {one.email, two.email, person.email} <= {user.email for user in listed}


def test_a_role_that_cannot_be_assigned(account: Account) -> None:
    """A role of a kind that this version only reads is refused, by its name, and nothing is sent."""
    with pytest.raises(InvalidArgumentError, match=r"'Night shift' is of a kind .* not assign") as caught:
        account.users.create(**NEW, role=UNKNOWN)
    assert (caught.value.argument, "CustomUserRole(id=...)" in str(caught.value)) == ("role", True)
    with pytest.raises(InvalidArgumentError, match=r"users\[1\]: role: the role 'Night shift'"):
        account.users.bulk_create(
            [NewUser(**NEW, role="member"), NewUser(**NEW | {"email": "b@b.c"}, role=UNKNOWN)]
        )
    assert account.sent == []


def test_a_role_of_another_package(account: Account) -> None:
    """A role of Arize's own client, whose class has the same name, is refused by saying whose are meant."""
    foreign = type("PredefinedUserRole", (), {"type": "PREDEFINED", "name": "ADMIN"})()
    with pytest.raises(InvalidArgumentError, match=r"of arize_users, got PredefinedUserRole"):
        account.users.create(**NEW, role=foreign)
    assert account.sent == []


def test_a_value_that_is_not_known(account: Account) -> None:
    """A status or role that this version does not know is refused when it is passed back."""
    odd = User(status="Suspended", role=arize_users.PredefinedUserRole(name="Owner"))
    assert isinstance(odd.status, AnyCaseText)
    with pytest.raises(InvalidArgumentError, match="status: 'Suspended' is not one of"):
        account.users.list(status=odd.status)
    with pytest.raises(InvalidArgumentError, match="role: 'Owner' is not one of"):
        account.users.create(**NEW, role=odd.role)
    assert account.sent == []


@pytest.mark.parametrize("enum", ["UserStatus", "UserRole", "InviteMode"])
def test_literals_are_the_spellings_of_their_enum(enum: str) -> None:
    """A checker and an editor know each member's text in both cases, and no other."""
    members: type[StrEnum] = getattr(arize_users, enum)
    texts = [spelt(str(one)) for one in members for spelt in (str.lower, str.upper)]
    assert sorted(get_args(getattr(arize_users, f"{enum}Literal"))) == sorted(texts)


def test_literals_of_settings() -> None:
    """Each region and enum case of the types is taken by a client, and the types have all that it lists."""
    urls = set()
    for region in get_args(arize_users.RegionLiteral):
        with ArizeClient(api_key="k", region=region) as client:
            urls.add(client._settings.base_url)
    assert urls == {f"https://api.{region}.arize.com" for region in arize_users.config.REGIONS}
    cases = get_args(arize_users.EnumCaseLiteral)
    for case in cases:
        ArizeClient(api_key="k", enum_case=case).close()
    spelt = [of(case) for case in arize_users.config.ENUM_CASES for of in (str.lower, str.upper)]
    assert sorted(cases) == sorted(spelt)


@pytest.mark.parametrize("client", [arize_users.UsersClient, arize_users.AsyncUsersClient])
@pytest.mark.parametrize("method", ["list", "iter", "iter_pages"])
def test_no_union_takes_any_text(client: Any, method: str) -> None:
    """No filter by status takes any text or iterable of texts for a checker: a typing error would pass."""
    hints = get_type_hints(getattr(client, method))
    parts = {part for one in get_args(hints["status"]) for part in (one, *get_args(one))}
    flat = parts | {deeper for part in parts for deeper in get_args(part)}
    assert str not in flat
    assert {"active", "INVITED", arize_users.UserStatus} <= flat


KINDS = [(ArizeClient, SandboxTransport), (AsyncArizeClient, AsyncSandboxTransport)]


@pytest.mark.parametrize(("kind", "transport"), KINDS)
def test_client_without_a_sandbox(kind: Any, transport: Any) -> None:
    """client.sandbox of a real account is an error of both trees, so hasattr and getattr work."""
    for client in (kind(api_key="k"), kind(api_key="k").with_options(timeout=1)):
        assert not hasattr(client, "sandbox")
        assert getattr(client, "sandbox", None) is None
        with pytest.raises(NoSandboxError) as caught:
            client.sandbox  # noqa: B018
        error = caught.value
        assert isinstance(error, ConfigurationError)
        assert isinstance(error, AttributeError)
        assert isinstance(error, ArizeError)
        for one in (error, pickle.loads(pickle.dumps(error))):
            assert type(one) is NoSandboxError
            assert "https://api.arize.com is not a sandbox in this process" in str(one)
            assert "base_url='sandbox:'" in str(one.hint)


@pytest.mark.parametrize(("kind", "transport"), KINDS)
def test_client_with_a_sandbox(kind: Any, transport: Any) -> None:
    """client.sandbox is the account that requests go to, whether the client opened it or was given it."""
    opened = kind(base_url="sandbox:")
    assert isinstance(opened.sandbox, Sandbox)
    assert opened.with_options(timeout=1).sandbox is opened.sandbox
    opened.sandbox.close()
    with Sandbox() as sandbox:
        assert kind(base_url="sandbox:", transport=transport(sandbox)).sandbox is sandbox
    plain = httpx.MockTransport(lambda request: httpx.Response(204))
    assert not hasattr(kind(api_key="k", transport=plain), "sandbox")
