"""Tries a generated package against the document it was generated from.

    python -m specs.exercise PACKAGE < DOCUMENT    print what does not work: JSON of [line, traceback]

A process of its own imports the package, so that one that cannot be imported harms nothing. Every schema's
model reads and writes values made from the schema; every operation sends each parameter and body, and reads
each response. What is missing or wrong, or comes out under another's name, shows as a difference.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import traceback
import typing
from collections.abc import Callable, Iterator
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
from specs.operations import Operation, media_types, operations
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
    print(json.dumps(Exercise(document, package).problems()))
    return 0


class Exercise:
    """One package, and the document that it was generated from."""

    def __init__(self, document: dict[str, Any], package: Path) -> None:
        self._schemas = Schemas(document)
        self._package = package
        self._instances = Instances(self._schemas)
        self._components: dict[str, Any] = document.get("components", {}).get("schemas", {})

    def problems(self) -> list[Problem]:
        """Return each thing that does not work: one line, and where it was raised."""
        found = _tried("its models", importlib.import_module, f"{self._package.name}.models")
        found = found or list(self._of_models())
        # An operation whose models do not work fails for the same reason.
        return found or list(self._of_operations())

    def _class(self, name: str) -> Class:
        schema = self._schemas.follow(self._components[name])
        title = schema.get("title") if isinstance(schema, dict) else None
        return Class.from_string(string=UntrustedString(title or name), config=_CONFIG)

    def _of_models(self) -> Iterator[Problem]:
        models = importlib.import_module(f"{self._package.name}.models")
        values = {name: self._instances.of(raw) for name, raw in self._components.items()}
        # The smallest first: what a schema refers to comes before the schema itself.
        for name in sorted(values, key=lambda name: len(json.dumps(values[name]))):
            flat = self._schemas.flatten(self._components[name])
            is_other = flat.origin != id(self._components[name])
            if flat.types == {"object"} and not (flat.nullable or flat.variants or is_other):
                model = getattr(models, self._class(name).name, None)
                if _tried("", _read, model, *values[name]):
                    yield from _tried(self._named(name, model, values[name]), _read, model, *values[name])

    def _named(self, name: str, model: Any, values: list[Any]) -> str:
        """Return a schema's place, and if one of its properties is the reason, that property."""
        fields = self._schemas.flatten(self._components[name]).properties(hidden_by="")
        used = [each for each in fields if PythonIdentifier(each, "field_") in _NAMES_OF_MODELS]
        least, whole = values[-1], {**dict.fromkeys(fields), **values[0]}
        alone = [each for each in fields if _tried("", _read, model, least | {each: whole[each]})]
        culprits = used if _tried("", _read, model, least) else alone or used
        place = show(("components", "schemas", name, *culprits[:1]))
        is_used = bool({*culprits[:1]} & {*used})
        return place + " (a name that the generated models use themselves)" * is_used

    def _of_operations(self) -> Iterator[Problem]:
        for operation in operations(self._schemas).values():
            name = f"{operation.method.upper()} {operation.path}"
            yield from _tried(f"{name}: its request", self._request, operation)
            for status, (_, response) in operation.responses().items():
                where = f"{name}: its response {status}"
                yield from _tried(where, self._response, operation, str(status), response)

    def _module(self, operation: Operation) -> Any:
        tag = PythonIdentifier((operation.fields.get("tags") or ["default"])[0], "tag")
        given = operation.fields.get("operationId")
        path, method = UntrustedString(operation.path), operation.method
        id_ = PythonIdentifier(
            given or generate_operation_id(path=path, method=method, prefix="field_"), "field_"
        )
        return importlib.import_module(f"{self._package.name}.api.{tag}.{id_}")

    def _request(self, operation: Operation) -> None:
        """Build requests with every parameter and body, and one of what is required, and compare them."""
        build_request = self._module(operation)._get_kwargs
        parameters = [
            parameter for _, (_, parameter) in sorted(operation.parameters().items(), key=_rank_of_argument)
        ]
        body = next((each for _, each in operation.request_body().values()), {})
        hints = typing.get_type_hints(build_request)
        names = [name for name in hints if name != "return" and not (body and name == "body")]
        if len(names) != len(parameters):
            told = ", ".join(f"{each['in']} {each['name']}" for each in parameters)
            raise Mismatch(f"of {told or 'no parameters'} came out {', '.join(names) or 'none'}")

        by_name = dict(zip(names, parameters, strict=True))
        schemas = {name: self._schemas.flatten(each["schema"]) for name, each in by_name.items()}
        defaults = {
            name: flat.fields["default"] for name, flat in schemas.items() if "default" in flat.fields
        }
        values = {
            name: [value for value in self._instances.of(each["schema"]) if value is not None]
            for name, each in by_name.items()
        }

        def try_out(given: dict[str, Any], kind: str = "", content: Any = None) -> None:
            arguments = given | ({"body": content} if kind else {})
            built = {name: build(value, hints[name]) for name, value in arguments.items()}
            sent = [(by_name[name], value) for name, value in (defaults | given).items()]
            compare_request(operation, build_request(**built), sent, kind, content)

        for kind, (_, media) in media_types(body).items() or [("", ((), {}))]:
            contents = self._instances.of(media["schema"]) if body else [None]
            for n in range(max(map(len, [contents, *values.values()]))):
                row = {name: column[n % len(column)] for name, column in values.items()}
                try_out(row, str(kind), contents[n % len(contents)])
        if not body.get("required"):
            try_out({name: values[name][0] for name, each in by_name.items() if each.get("required")})

    def _response(self, operation: Operation, status: str, response: dict[str, Any]) -> None:
        """Read values of a response's schema, and compare what was read."""
        module = self._module(operation)
        client = module.Client(base_url="http://localhost", raise_on_unexpected_status=True)
        code = _code(status, {str(each) for each in operation.responses()})
        bodies = ((str(kind), body) for kind, (_, body) in media_types(response).items() if "schema" in body)
        kind, body = next((each for each in bodies if _READ.match(each[0])), ("", {}))
        for value in self._instances.of(body["schema"]) if kind else [None]:
            content = json.dumps(value) if "json" in kind else str(value) if kind else ""
            answer = httpx.Response(code, content=content.encode())
            same(value, dump(module._build_response(client=client, response=answer).parsed))


def _rank_of_argument(item: Any) -> tuple[int, int]:
    """Rank a parameter as the generator does: by place, and those in the path by their position."""
    (place, key), _ = item
    return ("path", "query", "header", "cookie").index(place), key if place == "path" else 0


def _code(status: str, documented: set[str]) -> int:
    """Return a status that a response's key stands for, and no other key of the operation."""
    if status.isdecimal():
        return int(status)
    keys = ((code, (str(code), f"{code // 100}XX", "DEFAULT")) for code in map(int, HTTPStatus))
    return next(code for code, each in keys if next((key for key in each if key in documented), "") == status)


def _read(model: Any, *values: Any) -> None:
    """Read values with a model, and compare what was read."""
    if model is None:
        raise Mismatch("no model came out")
    for value in values:
        same(value, dump(model.from_dict(value)))


def _tried(where: str, action: Callable[..., object], *arguments: Any) -> list[Problem]:
    """Return the problem that an action raises, if any."""
    try:
        action(*arguments)
    except Exception as error:
        reason = str(error) if isinstance(error, Mismatch) else f"{type(error).__name__}: {error}"
        line = f"{where}: {' '.join(reason.split())[:200]}"
        return [(line, "".join(traceback.format_exception(error)))]
    return []


if __name__ == "__main__":
    sys.exit(main())
