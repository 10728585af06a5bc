"""The schema language: each kind of key, and what is said of a value that does not fit."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.drivers import tree
from csi_probe.drivers.schema import Key, kind_of, left_over, lint, nearest
from csi_probe.problem import Rule

TEXT = Key(kind="text")


def problems(text, **keys):
    (item,) = tree.parse(text, "f.yaml")
    return list(lint(item, Key(kind="block", keys=keys)))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "a"), ("text", "'7'"), ("whole", "7"), ("whole", "'7'"), ("whole", "-7"), ("number", "7"), ("flag", "true"), ("flag", "no"),
        ("block", "{}"), ("list", "[]"), ("any", "7"), ("any", "[7]"),
    ],
)  # fmt: skip
def test_a_value_of_the_right_kind_is_no_problem(kind, value):
    assert problems(f"a: {value}", a=Key(kind=kind, required=True)) == []


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("text", "7", "7"), ("text", "true", "true"), ("text", "[a]", "a list"), ("whole", "seven", '"seven"'), ("whole", "7.5", "7.5"),
        ("whole", "true", "true"), ("number", "'7'", '"7"'), ("number", "1" * 200, f'"{"1" * 80}"'), ("flag", "'no'", '"no"'), ("flag", "0", "0"),
        ("block", "a", "text"), ("block", "[a]", "a list"), ("list", "{a: 1}", "a block of keys"),
        ("list", "|\n  a\n  b", "text"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_shown_with_what_is_wanted(kind, value, seen):
    (problem,) = problems(f"a: {value}", a=Key(kind=kind))
    assert (problem.rule, problem.key, problem.harmless) == (Rule.TYPED, "a", False)
    assert problem.seen == seen


@pytest.mark.parametrize("value", ["", "~", '""'])
def test_null_and_an_empty_text_are_nothing_where_the_key_may_be_left_out(value):
    assert problems(f"a: {value}", a=Key(kind="whole")) == []


def test_what_must_be_there_is_named_when_it_is_not():
    key = Key(kind="text", required=True)
    assert [(problem.rule, problem.seen) for problem in problems("{}", a=key)] == [(Rule.COMPLETE, "nothing")]
    assert [(problem.rule, problem.seen) for problem in problems("a:", a=key)] == [(Rule.TYPED, "null")]
    assert [(problem.rule, problem.seen) for problem in problems("a: ' '", a=key)] == [(Rule.FILLED, "an empty text")]


@pytest.mark.parametrize(
    "text", ["${VAR}", "x${VAR}y", "${VAR:-default}", "$(VAR)", "{{ .Values.key }}", "ENC[AES256_GCM,data:x]"]
)
def test_what_is_still_to_be_filled_in_is_found(text):
    (problem,) = problems(f"port: '{text}'", port=Key(kind="whole"))
    assert (problem.rule, problem.key) == (Rule.FILLED, "port")


@pytest.mark.parametrize("text", ["$VAR", "pa$$word", "{{", "}}{{", "$()", "ENC", "a$(b c)"])
def test_what_only_looks_like_a_variable_is_not(text):
    assert not left_over(text)


def test_a_template_of_the_driver_is_no_variable():
    template = Key(kind="text", template=True)
    assert problems('a: "{{ parameters.name }}"', a=template) == []
    assert [problem.rule for problem in problems('a: "${NAME}"', a=template)] == [Rule.FILLED]


def test_a_choice_is_given_with_the_nearest():
    (problem,) = problems("protocol: htps", protocol=Key(kind="text", choices=("http", "https")))
    assert (problem.seen, problem.wanted, problem.fix) == ('"htps"', "one of http, https", "write https")


def test_an_unknown_key_is_given_with_the_nearest_at_its_own_place():
    (problem,) = problems(
        "zfs: {}\nnfs:\n  sharehost: h", zfs=Key(kind="block"), nfs=Key(kind="block", keys={"shareHost": TEXT})
    )
    assert (problem.rule, problem.key, str(problem.place), problem.harmless) == (
        Rule.KNOWN,
        "nfs.sharehost",
        "f.yaml:3:3",
        True,
    )
    assert "write shareHost" in problem.fix


def test_an_unknown_key_that_is_near_none_is_given_with_all():
    (problem,) = problems("quux: 1", shareHost=TEXT, sharePath=TEXT)
    assert (problem.wanted, problem.fix) == ("one of shareHost, sharePath", "remove quux")


def test_a_key_of_another_block_belongs_there():
    zfs = Key(kind="block", keys={"parent": Key(kind="text", required=True)})
    (problem,) = problems("parent: a\nzfs: {}", zfs=zfs)
    assert (problem.rule, problem.key, problem.wanted, problem.harmless) == (Rule.NESTED, "parent", "zfs.parent", False)


def test_a_key_of_several_blocks_belongs_to_one_of_them():
    block = Key(kind="block", keys={"host": TEXT})
    (problem,) = problems("host: h", ssh=block, http=block)
    assert problem.wanted == "ssh.host or http.host"


def test_elements_of_lists_are_numbered():
    groups = Key(kind="list", item=Key(kind="block", keys={"id": Key(kind="whole", required=True)}))
    found = problems("groups: [{id: 1}, {id: one}, {}, ]", groups=groups)
    assert [(problem.rule, problem.key) for problem in found] == [
        (Rule.TYPED, "groups[1].id"),
        (Rule.COMPLETE, "groups[2].id"),
    ]


def test_keys_that_are_not_listed_can_be_allowed_with_their_kind():
    free = Key(kind="block", rest=TEXT)
    assert [problem.key for problem in problems("free: {a: b, c: 7}", free=free)] == ["free.c"]


@pytest.mark.parametrize("value", ["7", "[canary]", "|\n  canary\n  ${X}", "canary ${X}", "{{ canary"])
def test_a_secret_is_never_shown(value):
    assert "canary" not in repr(
        problems(f"key: '{value}'" if "|" not in value else f"key: {value}", key=Key(kind="number", secret=True))
    )


def test_a_variable_that_is_all_of_a_secret_is_shown():
    (problem,) = problems("key: ${API_KEY}", key=Key(kind="text", secret=True))
    assert problem.seen == '"${API_KEY}"'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "null"),
        ("yes", "true or false"),
        ("1.5", "a number without quotes"),
        ("a", "text"),
        ("[]", "a list"),
        ("{}", "a block of keys"),
    ],
)
def test_kinds_have_names(value, words):
    (item,) = tree.parse(f"a: {value}", "f")
    assert kind_of(item.get("a")) == words


@pytest.mark.parametrize(("word", "near"), [("APIKEY", "apiKey"), ("api_key", "apiKey"), ("quux", None)])
def test_the_nearest_word_is_found_in_any_case(word, near):
    assert nearest(word, ("apiKey", "host")) == near


@pytest.mark.parametrize(
    "text",
    ["".join(f"key{n}: 1\n" for n in range(40_000)), "a: '" + "{" * 900_000 + "'", "a: '" + "${" * 450_000 + "'", "a: '" + "$(a" * 300_000 + "'"],
    ids=["unknown keys", "braces", "variables", "parentheses"],
)  # fmt: skip
def test_a_huge_file_is_judged_soon(text):
    start = time.process_time()
    assert len(problems(text, a=TEXT, apiKey=TEXT)) <= 500
    assert time.process_time() - start < 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda v: st.lists(v) | st.dictionaries(st.sampled_from("abc"), v),
        max_leaves=9,
    )
)
def test_any_tree_is_judged(value):
    keys = {
        "a": Key(kind="block", keys={"b": TEXT, "c": Key(kind="list", item=Key(kind="flag", required=True))}),
        "b": Key(kind="whole", required=True),
    }
    for item in tree.parse(yaml.safe_dump(value), "f"):
        assert all(problem.place.line for problem in lint(item, Key(kind="block", keys=keys)))
