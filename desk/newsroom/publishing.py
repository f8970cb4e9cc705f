"""Publishing: put a story out, schedule it, correct it, kill it; hold it or spike it before that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk import db
from desk.actor import SYSTEM, Actor
from desk.approvals import service as approvals
from desk.aside import Aside
from desk.audit.service import record
from desk.clock import Moment
from desk.drafts import queries as drafts
from desk.drafts import service as drafting
from desk.drafts.models import Version
from desk.errors import Invalid, NotNow
from desk.newsroom import notifying, reading, releasing, reminding, telling
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.stories import queries as stories
from desk.stories import rules, workflow
from desk.stories import service as storying
from desk.stories.models import Edition, Story
from desk.text import LONGEST_REASON, passage


@dataclass(frozen=True, slots=True)
class Published:
    """The story is out, as this edition."""

    edition: Edition


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The story goes out by itself at `release_at` (UTC)."""

    release_at: datetime


def publish(session: Session, actor: Actor, story_public_id: str, read: str, now: datetime) -> Published | Scheduled:
    """Publish the approved version now, or under an embargo ahead have it go out at the lift.

    `read` is the version that was on the page, by its public id. Raises Overtaken if a later one was saved, NotNow
    naming the gate that is shut: no approval in force, no copy, on hold, out already.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    reading.as_read(session, story, read)
    decision = rules.publish(releasing.gates(session, story), now)
    if isinstance(decision, rules.Wait):
        storying.forget_publish_at(session, story, now=now)
        return _schedule(session, actor, story, decision.until, now)
    return Published(_put_out(session, actor, story, now))


def schedule(
    session: Session, actor: Actor, story_public_id: str, read: str, publish: Moment, now: datetime
) -> Scheduled:
    """Have an approved story go out by itself at `publish`, but under no embargo: the desk's own, or its wire copy's.

    `read` is the version that was on the page. The time replaces the one that was set before. Raises Invalid, naming
    the field, for one that is past; Overtaken and NotNow as `publish`.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    reading.as_read(session, story, read)
    decision = rules.schedule(releasing.gates(session, story), publish.at, now)
    storying.set_publish_at(session, story, publish, now=now)
    return _schedule(session, actor, story, decision.until, now)


def unschedule(session: Session, actor: Actor, story_public_id: str, now: datetime) -> Story:
    """Take an approved story off the schedule; whoever put it there is told. Its embargo stays."""
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    off = story.release_at
    moved = _move(session, actor, story, "unschedule", verb="story_unscheduled", now=now)
    if off is not None:
        releasing.tell_off(session, actor, story, off, now)
    storying.forget_publish_at(session, story, now=now)
    return moved


def reset_release(session: Session, story_id: int, now: datetime) -> None:
    """Work out again when a scheduled story goes out, as an embargo of the wire copy under it has moved. A step."""
    (story,) = db.lock(session, Story, story_id)
    until = rules.release_at(story.publish_at, releasing.embargoes(session, story, own=story.embargo_at)) or now
    if story.state == "scheduled" and story.release_at != until:
        storying.set_release(session, story, until, now=now)
        record(
            session, SYSTEM, "release_moved", ("story", story.id), now=now, story_id=story.id, desk_id=story.desk_id,
            release=telling.iso(until),
        )  # fmt: skip


def publish_on_authority(
    session: Session, actor: Actor, story_public_id: str, read: str, why: str, now: datetime
) -> Published:
    """Publish filed copy that nobody approved, on this editor's own authority: recorded, and the desk is told.

    `read` is the version that was on the page. Raises Overtaken if a later one was saved, Invalid without a reason,
    NotNow naming the gate that is shut; an embargo ahead is one.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    version = reading.as_read(session, story, read)
    rules.on_authority(releasing.gates(session, story), now)
    why = _reason(why)
    _require(why, "why", "Give the reason: it is recorded, and the desk is told.")
    approvals.decide(session, version_id=version.id, person_id=actor.id, kind="authority", note=why, now=now)
    edition = releasing.put_out(session, actor, story, version, move="on_authority", why=why.strip(), now=now)
    told = people.holders(session, story.desk_id, "editor", "approver")
    _tell(session, actor, "own_authority", story, edition, told, why, now)
    releasing.tell_published(session, actor, story, edition, _others(releasing.writers(session, story), told), now)
    return Published(edition)


def release_due(session: Session, now: datetime, limit: int, aside: Aside | None = None) -> int:
    """See to up to `limit` scheduled stories whose time has come; gives how many. For the tick.

    They are published. The facts are read again: an embargo that has moved makes a story wait on, an approval that no
    longer stands sends it back to the desk, whose editors are told. One that fails is put aside, and the others go out.
    """
    aside = Aside() if aside is None else aside
    seen_to = 0
    for story in stories.claim_releasable(session, now, limit, but=aside.ids("story")):
        with aside.apart(session, "story", story.id):
            _release(session, story, now)
            seen_to += 1
    return seen_to


def prepare_edition(
    session: Session, actor: Actor, story_public_id: str, read: str, cause: str, wrong: str, right: str, now: datetime
) -> Story:
    """Begin the next edition of a published story: an update, a correction or a clarification; the last stays out.

    `read` is the version that was on the page. Raises Overtaken if there is a later one, Invalid, naming the field,
    for an unknown cause or a correction that does not say what was wrong and what is right.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    reading.as_read(session, story, read)
    workflow.after(story.state, "prepare_edition")
    cause, wrong, right = rules.next_edition(cause, wrong, right)
    storying.prepare(session, story, cause=cause, wrong=wrong, right=right, by=actor.person_id)
    return _move(
        session, actor, story, "prepare_edition", verb="edition_prepared", now=now, cause=cause, wrong=wrong,
        right=right,
    )  # fmt: skip


def abandon_edition(session: Session, actor: Actor, story_public_id: str, read: str, now: datetime) -> Story:
    """Give the next edition up: the last one stays out, and its text stands in the draft again.

    `read` is the version that was on the page. Raises Overtaken if a later one was saved: somebody writes at it.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    edition = stories.current_edition(session, story.id)
    if edition is None:
        raise NotNow("No new edition of this story is being prepared: there is nothing to abandon.")
    reading.as_read(session, story, read)
    workflow.after(story.state, "abandon_edition")
    _restore(session, actor, story, edition, now)
    cause, off = story.next_cause, story.release_at
    storying.forget_next(session, story)
    storying.forget_publish_at(session, story, now=now)
    moved = _move(session, actor, story, "abandon_edition", verb="edition_abandoned", now=now, cause=cause)
    if off is not None:
        releasing.tell_off(session, actor, story, off, now)
    return moved


def kill(
    session: Session, actor: Actor, story_public_id: str, number: int | None, why: str, now: datetime
) -> Published:
    """Kill a story that is out, at once and for good: a last edition says so, everything open on it ends.

    The edition stands on the version that is out. `number` is that of the edition that was on the page: what is only
    being written for the next one stops no kill. Raises Invalid without a reason, NotNow if nothing is out or another
    edition has come out since.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.publish")
    out = stories.current_edition(session, story.id)
    rules.killable(story.state, edition_out=out is not None)
    if out is not None and out.number != number:
        raise NotNow(
            "Edition %(number)s (%(cause)s) came out since you opened this page: nothing was killed. Read it, and kill "
            "the story if it must still go.",
            number=out.number,
            cause=out.cause,
        )
    why = _reason(why)
    _require(why, "why", "Say why: every licensee will read it.")
    if out is None:
        raise TypeError("a story that can be killed has an edition")
    before, after = storying.move(session, story, "kill", now=now)
    edition = storying.add_edition(
        session, story, version_id=out.version_id, cause="kill", by=actor.person_id, why=why.strip(), now=now
    )
    told = [
        *releasing.writers(session, story),
        *releasing.end_assignments(session, actor, story, move="kill", why=why.strip(), now=now),
        *people.holders(session, story.desk_id, "editor", "approver"),
    ]
    record(
        session, actor, "story_killed", ("edition", edition.id), now=now, story_id=story.id, desk_id=story.desk_id,
        before=before, after=after, why=why.strip(), number=edition.number,
    )  # fmt: skip
    notifying.edition_out(session, story, edition, now)
    _tell(session, actor, "killed", story, edition, told, why, now)
    return Published(edition)


def hold(session: Session, actor: Actor, story_public_id: str, why: str, now: datetime) -> Story:
    """Hold an unfinished story: nothing of it goes out until the hold is released, and nobody is reminded of it, also
    by what waits in the queue; whoever scheduled it is told. `why` may be empty."""
    story, _ = reading.lock_story(session, actor, story_public_id, "story.edit")
    off = story.release_at if story.state == "scheduled" else None
    held = _move(session, actor, story, "hold", verb="story_held", now=now, why=_reason(why))
    if off is not None:
        releasing.tell_off(session, actor, story, off, now, held=True, why=_reason(why))
    return held


def release(session: Session, actor: Actor, story_public_id: str, now: datetime) -> Story:
    """Release a held story to where it came from; one whose time came meanwhile goes out with the next tick.

    Whatever it was scheduled for may be gone by then (an embargo that was lifted): then it is approved, and waits.
    Whom it concerns is reminded at once of what fell due meanwhile.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.edit")
    back = story.came_from
    if story.state == "held" and back == "scheduled":
        until = rules.release_at(story.publish_at, releasing.embargoes(session, story, own=story.embargo_at))
        if until is None:
            back = "approved"
        else:
            storying.set_release(session, story, until, now=now)
    released = _move(session, actor, story, "release", verb="story_released", now=now, to=back)
    reminding.after_hold(session, story, now=now)
    return released


def spike(session: Session, actor: Actor, story_public_id: str, why: str, now: datetime) -> Story:
    """Drop a story of which nothing is out: its assignments are cancelled, and whoever worked on it is told why.

    Raises Invalid without a reason.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.edit")
    rules.spikable(story.state, edition_out=stories.current_edition(session, story.id) is not None)
    why = _reason(why)
    _require(why, "why", "Say why: it is recorded, and whoever worked on it is told.")
    worked = [*releasing.workers(session, story), *(telling.scheduler(session, story) if story.release_at else ())]
    had = releasing.end_assignments(session, actor, story, move="spike", why=why, now=now)
    _move(session, actor, story, "spike", verb="story_spiked", now=now, why=why, came_from=story.came_from)
    telling.tell(
        session, "spiked", {one.id: one for one in _others(worked, had)}.values(), but=actor,
        key=f"spiked:{story.id}:{int(now.timestamp())}",
        facts=reading.about(session, story, by=actor.name, why=why), story=story, now=now,
    )  # fmt: skip
    return story


def unspike(session: Session, actor: Actor, story_public_id: str, now: datetime) -> Story:
    """Bring a spiked story back, as commissioned; who is to write it must be assigned again.

    Raises Invalid on a desk that was closed meanwhile.
    """
    story, _ = reading.lock_story(session, actor, story_public_id, "story.edit")
    people.open_desk(session, session.get_one(Desk, story.desk_id).public_id)
    return _move(session, actor, story, "unspike", verb="story_unspiked", now=now)


def _move(
    session: Session, actor: Actor, story: Story, move: str, *, verb: str, now: datetime,
    to: str | None = None, why: str = "", **details: Any,
) -> Story:  # fmt: skip
    before, after = storying.move(session, story, move, now=now, to=to)
    record(
        session, actor, verb, ("story", story.id), now=now, story_id=story.id, desk_id=story.desk_id,
        before=before, after=after, why=why.strip(), **details,
    )  # fmt: skip
    return story


def _schedule(session: Session, actor: Actor, story: Story, until: datetime, now: datetime) -> Scheduled:
    storying.set_release(session, story, until, now=now)
    _move(
        session, actor, story, "schedule", verb="story_scheduled", now=now, release=telling.iso(until),
        publish=telling.iso(story.publish_at) if story.publish_at else None,
        embargo=telling.iso(story.embargo_at) if story.embargo_at else None,
    )  # fmt: skip
    return Scheduled(until)


def _release(session: Session, story: Story, now: datetime) -> None:
    """Whatever is done with it, the story is not due any more."""
    try:
        decision = rules.release(releasing.gates(session, story), story.publish_at, now)
    except NotNow as shut:
        _send_to_desk(session, story, str(shut), now)
        return
    if isinstance(decision, rules.Wait):
        storying.set_release(session, story, decision.until, now=now)
    else:
        _put_out(session, SYSTEM, story, now)


def _put_out(session: Session, actor: Actor, story: Story, now: datetime) -> Edition:
    edition = releasing.put_out(session, actor, story, _last(session, story), move="publish", now=now)
    told = [*releasing.writers(session, story), *releasing.editors(session, story)]
    releasing.tell_published(session, actor, story, edition, told, now)
    return edition


def _send_to_desk(session: Session, story: Story, why: str, now: datetime) -> None:
    _move(session, SYSTEM, story, "void", verb="release_refused", now=now, why=why)
    version = _last(session, story)
    told = {one.id: one for one in [*releasing.editors(session, story), *telling.scheduler(session, story)]}
    telling.tell(
        session, "approval_voided", told.values(), but=SYSTEM,
        key=f"release_refused:{story.id}:{int(now.timestamp())}",
        facts=reading.about(session, story, by=SYSTEM.name, n=version.n, version=version.public_id, why=why),
        story=story, now=now,
    )  # fmt: skip


def _restore(session: Session, actor: Actor, story: Story, edition: Edition, now: datetime) -> None:
    """Put the text of the edition that is out over what was written for the next one, if anything was."""
    last, out = _last(session, story), session.get_one(Version, edition.version_id)
    copy = drafts.copy_of(session, out)
    if drafts.copy_of(session, last) == copy:
        return
    main = drafts.main_draft(session, story.id)
    version = drafting.save(session, main, copy, author_id=actor.person_id, now=now)
    storying.note_headline(story, version.search_text)
    given_up = [of.id for of in drafts.of_draft(session, main.id) if out.n < of.n < version.n]
    approvals.void(session, given_up, by_version=version.id, now=now)


def _last(session: Session, story: Story) -> Version:
    version = releasing.last_version(session, story)
    if version is None:
        raise NotNow("There is no copy yet: write the story first.")
    return version


def _reason(why: str) -> str:
    return passage(why, "why", "reason", most=LONGEST_REASON)


def _require(words: str, field: str, sentence: str) -> None:
    if not words.strip():
        raise Invalid(sentence, field=field)


def _others(some: Iterable[Person], told: Iterable[Person]) -> list[Person]:
    ids = {person.id for person in told}
    return [person for person in some if person.id not in ids]


def _tell(
    session: Session, actor: Actor, kind: str, story: Story, edition: Edition, to: Iterable[Person], why: str,
    now: datetime,
) -> None:  # fmt: skip
    telling.tell(
        session, kind, {person.id: person for person in to}.values(), but=actor, key=f"{kind}:{edition.public_id}",
        facts=reading.about(session, story, by=actor.name, number=edition.number, why=why.strip()),
        story=story, now=now,
    )  # fmt: skip
