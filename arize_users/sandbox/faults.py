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

from . import routing
from .messages import Request, SandboxError


class FaultScriptError(SandboxError):
    """A fault or a fault script is not valid; the message says where and why."""


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
    seconds: float = 0.0
    before: bool = False
    retry_after: int | str | None = None
    handled: bool = False
    role_type: str | None = None
    status: int = 0
    body: object = None
    content_type: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)

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
    operation: str | None = None
    nth: frozenset[int] = frozenset({1})
    every: int | None = None
    probability: float | None = None
    generator: random.Random
    matched: int = 0

    def matches(self, operation: str | None, has_cursor: bool) -> bool:
        is_for_operation = self.operation in (None, operation)
        return is_for_operation and (has_cursor or self.fault.kind not in _CURSOR_KINDS)

    def should_fire(self) -> bool:
        """Count one matching request and tell whether it meets the fault."""
        self.matched += 1
        if self.probability is not None:
            return self.generator.random() < self.probability
        if self.every is not None:
            return self.matched % self.every == 0
        return self.matched in self.nth


class Faults:
    """The faults of one sandbox; safe to share between threads.

    Each rule counts the requests that it matches, also those that meet the fault of an earlier rule. A
    request meets the fault of the first rule that fires for it.
    """

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

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
        given = {"operation": operation, "nth": nth, "every": every, "probability": probability}
        fields = {name: value for name, value in given.items() if value is not None}
        rule = _read_rule({"fault": fault, "seed": seed, **fields, **params})
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


def _instance(kind: type, what: str) -> Callable[[object], Any]:
    def read(value: object) -> Any:
        if isinstance(value, kind):
            return value
        raise ValueError(f"must be {what}")

    return read


def _number(low: int, high: int, *, whole: bool = True) -> Callable[[object], Any]:
    kinds, what = (int, "whole number") if whole else ((int, float), "number")

    def read(value: object) -> Any:
        if isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise ValueError(f"must be a {what} from {low} to {high}")

    return read


def _numbers(value: object) -> frozenset[int]:
    return frozenset(map(_number(1, _MANY), value if isinstance(value, list) else [value]))


def _operation(value: object) -> str:
    if value in routing.OPERATION_IDS:
        return str(value)
    raise ValueError(f"must be one of {', '.join(routing.OPERATION_IDS)}")


def _retry_after(value: object) -> object:
    return value if value is None or isinstance(value, str) else _number(0, _MANY)(value)


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("must be an object of strings")
    return {_text(name).lower(): _text(text) for name, text in value.items()}


_MANY = 10**9
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
_flag, _text = _instance(bool, "true or false"), _instance(str, "a string")
_READERS: Mapping[str, Callable[[object], object]] = {
    "operation": _operation,
    "nth": _numbers,
    "every": _number(1, _MANY),
    "probability": _number(0, 1, whole=False),
    "seed": _number(0, _MANY),
    "seconds": _number(0, 3600, whole=False),
    "before": _flag,
    "handled": _flag,
    "retry_after": _retry_after,
    "role_type": _text,
    "status": _number(200, 599),
    "body": lambda value: value,
    "content_type": _text,
    "headers": _headers,
}


def _read_rule(fields: object) -> _Rule:
    if not isinstance(fields, dict):
        raise FaultScriptError("it is not an object")
    kind = fields.get("fault")
    if not isinstance(kind, str) or kind not in _PARAMETERS:
        raise FaultScriptError(f"unknown fault {kind!r}; there are {', '.join(_PARAMETERS)}")
    known = (*_RULE_FIELDS, *_PARAMETERS[kind])
    read: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "fault":
            continue
        if name not in known:
            raise FaultScriptError(f"{kind} takes no {name!r}, only {', '.join(known)}")
        try:
            read[name] = _READERS[name](value)
        except ValueError as error:
            raise FaultScriptError(f"{name} {error}") from None
    if kind in _REQUIRED and _REQUIRED[kind] not in read:
        raise FaultScriptError(f"{kind} needs {_REQUIRED[kind]!r}")
    if len({"nth", "every", "probability"} & read.keys()) > 1:
        raise FaultScriptError("give one of nth, every and probability")
    if kind in _CURSOR_KINDS and read.get("operation", "list_users") != "list_users":
        raise FaultScriptError(f"{kind} is for list_users only")
    if kind == "rate_limit":
        read.setdefault("retry_after", 1)
    generator = random.Random(read.pop("seed", 0))  # noqa: S311 - nothing secret is drawn
    of_rule = {name: read.pop(name) for name in _RULE_FIELDS if name in read}
    return _Rule(fault=Fault(kind=kind, **read), generator=generator, **of_rule)
