"""Which account a command works on, and with which key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arize_users.cli.settings import Options, resolve
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax
from .servers import Scripted, page

PROFILE = "[auth]\napi_key = 'of-profile'\n[routing]\napi_host = 'profile.example'\n"
URL, ENV_URL = "https://option.example", {"ARIZE_BASE_URL": "https://env.example"}
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


def _of(host: str, key: str = "sandbox-admin") -> str:
    return f"[auth]\napi_key = '{key}'\n[routing]\napi_host = '{host}'\napi_scheme = 'http'\n"


def _first_line(ax: Ax, *arguments: str) -> str:
    """Run `list` with settings that cannot be used, and give the error."""
    ran = ax("list", *arguments)
    assert (ran.code, ran.out) == (1, "")
    error, _ = ran.err.splitlines()
    return error.removeprefix("error: ")


def test_three_ways_to_set_a_key(ax: Ax) -> None:
    """With nothing set, the error names the three ways to set a key, and the sandbox that needs none."""
    assert _first_line(ax) == "no API key is set"
    hint = ax("list").err.splitlines()[1]
    for way in ("ARIZE_API_KEY", "~/.arize/profiles/default.toml", "--api-key", "sandbox:"):
        assert way in hint


@pytest.mark.parametrize(
    ("options", "env", "expected"),
    [
        ({}, {}, ("of-profile", "https://profile.example", None)),
        ({}, {"ARIZE_API_KEY": "of-env"}, ("of-env", "https://profile.example", None)),
        ({}, {"ARIZE_API_KEY": " "}, ("of-profile", "https://profile.example", None)),
        (
            {"api_key": "of-option"},
            {"ARIZE_API_KEY": "of-env"},
            ("of-option", "https://profile.example", None),
        ),
        # The client reads the endpoint's variables itself.
        ({}, ENV_URL, ("of-profile", None, None)),
        ({}, {"ARIZE_REGION": "eu-west-1a"}, ("of-profile", None, None)),
        ({}, {"ARIZE_API_HOST": "env.example"}, ("of-profile", None, None)),
        ({"base_url": URL}, ENV_URL, ("of-profile", URL, None)),
        ({"region": "eu-west-1a"}, ENV_URL, ("of-profile", None, "eu-west-1a")),
        # A local account has its own keys, which the client finds.
        ({}, {"ARIZE_BASE_URL": "sandbox:"}, (None, None, None)),
        ({"base_url": "sandbox:"}, {"ARIZE_API_KEY": "of-env"}, (None, "sandbox:", None)),
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


def test_profile(ax: Ax, host: str, profile: Profile) -> None:
    """Key, endpoint and output format come from the profile when nothing else gives them."""
    profile(_of(host) + "[output]\nformat = 'CSV'\n")
    ran = ax("list")
    assert ran.code == 0
    assert ran.out.startswith("id,name,email,")


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


def test_references(profile: Profile) -> None:
    """A profile may refer to variables of the environment, with a default for those not set."""
    profile("[auth]\napi_key = '${MY_KEY}'\n[routing]\napi_host = '${MY_HOST:my.example}'\napi_port = 8443")
    settled = resolve(Options(), {"MY_KEY": "of-env"})
    assert (settled.api_key, settled.base_url) == ("of-env", "https://my.example:8443")


def test_unset_variable_of_a_key(ax: Ax, profile: Profile) -> None:
    """A key that depends on a variable that is not set is a missing key, and the error says why."""
    profile("auth.api_key = '${MY_KEY}'")
    assert _first_line(ax) == "no API key is set (the profile refers to MY_KEY, which is not set)"


@pytest.mark.parametrize("entry", ["region", "api_host", "api_scheme", "api_port", "single_host"])
def test_unset_variable_of_an_endpoint(ax: Ax, profile: Profile, entry: str) -> None:
    """An endpoint that depends on a variable that is not set is an error, never the hosted API."""
    host = "" if entry == "api_host" else "api_host = '127.0.0.1'\n"
    profile(f"[auth]\napi_key = 'k'\n[routing]\n{host}{entry} = '${{MY_PLACE}}'")
    ran = ax("list")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f"error: the profile 'default' cannot be used: routing.{entry} refers to MY_PLACE, which is not set",
        "hint: Set MY_PLACE, or correct ~/.arize/profiles/default.toml.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[auth", "it is not TOML: "),
        ("auth = 5", "auth is not a table"),
        ("[auth]\napi_key = ['a']", "auth.api_key is not a text"),
        ("[auth]\napi_key = 'k'\n[output]\nformat = 'xml'", "output.format 'xml' is not one of table"),
        ("\udcff", "it is not TOML: "),
    ],
)
def test_unusable_profile(ax: Ax, profile: Profile, text: str, said: str) -> None:
    """A profile that cannot be used is one line of what, one of what to do, and never a guess."""
    profile(text)
    assert _first_line(ax).startswith(f"the profile 'default' cannot be used: {said}")
    hint = "hint: Correct ~/.arize/profiles/default.toml, or name another with --profile."
    assert ax("list").err.splitlines()[1] == hint


@pytest.mark.parametrize("other", ["single_host", "base_domain"])
def test_on_premises_key_stays_there(ax: Ax, profile: Profile, other: str) -> None:
    """A key for another server is not sent to the hosted API, whatever default host stands beside it."""
    routing = f"api_host = 'api.arize.com'\nregion = 'eu-west-1a'\n{other} = 'arize.example.com'"
    profile(f"[auth]\napi_key = 'k'\n[routing]\n{routing}")
    assert f"routing.{other} is not read here" in _first_line(ax)


def test_region_beside_the_default_host(profile: Profile) -> None:
    """A profile's region counts, though Arize's own CLI writes the default host beside it."""
    profile("[auth]\napi_key = 'k'\n[routing]\napi_host = 'api.arize.com'\nregion = 'eu-west-1a'")
    settled = resolve(Options(), {})
    assert (settled.base_url, settled.region) == (None, "eu-west-1a")


def test_error_names_the_source(ax: Ax, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error about a setting names where the setting comes from."""
    profile("[auth]\napi_key = 'of profile'\n[routing]\nregion = 'US'")
    assert _first_line(ax).startswith("the profile 'default': 'US' is not one of us-central-1a")
    assert _first_line(ax, "--region", "mars-1").startswith("--region: 'mars-1' is not one of")
    assert _first_line(ax, "--base-url", URL).startswith("the profile 'default': holds characters")
    monkeypatch.setenv("ARIZE_MAX_RETRIES", "many")
    assert _first_line(ax, "--base-url", "sandbox:").startswith("ARIZE_MAX_RETRIES: expected a whole number")
    monkeypatch.setenv("ARIZE_BASE_URL", "ftp://x")
    assert _first_line(ax).startswith("ARIZE_BASE_URL: is not a well-formed URL")
    monkeypatch.setenv("ARIZE_REGION", "eu-west-1a")
    assert _first_line(ax) == "ARIZE_BASE_URL and ARIZE_REGION all name the endpoint"


def test_oauth_profile(ax: Ax, profile: Profile) -> None:
    """A profile that signs in by OAuth holds no key, and the error says that this is why."""
    profile("[auth]\nauth_method = 'oauth'")
    assert _first_line(ax).startswith("no API key is set (the profile signs in by OAuth")


@pytest.mark.parametrize("text", [None, "[auth"])
def test_needless_profile(
    ax: Ax, served: SandboxServer, profile: Profile, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """An active profile that is missing or broken does not stop a command that needs nothing of it."""
    file = profile(text or "", "there", active=True)
    if text is None:
        file.unlink()
    assert ax("list", "-o", "json").code == 0
    assert ax("list").code == 1
    monkeypatch.delenv("ARIZE_API_KEY")
    assert ax("list", "--base-url", "sandbox:").code == 0
    assert ax("list", "--base-url", "sandbox:", "--profile", "there").code == 1


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_options(ax: Ax, served: SandboxServer, blank: str) -> None:
    """A blank key or profile, as from a variable that is not set, is refused and not ignored."""
    assert _first_line(ax, "--api-key", blank) == "--api-key is blank"
    assert _first_line(ax, "--profile", blank).startswith("--profile: expected a name that is not blank")
    assert served.sandbox.requests == []


@pytest.mark.parametrize("name", ["gone", "../gone"])
def test_missing_profile(ax: Ax, home: Path, name: str) -> None:
    """A profile that is named and does not exist is an error, whoever named it."""
    (home / ".arize").mkdir()
    assert _first_line(ax, "--profile", name).startswith(f"there is no profile {name!r}")
    (home / ".arize/.active_profile").write_text(name)
    assert _first_line(ax).startswith(f"there is no profile {name!r}")


def test_sandbox_with_a_key(ax: Ax, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local account knows its callers by key."""
    monkeypatch.setenv("ARIZE_API_KEY", "sandbox-annotator")
    assert ax("list").code == 4
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
    """Global options stand before or after the command's name; the nearest one counts."""
    program, *given = line.replace("URL", f"http://{host}").split()
    ran = ax(*given, "--api-key", "sandbox-admin", program=program)
    assert ran.code == 0, ran.err


def test_verbose_shows_origins(ax: Ax, host: str, profile: Profile) -> None:
    """--verbose says where key and endpoint came from, never what the key is."""
    profile(_of(host, "sandbox-member"))
    ran = ax("list", "-v")
    assert "debug: API key: from the profile 'default'" in ran.err.splitlines()
    assert "debug: endpoint: from the profile 'default'" in ran.err.splitlines()
    assert "sandbox-member" not in ran.out + ran.err


def test_profiles_are_only_read(ax: Ax, home: Path, profile: Profile, scripted: Scripted) -> None:
    """Nothing is written to the folder of the profiles."""
    profile("auth.api_key = 'k'", active=True)
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    scripted.answer(200, page())
    assert ax("list").code == 0
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before
