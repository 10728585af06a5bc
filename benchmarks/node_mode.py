"""What a timer on every node costs: wall and CPU time and peak memory of one local run, the node script included.

Run: .venv/bin/python benchmarks/node_mode.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """\
driver = "democratic-csi"
[nfs]
address = "192.0.2.10"
[iscsi]
[[iscsi.portals]]
id = 2
address = "192.0.2.10"
[[nodes]]
name = "here"
local = true
"""


def main() -> None:
    """Print seconds, CPU seconds and MiB. The run's exit code says what it found, and does not matter here."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        config.write_text(CONFIG, encoding="utf-8")
        start = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "csi_probe", "run", "--config", str(config), "-o", f"json={folder}/report.json"],
            check=False,
        )
        seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"wall  {seconds:6.2f} s (exit code {ran.returncode})")
    print(f"CPU   {used.ru_utime + used.ru_stime:6.2f} s (its shell included)")
    print(f"peak  {used.ru_maxrss / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
