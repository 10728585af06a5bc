"""How a command ends that has no verdict to tell: one line on stderr, and an exit code in the style that is wanted."""

from __future__ import annotations

import sys
from pathlib import Path

from csi_probe.errors import ConfigError, ProbeError
from csi_probe.report import EXIT_PROBE_FAILED, EXIT_USAGE, ExitStyle, ServiceState


class Reported(SystemExit):
    """The end of a command with a report: its exit code is the report's, and has its style already."""


def exit_code(trouble: int | str | None, style: ExitStyle) -> int | str | None:
    """The exit code of a command that went wrong; a monitoring plugin knows but UNKNOWN for it."""
    wrong = trouble in {EXIT_USAGE, EXIT_PROBE_FAILED}
    return ServiceState.UNKNOWN.value if wrong and style is ExitStyle.NAGIOS else trouble


def explain(error: ProbeError | Exception) -> int:
    """Say on stderr what went wrong. The exit code, in the probe's own style."""
    if isinstance(error, ProbeError):
        complain(str(error))
        return EXIT_USAGE if isinstance(error, ConfigError) else EXIT_PROBE_FAILED
    # A traceback could show foreign data; the place is enough to report it.
    complain(f"the probe itself failed: {type(error).__name__} at {_place(error)}; please report this")
    return EXIT_PROBE_FAILED


def complain(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"truenas-csi-probe: {text}\n")


def style() -> ExitStyle:
    """The style that the command line wants, even where the rest of it cannot be understood."""
    wanted = f"--exit-style {ExitStyle.NAGIOS}" in " ".join(sys.argv).replace("=", " ")
    return ExitStyle.NAGIOS if wanted else ExitStyle.PROBE


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"
