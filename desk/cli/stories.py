"""`desk stories list`."""

import click
from sqlalchemy import select

from desk.cli.office import open_store, show
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
    if desk_name:
        wanted = wanted.where(Desk.name == desk_name)
    with open_store().read() as session:
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
