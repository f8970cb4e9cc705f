"""Tasks of the newsroom: the tick, the sweep, the pruning, the sign of life."""

import socket

from desk import bells, clock, heartbeats
from workers import due, stopping
from workers.stores import store
from workers.task import task


@task("workers.desk.tick", seconds=60)
def tick() -> None:
    """Publish what is released, fire what is due."""
    due.tick(store(), clock.utcnow, stop=stopping.told)


@task("workers.desk.sweep", seconds=60)
def sweep() -> None:
    """Find what should have gone out and did not."""
    due.sweep(store(), clock.utcnow)


@task("workers.desk.prune", seconds=60)
def prune() -> None:
    """Let go of what is kept no longer."""
    due.prune(store(), clock.utcnow, stop=stopping.told)


@task(bells.ALIVE, seconds=20)
def alive(ringer: str) -> None:
    """A bell that `ringer` (beat or a ticker) rang has arrived: broker and pool live, and beat, if it was that."""
    with store().write() as session:
        for name in ("worker", "beat") if ringer == "beat" else ("worker",):
            heartbeats.beat(session, name, socket.gethostname(), clock.utcnow())
