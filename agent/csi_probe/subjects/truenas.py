"""The array as a subject."""

from __future__ import annotations

from csi_probe.config import Config, TrueNAS
from csi_probe.facts import Missing, pick
from csi_probe.snapshot import Nas
from csi_probe.subjects.seen import Seen
from csi_probe.truenas import questions as ask
from csi_probe.truenas.interview import Interview
from csi_probe.truenas.tls import trust


def nas(config: Config, want: TrueNAS, seen: Seen, interview: Interview) -> Nas:
    """[truenas] beside what the visit brought."""
    keys = interview.answers.to(ask.API_KEYS)
    return Nas(
        url=want.url,
        now=seen.now,
        driver=config.needs,
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
