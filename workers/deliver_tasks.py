"""The doorbell of the outbox."""

from desk import bells, clock
from desk.settings import Settings
from workers import deliver, stopping
from workers.stores import store
from workers.task import task


@task(bells.DELIVER, seconds=60)
def lane(name: str) -> None:
    """Hand over what is due in this lane."""
    deliver.run(store(), name, settings=Settings.from_env(), now=clock.utcnow, stop=stopping.told)
