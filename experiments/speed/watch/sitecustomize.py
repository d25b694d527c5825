"""Where a process's seconds go: which files are at work, asked again and again, in this process and those it starts.

Python imports this file by itself wherever its folder is in ``PYTHONPATH``. With ``SEQDL_WATCH`` naming a folder, a
thread looks every few milliseconds at what each thread is doing, and credits the processor's time that the thread has
taken since the last look to the files of its stack, from the innermost outwards. So no time is guessed, only what it
was spent on; a long call of compiled code counts for the line that called it. What threads took that are not Python's
goes to what the first thread does meanwhile. Written down five times a second, for a process may be ended at any time.
"""

import atexit
import json
import os
import sys
import threading
import time
from pathlib import Path

LOOK, WRITE, LEAST = 0.002, 0.2, 0.005
START = "start"
"""What was taken before the first look."""


def stack(frame):
    """The files of a stack, innermost first, each once where several of its functions call one another."""
    files = []
    while frame is not None:
        name = frame.f_code.co_filename
        if not files or files[-1] != name:
            files.append(name)
        frame = frame.f_back
    return "\n".join(files)


class Watch(threading.Thread):
    """The thread that looks; ``seconds`` of the processor by stack."""

    def __init__(self, folder):
        super().__init__(name="watch", daemon=True)
        self.path, self.over = Path(folder, f"{os.getpid()}.json"), threading.Event()
        self.seconds = {START: time.process_time()}
        self.known = {threading.get_ident(): time.thread_time()}
        self.all, self.own, self.others = time.process_time(), 0.0, 0.0

    def run(self):
        """Look and write down, until it is over."""
        written = 0.0
        while not self.over.wait(LOOK):
            self.look()
            self.own = time.thread_time()
            if time.monotonic() - written > WRITE:
                self.write()
                written = time.monotonic()

    def look(self):
        """Credit what each thread has taken since the last look."""
        frames, main = sys._current_frames(), threading.main_thread().ident
        now, everything = {}, time.process_time()
        self.others += everything - self.all  # what is then taken off it: the clocks are not read at once
        for ident, frame in frames.items():  # a thread that is listed cannot end meanwhile, nor its clock
            now[ident] = time.clock_gettime(time.pthread_getcpuclockid(ident))
            before = self.known.get(ident, 0.0)
            taken = now[ident] - before if now[ident] >= before else now[ident]  # another thread of the same name
            self.others -= taken
            if taken > 0 and ident != self.ident:
                self.credit(stack(frame), taken)
        if self.others > LEAST and main in frames:
            self.credit(stack(frames[main]), self.others)
            self.others = 0.0
        self.all, self.known = everything, now

    def credit(self, key, seconds):
        """Add some seconds to a stack's."""
        self.seconds[key] = self.seconds.get(key, 0.0) + seconds

    def write(self):
        """Leave what is known up to now, and what looking itself has taken."""
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps({"seconds": self.seconds, "watching": self.own}))
        temporary.replace(self.path)

    def end(self):
        """The last look, when the process ends by itself."""
        self.over.set()
        self.join(1.0)
        if not self.is_alive():
            self.look()
            self.write()


def begin():
    """Watch this process, and what is forked from it."""
    watch = Watch(os.environ["SEQDL_WATCH"])
    watch.start()
    atexit.register(watch.end)


if os.environ.get("SEQDL_WATCH") and not any("resource_tracker" in word for word in sys.orig_argv):
    # multiprocessing's process that keeps books is waited for by nobody, and in nobody's sum
    begin()
    os.register_at_fork(after_in_child=begin)
