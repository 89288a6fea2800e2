"""Links between operations, which name operations and not places."""

from __future__ import annotations

from typing import Any

from specs.errors import SpecError
from specs.grammar import Place, at_place, children, located, pointer, rebuilt, walked


def operation_ids(document: dict[str, Any]) -> dict[Place, str]:
    """The operationId at each operation's place; operations without one are left out."""
    return {
        at: str(node["operationId"])
        for node, kind, at in walked(document, "document", ())
        if kind == "operation" and "operationId" in node
    }


def without_foreign_links(document: dict[str, Any]) -> dict[str, Any]:
    """A copy without the links to operations that are not in the document, which would dangle."""
    known = set(operation_ids(document).values())

    def change(node: dict[str, Any], kind: str, _: Place) -> dict[str, Any]:
        if kind != "response" or not isinstance(node.get("links"), dict):
            return node
        links = {name: link for name, link in node["links"].items() if _leads_home(document, link, known)}
        rest = {field: value for field, value in node.items() if field != "links"}
        return {**rest, "links": links} if links else rest

    return _without_unused_links(rebuilt(document, "document", (), change))


def with_links_following(document: dict[str, Any], before: dict[Place, str]) -> dict[str, Any]:
    """A copy in which links name operations by the ids they have now, not by those of `before`."""
    now = operation_ids(document)
    renamed = {old: now[at] for at, old in before.items() if now.get(at, old) != old}

    def change(node: dict[str, Any], kind: str, _: Place) -> dict[str, Any]:
        if kind != "link" or node.get("operationId") not in renamed:
            return node
        return {**node, "operationId": renamed[node["operationId"]]}

    result: dict[str, Any] = rebuilt(document, "document", (), change)
    return result


def _leads_home(document: dict[str, Any], link: Any, known: set[str]) -> bool:
    if not isinstance(link, dict):
        return True
    if "$ref" in link:
        return _leads_home(document, at_place(document, located(document, link["$ref"], ())), known)
    if "operationRef" not in link:
        return str(link.get("operationId")) in known
    try:
        located(document, link["operationRef"], ())
    except SpecError:
        return False
    return True


def _without_unused_links(document: dict[str, Any]) -> dict[str, Any]:
    used = {
        child["$ref"]
        for node, kind, _ in walked(document, "document", ())
        if kind == "response"
        for _, child, child_kind in children(node, kind)
        if child_kind == "link" and isinstance(child, dict) and "$ref" in child
    }
    components = document.get("components", {})
    for name in list(components.get("links", {})):
        if pointer(("components", "links", name)) not in used:
            del components["links"][name]
    if not components.get("links", True):
        del components["links"]
    return document if components else {k: v for k, v in document.items() if k != "components"}
