"""NVMe-oF on a healthy TrueNAS: rows of its answers, which are alike in 25.10 and 26."""

from __future__ import annotations

from csi_probe.demo.rows import ADDRESSES, Row

PORT_ID = 1


def ports() -> list[Row]:
    """nvmet.port.query: one TCP port on the first address."""
    row: Row = {"id": PORT_ID, "index": 1, "addr_trtype": "TCP", "addr_trsvcid": 4420, "addr_adrfam": "IPV4"}
    row |= {"addr_traddr": next(iter(ADDRESSES.values())), "enabled": True}
    return [row | {"inline_data_size": None, "max_queue_size": None, "pi_enable": None}]
