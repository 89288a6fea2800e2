"""Applying an OpenAPI Overlay 1.0 document: our corrections to what a vendor publishes.

Two things that we need cannot be said in Overlay 1.0, which edits values and knows nothing of
references; they are extensions on its actions, so other tools read our overlay and skip them:

- `x-schema-name: NAME` gives the schema that the target is, or refers to, this component name, and
  every reference follows. Naming by place survives whatever the vendor calls its schemas. What has
  the name already moves aside; what an earlier action named keeps that name.
- `x-single-value-discriminator: true` makes the discriminating property of each variant of the
  targeted union (or of the one whose discriminator is targeted) required, and an enum of the one
  value that the mapping has for it, in whichever case the vendor writes it.
  `where-told` does so only for unions that say which variant has which value; `true` refuses the
  others.

A third one lets an action be about something that a document need not have: `x-optional: true`. Every
other action that matches nothing is an error.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import jsonpath

from specs.errors import SpecError
from specs.links import operation_ids, with_links_following
from specs.naming import with_schema_named, with_single_value_discriminator

_PATHS = jsonpath.JSONPathEnvironment(strict=True)
_EFFECTS = ("update", "remove", "x-schema-name", "x-single-value-discriminator")

Steps = tuple[str | int, ...]


def overlaid(
    document: dict[str, Any],
    overlay: dict[str, Any],
    name: str,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """A copy of the document with every action of the overlay applied, in order.

    Links that name an operation by its id follow it when an action gives it another id. `tell` hears
    of each optional action that found nothing to name, since a name of ours is then lost.

    Raises:
        SpecError: the overlay is not of version 1.0, or an action is malformed, matches nothing,
            or does not fit what it matches; `name` is the overlay's in the text.
    """
    result = copy.deepcopy(document)
    before = operation_ids(result)
    given: set[str] = set()
    for number, action in enumerate(_actions(overlay, name), start=1):
        where = f"{name}: action {number}"
        target = action.get("target") if isinstance(action, dict) else None
        if not isinstance(target, str):
            raise SpecError(f"{where}: has no target")
        try:
            result = _applied(result, action, target, given, tell)
        except SpecError as error:
            raise SpecError(f"{where} ({target}): {error}") from error
    return with_links_following(result, before)


def _actions(overlay: dict[str, Any], name: str) -> list[Any]:
    version = overlay.get("overlay")
    if not (isinstance(version, str) and re.fullmatch(r"1\.0\.\d+", version)):
        raise SpecError(f"{name}: overlay: {version!r}; a version of 1.0 is needed, such as '1.0.0'")
    info = overlay.get("info")
    if not (isinstance(info, dict) and info.keys() >= {"title", "version"}):
        raise SpecError(f"{name}: 'info' needs a title and a version")
    actions = overlay.get("actions")
    if not (isinstance(actions, list) and actions):
        raise SpecError(f"{name}: 'actions' is not a list of actions")
    return actions


def _applied(
    document: dict[str, Any],
    action: dict[str, Any],
    target: str,
    given: set[str],
    tell: Callable[[str], None],
) -> dict[str, Any]:
    effects = [effect for effect in _EFFECTS if action.get(effect, False) is not False]
    unknown = [
        key for key in action if key not in (*_EFFECTS, "target", "description") and not key.startswith("x-")
    ]
    if unknown:
        raise SpecError(f"unknown field {unknown[0]!r}")
    if len(effects) != 1:
        raise SpecError(f"needs exactly one of {', '.join(_EFFECTS)}")
    matches = _matches(document, target)
    if not matches:
        if action.get("x-optional") is True:
            if _names_something(action):
                tell(f"nothing at {target}")
            return document
        raise SpecError("matches nothing")
    match effects[0]:
        case "remove":
            _remove(document, matches)
        case "update":
            for steps in matches:
                _update(document, steps, action["update"])
        case "x-schema-name":
            name = _schema_name(action["x-schema-name"])
            result = with_schema_named(document, matches, name, given)
            given.add(name)
            return result
        case _:
            strict = action["x-single-value-discriminator"] is True
            return with_single_value_discriminator(document, matches, strict=strict)
    return document


def _names_something(action: dict[str, Any]) -> bool:
    update = action.get("update")
    return "x-schema-name" in action or (isinstance(update, dict) and "operationId" in update)


def _schema_name(value: Any) -> str:
    if not (isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._-]+", value)):
        raise SpecError(f"{value!r} is not a name for a component")
    return value


def _matches(document: dict[str, Any], target: str) -> list[Steps]:
    try:
        return [match.parts for match in _PATHS.finditer(target, document)]
    except jsonpath.JSONPathError as error:
        raise SpecError(f"not a JSONPath: {str(error).partition(chr(10))[0]}") from error


def _holder(document: dict[str, Any], steps: Steps) -> Any:
    """What holds the value at the steps."""
    holder: Any = document
    for step in steps[:-1]:
        holder = holder[step]
    return holder


def _remove(document: dict[str, Any], matches: list[Steps]) -> None:
    # From the back, so that no index moves; a match inside another one goes with it.
    matches = [steps for steps in matches if not any(steps[:n] in matches for n in range(len(steps)))]
    for steps in sorted(matches, key=lambda steps: [(isinstance(s, str), s) for s in steps], reverse=True):
        if not steps:
            raise SpecError("the whole document cannot be removed")
        del _holder(document, steps)[steps[-1]]


def _update(document: dict[str, Any], steps: Steps, update: Any) -> None:
    value = _holder(document, steps)[steps[-1]] if steps else document
    if isinstance(value, list):
        value.append(copy.deepcopy(update))
    elif isinstance(value, dict) and isinstance(update, dict):
        _merge(value, update)
    elif isinstance(value, dict):
        raise SpecError("an object is updated with something else")
    else:
        raise SpecError("matches a value that is neither an object nor an array")


def _merge(value: dict[str, Any], update: dict[str, Any]) -> None:
    for key, new in update.items():
        old = value.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _merge(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            old.extend(copy.deepcopy(new))
        elif key in value and (isinstance(old, dict | list) or isinstance(new, dict | list)):
            raise SpecError(f"{key!r} is not of the same shape in the document")
        else:
            value[key] = copy.deepcopy(new)
