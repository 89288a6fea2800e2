"""Gives the classes of attrs their signatures in the API reference, as Griffe does for dataclasses.

It is an extension of Griffe, which reads the sources for the documentation; zensical.toml names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import griffe

_DECORATORS = {"attrs.frozen", "attrs.define"}


class AttrsSignatures(griffe.Extension):
    """Adds an ``__init__`` with the fields as parameters to each class of attrs without one."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Go through a package once it is read as a whole, so that parents are known."""
        for of_class in _classes(pkg):
            if _decorator(of_class) is not None and "__init__" not in of_class.members:
                init = griffe.Function("__init__", parameters=griffe.Parameters(*_parameters(of_class)))
                init.returns = "None"
                of_class.set_member("__init__", init)


def _classes(of_object: griffe.Object) -> Iterator[griffe.Class]:
    for member in list(of_object.members.values()):
        if isinstance(member, griffe.Class):
            yield member
        if isinstance(member, griffe.Class | griffe.Module):
            yield from _classes(member)


def _decorator(of_class: griffe.Class) -> griffe.Expr | None:
    values = (decorator.value for decorator in of_class.decorators)
    return next(
        (one for one in values if isinstance(one, griffe.Expr) and one.canonical_path in _DECORATORS), None
    )


def _parameters(of_class: griffe.Class) -> list[griffe.Parameter]:
    fields: dict[str, griffe.Parameter] = {}
    for one in (*reversed(of_class.mro()), of_class):
        decorator = _decorator(one)
        if decorator is None:
            continue
        by_name = str(_arguments(decorator).get("kw_only")) == "True"
        kind = griffe.ParameterKind.keyword_only if by_name else griffe.ParameterKind.positional_or_keyword
        for attribute in one.attributes.values():
            given = _arguments(attribute.value)
            if (
                attribute.annotation is None
                or "instance-attribute" not in attribute.labels
                or attribute.name.startswith("_")
                or str(given.get("init")) == "False"
            ):
                continue
            fields.pop(attribute.name, None)  # One that a class has anew stands among its own.
            fields[attribute.name] = griffe.Parameter(
                attribute.name, annotation=attribute.annotation, kind=kind, default=_default(attribute, given)
            )
    return list(fields.values())


def _arguments(value: object) -> dict[str, Any]:
    """Read the keyword arguments of a call, such as ``field(default=None)``."""
    arguments = value.arguments if isinstance(value, griffe.ExprCall) else ()
    return {one.name: one.value for one in arguments if isinstance(one, griffe.ExprKeyword)}


def _default(attribute: griffe.Attribute, given: dict[str, Any]) -> str | None:
    """Give the default as text; what is made for each instance, or has no public name, as dots."""
    if isinstance(attribute.value, griffe.ExprCall):
        value = "..." if "factory" in given else given.get("default")
    else:
        value = attribute.value
    if value is None:
        return None
    text = str(value)
    return text if text[0] != "_" and not text.isupper() else "..."
