"""Children that do not outlive us: tied to their parent where the system can, and known to a guard everywhere."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from desk.cli import guard

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_prctl: Callable[..., int] | None = None
if sys.platform == "linux":
    _prctl = ctypes.CDLL(None).prctl
    _prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def adopt_orphans() -> None:
    """Whoever of our descendants loses its parent becomes our child, where the system can; we must reap it."""
    if _prctl is not None:
        _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    command: Sequence[str], *, env: Mapping[str, str] | None, out: int, announce: int = -1
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that is told (SIGTERM) when this process dies, where the system can.

    `out` takes its output. It writes its session to the descriptor `announce` itself: were it left to us, a kill
    between the start and the writing would leave a child that no guard knows.
    """
    return subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=partial(_tie, os.getpid(), announce),
    )


class Guard:
    """Our end of the guard's pipe. A guard that dies is started again."""

    def __init__(self, lock: int | None, grace: float) -> None:
        self._lock = lock
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None
        self.pipe = -1

    @property
    def pid(self) -> int | None:
        """The guard's process."""
        return self._process.pid if self._process is not None else None

    def start(self, sessions: Sequence[int]) -> None:
        """Start it, or start it again when it has been reaped, and tell it what runs."""
        if self._process is not None:
            self._process.returncode = 0  # reaped by the supervisor
            os.close(self.pipe)
        theirs, self.pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(self._grace)],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=() if self._lock is None else (self._lock,),  # so that the lock outlives us
        )
        os.close(theirs)
        for session in sessions:
            self._write(f"+{session}\n")

    def forget(self, session: int) -> None:
        """Nobody is left in `session`: its number may soon be another's."""
        self._write(f"-{session}\n")

    def stop(self) -> None:
        """Let it go, and wait until it has."""
        os.close(self.pipe)
        if self._process is not None:
            try:
                self._process.wait(self._grace + 2 * guard.GIVE_UP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _write(self, line: str) -> None:
        with suppress(BrokenPipeError):  # its successor will be told
            os.write(self.pipe, line.encode())


def _tie(parent: int, announce: int) -> None:
    """Between fork and exec: tie the child's life to its parent's."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask to be told
        os._exit(1)
    if announce >= 0:
        with suppress(OSError):
            os.write(announce, b"+%d\n" % os.getpid())
