"""What a test needs of this machine: skipped where it is missing, failed where it must not be missing."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def need(tool: str) -> str:
    """The path of `tool`; skips the test where this machine has none."""
    return shutil.which(tool, path=_PATH) or lacking(tool)


def lacking(what: str) -> NoReturn:
    """Skip for want of `what`; under PROBE_NEEDS_REAL, which continuous integration sets, fail."""
    reason = f"needs {what}"
    if os.environ.get("PROBE_NEEDS_REAL"):
        pytest.fail(f"{reason}, and PROBE_NEEDS_REAL is set")
    pytest.skip(reason)
