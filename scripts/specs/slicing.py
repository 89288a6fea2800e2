"""Cuts the paths under a prefix out of a document, with all they refer to and nothing else."""

from __future__ import annotations

import difflib
import re
from functools import partial
from typing import Any

from specs import SpecError
from specs.grammar import SECTIONS, Object, Place, free_name, transform, unshare
from specs.references import follow, pointer, put_in_place, redirect, references, resolve, show, value_at

_COPIED = ("openapi", "info", "jsonSchemaDialect", "servers")
_NOT_IN_NAMES = {*SECTIONS, "paths", "components", "properties", "content", "schema"}


def slice_document(document: Object, prefix: str) -> Object:
    """Return a new document of the paths that are `prefix` or lie under it.

    What they refer to comes along through any depth and cycle. A reference into the middle of
    something gets a component of its own, so that nothing around it is needed; a path that refers to
    another one holds its content.

    Raises:
        SpecError: no path matches, or a reference that is needed points outside the document or to
            nothing.
    """
    return unshare(_Slice(document, prefix).result())


class _Slice:
    def __init__(self, document: Object, prefix: str) -> None:
        self._document = document
        self._paths = {path: self._path_item(path) for path in _matching(document["paths"], prefix)}
        self._tags: set[str] = set()
        self._uses_global_security = False
        # What is referred to, with its kind, in the order of discovery; and its place in the slice.
        self._targets: list[tuple[Place, str]] = []
        self._places: dict[Place, Place] = {}

    def result(self) -> Object:
        # The first pass discovers every target: one inside another object has to be cut out of that.
        self._cut_all()
        paths, components = self._cut_all()
        document = self._document
        result = {key: document[key] for key in _COPIED if key in document}
        if self._uses_global_security:
            result["security"] = document["security"]
        tags = [tag for tag in _listed(document, "tags", dict) if tag.get("name") in self._tags]
        parts = {"tags": tags, "paths": paths, "components": components}
        return result | {key: part for key, part in parts.items() if part}

    def _cut_all(self) -> tuple[Object, Object]:
        paths = {
            path: transform(item, self._cut, "pathItems", at) for path, (item, at) in self._paths.items()
        }
        components: Object = {}
        for place, kind in self._targets:  # cutting adds more
            inside = partial(self._cut, root=place)
            _, section, name = self._places[place]
            component = transform(value_at(self._document, place), inside, kind, place)
            components.setdefault(section, {})[name] = component
        return paths, components

    def _path_item(self, path: str) -> tuple[Object, Place]:
        """Return a path's content and its place; a reference is followed, since generators do not."""
        raw = self._document["paths"][path]
        _, at = follow(self._document, raw, ("paths", path))
        item = put_in_place(self._document, raw, ("paths", path))
        if not isinstance(item, dict):
            raise SpecError(f"{show(at)}: not a path item")
        return item, at

    def _cut(self, node: Object, kind: str, at: Place, root: Place | None = None) -> Object:
        if at != root and self._places.get(at, at) != at:
            return {"$ref": pointer(self._places[at])}
        if kind == "operations":
            self._note_tags_and_security(node, at)
        targets = {text: resolve(self._document, text, place) for text, place in references(node, kind, at)}
        return redirect(node, kind, lambda text: pointer(self._place(targets[text], kind)))

    def _note_tags_and_security(self, operation: Object, at: Place) -> None:
        self._tags.update(_listed(operation, "tags", str))
        source = operation if "security" in operation else self._document
        self._uses_global_security |= source is self._document and "security" in source
        for requirement in _listed(source, "security", dict):
            for name in requirement:
                text = pointer(("components", "securitySchemes", name))
                self._place(resolve(self._document, text, (*at, "security")), "securitySchemes")

    def _place(self, target: Place, kind: str) -> Place:
        """Return the place in the slice of something that is referred to: a component of its own."""
        if target not in self._places:
            name = target[-1]
            if not (len(target) == 3 and target[0] == "components"):
                others = self._document.get("components", {}).get(kind, {})
                taken = {*others, *(place[2] for place in self._places.values() if place[1] == kind)}
                name = free_name(_name_for(target, value_at(self._document, target)), taken)
            self._places[target] = ("components", kind, name)
            self._targets.append((target, kind))
        return self._places[target]


def _matching(paths: Object, prefix: str) -> list[str]:
    stem = prefix.rstrip("/")
    names = [name for name in paths if not name.startswith("x-")]
    found = [name for name in names if name == stem or name.startswith(stem + "/")]
    if not found:
        near = difflib.get_close_matches(prefix, names, n=3, cutoff=0.3)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise SpecError(f"no path is {prefix} or under it{hint}")
    return found


def _listed(node: Object, field: str, kind: type) -> list[Any]:
    """Return the entries of a list that are of a kind; validating the slice refuses the others."""
    values = node.get(field)
    return [value for value in values if isinstance(value, kind)] if isinstance(values, list) else []


def _name_for(place: Place, node: Any) -> str:
    """Name a component that had no name: by its title, or by the words of its place."""
    title = node.get("title") if isinstance(node, dict) else None
    words = str(title) if title else " ".join(step for step in place if step not in _NOT_IN_NAMES)
    parts = re.findall(r"[A-Za-z0-9]+", words)
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Unnamed"
