"""The one writer: reports to stdout, or to files, atomically. And what the terminal can show."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from csi_probe.errors import ConfigError, OutputError
from csi_probe.render import FORMATS, Look


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
