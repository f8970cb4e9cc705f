"""A running supervisor, seen from outside: its screen, its processes, and what is left of them."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from desk.cli import guard

PATIENCE = 20.0
DUMMY = Path(__file__).with_name("dummies") / "process.py"


def eventually(true: Callable[[], Any], what: str) -> Any:
    """The first true answer; fails, saying `what` was waited for, when none comes."""
    until = time.monotonic() + PATIENCE
    while not (answer := true()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)
    return answer


def dummy(*options: str) -> str:
    """The command line of a stand-in (see dummies/process.py)."""
    return shlex.join([sys.executable, "-I", "-S", str(DUMMY), *options])


def _begin(terminal: int | None) -> None:
    """In the child: on a terminal of its own if there is one, and hearing SIGHUP even in a run that was told not to."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if terminal is not None:
        os.login_tty(terminal)


class DeskUp:
    """A supervisor under test. Its screen is a file, unless the test wants a pipe that nobody reads, or brings a
    terminal, which it then has for its own."""

    def __init__(
        self,
        folder: Path,
        processes: list[dict[str, Any]],
        *,
        piped: bool = False,
        terminal: int | None = None,
        **given: Any,
    ) -> None:
        self._screen = folder / f"screen-{time.monotonic_ns()}"
        spec = json.dumps({"processes": processes, "orphan_grace": 0.5, **given})
        with self._screen.open("wb") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.dummies.up", spec],
                cwd=Path(__file__).parents[2],
                stdout=subprocess.PIPE if piped else screen,
                stderr=screen,
                start_new_session=terminal is not None,
                preexec_fn=partial(_begin, terminal),
            )

    @property
    def screen(self) -> str:
        """All that has been shown so far."""
        return self._screen.read_text()

    def shows(self, pattern: str, times: int = 1) -> None:
        """Wait until the screen has shown `pattern` so often."""
        try:
            eventually(lambda: len(re.findall(pattern, self.screen)) >= times, pattern)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{self.screen}") from None

    def pids(self, name: str) -> list[int]:
        """The process numbers that the stand-in has said, in order."""
        return [int(pid) for pid in re.findall(rf"^{name} *\| pid (\d+)$", self.screen, re.MULTILINE)]

    def all_gone(self) -> None:
        """Wait until nothing is left: children, their children, the guard."""
        said = {int(pid) for pid in re.findall(r"\| pid (\d+)$", self.screen, re.MULTILINE)}
        assert said
        eventually(lambda: not said & alive(), f"the end of {said}")

    def signal(self, signum: signal.Signals) -> None:
        """Send it to the supervisor alone."""
        self.process.send_signal(signum)

    def ends(self) -> int:
        """Wait for the supervisor; its exit status."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end; the screen:\n{self.screen}") from None


@contextmanager
def desk_up(folder: Path, *processes: dict[str, Any], **given: Any) -> Iterator[DeskUp]:
    """A supervisor with these processes; killed at the end if it still runs."""
    desk = DeskUp(folder, list(processes), **given)
    try:
        yield desk
    finally:
        desk.process.kill()
        desk.process.wait()
        if desk.process.stdout is not None:
            desk.process.stdout.close()


def alive() -> set[int]:
    """Every process that is alive; a zombie is not."""
    return {process.pid for process in guard.running()}


def guard_of(desk: DeskUp) -> int:
    """The guard of a supervisor."""
    for process in guard.running():
        if process.parent == desk.process.pid:
            command = Path(f"/proc/{process.pid}/cmdline")
            if b"guard.py" in command.read_bytes():
                return process.pid
    raise AssertionError("no guard")
