"""The configuration: what it accepts, and errors that name file, line, key and the nearest valid key."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import tomllib
import types
import typing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csi_probe import config as configuration
from csi_probe.config import Config, Options, Run, find, load
from csi_probe.errors import ConfigError
from csi_probe.needs import DRIVERS
from csi_probe.secret import SecretSource
from csi_probe.tables import NOT_WRITTEN

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
NAS = '[truenas]\nurl = "https://nas"\napi_key = { env = "KEY" }\n'


@pytest.fixture
def write(tmp_path):
    def _write(text, mode="w"):
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8") if mode == "w" else path.write_bytes(text)
        return path

    return _write


def refused(path):
    """The error of `path`, without the folder in front."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return str(caught.value).replace(str(path), "config.toml")


# --- what it accepts


def test_an_empty_file_is_the_defaults(write):
    assert load(write("")) == Config()


def test_every_table_has_its_place(write):
    found = load(
        write(
            f'driver = "tns-csi"\nmax_clock_skew = 2\n{NAS}'
            '[[pools]]\nname = "tank"\nmin_free = "1.5GiB"\n'
            '[[datasets]]\nname = "tank/k8s"\nvolumes = "zvol"\nmin_free = 5\n'
            '[nfs]\naddress = "192.0.2.10"\nversions = ["3", "4.1"]\n'
            '[iscsi]\nauth = "chap"\nauth_tag = 5\n[[iscsi.portals]]\nid = 2\naddress = "2001:db8::10"\n'
            '[ssh]\nkey_file = "/etc/key"\npassphrase = { file = "/etc/passphrase" }\n'
            '[[nodes]]\nname = "a"\n[[nodes]]\nname = "b"\nlocal = true\n'
        )
    )
    assert found.needs is DRIVERS["tns-csi"]
    assert (found.max_clock_skew, type(found.max_clock_skew)) == (2.0, float)
    assert (found.truenas.host, found.truenas.port) == ("nas", 443)
    assert found.pools[0].min_free == 1.5 * 1024**3
    assert (found.datasets[0].volumes, found.datasets[0].min_free) == ("zvol", 5)
    assert found.nfs.versions == ("3", "4.1")
    assert (found.iscsi.portals[0].id, found.iscsi.portals[0].port) == (2, 3260)
    assert found.ssh.key_file == Path("/etc/key")
    assert found.ssh.passphrase == SecretSource(file="/etc/passphrase")
    assert [node.local for node in found.nodes] == [False, True]


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://nas", "nas", 443),
        ("https://nas:8443", "nas", 8443),
        ("https://nas/", "nas", 443),
        ("https://[2001:db8::10]:444", "2001:db8::10", 444),
        ("HTTPS://192.0.2.10", "192.0.2.10", 443),
    ],
)
def test_the_url_has_a_host_and_a_port(write, url, host, port):
    nas = load(write(NAS.replace("https://nas", url))).truenas
    assert (nas.host, nas.port) == (host, port)


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ("7", 7),
        ('"7"', 7),
        ('"1K"', 1024),
        ('"1 KiB"', 1024),
        ('"1Ki"', 1024),
        ('"1KB"', 1024),
        ('"0.5M"', 512 * 1024),
        ('"2G"', 2 * 1024**3),
        ('"1TiB"', 1024**4),
        ('"1P"', 1024**5),
        ("9007199254740993", 2**53 + 1),
    ],
)
def test_sizes(write, size, count):
    assert load(write(f'{NAS}[[pools]]\nname = "tank"\nmin_free = {size}\n')).pools[0].min_free == count


def test_the_three_places_of_a_secret(write):
    for place in ("env", "file", "credential"):
        text = NAS.replace("env", place)
        assert load(write(text)).truenas.api_key == SecretSource(**{place: "KEY"})


def test_a_pinned_fingerprint_may_have_colons(write):
    for digits in ("ab" * 32, ":".join(["AB"] * 32)):
        assert load(write(f'{NAS}fingerprint = "{digits}"\n')).truenas.fingerprint == digits


# --- what it refuses: file, line, key, reason


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "[truenas\n",
            "config.toml: not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 9)",
        ),
        ("a = 1\na = 2\n", "config.toml: not valid TOML: Cannot overwrite a value (at line 2, column 6)"),
        ("drivr = 'x'\n", 'config.toml:1: drivr: there is no such key; did you mean "driver"?'),
        ("\n[runn]\n", 'config.toml:2: runn: there is no such key; did you mean "run"?'),
        ("zzz = 1\n", "config.toml:1: zzz: there is no such key; there are: driver, max_clock_skew, run,"),
        (
            f"{NAS}[run]\n\ndead_line = 5\n",
            'config.toml:6: run.dead_line: there is no such key; did you mean "deadline"?',
        ),
        (
            '[[nodes]]\nname = "a"\n[[nodes]]\nnme = "b"\n',
            'config.toml:4: nodes[1].nme: there is no such key; did you mean "name"?',
        ),
        ("[[nodes]]\n", 'config.toml:1: nodes[0]: the key "name" is missing'),
        ('[[nodes]]\nname = "a"\n[[nodes]]\n', 'config.toml:3: nodes[1]: the key "name" is missing'),
        ("[iscsi]\n[[iscsi.portals]]\nid = 1\n", 'config.toml:2: iscsi.portals[0]: the key "address" is missing'),
        ("run = 5\n", "config.toml:1: run: wanted is a table, found is a number"),
        ("nodes = 5\n", "config.toml:1: nodes: wanted is a list, found is a number"),
        ("[run]\nonly = 'x'\n", "config.toml:2: run.only: wanted is a list, found is text"),
        ("[run]\nonly = ['x', 1]\n", "config.toml:2: run.only[1]: wanted is text, found is a number"),
        ("[run]\nstrict = 1\n", "config.toml:2: run.strict: wanted is true or false, found is a number"),
        ("[run]\nconcurrency = 1.5\n", "config.toml:2: run.concurrency: wanted is a whole number, found is a number"),
        (
            "[run]\nconcurrency = true\n",
            "config.toml:2: run.concurrency: wanted is a whole number, found is true or false",
        ),
        ("[run]\ndeadline = '5'\n", "config.toml:2: run.deadline: wanted is a number, found is text"),
        ("[run]\ndeadline = -5\n", "config.toml:2: run.deadline: -5.0 is negative or not finite"),
        ("[run]\ndeadline = inf\n", "config.toml:2: run.deadline: inf is negative or not finite"),
        ("[run]\ndeadline = nan\n", "config.toml:2: run.deadline: nan is negative or not finite"),
        ("[run]\ndeadline = 1979-05-27\n", "config.toml:2: run.deadline: wanted is a number, found is a date"),
        ("driver = 5\n", "config.toml:1: driver: 5 is not one of democratic-csi,"),
        ('driver = "democratic"\n', 'did you mean "democratic-csi"?'),
        ('[ssh]\nuser = " "\n', "config.toml:2: ssh.user: it is empty"),
        ('[ssh]\nuser = "a\\u001b[31m"\n', "config.toml:2: ssh.user: 'a\\x1b[31m' has characters that cannot be shown"),
        ("[ssh]\nkey_file = ''\n", "config.toml:2: ssh.key_file: wanted is a path, found is text"),
        ('[ssh]\nkey_file = "~no-such-user/key"\n', "config.toml:2: ssh.key_file: "),
        (
            f'{NAS}[[pools]]\nname = "tank"\nmin_free = "5 apples"\n',
            "config.toml:6: pools[0].min_free: '5 apples' is not a size",
        ),
        (f'{NAS}[[pools]]\nname = "tank"\nmin_free = true\n', "config.toml:6: pools[0].min_free: True is not a size"),
        (f'{NAS}[[pools]]\nname = "tank"\nmin_free = -1\n', "config.toml:6: pools[0].min_free: -1 is not a size"),
        (f'{NAS}[[pools]]\nname = "tank"\nmin_free = "{"9" * 400}"\n', "config.toml:6: pools[0].min_free: "),
        ('"" = 1\n', "config.toml: : there is no such key"),
        ("'run.only' = 1\n", "run.only: there is no such key"),
    ],
)
def test_the_file_is_refused(write, text, error):
    assert error in refused(write(text))


@pytest.mark.parametrize("scheme", ["http", "ws", "HTTP"])
def test_a_key_is_never_sent_in_clear(write, scheme):
    error = refused(write(NAS.replace("https", scheme)))
    assert "config.toml:2: truenas.url: " in error
    assert "TrueNAS revokes" in error
    assert 'use "https://"' in error


@pytest.mark.parametrize(
    "url",
    [
        "nas",
        "wss://nas",
        "https://",
        "https://nas/ui",
        "https://nas?a=b",
        "https://nas#a",
        "https://me@nas",
        "https://:secret@nas",
        "https://nas:port",
        "https://nas:0",
        "https://nas:70000",
        "https://[2001:db8::10",
        "https://[nas]",
        "https://nas\u2100",
    ],
)
def test_a_url_is_a_host_and_a_port_only(write, url):
    assert "config.toml:2: truenas.url: " in refused(write(NAS.replace("https://nas", url)))


@pytest.mark.parametrize("table", ["truenas]\nurl = 'https://nas'\napi_key", "ssh]\npassword", "ssh]\npassphrase"])
def test_a_literal_secret_is_refused_and_not_repeated(write, table):
    error = refused(write(f'[{table} = "1-canary"\n'))
    assert "canary" not in error
    assert "does not stand in the config" in error
    assert "credential" in error


@pytest.mark.parametrize(
    ("places", "error"),
    [
        ("{}", "name exactly one place"),
        ("{ env = 'A', file = 'B' }", "name exactly one place"),
        ("{ vault = 'A' }", "truenas.api_key.vault: there is no such key"),
        ("{ env = 5 }", "truenas.api_key.env: wanted is text"),
        ("5", "truenas.api_key: wanted is a table"),
    ],
)
def test_a_secret_has_one_place(write, places, error):
    assert error in refused(write(f"[truenas]\nurl = 'https://nas'\napi_key = {places}\n"))


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ('fingerprint = "ab"', "truenas.fingerprint: wanted is the certificate's SHA-256"),
        (f'fingerprint = "{"xy" * 32}"', "truenas.fingerprint: "),
        ('ca_file = "/no/such/file"', "truenas.ca_file: /no/such/file is not a file"),
        (f'fingerprint = "{"ab" * 32}"\nverify = false', "exclude each other"),
    ],
)
def test_trust_has_one_ground(write, keys, error):
    assert error in refused(write(f"{NAS}{keys}\n"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            f'{NAS}[[datasets]]\nname = "/mnt/tank/k8s"\n',
            'datasets[0].name: "/mnt/tank/k8s" is a path; the dataset is "tank/k8s"',
        ),
        (f'{NAS}[[datasets]]\nname = "tank//k8s"\n', 'datasets[0].name: "tank//k8s" is not a dataset name'),
        (f'{NAS}[[datasets]]\nname = "tank/"\n', 'datasets[0].name: "tank/" is not a dataset name'),
        (
            f'{NAS}[[datasets]]\nname = "a"\ndetached_snapshots = "/b"\n',
            "config.toml:6: datasets[0].detached_snapshots: ",
        ),
        (f'{NAS}[nfs]\naddress = "a"\nversions = ["5"]\n', 'nfs.versions: "5" is not one of 3, 4, 4.0, 4.1, 4.2'),
        (f'{NAS}[nfs]\naddress = "a"\nversions = []\n', "nfs.versions: "),
        (f"{NAS}[iscsi]\nportals = []\n", "iscsi.portals: name at least one portal"),
        (f'{NAS}[iscsi]\nauth = "chap"\n[[iscsi.portals]]\nid = 1\naddress = "a"\n', "iscsi.auth_tag: "),
        (f'{NAS}[iscsi]\n[[iscsi.portals]]\nid = 1\naddress = "[::1]"\n', "config.toml:7: iscsi.portals[0].address: "),
        (f'{NAS}[iscsi]\n[[iscsi.portals]]\nid = 1\naddress = "fe80::1%eth0"\n', "without a zone"),
        (f'{NAS}[iscsi]\n[[iscsi.portals]]\nid = 1\naddress = "a"\nport = 70000\n', "iscsi.portals[0].port: "),
        (
            '[[nodes]]\nname = "a"\n[[nodes]]\nname = "a"\n',
            'config.toml:4: nodes[1].name: there are two nodes called "a"',
        ),
        ('[[nodes]]\nname = "a"\nlocal = true\nport = 22\n', "nodes[0].local: a local node has no address"),
        ('[[nodes]]\nname = "a"\nport = 0\n', "config.toml:3: nodes[0].port: "),
        ('[[datasets]]\nname = "tank"\n', "datasets: [[datasets]] can only be looked at with a [truenas] table"),
        ('[[pools]]\nname = "tank"\n', "pools: [[pools]] can only be looked at with a [truenas] table"),
    ],
)
def test_a_rule_is_broken(write, text, error):
    assert error in refused(write(text))


def test_what_is_not_a_readable_text_file_is_refused(tmp_path, write):
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(ConfigError, match=f"cannot read {path}: "):
            load(path)
    assert "not UTF-8 text (byte 4)" in refused(write(b"a = \xff", "b"))


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}", f"a = {'[' * 5000}"], ids=["huge number", "deep nesting"])
def test_what_breaks_the_toml_parser_is_refused(write, text):
    assert "not valid TOML" in refused(write(text))


# --- whatever stands in it


_VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.sampled_from(
        ["https://[::1", "https://nas", "~x/y", "9" * 400, "1e999GiB", "/mnt", "a//b", "\0", "chap", "zvol", "4.2"]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def _plausible(kind):
    """Tables like those of `kind`: its own keys with values that may fit, and sometimes a stranger's key."""
    hints = typing.get_type_hints(kind)
    own = {name: _value(hint) for name, hint in hints.items()}
    return st.fixed_dictionaries({}, optional={**own, "stranger": _VALUES})


def _value(hint):
    for part in (hint, *typing.get_args(hint)):
        if dataclasses.is_dataclass(part):
            table = _plausible(part)
            return (
                table | _VALUES if typing.get_origin(hint) in (None, types.UnionType) else st.lists(table, max_size=2)
            )
    return _VALUES | st.just("x") | st.just("tank/k8s")


def _toml(value):
    """Any value as TOML on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {_toml(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return value.isoformat() if isinstance(value, dt.date) else json.dumps(value)


@given(_plausible(Config))
@example({"truenas": {"url": "https://[::1", "api_key": {"env": "A"}}})
@example({"truenas": {"url": "https://nas", "api_key": {"env": "A"}, "ca_file": "~x/y"}})
@example({"": 1})
def test_whatever_the_tables_hold_they_are_read_or_refused(tmp_path_factory, tables):
    path = tmp_path_factory.getbasetemp() / "tables.toml"
    path.write_text("\n".join(f"{json.dumps(key)} = {_toml(value)}" for key, value in tables.items()), encoding="utf-8")
    try:
        load(path)
    except ConfigError as error:
        assert str(path) in str(error)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_the_file_holds_it_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_bytes(content)
    try:
        load(path)
    except ConfigError as error:
        assert str(path) in str(error)


# --- the command line over the file


def test_options_come_over_the_file():
    config = Config(run=Run(only=("a.*",), skip=("b.*",), deadline=30.0))
    assert Options().over(config) == config
    over = Options(only=("c.*",), skip=("d.*",), strict=True, deadline=5.0).over(config).run
    assert (over.only, over.skip, over.strict, over.deadline) == (("c.*",), ("b.*", "d.*"), True, 5.0)
    assert Options().over(Config(run=Run(strict=True))).run.strict


def test_the_file_that_is_named_is_the_one(tmp_path, monkeypatch):
    assert find(tmp_path / "any") == tmp_path / "any"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    assert find(None) == Path("config.toml")


def test_without_a_file_the_error_says_what_was_tried_and_where_to_begin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if Path("/etc/truenas-csi-probe/config.toml").exists():
        pytest.skip("this machine has a configuration of its own")
    with pytest.raises(
        ConfigError, match=r"neither config\.toml nor /etc/truenas-csi-probe/config\.toml exists.* demo"
    ):
        find(None)


# --- the example


def test_the_example_loads():
    assert load(EXAMPLE).driver == "democratic-csi"


def test_the_example_has_every_key_and_no_other():
    """Every commented key is uncommented: what is left out of the example, or wrong in it, is named."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    tables = tomllib.loads("\n".join(_uncommented(line) for line in lines))
    assert _paths(tables) == set(_keys(Config, ""))


def _uncommented(line):
    match = re.fullmatch(r"#([a-z_]+ = .+)", line)
    return match[1] if match else line


def _paths(value, path=""):
    """The keys of all tables: "nodes.name" for each [[nodes]] with a name."""
    if isinstance(value, list):
        return {found for item in value for found in _paths(item, path)}
    if not isinstance(value, dict) or set(value) & {"env", "file", "credential"}:
        return {path} if path else set()
    return {found for key, item in value.items() for found in _paths(item, f"{path}.{key}".lstrip("."))}


def _keys(kind, path):
    written = {field.name for field in dataclasses.fields(kind) if field.metadata != NOT_WRITTEN}
    for name, hint in typing.get_type_hints(kind).items():
        if name not in written:
            continue
        inner = next((part for part in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(part)), None)
        where = f"{path}.{name}".lstrip(".")
        if inner in (None, SecretSource):
            yield where
        else:
            yield from _keys(inner, where)


def test_what_the_example_calls_a_default_is_the_default():
    """A commented key with a value that the program has a default for shows that default."""
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = {match[1]: match[2] for match in re.finditer(r"^#([a-z_]+) = ([\d.]+|true|false)$", text, re.MULTILINE)}
    defaults = {}
    for kind in vars(configuration).values():
        if dataclasses.is_dataclass(kind):
            defaults |= {field.name: field.default for field in dataclasses.fields(kind) if field.default is not None}
    same = {
        name: tomllib.loads(f"x = {value}")["x"] for name, value in shown.items() if name in defaults and name != "port"
    }
    assert same
    assert same == {name: defaults[name] for name in same}
