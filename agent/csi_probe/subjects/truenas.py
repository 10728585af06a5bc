"""The arrays as subjects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csi_probe.config import Config, TrueNAS
from csi_probe.facts import Missing, pick
from csi_probe.needs import DRIVERS, Driver
from csi_probe.snapshot import Nas
from csi_probe.subjects.seen import Seen
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Interview
from csi_probe.truenas.tls import trust


def arrays(wanted: Sequence[tuple[Config, Seen]]) -> Iterator[Nas]:
    """Each array that was visited, once. What a driver's own release needs is judged with the driver."""
    visits: list[Interview] = []
    for config, seen in wanted:
        if config.truenas and seen.nas and not any(seen.nas is visit for visit in visits):
            visits.append(seen.nas)
            yield _nas(config.needs if config is wanted[0][0] else DRIVERS["other"], config.truenas, seen, seen.nas)


def _nas(driver: Driver, want: TrueNAS, seen: Seen, interview: Interview) -> Nas:
    keys = interview.answers.to(ask.API_KEYS)
    return Nas(
        url=want.url,
        now=seen.now,
        driver=driver,
        trust=trust(want),
        roles_wanted=seen.roles_wanted,
        certificate_days=want.certificate_days,
        key_days=want.key_days,
        slow_seconds=want.slow_seconds,
        reachable=interview.reachable,
        certificate=interview.certificate,
        api=interview.api,
        login=interview.login,
        key=pick(keys, lambda _: True, Missing("the NAS lists no key with this key's number")),
        version=interview.version,
        slowest=interview.slowest,
    )
