"""The SSH login of democratic-csi's SSH drivers."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.contact import Refusal, Trouble
from csi_probe.finding import Finding, fail, ok, unknown
from csi_probe.snapshot import DriverSsh
from csi_probe_checks.words import listing

_KNOWN_HOSTS = "compare this host key on the NAS, and add it: ssh-keyscan HOST >> ~/.ssh/known_hosts"
# What keeps the probe out, but not the driver.
_OF_THE_PROBE = {
    Trouble.HOST_KEY_UNKNOWN: _KNOWN_HOSTS,
    Trouble.HOST_KEY_CHANGED: _KNOWN_HOSTS,
    Trouble.NO_COMMON_ALGORITHM: "log in by hand with the driver's key: ssh -i KEY USER@HOST",
}


@check(DriverSsh, "driver.ssh-login", "the driver can log in to the NAS over SSH")
def ssh_login(driver: DriverSsh) -> Finding:
    """Whether the user, the key or password and the port in sshConnection let the driver in.

    democratic-csi does not verify the host key; the probe sends nothing to a host that known_hosts does not know. What
    the driver could log in with is tried once.

    Enable SSH on the NAS, and add the driver's public key to the user.
    """
    seen = driver.login.get()
    if isinstance(seen, Refusal) and seen.trouble in _OF_THE_PROBE:
        return unknown(seen.seen, f"a login as {driver.user}", _OF_THE_PROBE[seen.trouble])
    if isinstance(seen, Refusal):
        fix = "enable SSH under System > Services, and add the driver's public key under Credentials > Users"
        return fail(seen.seen, f"a login as {driver.user}", fix)
    return ok(seen.how)


@check(DriverSsh, "driver.ssh-shell", "the login shell understands the driver")
def ssh_shell(driver: DriverSsh) -> Finding:
    """Whether the user's login shell on the NAS is a POSIX shell and not csh or tcsh.

    democratic-csi quotes for sh: under csh it refuses to start.

    Set the user's shell to bash or sh under Credentials > Users.
    """
    shell = driver.shell.get()
    if "csh" in shell:
        return fail(shell, "sh, bash or zsh", f"set the shell of {driver.user} under Credentials > Users")
    return ok(shell)


@check(DriverSsh, "driver.ssh-tools", "the driver finds zfs and zpool")
def ssh_tools(driver: DriverSsh) -> Finding:
    """Whether zfs and zpool are where the driver calls them: at zfs.cli.paths, or on the PATH of a non-login shell.

    Since 25.04 they are no longer where older drivers look: "zfs: command not found".

    Set zfs.cli.paths.zfs and zfs.cli.paths.zpool in the driver's config.
    """
    zfs, zpool = driver.zfs.get(), driver.zpool.get()
    if missing := [name for name, path in (("zfs", zfs), ("zpool", zpool)) if not path]:
        fix = f"set {' and '.join(f'zfs.cli.paths.{name}' for name in missing)} to /usr/sbin/… in the driver's config"
        return fail(f"no {listing(missing)}", "zfs and zpool", fix)
    return ok(f"{zfs}, {zpool}")


@check(DriverSsh, "driver.ssh-rights", "the driver may use zfs")
def ssh_rights(driver: DriverSsh) -> Finding:
    """Whether `sudo -n zfs list` works where sudoEnabled is set; where it is not, only root can make volumes.

    Without a rule that asks for no password every volume fails with "permission denied" or "a password is required".

    Allow the user zfs and zpool with sudo without a password, and set zfs.cli.sudoEnabled.
    """
    how = "with sudo -n" if driver.sudo else "without sudo"
    if not driver.may_zfs.get():
        fix = f"Credentials > Users > {driver.user}: allow zfs with sudo and no password; zfs.cli.sudoEnabled: true"
        seen = f"sudo -n zfs list fails for {driver.user}" if driver.sudo else f"{driver.user} is not root"
        return fail(seen, "root, or sudo without a password", fix)
    return ok(f"as {driver.user}, {how}")


CHECKS = (ssh_login, ssh_shell, ssh_tools, ssh_rights)
