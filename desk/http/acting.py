"""What the bar of acts on a story's page says: what is marked and since when, what stands in the way, what follows."""

from desk.http.context import actor, visit
from desk.http.phrases import stamp
from desk.http.translating import gettext as _
from desk.newsroom.rereading import Since
from desk.newsroom.storypage import StoryPage
from desk.permissions import permits
from desk.stories.workflow import UNDER_EMBARGO


def may_embargo(page: StoryPage) -> bool:
    """Whether the reader may set an embargo on this story, however far it is, or lift the one that stands."""
    return page.story.state in UNDER_EMBARGO and permits(actor(), "story.publish", page.facts)


def standing_embargo(page: StoryPage) -> str:
    """The desk's own embargo while it is ahead: `today 18:00 Brussels`; empty without one."""
    at, zone = page.story.embargo_at, page.story.embargo_zone or page.desk.zone
    return stamp(at, zone) if at is not None and at > visit().now else ""


def after_lift(page: StoryPage) -> str:
    """What lifting the desk's embargo now leads to, in a sentence, before anybody presses."""
    story = page.story
    if story.state != "scheduled":
        return str(_("Nothing goes out by that: it is published by hand."))
    wires = [at for at in page.gates.embargoes if at != story.embargo_at]
    until = max([at for at in (story.publish_at, *wires) if at is not None], default=None)
    if until is None:
        return str(_("It then waits until somebody publishes it."))
    if until <= visit().now:
        return str(_("Its time has come: it goes out at once."))
    return str(_("It then goes out by itself: %(time)s.", time=stamp(until, page.desk.zone)))


def goes_at_once(page: StoryPage) -> bool:
    """Whether releasing the hold puts this story out at once, as its time came while it was held."""
    at = page.story.release_at
    return page.story.came_from == "scheduled" and at is not None and at <= visit().now


def since_words(since: Since) -> str:
    """Since when something is marked, as the end of a sentence: `you returned v3`."""
    n = since.version.n
    words = {
        "approve": _("since you approved v%(n)s", n=n),
        "return": _("since you returned v%(n)s", n=n),
        "authority": _("since you published v%(n)s", n=n),
        "filed": _("since v%(n)s, filed before", n=n),
        "edition": _("since v%(n)s, which is out", n=n),
    }
    return words.get(since.why) or str(_("since v%(n)s", n=n))
