"""Subjects that say the same are said once; none is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.finding import Status
from csi_probe.render.fold import brief, named, sections, together
from reports import row


def nodes(numbers, status=Status.OK, **changes):
    return [row(status, subject=f"node worker-{number}", **changes) for number in numbers]


def headings(rows):
    return [section.heading for section in sections(rows)]


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["pool tank"], "pool tank"),
        (["pool tank", "pool tank"], "pool tank"),
        (["pool tank", "pool ssd"], "pool tank, ssd"),
        (["node a", "portal 2"], "node a, portal 2"),
        (["initiator group 3", "initiator group 4"], "initiator group [3-4]"),
        (["node w1", "node w3", "node w2", "node w7"], "node w[1-3, 7]"),
        (["node w9", "node w10", "node w11"], "node w[9-11]"),
        (["node w09", "node w10", "node w11"], "node w[09-11]"),
        (["node w1", "node w01"], "node w[01, 1]"),
        (["node w1", "node db", "node w2"], "node w[1-2], db"),
        (["node ip-10-0-1-7.ec2.internal", "node ip-10-0-1-8.ec2.internal"], "node ip-10-0-1-[7-8].ec2.internal"),
        (["portal 192.0.2.10", "portal 192.0.2.11"], "portal 192.0.2.[10-11]"),
        (["node w" + "9" * 5000, "node w1"], "node w[1, " + "9" * 5000 + "]"),
    ],
)
def test_names_are_written_as_clusters_do(names, wanted):
    assert named(names) == wanted


def test_many_names_are_counted_where_there_is_little_room():
    assert brief(["node a", "node b"]) == "node a, b"
    assert brief([f"node w{number}" for number in range(1, 99, 2)]) == "node w1 and 48 more"
    assert brief([f"node w{number}" for number in range(300)]) == "node w[0-299]"


def test_three_subjects_stand_one_by_one_and_four_together():
    assert headings(nodes([1, 2, 3])) == ["node worker-1", "node worker-2", "node worker-3"]
    assert headings(nodes([1, 2, 3, 4])) == ["node worker-[1-4]"]


def test_the_one_that_says_something_else_stands_by_itself():
    rows = [*nodes(range(1, 10)), *nodes([10], Status.FAIL), *nodes(range(11, 20))]
    assert headings(rows) == ["node worker-[1-9, 11-19]", "node worker-10"]


def test_a_remedy_of_its_own_is_never_folded_away():
    rows = [row for number in range(9) for row in nodes([number], Status.FAIL, fix=f"mend {number}")]
    assert len(sections(rows)) == 9


def test_another_number_of_rows_is_another_thing_to_say():
    rows = [*nodes(range(5)), *nodes([4], id="pool.healthy")]
    assert headings(rows) == ["node worker-[0-3]", "node worker-4"]


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (["x"] * 4, "x"),
        (["x", "y", "y", "y"], "y (3), x (1)"),
        (["a", "b", "c", "d"], "a, and 3 like it"),
    ],
)
def test_what_was_seen_is_said_together(seen, wanted):
    rows = [one for number, text in enumerate(seen) for one in nodes([number], seen=text)]
    ((found,),) = (section.rows for section in sections(rows))
    assert found.seen == wanted


SOME = st.lists(
    st.builds(
        row,
        st.sampled_from(Status),
        id=st.sampled_from(["pool.exists", "pool.healthy"]),
        subject=st.sampled_from([f"node {number}" for number in range(12)]),
        fix=st.sampled_from(["", "mend it"]),
        blocked_by=st.sampled_from(["", "node.login"]),
    ),
    max_size=40,
)


@given(SOME)
def test_every_subject_is_in_one_section_with_every_status_that_it_had(rows):
    told = sections(rows)
    assert sorted(subject for section in told for subject in section.subjects) == sorted({one.subject for one in rows})
    for section in told:
        for subject in section.subjects:
            said = [(one.id, one.status, one.fix) for one in rows if one.subject == subject]
            assert [(one.id, one.status, one.fix) for one in section.rows] == [
                (id_, status, fix if status not in (Status.OK, Status.SKIP) else one.fix)
                for (id_, status, fix), one in zip(said, section.rows, strict=True)
            ]


@given(SOME)
def test_together_keeps_every_status_of_every_claim(rows):
    assert {(one.id, one.status) for one in together(rows)} == {(one.id, one.status) for one in rows}
