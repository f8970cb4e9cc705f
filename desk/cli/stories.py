"""`desk stories list`."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.cli.office import open_store, show
from desk.errors import Invalid
from desk.people import queries as people
from desk.people.models import Desk
from desk.stories.models import STATES, Story


@click.group()
def stories() -> None:
    """Stories."""


@stories.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only stories in this state.")
@click.option("--desk", "desk_name", help="Only this desk's.")
@click.option("--limit", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(state: str | None, desk_name: str | None, limit: int, as_json: bool) -> None:
    """The stories that changed last, newest first."""
    wanted = select(Story, Desk.name).join(Desk, Desk.id == Story.desk_id).order_by(Story.changed_at.desc())
    if state:
        wanted = wanted.where(Story.state == state)
    with open_store().read() as session:
        if desk_name:
            wanted = wanted.where(Story.desk_id == _desk(session, desk_name).id)
        rows = [
            {
                "id": story.public_id,
                "slug": story.slug,
                "desk": desk,
                "state": story.state,
                "due_at": story.due_at and story.due_at.isoformat(),
                "title": story.title,
            }
            for story, desk in session.execute(wanted.limit(limit))
        ]
    show(rows, as_json=as_json, empty="No such stories.")


def _desk(session: Session, name: str) -> Desk:
    """The desk of that name, however its letters are written."""
    desks = people.desks(session, closed=True)
    found = next((desk for desk in desks if desk.name.casefold() == name.strip().casefold()), None)
    if found is None:
        there = ", ".join(desk.name for desk in desks) or "none yet"
        raise Invalid("There is no desk called %(name)s. The desks: %(there)s.", name=name, there=there)
    return found
