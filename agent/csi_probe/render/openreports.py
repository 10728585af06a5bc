"""The report as a ClusterReport of OpenReports (openreports.io/v1alpha1, the heir of PolicyReport), in YAML."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml

from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.paper import counts, harmless
from csi_probe.report import Report, Row, Verdict

_SOURCE = "truenas-csi-probe"
_RESULTS = {
    Status.OK: "pass",
    Status.SKIP: "skip",
    Status.WARN: "warn",
    Status.UNKNOWN: "error",  # "the policy could not be evaluated"
    Status.FAIL: "fail",
}
_VERDICTS = {Verdict.READY: "pass", Verdict.NOT_READY: "fail", Verdict.UNDETERMINED: "error"}


class _Text(str):
    """Text that is always quoted: what is a word to PyYAML can be a number to Kubernetes (1e3, 0o14)."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


def render(report: Report, look: Look) -> str:
    """One object for `kubectl apply`; in ASCII. The verdict is a result of its own, the first."""
    return yaml.dump(
        _as_dict(harmless(report, look)), Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=float("inf")
    )


def _as_dict(report: Report) -> dict[str, Any]:
    moment = {"seconds": int(report.started.timestamp()), "nanos": report.started.microsecond * 1000}
    verdict = {
        "policy": "verdict",
        "result": _VERDICTS[report.verdict],
        "message": f"{report.verdict}: {counts(report)}",
    }
    results = [verdict, *map(_result, report.rows)]
    summary = Counter(result["result"] for result in results)
    return {
        "apiVersion": "openreports.io/v1alpha1",
        "kind": "ClusterReport",
        "metadata": {"name": _SOURCE, "labels": {"app.kubernetes.io/managed-by": _SOURCE}},
        "source": _SOURCE,
        "summary": {result: summary[result] for result in _RESULTS.values()},
        "results": [{"source": _SOURCE, "timestamp": dict(moment), **result} for result in results],
    }


def _result(row: Row) -> dict[str, Any]:
    about = (row.subject, row.title, row.seen)
    told = {"subject": row.subject, "wanted": row.wanted, "fix": row.fix, "doc": row.doc, "blocked_by": row.blocked_by}
    return {
        "policy": _Text(row.id),
        "category": _Text(row.id.split(".")[0]),
        "result": _RESULTS[row.status],
        "message": _Text(": ".join(text for text in about if text)),
        "properties": {name: _Text(text) for name, text in told.items() if text},
    }
