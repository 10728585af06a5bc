"""The renderers: one file a format, each with `render(report, look) -> str`. None decides, none filters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from csi_probe.report import Report

FORMATS = {
    "text": "csi_probe.render.text",
    "short": "csi_probe.render.short",
    "json": "csi_probe.render.json",
    "html": "csi_probe.render.html",
    "markdown": "csi_probe.render.markdown",
    "junit": "csi_probe.render.junit",
    "openreports": "csi_probe.render.openreports",
    "prometheus": "csi_probe.render.prometheus",
    "nagios": "csi_probe.render.nagios",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader's end can show."""

    width: int = 100
    color: bool = False
    ascii: bool = False


def render(format_: str, report: Report, look: Look) -> str:
    """The report in one of FORMATS, with a newline at its end."""
    return cast(str, import_module(FORMATS[format_]).render(report, look))


def visible(text: str) -> str:
    r"""Foreign text, fit for a terminal: control and formatting characters are written out, as \x1b."""
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"
        else char
        for char in text
    )
