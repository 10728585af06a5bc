"""NFS as subjects: the service, and each node before the existing shares."""

from __future__ import annotations

from collections.abc import Iterator

from csi_probe.config import Config, NfsWant
from csi_probe.entries import NfsShare
from csi_probe.facts import Fact, Known, Missing
from csi_probe.snapshot import Nfs, NfsAccess
from csi_probe.subjects.seen import Seen, parents
from csi_probe.truenas import questions as ask


def nfs(config: Config, want: NfsWant, seen: Seen) -> Iterator[Nfs | NfsAccess]:
    """[nfs] beside the array's configuration; and for each node the shares below the configured parents."""
    for address in want.addresses:
        yield Nfs(
            address=address,
            versions=want.versions,
            service=seen.service("nfs"),
            config=seen.answers.to(ask.NFS_CONFIG),
            resolved=seen.addresses(address),
            nas_addresses=seen.answers.to(ask.ADDRESSES),
        )
    # Not below [[pools]]: other people's shares of the same pool need not admit the nodes.
    paths = [f"/mnt/{name}" for name in parents(config)]
    below = seen.answers.to(ask.NFS_SHARES).then(
        lambda shares: tuple(share for share in shares if any(_is_below(share, path) for path in paths))
    )
    for node in config.nodes:
        for address in want.addresses:
            yield NfsAccess(node=node.name, source=source_address(seen, node.name, address), shares=below)


def _is_below(share: NfsShare, parent: str) -> bool:
    return any(f"{path}/".startswith(f"{parent}/") for path in share.paths)


def source_address(seen: Seen, node: str, address: str) -> Fact[str]:
    """The address from which the node reaches `address`."""
    sources = seen.nodes[node].answers.sources if node in seen.nodes else Missing("the node was not asked")
    if isinstance(sources, Missing):
        return sources
    source = sources.value.get(address)
    return Known(source) if source else Missing(f"the node has no route to {address}")
