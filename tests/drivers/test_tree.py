"""YAML with positions: what is read, where it stands, and what is refused, in how much time and memory."""

import time
import tracemalloc

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.drivers import tree
from csi_probe.errors import ConfigError

CANARY = "canaryCanary"


def parse(text):
    return tree.parse(text, "f.yaml")


def only(text):
    (item,) = parse(text)
    return item


def refused(text):
    with pytest.raises(ConfigError) as error:
        parse(text)
    return str(error.value)


def test_every_item_knows_where_its_key_and_its_value_start():
    item = only("zfs:\n  datasetParentName: tank\n  list:\n    - a\n    -  b\n")
    name, second = item.get("zfs", "datasetParentName"), item.get("zfs", "list").elements[1]
    assert (str(name.key), str(name.place)) == ("f.yaml:2:3", "f.yaml:2:22")
    assert (str(second.key), str(second.place)) == ("f.yaml:5:8", "f.yaml:5:8")


def test_a_text_inside_of_another_is_named_by_the_key_that_holds_it():
    (item,) = tree.parse("a: 1", "secret.yaml", "driver-config-file.yaml")
    assert str(item.get("a").key) == "secret.yaml:driver-config-file.yaml:1:1"


def test_get_tells_a_null_from_nothing():
    item = only("a:\nb: {c: 1}")
    assert item.get("a").value is None
    assert item.get("x") is None
    assert item.get("a", "x") is None
    assert item.get("b", "c").value == 1


@pytest.mark.parametrize(
    "text",
    [
        "0777", "0o777", "0x1F", "0b101", "1_000", "1:30", "yes", "No", "on", "TRUE", "~", "", "null", "None", "1.5", ".inf",
        "1e3", "1.0e+3", "'1'", '"yes"', "!!str 1", "!!int '7'", "[1, {a: off}]", "|\n  a\n  b\n",
    ],
)  # fmt: skip
def test_scalars_mean_what_they_mean_to_pyyaml(text):
    assert only(f"key: {text}").plain() == yaml.safe_load(f"key: {text}")


def test_keys_are_text_as_written():
    assert only("1: a\ntrue: b\n0777: c\n~: d").plain() == {"1": "a", "true": "b", "0777": "c", "~": "d"}


def test_a_scalar_keeps_how_it_was_written():
    item = only("mode: 0777\nquoted: '0777'\nblock: |\n  0777\n")
    assert (item.get("mode").value, item.get("mode").text, item.get("mode").quoted) == (511, "0777", False)
    assert (item.get("quoted").value, item.get("quoted").quoted) == ("0777", True)
    assert item.get("block").quoted


@pytest.mark.parametrize("text", ["2024-01-01", "!Ref name", "!!binary aGk=", "0b_", "!!int x", "!!bool x", "9" * 5000])
def test_what_is_no_plain_scalar_stays_text(text):
    assert isinstance(only(f"a: {text}").get("a").value, str)


def test_aliases_and_merge_keys_are_expanded_where_they_are_used():
    item = only("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse:\n  <<: [*b, *m]\n  x: 9\nalso: *b\n'<<': text\n")
    assert item.get("use").plain() == {"y": 2, "z": 4, "x": 9}
    assert item.plain()["<<"] == "text"
    assert str(item.get("also").place) == "f.yaml:6:7"


def test_keys_have_anchors_and_aliases_too():
    assert only("&k a: &l 1\nb: {*k : 2, *l : 3}").plain() == {"a": 1, "b": {"a": 2, "1": 3}}
    assert "a key is a list or a mapping" in refused("a: &l [1]\nb: {*l : 3}")


def test_several_documents_are_several_items():
    assert [item.plain() for item in parse("a: 1\n---\n---\n- 2\n")] == [{"a": 1}, None, [2]]
    assert parse("# nothing but a comment\n") == ()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: 1\nb: 2\na: 3", 'f.yaml:3:1: the key "a" stands in line 1 already'),
        ("a: [1", "f.yaml:2:1: not YAML"),
        ("a: b: c", "f.yaml:1:5: not YAML"),
        ("a: \t'b\n", "f.yaml:2:1: not YAML"),
        ("? [a]\n: b", "f.yaml:1:3: a key is a list or a mapping"),
        ("a: *b", "f.yaml:1:4: the alias *b names nothing above it"),
        ("a: &b [*b]", "f.yaml:1:8: the alias *b stands inside of what it names"),
        ("a: &x 1\n---\nb: *x", "f.yaml:3:4: the alias *x names nothing above it"),
        ("<<: 1", 'f.yaml:1:1: the value of "<<" is not a mapping'),
        ("a: \x00", "f.yaml: not text: it has control characters"),
        ("a: \ud800", "f.yaml: not text: it has control characters"),
        ("[" * 100, "f.yaml:1:66: nested deeper than 64 levels"),
        ("a: &a " + "[" * 60 + "]" * 60 + "\nb: [[[[[[*a]]]]]]", "f.yaml:2:10: nested deeper than 64 levels"),
    ],
)  # fmt: skip
def test_an_error_names_the_line(text, error):
    assert refused(text).startswith(error)


def bomb(width, levels):
    lines = ["l0: &l0 [" + "x," * width + "]"]
    lines += [f"l{n}: &l{n} [" + f"*l{n - 1}," * width + "]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (bomb(9, 10), "more than 100000 values, aliases expanded"),
        ("".join(f"b{n}: {{<<: *a}}\n" if n else "a: &a {" + ",".join(f"k{k}: 1" for k in range(1000)) + "}\n" for n in range(200)), "more than 100000"),
        ("- a\n" * 200_000, "more than 100000 values"),
        ("---\n" * 200_000, "more than 100000 values"),
        ("[" * 1_000_000, "nested deeper than 64"),
        ("{" * 1_000_000, "a key is a list or a mapping"),
        ("- " * 500_000, "nested deeper than 64"),
        ("a" * 1_100_000, "longer than 1048576 bytes"),
    ],
    ids=["aliases", "merges", "list", "documents", "brackets", "braces", "dashes", "long"],
)  # fmt: skip
def test_a_bomb_is_refused_soon(text, error):
    start = time.process_time()
    assert error in refused(text)
    assert time.process_time() - start < 2


def test_a_quarter_of_the_most_that_is_read_takes_less_than_50_mb():
    tracemalloc.start()
    parse("- a\n" * (tree.MAX_NODES // 4))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * 1024**2


@pytest.mark.parametrize("text", ["a: 1" + ":1" * 400_000, "a: " + "9" * 900_000, "a: " + "1." * 400_000])
def test_a_long_scalar_costs_no_more_than_its_length(text):
    start = time.process_time()
    parse(text)
    assert time.process_time() - start < 1


def test_a_file_is_read_as_utf8_with_or_without_a_mark(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes("\N{ZERO WIDTH NO-BREAK SPACE}name: größe".encode())
    assert tree.read(path)[0].plain() == {"name": "größe"}


@pytest.mark.parametrize(
    ("raw", "error"),
    [(b"a: \xff\xfe", "not UTF-8 text (byte 3)"), (b"a" * 1_048_577, "longer than"), ("é".encode() * 524_289, "longer than")],
    ids=["binary", "long", "long in two-byte characters"],
)  # fmt: skip
def test_a_file_that_is_no_text_of_ours_is_refused(raw, error, tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=f"^{path}: ") as caught:
        tree.read(path)
    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("name", "error"), [("none.yaml", "No such file"), ("", "Is a directory"), ("a\0b", "not a file name")]
)
def test_a_file_that_cannot_be_opened_is_refused_with_the_reason(name, error, tmp_path):
    with pytest.raises(ConfigError, match=error):
        tree.read(tmp_path / name)


def test_no_value_stands_in_a_repr():
    assert CANARY not in repr(parse(f"apiKey: {CANARY}\nlist: [{CANARY}, {{a: {CANARY}}}]"))


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(trees)
def test_what_pyyaml_writes_is_read_back(value):
    assert only(yaml.safe_dump(value, allow_unicode=True)).plain() == yaml.safe_load(
        yaml.safe_dump(value, allow_unicode=True)
    )


@given(st.text(alphabet=st.sampled_from("ab: -\n[]{}&*!|>'\"#,?%@<~0\t"), max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        items = parse(text)
    except ConfigError as error:
        assert str(error).startswith("f.yaml:")
    else:
        assert all(item.place.line for item in items)
