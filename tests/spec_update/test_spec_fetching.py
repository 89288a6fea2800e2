"""Reading from files and addresses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from specs import fetching
from specs.errors import SpecError
from specs.fetching import fetched, shown


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"openapi: 3.1.0")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def loopback() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/spec.yaml"
        server.shutdown()
        thread.join()


def _answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(answer)


def test_an_address_is_fetched(loopback: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http works on loopback, and no proxy of the environment stands in between."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetched(loopback) == b"openapi: 3.1.0"


@pytest.mark.parametrize(
    "address",
    ["http://api.example.com/a", "ftp://127.0.0.1/a", "http://127.0.0.1.example.com/a", "file:///etc/passwd"],
)
def test_other_schemes_are_refused(address: str) -> None:
    """Nothing is fetched in the clear from another machine, nor by another protocol."""
    with pytest.raises(SpecError, match="only https is fetched"):
        fetched(address, transport=_answering(lambda _: pytest.fail("a request was sent")))


def test_https_redirects_are_followed() -> None:
    """A redirect from https to https is followed, also a relative one."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/spec":
            return httpx.Response(302, headers={"Location": "/v2/spec"})
        if request.url.path == "/v2/spec":
            return httpx.Response(301, headers={"Location": "https://files.example.com/spec.yaml"})
        return httpx.Response(200, content=b"a: 1")

    assert fetched("https://api.example.com/spec", transport=_answering(answer)) == b"a: 1"


@pytest.mark.parametrize("target", ["http://api.example.com/a", "http://127.0.0.1/a", "file:///etc/passwd"])
def test_redirects_to_anything_else_are_refused(target: str) -> None:
    """A redirect cannot lead away from https."""
    transport = _answering(lambda _: httpx.Response(302, headers={"Location": target}))
    with pytest.raises(SpecError, match="not https to https"):
        fetched("https://api.example.com/spec", transport=transport)


def test_loopback_redirects_nowhere() -> None:
    """What came in the clear cannot choose the address that is trusted next."""
    transport = _answering(lambda _: httpx.Response(302, headers={"Location": "https://api.example.com/"}))
    with pytest.raises(SpecError, match="not https to https"):
        fetched("http://127.0.0.1/spec", transport=transport)


def test_redirects_end() -> None:
    """A ring of redirects is an error, not a loop."""
    transport = _answering(lambda _: httpx.Response(302, headers={"Location": "/again"}))
    with pytest.raises(SpecError, match="more than 5 redirects"):
        fetched("https://api.example.com/spec", transport=transport)


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (httpx.Response(404), "answered 404 Not Found"),
        (httpx.Response(204), "answered 204"),
        (httpx.Response(200, html="<p>Sign in"), "answered HTML"),
    ],
)
def test_an_unusable_answer_is_refused(response: httpx.Response, problem: str) -> None:
    """An address that fails or answers HTML is refused by what it answered."""
    with pytest.raises(SpecError, match=problem):
        fetched("https://api.example.com/spec", transport=_answering(lambda _: response))


def test_a_failing_connection_is_refused() -> None:
    """A network failure is one line with the address."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    with pytest.raises(SpecError, match=r"^https://api\.example\.com/spec: connection refused$"):
        fetched("https://api.example.com/spec", transport=_answering(fail))


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a file nor an address can fill the memory."""
    monkeypatch.setattr(fetching, "MAX_BYTES", 10)
    transport = _answering(lambda _: httpx.Response(200, content=b"x" * 11))
    with pytest.raises(SpecError, match="larger than 10 bytes"):
        fetched("https://api.example.com/spec", transport=transport)
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"x" * 11)
    with pytest.raises(SpecError, match="larger than 10 bytes"):
        fetched(str(path))
    path.write_bytes(b"x" * 10)
    assert fetched(str(path)) == b"x" * 10


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(SpecError, match=r"nothing\.yaml: No such file"):
        fetched(str(tmp_path / "nothing.yaml"))


def test_credentials_are_never_shown() -> None:
    """A user name, password or token in an address appears in no message."""
    address = "https://me:secret1@api.example.com/spec?token=secret2"
    assert shown(address) == "https://api.example.com/spec"
    with pytest.raises(SpecError) as refusal:
        fetched(address, transport=_answering(lambda _: httpx.Response(403)))
    assert "secret" not in str(refusal.value)
    with pytest.raises(SpecError) as refusal:
        fetched("http://me:secret1@api.example.com:port/spec?token=secret2")
    assert "secret" not in str(refusal.value)
