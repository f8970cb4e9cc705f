"""The desk's own embargo on a story: set it, move it, lift it. Nobody moves one that they have not seen."""

from datetime import datetime

from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.audit.service import record
from desk.clock import Moment
from desk.errors import Invalid, NotNow
from desk.newsroom import reading, releasing, telling
from desk.stories import rules, workflow
from desk.stories import service as storying
from desk.stories.models import Story


def set_embargo(
    session: Session, actor: Actor, story_public_id: str, embargo: Moment, now: datetime, *, seen: datetime | None
) -> Story:
    """Set or move the desk's own embargo on a story that is not out: the earliest time at which it may go.

    It schedules nothing: publishing does. A story that is scheduled already goes out at the later of its times.
    `seen` is the embargo (UTC) that was on the page, None if there was none. Raises NotNow if it is another by now,
    Invalid for one that would have lifted.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    if story.state not in workflow.UNDER_EMBARGO:
        raise NotNow("This story is %(state)s: an embargo would come too late.", state=story.state)
    if embargo.at == story.embargo_at:
        return story  # the button pressed twice
    _refuse_unseen(story, seen)
    if embargo.at <= now:
        raise Invalid("This embargo would have lifted already. Choose a later time.", field="embargo")
    return _put(session, actor, story, embargo, now)


def lift_embargo(
    session: Session, actor: Actor, story_public_id: str, now: datetime, *, seen: datetime | None
) -> Story:
    """Take the desk's own embargo away before its time. `seen` is the one (UTC) that was on the page.

    A scheduled story then goes out at its time, at once if that is past; one that was scheduled only for this lift is
    approved again: publish it by hand. Raises NotNow if none stands, or another by now.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    if story.embargo_at is None or story.state not in workflow.UNDER_EMBARGO:
        raise NotNow("No embargo of this desk stands on this story: there is nothing to lift.")
    _refuse_unseen(story, seen)
    return _put(session, actor, story, None, now)


def _refuse_unseen(story: Story, seen: datetime | None) -> None:
    """Raise NotNow unless the embargo is the one that was on the page."""
    if story.embargo_at == seen:
        return
    if story.embargo_at is None:
        raise NotNow("The embargo was taken away since you opened this page. Look again, then set it.")
    raise NotNow(
        "An embargo until %(until)s was set since you opened this page. Look again, then change it if it must change.",
        until=story.embargo_at,
    )


def _put(session: Session, actor: Actor, story: Story, embargo: Moment | None, now: datetime) -> Story:
    """Set the embargo or take it away; what is scheduled goes out at another time then, or waits to be published."""
    storying.set_embargo(session, story, embargo, now=now)
    until = rules.release_at(story.publish_at, releasing.embargoes(session, story, own=story.embargo_at))
    record(
        session, actor, "embargo_set" if embargo else "embargo_taken_away", ("story", story.id), now=now,
        story_id=story.id, desk_id=story.desk_id, embargo=telling.iso(embargo.at) if embargo else None,
        release=telling.iso(until) if until is not None and story.state == "scheduled" else None,
    )  # fmt: skip
    if story.state == "scheduled" and until is not None:
        storying.set_release(session, story, until, now=now)
    elif story.state == "scheduled":
        off = story.release_at
        before, after = storying.move(session, story, "unschedule", now=now)
        record(
            session, actor, "story_unscheduled", ("story", story.id), now=now, story_id=story.id,
            desk_id=story.desk_id, before=before, after=after,
        )  # fmt: skip
        if off is not None:
            releasing.tell_off(session, actor, story, off, now)
    return story
