"""Stories: made and read; what is done to a story on its page is in `publishing.py` and `approvals.py`."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk.drafts import queries as drafts
from desk.drafts import rules as copy_rules
from desk.drafts.rules import Changed
from desk.errors import Invalid, Overtaken
from desk.http.acting import may_embargo
from desk.http.answers import see
from desk.http.context import actor, db, me, now, problem
from desk.http.cookies import flash
from desk.http.forms import Form, listed, text, texts, whole
from desk.http.moments import agreed_past, needed_moment, typed_moment
from desk.http.routing import Pages
from desk.http.sent import Sent, sent
from desk.http.words import state_word
from desk.newsroom import commissioning, crew, history, presence, reading, storypage, wireroom, wiring
from desk.newsroom import texts as texts_of
from desk.people import queries as people
from desk.people.models import Desk
from desk.permissions import Facts, permits
from desk.revisions import Kind
from desk.stories.models import Story
from desk.web.assignments import say_assigned
from desk.web.choices import languages, zone_names
from desk.web.readback import say_clock

pages = Pages("stories", __name__)


@pages.read("/stories/new", may="story.make")
def new() -> str:
    """Assign a story: what, where, by when, and who."""
    mine = [desk for desk in people.desks(db()) if permits(actor(), "story.make", Facts(desk.id))]
    asked = [desk for desk in mine if desk.public_id == request.args.get("desk")]
    near = [desk for desk in mine if desk.zone == me().present_zone]
    wire = _wire()
    own = [wire.own] if wire and wire.own else []
    here = next(iter([*asked, *own, *near, *mine]), None)
    form = Form(
        desk=here.public_id if here else "",
        language="en",
        medium="text",
        people=request.args.getlist("people"),
        slug=wire and wire.offer.slug,
        title=wire and wire.offer.title,
        places=wire and wire.offer.places,
    )
    return render_template(
        "stories/new.html",
        form=form,
        wire=wire,
        desks=mine,
        candidates=crew.candidates(db(), actor(), here.id if here else None),
        languages=languages(),
        zones=zone_names(),
    )


def _wire() -> wireroom.ItemPage | None:
    """The wire item from which the story is assigned, if one is named."""
    public_id = request.args.get("item") or text("item")
    return wireroom.page(db(), actor(), public_id) if public_id else None


@pages.act("/stories/new", may="story.make", again="stories.new")
def make() -> Response:
    """Make the story, and its first assignment if a deadline was typed; or note it as an idea."""
    desk = people.desk(db(), text("desk"))
    if text("do") == "idea":
        return _note_idea(desk)
    deadline = typed_moment("deadline", now=now(), default_zone=desk.zone)
    if deadline is None and texts("people"):
        deadline = needed_moment("deadline", now=now(), default_zone=desk.zone)
    story = _make(desk)
    if deadline is None:
        flash(_("%(slug)s is on the board, without a deadline. Nobody is asked yet.", slug=story.slug))
    else:
        made = commissioning.assign(
            db(),
            actor(),
            story.public_id,
            medium="text",
            brief=text("brief"),
            length=whole("length"),
            moment=deadline,
            people=texts("people"),
            editor=me().public_id,
            past_ok=agreed_past("deadline", deadline),
            now=now(),
        )
        say_assigned(made)
    say_clock(story)
    return see("stories.page", public_id=story.public_id)


def _note_idea(desk: Desk) -> Response:
    """Make the story as an idea that nobody has commissioned yet."""
    if text("deadline") or texts("people"):
        raise Invalid(
            "An idea has no deadline, and nobody is asked yet: assign it, or leave both empty.", field="deadline"
        )
    story = _make(desk, idea=True)
    flash(_("%(slug)s is noted as an idea. Assign it when you want it.", slug=story.slug))
    say_clock(story)
    return see("stories.page", public_id=story.public_id)


def _make(desk: Desk, *, idea: bool = False) -> Story:
    """Make the story that was typed; one that is assigned from a wire item stands on it."""
    item = text("item")
    make: Callable[..., Story] = (
        partial(wiring.open_story, db(), actor(), item, desk=desk.public_id)
        if item
        else partial(commissioning.make_story, db(), actor(), desk.public_id)
    )
    return make(
        slug=text("slug"),
        title=text("title"),
        brief=text("brief"),
        places=listed("places"),
        zone=text("zone") or None,
        language=text("language") or "en",
        length=whole("length"),
        idea=idea,
        now=now(),
    )


def _revisions(public_id: str) -> set[tuple[Kind, int]]:
    story, _facts = reading.story_for(db(), actor(), public_id)
    return {("desk", story.desk_id), ("wire", 0)}


@pages.read("/stories/<public_id>", may="story.find", live=_revisions)
def page(public_id: str) -> str:
    """One story: its copy, who is on it, what it waits for, what happened."""
    view = storypage.view(db(), actor(), public_id, since=_asked_since())
    form = Form(
        publish=_typed(view.story.publish_wall),
        publish_zone=view.story.publish_zone or view.desk.zone,
        embargo=_typed(view.story.embargo_wall),
        embargo_zone=view.story.embargo_zone or view.desk.zone,
        cause="correction",
    )
    return render_template(
        "stories/page.html",
        page=view,
        form=form,
        since=_asked_since(),
        marks=None if request.args.get("read") == "clean" else _marks(view),
        news=_news(view),
        left_over=_left_over(view),
        others=presence.at(db(), actor(), view.story, now()),
        history=history.of_story(db(), view.story),
        zones=zone_names(),
    )


def _marks(view: storypage.StoryPage) -> dict[str, Changed] | None:
    """What changed since the version that the reader knows, by field; None where there is none to compare with."""
    if view.since is None or view.version is None:
        return None
    changed = copy_rules.compare(drafts.copy_of(db(), view.since.version), drafts.copy_of(db(), view.version))
    return {one.field: one for one in changed}


def _asked_since() -> str | None:
    """The version since which the reader wants to see what changed: one they named, or that was on a page too old."""
    found = problem()
    return str(found.params["read"]) if isinstance(found, Overtaken) else request.args.get("since")


def _news(view: storypage.StoryPage) -> tuple[str, str] | None:
    """For a live page that shows an older version: who saved since, and the version it shows.

    Such a page says what it has: its version, and behind a dot the state if it holds a form that was given back.
    """
    shown, _dot, state = request.args.get("have", "").partition(".")
    read = next((one for one in view.versions if one.public_id == shown), None)
    if read is None or view.version is None:
        return None
    if read.id != view.version.id:
        author = view.people.get(view.version.author_id or 0)
        name = author.name if author else _("Somebody")
        return _("v%(n)s was saved by %(name)s: read it", n=view.version.n, name=name), shown
    if state and state != view.story.state:
        return _("It is %(state)s now: see how it stands", state=state_word(view.story.state)), shown
    return None


# the acts of the page by the last part of their address, and the move that has their form shown
_FORMS = {
    "own-authority": "on_authority", "schedule": "schedule", "next-edition": "prepare_edition", "kill": "kill",
    "return": "return", "spike": "spike", "withdraw-approval": "withdraw",
}  # fmt: skip


def _left_over(view: storypage.StoryPage) -> list[Sent]:
    """What was typed into a form that the page no longer has, as the story has moved on: to be copied from there."""
    act = request.path.rpartition("/")[2]
    shown = may_embargo(view) if act == "embargo" else _FORMS.get(act) in view.moves
    return [] if problem() is None or shown else [one for one in sent() if one.typed]


@pages.read("/stories/<public_id>/versions", may="story.find")
def versions(public_id: str) -> str:
    """Every version of each text of the story, and any two of one text side by side."""
    story, _facts = reading.story_for(db(), actor(), public_id)
    found = texts_of.of_story(db(), story)
    asked = request.args.getlist("v")
    shown, picked = texts_of.to_compare(found, asked) or (None, [])
    changes = copy_rules.compare(*(drafts.copy_of(db(), one) for one in picked)) if picked else None
    authors = people.people(db(), [one.author_id for text in found for one in text.versions if one.author_id])
    return render_template(
        "stories/versions.html",
        story=story,
        texts=found,
        shown=shown,
        picked=picked,
        asked=asked,
        changes=changes,
        authors=authors,
    )


@pages.read("/stories/<public_id>/versions/<version>", may="story.find")
def version(public_id: str, version: str) -> str:
    """One version as copy, whole; from here to the one before and the one after."""
    return render_template("stories/version.html", page=texts_of.read(db(), actor(), public_id, version), marks=None)


@pages.read("/assignments/<public_id>/text", may="story.find")
def further_text(public_id: str) -> Response | str:
    """What was written for a further text assignment: to read, and from here to edit, call done or send back."""
    found = texts_of.further(db(), actor(), public_id)
    if found.is_main:
        return see("stories.page", public_id=found.story.public_id)
    others = presence.at(db(), actor(), found.story, now(), of=found.assignment)
    return render_template("stories/text.html", page=found, marks=None, others=others)


def _typed(wall: datetime | None) -> str:
    """A wall time as somebody would type it again."""
    return wall.isoformat(" ", "minutes") if wall else ""
