"""The contract: the operations of an OpenAPI document and the answers that each of them documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from attrs import evolve, field, frozen
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_URI = "urn:contract"


class SpecError(Exception):
    """The document cannot serve as a contract; the text says where and why."""


@frozen
class Operation:
    """One operation and the answers that it documents, by status: a number, ``4XX``, or ``default``."""

    id: str
    method: str
    path: re.Pattern[str]
    responses: Mapping[str, Mapping[str, Any]]

    def response(self, status: int) -> Mapping[str, Any] | None:
        """Return what is documented for a status, the most exact entry first; None when nothing is."""
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in self.responses:
                return self.responses[name]
        return None


@frozen
class Spec:
    """All operations of a contract, and ``registry``, in which the references of its schemas resolve."""

    operations: tuple[Operation, ...]
    registry: Registry[Any] = field(repr=False)

    def operation(self, method: str, path: str) -> Operation | None:
        """Find the operation of a request by its method and its path, still percent-encoded."""
        for operation in self.operations:
            if operation.method == method and operation.path.fullmatch(path):
                return operation
        return None

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference to what it stands for; return anything else as it is."""
        if not isinstance(node.get("$ref"), str):
            return node
        return self.resolve(self.registry.resolver().lookup(node["$ref"]).contents)


def load(path: Path | None) -> Spec:
    """Read an OpenAPI 3.1 document, YAML or JSON; without a path, the one that comes with the package.

    Raises:
        SpecError: The document cannot be read, is not OpenAPI 3.1, has a reference that does not
            resolve, or has no users.
    """
    source = _packaged() if path is None else path
    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or not str(document.get("openapi")).startswith("3.1."):
            raise SpecError(f"{source} is not an OpenAPI 3.1 document")
        spec = _spec(document)
    except OSError as error:
        raise SpecError(f"{source} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{source} is not text in UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise SpecError(f"{source} cannot be read as YAML{place}") from error
    except Unresolvable as error:
        raise SpecError(f"{source}: the reference {error.ref} does not resolve in the document") from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"{source} is not a well-formed OpenAPI document") from error
    if spec.operation("GET", "/v2/users") is None:
        raise SpecError(f"{source} has no GET /v2/users")
    return spec


def _packaged() -> Traversable:
    packaged = files("arize_users.contract") / "users.yaml"
    # A checkout has the document in its own folder; the wheel carries a copy.
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "openapi" / "users.yaml"


def _spec(document: Mapping[str, Any]) -> Spec:
    references: set[str] = set()
    linked = _linked(document, references)
    spec = Spec((), Registry().with_resource(_URI, DRAFT202012.create_resource(linked)))
    for reference in sorted(references):
        spec.resolve({"$ref": reference})
    operations = tuple(
        Operation(
            id=operation.get("operationId", f"{method.upper()} {path}"),
            method=method.upper(),
            path=re.compile("[^/]+".join(map(re.escape, re.split(r"{[^}]*}", path)))),
            responses={str(status): spec.resolve(one) for status, one in operation["responses"].items()},
        )
        for path, item in linked.get("paths", {}).items()
        for method, operation in spec.resolve(item).items()
        if method in _METHODS
    )
    return evolve(spec, operations=operations)


def _linked(node: Any, references: set[str]) -> Any:
    """Copy a document with absolute references, so that each of its schemas can be used by itself.

    ``references`` collects them. Every discriminator gets a mapping of its values to references.
    """
    if isinstance(node, list):
        return [_linked(child, references) for child in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("discriminator"), dict):
        node = {**node, "discriminator": {**node["discriminator"], "mapping": _mapping(node)}}
    copy = {name: _linked(child, references) for name, child in node.items()}
    if isinstance(node.get("$ref"), str):
        copy["$ref"] = _URI + node["$ref"] if node["$ref"].startswith("#") else node["$ref"]
        references.add(copy["$ref"])
    return copy


def _mapping(schema: Mapping[str, Any]) -> dict[str, Any]:
    references = [
        branch["$ref"]
        for keyword in ("oneOf", "anyOf")
        for branch in schema.get(keyword, ())
        if isinstance(branch.get("$ref"), str)
    ]
    # Without a mapping, the name of a schema is its value.
    given = schema["discriminator"].get("mapping") or {one.rpartition("/")[2]: one for one in references}
    return {
        value: {"$ref": name if "/" in name else f"#/components/schemas/{name}"}
        for value, name in given.items()
    }
