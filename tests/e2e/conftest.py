"""The command line inside this process, and the visits of the real process that several tests look at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from csi_probe import cli

from .rig import Ran
from .visits import FAULTS, Visit, visit


@pytest.fixture(scope="session")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Visit]]:
    """visited(fault) -> Visit. All are made side by side, once a session."""
    with ThreadPoolExecutor(4) as pool:
        visits = {fault: pool.submit(visit, fault, tmp_path_factory.mktemp("visit")) for fault in FAULTS}
        yield lambda fault: visits[fault].result()
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """call(ARGS) -> what the command line does with ARGS, without a process of its own."""

    def run(*args: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["truenas-csi-probe", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ran(ended.value.code, *capsys.readouterr(), 0.0)

    return run
