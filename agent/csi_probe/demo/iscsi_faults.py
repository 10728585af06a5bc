"""Breaks in iSCSI."""

from __future__ import annotations

from csi_probe.demo.array import Array
from csi_probe.demo.breaks import Break
from csi_probe.demo.eras import Era
from csi_probe.demo.iscsi_rows import AUTH_TAG, INITIATOR_GROUP, PORT, PORTAL, TARGET

_FOREIGN_PORTAL = 6
_FOREIGN_ADDRESS = "203.0.113.10"


def _iscsi_stopped(array: Array) -> None:
    array.change("service.query", {"service": "iscsitarget"}, state="STOPPED", pids=[])


def _portal_id(array: Array) -> None:
    array.change("iscsi.portal.query", {"id": PORTAL}, id=_FOREIGN_PORTAL)
    _group_of_target(array, portal=_FOREIGN_PORTAL)


def _portal_elsewhere(array: Array) -> None:
    array.change("iscsi.portal.query", {"id": PORTAL}, listen=[{"ip": _FOREIGN_ADDRESS, "port": PORT}])


def _portal_port(array: Array) -> None:
    """The port is the portal's own on CORE, and everybody's on SCALE."""
    portals = array.rows("iscsi.portal.query")
    if array.era is Era.CORE_13:
        portals = [array.row("iscsi.portal.query", id=PORTAL)]
    else:
        array.change("iscsi.global.config", {}, listen_port=PORT + 1)
    for portal in portals:
        portal["listen"][0]["port"] = PORT + 1


def _initiator_group_missing(array: Array) -> None:
    array.drop("iscsi.initiator.query", id=INITIATOR_GROUP)
    for group in array.row("iscsi.target.query", name=TARGET)["groups"]:
        group["initiator"] = None


def _initiator_excludes_node(array: Array) -> None:
    iqns = array.row("iscsi.initiator.query", id=INITIATOR_GROUP)["initiators"]
    iqns[:1] = ["iqn.2001-04.com.example:a-node-of-yesterday"]


def _initiator_network_excludes_node(array: Array) -> None:
    array.change("iscsi.initiator.query", {"id": INITIATOR_GROUP}, auth_network=["203.0.113.0/24"])


def _auth_tag_missing(array: Array) -> None:
    array.drop("iscsi.auth.query", tag=AUTH_TAG)


def _auth_no_peer(array: Array) -> None:
    array.change("iscsi.auth.query", {"tag": AUTH_TAG}, peeruser="", peersecret="")


def _target_missing(array: Array) -> None:
    array.drop("iscsi.target.query", name=TARGET)
    array.drop("iscsi.targetextent.query")


def _target_wrong_portal(array: Array) -> None:
    portal = array.row("iscsi.portal.query", id=PORTAL)
    foreign = {"id": _FOREIGN_PORTAL, "tag": 3, "listen": [{"ip": _FOREIGN_ADDRESS, "port": PORT}]}
    array.rows("iscsi.portal.query").append(portal | foreign)
    _group_of_target(array, portal=_FOREIGN_PORTAL)


def _extent_disabled(array: Array) -> None:
    array.change("iscsi.extent.query", {"name": TARGET}, enabled=False)


def _group_of_target(array: Array, **fields: object) -> None:
    array.row("iscsi.target.query", name=TARGET)["groups"][0].update(fields)


ISCSI_BREAKS = (
    Break("iscsi-stopped", "The iSCSI service is stopped.", _iscsi_stopped),
    Break("portal-id", "The portal has another id than the driver will name.", _portal_id),
    Break("portal-elsewhere", "The portal listens on another address than nodes are sent to.", _portal_elsewhere),
    Break("portal-port", "The portal listens on another port than nodes are sent to.", _portal_port),
    Break("initiator-group-missing", "The initiator group is gone.", _initiator_group_missing),
    Break("initiator-excludes-node", "The initiator group leaves a node out.", _initiator_excludes_node),
    Break(
        "initiator-network-excludes-node",
        "The initiator group admits other networks than the nodes'.",
        _initiator_network_excludes_node,
        (Era.CORE_13,),
    ),
    Break("auth-tag-missing", "There is no CHAP user with the driver's tag.", _auth_tag_missing),
    Break("auth-no-peer", "The CHAP user has no peer user, which mutual CHAP needs.", _auth_no_peer),
    Break("target-missing", "The target is gone.", _target_missing),
    Break(
        "target-wrong-portal", "The target is offered on a portal that the driver does not use.", _target_wrong_portal
    ),
    Break("extent-disabled", "The target's extent is switched off.", _extent_disabled),
)
