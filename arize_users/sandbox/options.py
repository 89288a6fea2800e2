"""The options of the server as a program, and the account that they describe."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from .account import to_micros
from .checks import EMAIL
from .messages import Request, SandboxError
from .policy import CUSTOM_ROLES, ENUM_CASES, PERMISSIONS, PREDEFINED_ROLES, STATUSES
from .sandbox import KEYS, Sandbox
from .users import folded

_EPILOG = f"""\
fields of --add-user, none of them required:
  name=TEXT          default: the part of the email before the "@"
  role=NAME          admin, member, annotator, or the id of a custom role (default: member)
  status=STATUS      {", ".join(STATUSES)} (blocked) (default: active)
  is_developer=FLAG  true or false (default: that of the role)
  sso=FLAG           true for a user who logs in by SSO and so has no password (default: false)
  created_at=TIME    with its zone, such as 2026-03-01T12:00:00Z (default: now)
  age=AGE            instead of created_at: 30d, 12h or 5m

A permission is any of {", ".join(PERMISSIONS)}.
A user or a key that the file of --db holds already stays as it is.

The keys of the three callers are printed at the start. Ctrl-C stops the server.
"""
_OWNERS = "@sandbox.example"
_AGE = re.compile("([0-9]{1,6})([dhm])")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="A local users API on 127.0.0.1, for clients in any language.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, flag = parser.add_argument, argparse.BooleanOptionalAction
    port, count, delay = _between(0, 65535), _between(0, 10**7), _between(0, 3_600_000)
    add("--port", type=port, default=8765, help="0 takes a free one (default: 8765)")
    add("--db", metavar="PATH", help="keep the account in this file (default: in memory)")
    add("--users", type=count, default=0, metavar="N", help="start with N users, beside those added below")
    mix_help = "let them be of every status and role, custom ones too, and up to a year old"
    add("--mix", action="store_true", help=mix_help)
    case_help = "the generation of the API: active, or ACTIVE (default: lower)"
    add("--enum-case", choices=ENUM_CASES, default="lower", help=case_help)
    developer_help = "take is_developer on create, or refuse it with 400 (default: taken in lower case only)"
    add("--create-takes-is-developer", action=flag, help=developer_help)
    member_help = "let a member create members and annotators (default: in upper case only)"
    add("--member-may-create", action=flag, help=member_help)
    roles_help = "custom roles on create: 404 if not known, any is taken, or 422 for all (default: known)"
    add("--custom-roles", choices=CUSTOM_ROLES, default="known", help=roles_help)
    add("--sso-enforced", action="store_true", help="enforce login by SSO: no invitation is sent again")
    emails_help = "let a new account hold emails that differ in case alone"
    add("--case-sensitive-emails", action="store_true", help=emails_help)
    repeatable: dict[str, Any] = {"action": _Collect, "default": {}}
    user_help = "add a user, see below; may be repeated"
    add("--add-user", nargs="+", metavar=("EMAIL", "FIELD=VALUE"), read=_user, help=user_help, **repeatable)
    key_help = "add a key with these permissions alone; may be repeated"
    add("--add-key", nargs="+", metavar=("KEY", "PERMISSION"), read=_key, help=key_help, **repeatable)
    role_help = "make a custom role known; may be repeated"
    add("--add-custom-role", nargs=2, metavar=("ID", "NAME"), read=_custom_role, help=role_help, **repeatable)
    add("--fault-script", metavar="FILE", help="apply the faults in this JSON file to requests")
    add("--latency-ms", type=delay, default=0, metavar="N", help="delay responses")
    return parser


def parse(argv: Sequence[str] | None, program: str) -> argparse.Namespace:
    """Return the options; `add_user`, `add_key` and `add_custom_role` hold what to add, by its identifier.

    Raises:
        SystemExit: They make no sense, which was said on stderr, or help was asked for.
    """
    options = parser(program).parse_args(argv)
    if len(set(map(folded, options.add_user))) < len(options.add_user) and not options.case_sensitive_emails:
        advice = "--case-sensitive-emails lets a new account hold both"
        parser(program).error(f"argument --add-user: two emails differ in case alone; {advice}")
    if options.mix and not options.users:
        parser(program).error("argument --mix: it is about the users of --users N, which is not given")
    return options


def open_account(options: argparse.Namespace, *, keep_requests: int) -> Sandbox:
    """Open the account that the options describe, and add what it does not hold yet.

    Raises:
        SandboxError: The file cannot be used, or a user cannot be added to it.
    """
    sandbox = Sandbox(
        options.db,
        enum_case=options.enum_case,
        custom_roles=options.custom_roles,
        sso_enforced=options.sso_enforced,
        case_sensitive_emails=options.case_sensitive_emails,
        create_takes_is_developer=options.create_takes_is_developer,
        member_may_create=options.member_may_create,
        keep_requests=keep_requests,
    )
    try:
        _fill(sandbox, options)
    except SandboxError:
        sandbox.close()
        raise
    return sandbox


def _fill(sandbox: Sandbox, options: argparse.Namespace) -> None:
    for role_id, name in options.add_custom_role.items():
        sandbox.add_custom_role(role_id, name)
    held = {user.email for user in sandbox.users()}
    for email, fields in options.add_user.items():
        if email not in held:
            _add_user(sandbox, email, dict(fields))
    for key, permissions in options.add_key.items():
        if not _knows(sandbox, key):
            sandbox.add_key(key, permissions=permissions)
    # Last, so that a made-up email never takes the place of one that was asked for.
    sandbox.fill(options.users + len(options.add_user) + len(options.add_key), mix=options.mix)


def _add_user(sandbox: Sandbox, email: str, fields: dict[str, Any]) -> None:
    if "age" in fields:
        fields["created_at"] = sandbox.now() - fields.pop("age")
    try:
        sandbox.add_user(email=email, **{"name": email.partition("@")[0], **fields})
    except ValueError as error:
        raise SandboxError(f"cannot add the user {email}: {error}") from error


def _knows(sandbox: Sandbox, key: str) -> bool:
    request = Request("HEAD", "/v2/users", headers=(("authorization", f"Bearer {key}"),))
    return sandbox.answer(request).status != 401


class _Collect(argparse.Action):
    """Keeps what `read` makes of the words of an option that may be repeated, by the first of them."""

    def __init__(self, *arguments: Any, read: Callable[[str, list[str]], object], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._read = read

    def __call__(self, _parser: object, namespace: object, words: Any, _option: object = None) -> None:
        collected: Mapping[str, object] = getattr(namespace, self.dest)
        first, *rest = words
        try:
            if first in collected:
                assert self.metavar is not None
                raise ValueError(f"the same {self.metavar[0]} is given twice")
            setattr(namespace, self.dest, {**collected, first: self._read(first, rest)})
        except ValueError as error:
            raise argparse.ArgumentError(self, str(error)) from None


def _user(email: str, words: list[str]) -> dict[str, object]:
    if not EMAIL.fullmatch(email):
        raise ValueError(f"{email!r} is no email address; give EMAIL first, then FIELD=VALUE")
    if email.lower().endswith(_OWNERS):
        raise ValueError(f"{email}: users at {_OWNERS[1:]} are the owners of keys; --add-key adds one")
    fields: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in _FIELDS:
            raise ValueError(f"{word!r} of {email} is none of {', '.join(f'{one}=...' for one in _FIELDS)}")
        if name in fields:
            raise ValueError(f"{name} of {email} is given twice")
        read, expected = _FIELDS[name]
        try:
            fields[name] = read(value)
        except (KeyError, ValueError):
            raise ValueError(f"{name} of {email} must be {expected}, not {value!r}") from None
    if {"age", "created_at"} <= fields.keys():
        raise ValueError(f"{email} has both age and created_at; give one")
    return fields


def _key(key: str, permissions: list[str]) -> list[str]:
    # No message shows the key: it may be a real one by mistake.
    if key in PERMISSIONS:
        raise ValueError(f"give KEY first, then its permissions: {key} is one")
    if key in KEYS:
        raise ValueError("every sandbox has this KEY already; give another")
    if not re.fullmatch("[!-~]+", key):
        raise ValueError("KEY must hold visible ASCII characters only")
    for permission in permissions:
        if permission not in PERMISSIONS:
            raise ValueError(f"{permission!r} is none of {', '.join(PERMISSIONS)}")
    return permissions


def _custom_role(role_id: str, words: list[str]) -> str:
    if not role_id.strip() or not words[0].strip():
        raise ValueError("ID and NAME must not be blank")
    return words[0]


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError
    return value


def _role(value: str) -> str:
    # A custom role of that id would look like the predefined one.
    if value.lower() in PREDEFINED_ROLES and value not in PREDEFINED_ROLES:
        raise ValueError
    return _text(value)


def _time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    to_micros(moment)
    return moment


def _age(value: str) -> timedelta:
    match = _AGE.fullmatch(value)
    age = int(match[1]) * _UNITS[match[2]] if match else timedelta.max
    if age > timedelta(days=36500):
        raise ValueError
    return age


_FLAG: tuple[Callable[[str], object], str] = {"true": True, "false": False}.__getitem__, "true or false"
_FIELDS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "name": (_text, "a text that is not blank"),
    "role": (_role, f"{', '.join(PREDEFINED_ROLES)} or the id of a custom role"),
    "status": ({status: status for status in STATUSES}.__getitem__, f"one of {', '.join(STATUSES)}"),
    "is_developer": _FLAG,
    "sso": _FLAG,
    "created_at": (_time, "a time with its zone from the years 1900 to 9000, such as 2026-03-01T12:00:00Z"),
    "age": (_age, "such as 30d, 12h or 5m, up to 36500 days"),
}


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high}")
        return number

    read.__name__ = "whole number"
    return read
