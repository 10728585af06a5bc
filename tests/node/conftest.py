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


@pytest.fixture
def user(tmp_path: Path, ssh: sshd.Ssh) -> Iterator[sshd.User]:
    """A user of this machine for the time of a test."""
    with sshd.a_user(tmp_path, ssh.key_file.with_suffix(".pub")) as made:
        yield made
