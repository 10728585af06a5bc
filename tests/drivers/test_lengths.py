"""Lengths of names: the last that fits, and the first that does not."""

import pytest

from csi_probe.drivers import lengths
from csi_probe.problem import Place, Rule

WHERE = Place("f", 1, 1), "key"


@pytest.mark.parametrize(
    ("function", "arguments", "fits"),
    [
        (lengths.zvol, ("p" * 209,), True),
        (lengths.zvol, ("p" * 210,), False),
        (lengths.zvol, ("p" * 220,), False),
        (lengths.extent, ("p" * 12, "s" * 12), True),
        (lengths.extent, ("p" * 12, "s" * 13), False),
        (lengths.snapshots, ("p" * 168,), True),
        (lengths.snapshots, ("p" * 169,), False),
    ],
)
def test_names_of_volumes_with_40_characters(function, arguments, fits):
    found = tuple(function(*arguments, *WHERE))
    assert not found if fits else [(problem.rule, problem.key) for problem in found] == [(Rule.LENGTH, "key")]


def test_shorter_names_of_volumes_leave_more_to_the_parent():
    assert not tuple(lengths.zvol("p" * 241, *WHERE, volume=8))
    assert tuple(lengths.zvol("p" * 242, *WHERE, volume=8))


def test_the_fix_says_by_how_much():
    (problem,) = lengths.extent("p" * 20, "s" * 10, *WHERE)
    assert (problem.seen.split(":")[0], problem.wanted, problem.fix) == (
        "70 characters",
        "at most 64 characters",
        "shorten key by 6 characters",
    )


@pytest.mark.parametrize(
    "template", ["{{ name }}", "v-{{ name }}", "{{ name }}_x", "a" * 128, "{{ parameters.[a/b.c] }}"]
)
def test_an_id_template_with_allowed_characters_is_no_problem(template):
    assert not tuple(lengths.volume_id(template, *WHERE))


@pytest.mark.parametrize(
    "template", ["{{ a }}/{{ b }}", "-{{ name }}", "{{ name }}.v", "v {{ name }}", "ä{{ name }}", "a" * 129, "_x"]
)
def test_an_id_template_with_others_is(template):
    (problem,) = lengths.volume_id(template, *WHERE)
    assert problem.rule is Rule.LENGTH


@pytest.mark.parametrize(
    ("template", "long"),
    [
        ("{{ name }}", False),
        ("fixed", False),
        ("{{ parameters.[csi.storage.k8s.io/pvc/name] }}", True),
        ("{{ parameters.[csi.storage.k8s.io/pvc/namespace] }}-x", True),
    ],
)
def test_names_of_claims_in_a_template_can_become_too_long(template, long):
    assert [problem.harmless for problem in lengths.extent_template(template, *WHERE)] == [True] * long
