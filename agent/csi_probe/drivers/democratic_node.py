"""democratic-csi's node pods: what the chart's values change about what they take from the host."""

from __future__ import annotations

from dataclasses import replace

from csi_probe.drivers import concrete
from csi_probe.drivers.tree import Item
from csi_probe.needs import DRIVERS, ETC_ISCSI, Driver


def needs(node: Item | None) -> Driver | None:
    """The driver's needs, changed as the chart's values say: templates/node.yaml, docker/iscsiadm."""
    if not node:
        return None
    usual = DRIVERS["democratic-csi"]
    directory = concrete.text(node.get("iscsiDirHostPath")) or ETC_ISCSI
    kind = node.get("iscsiDirHostPathType")
    made = kind is not None and kind.value in (None, "", "DirectoryOrCreate")  # "": whoever runs the container makes it
    found = replace(
        usual,
        etc_iscsi_must_exist=directory == ETC_ISCSI and not made,
        iscsi_directory=directory,
        iscsiadm=_iscsiadm(node),
    )
    return found if found != usual else None


def _iscsiadm(node: Item) -> str:
    """How the image's iscsiadm calls the host's, where that is not by the usual PATH."""
    listed = node.get("extraEnv")
    items = listed.elements if listed else ()
    variables = {concrete.text(item.get("name")): concrete.text(item.get("value")) for item in items}
    path = variables.get("ISCSIADM_HOST_PATH") or ""
    if variables.get("ISCSIADM_HOST_STRATEGY") == "nsenter":
        return f"{path or 'iscsiadm'} in the namespace of iscsid"
    return path if path != "iscsiadm" else ""
