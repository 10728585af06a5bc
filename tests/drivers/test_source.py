"""Files and folders: what is recognised in them, what belongs together, and what is said of the rest."""

import base64
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csi_probe.drivers import source
from csi_probe.drivers.democratic_keys import VARIANTS
from csi_probe.errors import ConfigError
from csi_probe.problem import Rule

EXAMPLES = Path(__file__).parent / "examples"
CONFIG = (EXAMPLES / "democratic-api-nfs.yaml").read_text(encoding="utf-8")
VALUES = (EXAMPLES / "democratic-values.yaml").read_text(encoding="utf-8")


@pytest.fixture
def read(tmp_path):
    """What documents hold; each is text, or plain values, and all stand in one file."""

    def reader(*documents):
        path = tmp_path / "file.yaml"
        texts = (document if isinstance(document, str) else yaml.safe_dump(document) for document in documents)
        path.write_text("\n---\n".join(texts), encoding="utf-8")
        return source.read([path])

    return reader


def secret(name="config", **data):
    return {"kind": "Secret", "metadata": {"name": name}, "stringData": data}


def config_secret(name="config", text=CONFIG):
    return secret(name, **{"driver-config-file.yaml": text})


def storage_class(name, provisioner):
    return {"kind": "StorageClass", "metadata": {"name": name}, "provisioner": provisioner}


def democratic_values(csi_name, secret_name):
    return {
        "csiDriver": {"name": csi_name},
        "driver": {"existingConfigSecret": secret_name, "config": {"driver": "freenas-api-nfs"}},
    }


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_recognised(path):
    (deployment,) = source.read([path]).deployments
    assert deployment.driver.startswith(path.stem.partition("-")[0])


WRAPPED = {
    "as it is": CONFIG,
    "JSON": json.dumps,
    "Secret": config_secret(),
    "encoded Secret": {"kind": "Secret", "data": {"driver-config-file.yaml": base64.encodebytes(CONFIG.encode()).decode()}},
    "ConfigMap": {"kind": "ConfigMap", "data": {"other.yaml": CONFIG, "broken.yaml": "{{ not yaml", "list.yaml": "[1]"}},
    "List": {"kind": "SecretList", "items": [{"kind": "List", "items": [config_secret()]}]},
    "values": {"csiDriver": {"name": "a.b"}, "driver": {"config": yaml.safe_load(CONFIG)}},
    "HelmRelease": {"kind": "HelmRelease", "spec": {"chart": {"spec": {"chart": "democratic-csi"}}, "values": {"driver": {"config": yaml.safe_load(CONFIG)}}}},
    "HelmRelease by reference": {"kind": "HelmRelease", "spec": {"chartRef": {"name": "storage"}, "values": {"driver": {"config": yaml.safe_load(CONFIG)}}}},
    "Application": {"kind": "Application", "spec": {"source": {"chart": "democratic-csi", "helm": {"values": VALUES}}}},
    "Application of several sources": {"kind": "Application", "spec": {"sources": [{"chart": "x", "helm": {"values": VALUES}}, {"chart": "democratic-csi", "helm": {"valuesObject": yaml.safe_load(VALUES)}}]}},
    "HelmChart": {"kind": "HelmChart", "spec": {"chart": "democratic-csi", "valuesContent": VALUES}},
}  # fmt: skip


@pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
def test_a_config_is_found_in_whatever_wraps_it(wrapped, read):
    (deployment,) = read(wrapped(yaml.safe_load(CONFIG)) if callable(wrapped) else wrapped).deployments
    assert deployment.variant in VARIANTS
    assert deployment.connection.key.reveal() == "7-canaryCanaryCanary"


def test_a_problem_inside_of_a_secret_names_file_key_and_line(read, tmp_path):
    (deployment,) = read(config_secret(text=CONFIG.replace("nfs:\n", "nsf:\n"))).deployments
    assert f"{tmp_path}/file.yaml:driver-config-file.yaml:19:1" in [
        str(problem.place) for problem in deployment.problems
    ]


def test_values_and_the_secret_that_they_name_are_one_driver(read):
    files = read(
        config_secret("b", CONFIG.replace("nas.example", "b.example")),
        config_secret("a"),
        democratic_values("csi.a", "a"),
        democratic_values("csi.b", "b"),
    )
    hosts = {deployment.csi_name: deployment.connection.host for deployment in files.deployments}
    assert hosts == {"csi.a": "nas.example.net", "csi.b": "b.example.net"}


def test_values_and_a_config_file_beside_them_are_one_driver(tmp_path):
    (tmp_path / "values.yaml").write_text(
        yaml.safe_dump(democratic_values("csi.a", "made-elsewhere")), encoding="utf-8"
    )
    (tmp_path / "driver-config-file.yaml").write_text(CONFIG, encoding="utf-8")
    (deployment,) = source.read([tmp_path]).deployments
    assert (deployment.csi_name, deployment.connection.host) == ("csi.a", "nas.example.net")


def test_a_secret_that_no_values_name_is_a_driver_of_its_own(read):
    files = read(democratic_values("csi.a", "a"), config_secret("b"))
    assert [(deployment.csi_name, bool(deployment.connection)) for deployment in files.deployments] == [
        ("csi.a", False),
        (None, True),
    ]


def test_two_configs_are_two_drivers(read):
    files = read(CONFIG, (EXAMPLES / "democratic-ssh-iscsi.yaml").read_text(encoding="utf-8"))
    assert [deployment.variant for deployment in files.deployments] == ["freenas-api-nfs", "freenas-iscsi"]


def test_the_key_of_another_program_is_not_taken(read):
    settings_ = {"kind": "ConfigMap", "data": {"truenasURL": "wss://nas", "defaultPool": "tank"}}
    files = read(
        secret("dashboard", **{"api-key": "theirs"}),
        settings_,
        secret("truenas-api-credentials", **{"api-key": "ours"}),
    )
    (deployment,) = files.deployments
    assert deployment.connection.key.reveal() == "ours"


@pytest.mark.parametrize("url", ["https://example.net", "postgres://db"])
def test_a_secret_with_a_url_and_a_key_is_not_always_tns_csis(url, read):
    with pytest.raises(ConfigError, match="no driver's config"):
        read(secret("webhook", **{"url": url, "api-key": "k"}))


def test_classes_go_to_the_driver_that_they_name_and_others_stay_strays(read):
    files = read(
        democratic_values("csi.a", "a"),
        config_secret("a"),
        storage_class("ours", "csi.a"),
        storage_class("other", "rancher.io/local-path"),
        storage_class("wrong", "csi.truenas.io"),
    )
    (deployment,) = files.deployments
    assert [entry.name for entry in deployment.storage_classes] == ["ours"]
    assert [(entry.name, entry.provisioner) for entry in files.strays] == [
        ("other", "rancher.io/local-path"),
        ("wrong", "csi.truenas.io"),
    ]


@pytest.mark.parametrize(
    ("provisioner", "taken"),
    [("org.democratic-csi.nfs", True), ("truenas-nfs", True), ("csi.truenas.io", False), ("nfs.csi.k8s.io", False)],
)
def test_a_config_without_its_csi_name_takes_classes_that_can_be_its(provisioner, taken, read):
    files = read(CONFIG, storage_class("nfs", provisioner))
    assert bool(files.deployments[0].storage_classes) == taken == (not files.strays)


def test_what_is_only_in_the_cluster_is_said_to_be_unread():
    (problem,) = source.read([EXAMPLES / "democratic-helmrelease.yaml"]).unread
    assert (problem.rule, problem.key, problem.harmless) == (Rule.COMPLETE, "spec.valuesFrom", False)


def test_a_secret_that_is_made_in_the_cluster_is_said_to_be_unread(read):
    made = {"kind": "ExternalSecret", "spec": {"target": {"template": {"data": {"driver-config-file.yaml": "x"}}}}}
    other = {"kind": "ExternalSecret", "spec": {"target": {"name": "grafana"}}}
    assert [problem.key for problem in read(democratic_values("csi.a", "a"), made, other).unread] == ["ExternalSecret"]


def test_an_encrypted_config_is_said_to_be_so(read):
    files = read(democratic_values("csi.a", "a"), config_secret("a", "ENC[AES256_GCM,data:abc,type:str]"))
    assert [(problem.rule, problem.key) for problem in files.unread] == [(Rule.FILLED, "driver-config-file.yaml")]


@pytest.mark.parametrize("value", ["no base64!", base64.b64encode(b"\xff\xfe").decode(), "YWJ"])
def test_data_that_is_not_base64_of_a_text_is_said_to_be_so(value, read):
    files = read(CONFIG, {"kind": "Secret", "data": {"driver-config-file.yaml": value}})
    assert [(problem.rule, problem.key) for problem in files.unread] == [(Rule.TYPED, "data.driver-config-file.yaml")]


def test_a_folder_is_searched_and_what_is_no_yaml_in_it_is_passed_over(tmp_path):
    for name, text in {
        "a/driver.yml": CONFIG,
        "a/templates/class.yaml": "{{- if .Values.x }}\na: 1\n{{- end }}",
        "b.json": '{"kind": "Service"}',
        "README.md": "driver: freenas-nfs",
        ".git/old.yaml": CONFIG,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = source.read([tmp_path])
    assert [deployment.variant for deployment in files.deployments] == ["freenas-api-nfs"]
    assert [(problem.key, problem.harmless) for problem in files.unread] == [("class.yaml", True)]


def test_a_file_that_is_named_must_be_yaml(tmp_path):
    (tmp_path / "a.yaml").write_text("{{ x", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a\.yaml:1:"):
        source.read([tmp_path, tmp_path / "a.yaml"])
    with pytest.raises(ConfigError, match=r"cannot read .*none"):
        source.read([tmp_path / "none"])


def test_a_broken_config_in_a_secret_is_refused_with_its_line(read):
    with pytest.raises(ConfigError, match=r"file\.yaml:driver-config-file\.yaml:2:"):
        read(config_secret(text="a: 1\n b: : 2"))


def test_files_without_any_driver_are_refused_with_what_they_hold(read):
    with pytest.raises(
        ConfigError, match=r"there is 2 x Service, 1 x YAML without kind; understood are democratic-csi's"
    ):
        read({"kind": "Service"}, {"kind": "Service"}, {"replicas": 1})
    with pytest.raises(ConfigError, match="no document at all"):
        read("# empty")


def test_a_search_is_bounded(tmp_path):
    for number in range(source.MAX_FILES + 1):
        (tmp_path / f"{number}.yaml").touch()
    with pytest.raises(ConfigError, match="more than 1000 files"):
        source.read([tmp_path])
    for number in range(20):
        (tmp_path / "long").mkdir(exist_ok=True)
        with (tmp_path / "long" / f"{number}.yaml").open("wb") as file:
            file.truncate(1024**2)
    with pytest.raises(ConfigError, match="more than 16777216 bytes"):
        source.read([tmp_path / "long"])


WORDS = """
kind items metadata name data stringData spec values chart driver config csiDriver httpConnection sshConnection zfs
iscsi nfs nvmeof  smb host port protocol apiKey datasetParentName targetGroups targetPortal targetPortals transports
ports truenas url defaultPool storageClasses  parameters mountOptions secrets provisioner image api-key config.yaml
driver-config-file.yaml existingConfigSecret existingSecret _private csi  volume idHash strategy controller
externalProvisioner extraArgs node mount mount_flags cli paths enabled server pool
""".split()  # noqa: SIM905  (a list of them is eighty lines)
words = st.sampled_from(WORDS)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from([*VARIANTS[:8], "Secret", "List", "HelmRelease", "wss://[::1", "${X}", "h:99999"])
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=6), max_leaves=30
)
whole = st.fixed_dictionaries({}, optional={"driver": st.sampled_from(VARIANTS) | anything, "httpConnection": anything, "sshConnection": anything, "zfs": anything, "nfs": anything, "iscsi": anything, "nvmeof": anything, "truenas": anything, "csiDriver": anything, "storageClasses": anything, "kind": leaves, "data": anything})  # fmt: skip


@given(documents=st.lists(whole | anything, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_any_yaml_is_read_or_refused(documents, tmp_path):
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    try:
        files = source.read([path])
    except ConfigError as error:
        assert "any.yaml" in str(error)
    else:
        assert files.deployments
