"""A server on this machine for the time of a test, and what stands for standard input and a camera."""

import contextlib
import http.server
import io
import socket
import struct
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


@contextlib.contextmanager
def streamed(content):
    """The address of an RTSP server that sends an MPEG transport stream once."""
    description = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track1\r\n"
    answers = {
        "OPTIONS": ("Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", b""),
        "DESCRIBE": (f"Content-Type: application/sdp\r\nContent-Length: {len(description)}\r\n", description),
        "SETUP": ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n", b""),
        "PLAY": ("Session: 1\r\n", b""),
    }

    def serve():
        connection, _ = server.accept()
        with contextlib.suppress(OSError, KeyError), connection, connection.makefile("rb") as asked:
            while line := asked.readline().decode():
                method, fields = line.split()[0], {}
                while field := asked.readline().decode().strip():
                    name, _, value = field.partition(": ")
                    fields[name.lower()] = value
                more, body = answers[method]
                connection.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {fields['cseq']}\r\n{more}\r\n".encode() + body)
                if method == "PLAY":
                    for number, at in enumerate(range(0, len(content), 7 * 188)):
                        packet = struct.pack("!BBHII", 0x80, 33, number, 900 * number, 1) + content[at : at + 7 * 188]
                        connection.sendall(b"$\0" + struct.pack("!H", len(packet)) + packet)
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/camera"
        thread.join()


def piped(monkeypatch, content):
    """Have some bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))


def filmed(monkeypatch, file):
    """Have a file in place of every camera."""
    monkeypatch.setattr(device, "camera", lambda name: device.Opening(str(file), "", {}))
