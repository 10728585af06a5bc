"""Which pieces belong together: a driver's values, config, Secret, classes and image as one Raw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from csi_probe.drivers import concrete
from csi_probe.drivers.deployment import StorageClassWant
from csi_probe.drivers.pieces import Piece
from csi_probe.drivers.raw import Name, Raw

_CSI_NAMES: dict[Name, str] = {"truenas-csi": "csi.truenas.io", "tns-csi": "tns.csi.io", "scale-csi": "csi.scale.io"}
_NAMES_IN_VALUES: dict[Name, tuple[str, ...]] = {
    "democratic-csi": ("csiDriver", "name"),
    "truenas-csi": ("driverName",),
    "tns-csi": ("csiDriverName",),
    "scale-csi": ("csiDriverName",),
}
_SECRETS = (("driver", "existingConfigSecret"), ("truenas", "existingSecret"))  # in Helm values
# What people have in CSI names, which democratic-csi leaves to them.
_ITS_NAMES = ("democratic", "truenas", "freenas")


def raws(pieces: Sequence[Piece]) -> tuple[tuple[Raw, ...], tuple[Piece, ...]]:
    """One Raw a driver, and the classes that belong to none of them."""
    found: list[Raw] = []
    for kind in ("values", "config", "settings", "secrets"):
        for piece in sorted((piece for piece in pieces if piece.kind == kind), key=_foreign):
            home = _home(piece, found)
            if home is not None:
                found[home] = _with(found[home], piece)
            elif piece.driver:
                found.append(_with(Raw(driver=piece.driver, place=piece.place), piece))
    found = [_imaged(_named(raw, pieces, alone=_unnamed(found) == 1), pieces) for raw in found]
    strays: list[Piece] = []
    for piece in pieces:
        if piece.kind in ("storage-class", "snapshot-class") and piece.item:
            owner = _owner(piece, found)
            if owner is None:
                strays += [piece] if piece.kind == "storage-class" else []
            else:
                found[owner] = _with(found[owner], piece)
    return tuple(found), tuple(strays)


def _foreign(piece: Piece) -> bool:
    """Whether the name of a Secret says nothing of a driver: other programs have api-keys too."""
    return not any(word in piece.name for word in ("csi", "nas"))


def stray(piece: Piece) -> StorageClassWant:
    """A class of no driver: its name and whom it asks."""
    return StorageClassWant(name=piece.name, place=piece.place, provisioner=_provisioner(piece), parameters={})


def _home(piece: Piece, found: Sequence[Raw]) -> int | None:
    """The driver to which the piece belongs: the one that names its Secret, or the only one that it can be."""
    lacking = [number for number, raw in enumerate(found) if _lacks(raw, piece)]
    named = [number for number in lacking if piece.name and piece.name in _secrets(found[number])]
    unnamed = [number for number in lacking if not piece.name or not _secrets(found[number])]
    return next(iter(named), unnamed[0] if len(unnamed) == 1 else None)


def _lacks(raw: Raw, piece: Piece) -> bool:
    if piece.driver not in (None, raw.driver):
        return False
    if piece.kind == "config":
        return raw.driver == "democratic-csi" and raw.config is None and bool(_secrets(raw))
    named = piece.name in _secrets(raw)
    fits = raw.driver != "democratic-csi" and (named or (not raw.values and "api-key" in piece.data))
    return piece.kind == "secrets" and not raw.secrets and fits


def _secrets(raw: Raw) -> tuple[str, ...]:
    """The Secrets that its values name."""
    names = (concrete.text(raw.values.get(*keys)) for keys in _SECRETS) if raw.values else ()
    return tuple(name for name in names if name)


def _with(raw: Raw, piece: Piece) -> Raw:
    match piece.kind:
        case "values":
            return replace(raw, values=piece.item)
        case "config":
            return replace(raw, config=piece.item)
        case "settings":
            return replace(raw, settings=piece.data)
        case "secrets":
            return replace(raw, secrets=piece.data)
        case _:
            return _with_class(raw, piece)


def _with_class(raw: Raw, piece: Piece) -> Raw:
    if not piece.item:
        return raw
    if piece.kind == "storage-class":
        return replace(raw, storage_classes=(*raw.storage_classes, piece.item))
    return replace(raw, snapshot_classes=(*raw.snapshot_classes, piece.item))


def _imaged(raw: Raw, pieces: Sequence[Piece]) -> Raw:
    images = {piece.image for piece in pieces if piece.kind == "image" and piece.driver == raw.driver}
    return replace(raw, image=images.pop()) if len(images) == 1 else raw


def _csi_name(raw: Raw) -> str | None:
    said = concrete.text(raw.values.get(*_NAMES_IN_VALUES[raw.driver])) if raw.values else None
    own = concrete.text(raw.settings.get("CSI_DRIVER_NAME"))  # truenas-csi's environment
    return raw.csi_name or said or own or _CSI_NAMES.get(raw.driver)


def _unnamed(found: Sequence[Raw]) -> int:
    return sum(_csi_name(raw) is None for raw in found)


def _named(raw: Raw, pieces: Sequence[Piece], *, alone: bool) -> Raw:
    """With the name of the CSIDriver manifest, where there is no doubt whose that is."""
    if _csi_name(raw):
        return raw
    names = {piece.name for piece in pieces if piece.kind == "csi-driver"} - set(_CSI_NAMES.values())
    return replace(raw, csi_name=names.pop()) if alone and len(names) == 1 else raw


def _provisioner(piece: Piece) -> str:
    item = piece.item and (piece.item.get("provisioner") or piece.item.get("driver"))
    return concrete.text(item) or ""


def _owner(piece: Piece, found: Sequence[Raw]) -> int | None:
    """Whose class it is: by name, or the only driver whose name is not in the files if it can be its."""
    provisioner = _provisioner(piece)
    for number, raw in enumerate(found):
        if provisioner == _csi_name(raw):
            return number
    unnamed = [number for number, raw in enumerate(found) if _csi_name(raw) is None]
    likely = any(word in provisioner for word in _ITS_NAMES) and provisioner not in _CSI_NAMES.values()
    return unnamed[0] if likely and len(unnamed) == 1 else None
