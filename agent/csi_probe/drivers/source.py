"""What files hold: finds the config of CSI drivers in them, whichever shape it has, and has it read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from csi_probe.drivers import democratic, scale_csi, tns_csi, truenas_csi
from csi_probe.drivers.deployment import Deployment
from csi_probe.drivers.raw import Name, Raw

# Each adapter: read(raw: Raw) -> Deployment, never raises for anything in a file; what is wrong becomes a Problem.
# truenas_csi: settings (truenas-csi-config's keys) + secrets (api-key), or values; tns_csi: secrets (url, api-key), or
# values; scale_csi: config (config.yaml's root) + secrets (api-key), or values.
READ: Mapping[Name, Callable[[Raw], Deployment]] = {
    "democratic-csi": democratic.read,
    "truenas-csi": truenas_csi.read,
    "tns-csi": tns_csi.read,
    "scale-csi": scale_csi.read,
}
