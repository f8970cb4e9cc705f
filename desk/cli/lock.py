"""One `desk up` a folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.cli import guard
from desk.errors import NotNow

LOCK = "desk.lock"  # in DESK_VAR


@contextmanager
def only_one(path: Path, url: str = "", *, patience: float = 12) -> Iterator[int]:
    """Hold the lock file `path` within the block; gives its descriptor, for `supervisor.run`.

    In the file stand the process and the `url` at which its desk is reached.

    The kernel lets go of the lock when its holders are gone, so a file left by a crash hinders nobody. A killed run's
    guard holds it until everything of that run has ended: it is waited for, up to `patience` seconds.
    Raises NotNow, naming the process, when a desk runs.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(fd, path, patience)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n{url}\n".encode(), 0)
        yield fd
        fcntl.flock(fd, fcntl.LOCK_UN)  # for the guard too: it shares the lock
    finally:
        os.close(fd)


def is_held(path: Path) -> bool:
    """Whether a desk runs that holds the lock file `path`: a look that takes and makes nothing."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(fd)


def address(path: Path) -> str | None:
    """Where the desk that holds the lock file `path` is reached; None if none does, whatever one left there."""
    lines = path.read_text().splitlines() if is_held(path) else []
    return lines[1] if len(lines) > 1 else None


def _acquire(fd: int, path: Path, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # empty for the moment between another's locking and its writing
            holder = os.pread(fd, 20, 0).partition(b"\n")[0].decode()
            if (holder and _alive(int(holder))) or time.monotonic() > until:
                raise NotNow(
                    "A desk already runs in %(folder)s, as process %(pid)s. "
                    "Stop that one first, or set DESK_VAR to another folder.",
                    folder=str(path.parent),
                    pid=holder or "?",
                ) from None
            time.sleep(0.05)
        else:
            return


def _alive(pid: int) -> bool:
    return any(process.pid == pid for process in guard.running())  # a zombie holds nothing
