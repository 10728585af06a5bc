"""The CSI drivers: what each needs, and the reading of its own config files."""
