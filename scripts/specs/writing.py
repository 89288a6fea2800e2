"""Writes a document so that the same content is always the same bytes, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from specs import SpecError
from specs.grammar import METHODS, SECTIONS, unshare
from specs.parsing import parse

ROOT_ORDER = ("openapi", "info", "jsonSchemaDialect", "servers", "security", "tags", "paths", "components")
_PATH_ORDER = ("summary", "description", "parameters", *METHODS)
_SECTION_ORDER = ("securitySchemes", *sorted(SECTIONS))
_WIDTH = 100


def render(document: dict[str, Any], comment: str) -> str:
    """Return the document as YAML below a comment.

    Paths, methods and components have an order of their own; inside them the document's order stays.
    The text reads alike in YAML 1.1 and 1.2.
    """
    # PyYAML writes what is shared as an alias.
    ordered = _ordered(unshare(document), ROOT_ORDER)
    paths = ordered["paths"]
    ordered["paths"] = {path: _ordered(paths[path], _PATH_ORDER) for path in sorted(paths)}
    if "components" in ordered:
        sections = _ordered(ordered["components"], _SECTION_ORDER)
        ordered["components"] = {name: _ordered(each, sorted(each)) for name, each in sections.items()}
    body = yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    text = "".join(f"# {line}\n" for line in comment.splitlines()) + str(body)
    if parse(text.encode(), "the rendered document") != document:
        raise SpecError("the rendered document does not read back as it was; nothing is written")
    return text


def replace_file(path: Path, text: str) -> None:
    """Put the text into a file, whole or not at all; behind a symbolic link, into the file it names.

    Raises:
        SpecError: the folder or the file cannot be written; the file is as it was.
    """
    path = path.resolve()
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        try:
            with temporary.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written: {error.strerror or error}") from error


def _ordered(mapping: dict[str, Any], first: Iterable[str]) -> dict[str, Any]:
    known = {key: mapping[key] for key in first if key in mapping}
    return {**known, **mapping}


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, text over several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if all(character.isprintable() or character == "\n" for character in text):
        style = "|" if "\n" in text else None
    else:
        # Some control characters end a line in YAML, and none can be seen.
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
