"""What a start costs: CPU time (user and system) of child processes, beside that of an interpreter that does nothing.

Run: .venv/bin/python benchmarks/startup.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 7
BARE = ("-c", "pass")
PROBE = ("-m", "csi_probe")


def main() -> None:
    """Print a row for each command: median milliseconds, and how many bare interpreters that is."""
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder) / "config.toml"
        broken.write_text("[truenas]\nurll = 1\n", encoding="utf-8")
        commands = {
            "python -c pass": BARE,
            "--version": (*PROBE, "--version"),
            "--help": (*PROBE, "--help"),
            "explain iscsi.portal-exists": (*PROBE, "explain", "iscsi.portal-exists"),
            "run, with an error in the config": (*PROBE, "run", "--config", str(broken)),
        }
        seconds = {name: _median(args) for name, args in commands.items()}
    bare = seconds["python -c pass"]
    for name, cost in seconds.items():
        print(f"{name:<34}{cost * 1000:6.0f} ms{cost / bare:7.1f} x")


def _median(args: tuple[str, ...]) -> float:
    _cpu_seconds(args)  # writes the byte code, and fills the page cache
    return statistics.median(_cpu_seconds(args) for _ in range(RUNS))


def _cpu_seconds(args: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
