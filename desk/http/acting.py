"""What the bar of acts on a story's page says: what is marked and since when, what stands in the way, what follows."""

from collections.abc import Sequence

from desk.approvals.rules import Own
from desk.http import standing
from desk.http.context import actor, visit
from desk.http.translating import gettext as _
from desk.http.words import stamp
from desk.newsroom.rereading import Since
from desk.newsroom.storypage import StoryPage
from desk.permissions import permits
from desk.stories.rules import release_at
from desk.stories.workflow import UNDER_EMBARGO


def may_embargo(page: StoryPage) -> bool:
    """Whether the reader may set an embargo on this story, however far it is, or lift the one that stands."""
    return page.story.state in UNDER_EMBARGO and permits(actor(), "story.publish", page.facts)


def standing_embargo(page: StoryPage) -> str:
    """The desk's own embargo while it is ahead, by the reader's clock: `today 18:00 Brussels`; empty without one."""
    at = page.story.embargo_at
    return stamp(at, visit().zone) if at is not None and at > visit().now else ""


def publish_words(page: StoryPage) -> str:
    """What the button to publish says; empty where it is scheduled for the lift already, which is all it would do."""
    lift = max(page.gates.embargoes, default=visit().now)
    if lift > visit().now and page.story.state == "scheduled" and page.story.publish_at is None:
        return ""
    return standing.publishing(embargo_at=lift, edition=len(page.editions) + 1)


def kept_words(page: StoryPage) -> str:
    """What the button says that sets again the time at which approved copy was to go out by itself before its approval
    was renewed; empty where there is none, or none that is ahead."""
    story = page.story
    if story.state != "approved" or story.publish_at is None or story.publish_at <= visit().now:
        return ""
    return standing.publishing_at(release_at(story.publish_at, page.gates.embargoes))


def story_marks(page: StoryPage) -> Sequence[standing.Mark]:
    """The marks beside the story's state, as its row on the board has them."""
    embargo_at = max(page.gates.embargoes, default=None)
    return standing.marks(
        page.story.state,
        embargo_at=embargo_at,
        publish_at=page.story.publish_at,
        returned=page.returned is not None,
    )


def embargo_says(page: StoryPage) -> str:
    """What setting or moving the desk's embargo leads to, in a sentence, before anybody presses."""
    if page.story.state == "scheduled":
        return _("Nothing of it goes out before. It is scheduled: it goes out by itself at the later of its times.")
    return _("Nothing of it goes out before. It schedules nothing: publishing does, for the lift.")


def own_words(page: StoryPage) -> str:
    """Why the reader may not approve this copy, or may though they mended it; empty where neither is a question."""
    if page.own is None:
        return _mended_words(page.mended) if page.mended else ""
    if page.own.why == "share":
        return _(
            "You wrote %(words)s of its %(of)s words, headline and abstract counted: another has to approve.",
            words=page.own.words,
            of=page.own.of,
        )
    return _("This is your own copy: somebody else approves it.")


def _mended_words(mended: Own) -> str:
    if not mended.words:
        return _("You saved a version of it, and none of its %(of)s words are yours: you may approve it.", of=mended.of)
    return _(
        "You changed %(words)s of its %(of)s words, headline and abstract counted: that is mending, and you may "
        "approve it.",
        words=mended.words,
        of=mended.of,
    )


def approval_gate(page: StoryPage) -> tuple[str, str]:
    """What stands of the approval: the kind of its chip, and who gave it, or who can open the way."""
    if page.decision is not None and page.version is not None:
        return "good", _("v%(n)s by %(name)s", n=page.version.n, name=page.people[page.decision.person_id].name)
    if page.authority is not None:
        return "warn", _("none: by authority of %(name)s", name=page.people[page.authority.person_id].name)
    if "approve" in page.moves:
        return "need", _("you")
    if "on_authority" in page.moves:
        return "warn", _("somebody else, or your authority")
    return "", _("waits for somebody else") if page.story.state in ("filed", "editing") else _("not yet")


def after_lift(page: StoryPage) -> str:
    """What lifting the desk's embargo now leads to, in a sentence, before anybody presses."""
    story = page.story
    if story.state != "scheduled":
        return str(_("Nothing goes out by that: it is published by hand."))
    wires = [at for at in page.gates.embargoes if at != story.embargo_at]
    until = release_at(story.publish_at, wires)
    if until is None:
        return str(_("It then waits until somebody publishes it."))
    if until <= visit().now:
        return str(_("Its time has come: it goes out at once."))
    return str(_("It then goes out by itself: %(time)s.", time=stamp(until, visit().zone)))


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
