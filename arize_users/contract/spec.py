"""The contract as plain data: its operations, with every reference followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class SpecError(Exception):
    """The document cannot serve as a contract; the text says where and why."""


@frozen
class Operation:
    """One operation and the answers it documents, by status: a number, ``4XX``, or ``default``."""

    id: str
    method: str
    path: re.Pattern[str]
    responses: Mapping[str, Mapping[str, Any]]

    def response(self, status: int) -> Mapping[str, Any] | None:
        """Give what is documented for a status, the most exact entry first; None when nothing is."""
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in self.responses:
                return self.responses[name]
        return None


@frozen
class Spec:
    """All operations of a contract."""

    operations: tuple[Operation, ...]

    def operation(self, method: str, path: str) -> Operation | None:
        """Find the operation of a request by method and path, still percent-encoded."""
        for operation in self.operations:
            if operation.method == method and operation.path.fullmatch(path):
                return operation
        return None


def load(path: Path | None) -> Spec:
    """Read an OpenAPI 3.1 document, YAML or JSON; without a path, the one that comes with the package.

    Raises:
        SpecError: it cannot be read, is not OpenAPI 3.1, has a reference to nothing, or no users.
    """
    name, text = _read(path)
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise SpecError(f"{name} is not YAML{place}") from error
    version = document.get("openapi") if isinstance(document, dict) else None
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise SpecError(f"{name} is not an OpenAPI 3.1 document")
    try:
        spec = Spec(_operations(_Linker(document).linked(document)))
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise SpecError(f"{name} is not a well-formed OpenAPI document") from error
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from error
    if spec.operation("GET", "/v2/users") is None:
        raise SpecError(f"{name} has no GET /v2/users")
    return spec


def _read(path: Path | None) -> tuple[str, str]:
    packaged = files("arize_users.contract") / "users.yaml"
    source = packaged if path is None else path
    if path is None and not packaged.is_file():
        # In a checkout the document is in its own place; the wheel carries a copy.
        source = Path(__file__).parents[2] / "openapi" / "users.yaml"
    try:
        return str(source), source.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{source} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{source} is not text in UTF-8") from error


class _Linker:
    """Puts what a reference means in its place; a schema that holds itself becomes a cycle of objects."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._linked: dict[str, dict[str, Any]] = {}

    def linked(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.linked(child) for child in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            target = self._target(node["$ref"])
            beside = self.linked({name: child for name, child in node.items() if name != "$ref"})
            return {**beside, "allOf": [target, *beside.get("allOf", ())]} if beside else target
        return self._filled({}, node)

    def _filled(self, into: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
        into.update((name, self.linked(child)) for name, child in node.items())
        if isinstance(node.get("discriminator"), dict):
            into["discriminator"] = self._discriminator(node)
        return into

    def _target(self, reference: str) -> Any:
        if reference not in self._linked:
            node = self._document
            for step in self._steps(reference):
                key = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(node, dict) or key not in node:
                    raise SpecError(f"the reference {reference} leads nowhere")
                node = node[key]
            if not isinstance(node, dict) or "$ref" in node:
                return self.linked(node)
            # Known before it is filled, or one that holds itself would never end.
            self._linked[reference] = {}
            self._filled(self._linked[reference], node)
        return self._linked[reference]

    def _steps(self, reference: str) -> list[str]:
        if not reference.startswith("#/"):
            raise SpecError(f"the reference {reference} leads out of the document")
        return reference.removeprefix("#/").split("/")

    def _discriminator(self, node: dict[str, Any]) -> dict[str, Any]:
        given = node["discriminator"]
        references = [
            branch["$ref"]
            for word in ("oneOf", "anyOf")
            for branch in node.get(word, ())
            if isinstance(branch.get("$ref"), str)
        ]
        # Without a mapping the name of the schema is the value.
        mapping = given.get("mapping") or {one.rpartition("/")[2]: one for one in references}
        schemas = {
            value: self._target(name if "/" in name else f"#/components/schemas/{name}")
            for value, name in mapping.items()
        }
        return {**given, "mapping": schemas}


def _operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    return tuple(
        Operation(
            id=operation.get("operationId", f"{method.upper()} {path}"),
            method=method.upper(),
            path=re.compile("[^/]+".join(map(re.escape, re.split(r"{[^}]*}", path)))),
            responses={str(status): answer for status, answer in operation["responses"].items()},
        )
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
        if method in _METHODS
    )
