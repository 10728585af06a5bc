"""Subjects that say the same, said once: a report on 300 nodes reads like one on three."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from csi_probe.finding import Status
from csi_probe.report import Row

_MANY = 4  # fewer subjects stand one by one
_SHOWN = 3
_BRIEF = 60  # characters
_DIGITS = 9  # a longer number numbers no hosts


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one subject, or of many that say the same.

    `subjects`: all of them. `rows`: one for each claim, with what was seen on all of these subjects.
    """

    heading: str
    subjects: tuple[str, ...]
    rows: tuple[Row, ...]


def sections(rows: Iterable[Row]) -> list[Section]:
    """The rows by subject, subjects in the order of their first row; at least four that say the same are one section.

    They say the same when the same claims have the same outcome and the same remedy, whatever was seen.
    """
    by_subject: dict[str, list[Row]] = {}
    for row in rows:
        by_subject.setdefault(row.subject, []).append(row)
    alike: dict[object, list[str]] = {}
    for subject, said in by_subject.items():
        alike.setdefault(tuple(map(_gist, said)), []).append(subject)
    groups = [group for many in alike.values() for group in ([many] if len(many) >= _MANY else [[one] for one in many])]
    order = {subject: place for place, subject in enumerate(by_subject)}
    return [
        Section(named(group), tuple(group), tuple(map(merged, zip(*(by_subject[one] for one in group), strict=True))))
        for group in sorted(groups, key=lambda group: order[group[0]])
    ]


def merged(rows: Sequence[Row]) -> Row:
    """One row for several that differ in their subjects and in what was seen."""
    return replace(rows[0], subject=named([row.subject for row in rows]), seen=_seen([row.seen for row in rows]))


def together(rows: Iterable[Row]) -> list[Row]:
    """One row for all that say the same of different subjects, in the order of the first."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(_gist(row), []).append(row)
    return [merged(group) for group in groups.values()]


def named(subjects: Sequence[str]) -> str:
    """All names as clusters write them: "node worker-[1-3, 7]"; words that all of them begin with stand once."""
    unique = list(dict.fromkeys(subjects))
    if len(unique) == 1:
        return unique[0]
    common = os.path.commonprefix([name.split(" ")[:-1] for name in unique])  # noqa: RUF071  (lists of words, no paths)
    start = len(" ".join([*common, ""]))
    numbered: dict[tuple[str, str], list[str]] = {}
    for name in unique:
        head, number, tail = _around_number(name[start:])
        numbered.setdefault((head, tail), []).append(number)
    return " ".join([*common, ", ".join(f"{head}{_ranges(many)}{tail}" for (head, tail), many in numbered.items())])


def brief(subjects: Sequence[str]) -> str:
    """All names where they are short, else the first one and how many more there are."""
    text = named(subjects)
    return text if len(text) <= _BRIEF else f"{subjects[0]} and {len(set(subjects)) - 1} more"


def _gist(row: Row) -> object:
    settled = row.status in (Status.OK, Status.SKIP)
    return row.id, row.title, row.status, row.blocked_by, *(() if settled else (row.wanted, row.fix))


def _seen(texts: Sequence[str]) -> str:
    counted = Counter(texts).most_common()
    if len(counted) == 1:
        return texts[0]
    if len(counted) <= _SHOWN:
        return ", ".join(f"{text} ({count})" for text, count in counted)
    return f"{texts[0]}, and {len(texts) - 1} like it"


def _around_number(name: str) -> tuple[str, str, str]:
    """What stands before the last number of a host's name, the number, and what stands behind it.

    The domain's own numbers do not count ("ec2.internal"), those of an address do.
    """
    host, dot, domain = name.partition(".")
    if not any(map(str.isalpha, domain)):
        host, dot, domain = name, "", ""
    head = host.rstrip("0123456789")
    return head, host[len(head) :], dot + domain


def _ranges(numbers: Sequence[str]) -> str:
    """["1", "2", "3", "7"] -> "[1-3, 7]"; one alone is itself."""
    if len(numbers) == 1:
        return numbers[0]
    ordered = sorted(numbers, key=lambda number: (len(number.lstrip("0")), number))
    gaps = [place for place, (one, next_) in enumerate(pairwise(ordered), 1) if not _follows(next_, one)]
    runs = [ordered[start:end] for start, end in pairwise([0, *gaps, len(ordered)])]
    return f"[{', '.join(run[0] if len(run) == 1 else f'{run[0]}-{run[-1]}' for run in runs)}]"


def _follows(number: str, other: str) -> bool:
    return len(other) <= _DIGITS and str(int(other or 0) + 1).zfill(len(other)) == number
