"""The screen of `desk up`: whole lines of several processes under one another, each with its name before it.

Nothing here blocks. A terminal that stands still (Ctrl-S, a pager) must hold up neither the supervisor nor, through
a full pipe, the web server that writes its log: what cannot be shown is counted and dropped.
"""

import os
import select
from collections.abc import Sequence

HELD = 1 << 20  # bytes waiting for the terminal, at most
LONGEST = 1 << 14  # bytes of a line; a longer one is broken
AT_ONCE = min(select.PIPE_BUF, 4096)  # so much a pipe that is writable takes without blocking
COLOURS = (36, 33, 32, 35, 34, 96)


class Console:
    """Writes to the file descriptor `fd`; `own` is the name before the supervisor's own sentences."""

    def __init__(self, fd: int, names: Sequence[str], *, own: str = "desk", colour: bool = False) -> None:
        self.fd = fd
        self._own = own
        self._waiting = bytearray()
        self._dropped = 0
        self._broken = False
        width = max(len(name) for name in (own, *names))
        self._prefix = {own: f"{own:<{width}} | ".encode()}
        for n, name in enumerate(names):
            prefix = f"{name:<{width}} | "
            self._prefix[name] = (f"\033[{COLOURS[n % len(COLOURS)]}m{prefix}\033[0m" if colour else prefix).encode()

    @property
    def pending(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._waiting)

    def show(self, name: str, line: bytes) -> None:
        """One line of a process, without its end."""
        if len(self._waiting) > HELD:
            self._dropped += 1
        else:
            self._tell_dropped()
            self._put(name, line)

    def say(self, sentence: str) -> None:
        """A sentence of the supervisor's own; never dropped."""
        self._tell_dropped()
        self._put(self._own, sentence.encode())

    def write(self, most: int = 64) -> None:
        """Write what the terminal takes now, in up to `most` portions."""
        while self._waiting and most > 0 and select.select([], [self.fd], [], 0)[1]:
            most -= 1
            try:
                written = os.write(self.fd, self._waiting[:AT_ONCE])
            except BlockingIOError:
                return
            except OSError:  # nobody reads any more: the desk lives on without a screen
                self._broken = True
                self._waiting.clear()
                return
            del self._waiting[:written]

    def _put(self, name: str, line: bytes) -> None:
        if not self._broken:
            self._waiting += self._prefix[name] + line + b"\n"

    def _tell_dropped(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._put(self._own, f"{dropped} lines were not shown: this terminal did not keep up".encode())


class Stream:
    """What one process writes, read from the pipe `fd` and cut into lines."""

    def __init__(self, name: str, fd: int, console: Console) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._name = name
        self._console = console
        self._rest = b""

    def read(self) -> bool:
        """Show what has come; one portion only, so that a flood leaves time for all else. False at the end."""
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._console.show(self._name, line.rstrip(b"\r"))
        if self._rest and (not data or len(self._rest) > LONGEST):
            self._console.show(self._name, self._rest)
            self._rest = b""
        return bool(data)
