"""A correspondent's own page: what is offered to me and what I have, in my own time. No script, and light."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template
from flask_babel import gettext as _

from desk import clock
from desk.assignments import queries
from desk.assignments.models import Assignment, Offer
from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.cookies import flash
from desk.http.forms import text
from desk.http.routing import Pages
from desk.newsroom import staffing
from desk.people.models import Desk, Person
from desk.stories.models import Story

pages = Pages("mine", __name__)


@dataclass(frozen=True, slots=True)
class Job:
    """An assignment as its correspondent sees it."""

    assignment: Assignment
    offer: Offer | None
    story: Story
    desk: Desk
    editor: Person | None


@pages.read("/mine", may="self")
def page() -> str:
    """What is offered to me and what I have, in my own time. No script, and light."""
    found = queries.mine(db(), actor().id)
    jobs = [job_of(assignment, offer) for offer, assignment in found.offers]
    jobs += [job_of(assignment, None) for assignment in found.assignments]
    return render_template("mine/page.html", jobs=sorted(jobs, key=_when))


@pages.act("/me/place", may="self", again="mine.page")
def move() -> Response:
    """I am somewhere else: one field, and every time is shown there."""
    staffing.change_self(
        db(), actor(), name=me().name, title=me().title, present_zone=text("zone"), home_zone=me().home_zone, now=now()
    )
    flash(_("All times are shown by the clock of %(place)s now.", place=clock.place_of(me().present_zone)))
    return see("mine.page")


def _when(job: Job) -> tuple[bool, datetime]:
    """What is filed stands below what is still to be done."""
    return job.assignment.state == "filed", job.assignment.deadline_at


def job_of(assignment: Assignment, offer: Offer | None) -> Job:
    """The assignment with its story, desk and editor."""
    story = db().get_one(Story, assignment.story_id)
    editor = db().get(Person, assignment.editor_id) if assignment.editor_id else None
    return Job(assignment, offer, story, db().get_one(Desk, story.desk_id), editor)
