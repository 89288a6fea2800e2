"""Faults on purpose: which request meets which fault, and the script that says so.

Answered instead of the account's own answer. The account does nothing, unless `handled` is true
for those marked *; `retry_after` is whole seconds, an HTTP date or null for no such header:

- `rate_limit` (retry_after, 1 by default): 429;
- `server_error`*: 500; `bad_gateway`*: 502 with HTML; `gateway_timeout`*: 504 with HTML;
- `service_unavailable`* (retry_after): 503;
- `status`* (status, body, content_type, headers, retry_after): any status with any body;
- `stale_cursor`: 400 for a list request with a cursor.

Done to the account's own answer, after it did the thing:

- `truncated`: the body ends halfway; an answer without one becomes a 200 that announces one;
- `wrong_content_type`: the right body as HTML; `garbage`: a success whose body is a web page;
- `unknown_enum` (role_type): status, role and invite mode are words that no contract has; with
  role_type every role is of that type;
- `repeat_cursor`: a list request with a cursor is told to go on with that very cursor.

Done to the connection:

- `latency` (seconds, before): the answer is slow. A client that gives up earlier finds the thing
  done, or with `before` not done;
- `reset_before`, `reset_after`: dropped without an answer, before or after the thing was done;
- `refuse`: never made; only in process, where it is an httpx.ConnectError.
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

from arize_users.sandbox import wire
from arize_users.sandbox.messages import Request, SandboxError


class FaultScriptError(SandboxError):
    """A fault or a fault script that makes no sense; the text says where and why."""


@attrs.frozen(kw_only=True)
class Fault:
    """What happens to one request; only what its kind takes differs from the defaults.

    With `handled` the account did the thing before the fault's own answer was given.
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
        """Seconds to wait between handling the request and answering it."""
        return 0.0 if self.before else self.seconds


@attrs.define
class _Rule:
    fault: Fault
    operation: str | None
    nth: frozenset[int]
    every: int | None
    probability: float | None
    dice: random.Random
    seen: int = 0

    def matches(self, operation: str | None, has_cursor: bool) -> bool:
        if self.operation not in (None, operation):
            return False
        return has_cursor or self.fault.kind not in _CURSOR_KINDS

    def strikes(self) -> bool:
        """Count one matching request and tell whether its turn has come."""
        self.seen += 1
        if self.probability is not None:
            return self.dice.random() < self.probability
        if self.every is not None:
            return self.seen % self.every == 0
        return self.seen in self.nth


class Faults:
    """The faults of one sandbox instance; thread-safe.

    Each rule counts the requests it matches, also those that an earlier rule struck; a request
    meets the fault of the first rule whose turn it is.
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
        """Let the nth matching request (the first, when nothing is said) meet this fault.

        `operation` is an operationId, None for any request. Instead of `nth`, one number or
        several, `every` strikes each so-manieth request and `probability` a random share, the
        same one for the same `seed`. `params` are those of the fault.
        Raises: FaultScriptError for a fault, operation or parameter that makes no sense.
        """
        given = {"operation": operation, "nth": nth, "every": every, "probability": probability}
        fields = {name: value for name, value in given.items() if value is not None}
        rule = _read_rule({"fault": fault, "seed": seed, **fields, **params})
        with self._lock:
            self._rules.append(rule)

    def load(self, script: object, *, over_http: bool = False) -> None:
        """Add all rules of a script (a list of objects with the fields of `add`), or none.

        Raises: FaultScriptError naming the rule and what is wrong with it.
        """
        if not isinstance(script, list):
            raise FaultScriptError("a fault script is a list of rules")
        rules: list[_Rule] = []
        for number, fields in enumerate(script, start=1):
            try:
                if not isinstance(fields, dict):
                    raise FaultScriptError("it is not an object")
                rules.append(_read_rule(fields))
                if over_http and rules[-1].fault.kind == "refuse":
                    raise FaultScriptError("a running server cannot refuse a connection")
            except FaultScriptError as error:
                raise FaultScriptError(f"rule {number}: {error}") from None
        with self._lock:
            self._rules += rules

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def take(self, request: Request) -> Fault | None:
        """Count this request and return the fault it meets, if any."""
        if not self._rules:
            return None
        operation = wire.operation_id(request)
        has_cursor = operation == "list_users" and "cursor" in dict(parse_qsl(request.query))
        with self._lock:
            matching = [rule for rule in self._rules if rule.matches(operation, has_cursor)]
            striking = [rule for rule in matching if rule.strikes()]
        return striking[0].fault if striking else None


def read_script(path: str | os.PathLike[str]) -> object:
    """Return the JSON document in a fault script file.

    Raises: FaultScriptError when it cannot be read or is not JSON.
    """
    try:
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise FaultScriptError(f"cannot read the fault script {path}: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise FaultScriptError(f"the fault script {path} is not JSON: {error}") from error


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("must be a string")


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise ValueError(f"must be a number from {low:g} to {high:g}")

    return read


def _count(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise ValueError(f"must be a whole number from {low} to {high}")

    return read


def _turns(value: object) -> frozenset[int]:
    numbers = value if isinstance(value, list) else [value]
    return frozenset(_count(1, _MANY)(number) for number in numbers)


def _operation(value: object) -> str:
    if value in wire.OPERATION_IDS:
        return str(value)
    raise ValueError(f"must be one of {', '.join(wire.OPERATION_IDS)}")


def _retry_after(value: object) -> int | str | None:
    if value is None or isinstance(value, str):
        return value
    return _count(0, _MANY)(value)


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("must be an object of strings")
    return {_text(name).lower(): _text(text) for name, text in value.items()}


_MANY = 10**9
_CURSOR_KINDS = frozenset({"repeat_cursor", "stale_cursor"})
_WHEN = ("operation", "nth", "every", "probability", "seed")
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
_READERS: Mapping[str, Callable[[object], object]] = {
    "operation": _operation,
    "nth": _turns,
    "every": _count(1, _MANY),
    "probability": _number(0, 1),
    "seed": _count(0, _MANY),
    "seconds": _number(0, 3600),
    "before": _flag,
    "handled": _flag,
    "retry_after": _retry_after,
    "role_type": _text,
    "status": _count(200, 599),
    "body": lambda value: value,
    "content_type": _text,
    "headers": _headers,
}


def _read_rule(fields: Mapping[str, object]) -> _Rule:
    kind = fields.get("fault")
    if not isinstance(kind, str) or kind not in _PARAMETERS:
        raise FaultScriptError(f"unknown fault {kind!r}; there are {', '.join(_PARAMETERS)}")
    known = (*_WHEN, *_PARAMETERS[kind])
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
    if _REQUIRED.get(kind, "fault") not in {"fault", *read}:
        raise FaultScriptError(f"{kind} needs {_REQUIRED[kind]!r}")
    if len({"nth", "every", "probability"} & read.keys()) > 1:
        raise FaultScriptError("give one of nth, every and probability")
    if kind in _CURSOR_KINDS and read.get("operation", "list_users") != "list_users":
        raise FaultScriptError(f"{kind} is for list_users only")
    if kind == "rate_limit":
        read.setdefault("retry_after", 1)
    return _Rule(
        operation=read.pop("operation", None),
        nth=read.pop("nth", frozenset({1})),
        every=read.pop("every", None),
        probability=read.pop("probability", None),
        dice=random.Random(read.pop("seed", 0)),  # noqa: S311 - nothing secret is drawn
        fault=Fault(kind=kind, **read),
    )
