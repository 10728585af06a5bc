"""What things look like: whose config, values, image, chart or Secret they are, told by their shape."""

from __future__ import annotations

from collections.abc import Mapping

from csi_probe.drivers import concrete
from csi_probe.drivers.democratic_keys import OTHERS, VARIANTS
from csi_probe.drivers.deployment import Image
from csi_probe.drivers.raw import Name
from csi_probe.drivers.tree import Item

_IMAGES: Mapping[str, Name] = {  # the last part of the repository; csi-grpc-proxy and other sidecars are none
    "democratic-csi": "democratic-csi",
    "truenas-csi": "truenas-csi",
    "tns-csi": "tns-csi",
    "scale-csi": "scale-csi",
}
_TRUENAS_VALUES = {"defaultPool", "nfsServer", "iscsiPortal", "nvmeofPortal", "iscsiIQNBase", "insecureSkipTLS"}
_TNS_VALUES = {"url", "skipTLSVerify", "existingSecret", "apiKey"}
_BLOCKS = {"sshConnection", "zfs", "nfs", "iscsi", "smb", "nvmeof"}  # of democratic-csi's config


def config(item: Item) -> Name | None:
    """Whose own config file this is."""
    keys = item.children.keys()
    driver, endpoint = item.get("driver"), item.get("truenas")
    if endpoint:
        own = "host" in endpoint.children and ("driver" in keys or item.get("zfs", "datasetParentName"))
        return "scale-csi" if own else None
    named = driver is not None and isinstance(driver.value, str)
    if "httpConnection" in keys or (driver and named and (driver.value in (*VARIANTS, *OTHERS) or _BLOCKS & keys)):
        return "democratic-csi"
    return None


def values(item: Item) -> Name | None:
    """Whose chart has values of this shape."""
    for place in (("image",), ("image", "driver"), ("controller", "driver", "image")):
        if (found := concrete.image(item.get(*place))) and (driver := image(found)):
            return driver
    truenas = item.get("truenas")
    keys = set(truenas.children) if truenas else set()
    if keys & _TRUENAS_VALUES:  # before csiDriver, which its older chart has too
        return "truenas-csi"
    block = item.get("driver")
    if (block and {"config", "existingConfigSecret"} & block.children.keys()) or item.get("csiDriver", "name"):
        return "democratic-csi"
    if "driverName" in item.children:
        return "truenas-csi"
    if "host" in keys or item.get("zfs", "parentDataset"):
        return "scale-csi"
    return "tns-csi" if keys & _TNS_VALUES else None


def image(of: Image) -> Name | None:
    """Whose image this is."""
    return _IMAGES.get(of.repository.rpartition("/")[2])


def named(chart: str) -> Name | None:
    """Whose chart this is, by its name or OCI reference."""
    return next((driver for word, driver in _IMAGES.items() if word in chart), None)


def tns_secret(name: str, data: Mapping[str, Item]) -> bool:
    """Whether this is tns-csi's Secret, and not one of the many others with a URL and a key."""
    address = data.get("url")
    if not address or "api-key" not in data:
        return False
    return "tns" in name or address.text.startswith(("ws://", "wss://")) or "/api/current" in address.text
