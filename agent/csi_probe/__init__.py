"""The machinery of truenas-csi-probe: it asks, judges and reports, and knows no single check."""

__version__ = "0.1.0"
