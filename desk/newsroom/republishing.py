"""What pages show of republication: the text to copy, a licensee with all their notices, a story's notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from desk import clock, text
from desk.actor import Actor
from desk.drafts import queries as drafts
from desk.drafts.models import Version
from desk.errors import NotNow
from desk.newsroom import answering, history, reading
from desk.newsroom.history import Happened
from desk.newsroom.storypage import Over, over_of
from desk.outbox import queries as outbox
from desk.outbox.queries import Handover
from desk.people import queries as people
from desk.people.models import Desk, Newsroom
from desk.permissions import permits, require
from desk.republication import queries, rules
from desk.republication.models import Licensee, Notice
from desk.republication.page import Republished
from desk.stories import queries as stories
from desk.stories.models import Edition, Story

MORE = 3
A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: its state, by what it was handed over and when, and the receipt. `unanswered` is a correction or kill
    that they may not have acted on."""

    notice: Notice
    licensee: Licensee
    edition: Edition | None
    story: Story | None
    state: rules.Standing
    handovers: Sequence[Handover]
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class LicenseePage:
    """A licensee, the desks whose stories they have, and what they were told, newest first, a page of it: on the first
    page after `first`, the corrections and kills that they have not answered, of which `kills` and `corrections` are
    how many there are.

    `last_at` is when they were told last, `silent` how many notices of editions they have not acknowledged. `older` is
    the public id of the last notice of this page, if there are more. `history` is what was done to the licensee.
    `tried_at` is when a webhook that is switched off has last taken a test notice since.
    """

    licensee: Licensee
    desks: Sequence[Desk]
    told: Sequence[Told]
    first: Sequence[Told] = ()
    kills: int = 0
    corrections: int = 0
    last_at: datetime | None = None
    silent: int = 0
    older: str | None = None
    history: Sequence[Happened] = ()
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RepublicationPage:
    """The last edition of a story, as it is to be printed; a kill has no `text`, but `over`: when, by whom and why."""

    story: Story
    edition: Edition
    text: Republished | None
    over: Over | None
    told: Sequence[Told]


def republication_page(session: Session, actor: Actor, story_public_id: str) -> RepublicationPage:
    """The text of the edition that is out, or that it was killed, and who was told. Raises NotFound, NotNow."""
    story, _ = reading.story_for(session, actor, story_public_id)
    edition = stories.current_edition(session, story.id)
    if edition is None:
        raise NotNow("Nothing of %(slug)s is published yet.", slug=story.slug)
    copy = republished(session, story, edition, more=MORE) if edition.cause != "kill" else None
    told = notices_of_story(session, story.id) if permits(actor, "republication.read") else []
    return RepublicationPage(story, edition, copy, over_of(session, story, edition), told)


def text_to_run(session: Session, actor: Actor, story_public_id: str) -> Republished:
    """The text alone of the edition that is out. Raises NotFound, and NotNow before publication or after a kill."""
    page = republication_page(session, actor, story_public_id)
    if page.text is None:
        raise NotNow("%(slug)s was killed: there is no text to run.", slug=page.story.slug)
    return page.text


def licensees_page(session: Session, actor: Actor) -> list[LicenseePage]:
    """All licensees with their desks, without what they were told."""
    require(actor, "republication.read")
    every = queries.licensees(session)
    granted = queries.desks_of(session, [one.id for one in every])
    desks = people.desks(session)
    counted, unanswered = queries.counted(session), answering.counted(session)
    pages = []
    for one in every:
        last_at, silent = counted.get(one.id, (None, 0))
        waiting = unanswered.get(one.id, {})
        pages.append(
            LicenseePage(
                one,
                [desk for desk in desks if desk.id in granted[one.id]],
                [],
                kills=waiting.get("kill", 0),
                corrections=waiting.get("correction", 0),
                last_at=last_at,
                silent=silent,
            )
        )
    return pages


def licensee_page(
    session: Session, actor: Actor, public_id: str, *, before: str = "", silent: bool = False
) -> LicenseePage:
    """One licensee with a page of their notices: those before the notice of that public id, or only unanswered ones.
    The first page begins with the corrections and kills that they have not answered.

    Raises NotFound, Forbidden.
    """
    require(actor, "republication.read")
    licensee = queries.licensee(session, public_id)
    granted = queries.desks_of(session, [licensee.id])[licensee.id]
    unanswered = answering.open_notices(session, licensee.id, limit=A_PAGE)
    ids = {notice.id for notice in unanswered}
    notices = queries.notices_of(session, licensee.id, before=before, silent=silent, but=ids, limit=A_PAGE + 1)
    waiting = answering.counted(session, licensee.id).get(licensee.id, {}) if unanswered else {}
    return LicenseePage(
        licensee,
        [desk for desk in people.desks(session) if desk.id in granted],
        _told(session, notices[:A_PAGE]),
        first=_told(session, unanswered, unanswered=True) if not before else (),
        kills=waiting.get("kill", 0),
        corrections=waiting.get("correction", 0),
        silent=queries.silent(session, licensee.id),
        older=notices[A_PAGE - 1].public_id if len(notices) > A_PAGE else None,
        history=history.of_licensee(session, licensee) if permits(actor, "republication.manage") else (),
        tried_at=_tried_at(session, licensee),
    )


def notices_of_story(session: Session, story_id: int) -> list[Told]:
    """Every notice of every edition of a story, newest first."""
    editions = [edition.id for edition in stories.editions(session, story_id)]
    return _told(session, list(reversed(queries.notices_of_editions(session, editions))))


def told_last(session: Session, licensee_id: int, story_id: int) -> int:
    """The number of the last edition of a story that a licensee is told of; 0 if of none."""
    last = _told_of(licensee_id, story_id).with_only_columns(func.max(Edition.number))
    return session.scalar(last) or 0


def republished(session: Session, story: Story, edition: Edition, *, more: int = 0) -> Republished:
    """An edition as it is to be printed, with the abstracts of the `more` stories published last beside it."""
    newsroom = people.newsroom(session)
    version = session.get_one(Version, edition.version_id)
    bylines = drafts.bylines(session, [version.id]).get(version.id, [])
    return Republished(
        agency=newsroom.agency,
        first_year=newsroom.first_year,
        year=_year(newsroom, edition),
        permission_sentence=newsroom.permission_sentence,
        headline=version.headline,
        bylines=[(line.name, line.title) for line in bylines],
        places=version.dateline_places,
        body_html=version.body_html,
        language=story.language,
        abstracts=_abstracts(session, but=story.id, limit=more) if more else [],
    )


def abstract_of(version: Version) -> str:
    """One paragraph that stands for a version: its abstract, else its first paragraph."""
    return " ".join((version.abstract or text.first_paragraph(version.body_html)).split())


def _told_of(licensee_id: int, story_id: int) -> Select[Edition]:
    told = select(Edition).join(Notice, Notice.edition_id == Edition.id)
    return told.where(Notice.licensee_id == licensee_id, Edition.story_id == story_id)


def _abstracts(session: Session, *, but: int, limit: int) -> list[str]:
    """Of the stories whose last edition is the latest, one each; what was killed is not among them."""
    any_one = aliased(Edition)
    last = select(func.max(any_one.number)).where(any_one.story_id == Story.id).scalar_subquery()
    rows = session.scalars(
        select(Version)
        .join(Edition, Edition.version_id == Version.id)
        .join(Story, Story.id == Edition.story_id)
        .where(Edition.number == last, Edition.cause != "kill", Story.id != but)
        .order_by(Edition.published_at.desc(), Edition.id.desc())
        .limit(limit)
    )
    return [abstract_of(version) for version in rows]


def _year(newsroom: Newsroom, edition: Edition) -> int:
    return clock.moment_at(edition.published_at, newsroom.zone).wall.year


def _tried_at(session: Session, licensee: Licensee) -> datetime | None:
    if licensee.webhook is None or licensee.webhook_off_at is None:
        return None
    tests = queries.tests_of(session, licensee.id, since=licensee.webhook_off_at)
    handed = outbox.handovers(session, [notice.message_id for notice in tests])
    taken = [
        one.last_at
        for by in handed.values()
        for one in by
        if one.channel == "webhook" and one.state == "done" and one.address == licensee.webhook[:500] and one.last_at
    ]
    return max(taken, default=None)


def _told(session: Session, notices: Sequence[Notice], *, unanswered: bool = False) -> list[Told]:
    handed = outbox.handovers(session, [notice.message_id for notice in notices])
    licensees = queries.by_id(session, [notice.licensee_id for notice in notices])
    rows = session.execute(
        select(Edition, Story)
        .join(Story, Story.id == Edition.story_id)
        .where(Edition.id.in_({notice.edition_id for notice in notices}))
    )
    editions = {row[0].id: (row[0], row[1]) for row in rows}
    told = []
    for notice in notices:
        edition, story = editions.get(notice.edition_id or 0, (None, None))
        by = handed.get(notice.message_id, [])
        state = queries.standing_of(notice, by)
        told.append(Told(notice, licensees[notice.licensee_id], edition, story, state, by, unanswered))
    return told
