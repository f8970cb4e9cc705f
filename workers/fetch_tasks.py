"""The doorbells of the wire."""

from desk import bells, clock
from desk.settings import Settings
from workers import fetch, stopping
from workers.stores import store
from workers.task import task


@task(bells.POLL, seconds=60)
def poll(source: str) -> None:
    """Poll this source now."""
    fetch.poll_now(store(), source, settings=Settings.from_env(), now=clock.utcnow)


@task("workers.fetch.due", seconds=60)
def due() -> None:
    """Poll the sources that are due."""
    fetch.poll_due(store(), settings=Settings.from_env(), now=clock.utcnow, stop=stopping.told)
