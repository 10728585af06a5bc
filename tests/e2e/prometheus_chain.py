"""node_exporter, Prometheus and Alertmanager on loopback, with the rules that are shipped; and who gets their alerts."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from real import need

from .rig import until

DEPLOY = Path(__file__).parents[2] / "deploy" / "prometheus"

_PROMETHEUS = """\
global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}
rule_files: [{rules}]
scrape_configs: [{{job_name: node, static_configs: [{{targets: ["{exporter}"]}}]}}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
"""
_ALERTMANAGER = """\
route: {{receiver: us, group_by: [...], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: us, webhook_configs: [{{url: "http://{receiver}/", send_resolved: true}}]}}]
"""


@dataclass(frozen=True)
class Chain:
    """`textfiles`: the folder that node_exporter reads. `alerts`: what Alertmanager has sent so far."""

    textfiles: Path
    prometheus: str
    alerts: list[dict[str, Any]]

    def alert(self, name: str, status: str) -> dict[str, Any]:
        """Wait for the alert `name`, "firing" or "resolved"."""

        def found() -> list[dict[str, Any]]:
            wanted = (name, status)
            return [alert for alert in self.alerts if (alert["labels"]["alertname"], alert["status"]) == wanted]

        until(found, seconds=30)
        return found()[0]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        words = urllib.parse.urlencode({"query": expression})
        answer = _get(f"http://{self.prometheus}/api/v1/query?{words}")
        found: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
        return found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Chain]:
    """Start all three; they end with the block."""
    exporter, prometheus, alertmanager = (f"127.0.0.1:{port}" for port in _free_ports(3))
    textfiles = folder / "textfiles"
    textfiles.mkdir()
    with contextlib.ExitStack() as stack:
        receiver, alerts = stack.enter_context(_receiving())
        rules = DEPLOY / "rules.yml"
        (folder / "prometheus.yml").write_text(
            _PROMETHEUS.format(rules=rules, exporter=exporter, alertmanager=alertmanager)
        )
        (folder / "alertmanager.yml").write_text(_ALERTMANAGER.format(receiver=receiver))
        commands = (
            [
                *(need("prometheus-node-exporter"), "--collector.disable-defaults", "--collector.textfile"),
                *(f"--collector.textfile.directory={textfiles}", f"--web.listen-address={exporter}"),
            ],
            [
                *(need("prometheus-alertmanager"), f"--config.file={folder}/alertmanager.yml"),
                *(f"--storage.path={folder}/alertmanager", f"--web.listen-address={alertmanager}"),
                "--cluster.listen-address=",
            ],
            [
                *(need("prometheus"), f"--config.file={folder}/prometheus.yml"),
                *(f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address={prometheus}"),
            ],
        )
        for command in commands:
            stack.enter_context(_process(command, folder))
        for url in (f"{exporter}/metrics", f"{alertmanager}/-/ready", f"{prometheus}/-/ready"):
            until(lambda url=url: _get(f"http://{url}"), seconds=30)
        yield Chain(textfiles, prometheus, alerts)


@contextlib.contextmanager
def _process(command: list[str], folder: Path) -> Iterator[None]:
    with (
        (folder / f"{Path(command[0]).name}.log").open("w") as log,
        subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def _receiving() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook: its address, and the alerts that come."""
    alerts: list[dict[str, Any]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alerts.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Nothing: the test reads the queue."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", alerts
        server.shutdown()


def _get(url: str) -> str:
    """The answer, or nothing while the server is not there yet."""
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text
    return ""


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]
