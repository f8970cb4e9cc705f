"""`desk init` and `desk db upgrade`."""

import click

from desk import clock
from desk import db as databases
from desk.cli import schema
from desk.cli.office import open_store, settings_here
from desk.newsroom import desks
from desk.people import queries, signing
from desk.people.models import Newsroom
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
@click.option("--agency", help="The agency, as it stands in datelines.  [default: Our Agency]")
@click.option("--zone", help="The newsroom's zone, such as Europe/Brussels.  [default: UTC]")
def init(agency: str | None, zone: str | None) -> None:
    """Make an empty newsroom, and print a one-time link for its first administrator."""
    settings = settings_here()
    bring_up(settings)
    store = open_store(settings)
    if (agency or zone) and (found := _agency(store)):
        click.echo(f"The newsroom is there already, as {found}: an administrator changes that in Settings.", err=True)
    link = first_link(store, settings, agency=agency or "Our Agency", zone=zone or "UTC")
    if link is None:
        click.echo(
            "This newsroom has an administrator already. `desk user link EMAIL` makes a sign-in link for somebody who "
            "is locked out, `desk user add EMAIL --name NAME --admin` adds another administrator.",
            err=True,
        )
        return
    click.echo("The first administrator comes in once by this link, within seven days:", err=True)
    click.echo(link)


def bring_up(settings: Settings) -> None:
    """Migrate; a SQLite file's folder is made first."""
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = databases.connect(settings.database_url)
    if schema.current(database.engine) != schema.head():
        schema.upgrade(database.engine)
    database.engine.dispose()


def first_link(store: Store, settings: Settings, *, agency: str = "Our Agency", zone: str = "UTC") -> str | None:
    """The link that makes the first administrator; None once there is one."""
    with store.write() as session:
        if session.get(Newsroom, 1) is None:
            desks.found_newsroom(session, agency=agency, zone=zone, now=clock.utcnow())
        if queries.has_administrator(session):
            return None
        secret = signing.make_link(session, "first", None, clock.utcnow())
    return f"{settings.url}/come-in/{secret}"


def _agency(store: Store) -> str | None:
    with store.read() as session:
        row = session.get(Newsroom, 1)
        return row.agency if row else None
