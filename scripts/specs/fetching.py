"""Reads the bytes of a document from a file or an address, within bounds."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from specs import SpecError

MAX_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 120.0
MAX_REDIRECTS = 5

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def fetch(source: str, *, transport: httpx.BaseTransport | None = None) -> bytes:
    """Return the bytes behind a file name or an address, at most 64 MiB.

    An address is https; plain http is taken from loopback only. `transport` replaces the network.

    Raises:
        SpecError: it cannot be read, is too large, or the address answers anything but 200.
    """
    if "://" in source:
        return _fetch_address(source, transport)
    try:
        with Path(source).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{source}: cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise SpecError(f"{source}: larger than {MAX_BYTES} bytes")
    return content


def show_source(source: str) -> str:
    """Write the source as it may be printed: an address without credentials and without its query."""
    if "://" not in source:
        return source
    try:
        return str(httpx.URL(source).copy_with(username=None, password=None, query=None, fragment=None))
    except httpx.InvalidURL:
        return source.partition("?")[0].rpartition("@")[2]


def _fetch_address(source: str, transport: httpx.BaseTransport | None) -> bytes:
    shown = show_source(source)
    try:
        url = httpx.URL(source)
    except httpx.InvalidURL as error:
        raise SpecError(f"{shown}: not an address: {error}") from error
    loopback = url.host in _LOOPBACK
    if url.scheme != "https" and not (url.scheme == "http" and loopback):
        raise SpecError(f"{shown}: only https is fetched (http from loopback)")
    # A proxy from the environment is right for the world outside and wrong for loopback.
    with httpx.Client(transport=transport, timeout=30.0, trust_env=not loopback) as client:
        try:
            return _follow(client, url)
        except httpx.HTTPError as error:
            raise SpecError(f"{shown}: cannot be fetched: {str(error) or type(error).__name__}") from error


def _follow(client: httpx.Client, url: httpx.URL) -> bytes:
    """Follow redirects from https to https. (httpx would read their bodies, of whatever size.)"""
    deadline = time.monotonic() + MAX_SECONDS
    for _ in range(MAX_REDIRECTS + 1):
        shown = show_source(str(url))
        with client.stream("GET", url) as response:
            if not response.has_redirect_location:
                return _read_body(response, shown, deadline)
            target = url.join(response.headers["Location"])
        if url.scheme != "https" or target.scheme != "https":
            raise SpecError(f"{shown}: redirects to {show_source(str(target))}, which is not https to https")
        url = target
    raise SpecError(f"{shown}: more than {MAX_REDIRECTS} redirects")


def _read_body(response: httpx.Response, shown: str, deadline: float) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise SpecError(f"{shown}: answered {response.status_code} {response.reason_phrase}".rstrip())
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            raise SpecError(f"{shown}: larger than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise SpecError(f"{shown}: not finished within {MAX_SECONDS:.0f} seconds")
    return bytes(content)
