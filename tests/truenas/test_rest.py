"""REST, where the simulated TrueNAS cannot go: other servers' answers, and what is sent to whom."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import respx

from csi_probe.contact import Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.facts import Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas.interview import recognize
from csi_probe.truenas.line import Line
from csi_probe.truenas.questions import NFS_CONFIG, POOLS, SERVICES

from .conftest import config

KEY = Secret("1-key-of-canary")
UI = httpx.Response(302, headers={"Location": "https://127.0.0.1/ui/"})


@contextmanager
def nas(routes):
    """A line to a server that answers so: path -> response, or a function of the request; and the requests it gets."""
    requests: list[httpx.Request] = []

    def answer(request):
        requests.append(request)
        response = routes[request.url.path]
        return response(request) if callable(response) else response

    with respx.mock(assert_all_called=False) as mock, Line(config("https://127.0.0.1"), Deadline(2.0)) as line:
        mock.route().mock(side_effect=answer)
        yield line, requests


def era(line):
    with ExitStack() as stack:
        return recognize(line, stack)


def refusal(act, *args) -> Trouble:
    with pytest.raises(EndpointError) as caught:
        act(*args)
    assert "key-of-canary" not in str(caught.value)
    return caught.value.trouble


def keyed(response):
    return lambda request: response if "Authorization" in request.headers else httpx.Response(401)


def rest(**answers):
    """A REST-era NAS that knows the key; `answers` by the last part of the path."""
    routes = {"/api/versions": UI, "/api/v2.0/system/version": keyed(httpx.Response(200, json="TrueNAS-13.0-U6.8"))}
    return routes | {f"/api/v2.0/{name}": httpx.Response(200, json=answer) for name, answer in answers.items()}


def test_the_key_goes_only_where_one_was_wanted_before():
    with nas(rest(pool=[])) as (line, requests):
        client = era(line)
        client.login(None, KEY)
        client.ask([POOLS])
    assert [(request.url.path, "Authorization" in request.headers) for request in requests] == [
        ("/api/versions", False),
        ("/api/v2.0/system/version", False),
        ("/api/v2.0/system/version", True),
        ("/api/v2.0/pool", True),
    ]
    assert {request.method for request in requests} == {"GET"}


def test_filters_go_in_the_body_of_a_get():
    with nas(rest(service=[])) as (line, requests):
        era(line).ask([SERVICES])
    assert json.loads(requests[-1].content) == {"query-filters": SERVICES.params[0]}


@pytest.mark.parametrize(
    ("response", "trouble"),
    [
        (httpx.Response(200, text="<html>"), Trouble.NOT_TRUENAS),
        (httpx.Response(200, json={"versions": []}), Trouble.NOT_TRUENAS),
        (httpx.Response(200, json=[1]), Trouble.NOT_TRUENAS),
        (httpx.Response(200, json=[]), Trouble.NOT_TRUENAS),
        (httpx.Response(302, headers={"Location": "https://elsewhere/login"}), Trouble.NOT_TRUENAS),
        (httpx.Response(307, headers={"Location": "https://elsewhere/api/versions"}), Trouble.NOT_TRUENAS),
        (httpx.Response(401), Trouble.NOT_TRUENAS),
        (httpx.Response(500), Trouble.NOT_TRUENAS),
        (httpx.Response(403), Trouble.ALLOW_LIST),
        (httpx.Response(503), Trouble.BOOTING),
    ],
)
def test_what_does_not_answer_as_a_truenas_is_not_spoken_to_again(response, trouble):
    with nas({"/api/versions": response}) as (line, requests):
        assert refusal(era, line) is trouble
    assert len(requests) == 1


@pytest.mark.parametrize("status", [200, 302, 404])
def test_a_rest_api_that_wants_no_key_is_no_truenas(status):
    routes = {"/api/versions": httpx.Response(404), "/api/v2.0/system/version": httpx.Response(status, json="x")}
    with nas(routes) as (line, _):
        assert refusal(era, line) is Trouble.NOT_TRUENAS


@pytest.mark.parametrize(
    ("response", "trouble"),
    [
        (httpx.Response(401), Trouble.KEY_WRONG),
        (httpx.Response(403), Trouble.KEY_DENIED),
        (httpx.Response(403, html="<html>403 Forbidden</html>"), Trouble.ALLOW_LIST),
        (httpx.Response(200, html="<html>"), Trouble.BROKEN_ANSWER),
        (httpx.Response(500, text="key-of-canary"), Trouble.BROKEN_ANSWER),
    ],
)
def test_what_rest_says_to_the_key_it_says_once(response, trouble):
    with nas({"/api/versions": UI, "/api/v2.0/system/version": keyed(response)}) as (line, requests):
        assert refusal(era(line).login, None, KEY) is trouble
    assert sum("Authorization" in request.headers for request in requests) == 1


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(404), "has no /pool"),
        (httpx.Response(422, json={"message": "no"}), "HTTP 422"),
        (httpx.Response(502), "HTTP 502"),
        (httpx.Response(200, text="half"), "not JSON"),
    ],
)
def test_one_bad_answer_costs_only_itself(response, words):
    with nas(rest(service=[]) | {"/api/v2.0/pool": response}) as (line, _):
        replies = era(line).ask([POOLS, SERVICES])
    assert words in replies[POOLS.method].answer.reason
    assert replies[SERVICES.method].answer == Known([])


def test_a_connection_lost_midway_takes_the_rest_with_it_for_its_own_reason():
    def drop(request):
        raise httpx.ReadError("reset")

    with nas(rest(pool=[]) | {"/api/v2.0/service": drop}) as (line, _):
        replies = era(line).ask([POOLS, SERVICES, NFS_CONFIG])
    assert replies[POOLS.method].answer == Known([])
    assert not replies[SERVICES.method].answer.blocked_by
    assert isinstance(replies[NFS_CONFIG.method].answer, Missing)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (httpx.ConnectTimeout("x"), Trouble.TIMEOUT),
        (httpx.ReadError("x"), Trouble.UNREACHABLE),
        (httpx.RemoteProtocolError("illegal status line"), Trouble.BROKEN_ANSWER),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), Trouble.UNREACHABLE),
    ],
)
def test_errors_of_http_are_named(error, trouble):
    with nas({"/api/versions": lambda request: (_ for _ in ()).throw(error)}) as (line, _):
        assert refusal(era, line) is trouble
