"""Where the certificates are that a client trusts, and what is a TLS context."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ._endpoint import Source

CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""What httpx, as OpenSSL does, takes its CAs from; the first wins."""


def check_ca_variables(env: Mapping[str, str]) -> None:
    """Refuse a variable whose CAs are not there."""
    name = next((name for name in CA_VARIABLES if name in env), None)
    if name is None:
        return
    # OpenSSL takes several folders.
    paths = env[name].split(os.pathsep) if name == "SSL_CERT_DIR" else [env[name]]
    if not any(map(os.path.exists, paths)):
        ca_bundle(env[name], Source("verify", name))


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
