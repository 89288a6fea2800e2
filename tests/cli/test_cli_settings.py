"""Which account a run talks to, and with which key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from arize_users.cli.settings import Options, resolve
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax
from .servers import Scripted, page

PROFILES = ".arize/profiles"


@pytest.fixture
def profile(home: Path):
    """Write profile files; ``active`` makes one the active profile."""

    def write(text: str, name: str = "default", *, active: bool = False) -> None:
        (home / PROFILES).mkdir(parents=True, exist_ok=True)
        (home / PROFILES / f"{name}.toml").write_text(text)
        if active:
            (home / ".arize/.active_profile").write_text(f"{name}\n")

    return write


def _of(server: SandboxServer, key: str = "sandbox-admin") -> str:
    host = server.url.removeprefix("http://")
    return f"[auth]\napi_key = '{key}'\n[routing]\napi_host = '{host}'\napi_scheme = 'http'\n"


@pytest.fixture
def elsewhere() -> Sandbox:
    """Another account, with users of its own."""
    with Sandbox() as sandbox:
        sandbox.add_user(email="elsewhere@example.com", name="Else Where")
        with SandboxServer(sandbox) as server:
            yield server


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch, served: SandboxServer) -> SandboxServer:
    """A served account that the environment does not name."""
    monkeypatch.delenv("ARIZE_BASE_URL")
    monkeypatch.delenv("ARIZE_API_KEY")
    return served


def _is_elsewhere(ax: Ax, *arguments: str) -> bool:
    ran = ax("list", "-o", "json", *arguments)
    assert ran.code == 0, ran.err
    return any(user["email"] == "elsewhere@example.com" for user in ran.json["users"])


def test_three_ways_to_set_a_key(ax: Ax) -> None:
    """With nothing set, the error names the three ways to set a key, and the sandbox that needs none."""
    ran = ax("list")
    assert (ran.code, ran.out) == (1, "")
    error, hint = ran.err.splitlines()
    assert error == "error: no API key is set"
    for way in ("ARIZE_API_KEY", "~/.arize/profiles/default.toml", "--api-key", "sandbox:"):
        assert way in hint


def test_profile(ax: Ax, unset: SandboxServer, profile) -> None:
    """Key, endpoint and output format come from the profile when nothing else says them."""
    profile(_of(unset) + "[output]\nformat = 'CSV'\n")
    ran = ax("list")
    assert ran.code == 0
    assert ran.out.startswith("id,name,email,")


def test_active_profile(ax: Ax, unset: SandboxServer, elsewhere: SandboxServer, profile) -> None:
    """The active profile is the one that `.active_profile` names; --profile names another."""
    profile(_of(unset))
    profile(_of(elsewhere), "there", active=True)
    assert _is_elsewhere(ax)
    assert not _is_elsewhere(ax, "--profile", "default")


def test_environment_beats_profile(ax: Ax, served: SandboxServer, elsewhere: SandboxServer, profile) -> None:
    """The environment wins over the profile, and who named the profile is told so."""
    profile(_of(elsewhere), "there")
    assert not _is_elsewhere(ax)
    notes = ax("list", "--profile", "there").err.splitlines()
    assert "note: ARIZE_API_KEY is set and wins over the key of the profile 'there'" in notes
    assert "note: ARIZE_BASE_URL is set and wins over the endpoint of the profile 'there'" in notes


def test_options_beat_environment(ax: Ax, served: SandboxServer, elsewhere: SandboxServer) -> None:
    """An endpoint option wins over everything the environment says of endpoints."""
    assert _is_elsewhere(ax, "--base-url", elsewhere.url)


def test_region_beats_environment(ax: Ax, served: SandboxServer) -> None:
    """--region wins over ARIZE_BASE_URL: what it cannot be is an error, not ignored."""
    ran = ax("list", "--region", "mars-1")
    assert ran.code == 1
    assert ran.err.startswith("error: --region: 'mars-1' is not one of us-central-1a")
    assert served.sandbox.requests == []


def test_parts_from_several_places(
    ax: Ax, unset: SandboxServer, profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key may come from the profile and the endpoint from the environment."""
    profile("auth.api_key = 'sandbox-admin'")
    monkeypatch.setenv("ARIZE_BASE_URL", unset.url)
    assert ax("list").code == 0


def test_references(ax: Ax, unset: SandboxServer, profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile may refer to variables of the environment, with a default for those not set."""
    host, port = unset.url.removeprefix("http://").split(":")
    profile(
        "[auth]\napi_key = '${MY_KEY}'\n"
        f"[routing]\napi_host = '${{MY_HOST:{host}}}'\napi_scheme = 'http'\napi_port = {port}"
    )
    monkeypatch.setenv("MY_KEY", "sandbox-admin")
    assert ax("list").code == 0
    monkeypatch.delenv("MY_KEY")
    ran = ax("list")
    assert ran.code == 1
    assert ran.err.startswith("error: no API key is set (the profile refers to MY_KEY, which is not set)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[auth", "it is not TOML: "),
        ("auth = 5", "auth is not a table"),
        ("[auth]\napi_key = ['a']", "auth.api_key is not a text"),
        ("[auth]\napi_key = 'k'\n[output]\nformat = 'xml'", "output.format 'xml' is not one of table"),
        ("[auth]\napi_key = 'k'\n[routing]\nbase_domain = 'x.com'", "routing.base_domain is not read here"),
        ("\udcff", "it is not TOML: "),
    ],
)
def test_unusable_profile(ax: Ax, home: Path, text: str, said: str) -> None:
    """A profile that cannot be used is one line of what, one of what to do, and never a guess."""
    (home / PROFILES).mkdir(parents=True)
    (home / PROFILES / "default.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    ran = ax("list")
    assert (ran.code, ran.out) == (1, "")
    error, hint = ran.err.splitlines()
    assert error.startswith(f"error: the profile 'default' cannot be used: {said}")
    assert hint == "hint: Correct ~/.arize/profiles/default.toml, or name another with --profile."


@pytest.mark.parametrize("other", ["single_host", "base_domain"])
def test_on_premises_key_stays_there(ax: Ax, home: Path, profile, other: str) -> None:
    """A key for another server is not sent to the hosted API, whatever default host stands beside it."""
    routing = f"api_host = 'api.arize.com'\nregion = 'eu-west-1a'\n{other} = 'arize.example.com'"
    profile(f"[auth]\napi_key = 'k'\n[routing]\n{routing}")
    ran = ax("list")
    assert ran.code == 1
    assert f"routing.{other} is not read here" in ran.err


def test_region_beside_the_default_host(tmp_path: Path, home: Path, profile) -> None:
    """A profile's region counts, though Arize's own CLI writes the default host beside it."""
    profile("[auth]\napi_key = 'k'\n[routing]\napi_host = 'api.arize.com'\nregion = 'eu-west-1a'")
    settled = resolve(Options(), {})
    assert (settled.base_url, settled.region) == (None, "eu-west-1a")


@pytest.mark.parametrize("entry", ["region", "api_host", "api_scheme", "api_port", "single_host"])
def test_unset_variable_of_an_endpoint(ax: Ax, home: Path, profile, entry: str) -> None:
    """An endpoint that depends on a variable that is not set is an error, never the hosted API."""
    host = "" if entry == "api_host" else "api_host = '127.0.0.1'\n"
    profile(f"[auth]\napi_key = 'k'\n[routing]\n{host}{entry} = '${{MY_PLACE}}'")
    ran = ax("list")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f"error: the profile 'default' cannot be used: routing.{entry} refers to MY_PLACE, which is not set",
        "hint: Set MY_PLACE, or correct ~/.arize/profiles/default.toml.",
    ]


def test_error_names_the_source(ax: Ax, home: Path, profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that cannot be used is said to be from where it is from."""
    profile("[auth]\napi_key = 'k'\n[routing]\nregion = 'US'")
    ran = ax("list")
    assert ran.code == 1
    assert ran.err.startswith("error: the profile 'default': 'US' is not one of us-central-1a")
    monkeypatch.setenv("ARIZE_BASE_URL", "ftp://x")
    assert ax("list").err.startswith("error: ARIZE_BASE_URL: not a well-formed URL")


def test_oauth_profile(ax: Ax, home: Path, profile) -> None:
    """A profile that signs in by OAuth holds no key, and the error says that this is why."""
    profile("[auth]\nauth_method = 'oauth'")
    ran = ax("list")
    assert ran.code == 1
    assert ran.err.startswith("error: no API key is set (the profile signs in by OAuth")


@pytest.mark.parametrize("text", [None, "[auth"])
def test_profile_nobody_needs(
    ax: Ax, served: SandboxServer, home: Path, profile, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """An active profile that is missing or broken does not stop a run that needs nothing of it."""
    profile(text or "", "there", active=True)
    if text is None:
        (home / PROFILES / "there.toml").unlink()
    assert ax("list", "-o", "json").code == 0
    assert ax("list").code == 1
    monkeypatch.delenv("ARIZE_API_KEY")
    assert ax("list", "--base-url", "sandbox:").code == 0
    assert ax("list", "--base-url", "sandbox:", "--profile", "there").code == 1


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_options(ax: Ax, served: SandboxServer, blank: str) -> None:
    """A blank key or profile, as of a variable that is not set, is refused and not passed over."""
    ran = ax("list", "--api-key", blank)
    assert (ran.code, ran.err.splitlines()[0]) == (1, "error: --api-key is blank")
    assert "ARIZE_API_KEY, or auth.api_key in ~/.arize/profiles/default.toml, or pass --api-key" in ran.err
    ran = ax("list", "--profile", blank)
    assert ran.code == 1
    assert ran.err.startswith("error: --profile: expected a name that is not blank")
    assert served.sandbox.requests == []


@pytest.mark.parametrize("name", ["gone", "../gone"])
def test_missing_profile(ax: Ax, home: Path, name: str) -> None:
    """A profile that is named and not there is an error, whoever named it."""
    (home / ".arize").mkdir()
    assert ax("list", "--profile", name).err.startswith(f"error: there is no profile {name!r}")
    (home / ".arize/.active_profile").write_text(name)
    ran = ax("list")
    assert ran.code == 1
    assert ran.err.startswith(f"error: there is no profile {name!r}")


def test_sandbox_gets_no_real_key(ax: Ax, path: Path, account: Sandbox, profile) -> None:
    """A local account works without a key, and a profile's key does not reach it."""
    profile("auth.api_key = 'key-of-a-customer'")
    assert ax("list").code == 0


def test_sandbox_with_a_key(ax: Ax, path: Path, account: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local account knows its callers by key."""
    monkeypatch.setenv("ARIZE_API_KEY", "sandbox-annotator")
    assert ax("list").code == 4
    assert ax("list", "--api-key", "sandbox-member").code == 0


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("ax", ["--base-url", "{url}", "users", "list"]),
        ("ax", ["users", "--base-url", "{url}", "list"]),
        ("ax", ["users", "list", "--base-url", "{url}"]),
        ("ax", ["--base-url", "http://127.0.0.1:1", "users", "--base-url", "{url}", "list"]),
        ("ax", ["--region", "eu-west-1a", "users", "list", "--base-url", "{url}"]),
        ("arize-users", ["--base-url", "{url}", "list"]),
        ("arize-users", ["list", "--base-url", "{url}"]),
    ],
)
def test_global_options_anywhere(
    ax: Ax, unset: SandboxServer, program: str, arguments: Sequence[str]
) -> None:
    """Global options stand before or after the command's name; the nearest one counts."""
    given = [one.replace("{url}", unset.url) for one in arguments]
    position = given.index("list")
    ran = ax(*given[: position + 1], "--api-key", "sandbox-admin", *given[position + 1 :], program=program)
    assert ran.code == 0, ran.err


def test_one_endpoint_only(ax: Ax) -> None:
    """--base-url and --region together are a usage error."""
    ran = ax("list", "--base-url", "sandbox:", "--region", "eu-west-1a")
    assert ran.code == 2
    assert ran.err.startswith("error: --base-url and --region both name the endpoint")


def test_verbose_says_where_from(ax: Ax, unset: SandboxServer, profile) -> None:
    """--verbose says where key and endpoint came from, never what the key is."""
    profile(_of(unset, "sandbox-member"))
    ran = ax("list", "-v")
    assert "debug: API key: from the profile 'default'" in ran.err.splitlines()
    assert "debug: endpoint: from the profile 'default'" in ran.err.splitlines()
    assert "sandbox-member" not in ran.out + ran.err.replace("the profile", "")


def test_profiles_are_only_read(ax: Ax, home: Path, profile, scripted: Scripted) -> None:
    """Nothing is written to the folder of the profiles."""
    profile("auth.api_key = 'k'", active=True)
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    scripted.answer(200, page())
    assert ax("list").code == 0
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before
