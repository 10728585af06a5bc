"""A real Chromium without a window, driven over its DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import subprocess
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from real import need

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions")


class Page:
    """One tab. `events`: what it reported, in order."""

    def __init__(self, channel: ClientConnection) -> None:
        self.events: list[dict[str, Any]] = []
        self._channel = channel
        self._ids = itertools.count()

    def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        id_ = next(self._ids)
        self._channel.send(json.dumps({"id": id_, "method": method, "params": params}))
        while (heard := json.loads(self._channel.recv(timeout=20))).get("id") != id_:
            self.events.append(heard)
        assert "error" not in heard, (method, heard["error"])
        result: dict[str, Any] = heard["result"]
        return result

    def open(self, path: Path, width: int = 1280, scheme: str = "light") -> None:
        """Load a file on a screen of this width, in a light or a dark scheme, with scripts switched off."""
        self.events.clear()
        for domain in ("Page", "Network", "Log"):
            self.say(f"{domain}.enable")
        self.say("Emulation.setScriptExecutionDisabled", value=True)
        self.say(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=844,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        self.say("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.say("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self._channel.recv(timeout=20)))

    def ask(self, expression: str) -> Any:
        """The value of an expression: the test's own eyes, which see even where scripts are switched off."""
        found = self.say("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Click with the mouse, in the middle of the element."""
        x, y = self.ask(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2] }})(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.say("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Press and release a key: "Tab", "ArrowDown"."""
        code = {"Tab": 9, "ArrowDown": 40, " ": 32, "Enter": 13}[key]
        text = {"Enter": "\r", " ": " "}.get(key, "")
        self.say("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text=text)
        self.say("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def screenshot(self, path: Path) -> bytes:
        """A PNG of the whole page, kept in `path`."""
        shot = self.say("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(shot))
        return path.read_bytes()

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        """The colour that a reader sees there: red, green, blue."""
        clip = {"x": x, "y": y, "width": 1, "height": 1, "scale": 1}
        png = base64.b64decode(self.say("Page.captureScreenshot", format="png", clip=clip)["data"])
        start = png.index(b"IDAT") + 4  # the first of its chunks holds the pixel
        length = int.from_bytes(png[start - 8 : start - 4])
        return tuple(zlib.decompressobj().decompress(png[start : start + length])[1:4])


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A tab of a browser that has its profile in `folder`, and ends with the test."""
    command = [need("chromium"), *_FLAGS, *_QUIET, f"--user-data-dir={folder}", "--remote-debugging-port=0"]
    process = subprocess.Popen([*command, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_tab(folder / "DevToolsActivePort"), max_size=None, open_timeout=10) as channel:
            yield Page(channel)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _tab(port_file: Path) -> str:
    """The address of the first tab, as soon as the browser is up."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError, IndexError, StopIteration):
            port = port_file.read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                tabs = json.load(answer)
            return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
        time.sleep(0.05)
    raise AssertionError("Chromium does not come up")
