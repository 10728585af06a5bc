"""Visits that several tests look at: the real process against a TrueNAS and nodes with one fault, and canaries inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .visits import FAULTS, Visit, visit


@pytest.fixture(scope="session")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Visit]]:
    """visited(fault) -> Visit. All are made side by side, once a session."""
    with ThreadPoolExecutor(4) as pool:
        visits = {fault: pool.submit(visit, fault, tmp_path_factory.mktemp("visit")) for fault in FAULTS}
        yield lambda fault: visits[fault].result()
        pool.shutdown(cancel_futures=True)
