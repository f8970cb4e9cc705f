"""`desk demo`: the demo newsroom, loaded once into an empty database."""

import click

from desk.settings import Settings
from desk.store import Store


@click.command()
def demo() -> None:
    """Load the demo newsroom into an empty database."""
    from desk.cli.office import open_store

    settings = Settings.from_env()
    click.echo("\n".join(load(open_store(settings), settings)))


def load(store: Store, settings: Settings) -> list[str]:
    """Load it once; gives the lines that tell how to come in."""
    del store, settings
    return []
