"""Writing the result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from spec_documents import OK, answering, document
from specs import writing
from specs.errors import SpecError
from specs.parsing import parsed
from specs.validating import validated
from specs.writing import rendered, replace


def test_order_and_form_are_stable() -> None:
    """The same content in any order of paths, methods and components is the same text."""
    item = {"post": {"responses": OK}, "get": {"responses": OK}}
    one = document({"/b": item, "/a": item}, {"B": {"type": "string"}, "A": {"type": "string"}})
    reordered = dict(reversed(one.items()))
    reordered["paths"] = {path: dict(reversed(item.items())) for path in ("/a", "/b")}
    reordered["components"] = {"schemas": dict(reversed(one["components"]["schemas"].items()))}
    text = rendered(one, "Hello\nworld")
    assert text == rendered(reordered, "Hello\nworld")
    assert text.startswith("# Hello\n# world\nopenapi: 3.1.1\n")
    assert rendered(parsed(text.encode(), "t"), "Hello\nworld") == text
    assert list(parsed(text.encode(), "t")["paths"]) == ["/a", "/b"]


@pytest.mark.parametrize(
    "value",
    [
        *("on", "2024-01-01", "1_000", "0o17", "010", "12:30:00", "=", "<<", "null", "", "1.0"),
        *(" a", "a: b", "#", "two\nlines", "trailing \n blanks", "- a\n\n b\n", "\ttab\n", "\r\n", "\\S"),
        *("é 😀", "\x85", "\u2028\n", "\ufeff", "\x1b", "x" * 300, "a b " * 60),
        *(1, 1.5, 1e100, -0.5, True, None, [], {}, [[]], {"200": {"on": [1]}}),
    ],
)
def test_every_value_survives(value: Any) -> None:
    """Whatever a document holds is read back as it was, here and by readers of YAML 1.1."""
    whole = document({"/a": answering({"default": value, "enum": [value]})})
    text = rendered(whole, "")
    assert parsed(text.encode(), "t") == whole
    assert yaml.safe_load(text) == whole


def test_an_invalid_document_is_refused() -> None:
    """A result that is not valid OpenAPI is refused with the place, in both versions."""
    for version in ("3.0.3", "3.1.1"):
        wrong = document({"/a": {"get": {"responses": {"200": {"content": {}}}}}}, version=version)
        with pytest.raises(SpecError, match=r"^x: not valid OpenAPI: paths > /a") as refusal:
            validated(wrong, "x")
        assert "\n" not in str(refusal.value)
        assert validated(document({"/a": answering({})}, version=version), "x")


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    """The new file has the old one's mode, a link stays a link, and nothing is left beside it."""
    path, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    replace(link, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a.yaml", "link.yaml"]


def test_a_new_file_is_as_readable_as_any(tmp_path: Path) -> None:
    """A file that was not there gets the mode that the umask allows, not a temporary file's."""
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    replace(tmp_path / "new.yaml", "new")
    assert (tmp_path / "new.yaml").stat().st_mode == ordinary.stat().st_mode


def test_a_failure_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails in the middle, the old content stays and no temporary file is left."""
    path = tmp_path / "a.yaml"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", fail)
    with pytest.raises(SpecError, match="No space left on device"):
        replace(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.yaml"]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1"])
@pytest.mark.parametrize("schema", [{"minimum": "x"}, {"properties": {"a": {"type": "date"}}}, {"enum": {}}])
def test_an_invalid_schema_is_refused(version: str, schema: dict[str, Any]) -> None:
    """Schemas are checked to their depth, also in 3.1, which leaves them to JSON Schema."""
    with pytest.raises(SpecError, match=r"^x: not valid OpenAPI: paths > /a > get > "):
        validated(document({"/a": answering(schema)}, version=version), "x")
