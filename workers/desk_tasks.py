"""Tasks of the newsroom: the tick, the sweep, the sign of life."""

import socket

from desk import clock, heartbeats
from workers import due
from workers.stores import store
from workers.task import task


@task("workers.desk.tick", seconds=60)
def tick() -> None:
    """Publish what is released, fire what is due."""
    due.tick(store(), clock.utcnow)


@task("workers.desk.sweep", seconds=60)
def sweep() -> None:
    """Find what should have gone out and did not."""
    due.sweep(store(), clock.utcnow)


@task("workers.desk.beat", seconds=20)
def beat() -> None:
    """A bell that beat rang has arrived: beat, broker and worker live."""
    with store().write() as session:
        heartbeats.beat(session, "beat", socket.gethostname(), clock.utcnow())
