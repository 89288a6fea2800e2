"""Deliberate faults: which request meets which fault, and the script that says so.

Faults in place of the account's own response. The account does not handle the request, except that those
marked * have it handled first with `handled` true; `retry_after` is whole seconds, an HTTP date, or null for
no such header:

- `rate_limit` (retry_after, 1 by default): 429;
- `server_error`*: 500; `bad_gateway`*: 502 with HTML; `gateway_timeout`*: 504 with HTML;
- `service_unavailable`* (retry_after): 503;
- `status`* (status, body, content_type, headers, retry_after): any status with any body;
- `stale_cursor`: 400 for a list request with a cursor.

Faults applied to the account's own response, after it has handled the request:

- `truncated`: the body ends halfway; a response without a body becomes a 200 that announces one;
- `wrong_content_type`: the right body as HTML; `garbage`: a success whose body is a web page;
- `unknown_enum` (role_type): status, role and invite mode have values that the contract does not know; with
  role_type every role has that type;
- `repeat_cursor`: the response to a list request with a cursor gives that same cursor as the next one.

Faults of the connection:

- `latency` (seconds, before): the response is delayed. When the client times out first, the request has been
  handled, or with `before` has not;
- `reset_before`, `reset_after`: the connection is reset without a response, before or after the request has
  been handled;
- `refuse`: no connection is made; in process only, where it is an httpx.ConnectError.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import attrs
from attrs import field
from attrs.validators import deep_mapping, optional

from . import routing
from .forks import awaited_by_forks
from .messages import Request, SandboxError


class FaultScriptError(SandboxError):
    """A fault or a fault script is not valid; the message says where and why."""


Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _check(is_valid: Callable[[Any], bool], what: str) -> Validator:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if not is_valid(value):
            raise FaultScriptError(f"{attribute.name} must be {what}")

    return check


def _number(low: int, high: int, *, whole: bool = True) -> Validator:
    kinds, what = (int, "whole number") if whole else ((int, float), "number")
    return _check(
        lambda value: isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high,
        f"a {what} from {low} to {high}",
    )


def _retry_after(fault: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, str):
        _number(0, _MANY)(fault, attribute, value)


def _numbers(rule: object, attribute: attrs.Attribute[Any], value: object) -> None:
    for number in value if isinstance(value, list) else [value]:
        _number(1, _MANY)(rule, attribute, number)


_MANY = 10**9
_flag = _check(lambda value: isinstance(value, bool), "true or false")
_text = _check(lambda value: isinstance(value, str), "a string")
_object = _check(lambda value: isinstance(value, Mapping), "an object of strings")
_operation = _check(
    lambda value: value in routing.OPERATION_IDS, f"one of {', '.join(routing.OPERATION_IDS)}"
)


@attrs.frozen(kw_only=True)
class Fault:
    """What happens to one request. Parameters that the kind does not take have their defaults.

    Attributes:
        kind: The name of the fault.
        seconds: How long the response is delayed.
        before: Whether the delay comes before the request is handled, not after.
        retry_after: The value of the Retry-After header, None for none.
        handled: Whether the account handles the request although the response is the fault's own.
        role_type: The type that every role has.
        status: The status of the response.
        body: The body of the response: None for none, a string as it is, anything else as JSON.
        content_type: The Content-Type of the response, None for the one that fits the body.
        headers: Further headers of the response.
    """

    kind: str
    seconds: float = field(default=0.0, validator=_number(0, 3600, whole=False))
    before: bool = field(default=False, validator=_flag)
    retry_after: int | str | None = field(default=None, validator=_retry_after)
    handled: bool = field(default=False, validator=_flag)
    role_type: str | None = field(default=None, validator=optional(_text))
    status: int = field(default=200, validator=_number(200, 599))
    body: object = None
    content_type: str | None = field(default=None, validator=optional(_text))
    headers: Mapping[str, str] = field(factory=dict, validator=deep_mapping(_text, _text, _object))

    @property
    def pause_before(self) -> float:
        """Seconds to wait before the account handles the request."""
        return self.seconds if self.before else 0.0

    @property
    def pause_after(self) -> float:
        """Seconds to wait between handling the request and responding to it."""
        return 0.0 if self.before else self.seconds


@attrs.define(kw_only=True)
class _Rule:
    fault: Fault
    operation: str | None = field(default=None, validator=optional(_operation))
    nth: int | list[int] | None = field(default=None, validator=optional(_numbers))
    every: int | None = field(default=None, validator=optional(_number(1, _MANY)))
    probability: float | None = field(default=None, validator=optional(_number(0, 1, whole=False)))
    seed: int = field(default=0, validator=_number(0, _MANY))
    _generator: random.Random = field(init=False)
    _matched: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        if [self.nth, self.every, self.probability].count(None) < 2:
            raise FaultScriptError("give one of nth, every and probability")
        if self.fault.kind in _CURSOR_KINDS and self.operation not in (None, "list_users"):
            raise FaultScriptError(f"{self.fault.kind} is for list_users only")
        self._generator = random.Random(self.seed)  # noqa: S311 - nothing secret is drawn

    def matches(self, operation: str | None, has_cursor: bool) -> bool:
        is_for_operation = self.operation in (None, operation)
        return is_for_operation and (has_cursor or self.fault.kind not in _CURSOR_KINDS)

    def should_fire(self) -> bool:
        """Count one matching request and tell whether it meets the fault."""
        self._matched += 1
        if self.probability is not None:
            return self._generator.random() < self.probability
        if self.every is not None:
            return self._matched % self.every == 0
        if isinstance(self.nth, list):
            return self._matched in self.nth
        return self._matched == (self.nth or 1)


class Faults:
    """The faults of one sandbox; safe to share between threads.

    Each rule counts the requests that it matches, also those that meet the fault of an earlier rule. A
    request meets the fault of the first rule that fires for it.
    """

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = awaited_by_forks(threading.Lock())

    def add(
        self,
        fault: str,
        *,
        operation: str | None = None,
        nth: int | list[int] | None = None,
        every: int | None = None,
        probability: float | None = None,
        seed: int = 0,
        **params: object,
    ) -> None:
        """Add a rule: which of the requests that match it meet a fault.

        At most one of `nth`, `every` and `probability` is given; without any, the first request meets it.

        Args:
            fault: The name of the fault.
            operation: The operationId of the requests that match, None for any request.
            nth: The number, or the numbers, of the matching requests that meet the fault, from 1.
            every: Every request whose number is a multiple of this one meets the fault.
            probability: The share of requests, from 0 to 1, that meets the fault at random.
            seed: The start of the random numbers; the same seed selects the same requests.
            **params: The parameters of the fault.

        Raises:
            FaultScriptError: The fault, the operation or a parameter is not valid.
        """
        which = {"operation": operation, "nth": nth, "every": every, "probability": probability, "seed": seed}
        rule = _read_rule({"fault": fault, **which, **params})
        with self._lock:
            self._rules.append(rule)

    def load(self, script: object, *, over_http: bool = False) -> None:
        """Add all rules of a script, or none.

        Args:
            script: A list of objects with the parameters of `add`.
            over_http: Whether the faults are for a server, which cannot refuse a connection.

        Raises:
            FaultScriptError: A rule is not valid; the message has its number and what is wrong.
        """
        if not isinstance(script, list):
            raise FaultScriptError("a fault script is a list of rules")
        rules: list[_Rule] = []
        for number, fields in enumerate(script, start=1):
            try:
                rules.append(_read_rule(fields))
                if over_http and rules[-1].fault.kind == "refuse":
                    raise FaultScriptError("a running server cannot refuse a connection")
            except FaultScriptError as error:
                raise FaultScriptError(f"rule {number}: {error}") from None
        with self._lock:
            self._rules += rules

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()

    def take(self, request: Request) -> Fault | None:
        """Count a request in every rule that it matches, and choose its fault.

        Args:
            request: The request as received.

        Returns:
            The fault that the request meets, or None.
        """
        if not self._rules:
            return None
        operation = routing.operation_id(request)
        has_cursor = operation == "list_users" and "cursor" in dict(parse_qsl(request.query))
        with self._lock:
            matching = [rule for rule in self._rules if rule.matches(operation, has_cursor)]
            firing = [rule for rule in matching if rule.should_fire()]
        return firing[0].fault if firing else None


def read_script(path: str | os.PathLike[str]) -> object:
    """Return the JSON document in a fault script file.

    Raises:
        FaultScriptError: The file cannot be read or is not JSON.
    """
    try:
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise FaultScriptError(f"cannot read the fault script {path}: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise FaultScriptError(f"the fault script {path} is not JSON: {error}") from error


_CURSOR_KINDS = frozenset({"repeat_cursor", "stale_cursor"})
_RULE_FIELDS = ("operation", "nth", "every", "probability", "seed")
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "latency": ("seconds", "before"),
    "rate_limit": ("retry_after",),
    "bad_gateway": ("handled",),
    "service_unavailable": ("handled", "retry_after"),
    "gateway_timeout": ("handled",),
    "server_error": ("handled",),
    "reset_before": (),
    "reset_after": (),
    "refuse": (),
    "truncated": (),
    "wrong_content_type": (),
    "garbage": (),
    "unknown_enum": ("role_type",),
    "repeat_cursor": (),
    "stale_cursor": (),
    "status": ("status", "body", "content_type", "headers", "retry_after", "handled"),
}
_REQUIRED = {"latency": "seconds", "status": "status"}


def _read_rule(fields: object) -> _Rule:
    if not isinstance(fields, dict):
        raise FaultScriptError("it is not an object")
    kind = fields.get("fault")
    if not isinstance(kind, str) or kind not in _PARAMETERS:
        raise FaultScriptError(f"unknown fault {kind!r}; there are {', '.join(_PARAMETERS)}")
    known = (*_RULE_FIELDS, *_PARAMETERS[kind])
    for name in fields:
        if name not in ("fault", *known):
            raise FaultScriptError(f"{kind} takes no {name!r}, only {', '.join(known)}")
    if kind in _REQUIRED and _REQUIRED[kind] not in fields:
        raise FaultScriptError(f"{kind} needs {_REQUIRED[kind]!r}")
    parameters = {name: fields[name] for name in _PARAMETERS[kind] if name in fields}
    if kind == "rate_limit":
        parameters.setdefault("retry_after", 1)
    which = {name: fields[name] for name in _RULE_FIELDS if name in fields}
    return _Rule(fault=Fault(kind=kind, **parameters), **which)
