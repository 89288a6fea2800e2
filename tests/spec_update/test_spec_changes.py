"""Comparing documents: what each kind of change is called, and what it means."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from spec_documents import answering, document, ref, taking
from specs.changes import RULES
from specs.document_diff import compared

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}

Seen = list[tuple[str, str]]


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Seen:
    return [(change.kind, change.severity.name.lower()) for change in compared(old, new)]


def _field(schema: Any, *, required: bool = False) -> dict[str, Any]:
    return {"type": "object", "properties": {"f": schema}, **({"required": ["f"]} if required else {})}


def _in_request(old: Any, new: Any) -> Seen:
    return _changes(document({"/a": taking(old)}), document({"/a": taking(new)}))


def _in_response(old: Any, new: Any) -> Seen:
    return _changes(document({"/a": answering(old)}), document({"/a": answering(new)}))


@pytest.mark.parametrize(
    ("old", "new", "request_", "response"),
    [
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "enum-value-added compatible", "enum-value-added risky"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum-value-removed breaking", "enum-value-removed breaking"),
        (
            {"enum": ["a"]},
            {"enum": ["A"]},
            "enum-value-changed-case breaking",
            "enum-value-changed-case breaking",
        ),
        ({"const": "a"}, {"enum": ["a"]}, "", ""),
        ({"enum": [1]}, {"enum": [1, True]}, "enum-value-added compatible", "enum-value-added risky"),
        (TEXT, TEXT | {"enum": ["a"]}, "enum-added breaking", "enum-added breaking"),
        (TEXT | {"enum": ["a"]}, TEXT, "enum-removed compatible", "enum-removed risky"),
        (TEXT, WHOLE, "type-changed breaking", "type-changed breaking"),
        (WHOLE, NUMBER, "type-widened compatible", "type-widened breaking"),
        (NUMBER, WHOLE, "type-changed breaking", "type-changed breaking"),
        (TEXT, {}, "type-widened compatible", "type-widened breaking"),
        (TEXT, {"type": ["string", "integer"]}, "type-widened compatible", "type-widened breaking"),
        (TEXT, {"type": ["string", "null"]}, "null-allowed compatible", "null-allowed breaking"),
        ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, "null-refused breaking", "null-refused compatible"),
        (TEXT, TEXT | {"format": "date"}, "format-changed breaking", "format-changed breaking"),
        (TEXT, TEXT | {"format": "email"}, "format-hint-changed risky", "format-hint-changed compatible"),
        (
            TEXT | {"format": "email"},
            TEXT,
            "format-hint-removed compatible",
            "format-hint-removed compatible",
        ),
        (WHOLE, WHOLE | {"maximum": 9}, "bound-narrowed breaking", "bound-narrowed breaking"),
        (
            WHOLE | {"maximum": 9},
            WHOLE | {"maximum": 8},
            "bound-narrowed breaking",
            "bound-narrowed breaking",
        ),
        (
            WHOLE | {"minimum": 1},
            WHOLE | {"minimum": 0},
            "bound-widened compatible",
            "bound-widened compatible",
        ),
        (
            WHOLE | {"minimum": 1},
            WHOLE | {"minimum": 2},
            "bound-narrowed breaking",
            "bound-narrowed breaking",
        ),
        (
            TEXT | {"pattern": "a"},
            TEXT | {"pattern": "b"},
            "bound-narrowed breaking",
            "bound-narrowed breaking",
        ),
        (TEXT | {"pattern": "a"}, TEXT, "bound-widened compatible", "bound-widened compatible"),
        (TEXT, TEXT | {"minLength": 0}, "", ""),
        (
            WHOLE | {"multipleOf": 4},
            WHOLE | {"multipleOf": 2},
            "bound-widened compatible",
            "bound-widened compatible",
        ),
        (
            WHOLE | {"multipleOf": 2},
            WHOLE | {"multipleOf": 4},
            "bound-narrowed breaking",
            "bound-narrowed breaking",
        ),
        (WHOLE, WHOLE | {"default": 5}, "default-changed risky", "default-changed cosmetic"),
        (TEXT, TEXT | {"description": "d"}, "text-changed cosmetic", "text-changed cosmetic"),
        (TEXT, TEXT | {"example": "e"}, "text-changed cosmetic", "text-changed cosmetic"),
        (TEXT, TEXT | {"x-a": 1}, "text-changed cosmetic", "text-changed cosmetic"),
        (TEXT, TEXT | {"deprecated": True}, "deprecated compatible", "deprecated compatible"),
        (TEXT, {"allOf": [TEXT]}, "", ""),
        (TEXT, TEXT | {"not": {"const": "x"}}, "rule-changed risky", "rule-changed risky"),
        ({"items": TEXT}, {"items": WHOLE}, "type-changed breaking", "type-changed breaking"),
        (
            {"patternProperties": {"^x": TEXT}},
            {"patternProperties": {"^x": WHOLE}},
            "rule-changed risky",
            "rule-changed risky",
        ),
    ],
)
def test_a_value_changes(old: Any, new: Any, request_: str, response: str) -> None:
    """What a change of one field's value means depends on who writes it and who reads it."""
    as_seen = [tuple(request_.split())] if request_ else [("layout-changed", "cosmetic")]
    assert _in_request(_field(old), _field(new)) == as_seen
    as_seen = [tuple(response.split())] if response else [("layout-changed", "cosmetic")]
    assert _in_response(_field(old), _field(new)) == as_seen


@pytest.mark.parametrize(
    ("old", "new", "request_", "response"),
    [
        ({"type": "object"}, _field(TEXT), "field-added compatible", "field-added compatible"),
        (
            {"type": "object"},
            _field(TEXT, required=True),
            "required-field-added breaking",
            "required-field-added compatible",
        ),
        (_field(TEXT), {"type": "object"}, "field-removed breaking", "field-removed breaking"),
        (_field(TEXT), _field(TEXT, required=True), "made-required breaking", "made-required compatible"),
        (_field(TEXT, required=True), _field(TEXT), "made-optional compatible", "made-optional breaking"),
        (
            _field(TEXT),
            {"type": "object", "properties": {"F": TEXT}},
            "field-changed-case breaking",
            "field-changed-case breaking",
        ),
        (
            _field(TEXT),
            _field(TEXT) | {"additionalProperties": False},
            "extra-fields-refused breaking",
            "extra-fields-refused compatible",
        ),
        (
            _field(TEXT) | {"additionalProperties": False},
            _field(TEXT),
            "extra-fields-allowed compatible",
            "extra-fields-allowed risky",
        ),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": WHOLE},
            "type-changed breaking",
            "type-changed breaking",
        ),
    ],
)
def test_a_field_changes(old: Any, new: Any, request_: str, response: str) -> None:
    """Fields that come, go, become required or optional are breaking for whoever relied on them."""
    assert _in_request(old, new) == [tuple(request_.split())]
    assert _in_response(old, new) == [tuple(response.split())]


def test_fields_of_one_direction_only() -> None:
    """A readOnly field is no part of a request, and a writeOnly one none of a response."""
    new = _field(TEXT | {"readOnly": True})
    assert _in_request({"type": "object"}, new) == [("layout-changed", "cosmetic")]
    assert _in_response({"type": "object"}, new) == [("field-added", "compatible")]
    assert _in_request(_field(TEXT), new) == [("field-removed", "breaking")]
    assert _in_response(_field(TEXT | {"writeOnly": True}), _field(TEXT)) == [("field-added", "compatible")]


def _union(*values: str, **discriminator: Any) -> dict[str, Any]:
    variants = [_field({"type": "string", "enum": [value]}, required=True) for value in values]
    return {"oneOf": variants, "discriminator": {"propertyName": "f", **discriminator}}


def test_variants_change() -> None:
    """Variants are told apart by their discriminating value, in whatever order they stand."""
    assert _in_response(_union("a", "b"), _union("b", "a")) == [("layout-changed", "cosmetic")]
    assert _in_response(_union("a"), _union("a", "b")) == [("variant-added", "risky")]
    assert _in_request(_union("a", "b"), _union("b", "a", "c")) == [("variant-added", "compatible")]
    assert _in_request(_union("a", "b"), _union("b")) == [("variant-removed", "breaking")]
    assert _in_request(_union("a", "b"), _union("b", "A")) == [("enum-value-changed-case", "breaking")]


def test_discriminators_change() -> None:
    """A discriminator that goes or reads another property is breaking; its values are like an enum's."""
    schemas = {"X": _field(TEXT), "Y": _field(WHOLE)}

    def union(name: str | None, *values: str) -> dict[str, Any]:
        mapping = dict(zip(values, (ref("X")["$ref"], ref("Y")["$ref"]), strict=False))
        discriminator = {"discriminator": {"propertyName": name, "mapping": mapping}} if name else {}
        return document({"/a": answering({"oneOf": [ref("X"), ref("Y")], **discriminator})}, schemas)

    assert _changes(union("f", "a", "b"), union("g", "a", "b")) == [("discriminator-changed", "breaking")]
    assert _changes(union("f", "a", "b"), union(None)) == [("discriminator-changed", "breaking")]
    assert _changes(union(None), union("f", "a", "b")) == [("discriminator-added", "compatible")]
    assert _changes(union("f", "a", "b"), union("f", "a", "B")) == [("enum-value-changed-case", "breaking")]


def test_discriminators_that_only_some_variants_say() -> None:
    """A value that changes in the mapping alone is found, though other variants say theirs themselves."""
    schemas = {"X": _field(TEXT | {"enum": ["a"]}), "Y": _field(TEXT)}

    def union(value: str) -> dict[str, Any]:
        mapping = {"a": ref("X")["$ref"], value: ref("Y")["$ref"]}
        discriminator = {"propertyName": "f", "mapping": mapping}
        return document(
            {"/a": answering({"oneOf": [ref("X"), ref("Y")], "discriminator": discriminator})}, schemas
        )

    assert _changes(union("b"), union("c")) == [
        ("enum-value-removed", "breaking"),
        ("enum-value-added", "risky"),
    ]


def test_a_shared_schema_changes_once() -> None:
    """A change in a schema that many places use is one change with all its places, classed by the worst."""

    def using(status: dict[str, Any]) -> dict[str, Any]:
        user = {"type": "object", "properties": {"status": ref("Status")}}
        query = {"name": "s", "in": "query", "schema": {"type": "array", "items": ref("Status")}}
        path = answering(ref("User"), parameters=[query])
        return document({"/a": path, "/b": answering(ref("User"))}, {"User": user, "Status": status})

    old = using(TEXT | {"enum": ["active"]})
    (change,) = compared(old, using(TEXT | {"enum": ["ACTIVE"]}))
    assert (change.kind, change.was, change.is_) == ("enum-value-changed-case", "active", "ACTIVE")
    assert change.places == [
        "GET /a query s items enum",
        "GET /a response 200 status enum",
        "GET /b response 200 status enum",
    ]
    (change,) = compared(old, using(TEXT | {"enum": ["active", "new"]}))
    assert (change.kind, change.severity.name) == ("enum-value-added", "RISKY")


def test_a_default_follows_its_enum() -> None:
    """A value whose case changed does not come up again as a changed default."""
    old = TEXT | {"enum": ["a"], "default": "a"}
    assert _in_request(_field(old), _field(TEXT | {"enum": ["A"], "default": "A"})) == [
        ("enum-value-changed-case", "breaking")
    ]


def test_arrangement_is_no_change() -> None:
    """A schema moved into a component or under another name is cosmetic."""
    user = _field(TEXT, required=True)
    inline = document({"/a": answering(user)})
    named = document({"/a": answering(ref("User"))}, {"User": user})
    renamed = document({"/a": answering(ref("Person"))}, {"Person": user})
    merged = document({"/a": answering({"allOf": [ref("A"), {"required": ["f"]}]})}, {"A": _field(TEXT)})
    assert _changes(inline, named) == [("layout-changed", "cosmetic")]
    assert _changes(named, merged) == [("layout-changed", "cosmetic")]
    assert _changes(named, renamed) == [("schema-renamed", "cosmetic")]


@pytest.mark.parametrize(
    ("parts", "same"),
    [
        ([WHOLE | {"minimum": 5}, {"minimum": 1}], WHOLE | {"minimum": 5}),
        ([WHOLE | {"maximum": 5}, {"maximum": 9}], WHOLE | {"maximum": 5}),
        ([TEXT | {"enum": ["a", "b"]}, {"enum": ["b", "c"]}], TEXT | {"enum": ["b"]}),
        ([_field(WHOLE), _field({"minimum": 1})], _field(WHOLE | {"minimum": 1})),
        ([{"anyOf": [{"type": ["string", "null"]}]}], {"type": ["string", "null"]}),
        ([{"oneOf": [{"anyOf": [WHOLE, {"type": "null"}]}]}], {"type": ["integer", "null"]}),
        ([{"type": "object"}, True], {"type": "object"}),
    ],
)
def test_parts_say_what_the_whole_says(parts: list[Any], same: Any) -> None:
    """A schema put together by `allOf` is compared as what it comes to."""
    assert _in_response({"allOf": parts}, same) == [("layout-changed", "cosmetic")]


def test_the_two_versions_are_read_alike() -> None:
    """What 3.0 and 3.1 spell differently is the same thing."""
    old = {"type": "integer", "nullable": True, "minimum": 1, "exclusiveMinimum": True}
    new = {"type": ["integer", "null"], "exclusiveMinimum": 1}
    before = document({"/a": answering(_field(old))}, version="3.0.3")
    assert _changes(before, document({"/a": answering(_field(new))})) == [("layout-changed", "cosmetic")]


def test_cycles_end() -> None:
    """Schemas that refer to each other in circles are compared, and differences in them found."""

    def tree(leaf: Any) -> dict[str, Any]:
        node = {
            "type": "object",
            "properties": {"next": {"anyOf": [ref("Node"), {"type": "null"}]}, "leaf": leaf},
        }
        return document({"/a": answering(ref("Node"))}, {"Node": node})

    assert compared(tree(TEXT), tree(TEXT)) == []
    assert _changes(tree(TEXT), tree(WHOLE)) == [("type-changed", "breaking")]


def test_a_union_of_itself_ends() -> None:
    """Even a schema that is nothing but itself is compared in the end."""

    def loop(text: str) -> dict[str, Any]:
        schema = {"description": text, "anyOf": [ref("X")]}
        return document({"/a": answering(ref("X"))}, {"X": schema, "Y": {"allOf": [ref("Y")]}})

    assert _changes(loop("a"), loop("b")) == [("text-changed", "cosmetic")]


def test_equal_documents_have_no_change_and_others_have_one() -> None:
    """Only equal documents are reported as unchanged, and comparing changes neither."""
    old = document({"/a": answering(_field(TEXT))}, {"Unused": TEXT})
    kept = copy.deepcopy(old)
    assert compared(old, copy.deepcopy(old)) == []
    new = document({"/a": answering(_field(TEXT))}, {"Unused": WHOLE})
    assert _changes(old, new) == [("layout-changed", "cosmetic")]
    assert old == kept


def test_every_rule_has_a_meaning() -> None:
    """Each kind of change says what it does to callers and servers."""
    for rule in RULES.values():
        meanings = rule.values() if isinstance(rule, dict) else [rule]
        assert all(message for _, message in meanings)
