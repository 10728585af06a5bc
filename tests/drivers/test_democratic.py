"""democratic-csi: what is derived from its config, and each mistake in it that is found."""

from pathlib import Path

import pytest

from csi_probe.config import Config, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import source
from csi_probe.drivers.democratic_keys import VARIANTS
from csi_probe.drivers.deployment import Connection, Image, NvmeofWant, ShareWant, TargetGroupWant
from csi_probe.drivers.wants import as_config
from csi_probe.needs import DRIVERS
from csi_probe.problem import Rule

EXAMPLES = Path(__file__).parent / "examples"
CANARY = "canary"


def example(name):
    return (EXAMPLES / f"democratic-{name}.yaml").read_text(encoding="utf-8")


@pytest.fixture
def read(tmp_path):
    """The deployment in a text."""

    def reader(text):
        path = tmp_path / "driver.yaml"
        path.write_text(text, encoding="utf-8")
        (deployment,) = source.read([path]).deployments
        assert CANARY not in repr(deployment).lower()
        return deployment

    return reader


@pytest.fixture
def problems(read):
    """The problems of an example in which texts are exchanged."""

    def reader(name, *changes):
        text = example(name)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        return read(text).problems

    return reader


@pytest.mark.parametrize(
    "name", ["api-nfs", "ssh-iscsi", "api-smb", "api-nvmeof", "values", "helmrelease", "manifests"]
)
def test_a_healthy_config_has_no_problem(name, problems):
    assert problems(name) == ()


def test_nfs_over_the_api(read):
    found = read(example("api-nfs"))
    assert (found.driver, found.variant, found.protocols, found.label) == (
        "democratic-csi",
        "freenas-api-nfs",
        ("nfs",),
        "driver freenas-api-nfs",
    )
    assert found.connection == Connection(
        scheme="https", host="nas.example.net", port=443, verify=True, key=found.connection.key
    )
    assert found.connection.key.reveal() == "7-canaryCanaryCanary"
    assert found.pools == ("tank",)
    (dataset,) = found.datasets
    assert (dataset.name, dataset.volumes, dataset.created_by_driver) == ("tank/k8s/nfs/volumes", "filesystem", True)
    assert dataset.detached_snapshots == "tank/k8s/nfs/snapshots"
    assert found.nfs == NfsWant(address="192.0.2.10", versions=("any",), locks=False)
    assert found.shares == (ShareWant(networks=("192.0.2.0/24", "2001:db8::/64"), hosts=("node1.example.net",)),)
    assert found.ssh is None


def test_iscsi_over_ssh_with_several_portals(read):
    """Ids and addresses do not pair up, so the addresses have no id and the groups stand beside them."""
    found = read(example("ssh-iscsi"))
    connection = found.connection
    assert (connection.scheme, connection.host, connection.port, connection.verify) == (
        "https",
        "2001:db8::10",
        8443,
        False,
    )
    assert (connection.key, connection.username, connection.password.reveal()) == (None, "k8s", "canaryCanary")
    assert (found.ssh.host, found.ssh.port, found.ssh.username, found.ssh.sudo) == ("192.0.2.10", 2222, "k8s", True)
    assert (found.ssh.zfs, found.ssh.zpool) == ("/usr/sbin/zfs", "/usr/sbin/zpool")
    assert "BEGIN" in found.ssh.private_key.reveal()
    assert found.pools == ("tank", "slow")
    assert (found.datasets[0].volumes, found.datasets[0].volume_name_length) == ("zvol", 8)
    addresses = ("192.0.2.10", "192.0.2.11", "2001:db8::11")
    assert found.iscsi == IscsiWant(
        portals=tuple(PortalWant(id=None, address=address) for address in addresses),
        initiator_group=3,
        auth="chap",
        auth_tag=5,
    )
    assert found.target_groups == tuple(
        TargetGroupWant(portal=n, initiator_group=3, auth="chap", auth_tag=5) for n in (1, 2)
    )
    assert found.names == ("csi-", "-blue")
    assert found.multipath


def test_helm_values(read):
    found = read(example("values"))
    assert found.csi_name == "org.example.iscsi"
    assert found.image == Image(
        repository="ghcr.io/democratic-csi/democratic-csi", tag="next", digest="sha256:" + "bab34b72" * 8
    )
    assert not found.connection.verify
    assert found.iscsi.portals == (PortalWant(id=1, address="192.0.2.10"),)
    assert not found.multipath
    assert (found.iscsi.auth, found.iscsi.auth_tag) == ("none", None)
    assert found.datasets[0].volume_name_length == len("pvc-") + 8
    (klass,) = found.storage_classes
    assert (klass.name, klass.default, klass.parameters["fsType"]) == ("iscsi", True, "ext4")


def test_what_the_chart_adds_to_the_trusted_certificates_is_kept(read):
    assert read(example("values") + "extraCaCerts: PEM\n").connection.ca_pem == "PEM"


def test_no_without_quotes_is_a_text_to_the_driver_and_so_true(read):
    assert not read(example("api-nfs").replace("allowInsecure: false", "allowInsecure: no")).connection.verify


def test_nvmeof_has_tcp_portals_and_port_ids(read):
    assert read(example("api-nvmeof")).nvmeof == NvmeofWant(
        portals=(("192.0.2.10", 4420), ("2001:db8::10", 4420)), port_ids=(1, 4)
    )


@pytest.mark.parametrize(
    ("name", "versions"), [("helmrelease", ("4.1",)), ("manifests", ("3",)), ("api-nfs", ("any",))]
)
def test_nfs_versions_come_from_mount_options(name, versions, read):
    assert read(example(name)).nfs.versions == versions


@pytest.mark.parametrize(("options", "locks"), [("nfsvers=3", True), ("nfsvers=3, nolock", False)])
def test_nolock_spares_the_node_rpc_statd(options, locks, read):
    values = f"storageClasses:\n- name: old\n  mountOptions: [{options}]\n  parameters: {{fsType: nfs}}\n"
    config = "driver:\n  config:\n" + "".join(f"    {line}\n" for line in example("api-nfs").splitlines())
    assert read(f"csiDriver: {{name: org.example.nfs}}\n{values}{config}").nfs.locks is locks


def test_a_class_without_a_version_negotiates_beside_one_that_asks_for_it(read):
    bare = "- name: bare\n  parameters: {fsType: nfs}\n"
    values = "storageClasses:\n- name: old\n  mountOptions: [nfsvers=3]\n  parameters: {fsType: nfs}\n" + bare
    config = "driver:\n  config:\n" + "".join(f"    {line}\n" for line in example("api-nfs").splitlines())
    found = read(f"csiDriver: {{name: org.example.nfs}}\n{values}{config}")
    assert found.nfs.versions == ("3", "any")


@pytest.mark.parametrize(("host", "addresses"), [("nas.example.net", ("nas.example.net",)), ("''", ())])
def test_smb_is_mounted_from_the_share_host(host, addresses, read):
    found = read(example("api-smb").replace("shareHost: nas.example.net", f"shareHost: {host}"))
    assert found.smb == addresses


@pytest.mark.parametrize(
    ("driver", "must_exist", "directory", "iscsiadm"),
    [
        ("", True, "/etc/iscsi", ""),
        ("iscsiDirHostPath: /etc/iscsi, iscsiDirHostPathType: Directory", True, "/etc/iscsi", ""),
        ("iscsiDirHostPathType: DirectoryOrCreate", False, "/etc/iscsi", ""),
        ("iscsiDirHostPathType: ''", False, "/etc/iscsi", ""),
        ("iscsiDirHostPath: /var/etc/iscsi", False, "/var/etc/iscsi", ""),
        ("extraEnv: [{name: ISCSIADM_HOST_STRATEGY, value: chroot}]", True, "/etc/iscsi", ""),
        ("extraEnv: [{name: ISCSIADM_HOST_PATH, value: /opt/iscsiadm}]", True, "/etc/iscsi", "/opt/iscsiadm"),
        (
            "extraEnv: [{name: ISCSIADM_HOST_STRATEGY, value: nsenter}, {name: ISCSIADM_HOST_PATH, value: /sbin/iscsiadm}]",
            *(True, "/etc/iscsi", "/sbin/iscsiadm in the namespace of iscsid"),
        ),
    ],
)
def test_the_chart_s_values_change_what_a_node_needs(driver, must_exist, directory, iscsiadm, read):
    needs = as_config(Config(), read(f"{example('values')}node: {{driver: {{{driver}}}}}\n")).needs
    assert (needs.etc_iscsi_must_exist, needs.iscsi_directory, needs.iscsiadm) == (must_exist, directory, iscsiadm)
    assert needs.path == DRIVERS["democratic-csi"].path


def test_nfs_versions_come_from_the_nodes_mount_flags_too(read):
    assert read(example("api-nfs") + "node: {mount: {mount_flags: 'noatime,nfsvers=4.1'}}").nfs.versions == ("4.1",)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_driver_for_truenas_is_read(variant, read):
    api, protocol = "-api-" in variant, variant.rpartition("-")[2]
    name = {"nfs": "api-nfs", "iscsi": "ssh-iscsi", "smb": "api-smb", "nvmeof": "api-nvmeof"}[protocol]
    head, _, rest = example(name).partition("\n")
    assert head.startswith("driver: ")
    ssh = "" if api or name.startswith("ssh") else "sshConnection: {host: h, username: u, password: canary}\n"
    found = read(f"driver: {variant}\n{ssh}{rest}")
    assert (found.variant, found.protocols) == (variant, (protocol,))
    assert [problem.key for problem in found.problems] == (["sshConnection"] if api and name.startswith("ssh") else [])
    assert (found.ssh is None) == api


@pytest.mark.parametrize(
    ("http", "scheme", "port"),
    [
        ("{host: h, port: 443, apiKey: k}", "https", 443),
        ("{host: h, port: 8443, apiKey: k}", "https", 8443),
        ("{host: h, protocol: https, apiKey: k}", "https", 443),
        ("{host: h, username: u, password: p}", "http", 80),
        ("{host: h, port: 8080, username: u, password: p}", "http", 8080),
        ("{host: '[::1]', protocol: http, port: '443', username: u, password: p}", "http", 443),
    ],
)
def test_scheme_and_port_are_guessed_as_the_driver_does(http, scheme, port, read):
    text = example("api-smb").splitlines()
    text[1] = f"httpConnection: {http}"
    connection = read("\n".join(text)).connection
    assert (connection.scheme, connection.port, connection.host.strip("h:1")) == (scheme, port, "")


HTTP = "  protocol: https\n"
PROBLEMS = {
    "unknown": ("api-nfs", HTTP, f"{HTTP}  socketTimeout: 600\n", Rule.KNOWN, "httpConnection.socketTimeout", "nothing: the time-out is 60 s"),
    "nearest": ("api-nfs", "shareMaprootUser:", "shareMapRootUser:", Rule.KNOWN, "nfs.shareMapRootUser", "shareMaprootUser"),
    "other block": ("api-nfs", "nfs:\n", "smb: {}\nnfs:\n", Rule.KNOWN, "smb", "freenas-api-nfs does not read it"),
    "octal": ("api-nfs", '"0777"', "0777", Rule.TYPED, "zfs.datasetPermissionsMode", "octal digits in quotes"),
    "no octal": ("api-nfs", '"0777"', '"rwx"', Rule.TYPED, "zfs.datasetPermissionsMode", "octal digits in quotes"),
    "apiVersion text": ("ssh-iscsi", "apiVersion: 2", 'apiVersion: "2"', Rule.TYPED, "httpConnection.apiVersion", "the number 2"),
    "apiVersion 3": ("ssh-iscsi", "apiVersion: 2", "apiVersion: 3", Rule.TYPED, "httpConnection.apiVersion", "2"),
    "user by name": ("api-nfs", "datasetPermissionsUser: 0", "datasetPermissionsUser: nobody", Rule.TYPED, "zfs.datasetPermissionsUser", "a numeric id"),
    "portal by name": ("ssh-iscsi", "targetGroupPortalGroup: 1", "targetGroupPortalGroup: storage", Rule.TYPED, "iscsi.targetGroups[0].targetGroupPortalGroup", "a whole number"),
    "initiator by IQN": ("ssh-iscsi", "targetGroupInitiatorGroup: 3", "targetGroupInitiatorGroup: iqn.1993-08.org.debian", Rule.TYPED, "iscsi.targetGroups[0].targetGroupInitiatorGroup", "a whole number"),
    "auth null": ("values", "targetGroupAuthType: None", "targetGroupAuthType:", Rule.TYPED, "driver.config.iscsi.targetGroups[0].targetGroupAuthType", "None, CHAP"),
    "auth missing": ("values", "          targetGroupAuthType: None\n", "", Rule.COMPLETE, "driver.config.iscsi.targetGroups[0].targetGroupAuthType", "None, CHAP"),
    "auth unknown": ("values", "targetGroupAuthType: None", "targetGroupAuthType: MD5", Rule.TYPED, "driver.config.iscsi.targetGroups[0].targetGroupAuthType", "None, CHAP"),
    "CHAP without tag": ("ssh-iscsi", "targetGroupAuthGroup: 5", "targetGroupAuthGroup:", Rule.COMPLETE, "iscsi.targetGroups[0].targetGroupAuthGroup", "Group ID"),
    "flag in quotes": ("api-nfs", "allowInsecure: false", 'allowInsecure: "false"', Rule.TYPED, "httpConnection.allowInsecure", "true or false"),
    "no, in js-yaml": ("api-nfs", "allowInsecure: false", "allowInsecure: no", Rule.TYPED, "httpConnection.allowInsecure", "true or false"),
    "networks as text": ("api-nfs", '[192.0.2.0/24, "2001:db8::/64"]', "192.0.2.0/24", Rule.TYPED, "nfs.shareAllowedNetworks", "a list"),
    "no network": ("api-nfs", "[192.0.2.0/24,", "[node1,", Rule.TYPED, "nfs.shareAllowedNetworks[0]", "192.168.0.0/24"),
    "maproot and mapall": ("api-nfs", 'shareMapallUser: ""', "shareMapallUser: k8s", Rule.TYPED, "nfs.shareMapallUser", "one of both"),
    "port": ("api-nfs", "port: 443", "port: 70000", Rule.TYPED, "httpConnection.port", "1 to 65535"),
    "URL as host": ("api-nfs", "host: nas.example.net", "host: https://nas.example.net", Rule.TYPED, "httpConnection.host", "a host name"),
    "path as dataset": ("api-nfs", "tank/k8s/nfs/volumes", "/mnt/tank/k8s/nfs/volumes", Rule.TYPED, "zfs.datasetParentName", "tank/k8s/volumes"),
    "nested parents": ("api-nfs", "tank/k8s/nfs/snapshots", "tank/k8s/nfs/volumes/snapshots", Rule.TYPED, "zfs.detachedSnapshotsDatasetParentName", "not equal or nested"),
    "equal parents": ("api-nfs", "tank/k8s/nfs/snapshots", "tank/k8s/nfs/volumes/", Rule.TYPED, "zfs.detachedSnapshotsDatasetParentName", "not equal or nested"),
    "bare IPv6": ("ssh-iscsi", "192.0.2.11:3260", "2001:db8::11", Rule.TYPED, "iscsi.targetPortals[0]", "ADDRESS:PORT"),
    "transport": ("api-nvmeof", "tcp://192.0.2.10:4420", "192.0.2.10:4420", Rule.TYPED, "nvmeof.transports[0]", "tcp://"),
    "key on one line": ("ssh-iscsi", "privateKey: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n", "privateKey: >\n    -----BEGIN OPENSSH PRIVATE KEY-----\n", Rule.TYPED, "sshConnection.privateKey", "-----BEGIN"),
    "hash": ("ssh-iscsi", "strategy: crc32", "strategy: sha1", Rule.TYPED, "_private.csi.volume.idHash.strategy", "crc32"),
    "blocksize": ("ssh-iscsi", "zvolBlocksize: 16K", "zvolBlocksize: 16KB", Rule.TYPED, "zfs.zvolBlocksize", "16K"),
    "no host": ("api-nfs", "  host: nas.example.net\n", "", Rule.COMPLETE, "httpConnection.host", "a host name"),
    "no credentials": ("api-nfs", "  apiKey: 7-canaryCanaryCanary\n", "", Rule.COMPLETE, "httpConnection.apiKey", "username and password"),
    "no parent for snapshots": ("api-nfs", "  detachedSnapshotsDatasetParentName: tank/k8s/nfs/snapshots\n", "", Rule.COMPLETE, "zfs.detachedSnapshotsDatasetParentName", "a dataset"),
    "no block": ("api-smb", "smb:\n", "smc:\n", Rule.COMPLETE, "smb", "a block of keys"),
    "no portal": ("values", "      targetPortal: 192.0.2.10\n", "", Rule.COMPLETE, "driver.config.iscsi.targetPortal", "ADDRESS:PORT"),
    "no groups": ("values", example("values").partition("targetGroups:")[2], " []\n", Rule.COMPLETE, "driver.config.iscsi.targetGroups", "at least one group"),
    "no ports": ("api-nvmeof", "ports: [1, 4]", "ports: []", Rule.COMPLETE, "nvmeof.ports", "at least one id"),
    "no transport": ("api-nvmeof", "  transports:", "  other:", Rule.COMPLETE, "nvmeof.transport", "tcp://"),
    "no login": ("ssh-iscsi", "  username: k8s\n", "", Rule.COMPLETE, "sshConnection.username", "the user"),
    "no CSI name": ("values", "  name: org.example.iscsi", "  version: 1.5.0", Rule.COMPLETE, "csiDriver.name", "unique"),
    "no driver beside a Secret": ("helmrelease", "config: {driver: freenas-api-nfs}", "config: {}", Rule.COMPLETE, "driver.config.driver", "text"),
    "parent at the top": ("api-smb", "zfs:\n  datasetParentName: tank/k8s/smb/v\n", "datasetParentName: tank/k8s/smb/v\nzfs:\n", Rule.NESTED, "datasetParentName", "zfs.datasetParentName"),
    "zfs under httpConnection": ("api-nfs", "zfs:\n  datasetParentName: tank/k8s/nfs/volumes", "  zfs:\n    datasetParentName: tank/k8s/nfs/volumes\n  more:", Rule.NESTED, "httpConnection.zfs", "zfs"),
    "config outside of driver.config": ("values", "driver:\n  config:\n", "driver:\n  existing:\n", Rule.COMPLETE, "driver.config", "a block"),
    "variable": ("api-nfs", "7-canaryCanaryCanary", "${DEMOCRATIC_CSI_API_KEY}", Rule.FILLED, "httpConnection.apiKey", "text"),
    "variable in a list": ("api-nfs", "[192.0.2.0/24,", '["$(NETWORK)",', Rule.FILLED, "nfs.shareAllowedNetworks[0]", "text"),
    "nothing for a variable": ("api-nfs", "shareHost: 192.0.2.10", 'shareHost: ""', Rule.FILLED, "nfs.shareHost", "a host name"),
    "long zvol": ("values", "tank/k8s/iscsi/v", "tank/" + "v" * 240, Rule.LENGTH, "driver.config.zfs.datasetParentName", "at most 255"),
    "long snapshot": ("api-nfs", "tank/k8s/nfs/volumes", "tank/" + "v" * 170, Rule.LENGTH, "zfs.datasetParentName", "at most 255"),
    "id template": ("api-nfs", "nfs:\n", "_private: {csi: {volume: {idTemplate: '{{ name }}.v'}}}\nnfs:\n", Rule.LENGTH, "_private.csi.volume.idTemplate", "letters, digits"),
    "key over http": ("api-nfs", "protocol: https", "protocol: http", Rule.SECURE, "httpConnection.protocol", "revokes"),
    "key over a guessed http": ("api-nfs", "  protocol: https\n  host: nas.example.net\n  port: 443\n", "  host: nas.example.net\n", Rule.SECURE, "httpConnection.protocol", "revokes"),
    "invalid driver": ("api-nfs", "driver: freenas-api-nfs", "driver: freenas-nfs-api", Rule.TYPED, "driver", "freenas-"),
    "driver of another kind": ("api-nfs", "driver: freenas-api-nfs", "driver: nfs", Rule.TYPED, "driver", "a driver for TrueNAS"),
    "no driver": ("api-nfs", "driver: freenas-api-nfs\n", "", Rule.COMPLETE, "driver", "text"),
}  # fmt: skip


@pytest.mark.parametrize("case", PROBLEMS.values(), ids=PROBLEMS)
def test_a_mistake_is_found_where_it_stands(case, problems):
    name, old, new, rule, key, wanted = case
    found = problems(name, (old, new))
    (problem,) = [problem for problem in found if (problem.rule, problem.key) == (rule, key)]
    assert wanted in problem.wanted
    assert problem.fix
    assert problem.place.line


def test_unknown_and_unread_keys_are_harmless_and_nothing_else_is(problems):
    found = problems("api-nfs", (HTTP, f"{HTTP}  socketTimeout: 600\n"), ("nfs:\n", "iscsi: {}\nnfs:\n"))
    assert [problem.harmless for problem in found] == [True, True]
    assert [problem.harmless for problem in problems("api-nfs", ('"0777"', "0777"))] == [False]


def test_a_displaced_block_is_not_also_called_missing(problems):
    found = problems("api-smb", ("zfs:\n", "zsf:\n"))
    assert {(problem.rule, problem.key) for problem in found} == {(Rule.KNOWN, "zsf"), (Rule.COMPLETE, "zfs")}
    moved = problems(
        "api-smb", ("  shareHost: nas.example.net\n", ""), ("smb:\n", "shareHost: nas.example.net\nsmb:\n")
    )
    assert [(problem.rule, problem.key) for problem in moved] == [(Rule.NESTED, "shareHost")]


@pytest.mark.parametrize(("name", "harmless"), [("values", False), ("ssh-iscsi", True)])
def test_names_of_extents_are_limited_where_it_is_no_core(name, harmless, problems):
    """CORE, which only drivers over SSH serve, takes longer ones."""
    more = 24 - len("csi--blue") + 1 + 40
    (problem,) = [p for p in problems(name, ("csi-", "csi-" + "x" * more)) if p.rule is Rule.LENGTH]
    assert (problem.harmless, problem.wanted) == (harmless, "at most 64 characters")


def test_a_name_template_of_the_claim_can_get_too_long(problems):
    template = '"{{ parameters.[csi.storage.k8s.io/pvc/namespace] }}-{{ parameters.[csi.storage.k8s.io/pvc/name] }}"'
    (problem,) = problems("ssh-iscsi", ("  namePrefix: csi-", f"  nameTemplate: {template}"))
    assert (problem.rule, problem.key, problem.harmless) == (Rule.LENGTH, "iscsi.nameTemplate", True)


def test_protocol_and_port_may_be_left_out_up_to_truenas_25(problems):
    found = problems("api-nfs", ("  port: 443\n", ""))
    assert [(problem.rule, problem.key, problem.harmless) for problem in found] == [
        (Rule.COMPLETE, "httpConnection.port", True)
    ]


@pytest.mark.parametrize(("tag", "harmless"), [("next", True), ("v1.9.4", False)])
def test_images_of_branch_next_fill_in_variables_themselves(tag, harmless, problems):
    found = problems("values", ("7-canaryCanaryCanary", "${API_KEY}"), ("tag: next", f"tag: {tag}"))
    assert [(problem.rule, problem.harmless) for problem in found] == [(Rule.FILLED, harmless)]


def test_a_driver_for_something_else_is_no_fault(problems):
    (problem,) = problems("api-nfs", ("driver: freenas-api-nfs", "driver: zfs-generic-nfs"))
    assert (problem.key, problem.harmless) == ("driver", True)


def test_a_secret_that_is_not_in_the_files_is_named(read):
    text = example("helmrelease").partition("---\n")[0]
    found = read(text)
    assert (found.variant, found.connection) == ("freenas-api-nfs", None)
    assert [(problem.key, problem.harmless) for problem in found.problems] == [("driver.existingConfigSecret", True)]


@pytest.mark.parametrize(
    "wrong", ['"${X} canary"', "[canary]", "{canary: canary}", '"canary {{ y }}"', '"ENC[AES256_GCM,canary]"']
)
@pytest.mark.parametrize(
    ("name", "secret"),
    [("api-nfs", "7-canaryCanaryCanary"), ("ssh-iscsi", "canaryCanary"), ("values", "7-canaryCanaryCanary")],
)
def test_a_secret_of_the_wrong_type_is_not_shown(wrong, name, secret, problems):
    """The fixture looks for the canary in all that comes back."""
    assert any("password" in problem.key or "apiKey" in problem.key for problem in problems(name, (secret, wrong)))
