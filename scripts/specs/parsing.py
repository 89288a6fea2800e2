"""Turning text into plain data: YAML or JSON, read alike, as JSON would give it."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from specs.errors import SpecError

# A few aliases can stand for billions of values; a document of 64 MiB without any has fewer.
MAX_VALUES = 8_000_000
MAX_DEPTH = 200

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = "plain"
_STR = "tag:yaml.org,2002:str"
_CORE = "tag:yaml.org,2002:"
_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class _Loader(_Base):  # type: ignore[misc]
    """Leaves plain scalars to us: YAML 1.1 makes dates, numbers and booleans of too many."""

    depth = 0

    def resolve(self, kind: Any, _value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _STR
        return _CORE + ("map" if kind is yaml.MappingNode else "seq")

    # The composer calls these two around every node, and in C it has no recursion limit of its own.
    def descend_resolver(self, _node: Any, _index: Any) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RecursionError

    def ascend_resolver(self) -> None:
        self.depth -= 1


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """The mapping that a YAML or JSON text holds, with the same values whichever of the two it is.

    Keys are always text (`200:` is `"200"`), dates and words such as `on` stay text, and a YAML
    alias shares the value it stands for, so the result is to be read, not changed.

    Raises:
        SpecError: not text, not YAML or JSON, a key twice in one mapping, or not a mapping.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{name}: not UTF-8 text at byte {error.start}") from error
    if text.lstrip().startswith("<"):
        raise SpecError(f"{name}: HTML or XML, not an OpenAPI document")
    try:
        value = _from_json(text, name) if text.lstrip().startswith("{") else _from_yaml(text, name)
    except RecursionError as error:
        raise SpecError(f"{name}: nested too deeply") from error
    if not isinstance(value, dict):
        raise SpecError(f"{name}: not a mapping")
    return value


def openapi(content: bytes, name: str) -> dict[str, Any]:
    """An OpenAPI 3.0 or 3.1 document; the specification's finer rules are checked after slicing.

    Raises:
        SpecError: not a document of these versions, or one without paths.
    """
    document = parsed(content, name)
    if "swagger" in document:
        raise SpecError(f"{name}: Swagger {document['swagger']}; OpenAPI 3.0 or 3.1 is needed")
    version = document.get("openapi")
    if version is None:
        raise SpecError(f"{name}: not an OpenAPI document: it has no 'openapi' field")
    if not (isinstance(version, str) and re.fullmatch(r"3\.[01]\.\d+(-\S+)?", version)):
        raise SpecError(f"{name}: openapi: {version!r}; a version of 3.0 or 3.1 is needed, such as '3.1.1'")
    for field in ("info", "paths", "components"):
        if not isinstance(document.get(field, {} if field == "components" else None), dict):
            raise SpecError(f"{name}: '{field}' is missing or not a mapping")
    for section, entries in document.get("components", {}).items():
        if not section.startswith("x-") and not isinstance(entries, dict):
            raise SpecError(f"{name}: components/{section} is not a mapping")
    return document


class _DuplicateKey(Exception):
    pass


def _from_json(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refused_constant)
    except json.JSONDecodeError as error:
        # A YAML flow mapping may open with a brace too.
        try:
            return _from_yaml(text, name)
        except SpecError:
            place = f"line {error.lineno}, column {error.colno}"
            raise SpecError(f"{name}: not JSON: {error.msg} at {place}") from error
    except _DuplicateKey as error:
        # Only the YAML reader knows where a key stands, and it reads JSON.
        _from_yaml(text.replace("\t", " "), name)
        raise SpecError(f"{name}: the key {error} is there twice in one object") from error
    except ValueError as error:
        raise SpecError(f"{name}: not JSON: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKey(repr(next(key for key in keys if keys.count(key) > 1)))
    return result


def _refused_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON value")


def _from_yaml(text: str, name: str) -> Any:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpecError(f"{name}: not YAML: {error.problem or error.context}{place}") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{name}: not YAML: {' '.join(str(error).split())}") from error
    if root is None:
        raise SpecError(f"{name}: empty")
    return _Builder(name).built(root)


class _Builder:
    """Turns composed YAML nodes into data, each aliased node once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._done: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()

    def built(self, root: yaml.Node) -> Any:
        return self._build(root)[0]

    def _build(self, node: yaml.Node) -> tuple[Any, int]:
        """The value, and how many values it is when every alias is written out."""
        key = id(node)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise self._error(node, "an alias inside the value that it stands for")
        self._open.add(key)
        result: tuple[Any, int]
        if isinstance(node, yaml.MappingNode):
            result = self._mapping(node)
        elif isinstance(node, yaml.SequenceNode):
            result = self._sequence(node)
        else:
            result = (self._scalar(node), 1)
        self._open.discard(key)
        if result[1] > MAX_VALUES:
            raise self._error(node, f"aliases stand for more than {MAX_VALUES} values")
        self._done[key] = result
        return result

    def _mapping(self, node: yaml.MappingNode) -> tuple[dict[str, Any], int]:
        self._expect(node, "map")
        result: dict[str, Any] = {}
        inherited: dict[str, Any] = {}
        total = 1
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "a key that is not text")
            value, size = self._build(value_node)
            total += size
            if key_node.value == "<<" and key_node.tag == _PLAIN:
                for source in value if isinstance(value, list) else [value]:
                    if not isinstance(source, dict):
                        raise self._error(value_node, "'<<' needs a mapping")
                    inherited = {**source, **inherited}
            elif key_node.value in result:
                raise self._error(key_node, f"the key {key_node.value!r} is there twice in one mapping")
            else:
                result[key_node.value] = value
        return {**inherited, **result} if inherited else result, total

    def _sequence(self, node: yaml.SequenceNode) -> tuple[list[Any], int]:
        self._expect(node, "seq")
        pairs = [self._build(child) for child in node.value]
        return [value for value, _ in pairs], 1 + sum(size for _, size in pairs)

    def _scalar(self, node: yaml.Node) -> Any:
        tag, text = node.tag, str(node.value)
        if tag in (_STR, "!"):
            return text
        value = self._plain(node, text)
        if tag == _PLAIN:
            return value
        kinds = {"null": type(None), "bool": bool, "int": int, "float": float}
        kind = kinds.get(tag.removeprefix(_CORE)) if tag.startswith(_CORE) else None
        if kind is float and type(value) is int:
            return float(value)
        if kind is None or type(value) is not kind:
            raise self._error(node, f"the tag {tag!r} on {text!r} has no JSON value")
        return value

    def _plain(self, node: yaml.Node, text: str) -> Any:
        if text in _WORDS:
            return _WORDS[text]
        # Most scalars are words; one look at the first character saves much of the time.
        if text[0] not in "-0123456789":
            return text
        try:
            if _INT.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text):
                return float(text)
        except ValueError as error:
            raise self._error(node, str(error)) from error
        return text

    def _expect(self, node: yaml.Node, kind: str) -> None:
        if node.tag != _CORE + kind:
            raise self._error(node, f"the tag {node.tag!r} has no JSON value")

    def _error(self, node: yaml.Node, problem: str) -> SpecError:
        mark = node.start_mark
        return SpecError(f"{self._name}: {problem} at line {mark.line + 1}, column {mark.column + 1}")
