"""What a request may look like: its query, its body, and the values in them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable
from typing import NoReturn
from urllib.parse import parse_qsl

import attrs

from arize_users.sandbox.messages import JSON_TYPE, RefusalError, Request, invalid
from arize_users.sandbox.vocabulary import (
    INVITE_MODES,
    LISTED_STATUSES,
    PREDEFINED_ROLES,
    ROLE_TYPES,
    Speech,
    default_is_developer,
)

MAX_BODY_BYTES = 1 << 20
_MAX_EMAIL_FILTER = 255
_MAX_NAME = 255
_MAX_EMAIL = 320

_LIMIT = re.compile("[1-9][0-9]?|100")
_CURSOR = re.compile("users-after:(-?[0-9]{1,17}):([0-9]{1,17})")
_BEFORE_ALL = (-(10**18), 0)
_ATOM = r"[^\s\x00-\x1f\x7f.@\"(),:;<>\[\\\]]+"
_LOCAL_PART = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(\.{_ATOM})*")
_LABEL = r"[^\W_]((?:[^\W_]|-){0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?=.{{1,255}}\Z){_LABEL}(\.{_LABEL})*")


@attrs.frozen
class ListQuery:
    """The checked query of list_users; `after` is where the cursor points."""

    limit: int
    after: tuple[int, int]
    email: str
    statuses: frozenset[str]


@attrs.frozen
class CreateBody:
    """The checked body of create_user."""

    name: str
    email: str
    role_type: str
    role: str
    invite_mode: str
    is_developer: bool


@attrs.frozen
class UpdateBody:
    """The checked body of update_user; None means: leave it."""

    name: str | None
    is_developer: bool | None


def read_query(query: str) -> list[tuple[str, str]]:
    """Return the query's pairs, decoded."""
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise invalid("The query is not percent-encoded UTF-8.") from None


def no_query(pairs: Iterable[tuple[str, str]]) -> None:
    """Refuse any query parameter."""
    _refuse_unknown({name for name, _ in pairs}, (), "query parameter")


def list_query(pairs: list[tuple[str, str]], speech: Speech) -> ListQuery:
    """Check the query of list_users."""
    _refuse_unknown({name for name, _ in pairs}, ("limit", "cursor", "email", "status"), "query parameter")
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
    statuses = frozenset(
        _word(value, "status", LISTED_STATUSES, speech) for name, value in pairs if name == "status"
    )
    return ListQuery(
        limit=int(limit),
        after=read_cursor(single["cursor"]) if "cursor" in single else _BEFORE_ALL,
        email=email,
        statuses=statuses or frozenset(LISTED_STATUSES),
    )


def make_cursor(created_at: int, seq: int) -> str:
    """Return the cursor that points behind this user."""
    text = f"users-after:{created_at}:{seq}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[int, int]:
    """Return the creation time and number that a cursor points behind."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    match = _CURSOR.fullmatch(text)
    if match is None or make_cursor(int(match[1]), int(match[2])) != cursor:
        raise RefusalError(400, "INVALID_CURSOR", "cursor is not one that this API gave out.")
    return int(match[1]), int(match[2])


def read_body(request: Request) -> dict[str, object]:
    """Return the JSON object in the body."""
    media_type, _, parameters = (request.header("content-type") or "").partition(";")
    if media_type.strip().lower() != JSON_TYPE:
        raise invalid(f"The Content-Type must be {JSON_TYPE}.")
    charset = re.search(r'charset\s*=\s*"?([^";\s]*)', parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise invalid("The body must be UTF-8.")
    try:
        body = json.loads(
            request.body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
        )
    except RefusalError:
        raise
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    return body


def create_body(body: dict[str, object], speech: Speech) -> CreateBody:
    """Check the body of create_user."""
    if speech.case == "upper" and "is_developer" in body:
        raise invalid("is_developer is not accepted here; set it with an update afterwards.")
    required = ("name", "email", "role", "invite_mode")
    _refuse_unknown(body, (*required, "is_developer"), "field")
    missing = [name for name in required if name not in body]
    if missing:
        raise invalid(f"Missing: {', '.join(missing)}.")
    role_type, role = _role(body["role"], speech)
    is_developer = default_is_developer(role_type, role)
    if "is_developer" in body:
        is_developer = _boolean(body["is_developer"], "is_developer")
    return CreateBody(
        name=_name(body["name"]),
        email=_email(body["email"]),
        role_type=role_type,
        role=role,
        invite_mode=_word(body["invite_mode"], "invite_mode", INVITE_MODES, speech),
        is_developer=is_developer,
    )


def update_body(body: dict[str, object]) -> UpdateBody:
    """Check the body of update_user."""
    _refuse_unknown(body, ("name", "is_developer"), "field")
    if not body:
        raise invalid("Give at least one of name and is_developer.")
    return UpdateBody(
        name=_name(body["name"]) if "name" in body else None,
        is_developer=(_boolean(body["is_developer"], "is_developer") if "is_developer" in body else None),
    )


def _role(role: object, speech: Speech) -> tuple[str, str]:
    if not isinstance(role, dict):
        raise invalid("role must be an object.")
    role_type = _word(role.get("type"), "role.type", ROLE_TYPES, speech)
    value_name = "name" if role_type == "predefined" else "id"
    if speech.case == "upper":
        _refuse_unknown(role, ("type", value_name), "field of role")
    # The first generation has one role schema for requests and answers, so it bears an answer's
    # fields in a request; they only have to be well formed.
    if role_type == "predefined":
        return role_type, _word(role.get("name"), "role.name", PREDEFINED_ROLES, speech)
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
    local_part, at, domain = email.rpartition("@")
    if (
        not at
        or len(email) > _MAX_EMAIL
        or not _LOCAL_PART.fullmatch(local_part)
        or not _DOMAIN.fullmatch(domain)
    ):
        raise invalid("email is not an email address.")
    return email


def _word(value: object, field: str, words: Collection[str], speech: Speech) -> str:
    word = speech.hear(value, words)
    if word is None:
        raise invalid(f"{field} must be one of {speech.choices(words)}.")
    return word


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


def _boolean(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"{field} must be true or false.")
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


def _no_constant(constant: str) -> NoReturn:
    raise invalid(f"The body is not JSON: {constant}.")
