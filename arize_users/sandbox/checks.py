"""Validates what a request holds: its query, its body, and the values in them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable
from email.message import Message
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import attrs

from .messages import JSON_TYPE, RefusalError, Request, invalid
from .policy import INVITE_MODES, LISTED_STATUSES, PREDEFINED_ROLES, ROLE_TYPES, Policy, default_is_developer

MAX_BODY_BYTES = 1 << 20
_MAX_EMAIL_FILTER = 255
_MAX_NAME = 255
_MAX_EMAIL = 320

_LIMIT = re.compile("[1-9][0-9]?|100")
_CURSOR = re.compile("users-after:(-?[0-9]{1,17}):([0-9]{1,17})")
_BEFORE_ALL = (-(10**18), 0)
_ATOM = r"[^\s\x00-\x1f\x7f.@\"(),:;<>\[\\\]]+"
_LABEL = r"[^\W_]((?:[^\W_]|-){0,61}[^\W_])?"
EMAIL = re.compile(
    rf"(?=.{{1,{_MAX_EMAIL}}}\Z)(?=[^@]{{1,64}}@.{{1,255}}\Z){_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*"
)


@attrs.frozen
class ListQuery:
    """The query of list_users; `after` is the position that the cursor stands for."""

    limit: int
    after: tuple[int, int]
    email: str
    statuses: frozenset[str]


def read_query(query: str, known: Collection[str]) -> list[tuple[str, str]]:
    """Return the decoded names and values of the query; refuse parameters other than the known ones."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise invalid("The query is not percent-encoded UTF-8.") from None
    _refuse_unknown((name for name, _ in pairs), known, "query parameter")
    return pairs


def list_query(pairs: list[tuple[str, str]], policy: Policy) -> ListQuery:
    """Return the query of list_users."""
    single: dict[str, str] = {}
    for name, value in pairs:
        if name != "status" and name in single:
            raise invalid(f"{name} may be given once.")
        single[name] = _text(value, name)
    limit = single.get("limit", "50")
    if not _LIMIT.fullmatch(limit):
        raise invalid("limit must be a whole number from 1 to 100.")
    email = single.get("email", "")
    if len(email) > _MAX_EMAIL_FILTER:
        raise invalid(f"email may hold at most {_MAX_EMAIL_FILTER} characters.")
    statuses = {_enum(value, "status", LISTED_STATUSES, policy) for name, value in pairs if name == "status"}
    return ListQuery(
        limit=int(limit),
        after=read_cursor(single["cursor"]) if "cursor" in single else _BEFORE_ALL,
        email=email,
        statuses=frozenset(statuses or LISTED_STATUSES),
    )


def make_cursor(created_at: int, seq: int) -> str:
    """Return the cursor of the position after this user."""
    text = f"users-after:{created_at}:{seq}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[int, int]:
    """Return the creation time and number of the user after whom a cursor continues."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None or make_cursor(int(match[1]), int(match[2])) != cursor:
        raise RefusalError(400, "INVALID_CURSOR", "cursor is not one that this API gave out.")
    return int(match[1]), int(match[2])


def read_body(request: Request) -> dict[str, object]:
    """Return the JSON object in the body."""
    declared = Message()
    declared["content-type"] = request.header("content-type") or ""
    if declared.get_content_type() != JSON_TYPE:
        raise invalid(f"The Content-Type must be {JSON_TYPE}.")
    if declared.get_content_charset("utf-8") not in ("utf-8", "utf8"):
        raise invalid("The body must be UTF-8.")
    try:
        body = json.loads(
            request.body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    return body


def too_large() -> RefusalError:
    """Return the refusal of a body that is larger than any request needs."""
    return RefusalError(413, "BODY_TOO_LARGE", f"A body may hold at most {MAX_BODY_BYTES} bytes.")


def create_body(body: dict[str, object], policy: Policy) -> tuple[str, dict[str, Any]]:
    """Return the body of create_user: the invite mode, and the values of the new user by column."""
    if "is_developer" in body and not policy.create_takes_is_developer:
        raise invalid("is_developer is not accepted here; set it with an update afterwards.")
    required = ("name", "email", "role", "invite_mode")
    _refuse_unknown(body, (*required, "is_developer"), "field")
    missing = [name for name in required if name not in body]
    if missing:
        raise invalid(f"Missing: {', '.join(missing)}.")
    role_type, role = _role(body["role"], policy)
    columns = {
        "name": _name(body["name"]),
        "email": _email(body["email"]),
        "role_type": role_type,
        "role": role,
        "is_developer": _is_developer(body.get("is_developer", default_is_developer(role_type, role))),
    }
    return _enum(body["invite_mode"], "invite_mode", INVITE_MODES, policy), columns


def update_body(body: dict[str, object]) -> dict[str, Any]:
    """Return the body of update_user: the new values by column."""
    readers: dict[str, Callable[[object], object]] = {"name": _name, "is_developer": _is_developer}
    _refuse_unknown(body, readers, "field")
    if not body:
        raise invalid("Give at least one of name and is_developer.")
    return {field: readers[field](value) for field, value in body.items()}


def _role(role: object, policy: Policy) -> tuple[str, str]:
    if not isinstance(role, dict):
        raise invalid("role must be an object.")
    role_type = _enum(role.get("type"), "role.type", ROLE_TYPES, policy)
    if policy.enum_case == "upper":
        _refuse_unknown(role, ("type", "name" if role_type == "predefined" else "id"), "field of role")
    # The first generation has one role schema for requests and responses, so a request may hold the
    # fields of a response; these need only be well formed.
    if role_type == "predefined":
        return role_type, _enum(role.get("name"), "role.name", PREDEFINED_ROLES, policy)
    _text(role.get("name", ""), "role.name")
    role_id = _text(role.get("id"), "role.id")
    if not role_id.strip():
        raise invalid("role.id must not be blank.")
    return role_type, role_id


def _name(value: object) -> str:
    name = _text(value, "name").strip()
    if not 1 <= len(name) <= _MAX_NAME:
        raise invalid(f"name must hold 1 to {_MAX_NAME} characters besides the blanks around it.")
    return name


def _email(value: object) -> str:
    email = _text(value, "email")
    if not EMAIL.fullmatch(email):
        raise invalid("email is not an email address.")
    return email


def _enum(value: object, field: str, values: Collection[str], policy: Policy) -> str:
    encoded = {policy.encode(known): known for known in values}
    if not isinstance(value, str) or value not in encoded:
        raise invalid(f"{field} must be one of {', '.join(encoded)}.")
    return encoded[value]


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{field} must be a string.")
    if "\0" in value:
        raise invalid(f"{field} must not hold NUL.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid(f"{field} is not Unicode text: it holds half of a surrogate pair.") from None
    return value


def _is_developer(value: object) -> bool:
    if not isinstance(value, bool):
        raise invalid("is_developer must be true or false.")
    return value


def _refuse_unknown(given: Iterable[str], known: Collection[str], what: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        shown = ", ".join(ascii(name) for name in unknown[:3])
        raise invalid(f"Unknown {what}: {shown}.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise invalid("The body gives a field twice.")
    return document


def _refuse_constant(constant: str) -> NoReturn:
    raise invalid(f"The body is not JSON: {constant}.")
