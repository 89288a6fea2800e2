"""Refusals by who speaks: what the API's own word settles, and that nobody else's settles anything.

| status        | the API's word                              | anyone else's                               |
|---------------|---------------------------------------------|---------------------------------------------|
| 404           | no such user: NOT_FOUND in a batch, and     | nothing: a restart, an ingress or a wrong   |
|               | deleted after a lost answer to a delete     | base URL answers so, too                    |
| 400, 422      | not understood: a create whose answer was   | nothing: a filter on the way knows neither  |
|               | lost was not carried out, either; the other | what the API did before nor how it spells   |
|               | case of values is tried                     |                                             |
| 404, 409      | understood: the case of values is learnt    | nothing                                     |
| 401           | ends a batch in which nothing was deleted   | the same: what is not sent is not attempted |
| 403           | eight of them first end a batch             | the same                                    |
| 429           | all wait, and the request is sent again     | the same: who limits lets no request pass   |
| 502, 503, 504 | sent again where that is safe               | the same                                    |
| any other     | the request failed                          | the same                                    |
| 2xx           | done, where it is as documented             | unknown; see test_changes.py                |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.account import Connect
from support.answers import SIGN_IN_PAGE, SPEAKERS, Answer, Reply, ok, page, problem, raw, user

from arize_users import (
    APIStatusError,
    BulkUserDeletionResult,
    NotFoundError,
    ResponseDecodeError,
    UnauthorizedError,
    outcomes_of,
)
from arize_users.errors import NOT_FROM_API, status_error_class

from .simulated_calls import CALLS, EMAIL, ID, NOT_REPEATABLE

pytestmark = pytest.mark.usefixtures("no_backoff")

STATUSES = [300, 302, 400, 401, 403, 404, 405, 409, 410, 418, 422]
"""Those after which no request is sent again; what is, the last refusal shows as well."""
READS = ["list", "get", "get by email"]
UNKNOWN_ROUTE: dict[str, Callable[[int], Reply]] = {
    "unknown route": lambda status: problem(status, error_code="ROUTE_NOT_FOUND")
}
LOST = httpx.ReadTimeout("lost")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("speaker", SPEAKERS)
def test_nobody_else_settles_an_outcome(connect: Connect, speaker: str, call: str) -> None:
    """What something between refuses is an error of its class: nobody is found, gone, changed or made."""
    for status in STATUSES:
        for lost in [False] if call in NOT_REPEATABLE else [False, True]:
            client = connect([LOST] * lost + [SPEAKERS[speaker](status)], max_retries=1)
            with pytest.raises(APIStatusError) as caught:
                CALLS[call](client.users)
            error = caught.value
            assert type(error) is status_error_class(status)
            assert (error.is_from_api, str(error).count(NOT_FROM_API)) == (False, 1)
            assert error.body == SPEAKERS[speaker](status).content
            assert len(client.recorder.sent) == 1 + lost
            outcomes = outcomes_of(error)
            if call in READS:
                assert outcomes is None
                continue
            assert error.maybe_applied is lost
            assert outcomes is not None
            assert [one.status for one in outcomes.results] == ["unknown" if lost else "failed"]


def _batch(connect: Connect, answers: list[Answer], **inputs: Any) -> BulkUserDeletionResult:
    client = connect(answers, max_retries=1)
    (result,) = client.users.bulk_delete(**inputs)
    assert len(client.recorder.sent) == len(answers)
    return result


@pytest.mark.parametrize("speaker", [*SPEAKERS, *UNKNOWN_ROUTE])
def test_nobody_else_settles_a_batch(connect: Connect, speaker: str) -> None:
    """In a batch a 404 of anyone else, or about a route, is failed with what came, unknown after a loss."""
    refusal = {**SPEAKERS, **UNKNOWN_ROUTE}[speaker](404)
    found = ok(page([user()]))
    for lost, status in (([], "failed"), ([LOST], "unknown"), ([problem(503)], "failed")):
        for result in (
            _batch(connect, [*lost, refusal], user_ids=[ID]),
            _batch(connect, [found, *lost, refusal], emails=[EMAIL]),
        ):
            assert (result.status, "404" in (result.error or "")) == (status, True)
            assert ("may be blocked all the same" in (result.error or "")) is bool(lost)
    assert _batch(connect, [refusal], emails=[EMAIL]).status == "failed"


@pytest.mark.parametrize("refusal", [problem(404), raw(problem(404).content, 404, content_type="text/plain")])
def test_the_apis_word_on_a_user(connect: Connect, refusal: Reply) -> None:
    """The API's own 404 of any content type is nobody, and deleted after an attempt that may have been."""
    assert _batch(connect, [refusal], user_ids=[ID]).status == "not_found"
    for lost in (LOST, problem(503), SPEAKERS["ingress"](503)):
        assert _batch(connect, [lost, refusal], user_ids=[ID]).status == "deleted"
        assert connect([lost, refusal], max_retries=1).users.delete(user_id=ID) is None
    for call in ("get", "update", "delete", "resend", "reset"):
        with pytest.raises(NotFoundError) as caught:
            CALLS[call](connect([refusal]).users)
        assert caught.value.is_from_api
        assert caught.value.is_about_user
    for call in ("list", "create, none"):
        with pytest.raises(NotFoundError) as caught:
            CALLS[call](connect([refusal]).users)
        assert (caught.value.is_from_api, caught.value.is_about_user) == (True, False)
        assert caught.value.is_about_route is (call == "list")


@pytest.mark.parametrize("status", [400, 422])
def test_the_apis_word_on_a_create(connect: Connect, status: int) -> None:
    """A create that the API does not understand was not carried out before, either."""
    client = connect([LOST, problem(status)], max_retries=1, enum_case="lower")
    with pytest.raises(APIStatusError) as caught:
        CALLS["create, email_link"](client.users)
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    assert ([one.status for one in outcomes.results], caught.value.maybe_applied) == (["failed"], False)


@pytest.mark.parametrize("second", [problem(403), problem(409), SPEAKERS["ingress"](404)])
def test_the_apis_word_on_a_spelling(connect: Connect, second: Reply) -> None:
    """A spelling that the API does not understand was not carried out, whoever refuses the other one."""
    client = connect([LOST, problem(400), second], max_retries=1, judged=False)
    with pytest.raises(APIStatusError) as caught:
        CALLS["create, email_link"](client.users)
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    assert ([one.status for one in outcomes.results], caught.value.maybe_applied) == (["failed"], False)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
@pytest.mark.parametrize("speaker", SPEAKERS)
def test_nobody_else_knows_a_spelling(connect: Connect, speaker: str, status: int) -> None:
    """A refusal of anyone else to the other case is what comes out, and teaches the client no case."""
    client = connect([problem(400), SPEAKERS[speaker](status), problem(403)], judged=False)
    for expected in (status, 403):
        with pytest.raises(APIStatusError) as caught:
            CALLS["create, none"](client.users)
        assert caught.value.status_code == expected
    modes = [sent.body["invite_mode"] for sent in client.recorder.sent]
    assert modes == ["none", "NONE", "none"]


@pytest.mark.parametrize("speaker", ["ingress", "empty"])
def test_anyone_stops_requests(connect: Connect, speaker: str) -> None:
    """A 401, eight times 403 and a 429 of anyone stop or delay requests, which settles none of them."""
    speak = SPEAKERS[speaker]
    client = connect(lambda _: speak(401))
    with pytest.raises(UnauthorizedError) as caught:
        client.users.bulk_delete(user_ids=["a", "b", "c"], max_concurrency=1)
    outcomes = outcomes_of(caught.value)
    assert outcomes is not None
    assert [one.status for one in outcomes.results] == ["failed", "not_attempted", "not_attempted"]
    results = connect(lambda _: speak(403)).users.bulk_delete(user_ids=[*"abcdefghijk"], max_concurrency=1)
    assert [one.status for one in results] == ["failed"] * 8 + ["not_attempted"] * 3
    limited = Reply(429, [("retry-after", "0"), *speak(429).headers], speak(429).content)
    assert connect([limited, ok()], max_retries=1).users.reset_password(user_id=ID) is None


# A wrong base URL


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b"default backend - 404\n", "a text, 'default backend - 404'"),
        (b'{"message": "no Route"}', """JSON, '{"message": "no Route"}'"""),
        (SIGN_IN_PAGE, "an HTML page titled 'Sign in & go on'"),
        (b"<HTML><body>", "an HTML page"),
        (b"<html><title>" + b"x" * 200, f"an HTML page titled '{'x' * 80}...'"),
        (b" \n", "empty"),
        (b"\x1b[31m\xff", r"a text, '\x1b[31m�'"),
        (b"bad Bearer s3cret-key", "a text"),
        (b"unknown: ak-s3cret-1234567890-abc, go", "a text, 'unknown: [hidden], go'"),
        (b"x" * 70 + b" ak-s3cret-1234567890-abc", f"a text, '{'x' * 70} [hidden]'"),
        (b'{"temporary_password": "s3cret"}', "JSON"),
        (b"<html><title>token s3cret</title>", "an HTML page"),
    ],
    ids=repr,
)
def test_what_answers(connect: Connect, body: bytes, came: str) -> None:
    """A refusal in another form names the endpoint, what named it and what came, but nothing secret."""
    settings = {"base_url": "https://corp.example/arize", "judged": False}
    with pytest.raises(NotFoundError) as caught:
        connect([raw(body, 404)], **settings).users.get(user=ID)
    error = caught.value
    assert f"The answer from https://corp.example/arize is {came}: {NOT_FROM_API}." in error.message
    assert error.hint == "Check the base URL, which is from the argument base_url."
    assert (error.base_url, error.base_url_from) == ("https://corp.example/arize", "the argument base_url")
    with pytest.raises(ResponseDecodeError) as decoded:
        connect([raw(body, 200)], **settings).users.list()
    is_page = came.startswith("an HTML page")
    shown = came if is_page else came.partition(",")[0]
    assert f"The answer from https://corp.example/arize is {shown}: {NOT_FROM_API}." in str(decoded.value)
    assert "Check the base URL, which is from the argument base_url. The answer is" in str(decoded.value)
    assert "s3cret" not in str(error) + str(decoded.value)


def test_key_refused_by_anyone(connect: Connect) -> None:
    """A 401 of anyone else may be about the key as well as about the endpoint: a gateway may check keys."""
    with pytest.raises(UnauthorizedError) as caught:
        connect([Reply(401)]).users.list()
    assert caught.value.hint == (
        "Check the base URL, which is from the default. "
        "Check the API key (api_key or ARIZE_API_KEY) and that it belongs to this endpoint."
    )


@pytest.mark.parametrize(
    ("variables", "arguments", "source"),
    [
        ({}, {}, "the default"),
        ({}, {"region": "EU"}, "the argument region"),
        ({"ARIZE_REGION": "us"}, {}, "ARIZE_REGION"),
        ({"ARIZE_SINGLE_HOST": "corp.example"}, {}, "ARIZE_SINGLE_HOST"),
    ],
)
def test_what_named_the_endpoint(
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    arguments: dict[str, str],
    source: str,
) -> None:
    """The error says which argument or variable named the endpoint, also in a client with other options."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = connect([Reply(404)] * 2, **arguments)
    for one in (client, client.with_options(timeout=7)):
        with pytest.raises(NotFoundError, match=f"Check the base URL, which is from {source}") as caught:
            one.users.get(user=ID)
        assert f"{caught.value.base_url} is empty" in str(caught.value)


def test_v2_twice(connect: Connect) -> None:
    """A base URL that ends in /v2 is told by any 404 about the path, and nobody who exists is NOT_FOUND."""
    for refusal in (*(speak(404) for speak in SPEAKERS.values()), problem(404, title="Route not found")):
        client = connect(
            lambda _, refusal=refusal: refusal, base_url="https://corp.example/v2/", judged=False
        )
        with pytest.raises(
            NotFoundError, match=r"https://corp\.example/v2 is|path at https://corp\.example/v2"
        ) as caught:
            client.users.get(user=ID)
        assert caught.value.hint == (
            "Leave /v2 out of the base URL, which is from the argument base_url: each path begins with it."
        )
        assert client.users.bulk_delete(user_ids=[ID])[0].status == "failed"


ABOUT_ROUTES = [
    *[
        {"title": one}
        for one in ("Route not found", "No route", "Unknown path", "Path Not Found", "No such endpoint")
    ],
    *[
        {"title": one}
        for one in ("RouteNotFound", "URL not found", "The route does not exist", "Unknown route")
    ],
    *[
        {"error_code": one}
        for one in ("ROUTE_NOT_FOUND", "NO_ROUTE", "no-route", "UnknownRoute", "PATH_NOT_FOUND")
    ],
    *[{"type": one} for one in ("https://api.arize.com/problems/route-not-found", "urn:problem:no_route")],
    *[
        {"type": one}
        for one in ("https://x.example/errors#RouteNotFound/", "https://x.example/e?code=NO_ROUTE")
    ],
    *[{"detail": one} for one in ("No route for this path.", "There is no route GET /v2/v2/users.")],
    *[{"detail": one} for one in ("no Route matched with those values", "The API has no such path.")],
    *[{"detail": one} for one in ("No static resource v2/v2/users.", "No endpoint GET /v2/v2/users.")],
    *[{"detail": one} for one in ("The requested URL was not found on the server.", "Route not found")],
    *[{"detail": one} for one in ("Route GET:/v2/v2/users not found", "Cannot DELETE /v2/v2/users/x")],
    *[{"detail": one} for one in ("The route v2/v2/users could not be found.", "Endpoint '/x' not found")],
    *[{"title": one} for one in ("Invalid URL", "Unsupported route", "The endpoint doesn't exist")],
]
ABOUT_USERS: list[dict[str, Any]] = [
    {},
    *[
        {"detail": f"No user has the id {one}."}
        for one in ("no-route", "route_not_found", "'no route'", "no.route")
    ],
    *[{"detail": f"{one} is no user."} for one in ('"No route"', "no-route@x.example", "`no such path`")],
    *[
        {"title": one}
        for one in ("User not found", "User 'no route' not found", "no.route@x.example is unknown")
    ],
    *[
        {"type": one}
        for one in ("https://x.example/no/route/user-not-found", "https://no-route.example/user")
    ],
    *[{"error_code": one} for one in ("USER_NOT_FOUND", "NOT_FOUND", "PATH_PARAMETER_UNKNOWN")],
    *[{"detail": one} for one in ("The user is en route.", "There is no path back for a blocked user.")],
    *[{"detail": one} for one in ("User not found at path /v2/users/x.", "No user at this URL.")],
    *[{"detail": one} for one in ("The user my-url not found", "The user a.route was not found")],
    {"title": "Invalid path parameter"},
    {"instance": "/v2/users/route-not-found"},
]


@pytest.mark.parametrize("members", [*ABOUT_ROUTES, *ABOUT_USERS], ids=str)
def test_routes_and_users(connect: Connect, members: dict[str, Any]) -> None:
    """A problem about an unknown route says nothing of a user; one about a user may quote any word."""
    is_about_user = members in ABOUT_USERS
    with pytest.raises(NotFoundError) as caught:
        connect([problem(404, **members)]).users.delete(user_id=ID)
    error = caught.value
    assert (error.is_about_user, error.is_about_route) == (is_about_user, not is_about_user)
    assert ("The problem is about the path at https://api.arize.com, not about a user." in str(error)) is (
        not is_about_user
    )


@pytest.mark.parametrize("text", ["x", "url /", "'", "url ", "a-"])
def test_long_answers(connect: Connect, text: str) -> None:
    """However long a refusal is, it is understood at once."""
    refusals = [problem(404, title="No", detail=text * 100_000), raw(text.encode() * 100_000, 404)]
    client = connect(refusals)
    for is_from_api in (True, False):
        with pytest.raises(NotFoundError) as caught:
            client.users.get(user=ID)
        assert (caught.value.is_from_api, caught.value.is_about_user) == (is_from_api, is_from_api)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://sso.example/login?state=s3cret#s3cret", "'https://sso.example/login'"),
        ("https://me:s3cret@sso.example:8443/x;jsessionid=s3cret", "'https://sso.example:8443/x'"),
        ("/elsewhere", "'/elsewhere'"),
        ("http://[", "a malformed URL"),
    ],
)
def test_redirects(connect: Connect, location: str, shown: str) -> None:
    """A redirect's target is in the text, without what may be a secret, and whole in an attribute."""
    for call in ("get", "delete", "create, none"):
        client = connect([Reply(307, [("location", location)])])
        with pytest.raises(APIStatusError) as caught:
            CALLS[call](client.users)
        assert f"It redirects to {shown}, and is not followed." in caught.value.message
        assert caught.value.location == location
        assert "s3cret" not in str(caught.value)
        assert len(client.recorder.sent) == 1
    with pytest.raises(APIStatusError) as caught:
        connect([Reply(404, [("location", location)])]).users.get(user=ID)
    assert caught.value.location is None
