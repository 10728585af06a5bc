"""A deployment in the terms of config.toml: what it names is wanted, and its key goes over TLS or nowhere."""

from __future__ import annotations

import pytest

import lab
from csi_probe.config import Config, NfsWant, NodeWant, PoolWant, Run, TrueNAS
from csi_probe.drivers.wants import as_config, own_truenas, wants
from csi_probe.secret import Secret, SecretSource

NAS = TrueNAS(url="https://nas.example.org", api_key=SecretSource(env="KEY"))


def test_each_deployment_is_one_config_behind_the_config_itself():
    config = Config(nodes=(NodeWant(name="worker-1"),))
    own, first, second = wants(config, [lab.deployment(), lab.deployment(driver="tns-csi", variant="")])
    assert own is config
    assert (first.driver, second.driver) == ("democratic-csi", "tns-csi")
    assert first.nodes == second.nodes == config.nodes


def test_what_the_driver_names_takes_the_place_of_what_the_config_names():
    config = Config(truenas=NAS, pools=(PoolWant(name="ssd"),), nfs=NfsWant(address="a"), run=Run(deadline=7.0))
    found = as_config(config, lab.deployment())
    assert found.pools == (PoolWant(name="tank"),)
    assert (found.datasets, found.iscsi) == (lab.deployment().datasets, lab.deployment().iscsi)
    assert found.nfs is None
    assert found.protocols == ("iscsi",)
    assert found.run.deadline == 7.0


def test_the_configs_own_array_and_key_come_before_the_drivers():
    assert as_config(Config(truenas=NAS), lab.deployment()).truenas is NAS
    found = as_config(Config(), lab.deployment()).truenas
    assert (found.url, found.api_key.read("").reveal()) == ("https://192.0.2.10:443", "2-driver")


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"port": 8443}, "https://192.0.2.10:8443"),
        ({"scheme": "wss", "port": 8443}, "https://192.0.2.10:8443"),
        ({"scheme": "http", "port": 80}, "https://192.0.2.10:443"),
        ({"scheme": "ws", "port": 8080}, "https://192.0.2.10:443"),
        ({"host": "2001:db8::10"}, "https://[2001:db8::10]:443"),
        ({"host": "nas.example.org"}, "https://nas.example.org:443"),
    ],
)
def test_a_key_is_tried_over_tls_whatever_the_driver_does(changes, url):
    assert own_truenas(lab.connection(**changes)).url == url


@pytest.mark.parametrize(
    "host", ["nas example", "user@nas", "nas/x", "nas?x", "nas#x", "é", "192.0.2.10:443", "[::1", "a\nb"]
)
def test_what_is_no_host_is_not_asked(host):
    assert own_truenas(lab.connection(host=host)) is None


def test_a_certificate_is_verified_as_the_driver_verifies_it():
    assert own_truenas(lab.connection()).verify
    assert not own_truenas(lab.connection(verify=False)).verify
    assert own_truenas(lab.connection(ca_pem="PEM")).ca_pem == "PEM"
    assert own_truenas(lab.connection(ca_pem="PEM", verify=False)).ca_pem is None


@pytest.mark.parametrize("connection", [None, lab.connection(key=None, username="root", password=Secret("x"))])
def test_without_a_key_there_is_nothing_to_try(connection):
    assert own_truenas(connection) is None
    assert as_config(Config(), lab.deployment(connection=connection)).truenas is None


def test_the_driver_s_key_does_not_show():
    assert "2-driver" not in repr(as_config(Config(), lab.deployment()))
