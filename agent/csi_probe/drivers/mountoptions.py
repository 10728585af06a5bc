"""Mount options of a StorageClass: the NFS version that they ask for, and what clashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csi_probe.drivers.deployment import Protocol
from csi_probe.drivers.raw import Name
from csi_probe.drivers.schema import kind_of, left_over
from csi_probe.drivers.tree import Item
from csi_probe.needs import ANY_NFS
from csi_probe.problem import Problem, Rule

NFS_VERSIONS = ("3", "4", "4.0", "4.1", "4.2")
NEGOTIATED = (ANY_NFS,)  # where nobody says a version: mount.nfs begins with 4.2 and goes down to 3
_OPPOSITES = (("hard", "soft"), ("lock", "nolock"), ("ro", "rw"))
_KEY = "mountOptions"


def listed(options: Item | None) -> tuple[Item, ...]:
    """The list's elements that are options; a mount option is one word, or several with commas."""
    return tuple(item for item in (options.elements if options else ()) if not item.children and not item.elements)


def nfs_versions(options: Iterable[str]) -> tuple[str, ...]:
    """The NFS versions that these options ask for, without those that do not exist."""
    asked = (version for option in words(options) if (version := _version(option)) is not None)
    return tuple(dict.fromkeys(version for version in asked if version in NFS_VERSIONS))


def locks(options: Iterable[str]) -> bool:
    """Whether these options ask for NFSv3 with locks, which take the host's rpc.statd; nolock does without."""
    asked = words(options)
    return "3" in nfs_versions(asked) and "nolock" not in asked


def words(options: Iterable[str]) -> tuple[str, ...]:
    """The single options: one element may hold several, with commas."""
    return tuple(word.strip() for option in options for word in option.split(",") if word.strip())


def lint(options: Item | None, driver: Name, protocol: Protocol | None) -> Iterator[Problem]:
    """What is wrong with a class's mountOptions for volumes that are served by `protocol`."""
    if options and options.value is not None and not isinstance(options.value, tuple):
        yield Problem(Rule.TYPED, options.key, _KEY, kind_of(options), "a list", "write a list, one option an item")
    for item in options.elements if options else ():
        if not isinstance(item.value, str):
            yield Problem(Rule.TYPED, item.place, _KEY, kind_of(item), "text", "put the option in quotes")
        elif left_over(item.value):
            yield Problem(Rule.FILLED, item.place, _KEY, item.value[:80], "an option", "fill it in: nothing did so")
    items = listed(options)
    yield from _versions(items, driver, protocol)
    flags = {option: item for item in items for option in words([item.text])}
    for one, other in _OPPOSITES:
        if one in flags and other in flags:
            seen, place = f"{one} and {other}", flags[other].place
            yield Problem(Rule.MOUNT, place, _KEY, seen, "one of the two", "remove one of them", harmless=True)


def _versions(items: tuple[Item, ...], driver: Name, protocol: Protocol | None) -> Iterator[Problem]:
    asking = [(option, item) for item in items for option in words([item.text]) if _version(option) is not None]
    if protocol in {"iscsi", "nvmeof"}:
        for option, item in asking:
            fix = "remove it: a filesystem on a block device refuses to be mounted with it"
            yield Problem(Rule.MOUNT, item.place, _KEY, option, "no option of NFS", fix)
        return
    if protocol != "nfs":
        return
    for option, item in asking:
        if _version(option) not in NFS_VERSIONS:
            wanted = f"one of {', '.join(NFS_VERSIONS)}"
            yield Problem(Rule.MOUNT, item.place, _KEY, option, wanted, "ask for a version that TrueNAS serves")
    if len(asking) > 1:
        seen = " and ".join(option for option, _ in asking)
        fix = 'keep one: mount.nfs answers "multiple version options not permitted"'
        yield Problem(Rule.MOUNT, asking[1][1].place, _KEY, seen, "one version", fix)
    elif asking and driver == "tns-csi" and not asking[0][0].startswith("vers="):
        option, item = asking[0]
        version = _version(option)
        fix = 'the driver adds vers=4.2 to it, and mount.nfs answers "multiple version options not permitted"'
        yield Problem(Rule.MOUNT, item.place, _KEY, option, f"vers={version}", f"write vers={version}: {fix}")


def _version(option: str) -> str | None:
    """The version that an option asks for: vers=4.1, nfsvers=4.1 and v4.1 say the same."""
    name, _, value = option.partition("=")
    if name in {"vers", "nfsvers"}:
        return value
    return name[1:] if not value and name[:1] == "v" and name[1:] in NFS_VERSIONS else None
