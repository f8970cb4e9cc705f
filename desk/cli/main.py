"""The command `desk`: one group, its commands in the files beside this one."""

import sys
from importlib import import_module
from typing import cast

import click

from desk.errors import DeskError
from desk.settings import RELEASE, Settings

COMMANDS = {
    "up": "up",
    "init": "database",
    "db": "database",
    "user": "people",
    "wires": "wires",
    "stories": "stories",
    "mail": "mail",
    "demo": "demo",
    "doctor": "doctor",
}


class _Commands(click.Group):
    """Each command's file is read when it is called, so that none waits for what only others need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, getattr(import_module(f"desk.cli.{COMMANDS[cmd_name]}"), cmd_name))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(RELEASE, prog_name="desk")
def desk() -> None:
    """Dateline: the assignment desk of an international news agency."""


def main() -> None:
    """Run the command; an expected refusal is one line on standard error, and exit status 1."""
    try:
        _run()
    except KeyboardInterrupt:  # before the command itself had begun
        sys.exit(130)


def _run() -> None:
    from sqlalchemy.exc import DBAPIError  # it takes a while, and a Ctrl-C meanwhile is no fault to be shown

    from desk import logs  # it takes a while as well
    from desk.db import is_down  # it imports SQLAlchemy as well

    logs.install()
    try:
        desk()
    except DeskError as error:
        _refuse(str(error))
    except DBAPIError as error:
        if not is_down(error):
            raise
        from desk.cli.asking import database_trouble  # as above

        _refuse(database_trouble(error, Settings.from_env(makes=False).database_url))
    except OSError as error:
        if error.filename is None:
            raise
        _refuse(
            f"{error.filename} can't be used ({error.strerror}). See that it is yours and that its disk has room, "
            "or set DESK_VAR to another folder."
        )


def _refuse(sentence: str) -> None:
    click.echo(f"desk: {sentence}", err=True)
    sys.exit(1)
