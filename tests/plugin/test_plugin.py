"""The pytest plugin, as people use it who test their own code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

Run = Callable[..., tuple[dict[str, int], str]]
THEIRS = Path(__file__).with_name("somebodys_tests.py").read_text()


def test_the_fixtures_do_what_they_promise(expect_passed: Callable[..., None]) -> None:
    """Somebody's tests see one account through both clients and HTTP, and even `-W error` is quiet."""
    settings = {
        "ARIZE_API_KEY": "a-real-one",
        "ARIZE_REGION": "eu-west-1a",
        "ARIZE_PROFILE": "real",
        "ARIZE_API_URL": "https://arize.example",
        "ARIZE_ENUM_CASE": "upper",
        "ARIZE_SSL_CA_CERT": "/nowhere",
        "http_proxy": "http://127.0.0.1:1",
        "NO_PROXY": "elsewhere.example",
    }
    expect_passed(13, THEIRS, **settings)


def test_the_environment_is_given_back(expect_passed: Callable[..., None]) -> None:
    """After the test the settings of the machine are as they were."""
    tests = """
        import os

        before = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}

        def test_in_use(arize_sandbox_server):
            assert os.environ["ARIZE_BASE_URL"] == arize_sandbox_server.url
            assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "127.0.0.1,elsewhere.example"

        def test_afterwards():
            assert before == {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    """
    expect_passed(2, tests, ARIZE_BASE_URL="https://arize.example", NO_PROXY="elsewhere.example")


def test_the_option_chooses_the_generation_of_a_run(expect_passed: Callable[..., None]) -> None:
    """`--arize-enum-case upper` is the default of the marker, which beats it."""
    tests = """
        import httpx
        import pytest

        def first_status(server):
            headers = {"Authorization": f"Bearer {server.api_key}"}
            return httpx.get(f"{server.url}/v2/users", headers=headers).json()["users"][0]["status"]

        def test_as_the_run(arize_sandbox_server):
            assert first_status(arize_sandbox_server) == "ACTIVE"

        @pytest.mark.arize_enum_case("lower")
        def test_as_marked(arize_sandbox_server):
            assert first_status(arize_sandbox_server) == "active"
    """
    expect_passed(2, tests, "--arize-enum-case", "upper")


def test_a_marker_that_says_nothing_is_refused(run: Run) -> None:
    """A misspelt generation is an error of the test that says how to spell it."""
    tests = """
        import pytest

        @pytest.mark.arize_enum_case("UPPER")
        def test_misspelt(arize_sandbox): pass

        @pytest.mark.arize_enum_case
        def test_empty(arize_sandbox): pass

        @pytest.mark.arize_enum_case(case="upper")
        def test_named(arize_sandbox): pass
    """
    counts, output = run(tests)
    assert counts == {"errors": 3}
    assert output.count('mark with arize_enum_case("lower") or arize_enum_case("upper")') >= 3


def test_a_marker_gives_the_options_of_an_account(expect_passed: Callable[..., None]) -> None:
    """`arize_sandbox_options` sets what deployments differ in, beside the generation or with it."""
    tests = """
        import pytest
        from arize_users import ArizeClient, BadRequestError

        NEW = {"name": "Ada", "email": "ada@example.com", "role": "member", "invite_mode": "none"}

        @pytest.mark.arize_enum_case("upper")
        @pytest.mark.arize_sandbox_options(create_takes_is_developer=True, member_may_create=False)
        def test_beside(arize_sandbox):
            user = arize_sandbox.client.users.create(**NEW, is_developer=False)
            assert user.is_developer is False
            assert b"PREDEFINED" in arize_sandbox.requests[-1].body

        @pytest.mark.arize_sandbox_options(enum_case="upper")
        def test_with_it(arize_sandbox_server):
            with pytest.raises(BadRequestError):
                arize_sandbox_server.client.users.create(**NEW, is_developer=False)
            with ArizeClient(api_key="sandbox-member") as member:
                assert member.users.create(**NEW).created
    """
    expect_passed(2, tests)


def test_markers_add_up(expect_passed: Callable[..., None]) -> None:
    """Options for a module or class hold for a test with options of its own, which win."""
    tests = """
        import pytest
        from arize_users import BadRequestError

        NEW = {"name": "Ada", "email": "ada@example.com", "role": "member", "invite_mode": "email_link"}
        pytestmark = pytest.mark.arize_sandbox_options(sso_enforced=True, enum_case="lower")

        @pytest.mark.arize_sandbox_options(enum_case="upper")
        def test_both(arize_sandbox):
            user = arize_sandbox.client.users.create(**NEW)
            assert b"PREDEFINED" in arize_sandbox.requests[-1].body
            with pytest.raises(BadRequestError):
                arize_sandbox.client.users.resend_invitation(user_id=user.id)
    """
    expect_passed(1, tests)


@pytest.mark.parametrize("options", ['"upper"', "enum_case='Upper'", "member_may=True"])
def test_options_that_make_no_sense_are_refused(run: Run, options: str) -> None:
    """An option that Sandbox does not know is an error of the test that names the marker."""
    tests = f"""
        import pytest

        @pytest.mark.arize_sandbox_options({options})
        def test_wrong(arize_sandbox): pass
    """
    counts, output = run(tests)
    assert counts == {"error": 1}
    assert "mark with arize_sandbox_options and keyword arguments of Sandbox: " in output


def test_async_tests(expect_passed: Callable[..., None]) -> None:
    """Async tests use the async client on their own event loop, and its closing needs none."""
    tests = """
        import pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        async def test_in_process(arize_sandbox):
            arize_sandbox.add_user(email="ada@example.com")
            assert [user.email async for user in arize_sandbox.async_client.users.iter(email="ada")]

        async def test_over_http(arize_sandbox_server):
            from arize_users import AsyncArizeClient

            async with AsyncArizeClient() as client:
                assert await client.users.get(user="owner@sandbox.example")
            assert await arize_sandbox_server.async_client.users.list()
    """
    expect_passed(2, tests, "-p", "anyio")


def test_both_fixtures_and_the_marker_are_documented(run: Run) -> None:
    """`pytest --fixtures` and `--markers` say what there is."""
    _, fixtures = run("", "--fixtures")
    assert "arize_sandbox -- " in fixtures
    assert "arize_sandbox_server -- " in fixtures
    assert "no docstring" not in fixtures.partition("arize_sandbox")[2]
    _, markers = run("", "--markers")
    assert "arize_enum_case(case)" in markers
    assert "arize_sandbox_options(**options)" in markers


def test_the_plugin_is_announced_to_pytest() -> None:
    """An installation is enough: pytest finds the plugin by itself."""
    (found,) = [one for one in entry_points(group="pytest11") if one.value == "arize_users.testing"]
    assert found.load().arize_sandbox


def test_loading_the_plugin_costs_next_to_nothing() -> None:
    """Whoever has the package and does not use the fixtures pays for no client and no sandbox."""
    program = (
        "import pytest, sys; before = set(sys.modules); import arize_users.testing;"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}),"
        " 'arize_users.sandbox' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "['arize_users'] False\n"


def test_the_client_does_not_need_pytest() -> None:
    """The plugin is the only part that imports pytest."""
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "import arize_users\n"
        "with arize_users.ArizeClient(base_url='sandbox:') as client: client.users.list()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
