"""A server on this machine for the time of a test, and what stands for standard input and a camera."""

import contextlib
import http.server
import io
import sys
import threading

from seqdl.video import device


@contextlib.contextmanager
def served(answer):
    """The address of a server; ``answer(handler)`` says what comes of each request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def giving(content, kind="video/x-msvideo", length=None, code=200):
    """What answers with some bytes, of which there may be fewer than it promises."""

    def answer(handler):
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def piped(monkeypatch, content):
    """Have some bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))


def filmed(monkeypatch, file):
    """Have a file in place of every camera."""
    monkeypatch.setattr(device, "camera", lambda name: device.Opening(str(file), "", {}))
