"""Which endpoints a run visits: each once, and each login once."""

from __future__ import annotations

import pytest

import lab
from csi_probe.config import Config, NodeWant, Ssh, TrueNAS
from csi_probe.deadline import Deadline
from csi_probe.drivers.wants import as_config, wants
from csi_probe.errors import ConfigError
from csi_probe.secret import GivenSecret, Secret, SecretSource
from csi_probe.visits import Visits

NODE = NodeWant(name="worker-1", local=True)


def nas(url=f"https://{lab.ADDRESS}", key="1-probe", **changes):
    return TrueNAS(url=url, api_key=GivenSecret(Secret(key)), **changes)


@pytest.fixture
def visits(tmp_path):
    (tmp_path / "empty").touch()
    ssh = Ssh(known_hosts=tmp_path / "empty", config_file=tmp_path / "empty")

    def made(config=None):
        return Visits(config or Config(ssh=ssh), ("pool.query",), Deadline(5.0), lambda _: None)

    return made


def test_without_an_array_there_is_nothing_to_visit(visits):
    found = visits()
    assert found.array(Config()) is None
    assert found.key(lab.deployment(connection=None)) is None
    assert found.shell(lab.deployment(ssh=None)) is None
    assert found.jobs == {}


def test_two_drivers_with_one_key_log_in_once(visits):
    found = visits()
    jobs = [found.array(want) for want in wants(Config(), [lab.deployment(), lab.deployment()])]
    keys = [found.key(lab.deployment()), found.key(lab.deployment())]
    assert {*jobs, *keys} == {None, "truenas"}
    assert list(found.jobs) == ["truenas"]


def test_the_config_s_key_and_the_driver_s_are_two_logins(visits):
    config, found = Config(truenas=nas()), visits()
    assert {found.array(want) for want in wants(config, [lab.deployment()])} == {"truenas"}
    assert found.key(lab.deployment()) == "key of driver freenas-iscsi"
    assert list(found.jobs) == ["truenas", "key of driver freenas-iscsi"]


@pytest.mark.parametrize("url", [f"https://{lab.ADDRESS}", f"https://{lab.ADDRESS}:443", f"https://{lab.ADDRESS}/"])
def test_one_key_for_both_is_one_login_however_the_url_is_written(visits, url):
    found = visits()
    found.array(Config(truenas=nas(url, key="2-driver")))
    assert found.key(lab.deployment()) == "truenas"
    assert list(found.jobs) == ["truenas"]


@pytest.mark.parametrize(
    ("ours", "connection", "name"),
    [
        ({"fingerprint": "0" * 64}, {}, "certificate of driver freenas-iscsi"),
        ({"verify": False}, {}, "certificate of driver freenas-iscsi"),
        ({}, {}, None),
        ({"verify": False}, {"verify": False}, None),
        ({"verify": False}, {"scheme": "http"}, None),
        ({"verify": False}, {"host": "192.0.2.99"}, None),
    ],
    ids=[
        "pinned",
        "not verified",
        "by the system",
        "the driver does not verify",
        "the driver speaks http",
        "elsewhere",
    ],
)
def test_what_only_the_probe_trusts_is_looked_at_as_the_driver_does(visits, ours, connection, name):
    found = visits(Config(truenas=nas(**ours)))
    assert found.certificate(lab.deployment(connection=lab.connection(**connection))) == name


def test_two_arrays_are_two_visits_with_names_of_their_own(visits):
    found = visits()
    other = lab.deployment(connection=lab.connection(host="192.0.2.99"))
    jobs = [found.array(as_config(Config(), one)) for one in (lab.deployment(), other)]
    assert jobs == ["truenas", "truenas (2)"]


def test_two_drivers_of_one_name_have_visits_of_their_own(visits):
    found = visits()
    assert [found.shell(lab.deployment()) for _ in range(2)] == [
        "ssh of driver freenas-iscsi",
        "ssh of driver freenas-iscsi (2)",
    ]
    keys = [found.key(lab.deployment(connection=lab.connection(key=Secret(key)))) for key in ("3-a", "4-b")]
    assert keys == ["key of driver freenas-iscsi", "key of driver freenas-iscsi (2)"]


def test_a_name_is_resolved_once_and_an_address_not_at_all(visits):
    found = visits()
    assert [found.name(host) for host in ("192.0.2.10", "nas", "nas")] == [None, "name nas", "name nas"]
    assert list(found.jobs) == ["name nas"]


def test_a_node_is_visited_once_whatever_the_drivers_need(visits):
    config, found = Config(nodes=(NODE,)), visits()
    assert found.node(NODE, wants(config, [lab.deployment(), lab.deployment(driver="truenas-csi")])) == "node worker-1"
    assert list(found.jobs) == ["node worker-1"]


def test_a_secret_that_cannot_be_read_is_an_error_before_anything_is_asked(visits):
    unreadable = TrueNAS(url="https://nas", api_key=SecretSource(env="NO_SUCH_VARIABLE"))
    with pytest.raises(ConfigError, match="NO_SUCH_VARIABLE"):
        visits().array(Config(truenas=unreadable))
