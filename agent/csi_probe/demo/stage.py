"""The stage of `demo`: a simulated TrueNAS and two nodes on loopback, with a config file that points at them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from csi_probe.config import Config
from csi_probe.demo import array, nas, nodes, sshd
from csi_probe.demo.breaks import Break
from csi_probe.demo.eras import Era
from csi_probe.demo.faults import ARRAY_BREAKS
from csi_probe.demo.node_faults import NODE_BREAKS
from csi_probe.drivers.deployment import Connection, SshLogin
from csi_probe.drivers.source import Files
from csi_probe.errors import ConfigError
from csi_probe.secret import Secret

BREAKS = {fault.name: fault for fault in (*ARRAY_BREAKS, *NODE_BREAKS)}

_ADDRESSES = ("192.0.2.21", "192.0.2.22")
_IQNS = ("iqn.1993-08.org.debian:01:5d1e8f2a7c31", "iqn.1994-05.com.redhat:8c4b1f6e2d90")

_SHELL = "the NAS"  # as an SSH server
_DRIVER_KEY, _SHELL_PORT = "driver-key", "shell-port"  # files beside the config: what takes a driver's place

_CONFIG = """\
driver = "democratic-csi"

[run]
deadline = 20
timeout = 8

[truenas]
url = "{url}"
username = "{username}"
api_key = {{ file = "{key_file}" }}
{trust}
slow_seconds = 2

"""
_STORAGE = """\
[[pools]]
name = "tank"
min_free = "100GiB"

[[datasets]]
name = "tank/k8s/nfs"
detached_snapshots = "tank/k8s/nfs-snapshots"

[[datasets]]
name = "tank/k8s/iscsi"
volumes = "zvol"
detached_snapshots = "tank/k8s/iscsi-snapshots"

[nfs]
address = "192.0.2.10"
versions = ["4.2"]

[iscsi]
initiator_group = 3
auth = "mutual-chap"
auth_tag = 5
targets = ["csi-static"]

[[iscsi.portals]]
id = 2
address = "192.0.2.10"

[[iscsi.portals]]
id = 4
address = "198.51.100.10"

"""
_SSH = """\
[ssh]
user = "{user}"
key_file = "{node_key}"
known_hosts = "{known_hosts}"
config_file = "/dev/null"
"""
_NODE = """
[[nodes]]
name = "{name}"
address = "127.0.0.1"
port = {port}
"""
_THIS_MACHINE = """
[[nodes]]
name = "this-machine"
local = true
"""


@contextmanager
def set_up(era: str, names: Sequence[str], *, with_this_machine: bool, storage: bool = True) -> Iterator[Path]:
    """Serve everything while the block runs, with the faults called `names`; yields the path of config.toml.

    `storage`: whether that config names datasets and portals; a driver's own config takes their place.
    Raises ConfigError for an era or a fault that does not exist, and for a fault that cannot happen in the era.
    """
    simulated, machines = broken(era, names, with_this_machine=with_this_machine)
    more = _THIS_MACHINE if with_this_machine else ""
    with serve(simulated, machines, more, storage=storage) as path:
        yield path


def broken(
    era: str, names: Sequence[str], *, with_this_machine: bool = False
) -> tuple[array.Array, list[nodes.NodeState]]:
    """A TrueNAS and two nodes that are healthy but for the faults called `names`. Raises ConfigError as `set_up`."""
    _refuse_unknown_era(era)
    faults = [_fault(name, era) for name in names]
    machines = [
        nodes.healthy_debian("worker-1", _ADDRESSES[0], _IQNS[0]),
        nodes.healthy_rocky("worker-2", _ADDRESSES[1], _IQNS[1]),
    ]
    # With this machine in play the group admits everyone, since nobody knows its InitiatorName here.
    simulated = array.healthy(era, () if with_this_machine else _IQNS, _ADDRESSES)
    for fault in faults:
        fault.spoil(machines if fault in NODE_BREAKS else simulated)
    return simulated, machines


@contextmanager
def serve(
    simulated: array.Array, machines: Sequence[nodes.NodeState], more: str = "", *, storage: bool = True
) -> Iterator[Path]:
    """Serve this TrueNAS and these nodes while the block runs; yields the path of config.toml, which ends in `more`."""
    with (
        TemporaryDirectory(prefix="truenas-csi-probe-demo-") as name,
        nas.serve(simulated) as server,
        sshd.serve_nodes([*machines, _as_shell(simulated)], Path(name)) as rig,
    ):
        yield _write(Path(name), server, rig, (_STORAGE if storage else "") + _SSH, more)


def cast(path: Path, config: Config, drivers: Files) -> Files:
    """The drivers with the simulated TrueNAS in the place of their own, and its keys and logins in the place of theirs.

    `path`: what `set_up` gave; `config`: what it holds.
    """
    nas, ssh = config.truenas, config.ssh
    assert nas  # noqa: S101  (the stage's config has one)
    assert ssh.key_file  # noqa: S101  (and this)
    key = Secret((path.parent / _DRIVER_KEY).read_text(encoding="utf-8"))
    here = Connection(scheme="https", host=nas.host, port=nas.port, verify=False, key=key)
    login = SshLogin(
        host="127.0.0.1",
        port=int((path.parent / _SHELL_PORT).read_text(encoding="ascii")),
        username=str(ssh.user),
        private_key=Secret(ssh.key_file.read_text(encoding="ascii")),
        sudo=True,
    )
    return replace(
        drivers,
        deployments=tuple(
            replace(one, connection=here, ssh=login if one.over_ssh else None) for one in drivers.deployments
        ),
    )


def _as_shell(simulated: array.Array) -> nodes.NodeState:
    """The NAS as an SSH driver meets it."""
    return nodes.NodeState(name=_SHELL, address="127.0.0.1", answers=simulated.shell)


def _refuse_unknown_era(era: str) -> None:
    eras = [one.value for one in Era]
    if era not in eras:
        raise ConfigError(f"--era {era}: there is no such era; there are: {', '.join(eras)}")


def _fault(name: str, era: str) -> Break:
    if name not in BREAKS:
        close = difflib.get_close_matches(name, BREAKS, n=1, cutoff=0.4)
        hint = f'; did you mean "{close[0]}"?' if close else "."
        raise ConfigError(f"--break {name}: there is no such fault{hint} List them with: --list-breaks")
    fault = BREAKS[name]
    if fault.eras and era not in fault.eras:
        raise ConfigError(f"--break {name} cannot happen on {era}; it can on: {', '.join(fault.eras)}")
    return fault


def _write(folder: Path, server: nas.Nas, rig: sshd.Rig, wanted: str, more: str) -> Path:
    key_file = folder / "api-key"
    key_file.touch(mode=0o600)
    key_file.write_text(server.array.key, encoding="utf-8")
    text = (_CONFIG + wanted).format(
        url=server.url,
        username=array.USERNAME,
        key_file=key_file,
        trust=f'ca_file = "{server.ca_file}"' if server.ca_file else "",
        user=rig.user,
        node_key=rig.key_file,
        known_hosts=rig.known_hosts,
    )
    (folder / _DRIVER_KEY).write_text(server.array.driver_key, encoding="utf-8")
    (folder / _SHELL_PORT).write_text(str(rig.port_of(_SHELL)), encoding="ascii")
    text += "".join(_NODE.format(name=name, port=port) for name, port in rig.ports.items() if name != _SHELL)
    path = folder / "config.toml"
    path.write_text(text + more, encoding="utf-8")
    return path
