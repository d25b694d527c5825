"""A copy of KTH in small, and a server on the loopback that gives it away as badly as asked."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seqdl.datasets import kth
from seqdl.datasets.kth.archives import Inventory

RANGES = {
    "person01_boxing_d1": ((0, 11), (12, 23)),
    "person02_boxing_d1": ((0, 23),),
    kth.TRUNCATED: ((0, 11), (12, 29)),
    "person01_walking_d1": ((0, 11), (14, 25)),
    "person02_walking_d1": ((2, 25),),
}
"""Five videos and eight sequences; every video has 26 frames, so one sequence is cut short, as in the real set."""


def zipped(files, **options):
    """A zip archive, as bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@dataclass
class Copy:
    """The archives, the list, and what is in them."""

    videos: dict[str, bytes]
    files: dict[str, bytes]
    inventory: Inventory


def make_copy(content, folder):
    """A copy whose video ``name`` is ``content(name)``."""
    videos = {name: content(name) for name in RANGES}
    files = {}
    for action in ("boxing", "walking"):
        mine = {f"{name}_uncomp.avi": data for name, data in videos.items() if f"_{action}_" in name}
        files[f"{action}.zip"] = zipped(mine)
    kth.write_list(folder / "list", RANGES | {kth.MISSING: ()})
    files[kth.LIST] = (folder / "list").read_bytes()
    (folder / "list").unlink()
    sums = {name: hashlib.sha1(data).hexdigest() for name, data in files.items() if name != kth.LIST}
    return Copy(videos, files, Inventory(frozenset(RANGES), {"boxing": 5, "walking": 3}, sums))


@dataclass
class Server:
    """Serves ``files``; ``plans`` tells for a name what goes wrong at the first, second, ... request.

    A plan's keys: ``cut`` and ``stall`` (after so many bytes), ``status`` (with ``headers``), ``body`` (another one),
    ``ranges=False`` (Range is ignored), ``start`` (it answers from another byte than asked), ``length=False``.
    """

    files: dict[str, bytes]
    plans: dict[str, list[dict]] = field(default_factory=dict)
    always: dict[str, dict] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self):
        self.released = threading.Event()

    def ranges(self, name, method="GET"):
        """The Range headers of the requests for a name."""
        return [given for how, what, given in self.asked if (how, what) == (method, name)]

    def __enter__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_HEAD(self):
                self.answer(False)

            def do_GET(self):
                self.answer(True)

            def answer(self, body):
                outer.answer(self, body)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):  # a client that goes away is no error here
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *failure):
        self.released.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def answer(self, request, with_body):
        name = request.path.rpartition("/")[2]
        given = request.headers.get("Range", "")
        self.asked.append((request.command, name, given))
        plan = self.always.get(name, {})
        if with_body and self.plans.get(name):
            plan = self.plans[name].pop(0)
        data, status, headers = plan.get("body", self.files.get(name)), plan.get("status", 200), plan.get("headers", {})
        if data is None:
            data, status = b"not here", 404
        start = int(given.removeprefix("bytes=").removesuffix("-")) if given else 0
        if status == 200 and start and plan.get("ranges", True):
            status, headers = 206, {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            if start >= len(data):
                status, headers, data = 416, {"Content-Range": f"bytes */{len(data)}"}, b""
            elif "start" in plan:
                start = plan["start"]
                headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            data = data[start:]
        request.send_response(status)
        for key, value in headers.items():
            request.send_header(key, value)
        if plan.get("length", True):
            request.send_header("Content-Length", str(len(data)))
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        if with_body:
            request.wfile.write(data[: plan.get("cut", plan.get("stall", len(data)))])
            if "stall" in plan:
                self.released.wait(20)
