"""One run: a config and the drivers' files in, a Report out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from csi_probe.check import Check
from csi_probe.collect import collect
from csi_probe.config import Config
from csi_probe.deadline import Deadline
from csi_probe.drivers.source import NO_FILES, Files
from csi_probe.packs import load_checks
from csi_probe.report import Report
from csi_probe.runner import run, select
from csi_probe.snapshot import DriverFile, DriverSet, Snapshot, StorageClass
from csi_probe.subjects import offline

_OFFLINE = {DriverFile, DriverSet, StorageClass}


def execute(config: Config, paths: Sequence[Path], tell: Callable[[str], None], drivers: Files = NO_FILES) -> Report:
    """Ask and judge. `paths`: all files that configured the run. Raises ConfigError before anything is asked."""
    started = datetime.now(UTC), time.monotonic()
    deadline = Deadline(config.run.deadline)
    every = load_checks()
    chosen = select(every, config.run.only, config.run.skip)
    snapshot = collect(config, chosen, deadline, tell, drivers)
    return _report(snapshot, chosen, every, started, config, paths)


def lint(config: Config, paths: Sequence[Path], drivers: Files) -> Report:
    """Judge the drivers' files alone; nothing is asked."""
    started = datetime.now(UTC), time.monotonic()
    every = tuple(check for check in load_checks() if check.subject in _OFFLINE)
    chosen = select(every, config.run.only, config.run.skip)
    return _report(Snapshot(tuple(offline(drivers)), {}), chosen, every, started, config, paths)


def _report(  # noqa: PLR0913, PLR0917  (all that a report says of its run)
    snapshot: Snapshot,
    chosen: Sequence[Check],
    every: Sequence[Check],
    started: tuple[datetime, float],
    config: Config,
    paths: Sequence[Path],
) -> Report:
    return Report(
        rows=run(chosen, snapshot),
        started=started[0],
        duration=time.monotonic() - started[1],
        strict=config.run.strict,
        config_hash=hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest(),
        timings=snapshot.timings,
        deselected=tuple(check.id for check in every if check not in chosen),
    )
