"""The ticker: a process beside each worker that needs no broker and no beat.

It is started before the worker reaches for its broker, has engines of its own, dies with its parent, and runs the
due verbs from the database every few seconds: no Redis and no beat means late, not stopped.
"""

import ctypes
import math
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import bootsteps
from sqlalchemy.exc import DBAPIError

from desk import bells, clock, heartbeats, logs
from desk.settings import Settings
from desk.store import Store
from workers import deliver, due, fetch, stores
from workers.stopping import Stop

PR_SET_PDEATHSIG = 1
RING_EVERY = 15.0
SWEEP_EVERY = 60.0
PRUNE_EVERY = 3600.0
log = structlog.get_logger()


class Ticker(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Runs `tick_forever` in a process of its own while the worker lives; started again if it dies."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._stopping = threading.Event()

    def start(self, parent: Any) -> None:
        threading.Thread(target=self._keep, name="ticker's keeper", daemon=True).start()

    def stop(self, parent: Any) -> None:
        self._stopping.set()
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            self._process.join(25)

    terminate = stop

    def _keep(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit the worker's connections and locks
        while not self._stopping.is_set():
            self._process = context.Process(target=tick_forever, args=(os.getpid(),), name="ticker", daemon=False)
            self._process.start()
            self._process.join()
            self._stopping.wait(1)


def tick_forever(parent: int) -> None:
    """Tick until told to stop or until the parent is gone."""
    logs.install()  # a spawned process has nothing of its parent's, and log lines as they come print secrets
    _die_with(parent)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = Settings.from_env()
    store = stores.store()
    lanes = [
        threading.Thread(target=_loop, args=(name, act, every, stop), name=name)
        for name, act, every in _lanes(store, settings, stop.is_set)
    ]
    for thread in lanes:
        thread.start()
    _loop("desk", _desk_work(store, stop.is_set), settings.tick, stop, parent)
    stop.set()
    for thread in lanes:
        thread.join()


def _lanes(store: Store, settings: Settings, stop: Stop) -> list[tuple[str, Callable[[], object], float]]:
    """What has a thread of its own, as it may take its time, and no release or reminder is to wait for it."""

    def hand_over(lane: str) -> int:
        return deliver.run(store, lane, settings=settings, now=clock.utcnow, stop=stop, longest=math.inf)

    return [
        ("mail", lambda: hand_over("mail"), settings.tick),
        ("webhook", lambda: hand_over("webhook"), settings.tick),
        (
            "wires",
            lambda: fetch.poll_due(store, settings=settings, now=clock.utcnow, stop=stop, longest=math.inf),
            settings.tick,
        ),
        ("sweep", lambda: due.sweep(store, clock.utcnow), SWEEP_EVERY),
        ("prune", lambda: due.prune(store, clock.utcnow, stop=stop), PRUNE_EVERY),
    ]


def _desk_work(store: Store, stop: Stop) -> Callable[[], None]:
    rung = -RING_EVERY

    def work() -> None:
        nonlocal rung
        with store.write() as session:
            heartbeats.beat(session, "ticker", socket.gethostname(), clock.utcnow())
            if time.monotonic() - rung >= RING_EVERY:  # so that a pool is heard of where no beat rings
                rung = time.monotonic()
                bells.mark(session, bells.ALIVE, "ticker")
        due.tick(store, clock.utcnow, stop=stop)

    return work


def _loop(name: str, act: Any, seconds: float, stop: threading.Event, parent: int | None = None) -> None:
    while not stop.is_set():
        if parent is not None and os.getppid() != parent:
            return
        try:
            act()
        except DBAPIError as error:
            log.warning("the database does not answer; trying again at the next tick", loop=name, error=str(error.orig))
        except Exception:  # one loop's fault must not end the others; it is logged, and the next tick tries again
            log.exception("tick failed", loop=name)
        stop.wait(seconds)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)
