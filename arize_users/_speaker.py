"""Who answered: the API, or something between, such as a proxy, an ingress or a sign-in page.

A refusal is the API's where it is a problem document (RFC 9457), whatever its content type. Any other says
nothing of what was asked, and is described for the person who has to find out where it comes from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

NOT_FROM_API = "something between may have answered"
"""In the text of each error whose answer does not have the API's form."""
NOT_ABOUT_USERS = "not about a user"
"""In the text of each error that is about a path."""

_LONGEST_QUOTE = 80
_LONGEST_SEARCHED = 500
"""Characters; a pattern may take the square of their number."""
_SECRET = re.compile(r"passw|secret|token|bearer|authorization|api.?key", re.IGNORECASE)
# What may be a key, whatever stands before it: long, and with a digit.
_KEY = re.compile(r"(?=[A-Za-z_+=-]*[0-9])[\w+=-]{20,}")
_PAGE = re.compile(r"<!doctype html|<html|<head", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)

# What is quoted, and addresses: a name or an id may hold any word.
_QUOTED = re.compile(r"""\S*@\S*|'[^']*'|"[^"]*"|`[^`]*`""")
_UNKNOWN_ROUTE = re.compile(
    r"\b(no|unknown|unmatched|unrecogni[sz]ed|invalid|unsupported)( such| matching)?"
    r" (route|path|endpoint|url)s?\b(?! param)"
    r"|\b(route|path|endpoint|url)s? ((is|was|does|could) )?(not|doesn t|unknown|unmatched|missing)\b"
)
_NO_ROUTE = re.compile(
    r"(?<![\w.-])(no ((such |matching )?route|such (path|endpoint|url)|endpoint|handler|static resource)"
    r"s?(?![\w-])|(route|endpoint|url)( \S*/\S*)?\s+((is|was|could|does) )?not (be )?(found|exist)\b"
    r"|cannot (get|post|patch|delete) /)",
    re.IGNORECASE,
)


def problem_of(body: bytes) -> Mapping[str, object]:
    """Read a problem document; empty where the body is no JSON object."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def text_of(problem: Mapping[str, object], member: str) -> str | None:
    """Give a member of a problem document; None where it is no text, or blank."""
    value = problem.get(member)
    return value if isinstance(value, str) and value.strip() else None


def is_from_api(problem: Mapping[str, object], status: int) -> bool:
    """Tell whether a refusal with this status has the API's form."""
    told = problem.get("status")
    return text_of(problem, "title") is not None and type(told) is int and told == status


def names_unknown_route(problem: Mapping[str, object]) -> bool:
    """Tell whether a problem is about a path that the API does not have, and so about no user.

    Title, type and code are read as words, such as "route not found"; a detail has to say so in a sentence,
    such as "no route", since it may hold whatever the caller sent.
    """
    title, kind, code, detail = (
        _QUOTED.sub(" ", (text_of(problem, member) or "")[:_LONGEST_SEARCHED])
        for member in ("title", "type", "error_code", "detail")
    )
    last = re.split(r"[/#:?]", kind.rstrip("/"))[-1]
    return bool(_NO_ROUTE.search(detail)) or any(
        _UNKNOWN_ROUTE.search(_words(text)) for text in (title, last, code)
    )


def _words(text: str) -> str:
    """Give the words of a title, or of a code such as ``ROUTE_NOT_FOUND`` or ``RouteNotFound``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", text).lower()


def described(body: bytes, *, quoting: bool = True) -> str:
    """Say what a body is that does not have the API's form, and quote nothing that may be a secret.

    Args:
        body: The body.
        quoting: Whether its text may be quoted; the title of a page always is.
    """
    text = " ".join(body[:10_000].decode("utf-8", "replace").split())
    if not text:
        return "empty"
    if _PAGE.search(text):
        from html import unescape

        title = _TITLE.search(text)
        return _quoted("an HTML page", " titled ", unescape(title[1]).strip() if title else "")
    return _quoted("JSON" if text[0] in "{[" else "a text", ", ", text if quoting else "")


def _quoted(kind: str, joint: str, quote: str) -> str:
    quote = _KEY.sub("[hidden]", quote[:_LONGEST_SEARCHED])
    shown = quote if len(quote) <= _LONGEST_QUOTE else f"{quote[:_LONGEST_QUOTE]}..."
    return f"{kind}{joint}{shown!r}" if shown and not _SECRET.search(shown) else kind


def redirect_target(location: str) -> str:
    """Give the target of a redirect without what may be a secret: its user, parameters and query."""
    try:
        url = urlsplit(location)
    except ValueError:
        return "a malformed URL"
    host, path = url.netloc.rpartition("@")[2], url.path.partition(";")[0]
    return repr(url._replace(netloc=host, path=path, query="", fragment="").geturl())
