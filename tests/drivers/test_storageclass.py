"""StorageClasses and VolumeSnapshotClasses: each rule, for each driver, with the manifest that breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.drivers import mountoptions, storageclass, tree
from csi_probe.problem import Rule

NAMES = {
    "democratic-csi": "org.democratic-csi.nfs",
    "truenas-csi": "csi.truenas.io",
    "tns-csi": "tns.csi.io",
    "scale-csi": "csi.scale.io",
}
TNS = "pool: tank, server: 192.0.2.1"


def want(driver, parameters="", rest="", *, protocols=(), kind="StorageClass"):
    """A class of the driver with these parameters (a YAML flow mapping without braces) and these further lines."""
    by = "driver" if kind == "VolumeSnapshotClass" else "provisioner"
    text = f"kind: {kind}\nmetadata: {{name: a}}\n{by}: {NAMES[driver]}\nparameters: {{{parameters}}}\n{rest}\n"
    entry = storageclass.manifest(tree.parse(text, "class.yaml")[0])
    return storageclass.want(entry, driver, protocols, NAMES[driver])


def found(*args, **kwargs):
    """Rule, key and whether it is harmless, of each problem."""
    return [(problem.rule, problem.key, problem.harmless) for problem in want(*args, **kwargs).problems]


HEALTHY = [
    ("democratic-csi", "fsType: nfs, detachedVolumesFromSnapshots: 'true'", "mountOptions: [nfsvers=4.1]", ("nfs",)),
    ("democratic-csi", "fsType: cifs", "mountOptions: ['username=a,vers=3.0']", ("smb",)),
    ("democratic-csi", "csi.storage.k8s.io/fstype: xfs", "", ("iscsi",)),
    ("democratic-csi", "democratic-csi.org/freenas-nfs/detachedVolumesFromVolumes: 'false'", "", ("nfs",)),
    ("democratic-csi", 'config: "zfs: {zvolBlocksize: 4K}"', "", ("iscsi",)),
    ("truenas-csi", "", "", ()),
    ("truenas-csi", "protocol: NFS, nfs.mountOptions: 'hard,nfsvers=4.1', compression: lz4", "", ()),
    ("truenas-csi", "protocol: iscsi, fsType: xfs, zfs.anything: 'yes', datasetPath: a/b.c", "", ()),
    ("truenas-csi", "protocol: iscsi, iscsi.chapUser: a, csi.storage.k8s.io/provisioner-secret-name: chap", "", ()),
    ("truenas-csi", "protocol: nvmeof, nvmeof.hostNQN: 'nqn.2014-08.org:a', nvmeof.dhchapKey: 'DHHC-1:00:abc'", "", ()),
    ("tns-csi", f"protocol: nfs, {TNS}, parentDataset: tank/k8s", "mountOptions: [vers=3, nolock]", ()),
    ("tns-csi", f"{TNS}, deleteStrategy: ''", "", ()),
    ("tns-csi", f"protocol: iscsi, {TNS}, csi.storage.k8s.io/fstype: xfs", "mountOptions: ['noatime,nouuid']", ()),
    ("tns-csi", f"protocol: smb, {TNS}", "mountOptions: [vers=3.0, seal]", ()),
    ("tns-csi", f"{TNS}, nameTemplate: '{{{{ .PVCName }}}}-{{{{.PVName}}}}', commentTemplate: '{{{{ .PVCName }}}}'", "", ()),
    ("tns-csi", f"{TNS}, zfs.compression: lz4", "volumeBindingMode: Immediate", ()),
    ("scale-csi", "protocol: nfs, nfsMaprootUser: '', nfsMapallUser: bob", "mountOptions: [nfsvers=3]", ("nfs", "iscsi")),
    ("scale-csi", "iscsi/blocksize: '4096', csi.storage.k8s.io/fstype: xfs", "", ("iscsi",)),
    ("scale-csi", "protocol: nfs, nfsACLTemplate: NFS4_OPEN, nfsACLMode: RESTRICTED", "", ("nfs",)),
]  # fmt: skip


@pytest.mark.parametrize(("driver", "parameters", "rest", "protocols"), HEALTHY)
def test_healthy_classes_have_no_problem(driver, parameters, rest, protocols):
    assert found(driver, parameters, rest, protocols=protocols) == []


BROKEN = [
    # C7: the filesystem against the protocol
    ("democratic-csi", "fsType: ext4", "", ("nfs",), Rule.TYPED, "parameters.fsType", False),
    ("democratic-csi", "fsType: ext4", "", ("smb",), Rule.TYPED, "parameters.fsType", False),
    ("democratic-csi", "csi.storage.k8s.io/fstype: nfs", "", ("iscsi",), Rule.TYPED, "parameters.fsType", False),
    ("democratic-csi", "fsType: zfs", "", ("nvmeof",), Rule.TYPED, "parameters.fsType", False),
    ("tns-csi", f"protocol: iscsi, {TNS}, fsType: btrfs", "", (), Rule.TYPED, "parameters.fsType", False),
    ("truenas-csi", "protocol: iscsi, fsType: nfs", "", (), Rule.TYPED, "parameters.fsType", False),
    # C8: the strings "true" and "false", and nothing else
    ("democratic-csi", "detachedVolumesFromSnapshots: 'True'", "", ("nfs",), Rule.TYPED, "parameters.detachedVolumesFromSnapshots", False),
    ("democratic-csi", "detachedVolumesFromSnapshots: true", "", ("nfs",), Rule.TYPED, "parameters.detachedVolumesFromSnapshots", False),
    ("tns-csi", f"{TNS}, markAdoptable: 'yes'", "", (), Rule.TYPED, "parameters.markAdoptable", False),
    # keys that nobody reads, values that nobody takes
    ("democratic-csi", "detachedVolumeFromSnapshots: 'true'", "", ("nfs",), Rule.KNOWN, "parameters.detachedVolumeFromSnapshots", True),
    ("truenas-csi", "datasetpath: k8s", "", (), Rule.KNOWN, "parameters.datasetpath", True),
    ("scale-csi", "zvol_compression: lz4", "", ("nfs",), Rule.KNOWN, "parameters.zvol_compression", True),
    ("tns-csi", "pool: tank", "", (), Rule.COMPLETE, "parameters.server", False),
    ("tns-csi", "server: a", "", (), Rule.COMPLETE, "parameters.pool", False),
    ("tns-csi", f"{TNS}, protocol: NFS", "", (), Rule.TYPED, "parameters.protocol", False),
    ("tns-csi", f"{TNS}, portID: first", "", (), Rule.TYPED, "parameters.portID", False),
    ("scale-csi", "snapshotRestoreMode: copy", "", ("nfs",), Rule.TYPED, "parameters.snapshotRestoreMode", False),
    ("scale-csi", "nvmeof/maxQueueSize: '1'", "", ("nvmeof",), Rule.TYPED, "parameters.nvmeof/maxQueueSize", False),
    ("truenas-csi", "pool: '${POOL}'", "", (), Rule.FILLED, "parameters.pool", False),
    # C14
    ("truenas-csi", "datasetPath: /k8s", "", (), Rule.TYPED, "parameters.datasetPath", False),
    ("truenas-csi", "datasetPath: k8s/", "", (), Rule.TYPED, "parameters.datasetPath", False),
    ("truenas-csi", "datasetPath: k8s/../other", "", (), Rule.TYPED, "parameters.datasetPath", False),
    ("truenas-csi", "pool: tank/k8s", "", (), Rule.TYPED, "parameters.pool", False),
    ("truenas-csi", "iscsi.iqn-base: iqn.2005.org", "", (), Rule.TYPED, "parameters.iscsi.iqn-base", False),
    ("truenas-csi", "volblocksize: 16k", "", (), Rule.TYPED, "parameters.volblocksize", False),
    ("truenas-csi", "iscsi.chapUser: a, iscsi.chapSecret: short", "", (), Rule.TYPED, "parameters.iscsi.chapSecret", False),
    ("truenas-csi", "iscsi.chapUser: a", "", (), Rule.COMPLETE, "parameters.iscsi.chapUser", False),
    ("truenas-csi", "nvmeof.dhchapKey: 'DHHC-1:00:abc'", "", (), Rule.COMPLETE, "parameters.nvmeof.dhchapKey", False),
    ("truenas-csi", "nfs.networks: '10.0.0.0/8, 192.0.2.0/24'", "", (), Rule.TYPED, "parameters.nfs.networks", False),
    ("truenas-csi", "snapshot.schedule: daily", "", (), Rule.TYPED, "parameters.snapshot.schedule", False),
    ("truenas-csi", "nfs.mountOptions: hard", "mountOptions: [soft]", (), Rule.MOUNT, "parameters.nfs.mountOptions", True),
    ("truenas-csi", f"protocol: iscsi, pool: tank, datasetPath: {'a' * 50}", "", (), Rule.LENGTH, "parameters.datasetPath", False),
    # C15
    ("tns-csi", TNS, "mountOptions: [nfsvers=4.1]", (), Rule.MOUNT, "mountOptions", False),
    ("tns-csi", TNS, "mountOptions: [v4.1]", (), Rule.MOUNT, "mountOptions", False),
    ("tns-csi", f"{TNS}, parentDataset: /mnt/tank/k8s", "", (), Rule.TYPED, "parameters.parentDataset", False),
    ("tns-csi", f"{TNS}, parentDataset: k8s/files", "", (), Rule.TYPED, "parameters.parentDataset", True),
    ("tns-csi", f"{TNS}, protocol: nvmeof, fsType: xfs", "", (), Rule.MOUNT, "mountOptions", True),
    ("tns-csi", TNS, "volumeBindingMode: WaitForFirstConsumer", (), Rule.TYPED, "volumeBindingMode", True),
    ("tns-csi", f"{TNS}, nameTemplate: '{{{{ .PVCNamespace }}}}-{{{{ .PVCName }}}}'", "", (), Rule.LENGTH, "parameters.nameTemplate", True),
    ("tns-csi", f"{TNS}, nameTemplate: '{{{{ .Name }}}}'", "", (), Rule.TYPED, "parameters.nameTemplate", False),
    ("tns-csi", f"{TNS}, namePrefix: {'a' * 24}", "", (), Rule.LENGTH, "parameters.namePrefix", False),
    # mount options
    ("democratic-csi", "", "mountOptions: [nfsvers=4.1, vers=3]", ("nfs",), Rule.MOUNT, "mountOptions", False),
    ("democratic-csi", "", "mountOptions: [nfsvers=5]", ("nfs",), Rule.MOUNT, "mountOptions", False),
    ("democratic-csi", "", "mountOptions: [nfsvers=4]", ("iscsi",), Rule.MOUNT, "mountOptions", False),
    ("democratic-csi", "", "mountOptions: ['hard,noatime', soft]", ("nfs",), Rule.MOUNT, "mountOptions", True),
    ("democratic-csi", "", "mountOptions: nfsvers=4", ("nfs",), Rule.TYPED, "mountOptions", False),
    ("democratic-csi", "", "mountOptions: [4.1]", ("nfs",), Rule.TYPED, "mountOptions", False),
    ("democratic-csi", "", "mountOptions: ['${NFS_OPTION}']", ("nfs",), Rule.FILLED, "mountOptions", False),
    # several at once
    ("scale-csi", "nfsMaprootUser: root, nfsMapallUser: bob", "", ("nfs",), Rule.TYPED, "parameters.nfsMapallUser", False),
    ("scale-csi", "nfsACLMode: RESTRICTED", "", ("nfs",), Rule.COMPLETE, "parameters.nfsACLMode", False),
    ("scale-csi", "", "", ("nfs", "iscsi"), Rule.COMPLETE, "parameters.protocol", False),
    ("scale-csi", "protocol: nvmeof", "", ("nfs",), Rule.TYPED, "parameters.protocol", False),
]  # fmt: skip


@pytest.mark.parametrize("row", BROKEN)
def test_each_mistake_is_one_problem(row):
    driver, parameters, rest, protocols, *problem = row
    assert found(driver, parameters, rest, protocols=protocols) == [tuple(problem)]


def test_the_same_secret_for_both_sides_of_chap_is_refused():
    secrets = (
        "iscsi.chapUser: a, iscsi.chapSecret: abcdefghijkl, iscsi.chapPeerUser: b, iscsi.chapPeerSecret: abcdefghijkl"
    )
    assert found("truenas-csi", secrets) == [(Rule.TYPED, "parameters.iscsi.chapPeerSecret", False)]


def test_secrets_in_parameters_show_nowhere():
    secrets = (
        "iscsi.chapUser: a, iscsi.chapSecret: CANARY, iscsi.chapsecret: CANARY, nvmeof.dhchapKey: CANARY, "
        "encryption.passphrase: CANARY, encryption.key: CANARY, password: CANARY, "
        "csi.storage.k8s.io/provisioner-secret-name: chap"
    )
    seen = want("truenas-csi", secrets)
    assert "CANARY" not in repr(seen)
    assert seen.parameters["csi.storage.k8s.io/provisioner-secret-name"] == "chap"
    assert seen.parameters["iscsi.chapUser"] == "a"


@pytest.mark.parametrize(
    ("driver", "parameters", "problems"),
    [
        ("democratic-csi", "detachedSnapshots: 'true'", []),
        ("democratic-csi", "detachedSnapshots: 'on'", [(Rule.TYPED, "parameters.detachedSnapshots", False)]),
        ("tns-csi", "detachedSnapshots: 'true', detachedSnapshotsParentDataset: tank/a", []),
        ("tns-csi", "detachedSnapshot: 'true'", [(Rule.KNOWN, "parameters.detachedSnapshot", True)]),
        ("truenas-csi", "anything: a", []),
    ],
)
def test_snapshot_classes_have_parameters_of_their_own(driver, parameters, problems):
    assert found(driver, parameters, kind="VolumeSnapshotClass", protocols=("nfs",)) == problems


def test_a_class_behind_another_driver_is_told_who_is_there():
    entry = storageclass.manifest(tree.parse("provisioner: csi.truenas.io\nparameters: {}", "class.yaml")[0])
    (problem,) = storageclass.want(entry, "truenas-csi", (), "lab.csi.truenas.io").problems
    assert (problem.rule, problem.seen, problem.wanted) == (Rule.TYPED, "csi.truenas.io", "lab.csi.truenas.io")


def test_a_problem_names_the_line_of_the_parameter():
    assert want("truenas-csi", "datasetPath: /k8s").problems[0].place.line == 4


def test_what_a_class_says_is_kept():
    default = "mountOptions: [hard]\n"
    text = (
        "metadata: {name: a, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}\n"
        f"provisioner: tns.csi.io\n{default}parameters: {{pool: tank}}\n"
    )
    seen = storageclass.want(storageclass.manifest(tree.parse(text, "class.yaml")[0]), "tns-csi")
    assert (seen.name, seen.provisioner, seen.default, seen.mount_options) == ("a", "tns.csi.io", True, ("hard",))


@pytest.mark.parametrize(
    ("options", "versions"),
    [
        (["nfsvers=4.1", "hard"], ("4.1",)),
        (["hard,vers=3"], ("3",)),
        (["v4.2"], ("4.2",)),
        (["nfsvers=4.1", "vers=3", "nfsvers=4.1"], ("4.1", "3")),
        (["nfsvers=9", "version=4", "noatime", ""], ()),
    ],
)
def test_nfs_versions_are_read_in_each_spelling(options, versions):
    assert mountoptions.nfs_versions(options) == versions


@pytest.mark.parametrize(
    ("options", "locks"),
    [
        (["nfsvers=3", "hard"], True),
        (["nfsvers=3,nolock"], False),
        (["vers=3", "nolock"], False),
        (["nfsvers=4.1"], False),
        ([], False),
    ],
)
def test_only_nfsv3_without_nolock_locks(options, locks):
    assert mountoptions.locks(options) is locks


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda child: st.lists(child, max_size=4) | st.dictionaries(st.text(max_size=12), child, max_size=4),
    max_leaves=12,
)


def item(value):
    """An Item of the value, in the way of tree.parse."""
    place = tree.parse("a", "any.yaml")[0].place
    if isinstance(value, dict):
        return tree.Item(value={key: item(child) for key, child in value.items()}, place=place, key=place)
    if isinstance(value, list):
        return tree.Item(value=tuple(map(item, value)), place=place, key=place)
    return tree.Item(value=value, place=place, key=place, text="" if value is None else str(value))


KEYS = st.sampled_from(["protocol", "pool", "parentDataset", "nameTemplate", "fsType", "datasetPath", "nfs.networks"])


@given(st.dictionaries(KEYS, YAML), YAML, st.sampled_from(sorted(NAMES)))
def test_no_class_raises_whatever_it_holds(parameters, options, driver):
    document = item({"kind": "StorageClass", "metadata": options, "parameters": parameters, "mountOptions": options})
    storageclass.want(storageclass.manifest(document), driver, ("nfs",), "a").problems  # noqa: B018  (it has been judged)
    entry = storageclass.charted(document, "storageClasses[0]")
    assert storageclass.want(entry, driver).name == entry.name
