"""Stories: made, read, moved, published, corrected, killed."""

from datetime import datetime

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from desk.drafts import queries as drafts
from desk.drafts import rules as copy_rules
from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.cookies import flash
from desk.http.forms import Form, listed, text, texts, whole
from desk.http.moments import needed_moment, typed_moment
from desk.http.phrases import stamp
from desk.http.routing import Pages
from desk.newsroom import commissioning, crew, history, publishing, reading, storypage
from desk.people import queries as people
from desk.permissions import Facts, permits
from desk.republication import queries as republication
from desk.revisions import Kind
from desk.text import Change
from desk.web.assignments import say_assigned
from desk.web.choices import languages, zone_names

pages = Pages("stories", __name__)


@pages.read("/stories/new", may="story.make")
def new() -> str:
    """Assign a story: what, where, by when, and who."""
    mine = [desk for desk in people.desks(db()) if permits(actor(), "story.make", Facts(desk.id))]
    asked = [desk for desk in mine if desk.public_id == request.args.get("desk")]
    near = [desk for desk in mine if desk.zone == me().present_zone]
    here = next(iter([*asked, *near, *mine]), None)
    form = Form(
        desk=here.public_id if here else "", language="en", medium="text", people=request.args.getlist("people")
    )
    return render_template(
        "stories/new.html",
        form=form,
        desks=mine,
        candidates=crew.candidates(db(), here.id if here else None),
        languages=languages(),
        zones=zone_names(),
    )


@pages.act("/stories/new", may="story.make", again="stories.new")
def make() -> Response:
    """Make the story, and its first assignment if a deadline was typed."""
    desk = people.desk(db(), text("desk"))
    deadline = typed_moment("deadline", now=now(), default_zone=desk.zone)
    if deadline is None and texts("people"):
        deadline = needed_moment("deadline", now=now(), default_zone=desk.zone)
    story = commissioning.make_story(
        db(),
        actor(),
        desk.public_id,
        slug=text("slug"),
        title=text("title"),
        brief=text("brief"),
        places=listed("places"),
        zone=text("zone") or None,
        language=text("language") or "en",
        length=whole("length"),
        now=now(),
    )
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
            now=now(),
        )
        say_assigned(made)
    return see("stories.page", public_id=story.public_id)


def _revisions(public_id: str) -> set[tuple[Kind, int]]:
    story, _facts = reading.story_for(db(), actor(), public_id)
    return {("desk", story.desk_id), ("wire", 0)}


@pages.read("/stories/<public_id>", may="story.find", live=_revisions)
def page(public_id: str) -> str:
    """One story: its copy, who is on it, what it waits for, what happened."""
    view = storypage.view(db(), actor(), public_id)
    form = Form(
        publish=_typed(view.story.publish_wall),
        publish_zone=view.story.publish_zone or view.desk.zone,
        embargo=_typed(view.story.embargo_wall),
        embargo_zone=view.story.embargo_zone or view.desk.zone,
        deadline_zone=view.desk.zone,
        cause="correction",
    )
    return render_template(
        "stories/page.html",
        page=view,
        form=form,
        marks=None if request.args.get("read") == "clean" else _marks(view),
        history=history.of_story(db(), view.story),
        zones=zone_names(),
    )


def _marks(view: storypage.StoryPage) -> dict[str, tuple[Change, ...]] | None:
    """What changed since the copy that the desk saw last, by field; None where there was none."""
    if view.before is None or view.version is None:
        return None
    changed = copy_rules.compare(drafts.copy_of(db(), view.before), drafts.copy_of(db(), view.version))
    return {one.field: one.changes for one in changed}


@pages.read("/stories/<public_id>/versions", may="story.find")
def versions(public_id: str) -> str:
    """Every version, and any two side by side."""
    story, _facts = reading.story_for(db(), actor(), public_id)
    found = drafts.versions(db(), story.id)
    picked = [one for one in found if one.public_id in request.args.getlist("v")][:2] or list(found[-2:])
    changes = None
    if len(picked) == 2:
        changes = copy_rules.compare(drafts.copy_of(db(), picked[0]), drafts.copy_of(db(), picked[1]))
    authors = people.people(db(), [one.author_id for one in found if one.author_id])
    return render_template(
        "stories/versions.html", story=story, versions=found, picked=picked, changes=changes, authors=authors
    )


@pages.act("/stories/<public_id>/publish", may="story.publish", again="stories.page")
def publish(public_id: str) -> Response:
    """Publish what is approved; under an embargo it goes by itself when that lifts."""
    _say_out(publishing.publish(db(), actor(), public_id, now()))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/schedule", may="story.publish", again="stories.page")
def schedule(public_id: str) -> Response:
    """Set a time to publish and an embargo; empty takes them away."""
    zone = people.newsroom(db()).zone
    outcome = publishing.schedule(
        db(),
        actor(),
        public_id,
        publish=typed_moment("publish", now=now(), default_zone=zone),
        embargo=typed_moment("embargo", now=now(), default_zone=zone),
        now=now(),
    )
    _say_out(outcome)
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/unschedule", may="story.publish", again="stories.page")
def unschedule(public_id: str) -> Response:
    """Take the time to publish away."""
    publishing.unschedule(db(), actor(), public_id, now())
    flash(_("The time is taken away. It waits until somebody publishes it."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/own-authority", may="story.publish", again="stories.page")
def own_authority(public_id: str) -> Response:
    """Publish without a second pair of eyes, with a reason; the desk is told."""
    _say_out(publishing.publish_on_authority(db(), actor(), public_id, text("why"), now()))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/next-edition", may="story.publish", again="stories.page")
def prepare_edition(public_id: str) -> Response:
    """Begin a correction, a clarification or an update; the edition that is out stays out."""
    publishing.prepare_edition(
        db(), actor(), public_id, cause=text("cause"), wrong=text("wrong"), right=text("right"), now=now()
    )
    return see("writing.page", public_id=public_id)


@pages.act("/stories/<public_id>/abandon-edition", may="story.publish", again="stories.page")
def abandon_edition(public_id: str) -> Response:
    """Leave it at the edition that is out."""
    publishing.abandon_edition(db(), actor(), public_id, now())
    flash(_("It stays at the edition that is out."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/kill", may="story.publish", again="stories.page")
def kill(public_id: str) -> Response:
    """Kill a published story: at once, and for good."""
    _say_out(publishing.kill(db(), actor(), public_id, text("why"), now()))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/hold", may="story.edit", again="stories.page")
def hold(public_id: str) -> Response:
    """Hold a story until it is released."""
    publishing.hold(db(), actor(), public_id, text("why"), now())
    flash(_("On hold: nothing goes out until somebody lets it go on."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/release", may="story.edit", again="stories.page")
def release(public_id: str) -> Response:
    """Let a held story go on."""
    publishing.release(db(), actor(), public_id, now())
    flash(_("It goes on where it stood."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/spike", may="story.edit", again="stories.page")
def spike(public_id: str) -> Response:
    """Drop a story before publication."""
    publishing.spike(db(), actor(), public_id, text("why"), now())
    flash(_("Spiked. It can be taken up again."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/unspike", may="story.edit", again="stories.page")
def unspike(public_id: str) -> Response:
    """Take a spiked story up again."""
    publishing.unspike(db(), actor(), public_id, now())
    flash(_("Taken up again."))
    return see("stories.page", public_id=public_id)


def _say_out(outcome: publishing.Published | publishing.Scheduled) -> None:
    """Say what is out and how many licensees are being told, or when it goes out by itself."""
    if isinstance(outcome, publishing.Scheduled):
        flash(_("It goes out by itself: %(time)s.", time=stamp(outcome.release_at, me().present_zone)))
        return
    edition = outcome.edition
    told = len(republication.notices_of_editions(db(), [edition.id]))
    licensees = ngettext("One licensee is being told.", "%(num)s licensees are being told.", told) if told else ""
    if edition.cause == "kill":
        flash(_("Killed. %(licensees)s", licensees=licensees).strip(), "warn")
    else:
        flash(_("Published: edition %(n)s. %(licensees)s", n=edition.number, licensees=licensees).strip())


def _typed(wall: datetime | None) -> str:
    """A wall time as somebody would type it again."""
    return wall.isoformat(" ", "minutes") if wall else ""
