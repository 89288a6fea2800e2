"""Turns text into plain data: YAML or JSON, read alike, with the values that JSON would give."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from specs import SpecError, errors_in

# A few aliases can stand for billions of values; a document of 64 MiB without any has fewer.
MAX_VALUES = 8_000_000
MAX_DEPTH = 200

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# For each tag, how its text is read, and which unquoted text has it: first characters and pattern.
# YAML 1.1 also reads other words as dates, numbers and booleans.
_SCALARS: dict[str, tuple[Callable[[str], Any], list[str], str]] = {
    "null": (lambda _: None, ["", "~", "n", "N"], r"~?|null|Null|NULL"),
    "bool": (_BOOLEANS.__getitem__, list("tTfF"), "|".join(_BOOLEANS)),
    "int": (int, list("-0123456789"), r"-?(0|[1-9][0-9]*)"),
    "float": (float, list("-0123456789"), r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"),
    "merge": (str, ["<"], "<<"),
    "str": (str, [], ""),
}


class _Loader(_Base):  # type: ignore[misc]
    """Composes nodes only, at most `MAX_DEPTH` deep."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012
    depth = 0

    # The composer calls these two around every node, and in C it has no recursion limit of its own.
    def descend_resolver(self, node: Any, _index: Any) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _problem(_TOO_DEEP, node.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


for _tag, (_, _first, _pattern) in _SCALARS.items():
    _Loader.add_implicit_resolver(_CORE + _tag, re.compile(rf"(?:{_pattern})\Z"), _first)


def parse(content: bytes, name: str) -> dict[str, Any]:
    """Return the mapping that a YAML or JSON text holds, with the same values whichever of the two it is.

    Keys are always text (`200:` is `"200"`), dates and words such as `on` stay text, and a YAML
    alias shares the value it stands for, so the result is to be read, not changed.

    Raises:
        SpecError: not text, not YAML or JSON, a key twice in one mapping, nested too deeply, or not a
            mapping; `name` is the document's in the text.
    """
    with errors_in(name):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SpecError(f"not UTF-8 text at byte {error.start}") from error
        start = text.lstrip()[:1]
        if start == "<":
            raise SpecError("HTML or XML, not an OpenAPI document")
        value = _from_json(text) if start == "{" else _from_yaml(text)
        if not isinstance(value, dict):
            raise SpecError("not a mapping")
        return value


def parse_openapi(content: bytes, name: str) -> dict[str, Any]:
    """Return an OpenAPI 3.0 or 3.1 document; the specification's finer rules are checked after slicing.

    Raises:
        SpecError: not a document of these versions, or one without paths.
    """
    document = parse(content, name)
    if "swagger" in document:
        raise SpecError(f"{name}: Swagger {document['swagger']}; OpenAPI 3.0 or 3.1 is needed")
    version = document.get("openapi")
    if version is None:
        raise SpecError(f"{name}: not an OpenAPI document: it has no 'openapi' field")
    if not (isinstance(version, str) and re.fullmatch(r"3\.[01]\.\d+(-\S+)?", version)):
        raise SpecError(f"{name}: openapi: {version!r}; a version of 3.0 or 3.1 is needed, such as '3.1.1'")
    components = document.get("components", {})
    required = {"info": document.get("info"), "paths": document.get("paths"), "components": components}
    sections = components if isinstance(components, dict) else {}
    entries = {f"components/{name}": each for name, each in sections.items() if not name.startswith("x-")}
    for field, value in {**required, **entries}.items():
        if not isinstance(value, dict):
            raise SpecError(f"{name}: '{field}' is missing or not a mapping")
    return document


def _problem(problem: str, mark: Any) -> SpecError:
    return SpecError(f"{problem} at line {mark.line + 1}, column {mark.column + 1}")


def _refuse_deep_brackets(text: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, match.start())
            column = match.start() - text.rfind("\n", 0, match.start())
            raise SpecError(f"{_TOO_DEEP} at line {line + 1}, column {column}")


def _from_json(text: str) -> Any:
    _refuse_deep_brackets(text)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except ValueError:
        # It may be a YAML flow mapping; and only the YAML reader knows where a key or a number stands.
        return _from_yaml(text.replace("\t", " "))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key is there twice in one object")
    return dict(pairs)


def _refuse_constant(constant: str) -> Any:
    raise SpecError(f"{constant} is not a JSON value")


def _from_yaml(text: str) -> Any:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        # The scanner looks ahead, so it may refuse the depth before the loader sees it.
        _refuse_deep_brackets(text[: mark.index])
        raise _problem(f"neither YAML nor JSON: {error.problem or error.context}", mark) from error
    except yaml.YAMLError as error:
        raise SpecError(f"neither YAML nor JSON: {' '.join(str(error).split())}") from error
    if root is None:
        raise SpecError("empty")
    return _build(root, {})[0]


def _build(node: yaml.Node, known: dict[int, tuple[Any, int]]) -> tuple[Any, int]:
    """Return a node's value, and how many values it is when every alias is written out."""
    if id(node) in known:
        if not known[id(node)][1]:
            raise _problem("an alias inside the value that it stands for", node.start_mark)
        return known[id(node)]
    known[id(node)] = (None, 0)
    tag = node.tag.removeprefix(_CORE) if node.tag.startswith(_CORE) else ""
    if isinstance(node, yaml.MappingNode) and tag == "map":
        value, size = _mapping(node, known)
    elif isinstance(node, yaml.SequenceNode) and tag == "seq":
        items = [_build(child, known) for child in node.value]
        value, size = [item for item, _ in items], 1 + sum(count for _, count in items)
    elif isinstance(node, yaml.ScalarNode) and tag in _SCALARS:
        try:
            value, size = _SCALARS[tag][0](node.value), 1
        except (ValueError, KeyError) as error:
            raise _problem(f"{node.value[:20]!r} cannot be read as {tag}", node.start_mark) from error
    else:
        raise _problem(f"the tag {node.tag!r} has no JSON value", node.start_mark)
    if size > MAX_VALUES:
        raise _problem(f"aliases stand for more than {MAX_VALUES} values", node.start_mark)
    known[id(node)] = (value, size)
    return value, size


def _mapping(node: yaml.MappingNode, known: dict[int, tuple[Any, int]]) -> tuple[Any, int]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    total = 1
    for key, value_node in node.value:
        value, size = _build(value_node, known)
        total += size
        if not isinstance(key, yaml.ScalarNode):
            raise _problem("a key that is not text", key.start_mark)
        if key.tag == _CORE + "merge":
            sources = value if isinstance(value, list) else [value]
            if not all(isinstance(source, dict) for source in sources):
                raise _problem("'<<' needs a mapping", value_node.start_mark)
            for source in sources:
                merged = {**source, **merged}
        elif key.value in own:
            raise _problem(f"the key {key.value!r} is there twice in one mapping", key.start_mark)
        else:
            own[key.value] = value
    return {**merged, **own}, total
