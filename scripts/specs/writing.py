"""Writing a document so that the same content is always the same bytes, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from specs.errors import SpecError
from specs.grammar import METHODS, SECTIONS
from specs.parsing import parsed

_ROOT_ORDER = (
    "openapi",
    "info",
    "jsonSchemaDialect",
    "servers",
    "security",
    "tags",
    "paths",
    "components",
)
_SECTION_ORDER = ("securitySchemes", *sorted(set(SECTIONS.values()) - {"securitySchemes"}))
_WIDTH = 100


def rendered(document: dict[str, Any], comment: str) -> str:
    """The document as YAML below a comment.

    Paths, methods and components have an order of their own; inside them the document's order stays.
    The text reads alike in YAML 1.1 and 1.2.
    """
    body = yaml.dump(
        _arranged(document),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
    )
    heading = "".join(f"# {line}\n" for line in comment.splitlines())
    text = heading + str(body)
    if parsed(text.encode(), "the rendered document") != document:
        raise SpecError("the rendered document does not read back as it was; nothing is written")
    return text


def replace(path: Path, text: str) -> None:
    """Puts the text into a file, whole or not at all; behind a symbolic link, the file it names.

    Raises:
        SpecError: the folder or the file cannot be written; the file is as it was.
    """
    path = path.resolve()
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from error


def _umask() -> int:
    # It can only be read by setting it.
    current = os.umask(0)
    os.umask(current)
    return current


def _arranged(document: dict[str, Any]) -> dict[str, Any]:
    result = _ordered(document, _ROOT_ORDER)
    paths = result["paths"]
    result["paths"] = {
        path: _ordered(paths[path], ("summary", "description", "parameters", *METHODS))
        for path in sorted(paths)
    }
    if "components" in result:
        sections = _ordered(result["components"], _SECTION_ORDER)
        result["components"] = {
            section: {name: entries[name] for name in sorted(entries)}
            for section, entries in sections.items()
        }
    return result


def _ordered(mapping: dict[str, Any], first: Iterable[str]) -> dict[str, Any]:
    known = [key for key in first if key in mapping]
    return {key: mapping[key] for key in (*known, *(key for key in mapping if key not in known))}


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, text over several lines as a block, no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if all(character.isprintable() or character == "\n" for character in text):
        style = "|" if "\n" in text else None
    else:
        # Some of what is left would end a line in YAML, and none of it can be seen.
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
