"""What TrueNAS says to a login is told apart, and nothing of the key is repeated."""

from __future__ import annotations

import pytest

from csi_probe.contact import Login, Trouble
from csi_probe.errors import EndpointError
from csi_probe.secret import Secret
from csi_probe.truenas.fault import Fault, FaultError
from csi_probe.truenas.login import log_in

KEY = Secret("1-canary")


def answering(*results):
    """A `call` that gives these results one after the other; an exception is raised."""
    left = list(results)

    def call(method, *params):
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    return call


def refusal(username, *results) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        log_in(answering(*results), username, KEY)
    assert "canary" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("username", "fault", "trouble"),
    [
        ("u", Fault(-32001, 16, ""), Trouble.RATE_LIMITED),
        (None, Fault(-32001, 16, ""), Trouble.RATE_LIMITED),
        (None, Fault(-32601, 0, ""), Trouble.USERNAME_NEEDED),
        ("u", Fault(-32601, 0, ""), Trouble.BROKEN_ANSWER),
        ("u", Fault(-32001, 13, ""), Trouble.KEY_DENIED),
        ("u", Fault(-32001, 95, ""), Trouble.KEY_DENIED),
        ("u", Fault(-32602, 22, "[EINVAL] api_key 1-canary"), Trouble.BROKEN_ANSWER),
    ],
)
def test_faults(username, fault, trouble):
    assert refusal(username, FaultError(fault)).trouble is trouble


@pytest.mark.parametrize("result", [None, [], "SUCCESS", {}, {"response_type": "NEW"}, {"response_type": ["SUCCESS"]}])
def test_an_answer_that_is_no_login_s_is_not_a_success(result):
    assert refusal("u", result).trouble is Trouble.BROKEN_ANSWER


def test_a_one_time_password_cannot_be_given():
    assert refusal("u", {"response_type": "OTP_REQUIRED", "username": "u"}).trouble is Trouble.KEY_DENIED


@pytest.mark.parametrize("result", [False, None, "true", 1])
def test_only_true_is_a_yes_to_the_key_alone(result):
    assert refusal(None, result).trouble is Trouble.KEY_WRONG


def test_the_standby_says_where_the_active_controller_is():
    assert "https://a" in str(refusal("u", {"response_type": "REDIRECT", "urls": ["https://a"]}))


@pytest.mark.parametrize("roles", [["POOL_READ"], {"$set": ["POOL_READ"]}])
def test_roles_come_as_a_list_or_as_an_ejson_set(roles):
    info = {"pw_name": "csi-probe", "privilege": {"roles": roles}}
    expected = Login("csi-probe", frozenset({"POOL_READ"}))
    assert log_in(answering({"response_type": "SUCCESS", "user_info": info}), "u", KEY) == expected
    assert log_in(answering({"response_type": "SUCCESS", "user_info": None}, info), "u", KEY) == expected
    assert log_in(answering(True, info), None, KEY) == expected


def test_a_fault_keeps_nothing_of_the_trace():
    error = {"code": -32602, "message": "m", "data": {"error": 22, "reason": "r", "trace": {"frames": ["1-canary"]}}}
    assert Fault.of(error) == Fault(-32602, 22, "r")


@pytest.mark.parametrize("error", [None, "x", [], {}, {"data": []}, {"code": "a", "data": {"error": "b"}}])
def test_a_fault_can_be_read_from_anything(error):
    assert Fault.of(error).code == 0
