"""The command line: arguments in, exit code out. Heavy imports stand where they are used: --help is instant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from csi_probe import __version__
from csi_probe.errors import ConfigError, OutputError, ProbeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csi_probe.config import Config, Options
    from csi_probe.drivers.source import Files
    from csi_probe.output import Output
    from csi_probe.report import Report

app = typer.Typer(
    help="Would volumes work? Works through what a CSI driver needs from a TrueNAS and from the nodes, and reports.",
    epilog="Exit codes: 0 ready, 1 not ready, 2 usage or configuration error, 3 undetermined, 4 the probe failed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
    typer.Option("--output", "-o", metavar="FORMAT[=PATH]", help="text or json, to stdout or a file. Repeatable."),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour on a terminal; NO_COLOR does the same.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


def main() -> NoReturn:
    """Run the command line; every error of ours ends in one line on stderr and its exit code."""
    try:
        app()
    except ProbeError as error:
        _complain(str(error))
        raise SystemExit(2 if isinstance(error, ConfigError) else 4) from None
    except Exception as error:  # noqa: BLE001  (a traceback could show foreign data; the place is enough to report it)
        _complain(f"the probe itself failed: {type(error).__name__} at {_place(error)}; please report this")
        raise SystemExit(4) from None
    raise SystemExit(0)


@app.callback(invoke_without_command=True)
def _app(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"truenas-csi-probe {__version__}")
        raise typer.Exit


@app.command()
def run(  # noqa: PLR0913  (a command's options)
    *,
    config: ConfigFile = None,
    driver: Drivers = [],  # noqa: B006  (typer reads the default, nobody changes it)
    only: Only = [],  # noqa: B006
    skip: Skip = [],  # noqa: B006
    strict: Strict = False,
    deadline: DeadlineSeconds = None,
    output: Outputs = [],  # noqa: B006
    no_color: NoColor = False,
    quiet: Quiet = False,
) -> None:
    """Work through the prerequisites and write the readiness report."""
    from csi_probe.config import Options, find, look

    path = look(config) if driver else find(config)
    options = Options(only=tuple(only), skip=tuple(skip), strict=strict, deadline=deadline)
    _report(path, driver, options, output, color=not no_color, quiet=quiet)


@app.command()
def demo(  # noqa: PLR0913  (a command's options)
    *,
    era: Annotated[str, typer.Option(help="The simulated TrueNAS: core-13, 24.10, 25.04, 25.10 or 26.")] = "25.10",
    break_: Annotated[
        list[str], typer.Option("--break", metavar="NAME", help="Put a real-world fault in. Repeatable.")
    ] = [],  # noqa: B006
    list_breaks: Annotated[bool, typer.Option("--list-breaks", help="Print the faults, one a line, and exit.")] = False,
    with_this_machine: Annotated[bool, typer.Option(help="Ask this machine too, as a node.")] = False,
    driver: Drivers = [],  # noqa: B006
    only: Only = [],  # noqa: B006
    skip: Skip = [],  # noqa: B006
    strict: Strict = False,
    deadline: DeadlineSeconds = None,
    output: Outputs = [],  # noqa: B006
    no_color: NoColor = False,
    quiet: Quiet = False,
) -> None:
    """Make the same run against a simulated TrueNAS and two simulated nodes on this machine's loopback."""
    from csi_probe.config import Options
    from csi_probe.demo import stage

    if list_breaks:
        for fault in stage.BREAKS.values():
            typer.echo(f"{fault.name:<28} {fault.summary}")
        return
    options = Options(only=tuple(only), skip=tuple(skip), strict=strict, deadline=deadline)
    with stage.set_up(era, break_, with_this_machine=with_this_machine, storage=not driver) as path:
        _report(path, driver, options, output, color=not no_color, quiet=quiet, cast=stage.cast)


@app.command()
def lint(  # noqa: PLR0913  (a command's options)
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The CSI drivers' own files, or folders.")],
    only: Only = [],  # noqa: B006
    skip: Skip = [],  # noqa: B006
    strict: Strict = False,
    output: Outputs = [],  # noqa: B006
    no_color: NoColor = False,
) -> None:
    """Judge the CSI drivers' own config files alone. Nothing is asked."""
    from csi_probe.config import Config, Options
    from csi_probe.drivers import source
    from csi_probe.execute import lint as judge
    from csi_probe.output import parse_outputs

    outputs = parse_outputs(output)
    config = Options(only=tuple(only), skip=tuple(skip), strict=strict).over(Config())
    drivers = source.read(files)
    _write(judge(config, [path for path, _ in source.find(files)], drivers), outputs, color=not no_color)


@app.command()
def init(
    driver: Annotated[list[Path], typer.Option("--driver", "-d", metavar="FILE", help="The driver's own config.")],
) -> None:
    """Print a config.toml that says what the CSI driver's own config says."""
    from csi_probe.drivers import source, to_toml

    typer.echo(to_toml.render(source.read(driver).deployments), nl=False)


@app.command()
def checks(
    *,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT", help="text or json.")] = "text",
) -> None:
    """List the checks in the order of the report."""
    from csi_probe import listing

    typer.echo(listing.checks(output))


@app.command()
def explain(id_: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Explain a check: what is asked, why it matters, how to mend it, which role it needs."""
    from csi_probe import listing

    typer.echo(listing.explain(id_))


@app.command()
def privileges(*, config: ConfigFile = None, only: Only = [], skip: Skip = []) -> None:  # noqa: B006
    """Print the least TrueNAS roles for the checks that are switched on. Nothing is asked."""
    from csi_probe import listing
    from csi_probe.config import Options

    typer.echo(listing.privileges(config, Options(only=tuple(only), skip=tuple(skip))))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the report."""
    from csi_probe.render import json

    typer.echo(json.schema(), nl=False)


def _report(  # noqa: PLR0913  (what the two commands have in common)
    path: Path | None,
    driver: list[Path],
    options: Options,
    output: list[str],
    *,
    color: bool,
    quiet: bool,
    cast: Callable[[Config, Files], Files] = lambda _config, drivers: drivers,
) -> NoReturn:
    """Run, write every report that was asked for, and exit. `cast`: puts the demo's NAS in the drivers' place."""
    from csi_probe.config import Config, load
    from csi_probe.output import parse_outputs

    outputs = parse_outputs(output)
    config = options.over(load(path) if path else Config())

    from csi_probe.drivers import source
    from csi_probe.execute import execute
    from csi_probe.progress import progress

    drivers = cast(config, source.read(driver)) if driver else source.NO_FILES
    read = [*([path] if path else []), *(file for file, _ in source.find(driver))]
    with progress(quiet=quiet) as tell:
        report = execute(config, read, tell, drivers)
    _write(report, outputs, color=color)


def _write(report: Report, outputs: Sequence[Output], *, color: bool) -> NoReturn:
    """Write the report in every format, and exit with the report's own code (4 when one is not written)."""
    from csi_probe import journal
    from csi_probe.output import stdout_look, write
    from csi_probe.render import Look, render

    journal.record(report)
    exit_code = report.exit_code
    for wanted in outputs:
        look = Look() if wanted.path else stdout_look(color=color)
        try:
            write(render(wanted.format, report, look), wanted.path)
        except OutputError as error:
            _complain(str(error))
            exit_code = 4
    raise SystemExit(exit_code)


def _complain(text: str) -> None:
    sys.stderr.write(f"truenas-csi-probe: {text}\n")


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"
