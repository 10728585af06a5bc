"""One run: a config in, a Report out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from csi_probe.collect import collect
from csi_probe.config import Config
from csi_probe.deadline import Deadline
from csi_probe.packs import load_checks
from csi_probe.report import Report
from csi_probe.runner import run, select


def execute(config: Config, path: Path, tell: Callable[[str], None]) -> Report:
    """Ask and judge. Raises ConfigError before anything is asked."""
    started, start = datetime.now(UTC), time.monotonic()
    deadline = Deadline(config.run.deadline)
    every = load_checks()
    chosen = select(every, config.run.only, config.run.skip)
    snapshot = collect(config, chosen, deadline, tell)
    return Report(
        rows=run(chosen, snapshot),
        started=started,
        duration=time.monotonic() - start,
        strict=config.run.strict,
        config_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        timings=snapshot.timings,
        deselected=tuple(check.id for check in every if check not in chosen),
    )
