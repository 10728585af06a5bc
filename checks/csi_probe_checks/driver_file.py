"""A CSI driver's own config files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from csi_probe.check import check
from csi_probe.finding import Finding, fail, ok, unknown, warn
from csi_probe.problem import Problem, Rule
from csi_probe.snapshot import DriverFile, DriverSet


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


CHECKS = (keys_known, keys_placed, values_typed, complete, filled, lengths, mount_options, secure, apart, read)
