"""What the program says about itself."""

from __future__ import annotations

import json

import pytest

from csi_probe import listing
from csi_probe.config import Options
from csi_probe.errors import ConfigError
from csi_probe.truenas.roles import ROLES
from csi_probe_checks import CHECKS

NODE_MODE = '[[nodes]]\nname = "here"\nlocal = true\n'
NAS_ONLY = '[truenas]\nurl = "https://nas"\napi_key = { env = "KEY" }\n'


@pytest.fixture
def config(tmp_path):
    def _config(text):
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        return tmp_path / "config.toml"

    return _config


def roles(text):
    return [line.split()[0] for line in text.splitlines()]


def test_the_list_has_every_check_in_the_order_of_the_report():
    lines = listing.checks("text").splitlines()
    assert [line.split()[0] for line in lines] == [check.id for check in CHECKS]
    assert lines[0].endswith("the run looks at nodes")


def test_the_list_as_json_has_every_explanation():
    found = json.loads(listing.checks("json"))
    assert [item["id"] for item in found] == [check.id for check in CHECKS]
    assert all(item["asked"] and item["why"] and item["mend"] for item in found)
    exists = next(item for item in found if item["id"] == "pool.exists")
    assert (exists["subject"], exists["asks"], exists["roles"]) == ("Pool", ["pool.query"], ["POOL_READ"])


def test_the_list_knows_no_other_format():
    with pytest.raises(ConfigError, match='there is no format "xml"; there are: text, json'):
        listing.checks("xml")


def test_a_check_is_explained_with_its_roles_on_lines_that_fit():
    text = listing.explain("iscsi.portal-listens")
    assert text.startswith("iscsi.portal-listens: the portal listens on the wanted address and port\n\nAsked: ")
    assert [word for word in ("Asked:", "Why:", "Mend:", "Roles:") if f"\n{word}" in text] == [
        "Asked:",
        "Why:",
        "Mend:",
        "Roles:",
    ]
    assert "SHARING_ISCSI_PORTAL_READ" in text
    assert max(map(len, text.splitlines())) <= 96


def test_a_check_without_a_role_says_so():
    assert listing.explain("node.login").endswith("Roles: none")


@pytest.mark.parametrize(("id_", "hint"), [("pool.exist", 'did you mean "pool.exists"?'), ("%", "List them with")])
def test_a_check_that_does_not_exist_is_named_with_the_nearest(id_, hint):
    with pytest.raises(ConfigError) as caught:
        listing.explain(id_)
    assert str(caught.value).startswith(f'there is no check "{id_}"')
    assert hint in str(caught.value)


# --- privileges


def test_without_a_config_privileges_are_those_of_all_checks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert set(roles(listing.privileges(None, Options()))) == {
        ROLES[m] for check in CHECKS for m in check.asks if m in ROLES
    }


def test_privileges_are_read_roles_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert all(role.endswith("_READ") for role in roles(listing.privileges(None, Options())))


def test_privileges_follow_the_selection(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert roles(listing.privileges(None, Options(only=("pool.*",), skip=("pool.free",)))) == ["POOL_READ"]


def test_privileges_follow_the_config(config):
    assert roles(listing.privileges(config(NAS_ONLY), Options())) == ["API_KEY_READ"]
    assert listing.privileges(config(NODE_MODE), Options()) == "no roles: nothing is asked of TrueNAS"


def test_a_role_is_printed_with_the_questions_that_need_it(config):
    text = listing.privileges(config(f'{NAS_ONLY}[[pools]]\nname = "tank"\n'), Options(only=("pool.*",)))
    assert [line.split(maxsplit=1) for line in text.splitlines()] == [
        ["DATASET_READ", "pool.dataset.query"],
        ["POOL_READ", "pool.query"],
    ]


def test_a_pattern_that_matches_nothing_is_an_error_here_too(config):
    with pytest.raises(ConfigError, match='no check matches "zzz"'):
        listing.privileges(config(NAS_ONLY), Options(only=("zzz",)))
