"""Comparing documents: what each kind of change is called, and what it means."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from spec_documents import NUMBER, OK, TEXT, WHOLE, answering, document, in_json, ref, taking
from specs.document_diff import compare

LAYOUT = ["layout-changed cosmetic"]


def _changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [f"{change.kind} {change.severity.name.lower()}" for change in compare(old, new)]


def _in_request(old: Any, new: Any) -> list[str]:
    return _changes(document({"/a": taking(old)}), document({"/a": taking(new)}))


def _in_response(old: Any, new: Any) -> list[str]:
    return _changes(document({"/a": answering(old)}), document({"/a": answering(new)}))


def _field(schema: Any, *, required: bool = False) -> dict[str, Any]:
    return {"type": "object", "properties": {"f": schema}, **({"required": ["f"]} if required else {})}


NOTHING = {"type": "object"}
NULLABLE = {"type": ["string", "null"]}
EXTRA = "additionalProperties"
CLOSED = {EXTRA: False}
EMAIL = {"format": "email"}
DEFAULT_A = {"enum": ["a"], "default": "a"}


@pytest.mark.parametrize(
    ("old", "new", "kind", "request_", "response"),
    [
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "enum-value-added", "compatible", "risky"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum-value-removed", "breaking", "breaking"),
        ({"enum": ["a"]}, {"enum": ["A"]}, "enum-value-changed-case", "breaking", "breaking"),
        # A value whose case changed does not come up again as a changed default.
        (DEFAULT_A, {"enum": ["A"], "default": "A"}, "enum-value-changed-case", "breaking", "breaking"),
        ({"const": "a"}, {"enum": ["a"]}, "layout-changed", "cosmetic", "cosmetic"),
        ({"enum": [1]}, {"enum": [1, True]}, "enum-value-added", "compatible", "risky"),
        (TEXT, TEXT | {"enum": ["a"]}, "enum-added", "breaking", "breaking"),
        (TEXT | {"enum": ["a"]}, TEXT, "enum-removed", "compatible", "risky"),
        (TEXT, WHOLE, "type-changed", "breaking", "breaking"),
        (WHOLE, NUMBER, "type-widened", "compatible", "breaking"),
        (NUMBER, WHOLE, "type-changed", "breaking", "breaking"),
        (TEXT, {}, "type-widened", "compatible", "breaking"),
        (TEXT, {"type": ["string", "integer"]}, "type-widened", "compatible", "breaking"),
        (TEXT, NULLABLE, "null-allowed", "compatible", "breaking"),
        ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, "null-refused", "breaking", "compatible"),
        (TEXT, TEXT | {"format": "date"}, "format-changed", "breaking", "breaking"),
        (TEXT, TEXT | {"contentEncoding": "base64"}, "format-changed", "breaking", "breaking"),
        (TEXT, TEXT | EMAIL, "format-hint-added", "risky", "compatible"),
        (TEXT | EMAIL, TEXT | {"format": "uri"}, "format-hint-changed", "risky", "risky"),
        (TEXT | EMAIL, TEXT, "format-hint-removed", "compatible", "risky"),
        (TEXT, TEXT | {"minLength": 0}, "layout-changed", "cosmetic", "cosmetic"),
        (WHOLE, WHOLE | {"default": 5}, "default-changed", "risky", "cosmetic"),
        (TEXT, TEXT | {"description": "d"}, "text-changed", "cosmetic", "cosmetic"),
        (TEXT, TEXT | {"example": "e"}, "text-changed", "cosmetic", "cosmetic"),
        (TEXT, TEXT | {"x-a": 1}, "text-changed", "cosmetic", "cosmetic"),
        (TEXT, TEXT | {"deprecated": True}, "deprecated", "compatible", "compatible"),
        (TEXT, {"allOf": [TEXT]}, "layout-changed", "cosmetic", "cosmetic"),
        (TEXT, TEXT | {"not": {"const": "x"}}, "rule-changed", "risky", "risky"),
        ({"items": TEXT}, {"items": WHOLE}, "type-changed", "breaking", "breaking"),
        (NOTHING, _field(TEXT), "field-added", "compatible", "compatible"),
        (NOTHING, _field(TEXT, required=True), "required-field-added", "breaking", "compatible"),
        (_field(TEXT), NOTHING, "field-removed", "breaking", "breaking"),
        (_field(TEXT), _field(TEXT, required=True), "made-required", "breaking", "compatible"),
        (_field(TEXT, required=True), _field(TEXT), "made-optional", "compatible", "breaking"),
        (_field(TEXT), {"properties": {"F": TEXT}}, "field-changed-case", "breaking", "breaking"),
        (_field(TEXT), _field(TEXT) | CLOSED, "extra-fields-refused", "breaking", "compatible"),
        (_field(TEXT) | CLOSED, _field(TEXT), "extra-fields-allowed", "compatible", "risky"),
        ({EXTRA: TEXT}, {EXTRA: WHOLE}, "type-changed", "breaking", "breaking"),
    ],
)
def test_a_schema_changes(old: Any, new: Any, kind: str, request_: str, response: str) -> None:
    """What a change of a value or a field means depends on who writes it and who reads it."""
    for wrap in (_field, lambda schema: schema):
        assert _in_request(wrap(old), wrap(new)) == [f"{kind} {request_}"]
        assert _in_response(wrap(old), wrap(new)) == [f"{kind} {response}"]


LISTED = {"type": "array"}
# For each bound, schemas from the widest to the narrowest.
BOUNDS = {
    "minimum": [NUMBER, NUMBER | {"minimum": 1}, NUMBER | {"minimum": 2}],
    "maximum": [NUMBER, NUMBER | {"maximum": 2}, NUMBER | {"maximum": 1}],
    "exclusiveMinimum": [
        NUMBER,
        NUMBER | {"minimum": 1},
        NUMBER | {"exclusiveMinimum": 1},
        NUMBER | {"minimum": 2},
    ],
    "exclusiveMaximum": [
        NUMBER,
        NUMBER | {"maximum": 2},
        NUMBER | {"exclusiveMaximum": 2},
        NUMBER | {"maximum": 1},
    ],
    "multipleOf": [WHOLE, WHOLE | {"multipleOf": 2}, WHOLE | {"multipleOf": 4}],
    "minLength": [TEXT, TEXT | {"minLength": 1}, TEXT | {"minLength": 2}],
    "maxLength": [TEXT, TEXT | {"maxLength": 2}, TEXT | {"maxLength": 1}],
    "pattern": [TEXT, TEXT | {"pattern": "a"}],
    "minItems": [LISTED, LISTED | {"minItems": 1}, LISTED | {"minItems": 2}],
    "maxItems": [LISTED, LISTED | {"maxItems": 2}, LISTED | {"maxItems": 1}],
    "uniqueItems": [LISTED | {"uniqueItems": False}, LISTED | {"uniqueItems": True}],
    "minProperties": [NOTHING, NOTHING | {"minProperties": 1}, NOTHING | {"minProperties": 2}],
    "maxProperties": [NOTHING, NOTHING | {"maxProperties": 2}, NOTHING | {"maxProperties": 1}],
}
# For each place of a schema, whether servers read what it says.
PLACES = {
    "body": (_in_request, True),
    "query": (lambda old, new: _changes(_parameter(old), _parameter(new)), True),
    "header of a request": (lambda *both: _changes(*(_parameter(s, "X", "header") for s in both)), True),
    "answer": (_in_response, False),
    "header of an answer": (
        lambda *both: _changes(*(_answer(headers={"X": {"schema": s}}) for s in both)),
        False,
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_moves(bound: str, place: str) -> None:
    """A wider bound is compatible where servers read, and risky where they answer; a narrower is breaking."""
    changes, is_request = PLACES[place]
    for wider, narrower in itertools.pairwise(BOUNDS[bound]):
        for wrap in (lambda schema: schema, _field, lambda schema: {"items": schema}):
            widened = f"bound-widened {'compatible' if is_request else 'risky'}"
            assert changes(wrap(narrower), wrap(wider)) == [widened]
            assert changes(wrap(wider), wrap(narrower)) == ["bound-narrowed breaking"]
    assert changes(TEXT | {"pattern": "a"}, TEXT | {"pattern": "b"}) == ["bound-narrowed breaking"]


RULES_OF_2020_12 = {
    "contains": TEXT,
    "dependentRequired": {"a": ["b"]},
    "dependentSchemas": {"a": {"required": ["b"]}},
    "if": {"required": ["a"]},
    "prefixItems": [TEXT],
    "patternProperties": {"^a": TEXT},
    "propertyNames": {"maxLength": 9},
    "unevaluatedItems": False,
    "unevaluatedProperties": False,
    "contentSchema": NOTHING,
    "not": {"required": ["z"]},
}


@pytest.mark.parametrize("keyword", RULES_OF_2020_12)
def test_a_rule_that_only_a_person_can_judge_is_told_once(keyword: str) -> None:
    """A keyword of JSON Schema 2020-12 is one risky change, however often the schema is used and repeated."""
    rule = {keyword: RULES_OF_2020_12[keyword]}
    if keyword == "if":
        rule |= {"then": {"required": ["b"]}, "else": {"required": ["c"]}}
    elif keyword == "contains":
        rule |= {"minContains": 2, "maxContains": 3}

    def using(*rules: dict[str, Any]) -> dict[str, Any]:
        parts = [_field(NOTHING), *(_field(rule) for rule in rules)]
        again = {"/b": answering({"type": "array", "items": ref("User")}), "/c": taking(ref("User"))}
        status = {"type": "array", "items": NOTHING | (rules[0] if rules else {})}
        user = {"allOf": parts, "properties": {"also": NOTHING | (rules[0] if rules else {})}}
        return document({"/a": answering(ref("User")), **again, "/d": answering(status)}, {"User": user})

    added, removed = compare(using(), using(rule)), compare(using(rule), using())
    assert [(each.kind, each.severity.name) for each in (*added, *removed)] == [("rule-changed", "RISKY")] * 2
    assert len(added[0].places) == len(removed[0].places) == 7


# For each keyword, the last part's value, and two that an earlier part may have.
NO_FLAT_FORM = {
    "contains": (TEXT, WHOLE, NUMBER),
    "patternProperties": ({"a": TEXT}, {"b": TEXT}, {"c": TEXT}),
    "pattern": ("a", "b", "c"),
    "multipleOf": (6, 4, 10),
    "oneOf": ([TEXT, WHOLE], [TEXT, NUMBER], [WHOLE, NUMBER]),
}


@pytest.mark.parametrize("keyword", NO_FLAT_FORM)
def test_no_part_hides_what_another_says(keyword: str) -> None:
    """A keyword that several parts of an `allOf` have differs where it differs in any of them."""
    last, one, other = NO_FLAT_FORM[keyword]
    old, new = ({"allOf": [{keyword: first}, {keyword: last}]} for first in (one, other))
    assert _in_request(old, new) == ["rule-changed risky"]


def test_fields_of_one_direction_only() -> None:
    """A readOnly field is no part of a request, and a writeOnly one none of a response."""
    new = _field(TEXT | {"readOnly": True})
    assert _in_request(NOTHING, new) == LAYOUT
    assert _in_response(NOTHING, new) == ["field-added compatible"]
    assert _in_request(_field(TEXT), new) == ["field-removed breaking"]
    assert _in_response(_field(TEXT | {"writeOnly": True}), _field(TEXT)) == ["field-added compatible"]


def _union(*values: str) -> dict[str, Any]:
    variants = [_field({"type": "string", "enum": [value]}, required=True) for value in values]
    return {"oneOf": variants, "discriminator": {"propertyName": "f"}}


def test_variants_change() -> None:
    """Variants are told apart by their discriminating value, in whatever order they stand."""
    assert _in_response(_union("a", "b"), _union("b", "a")) == LAYOUT
    assert _in_response(_union("a"), _union("a", "b")) == ["variant-added risky"]
    assert _in_request(_union("a", "b"), _union("b", "a", "c")) == ["variant-added compatible"]
    assert _in_request(_union("a", "b"), _union("b")) == ["variant-removed breaking"]
    assert _in_request(_union("a", "b"), _union("b", "A")) == ["enum-value-changed-case breaking"]


def _mapped(name: str | None, *values: str, **x: Any) -> dict[str, Any]:
    """A document with a union whose discriminator maps values to the components X and Y."""
    mapping = dict(zip(values, (ref("X")["$ref"], ref("Y")["$ref"]), strict=False))
    discriminator = {"discriminator": {"propertyName": name, "mapping": mapping}} if name else {}
    schemas = {"X": _field(TEXT | x), "Y": _field(TEXT)}
    return document({"/a": answering({"oneOf": [ref("X"), ref("Y")], **discriminator})}, schemas)


def test_discriminators_change() -> None:
    """A discriminator that goes or reads another property is breaking; its values are like an enum's."""
    old = _mapped("f", "a", "b")
    assert _changes(old, _mapped("g", "a", "b")) == ["discriminator-changed breaking"]
    assert _changes(old, _mapped(None)) == ["discriminator-changed breaking"]
    assert _changes(_mapped(None), old) == ["discriminator-added compatible"]
    assert _changes(old, _mapped("f", "a", "B")) == ["enum-value-changed-case breaking"]
    # Also where only the other variant says its value itself.
    says_a = {"enum": ["a"]}
    changes = _changes(_mapped("f", "a", "b", **says_a), _mapped("f", "a", "c", **says_a))
    assert changes == ["enum-value-removed breaking", "enum-value-added risky"]


def test_a_shared_schema_changes_once() -> None:
    """A change in a schema that many places use is one change with all its places, classed by the worst."""

    def using(*values: str) -> dict[str, Any]:
        status = TEXT | {"enum": [*values]}
        user = {"type": "object", "properties": {"status": ref("Status")}}
        query = {"name": "s", "in": "query", "schema": {"type": "array", "items": ref("Status")}}
        path = answering(ref("User"), parameters=[query])
        return document({"/a": path, "/b": answering(ref("User"))}, {"User": user, "Status": status})

    (change,) = compare(using("active"), using("ACTIVE"))
    assert (change.kind, change.was, change.is_) == ("enum-value-changed-case", "active", "ACTIVE")
    assert change.places == [
        "GET /a query s items enum",
        "GET /a response 200 status enum",
        "GET /b response 200 status enum",
    ]
    assert _changes(using("active"), using("active", "new")) == ["enum-value-added risky"]


def test_arrangement_is_no_change() -> None:
    """A schema moved into a component or under another name is cosmetic."""
    user = _field(TEXT, required=True)
    inline = document({"/a": answering(user)})
    named = document({"/a": answering(ref("User"))}, {"User": user})
    renamed = document({"/a": answering(ref("Person"))}, {"Person": user})
    merged = document({"/a": answering({"allOf": [ref("A"), {"required": ["f"]}]})}, {"A": _field(TEXT)})
    assert _changes(inline, named) == _changes(named, merged) == LAYOUT
    assert _changes(named, renamed) == ["schema-renamed cosmetic"]


@pytest.mark.parametrize(
    ("parts", "same"),
    [
        ([WHOLE | {"minimum": 5}, {"minimum": 1}], WHOLE | {"minimum": 5}),
        ([WHOLE | {"maximum": 5}, {"maximum": 9}], WHOLE | {"maximum": 5}),
        ([TEXT | {"enum": ["a", "b"]}, {"enum": ["b", "c"]}], TEXT | {"enum": ["b"]}),
        ([_field(WHOLE), _field({"minimum": 1})], _field(WHOLE | {"minimum": 1})),
        ([{"anyOf": [NULLABLE]}], NULLABLE),
        ([{"oneOf": [{"anyOf": [WHOLE, {"type": "null"}]}]}], {"type": ["integer", "null"]}),
        ([NOTHING, True], NOTHING),
    ],
)
def test_parts_say_what_the_whole_says(parts: list[Any], same: Any) -> None:
    """A schema put together by `allOf` is compared as what it comes to."""
    assert _in_response({"allOf": parts}, same) == LAYOUT


def test_the_two_versions_are_read_alike() -> None:
    """What 3.0 and 3.1 spell differently is the same thing."""
    old = {"type": "integer", "nullable": True, "minimum": 1, "exclusiveMinimum": True}
    new = {"type": ["integer", "null"], "exclusiveMinimum": 1}
    before = document({"/a": answering(_field(old))}, version="3.0.3")
    assert _changes(before, document({"/a": answering(_field(new))})) == LAYOUT


def test_cycles_end() -> None:
    """Schemas that refer to each other, or only to themselves, are compared, and differences found."""

    def tree(leaf: Any) -> dict[str, Any]:
        node = _field({"anyOf": [ref("Node"), {"type": "null"}]})
        node["properties"]["leaf"] = leaf
        return document({"/a": answering(ref("Node"))}, {"Node": node})

    def loop(text: str) -> dict[str, Any]:
        schema = {"description": text, "anyOf": [ref("X")]}
        return document({"/a": answering(ref("X"))}, {"X": schema, "Y": {"allOf": [ref("Y")]}})

    assert compare(tree(TEXT), tree(TEXT)) == []
    assert _changes(tree(TEXT), tree(WHOLE)) == ["type-changed breaking"]
    assert _changes(loop("a"), loop("b")) == ["text-changed cosmetic"]


def test_equal_documents_have_no_change_and_others_have_one() -> None:
    """Only equal documents are reported as unchanged, and comparing changes neither."""
    old = document({"/a": answering(_field(TEXT))}, {"Unused": TEXT})
    kept = copy.deepcopy(old)
    assert compare(old, copy.deepcopy(old)) == []
    assert _changes(old, document({"/a": answering(_field(TEXT))}, {"Unused": WHOLE})) == LAYOUT
    assert old == kept


def _operation(**fields: Any) -> dict[str, Any]:
    return document({"/a": {"get": {"responses": OK, **fields}}})


def _parameter(schema: Any = TEXT, name: str = "p", place: str = "query", **fields: Any) -> dict[str, Any]:
    return _operation(parameters=[{"name": name, "in": place, "schema": schema, **fields}])


def _answer(**fields: Any) -> dict[str, Any]:
    return _operation(responses={"200": {"description": "Fine.", **fields}})


JSON = in_json(TEXT)
REQUIRED = {"required": True}
HEADER = {"headers": {"X": {"schema": TEXT}}}
OTHER_STATUS = {"responses": OK | {"202": {"description": "d"}}}
SERVERS = {"servers": [{"url": "https://x"}]}


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (_operation(), _parameter(), "parameter-added compatible"),
        (_operation(), _parameter(required=True), "required-parameter-added breaking"),
        (_parameter(), _operation(), "parameter-removed breaking"),
        (_parameter(), _parameter(required=True), "made-required breaking"),
        (_parameter(required=True), _parameter(), "made-optional compatible"),
        (_parameter(), _parameter(explode=False), "parameter-style-changed breaking"),
        (_parameter(WHOLE), _parameter(WHOLE | {"maximum": 5}), "bound-narrowed breaking"),
        (_parameter(), _parameter(description="d"), "text-changed cosmetic"),
        (_parameter(), _parameter(deprecated=True), "deprecated compatible"),
        (_operation(), _operation(requestBody=JSON), "body-added compatible"),
        (_operation(), _operation(requestBody=JSON | REQUIRED), "required-body-added breaking"),
        (_operation(requestBody=JSON), _operation(), "body-removed breaking"),
        (_operation(requestBody=JSON), _operation(requestBody=JSON | REQUIRED), "made-required breaking"),
        (_operation(), _operation(**OTHER_STATUS), "status-added risky"),
        (_operation(**OTHER_STATUS), _operation(), "status-removed breaking"),
        (_operation(), _operation(responses=OK | {"x-a": ["b"]}), *LAYOUT),
        (_answer(**JSON), _answer(), "body-removed breaking"),
        (_answer(), _answer(**JSON), "body-added compatible"),
        (_answer(), _answer(**HEADER), "header-added compatible"),
        (_answer(**HEADER), _answer(), "header-removed breaking"),
        (_operation(), _operation(operationId="x"), "operation-id-changed cosmetic"),
        (_operation(), _operation(tags=["x"]), "text-changed cosmetic"),
        (_operation(), _operation(callbacks={"c": {}}), "operation-changed risky"),
        (_operation(), document({"/a": {}}), "operation-removed breaking"),
        (document({"/a": {}}), _operation(), "operation-added compatible"),
        (_operation(), _operation() | SERVERS, "servers-added compatible"),
        (_operation() | SERVERS, _operation(), "servers-removed risky"),
    ],
)
def test_an_operation_changes(old: dict[str, Any], new: dict[str, Any], change: str) -> None:
    """Parameters, bodies, statuses, headers and operations each have their kind of change."""
    assert _changes(old, new) == [change]


def _content(kind: str = "application/json", schema: Any = TEXT) -> dict[str, Any]:
    return {"name": "p", "in": "query", "content": {kind: {"schema": schema}}}


STYLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "content for a schema": ({"schema": TEXT}, {"content": {"application/json": {"schema": TEXT}}}),
    "another media type": (
        {"content": {"a/json": {"schema": TEXT}}},
        {"content": {"b/json": {"schema": TEXT}}},
    ),
    "another version": (
        {"content": {"a/b; v=1": {"schema": TEXT}}},
        {"content": {"a/b; v=2": {"schema": TEXT}}},
    ),
    "style": ({"schema": TEXT}, {"schema": TEXT, "style": "deepObject"}),
    "explode": ({"schema": TEXT, "explode": True}, {"schema": TEXT, "explode": False}),
    "allowReserved": ({"schema": TEXT}, {"schema": TEXT, "allowReserved": True}),
    "allowEmptyValue": ({"schema": TEXT}, {"schema": TEXT, "allowEmptyValue": True}),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_value_written_otherwise_is_breaking(style: str) -> None:
    """However a parameter or header is written anew, both sides write something else: breaking, said once."""
    for was, is_ in (STYLES[style], STYLES[style][::-1]):
        for place in ("query", "path", "header", "cookie"):
            old, new = (_operation(parameters=[{"name": "p", "in": place, **how}]) for how in (was, is_))
            assert _changes(old, new) == ["parameter-style-changed breaking"]
        old, new = (_answer(headers={"X": how}) for how in (was, is_))
        assert _changes(old, new) == ["parameter-style-changed breaking"]


def test_the_value_of_a_parameter_with_content_is_compared() -> None:
    """What a parameter holds is compared in content as it is in a schema."""
    old, new = (_operation(parameters=[_content(schema=schema)]) for schema in (TEXT, WHOLE))
    assert _changes(old, new) == ["type-changed breaking"]


def test_what_else_is_written_otherwise() -> None:
    """A body's encoding is breaking; its XML form, a server's variables and the dialect need a person."""
    form = {"content": {"multipart/form-data": {"schema": NOTHING}}}
    encoded = {"content": {"multipart/form-data": {"schema": NOTHING, "encoding": {"f": {"style": "form"}}}}}
    assert _changes(_operation(requestBody=form), _operation(requestBody=encoded)) == [
        "encoding-changed breaking"
    ]
    assert _in_response(TEXT, TEXT | {"xml": {"attribute": True}}) == ["rule-changed risky"]
    regions = [[{"url": "https://{r}", "variables": {"r": {"default": region}}}] for region in "ab"]
    assert _changes(*(_operation() | {"servers": each} for each in regions)) == ["servers-changed risky"]
    enums = [
        [{"url": "https://{r}", "variables": {"r": {"default": "a", "enum": [*enum]}}}]
        for enum in ("a", "ab")
    ]
    fewer, more = (_operation() | {"servers": each} for each in enums)
    assert _changes(fewer, more) == ["servers-added compatible"]
    assert _changes(more, fewer) == ["servers-changed risky"]
    above = document({"/a": {"get": {"responses": OK}, **SERVERS}})
    assert _changes(_operation(), above) == _changes(_operation(), _operation(**SERVERS))
    assert _changes(_operation(), above) == ["operation-changed risky"]
    assert _changes(_operation(), _operation() | {"jsonSchemaDialect": "https://x"}) == ["rule-changed risky"]


def test_the_discriminator_of_a_base_class_changes() -> None:
    """A discriminator without a union, as base classes have it, is compared too."""
    old, new, other = (
        _field(TEXT) | {"discriminator": {"propertyName": name, "mapping": {value: "#/components/schemas/X"}}}
        for name, value in (("f", "x"), ("f", "X"), ("g", "x"))
    )
    schemas = {"X": NOTHING}
    was, recased, renamed = (document({"/a": answering(schema)}, schemas) for schema in (old, new, other))
    assert _changes(was, recased) == ["enum-value-changed-case breaking"]
    assert _changes(was, renamed) == ["discriminator-changed breaking"]


def test_header_names_have_no_case() -> None:
    """A header, in a request or an answer, is the same in any case."""
    assert _changes(_parameter(name="X-A", place="header"), _parameter(name="x-a", place="header")) == LAYOUT
    assert _changes(_answer(**HEADER), _answer(headers={"x": {"schema": TEXT}})) == LAYOUT
    assert _changes(_parameter(name="X-A"), _parameter(name="x-a"))[0] == "parameter-removed breaking"


def test_media_types_change() -> None:
    """A body in another media type is one type gone, and one come."""
    xml = {"content": {"application/xml": {"schema": TEXT}}}
    both = {"content": JSON["content"] | xml["content"]}
    changes = _changes(_answer(**JSON), _answer(**xml))
    assert changes == ["media-type-removed breaking", "media-type-added risky"]
    changes = _changes(_operation(requestBody=JSON), _operation(requestBody=both))
    assert changes == ["media-type-added compatible"]
    charset = {"content": {"application/json; charset=utf-8": {"schema": TEXT}}}
    assert _changes(_answer(**JSON), _answer(**charset)) == LAYOUT
    versions = ({"content": {f"application/json; v={n}": {"schema": TEXT}}} for n in (1, 2))
    assert _changes(*(_answer(**version) for version in versions))[0] == "media-type-removed breaking"


def test_security_changes() -> None:
    """A way of authenticating that goes is breaking, one that comes is compatible, its name is nothing."""
    bearer = {"type": "http", "scheme": "bearer"}
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}

    def secured(**schemes: Any) -> dict[str, Any]:
        operation = _operation(security=[{name: []} for name in schemes])
        return operation | {"components": {"securitySchemes": schemes}}

    old = secured(a=bearer)
    assert _changes(old, secured(b=bearer)) == ["security-renamed cosmetic"]
    assert _changes(old, secured(a=bearer, k=key)) == ["security-added compatible"]
    assert _changes(old, secured(a=key)) == ["security-removed breaking", "security-added compatible"]
    assert _changes(_operation(), old)[0] == "security-removed breaking"


def test_where_a_parameter_stands_is_no_change() -> None:
    """A parameter may move from the operation to its path, and one in the path may be renamed."""

    def path(name: str) -> dict[str, Any]:
        parameter = {"name": name, "in": "path", "required": True, "schema": TEXT}
        return document({f"/a/{{{name}}}": {"get": {"parameters": [parameter], "responses": OK}}})

    above = document(
        {"/a": {"parameters": [{"name": "p", "in": "query", "schema": TEXT}], "get": {"responses": OK}}}
    )
    assert _changes(_parameter(), above) == LAYOUT
    assert _changes(path("id"), path("user_id")) == ["path-parameter-renamed cosmetic"]
