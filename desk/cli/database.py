"""`desk init` and `desk db upgrade`."""

import click

from desk import clock
from desk import db as databases
from desk.cli import schema
from desk.cli.office import open_store
from desk.newsroom import staffing
from desk.people import signing
from desk.people.models import Newsroom, Person
from desk.settings import Settings
from desk.store import Store


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database to this release's schema."""
    settings = Settings.from_env()
    bring_up(settings)
    click.echo(f"The database is at {schema.head()}.")


@click.command()
@click.option("--agency", default="Our Agency", show_default=True, help="The agency, as it stands in datelines.")
@click.option("--zone", default="UTC", show_default=True, help="The newsroom's zone, such as Europe/Brussels.")
def init(agency: str, zone: str) -> None:
    """Make an empty newsroom, and print a one-time link for its first administrator."""
    settings = Settings.from_env()
    bring_up(settings)
    link = first_link(open_store(settings), settings, agency=agency, zone=zone)
    click.echo(link or "This newsroom has its people already: `desk user link EMAIL` makes one of them a sign-in link.")


def bring_up(settings: Settings) -> None:
    """Migrate; a SQLite file's folder is made first."""
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = databases.connect(settings.database_url)
    if schema.current(database.engine) != schema.head():
        schema.upgrade(database.engine)
    database.engine.dispose()


def first_link(store: Store, settings: Settings, *, agency: str = "Our Agency", zone: str = "UTC") -> str | None:
    """The link that makes the first administrator; None once there is anybody."""
    with store.write() as session:
        if session.get(Newsroom, 1) is None:
            staffing.found_newsroom(session, agency=agency, zone=zone, now=clock.utcnow())
        if session.query(Person.id).first() is not None:
            return None
        secret = signing.make_link(session, "first", None, clock.utcnow())
    return f"{settings.url}/come-in/{secret}"
