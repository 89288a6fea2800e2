"""Reading from files and addresses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from specs import SpecError, fetching
from specs.fetching import fetch, show_source

ADDRESS = "https://api.example.com/spec"


def _redirect(target: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(302, headers={"Location": target})


def _refusal(source: str, answer: httpx.Response | Callable[[httpx.Request], httpx.Response]) -> str:
    """How an address is refused that answers so."""
    transport = httpx.MockTransport((lambda _: answer) if isinstance(answer, httpx.Response) else answer)
    with pytest.raises(SpecError) as refusal:
        fetch(source, transport=transport)
    return str(refusal.value)


def test_an_address_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Plain http works on loopback, and no proxy of the environment stands in between."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (tmp_path / "spec.yaml").write_text("openapi: 3.1.0")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            assert fetch(f"http://127.0.0.1:{server.server_port}/spec.yaml") == b"openapi: 3.1.0"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "address",
    ["http://api.example.com/a", "ftp://127.0.0.1/a", "http://127.0.0.1.example.com/a", "file:///etc/passwd"],
)
def test_other_schemes_are_refused(address: str) -> None:
    """Nothing is fetched in the clear from another machine, nor by another protocol."""
    assert "only https is fetched" in _refusal(address, lambda _: pytest.fail("a request was sent"))


def test_https_redirects_are_followed() -> None:
    """A redirect from https to https is followed, also a relative one."""
    answers = {
        "https://api.example.com/spec": httpx.Response(302, headers={"Location": "/v2/spec"}),
        "https://api.example.com/v2/spec": httpx.Response(
            301, headers={"Location": "https://b.example.com/"}
        ),
        "https://b.example.com/": httpx.Response(200, content=b"a: 1"),
    }
    assert fetch(ADDRESS, transport=httpx.MockTransport(lambda r: answers[str(r.url)])) == b"a: 1"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (ADDRESS, "http://api.example.com/a"),
        (ADDRESS, "http://127.0.0.1/a"),
        (ADDRESS, "file:///etc/passwd"),
        ("http://127.0.0.1/spec", "https://api.example.com/"),
    ],
)
def test_redirects_to_anything_else_are_refused(source: str, target: str) -> None:
    """A redirect cannot lead away from https, and what came in the clear chooses no address."""
    assert "not https to https" in _refusal(source, _redirect(target))


def _fail(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (httpx.Response(404), "answered 404 Not Found"),
        (httpx.Response(204), "answered 204"),
        (_redirect("/again"), "more than 5 redirects"),
        (_fail, "cannot be fetched: no route"),
    ],
)
def test_an_unusable_answer_is_refused(
    answer: httpx.Response | Callable[[httpx.Request], httpx.Response], problem: str
) -> None:
    """An address that fails, answers no document or redirects in a ring is named in the refusal."""
    refusal = _refusal(ADDRESS, answer)
    assert problem in refusal
    assert refusal.startswith("https://api.example.com/")


def test_size_and_time_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a file nor an address can fill the memory, and an address cannot go on for ever."""
    monkeypatch.setattr(fetching, "MAX_BYTES", 10)
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"x" * 10)
    assert fetch(str(path)) == b"x" * 10
    path.write_bytes(b"x" * 11)
    with pytest.raises(SpecError, match="larger than 10 bytes"):
        fetch(str(path))
    assert "larger than 10 bytes" in _refusal(ADDRESS, httpx.Response(200, content=b"x" * 11))
    monkeypatch.setattr(fetching, "MAX_SECONDS", -1.0)
    assert "not finished within" in _refusal(ADDRESS, httpx.Response(200, content=b"x"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(SpecError, match=r"nothing\.yaml: cannot be read"):
        fetch(str(tmp_path / "nothing.yaml"))


def test_credentials_are_never_shown() -> None:
    """A user name, password or token in an address appears in no message."""
    address = "https://me:secret1@api.example.com/spec?token=secret2"
    assert show_source(address) == ADDRESS
    for each in (address, address.replace("com/", "com:port/"), address.replace("https", "http")):
        assert "secret" not in _refusal(each, httpx.Response(403))
