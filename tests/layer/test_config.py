"""Settings: from arguments, from the environment, and the refusals."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from arize_users import ArizeClient, ArizeError, AsyncArizeClient, ConfigurationError
from arize_users.config import Settings, resolve

KEY = "ak-very-secret"


def _settings(environ: dict[str, str] | None = None, **arguments: Any) -> Settings:
    environ = {"ARIZE_API_KEY": KEY} if environ is None else environ
    return resolve(environ=environ, **arguments)


def _env(**variables: str) -> dict[str, str]:
    return {"ARIZE_API_KEY": KEY, **{f"ARIZE_{name}": value for name, value in variables.items()}}


def test_defaults() -> None:
    """A key alone is enough for the hosted API, with 30 s for a request and 5 s to connect."""
    settings = _settings()
    assert settings.api_key == KEY
    assert settings.base_url == "https://api.arize.com"
    assert settings.timeout == httpx.Timeout(30.0, connect=5.0)
    assert settings.verify is True
    assert settings.proxy is None
    assert settings.max_retries == 2
    assert settings.enum_case == "auto"


@pytest.mark.parametrize("build", [ArizeClient, AsyncArizeClient])
def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """A client without arguments takes its settings from the environment."""
    monkeypatch.setenv("ARIZE_API_KEY", KEY)
    monkeypatch.setenv("ARIZE_BASE_URL", "https://arize.corp.example/api")
    assert repr(build()) == f"{build.__name__}(base_url='https://arize.corp.example/api')"


@pytest.mark.parametrize(
    ("variables", "arguments", "base_url"),
    [
        ({"BASE_URL": "https://a.example/"}, {}, "https://a.example"),
        ({"BASE_URL": "  https://a.example:8443/x/ "}, {}, "https://a.example:8443/x"),
        ({"REGION": "eu-west-1a"}, {}, "https://api.eu-west-1a.arize.com"),
        ({"API_HOST": "a.example"}, {}, "https://a.example"),
        ({"API_HOST": "localhost", "API_SCHEME": "http", "API_PORT": "8080"}, {}, "http://localhost:8080"),
        ({"API_HOST": "a.example", "API_PORT": "8443"}, {}, "https://a.example:8443"),
        ({"API_HOST": "[::1]", "API_SCHEME": "http"}, {}, "http://[::1]"),
        ({"BASE_URL": "", "REGION": " "}, {}, "https://api.arize.com"),
        ({"BASE_URL": "https://a.example"}, {"base_url": "https://b.example"}, "https://b.example"),
        ({"REGION": "eu-west-1a"}, {"base_url": "https://b.example"}, "https://b.example"),
        ({"BASE_URL": "https://a.example"}, {"region": "us-east-1b"}, "https://api.us-east-1b.arize.com"),
        ({"API_HOST": "a.example"}, {"region": "ca-central-1a"}, "https://api.ca-central-1a.arize.com"),
        (
            {"BASE_URL": "nonsense", "REGION": "mars"},
            {"region": "us-central-1a"},
            "https://api.us-central-1a.arize.com",
        ),
        ({}, {"base_url": "HTTPS://A.example"}, "HTTPS://A.example"),
        ({}, {"base_url": "http://127.0.0.1:8765"}, "http://127.0.0.1:8765"),
        ({}, {"base_url": "http://127.9.9.9"}, "http://127.9.9.9"),
        ({}, {"base_url": "http://[::1]:8765/"}, "http://[::1]:8765"),
        ({}, {"base_url": "http://localhost"}, "http://localhost"),
        ({}, {"base_url": "http://LOCALHOST:1"}, "http://LOCALHOST:1"),
        ({}, {"base_url": "http://10.0.0.1", "allow_insecure_http": True}, "http://10.0.0.1"),
    ],
)
def test_endpoint(variables: dict[str, str], arguments: dict[str, Any], base_url: str) -> None:
    """The endpoint is an argument's, else the environment's, else the hosted API's."""
    assert _settings(_env(**variables), **arguments).base_url == base_url


@pytest.mark.parametrize(
    ("variables", "arguments", "words"),
    [
        (
            {"BASE_URL": "https://a.example", "REGION": "eu-west-1a"},
            {},
            ["ARIZE_BASE_URL", "ARIZE_REGION", "unset"],
        ),
        (
            {"BASE_URL": "https://a.example", "API_HOST": "b.example"},
            {},
            ["ARIZE_BASE_URL", "ARIZE_API_HOST"],
        ),
        ({"REGION": "eu-west-1a", "API_HOST": "b.example"}, {}, ["ARIZE_REGION", "ARIZE_API_HOST"]),
        ({}, {"base_url": "https://a.example", "region": "eu-west-1a"}, ["base_url", "region"]),
        ({}, {"region": "mars"}, ["region", "mars", "eu-west-1a"]),
        ({}, {"region": ""}, ["region"]),
        ({"REGION": "EU"}, {}, ["ARIZE_REGION", "us-central-1a"]),
        ({"API_PORT": "80"}, {}, ["ARIZE_API_PORT", "ARIZE_API_HOST"]),
        ({"API_SCHEME": "https"}, {}, ["ARIZE_API_SCHEME", "ARIZE_API_HOST"]),
        ({"API_HOST": "https://a.example"}, {}, ["ARIZE_API_HOST", "ARIZE_BASE_URL"]),
        ({"API_HOST": "me@a.example"}, {}, ["ARIZE_API_HOST"]),
        ({"API_HOST": "a.example", "API_SCHEME": "ftp"}, {}, ["ARIZE_API_SCHEME"]),
        ({"API_HOST": "a.example", "API_PORT": "x"}, {}, ["ARIZE_API_PORT"]),
        ({"API_HOST": "a.example", "API_PORT": "99999"}, {}, ["ARIZE_API_PORT"]),
        *(
            ({}, {"base_url": one}, ["base"])
            for one in (
                *[
                    "",
                    " ",
                    7,
                    "api.arize.com",
                    "ftp://a.example",
                    "https://",
                    "https:///x",
                    "https://xn--",
                    "https://a b.example",
                ],
                *[
                    "https://a.example:x",
                    "https://a.example:0",
                    "https://[::1",
                    "//a.example",
                    "sandbox",
                    "https:a",
                ],
                *[
                    "https://a.example?x=1",
                    "https://a.example/#x",
                    "https://a.example?",
                    "https://a\\b.example",
                ],
            )
        ),
    ],
)
def test_endpoints_refused(variables: dict[str, str], arguments: dict[str, Any], words: list[str]) -> None:
    """An endpoint that is named twice, unknown or malformed is refused, saying what to set."""
    with pytest.raises(ConfigurationError) as caught:
        _settings(_env(**variables), **arguments)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *[
            "http://api.arize.com",
            "http://10.0.0.1",
            "http://evillocalhost",
            "http://localhost.evil.example",
            "http://127.0.0.1.nip.io",
        ],
        *["http://0.0.0.0", "http://[2001:db8::1]", "http://evil.example/localhost", "HTTP://a.example"],
    ],
)
def test_unencrypted_http_is_refused(url: str) -> None:
    """http:// to any host that is not this machine is refused, and the error names both ways out."""
    with pytest.raises(ConfigurationError, match=r"allow_insecure_http=True") as caught:
        _settings(base_url=url)
    assert "https://" in str(caught.value)
    assert _settings(base_url=url, allow_insecure_http=True).base_url == url


@pytest.mark.parametrize(
    "url", ["https://user:pa55word@a.example", "https://user@a.example", "https://u:pa55word@a b"]
)
def test_no_password_in_a_url(url: str) -> None:
    """A URL with a user in it is refused, and its password is not repeated."""
    with pytest.raises(ConfigurationError) as caught:
        _settings(base_url=url)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize("key", [None, "", "  "])
@pytest.mark.parametrize("where", ["argument", "environment"])
def test_missing_key(key: str | None, where: str) -> None:
    """A missing or blank key is refused, saying what to set."""
    environ = {} if key is None or where == "argument" else {"ARIZE_API_KEY": key}
    with pytest.raises(ConfigurationError, match="ARIZE_API_KEY") as caught:
        _settings(environ, api_key=key if where == "argument" else None)
    assert "api_key" in str(caught.value)


@pytest.mark.parametrize("key", ["ak 7x9q", "ak-7x9q\nX: y", "ak-7x9q-ä", "ak-7x9q\0", "“ak-7x9q”"])
def test_key_that_cannot_be_one(key: str) -> None:
    """A key with blanks, line ends or letters beyond ASCII is refused without being repeated."""
    with pytest.raises(ConfigurationError) as caught:
        _settings(api_key=key)
    assert "7x9q" not in str(caught.value)


def test_explicit_key_wins() -> None:
    """An explicit key beats the environment's; blanks around either do not count."""
    assert _settings(api_key=" other ").api_key == "other"
    assert _settings({"ARIZE_API_KEY": f" {KEY}\n"}).api_key == KEY


@pytest.mark.parametrize("build", [ArizeClient, AsyncArizeClient])
def test_key_in_no_repr(build: Any) -> None:
    """The key is in no repr of anything a client holds."""
    client = build(api_key=KEY, headers={"x-team": "s3cret"}, proxy="http://me:s3cret@proxy.example:3128")
    for one in (client, client.users, client._settings, str(client), client.__dict__):
        assert KEY not in repr(one)
        assert "s3cret" not in repr(one)


@pytest.mark.parametrize("seconds", [0.5, 3, 30.0, 100])
def test_timeout(seconds: float) -> None:
    """A timeout in seconds is for each wait; connecting gets at most 5 of them."""
    timeout = _settings(timeout=seconds).timeout
    assert (timeout.read, timeout.write, timeout.pool) == (seconds, seconds, seconds)
    assert timeout.connect == min(5.0, seconds)


def test_httpx_timeout() -> None:
    """An httpx.Timeout is taken as it is."""
    timeout = httpx.Timeout(None, read=7)
    assert _settings(timeout=timeout).timeout is timeout


@pytest.mark.parametrize("seconds", [0, -1, "30", True, float("nan"), float("inf"), [30]])
def test_timeouts_refused(seconds: Any) -> None:
    """A timeout is a number above 0."""
    with pytest.raises(ConfigurationError, match="timeout"):
        _settings(timeout=seconds)


def test_verify(tmp_path: Path) -> None:
    """TLS is verified unless False says otherwise; a bundle or a context may be given; arguments win."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    context = ssl.create_default_context()
    off = _env(REQUEST_VERIFY="False")
    assert _settings(off).verify is False
    assert _settings(_env(REQUEST_VERIFY="true")).verify is True
    assert _settings(_env(SSL_CA_CERT=str(bundle))).verify == str(bundle)
    assert _settings(_env(SSL_CA_CERT=str(bundle), REQUEST_VERIFY="0")).verify is False
    assert _settings(_env(SSL_CA_CERT=str(bundle), REQUEST_VERIFY="1")).verify == str(bundle)
    assert _settings(off, verify=True).verify is True
    assert _settings(off, verify=context).verify is context
    assert _settings(off, verify=bundle).verify == str(bundle)
    assert _settings(verify=False).verify is False


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({"REQUEST_VERIFY": "maybe"}, {}),
        ({"SSL_CA_CERT": "/no/such/bundle.pem"}, {}),
        ({}, {"verify": "/no/such/bundle.pem"}),
    ],
)
def test_verify_refused(variables: dict[str, str], arguments: dict[str, Any]) -> None:
    """A bundle that is not there, or a word that is neither yes nor no, is refused."""
    with pytest.raises(ConfigurationError):
        _settings(_env(**variables), **arguments)


@pytest.mark.parametrize("build", [ArizeClient, AsyncArizeClient])
def test_bundle_without_certificates(tmp_path: Path, build: Any) -> None:
    """A CA bundle that holds no certificates is refused when the client is built."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("not a certificate")
    with pytest.raises(ConfigurationError):
        build(api_key=KEY, verify=str(bundle))


def test_bundle_in_a_folder(tmp_path: Path) -> None:
    """A folder of certificates is taken, too."""
    ArizeClient(api_key=KEY, verify=tmp_path).close()


def test_proxy() -> None:
    """A proxy comes from the argument, else from the environment."""
    environ = _env(PROXY_URL="http://proxy.example:3128")
    assert _settings(environ).proxy == "http://proxy.example:3128"
    assert _settings(environ, proxy="https://other.example").proxy == "https://other.example"
    assert "proxy.example" not in repr(_settings(environ))


@pytest.mark.parametrize(
    "proxy", ["", "proxy:3128", "ftp://proxy.example", "http://", "http://me:pa55word@pro xy", 7]
)
def test_proxies_refused(proxy: Any) -> None:
    """A malformed proxy is refused, and its password is not repeated."""
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        _settings(proxy=proxy)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize("retries", [0, 1, 10])
def test_max_retries(retries: int) -> None:
    """max_retries is a whole number from 0 up; arguments beat the environment."""
    assert _settings(max_retries=retries).max_retries == retries
    assert _settings(_env(MAX_RETRIES=str(retries))).max_retries == retries
    assert _settings(_env(MAX_RETRIES="7"), max_retries=retries).max_retries == retries


@pytest.mark.parametrize("retries", [-1, 1.5, "x", True, "-1", "1.5", "²"])
def test_max_retries_refused(retries: Any) -> None:
    """Anything else is refused, with the name of what was set."""
    with pytest.raises(ConfigurationError, match="max_retries"):
        _settings(max_retries=retries)
    if isinstance(retries, str):
        with pytest.raises(ConfigurationError, match="ARIZE_MAX_RETRIES"):
            _settings(_env(MAX_RETRIES=retries))


@pytest.mark.parametrize("case", ["lower", "UPPER", "Auto"])
def test_enum_case(case: str) -> None:
    """The generation's case may be settled by hand, by argument or environment, in any case itself."""
    assert _settings(enum_case=case).enum_case == case.lower()
    assert _settings(_env(ENUM_CASE=case)).enum_case == case.lower()
    assert _settings(_env(ENUM_CASE="upper"), enum_case=case).enum_case == case.lower()


@pytest.mark.parametrize("case", ["", "both", "title", 7])
def test_enum_case_refused(case: Any) -> None:
    """Anything else is refused with the choices."""
    with pytest.raises(ConfigurationError, match="'auto', 'lower', 'upper'"):
        _settings(enum_case=case)


@pytest.mark.parametrize(
    "headers",
    [
        *[
            {"Authorization": "x"},
            {"AUTHORIZATION": "x"},
            {"x y": "z"},
            {"": "z"},
            {"x": "a\nb"},
            {"x": "a\r\nb: c"},
        ],
        *[{"x": "ä"}, {"x": 7}, {7: "x"}, {"x": None}, {"x:": "y"}, {"ä": "y"}],
    ],
)
def test_headers_refused(headers: Any) -> None:
    """A header that could not be sent, or would replace the key, is refused."""
    with pytest.raises(ConfigurationError, match="headers"):
        _settings(headers=headers)


def test_every_refusal_is_ours() -> None:
    """A configuration error is an ArizeError."""
    assert issubclass(ConfigurationError, ArizeError)


def test_empty_variables_are_not_set() -> None:
    """An empty variable is how shells say that there is none."""
    environ = _env(
        MAX_RETRIES="", ENUM_CASE=" ", PROXY_URL="", SSL_CA_CERT="", REQUEST_VERIFY="", API_HOST=""
    )
    assert _settings(environ) == _settings()
