"""Both generations of the API on the wire, behind one surface.

The first generation spells enum values in lower case and takes ``is_developer`` on create; the second, which
the hosted API has spoken since July 2026, spells them in upper case and does not. Self-hosted deployments
may speak either, and no answer names its generation. So each client starts with the first, learns the
server's case from any answer that shows one, and uses it from then on. Answers are read in either case
by `_wire`. All the rest about generations is here; when no first-generation deployment is left, this
module goes, and `_wire` sends what the spec says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from attrs import evolve

from . import _wire
from ._flow import Alone, Flow
from ._retry import Delivery, Retrier
from ._wire import Request
from .config import EnumCase
from .errors import (
    APIError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    ResponseDecodeError,
    UnprocessableEntityError,
)
from .types import InviteMode, UserPage, UserStatus, open_member

T = TypeVar("T")

Case = Literal["lower", "upper"]

logger = logging.getLogger("arize_users")

# A server that does not know a value refuses the request before doing anything.
_REFUSALS = (BadRequestError, UnprocessableEntityError)


class Dialect:
    """The case one server uses, shared by all threads and tasks of a client."""

    def __init__(self, retrier: Retrier, setting: EnumCase) -> None:
        self._retrier = retrier
        self._settled = setting != "auto"
        self.case: Case | None = None if setting == "auto" else setting

    def deliver(self, request: Request, *, repeatable: bool) -> Flow[Delivery]:
        """Send a request in the server's case; while that is unknown, find it out.

        Clients of many threads find it out once: the others wait for the first.
        """
        if self.case is None and _has_enums(request):
            delivery: Delivery = yield Alone(self._try_both(request, repeatable))
            return delivery
        return (yield from self._retrier.deliver(self._spelled(request), repeatable=repeatable))

    def _try_both(self, request: Request, repeatable: bool) -> Flow[Delivery]:
        if self.case is not None:
            return (yield from self.deliver(request, repeatable=repeatable))
        try:
            delivery = yield from self._retrier.deliver(request, repeatable=repeatable)
        except _REFUSALS as refusal:
            try:
                delivery = yield from self._retrier.deliver(_upper(request), repeatable=repeatable)
            except _REFUSALS as second:
                raise refusal from second
            except (ConflictError, NotFoundError):
                self.case = "upper"  # It understood the values, and refused for another reason.
                raise
            self.case = "upper"
            return delivery
        # Learnt before the next flow gets its turn, so that it need not find out again.
        self._learn_from(delivery)
        return delivery

    def _spelled(self, request: Request) -> Request:
        return _upper(request) if self.case == "upper" and _has_enums(request) else request

    def read(self, delivery: Delivery, decode: Callable[[Any], T]) -> T:
        """Decode the document of an answer, and learn from it.

        Raises:
            ResponseDecodeError: it is not JSON, or not what the contract says.
        """
        try:
            document = _wire.document(delivery.response.content)
            self._learn(document)
            return decode(document)
        except _wire.Undecodable as problem:
            request, response = delivery.request, delivery.response
            raise ResponseDecodeError(
                str(problem), response=response, method=request.method, path=request.path
            ) from problem

    def _learn_from(self, delivery: Delivery) -> None:
        try:
            self._learn(_wire.document(delivery.response.content))
        except _wire.Undecodable:
            pass

    def _learn(self, document: Any) -> None:
        if self._settled:
            return
        self.case = _shown_case(document) or self.case

    def explain_refused_developer_flag(self, error: APIError) -> None:
        """Name the way out where a refusal may be the second generation's, which has no such field."""
        refusals = (error, error.__cause__)
        named = any(isinstance(one, APIError) and b"is_developer" in one.body for one in refusals)
        if named or self.case != "lower":
            error.hint = (
                f"This deployment {'does' if named else 'may'} not take is_developer on create: create the "
                "user without it, then set it with users.update(user_id=..., is_developer=...)."
            )

    def page(self, request: Request) -> Flow[UserPage]:
        """Ask for a page of users and trust its status filter only if the server surely knew it."""
        page, sent = yield from self._page(request)
        wanted = (request.params or {}).get("status")
        if not wanted:
            return page
        if not page and self.case is None:
            # Nobody has the status, or the server did not know its spelling: see how it spells.
            yield from self._page(_wire.list_users(limit=1))
        if self._spelled(request) != sent:
            page, _ = yield from self._page(request)
        return _without_strays(page, wanted)

    def _page(self, request: Request) -> Flow[tuple[UserPage, Request]]:
        """Ask for a page; beside it comes the request as it was sent."""
        delivery = yield from self.deliver(request, repeatable=True)
        return self.read(delivery, _wire.user_page), delivery.request


def _without_strays(page: UserPage, wanted: list[str]) -> UserPage:
    allowed = {*wanted, None}
    if any(user.status is None for user in page.users):
        logger.warning("the server leaves out statuses, so the status filter cannot be checked")
    kept = tuple([user for user in page.users if user.status in allowed])
    if len(kept) == len(page.users):
        return page
    logger.warning(
        "the server ignored the status filter: %d of %d users of a page left out",
        *(len(page.users) - len(kept), len(page.users)),
    )
    return evolve(page, users=kept)


def _has_enums(request: Request) -> bool:
    return "status" in (request.params or ()) or "role" in (request.body or ())


def _upper(request: Request) -> Request:
    params, body = request.params, request.body
    if params is not None and "status" in params:
        params = {**params, "status": [one.upper() for one in params["status"]]}
    if body is not None and "role" in body:
        role = {**body["role"], "type": body["role"]["type"].upper()}
        if body["role"]["type"] == "predefined":
            role["name"] = role["name"].upper()
        body = {**body, "role": role, "invite_mode": body["invite_mode"].upper()}
    return evolve(request, params=params, body=body)


def _shown_case(document: Any) -> Case | None:
    """Find the first enum value known to us in an answer, and its case."""
    if not isinstance(document, Mapping):
        return None
    users = document.get("users")
    for user in users if isinstance(users, list) else (document,):
        if isinstance(user, Mapping):
            for enum, name in ((UserStatus, "status"), (InviteMode, "invite_mode")):
                value = user.get(name)
                if isinstance(value, str) and isinstance(open_member(enum, value), enum):
                    return "upper" if value.isupper() else "lower"
            role = user.get("role")
            kind = role.get("type") if isinstance(role, Mapping) else None
            if isinstance(kind, str) and kind.lower() in ("predefined", "custom"):
                return "upper" if kind.isupper() else "lower"
    return None
