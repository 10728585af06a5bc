"""The array itself: can it be reached and trusted, who is asking, and may they."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.contact import Refusal, Trouble, Trust
from csi_probe.facts import Known
from csi_probe.finding import Finding, Measure, Unit, fail, ok, skip, unknown, warn
from csi_probe.snapshot import Nas
from csi_probe_checks.words import days, listing

OLDEST = (13, 0)
NEWEST_SERIES = 26

_MENDS = {
    Trouble.UNRESOLVED: "correct the host in truenas.url, or make its name resolvable on this machine",
    Trouble.REFUSED: "check host and port in truenas.url, and System > General > GUI: is the HTTPS port another one?",
    Trouble.TIMEOUT: "check that the NAS is up, and that no firewall or VLAN stands between this machine and its "
    "HTTPS port",
    Trouble.UNREACHABLE: "check the route and the firewall between this machine and the NAS",
    Trouble.TLS_UNTRUSTED: "set truenas.ca_file to the authority's certificate, or set truenas.fingerprint, once "
    "the NAS's own shell shows the same: openssl x509 -noout -fingerprint -sha256 -in /etc/certificates/NAME.crt",
    Trouble.TLS_WRONG_NAME: "use a name in truenas.url that the certificate carries, or give the NAS a "
    "certificate with this name",
    Trouble.TLS_EXPIRED: "renew the certificate on the NAS (System > Certificates), and check the clocks of both "
    "machines",
    Trouble.TLS_FINGERPRINT: "find out why the certificate changed; if that was meant, set truenas.fingerprint "
    "to the new one",
    Trouble.TLS_BROKEN: "check that the port in truenas.url is the HTTPS port of TrueNAS's web interface",
    Trouble.NOT_TRUENAS: "check host and port in truenas.url: this does not answer as TrueNAS does",
    Trouble.BOOTING: "wait until TrueNAS has started and run the probe again; if it lasts, look at middlewared's "
    "log on the NAS",
    Trouble.STANDBY: "use the HA pair's virtual address in truenas.url: this is the passive controller",
    Trouble.ALLOW_LIST: "add this machine's address on the NAS under System > General > GUI > Allowed IP Addresses",
    Trouble.KEY_WRONG: "make a key under Credentials > Users > API Keys, and check truenas.username: the key "
    "must belong to that user",
    Trouble.KEY_EXPIRED: "renew the key under Credentials > Users > API Keys",
    Trouble.KEY_DENIED: "give the key's user a privilege (Credentials > Groups > Privileges) with the roles of: "
    "truenas-csi-probe privileges",
    Trouble.USERNAME_NEEDED: "set truenas.username to the user to whom the key belongs",
    Trouble.BROKEN_ANSWER: "check for a proxy between this machine and the NAS; then look at middlewared's log "
    "on the NAS",
    Trouble.RATE_LIMITED: "wait ten minutes, and find what else logs in to the NAS from this address more than "
    "20 times a minute",
}
_OURS = {Trouble.RATE_LIMITED}  # says nothing about the NAS's readiness


def _refused(refusal: Refusal, wanted: str) -> Finding:
    verdict = unknown if refusal.trouble in _OURS else fail
    return verdict(refusal.seen, wanted, _MENDS.get(refusal.trouble, "ask the NAS by hand: curl -v URL/api/versions"))


@check(Nas, "truenas.reachable", "the NAS can be reached")
def reachable(nas: Nas) -> Finding:
    """Whether the host in truenas.url has an address and accepts a TCP connection on its port.

    Everything else is asked over this one connection, and a driver's controller needs the same way to the NAS.

    Correct truenas.url, or open the way between this machine and the NAS.
    """
    contact = nas.reachable.get()
    if isinstance(contact, Refusal):
        return _refused(contact, f"a connection to {nas.url}")
    seen = f"{nas.url} answers from {contact.address} after {contact.seconds * 1000:.0f} ms"
    return ok(seen, measure=Measure("connect", contact.seconds, Unit.SECONDS))


@check(Nas, "truenas.certificate", "the NAS's certificate is valid")
def certificate(nas: Nas) -> Finding:
    """Whether the certificate in the TLS handshake is trusted, carries the host's name, and for how long it is valid.

    Drivers verify it too, unless they are told not to; when it expires, provisioning stops.

    Renew the certificate on the NAS, trust its authority with truenas.ca_file, or pin it with truenas.fingerprint.
    """
    seen = nas.certificate.get()
    if isinstance(seen, Refusal):
        return _refused(seen, "a certificate that this machine trusts")
    left = (seen.not_after - nas.now).total_seconds()
    until = f"{seen.subject} is valid until {seen.not_after:%Y-%m-%d}"
    mend, expiry = (
        _MENDS[Trouble.TLS_EXPIRED],
        Measure("certificate_expiry", seen.not_after.timestamp(), Unit.TIMESTAMP),
    )
    if left <= 0:
        return warn(f"{until}: it has expired", "a valid certificate", mend, measure=expiry)
    if left < nas.certificate_days * 86400:
        return warn(f"{until}: {days(left)} left", f"{nas.certificate_days} days or more", mend, measure=expiry)
    trusted = nas.trust if nas.trust is Trust.OFF else f"trusted by {nas.trust}"
    return ok(f"{until} ({days(left)}), {trusted}", measure=expiry)


@check(Nas, "truenas.verified", "the NAS's certificate is verified")
def verified(nas: Nas) -> Finding:
    """Whether the probe verifies the NAS's certificate at all.

    Without it anyone between this machine and the NAS can read the API key, and with the key administer the NAS.

    Remove verify = false and set truenas.ca_file or truenas.fingerprint; the fingerprint is shown here.
    """
    if nas.trust is not Trust.OFF:
        return ok(f"by {nas.trust}")
    seen = nas.certificate.get()
    fix = "replace verify = false by truenas.ca_file or truenas.fingerprint"
    if not isinstance(seen, Refusal):
        fix = f'compare it in the NAS\'s shell, then replace verify = false by: fingerprint = "{seen.sha256}"'
    return warn("verify = false: whoever stands in between can read the key", "a verified certificate", fix)


@check(Nas, "truenas.api", "the NAS serves an API that the probe speaks")
def api(nas: Nas) -> Finding:
    """What GET /api/versions answers, without a key: the JSON-RPC API (25.04 and later), or the REST API (before).

    Drivers speak one of the two: a REST driver fails on TrueNAS 26, a WebSocket driver on releases before 25.

    Wait until the NAS has started, or correct truenas.url when it points at something else.
    """
    seen = nas.api.get()
    if isinstance(seen, Refusal):
        return _refused(seen, "TrueNAS's API")
    newest = f", {seen.versions[-1]} is the newest" if seen.versions else ""
    return ok(f"{seen.protocol}{newest}")


@check(Nas, "truenas.login", "the API key is accepted")
def login(nas: Nas) -> Finding:
    """Whether the NAS accepts the probe's API key, and as which user. It is tried once, never again.

    TrueNAS locks out an address after 20 logins a minute, and revokes a key that arrives without TLS.

    Make a new key for the user, correct truenas.username, or give the user a privilege.
    """
    seen = nas.login.get()
    if isinstance(seen, Refusal):
        return _refused(seen, "a valid API key")
    return ok(f"as {seen.user}" if seen.user else "the key belongs to no user in this release")


@check(Nas, "truenas.roles", "the key's roles suffice for every question")
def roles(nas: Nas) -> Finding:
    """Which roles the key's user has (auth.me), against those that this run's questions need.

    What a role hides cannot be judged: its rows are unknown. The probe needs read roles only.

    Add the missing roles to the privilege of the user's group; truenas-csi-probe privileges prints them all.
    """
    seen = nas.login.get()
    if isinstance(seen, Refusal):
        return skip("nobody is logged in")
    if seen.roles is None:
        return skip("this release has no roles; a key's allow-list shows in the rows that it hides")
    missing = sorted(nas.roles_wanted - seen.roles)
    if "FULL_ADMIN" in seen.roles:
        return ok("FULL_ADMIN; the probe needs far less: truenas-csi-probe privileges")
    if not missing:
        return ok(f"all {len(nas.roles_wanted)} that are needed")
    fix = f"add to the privilege of {seen.user or 'its user'}: {', '.join(missing)}"
    return unknown(f"missing: {listing(missing)}", f"{len(nas.roles_wanted)} read roles", fix)


@check(Nas, "truenas.key", "the API key stays valid", asks=("api_key.query",))
def key(nas: Nas) -> Finding:
    """When the probe's key expires, and whether it was revoked (its own row of api_key.query).

    An expired key stops the run of a timer as it stops a driver.

    Renew the key under Credentials > Users > API Keys before it expires.
    """
    seen = nas.key.get()
    if isinstance(seen.revoked, Known) and seen.revoked.value:
        fix = "make a new key; TrueNAS revokes keys that are sent without TLS, so check every other user of the old one"
        return fail(f'the key "{seen.name}" is revoked', "a valid key", fix)
    expires = seen.expires.get()
    if expires is None:
        return ok(f'"{seen.name}" never expires')
    left = (expires - nas.now).total_seconds()
    when = f"in {days(left)}" if left > 0 else "which is past"
    text = f'"{seen.name}" expires on {expires:%Y-%m-%d}, {when}'
    expiry = Measure("key_expiry", expires.timestamp(), Unit.TIMESTAMP)
    if left < nas.key_days * 86400:
        return warn(text, f"{nas.key_days} days or more", _MENDS[Trouble.KEY_EXPIRED], measure=expiry)
    return ok(text, measure=expiry)


@check(Nas, "truenas.version", "the release of TrueNAS is neither too old nor too new", asks=("system.version",))
def version(nas: Nas) -> Finding:
    """The release (system.version), against the oldest that the driver works with and those that the probe knows.

    truenas-csi and tns-csi need TrueNAS 25.10, scale-csi 25.04; nothing here is known to work on less than 13.0.

    Upgrade TrueNAS, or choose a driver that supports this release.
    """
    seen = nas.version.get()
    if seen.number[:2] < OLDEST:
        return fail(seen.text, "13.0 or later", "upgrade TrueNAS: drivers and this probe need 13.0 or later")
    least = nas.driver.min_version
    if least and seen.number[:2] < least:
        wanted = f"{least[0]}.{least[1]:02} or later for {nas.driver.name}"
        return fail(seen.text, wanted, "upgrade TrueNAS, or use a driver that supports this release")
    if seen.number[0] > NEWEST_SERIES:
        fix = "look for a newer release of this probe before you trust its verdict"
        return warn(f"{seen.text} is newer than this probe knows", f"{NEWEST_SERIES} or older", fix)
    return ok(seen.text)


@check(Nas, "truenas.latency", "the API answers quickly", asks=("system.version",))
def latency(nas: Nas) -> Finding:
    """How long the slowest of this run's questions took.

    democratic-csi gives up after 60 seconds, and a slow middleware makes its controller restart.

    Look for a long-running job on the NAS (Jobs in the top bar), a disk that is failing, or too many snapshots.
    """
    method, seconds = nas.slowest.get()
    slowest = Measure("slowest_answer", seconds, Unit.SECONDS)
    if seconds >= nas.slow_seconds:
        fix = "look at the NAS for long-running jobs, a failing disk or very many snapshots"
        return warn(f"{method} took {seconds:.1f} s", f"less than {nas.slow_seconds:g} s", fix, measure=slowest)
    return ok(f"the slowest, {method}, took {seconds * 1000:.0f} ms", measure=slowest)


CHECKS = (reachable, certificate, verified, api, login, roles, key, version, latency)
