"""Generating: what the generator cannot express is refused or told, and what comes out works."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import regenerate
import yaml
from regenerate import read_tree
from spec_documents import OK, TEXT, WHOLE, answering, document, in_json, ref, taking
from support.generated import OLD, old_package
from support.programs import ROOT, run_python

LIST = {"type": "array", "items": TEXT}
OBJECT = {"type": "object", "properties": {"a": TEXT}}

Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A package that an earlier run left."""
    return old_package(tmp_path)


@pytest.fixture
def run(output: Path) -> Run:
    """Regenerate that package from a document."""

    def run(spec: dict[str, Any], *options: str) -> int:
        source = output.parent / "spec.json"
        source.write_text(json.dumps(spec))
        return regenerate.main(["--spec", str(source), "--output", str(output), *options])

    return run


def _get(**fields: Any) -> dict[str, Any]:
    return {"get": {"responses": OK, **fields}}


def _sending(place: str, schema: Any = TEXT, names: str = "p", **fields: Any) -> dict[str, Any]:
    """A path whose GET has parameters of these names."""
    each = {
        "in": place,
        "required": place == "path",
        **({} if "content" in fields else {"schema": schema}),
        **fields,
    }
    return _get(parameters=[{"name": name, **each} for name in names.split()])


def _thing(schema: Any = None, **properties: Any) -> dict[str, Any]:
    """A document that answers with the schema `Thing`."""
    thing = schema or {"type": "object", "properties": properties}
    return document({"/a": answering(ref("Thing"))}, {"Thing": thing})


def _answering(status: str = "200", **fields: Any) -> dict[str, Any]:
    return _get(responses={status: {"description": "Fine.", **fields}})


def _taking(kind: str, schema: dict[str, Any], **media: Any) -> dict[str, Any]:
    return taking(None, content={kind: {"schema": schema, **media}})


def _whole(spec: dict[str, Any]) -> dict[str, Any]:
    return spec if "openapi" in spec else document({"/a": spec})


PARAMETER = "paths > /a > get > parameters > 0 (the parameter 'p'): the generator"
THING = "components > schemas > Thing"
# Whole documents, or what stands at a path of one.
DROPPED: dict[str, tuple[dict[str, Any], str]] = {
    "content": (_sending("query", **in_json(TEXT)), f"{PARAMETER} drops a parameter with `content`"),
    "deepObject": (_sending("query", OBJECT, style="deepObject"), f"{PARAMETER} does not write the style"),
    "pipes": (_sending("query", LIST, style="pipeDelimited"), f"{PARAMETER} does not write the style"),
    "commas": (_sending("query", LIST, explode=False), f"{PARAMETER} writes each value"),
    "label": (document({"/a/{p}": _sending("path", style="label")}), "does not write the style 'label'"),
    "list in a header": (_sending("header", LIST), "parameters > 0: list[str] | Unset is not allowed"),
    "servers": (_get(servers=[{"url": "/b"}]), "paths > /a > get: the generated client sends"),
    "servers of a path": ({"servers": [{"url": "/b"}]}, "paths > /a: the generated client sends"),
    "encoding": (
        _taking("multipart/form-data", OBJECT, encoding={"a": {}}),
        "form-data: the generator drops how",
    ),
    "media type of a body": (
        _taking("application/x-odd", TEXT),
        "POST /a: Unsupported content type application/x",
    ),
    "media type of an answer": (
        _answering(content={"application/xml": {"schema": TEXT}}),
        "paths > /a > get > responses > 200: Cannot parse response for status code (Unsupported content_type",
    ),
    "one class for two": (
        document({"/a": answering(ref("a_b")), "/b": answering(ref("AB"))}, {"a_b": OBJECT, "AB": OBJECT}),
        'components > schemas > a_b: Attempted to generate duplicate models with name "AB"',
    ),
    "one name for two properties": (_thing(**{"a!": TEXT, "a?": TEXT}), f"{THING}: the properties 'a!' and"),
    "one name for two values": (_thing(m={"enum": ["a", "A"]}), f"{THING} > properties > m: the generator "),
    "one name for two odd values": (_thing(m={"enum": ["a-b", "a b"]}), f"{THING} > m: ValueError: 'a-b'"),
    "enum of a mixture": (_thing(m={"enum": ["a", 1]}), f"{THING} > properties > m: the generator takes an"),
}


@pytest.mark.parametrize("what", DROPPED)
def test_what_would_come_out_wrong_is_refused(what: str, run: Run, output: Path, capsys: Capture) -> None:
    """Whatever the generator drops or writes wrongly is refused in one line with place and reason."""
    spec, reason = DROPPED[what]
    assert run(_whole(spec)) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert reason in err
    assert "nothing was replaced" in err
    assert "open an issue" not in err
    assert read_tree(output) == OLD
    assert {path.name for path in output.parent.iterdir()} == {output.name, "spec.json"}


ONE_OF_TWO = {"oneOf": [{"type": "object", "properties": {x: TEXT}} for x in "bc"]}
TWO_IN_ONE = {"properties": {"a": TEXT}, "oneOf": [{"required": [x], "properties": {x: TEXT}} for x in "bc"]}
# For each path: what stands there, and what is said of it.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "number in a cookie": (_sending("cookie", WHOLE), "its request: TypeError"),
    "list of objects": (
        _sending("query", LIST | {"items": OBJECT}),
        'its request: {"a": "text"} has no form',
    ),
    "list of lists": (_sending("query", LIST | {"items": LIST}), 'its request: ["text"] has no form'),
    "object in an object": (_sending("query", {"properties": {"b": OBJECT}}), "its request: {"),
    "list/{p}": (_sending("path", {"oneOf": [TEXT, LIST]}), 'its request: ["text"] has no form'),
    "true/{p}": (_sending("path", {"type": "boolean"}), 'its request: ["GET", "/true/true"] came out'),
    "params": (
        _sending("query", names="params q"),
        'its request: ["params", "text"] came out as ["params", ',
    ),
    "form": (
        _taking("multipart/form-data", {"properties": {"b": {"type": "boolean"}}}),
        'its request: ["b", ',
    ),
    "status": (_answering("520"), "its response 520: ValueError: 520 is"),
    "any kind": (answering({}), 'its response 200: "anything" came out as null'),
    "beside": (answering(TWO_IN_ONE), "its response 200: the property 'a' did not come out"),
    "alike": (answering(ONE_OF_TWO), "its response 200: the property 'c' did not come out"),
    "x": (_get(operationId="x"), 'its request: ["GET", "/x"] came out as ["GET", "/X"]'),
    "X": (_get(operationId="X"), ""),
}


def test_operations_that_come_out_wrong_are_refused(run: Run, output: Path, capsys: Capture) -> None:
    """What is not sent or read as the document says is told of every operation; one line says the first."""
    spec = document({f"/{path}": item for path, (item, _) in WRONG.items()})
    assert run(spec, "--verbose") == 2
    first, *lines = capsys.readouterr().err.splitlines()
    assert f"GET /number in a cookie: {WRONG['number in a cookie'][1]}" in first
    for path, (item, reason) in WRONG.items():
        start = f"{next(iter(item)).upper()} /{path}: {reason}"
        assert not reason or any(line.startswith(start) for line in lines), start
    assert read_tree(output) == OLD


HIDING = {
    **{f"{name}{required}": (name, required) for name in ("to_dict", "cls", "d") for required in (0, 1)},
    **{f"{name}0": (name, 0) for name in ("from_dict", "additional_properties")},
    "field_dict1": ("field_dict", 1),
}


def test_a_property_that_hides_what_a_model_needs_is_refused(run: Run, output: Path, capsys: Capture) -> None:
    """A model that could not read its own answers replaces nothing; schema, property and reason are told."""
    hiding = {
        schema: {
            "type": "object",
            "properties": {"id": TEXT, name: TEXT},
            "required": ["id", name][: 1 + required],
        }
        for schema, (name, required) in HIDING.items()
    }
    binary = {"type": "object", "properties": {"a": TEXT, "b": TEXT | {"format": "binary"}}}
    assert run(document({"/a": {"get": {"responses": OK}}}, {**hiding, "Bytes": binary}), "--verbose") == 2
    lines = capsys.readouterr().err.splitlines()
    for schema, (name, _) in HIDING.items():
        place = (
            f"components > schemas > {schema} > {name} (a name that the generated models use themselves): "
        )
        assert any(line.startswith(place) for line in lines), place
    assert any(line.startswith("components > schemas > Bytes > b: TypeError") for line in lines)
    assert read_tree(output) == OLD


WORKING = """
    self type src_dict prop prop_name prop_dict files data cast json types additional_keys to_multipart
    class None import T Any Mapping UNSET datetime list dict isinstance __init__ __class__
    a-b 1a _a é $ref thing userName user_name field
"""


def test_what_the_generator_can_express_works(run: Run, output: Path, capsys: Capture) -> None:
    """Odd names, places of parameters, ranges of statuses, unions, maps, cycles, forms, bytes, const work."""
    thing = {
        "type": "object",
        "properties": dict.fromkeys(WORKING.split(), TEXT)
        | {
            "when": TEXT | {"format": "date-time"},
            "day": {"type": ["string", "null"], "format": "date"},
            "id": TEXT | {"format": "uuid"},
            "level": {"type": "integer", "enum": [1, 2]},
            "parts": {"type": "array", "items": ref("Thing")},
            "either": {"oneOf": [ref("One"), ref("Other")]},
            "map": {"type": "object", "additionalProperties": ref("One")},
            "perhaps": ref("Perhaps"),
            "chain": ref("Chain"),
        },
        "required": ["id", "self", "when"],
    }
    variants = {
        name: {
            "type": "object",
            "required": ["kind", "a"],
            "properties": {"kind": {"const": name}, "a": WHOLE},
        }
        for name in ("One", "Other")
    }
    places = [
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        *({"name": f"in-{place}", "in": place, "schema": TEXT} for place in ("query", "header", "cookie")),
        {"name": "many", "in": "query", "schema": LIST},
        {"name": "exploded", "in": "query", "schema": OBJECT},
        {"name": "flag", "in": "query", "schema": {"type": "boolean", "default": True}},
        {"name": "status", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
    ]
    responses = {
        "200": {"description": "d", **in_json({"type": "array", "items": ref("Thing")})},
        "404": {"description": "d", "content": {"text/plain": {"schema": TEXT}}},
        "4XX": {"description": "d", **in_json(ref("One"))},
        "default": {"description": "d", **in_json(ref("Other"))},
    }
    body = {"required": True, **in_json(ref("Thing"))}
    paths = {
        "/a/{id}": {"parameters": places, "patch": {"requestBody": body, "responses": responses}},
        "/b": {"$ref": "#/components/pathItems/B"},
        "/c d/é": _taking("application/octet-stream", TEXT | {"format": "binary"}),
        "/e": _taking("multipart/form-data", {"properties": {"a": TEXT, "b": LIST, "c": OBJECT, "e": WHOLE}}),
        "/f": _taking("application/x-www-form-urlencoded", {"properties": {"a": TEXT, "b": LIST}}),
    }
    aliases = {"Alias": {"description": "d", "allOf": [ref("One")]}, "Same": ref("One")}
    chain = {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"anyOf": [ref("Chain"), {"type": "null"}]}},
    }
    nullable = {"Perhaps": OBJECT | {"type": ["object", "null"]}, "Chain": chain}
    spec = document(paths, {"Thing": thing, **variants, **aliases, **nullable})
    spec["components"]["pathItems"] = {"B": {"get": {"responses": OK}}}
    assert run(spec) == 0, capsys.readouterr().err
    modules = {"models/thing.py", "api/default/get_b.py", "api/default/patch_a_id.py"}
    assert modules <= read_tree(output).keys()
    done = run_python("-B", "-c", CONST, cwd=output.parent)
    assert (done.returncode, done.stderr) == (0, "")


# A vendor may say `const` instead of an enum of one value; and the generations differ in case.
CONST = """
from arize_users_api.models import One
for kind in ("One", "one", "ONE"):
    assert One.from_dict({"kind": kind, "a": 1}).to_dict() == {"kind": kind, "a": 1}
for kind in ("oNe", "Other", "OTHER", ""):
    try:
        One.from_dict({"kind": kind, "a": 1})
    except ValueError as error:
        assert "kind must match const" in str(error)
    else:
        raise AssertionError(kind)
"""


TOLD: dict[str, dict[str, Any]] = {
    "callbacks of operations": _get(callbacks={"c": {}}),
    "webhooks of document": document({}, webhooks={"w": {}}),
    "headers of responses": _answering(headers={"X": {"schema": TEXT}}),
    "links of responses": _answering(links={"l": {"operationId": "x"}}),
    "media types of responses": _answering(
        content={kind: {"schema": TEXT} for kind in ("application/json", "text/csv")}
    ),
    "allowReserved of parameters": _sending("query", allowReserved=True),
    "maxLength": _sending("query", TEXT | {"maxLength": 5}),
    "format": _thing(a=TEXT | {"format": "email"}, b=TEXT | {"format": "date"}),
    "readOnly": _thing(a=TEXT | {"readOnly": True}),
    "patternProperties": _thing(OBJECT | {"patternProperties": {"^x": TEXT}}),
    "if": _thing(OBJECT | {"if": {"required": ["a"]}}),
    "security beyond one header": document({"/a": _get(security=[{"k": []}])})
    | {"components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "k"}}}},
}


@pytest.mark.parametrize("what", TOLD)
def test_what_is_left_to_callers_is_told(what: str, capsys: Capture) -> None:
    """What the generated client does not express, nor gets wrong, is counted, and listed on demand."""
    spec = _whole(TOLD[what])
    regenerate.refuse_what_comes_out_wrong(spec)
    for verbose in (False, True):
        regenerate.tell_what_is_left(spec, verbose)
        out = capsys.readouterr().out
        assert f": {what} (1)\n" in out
        assert (f"  {what}: " in out) is verbose


def test_all_that_the_generator_says_is_there_on_demand(run: Run, capsys: Capture) -> None:
    """--verbose shows the generator's own words after the line that says what is wrong."""
    spec, reason = DROPPED["media type of an answer"]
    assert run(_whole(spec), "--verbose") == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert reason in first
    assert any("Endpoint" in line or "WARNING parsing GET /a" in line for line in rest)


def test_what_did_not_come_out_is_noticed() -> None:
    """Every operation, parameter, property and status of the document is looked for in the output."""
    package = ROOT / "generated" / "arize_users_api"

    def problems(spec: dict[str, Any]) -> str:
        done = run_python("-m", "specs.exercise", package, cwd=ROOT / "scripts", input=json.dumps(spec))
        return "\n".join(line for line, _ in json.loads(done.stdout))

    spec = yaml.safe_load((ROOT / "openapi" / "users.yaml").read_text())
    assert problems(spec) == ""
    paths, schemas = spec["paths"], copy.deepcopy(spec["components"]["schemas"])
    schemas["Added"] = OBJECT
    schemas["User"]["properties"]["added"] = TEXT
    said = problems(spec | {"components": spec["components"] | {"schemas": schemas}})
    assert "components > schemas > User > added: the property 'added' did not come out" in said
    assert "components > schemas > Added: no model came out" in said

    paths["/v2/users"]["get"]["parameters"][1]["in"] = "header"
    paths["/v2/users/{user_id}"]["get"] |= _sending("query", names="added")["get"]
    paths["/v2/users/{user_id}"]["delete"]["responses"]["205"] = OK["200"]
    del paths["/v2/users/{user_id}"]["patch"]["requestBody"]
    paths["/v2/added"] = _get(tags=["users"])
    said = problems(spec)
    assert "GET /v2/users: its request: " in said
    assert "GET /v2/users/{user_id}: its request: of path user_id, query added came out user_id" in said
    assert "DELETE /v2/users/{user_id}: its response 205: UnexpectedStatus" in said
    assert "PATCH /v2/users/{user_id}: its request: of path user_id came out user_id, body" in said
    assert "GET /v2/added: its request: ModuleNotFoundError" in said
