"""The processes that a chaos test starts, kills, stops and wakes: workers, beats, the receiver."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from desk.cli import guard
from desk.cli.spawn import spawn

CELERY = (str(Path(sys.executable).with_name("celery")), "--quiet", "--app", "workers.app")
WORKER = ("worker", "--loglevel", "WARNING", "--concurrency", "{children}", "--without-gossip", "--without-mingle")
BEAT = ("beat", "--loglevel", "WARNING", "--scheduler", "celery.beat:Scheduler")
CHILDREN = 2


def until(holds: Callable[[], bool], what: str, *, seconds: float = 60, every: float = 0.1) -> float:
    """Wait until it holds; gives how long it took. Fails after `seconds`, saying what was waited for."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(every)
    return time.monotonic() - began


# the receiver


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the receiver has written down: `at` in seconds since 1970, `by` mail or webhook, under which `id`, at
    which address or path, about which story."""

    at: float
    by: str
    id: str
    to: str
    about: str


class Receiving:
    """The receiver's process and what it has received. Each hand-over is answered after `seconds`."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._file = folder / "received"
        self._file.touch()
        self._seconds = seconds

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.receiver", str(self._file), str(self._seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._mail, self._http = (int(port) for port in self._process.stdout.readline().split())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self._mail}"

    def webhook(self, path: str) -> str:
        return f"http://127.0.0.1:{self._http}{path}"

    def arrivals(self) -> list[Arrival]:
        """All that has arrived, in its order."""
        return [Arrival(**json.loads(line)) for line in self._file.read_text().splitlines()]

    def goes_on(self) -> None:
        """Wait until something more arrives; it is then under way for a while."""
        before = self._file.stat().st_size
        until(lambda: self._file.stat().st_size > before, "something to arrive", every=0.02)


# workers and beats


@dataclass
class Running:
    """A process with all that it starts, which is one session."""

    process: subprocess.Popen[bytes]

    @property
    def members(self) -> list[int]:
        return guard.members({self.process.pid})

    def kill(self) -> None:
        """`kill -9` of every process in it, until none is left."""
        until(self._kill_once, "the end of a killed session", seconds=20, every=0.01)
        self.process.wait()

    def stop(self, seconds: float = 30) -> float:
        """A clean stop, as the supervisor makes it: SIGTERM to the leader; gives how long it took, all of it."""
        self.process.terminate()
        took = until(self._has_gone, "a clean stop", seconds=seconds, every=0.05)
        assert self.process.returncode == 0
        return took

    def freeze(self) -> None:
        """SIGSTOP to all of it."""
        guard.send(self.members, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT to all of it."""
        guard.send(self.members, signal.SIGCONT)

    def _kill_once(self) -> bool:
        guard.send(self.members, signal.SIGKILL)
        self.process.poll()
        return not self.members

    def _has_gone(self) -> bool:
        return self.process.poll() is not None and not self.members


@dataclass
class Fleet:
    """Starts the desk's processes with one environment; what they say is in `log`."""

    env: Mapping[str, str]
    log: Path
    started: list[Running] = field(default_factory=list)

    @property
    def in_flight(self) -> int:
        """How many hand-overs of one lane a worker can have under way: DESK_IN_FLIGHT in each process that sends,
        which are the pool's children and the ticker."""
        return int(self.env["DESK_IN_FLIGHT"]) * (CHILDREN + 1)

    def worker(self, **env: str) -> Running:
        """A worker with its pool and its ticker."""
        return self._start(*(part.format(children=CHILDREN) for part in WORKER), **env)

    def beat(self) -> Running:
        return self._start(*BEAT)

    def has_died(self, point: str) -> bool:
        """Whether the fault that DESK_FAULT asked for has come."""
        return self._flag(point).exists()

    def may_die_again(self, point: str) -> None:
        """Have the fault come once more."""
        self._flag(point).unlink()

    def _flag(self, point: str) -> Path:
        return Path(self.env["DESK_VAR"], f"fault.{point}")

    def _start(self, *arguments: str, **env: str) -> Running:
        with self.log.open("ab") as out:
            running = Running(spawn([*CELERY, *arguments], env={**self.env, **env}, out=out.fileno()))
        self.started.append(running)
        return running


@contextmanager
def fleet(folder: Path, **env: str) -> Iterator[Fleet]:
    """A fleet that is killed at the end; nothing of it may stay behind."""
    found = Fleet({**os.environ, **env}, folder / "workers.log")
    found.log.touch()
    try:
        yield found
    except BaseException:
        sys.stderr.write(f"\nWhat the workers said last:\n{found.log.read_text()[-4000:]}\n")
        raise
    finally:
        for running in found.started:
            running.kill()
        assert not guard.members({running.process.pid for running in found.started})


# figures


def show(title: str, figures: Mapping[str, object]) -> None:
    """Print a test's figures as a short table; on standard error, which pytest's workers share."""
    width = max(map(len, figures))
    lines = itertools.chain(["", title], (f"  {name:<{width}}  {value}" for name, value in figures.items()))
    sys.stderr.write("\n".join(lines) + "\n")


def spread(seconds: Sequence[float]) -> str:
    """Median, 99th of 100 and greatest of seconds in ascending order."""
    if not seconds:
        return "none"
    median, p99 = (seconds[min(len(seconds) - 1, int(len(seconds) * share))] for share in (0.5, 0.99))
    return f"median {median:.1f} s, p99 {p99:.1f} s, at most {seconds[-1]:.1f} s"
