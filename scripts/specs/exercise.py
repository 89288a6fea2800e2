"""Tries a generated package against the document it was generated from.

    python -m specs.exercise PACKAGE < DOCUMENT    print what does not work: JSON of [line, traceback]

A process of its own imports the package, so that one that cannot be imported harms nothing. Every schema's
model reads and writes values made from the schema; every operation sends each parameter and body, and reads
each response. What is missing or wrong, or comes out under another's name, shows as a difference.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import traceback
import typing
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.openapi import generate_operation_id
from openapi_python_client.parser.properties.schemas import Class
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from specs.comparing import Mismatch, build, compare_request, dump, same
from specs.instances import Instances
from specs.operations import Operation, media_types, operations, value_schema
from specs.references import show
from specs.schemas import Schemas

_CONFIG = Config.from_sources(ConfigFile(), MetaType.NONE, Path(), "utf-8", False, None)
# What the generated models call things of their own, and a property of the name hides.
_NAMES_OF_MODELS = {"to_dict", "from_dict", "additional_properties", "cls", "d", "field_dict"}
# The media types that the generated client reads.
_READ = re.compile(r"(application/json|.*\+json|text/.*|application/octet-stream)(;|$)")
Problem = tuple[str, str]


def main() -> int:
    """Print the problems of the package named on the command line."""
    package = Path(sys.argv[1])
    document = json.load(sys.stdin)
    sys.path.insert(0, str(package.parent))
    print(json.dumps(list(Exercise(document, package).problems())))
    return 0


class Exercise:
    """One package, and the document that it was generated from."""

    def __init__(self, document: dict[str, Any], package: Path) -> None:
        self._schemas = Schemas(document)
        self._package = package
        self._instances = Instances(self._schemas)
        self._components: dict[str, Any] = document.get("components", {}).get("schemas", {})

    def problems(self) -> Iterator[Problem]:
        """Yield each thing that does not work: one line, and where it was raised."""
        try:
            self._models = importlib.import_module(f"{self._package.name}.models")
        except Exception as error:
            yield _problem("its models", error)
            return
        found = list(self._of_models())
        # An operation whose models do not work fails for the same reason.
        yield from found or self._of_operations()

    def _class(self, name: str) -> Class:
        schema = self._schemas.follow(self._components[name])
        title = schema.get("title") if isinstance(schema, dict) else None
        return Class.from_string(string=UntrustedString(title or name), config=_CONFIG)

    def _of_models(self) -> Iterator[Problem]:
        values = {name: self._instances.of(raw) for name, raw in self._components.items()}
        # The smallest first: what a schema refers to comes before the schema itself.
        for name in sorted(values, key=lambda name: len(json.dumps(values[name]))):
            flat = self._schemas.flatten(self._components[name])
            is_other = flat.origin != id(self._components[name])
            if flat.types != {"object"} or flat.nullable or flat.variants or is_other:
                continue
            model = getattr(self._models, self._class(name).name, None)
            if model is None:
                yield self._named(name) + ": no model came out", ""
                continue
            try:
                for value in values[name]:
                    same(value, dump(model.from_dict(value)))
            except Exception as error:
                yield _problem(self._named(name, model), error)

    def _named(self, name: str, model: Any = None) -> str:
        """Return a schema's place, and if one of its properties is the reason, that property."""
        raw = self._components[name]
        properties = self._schemas.flatten(raw).properties(hidden_by="")
        culprits = used = [
            each for each in properties if PythonIdentifier(each, "field_") in _NAMES_OF_MODELS
        ]
        values = [each for each in self._instances.of(raw) if isinstance(each, dict)]
        if model is not None and not _fails(model, values[-1]):
            alone = {each: values[-1] | {each: values[0].get(each)} for each in properties}
            culprits = [each for each, value in alone.items() if _fails(model, value)] or used
        place = show(("components", "schemas", name, *culprits[:1]))
        return place + " (a name that the generated models use themselves)" * any(
            n in used for n in culprits[:1]
        )

    def _of_operations(self) -> Iterator[Problem]:
        for operation in operations(self._schemas).values():
            name = f"{operation.method.upper()} {operation.path}"
            try:
                module = importlib.import_module(self._module_name(operation))
            except Exception as error:
                yield _problem(f"{name}: its module", error)
                continue
            try:
                self._request(operation, module)
            except Exception as error:
                yield _problem(f"{name}: its request", error)
                continue
            for status, (_, response) in operation.responses().items():
                try:
                    self._response(operation, module, str(status), response)
                except Exception as error:
                    yield _problem(f"{name}: its response {status}", error)

    def _module_name(self, operation: Operation) -> str:
        tag = PythonIdentifier((operation.fields.get("tags") or ["default"])[0], "tag")
        given = operation.fields.get("operationId")
        path, method = UntrustedString(operation.path), operation.method
        id_ = given or generate_operation_id(path=path, method=method, prefix="field_")
        return f"{self._package.name}.api.{tag}.{PythonIdentifier(id_, 'field_')}"

    def _request(self, operation: Operation, module: Any) -> None:
        """Build requests with every parameter and body, and one of what is required, and compare them."""
        parameters = _in_order_of_arguments(operation)
        body = next((each for _, each in operation.request_body().values()), {})
        hints = typing.get_type_hints(module._get_kwargs)
        arguments = inspect.signature(module._get_kwargs).parameters
        names = [name for name in arguments if not (body and name == "body")]
        if len(names) != len(parameters):
            told = ", ".join(f"{each['in']} {each['name']}" for each in parameters)
            raise Mismatch(f"of {told or 'no parameters'} came out {', '.join(names) or 'none'}")

        by_name = dict(zip(names, parameters, strict=True))
        flat = {name: self._schemas.flatten(value_schema(each)).fields for name, each in by_name.items()}
        values = {
            name: [value for value in self._instances.of(value_schema(each)) if value is not None]
            for name, each in by_name.items()
        }
        defaults = {name: fields["default"] for name, fields in flat.items() if "default" in fields}

        def try_out(given: dict[str, Any], kind: str = "", content: Any = None) -> None:
            arguments = given | ({"body": content} if kind else {})
            built = {name: build(value, hints[name]) for name, value in arguments.items()}
            sent = [(by_name[name], value) for name, value in (defaults | given).items()]
            compare_request(operation, module._get_kwargs(**built), sent, kind, content)

        for kind, (_, media) in media_types(body).items() or [("", ((), {}))]:
            contents = self._instances.of(media["schema"]) if body else [None]
            for n in range(max(map(len, [contents, *values.values()]))):
                row = {name: column[n % len(column)] for name, column in values.items()}
                try_out(row, str(kind), contents[n % len(contents)])
        if not body.get("required"):
            try_out({name: values[name][0] for name, each in by_name.items() if each.get("required")})

    def _response(self, operation: Operation, module: Any, status: str, response: dict[str, Any]) -> None:
        """Read values of a response's schema, and compare what was read."""
        client = module.Client(base_url="http://localhost", raise_on_unexpected_status=True)
        code = _code(status, {str(each) for each in operation.responses()})
        bodies = ((str(kind), body) for kind, (_, body) in media_types(response).items() if "schema" in body)
        kind, body = next((each for each in bodies if _READ.match(each[0])), ("", {}))
        for value in self._instances.of(body["schema"]) if kind else [None]:
            content = json.dumps(value) if "json" in kind else str(value) if kind else ""
            answer = httpx.Response(code, content=content.encode())
            same(value, dump(module._build_response(client=client, response=answer).parsed))


def _in_order_of_arguments(operation: Operation) -> list[dict[str, Any]]:
    """Return the parameters in the generator's order: by place, and those in the path by their position."""
    places = ("path", "query", "header", "cookie")
    found: Any = operation.parameters().items()
    return [
        parameter
        for (place, key), (_, parameter) in sorted(
            found, key=lambda each: (places.index(each[0][0]), each[0][1] if each[0][0] == "path" else 0)
        )
    ]


def _code(status: str, documented: set[str]) -> int:
    """Return a status that a response's key stands for, and no other key of the operation."""
    if status.isdecimal():
        return int(status)
    keys = {code: (str(code), f"{code // 100}XX", "DEFAULT") for code in map(int, HTTPStatus)}
    return next(
        code for code, each in keys.items() if next(filter(documented.__contains__, each), "") == status
    )


def _fails(model: Any, value: Any) -> bool:
    try:
        same(value, dump(model.from_dict(value)))
    except Exception:
        return True
    return False


def _problem(where: str, error: Exception) -> Problem:
    reason = str(error) if isinstance(error, Mismatch) else f"{type(error).__name__}: {error}"
    return f"{where}: {' '.join(reason.split())[:200]}", "".join(traceback.format_exception(error))


if __name__ == "__main__":
    sys.exit(main())
