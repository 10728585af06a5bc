"""The numbers that checks hand on with their findings, whatever the finding."""

from __future__ import annotations

from datetime import timedelta

import pytest

import lab
from csi_probe.contact import Contact
from csi_probe.facts import Known
from csi_probe.finding import Measure, Status, Unit, ok
from csi_probe_checks import dataset, driver, node, pool, truenas

SOON, LATE = lab.NOW + timedelta(days=3), lab.NOW + timedelta(days=300)
NEARLY = lab.pool_entry(allocated=900 * lab.GIB)
QUOTA = lab.dataset_entry(quota=10 * lab.GIB, used=9 * lab.GIB)


@pytest.mark.parametrize(
    ("check", "subject", "status", "measure"),
    [
        (truenas.reachable, lab.nas(reachable=Contact(lab.ADDRESS, 0.5)), Status.OK, ("connect", 0.5, "seconds")),
        *(
            (
                truenas.certificate,
                lab.nas(certificate=lab.certificate(not_after=moment)),
                status,
                ("certificate_expiry", moment.timestamp(), "timestamp_seconds"),
            )
            for moment, status in ((LATE, Status.OK), (SOON, Status.WARN), (lab.NOW, Status.WARN))
        ),
        *(
            (check, make(lab.key(expires=moment)), status, ("key_expiry", moment.timestamp(), "timestamp_seconds"))
            for check, make in (
                (truenas.key, lambda key: lab.nas(key=key)),
                (driver.key_lasting, lambda key: lab.driver_key(key=key)),
            )
            for moment, status in ((LATE, Status.OK), (SOON, Status.WARN))
        ),
        (truenas.latency, lab.nas(slowest=("pool.query", 0.5)), Status.OK, ("slowest_answer", 0.5, "seconds")),
        (truenas.latency, lab.nas(slowest=("pool.query", 7.5)), Status.WARN, ("slowest_answer", 7.5, "seconds")),
        (pool.not_full, lab.pool(), Status.OK, ("pool_used", 0.4, "ratio")),
        (pool.not_full, lab.pool(entry=NEARLY), Status.WARN, ("pool_used", 0.9, "ratio")),
        (pool.free, lab.pool(free=5), Status.OK, ("pool_free", 5, "bytes")),
        (pool.free, lab.pool(free=5, min_free=6), Status.FAIL, ("pool_free", 5, "bytes")),
        (dataset.space, lab.dataset(nearest=lab.dataset_entry(available=5)), Status.FAIL, ("dataset_free", 5, "bytes")),
        (dataset.own_quota, lab.dataset(nearest=QUOTA), Status.WARN, ("quota_used", 0.9, "ratio")),
        (node.clock, lab.node(clock=100.0, reference_clock=90.0), Status.WARN, ("clock_skew", 10.0, "seconds")),
        (node.clock, lab.node(clock=99.0, reference_clock=100.0), Status.OK, ("clock_skew", -1.0, "seconds")),
    ],
    ids=lambda value: getattr(value, "id", None),
)
def test_a_check_hands_its_number_on(check, subject, status, measure):
    row = lab.judge(check, subject)
    name, value, unit = measure
    assert row.status is status
    assert (row.measure.name, row.measure.value, row.measure.unit) == (name, pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("check", "subject"),
    [
        (truenas.key, lab.nas(key=lab.key(expires=Known(None)))),
        (dataset.own_quota, lab.dataset()),
        (truenas.reachable, lab.nas(reachable=lab.refusal(next(iter(truenas._MENDS)), "no"))),
    ],
    ids=lambda value: getattr(value, "id", None),
)
def test_where_there_is_nothing_to_measure_there_is_no_number(check, subject):
    assert lab.judge(check, subject).measure is None


@pytest.mark.parametrize("name", ["", "Pool", "pool-used", "1st", "pool used", "pool\n", "größe"])
def test_a_name_that_is_no_word_is_no_measure(name):
    with pytest.raises(ValueError, match="is no measure"):
        Measure(name, 1, Unit.BYTES)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_no_measure(value):
    with pytest.raises(ValueError, match="is no measure"):
        ok("seen", measure=Measure("pool_used", value, Unit.RATIO))
