"""Settings: from arguments and from the environment, and what is refused."""

from __future__ import annotations

import itertools
import re
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from arize_users import ArizeClient, AsyncArizeClient, ConfigurationError, ConfigurationWarning
from arize_users.config import VARIABLES, Settings, resolve, ssl_context, unread_variables

KEY = "ak-very-secret"
BOTH_CLIENTS = pytest.mark.parametrize("build", [ArizeClient, AsyncArizeClient])


def _settings(environ: dict[str, str] | None = None, **arguments: Any) -> Settings:
    return resolve(environ={"ARIZE_API_KEY": KEY} if environ is None else environ, **arguments)


def _env(**variables: str) -> dict[str, str]:
    return {"ARIZE_API_KEY": KEY, **{f"ARIZE_{name}": value for name, value in variables.items()}}


def test_defaults() -> None:
    """A key alone is enough for the hosted API, with 5 s to connect, 30 s for each wait and 120 s in all."""
    assert _settings() == Settings(
        api_key=KEY,
        base_url="https://api.arize.com",
        timeout=httpx.Timeout(30.0, connect=5.0),
        total_timeout=120.0,
        verify=True,
        proxy=None,
        headers={},
        max_retries=2,
        enum_case="auto",
    )


def test_empty_variables() -> None:
    """An empty or blank variable is not set: so shells say that there is none."""
    names = ["MAX_RETRIES", "ENUM_CASE", "PROXY_URL", "SSL_CA_CERT", "REQUEST_VERIFY", "API_HOST", "BASE_URL"]
    assert _settings(_env(**dict.fromkeys(names, " "))) == _settings(_env(**dict.fromkeys(names, "")))
    assert _settings(_env(**dict.fromkeys(names, ""))) == _settings()


def test_variables() -> None:
    """VARIABLES has every environment variable that the guides on settings document."""
    guides = Path(__file__).parents[2] / "docs" / "guides"
    pages = [guides / f"{name}.md" for name in ("connecting", "on-premises", "command-line")]
    found = {name for page in pages for name in re.findall(r"ARIZE_[A-Z_]+", page.read_text("utf-8"))}
    assert sorted(VARIABLES) == sorted(found)


@BOTH_CLIENTS
def test_environment(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """A client without arguments takes its settings from the environment of the process."""
    monkeypatch.setenv("ARIZE_API_KEY", KEY)
    for variables, url in (
        ({"ARIZE_BASE_URL": "https://arize.corp.example/api"}, "https://arize.corp.example/api"),
        ({"ARIZE_SINGLE_HOST": "on.premises", "ARIZE_SINGLE_PORT": "8443"}, "https://on.premises:8443"),
        ({"ARIZE_BASE_DOMAIN": "private.example"}, "https://api.private.example"),
    ):
        with pytest.MonkeyPatch.context() as environment:
            for name, value in variables.items():
                environment.setenv(name, value)
            assert repr(build()) == f"{build.__name__}(base_url={url!r})"


@BOTH_CLIENTS
@pytest.mark.parametrize(
    "given",
    [
        *[{"api_key": "other"}, {"region": "eu-west-1a"}, {"timeout": 7.0}, {"verify": False}],
        *[{"base_url": "https://b.example"}, {"proxy": "http://p.example:1"}, {"headers": {"x": "y"}}],
        *[{"base_url": "http://10.0.0.1", "allow_insecure_http": True}, {"max_retries": 7}],
        {"enum_case": "upper"},
    ],
    ids=lambda given: list(given)[-1],
)
def test_arguments(build: Any, given: dict[str, Any]) -> None:
    """Every argument of either client reaches its settings."""
    given = {"api_key": KEY, **given}
    assert build(**given)._settings == resolve(**given) != _settings()


LOCAL_URLS = ["HTTPS://A.example", "http://127.0.0.1:8765", "http://127.9.9.9", "http://[::1]:8765"]
LOCAL_URLS += ["http://localhost", "http://LOCALHOST:1", "http://a.localhost"]
UNENCRYPTED_URLS = ["http://api.arize.com", "http://10.0.0.1", "http://evillocalhost", "HTTP://a.example"]
UNENCRYPTED_URLS += ["http://localhost.evil.example", "http://127.0.0.1.nip.io", "http://0.0.0.0"]
UNENCRYPTED_URLS += ["http://[2001:db8::1]", "http://a.example/localhost"]
# Of Arize's own profiles, in any case.
ALIASES = {
    "US": "us-east-1b",
    "us": "us-east-1b",
    "Eu": "eu-west-1a",
    "EU": "eu-west-1a",
    "ca": "ca-central-1a",
    " EU ": "eu-west-1a",
    " us-east-1b\n": "us-east-1b",
}


@pytest.mark.parametrize(
    ("variables", "arguments", "base_url"),
    [
        ({"BASE_URL": "https://a.example/"}, {}, "https://a.example"),
        ({"BASE_URL": "  https://a.example:8443/x/ "}, {}, "https://a.example:8443/x"),
        ({"REGION": "eu-west-1a"}, {}, "https://api.eu-west-1a.arize.com"),
        *(
            (variables, arguments, f"https://api.{region}.arize.com")
            for alias, region in ALIASES.items()
            for variables, arguments in (({"REGION": alias}, {}), ({}, {"region": alias}))
        ),
        ({"API_HOST": "a.example"}, {}, "https://a.example"),
        ({"API_HOST": "localhost", "API_SCHEME": "http", "API_PORT": "8080"}, {}, "http://localhost:8080"),
        ({"API_HOST": "a.example", "API_PORT": "65535"}, {}, "https://a.example:65535"),
        ({"API_HOST": "[::1]", "API_SCHEME": "http"}, {}, "http://[::1]"),
        # As Arize's own SDKs read them: a port of 0 is not set, and the API's own wins over the common one.
        ({"API_HOST": "a.example", "API_PORT": "0"}, {}, "https://a.example"),
        ({"API_PORT": "0", "SINGLE_PORT": "0"}, {}, "https://api.arize.com"),
        ({"REGION": "eu-west-1a", "API_PORT": "0"}, {}, "https://api.eu-west-1a.arize.com"),
        ({"SINGLE_HOST": "on.premises"}, {}, "https://on.premises"),
        ({"SINGLE_HOST": "on.premises", "SINGLE_PORT": "8443"}, {}, "https://on.premises:8443"),
        ({"SINGLE_HOST": "a", "SINGLE_PORT": "8443", "API_PORT": "9443"}, {}, "https://a:9443"),
        ({"SINGLE_HOST": "a", "SINGLE_PORT": "8443", "API_PORT": "0"}, {}, "https://a:8443"),
        ({"SINGLE_HOST": "127.0.0.1", "API_SCHEME": "http", "SINGLE_PORT": "1"}, {}, "http://127.0.0.1:1"),
        ({"SINGLE_PORT": "8443"}, {}, "https://api.arize.com:8443"),
        ({"API_HOST": "a.example", "SINGLE_PORT": "8443"}, {}, "https://a.example:8443"),
        ({"BASE_DOMAIN": "private.example"}, {}, "https://api.private.example"),
        ({"BASE_DOMAIN": "a.localhost", "API_SCHEME": "http"}, {}, "http://api.a.localhost"),
        ({"BASE_DOMAIN": "private.example", "API_PORT": "8443"}, {}, "https://api.private.example:8443"),
        ({"REGION": "eu-west-1a", "API_SCHEME": "http"}, {}, "https://api.eu-west-1a.arize.com"),
        ({"SINGLE_HOST": "on.premises"}, {"base_url": "https://b.example"}, "https://b.example"),
        ({"BASE_DOMAIN": "private.example"}, {"region": "eu-west-1a"}, "https://api.eu-west-1a.arize.com"),
        ({"BASE_URL": "https://a.example"}, {"base_url": "https://b.example"}, "https://b.example"),
        ({"REGION": "eu-west-1a"}, {"base_url": "https://b.example"}, "https://b.example"),
        ({"BASE_URL": "https://a.example"}, {"region": "us-east-1b"}, "https://api.us-east-1b.arize.com"),
        ({"API_HOST": "a.example"}, {"region": "ca-central-1a"}, "https://api.ca-central-1a.arize.com"),
        (
            {"BASE_URL": "x", "REGION": "y"},
            {"region": "us-central-1a"},
            "https://api.us-central-1a.arize.com",
        ),
        *(({}, {"base_url": url}, url) for url in LOCAL_URLS),
        ({}, {"base_url": "http://10.0.0.1", "allow_insecure_http": True}, "http://10.0.0.1"),
    ],
)
def test_endpoint(variables: dict[str, str], arguments: dict[str, Any], base_url: str) -> None:
    """The endpoint is an argument's, else the environment's, else the hosted API's."""
    assert _settings(_env(**variables), **arguments).base_url == base_url


MALFORMED_URLS: list[Any] = [
    "",
    " ",
    7,
    "api.arize.com",
    "ftp://a.example",
    "https://",
    "https:///x",
    "https:a",
]
MALFORMED_URLS += ["https://xn--", "https://a b.example", "https://a.example:x", "https://a.example:0"]
MALFORMED_URLS += ["https://[::1", "//a.example", "sandbox", "https://a.example?x=1", "https://a.example/#x"]
MALFORMED_URLS += ["https://a.example?", "https://a\\b.example"]


@pytest.mark.parametrize(
    ("variables", "arguments", "words"),
    [
        ({}, {"base_url": "https://a.example", "region": "eu-west-1a"}, "base_url region"),
        ({}, {"region": "mars"}, "region mars eu-west-1a"),
        ({}, {"region": ""}, "region"),
        ({"REGION": "UK"}, {}, "ARIZE_REGION us-central-1a EU"),
        ({}, {"region": 7}, "region us-central-1a EU"),
        ({"API_SCHEME": "https"}, {}, "ARIZE_API_SCHEME ARIZE_API_HOST"),
        ({"API_PORT": "8443"}, {}, "ARIZE_API_PORT ARIZE_API_HOST"),
        *(
            ({one: "a", other: "b"}, {}, f"ARIZE_{one} ARIZE_{other} Unset")
            for one, other in itertools.combinations(
                ["BASE_URL", "REGION", "SINGLE_HOST", "BASE_DOMAIN", "API_HOST"], 2
            )
        ),
        *(
            ({one: "a", "SINGLE_PORT": "1"}, {}, f"ARIZE_{one} ARIZE_SINGLE_PORT Unset")
            for one in ("BASE_URL", "REGION", "BASE_DOMAIN")
        ),
        ({"REGION": "eu-west-1a", "API_PORT": "1"}, {}, "ARIZE_API_PORT ARIZE_API_HOST"),
        ({"SINGLE_PORT": "1", "API_PORT": "1"}, {}, "ARIZE_API_PORT ARIZE_API_HOST"),
        ({"BASE_URL": "https://a.example", "API_SCHEME": "https"}, {}, "ARIZE_API_SCHEME ARIZE_API_HOST"),
        ({"SINGLE_HOST": "https://a.example"}, {}, "ARIZE_SINGLE_HOST"),
        ({"SINGLE_HOST": "sandbox:"}, {}, "ARIZE_SINGLE_HOST"),
        ({"SINGLE_HOST": "a", "SINGLE_PORT": "-1"}, {}, "ARIZE_SINGLE_PORT"),
        ({"SINGLE_HOST": "a", "API_SCHEME": "ftp"}, {}, "ARIZE_API_SCHEME"),
        ({"SINGLE_HOST": "a.example", "API_SCHEME": "http"}, {}, "ARIZE_SINGLE_HOST unencrypted"),
        ({"BASE_DOMAIN": "me@a.example"}, {}, "ARIZE_BASE_DOMAIN"),
        ({"API_HOST": "a.example", "API_PORT": "9" * 5000}, {}, "ARIZE_API_PORT"),
        ({"API_HOST": "https://a.example"}, {}, "ARIZE_API_HOST ARIZE_BASE_URL"),
        ({"API_HOST": "me@a.example"}, {}, "ARIZE_API_HOST"),
        ({"API_HOST": "a.example", "API_PORT": "x"}, {}, "ARIZE_API_PORT"),
        ({"API_HOST": "a.example", "API_PORT": "65536"}, {}, "ARIZE_API_PORT"),
        ({"API_HOST": "a.example", "API_PORT": "٨٠"}, {}, "ARIZE_API_PORT"),
        *(({}, {"base_url": one}, "base_url") for one in MALFORMED_URLS),
    ],
)
def test_refused_endpoint(variables: dict[str, str], arguments: dict[str, Any], words: str) -> None:
    """An endpoint that is named twice, unknown or malformed is refused, and the error says what to set."""
    with pytest.raises(ConfigurationError) as caught:
        _settings(_env(**variables), **arguments)
    for word in words.split():
        assert word in str(caught.value)


LOCAL_ACCOUNTS = [
    "sandbox://x.db",
    "sandbox:///tmp/x.db",
    "sandbox://",
    "SANDBOX:x.db",
    "Sandbox:",
    "SANDBOX://x",
]
LOCAL_ACCOUNTS += ["sandbox: x.db", "sandbox:~/x.db", "sandbox:~", "sandbox::memory:", "sandbox:file:x.db"]


@BOTH_CLIENTS
@pytest.mark.parametrize("url", LOCAL_ACCOUNTS)
def test_misspelled_local_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: Any, url: str
) -> None:
    """A local account is sandbox:PATH; what would end up in a surprising file is refused, and makes none."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"^base_url: .*sandbox:PATH"):
        build(base_url=url)
    monkeypatch.setenv("ARIZE_BASE_URL", url)
    with pytest.raises(ConfigurationError, match=r"^ARIZE_BASE_URL: .*sandbox:PATH"):
        build()
    assert list(tmp_path.iterdir()) == []


@BOTH_CLIENTS
def test_unread_variables(monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    """A variable that looks like routing but is not read is warned of by name, unless an argument decides."""
    for name in ("ARIZE_API_URL", "ARIZE_HOSTNAME", "ARIZE_EXPORT_DIR"):
        monkeypatch.setenv(name, "https://s3cret.example")
    with pytest.warns(ConfigurationWarning, match=r"ARIZE_API_URL, ARIZE_HOSTNAME;") as given:
        build(api_key=KEY)
    assert [(one.filename, "s3cret" in str(one.message)) for one in given] == [(__file__, False)]
    build(api_key=KEY, base_url="https://a.example")
    build(api_key=KEY, region="eu-west-1a")


OTHERS = "OTLP_HOST OTLP_PORT OTLP_SCHEME FLIGHT_HOST FLIGHT_PORT FLIGHT_SCHEME COLLECTOR_ENDPOINT SPACE_ID"
OTHERS += " SPACE_KEY DEVELOPER_KEY PROJECT_NAME MAX_HTTP_PAYLOAD_SIZE_MB MAX_PAST_YEARS DIRECTORY REPORT_DIR"
OTHERS += " ENABLE_CACHING MAX_CHUNKSIZE STREAM_MAX_WORKERS STREAM_MAX_QUEUE_BOUND SUPPORT PORTAL SECURITY"


def test_variables_of_other_services() -> None:
    """Of what Arize's SDK reads for other services nobody is warned; of anything else like routing, yes."""
    assert (
        unread_variables(dict.fromkeys([*VARIABLES, *(f"ARIZE_{one}" for one in OTHERS.split())], "x")) == []
    )
    assert unread_variables({"ARIZE_API_URL": " ", "API_URL": "x"}) == []
    unread = "API_BASE API_DOMAIN API_ENDPOINT API_SERVER BASEURL GATEWAY HOST PORT REGIONS SINGLE_SCHEME URI"
    names = [f"ARIZE_{name}" for name in unread.split()]
    assert unread_variables(dict.fromkeys(names, "x")) == names


@pytest.mark.parametrize("url", UNENCRYPTED_URLS)
def test_unencrypted_http(url: str) -> None:
    """http:// to a host that is not this machine is refused, and the error names both ways to go on."""
    with pytest.raises(ConfigurationError, match=r"https://, or pass allow_insecure_http=True"):
        _settings(base_url=url)
    assert _settings(base_url=url, allow_insecure_http=True).base_url == url


@pytest.mark.parametrize(
    "url", ["https://user:pa55@a.example", "https://user@a.example", "https://u:pa55@a b"]
)
def test_user_in_a_url(url: str) -> None:
    """A URL with a user in it is refused, and its password is not repeated."""
    for given in ({"base_url": url}, {"environ": _env(API_HOST=url)}, {"environ": _env(SINGLE_HOST=url[8:])}):
        with pytest.raises(ConfigurationError) as caught:
            _settings(**given)
        assert "pa55" not in str(caught.value)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_missing_key(key: str | None) -> None:
    """A missing or blank key is refused, and the error says what to set."""
    for environ, argument in (({}, key), ({} if key is None else {"ARIZE_API_KEY": key}, None)):
        with pytest.raises(ConfigurationError, match=r"api_key.*ARIZE_API_KEY"):
            _settings(environ, api_key=argument)


MALFORMED_KEYS = {
    "blanks or line breaks inside": ["ak 7x9q", "ak-7x9q\nX: y", "ak-7x9q\tx", "ak-7x9q\r\nak-7x9q"],
    "quotes round it": [
        '"ak-7x9q"',
        "'ak-7x9q'",
        "“ak-7x9q”",
        "`ak-7x9q`",
        '"ak-7x9q',
        "ak-7x9q'",
        "'Bearer 7x9q'",
    ],
    "begins with 'Bearer'": ["Bearer ak-7x9q", "bearer  ak-7x9q", "Authorization: Bearer ak-7x9q", "Bearer"],
    "characters that no key has": ["ak-7x9q-ä", "ak-7x9q\0", "\ufeffak-7x9q"],
}


@pytest.mark.parametrize("problem", MALFORMED_KEYS)
def test_malformed_key(problem: str) -> None:
    """A key that cannot be one is refused with what is wrong, wherever it comes from, and is not repeated."""
    for key in MALFORMED_KEYS[problem]:
        for label, given in (
            ("api_key", {"api_key": key}),
            ("ARIZE_API_KEY", {"environ": {"ARIZE_API_KEY": f"{key}\n"}}),
        ):
            with pytest.raises(
                ConfigurationError, match=f"^{label}: .*{problem}.*Give the key alone"
            ) as caught:
                _settings(**given)
            assert "7x9q" not in str(caught.value)


def test_key() -> None:
    """An explicit key wins over the environment's; blanks and line breaks around either do not count."""
    assert _settings(api_key=f"{KEY}\r\n").api_key == KEY
    assert _settings(api_key=" other ").api_key == "other"
    assert _settings({"ARIZE_API_KEY": f" {KEY}\n"}).api_key == KEY


@BOTH_CLIENTS
def test_secrets_in_no_repr(build: Any) -> None:
    """Neither the key nor a header or a proxy's password is in the repr of anything a client holds."""
    client = build(api_key=KEY, headers={"x-team": "s3cret"}, proxy="http://me:s3cret@proxy.example:3128")
    for one in (client, client.users, client._settings, str(client), client.__dict__):
        assert KEY not in repr(one)
        assert "s3cret" not in repr(one)


def test_timeout() -> None:
    """Seconds are for each wait, at most 5 of them to connect; an httpx.Timeout is taken as it is."""
    for seconds in (0.5, 3, 30.0, 100):
        assert _settings(timeout=seconds).timeout == httpx.Timeout(seconds, connect=min(5.0, seconds))
    timeout = httpx.Timeout(None, read=7)
    assert _settings(timeout=timeout).timeout is timeout
    assert _settings(timeout=None).timeout == httpx.Timeout(None)


def test_verify(tmp_path: Path) -> None:
    """TLS is verified unless False says otherwise; a bundle or a context may be given; arguments win."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    context = ssl.create_default_context()
    off = _env(REQUEST_VERIFY="False")
    for words, verify in (("1 true YES on", True), ("0 False no OFF", False)):
        assert {_settings(_env(REQUEST_VERIFY=word)).verify for word in words.split()} == {verify}
    assert _settings(_env(SSL_CA_CERT=str(bundle))).verify == str(bundle)
    assert _settings(_env(SSL_CA_CERT=str(bundle), REQUEST_VERIFY="0")).verify is False
    assert _settings(_env(SSL_CA_CERT=str(bundle), REQUEST_VERIFY="1")).verify == str(bundle)
    assert _settings(off, verify=True).verify is True
    assert _settings(off, verify=context).verify is context
    assert _settings(off, verify=bundle).verify == str(bundle)
    assert _settings(verify=False).verify is False


def test_ca_bundle_of_requests(tmp_path: Path) -> None:
    """CAs come from ARIZE_SSL_CA_CERT, else REQUESTS_CA_BUNDLE, else SSL_CERT_FILE, as in Arize's own SDK."""
    ours, requests, openssl = (tmp_path / name for name in ("ours.pem", "requests.pem", "openssl.pem"))
    for file in (ours, requests, openssl):
        file.write_text("x")
    environ = _env() | {"REQUESTS_CA_BUNDLE": str(requests), "SSL_CERT_FILE": str(openssl)}
    assert _settings(environ).verify == _settings(environ, verify=True).verify == str(requests)
    for verify in (None, True):
        assert _settings(environ | {"ARIZE_SSL_CA_CERT": str(ours)}, verify=verify).verify == str(ours)
    assert _settings(environ | {"ARIZE_REQUEST_VERIFY": "no"}).verify is False
    assert _settings(environ, verify=ours).verify == str(ours)
    assert _settings(environ, http_client=object()).verify is True
    for base_url in ("sandbox:", "http://127.0.0.1:1"):
        assert _settings(environ, base_url=base_url).verify is True


@BOTH_CLIENTS
def test_ca_bundle(tmp_path: Path, build: Any) -> None:
    """A folder of CAs is trusted, and no other; a file without any is refused when the client is built."""
    build(api_key=KEY, verify=tmp_path)
    assert ssl_context(_settings(verify=tmp_path)).cert_store_stats()["x509"] == 0  # Read when needed.
    bundle = tmp_path / "ca.pem"
    bundle.write_text("not a certificate")
    with pytest.raises(ConfigurationError):
        build(api_key=KEY, verify=bundle)


def test_proxy() -> None:
    """A proxy comes from the argument, else from the environment, and speaks HTTP or SOCKS 5."""
    environ = _env(PROXY_URL="http://proxy.example:3128")
    assert _settings(environ).proxy == "http://proxy.example:3128"
    for scheme in ("http", "https", "socks5", "socks5h"):
        assert _settings(environ, proxy=f"{scheme}://other.example").proxy == f"{scheme}://other.example"


@pytest.mark.parametrize(
    "proxy", ["", "proxy:3128", "ftp://a.example", "http://", "http://me:pa55@pro xy", 7]
)
def test_refused_proxy(proxy: Any) -> None:
    """A malformed proxy is refused, and its password is not repeated."""
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        _settings(proxy=proxy)
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize("retries", [0, 1, 10])
def test_max_retries(retries: int) -> None:
    """max_retries is a whole number from 0 up; an argument wins over the environment."""
    assert _settings(max_retries=retries).max_retries == retries
    assert _settings(_env(MAX_RETRIES=str(retries))).max_retries == retries
    assert _settings(_env(MAX_RETRIES="7"), max_retries=retries).max_retries == retries


@pytest.mark.parametrize("case", ["lower", "UPPER", "Auto"])
def test_enum_case(case: str) -> None:
    """The server's case may be set by argument or environment, itself in any case."""
    assert _settings(enum_case=case).enum_case == case.lower()
    assert _settings(_env(ENUM_CASE=case)).enum_case == case.lower()
    assert _settings(_env(ENUM_CASE="upper"), enum_case=case).enum_case == case.lower()


REFUSED: dict[str, list[Any]] = {
    "timeout": [0, -1, "30", True, float("nan"), float("inf"), [30]],
    "verify": ["/no/such/bundle.pem", 7],
    "max_retries": [-1, 1.5, "x", True],
    "enum_case": ["", "both", "title", 7],
    "headers": [{"Authorization": "x"}, {"AUTHORIZATION": "x"}, {"x y": "z"}, {"": "z"}, {"x": "a\nb"}]
    + [{"x": "a\r\nb: c"}, {"x": "ä"}, {"x": 7}, {7: "x"}, {"x": None}, {"x:": "y"}, {"ä": "y"}, "x"]
    + [{name: "x"} for name in ("Content-Length", "content-type", "Host", "Transfer-Encoding")],
}
REFUSED_VARIABLES = {
    "MAX_RETRIES": ["x", "-1", "1.5", "²"],
    "REQUEST_VERIFY": ["maybe"],
    "SSL_CA_CERT": ["/no/b.pem"],
}


def test_refused_settings() -> None:
    """A value that a setting cannot have is refused by its name; an enum case with the choices."""
    for name, values in REFUSED.items():
        for value in values:
            with pytest.raises(ConfigurationError, match=name):
                _settings(**{name: value})
    for variable, texts in REFUSED_VARIABLES.items():
        for text in texts:
            with pytest.raises(ConfigurationError, match=f"ARIZE_{variable}"):
                _settings(_env(**{variable: text}))
    with pytest.raises(ConfigurationError, match="'auto', 'lower', 'upper'"):
        _settings(enum_case="title")
