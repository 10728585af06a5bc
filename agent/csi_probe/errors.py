"""The errors that this program raises for its user.

ProbeError
├── ConfigError          the config, a key or a file it names is not usable (exit 2; nothing was asked)
├── EndpointError        the NAS or a node did not serve us; carries a Refusal for the report
└── OutputError          a report that was asked for could not be written (exit 4)

Foreign errors (httpx, websockets, paramiko, OSError) are mapped to these in one place for each client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from csi_probe.contact import Refusal, Trouble


class ProbeError(Exception):
    """The root of the tree; its text is fit to be shown as it is."""


class ConfigError(ProbeError):
    """The configuration is not usable. The text names the file, the line and the key where there is one."""


class EndpointError(ProbeError):
    """An endpoint did not serve the probe."""

    def __init__(self, trouble: Trouble, seen: str) -> None:
        super().__init__(seen)
        self.trouble = trouble

    @property
    def refusal(self) -> Refusal:
        """The same, as a fact."""
        from csi_probe.contact import Refusal  # noqa: PLC0415  (keeps a config error's start-up light)

        return Refusal(self.trouble, str(self))


class OutputError(ProbeError):
    """A report could not be written. The text names the path and the reason."""
