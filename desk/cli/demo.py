"""`desk demo`: the demo newsroom, loaded once into an empty database."""

import click

from desk import clock
from desk.cli.office import open_store, settings_here
from desk.demo import newsroom
from desk.settings import Settings
from desk.store import Store


@click.command()
def demo() -> None:
    """Load the demo newsroom into an empty database; print sign-in links."""
    settings = settings_here()
    store = open_store(settings)
    click.echo("\n".join(load(store, settings)))
    store.database.engine.dispose()


def load(store: Store, settings: Settings) -> list[str]:
    """Load it once; gives the lines that tell how to come in."""
    return newsroom.load(store, settings, clock.utcnow())
