"""The options that several commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csi_probe.render import FORMATS
from csi_probe.report import ExitStyle

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="Default: ./config.toml, then /etc/truenas-csi-probe/config.toml."
    ),
]
Drivers = Annotated[
    list[Path],
    typer.Option("--driver", "-d", metavar="FILE", help="The CSI driver's own config: a file or a folder. Repeatable."),
]
Only = Annotated[
    list[str], typer.Option("--only", metavar="ID", help="Only these checks: an id or a glob. Repeatable.")
]
Skip = Annotated[list[str], typer.Option("--skip", metavar="ID", help="Not these checks: an id or a glob. Repeatable.")]
Strict = Annotated[bool, typer.Option("--strict", help="A warning means not ready.")]
DeadlineSeconds = Annotated[
    float | None, typer.Option("--deadline", metavar="SECONDS", min=1, help="The run ends by then, whatever hangs.")
]
Outputs = Annotated[
    list[str],
    typer.Option(
        "--output", "-o", metavar="FORMAT[=PATH]", help=f"{', '.join(FORMATS)}; to stdout or a file. Repeatable."
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour on a terminal; NO_COLOR does the same.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Exits = Annotated[
    ExitStyle,
    typer.Option("--exit-style", help="nagios: 0 ok, 1 warning, 2 critical, 3 unknown, whatever the format."),
]
