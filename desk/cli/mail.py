"""`desk mail test`."""

import sys

import click

from desk import chance, clock
from desk import mail as mails
from desk.settings import Settings


@click.group()
def mail() -> None:
    """Mail that goes out."""


@mail.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send one mail to ADDRESS and say what the mail server answered."""
    settings = Settings.from_env()
    if settings.smtp_url is None:
        click.echo("SMTP_URL is not set: mail is captured and shown at /mail, never sent.", err=True)
        sys.exit(1)
    mailer = mails.SmtpMailer(settings.smtp_url, timeout=20)
    wire = mails.mail_bytes(
        message_id=f"<test-{chance.public_id()}@{settings.url.split('//')[1].split(':')[0]}>",
        sender=("Dateline", settings.mail_from),
        to=("", address),
        subject="Dateline: a test mail",
        text="This mail was sent by `desk mail test`. If you can read it, mail goes out.\n",
        html=None,
        date=clock.utcnow(),
        references=(),
        headers={},
    )
    handed = mailer.send(wire, sender=settings.mail_from, to=address)
    mailer.close()
    click.echo(f"{handed.outcome}: {handed.said}")
    sys.exit(0 if handed.outcome == "taken" else 1)
