"""Who a recipient is now, and what is handed over to them: the renderer that the outbox is given.

It is asked at every attempt, so that nobody who was disabled is sent anything; it words only what is not frozen yet.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desk.assignments.models import Assignment
from desk.drafts.models import Version
from desk.links import Links
from desk.mail import mail_bytes
from desk.net import one_line
from desk.newsroom import answering, republishing, wording
from desk.newsroom.wording import Recipient, Writer
from desk.outbox.handover import Answer, Envelope, NotYet, Outgoing, Stopped
from desk.outbox.rules import BEARERS
from desk.people import asking, signing
from desk.people import queries as people
from desk.people.models import Newsroom, Person
from desk.republication import page, payload, rules
from desk.republication import queries as republication
from desk.republication.models import Licensee
from desk.settings import Settings
from desk.stories.models import Edition, Story

Clock = Callable[[], datetime]
ON_HOLD = NotYet("The story is on hold: nobody is reminded of it until it is released.", timedelta(minutes=1))
log = structlog.get_logger()


def renderer(settings: Settings, now: Clock) -> "Renderer":
    """What `desk.outbox.handing.prepare` is given: it says for each delivery where it goes and with what bytes."""
    return Renderer(settings, now)


@dataclass(frozen=True)
class Renderer:
    """A `Render` for the outbox, with this desk's addresses and clock."""

    settings: Settings
    now: Clock

    def __call__(self, session: Session, batch: Sequence[Outgoing]) -> Mapping[int, Answer]:
        """Where each delivery of `batch` goes and its bytes, or why it goes nowhere, or not yet; by delivery id."""
        newsroom = people.newsroom(session)
        recipients: dict[int, Recipient] = {}
        for kind, read in READERS.items():
            recipients |= read(session, [one for one in batch if one.recipient_kind == kind])
        held = _on_hold(session, [one for one in batch if one.kind == "reminder"])
        return {
            one.delivery_id: ON_HOLD if one.delivery_id in held else self._one(session, one, recipients, newsroom)
            for one in batch
        }

    def _one(
        self, session: Session, one: Outgoing, recipients: Mapping[int, Recipient], newsroom: Newsroom
    ) -> Envelope | Stopped:
        to = recipients.get(one.delivery_id)
        if to is None:
            return Stopped("cancelled", "There is nobody to tell any more.")
        gone = to.gone or (to.webhook_gone if one.channel == "webhook" else None) or _replaced(session, one)
        if (
            gone is None
            and one.kind in BEARERS
            and not signing.still_works(session, one.facts.get("secret", ""), self.now())
        ):
            gone = "The link in it no longer works: it was used, has expired, or a newer one took its place."
        if gone is not None:
            return Stopped("cancelled", gone)
        if one.frozen and (one.channel == "webhook" or one.address == to.mail):
            return Envelope(_address(one, to), secret=to.secret)
        try:
            return (
                self._webhook(session, one, to) if one.channel == "webhook" else self._mail(session, one, to, newsroom)
            )
        except DBAPIError:
            raise
        except Exception as error:  # one message that can't be worded must not hold up all that wait beside it
            log.exception("a message can't be worded", delivery=one.delivery_id, kind=one.kind)
            return Stopped("dead", one_line(f"It could not be worded: {type(error).__name__}: {error}"))

    def _webhook(self, session: Session, one: Outgoing, to: Recipient) -> Envelope:
        told = _told(session, one, self.settings)
        return Envelope(_address(one, to), payload.to_bytes(told), subject=told.slug or "", secret=to.secret)

    def _mail(self, session: Session, one: Outgoing, to: Recipient, newsroom: Newsroom) -> Envelope:
        links, now = Links(self.settings.url), self.now()
        more = _notice(session, one, self.settings) if one.recipient_kind == "licensee" else {}
        writer = _writer(session, one) if one.recipient_kind == "person" else None
        worded = wording.word(
            one.kind, one.facts, to, agency=newsroom.agency, links=links, now=now, writer=writer, **more
        )
        host = _host(self.settings.url)
        thread = [f"<story.{one.facts['story']}@{host}>"] if one.facts.get("story") else []
        wire = mail_bytes(
            message_id=f"<{one.wire_id}@{host}>",
            sender=(newsroom.agency, self.settings.mail_from),
            to=(to.name, to.mail),
            subject=worded.subject,
            text=worded.text,
            html=worded.html,
            date=now,
            references=thread,
            headers=_answers_to(newsroom, one, self.settings),
        )
        return Envelope(to.mail, wire, subject=worded.subject)


def _answers_to(newsroom: Newsroom, one: Outgoing, settings: Settings) -> dict[str, str]:
    """Where an answer to a licensee's mail goes, if not to its sender."""
    ask = newsroom.ask_mail if one.recipient_kind == "licensee" else None
    return {"Reply-To": ask} if ask and ask != settings.mail_from else {}


def _on_hold(session: Session, reminders: Sequence[Outgoing]) -> set[int]:
    """The deliveries among these reminders whose story is on hold."""
    ids = {one.story_id for one in reminders}
    held = set(session.scalars(select(Story.id).where(Story.id.in_(ids), Story.state == "held"))) if ids else set()
    return {one.delivery_id for one in reminders if one.story_id in held}


def _writer(session: Session, one: Outgoing) -> Writer | None:
    """Who has the assignment that a mail is about, if it is somebody else than its reader."""
    if not one.facts.get("assignment"):
        return None
    found = session.execute(
        select(Person.name, Person.present_zone)
        .join(Assignment, Assignment.assignee_id == Person.id)
        .where(Assignment.public_id == one.facts["assignment"])
        .where(Person.id != (one.recipient_id or 0), Person.disabled_at.is_(None))
    ).one_or_none()
    return Writer(found.name, found.present_zone) if found else None


def _people(session: Session, batch: Sequence[Outgoing]) -> dict[int, Recipient]:
    known = people.people(session, [one.recipient_id for one in batch if one.recipient_id is not None])
    found = {}
    for one in batch:
        person = known.get(one.recipient_id or 0)
        if person is not None:
            gone = f"{person.name} is disabled." if person.disabled_at is not None else None
            found[one.delivery_id] = Recipient(
                person.name, person.email, person.present_zone, person.language, gone=gone
            )
    return found


def _licensees(session: Session, batch: Sequence[Outgoing]) -> dict[int, Recipient]:
    known = republication.by_id(session, [one.recipient_id for one in batch if one.recipient_id is not None])
    granted = republication.desks_of(session, list(known))
    found = {}
    for one in batch:
        row = known.get(one.recipient_id or 0)
        if row is not None:
            off = "The webhook was taken away." if row.webhook is None else None
            if (
                row.webhook_off_at is not None and one.kind != "test_notice"
            ):  # a test finds out whether it is there again
                off = "The webhook is switched off."
            found[one.delivery_id] = Recipient(
                row.name,
                row.mail,
                row.zone,
                row.language,
                webhook=row.webhook,
                secret=row.secret,
                gone=_may_not_run(row, granted[row.id], one),
                webhook_gone=off,
            )
    return found


def _addresses(session: Session, batch: Sequence[Outgoing]) -> dict[int, Recipient]:
    if not batch:
        return {}
    newsroom = people.newsroom(session)
    return {
        one.delivery_id: Recipient(
            one.facts.get("name", ""), one.facts["address"], newsroom.zone, one.facts.get("language", newsroom.language)
        )
        for one in batch
        if one.facts.get("address")
    }


# from recipient kind to its batch reader: whom it does not answer for is told nothing
READERS: dict[str, Callable[[Session, Sequence[Outgoing]], dict[int, Recipient]]] = {
    "person": _people,
    "licensee": _licensees,
    "address": _addresses,
}


def _may_not_run(licensee: Licensee, desk_ids: Collection[int], one: Outgoing) -> str | None:
    """Why a notice that offers something to run goes no more: it may have been put as the licence was ending."""
    if not rules.offers_text(one.facts.get("cause", "")):
        return None
    if licensee.ended_at is not None:
        return f"The licence of {licensee.name} has ended."
    if one.desk_id is not None and one.desk_id not in desk_ids:
        return f"{licensee.name} is granted nothing of this desk any more."
    return None


def _replaced(session: Session, one: Outgoing) -> str | None:
    """Why a notice of an edition that is not the last goes no more: by now it would undo what came after. A correction
    or kill still goes to one who is not told of what came after."""
    if one.kind != "notice":
        return None
    if rules.offers_text(one.facts["cause"]):
        number = session.scalar(select(func.max(Edition.number)).where(Edition.story_id == one.story_id)) or 0
    else:
        number = republishing.told_last(session, one.recipient_id or 0, one.story_id or 0)
    return f"Edition {number} is out." if number > one.facts["number"] else None


def _told(session: Session, one: Outgoing, settings: Settings) -> payload.Told:
    """What a notice's payload says: the edition frozen at publication, found again by its id."""
    facts, newsroom = one.facts, people.newsroom(session)
    receipt = Links(settings.url).to("receipt", facts["receipt"])
    ask = asking.whom_to_ask(newsroom, settings.mail_from)
    if facts["cause"] == "test":
        return payload.Told(
            notice=facts["notice"], at=one.put_at, cause="test", receipt=receipt, ask_name=newsroom.agency,
            ask_mail=ask.mail, ask_phone=ask.phone,
        )  # fmt: skip
    edition, story, version = _edition(session, facts["edition"])
    return payload.Told(
        notice=facts["notice"], at=one.put_at, cause=facts["cause"], story=facts["story"], slug=facts["slug"],
        desk=facts["desk"], edition=facts["number"], published_at=edition.published_at, was_wrong=facts["wrong"],
        is_right=facts["right"], why=facts["why"], copy=republishing.republished(session, story, edition),
        abstract=republishing.abstract_of(version), ask_name=f"{facts['desk']}, {newsroom.agency}",
        ask_mail=ask.mail, ask_phone=ask.phone, unanswered=_unanswered(session, one), receipt=receipt,
    )  # fmt: skip


def _notice(session: Session, one: Outgoing, settings: Settings) -> dict[str, Any]:
    """What a notice's mail says beside its facts.

    `later` is the number of what they were told since, 0 if nothing: its text is the one to run.
    """
    told = _told(session, one, settings)
    telling, copy = rules.TELLINGS[told.cause], told.copy if told.cause != "kill" else None
    last = republishing.told_last(session, one.recipient_id or 0, one.story_id or 0)
    return {
        "later": last if told.edition and last > told.edition else 0,
        "telling": telling,
        "told": told,
        "out": told.published_at.isoformat() if told.published_at else None,
        "copy": page.plain(copy).strip() if copy else None,
        "copy_html": Markup(page.html(copy)) if copy else None,  # noqa: S704  # it is clean by its making
        "headline": told.copy.headline if told.copy else None,
    }


def _unanswered(session: Session, one: Outgoing) -> list[payload.Correction]:
    """The corrections before it that the licensee is to hear of again; of a story that was killed none matters."""
    if one.facts["cause"] == "kill":
        return []
    found = answering.corrections_before(session, one.recipient_id or 0, one.story_id or 0, number=one.facts["number"])
    return [
        payload.Correction(
            edition=edition.number,
            published_at=edition.published_at,
            was_wrong=edition.was_wrong,
            is_right=edition.is_right,
        )
        for edition in found
    ]


def _edition(session: Session, public_id: str) -> tuple[Edition, Story, Version]:
    row = session.execute(
        select(Edition, Story, Version)
        .join(Story, Story.id == Edition.story_id)
        .join(Version, Version.id == Edition.version_id)
        .where(Edition.public_id == public_id)
    ).one()
    return row[0], row[1], row[2]


def _address(one: Outgoing, to: Recipient) -> str:
    return (to.webhook or "") if one.channel == "webhook" else to.mail


def _host(url: str) -> str:
    """What stands after the @ of our message ids."""
    return (urlsplit(url).hostname or "localhost").replace(":", "-")
