"""Cutting the paths under a prefix out of a document, with all they refer to and nothing else."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from specs.errors import SpecError
from specs.grammar import (
    SECTIONS,
    Place,
    at_place,
    located,
    pointer,
    rebuilt,
    redirected,
    references,
    shown,
    walked,
)
from specs.links import without_foreign_links

_STRUCTURE = {"paths", "components", "properties", "content", "schema", "responses", "parameters"}


def sliced(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A new document of the paths that are `prefix` or lie under it.

    What they refer to comes along through any depth and cycle. A reference into the middle of
    something gets a component of its own, so that nothing around it is needed; a path that refers to
    another one holds its content; a link to an operation outside the slice is left out.

    Raises:
        SpecError: no path matches, or a reference that is needed points outside the document or to
            nothing.
    """
    return _Slice(document, prefix).result()


class _Slice:
    def __init__(self, document: dict[str, Any], prefix: str) -> None:
        self._document = document
        self._paths = {path: self._path_item(path) for path in _matching(document["paths"], prefix)}
        self._tags: set[str] = set()
        self._needs_global_security = False
        # Insertion order is the order of discovery, so names derived from it are stable.
        self._targets: dict[Place, str] = {}
        self._follow()
        self._names = self._named()

    def result(self) -> dict[str, Any]:
        document = self._document
        copied = ("openapi", "info", "jsonSchemaDialect", "servers")
        result: dict[str, Any] = {key: document[key] for key in copied if key in document}
        if self._needs_global_security:
            result["security"] = document["security"]
        tags = [tag for tag in _listed(document, "tags", dict, ()) if str(tag.get("name")) in self._tags]
        if tags:
            result["tags"] = tags
        result["paths"] = {
            path: rebuilt(item, "path_item", at, partial(self._cut, None))
            for path, (item, at) in self._paths.items()
        }
        components = self._components()
        if components:
            result["components"] = components
        return without_foreign_links(copy.deepcopy(result))

    def _path_item(self, path: str) -> tuple[dict[str, Any], Place]:
        """A path's content, where it stands; a reference is followed, since generators do not."""
        at: Place = ("paths", path)
        item = at_place(self._document, at)
        seen = set()
        siblings: dict[str, Any] = {}
        while isinstance(item, dict) and "$ref" in item:
            if at in seen:
                raise SpecError(f"{shown(at)}: its $ref leads back to itself")
            seen.add(at)
            siblings = {**{k: v for k, v in item.items() if k != "$ref"}, **siblings}
            ((reference, _, _),) = references(item, "path_item", at)
            at = located(self._document, reference, at)
            item = at_place(self._document, at)
        if not isinstance(item, dict):
            raise SpecError(f"{shown(at)}: not a path item")
        return {**item, **siblings}, at

    def _follow(self) -> None:
        waiting: list[tuple[Any, str, Place]] = [(item, "path_item", at) for item, at in self._paths.values()]
        while waiting:
            for node, kind, at in walked(*waiting.pop(0)):
                for place, target_kind in self._needs(node, kind, at):
                    if place not in self._targets:
                        self._targets[place] = target_kind
                        waiting.append((at_place(self._document, place), target_kind, place))

    def _needs(self, node: dict[str, Any], kind: str, at: Place) -> Iterator[tuple[Place, str]]:
        for reference, target_kind, place in references(node, kind, at):
            yield located(self._document, reference, place), target_kind
        if kind != "operation":
            return
        self._tags.update(_listed(node, "tags", str, at))
        source, source_at = (node, at) if "security" in node else (self._document, ())
        self._needs_global_security |= source is self._document and "security" in source
        for requirement in _listed(source, "security", dict, source_at):
            for name in requirement:
                reference = pointer(("components", "securitySchemes", name))
                yield located(self._document, reference, (*at, "security")), "security_scheme"

    def _named(self) -> dict[Place, Place]:
        """For each target, the place it has in the slice."""
        names = {place: place for place in self._targets if _is_component(place)}
        taken = {place[1:] for place in names}
        for place, kind in self._targets.items():
            if place in names:
                continue
            name = base = _name_for(place, at_place(self._document, place))
            number = 1
            while (SECTIONS[kind], name) in taken:
                number += 1
                name = f"{base}{number}"
            taken.add((SECTIONS[kind], name))
            names[place] = ("components", SECTIONS[kind], name)
        return names

    def _components(self) -> dict[str, Any]:
        components: dict[str, Any] = {}
        for place, kind in self._targets.items():
            section, name = self._names[place][1:]
            node = at_place(self._document, place)
            inside = rebuilt(node, kind, place, partial(self._cut, place))
            components.setdefault(section, {})[name] = inside
        return components

    def _cut(self, root: Place | None, node: dict[str, Any], kind: str, at: Place) -> dict[str, Any]:
        if at in self._names and at != root and not _is_component(at):
            return {"$ref": pointer(self._names[at])}
        targets = {
            text: located(self._document, text, place) for text, _, place in references(node, kind, at)
        }
        return redirected(node, kind, lambda text: pointer(self._names[targets[text]]))


def _matching(paths: dict[str, Any], prefix: str) -> list[str]:
    stem = prefix.rstrip("/")
    names = [name for name in paths if not name.startswith("x-")]
    found = [name for name in names if name == stem or name.startswith(stem + "/")]
    if not found:
        near = difflib.get_close_matches(prefix, names, n=3, cutoff=0.3)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise SpecError(f"no path is {prefix} or under it{hint}")
    return found


def _listed(node: dict[str, Any], field: str, kind: type, at: Place) -> list[Any]:
    values = node.get(field, [])
    if not (isinstance(values, list) and all(isinstance(value, kind) for value in values)):
        shape = "text" if kind is str else "mappings"
        raise SpecError(f"{shown((*at, field))}: not a list of {shape}")
    return values


def _is_component(place: Place) -> bool:
    return len(place) == 3 and place[0] == "components"


def _name_for(place: Place, node: Any) -> str:
    """A component name for something that had none: its title, or the words of its place."""
    title = node.get("title") if isinstance(node, dict) else None
    words = [str(title)] if title else [step for step in place if step not in _STRUCTURE | {"schemas"}]
    parts = re.findall(r"[A-Za-z0-9]+", " ".join(words))
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Unnamed"
