"""Where the certificates are that a client trusts, and what is a TLS context."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ._endpoint import Source

_OF_REQUESTS = "REQUESTS_CA_BUNDLE"
CA_VARIABLES = (_OF_REQUESTS, "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What Arize's SDK takes its CAs from beside a variable of its own, then what httpx does; the first wins."""


def environment_cas(env: Mapping[str, str]) -> str | bool:
    """Give the CAs that a variable names, which have to be there; True where httpx looks for them itself."""
    name = next((name for name in CA_VARIABLES if name in env), None)
    if name is None:
        return True
    # OpenSSL takes several folders.
    paths = env[name].split(os.pathsep) if name == "SSL_CERT_DIR" else [env[name]]
    if not any(map(os.path.exists, paths)):
        ca_bundle(env[name], Source("verify", name))
    return env[name] if name == _OF_REQUESTS else True


def is_ssl_context(given: object) -> bool:
    """Tell whether something is a context of `ssl`, by its class."""
    # Imported for what is neither a bool nor a path: who has a context has this module already. It is the
    # parent of ssl.SSLContext, which truststore puts a class of its own in the place of.
    from _ssl import _SSLContext

    return isinstance(given, _SSLContext)


def ca_bundle(path: str, source: Source) -> str:
    """Give the path of a CA file or folder, which has to be there."""
    if not os.path.exists(path):
        raise source.error(f"there is no CA bundle at {path!r}")
    return path
