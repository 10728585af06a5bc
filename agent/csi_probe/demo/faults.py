"""Everything that can go wrong with the simulated TrueNAS."""

from __future__ import annotations

from csi_probe.demo.access_faults import ACCESS_BREAKS
from csi_probe.demo.driver_faults import DRIVER_BREAKS
from csi_probe.demo.iscsi_faults import ISCSI_BREAKS
from csi_probe.demo.storage_faults import NFS_BREAKS, STORAGE_BREAKS

ARRAY_BREAKS = (*ACCESS_BREAKS, *STORAGE_BREAKS, *NFS_BREAKS, *ISCSI_BREAKS, *DRIVER_BREAKS)
