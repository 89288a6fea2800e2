"""The settings that a command works with, each with where it comes from, as rows of a table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from .settings import DEFAULT, Settings

Row = dict[str, str | None]


def setting_row(setting: str, value: str | None, source: str | None) -> Row:
    """Give the row of one setting."""
    is_option = source is not None and source.startswith("--")
    return {"setting": setting, "value": value, "source": f"the option {source}" if is_option else source}


def setting_rows(found: Settings) -> Iterator[Row]:
    """Give each setting, masked where it is secret, and where it comes from."""
    from arize_users.config import masked, proxy_for, resolve

    settled = resolve(api_key=found.api_key, base_url=found.base_url, verify=found.verify)
    proxy, profile = proxy_for(settled), found.profile
    yield setting_row("profile", *((profile.name, profile.chosen_by) if profile.exists() else (None, None)))
    yield setting_row("api_key", masked(settled.api_key), found.key_from)
    yield setting_row("endpoint", settled.base_url, found.endpoint_from)
    verify = settled.verify if isinstance(settled.verify, str) else str(settled.verify).lower()
    verify_from = _source("ARIZE_REQUEST_VERIFY") if found.verify is None else profile.label
    if isinstance(settled.verify, str):
        verify_from = next(filter(os.environ.get, ("ARIZE_SSL_CA_CERT", "REQUESTS_CA_BUNDLE")))
    yield setting_row("verify", verify, verify_from)
    proxy_from = _source("ARIZE_PROXY_URL") if settled.proxy or not proxy else "the environment"
    yield setting_row("proxy", proxy and _without_user(proxy), proxy_from)
    yield setting_row("max_retries", str(settled.max_retries), _source("ARIZE_MAX_RETRIES"))
    yield setting_row("enum_case", settled.enum_case, _source("ARIZE_ENUM_CASE"))
    yield setting_row("output", *found.default_format())


def _without_user(proxy: str) -> str:
    url = urlsplit(proxy)
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()


def _source(variable: str) -> str:
    return variable if os.environ.get(variable, "").strip() else DEFAULT
