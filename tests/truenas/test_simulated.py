"""The simulated TrueNAS is as strict as the real one where clients go wrong, and as careless with the key."""

from __future__ import annotations

import json

import pytest

from csi_probe.demo.array import healthy
from csi_probe.demo.rpc import Conversation

LOGIN = {"mechanism": "API_KEY_PLAIN", "username": "csi-probe"}


class Log:
    def asked(self, method, params):
        pass

    def logged_in(self):
        pass


def talk(era, *messages):
    """The answers of one connection to these messages; THE-KEY in a message stands for the right key."""
    array = healthy(era, (), ())
    conversation = Conversation(array, Log())
    texts = [text if isinstance(text, str) else json.dumps({"jsonrpc": "2.0", "id": 1, **text}) for text in messages]
    return [json.loads(conversation.handle(text.replace("THE-KEY", array.key))) for text in texts], array.key


def login(**changes):
    return {"method": "auth.login_ex", "params": [LOGIN | {"api_key": "THE-KEY"} | changes]}


def call(method, *params):
    return {"method": method, "params": list(params)}


@pytest.mark.parametrize(
    ("messages", "code", "errno"),
    [
        (["no json"], -32700, None),
        ([{"method": "pool.query", "params": {}}], -32600, None),
        ([call("pool.query")], -32001, 207),
        ([call("auth.me")], -32001, 207),
        ([call("pool.destroy")], -32601, None),
        ([login(), call("pool.query", [], {"unknown": 1})], -32602, 22),
        ([login(password="x")], -32602, 22),
        ([login(login_options={"reconnect_token": False})], -32602, 22),
    ],
)
def test_what_it_refuses(messages, code, errno):
    answers, key = talk("25.10", *messages)
    error = answers[-1]["error"]
    assert error["code"] == code
    assert (error.get("data") or {}).get("error") == errno
    assert (key in json.dumps(error)) is (errno is not None)


def test_an_option_of_26_is_taken_on_26():
    answers, _ = talk("26", login(login_options={"reconnect_token": False}))
    assert answers[0]["result"]["response_type"] == "SUCCESS"


@pytest.mark.parametrize("changes", [{"api_key": "1-wrong"}, {"username": "other"}])
def test_the_key_and_its_user_belong_together(changes):
    answers, _ = talk("25.10", login(**changes), call("system.version"))
    assert answers[0]["result"] == {"response_type": "AUTH_ERR"}
    assert answers[1]["error"]["data"]["errname"] == "ENOTAUTHENTICATED"


def test_filters_and_select_do_what_they_say():
    filters, options = [["id", "in", ["tank"]]], {"select": ["id", "type", "nothing"]}
    answers, _ = talk("25.10", login(), call("pool.dataset.query", filters, options))
    assert answers[1]["result"] == [{"id": "tank", "type": "FILESYSTEM"}]
