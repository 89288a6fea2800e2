"""Reading YAML and JSON."""

from __future__ import annotations

import json
import re

import pytest
from specs import SpecError
from specs.parsing import parse, parse_openapi


def test_yaml_reads_as_json_would() -> None:
    """Dates, `on`, status codes and the like in YAML are the text that JSON would have."""
    text = b"""
    on: yes
    no: off
    200: 2024-01-01
    2024-01-01: 12:30:00
    1.0: 1_000
    octal: 010
    null: ~
    true: True
    numbers: [1, -5, 1.5, 1e3, '1']
    """
    assert parse(text, "t") == {
        "on": "yes",
        "no": "off",
        "200": "2024-01-01",
        "2024-01-01": "12:30:00",
        "1.0": "1_000",
        "octal": "010",
        "null": None,
        "true": True,
        "numbers": [1, -5, 1.5, 1000.0, "1"],
    }


def test_json_and_yaml_agree() -> None:
    """The same content is the same data whether it comes as YAML or JSON, with or without a BOM."""
    value = {"a": [1, 2.5, None, True, "x", {"200": "é 😀"}]}
    as_json = json.dumps(value).encode()
    assert parse(as_json, "t") == parse(b"\xef\xbb\xbf" + as_json, "t") == value
    assert parse("a: [1, 2.5, null, true, x, {200: é 😀}]".encode(), "t") == value
    assert parse(b"{a: [1, 2.5]}", "t") == {"a": [1, 2.5]}
    deepest = b'{"[":' + b"[" * 199 + b"]" * 199 + b"}"
    assert list(parse(deepest, "t")) == ["["]


def test_anchors_and_merges_are_followed() -> None:
    """A document may use anchors and merge keys; a key of its own wins over a merged one."""
    text = b"a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a"
    assert parse(text, "t") == {"a": {"x": 1, "y": 2}, "b": {"y": 3, "x": 1}, "c": {"x": 1, "y": 2}}


DEEP = "nested more than 200 levels deep at line 1, column "


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a: 1\nb: 2\na: 3", "the key 'a' is there twice in one mapping at line 3, column 1"),
        (
            b'{"a": 1,\n "b": {"c": 1, "c": 2}}',
            "the key 'c' is there twice in one mapping at line 2, column 16",
        ),
        (b"a: [1", "neither YAML nor JSON: "),
        (b'{"a": ', "neither YAML nor JSON: "),
        (b"a: \x07", "neither YAML nor JSON: "),
        (b'{"a": NaN}', "NaN is not a JSON value"),
        (b"a: !thing 1", "the tag '!thing' has no JSON value at line 1, column 4"),
        (b"a: !!binary aGk=", "has no JSON value at line 1, column 4"),
        (b"a: !!int x", "'x' cannot be read as int at line 1, column 4"),
        (b"a: &a [*a]", "an alias inside the value that it stands for at line 1, column 4"),
        (b"a: {<<: 1}", "'<<' needs a mapping at line 1, column 9"),
        (b"? [a]\n: 1", "a key that is not text at line 1, column 3"),
        (b"a: 1\n---\nb: 2", "at line 2, column 1"),
        (b"- 1", "not a mapping"),
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8 text at byte 0"),
        (b"  <!doctype html><title>Sign in</title>", "HTML or XML, not an OpenAPI document"),
        (b"a: " + b"1" * 5000, "'11111111111111111111' cannot be read as int at line 1, column 4"),
        (b'{"a": ' + b"1" * 5000 + b"}", "cannot be read as int at line 1, column 7"),
        (b"[" * 100_000, DEEP),
        (b'{"a":' + b"[" * 100_000, DEEP),
        (b"a: " + b"{a: " * 100_000, DEEP),
        (b"- " * 100_000, DEEP),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_text_is_refused_with_the_place(text: bytes, problem: str) -> None:
    """Text that cannot be read is refused in one line that says what is wrong, and where if it can."""
    with pytest.raises(SpecError, match=rf"\At: .*{re.escape(problem)}.*\Z"):
        parse(text, "t")


def test_aliases_cannot_blow_up() -> None:
    """A few lines of aliases that stand for billions of values are refused at once."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(SpecError, match="aliases stand for more than"):
        parse("\n".join(lines).encode(), "t")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("swagger: '2.0'\npaths: {}", "Swagger 2.0"),
        ("hello: world", "no 'openapi' field"),
        ("openapi: 3.1\ninfo: {}\npaths: {}", "a version of 3.0 or 3.1 is needed"),
        ("openapi: 4.0.0\ninfo: {}\npaths: {}", "'4.0.0'"),
        ("openapi: 3.1.0\ninfo: {}", "'paths' is missing or not a mapping"),
        ("openapi: 3.1.0\npaths: {}", "'info' is missing or not a mapping"),
        ("openapi: 3.1.0\ninfo: {}\npaths: {}\ncomponents: []", "'components' is missing or not a mapping"),
        (
            "openapi: 3.1.0\ninfo: {}\npaths: {}\ncomponents: {schemas: []}",
            "'components/schemas' is missing or not a mapping",
        ),
    ],
)
def test_what_is_not_openapi_is_refused(text: str, problem: str) -> None:
    """Only documents of OpenAPI 3.0 and 3.1 are taken in; the refusal says what was found instead."""
    with pytest.raises(SpecError, match=re.escape(problem)):
        parse_openapi(text.encode(), "t")
