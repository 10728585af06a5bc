"""The simulated TrueNAS answers, and the probe asks, in the forms of TrueNAS's own JSON Schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from csi_probe.demo.eras import Era
from csi_probe.demo.rpc import Conversation

FOLDER = Path(__file__).parents[3] / "shared" / "contract"
FILES = {Era.V25_04: "truenas-25.04.json", Era.V25_10: "truenas-25.10.json", Era.V26: "truenas-26.0.json"}


@pytest.fixture(params=list(FILES), ids=str)
def era(request):
    return request.param


@pytest.fixture
def contract(era):
    path = FOLDER / FILES[era]
    if not path.exists():
        pytest.skip(f"TrueNAS's schemas are not at {path}")
    return json.loads(path.read_text())


def without_ejson(value):
    """The schemas describe TrueNAS's own values; on the wire a date is {"$date": milliseconds}."""
    if isinstance(value, dict):
        if value.keys() == {"$date"}:
            return datetime.fromtimestamp(value["$date"] / 1000, UTC).isoformat()
        return {key: without_ejson(item) for key, item in value.items()}
    return [without_ejson(item) for item in value] if isinstance(value, list) else value


def test_every_row_of_the_simulated_answers_is_of_the_schema(array, contract):
    checked = [method for method in array.answers if method in contract["result"]]
    for method in checked:
        answer = without_ejson(array.answers[method])
        for row in answer if isinstance(answer, list) else [answer]:
            jsonschema.validate(row, contract["result"][method])
    assert len(checked) >= 10


def test_every_field_of_the_schema_that_must_be_there_is_there(array, contract):
    """So that a simulated answer cannot be made to fit by leaving out what the schema does not know."""
    for method, schema in contract["result"].items():
        if array.answers.get(method) and schema.get("additionalProperties") is False:
            answer = array.answers[method]
            row = answer[0] if isinstance(answer, list) else answer
            assert set(schema["required"]) <= row.keys() <= set(schema["properties"])


def test_the_login_s_answers_are_of_the_schema(array, contract):
    for verdict in ("", "AUTH_ERR", "EXPIRED", "REDIRECT", *(["DENIED"] if array.era is Era.V26 else [])):
        array.manners.login = verdict
        sent = {"mechanism": "API_KEY_PLAIN", "username": array.username, "api_key": array.key}
        call = {"jsonrpc": "2.0", "id": 1, "method": "auth.login_ex", "params": [sent]}
        answer = json.loads(Conversation(array, Silent()).handle(json.dumps(call)))
        jsonschema.validate({"result": answer["result"]}, contract["result"]["auth.login_ex"])


def test_every_request_is_of_the_schema(array, contract, visit):
    requests = visit(array).nas.requests
    for method, params in requests:
        schema = contract["params"].get("*.query" if method.endswith(".query") else method)
        if schema:
            names = list(schema["properties"])
            assert len(params) <= len(names)
            jsonschema.validate(dict(zip(names, params, strict=False)), schema)
        else:
            assert params == []
    assert len(requests) > 10


class Silent:
    def asked(self, method, params):
        pass

    def logged_in(self):
        pass
