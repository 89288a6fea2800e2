"""Validating and writing the result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from spec_documents import OK, TEXT, answering, document, ref
from specs import SpecError, writing
from specs.parsing import parse
from specs.validating import validate
from specs.writing import render, replace_file


def test_order_and_form_are_stable() -> None:
    """The same content in any order of paths, methods and components is the same text."""
    item = {"post": {"responses": OK}, "get": {"responses": OK}}
    one = document({"/b": item, "/a": item}, {"B": TEXT, "A": TEXT})
    reordered = dict(reversed(one.items()))
    reordered["paths"] = {path: dict(reversed(item.items())) for path in ("/a", "/b")}
    reordered["components"] = {"schemas": dict(reversed(one["components"]["schemas"].items()))}
    text = render(one, "Hello\nworld")
    assert text == render(reordered, "Hello\nworld") == render(parse(text.encode(), "t"), "Hello\nworld")
    assert text.startswith("# Hello\n# world\nopenapi: 3.1.1\n")
    assert list(parse(text.encode(), "t")["paths"]) == ["/a", "/b"]


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
    text = render(whole, "")
    assert parse(text.encode(), "t") == yaml.safe_load(text) == whole


IN_SCHEMA = "paths > /a > get > responses > 200 > content > application/json > schema"


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1"])
@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"get": {"responses": {"200": 7}}}, "not valid OpenAPI: paths > /a > get > responses > 200"),
        (answering({"type": "bolean"}), f"not valid OpenAPI: {IN_SCHEMA} > type"),
        (answering({"enum": "active"}), f"not valid OpenAPI: {IN_SCHEMA} > enum"),
        (answering({"minimum": "one"}), f"not valid OpenAPI: {IN_SCHEMA} > minimum"),
        (answering({"type": "integer", "default": "one"}), f"not valid OpenAPI: {IN_SCHEMA} > default"),
        (answering({"type": "string", "pattern": "("}), f"not valid OpenAPI: {IN_SCHEMA} > pattern"),
        (answering({"discriminator": 3}), f"not valid OpenAPI: {IN_SCHEMA} > discriminator"),
        (answering({"items": {"type": "date"}}), f"not valid OpenAPI: {IN_SCHEMA} > items > type"),
        (answering(ref("None")), f"{IN_SCHEMA}: '#/components/schemas/None' points to nothing"),
        (answering({"$ref": "other.yaml#/X"}), f"{IN_SCHEMA}: 'other.yaml#/X' points outside"),
        (
            answering(ref("Loop")),
            "components > schemas > Loop: '#/components/schemas/Loop' leads back to itself",
        ),
    ],
)
def test_what_is_not_valid_is_refused(version: str, item: dict[str, Any], place: str) -> None:
    """What is not valid is refused in one line with the place, in both versions, to the depth of schemas."""
    assert validate(document({"/a": answering({})}, version=version), "x")
    with pytest.raises(SpecError) as refusal:
        validate(document({"/a": item}, {"Loop": ref("Loop")} if "Loop" in place else None, version), "x")
    # The rules of 3.0 tell the place of an object, and not always that of a field in it.
    expected = place if version == "3.1.1" else place.partition(" > 200")[0]
    assert str(refusal.value).startswith(f"x: {expected}")
    assert "\n" not in str(refusal.value)


@pytest.mark.posix
def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    """The new file has the old one's mode, else the usual one; a link stays a link; nothing else is left."""
    old, link, ordinary, new = (tmp_path / name for name in ("a.yaml", "link.yaml", "ordinary", "new"))
    old.write_text("old")
    old.chmod(0o640)
    link.symlink_to(old)
    ordinary.touch()
    replace_file(link, "new")
    replace_file(new, "new")
    assert (old.read_text(), old.stat().st_mode & 0o777) == ("new", 0o640)
    assert link.is_symlink()
    assert new.stat().st_mode == ordinary.stat().st_mode
    assert set(tmp_path.iterdir()) == {old, link, ordinary, new}


def test_a_failure_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails in the middle, the old content stays and no temporary file is left."""
    path = tmp_path / "a.yaml"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(writing.os, "fsync", fail)
    with pytest.raises(SpecError, match=r"a\.yaml: cannot be written: no room"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.yaml"]
