"""Deployments that deviate on purpose, and what a check of one came to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

from arize_users.sandbox import Request, Response, Sandbox

SPEC = Path(__file__).parents[2] / "openapi" / "users.yaml"
Bend = Callable[[Request, Response], Response]
Select = Callable[[Request, Response], bool]


class Deployment(Sandbox):
    """A sandbox before and behind which something may stand that answers for it."""

    before: Callable[[Request], Response | None] | None = None
    """Answers requests that the account then never gets."""
    bend: Bend | None = None
    """Changes the account's answers."""

    def answer(self, request: Request) -> Response:
        response = self.before(request) if self.before is not None else None
        if response is None:
            response = super().answer(request)
        return response if self.bend is None else self.bend(request, response)


@frozen
class Outcome:
    """What one run ended with and printed; ``report`` is empty when there was none."""

    code: int
    report: dict[str, Any]
    out: str
    err: str

    def found(self, which: str = "deviations") -> set[tuple[str, str, int | None, str]]:
        """Kind, operation, status and place of each line."""
        return {
            (line["kind"], line["operation"], line["status"], line["place"]) for line in self.report[which]
        }

    def details(self) -> str:
        """All details of the deviations in one text."""
        return "; ".join(detail for line in self.report["deviations"] for detail in line["details"])


Check = Callable[..., Outcome]


def on(method: str, path: str, *, status: int = 200) -> Select:
    """Select the answers with this status to a method on paths that match."""
    pattern = re.compile(path)
    return lambda request, response: bool(
        request.method == method and response.status == status and pattern.fullmatch(request.path)
    )


def edit(selects: Select, change: Callable[[Any], Any]) -> Bend:
    """Change the document of the selected answers; ``change`` may return another one."""

    def bend(request: Request, response: Response) -> Response:
        if not selects(request, response):
            return response
        document = json.loads(response.body)
        changed = change(document)
        body = json.dumps(document if changed is None else changed).encode()
        return Response(response.status, response.headers, body)

    return bend


def instead(selects: Select, response: Response) -> Bend:
    """Give another answer instead of the selected ones."""
    return lambda request, usual: response if selects(request, usual) else usual


PAGE = on("GET", "/v2/users")
ONE = on("GET", "/v2/users/.+")
NO_USERS: dict[str, Any] = {"users": [], "pagination": {"has_more": False}}


def without(name: str) -> Any:
    """Take a field out of a user."""
    return lambda user: user.pop(name) and None


def with_field(name: str, value: Any) -> Any:
    """Set a field of a user."""
    return lambda user: user.update({name: value})


def each_user(change: Any) -> Any:
    """Change every user of a page."""

    def change_all(page: Any) -> None:
        for user in page["users"]:
            change(user)

    return change_all


def filtered(name: str) -> Select:
    """Select the pages that were asked for with this filter."""
    return lambda request, response: PAGE(request, response) and name in request.query


def answered(status: int, response: Response) -> Bend:
    """Give this answer instead of those with this status."""
    return instead(lambda request, usual: usual.status == status, response)
