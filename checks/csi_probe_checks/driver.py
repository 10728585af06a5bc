"""The CSI driver itself: its own config file, its release, its key and its SSH login."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csi_probe.check import check
from csi_probe.contact import Refusal, Trouble
from csi_probe.facts import Known
from csi_probe.finding import Finding, Measure, Unit, fail, ok, skip, unknown, warn
from csi_probe.problem import Problem, Rule
from csi_probe.snapshot import DriverArray, DriverFile, DriverKey, DriverRelease, DriverSet, DriverSsh
from csi_probe_checks.words import days, listing

# What says nothing about the key; the allow-list is for the probe's machine, and the driver runs elsewhere.
_SAYS_NOTHING = {
    Trouble.ALLOW_LIST,
    Trouble.BROKEN_ANSWER,
    Trouble.RATE_LIMITED,
    Trouble.TIMEOUT,
    Trouble.UNREACHABLE,
    Trouble.USERNAME_NEEDED,
}
_OF_CERTIFICATES = {Trouble.TLS_UNTRUSTED, Trouble.TLS_WRONG_NAME, Trouble.TLS_EXPIRED}
_NEW_KEY = "make a new key for the driver's user (Credentials > Users > API Keys), and put it into the driver's config"
_KEY_MENDS = {
    Trouble.KEY_DENIED: "give the key's user a privilege (Credentials > Groups > Privileges) with the Full Admin role",
    Trouble.STANDBY: "give the driver the address that both controllers of the pair share",
}
_KNOWN_HOSTS = "compare this host key on the NAS, and add it: ssh-keyscan HOST >> ~/.ssh/known_hosts"
# What keeps the probe out, but not the driver.
_OF_THE_PROBE = {
    Trouble.HOST_KEY_UNKNOWN: _KNOWN_HOSTS,
    Trouble.HOST_KEY_CHANGED: _KNOWN_HOSTS,
    Trouble.NO_COMMON_ALGORITHM: "log in by hand with the driver's key: ssh -i KEY USER@HOST",
}
_TO_TELL = (
    '; look into the log of the driver\'s controller: "FREENAS HTTP REQUEST" is the generation that speaks REST, '
    '"TrueNAS WebSocket connecting to" the one that speaks WebSocket; then pin that image by its version or digest'
)
_NO_WORD = "; try the driver with one volume first, and --skip driver.release once it has worked"


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
    """Whether the files lack something that the driver gets: a HelmRelease's valuesFrom, a Secret's text, its classes.

    What stands there can change every value that was judged here.

    Give the probe that file too, or the manifests as they are in the cluster.
    """
    for problem in drivers.unread:
        verdict = warn if problem.harmless else unknown
        yield verdict(f"{problem.place}: {problem.key}: {problem.seen}", problem.wanted, problem.fix)
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
            return unknown(seen, fit.wanted, f"this TrueNAS needs {fit.wanted}{_TO_TELL if fit.differs else _NO_WORD}")


@check(DriverRelease, "driver.data-safe", "the driver's release keeps volumes safe")
def data_safe(driver: DriverRelease) -> Finding:
    """Whether the image is a release that is known to destroy volumes that are in use.

    Kubernetes repeats requests; a driver that answers a repeated one differently makes it delete the volume.

    Upgrade the driver to the release that the row names, or a later one.
    """
    if driver.loses_data:
        return warn(driver.loses_data, "a release without this defect", "upgrade the driver")
    return ok(f"nothing is known against {driver.image}")


@check(DriverArray, "driver.array", "the driver's array is the one that is judged", asks=("interface.query",))
def array(driver: DriverArray) -> Finding:
    """Whether the host in the driver's file and the one in truenas.url are the same NAS, by the NAS's addresses.

    Where config.toml has a [truenas] table, that array is asked: what it says proves nothing about another one.

    Use one name for the NAS in both files, or judge this driver with a config.toml for its own array.
    """
    met = driver.met.get()
    addresses = driver.resolved.get()
    if isinstance(met, Refusal):
        return skip(f"{driver.judged} could not be asked")
    if met.address in addresses or not {*addresses}.isdisjoint(driver.nas_addresses.get()):
        return ok(f"{driver.wanted} is {driver.judged}")
    seen = f"the driver uses {driver.wanted} ({listing(addresses)}), and {driver.judged} is judged"
    fix = "use one name for the NAS in both files, or judge this driver with a config.toml for its own array"
    return unknown(seen, "the same array", fix)


@check(DriverKey, "driver.connects", "the driver reaches the API")
def connects(driver: DriverKey) -> Finding:
    """Whether the host and port in the driver's config answer over TLS, with a certificate that the driver verifies.

    The probe looks from this machine and with its certificate authorities. It sends no key without TLS: a driver that
    speaks http is looked for on port 443.

    Correct host and port in the driver's config, and let the driver trust the certificate.
    """
    for stage in (driver.reachable, driver.certificate, driver.api):  # each needs the one before
        seen = stage.get()
        if isinstance(seen, Refusal):
            untrusted = driver.trusts_more and seen.trouble is Trouble.TLS_UNTRUSTED
            ours = not driver.over_tls or untrusted or seen.trouble is Trouble.ALLOW_LIST
            return (unknown if ours else fail)(f"{driver.url}: {seen.seen}", "TrueNAS's API over TLS", _way(seen))
    if not driver.over_tls:
        return ok(f"{driver.url} answers; the driver itself does not use it")
    if not driver.verifies:
        fix = "let the driver trust the NAS's certificate, and do without allowInsecure"
        return warn(f"{driver.url}: the driver takes any certificate", "a verified certificate", fix)
    return ok(driver.url)


def _way(refusal: Refusal) -> str:
    if refusal.trouble in _OF_CERTIFICATES:
        return "give the driver the authority of the certificate, or the NAS a certificate for the name that it uses"
    return "correct protocol, host and port in the driver's config, or open the way to the NAS"


@check(DriverKey, "driver.key-accepted", "the driver's key is accepted", asks=("api_key.query",))
def key_accepted(driver: DriverKey) -> Finding:
    """Whether the NAS accepts the key that stands in the driver's own config (one login over TLS), and as whom.

    A wrong, expired or revoked key is a controller in CrashLoop: "error getting system version info".

    Make a new key for the driver's user, and put it where the driver reads it.
    """
    seen = driver.login.get()
    if isinstance(seen, Refusal):
        wanted = "a key that TrueNAS accepts"
        if seen.trouble in _SAYS_NOTHING:
            return unknown(seen.seen, wanted, "run the probe again in ten minutes, from a machine that the NAS admits")
        return fail(seen.seen, wanted, _KEY_MENDS.get(seen.trouble, _NEW_KEY))
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
    measure = Measure("key_expiry", expires.timestamp(), Unit.TIMESTAMP)
    when = f"in {days(left)}" if left > 0 else "which is past"
    text = f'"{entry.name}" expires on {expires:%Y-%m-%d}, {when}'
    if left < driver.key_days * 86400:
        fix = "renew the key under Credentials > Users > API Keys"
        return warn(text, f"{driver.key_days} days or more", fix, measure=measure)
    return ok(text, measure=measure)


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
    array,
    connects,
    key_accepted,
    key_privileged,
    key_lasting,
    ssh_login,
    ssh_shell,
    ssh_tools,
    ssh_rights,
)
