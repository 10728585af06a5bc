"""The least role that may call each method, by TrueNAS's own role tables (middlewared role.py of 25.04 to 26).

Up to 24.10 a key has an allow-list of REST resources in their place. Methods that every user may call are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "api_key.query": "API_KEY_READ",
        "pool.query": "POOL_READ",
        "pool.dataset.query": "DATASET_READ",
        "service.query": "SERVICE_READ",
        "nfs.config": "SHARING_NFS_READ",
        "sharing.nfs.query": "SHARING_NFS_READ",
        "interface.query": "NETWORK_INTERFACE_READ",
        "iscsi.global.config": "SHARING_ISCSI_GLOBAL_READ",
        "iscsi.portal.query": "SHARING_ISCSI_PORTAL_READ",
        "iscsi.initiator.query": "SHARING_ISCSI_INITIATOR_READ",
        "iscsi.auth.query": "SHARING_ISCSI_AUTH_READ",
        "iscsi.target.query": "SHARING_ISCSI_TARGET_READ",
        "iscsi.extent.query": "SHARING_ISCSI_EXTENT_READ",
        "iscsi.targetextent.query": "SHARING_ISCSI_TARGETEXTENT_READ",
        "nvmet.port.query": "SHARING_NVME_TARGET_READ",
    }
)
