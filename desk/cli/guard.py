"""The guard: the process that clears up when the supervisor itself is killed.

It reads on a pipe which sessions are alive (``+123``, ``-123``). The pipe closes when the supervisor is gone, however
it went; whoever is then still in those sessions is told to stop, and after a grace is killed.

Run by its path, with the standard library only, so that it starts in a few milliseconds, and under a name of its own,
so that a ``pkill`` for the desk does not end it as well.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

GIVE_UP = 5.0  # seconds after the first SIGKILL: what still stands then hangs in the kernel


class Running(NamedTuple):
    """A process that is alive (a zombie is not)."""

    pid: int
    parent: int
    session: int


def running() -> list[Running]:
    """Every process of this machine that we may see."""
    return list(_from_proc() if sys.platform == "linux" else _from_ps())


def members(sessions: Collection[int]) -> list[int]:
    """Who is alive in these sessions, whatever process group it has moved to."""
    return [process.pid for process in running() if process.session in sessions]


def send(pids: Collection[int], signum: signal.Signals) -> None:
    """Signal each; one that has ended meanwhile is no error."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def end_sessions(sessions: Collection[int], grace: float) -> None:
    """Tell the leaders to stop; after `grace` seconds kill all that is left, grandchildren too."""
    # only the leaders: pool children take a SIGTERM as "drop what you are doing"
    send(set(members(sessions)) & set(sessions), signal.SIGTERM)
    kill_at = time.monotonic() + grace
    while left := members(sessions):
        now = time.monotonic()
        if now >= kill_at:
            send(left, signal.SIGKILL)
        if now >= kill_at + GIVE_UP:
            return
        time.sleep(0.05)


def main(grace: float) -> None:
    """Follow standard input until the supervisor is gone, then clear up."""
    # who stops the whole group must not stop the guard: it ends by itself when its pipe closes
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            sessions.add(int(line[1:]))
        else:
            sessions.discard(int(line[1:]))
    if sessions:
        end_sessions(sessions, grace)


def _from_proc() -> Iterator[Running]:
    with os.scandir("/proc") as entries:
        pids = [entry.name for entry in entries if entry.name.isdecimal()]
    for pid in pids:
        # a process may end between the listing and the reading
        with suppress(FileNotFoundError, ProcessLookupError):
            # the name, in brackets, may hold spaces and brackets: what counts stands after the last one
            fields = Path("/proc", pid, "stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] not in (b"Z", b"X"):
                yield Running(int(pid), int(fields[1]), int(fields[3]))


def _from_ps() -> Iterator[Running]:
    ps = subprocess.Popen(["ps", "-axo", "pid=,ppid=,stat="], stdout=subprocess.PIPE, text=True)
    for line in ps.communicate()[0].splitlines():
        pid, parent, state = line.split()[:3]
        if not state.startswith("Z") and int(pid) != ps.pid:
            with suppress(ProcessLookupError, PermissionError):
                yield Running(int(pid), int(parent), os.getsid(int(pid)))


if __name__ == "__main__":
    main(float(sys.argv[1]))
