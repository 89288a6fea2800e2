"""A program as people write it for Arize's own client: it selects users by comparing in upper case.

With Arize's client, in the environment that holds it, against a server of the API's second generation:

    .venv-bench/official-cli/bin/python scripts/migration/program.py http://127.0.0.1:8765 < EXPRESSIONS

It prints, as JSON, statuses and roles as a frame has them, the value of each expression that it reads, one a
line, and the emails of each selection.
"""

from __future__ import annotations

import collections
import json
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit


def fill(sandbox: Any) -> None:
    """Give a sandbox users of every status and role, and one with a custom role called Admin."""
    sandbox.add_users(60, mix=True)
    sandbox.add_custom_role("role-odd", "Admin")
    sandbox.add_user(email="odd@example.com", name="Odd", role="role-odd")


def select(client: Any, types: Any) -> dict[str, list[str]]:
    """Select users in each way that programs do, with a client and the module that has its types."""
    users: list[Any] = []
    cursor, has_more = None, True
    while has_more:
        page = client.users.list(limit=25, cursor=cursor)
        users += page.users
        cursor, has_more = page.pagination.next_cursor, page.pagination.has_more

    def matched(user: Any) -> bool:
        match user.status:
            case "ACTIVE":
                return False
            case types.UserStatus.INVITED:
                return True
        match user.role:
            case types.PredefinedUserRole(name="ANNOTATOR"):
                return True
        return bool(user.role.type == "CUSTOM")

    created = client.users.create(
        name="Lin Chen",
        email="lin@example.com",
        role=types.PredefinedUserRole(name="MEMBER"),
        invite_mode="EMAIL_LINK",
    )
    chosen: dict[str, Iterable[Any]] = {
        'status != "ACTIVE"': [one for one in users if one.status != "ACTIVE"],
        '"INVITED" == status': [one for one in users if "INVITED" == one.status],  # noqa: SIM300
        "status not in (...)": [one for one in users if one.status not in ("ACTIVE", "INVITED")],
        "status in [...]": [one for one in users if one.status in ["EXPIRED", "INVITED"]],
        "status == UserStatus": [one for one in users if one.status == types.UserStatus.EXPIRED],
        "status is UserStatus": [one for one in users if one.status is types.UserStatus.EXPIRED],
        "status is UserStatus(...)": [one for one in users if one.status is types.UserStatus("INVITED")],
        "status in {UserStatus}": [one for one in users if one.status in {types.UserStatus.EXPIRED}],
        "status.value": [one for one in users if one.status.value != "ACTIVE"],
        "status.name": [one for one in users if one.status.name == "INVITED"],
        "status.upper()": [one for one in users if one.status.upper() in {"EXPIRED"}],
        "list(status=[...])": client.users.list(status=["INVITED"], limit=100).users,
        "list(status=[UserStatus])": client.users.list(status=[types.UserStatus.EXPIRED]).users,
        'role.name == "ADMIN"': [one for one in users if one.role.name == "ADMIN"],
        'role.name != "MEMBER"': [one for one in users if one.role.name != "MEMBER"],
        'role.type == "CUSTOM"': [one for one in users if one.role.type == "CUSTOM"],
        'str(role) == "ADMIN"': [one for one in users if str(one.role) == "ADMIN"],
        "str(role) of a custom role": [one for one in users if str(one.role) == "Auditor"],
        "role == PredefinedUserRole": [
            one for one in users if one.role == types.PredefinedUserRole(name="ANNOTATOR")
        ],
        "isinstance of CustomUserRole": [one for one in users if isinstance(one.role, types.CustomUserRole)],
        "match": [one for one in users if matched(one)],
        "invite_mode": [one for one in [created] if one.invite_mode == "EMAIL_LINK"],
        "invite_mode of another": [one for one in [created] if one.invite_mode == "NONE"],
        "invite_mode.value": [one for one in [created] if one.invite_mode.value != "TEMPORARY_PASSWORD"],
        "created": [one for one in [created] if one.status == "INVITED" and one.role.name == "MEMBER"],
        "get": filter(
            None, [client.users.get(user="ODD@example.com"), client.users.get(user="no@example.com")]
        ),
    }
    emails = {way: [one.email for one in found] for way, found in chosen.items()}
    results = client.users.bulk_delete(user_ids=[created.id], emails=["odd@example.com", "no@example.com"])
    for status in ("deleted", "not_found"):
        done = [one for one in results if one.status == status and one.status.name == status.upper()]
        emails[f'status == "{status}"'] = sorted(one.email or "by id" for one in done)
    return emails


def evaluate(client: Any, types: Any, expressions: Iterable[str]) -> dict[str, str]:
    """Evaluate expressions about `page`, which has two active users, and `user`, the first of them."""
    page = client.users.list(email="user0000", status=["ACTIVE"], limit=2)
    modules = {module.__name__: module for module in (collections, json, re)}
    names = {"page": page, "user": page.users[0], "UserStatus": types.UserStatus, **modules}
    return {text: repr(eval(text, names)) for text in expressions}  # noqa: S307


def main() -> None:
    """Do it with Arize's own client."""
    url = urlsplit(sys.argv[1])
    client = import_module("arize").ArizeClient(
        api_key="sandbox-admin", api_scheme=url.scheme, api_host=url.hostname, api_port=url.port
    )
    types = import_module("arize.users.types")
    expressions = sys.stdin.read().splitlines()
    frame = client.users.list(limit=100).to_df(json_normalize=True)[["status", "role.type", "role.name"]]
    found = {
        "frame": [" ".join(row) for row in frame.to_numpy()],
        "values": evaluate(client, types, expressions),
        "selections": select(client, types),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
