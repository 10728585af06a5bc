"""Reports as they look, in files whose names carry the exit code: golden/CASE.EXIT.LOOK.

After a change that is meant, write them anew with UPDATE_GOLDEN=1 and read the difference:
    UPDATE_GOLDEN=1 pytest tests/render/test_golden.py && git diff tests/render/golden
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import lab
from csi_probe import __version__
from csi_probe.contact import Trouble
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe.render import Look, render
from csi_probe.render import json as json_format
from csi_probe.runner import run, select
from csi_probe.snapshot import Snapshot
from csi_probe_checks import CHECKS
from reports import report, row

GOLDEN = Path(__file__).parent / "golden"
LOOKS = {
    "80-ascii.txt": ("text", Look(width=80, ascii=True)),
    "100.txt": ("text", Look(width=100)),
    "color.txt": ("text", Look(width=100, color=True)),
    "json": ("json", Look()),
    "html": ("html", Look()),
    "short.txt": ("short", Look(width=80)),
    "md": ("markdown", Look()),
    "junit.xml": ("junit", Look()),
    "openreports.yaml": ("openreports", Look()),
    "prom": ("prometheus", Look()),
    "nagios.txt": ("nagios", Look()),
}
WIDE = {
    "80-ascii.txt": LOOKS["80-ascii.txt"],
    "200.txt": ("text", Look(width=200)),
    "short.txt": LOOKS["short.txt"],
    "html": LOOKS["html"],
    "md": LOOKS["md"],
}


# Some of each family, by name: a check that is added later changes no golden file.
SHOWN = select(
    CHECKS,
    (
        *("truenas.reachable", "truenas.certificate", "truenas.login", "truenas.version", "truenas.latency"),
        *(
            "pool.exists",
            "pool.healthy",
            "pool.not-full",
            "dataset.exists",
            "dataset.space",
            "nfs.running",
            "nfs.listens",
        ),
        *("iscsi.running", "iscsi.portal-exists", "iscsi.portal-listens", "access.nfs-shares"),
        *("node.login", "node.system", "node.iscsid", "node.initiator-name", "node.initiator-names-differ"),
    ),
    (),
)


def judged(*subjects, **changes):
    """The report of a run of these checks on these subjects; as if no time had passed."""
    rows = run(SHOWN, lab.snapshot(*subjects))
    return report(*(replace(row, duration=0.0) for row in rows), **changes)


def not_ready():
    """A wrong portal id, a missing pool, a node that is down, and a warning."""
    absent = Missing("there is no pool ssd", blocked_by="pool.exists")
    down = Missing("no route to host", blocked_by="node.login")
    no_portal = Missing("there is no portal with the id 1", blocked_by="iscsi.portal-exists")
    return judged(
        lab.nas(slowest=("pool.dataset.query", 7.5)),
        lab.pool(),
        lab.pool(name="ssd", entry=absent, free=absent),
        lab.iscsi(),
        lab.portal(id=1, entry=no_portal),
        lab.node(),
        lab.node(
            name="worker-2",
            login=lab.refusal(Trouble.UNREACHABLE, "192.0.2.22 port 22: no route to host"),
            **dict.fromkeys(lab.answers().__slots__, down),
        ),
        lab.fleet(worker_1=lab.IQN, worker_2=down),
        deselected=("nfs.running", "nfs.listens", "dataset.apart"),
    )


def undetermined():
    """A NAS that does not say who is asking: its own row is unknown, and everything behind it is blocked."""
    blocked = Missing("the NAS could not be asked: see truenas.login", blocked_by="truenas.login")
    login = lab.refusal(Trouble.RATE_LIMITED, "the NAS refuses logins from here for ten minutes")
    return judged(
        lab.nas(login=login, version=blocked, key=blocked, slowest=blocked),
        lab.pool(names=blocked, entry=blocked, free=blocked),
    )


def fleet(size):
    """So many nodes: every seventh is down, one has the wrong mount, and each has a name of its own."""
    down = Missing("no route to host", blocked_by="node.login")
    nodes = [lab.node(name=f"worker-{number}", initiator_name=f"{lab.IQN}:{number}") for number in range(1, size + 1)]
    for place in range(1, size, 7):
        seen = lab.refusal(Trouble.UNREACHABLE, f"192.0.2.{place + 1} port 22: no route to host")
        answers = dict.fromkeys(lab.answers().__slots__, down)
        nodes[place] = lab.node(name=f"worker-{place + 1}", login=seen, **answers)
    nodes[-1] = lab.node(name=f"worker-{size}", sockets=frozenset(), units={})
    return judged(lab.nas(), lab.pool(), *nodes)


FLEETS = {"3-nodes": lambda: fleet(3), "300-nodes": lambda: fleet(300)}
CASES = {
    "ready": lambda: judged(),
    "ready-with-warnings": lambda: judged(lab.nas(slowest=("pool.query", 7.5)), lab.pool()),
    "strict": lambda: judged(lab.nas(slowest=("pool.query", 7.5)), lab.pool(), strict=True),
    "not-ready": not_ready,
    "undetermined": undetermined,
    "nothing-configured": lambda: report(*run(SHOWN, Snapshot((), {}))),
    "empty": lambda: report(),
    "hostile": lambda: report(
        row(
            Status.FAIL,
            subject="pool \x1b[2J\ntank",
            seen="a\n  ✔ the pool exists: forged\r\x1b[31mred [bold]not bold[/bold] [/]",
            wanted="\u202egnp.exe\u2066 \u2028 \x00 \x9b31m",
            fix="fix\t" + "long" * 40,
        ),
        row(Status.OK, title="the 池 exists", seen="😀 ключ"),
    ),
}


SHOTS = {
    (case, look): (make, how)
    for cases, looks in ((CASES, LOOKS), (FLEETS, WIDE))
    for case, make in cases.items()
    for look, how in looks.items()
}


@pytest.mark.parametrize(("case", "look"), SHOTS)
def test_a_report_looks_as_it_did(case, look):
    make, (format_, how) = SHOTS[case, look]
    made = make()
    text = re.sub(re.escape(__version__), "VERSION", render(format_, made, how))
    text = re.sub("<style>.*</style>", "<style>…</style>", text, flags=re.DOTALL)
    path = GOLDEN / f"{case}.{made.exit_code}.{look}"
    if os.environ.get("UPDATE_GOLDEN"):
        for old in GOLDEN.glob(f"{case}.*.{look}"):
            old.unlink()
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name)
def test_a_golden_report_is_valid_and_its_name_carries_its_exit_code(path):
    instance = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads(json_format.schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(instance)
    assert path.name.split(".")[1] == str(instance["exit_code"])


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_every_golden_file_is_of_a_case(path):
    case, _, look = path.name.split(".", 2)
    assert (case, look) in SHOTS
