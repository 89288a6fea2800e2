"""Print what a user of Arize's own client and command line meets, as JSON: lists of names.

The Python of the environment that holds Arize's packages runs it:

    .venv-bench/official-cli/bin/python scripts/migration/surface.py

A name is written as on the page docs/coming-from-arize.md: `ArizeClient(api_key)` for an argument,
`users.list(email)`, `User.email`, `.to_df(by_alias)` for what several types have, `["email"]` for a column of
a frame, `ax users list --email, -e`, `routing.region`. Members of `SDKConfiguration` that only hold an
argument are left out.
"""

from __future__ import annotations

import enum
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import arize
import arize.config
import arize.constants.config
import ax.config
import ax.core.exceptions
import typer
from arize._generated.api_client import exceptions as api_exceptions
from arize._generated.api_client.models.pagination_metadata import PaginationMetadata
from arize.exceptions import auth, config, spaces
from arize.users import types
from arize.users.client import UsersClient
from arize.utils import resolve
from ax.cli import app
from ax.config.schema import Config
from pydantic import BaseModel

# Of the many methods that pydantic gives each type, those that programs call.
_OF_PYDANTIC = ("model_copy", "model_dump", "model_dump_json", "model_validate")
_VARIABLE = re.compile(r'"(ARIZE_[A-Z_]+|REQUESTS_CA_BUNDLE|SSL_CERT_FILE|[A-Z]+_PROXY)"')


def _public(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith("_")]


def _parameters(name: str, function: Any) -> list[str]:
    return [f"{name}({one})" for one in inspect.signature(function).parameters if one != "self"]


def _client() -> Iterator[str]:
    arguments = inspect.signature(arize.ArizeClient.__init__).parameters
    yield from _parameters("ArizeClient", arize.ArizeClient.__init__)
    yield from (f"ArizeClient.{name}" for name in _public(dir(arize.ArizeClient(api_key="none"))))
    for kind in (arize.SDKConfiguration, arize.Region):
        yield kind.__name__
        yield from (f"{kind.__name__}.{name}" for name in _public(vars(kind)) if name not in arguments)


def _methods() -> Iterator[str]:
    for name in _public(vars(UsersClient)):
        yield f"users.{name}"
        yield from _parameters(f"users.{name}", getattr(UsersClient, name))


def _types() -> Iterator[str]:
    for kind in (*(getattr(types, name) for name in types.__all__), PaginationMetadata, arize.Problem):
        yield kind.__name__
        members = kind.__members__ if issubclass(kind, enum.Enum) else kind.model_fields
        yield from (f"{kind.__name__}.{name}" for name in members)
        # What pydantic and the generator of Arize's client give to each type.
        for parent in (one for one in kind.__mro__ if one.__module__.startswith("arize")):
            for name in _public(vars(parent)):
                if inspect.isroutine(getattr(kind, name)) and name != "model_post_init":
                    yield f".{name}"
                    yield from _parameters(f".{name}", vars(parent)[name]) if name == "to_df" else ()
    yield from (f".{name}" for name in _OF_PYDANTIC)


def _exceptions() -> Iterator[str]:
    for home in (arize.exceptions, auth, config, spaces, resolve, api_exceptions):
        for name, kind in vars(home).items():
            if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == home.__name__:
                yield name
    yield from (f"ApiException.{name}" for name in vars(arize.ApiException()))
    # The exceptions of the rest are those of other services.
    modules = pkgutil.iter_modules(arize.exceptions.__path__)
    yield from (f"arize.exceptions.{module.name}" for module in modules)


def _columns() -> Iterator[str]:
    facts = {"id": "i", "name": "n", "email": "e@x", "status": "ACTIVE", "is_developer": True}
    roles = types.PredefinedUserRole(name="ADMIN"), types.CustomUserRole(id="r", name="R")
    users = [types.User(**facts, created_at="2024-01-01", role=role) for role in roles]
    page: Any = types.ListUsersResponse(users=users)
    result = types.BulkUserDeletionResult(user_id="i", status="failed", email="e@x", error="no")
    done: Any = types.BulkDeleteResponse(results=[result])
    for frame in (page.to_df(), page.to_df(json_normalize=True), done.to_df()):
        yield from (f'["{column}"]' for column in frame.columns)


def _variables() -> Iterator[str]:
    def text(module: ModuleType) -> str:
        return inspect.getsource(module)

    sources = [text(arize.config), text(arize.constants.config)]
    sources += [path.read_text(encoding="utf-8") for path in Path(ax.config.__path__[0]).glob("*.py")]
    for source in sources:
        yield from _VARIABLE.findall(source)


def _options(path: str, command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield f"{path} {parameter.name.upper()}"
        elif not parameter.hidden and not parameter.name.endswith("_completion"):
            yield f"{path} {', '.join([*parameter.opts, *parameter.secondary_opts])}"


def _commands() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    yield from _options("ax", root)
    for name, group in root.commands.items():
        yield f"ax {name}"
        for command, one in group.commands.items() if name in ("users", "profiles") else ():
            yield f"ax {name} {command}"
            yield from _options(f"ax {name} {command}", one)


def _exit_codes() -> Iterator[str]:
    kinds: list[Any] = [kind for kind in vars(ax.core.exceptions).values() if inspect.isclass(kind)]
    yield from (
        f"exit code {kind.exit_code}" for kind in kinds if issubclass(kind, ax.core.exceptions.AxError)
    )


def _entries(kind: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in kind.model_fields.items():
        kinds = filter(inspect.isclass, (field.annotation, *getattr(field.annotation, "__args__", ())))
        table = next((kind for kind in kinds if issubclass(kind, BaseModel)), None)
        yield from [f"{path}{name}"] if table is None else _entries(table, f"{path}{name}.")


def main() -> None:
    """Print the names."""
    names = {
        "client": _client(),
        "methods": _methods(),
        "types": _types(),
        "exceptions": _exceptions(),
        "columns": _columns(),
        "variables": _variables(),
        "commands": _commands(),
        "exit codes": _exit_codes(),
        "profile entries": _entries(Config),
    }
    packages = {name: version(name) for name in ("arize", "arize-ax-cli")}
    json.dump({"packages": packages} | {kind: sorted({*found}) for kind, found in names.items()}, sys.stdout)


if __name__ == "__main__":
    main()
