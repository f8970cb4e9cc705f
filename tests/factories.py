"""Rows for tests, made as simply as may be: each gives the row, flushed, and fills in what was not said. What hangs on
it, such as the bylines of a version, is flushed with whatever is next."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desk import chance
from desk.actor import Actor, Role
from desk.assignments.models import Assignment, Offer
from desk.audit.models import Entry
from desk.audit.service import record
from desk.clock import Moment, moment_at
from desk.drafts.models import Byline, Draft, Version
from desk.people import queries
from desk.people.models import Desk, Membership, Newsroom, Person
from desk.republication.models import Grant, Licensee
from desk.stories.models import Edition, Story
from desk.wires.models import Intake, Item, Source

NOW = datetime(2026, 11, 24, 13, 37, tzinfo=UTC)


def newsroom(session: Session) -> Newsroom:
    """Meridian News, once."""
    found = session.get(Newsroom, 1)
    if found is None:
        found = Newsroom(
            id=1,
            agency="Meridian News",
            first_year=1999,
            permission_sentence=(
                "This article was originally published on Meridian News and was reproduced with permission."
            ),
            zone="Europe/Brussels",
            language="en",
        )
        session.add(found)
        session.flush()
    return found


def desk(session: Session, name: str = "World desk", zone: str = "Europe/Brussels") -> Desk:
    newsroom(session)
    row = Desk(public_id=chance.public_id(), name=name, zone=zone)
    session.add(row)
    session.flush()
    return row


def person(
    session: Session,
    name: str = "Olena Demchuk",
    *,
    zone: str = "Europe/Kyiv",
    title: str = "",
    is_admin: bool = False,
    roles: tuple[tuple[Desk, Role], ...] = (),
) -> Person:
    local = name.lower().replace(" ", ".")
    row = Person(
        public_id=chance.public_id(),
        name=name,
        title=title,
        email=f"{local}.{chance.token(3)}@meridian.example",
        home_zone=zone,
        present_zone=zone,
        is_admin=is_admin,
        joined_at=NOW,
    )
    session.add(row)
    session.flush()
    session.add_all(Membership(person_id=row.id, desk_id=of.id, role=role) for of, role in roles)
    return row


def actor(session: Session, who: Person) -> Actor:
    return queries.actor_of(session, who)


def story(session: Session, on: Desk, slug: str = "GRAIN/CORRIDOR", state: str = "commissioned") -> Story:
    row = Story(
        public_id=chance.public_id(),
        desk_id=on.id,
        slug=slug,
        slug_day=NOW.astimezone(ZoneInfo(on.zone)).date().isoformat(),
        title="Ministers meet in Odesa over a new shipping lane",
        places=["Odesa", "Istanbul"],
        zone="Europe/Kyiv",
        language="en",
        length=800,
        state=state,
        made_at=NOW,
        changed_at=NOW,
    )
    session.add(row)
    session.flush()
    session.add(Draft(story_id=row.id, is_main=True))
    return row


def assignment(
    session: Session,
    on: Story,
    *,
    assignee: Person | None = None,
    editor: Person | None = None,
    state: str | None = None,
    deadline: datetime | None = None,
    zone: str = "Europe/Brussels",
) -> Assignment:
    at = deadline or NOW + timedelta(hours=5)
    row = Assignment(
        public_id=chance.public_id(),
        story_id=on.id,
        editor_id=editor.id if editor else None,
        assignee_id=assignee.id if assignee else None,
        medium="text",
        state=state or ("accepted" if assignee else "open"),
        deadline_at=at,
        deadline_wall=at.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
        deadline_zone=zone,
        deadline_fold=0,
        made_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def offer(session: Session, of: Assignment, to: Person, state: str = "made") -> Offer:
    row = Offer(
        public_id=chance.public_id(),
        assignment_id=of.id,
        person_id=to.id,
        state=state,
        reason="On leave" if state == "declined" else "",
        made_at=NOW,
        answered_at=None if state == "made" else NOW,
    )
    session.add(row)
    session.flush()
    return row


def moment(now: datetime, *, hours: float, zone: str = "Europe/Brussels") -> Moment:
    """That many hours from `now`, to the minute, as typed in `zone`."""
    return moment_at((now + timedelta(hours=hours)).replace(second=0, microsecond=0), zone)


def item(session: Session, *, embargo_at: datetime | None = None, of: Item | None = None) -> Item:
    """A wire item of a source of its own, or a later revision of `of`."""
    if of is None:
        source = Source(
            public_id=chance.public_id(),
            name=f"Wire {chance.token(3)}",
            kind="feed",
            url="https://wire.example/feed",
            zone="UTC",
        )
        session.add(source)
        session.flush()
        intake = Intake(public_id=chance.public_id(), source_id=source.id, sha256=chance.token(), data=b"", at=NOW)
        session.add(intake)
        session.flush()
    row = Item(
        public_id=chance.public_id(),
        source_id=of.source_id if of else source.id,
        intake_id=of.intake_id if of else intake.id,
        guid=of.guid if of else chance.token(5),
        revision=of.revision + 1 if of else 1,
        digest=chance.token(),
        at=NOW,
        headline="Wire copy",
        places=[],
        body_html="<p>Wire copy</p>",
        pubstatus="usable",
        embargo_at=embargo_at,
        fields={},
        search_text="",
    )
    session.add(row)
    session.flush()
    return row


def entry(session: Session, of: Story, verb: str, **details: Any) -> Entry:
    """A line in the record: the desk did `verb` to a story."""
    row = record(session, Actor("system", name="Eva"), verb, ("story", of.id), now=NOW, story_id=of.id, **details)
    session.flush()
    return row


def version(
    session: Session,
    on: Story,
    *,
    headline: str = "Grain ships wait as Odesa opens a new lane",
    abstract: str = "",
    body_html: str = "<p>Ministers met in Odesa on Tuesday.</p>\n<p>They agreed on little.</p>",
    places: tuple[str, ...] = ("Odesa", "Istanbul"),
    by: tuple[tuple[str, str], ...] = (("Olena Demchuk", "Black Sea Correspondent"),),
) -> Version:
    """A version of the story's main draft, with its byline."""
    draft = session.query(Draft).filter_by(story_id=on.id, is_main=True).one()
    draft.last_n += 1
    row = Version(
        public_id=chance.public_id(),
        draft_id=draft.id,
        n=draft.last_n,
        at=NOW,
        headline=headline,
        abstract=abstract,
        dateline_places=list(places),
        body_html=body_html,
        ednote="",
        words=len(body_html.split()),
        search_text="",
    )
    session.add(row)
    session.flush()
    for pos, (name, title) in enumerate(by):
        session.add(Byline(version_id=row.id, pos=pos, name=name, title=title))
    return row


def edition(
    session: Session,
    on: Story,
    cause: str = "first",
    *,
    of: Version | None = None,
    wrong: str = "",
    right: str = "",
    why: str = "",
    at: datetime = NOW,
) -> Edition:
    """The next edition of a story, as publishing leaves it; nobody is told."""
    row = Edition(
        public_id=chance.public_id(),
        story_id=on.id,
        number=session.query(Edition).filter_by(story_id=on.id).count() + 1,
        cause=cause,
        version_id=(of or version(session, on)).id,
        published_at=at,
        was_wrong=wrong,
        is_right=right,
        why=why,
    )
    session.add(row)
    session.flush()
    return row


def licensee(
    session: Session,
    name: str = "Radio Novi Most",
    *,
    desks: tuple[Desk, ...] = (),
    webhook: str | None = None,
    zone: str = "Europe/Belgrade",
) -> Licensee:
    """A licensee with a standing grant for `desks`."""
    row = Licensee(
        public_id=chance.public_id(),
        name=name,
        contact="D. Petrović",
        mail=f"news@{name.lower().replace(' ', '-')}.example",
        webhook=webhook,
        secret=f"whsec_{base64.b64encode(bytes(32)).decode()}" if webhook else None,
        zone=zone,
        made_at=NOW,
    )
    session.add(row)
    session.flush()
    session.add_all(Grant(licensee_id=row.id, desk_id=of.id) for of in desks)
    return row
