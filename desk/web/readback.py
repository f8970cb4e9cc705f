"""What was typed said back: a deadline on each clock, while one types and once it stands; a story's clock."""

from flask import render_template, request
from flask_babel import gettext as _

from desk import clock
from desk.assignments import queries
from desk.assignments.models import Assignment
from desk.errors import DeskError
from desk.http.context import actor, db, now
from desk.http.cookies import flash
from desk.http.forms import parted, sentence, text
from desk.http.phrases import on_clocks
from desk.http.routing import Pages
from desk.newsroom import reading
from desk.people import queries as people
from desk.people.models import Desk
from desk.reminders import rules as reminder_rules
from desk.stories.models import Story

pages = Pages("readback", __name__)


@pages.read("/deadlines/read", may="story.make")
def deadline() -> str:
    """A deadline as it is being typed, read back on each clock, and who would be told what: a part of a page."""
    asked, moment, trouble = request.args, None, ""
    desk, own = _desk_and_zone()
    try:
        if asked.get("deadline", "").strip():
            zone = clock.find_zone(asked["deadline_zone"]) if asked.get("deadline_zone") else desk.zone
            moment = clock.moment_when(asked["deadline"], now=now(), default_zone=zone)
    except DeskError as error:
        trouble = sentence(error)
    chosen = [one for one in people.everybody(db()) if one.public_id in asked.getlist("people")]
    clocks = [(desk.name, desk.zone), *own, *((one.name, one.present_zone) for one in chosen[:2])]
    return render_template(
        "stories/_readback.html",
        at=moment.at if moment else None,
        problem=trouble,
        clocks=[("", moment.zone), *clocks] if moment else clocks,
        people=chosen,
        rungs=reminder_rules.plan(moment.at, ["editor", "person"], now()) if moment else [],
        story_clock=None if asked.get("story") else _clock_says(),
    )


def due(of: Assignment) -> str:
    """A deadline as it was typed, then by the clocks of whoever has it or is asked for it, of the desk and the story.

    `tomorrow 18:00 Kyiv · 17:00 Brussels (World desk)`
    """
    story = db().get_one(Story, of.story_id)
    desk = db().get_one(Desk, story.desk_id)
    offered = [offer.person_id for offer in queries.offers_of(db(), [of.id])[of.id] if offer.state == "made"]
    whom = people.people(db(), [of.assignee_id] if of.assignee_id else offered[:2]).values()
    theirs = [(person.name, person.present_zone) for person in whom]
    clocks = [("", of.deadline_zone), *theirs, (desk.name, desk.zone), (_("the story"), story.zone)]
    return on_clocks(of.deadline_at, clocks)


def say_clock(story: Story) -> None:
    """Say by whose clock a new story plays if that was taken from its places, or could not be."""
    placed = clock.zone_of_places(story.places)
    if text("zone"):
        return
    if placed.choices:
        which = {"place": placed.place, "zones": ", ".join(placed.choices)}
        flash(
            _("%(place)s could be in %(zones)s: the story has its desk's clock until you change it.", **which), "warn"
        )
    elif placed.zone:
        which = {"place": placed.place, "zone": clock.place_of(placed.zone)}
        flash(_("The story has the clock of %(zone)s, after %(place)s. “Change…” gives it another.", **which))


def _desk_and_zone() -> tuple[Desk, list[tuple[str, str]]]:
    """The desk a form is for, and the clock of its story if that is known: the one typed, else that of its places."""
    asked = request.args
    if asked.get("story"):
        story, _facts = reading.story_for(db(), actor(), asked["story"])
        return db().get_one(Desk, story.desk_id), [(_("the story"), story.zone)]
    try:
        zone = clock.find_zone(asked["zone"]) if asked.get("zone") else _placed().zone
    except DeskError:
        zone = None
    return people.desk(db(), asked.get("desk", "")), [(_("the story"), zone)] if zone else []


def _placed() -> clock.Placed:
    return clock.zone_of_places(parted(request.args.get("places", "")))


def _clock_says() -> str:
    """What the story's clock will be, as far as it is typed; empty where nothing is known of it."""
    typed, placed = request.args.get("zone", "").strip(), _placed()
    try:
        zone = clock.find_zone(typed) if typed else placed.zone
    except DeskError as error:
        return sentence(error)
    if zone and typed:
        return str(_("%(zone)s, where it is %(time)s.", zone=clock.place_of(zone), time=clock.hhmm(now(), zone)))
    which = {"place": placed.place, "zones": ", ".join(placed.choices)}
    if zone:
        which |= {"zone": clock.place_of(zone), "time": clock.hhmm(now(), zone)}
        return str(_("Left empty it is %(zone)s, now %(time)s, after %(place)s. Write another to change it.", **which))
    if placed.choices:
        return str(_("%(place)s could be in %(zones)s. Write which; left empty it is the desk's.", **which))
    return ""
