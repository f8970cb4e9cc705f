"""`desk user add` and `desk user link`."""

import click

from desk import clock
from desk.actor import SYSTEM
from desk.cli.office import open_store, settings_here
from desk.links import Links
from desk.newsroom import entering, staffing


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As it stands in a byline.")
@click.option("--title", default="", help="Such as: Black Sea Correspondent.")
@click.option("--zone", default="UTC", show_default=True, help="Where they are, such as Europe/Kyiv.")
@click.option("--admin", is_flag=True, help="An administrator: people, desks, settings.")
def add(email: str, name: str, title: str, zone: str, admin: bool) -> None:
    """Invite a person; prints the link that they are mailed, too."""
    settings = settings_here()
    with open_store(settings).write() as session:
        person, secret = staffing.invite(
            session, SYSTEM, name=name, email=email, title=title, zone=zone, is_admin=admin, now=clock.utcnow()
        )
    mailed = "The same link goes to" if settings.smtp_url else "No mail server is set, so no mail goes to"
    click.echo(f"{person.name} comes in once by this link, within seven days. {mailed} {person.email}.", err=True)
    click.echo(Links(settings.url).to("come_in", secret))


@user.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a one-time sign-in link for somebody who is locked out."""
    settings = settings_here()
    with open_store(settings).write() as session:
        secret = entering.sign_in_link(session, email, clock.utcnow())
    click.echo("Whoever opens this link is signed in, once, within 24 hours:", err=True)
    click.echo(Links(settings.url).to("come_in", secret))
