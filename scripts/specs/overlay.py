"""Applies an OpenAPI Overlay 1.0 document: our corrections to what a vendor publishes.

Two things that we need cannot be said in Overlay 1.0, which edits values and knows nothing of
references; they are extensions on its actions, so other tools read our overlay and skip them:

- `x-schema-name: NAME` gives the schema that the target is, or refers to, this component name, and
  every reference follows. Naming by place survives whatever the vendor calls its schemas. Another
  schema that has the name already gets a new one; what an earlier action named keeps that name.
- `x-single-value-discriminator: true` makes the discriminating property of each variant in the targeted
  mapping of a discriminator required, and an enum of the one value that the mapping has for it, in
  whichever case the vendor writes it.

A third one lets an action be about something that a document need not have: `x-optional: true`. Every
other action that matches nothing is an error.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

import jsonpath

from specs import SpecError, errors_in
from specs.grammar import Object, unshare
from specs.references import value_at
from specs.rewriting import Steps, close_variants, name_schema

_JSONPATH = jsonpath.JSONPathEnvironment(strict=True)


def apply_overlay(document: Object, overlay: Object, name: str) -> Object:
    """Copy the document with every action of the overlay applied, in order.

    Raises:
        SpecError: the overlay is not of version 1.0, or an action is malformed, matches nothing,
            or does not fit what it matches; `name` is the overlay's in the text.
    """
    result = unshare(document)
    given: set[str] = set()
    for number, action in enumerate(_actions(overlay, name), start=1):
        target = action.get("target") if isinstance(action, dict) else None
        with errors_in(f"{name}: action {number} ({target})"):
            if not isinstance(target, str):
                raise SpecError("has no target")
            effect = _effect(action)
            matches = _matches(result, target)
            if matches:
                result = _EFFECTS[effect](result, matches, action[effect], given)
            elif action.get("x-optional") is not True:
                raise SpecError("matches nothing")
    return result


def _actions(overlay: Object, name: str) -> list[Any]:
    version, info, actions = (overlay.get(field) for field in ("overlay", "info", "actions"))
    if not (isinstance(version, str) and re.fullmatch(r"1\.0\.\d+", version)):
        raise SpecError(f"{name}: overlay: {version!r}; a version of 1.0 is needed, such as '1.0.0'")
    if not (isinstance(info, dict) and info.keys() >= {"title", "version"}):
        raise SpecError(f"{name}: 'info' needs a title and a version")
    if not (isinstance(actions, list) and actions):
        raise SpecError(f"{name}: 'actions' is not a list of actions")
    return actions


def _effect(action: Object) -> str:
    """Return the one field of an action that says what it does."""
    known = ("target", "description", *_EFFECTS)
    unknown = [key for key in action if key not in known and not key.startswith("x-")]
    if unknown:
        raise SpecError(f"unknown field {unknown[0]!r}")
    effects = [effect for effect in _EFFECTS if action.get(effect, False) is not False]
    if len(effects) != 1:
        raise SpecError(f"needs exactly one of {', '.join(_EFFECTS)}")
    return effects[0]


def _matches(document: Object, target: str) -> list[Steps]:
    try:
        return [match.parts for match in _JSONPATH.finditer(target, document)]
    except jsonpath.JSONPathError as error:
        reason = str(error).partition("\n")[0]
        raise SpecError(f"not a JSONPath: {reason}") from error


def _update(document: Object, matches: Sequence[Steps], update: Any, _: set[str]) -> Object:
    for steps in matches:
        value = value_at(document, steps)
        if isinstance(value, list):
            value.append(copy.deepcopy(update))
        elif not isinstance(value, dict):
            raise SpecError("matches a value that is neither an object nor an array")
        elif not isinstance(update, dict):
            raise SpecError("an object is updated with something else")
        else:
            _merge(value, copy.deepcopy(update))
    return document


def _merge(value: Object, update: Object) -> None:
    for key, new in update.items():
        old = value.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _merge(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            old.extend(new)
        elif key in value and (isinstance(old, dict | list) or isinstance(new, dict | list)):
            raise SpecError(f"{key!r} is not of the same shape in the document")
        else:
            value[key] = new


def _remove(document: Object, matches: Sequence[Steps], _value: Any, _: set[str]) -> Object:
    # From the back, so that no index moves, and what is inside another match goes before it.
    for steps in sorted(set(matches), reverse=True):
        if not steps:
            raise SpecError("the whole document cannot be removed")
        del value_at(document, steps[:-1])[steps[-1]]
    return document


def _name(document: Object, matches: Sequence[Steps], name: Any, given: set[str]) -> Object:
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9._-]+", name)):
        raise SpecError(f"{name!r} is not a name for a component")
    result = name_schema(document, matches, name, given)
    given.add(name)
    return result


def _close(document: Object, matches: Sequence[Steps], _value: Any, _: set[str]) -> Object:
    for steps in matches:
        close_variants(document, tuple(map(str, steps)))
    return document


_EFFECTS: dict[str, Callable[[Object, Sequence[Steps], Any, set[str]], Object]] = {
    "update": _update,
    "remove": _remove,
    "x-schema-name": _name,
    "x-single-value-discriminator": _close,
}
