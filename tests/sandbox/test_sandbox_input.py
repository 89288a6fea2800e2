"""What is not in the contract is refused with 400, and nothing ever breaks the server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sandbox_api import JSON, MEMBER, Api, in_process

from arize_users.sandbox import Request, Sandbox

GOOD = {"name": "Ada", "email": "ada@x.org", "role": MEMBER, "invite_mode": "none"}
UPPER_MEMBER = {"type": "PREDEFINED", "name": "MEMBER"}


@pytest.fixture
def upper_api() -> Iterator[Api]:
    with Sandbox(enum_case="upper") as sandbox, in_process(sandbox) as api:
        sandbox.add_custom_role("role-7", "Auditor")
        yield api


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
    """Unknown, repeated, malformed and out-of-range query parameters are refused; the limits are not."""
    assert [api.list(limit=limit).status_code for limit in (1, 9, 99, 100)] == [200] * 4
    assert api.send("GET", f"/v2/users?{query}").status_code == 400


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "?x=1", None), ("PATCH", "?x=1", {"name": "b"}), ("DELETE", "?x", None),
        ("POST", "/resend-invitation?x=1", None), ("POST", "/reset-password?x=1", None), ("POST", None, GOOD),
    ],
)  # fmt: skip
def test_no_other_operation_takes_a_query(
    sandbox: Sandbox, api: Api, method: str, tail: str | None, body: object
) -> None:
    """Only the list has query parameters; elsewhere one is refused and nothing is done."""
    user_id = sandbox.add_user(email="a@x.org", name="a")
    path = "/v2/users?x=1" if tail is None else api.path(user_id) + tail
    assert api.send(method, path, json=body).status_code == 400
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
    assert api.send("POST", "/v2/users", content=body, headers=JSON).status_code == 400
    assert len(sandbox.users()) == 3


@pytest.mark.parametrize("field", GOOD)
def test_create_needs_each_field(api: Api, field: str) -> None:
    """A missing field is refused, and the answer names it."""
    body = {name: value for name, value in GOOD.items() if name != field}
    answer = api.send("POST", "/v2/users", json=body)
    assert answer.status_code == 400
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
    assert api.send("PATCH", api.path(user_id), json=body).status_code == 400


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
    for method, path in (("POST", "/v2/users"), ("PATCH", "/v2/users/x")):
        assert any_api.send(method, path, content=body, headers=JSON).status_code == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ('application/json; charset="utf-8"', 201),
        ("application/json; charset=latin-1", 400),
        ("application/json; charset=", 400),
        ("text/plain", 400),
        ("application/x-www-form-urlencoded", 400),
        ("", 400),
    ],
)
def test_content_type(api: Api, content_type: str, status: int) -> None:
    """A body is taken as JSON in UTF-8 only when it says so."""
    headers = {"content-type": content_type}
    answer = api.send("POST", "/v2/users", content=json.dumps(GOOD), headers=headers)
    assert answer.status_code == status


def test_huge_body(any_api: Api) -> None:
    """A body of more than a mebibyte is refused."""
    body = b" " * (1 << 20) + b"{}"
    assert any_api.send("POST", "/v2/users", content=body, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v2/users/%FF"), ("POST", "/v2/users/%C3%28/reset-password")]
)
def test_undecodable_id(sandbox: Sandbox, method: str, path: str) -> None:
    """An id that is not UTF-8 is refused."""
    headers = (("Authorization", "Bearer sandbox-admin"),)
    assert sandbox.handle(Request(method, path, headers=headers)).status == 400


def test_upper_generation(upper_api: Api) -> None:
    """The second generation answers upper case and reads no other."""
    role = {"type": "PREDEFINED", "name": "ANNOTATOR"}
    user = upper_api.create("a@x.org", "TEMPORARY_PASSWORD", role=role).json()
    shown = [user[name] for name in ("role", "status", "invite_mode", "is_developer")]
    assert shown == [role, "INVITED", "TEMPORARY_PASSWORD", False]
    custom = upper_api.create("b@x.org", "NONE", role={"type": "CUSTOM", "id": "role-7"}).json()
    assert custom["role"] == {"type": "CUSTOM", "id": "role-7", "name": "Auditor"}
    assert upper_api.emails(status=["INVITED", "ACTIVE"], email="@x.org") == ["a@x.org", "b@x.org"]
    updated = upper_api.update(user["id"], is_developer=True).json()
    assert (custom["status"], custom["is_developer"], updated["is_developer"]) == ("ACTIVE", True, True)
    for status in ("active", "Active", "INACTIVE"):
        assert upper_api.list(status=status).status_code == 400


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        ("none", {}), ("NONE", {"role": MEMBER}), ("NONE", {"role": {**UPPER_MEMBER, "name": "member"}}),
        ("NONE", {"role": {**UPPER_MEMBER, "id": "x"}}), ("NONE", {"is_developer": False}),
        ("NONE", {"role": {"type": "CUSTOM", "id": "x", "name": "y"}}),
    ],
)  # fmt: skip
def test_upper_generation_refuses(upper_api: Api, mode: str, fields: dict[str, object]) -> None:
    """The second generation refuses the values and fields of the first, and names a field."""
    answer = upper_api.create("c@x.org", mode, **{"role": UPPER_MEMBER, **fields})
    assert answer.status_code == 400
    assert next(iter(fields), "invite_mode") in answer.json()["detail"]


def test_lower_generation_takes_an_answer_as_role(api: Api) -> None:
    """The first generation has one role schema, so a role as answered may be sent back."""
    answer = api.create(role={"type": "custom", "id": "role-7", "name": "Auditor"})
    assert answer.json()["role"] == {"type": "custom", "id": "role-7"}
