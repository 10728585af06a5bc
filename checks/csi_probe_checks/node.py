"""The Kubernetes nodes themselves."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.contact import Refusal, Trouble
from csi_probe.finding import Finding, Measure, Unit, fail, ok, warn
from csi_probe.snapshot import Node

_MENDS = {
    Trouble.UNRESOLVED: "correct the node's address, or make its name resolvable on this machine",
    Trouble.REFUSED: "start sshd on the node, or correct the port in [[nodes]] or [ssh]",
    Trouble.TIMEOUT: "check that the node is up and that no firewall stands in between; then look at its load",
    Trouble.UNREACHABLE: "check the route and the firewall between this machine and the node",
    Trouble.NOT_SSH: "correct the port: what answers there is not an SSH server (or it drops logins: MaxStartups)",
    Trouble.HOST_KEY_UNKNOWN: "compare the fingerprint on the node's console, then log in once with ssh to add "
    "it to known_hosts",
    Trouble.HOST_KEY_CHANGED: "find out why the key changed; if the node was reinstalled: ssh-keygen -R ADDRESS, "
    "then as for a new host",
    Trouble.NO_COMMON_ALGORITHM: "allow a current algorithm on the node's sshd, such as ssh-ed25519 host keys "
    "and curve25519-sha256",
    Trouble.LOGIN_REFUSED: "add the public key to the node's authorized_keys for this user, or correct the user",
    Trouble.LOGIN_KEY: "name a readable private key in ssh.key_file, and its passphrase in ssh.passphrase",
    Trouble.NO_SHELL: "use a user whose login shell runs commands (usermod --shell /bin/sh USER)",
    Trouble.BROKEN_ANSWER: "run the command of the row by hand: ssh NODE /bin/sh -s",
}


@check(Node, "node.login", "the node can be reached and asked")
def login(node: Node) -> Finding:
    """Whether the node accepts the connection, shows a known host key, lets the user in and runs the one script.

    Everything about a node is asked in this one session; a node that is not asked is not known to be ready.

    Mend what the row names: address, host key, user, key or login shell. The probe never adds host keys by itself.
    """
    seen = node.login.get()
    if isinstance(seen, Refusal):
        return fail(seen.seen, "a session that runs /bin/sh", _MENDS.get(seen.trouble, "log in by hand and look"))
    return ok(f"{seen.how}, {seen.seconds:.1f} s")


@check(Node, "node.system", "the node says what it runs")
def system(node: Node) -> Finding:
    """The distribution and the kernel, for information: the other rows ask for capabilities, not for names.

    Support starts with these two lines.

    Nothing is to be mended here, unless /etc/os-release is missing.
    """
    return ok(f"{node.answers.os.get().name}, kernel {node.answers.kernel.get()}")


@check(Node, "node.clock", "the node's clock agrees with the NAS")
def clock(node: Node) -> Finding:
    """The node's clock against the NAS's, both as the probe saw them, to a second; the probe's own without a NAS.

    A skewed clock breaks TLS and Kerberos, and makes logs of node and NAS useless together.

    Set up time synchronisation on the node (systemd-timesyncd or chrony) and on the NAS.
    """
    skew = node.answers.clock.get() - node.reference_clock
    wanted = f"{node.max_clock_skew:g} s or less from {node.reference}"
    measure = Measure("clock_skew", skew, Unit.SECONDS)
    if abs(skew) > node.max_clock_skew:
        seen = f"{abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
        return warn(seen, wanted, "set up time synchronisation: timedatectl set-ntp true", measure=measure)
    return ok(f"{abs(skew):.0f} s from {node.reference}", wanted, measure=measure)


@check(Node, "node.root-shared", "the root mount is shared")
def root_shared(node: Node) -> Finding:
    """Whether / propagates mounts (findmnt -o PROPAGATION /).

    What the driver mounts in its container must appear on the host: with a private / pods do not start
    ("path / is mounted on / but it is not a shared mount").

    mount --make-rshared / at boot, before the kubelet.
    """
    if not node.answers.root_shared.get():
        return fail("private", "shared", "mount --make-rshared /, and at every boot before the kubelet starts")
    return ok("shared")


CHECKS = (login, system, clock, root_shared)
