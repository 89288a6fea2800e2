"""Which account a command works on, and with which key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arize_users import ArizeClient, AsyncArizeClient, ConfigurationError
from arize_users.cli.errors import CommandError
from arize_users.cli.options import Options
from arize_users.cli.settings import resolve
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Profile, Shell

KEYS = {"option": "of-option", "variable": "of-env", "profile": "of-profile"}
URLS = {name: f"https://{name}.example" for name in KEYS} | {"default": "https://api.arize.com"}
PROFILE = "[auth]\napi_key = 'of-profile'\n[routing]\napi_host = 'profile.example'\n"


@pytest.fixture
def host(served: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Host and port of a served account that the environment does not name."""
    monkeypatch.delenv("ARIZE_BASE_URL")
    monkeypatch.delenv("ARIZE_API_KEY")
    return served.url.removeprefix("http://")


def test_three_ways_to_set_a_key(ax: Ax) -> None:
    """With nothing set, the error names the three ways to set a key, and the sandbox that needs none."""
    error, hint = ax("list").refused(1)
    assert error == "no API key is set"
    for way in ("ARIZE_API_KEY", "~/.arize/profiles/default.toml", "--api-key", "sandbox:"):
        assert way in hint


# Which of key (K) and endpoint (E) the options and the profile give -> where both come from when the
# environment gives nothing, K, E, or both: option, variable, profile, default; or why it is refused. The last
# column is for a profile that is named, where the environment does not count.
MATRIX = """
options profile | -     K     E     KE    | named
-       -       | none  vd    none  vv    | none
-       K       | pd    vd    mixed vv    | pd
-       E       | none  mixed none  vv    | none
-       KE      | pp    mixed mixed vv    | pp
K       -       | od    od    ov    ov    | od
K       K       | od    od    ov    ov    | od
K       E       | op    op    ov    ov    | op
K       KE      | op    op    ov    ov    | op
E       -       | none  vo    none  vo    | none
E       K       | po    vo    po    vo    | po
E       E       | none  vo    none  vo    | none
E       KE      | po    vo    po    vo    | po
KE      -       | oo    oo    oo    oo    | oo
KE      K       | oo    oo    oo    oo    | oo
KE      E       | oo    oo    oo    oo    | oo
KE      KE      | oo    oo    oo    oo    | oo
"""
SOURCES = {"o": "option", "v": "variable", "p": "profile", "d": "default"}


def _cells() -> Iterator[tuple[str, str, str, str, str]]:
    """Give each cell of the matrix: options, variables, profile, who names the profile, and the outcome."""
    for line in MATRIX.splitlines()[2:]:
        (options, profile), by_variables, (named,) = (part.split() for part in line.split("|"))
        for variables, outcome in zip(("-", "K", "E", "KE"), by_variables, strict=True):
            yield options, variables, profile, "nobody", outcome
            yield options, variables, profile, "option", named
            is_both = variables != "-" and options != "KE"
            yield options, variables, profile, "variable", "both" if is_both else named


@pytest.mark.parametrize(("options", "variables", "of_profile", "named_by", "outcome"), [*_cells()])
def test_one_account(
    profile: Profile, options: str, variables: str, of_profile: str, named_by: str, outcome: str
) -> None:
    """Options win, each by itself; else key and endpoint come from one place, and a mix of two is refused."""
    profile(
        f"auth.api_key = {KEYS['profile'] if 'K' in of_profile else ''!r}\n"
        f"routing.api_host = {'profile.example' if 'E' in of_profile else ''!r}",
        active=True,
        name="mine",
    )
    given = Options(
        api_key=KEYS["option"] if "K" in options else None,
        base_url=URLS["option"] if "E" in options else None,
        profile="mine" if named_by == "option" else None,
    )
    env = {"ARIZE_PROFILE": "mine"} if named_by == "variable" else {}
    env |= {"ARIZE_API_KEY": KEYS["variable"]} if "K" in variables else {}
    env |= {"ARIZE_BASE_URL": URLS["variable"]} if "E" in variables else {}
    if outcome not in ("none", "mixed", "both"):
        found, (key, endpoint) = resolve(given, env), map(SOURCES.__getitem__, outcome)
        assert (found.api_key, found.base_url) == (KEYS[key], URLS[endpoint])
        return
    with pytest.raises(CommandError) as caught:
        resolve(given, env)
    words = {"none": ["API key"], "mixed": ["the profile 'mine'", "ARIZE_"], "both": [*env]}[outcome]
    assert caught.value.exit_code == 1
    assert [word for word in words if word not in caught.value.message] == []


DELETE = ["delete", "--email", "jane@example.com", "--force"]


@pytest.mark.usefixtures("jane")
def test_named_profile_beside_variables(ax: Ax, served: SandboxServer, staging: Sandbox) -> None:
    """A user is deleted in the account that --profile names, whatever account the environment names."""
    assert ax(*DELETE, "-p", "staging", ARIZE_PROFILE="gone").code == 0
    assert [entry.action for entry in staging.audit] == ["delete"]
    assert served.sandbox.requests == []


@pytest.mark.usefixtures("jane")
def test_key_missing_in_a_named_profile(ax: Ax, served: SandboxServer, profile: Profile) -> None:
    """A named profile without a key is an error, and never takes the environment's."""
    profile(
        f"routing.api_host = '{served.url.removeprefix('http://')}'\nrouting.api_scheme = 'http'", "staging"
    )
    error, hint = ax(*DELETE, "-p", "staging").refused(1)
    assert error == "the profile 'staging' has no API key"
    assert hint.startswith("Set auth.api_key in ~/.arize/profiles/staging.toml, or pass --api-key")
    assert served.sandbox.requests == []


@pytest.mark.usefixtures("jane")
def test_profile_of_a_variable(ax: Ax, host: str, served: SandboxServer, staging: Sandbox) -> None:
    """ARIZE_PROFILE names a profile, too; beside a variable of key or endpoint it is refused."""
    for name, value in (
        ("ARIZE_API_KEY", "k"),
        ("ARIZE_BASE_URL", f"http://{host}"),
        ("ARIZE_REGION", "eu-west-1a"),
    ):
        error, _ = ax(*DELETE, ARIZE_PROFILE="staging", **{name: value}).refused(1)
        assert error.startswith(f"ARIZE_PROFILE and {name} are set")
    assert (served.sandbox.requests, staging.requests) == ([], [])
    assert ax(*DELETE, ARIZE_PROFILE="staging", ARIZE_API_PORT="0").code == 0
    assert [entry.action for entry in staging.audit] == ["delete"]


@pytest.mark.usefixtures("jane")
def test_mixed_sources(ax: Ax, host: str, served: SandboxServer, profile: Profile) -> None:
    """Nothing is sent where the key is of the environment and the endpoint of the profile, or the reverse."""
    profile(f"auth.api_key = 'sandbox-admin'\nrouting.api_host = '{host}'\nrouting.api_scheme = 'http'")
    error, _ = ax(*DELETE, ARIZE_API_KEY="sandbox-admin").refused(1)
    assert error == "the API key is from ARIZE_API_KEY, but the endpoint is from the profile 'default'"
    error, hint = ax(*DELETE, ARIZE_BASE_URL=f"http://{host}").refused(1)
    assert error == "the API key is from the profile 'default', but the endpoint is from ARIZE_BASE_URL"
    assert "--profile" in hint
    assert served.sandbox.requests == []


def test_single_host_of_the_environment(ax: Ax, host: str, served: SandboxServer) -> None:
    """One host for all services, named as for Arize's SDKs, gets the requests of the command line, too."""
    name, _, port = host.partition(":")
    variables = {"ARIZE_SINGLE_HOST": name, "ARIZE_SINGLE_PORT": port, "ARIZE_API_SCHEME": "http"}
    ran = ax("list", "-v", ARIZE_API_KEY="sandbox-admin", **variables)
    assert (ran.code, len(served.sandbox.requests)) == (0, 1)
    (line,) = [line for line in ran.err.splitlines() if line.startswith("debug: endpoint: ")]
    assert line.endswith(", from ARIZE_SINGLE_HOST")
    error, _ = ax("list", ARIZE_API_KEY="k", ARIZE_BASE_DOMAIN="a.example", **variables).refused(1)
    assert error == "ARIZE_SINGLE_HOST and ARIZE_BASE_DOMAIN all name the endpoint"


def test_hosted_api(profile: Profile) -> None:
    """A profile that names the hosted API, as Arize's own CLI writes it, is no mix with a variable's key."""
    profile("auth.api_key = 'of-profile'\nrouting.api_host = 'api.arize.com'\nrouting.api_port = 0")
    found = resolve(Options(), {"ARIZE_API_KEY": "of-env"})
    assert (found.api_key, found.base_url) == ("of-env", URLS["default"])


LOCAL: list[tuple[Options, dict[str, str]]] = [
    (Options(), {"ARIZE_BASE_URL": "sandbox:"}),
    (Options(base_url="sandbox:"), {"ARIZE_API_KEY": "of-env"}),
    (Options(base_url="sandbox:", profile="default"), {}),
    (Options(base_url="sandbox:"), {"ARIZE_PROFILE": "default", "ARIZE_API_KEY": "of-env"}),
]


@pytest.mark.parametrize(("options", "env"), LOCAL)
def test_no_real_key_for_a_local_account(profile: Profile, options: Options, env: dict[str, str]) -> None:
    """A local account gets no real key, from wherever one could come, except from an option."""
    profile(PROFILE)
    assert (resolve(options, env).api_key, resolve(options, env).base_url) == (None, "sandbox:")
    assert resolve(options._replace(api_key="sandbox-member"), env).api_key == "sandbox-member"


@pytest.mark.parametrize("build", [ArizeClient, AsyncArizeClient])
def test_profiles_are_the_command_lines(
    home: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch, build: Any
) -> None:
    """The library reads neither profiles nor ARIZE_PROFILE."""
    profile(PROFILE, active=True)
    monkeypatch.setenv("ARIZE_PROFILE", "default")
    with pytest.raises(ConfigurationError, match="there is no API key"):
        build()
    assert repr(build(api_key="k")) == f"{build.__name__}(base_url='https://api.arize.com')"


def test_profile(ax: Ax, home: Path, host: str, profile: Profile) -> None:
    """Key, endpoint and format come from the profile, which is only read; -v says so, and hides the key."""
    routing = f"[routing]\napi_host = '{host}'\napi_scheme = 'http'\n"
    profile(f"auth.api_key = 'sandbox-admin'\n{routing}[output]\nformat = 'CSV'\n", active=True)
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    ran = ax("list", "-v")
    assert (ran.code, ran.out[:14]) == (0, "id,name,email,")
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before
    for setting in (f"endpoint: http://{host}, ", "api_key: "):
        assert f"debug: {setting}from the profile 'default'" in ran.err.splitlines()
    assert "sandbox-admin" not in ran.out + ran.err


def test_active_profile(profile: Profile) -> None:
    """The active profile is the one that `.active_profile` names; --profile names another."""
    profile(PROFILE)
    profile("auth.api_key = 'of-active'", "there", active=True)
    assert resolve(Options(), {}).api_key == "of-active"
    assert resolve(Options(profile="default"), {}).api_key == "of-profile"


_AUTH = "[auth]\napi_key = 'k'\n"
_HOSTED = f"{_AUTH}[routing]\napi_host = 'api.arize.com'\nregion = 'eu-west-1a'\n"
_UNUSABLE = "the profile 'default' cannot be used: "
_FILE = "~/.arize/profiles/default.toml"
_GIVE_A_URL = "Give --base-url an https:// URL"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[auth", f"{_UNUSABLE}it is not TOML: "),
        ("auth = 5", f"{_UNUSABLE}auth is not a table"),
        ("[auth]\nauth_method = 'oauth'", "no API key is set (the profile signs in by OAuth"),
        ("auth.api_key = '${MY_KEY}'", f"{_UNUSABLE}auth.api_key refers to MY_KEY, which is not set"),
        (f"{_AUTH}[output]\nformat = 'xml'", f"{_UNUSABLE}output.format 'xml' is not one of table"),
        (
            f"{_AUTH}[routing]\nregion = 'mars'",
            f"{_UNUSABLE}routing.region: 'mars' is not one of us-central-1a",
        ),
        (
            f"{_HOSTED}single_host = 'x'",
            f"{_UNUSABLE}routing.region and routing.single_host all name the endpoint",
        ),
        (
            f"{_HOSTED}single_port = 1",
            f"{_UNUSABLE}routing.region and routing.single_port all name the endpoint",
        ),
        (
            f"{_AUTH}[routing]\nbase_domain = 'x'\nsingle_host = 'y'\nsingle_port = 1",
            f"{_UNUSABLE}routing.single_host and routing.base_domain all name the endpoint",
        ),
        (
            f"{_AUTH}[routing]\nsingle_host = 'https://x'",
            f"{_UNUSABLE}routing.single_host: is not a host name",
        ),
        (
            f"{_AUTH}[routing]\napi_host = 'x'\napi_port = 70000",
            f"{_UNUSABLE}routing.api_port: '70000' is not a port",
        ),
        (
            "[auth]\napi_key = 'a b'",
            "the profile 'default' cannot be used: auth.api_key has blanks or line breaks inside",
        ),
    ],
)
def test_unusable_profile(ax: Ax, profile: Profile, text: str, said: str) -> None:
    """A profile that cannot be used is an error that names it, and never a guess."""
    profile(text)
    assert ax("list").refused(1)[0].startswith(said)


@pytest.mark.parametrize(
    ("routing", "url"),
    [
        # Arize's own CLI writes the default host and ports beside what overrides them.
        ("region = 'eu-west-1a'", "https://api.eu-west-1a.arize.com"),
        ("region = 'eu-west-1a'\napi_scheme = 'http'\napi_port = 8443", "https://api.eu-west-1a.arize.com"),
        ("single_host = 'on.premises'", "https://on.premises"),
        ("single_host = 'on.premises'\nsingle_port = 8443", "https://on.premises:8443"),
        ("single_host = 'on.premises'\nsingle_port = 8443\napi_port = 9443", "https://on.premises:9443"),
        ("single_host = 'on.premises'\nsingle_port = 0\napi_port = '0'", "https://on.premises"),
        ("single_host = '127.0.0.1'\napi_scheme = 'http'", "http://127.0.0.1"),
        ("base_domain = 'private.example'", "https://api.private.example"),
        ("single_port = 8443", "https://api.arize.com:8443"),
        ("single_host = ''\nbase_domain = ' '\nregion = ''", "https://api.arize.com"),
    ],
)
def test_overrides_in_a_profile(profile: Profile, routing: str, url: str) -> None:
    """A region, a single host or a base domain wins over the host that stands beside it in a profile."""
    profile(f"{_AUTH}[routing]\napi_host = 'api.arize.com'\n{routing}")
    assert resolve(Options(), {}).base_url == url


@pytest.mark.parametrize(
    ("routing", "url"),
    [
        ("api_scheme = 'http'", "http://api.arize.com"),
        ("api_port = 8443", "https://api.arize.com:8443"),
        ("single_port = 8443", "https://api.arize.com:8443"),
    ],
)
def test_no_host_in_a_profile(profile: Profile, routing: str, url: str) -> None:
    """Where a profile names no host, scheme and port are those of the hosted API, as for Arize's own CLI."""
    profile(f"{_AUTH}[routing]\n{routing}")
    assert resolve(Options(), {}).base_url == url


def test_profile_entries(profile: Profile) -> None:
    """An entry may refer to a variable, with a default where it is not set."""
    profile("[auth]\napi_key = '${MY_KEY}'\n[routing]\napi_host = '${MY_HOST:my.example}'\napi_port = 8443")
    settled = resolve(Options(), {"MY_KEY": "of-env"})
    assert (settled.api_key, settled.base_url) == ("of-env", "https://my.example:8443")


@pytest.mark.parametrize("entry", ["region", "api_host", "api_scheme", "api_port", "single_host"])
def test_unset_variable_of_an_endpoint(ax: Ax, profile: Profile, entry: str) -> None:
    """An endpoint that depends on a variable that is not set is an error, never the hosted API."""
    host = "" if entry == "api_host" else "api_host = '127.0.0.1'\n"
    profile(f"{_AUTH}[routing]\n{host}{entry} = '${{MY_PLACE}}'")
    error, hint = ax("list").refused(1)
    problem = f"routing.{entry} refers to MY_PLACE, which is not set"
    assert error == f"{_UNUSABLE}{problem} ({_FILE}, line {5 if host else 4})"
    assert hint == "Set MY_PLACE, or correct ~/.arize/profiles/default.toml."


@pytest.mark.parametrize("text", [None, "[auth"])
def test_needless_profile(ax: Ax, served: SandboxServer, profile: Profile, text: str | None) -> None:
    """An active profile that is missing or broken does not stop a command that needs nothing of it."""
    file = profile(text or "", "there", active=True)
    if text is None:
        file.unlink()
    assert ax("list", "-o", "json").code == 0
    error, _ = ax("list").refused(1)
    assert error.startswith("there is no profile 'there'" if text is None else "the profile 'there' cannot")
    assert ax("list", "--base-url", "sandbox:", ARIZE_API_KEY="").code == 0
    assert ax("list", "--base-url", "sandbox:", "--profile", "there").code == 1


@pytest.mark.parametrize(
    ("option", "value", "said", "todo"),
    [
        ("--api-key", "", "--api-key is blank", ""),
        ("--api-key", "  ", "--api-key is blank", ""),
        ("--profile", " ", "--profile: expected a name that is not blank", ""),
        ("--profile", "gone", "there is no profile 'gone'", ""),
        ("--profile", "../gone", "there is no profile '../gone'", ""),
        ("--profile", "a\0b", r"there is no profile 'a\x00b'", ""),
        ("--region", "mars-1", "--region: 'mars-1' is not one of us-central-1a", ""),
        (
            "--base-url",
            "sandbox://x.db",
            "--base-url: 'sandbox://x.db' is not how a local account",
            _GIVE_A_URL,
        ),
        ("ARIZE_BASE_URL", "SANDBOX:x.db", "ARIZE_BASE_URL: 'SANDBOX:x.db' is not how a local", _GIVE_A_URL),
        ("--base-url", "http://a.example", "--base-url: 'http://a.example' would send", _GIVE_A_URL),
        ("--base-url", "sandbox:/no/a.db", "--base-url: the local account cannot be opened", _GIVE_A_URL),
        ("ARIZE_MAX_RETRIES", "many", "ARIZE_MAX_RETRIES: expected a whole number", "Correct ARIZE_"),
        ("ARIZE_BASE_URL", "ftp://x", "ARIZE_BASE_URL: is not a well-formed URL", _GIVE_A_URL),
        ("ARIZE_REGION", "eu-west-1a", "ARIZE_BASE_URL and ARIZE_REGION all name the endpoint", "Unset all"),
    ],
)
def test_unusable_setting(
    ax: Ax, served: SandboxServer, option: str, value: str, said: str, todo: str
) -> None:
    """An option or a variable that cannot be used is an error that names it, and it is not ignored."""
    ran = ax("list", option, value) if option.startswith("-") else ax("list", **{option: value})
    error, hint = ran.refused(1)
    assert (error.startswith(said), hint.startswith(todo)) == (True, True)
    assert served.sandbox.requests == []


def test_sandbox_with_a_key(ax: Ax, account: Sandbox) -> None:
    """A local account knows its callers by key."""
    assert ax("list", ARIZE_API_KEY="sandbox-annotator").code == 4
    assert ax("list", "--api-key", "sandbox-member").code == 0


@pytest.mark.parametrize(
    "line",
    [
        "ax --base-url URL users list",
        "ax users --base-url URL list",
        "ax users list --base-url URL",
        "ax --base-url http://127.0.0.1:1 users --base-url URL list",
        "ax --region eu-west-1a users list --base-url URL",
        "arize-users --base-url URL list",
        "arize-users list --base-url URL",
    ],
)
def test_global_options_anywhere(ax: Ax, host: str, line: str) -> None:
    """Global options stand anywhere, and the nearest counts; `arize-users list` is `ax users list`."""
    program, *given = line.replace("URL", f"http://{host}").split()
    ran = ax(*given, "--api-key", "sandbox-admin", program=program)
    assert (ran.code, ran.out.count("@sandbox.example")) == (0, 3), ran.err


@pytest.mark.parametrize("python", ["default", "error"])
@pytest.mark.parametrize("line", [("settings",), ("settings", "--check"), ("users", "list", "-v")])
def test_no_proxy_is_warned_of_once(shell: Shell, line: tuple[str, ...], python: str) -> None:
    """An entry of NO_PROXY that cannot be read is named once, on a line like any other of ours."""
    nobody = "http://127.0.0.1:1"
    env = {"ARIZE_API_KEY": "a-key", "ARIZE_BASE_URL": "https://host.invalid", "ARIZE_MAX_RETRIES": "0"}
    env |= {"HTTPS_PROXY": nobody, "NO_PROXY": "a;b", "PYTHONWARNINGS": python}
    ran = shell("ax", *line, env=env)
    assert ran.code == (0 if line == ("settings",) else 8)
    said = [text for text in ran.err.splitlines() if "NO_PROXY" in text]
    assert len(said) == 1
    assert said[0].startswith("warning: NO_PROXY: 'a;b' cannot be read")
