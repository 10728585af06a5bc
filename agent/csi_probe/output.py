"""The one writer: reports to stdout, or to files, atomically. And what the terminal can show, or a file has shown."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from csi_probe.errors import ConfigError, OutputError
from csi_probe.render import FORMATS, Look

if TYPE_CHECKING:
    from csi_probe.report import Report


@dataclass(frozen=True, slots=True)
class Output:
    """One `-o FORMAT[=PATH]`. `path`: None for stdout."""

    format: str
    path: Path | None

    @classmethod
    def parse(cls, text: str) -> Output:
        """Read FORMAT or FORMAT=PATH. Raises ConfigError for a format that does not exist."""
        name, equals, path = text.partition("=")
        if name not in FORMATS:
            raise ConfigError(f'-o {text}: there is no format "{name}"; there are: {", ".join(FORMATS)}')
        if equals and not path:
            raise ConfigError(f"-o {text}: the path is missing")
        return cls(name, Path(path) if path else None)


def parse_outputs(texts: list[str]) -> tuple[Output, ...]:
    """All `-o` options; text on stdout where there is none. Raises ConfigError when two would share a place."""
    outputs = tuple(Output.parse(text) for text in texts) or (Output("text", None),)
    places = [output.path and os.path.realpath(output.path) for output in outputs]
    for place in places:
        if places.count(place) > 1:
            raise ConfigError(f"-o: two reports would go to {place or 'stdout'}; give each a path of its own")
    return outputs


def read(path: Path) -> Report:
    """A report that was saved as JSON. Raises ConfigError with the path and the reason."""
    from csi_probe.render import saved  # noqa: PLC0415  (only a report that was saved needs it)

    try:
        return saved.read(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from None


def last_ready(outputs: Iterable[Output]) -> datetime | None:
    """When the last run began that was ready, by the reports that this run replaces; None where none of them says."""
    moments = [_last_ready(output.format, output.path) for output in outputs if output.path and output.path.is_file()]
    return max((moment for moment in moments if moment), default=None)


def _last_ready(format_: str, path: Path) -> datetime | None:
    from csi_probe.render import prometheus  # noqa: PLC0415  (only a report that is replaced needs it)

    readers: dict[str, Callable[[], datetime | None]] = {
        "json": lambda: read(path).last_ready,
        "prometheus": lambda: prometheus.last_ready(path.read_text(encoding="utf-8")),
    }
    try:
        return readers[format_]() if format_ in readers else None
    except (ConfigError, OSError, UnicodeDecodeError):  # something else is there, and will be replaced
        return None


def stdout_look(*, color: bool) -> Look:
    """What stdout can show: its width, colour only on a terminal and without NO_COLOR, ASCII where it needs that."""
    terminal = sys.stdout.isatty()
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) > 0 else _terminal_width() if terminal else 100
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Look(width=width, color=color and terminal and not plain, ascii=encoding != "utf8")


def write(text: str, path: Path | None) -> None:
    """Write a whole report, or nothing. Raises OutputError with the path and the reason."""
    try:
        if path is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        elif path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a device or a pipe: there is nothing to replace
        else:
            _replace(Path(os.path.realpath(path)), text)  # a link stays: /dev/stdout is one
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise OutputError(f"cannot write the report to {path or 'stdout'}: {reason}") from None


def _terminal_width() -> int:
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def _replace(path: Path, text: str) -> None:
    """Temporary file, fsync, rename: a reader sees the old report or the new one, and a full disk loses neither."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
