"""What files hold: finds the config of CSI drivers in them, whichever shape it has, and has it read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from csi_probe.drivers import assemble, democratic, scale_csi, tns_csi, tree, truenas_csi
from csi_probe.drivers.deployment import Deployment, StorageClassWant
from csi_probe.drivers.pieces import Piece, pieces
from csi_probe.drivers.raw import Name, Raw
from csi_probe.drivers.tree import Item
from csi_probe.errors import ConfigError
from csi_probe.problem import Place, Problem, Rule

MAX_FILES = 1000
_MAX_TOTAL = 16 * 1024 * 1024
_UNDERSTOOD = (
    "understood are democratic-csi's driver-config-file.yaml, Helm values of democratic-csi, truenas-csi, tns-csi and "
    "scale-csi (also in a HelmRelease, an Application or a HelmChart), and their Secrets and ConfigMaps"
)

# Each adapter: read(raw) -> Deployment raises for nothing that a file can hold; what is wrong becomes a Problem.
# truenas_csi takes settings (the keys of truenas-csi-config) and secrets (api-key), or values; tns_csi secrets (url and
# api-key), or values; scale_csi config (the root of config.yaml) and secrets (api-key), or values.
_READ: Mapping[Name, Callable[[Raw], Deployment]] = {
    "democratic-csi": democratic.read,
    "truenas-csi": truenas_csi.read,
    "tns-csi": tns_csi.read,
    "scale-csi": scale_csi.read,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What some files hold. `strays`: classes of no driver in them. `unread`: what was recognised, but not read."""

    deployments: tuple[Deployment, ...]
    strays: tuple[StorageClassWant, ...] = ()
    unread: tuple[Problem, ...] = ()


NO_FILES = Files(deployments=())


def find(paths: Iterable[Path]) -> tuple[tuple[Path, bool], ...]:
    """The files, and those in folders below that end in .yaml, .yml or .json; True: the file was named itself.

    Hidden folders are left out. Raises ConfigError: more than MAX_FILES, or 16 MiB of them.
    """
    found: dict[Path, bool] = {}
    for path in paths:
        for file in _below(path) if path.is_dir() else (path,):
            found[file] = found.get(file, False) or file == path
            if len(found) > MAX_FILES:
                raise ConfigError(f"{path}: more than {MAX_FILES} files; name the driver's own files")
    if sum(file.stat().st_size for file, named in found.items() if not named and file.exists()) > _MAX_TOTAL:
        raise ConfigError(f"more than {_MAX_TOTAL} bytes of YAML in these folders; name the driver's own files")
    return tuple(found.items())


def _below(folder: Path) -> Iterable[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = (Path(where, name) for name in sorted(files) if name.endswith((".yaml", ".yml", ".json")))
        yield from (file for file in found if file.is_file())  # a pipe would be read without end


def read(paths: Sequence[Path]) -> Files:
    """All drivers in these files and folders.

    Raises ConfigError: a file that was named cannot be read, or there is no driver's config in any of them.
    """
    documents: list[Item] = []
    found: list[Piece | Problem] = []
    for path, named in find(paths):
        try:
            inside = tree.read(path)
            found += [piece for document in inside for piece in pieces(document)]
            documents += inside
        except ConfigError as error:
            if named:
                raise
            found.append(_unreadable(path, error))
    raws, classes = assemble.raws([piece for piece in found if isinstance(piece, Piece)])
    if not raws:
        raise ConfigError(f"no driver's config in {', '.join(map(str, paths))}: {_there(documents)}; {_UNDERSTOOD}")
    return Files(
        deployments=tuple(_READ[raw.driver](raw) for raw in raws),
        strays=tuple(map(assemble.stray, classes)),
        unread=tuple(problem for problem in found if isinstance(problem, Problem)),
    )


def _unreadable(path: Path, error: ConfigError) -> Problem:
    """A file in a folder that is no YAML: templates of charts and the like."""
    fix = "nothing to do, unless it belongs to the driver: then name the file itself"
    reason = str(error).removeprefix(f"{path}:")
    return Problem(Rule.COMPLETE, Place(str(path), 0, 0), path.name, f"not read:{reason}", "YAML", fix, harmless=True)


def _there(documents: Iterable[Item]) -> str:
    kinds = Counter(_kind(document) for document in documents)
    return "there is " + (", ".join(f"{count} x {kind}" for kind, count in kinds.items()) or "no document at all")


def _kind(document: Item) -> str:
    kind = document.get("kind")
    return kind.text[:40] if kind and kind.text.isprintable() else "YAML without kind"
