"""What is done to a story on its page: published, scheduled, held, corrected, killed. Each form names what was read."""

from flask import Response
from flask_babel import gettext as _
from flask_babel import ngettext

from desk.http.answers import see
from desk.http.context import actor, db, me, now
from desk.http.cookies import flash
from desk.http.forms import text, whole
from desk.http.moments import needed_moment, shown_moment
from desk.http.routing import Pages
from desk.http.words import stamp
from desk.newsroom import embargoing, publishing
from desk.people import queries as people
from desk.republication import queries as republication

pages = Pages("publishing", __name__)


@pages.act("/stories/<public_id>/publish", may="story.publish", again="stories.page")
def publish(public_id: str) -> Response:
    """Publish what is approved; under an embargo it goes by itself when that lifts."""
    _say_out(publishing.publish(db(), actor(), public_id, text("version"), now()))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/schedule", may="story.publish", again="stories.page")
def schedule(public_id: str) -> Response:
    """Set a time to publish; under an embargo that lifts later it goes at the lift."""
    publish = needed_moment("publish", now=now(), default_zone=people.newsroom(db()).zone)
    _say_out(publishing.schedule(db(), actor(), public_id, text("version"), publish, now()))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/unschedule", may="story.publish", again="stories.page")
def unschedule(public_id: str) -> Response:
    """Take it off the schedule: nothing goes out by itself."""
    story = publishing.unschedule(db(), actor(), public_id, now())
    if story.embargo_at is not None and story.embargo_at > now():
        until = stamp(story.embargo_at, me().present_zone)
        flash(_("It is off the schedule; the embargo until %(time)s stays. Nothing goes out by itself.", time=until))
    else:
        flash(_("It is off the schedule. It waits until somebody publishes it."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/embargo", may="story.publish", again="stories.page")
def embargo(public_id: str) -> Response:
    """Set or move the desk's embargo, however far the story is."""
    until = needed_moment("embargo", now=now(), default_zone=people.newsroom(db()).zone)
    story = embargoing.set_embargo(db(), actor(), public_id, until, now(), seen=shown_moment("embargo_seen"))
    time = stamp(until.at, me().present_zone)
    if story.state == "scheduled" and story.release_at is not None:
        goes = stamp(story.release_at, me().present_zone)
        flash(_("Embargo until %(time)s. It is scheduled: it goes out by itself %(goes)s.", time=time, goes=goes))
    else:
        flash(_("Embargo until %(time)s: nothing goes out before. It schedules nothing.", time=time))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/lift-embargo", may="story.publish", again="stories.page")
def lift_embargo(public_id: str) -> Response:
    """Take the desk's embargo away before its time."""
    story = embargoing.lift_embargo(db(), actor(), public_id, now(), seen=shown_moment("embargo_seen"))
    if story.state != "scheduled":
        flash(_("The embargo is lifted. It waits until somebody publishes it."))
    elif story.release_at is not None and story.release_at > now():
        time = stamp(story.release_at, me().present_zone)
        flash(_("The embargo is lifted. It goes out by itself: %(time)s.", time=time))
    else:
        flash(_("The embargo is lifted. Its time has come: it goes out now."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/own-authority", may="story.publish", again="stories.page")
def own_authority(public_id: str) -> Response:
    """Publish without a second pair of eyes, with a reason; the desk is told."""
    _say_out(publishing.publish_on_authority(db(), actor(), public_id, text("version"), text("why"), now()))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/next-edition", may="story.publish", again="stories.page")
def prepare_edition(public_id: str) -> Response:
    """Begin a correction, a clarification or an update; the edition that is out stays out."""
    publishing.prepare_edition(
        db(), actor(), public_id, text("version"), cause=text("cause"), wrong=text("wrong"), right=text("right"),
        now=now(),
    )  # fmt: skip
    return see("writing.page", public_id=public_id)


@pages.act("/stories/<public_id>/abandon-edition", may="story.publish", again="stories.page")
def abandon_edition(public_id: str) -> Response:
    """Leave it at the edition that is out."""
    publishing.abandon_edition(db(), actor(), public_id, text("version"), now())
    flash(_("It stays at the edition that is out. What was written for the next one is among its versions."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/kill", may="story.publish", again="stories.page")
def kill(public_id: str) -> Response:
    """Kill a published story: at once, and for good."""
    _say_out(publishing.kill(db(), actor(), public_id, whole("edition"), text("why"), now()))
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
    story = publishing.release(db(), actor(), public_id, now())
    if story.release_at is None:
        flash(_("It goes on where it stood."))
    elif story.release_at > now():
        flash(_("It goes on, and out by itself: %(time)s.", time=stamp(story.release_at, me().present_zone)))
    else:
        flash(_("It goes on. Its time came while it was held: it goes out now."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/spike", may="story.edit", again="stories.page")
def spike(public_id: str) -> Response:
    """Drop a story before publication."""
    publishing.spike(db(), actor(), public_id, text("why"), now())
    flash(_("Spiked. Whoever worked on it is told why. It can be taken up again; its assignments are cancelled."))
    return see("stories.page", public_id=public_id)


@pages.act("/stories/<public_id>/unspike", may="story.edit", again="stories.page")
def unspike(public_id: str) -> Response:
    """Take a spiked story up again."""
    publishing.unspike(db(), actor(), public_id, now())
    flash(_("Taken up again, as commissioned. Its assignments stay cancelled: assign it anew."))
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
