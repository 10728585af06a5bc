"""The report as a monitoring plugin says it (Nagios, Icinga, Naemon): a status line with perfdata, then every row."""

from __future__ import annotations

from csi_probe.finding import Measure, Unit
from csi_probe.render import Look
from csi_probe.render.paper import counts, harmless
from csi_probe.report import Report, Row

_LINE = 80  # what the guidelines allow the status line, for pagers


def render(report: Report, look: Look) -> str:
    """The worst rows first: the reader may cut the output (Nagios does, after 8 KiB)."""
    report = harmless(report, look)
    rows = sorted(report.rows, key=lambda row: -row.status.rank)
    return "\n".join((f"{_status_line(report)} | {_perfdata(report)}", *map(_line, rows))) + "\n"


def _status_line(report: Report) -> str:
    line = f"TRUENAS-CSI {report.service_state.name} - {counts(report)}"
    first = next((f"; first: {_safe(row.id)}" for row in report.next_actions), "")
    return line + first if len(line + first) <= _LINE else line


def _perfdata(report: Report) -> str:
    numbers = [f"{status}={count};;;0" for status, count in report.counts.items()]
    numbers.append(f"duration={report.duration:.3f}s;;;0")
    measured = {
        f"{row.subject} {row.measure.name}".strip(): _number(row.measure, report)
        for row in sorted(report.rows, key=lambda row: row.status.rank)
        if row.measure
    }
    return " ".join((*numbers, *(f"'{_label(name)}'={number}" for name, number in measured.items())))


def _number(measure: Measure, report: Report) -> str:
    """A value with its unit of measurement; of a moment, the seconds that are left until then."""
    match measure.unit:
        case Unit.RATIO:
            return f"{100 * measure.value:.4g}%;;;0;100"
        case Unit.BYTES:
            return f"{measure.value:.0f}B;;;0"
        case Unit.TIMESTAMP:
            return f"{measure.value - report.started.timestamp():.0f}s"
        case Unit.SECONDS:
            return f"{measure.value:.4g}s"


def _line(row: Row) -> str:
    parts = (("wanted", row.wanted), ("fix", row.fix), ("blocked by", row.blocked_by))
    told = "".join(f"; {word}: {text}" for word, text in parts if text)
    about = f"{row.id}, {row.subject or 'not in the config'}"
    return _safe(f"[{row.status.upper()}] {about}: {row.title}: {row.seen}{told}")


def _safe(text: str) -> str:
    """Without the character that would begin perfdata."""
    return text.replace("|", r"\x7c")


def _label(text: str) -> str:
    """A perfdata label, which has neither a quote nor an equals sign."""
    return _safe(text).replace("'", "").replace("=", "-")
