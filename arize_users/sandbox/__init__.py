"""A local users API for tests and trials: one account in SQLite that behaves as the contract says.

Three faces over one rule book:

- in process: `httpx.Client(transport=SandboxTransport(sandbox))`, or `AsyncSandboxTransport`;
- a server on loopback: `with SandboxServer(sandbox) as server: ... server.url`;
- the same as a program, for clients in any language: `python -m arize_users.sandbox --port 8765`.

The API key chooses the caller: `sandbox-admin` (the account owner), `sandbox-member`,
`sandbox-annotator`. Each belongs to a user of the account, who is listed like any other.

A test looks behind the API through `Sandbox`: `outbox`, `requests`, `audit`, `users()`,
`set_time()`, `add_users()`, `faults`. A program in another language does so over HTTP, on the
server's address, without a key; these paths are no part of the API and appear in no log:

- `GET /_sandbox/outbox`, `GET /_sandbox/audit`, `GET /_sandbox/users`: what was mailed, what was
  done, and every user with memberships, keys and bindings, blocked ones too;
- `PUT /_sandbox/clock` with `{"now": "2026-03-01T00:00:00Z"}`; null follows the real clock again;
- `POST /_sandbox/faults` with a fault script (a list of rules); `DELETE /_sandbox/faults`.

The sandbox's own choices, where the contract is silent: an invitation expires after 7 days by the
account's clock; deleting oneself is answered 403; a create for an expired invitation takes the new
request's name, role and developer flag.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arize_users.sandbox.faults import Fault, Faults, FaultScriptError
    from arize_users.sandbox.local import KEYS, Sandbox
    from arize_users.sandbox.messages import Request, Response, SandboxError
    from arize_users.sandbox.records import AuditEntry, Mail, ReceivedRequest, UserRecord
    from arize_users.sandbox.server import SandboxServer
    from arize_users.sandbox.transport import AsyncSandboxTransport, SandboxTransport

__all__ = [
    "KEYS",
    "AsyncSandboxTransport",
    "AuditEntry",
    "Fault",
    "FaultScriptError",
    "Faults",
    "Mail",
    "ReceivedRequest",
    "Request",
    "Response",
    "Sandbox",
    "SandboxError",
    "SandboxServer",
    "SandboxTransport",
    "UserRecord",
]

_HOMES = {
    "KEYS": "local",
    "AsyncSandboxTransport": "transport",
    "AuditEntry": "records",
    "Fault": "faults",
    "FaultScriptError": "faults",
    "Faults": "faults",
    "Mail": "records",
    "ReceivedRequest": "records",
    "Request": "messages",
    "Response": "messages",
    "Sandbox": "local",
    "SandboxError": "messages",
    "SandboxServer": "server",
    "SandboxTransport": "transport",
    "UserRecord": "records",
}


def __getattr__(name: str) -> object:
    # Lazy, so that a program which may never use the sandbox does not pay for it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
