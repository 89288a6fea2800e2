"""Generating: what the generator cannot express is refused or told, and what comes out works."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import regenerate
import yaml
from regenerate import read_tree
from spec_documents import OK, TEXT, WHOLE, answering, document, in_json, ref, taking
from support.programs import ROOT, run_python

OLD = {"old.py": b"OLD = True\n"}
LIST = {"type": "array", "items": TEXT}
OBJECT = {"type": "object", "properties": {"a": TEXT}}

Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A package that an earlier run left."""
    folder = tmp_path / "arize_users_api"
    folder.mkdir()
    (folder / "old.py").write_bytes(OLD["old.py"])
    return folder


@pytest.fixture
def run(output: Path) -> Run:
    """Regenerate that package from a document."""

    def run(spec: dict[str, Any], *options: str) -> int:
        source = output.parent / "spec.json"
        source.write_text(json.dumps(spec))
        return regenerate.main(["--spec", str(source), "--output", str(output), *options])

    return run


def _parameter(place: str = "query", name: str = "p", **fields: Any) -> dict[str, Any]:
    path = f"/a/{{{name}}}" if place == "path" else "/a"
    required = {"required": True} if place == "path" else {}
    parameter = {"name": name, "in": place, "schema": TEXT, **required, **fields}
    if "content" in fields:
        del parameter["schema"]
    return document({path: {"get": {"responses": OK, "parameters": [parameter]}}})


def _thing(schema: Any = None, **properties: Any) -> dict[str, Any]:
    """A document that answers with the schema `Thing`."""
    thing = schema or {"type": "object", "properties": properties}
    return document({"/a": answering(ref("Thing"))}, {"Thing": thing})


def _by_path(**operations: dict[str, Any]) -> dict[str, Any]:
    return document({f"/{path}": {"get": {"responses": OK, **fields}} for path, fields in operations.items()})


def _answering(status: str = "200", **fields: Any) -> dict[str, Any]:
    return document({"/a": {"get": {"responses": {status: {"description": "Fine.", **fields}}}}})


PARAMETER = "paths > /a > get > parameters > 0 (the parameter 'p')"
THING = "components > schemas > Thing"
DROPPED: dict[str, tuple[dict[str, Any], str]] = {
    "content": (
        _parameter(content={"application/json": {"schema": TEXT}}),
        f"{PARAMETER}: the generator drops",
    ),
    "deepObject": (
        _parameter(schema=OBJECT, style="deepObject"),
        f"{PARAMETER}: the generator does not write",
    ),
    "pipes": (_parameter(schema=LIST, style="pipeDelimited"), f"{PARAMETER}: the generator does not write"),
    "commas": (_parameter(schema=LIST, explode=False), f"{PARAMETER}: the generator writes every value"),
    "list in a header": (
        _parameter("header", schema=LIST),
        "parameters > 0: list[str] | Unset is not allowed",
    ),
    "label": (_parameter("path", style="label"), "the generator does not write the style 'label'"),
    "number in a cookie": (_parameter("cookie", schema=WHOLE), "GET /a: its request: TypeError"),
    "true in a path": (
        _parameter("path", schema={"type": "boolean"}),
        'its request: ["GET", "/a/true"] came out',
    ),
    "servers": (
        _by_path(a={"servers": [{"url": "/b"}]}),
        "paths > /a > get: the gen",
    ),
    "servers of a path": (
        document({"/a": {"servers": [{"url": "/b"}]}}),
        "paths > /a: the generated client sends",
    ),
    "encoding": (
        document(
            {"/a": taking(OBJECT, content={"multipart/form-data": {"schema": OBJECT, "encoding": {"a": {}}}})}
        ),
        "multipart/form-data: the generator drops how",
    ),
    "media type of a body": (
        document({"/a": taking(TEXT, content={"application/x-odd": {"schema": TEXT}})}),
        "POST /a: Unsupported content type application/x-odd",
    ),
    "media type of an answer": (
        _answering(content={"application/xml": {"schema": TEXT}}),
        "paths > /a > get > responses > 200: Cannot parse response for status code (Unsupported content_type",
    ),
    "status": (_answering("520"), "GET /a: its response 520: ValueError: 520 is not a valid HTTPStatus"),
    "body of any kind": (
        document({"/a": answering({})}),
        'GET /a: its response 200: "anything" came out as null',
    ),
    "one module for two": (
        _by_path(x={"operationId": "x"}, X={"operationId": "X"}),
        'GET /x: its request: ["GET", "/x"] came out as ["GET", "/X"]',
    ),
    "one name for two parameters": (
        document(
            {
                "/a": {
                    "get": {
                        "responses": OK,
                        "parameters": [
                            {"name": name, "in": "query", "schema": TEXT} for name in ("params", "q")
                        ],
                    }
                }
            }
        ),
        'GET /a: its request: ["params", "text"] came out as ["params", ',
    ),
    "one class for two": (
        document({"/a": answering(ref("a_b")), "/b": answering(ref("AB"))}, {"a_b": OBJECT, "AB": OBJECT}),
        'components > schemas > a_b: Attempted to generate duplicate models with name "AB"',
    ),
    "one name for two properties": (
        _thing(**{"a!": TEXT, "a?": TEXT}),
        f"{THING}: the properties 'a!' and 'a?'",
    ),
    "one name for two values": (
        _thing(m={"enum": ["a", "A"]}),
        f"{THING} > properties > m: the generator fails",
    ),
    "one name for two odd values": (_thing(m={"enum": ["a-b", "a b"]}), f"{THING} > m: ValueError: 'a-b'"),
    "enum of a mixture": (
        _thing(m={"enum": ["a", 1]}),
        f"{THING} > properties > m: the generator takes an enum of",
    ),
    "fields beside a union": (
        _thing(
            {"properties": {"a": TEXT}, "oneOf": [{"required": [x], "properties": {x: TEXT}} for x in "bc"]}
        ),
        "GET /a: its response 200: the property 'a' did not come out",
    ),
    "variants that look alike": (
        _thing({"oneOf": [{"type": "object", "properties": {x: TEXT}} for x in "bc"]}),
        "GET /a: its response 200: the property 'c' did not come out",
    ),
    "bytes in JSON": (_thing(b=TEXT | {"format": "binary"}), f"{THING} > b: TypeError"),
}


@pytest.mark.parametrize("what", DROPPED)
def test_what_would_come_out_wrong_is_refused(what: str, run: Run, output: Path, capsys: Capture) -> None:
    """Whatever the generator drops or writes wrongly is refused in one line with place and reason."""
    spec, reason = DROPPED[what]
    assert run(spec) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert reason in err
    assert "nothing was replaced" in err
    assert "open an issue" not in err
    assert read_tree(output) == OLD
    assert {path.name for path in output.parent.iterdir()} == {output.name, "spec.json"}


@pytest.mark.parametrize(
    ("name", "required"),
    [
        *((name, required) for name in ("to_dict", "cls", "d") for required in (True, False)),
        *(("from_dict", False), ("additional_properties", False), ("field_dict", True)),
    ],
)
def test_a_property_that_hides_what_a_model_needs_is_refused(
    name: str, required: bool, run: Run, output: Path, capsys: Capture
) -> None:
    """A model that could not read its own answers replaces nothing; schema, property and reason are told."""
    thing = {
        "type": "object",
        "properties": {"id": TEXT, name: TEXT},
        "required": ["id", *([name] if required else [])],
    }
    assert run(_thing(thing)) == 2
    assert f"{THING} > {name}: " in capsys.readouterr().err
    assert read_tree(output) == OLD


WORKING = """
    self type src_dict prop prop_name prop_dict files data cast json types additional_keys to_multipart
    class None import T Any Mapping UNSET datetime list dict isinstance __init__ __class__
    a-b 1a _a é $ref thing userName user_name field
"""


def test_what_the_generator_can_express_works(run: Run, output: Path, capsys: Capture) -> None:
    """Odd names, every place of a parameter, ranges of statuses, unions, maps and cycles work."""
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
    }
    spec = document(paths, {"Thing": thing, **variants})
    spec["components"]["pathItems"] = {"B": {"get": {"responses": OK}}}
    assert run(spec) == 0, capsys.readouterr().err
    assert {"models/thing.py", "api/default/get_b.py", "api/default/patch_a_id.py"} <= read_tree(
        output
    ).keys()


TOLD: dict[str, dict[str, Any]] = {
    "callbacks of operations": _by_path(a={"callbacks": {"c": {}}}),
    "webhooks of document": _by_path(a={}) | {"webhooks": {"w": {}}},
    "headers of responses": _answering(headers={"X": {"schema": TEXT}}),
    "links of responses": _answering(links={"l": {"operationId": "x"}}),
    "media types of responses": _answering(
        content={kind: {"schema": TEXT} for kind in ("application/json", "text/csv")}
    ),
    "allowReserved of parameters": _parameter(allowReserved=True),
    "maxLength": _parameter(schema=TEXT | {"maxLength": 5}),
    "readOnly": _thing(a=TEXT | {"readOnly": True}),
    "patternProperties": _thing(OBJECT | {"patternProperties": {"^x": TEXT}}),
    "if": _thing(OBJECT | {"if": {"required": ["a"]}}),
    "security beyond one header": _by_path(a={"security": [{"k": []}]})
    | {"components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "k"}}}},
}


@pytest.mark.parametrize("what", TOLD)
def test_what_is_left_to_callers_is_told(what: str, capsys: Capture) -> None:
    """What the generated client does not express, nor gets wrong, is counted, and listed on demand."""
    regenerate.refuse_what_comes_out_wrong(TOLD[what])
    for verbose in (False, True):
        regenerate.tell_what_is_left(TOLD[what], verbose)
        out = capsys.readouterr().out
        assert f": 1 {what}\n" in out
        assert (f"  {what}: " in out) is verbose


def test_all_that_the_generator_says_is_there_on_demand(run: Run, capsys: Capture) -> None:
    """--verbose shows the generator's own words after the line that says what is wrong."""
    spec, reason = DROPPED["media type of an answer"]
    assert run(spec, "--verbose") == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert reason in first
    assert any("Endpoint" in line or "WARNING parsing GET /a" in line for line in rest)


CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "property": (
        lambda spec: spec["components"]["schemas"]["User"]["properties"].update(added=TEXT),
        "components > schemas > User > added: the property 'added' did not come out",
    ),
    "schema": (
        lambda spec: spec["components"]["schemas"].update(Added=OBJECT),
        "components > schemas > Added: no model came out",
    ),
    "parameter": (
        lambda spec: spec["paths"]["/v2/users"]["get"]["parameters"].append(
            {"name": "added", "in": "query", "schema": TEXT}
        ),
        "GET /v2/users: its request: of query limit, query cursor, query email, query status, query added ",
    ),
    "place of a parameter": (
        lambda spec: spec["paths"]["/v2/users"]["get"]["parameters"][1].update({"in": "header"}),
        "GET /v2/users: its request: ",
    ),
    "operation": (
        lambda spec: spec["paths"].update({"/v2/added": {"get": {"tags": ["users"], "responses": OK}}}),
        "GET /v2/added: its module: ModuleNotFoundError",
    ),
    "status": (
        lambda spec: spec["paths"]["/v2/users/{user_id}"]["delete"]["responses"].update({"205": OK["200"]}),
        "DELETE /v2/users/{user_id}: its response 205: UnexpectedStatus",
    ),
    "body": (
        lambda spec: spec["paths"]["/v2/users/{user_id}"]["patch"].pop("requestBody"),
        "PATCH /v2/users/{user_id}: its request: ",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_did_not_come_out_is_noticed(what: str) -> None:
    """Every operation, parameter, property and status of the document is looked for in the output."""
    change, problem = CHANGES[what]
    spec = yaml.safe_load((ROOT / "openapi" / "users.yaml").read_text())
    change(spec)
    package = ROOT / "generated" / "arize_users_api"
    done = run_python("-m", "specs.exercise", package, cwd=ROOT / "scripts", input=json.dumps(spec))
    assert problem in "\n".join(line for line, _ in json.loads(done.stdout)), done.stderr
