"""The command line: arguments in, exit code out. Heavy imports stand where they are used: --help is instant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from csi_probe import __version__, exits
from csi_probe.arguments import ConfigFile, DeadlineSeconds, Drivers, Exits, NoColor, Only, Outputs, Quiet, Skip, Strict
from csi_probe.report import ExitStyle

if TYPE_CHECKING:
    from collections.abc import Callable

    from csi_probe.config import Config, Options
    from csi_probe.drivers.source import Files

app = typer.Typer(
    help="Would volumes work? Works through what a CSI driver needs from a TrueNAS and from the nodes, and reports.",
    epilog="Exit codes: 0 ready, 1 not ready, 2 usage or configuration error, 3 undetermined, 4 the probe failed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line; every error of ours ends in one line on stderr and its exit code."""
    try:
        app()
    except exits.Reported:
        raise
    except SystemExit as ended:  # a command that has no report, or an error in the command line
        code = ended.code
    except Exception as error:  # noqa: BLE001  (whatever it is, it ends in one line)
        code = exits.explain(error)
    raise SystemExit(exits.exit_code(code, exits.style()))


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
    exit_style: Exits = ExitStyle.PROBE,
    no_color: NoColor = False,
    quiet: Quiet = False,
) -> None:
    """Work through the prerequisites and write the readiness report."""
    from csi_probe.config import Options, find, look

    path = look(config) if driver else find(config)
    options = Options(only=tuple(only), skip=tuple(skip), strict=strict, deadline=deadline)
    _report(path, driver, options, output, exit_style, color=not no_color, quiet=quiet)


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
    exit_style: Exits = ExitStyle.PROBE,
    no_color: NoColor = False,
    quiet: Quiet = False,
) -> None:
    """Make the same run against a simulated TrueNAS and two simulated nodes on this machine's loopback."""
    from functools import partial

    from csi_probe.config import Options
    from csi_probe.demo import stage

    if list_breaks:
        for fault in stage.BREAKS.values():
            typer.echo(f"{fault.name:<28} {fault.summary}")
        return
    options = Options(only=tuple(only), skip=tuple(skip), strict=strict, deadline=deadline)
    with stage.set_up(era, break_, with_this_machine=with_this_machine, storage=not driver) as path:
        _report(
            path, driver, options, output, exit_style, color=not no_color, quiet=quiet, cast=partial(stage.cast, path)
        )


@app.command()
def lint(  # noqa: PLR0913  (a command's options)
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The CSI drivers' own files, or folders.")],
    only: Only = [],  # noqa: B006
    skip: Skip = [],  # noqa: B006
    strict: Strict = False,
    output: Outputs = [],  # noqa: B006
    exit_style: Exits = ExitStyle.PROBE,
    no_color: NoColor = False,
) -> None:
    """Judge the CSI drivers' own config files alone. Nothing is asked."""
    from csi_probe import journal
    from csi_probe.config import Config, Options
    from csi_probe.delivery import deliver
    from csi_probe.drivers import source
    from csi_probe.execute import lint as judge
    from csi_probe.output import parse_outputs

    outputs = parse_outputs(output)
    config = Options(only=tuple(only), skip=tuple(skip), strict=strict).over(Config())
    drivers = source.read(files)
    report = judge(config, [path for path, _ in source.find(files)], drivers)
    journal.record(report)
    deliver(report, outputs, exit_style, color=not no_color)


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


@app.command()
def render(
    *,
    format_: Annotated[str, typer.Argument(metavar="FORMAT[=PATH]", help="As for --output.")],
    file: Annotated[Path, typer.Argument(metavar="REPORT", help="What --output json=REPORT has written.")],
    exit_style: Exits = ExitStyle.PROBE,
    no_color: NoColor = False,
) -> None:
    """Write a saved report in another format. Nothing is asked; the exit code is that of the run."""
    from csi_probe.delivery import deliver
    from csi_probe.output import parse_outputs, read

    outputs = parse_outputs([format_])
    deliver(read(file), outputs, exit_style, color=not no_color)


def _report(  # noqa: PLR0913  (what the two commands have in common)
    path: Path | None,
    driver: list[Path],
    options: Options,
    output: list[str],
    exit_style: ExitStyle,
    *,
    color: bool,
    quiet: bool,
    cast: Callable[[Config, Files], Files] = lambda _config, drivers: drivers,
) -> NoReturn:
    """Run, write every report that was asked for, and exit. `cast`: puts the demo's NAS in the drivers' place."""
    from dataclasses import replace

    from csi_probe import journal
    from csi_probe.config import Config, load
    from csi_probe.delivery import deliver
    from csi_probe.output import last_ready, parse_outputs

    outputs = parse_outputs(output)
    config = options.over(load(path) if path else Config())

    from csi_probe.drivers import source
    from csi_probe.execute import execute
    from csi_probe.progress import progress

    drivers = cast(config, source.read(driver)) if driver else source.NO_FILES
    read = [*([path] if path else []), *(file for file, _ in source.find(driver))]
    with progress(quiet=quiet) as tell:
        report = replace(execute(config, read, tell, drivers), ready_before=last_ready(outputs))
    journal.record(report)
    deliver(report, outputs, exit_style, color=color)
