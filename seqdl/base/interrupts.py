"""Ctrl-C and SIGTERM: the first one is heard at once and ends the work in good order, a second one ends everything.

Python calls a signal's handler in the main thread between two of its own instructions, and a kernel that is compiled or
at work, or a video that is decoded, puts that off for seconds. So a thread listens as well, whom the system wakes
whatever the main thread does: it says that the first signal was heard, and at the second one it ends this process and
those that work for it (:mod:`seqdl.base.workers`), without waiting for anybody. No file is half-written then either:
what would be undone at the end of a block is undone by the thread.
"""

import _thread
import atexit
import contextlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

from seqdl.base import memory

SOON = 0.05
"""Seconds in which what was interrupted may end without a word about that."""
PATIENCE = 1.0
"""Seconds that worker processes have for undoing what they have begun; it takes them milliseconds."""


class Terminated(BaseException):
    """SIGTERM arrived."""


ERRORS: dict[int, type[BaseException]] = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
FINISHING: dict[int, str] = {
    signal.SIGINT: "interrupted: finishing the step at work; press Ctrl-C again to end at once",
    signal.SIGTERM: "terminated: finishing the step at work; a second SIGTERM ends everything at once",
}


class _Signals:
    """What this process knows of the signals that it was sent: a process has one set of handlers.

    Parameters
    ----------
    starting : lock
        Held while a process is started.
    held, late
        Whether errors are held back; the signal that came meanwhile, or 0.
    raised : bool
        Whether the error of the first signal was raised.
    lost, again : int
        The signal whose error was lost and has to be raised again, or 0; so many this process has sent itself for that.
    undo : dict
        What is to be done before the process may end.
    """

    def __init__(self) -> None:
        self.starting = threading.Lock()
        self.held, self.late, self.raised, self.lost, self.again = False, 0, False, 0, 0
        self.undo: dict[object, Callable[[], object]] = {}

    def handle(self, number: int, _: FrameType | None = None) -> None:
        """Raise the error of the first signal, in the main thread; what follows is the listener's affair."""
        if self.held:
            self.late = number
        elif not self.raised:
            self.raised = True
            raise ERRORS[number]


_signals = _Signals()


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """Signals that arrive in this block, in the main thread, are treated as the module says.

    SIGINT raises a KeyboardInterrupt and SIGTERM a :class:`Terminated`, once. A signal that is ignored, as an interrupt
    is by what a shell runs in the background, or that has a handler of somebody else's, is left alone.
    """
    usual = (signal.default_int_handler, signal.SIG_DFL)
    before = {number: signal.getsignal(number) for number in ERRORS}
    ours = [number for number, handler in before.items() if handler in usual]
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    _signals.raised, _signals.lost, unraisable = False, 0, sys.unraisablehook

    def hook(lost: Any) -> None:
        """What was raised where Python has nobody to give it to, such as in a ``__del__``, is raised again."""
        number = next((number for number, error in ERRORS.items() if lost.exc_type is error), 0)
        if not number:
            unraisable(lost)
        _signals.raised = _signals.raised and not number
        _signals.lost = number or _signals.lost  # at last: from now on it may be

    with _listening(_hear):
        try:
            sys.unraisablehook = hook
            for number in ours:
                signal.signal(number, _signals.handle)
            yield
        finally:
            for number in ours:
                signal.signal(number, before[number])
            sys.unraisablehook = unraisable


@contextlib.contextmanager
def _listening(hear: Callable[[socket.socket], None]) -> Iterator[None]:
    """Have a thread ``hear`` the number of each signal as a byte, as soon as it arrives."""
    told, tell = socket.socketpair()
    tell.setblocking(False)
    before = signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
    thread = threading.Thread(target=hear, args=(told,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        tell.close()  # which the thread is told
        thread.join()
        told.close()


def _hear(told: socket.socket) -> None:
    first, said = 0, False
    while True:
        if not select.select([told], [], [], SOON if first else None)[0]:
            if _signals.lost:
                _raise_again()
            elif not said:
                said = True
                with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody may read it
                    print("\n" * sys.stderr.isatty() + FINISHING[first], file=sys.stderr, flush=True)
        elif not (byte := told.recv(1)):
            return
        elif (number := byte[0]) in ERRORS:
            if _signals.again:
                _signals.again -= 1
            elif first:
                at_once(128 + number)
            else:
                first = number


def _raise_again() -> None:
    number, _signals.lost = _signals.lost, 0
    _signals.again += 1
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


@contextlib.contextmanager
def ending_with_parent() -> Iterator[None]:
    """For a worker process: interrupts are its parent's affair; SIGTERM and the parent's end end it at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    with _listening(_obey):
        signal.signal(signal.SIGTERM, lambda *_: None)  # not before somebody listens
        yield


def _obey(told: socket.socket) -> None:
    if byte := told.recv(1):
        at_once(128 + byte[0])


def _follow_parent() -> None:
    """A killed parent must not leave anybody behind who writes into its folders."""
    from multiprocessing import parent_process

    if parent := parent_process():
        parent.join()
        at_once(1)


def leaving(code: int) -> None:
    """Have a process that has nothing more to do end with an exit ``code``: at once where a signal has ended its work.

    What Python does at its own end takes long where threads wait for each other, and an interrupt in the midst of it
    ends in a traceback.
    """
    if code - 128 in ERRORS:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody may read it
                stream.flush()
        at_once(code)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    memory.no_more()


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """A process that is started in this block never sees an interrupt, not even while it imports.

    This one sees it afterwards: it would lose sight of a process that is half started.
    """
    masked = hasattr(signal, "pthread_sigmask")
    with _signals.starting:
        _signals.held = True
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masked else set()
        try:
            yield
        finally:
            if masked:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _signals.held = False
    late, _signals.late = _signals.late, 0
    if late:
        _signals.handle(late)


@contextlib.contextmanager
def undone(undo: Callable[[], object]) -> Iterator[None]:
    """Call ``undo`` at the end of the block, whatever ends it, be it the whole process; it may be called twice."""
    key = object()
    _signals.undo[key] = undo
    try:
        yield
    finally:
        undo()
        del _signals.undo[key]


def at_end(undo: Callable[[], object]) -> None:
    """Call ``undo`` at the end of the process, whatever ends it; it may be called twice."""
    _signals.undo[object()] = undo
    atexit.register(undo)


@contextlib.contextmanager
def nothing_lost(say: Callable[[str], object], how: str) -> Iterator[None]:
    """Where a signal ends the block, ``say`` that nothing is lost and ``how`` to go on."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception):
            say(f"nothing is lost: {how}")
        raise


def at_once(code: int) -> NoReturn:
    """End this process and those that work for it, with an exit code, whatever the main thread does."""
    _signals.starting.acquire(timeout=PATIENCE)  # never given back: nobody is started any more
    if multiprocessing := sys.modules.get("multiprocessing"):
        children = multiprocessing.active_children()
        for child in children:
            child.terminate()
        for child in children:
            child.join(PATIENCE)
            child.kill()
        for child in children:
            child.join(PATIENCE)
    for undo in reversed(list(_signals.undo.values())):
        with contextlib.suppress(Exception):
            undo()
    os._exit(code)
