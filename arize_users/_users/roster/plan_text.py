"""A plan as text for people: the loss first, people by name and address, one line for each."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..._streams import visible
from ...enums import ActionKind
from .parts import Action, Cannot, LeftAlone

if TYPE_CHECKING:
    from .plan import Plan

_FLAGS: Mapping[Any, str] = {True: "developer", False: "no developer"}
_FIELDS = {"is_developer": "developer"}
_WIDEST_NAME, _WIDEST_EMAIL = 30, 40
_MOST_LEFT = 20
"""How many of the missing are named where nobody asks to remove them: it may be the whole account."""


def counted(count: int, thing: str, many: str | None = None) -> str:
    """Give a number with what is counted; ``many`` is its plural where that is not formed with an s."""
    return f"{count:,} {thing if count == 1 else many or f'{thing}s'}"


def endpoint_text(endpoint: Mapping[str, Any]) -> str:
    """Give an endpoint as a person writes it."""
    if "sandbox" in endpoint:
        return f"sandbox:{endpoint['sandbox']}"
    scheme, port = endpoint.get("scheme"), endpoint.get("port")
    shown = "" if (scheme, port) in (("https", 443), ("http", 80)) else f":{port}"
    host = str(endpoint.get("host"))
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{shown}{endpoint.get('path') or ''}"


def count_line(plan: Plan) -> str:
    """Count the people of a plan on one line."""
    numbers = [
        (len(plan.of_kind(ActionKind.INVITE)), "to invite"),
        (len(plan.of_kind(ActionKind.REINVITE)), "to invite anew"),
        (len(plan.of_kind(ActionKind.UPDATE)), "to change"),
        (len(plan.of_kind(ActionKind.REMOVE)), "to remove"),
        (len(plan.cannot), "cannot"),
        (len(plan.left_alone), "left alone"),
    ]
    said = [f"{count:,} {what}" for count, what in numbers if count]
    as_wanted = "as it should be" if plan.unchanged == 1 else "as they should be"
    return ", ".join([*said, f"{plan.unchanged:,} {as_wanted}"])


def plan_lines(plan: Plan) -> Iterator[str]:
    """Give the lines of a plan; see `Plan.lines`."""
    return map(visible, _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    oldest = f", oldest: {plan.oldest}" if plan.oldest else ""
    yield f"Account  {endpoint_text(plan.endpoint)}  {counted(plan.listed, 'user')}{oldest}"
    skipped = f", {counted(plan.skipped, 'row')} skipped" if plan.skipped else ""
    people = counted(plan.people, "person", "people")
    yield f"Roster   {plan.source + '  ' if plan.source else ''}{people}{skipped}"
    renamed = dict(plan.renamed)
    missing = set(plan.missing)
    lost = [_removal(one, renamed.get(one.user_id or "")) for one in plan.of_kind(ActionKind.REMOVE)]
    left = [one for one in plan.left_alone if one.user_id in missing]
    others = [one for one in plan.left_alone if one.user_id not in missing]
    yield from section("Missing from the roster, to be removed", "-", lost)
    most = None if plan.guards.remove_missing else _MOST_LEFT
    yield from section("Missing from the roster, left alone", "", map(_missing, left), most=most)
    yield from section("To be invited", "+", map(_invited, plan.of_kind(ActionKind.INVITE)))
    yield from section("To be invited anew", "+", map(_invited, plan.of_kind(ActionKind.REINVITE)))
    yield from section("To be changed", "~", map(_changed, plan.of_kind(ActionKind.UPDATE)))
    yield from section("Cannot be done by any request", "!", map(_cannot, plan.cannot))
    yield from section("Left alone", "", map(_left, others))
    yield ""
    yield f"{count_line(plan)}."
    for note in plan.notes:
        yield f"Note: {note}"
    for refusal in plan.refusals:
        yield f"Refused: {refusal.message}."
        yield f"  {refusal.remedy}"


_Row = tuple[str, ...]


def section(title: str, sign: str, rows: Iterable[_Row], *, most: int | None = None) -> Iterator[str]:
    """Give a title with a count, and the rows in columns, at most so many of them."""
    every = list(rows)
    if not every:
        return
    shown = [tuple(visible(cell) for cell in row) for row in every[:most]]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    limits = [_WIDEST_NAME, _WIDEST_EMAIL, *widths[2:]]
    yield ""
    yield f"{title} ({len(every):,})"
    for row in shown:
        cells = zip(row, widths, limits, strict=True)
        line = "  ".join(_padded(cell, min(width, limit)) for cell, width, limit in cells)
        yield f"  {sign or ' '} {line}".rstrip()
    if len(shown) < len(every):
        yield f"    and {len(every) - len(shown):,} more"


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _removal(action: Action, address: str | None) -> _Row:
    since = str(action.before.get("created_at", ""))[:10]
    renamed = f"likely the one whom the roster has as {address}" if address else ""
    return (
        action.name,
        action.email,
        role_text(action.before.get("role", {})),
        str(action.before.get("status", "")),
        f"since {since}" if since else "",
        renamed,
    )


def _invited(action: Action) -> _Row:
    after = action.after
    name = str(after.get("name") or action.name)
    flag = _FLAGS.get(after.get("is_developer"), "")
    return name, action.email, role_text(after["role"]), after["invite_mode"], flag


def _changed(action: Action) -> _Row:
    changes = [
        f"{_FIELDS.get(name, name)}: {_shown(action.before.get(name))} -> {_shown(value)}"
        for name, value in action.after.items()
    ]
    return action.name, action.email, ", ".join(changes)


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _cannot(one: Cannot) -> _Row:
    line = f"line {one.line}: " if one.line is not None else ""
    return one.name or "", one.email or one.user_id or "", f"{line}{one.reason}"


def _left(one: LeftAlone) -> _Row:
    return one.name or "", one.email or one.user_id or "", one.reason


def _missing(one: LeftAlone) -> _Row:
    name, email, reason = _left(one)
    # What the title says is not said again.
    return name, email, reason.removeprefix("missing from the roster").removeprefix(", and ")


def role_text(role: Mapping[str, Any]) -> str:
    """Give the document of a role in a word or two."""
    if str(role.get("type", "")).lower() == "custom":
        return f"custom role {role.get('name') or role.get('id')}"
    return str(role.get("name", ""))
