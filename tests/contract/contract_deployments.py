"""Deployments that deviate on purpose, and the outcome of checking one."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from arize_users.sandbox import Request, Response, Sandbox

SPEC = Path(__file__).parents[2] / "openapi" / "users.yaml"
Rewrite = Callable[[Request, Response], Response]
Select = Callable[[Request, Response], bool]
_WHERE = ("operation", "status", "place")


class Deployment(Sandbox):
    """A sandbox whose answers a test may change."""

    rewrite: Rewrite | None = None

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        return self.rewrite(request, response) if self.rewrite else response


@frozen
class Outcome:
    """What a run ended with and printed."""

    code: int
    out: str
    err: str

    @property
    def checks(self) -> dict[str, str]:
        """The outcome of each check, from a report as JSON."""
        return json.loads(self.out)["checks"]

    def lines(self, section: str = "deviations") -> list[str]:
        """Return kind, operation, status, place and details of each difference, from a report as JSON."""
        return [
            f"{line['kind']}: {' '.join(str(line[name]) for name in _WHERE if line[name])}: "
            + "; ".join(line["details"])
            for line in json.loads(self.out)[section]
        ]

    @property
    def kinds(self) -> set[str]:
        """The kinds of deviation, from a report as JSON."""
        return {line.partition(":")[0] for line in self.lines()}


Check = Callable[..., Outcome]
JSON = (("content-type", "application/json"),)
PROBLEM = (("content-type", "application/problem+json"),)
EMPTY_OBJECT = Response(200, JSON, b"{}")
NO_USERS: dict[str, Any] = {"users": [], "pagination": {"has_more": False}}


def on(method: str, path: str, *, status: int = 200) -> Select:
    """Select the answers with this status to a method on paths that match."""
    pattern = re.compile(path)
    return lambda request, response: bool(
        request.method == method and response.status == status and pattern.fullmatch(request.path)
    )


PAGE = on("GET", "/v2/users")
ONE = on("GET", "/v2/users/.+")


def filtered(name: str) -> Select:
    """Select the pages that were requested with this parameter."""
    return lambda request, response: PAGE(request, response) and name in request.query


def replace(selects: Select, response: Response) -> Rewrite:
    """Give another answer instead of the selected ones."""
    return lambda request, usual: response if selects(request, usual) else usual


def edit(selects: Select, change: Callable[[Any], Any]) -> Rewrite:
    """Change the document of the selected answers; ``change`` may return another one."""

    def rewrite(request: Request, response: Response) -> Response:
        if not selects(request, response):
            return response
        document = json.loads(response.body)
        changed = change(document)
        body = json.dumps(document if changed is None else changed).encode()
        return Response(response.status, response.headers, body)

    return rewrite


def without(name: str) -> Callable[[Any], None]:
    """Take a field out of an object."""
    return lambda document: operator.delitem(document, name)


def having(**fields: Any) -> Callable[[Any], None]:
    """Set fields of an object."""
    return lambda document: document.update(fields)


def each_user(change: Callable[[Any], None]) -> Callable[[Any], None]:
    """Change every user of a page."""

    def change_users(page: Any) -> None:
        for user in page["users"]:
            change(user)

    return change_users
