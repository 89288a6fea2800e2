"""What passes for an ssl.SSLContext."""

from __future__ import annotations

import ssl

import pytest
from support.account import Connect

from arize_users import ConfigurationError
from arize_users.config import resolve, ssl_context


class Ours(ssl.SSLContext):
    """A subclass, as truststore's is."""


class SSLContext:
    """No context, but called like one."""


def test_subclasses(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssl.SSLContext and one of a subclass connect, also where truststore has put its own in the place."""
    plain, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), Ours(ssl.PROTOCOL_TLS_CLIENT)
    for replacement in (ssl.SSLContext, Ours):
        monkeypatch.setattr(ssl, "SSLContext", replacement)
        for context in (plain, ours):
            settings = resolve(api_key="k", verify=context, environ={})
            assert settings.verify is context
            assert ssl_context(settings) is context
            connect(None, base_url="https://127.0.0.1:1", verify=context)


@pytest.mark.parametrize("given", [SSLContext(), SSLContext, ssl.SSLContext, 1, object()])
def test_foreign_classes(connect: Connect, given: object) -> None:
    """What is no context is refused when the client is made, even if its class has the same name."""
    with pytest.raises(
        ConfigurationError, match=r"^verify: expected True, False, a path or an ssl\.SSLContext"
    ):
        connect(None, verify=given)
