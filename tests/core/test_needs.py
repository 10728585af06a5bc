"""What several drivers on the same nodes need together."""

from __future__ import annotations

from csi_probe.needs import DRIVERS, combined, search_path

DEMOCRATIC, TRUENAS, TNS, SCALE = (DRIVERS[f"{name}-csi"] for name in ("democratic", "truenas", "tns", "scale"))
HOST = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")


def test_a_tool_has_to_be_where_every_driver_looks_in_whatever_order_they_come():
    for drivers in ([DEMOCRATIC, TRUENAS], [TRUENAS, DEMOCRATIC]):
        needs = combined(drivers)
        assert (needs.path, needs.newer_path) == (HOST, ("/usr/local/sbin",))


def test_one_driver_by_itself_needs_what_it_needs():
    assert (combined([DEMOCRATIC]).path, combined([DEMOCRATIC]).newer_path) == (DEMOCRATIC.path, DEMOCRATIC.newer_path)


def test_the_strictest_need_holds():
    together = combined([TNS, SCALE])
    assert (together.name, together.nvme_on_host, together.etc_iscsi_must_exist) == ("tns-csi, scale-csi", True, True)


def test_a_node_is_asked_in_every_folder_and_first_in_those_that_all_drivers_know():
    asked = search_path([TRUENAS, DEMOCRATIC]).split(":")
    assert asked[:5] == [*HOST, "/usr/local/sbin"]
    assert {*DEMOCRATIC.path, *DEMOCRATIC.newer_path, *TRUENAS.path} == set(asked)
    assert len(set(asked)) == len(asked)
