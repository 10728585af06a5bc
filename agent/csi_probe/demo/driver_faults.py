"""Breaks in what only some drivers need: they show with `demo --driver`."""

from __future__ import annotations

from csi_probe.demo.array import Array
from csi_probe.demo.breaks import Break
from csi_probe.demo.eras import Era
from csi_probe.truenas.roles import ROLES

_JSON_RPC = (Era.V25_04, Era.V25_10, Era.V26)
_NVMEOF = (Era.V25_10, Era.V26)


def _smb_stopped(array: Array) -> None:
    array.change("service.query", {"service": "cifs"}, state="STOPPED", pids=[])


def _nvmeof_stopped(array: Array) -> None:
    array.change("service.query", {"service": "nvmet"}, state="STOPPED", pids=[])


def _nvmeof_port_missing(array: Array) -> None:
    array.drop("nvmet.port.query")


def _small_role(array: Array) -> None:
    array.driver_roles = set(ROLES.values())


def _no_sudo(array: Array) -> None:
    array.shell["may_zfs"] = (1, "")


DRIVER_BREAKS = (
    Break("smb-stopped", "The SMB service is stopped (shows with an SMB --driver).", _smb_stopped),
    Break("nvmeof-stopped", "NVMe-oF is stopped (shows with an NVMe-oF --driver).", _nvmeof_stopped, _NVMEOF),
    Break("nvmeof-port-missing", "NVMe-oF has no port (shows with such a --driver).", _nvmeof_port_missing, _NVMEOF),
    Break("driver-key-small-role", "The driver's key may only read (shows with --driver).", _small_role, _JSON_RPC),
    Break("driver-no-sudo", "sudo asks the driver's user for a password (shows with an SSH --driver).", _no_sudo),
)
