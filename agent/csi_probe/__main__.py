"""python -m csi_probe."""

from csi_probe.cli import main

main()
