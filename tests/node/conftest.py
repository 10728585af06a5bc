"""Fixtures for nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sshd


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[sshd.Ssh]:
    """Real SSH servers on loopback, and a key that they let in."""
    with sshd.running(tmp_path) as servers:
        yield servers
