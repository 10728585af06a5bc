"""From a failing probe to an alert, through the real chain; and what deploy/prometheus ships for it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from real import need

from .prometheus_chain import DEPLOY, running
from .rig import probe, until

pytestmark = pytest.mark.real
PANELS = json.loads((DEPLOY / "dashboard.json").read_text())["panels"]
QUERIES = [target["expr"].replace("$instance", ".*") for panel in PANELS for target in panel["targets"]]


def promtool(*words: str | Path) -> str:
    done = subprocess.run(
        [need("promtool"), *words], cwd=DEPLOY, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts(rules: str) -> set[str]:
    return set(re.findall(r"^ +- alert: (\w+)$", rules, re.MULTILINE))


def test_the_rules_pass_their_own_tests() -> None:
    assert "SUCCESS" in promtool("test", "rules", "rules.test.yml")


def test_every_alert_is_tested_to_fire() -> None:
    tested = (DEPLOY / "rules.test.yml").read_text()
    fired = set(re.findall(r"alertname: (\w+)\n +exp_alerts:", tested))
    assert alerts((DEPLOY / "rules.yml").read_text()) == fired


def test_a_failing_probe_ends_as_an_alert_and_a_mended_one_resolves_it(tmp_path: Path) -> None:
    """And every panel of the dashboard has something to show."""
    with running(tmp_path) as chain:
        textfile = chain.textfiles / "truenas-csi-probe.prom"
        assert probe("demo", "-o", f"prometheus={textfile}").exit_code == 0
        until(lambda: chain.query("truenas_csi_probe_ready == 1"), seconds=30)
        last_success = chain.query("truenas_csi_probe_last_success_timestamp_seconds")[0]["value"][1]

        broken = probe("demo", "--break", "portal-id", "--break", "key-expiring", "-o", f"prometheus={textfile}")
        assert broken.exit_code == 1
        fired = chain.alert("TruenasCsiNotReady", "firing")
        assert fired["labels"]["severity"] == "critical"
        assert "iscsi.portal-exists (portal 2)" in fired["annotations"]["description"]
        assert "pool.exists" not in fired["annotations"]["description"]
        assert "in 4d " in chain.alert("TruenasCsiKeyExpiring", "firing")["annotations"]["summary"]
        assert chain.query("truenas_csi_probe_last_success_timestamp_seconds")[0]["value"][1] == last_success
        assert [query for query in QUERIES if not chain.query(query)] == []
        assert chain.query("node_textfile_scrape_error")[0]["value"][1] == "0"

        assert probe("demo", "-o", f"prometheus={textfile}").exit_code == 0
        chain.alert("TruenasCsiNotReady", "resolved")
