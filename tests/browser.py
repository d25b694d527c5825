"""A headless Chromium, driven through a pipe in its own protocol: what a page shows, asks for and complains of."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe")


def found() -> str | None:
    """Where the browser is; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of a browser that was started by :func:`browser`."""

    def __init__(self, reading: Any, writing: Any) -> None:
        self._reading, self._writing, self._number, self._session = reading, writing, 0, None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """What a command answers; what happens meanwhile is noted down."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._writing.write(json.dumps(message).encode() + b"\0")
        self._writing.flush()
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._reading.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has ended")
            text += byte
        return json.loads(text)

    def _note(self, event: dict[str, Any]) -> None:
        method, about = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            url = about["request"]["url"]
            self.requests += [url] * (not url.startswith("data:"))  # which ask nobody for anything
        elif method == "Log.entryAdded":
            self.complaints.append(about["entry"]["text"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(about)[:500])

    def open(self, path: Path, width: int = 1440, height: int = 900, scheme: str = "light") -> None:
        """Load a file into a window of some size, for a person who likes it light or dark."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": ""}]
        self("Emulation.setEmulatedMedia", features=features)
        self("Page.navigate", url=path.resolve().as_uri())
        self.run("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")

    def run(self, program: str) -> Any:
        """The value of a piece of JavaScript, waited for."""
        answer = self("Runtime.evaluate", expression=program, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def give(self, selector: str, *files: Path) -> None:
        """Choose files in a field for files, as a person would."""
        field = self("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")["result"]
        self("DOM.setFileInputFiles", files=[str(file) for file in files], objectId=field["objectId"])

    def press(self, key: str, code: int = 0, text: str = "") -> None:
        """Press a key: ``Tab`` (9), ``Enter`` (13, and the text ``\\r``), ..."""
        shared = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self("Input.dispatchKeyEvent", type="keyDown", text=text, **shared)
        self("Input.dispatchKeyEvent", type="keyUp", **shared)

    def picture(self, path: Path, whole: bool = True) -> None:
        """Write what is seen as PNG."""
        path.write_bytes(base64.b64decode(self("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))

    def printed(self, path: Path) -> None:
        """Write it as it is printed, as PDF."""
        path.write_bytes(base64.b64decode(self("Page.printToPDF", printBackground=True)["data"]))


@contextlib.contextmanager
def browser(folder: Path, *switches: str) -> Iterator[Browser]:
    """Start a browser that keeps what it must in a folder, with further switches, and end it."""
    (read_from, browser_writes), (browser_reads, write_to) = os.pipe(), os.pipe()

    def give() -> None:
        """The browser reads from 3 and writes to 4."""
        high = [fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 10) for pipe in (browser_reads, browser_writes)]
        for number, pipe in enumerate(high, 3):
            os.dup2(pipe, number)

    command = [str(found()), *SWITCHES, *switches, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=give)
    os.close(browser_reads)
    os.close(browser_writes)
    with os.fdopen(read_from, "rb") as reading, os.fdopen(write_to, "wb") as writing:
        try:
            yield Browser(reading, writing)
        finally:
            process.terminate()
            process.wait(30)
