"""A local users API for tests and trials: one account in SQLite that behaves as the contract says.

There are three ways to send it requests:

- in process: `httpx.Client(transport=SandboxTransport(sandbox))`, or `AsyncSandboxTransport`;
- over HTTP on loopback: `with SandboxServer(sandbox) as server: ... server.url`;
- over HTTP from a program, for clients in any language: `python -m arize_users.sandbox --port 8765`.

The API key identifies the caller: `sandbox-admin` (the account owner), `sandbox-member`,
`sandbox-annotator`. Each belongs to a user of the account, who is listed like any other.

A test reads and changes the account directly through `Sandbox`: `outbox`, `requests`, `audit`, `users()`,
`set_time()`, `add_users()`, `faults`. A program in another language does so over HTTP at the server's
address, without a key; these paths are no part of the API, and requests for them are not recorded:

- `GET /_sandbox/outbox`, `GET /_sandbox/audit`, `GET /_sandbox/users`: the mail, what requests have changed,
  and every user with memberships, keys and bindings, blocked ones too;
- `PUT /_sandbox/clock` with `{"now": "2026-03-01T00:00:00Z"}`; null follows the real clock again;
- `POST /_sandbox/faults` with a fault script (a list of rules); `DELETE /_sandbox/faults`.

Where the contract is silent, the sandbox has these rules: an invitation expires after 7 days by the
account's clock; deleting oneself is answered with 403; a create for an expired invitation sets the name,
role and developer flag of the new request. What deployments of one generation differ in, such as who may
create users, is an option of `Sandbox` and of the program.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .faults import Fault, Faults, FaultScriptError
    from .messages import Request, Response, SandboxError
    from .records import AuditEntry, Mail, ReceivedRequest, UserRecord
    from .sandbox import KEYS, Sandbox
    from .server import SandboxServer
    from .transport import AsyncSandboxTransport, SandboxTransport

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

_NAMES_BY_MODULE = {
    "faults": ("Fault", "FaultScriptError", "Faults"),
    "messages": ("Request", "Response", "SandboxError"),
    "records": ("AuditEntry", "Mail", "ReceivedRequest", "UserRecord"),
    "sandbox": ("KEYS", "Sandbox"),
    "server": ("SandboxServer",),
    "transport": ("AsyncSandboxTransport", "SandboxTransport"),
}


def __getattr__(name: str) -> object:
    # Imported on first use, so that a program that may never use the sandbox does not wait for it.
    for module, names in _NAMES_BY_MODULE.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
