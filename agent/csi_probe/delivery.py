"""The end of a run: every report that was asked for is written, and the exit code says what the report says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from csi_probe.errors import OutputError
from csi_probe.exits import Reported, complain, exit_code
from csi_probe.output import Output, stdout_look, write
from csi_probe.render import Look, render
from csi_probe.report import EXIT_PROBE_FAILED, ExitStyle, Report


def deliver(report: Report, outputs: Iterable[Output], style: ExitStyle, *, color: bool) -> NoReturn:
    """Write the report in every format, and exit as the report says, or as an error where one is not written."""
    written = True
    for wanted in outputs:
        look = Look() if wanted.path else stdout_look(color=color)
        try:
            write(render(wanted.format, report, look), wanted.path)
        except OutputError as error:
            complain(str(error))
            written = False
    if not written:
        raise SystemExit(exit_code(EXIT_PROBE_FAILED, style))
    raise Reported(report.service_state.value if style is ExitStyle.NAGIOS else report.exit_code)
