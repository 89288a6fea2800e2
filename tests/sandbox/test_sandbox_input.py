"""What is not in the contract is refused with 400, and nothing ever breaks the server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from arize_users.sandbox import Request, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Api

MEMBER = {"type": "predefined", "name": "member"}
GOOD = {"name": "Ada", "email": "ada@x.org", "role": MEMBER, "invite_mode": "none"}


def is_refused(answer: object) -> bool:
    return getattr(answer, "status_code", 0) == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=-1", "limit=", "limit=ten", "limit=1.0", "limit=05",
        "limit=%2B5", "limit=%D9%A1", "limit=5&limit=5", "email=a&email=b", "cursor=a&cursor=b",
        "colour=red", "Limit=5", "status=", "status=active,invited", "status=ACTIVE",
        "email=%FF", "email=a%00b", "limit=" + "9" * 5000,
    ],
)  # fmt: skip
def test_list_query(api: Api, query: str) -> None:
    """Unknown, repeated, malformed and out-of-range query parameters are refused."""
    assert is_refused(api.send("GET", f"/v2/users?{query}"))


@pytest.mark.parametrize("limit", ["1", "9", "99", "100"])
def test_list_limits(api: Api, limit: str) -> None:
    """Every whole number from 1 to 100 is a limit."""
    assert api.list(limit=limit).status_code == 200


def test_no_other_operation_takes_a_query(sandbox: Sandbox, api: Api) -> None:
    """Only the list has query parameters; elsewhere one is refused and nothing is done."""
    user_id = sandbox.add_user(email="a@x.org", name="a")
    path = api.path(user_id)
    answers = [
        api.send("POST", "/v2/users?x=1", json=GOOD),
        api.send("GET", path + "?x=1"),
        api.send("PATCH", path + "?x=1", json={"name": "b"}),
        api.send("DELETE", path + "?x"),
        api.send("POST", path + "/resend-invitation?x=1"),
        api.send("POST", path + "/reset-password?x=1"),
    ]
    assert all(map(is_refused, answers))
    assert (sandbox.audit, sandbox.outbox) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        {"name": None}, {"name": ""}, {"name": " \t"}, {"name": 5}, {"name": ["Ada"]},
        {"name": "a\0b"}, {"name": "\ud800"}, {"name": "x" * 256},
        {"email": None}, {"email": 5}, {"email": ""}, {"email": "ada"}, {"email": "@x.org"},
        {"email": "ada@"}, {"email": " ada@x.org"}, {"email": "a b@x.org"}, {"email": "a@x .org"},
        {"email": "a@b@x.org"}, {"email": ".a@x.org"}, {"email": "a..b@x.org"},
        {"email": "a@x..org"}, {"email": "a@-x.org"}, {"email": "a@x_y.org"},
        {"email": "a" * 65 + "@x.org"}, {"email": "a@" + "x" * 64 + ".org"},
        {"email": "a@x.org\n"}, {"email": "a\0@x.org"}, {"email": "\udfff@x.org"},
        {"email": "a@" + "x." * 130 + "org"},
        {"role": None}, {"role": "member"}, {"role": []}, {"role": {}}, {"role": {"name": "member"}},
        {"role": {"type": "predefined"}}, {"role": {"type": "predefined", "name": "owner"}},
        {"role": {"type": "Predefined", "name": "member"}}, {"role": {"type": ["custom"]}},
        {"role": {"type": "custom"}}, {"role": {"type": "custom", "id": " "}},
        {"role": {"type": "custom", "id": 5}}, {"role": {"type": "custom", "id": "a\0"}},
        {"role": {"type": "custom", "id": "a", "name": 5}},
        {"invite_mode": None}, {"invite_mode": "NONE"}, {"invite_mode": "mail"},
        {"invite_mode": True}, {"is_developer": 1}, {"is_developer": "true"},
        {"is_developer": None}, {"colour": "red"}, {"\ud800": 1},
    ],
    ids=ascii,
)  # fmt: skip
def test_create_body(sandbox: Sandbox, api: Api, change: dict[str, object]) -> None:
    """Each field of a new user has its type and bounds; anything else is refused, undone."""
    body = json.dumps({**GOOD, **change}).encode()
    headers = {"content-type": "application/json"}
    assert is_refused(api.send("POST", "/v2/users", content=body, headers=headers))
    assert len(sandbox.users()) == 3


@pytest.mark.parametrize("field", GOOD)
def test_create_needs_each_field(api: Api, field: str) -> None:
    """A missing field is refused, and the answer names it."""
    body = {name: value for name, value in GOOD.items() if name != field}
    answer = api.send("POST", "/v2/users", json=body)
    assert is_refused(answer)
    assert field in answer.json()["detail"]


@pytest.mark.parametrize(
    "email", ["a@b", "o'hara+x@mail.example.co.uk", "jörg@käse.example", "a" * 64 + "@x.org"]
)
def test_unusual_emails(api: Api, email: str) -> None:
    """Unusual but sound addresses are taken as they are."""
    assert api.create(email).json()["email"] == email


@pytest.mark.parametrize(
    "body", [{}, {"name": " "}, {"name": None}, {"is_developer": 0}, {"email": "b@x.org"}, []]
)
def test_update_body(sandbox: Sandbox, api: Api, body: object) -> None:
    """An update names at least one of its two fields, with a sound value, and nothing else."""
    user_id = sandbox.add_user(email="a@x.org", name="a")
    assert is_refused(api.send("PATCH", api.path(user_id), json=body))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"x"', b"null", b"NaN", b'{"name": NaN}', b"\xff\xfe{\x00}\x00",
        b'{"name": "\xff"}', b"\xef\xbb\xbf{}", b'{"name": "a", "name": "b"}', b"[" * 100_000,
        b'{"name": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda body: ascii(body[:20]),
)  # fmt: skip
def test_not_a_json_object(any_api: Api, body: bytes) -> None:
    """A body that is not one JSON object in UTF-8 is refused and never breaks the server."""
    headers = {"content-type": "application/json"}
    for method, path in (("POST", "/v2/users"), ("PATCH", "/v2/users/x")):
        assert is_refused(any_api.send(method, path, content=body, headers=headers))


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ('application/json; charset="utf-8"', 201),
        ("application/json; charset=latin-1", 400),
        ("text/plain", 400),
        ("application/x-www-form-urlencoded", 400),
        ("", 400),
    ],
)
def test_content_type(api: Api, content_type: str, status: int) -> None:
    """A body is taken as JSON in UTF-8 only when it says so."""
    body = json.dumps(GOOD).encode()
    headers = {"content-type": content_type}
    assert api.send("POST", "/v2/users", content=body, headers=headers).status_code == status


def test_huge_body(any_api: Api) -> None:
    """A body of more than a mebibyte is refused."""
    headers = {"content-type": "application/json"}
    body = b" " * (1 << 20) + b"{}"
    assert any_api.send("POST", "/v2/users", content=body, headers=headers).status_code == 413


@pytest.mark.parametrize("path", ["/v2/users/%FF", "/v2/users/%C3%28/reset-password"])
def test_undecodable_id(sandbox: Sandbox, path: str) -> None:
    """An id that is not UTF-8 is refused."""
    method = "POST" if path.endswith("password") else "GET"
    headers = (("Authorization", "Bearer sandbox-admin"),)
    assert sandbox.handle(Request(method, path, headers=headers)).status == 400


def test_upper_generation(open_api: Callable[[Sandbox], Api]) -> None:
    """The second generation answers upper case and reads nothing else."""
    with Sandbox(enum_case="upper") as sandbox:
        sandbox.add_custom_role("role-7", "Auditor")
        api = open_api(sandbox)
        role = {"type": "PREDEFINED", "name": "ANNOTATOR"}
        user = api.create("a@x.org", "TEMPORARY_PASSWORD", role=role).json()
        assert user["role"] == role
        assert (user["status"], user["invite_mode"]) == ("INVITED", "TEMPORARY_PASSWORD")
        assert user["is_developer"] is False
        custom = api.create("b@x.org", "NONE", role={"type": "CUSTOM", "id": "role-7"}).json()
        assert custom["role"] == {"type": "CUSTOM", "id": "role-7", "name": "Auditor"}
        assert api.emails(status=["INVITED", "ACTIVE"], email="@x.org") == ["a@x.org", "b@x.org"]
        assert api.get(custom["id"]).json()["status"] == "ACTIVE"
        upper_role = {"type": "PREDEFINED", "name": "MEMBER"}
        refused = [
            api.list(status="active"),
            api.list(status="Active"),
            api.list(status="INACTIVE"),
            api.create("c@x.org", "none", role=upper_role),
            api.create("c@x.org", "NONE", role=MEMBER),
            api.create("c@x.org", "NONE", role={"type": "PREDEFINED", "name": "member"}),
            api.create("c@x.org", "NONE", role={**upper_role, "id": "x"}),
            api.create("c@x.org", "NONE", role={"type": "CUSTOM", "id": "x", "name": "y"}),
        ]
        assert all(map(is_refused, refused))


def test_upper_generation_has_no_developer_on_create(open_api: Callable[[Sandbox], Api]) -> None:
    """The second generation refuses is_developer on create and names it; an update sets it."""
    with Sandbox(enum_case="upper") as sandbox:
        api = open_api(sandbox)
        role = {"type": "PREDEFINED", "name": "MEMBER"}
        answer = api.create("a@x.org", "NONE", role=role, is_developer=False)
        assert is_refused(answer)
        assert "is_developer" in answer.json()["detail"]
        user = api.create("a@x.org", "NONE", role=role).json()
        assert user["is_developer"] is True
        assert api.update(user["id"], is_developer=False).json()["is_developer"] is False


def test_lower_generation_bears_an_answer_as_role(api: Api) -> None:
    """The first generation has one role schema, so a role as answered may be sent back."""
    role = {"type": "custom", "id": "role-7", "name": "Auditor"}
    answer = api.create(role=role)
    assert answer.json()["role"] == {"type": "custom", "id": "role-7"}
