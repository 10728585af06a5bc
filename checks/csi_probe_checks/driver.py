"""The CSI driver itself: its own config file, its release, its key and its SSH login."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csi_probe.check import check
from csi_probe.contact import Refusal
from csi_probe.facts import Known
from csi_probe.finding import Finding, fail, ok, skip, unknown, warn
from csi_probe.problem import Problem, Rule
from csi_probe.snapshot import DriverFile, DriverKey, DriverRelease, DriverSet, DriverSsh
from csi_probe_checks.words import days, listing


def of_problems(problems: Iterable[Problem], fine: str) -> Iterator[Finding]:
    """A finding for each problem, or one that says that there is none."""
    nothing = True
    for problem in problems:
        nothing = False
        verdict = warn if problem.harmless else fail
        yield verdict(f"{problem.place}: {problem.key}: {problem.seen}", problem.wanted, problem.fix)
    if nothing:
        yield ok(fine)


def _broken(file: DriverFile, rule: Rule, fine: str) -> Iterator[Finding]:
    return of_problems((problem for problem in file.problems if problem.rule is rule), fine)


@check(DriverFile, "driver.keys-known", "the driver knows every key of its config")
def keys_known(file: DriverFile) -> Iterator[Finding]:
    """Whether the config has keys that the driver does not read; the nearest one that it does is named.

    democratic-csi ignores what it does not know: a key with a typing error is as good as not there.

    Correct the key, or remove it.
    """
    return _broken(file, Rule.KNOWN, f"all keys in {file.place.file}")


@check(DriverFile, "driver.keys-placed", "every block of the config stands where the driver reads it")
def keys_placed(file: DriverFile) -> Iterator[Finding]:
    """Whether keys stand in the block in which the driver looks for them.

    One level too deep or too high, and the driver stops with "Cannot read properties of undefined".

    Move the block to the place that the row names.
    """
    return _broken(file, Rule.NESTED, "all blocks")


@check(DriverFile, "driver.values-typed", "every value has the type that the driver expects")
def values_typed(file: DriverFile) -> Iterator[Finding]:
    """Whether values are of the driver's types: octal modes quoted, ids as numbers, lists as lists.

    YAML turns an unquoted 0777 into 511, and a portal's name where its id belongs fails with the first volume.

    Write the value as the row shows.
    """
    return _broken(file, Rule.TYPED, "all values")


@check(DriverFile, "driver.complete", "the config has every key that the driver needs")
def complete(file: DriverFile) -> Iterator[Finding]:
    """Whether a key is missing, or empty, without which the driver does not start or cannot make volumes.

    A driver's own start-up check looks at very little: most of these show with the first volume.

    Add the key.
    """
    return _broken(file, Rule.COMPLETE, "nothing is missing")


@check(DriverFile, "driver.filled", "no placeholder is left in the config")
def filled(file: DriverFile) -> Iterator[Finding]:
    """Whether a ${VARIABLE} is left that Flux, envsubst or a template should have replaced, or was replaced by nothing.

    The driver takes the placeholder for the value. What should stand there is not guessed.

    Give the probe the config as the driver gets it, or mend the substitution.
    """
    return _broken(file, Rule.FILLED, "no placeholder")


@check(DriverFile, "driver.lengths", "the names that the driver makes stay within the limits")
def lengths(file: DriverFile) -> Iterator[Finding]:
    """The lengths of zvol paths, extents, IQNs and snapshots that follow from parents, prefixes and suffixes.

    Too long a name fails for some volumes only: those with long names, or those that get a snapshot.

    Shorten the parent dataset, the prefix or the suffix.
    """
    return _broken(file, Rule.LENGTH, "all of them")


@check(DriverFile, "driver.mount-options", "the mount options work together")
def mount_options(file: DriverFile) -> Iterator[Finding]:
    """Whether mount options clash with each other or with what the driver adds, or do nothing.

    "multiple version options not permitted" keeps a pod in ContainerCreating.

    Leave one of the two out.
    """
    return _broken(file, Rule.MOUNT, "no clash")


@check(DriverFile, "driver.secure", "the driver sends its key over TLS only")
def secure(file: DriverFile) -> Iterator[Finding]:
    """Whether the driver's connection is https or wss.

    Over http the key travels in clear; over ws TrueNAS revokes it at the first login.

    Set the protocol to https (wss) and the port to 443, and trust the certificate.
    """
    return _broken(file, Rule.SECURE, "over TLS")


@check(DriverSet, "driver.apart", "the drivers keep out of each other's way")
def apart(drivers: DriverSet) -> Iterator[Finding]:
    """Whether two drivers share a parent dataset, a CSI name, or the prefix and suffix of what they make.

    They overwrite or delete each other's volumes; names on the array are global, across clusters too.

    Give each driver a parent, a name and a prefix of its own.
    """
    return of_problems(drivers.clashes, f"{len(drivers.names)} of them" if len(drivers.names) > 1 else "only one")


@check(DriverSet, "driver.read", "everything that describes the drivers could be read")
def read(drivers: DriverSet) -> Iterator[Finding]:
    """Whether the files point to something that is not in them: a HelmRelease's valuesFrom, a Secret without its text.

    What stands there can change every value that was judged here.

    Give the probe that file too, or the manifests as they are in the cluster.
    """
    for problem in drivers.unread:
        yield unknown(f"{problem.place}: {problem.key}: {problem.seen}", problem.wanted, problem.fix)
    if not drivers.unread:
        yield ok("nothing is left out")


@check(DriverRelease, "driver.release", "the driver's release works with this TrueNAS", asks=("system.version",))
def release(driver: DriverRelease) -> Finding:
    """The driver's image tag or digest against TrueNAS's release, by what is known of the driver's generations.

    democratic-csi's releases speak REST, which TrueNAS 26 no longer has; its newest `next` images need 26.

    Use the image that the row names, and upgrade driver and TrueNAS together.
    """
    fit = driver.fit.get()
    seen = f"{driver.image} on TrueNAS {driver.version.get().text}: {fit.why}"
    match fit.verdict:
        case "ok":
            return ok(seen)
        case "broken":
            return fail(seen, fit.wanted, f"use {fit.wanted}, and upgrade driver and TrueNAS together")
        case _:
            fix = f"this TrueNAS needs {fit.wanted}: give the probe the Helm values too, or --skip {release.id}"
            return unknown(seen, fit.wanted, fix)


@check(DriverRelease, "driver.data-safe", "the driver's release keeps volumes safe")
def data_safe(driver: DriverRelease) -> Finding:
    """Whether the image is a release that is known to destroy volumes that are in use.

    Kubernetes repeats requests; a driver that answers a repeated one differently makes it delete the volume.

    Upgrade the driver to the release that the row names, or a later one.
    """
    if driver.loses_data:
        return warn(driver.loses_data, "a release without this defect", "upgrade the driver")
    return ok(f"nothing is known against {driver.image}")


@check(DriverKey, "driver.key-accepted", "the driver's key is accepted", asks=("api_key.query",))
def key_accepted(driver: DriverKey) -> Finding:
    """Whether the NAS accepts the key that stands in the driver's own config (one login over TLS), and as whom.

    A wrong, expired or revoked key is a controller in CrashLoop: "error getting system version info".

    Make a new key for the driver's user, and put it where the driver reads it.
    """
    seen = driver.login.get()
    if isinstance(seen, Refusal):
        return fail(seen.seen, "a key that TrueNAS accepts", "make a new key for the driver and put it into its config")
    return ok(f"as {seen.user}" if seen.user else "the key belongs to no user in this release")


@check(DriverKey, "driver.key-privileged", "the driver's key may do what the driver does", asks=("system.version",))
def key_privileged(driver: DriverKey) -> Finding:
    """The roles of the key's user against those that the driver needs to create and delete volumes.

    Over REST, TrueNAS 25 admits FULL_ADMIN alone (403 otherwise); with too small a role volumes are created and never
    deleted.

    Add the roles to the privilege of the user's group.
    """
    seen = driver.login.get()
    if isinstance(seen, Refusal):
        return skip("the key is not accepted")
    if seen.roles is None:
        return skip("this release has no roles; a key's allow-list cannot be read")
    roles = driver.roles_wanted.get()
    wanted = listing(roles)
    missing = [role for role in roles if role not in seen.roles]
    if missing and "FULL_ADMIN" not in seen.roles:
        fix = f"add to the privilege of {seen.user or 'its user'}: {', '.join(missing)}"
        return fail(f"missing: {listing(missing)}", wanted, fix)
    return ok(wanted)


@check(DriverKey, "driver.key-lasting", "the driver's key stays valid", asks=("api_key.query",))
def key_lasting(driver: DriverKey) -> Finding:
    """When the driver's key expires (its own row of api_key.query).

    From that day on no volume is created, attached elsewhere or deleted.

    Renew the key under Credentials > Users > API Keys before it expires.
    """
    entry = driver.key.get()
    if isinstance(entry.revoked, Known) and entry.revoked.value:
        return fail(f'the key "{entry.name}" is revoked', "a valid key", "make a new key for the driver")
    expires = entry.expires.get()
    if expires is None:
        return ok(f'"{entry.name}" never expires')
    left = (expires - driver.now).total_seconds()
    text = f'"{entry.name}" expires on {expires:%Y-%m-%d}, in {days(left)}'
    if left < driver.key_days * 86400:
        return warn(text, f"{driver.key_days} days or more", "renew the key under Credentials > Users > API Keys")
    return ok(text)


@check(DriverSsh, "driver.ssh-login", "the driver can log in to the NAS over SSH")
def ssh_login(driver: DriverSsh) -> Finding:
    """Whether the user, the key or password and the port in sshConnection let the driver in.

    The host key is not judged: democratic-csi does not verify it. What the driver could log in with is tried once.

    Enable SSH on the NAS, and add the driver's public key to the user.
    """
    seen = driver.login.get()
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
    """Whether the user may list datasets the way the driver does it: with `sudo -n` where sudoEnabled is set.

    Without a rule that asks for no password every volume fails with "permission denied" or "a password is required".

    Allow the user zfs and zpool with sudo without a password, and set zfs.cli.sudoEnabled.
    """
    how = "with sudo -n" if driver.sudo else "without sudo"
    if not driver.may_zfs.get():
        fix = f"Credentials > Users > {driver.user}: allow zfs with sudo and no password; zfs.cli.sudoEnabled: true"
        return fail(f"{driver.user} may not list datasets {how}", "zfs list", fix)
    return ok(f"as {driver.user}, {how}")


CHECKS = (
    keys_known,
    keys_placed,
    values_typed,
    complete,
    filled,
    lengths,
    mount_options,
    secure,
    apart,
    read,
    release,
    data_safe,
    key_accepted,
    key_privileged,
    key_lasting,
    ssh_login,
    ssh_shell,
    ssh_tools,
    ssh_rights,
)
