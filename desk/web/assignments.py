"""Assignments and offers, from both sides: the desk gives them, a correspondent answers."""

from flask import Response, render_template

from desk.assignments import queries
from desk.assignments.models import Assignment
from desk.errors import NotNow
from desk.http.answers import page as error_page
from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.forms import Form, sentence, text, texts, whole
from desk.http.moments import needed_moment
from desk.http.routing import Pages
from desk.newsroom import commissioning, reading
from desk.people import queries as people
from desk.people.models import Desk
from desk.stories.models import Story
from desk.web.choices import zone_names
from desk.web.mine import job_of

pages = Pages("assignments", __name__)


@pages.read("/assignments/<public_id>", may="self")
def show(public_id: str) -> str:
    """One assignment: what is wanted, by when on three clocks, what there is to press."""
    assignment = queries.assignment(db(), public_id)
    story = db().get_one(Story, assignment.story_id)
    reading.story_for(db(), actor(), story.public_id)
    offers = queries.offers_of(db(), [assignment.id])[assignment.id]
    own = next((of for of in offers if of.person_id == actor().id and of.state == "made"), None)
    return render_template("mine/assignment.html", job=job_of(assignment, own), form=Form())


@pages.read("/offers/<public_id>", may="self")
def offer(public_id: str) -> str:
    """An offer, reached from a mail."""
    _offer, assignment = queries.offer(db(), public_id)
    return str(show(assignment.public_id))


@pages.act("/offers/<public_id>/accept", may="assignment.answer", again="assignments.offer")
def accept(public_id: str) -> Response | tuple[Response, int]:
    """Accept: the first of several has it."""
    outcome = commissioning.accept(db(), actor(), public_id, now=now())
    if isinstance(outcome, commissioning.Lost):
        lost = NotNow("%(name)s was a moment faster and has it now. Thank you all the same.", name=outcome.by.name)
        return error_page(409, sentence(lost))
    return see("assignments.show", public_id=outcome.assignment.public_id)


@pages.act("/offers/<public_id>/decline", may="assignment.answer", again="assignments.offer")
def decline(public_id: str) -> Response:
    """Decline, with a reason."""
    commissioning.decline(db(), actor(), public_id, reason=text("reason"), now=now())
    return see("mine.page")


@pages.act("/offers/<public_id>/withdraw", may="assignment.give")
def withdraw(public_id: str) -> Response:
    """Take an offer back."""
    found = commissioning.withdraw_offer(db(), actor(), public_id, why=text("why"), now=now())
    return _to_story(db().get_one(Assignment, found.assignment_id))


@pages.act("/assignments/<public_id>/say", may="assignment.answer", again="assignments.show")
def say(public_id: str) -> Response:
    """Say in a word how it goes."""
    commissioning.say(db(), actor(), public_id, text("words"), now=now())
    return see("assignments.show", public_id=public_id)


@pages.act("/stories/<public_id>/assignments", may="assignment.give", again="stories.page")
def assign(public_id: str) -> Response:
    """A further assignment on a story."""
    story, _ = reading.story_for(db(), actor(), public_id)
    zone = db().get_one(Desk, story.desk_id).zone
    commissioning.assign(
        db(),
        actor(),
        public_id,
        medium=text("medium") or "text",
        brief=text("brief"),
        length=whole("length"),
        moment=needed_moment("deadline", now=now(), default_zone=zone),
        people=texts("people"),
        editor=me().public_id,
        now=now(),
    )
    return see("stories.page", public_id=public_id)


@pages.read("/assignments/<public_id>/change", may="assignment.give")
def change(public_id: str) -> str:
    """Move the deadline, offer it to others, reassign it, or cancel it."""
    assignment = queries.assignment(db(), public_id)
    story = db().get_one(Story, assignment.story_id)
    reading.story_for(db(), actor(), story.public_id, "assignment.give")
    form = Form(deadline=assignment.deadline_wall.isoformat(" ", "minutes"), deadline_zone=assignment.deadline_zone)
    offers = queries.offers_of(db(), [assignment.id])[assignment.id]
    return render_template(
        "stories/assignment.html",
        job=job_of(assignment, None),
        form=form,
        offers=offers,
        named=people.people(db(), [of.person_id for of in offers] + [assignment.assignee_id or 0]),
        people=people.everybody(db()),
        zones=zone_names(),
    )


@pages.act("/assignments/<public_id>/deadline", may="assignment.give", again="assignments.change")
def move_deadline(public_id: str) -> Response:
    """Move the deadline; the rungs that have not fired move with it."""
    assignment = queries.assignment(db(), public_id)
    moment = needed_moment("deadline", now=now(), default_zone=assignment.deadline_zone)
    commissioning.move_deadline(db(), actor(), public_id, moment=moment, why=text("why"), now=now())
    return _to_story(assignment)


@pages.act("/assignments/<public_id>/offer", may="assignment.give", again="assignments.change")
def offer_to(public_id: str) -> Response:
    """Offer it to further people."""
    commissioning.offer(db(), actor(), public_id, people=texts("people"), now=now())
    return _to_story(queries.assignment(db(), public_id))


@pages.act("/assignments/<public_id>/reassign", may="assignment.give", again="assignments.change")
def reassign(public_id: str) -> Response:
    """Take it from whoever has it, and give it to others."""
    commissioning.reassign(db(), actor(), public_id, people=texts("people"), why=text("why"), now=now())
    return _to_story(queries.assignment(db(), public_id))


@pages.act("/assignments/<public_id>/cancel", may="assignment.give", again="assignments.change")
def cancel(public_id: str) -> Response:
    """Cancel it; who had it is told."""
    assignment = commissioning.cancel(db(), actor(), public_id, why=text("why"), now=now())
    return _to_story(assignment)


def _to_story(assignment: Assignment) -> Response:
    return see("stories.page", public_id=db().get_one(Story, assignment.story_id).public_id)
