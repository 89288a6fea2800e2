"""`ax settings`: what the commands work with, where it comes from, and whose account it is."""

from __future__ import annotations

import pytest

from arize_users.sandbox import Sandbox, SandboxServer

from .runs import Ax, Profile, Ran, Scripted

LONG_KEY = "ak-0f2c1a9e-aaaa-bbbb-cccc-9d8e7f6a5b4c"


def _settings(ran: Ran) -> dict[str, tuple[str, str]]:
    """Read the settings that a run shows as JSON."""
    assert ran.code == 0, ran.err
    return {row["setting"]: (row["value"], row["source"]) for row in ran.json["settings"]}


def test_settings(ax: Ax, served: SandboxServer, profile: Profile) -> None:
    """`ax settings` shows each setting and where it comes from, hides the key, and sends nothing."""
    profile("output.format = 'json'", "mine", active=True)
    env = {"ARIZE_API_KEY": LONG_KEY, "ARIZE_PROXY_URL": "http://me:pa55@proxy.example:3128"}
    for program in ("ax", "arize-users"):
        ran = ax("settings", "-v", program=program, **env)
        assert _settings(ran) == {
            "profile": ("mine", "~/.arize/.active_profile"),
            "api_key": ("ak-0...5b4c", "ARIZE_API_KEY"),
            "endpoint": (served.url, "ARIZE_BASE_URL"),
            "verify": ("true", "the default"),
            "proxy": ("http://proxy.example:3128", "ARIZE_PROXY_URL"),
            "max_retries": ("0", "ARIZE_MAX_RETRIES"),
            "enum_case": ("auto", "the default"),
            "output": ("json", "the profile 'mine'"),
        }
        assert (LONG_KEY in ran.out + ran.err, "pa55" in ran.out + ran.err) == (False, False)
    assert served.sandbox.requests == []


def test_settings_of_options_and_profile(ax: Ax, staging: Sandbox) -> None:
    """Options and a named profile are shown as sources, too, in every format; a short key not at all."""
    ran = ax("settings", "-p", "staging", "--region", "eu-west-1a", "-o", "csv")
    rows = dict(line.split(",", 1) for line in ran.out.splitlines())
    assert rows["profile"] == "staging,the option --profile"
    assert rows["api_key"] == "[hidden],the profile 'staging'"
    assert rows["endpoint"] == "https://api.eu-west-1a.arize.com,the option --region"
    ran = ax("settings", "--api-key", "sandbox-admin", ARIZE_PROFILE="staging")
    lines = [line.split(maxsplit=2) for line in ran.out.splitlines()]
    assert ["profile", "staging", "ARIZE_PROFILE"] in lines
    assert ["api_key", "[hidden]", "the option --api-key"] in lines
    assert lines[3][2] == "the profile 'staging'"


def test_settings_check(ax: Ax, staging: Sandbox) -> None:
    """--check asks for one user, once, and shows the account's oldest, in every format."""
    oldest = {"email": "owner@sandbox.example", "name": "Sandbox Owner", "created_at": "2024-01-01T12:00:00Z"}
    ran = ax("settings", "-p", "staging", "--check", "-o", "json")
    assert {name: ran.json["oldest_user"][name] for name in oldest} == oldest
    sent = [(one.method, one.path, one.query) for one in staging.requests]
    assert sent == [("GET", "/v2/users", (("limit", "1"),))]
    for form in ("table", "csv"):
        shown = ax("settings", "-p", "staging", "--check", "-o", form).out
        assert [
            value for value in [*oldest.values(), ran.json["oldest_user"]["id"]] if value not in shown
        ] == []


def test_settings_check_fails(ax: Ax, scripted: Scripted) -> None:
    """A refusal ends --check as it ends any command; an account that lists nobody is no error."""
    for status, hint in (
        (401, "Check the API key"),
        (403, "Use the key of an admin"),
        (404, "Check the endpoint"),
    ):
        scripted.set_answer(status, {"status": status, "title": "Refused"})
        assert ax("settings", "--check").refused(4)[1].startswith(hint)
    scripted.set_answer(200, {"users": [], "pagination": {"has_more": False}})
    assert ax("settings", "--check", "-o", "json").json["oldest_user"] is None
    assert "oldest_user.email" in ax("settings", "--check").out


@pytest.mark.parametrize(
    ("name", "is_named"),
    [
        ("ARIZE_API_URL", True),
        ("ARIZE_ENDPOINT", True),
        ("ARIZE_OTLP_HOST", False),
        ("ARIZE_SPACE_ID", False),
    ],
)
def test_unread_variable(ax: Ax, served: SandboxServer, name: str, is_named: bool) -> None:
    """A variable that looks like routing but is not read is named in one line, unless an option decides."""
    ran = ax("list", "-o", "json", **{name: "https://x.example"})
    assert (ran.code, ran.err.count("\n"), name in ran.err) == (0, int(is_named), is_named)
    assert ax("list", "-o", "json", "--base-url", served.url, **{name: "https://x.example"}).err == ""
