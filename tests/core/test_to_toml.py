"""Deployments as a config.toml: it loads, and says the same."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lab
from csi_probe import config
from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import source, to_toml
from csi_probe.drivers.deployment import NvmeofWant, ShareWant, TargetGroupWant
from csi_probe.drivers.wants import as_config
from csi_probe.errors import ConfigError
from csi_probe.problem import Place
from csi_probe.tables import NOT_WRITTEN

EXAMPLES = sorted((Path(__file__).parents[1] / "drivers" / "examples").glob("*.yaml"))


@pytest.fixture
def load(tmp_path):
    def loaded(*deployments):
        path = tmp_path / "config.toml"
        path.write_text(to_toml.render(deployments), encoding="utf-8")
        return config.load(path)

    return loaded


def same(found, wanted):
    """Whether both want the same of the array, as far as config.toml can say it."""
    return all(
        written(getattr(found, name)) == written(getattr(wanted, name))
        for name in ("pools", "datasets", "nfs", "iscsi", "driver")
    )


def written(want):
    """A want without what is no key of config.toml."""
    if isinstance(want, tuple):
        return [written(one) for one in want]
    if not dataclasses.is_dataclass(want):
        return want
    fields = [field.name for field in dataclasses.fields(want) if field.metadata != NOT_WRITTEN]
    return {name: written(getattr(want, name)) for name in fields}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_becomes_a_config_that_wants_the_same(load, path):
    deployments = source.read([path]).deployments
    assert same(load(*deployments), as_config(config.Config(), deployments[0]))


def test_the_url_is_https_and_the_key_is_not_copied(load):
    found = load(lab.deployment(connection=lab.connection(scheme="ws", port=80, host="2001:db8::10"))).truenas
    assert (found.url, found.api_key.env) == ("https://[2001:db8::10]", "TRUENAS_API_KEY")
    assert load(lab.deployment(connection=lab.connection(port=8443))).truenas.url == "https://192.0.2.10:8443"
    assert "2-driver" not in to_toml.render([lab.deployment()])


def test_several_drivers_of_one_array_are_one_config(load):
    files = lab.deployment(
        protocols=("nfs",), iscsi=None, nfs=NfsWant(address="a"), datasets=(DatasetWant(name="tank/nfs"),)
    )
    found = load(lab.deployment(), files)
    assert (found.iscsi, found.nfs) == (lab.deployment().iscsi, files.nfs)
    assert [want.name for want in found.datasets] == ["tank/k8s/iscsi", "tank/nfs"]
    assert [want.name for want in found.pools] == ["tank"]


def test_what_one_config_cannot_say_stands_in_it_as_comments(load):
    second = lab.deployment(iscsi=IscsiWant(portals=(PortalWant(id=9, address="198.51.100.10"),)))
    elsewhere = lab.deployment(connection=lab.connection(host="192.0.2.99"), place=Place("other.yaml", 1, 1))
    groups = (TargetGroupWant(portal=2, initiator_group=3), TargetGroupWant(portal=4, initiator_group=6))
    first = lab.deployment(target_groups=groups)
    text = to_toml.render([first, second, elsewhere])
    assert "#id = 9" in text
    assert "# The driver gives its targets this group: portal 4, initiator group 6, none" in text
    assert "# Left out, because it is for another array: other.yaml:1:1" in text
    assert same(load(first, second, elsewhere), as_config(config.Config(), first))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"smb": ("nas",)}, "# SMB from nas"),
        ({"nvmeof": NvmeofWant(portals=(("nas", 4420),))}, "# NVMe-oF at nas, port 4420"),
        ({"nvmeof": NvmeofWant(port_ids=(1,))}, "# the NVMe-oF port with the id 1"),
        ({"nfs": NfsWant(address="a", also=("b",))}, "# NFS from b too"),
        ({"nfs": NfsWant(address="a")}, "# new NFS shares admit everyone"),
        (
            {"nfs": NfsWant(address="a"), "shares": (ShareWant(networks=("192.0.2.0/24",), classes=("x", "y")),)},
            "# new NFS shares of x, y admit 192.0.2.0/24",
        ),
        ({}, f"# the SSH login of csi on {lab.ADDRESS}, port 22"),
        (
            {"target_groups": (TargetGroupWant(portal=None, initiator_group=None),)},
            "# The driver gives its targets this group: portal (the first one), initiator group (the first one), none",
        ),
        (
            {"iscsi": IscsiWant(portals=(PortalWant(address="a", first=True),))},
            "# The driver takes the array's first portal, whichever that is.",
        ),
    ],
)
def test_what_config_toml_has_no_key_for_stands_in_it_as_a_comment(load, changes, line):
    deployment = lab.deployment(**changes)
    assert line in to_toml.render([deployment]).splitlines()
    assert load(deployment)


def test_chap_without_a_tag_is_a_comment_because_the_config_would_not_load(load):
    deployment = lab.deployment(iscsi=IscsiWant(portals=(PortalWant(id=2, address="a"),), auth="chap"))
    assert '#auth = "chap"' in to_toml.render([deployment])
    assert load(deployment).iscsi.auth == "none"


def test_without_a_host_the_config_says_what_is_to_be_written(load):
    with pytest.raises(ConfigError, match=r"truenas\.url: it is empty"):
        load(lab.deployment(connection=None))


def test_a_driver_without_portals_has_no_iscsi(load):
    assert load(lab.deployment(iscsi=IscsiWant(portals=()))).iscsi is None


@given(st.text(), st.text(min_size=1))
def test_no_text_breaks_out_of_its_place(name, address):
    text = to_toml.render([lab.deployment(place=Place(name, 1, 1), nfs=NfsWant(address=address))])
    tables = tomllib.loads(text)
    assert tables["nfs"]["address"] == address
    assert set(tables) == {"driver", "truenas", "pools", "datasets", "nfs", "iscsi"}
