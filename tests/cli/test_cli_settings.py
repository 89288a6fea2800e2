"""Which account a command works on, and with which key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arize_users.cli.options import Options
from arize_users.cli.settings import resolve
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax

PROFILE = "[auth]\napi_key = 'of-profile'\n[routing]\napi_host = 'profile.example'\n"
URL, ENV_URL = "https://option.example", {"ARIZE_BASE_URL": "https://env.example"}
ENV_KEY = {"ARIZE_API_KEY": "of-env"}
Profile = Callable[..., Path]


@pytest.fixture
def profile(home: Path) -> Profile:
    """Write a profile; ``active`` makes it the active one."""

    def write(text: str, name: str = "default", *, active: bool = False) -> Path:
        file = home / ".arize/profiles" / f"{name}.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        if active:
            (home / ".arize/.active_profile").write_text(f"{name}\n")
        return file

    return write


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


@pytest.mark.parametrize(
    ("options", "env", "expected"),
    [
        ({}, {}, ("of-profile", "https://profile.example", None)),
        ({}, ENV_KEY, ("of-env", "https://profile.example", None)),
        ({}, {"ARIZE_API_KEY": " "}, ("of-profile", "https://profile.example", None)),
        ({"api_key": "of-option"}, ENV_KEY, ("of-option", "https://profile.example", None)),
        # The client reads the endpoint's variables itself.
        ({}, ENV_URL, ("of-profile", None, None)),
        ({}, {"ARIZE_REGION": "eu-west-1a"}, ("of-profile", None, None)),
        ({}, {"ARIZE_API_HOST": "env.example"}, ("of-profile", None, None)),
        ({"base_url": URL}, ENV_URL, ("of-profile", URL, None)),
        ({"region": "eu-west-1a"}, ENV_URL, ("of-profile", None, "eu-west-1a")),
        # A local account has its own keys, which the client finds.
        ({}, {"ARIZE_BASE_URL": "sandbox:"}, (None, None, None)),
        ({"base_url": "sandbox:"}, ENV_KEY, (None, "sandbox:", None)),
        ({"base_url": "sandbox:", "api_key": "of-option"}, {}, ("of-option", "sandbox:", None)),
    ],
)
def test_precedence(
    profile: Profile, options: dict[str, str], env: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    """Options win over the environment, and that over the profile; key and endpoint are found separately."""
    profile(PROFILE)
    settled = resolve(Options(**options), env)
    assert (settled.api_key, settled.base_url, settled.region) == expected


def test_profile(ax: Ax, home: Path, host: str, profile: Profile) -> None:
    """Key, endpoint and format come from the profile, which is only read; -v says so, and hides the key."""
    routing = f"[routing]\napi_host = '{host}'\napi_scheme = 'http'\n"
    profile(f"auth.api_key = 'sandbox-admin'\n{routing}[output]\nformat = 'CSV'\n", active=True)
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    ran = ax("list", "-v")
    assert (ran.code, ran.out[:14]) == (0, "id,name,email,")
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before
    for setting in ("endpoint", "API key"):
        assert f"debug: {setting}: from the profile 'default'" in ran.err.splitlines()
    assert "sandbox-admin" not in ran.out + ran.err


def test_active_profile(profile: Profile) -> None:
    """The active profile is the one that `.active_profile` names; --profile names another."""
    profile(PROFILE)
    profile("auth.api_key = 'of-active'", "there", active=True)
    assert resolve(Options(), {}).api_key == "of-active"
    assert resolve(Options(profile="default"), {}).api_key == "of-profile"


def test_overridden_profile(ax: Ax, served: SandboxServer, profile: Profile) -> None:
    """Where the environment wins over the profile that --profile names, notes say so."""
    profile(PROFILE, "there")
    notes = ax("list", "--profile", "there").err.splitlines()
    assert "note: ARIZE_API_KEY is set and wins over the key of the profile 'there'" in notes
    assert "note: ARIZE_BASE_URL is set and wins over the endpoint of the profile 'there'" in notes


_AUTH = "[auth]\napi_key = 'k'\n"
_HOSTED = f"{_AUTH}[routing]\napi_host = 'api.arize.com'\nregion = 'eu-west-1a'\n"
_UNUSABLE = "the profile 'default' cannot be used: "
_GIVE_A_URL = "Give --base-url an https:// URL"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[auth", f"{_UNUSABLE}it is not TOML: "),
        ("\udcff", f"{_UNUSABLE}it is not TOML: "),
        ("auth = 5", f"{_UNUSABLE}auth is not a table"),
        ("[auth]\napi_key = ['a']", f"{_UNUSABLE}auth.api_key is not a text"),
        ("[auth]\nauth_method = 'oauth'", "no API key is set (the profile signs in by OAuth"),
        ("auth.api_key = '${MY_KEY}'", f"{_UNUSABLE}auth.api_key refers to MY_KEY, which is not set"),
        (f"{_AUTH}[output]\nformat = 'xml'", f"{_UNUSABLE}output.format 'xml' is not one of table"),
        (f"{_AUTH}[routing]\nregion = 'US'", "the profile 'default': 'US' is not one of us-central-1a"),
        # A key for another server is never sent to the host that Arize's own CLI writes beside it.
        (f"{_HOSTED}single_host = 'x'", f"{_UNUSABLE}routing.single_host is not read here"),
        (f"{_HOSTED}base_domain = 'x'", f"{_UNUSABLE}routing.base_domain is not read here"),
        ("[auth]\napi_key = 'a b'", "the profile 'default': holds characters that no key has"),
    ],
)
def test_unusable_profile(ax: Ax, profile: Profile, text: str, said: str) -> None:
    """A profile that cannot be used is an error that names it, and never a guess."""
    profile(text)
    assert ax("list").refused(1)[0].startswith(said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Arize's own CLI writes the default host beside a region.
        (_HOSTED, ("k", None, "eu-west-1a")),
        (
            "[auth]\napi_key = '${MY_KEY}'\n[routing]\napi_host = '${MY_HOST:my.example}'\napi_port = 8443",
            ("of-env", "https://my.example:8443", None),
        ),
    ],
)
def test_profile_entries(profile: Profile, text: str, expected: tuple[str | None, ...]) -> None:
    """A region wins over a host; an entry may refer to a variable, with a default where it is not set."""
    profile(text)
    settled = resolve(Options(), {"MY_KEY": "of-env"})
    assert (settled.api_key, settled.base_url, settled.region) == expected


@pytest.mark.parametrize("entry", ["region", "api_host", "api_scheme", "api_port", "single_host"])
def test_unset_variable_of_an_endpoint(ax: Ax, profile: Profile, entry: str) -> None:
    """An endpoint that depends on a variable that is not set is an error, never the hosted API."""
    host = "" if entry == "api_host" else "api_host = '127.0.0.1'\n"
    profile(f"{_AUTH}[routing]\n{host}{entry} = '${{MY_PLACE}}'")
    error, hint = ax("list").refused(1)
    assert error == f"{_UNUSABLE}routing.{entry} refers to MY_PLACE, which is not set"
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
        ("--region", "mars-1", "--region: 'mars-1' is not one of us-central-1a", ""),
        ("--base-url", "http://a.example", "--base-url: 'http://a.example' would send", _GIVE_A_URL),
        ("--base-url", "sandbox:/no/a.db", "--base-url: the local account cannot be opened", _GIVE_A_URL),
        ("ARIZE_MAX_RETRIES", "many", "ARIZE_MAX_RETRIES: expected a whole number", "Correct ARIZE_"),
        ("ARIZE_BASE_URL", "ftp://x", "ARIZE_BASE_URL: is not a well-formed URL", _GIVE_A_URL),
        ("ARIZE_REGION", "eu-west-1a", "ARIZE_BASE_URL and ARIZE_REGION all name the endpoint", _GIVE_A_URL),
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
