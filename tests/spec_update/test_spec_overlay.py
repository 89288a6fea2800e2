"""Applying an overlay."""

from __future__ import annotations

from typing import Any

import pytest
from spec_documents import OK, answering, document, ref, taking
from specs.errors import SpecError
from specs.overlay import overlaid

TEXT = {"type": "string"}


def _applied(target: dict[str, Any], *actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    info = {"title": "o", "version": "1"}
    return overlaid(target, {"overlay": "1.0.0", "info": info, "actions": [*actions], **fields}, "o.yaml")


def test_updates_merge() -> None:
    """An update merges into every object matched: objects deeply, lists by adding, the rest by replacing."""
    whole = document({"/a": answering(TEXT, tags=["x"]), "/b": answering(TEXT)})
    update = {"summary": "S", "tags": ["y"], "responses": {"200": {"description": "D"}}}
    result = _applied(whole, {"target": "$.paths[*].get", "update": update})
    assert result["paths"]["/a"]["get"]["tags"] == ["x", "y"]
    assert result["paths"]["/b"]["get"]["tags"] == ["y"]
    assert result["paths"]["/b"]["get"]["responses"]["200"] == {
        "description": "D",
        "content": {"application/json": {"schema": TEXT}},
    }
    assert "summary" not in whole["paths"]["/a"]["get"]


def test_an_update_of_a_list_adds_an_entry() -> None:
    """Where a list is matched, the update is added to it as one entry."""
    whole = document({"/a": {"get": {"responses": OK, "parameters": [{"name": "p"}]}}})
    result = _applied(whole, {"target": "$.paths.*.get.parameters", "update": {"name": "q"}})
    assert result["paths"]["/a"]["get"]["parameters"] == [{"name": "p"}, {"name": "q"}]


def test_the_root_can_be_updated() -> None:
    """The target `$` is the document."""
    assert _applied(document({}), {"target": "$", "update": {"x-a": 1}})["x-a"] == 1


def test_removals_remove_everything_matched() -> None:
    """All matches go, also several of one list and one inside another."""
    parameters = [{"in": "query", "name": str(n)} for n in range(12)]
    whole = document({"/a": {"get": {"parameters": parameters, "responses": OK}}, "/b": {"get": {}}})
    result = _applied(whole, {"target": "$..[?@.in == 'query']", "remove": True})
    assert result["paths"]["/a"]["get"]["parameters"] == []
    result = _applied(whole, {"target": "$.paths..*", "remove": True})
    assert result["paths"] == {}


def test_actions_apply_in_order() -> None:
    """A later action sees what an earlier one did."""
    result = _applied(
        document({"/a": {"get": {"tags": ["x"]}}}),
        {"target": "$.paths[*].get.tags", "remove": True},
        {"target": "$.paths[*].get", "update": {"tags": ["y"]}},
    )
    assert result["paths"]["/a"]["get"]["tags"] == ["y"]


def test_links_follow_operation_ids() -> None:
    """An operation that gets another id is still the one that links name."""
    response = {"description": "", "links": {"self": {"operationId": "getA"}, "b": {"operationId": "getB"}}}
    whole = document(
        {
            "/a": {"get": {"operationId": "getA", "responses": {"200": response}}},
            "/b": {"get": {"operationId": "getB", "responses": OK}},
        }
    )
    result = _applied(whole, {"target": "$.paths['/a'].get", "update": {"operationId": "fetch_a"}})
    links = result["paths"]["/a"]["get"]["responses"]["200"]["links"]
    assert links == {"self": {"operationId": "fetch_a"}, "b": {"operationId": "getB"}}


def test_an_optional_action_may_match_nothing() -> None:
    """A correction of something that a document need not have is passed over where it is not there."""
    whole = document({"/a": {"get": {"responses": OK}}})
    assert _applied(whole, {"target": "$.paths['/b']", "remove": True, "x-optional": True}) == whole


@pytest.mark.parametrize(
    ("actions", "problem"),
    [
        ([{"target": "$.paths['/b']", "remove": True}], "action 1 ($.paths['/b']): matches nothing"),
        (
            [{"target": "$.info", "update": {}}, {"target": "$.x", "update": {}}],
            "action 2 ($.x): matches nothing",
        ),
        ([{"target": "$.paths[", "remove": True}], "action 1 ($.paths[): not a JSONPath"),
        ([{"remove": True}], "action 1: has no target"),
        (["x"], "action 1: has no target"),
        ([{"target": "$.info"}], "needs exactly one of update, remove"),
        ([{"target": "$.info", "update": {}, "remove": True}], "needs exactly one of"),
        ([{"target": "$.info", "updates": {}}], "unknown field 'updates'"),
        ([{"target": "$.info.title", "update": {}}], "neither an object nor an array"),
        ([{"target": "$.info", "update": "x"}], "an object is updated with something else"),
        ([{"target": "$", "update": {"info": "x"}}], "'info' is not of the same shape"),
        ([{"target": "$", "remove": True}], "the whole document cannot be removed"),
        ([{"target": "$.info", "x-schema-name": "a b"}], "'a b' is not a name for a component"),
        ([{"target": "$.info.title", "x-schema-name": "A"}], "is not a schema"),
        ([{"target": "$.info", "x-single-value-discriminator": True}], "has no discriminator"),
        ([], "'actions' is not a list of actions"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(actions: list[Any], problem: str) -> None:
    """An action that matches nothing, or cannot be applied, is refused by its number and target."""
    with pytest.raises(SpecError) as refusal:
        _applied(document({"/a": {}}), *actions)
    assert problem in str(refusal.value)
    assert str(refusal.value).startswith("o.yaml: ")


@pytest.mark.parametrize("fields", [{"overlay": "2.0.0"}, {"overlay": 1.0}, {"info": {"title": "x"}}])
def test_other_documents_are_no_overlay(fields: dict[str, Any]) -> None:
    """Only Overlay 1.0 documents are applied."""
    with pytest.raises(SpecError, match=r"^o\.yaml: "):
        _applied(document({}), {"target": "$", "update": {}}, **fields)


def test_a_schema_is_named_by_its_place() -> None:
    """A schema gets our name whatever the vendor calls it, and every reference to it follows."""
    schemas = {
        "Old": {"properties": {"self": ref("Old"), "other": ref("Other")}},
        "Other": {"discriminator": {"propertyName": "t", "mapping": {"o": "Old"}}},
    }
    whole = document({"/a": answering(ref("Old")), "/b": taking({"items": ref("Old")})}, schemas)
    target = "$.paths['/a'].get.responses['200'].content['application/json'].schema"
    result = _applied(whole, {"target": target, "x-schema-name": "New"})
    assert result["components"]["schemas"] == {
        "New": {"properties": {"self": ref("New"), "other": ref("Other")}},
        "Other": {"discriminator": {"propertyName": "t", "mapping": {"o": "#/components/schemas/New"}}},
    }
    assert (
        result["paths"]
        == document({"/a": answering(ref("New")), "/b": taking({"items": ref("New")})})["paths"]
    )
    assert _applied(result, {"target": target, "x-schema-name": "New"}) == result


def test_a_schema_in_place_becomes_a_component() -> None:
    """A schema that has no name yet is moved into a component, wherever it stands."""
    inline = {"type": "string", "enum": ["a"]}
    whole = document({"/a": answering(ref("A"))}, {"A": {"properties": {"x": inline, "y": ref("A")}}})
    result = _applied(whole, {"target": "$.components.schemas.A.properties.x", "x-schema-name": "X"})
    assert result["components"]["schemas"] == {
        "A": {"properties": {"x": ref("X"), "y": ref("A")}},
        "X": inline,
    }


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_wrapped_reference_is_seen_through(keyword: str) -> None:
    """A reference wrapped to carry a description or to allow null names what it refers to."""
    wrapped = {keyword: [ref("B"), {"type": "null"}][: 1 if keyword == "allOf" else 2], "description": "d"}
    whole = document({}, {"A": {"properties": {"b": wrapped}}, "B": TEXT})
    result = _applied(whole, {"target": "$.components.schemas.A.properties.b", "x-schema-name": "C"})
    assert set(result["components"]["schemas"]) == {"A", "C"}
    assert result["components"]["schemas"]["A"]["properties"]["b"][keyword][0] == ref("C")


def test_a_name_fits_one_schema() -> None:
    """Two schemas that differ never get one name, neither by one action nor by two."""
    whole = document({}, {"A": TEXT, "B": {"type": "integer"}})
    with pytest.raises(SpecError, match="matches 2 different schemas"):
        _applied(whole, {"target": "$.components.schemas.*", "x-schema-name": "C"})
    with pytest.raises(SpecError, match="another schema is called 'C' already"):
        _applied(whole, *({"target": f"$.components.schemas.{n}", "x-schema-name": "C"} for n in "AB"))


def test_equal_schemas_become_one() -> None:
    """A schema written out at each use is one component, as if it had been referred to."""
    whole = document({"/a": answering(TEXT), "/b": answering(ref("B"))}, {"B": TEXT, "C": ref("B")})
    result = _applied(whole, {"target": "$..content[*].schema", "x-schema-name": "D"})
    assert result["components"]["schemas"] == {"D": TEXT, "C": ref("D")}
    assert result["paths"] == {"/a": answering(ref("D")), "/b": answering(ref("D"))}


def test_a_schema_of_our_name_moves_aside() -> None:
    """A vendor's other schema of a name that we give keeps its content under another name."""
    other = {"properties": {"self": ref("User"), "in": TEXT}}
    whole = document({"/a": answering(ref("Person")), "/b": answering(ref("User"))}, {"User": other})
    whole["components"]["schemas"]["Person"] = TEXT
    target = "$.paths['/a'].get.responses['200'].content['application/json'].schema"
    result = _applied(whole, {"target": target, "x-schema-name": "User"})
    moved = {"properties": {"self": ref("User2"), "in": TEXT}}
    assert result["components"]["schemas"] == {"User2": moved, "User": TEXT}
    assert result["paths"] == {"/a": answering(ref("User")), "/b": answering(ref("User2"))}
    target = "$.components.schemas.User.properties.in"
    result = _applied(whole, {"target": target, "x-schema-name": "User"})
    moved["properties"]["in"] = ref("User")
    assert result["components"]["schemas"] == {"User2": moved, "Person": TEXT, "User": TEXT}


def test_the_first_name_given_stays() -> None:
    """A schema in two places that we name keeps the name of the first."""
    whole = document({"/a": answering(ref("Person")), "/b": answering(ref("Person"))}, {"Person": TEXT})
    targets = [
        f"$.paths['{p}'].get.responses['200'].content['application/json'].schema" for p in ("/a", "/b")
    ]
    names = ({"target": t, "x-schema-name": n} for t, n in zip(targets, ("User", "Made"), strict=True))
    result = _applied(whole, *names)
    assert result == document({"/a": answering(ref("User")), "/b": answering(ref("User"))}, {"User": TEXT})


@pytest.mark.parametrize("effect", [{"x-schema-name": "A"}, {"update": {"operationId": "a"}}])
def test_a_name_that_is_not_given_is_told(effect: dict[str, Any]) -> None:
    """An optional action that would have named something is told; another one is not."""
    told: list[str] = []
    actions = [
        {"target": "$.paths['/b']", "x-optional": True, **effect},
        {"target": "$.paths['/c']", "x-optional": True, "remove": True},
    ]
    overlay = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": actions}
    overlaid(document({}), overlay, "o.yaml", tell=told.append)
    assert told == ["nothing at $.paths['/b']"]


def test_variants_get_a_single_value() -> None:
    """Each variant's discriminating property is required and has the mapping's value, in its own case."""
    union = {
        "oneOf": [ref("Cat"), ref("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": {"CAT": "Cat", "dog": ref("Dog")["$ref"]}},
    }
    kind = {"type": "string", "enum": ["CAT", "dog"]}
    schemas = {
        "Pet": union,
        "Kind": kind,
        "Cat": {"type": "object", "required": ["name"], "properties": {"kind": ref("Kind"), "name": TEXT}},
        "Dog": {"type": "object", "properties": {"kind": {"description": "d", **kind}}},
    }
    action = {"target": "$.components.schemas[?@.discriminator]", "x-single-value-discriminator": True}
    result = _applied(document({}, schemas), action)["components"]["schemas"]
    assert result["Cat"]["properties"]["kind"] == {"type": "string", "enum": ["CAT"]}
    assert result["Cat"]["required"] == ["kind", "name"]
    assert result["Dog"]["properties"]["kind"] == {"type": "string", "enum": ["dog"], "description": "d"}
    assert result["Dog"]["required"] == ["kind"]
    assert result["Kind"] == kind


def test_without_a_mapping_the_variants_say_their_value() -> None:
    """Without a mapping a variant has the value that it says, itself or by reference, else its name."""
    union = {"oneOf": [ref("Cat"), ref("Dog"), ref("Emu")], "discriminator": {"propertyName": "kind"}}
    schemas: dict[str, Any] = {
        "Pet": union,
        "Cat": {"properties": {"kind": {"const": "c"}}},
        "Dog": {"properties": {"kind": ref("DogKind")}},
        "DogKind": {"type": "string", "enum": ["d"]},
        "Emu": {"properties": {"kind": TEXT}},
    }
    action = {"target": "$.components.schemas.Pet", "x-single-value-discriminator": True}
    result = _applied(document({}, schemas), action)["components"]["schemas"]
    kinds = {name: result[name]["properties"]["kind"]["enum"] for name in ("Cat", "Dog", "Emu")}
    assert kinds == {"Cat": ["c"], "Dog": ["d"], "Emu": ["Emu"]}
    mapping = {"c": "Cat", "d": "Dog", "Emu": "Emu"}
    assert result["Pet"]["discriminator"]["mapping"] == {v: ref(n)["$ref"] for v, n in mapping.items()}


def test_variants_in_place_are_closed_and_named_too() -> None:
    """A union that holds its variants itself ends up like one that refers to them."""
    variants = [{"properties": {"t": {"enum": [value]}}} for value in ("x", "y")]
    schemas = {"U": {"oneOf": variants, "discriminator": {"propertyName": "t"}}}
    result = _applied(
        document({}, schemas),
        {"target": "$.components.schemas.U.discriminator", "x-single-value-discriminator": True},
        {"target": "$.components.schemas.U.discriminator.mapping.x", "x-schema-name": "X"},
        {"target": "$.components.schemas.U.discriminator.mapping.y", "x-schema-name": "Y"},
    )["components"]["schemas"]
    assert result["U"]["oneOf"] == [ref("X"), ref("Y")]
    assert result["U"]["discriminator"]["mapping"] == {"x": ref("X")["$ref"], "y": ref("Y")["$ref"]}
    assert result["Y"] == {"properties": {"t": {"type": "string", "enum": ["y"]}}, "required": ["t"]}


def test_a_union_that_cannot_be_told_is_left_alone_or_refused() -> None:
    """Variants that nothing tells apart stay as they are, unless the action insists."""
    schemas = {"U": {"oneOf": [{"title": "a"}, {"title": "b"}], "discriminator": {"propertyName": "t"}}}
    whole = document({}, schemas)
    action = {"target": "$.components.schemas.U"}
    assert _applied(whole, {**action, "x-single-value-discriminator": "where-told"}) == whole
    with pytest.raises(SpecError, match="nothing says which t it has"):
        _applied(whole, {**action, "x-single-value-discriminator": True})


def test_two_values_cannot_share_a_variant() -> None:
    """A variant that stands for two values cannot have a single one, and that is said."""
    mapping = {"a": "#/components/schemas/V", "A": "#/components/schemas/V"}
    schemas = {"U": {"discriminator": {"propertyName": "t", "mapping": mapping}}, "V": TEXT}
    with pytest.raises(SpecError, match="two values of the discriminator lead to one schema"):
        _applied(
            document({}, schemas), {"target": "$.components.schemas.U", "x-single-value-discriminator": True}
        )
