"""Profiles as editors and shells save them, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import certifi
import official
import pytest
from migration import page

from arize_users.cli.errors import CommandError
from arize_users.cli.options import Options
from arize_users.cli.settings import resolve
from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Profile, Ran, Shell

PROFILE = "[auth]\napi_key = 'of-profile'\n"
FILE = "~/.arize/profiles/default.toml"
UNUSABLE = "the profile 'default' cannot be used: "


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[auth]\napi_key = 'k", 2, "it is not TOML: "),
        ("[auth]\napi_key = 'k'\napi_key = 'l'", 3, "it is not TOML: "),
        ("# ours\n\n[auth\n", 3, "it is not TOML: "),
        ("[auth]\napi_key = [\n  'k',\n", 3, "it is not TOML: "),
        ("# ours\n# \udcff\n[auth]\napi_key = 'k'", 2, "it is not text in UTF-8"),
        ("# api_key\n[auth]\n# api_key\napi_key = 5.0", 4, "auth.api_key is not a text, but a number"),
        (
            "[auth]\napi_key = [\n'k'\n]\n[output]\n# api_key",
            2,
            "auth.api_key is not a text, but an array",
        ),
        ("[auth]\napi_key = true", 2, "auth.api_key is not a text, but true or false"),
        ("[auth]\napi_key = {a = 1}", 2, "auth.api_key is not a text, but a table"),
        ("[auth]\napi_key = 2026-03-01", 2, "auth.api_key is not a text, but a date or time"),
        ("x = 1\nauth = 5", 2, "auth is not a table"),
        ("[auth]\napi_key = 'k'\n[output]\nformat = 'xml'", 4, "output.format 'xml' is not one of table"),
        ("[auth]\napi_key = 'k'\n\n[routing]\nregion = 'mars'", 5, "routing.region: 'mars' is not one of"),
        (
            "[auth]\napi_key = 'k'\n[security]\nrequest_verify = 'maybe'",
            4,
            "security.request_verify 'maybe' is neither true nor false",
        ),
        (
            "[auth]\napi_key = 'k'\n[security]\nrequest_verify = 0.5",
            4,
            "security.request_verify is not a text, but a number",
        ),
        ("[auth]\napi_key = '\"a key\"'", 2, "auth.api_key has quotes round it"),
        ("[auth]\napi_key = 'k'\n[routing]\napi_host = 'a b'", 3, "routing is not a well-formed URL"),
        ("x = " + "[" * 5000, None, "it is not TOML that can be read: it is nested too deeply"),
        ('auth."a\\u0070i_key" = [5]', None, "auth.api_key is not a text"),
    ],
)
def test_line_of_what_is_wrong(ax: Ax, profile: Profile, text: str, line: int | None, said: str) -> None:
    """What cannot be used in a profile is named with its file, its line and what is wrong."""
    profile(text)
    error, hint = ax("list").refused(1)
    assert error.startswith(UNUSABLE + said)
    assert error.endswith(f"({FILE}, line {line})" if line else f"({FILE})")
    assert hint == f"Correct {FILE}, or name another with --profile."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks(home: Path, profile: Profile, encoding: str) -> None:
    """Profiles and the file that names the active one may be saved as Windows' editors and shells do."""
    profile(PROFILE)
    text = "[auth]\r\napi_key = 'of-łukasz'\r\n"
    profile("", "łukasz").write_bytes(text.encode(encoding))
    (home / ".arize/.active_profile").write_bytes("łukasz\r\n".encode(encoding))
    assert resolve(Options(), {}).api_key == "of-łukasz"
    assert resolve(Options(profile="łukasz"), {}).api_key == "of-łukasz"


@pytest.mark.parametrize("content", [b"sta\xffging", b"\xff\xfes", None])
def test_unreadable_name_of_the_active_profile(
    ax: Ax, home: Path, profile: Profile, served: SandboxServer, content: bytes | None
) -> None:
    """Where it cannot be read which profile is active, no other one takes its place."""
    profile(PROFILE)
    file = home / ".arize/.active_profile"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        resolve(Options(), {})
    assert caught.value.message.startswith("the active profile is not known: ")
    place = "~/.arize/.active_profile" if content is None else "~/.arize/.active_profile, line 1"
    assert caught.value.message.endswith(f"({place})")
    assert resolve(Options(profile="default"), {}).api_key == "of-profile"
    # A command that needs no profile needs no name of one either.
    assert ax("list", "-o", "json").code == 0
    assert ax("list", "--base-url", "sandbox:", ARIZE_API_KEY="").code == 0


def test_name_beyond_the_file_names(home: Path, profile: Profile, shell: Shell) -> None:
    """A profile whose name the system's file names cannot have is an error; no other takes its place."""
    profile(PROFILE)
    (home / ".arize/.active_profile").write_text("łukasz", "utf-8")
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    error, _ = shell("ax", "users", "list", env=env).refused(1)
    assert error.startswith(
        r"the profile '\u0142ukasz' cannot be used: the encoding of this system's file names"
    )


def verify_of(env: dict[str, str], *, options: Options | None = None) -> object:
    """Give what a command passes on as `verify`."""
    return resolve(options or Options(), env).verify


@pytest.mark.parametrize("entry", ["false", "'no'", "'FALSE'", "0", "'${OFF}'", "'${UNSET:off}'"])
def test_verification_turned_off_in_a_profile(profile: Profile, entry: str) -> None:
    """Certificates are not verified where the profile of the endpoint says so, as in Arize's CLI."""
    profile(f"{PROFILE}[security]\nrequest_verify = {entry}")
    assert verify_of({"OFF": "false"}) is False
    assert verify_of({"OFF": "false"}, options=Options(profile="default")) is False
    assert verify_of({"OFF": "false"}, options=Options(api_key="k", profile="default")) is False


@pytest.mark.parametrize("entry", ["true", "'yes'", "'TRUE'", "1", "'${ON}'"])
def test_verification_left_on_in_a_profile(profile: Profile, entry: str) -> None:
    """Certificates are verified where the profile says so, and as for any client where it does not say."""
    profile(f"{PROFILE}[security]\nrequest_verify = {entry}")
    assert verify_of({"ON": "on"}) is True
    for text in (PROFILE, f"{PROFILE}[security]\nrequest_verify = ''"):
        profile(text)
        assert verify_of({"ARIZE_REQUEST_VERIFY": "false"}) is None


def test_verification_of_another_endpoint(profile: Profile) -> None:
    """A profile turns nothing off for an endpoint that is named elsewhere."""
    profile(f"{PROFILE}[security]\nrequest_verify = false")
    assert verify_of({}, options=Options(base_url="https://other.example")) is None
    assert verify_of({}, options=Options(region="US", profile="default")) is None
    assert verify_of({"ARIZE_API_KEY": "k"}) is None
    assert verify_of({"ARIZE_API_KEY": "k", "ARIZE_API_HOST": "other.example"}) is None


@pytest.mark.parametrize(("entry", "variable"), [("false", "true"), ("true", "0"), ("'no'", "on")])
def test_verification_contradicted(ax: Ax, profile: Profile, entry: str, variable: str) -> None:
    """A profile and a variable that contradict each other are refused: neither wins unseen."""
    profile(f"{PROFILE}[security]\nrequest_verify = {entry}")
    env = {"ARIZE_API_KEY": "", "ARIZE_BASE_URL": "", "ARIZE_REQUEST_VERIFY": variable}
    error, hint = ax("list", **env).refused(1)
    said = "security.request_verify of the profile 'default' says the opposite"
    assert error == f"ARIZE_REQUEST_VERIFY is '{variable}', and {said}"
    assert hint == f"Unset ARIZE_REQUEST_VERIFY, or correct {FILE}."


def verify_shown(ran: Ran) -> tuple[str, str]:
    """Read what a run of `ax settings` shows of certificates."""
    (row,) = [one for one in ran.json["settings"] if one["setting"] == "verify"]
    return row["value"], row["source"]


def test_verification_shown(ax: Ax, profile: Profile, home: Path) -> None:
    """`ax settings` says whether certificates are verified, by which CAs, and what says so."""
    profile(f"{PROFILE}[security]\nrequest_verify = false")
    bundle = home / "ca.pem"
    bundle.write_text(Path(certifi.where()).read_text())
    bare = {"ARIZE_API_KEY": "", "ARIZE_BASE_URL": ""}
    other = ("--base-url", "https://other.example")
    for words, env, row in (
        ((), bare, ("false", "the profile 'default'")),
        (other, bare | {"REQUESTS_CA_BUNDLE": str(bundle)}, (str(bundle), "REQUESTS_CA_BUNDLE")),
        (other, bare | {"ARIZE_REQUEST_VERIFY": "0"}, ("false", "ARIZE_REQUEST_VERIFY")),
        (other, bare, ("true", "the default")),
    ):
        assert verify_shown(ax("settings", "-o", "json", *words, **env)) == row
    profile(f"{PROFILE}[security]\nrequest_verify = true")
    assert verify_shown(ax("settings", "-o", "json", **bare)) == ("true", "the profile 'default'")
    cas = {"REQUESTS_CA_BUNDLE": "/nowhere", "ARIZE_SSL_CA_CERT": str(bundle)}
    assert verify_shown(ax("settings", "-o", "json", **bare, **cas)) == (str(bundle), "ARIZE_SSL_CA_CERT")


def test_what_arizes_cli_writes(ax: Ax, staging: Sandbox, profile: Profile, home: Path) -> None:
    """All that `ax profiles create` of Arize's CLI writes is honoured, or has no meaning for users."""
    text = (home / ".arize/profiles/staging.toml").read_text().partition("[routing]")[2]
    profile(WHOLE.format(routing=text.strip()), "staging")
    ran = ax("list", "--profile", "staging")
    assert (ran.code, len(ran.json["users"])) == (0, 4)


WHOLE = """
[profile]
name = "staging"

[auth]
auth_method = "api-key"
api_key = "sandbox-admin"

[routing]
{routing}
app_host = "app.arize.com"
app_scheme = "https"
otlp_host = "otlp.arize.com"
otlp_scheme = "https"
flight_host = "flight.arize.com"
flight_port = "443"
flight_scheme = "grpc+tls"

[transport]
stream_max_workers = 8
stream_max_queue_bound = 5000
pyarrow_max_chunksize = 10000
max_http_payload_size_mb = 8

[security]
request_verify = true

[output]
format = "json"

[update]
check_interval_hours = 6.0
enabled = true
"""


NAMED = {name: row.verdict for row in page.rows() for name in row.names}
ENTRIES = json.loads((official.RECORDED / "surface.json").read_text(encoding="utf-8"))["profile entries"]


@pytest.mark.parametrize("entry", ENTRIES)
def test_entries_of_arizes_cli(ax: Ax, profile: Profile, entry: str) -> None:
    """An entry that is as in Arize's CLI is read, and refused where unusable; one that is gone is not."""
    key = "" if entry == "auth.api_key" else "auth.api_key = 'k'\n"
    profile(f"{key}{entry} = []")
    ran = ax("settings", ARIZE_API_KEY="", ARIZE_BASE_URL="")
    if NAMED[entry] == "gone":
        assert ran.code == 0
    else:
        assert NAMED[entry] == "same"
        assert f"{UNUSABLE}{entry} is not a text, but an array" in ran.err


def test_oauth(ax: Ax, profile: Profile) -> None:
    """A profile that signs in by OAuth is refused, and the reason is said."""
    profile("[auth]\nauth_method = 'oauth'\n[auth.oauth]\naccess_token = 'secret-token'")
    error, _ = ax("list", ARIZE_API_KEY="", ARIZE_BASE_URL="").refused(1)
    assert error == "no API key is set (the profile signs in by OAuth, which this program does not support)"
