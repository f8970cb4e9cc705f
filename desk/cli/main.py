"""The command `desk`: one group, its commands in the files beside this one."""

import sys

import click
from sqlalchemy.exc import DBAPIError

from desk.cli import database, demo, doctor, mail, people, stories, up, wires
from desk.db import is_down
from desk.errors import DeskError
from desk.settings import RELEASE


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(RELEASE, prog_name="desk")
def desk() -> None:
    """Dateline: the assignment desk of an international news agency."""


for command in (
    up.up,
    database.init,
    database.db,
    people.user,
    wires.wires,
    stories.stories,
    mail.mail,
    demo.demo,
    doctor.doctor,
):
    desk.add_command(command)


def main() -> None:
    """Run the command; an expected refusal is one line on standard error, and exit status 1."""
    try:
        desk()
    except DeskError as error:
        click.echo(f"desk: {error}", err=True)
        sys.exit(1)
    except DBAPIError as error:
        if not is_down(error):
            raise
        click.echo(f"desk: the database does not answer: {error.orig}", err=True)
        sys.exit(1)
