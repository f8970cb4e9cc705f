"""The supervisor of `desk up`: starts the desk's processes, starts them again when they die, and stops them in order.

Each process leads a session of its own, so that Ctrl-C reaches the supervisor alone, which then decides who is told
what and when. Nothing may stay behind, however this ends: on Linux a child is told when its parent dies and orphans
come to the supervisor; everywhere a guard (`guard.py`) clears up after a supervisor that was killed.
"""

import os
import selectors
import signal
import subprocess
import sys
import sysconfig
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from honcho.environ import parse_procfile

from desk.cli import guard
from desk.cli.console import Console, Stream
from desk.cli.spawn import Guard, adopt_orphans, spawn

FIRST_DELAY = 0.2  # seconds before a dead process is started again; doubles with each death
LONGEST_DELAY = 10.0
STEADY = 10.0  # a process that has run so long begins with the first delay again
LEFTOVERS = 2.0  # what a dead leader leaves behind has so long to finish before it is killed
BEFORE_SAYING = 1.0  # of a stop that is quicker nobody needs to be told
ONE_PRESS = 0.2  # wrappers pass a Ctrl-C on that the terminal has sent already: within this it is the same one
TICK = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What to run. `command` is a line of a Procfile, a program first; `env` is its whole environment.

    A lower `layer` is started, and `ready`, before the next one starts, and is told to stop when that one has gone.
    Told to stop, it has `grace` seconds; while it takes them the screen says "waiting for `name` to `finishing`".
    `ready` is asked often and must answer at once.
    """

    name: str
    command: str
    env: Mapping[str, str]
    layer: int = 1
    grace: float = 6
    finishing: str = "stop"
    ready: Callable[[], bool] | None = None


def read_procfile(path: Path) -> dict[str, str]:
    """Name and command line of every process in a Procfile, in its order."""
    return dict(parse_procfile(path.read_text()).processes)


def run(
    processes: Sequence[Process],
    *,
    lock: int | None = None,
    on_ready: Callable[[], None] = lambda: None,
    colour: bool | None = None,
    orphan_grace: float = 4,
) -> int:
    """Run all until SIGINT, SIGTERM or SIGHUP; a second SIGINT or SIGTERM kills. To be called from the main thread.

    `on_ready` is called once, when all are ready; an error it raises ends everything. `lock`, from `only_one`, is
    held until nothing of this run is left. Should this process be killed, its children have `orphan_grace` seconds.
    Returns the exit status: 0, or 1 when something had to be killed. While it runs, every child of this process is
    the supervisor's: it is reaped here, and does not outlive the call.
    """
    out = sys.stdout.fileno()
    console = Console(out, [p.name for p in processes], colour=os.isatty(out) if colour is None else colour)
    sys.stdout.flush()
    return _Supervisor(processes, console, Guard(lock, orphan_grace), on_ready).run()


@dataclass(slots=True)
class _Child:
    """A process and how it fares. The session outlives its leader while anybody is left in it."""

    process: Process
    leader: subprocess.Popen[bytes] | None = None
    session: int | None = None
    started_at: float = 0
    start_at: float = 0
    delay: float = FIRST_DELAY
    was_ready: bool = False
    told_at: float | None = None
    kill_at: float | None = None


class _Supervisor:
    def __init__(
        self, processes: Sequence[Process], console: Console, guard_: Guard, on_ready: Callable[[], None]
    ) -> None:
        self._children = [_Child(process) for process in processes]
        self._console = console
        self._guard = guard_
        self._on_ready: Callable[[], None] | None = on_ready
        self._signals: deque[int] = deque()
        self._stopping_since: float | None = None
        self._waiting_for = ""
        self._killed = False
        self._selector = selectors.SelectSelector()  # the only one that takes files and terminals everywhere

    def run(self) -> int:
        adopt_orphans()
        self._guard.start(())
        with self._signals_noted():
            try:
                while self._turn(time.monotonic()):
                    self._look()
            finally:
                self._end_all()
        return 1 if self._killed else 0

    def _turn(self, now: float) -> bool:
        """Do what is due now. False when all have stopped."""
        self._heed_signals(now)
        self._reap(now)
        self._clear_sessions(now)
        if self._stopping_since is not None:
            return self._stop(now)
        self._start_due(now)
        self._ask_readiness()
        return True

    # --- starting ---

    def _start_due(self, now: float) -> None:
        layer = min((c.process.layer for c in self._children if not c.was_ready), default=sys.maxsize)
        for child in self._children:
            if child.session is None and child.process.layer <= layer and now >= child.start_at:
                self._start(child, now)

    def _start(self, child: _Child, now: float) -> None:
        ours, theirs = os.pipe()
        try:
            child.leader = spawn(
                ["/bin/sh", "-c", f"exec {child.process.command}"],
                env=_environment(child.process.env),
                out=theirs,
                announce=self._guard.pipe,
            )
        except (OSError, subprocess.SubprocessError) as error:  # no memory, too many processes: these pass
            os.close(ours)
            self._start_again(child, f"could not be started ({error})", now)
        else:
            child.session, child.started_at = child.leader.pid, now
            stream = Stream(child.process.name, ours, self._console)
            self._selector.register(ours, selectors.EVENT_READ, stream)
        finally:
            os.close(theirs)

    def _start_again(self, child: _Child, why: str, now: float) -> None:
        child.start_at = now + child.delay
        again = "starting it again" if child.delay < 1 else f"starting it again in {child.delay:.0f} s"
        self._console.say(f"{child.process.name} {why}; {again}")
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _ask_readiness(self) -> None:
        for child in self._children:
            if not child.was_ready and child.leader is not None:
                child.was_ready = child.process.ready is None or child.process.ready()
        if self._on_ready is not None and all(child.was_ready for child in self._children):
            on_ready, self._on_ready = self._on_ready, None
            self._console.write()  # what it prints comes after what was said before
            on_ready()
            sys.stdout.flush()

    # --- dying ---

    def _reap(self, now: float) -> None:
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = found
                code = os.waitstatus_to_exitcode(status)
                if pid == self._guard.pid:
                    self._guard.start([c.session for c in self._children if c.session is not None])
                for child in self._children:
                    if child.leader is not None and child.leader.pid == pid:
                        self._died(child, child.leader, code, now)

    def _died(self, child: _Child, leader: subprocess.Popen[bytes], code: int, now: float) -> None:
        leader.returncode = code  # or Popen would wait for it too
        child.leader = None
        if child.kill_at is None:
            child.kill_at = now + LEFTOVERS
        if self._stopping_since is None:
            if now - child.started_at >= STEADY:
                child.delay = FIRST_DELAY
            self._start_again(child, f"died (signal {-code})" if code < 0 else f"died (exit status {code})", now)

    def _clear_sessions(self, now: float) -> None:
        """A process is started again, or has stopped, only when nobody of its session is left."""
        leaderless = [(c, c.session) for c in self._children if c.session is not None and c.leader is None]
        alive = {process.session for process in guard.running()} if leaderless else set()
        for child, session in leaderless:
            if session not in alive:
                self._guard.forget(session)
                child.session = child.kill_at = None
            elif child.kill_at is not None and now >= child.kill_at:
                guard.send(guard.members({session}), signal.SIGKILL)

    # --- stopping ---

    def _heed_signals(self, now: float) -> None:
        while self._signals:
            signum = self._signals.popleft()
            if signum == signal.SIGCHLD:
                continue
            if self._stopping_since is None:
                self._stopping_since = now
                self._console.say("stopping")
            # a closing terminal hangs up more than once: that is nobody's wish to kill
            elif signum != signal.SIGHUP and now - self._stopping_since > ONE_PRESS and not self._killed:
                self._console.say("killing what is left")
                self._kill(self._children, now)

    def _stop(self, now: float) -> bool:
        left = [child for child in self._children if child.session is not None]
        if not left:
            return False
        layer = max(child.process.layer for child in left)
        told = [child for child in left if child.process.layer == layer]
        for child in reversed(told):
            if child.told_at is None:
                child.told_at = now
                if child.leader is not None:
                    # the leader alone: pool children and request workers take a SIGTERM as "drop what you are doing"
                    guard.send([child.leader.pid], signal.SIGTERM)
            elif now >= child.told_at + child.process.grace and child.leader is not None and child.kill_at is None:
                self._console.say(f"{child.process.name} did not stop within {child.process.grace:g} s: killed")
                self._kill([child], now)
        self._say_waiting([child for child in told if now - (child.told_at or now) >= BEFORE_SAYING])
        return True

    def _say_waiting(self, children: Sequence[_Child]) -> None:
        if children and not self._killed:
            whom = " and ".join(f"{child.process.name} to {child.process.finishing}" for child in children)
            if whom != self._waiting_for:
                self._waiting_for = whom
                self._console.say(f"waiting for {whom}; press Ctrl-C again to kill")

    def _kill(self, children: Sequence[_Child], now: float) -> None:
        self._killed = True
        for child in children:
            child.kill_at = now
        guard.send(guard.members({c.session for c in children if c.session is not None}), signal.SIGKILL)

    def _end_all(self) -> None:
        """Kill whatever is left, those included that have left their session; let go of guard and screen."""
        self._stopping_since = self._stopping_since or time.monotonic()  # nothing is started again
        give_up = time.monotonic() + guard.GIVE_UP
        while (left := self._left()) and time.monotonic() < give_up:
            self._killed = True
            guard.send(left, signal.SIGKILL)
            time.sleep(TICK / 5)
            self._reap(time.monotonic())
        self._guard.stop()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, Stream):
                for _ in range(16):
                    if not key.data.read():
                        break
                os.close(key.fd)
        until = time.monotonic() + 1
        while self._console.pending and time.monotonic() < until:
            self._console.write()
            time.sleep(0.001)

    def _left(self) -> list[int]:
        sessions = {child.session for child in self._children}
        everyone = [process for process in guard.running() if process.pid != self._guard.pid]
        family = {os.getpid()}
        while more := {p.pid for p in everyone if p.parent in family} - family:
            family |= more
        return [p.pid for p in everyone if p.pid != os.getpid() and (p.session in sessions or p.pid in family)]

    # --- waiting ---

    def _look(self) -> None:
        """Wait for output, a signal, or the next thing due."""
        if self._console.pending and self._console.fd not in self._selector.get_map():
            self._selector.register(self._console.fd, selectors.EVENT_WRITE)
        elif not self._console.pending and self._console.fd in self._selector.get_map():
            self._selector.unregister(self._console.fd)
        settled = self._stopping_since is None and all(c.was_ready and c.leader is not None for c in self._children)
        for key, _ in self._selector.select(None if settled else TICK):
            if isinstance(key.data, Stream):
                if not key.data.read():
                    self._selector.unregister(key.fd)
                    os.close(key.fd)
            elif key.fd != self._console.fd:
                os.read(key.fd, 4096)
        self._console.write()

    @contextmanager
    def _signals_noted(self) -> Iterator[None]:
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        os.set_blocking(theirs, False)
        before_fd = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
        self._selector.register(ours, selectors.EVENT_READ)
        before = {}
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            # under nohup a hang-up is to be ignored, and stays so
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:
                before[signum] = signal.signal(signum, self._note)
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)
            signal.set_wakeup_fd(before_fd)
            self._selector.close()
            os.close(ours)
            os.close(theirs)

    def _note(self, signum: int, _frame: FrameType | None) -> None:
        self._signals.append(signum)


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """The commands of the installation that runs us come first; output comes as it is written."""
    scripts = sysconfig.get_path("scripts")
    return {"PYTHONUNBUFFERED": "1", **env, "PATH": os.pathsep.join([scripts, env.get("PATH", os.defpath)])}
