"""The case of enum values on the wire.

The first generation of the API spells enum values in lower case and takes ``is_developer`` on create; the
second, which the hosted API has spoken since July 2026, spells them in upper case and does not. Self-hosted
deployments may speak either, and no answer names its generation. So a client starts with lower case, learns
the server's case from the first answer that shows one, and uses it from then on. A request that is refused
in both cases is refused for another reason: a list of one user shows which refusal speaks of it. Answers are
read in either case. When no first-generation deployment is left, this module goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from attrs import evolve

from .._core.effects import Flow, exclusive, now
from .._core.request import Request
from .._core.retry import Answer, Attempts, Failure, Retrier
from ..config import EnumCase
from ..enums import InviteMode, UserStatus
from ..errors import ResponseDecodeError
from .requests import list_users

Case = Literal["lower", "upper"]
T = TypeVar("T")

LONGEST_WAIT = 5.0
"""Seconds that the others wait for the one who finds the case out; then they find it out, too."""

SHOWS_CASE = list_users(limit=1)
"""Its answer shows the case, unless the key may not read or no user is there."""

# A server that does not know a value refuses the request before doing anything.
_MAY_BE_REFUSED_CASE = frozenset({400, 422})
# A server that answers so understood the values, and refused for another reason.
UNDERSTOOD = frozenset({404, 409})


class LearntCase:
    """The case that one server uses, None while unknown; shared by everyone who asks it."""

    def __init__(self, setting: EnumCase) -> None:
        self._is_set = setting != "auto"
        self.case: Case | None = None if setting == "auto" else setting
        self.takes_developer: bool | None = None
        """Whether a create may give ``is_developer``; None while that is not known."""

    def encode(self, request: Request) -> Request:
        """Spell a request's enum values in the server's case; in lower case while it is unknown."""
        return upper_case(request) if self.case == "upper" and has_enum_values(request) else request

    def learn(self, answer: Answer, accepted: Case | None = None) -> None:
        """Take the case from an answer that shows one, else that of the request that it accepts."""
        if self._is_set or not answer.response.content:
            return
        try:
            self.case = _case_of(answer.document) or accepted or self.case
        except ResponseDecodeError:
            pass


class EnumCaseRetrier:
    """Sends requests in the server's case, through a `Retrier`; while the case is unknown, tries both."""

    def __init__(self, retrier: Retrier, learnt: LearntCase) -> None:
        self._retrier = retrier
        self.learnt = learnt

    def send(
        self, request: Request, *, repeatable: bool, attempts: Attempts | None = None, alone: bool = False
    ) -> Flow[Answer | Failure]:
        """Send a request as `Retrier.send` does, and learn from the answer.

        Of many threads or tasks one finds the case out; the others wait for it. ``alone``: this is part of
        what `find_out` runs.
        """
        request = yield from self._retrier.timed(request)
        outcome: Answer | Failure | None = None
        if self.learnt.case is None and has_enum_values(request):
            flow = self._try_both(request, repeatable, attempts)
            outcome = yield from flow if alone else self.find_out(request, flow)
        if outcome is not None:
            return outcome
        encoded = self.learnt.encode(request)
        outcome = yield from self._retrier.send(encoded, repeatable=repeatable, attempts=attempts)
        if isinstance(outcome, Answer):
            self.learnt.learn(outcome)
        return outcome

    def find_out(self, request: Request, flow: Flow[T]) -> Flow[T]:
        """Run the flow of a request by which something about the server is found out, one at a time.

        It gives None where another one found it out meanwhile: what is sent then need not wait for others.
        """
        left = request.deadline - (yield from now())
        return (yield from exclusive(flow, max(0.0, min(left, LONGEST_WAIT))))

    def _try_both(
        self, request: Request, repeatable: bool, attempts: Attempts | None
    ) -> Flow[Answer | Failure | None]:
        if self.learnt.case is not None:
            return None
        first = yield from self._retrier.send(request, repeatable=repeatable, attempts=attempts)
        if isinstance(first, Answer):
            self.learnt.learn(first)
            return first
        if first.api_status not in _MAY_BE_REFUSED_CASE:
            return first
        if attempts is not None:  # What is not understood is carried out by no attempt.
            attempts.unanswered = False
        other = upper_case(request)
        second = yield from self._retrier.send(other, repeatable=repeatable, attempts=attempts)
        if isinstance(second, Answer):
            self.learnt.learn(second, accepted="upper")
            return second
        status = second.api_status
        if status in UNDERSTOOD:
            self.learnt.case = "upper"
        if status not in _MAY_BE_REFUSED_CASE:
            return second
        yield from self.send(SHOWS_CASE.until(request.deadline), repeatable=True)
        spoken, unspoken = (second, first) if self.learnt.case == "upper" else (first, second)
        return evolve(
            spoken, cause=unspoken.error(), maybe_applied=first.maybe_applied or second.maybe_applied
        )


def has_enum_values(request: Request) -> bool:
    """Tell whether a request holds values that the two generations spell differently."""
    return "status" in (request.params or ()) or "role" in (request.body or ())


def upper_case(request: Request) -> Request:
    """Spell the enum values of a request in upper case."""
    params, body = request.params, request.body
    if params is not None and "status" in params:
        params = {**params, "status": [one.upper() for one in params["status"]]}
    if body is not None and "role" in body:
        role = {**body["role"], "type": body["role"]["type"].upper()}
        if body["role"]["type"] == "predefined":
            role["name"] = role["name"].upper()
        body = {**body, "role": role, "invite_mode": body["invite_mode"].upper()}
    return evolve(request, params=params, body=body)


def _case_of(document: Any) -> Case | None:
    """Give the case of the first known enum value in an answer."""
    if not isinstance(document, Mapping):
        return None
    users = document.get("users")
    for user in users if isinstance(users, list) else (document,):
        if isinstance(user, Mapping):
            role = user.get("role")
            kind = role.get("type") if isinstance(role, Mapping) else None
            for value, known in (
                (user.get("status"), UserStatus.__members__),
                (user.get("invite_mode"), InviteMode.__members__),
                (kind, ("PREDEFINED", "CUSTOM")),
            ):
                if isinstance(value, str) and value.upper() in known:
                    return "upper" if value.isupper() else "lower"
    return None
