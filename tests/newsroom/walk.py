"""One story with its people, taken as far as a test needs it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments.models import Assignment
from desk.audit.models import Entry
from desk.drafts import queries as drafts
from desk.drafts.models import Version
from desk.drafts.rules import Copy
from desk.newsroom import approving, copydesk, publishing, reminding
from desk.outbox.models import Message
from desk.people.models import Desk, Person
from desk.reminders.models import Rung
from desk.stories.models import Edition, Story
from tests import factories

HEADLINE = "Ministers agree on a new shipping lane"
BODY = "<p>Ministers of four states agreed on Tuesday.</p>\n<p>Ships sail from Odesa on Friday.</p>"


def copy(headline: str = HEADLINE, body: str = BODY, **more: object) -> Copy:
    return Copy(headline=headline, body_html=body, **more)  # type: ignore[arg-type]  # a test names real fields


@dataclass
class Walk:
    """A story that Olena writes for Eva's desk; Arthur approves, Emil edits beside Eva, Colm works for another desk."""

    session: Session
    now: datetime
    desk: Desk
    eva: Person
    emil: Person
    arthur: Person
    olena: Person
    colm: Person
    story: Story
    assignment: Assignment

    def actor(self, who: Person) -> Actor:
        return factories.actor(self.session, who)

    @property
    def last_n(self) -> int:
        return drafts.main_draft(self.session, self.story.id).last_n

    @property
    def last(self) -> Version:
        found = drafts.latest(self.session, drafts.main_draft(self.session, self.story.id).id)
        assert found is not None
        return found

    def save(
        self, who: Person, text: Copy | None = None, *, base_n: int | None = None
    ) -> copydesk.Saved | copydesk.Unchanged | copydesk.Stale:
        base = self.last_n if base_n is None else base_n
        return copydesk.save(
            self.session, self.actor(who), self.story.public_id, text or copy(), base_n=base, now=self.now
        )

    def file(
        self, who: Person, text: Copy | None = None, *, base_n: int | None = None
    ) -> copydesk.Filed | copydesk.Stale:
        base = self.last_n if base_n is None else base_n
        return copydesk.file(
            self.session, self.actor(who), self.story.public_id, text or copy(), base_n=base, now=self.now
        )

    def approve(self, who: Person, note: str = "") -> None:
        approving.approve(self.session, self.actor(who), self.story.public_id, self.last.public_id, note, now=self.now)

    def send_back(self, who: Person, note: str) -> None:
        approving.send_back(
            self.session, self.actor(who), self.story.public_id, self.last.public_id, note, now=self.now
        )

    def publish(self, who: Person | None = None) -> publishing.Published | publishing.Scheduled:
        actor = self.actor(who or self.eva)
        return publishing.publish(self.session, actor, self.story.public_id, self.last.public_id, self.now)

    def approved(self) -> None:
        """As far as an approval."""
        self.file(self.olena)
        self.approve(self.arthur)

    def published(self) -> Edition:
        """As far as edition 1."""
        self.approved()
        done = self.publish()
        assert isinstance(done, publishing.Published)
        return done.edition

    def told(self, kind: str) -> set[str]:
        """The names of those who were told that."""
        rows = self.session.scalars(
            select(Person.name)
            .join(Message, (Message.recipient_id == Person.id) & (Message.recipient_kind == "person"))
            .where(Message.kind == kind, Message.story_id == self.story.id)
        )
        return set(rows)

    def facts(self, kind: str) -> dict[str, object]:
        """The facts of the last message of that kind."""
        last = self.session.scalars(select(Message.facts).where(Message.kind == kind).order_by(Message.id.desc()))
        return dict(last.first() or {})

    def verbs(self) -> list[str]:
        """What was recorded of the story, in order."""
        self.session.flush()
        return list(self.session.scalars(select(Entry.verb).where(Entry.story_id == self.story.id).order_by(Entry.id)))

    def planned(self) -> int:
        """How many reminders of the assignment are still planned."""
        rungs = select(Rung.id).where(
            Rung.thing_kind == "assignment", Rung.thing_id == self.assignment.id, Rung.state == "planned"
        )
        return len(self.session.scalars(rungs).all())


def begin(session: Session, now: datetime, *, assigned: bool = True, slug: str = "GRAIN/CORRIDOR") -> Walk:
    """A story that Olena has accepted (or its open assignment, if not), on desks of its own."""
    from_desk = factories.desk(session, f"World desk {slug}")
    other_desk = factories.desk(session, f"Sports desk {slug}", "Europe/Dublin")
    olena = factories.person(
        session, "Olena Demchuk", title="Black Sea Correspondent", roles=((from_desk, "correspondent"),)
    )
    story = factories.story(session, from_desk, slug, state="reporting" if assigned else "commissioned")
    assignment = factories.assignment(session, story, assignee=olena if assigned else None)
    reminding.plan(session, assignment, now=now)
    return Walk(
        session=session,
        now=now,
        desk=from_desk,
        eva=factories.person(session, "Eva Lindqvist", zone="Europe/Brussels", roles=((from_desk, "editor"),)),
        emil=factories.person(session, "Emil Novak", zone="Europe/Prague", roles=((from_desk, "editor"),)),
        arthur=factories.person(session, "Arthur Mensah", zone="Africa/Accra", roles=((from_desk, "approver"),)),
        olena=olena,
        colm=factories.person(session, "Colm Byrne", zone="Europe/Dublin", roles=((other_desk, "correspondent"),)),
        story=story,
        assignment=assignment,
    )
