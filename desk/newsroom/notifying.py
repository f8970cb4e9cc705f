"""Telling licensees: every edition is a notice to each of them who may have it, and their receipt comes back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import chance, revisions
from desk.actor import SYSTEM, Actor
from desk.audit.models import Entry
from desk.audit.service import record
from desk.drafts.models import Version
from desk.errors import Invalid, NotNow
from desk.newsroom import chasing
from desk.outbox import queries as outboxes
from desk.outbox import service as outbox
from desk.outbox.kinds import URGENT
from desk.people.models import Desk
from desk.permissions import require
from desk.republication import queries, rules, service
from desk.republication.models import Licensee, Notice
from desk.stories import queries as stories
from desk.stories.models import Edition, Story
from desk.text import LONGEST_LINE, LONGEST_NAME, line, shorten

TOLD = "licensees_told"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the page behind a receipt link shows; a test notice has no edition, story, desk and headline. `later` is the
    edition that has replaced it since."""

    notice: Notice
    licensee: Licensee
    edition: Edition | None
    story: Story | None
    desk: Desk | None = None
    headline: str = ""
    later: Edition | None = None

    @property
    def cause(self) -> str:
        """What the notice is of, as in `rules.TELLINGS`."""
        return self.edition.cause if self.edition is not None else "test"


def edition_out(session: Session, story: Story, edition: Edition, now: datetime) -> list[Notice]:
    """Put a notice of this edition for each licensee who is to have it, by mail and by webhook; a step of publishing.

    What was not delivered of earlier editions is cancelled, but for a correction or kill to one who is not told of
    this; a correction or kill ends the wait for answers to what it replaces. An edition is told once: calling it again
    adds nobody.
    """
    ids = _replace_earlier(session, story, edition, now)
    desk = session.get_one(Desk, story.desk_id)
    licensees = queries.by_id(session, ids)
    notices = [_tell(session, licensees[one], story, edition, desk, now) for one in ids]
    added = [notice for notice in notices if notice is not None]
    if added or not was_told(session, edition):
        record(
            session, SYSTEM, TOLD, ("edition", edition.id), now=now, story_id=story.id, desk_id=story.desk_id,
            number=edition.number, cause=edition.cause, count=len(added),
        )  # fmt: skip
    return added


def send_test(session: Session, actor: Actor, licensee_public_id: str, *, now: datetime) -> Notice:
    """Send a licensee a notice that asks for nothing, by every way they are reached, a webhook that is switched off
    among them. Raises NotNow once it ended."""
    require(actor, "republication.manage")
    licensee = queries.licensee(session, licensee_public_id)
    if licensee.ended_at is not None:
        raise NotNow("The licence of %(name)s has ended.", name=licensee.name)
    notice = _put(
        session, "test_notice", f"test_notice:{chance.public_id()}", licensee, facts={"cause": "test"}, now=now
    )
    if notice is None:
        raise TypeError("a key made by chance was there before")
    record(session, actor, "test_notice_sent", ("licensee", licensee.id), now=now, name=licensee.name)
    revisions.touch(session, "newsroom")
    return notice


def receipt(session: Session, token: str) -> Receipt:
    """What a receipt link is about; changes nothing. Raises NotFound for a link that is not ours."""
    return _receipt(session, queries.by_receipt(session, token))


def acknowledge(session: Session, token: str, name: str, *, now: datetime) -> Receipt:
    """Note that a licensee has read a notice; twice is once. No answer is waited for then to what came before it.

    Raises NotFound, and Invalid without a name.
    """
    found = _receipt(session, queries.by_receipt(session, token))
    notice, licensee = found.notice, found.licensee
    held = queries.held_with(session, notice, _until(session, found))
    if notice.acknowledged_at is not None:
        return found
    name = line(name, "name", "name", most=LONGEST_NAME)
    if not name:
        raise Invalid("Say who you are, so that the desk knows whom to ask.", field="name")
    chasing.give_up(session, held, why="it was answered", now=now)
    handed = outboxes.handovers(session, [notice.message_id]).get(notice.message_id, ())
    service.take_receipt(session, notice, queries.standing_of(notice, handed), name, now=now)
    desk_id = found.story.desk_id if found.story else None
    entry = record(
        session, SYSTEM, "notice_acknowledged", ("notice", notice.id), now=now,
        story_id=found.story.id if found.story else None, desk_id=desk_id,
        number=found.edition.number if found.edition else None, licensee=licensee.name,
    )  # fmt: skip
    entry.actor_kind, entry.actor_name = "licensee", shorten(f"{name}, {licensee.name}", LONGEST_LINE)
    session.flush()
    revisions.touch(session, "newsroom")
    return found


def was_told(session: Session, edition: Edition) -> bool:
    """Whether the licensees of an edition were told, were it none: recorded in the transaction of the edition."""
    return edition.id in told_editions(session, [edition.id])


def told_editions(session: Session, edition_ids: list[int]) -> set[int]:
    """Those of these editions whose licensees were told."""
    rows = select(Entry.thing_id).where(
        Entry.thing_kind == "edition", Entry.verb == TOLD, Entry.thing_id.in_(edition_ids)
    )
    return set(session.scalars(rows))


def _replace_earlier(session: Session, story: Story, edition: Edition, now: datetime) -> list[int]:
    """Take back what this edition replaces, and give the ids of the licensees who are told of it."""
    why = f"edition {edition.number} is out"
    earlier = {one.id: one for one in stories.editions(session, story.id) if one.number < edition.number}
    before = queries.notices_of_editions(session, list(earlier))
    offers = [of for of in before if of.edition_id and rules.offers_text(earlier[of.edition_id].cause)]
    outbox.cancel(session, [of.message_id for of in offers], why=why, now=now)  # first: it waits for who hands over
    reached = queries.reached(session, before)
    ids = rules.told(edition.cause, granted=queries.granted(session, story.desk_id), told_before=reached)
    outbox.cancel(session, [of.message_id for of in before if of.licensee_id in ids], why=why, now=now)
    if edition.cause in rules.REACHES_ALL:
        chasing.give_up(session, before, why=why, now=now)
    return ids


def _tell(
    session: Session, licensee: Licensee, story: Story, edition: Edition, desk: Desk, now: datetime
) -> Notice | None:
    facts = {
        "story": story.public_id,
        "slug": story.slug,
        "title": story.title,
        "desk": desk.name,
        "desk_zone": desk.zone,
        "edition": edition.public_id,
        "number": edition.number,
        "cause": edition.cause,
        "wrong": edition.was_wrong,
        "right": edition.is_right,
        "why": edition.why,
    }
    return _put(
        session, "notice", f"notice:{edition.public_id}:{licensee.id}", licensee, facts=facts, now=now,
        story=story, edition=edition,
    )  # fmt: skip


def _put(
    session: Session,
    kind: str,
    key: str,
    licensee: Licensee,
    *,
    facts: dict[str, Any],
    now: datetime,
    story: Story | None = None,
    edition: Edition | None = None,
) -> Notice | None:
    token, public_id = chance.token(16), chance.public_id()
    message = outbox.put(
        session, kind, key, ("licensee", licensee.id), now=now,
        facts={**facts, "notice": public_id, "receipt": token, "licensee": licensee.public_id},
        story_id=story.id if story else None, desk_id=story.desk_id if story else None,
        routes=service.routes(licensee, test=edition is None),
        urgency=URGENT if facts["cause"] in rules.REACHES_ALL else None,
    )  # fmt: skip
    if message is None:
        return None
    wait = rules.CHASED_AFTER.get(facts["cause"])
    return service.add_notice(
        session, public_id=public_id, edition_id=edition.id if edition else None, licensee_id=licensee.id,
        message_id=message.id, token=token, chase_at=now + wait if wait else None, now=now,
    )  # fmt: skip


def _until(session: Session, of: Receipt) -> list[int]:
    """The ids of the editions up to the one that a receipt is about."""
    if of.story is None or of.edition is None:
        return []
    return [one.id for one in stories.editions(session, of.story.id) if one.number <= of.edition.number]


def _receipt(session: Session, notice: Notice) -> Receipt:
    licensee = session.get_one(Licensee, notice.licensee_id)
    if notice.edition_id is None:
        return Receipt(notice, licensee, None, None)
    edition = session.get_one(Edition, notice.edition_id)
    story = session.get_one(Story, edition.story_id)
    last = stories.current_edition(session, story.id)
    return Receipt(
        notice,
        licensee,
        edition,
        story,
        desk=session.get_one(Desk, story.desk_id),
        headline=session.get_one(Version, edition.version_id).headline,
        later=last if last is not None and last.number > edition.number else None,
    )
