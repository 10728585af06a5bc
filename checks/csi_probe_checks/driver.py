"""The CSI driver itself: its release, its array and its key."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.contact import Refusal, Trouble
from csi_probe.facts import Known
from csi_probe.finding import Finding, Measure, Unit, fail, ok, skip, unknown, warn
from csi_probe.snapshot import DriverArray, DriverKey, DriverRelease
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
_TO_TELL = (
    '; look into the log of the driver\'s controller: "FREENAS HTTP REQUEST" is the generation that speaks REST, '
    '"TrueNAS WebSocket connecting to" the one that speaks WebSocket; then pin that image by its version or digest'
)
_NO_WORD = "; try the driver with one volume first, and --skip driver.release once it has worked"


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


CHECKS = (release, data_safe, array, connects, key_accepted, key_privileged, key_lasting)
