"""One commission in hand: its story locked, who may do what with it, and the telling and recording its acts share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk import db
from desk.actor import Actor
from desk.assignments import queries
from desk.assignments import service as assignments
from desk.assignments.models import Assignment, Offer
from desk.audit.service import record
from desk.clock import Moment
from desk.drafts import service as drafts
from desk.errors import Invalid, NotFound, NotNow
from desk.newsroom import reading, reminding
from desk.newsroom.telling import editors_of, facts_of, iso, tell, unsay
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits, require
from desk.stories import service as stories
from desk.stories import workflow
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Commission:
    """An assignment as one act finds it: the story is locked, and the offers were read after that."""

    session: Session
    actor: Actor
    now: datetime
    story: Story
    desk: Desk
    assignment: Assignment
    offers: list[Offer]

    @property
    def offered(self) -> list[Offer]:
        """The offers that wait for an answer."""
        return [of for of in self.offers if of.state == "made"]

    @property
    def is_main(self) -> bool:
        """Whether the story's main text is written for it."""
        main = reading.main_assignment(self.session, self.story.id)
        return main is not None and main.id == self.assignment.id

    def may(self, permission: str, owner: int | None, absent: str) -> None:
        """Raise Forbidden unless the actor may, and NotFound with `absent` if they may not even read the story."""
        desk_id = self.story.desk_id
        facts = Facts(desk_id=desk_id, owners=frozenset() if owner is None else frozenset({owner}))
        if not permits(self.actor, permission, facts):
            theirs = {of.person_id for of in self.offered} | {self.assignment.assignee_id or 0}
            if not permits(self.actor, "story.read", Facts(desk_id=desk_id, owners=frozenset(theirs))):
                raise NotFound(absent)
            require(self.actor, permission, facts)

    def move_story(self, name: str) -> None:
        """Move the story as the table says; one further on stays, one on hold goes there when it is released."""
        story, before = self.story, workflow.MOVES[name].before
        if story.state in before:
            stories.move(self.session, story, name, now=self.now)
        elif story.state == "held" and story.came_from in before:
            stories.move_held(self.session, story, name, now=self.now)

    def open_draft(self) -> None:
        """The draft that a text is written in: the main one while nobody has that."""
        if self.assignment.medium == "text":
            drafts.open_for_assignment(
                self.session,
                story_id=self.story.id,
                assignment_id=self.assignment.id,
                ended=queries.cancelled(self.session, self.story.id),
            )

    def offer(self, asked: Sequence[Person]) -> list[Offer]:
        """Put it to these people and tell them. Raises Invalid for one who has the offer already."""
        has = {of.person_id for of in self.offered}
        for person in asked:
            if person.id in has:
                raise Invalid("%(name)s has this offer already.", field="people", name=person.name)
        made = [assignments.offer(self.session, self.assignment, person.id, now=self.now) for person in asked]
        self.offers.extend(made)
        self.tell_offers(made)
        return made

    def retime(self, moment: Moment, *, past_ok: bool, why: str) -> None:
        """Give it another deadline: its rungs are planned anew, and all who count on the old one are told.

        Raises Past if it is not ahead and that was not said to be meant, Invalid for the same as before.
        """
        session, story, of, now = self.session, self.story, self.assignment, self.now
        old_no, old = of.deadline_no, iso(of.deadline_at)
        number = assignments.set_deadline(session, of, moment, past_ok=past_ok, now=now)
        unsay(session, story, f"deadline:{of.id}:{old_no}:", why="deadline moved", now=now)
        reminding.forget(session, story, of, old_no, now=now)
        reminding.plan(session, of, now=now)
        self.record("deadline_moved", why=why, old=old, new=iso(moment.at), zone=moment.zone)
        holders = [of.assignee_id, *(offer.person_id for offer in self.offered)]
        told = people.people(session, [id_ for id_ in holders if id_ is not None])
        told |= {person.id: person for person in editors_of(session, of, story)}
        self.tell("deadline_moved", told.values(), f"deadline:{of.id}:{number}", by=self.actor.name, old=old, why=why)

    def settle(self) -> None:
        """What follows every change: by when the story's next copy is due, and that its pages have changed."""
        stories.set_due(self.session, self.story, queries.next_deadline(self.session, self.story.id), now=self.now)

    def record(
        self, verb: str, *, before: str | None = None, after: str | None = None, why: str = "", **details: Any
    ) -> int:
        """Record an act; gives the entry's id, by which its messages are told from those of the next such act."""
        entry = record(
            self.session, self.actor, verb, ("assignment", self.assignment.id), now=self.now, story_id=self.story.id,
            desk_id=self.story.desk_id, before=before, after=after, why=why, medium=self.assignment.medium, **details,
        )  # fmt: skip
        self.session.flush()
        return entry.id

    def tell(self, kind: str, to: Iterable[Person], key: str, **more: Any) -> None:
        """Tell these people, but never the actor; `more` goes beside what every message about an assignment says."""
        facts = facts_of(self.story, self.assignment, self.desk, **more)
        tell(self.session, kind, to, but=self.actor, key=key, facts=facts, story=self.story, now=self.now)

    def tell_editors(self, kind: str, key: str, **more: Any) -> None:
        self.tell(kind, editors_of(self.session, self.assignment, self.story), key, **more)

    def tell_offers(self, made: Sequence[Offer]) -> None:
        """`others` counts those who have the same offer."""
        asked = people.people(self.session, [of.person_id for of in made])
        for of in made:
            more = {"offer": of.public_id, "by": self.actor.name, "others": len(self.offered) - 1}
            self.tell("offer", [asked[of.person_id]], f"offer:{of.id}", **more)

    def tell_gone(self, gone: Sequence[Offer], *, ended: str, by: str, why: str = "") -> None:
        """Record and tell why each of these offers is gone: `ended` is taken, withdrawn, cancelled or published.

        A mail still waiting is not sent.
        """
        asked = people.people(self.session, [of.person_id for of in gone])
        for of in gone:
            person = asked[of.person_id].name
            self.record("offer_lapsed" if ended == "taken" else "offer_withdrawn", why=why, person=person)
            unsay(self.session, self.story, f"offer:{of.id}:", why=f"offer {ended}", now=self.now)
            more = {"offer": of.public_id, "ended": ended, "by": by, "why": why}
            self.tell("offer_lapsed", [asked[of.person_id]], f"offer_gone:{of.id}", **more)


def held(session: Session, actor: Actor, of: Assignment, *, now: datetime) -> Commission:
    """Lock the story, then read the assignment and its offers as they are now. Asks for no permission."""
    (story,) = db.lock(session, Story, of.story_id)
    assignment, offers = assignments.locked(session, of.id)
    return Commission(session, actor, now, story, session.get_one(Desk, story.desk_id), assignment, offers)


def given(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Commission:
    """The assignment of that public id, for an actor who may give it to people."""
    case = held(session, actor, queries.assignment(session, public_id), now=now)
    case.may("assignment.give", None, _NO_ASSIGNMENT)
    return case


def taken(session: Session, actor: Actor, public_id: str, *, now: datetime) -> Commission:
    """The assignment of that public id, for the one who has it."""
    case = held(session, actor, queries.assignment(session, public_id), now=now)
    case.may("assignment.answer", case.assignment.assignee_id, _NO_ASSIGNMENT)
    return case


def offered_by(session: Session, actor: Actor, offer_public_id: str, *, now: datetime) -> tuple[Commission, Offer]:
    """The offer of that public id, for an actor who may make it."""
    offer, of = queries.offer(session, offer_public_id)
    case = held(session, actor, of, now=now)
    case.may("assignment.give", None, _NO_OFFER)
    return case, offer


def offered_to(session: Session, actor: Actor, offer_public_id: str, *, now: datetime) -> tuple[Commission, Offer]:
    """The offer of that public id, for the one it was made to."""
    offer, of = queries.offer(session, offer_public_id)
    case = held(session, actor, of, now=now)
    case.may("assignment.answer", offer.person_id, _NO_OFFER)
    return case, offer


def refuse_over(story: Story) -> None:
    """Raise NotNow for a story that was spiked or killed."""
    if story.state in workflow.OVER:
        raise NotNow("This story was %(state)s: nothing is wanted for it any more.", state=story.state)


def askable(session: Session, kept: Mapping[str, Person], public_ids: Sequence[str]) -> list[Person]:
    """The people of these ids, each once, in this order; they were `kept` before the story was locked.

    Raises Invalid for one who can't be asked.
    """
    with_a_role = people.on_open_desks(session, [person.id for person in kept.values()])
    for public_id in public_ids:
        person = kept.get(public_id)
        if person is None:
            raise Invalid("One of those you chose is not known here.", field="people")
        if person.disabled_at is not None:
            raise Invalid(
                "%(name)s does not work here any more. Choose somebody else.", field="people", name=person.name
            )
        if person.id not in with_a_role:
            raise Invalid(
                "%(name)s has no role on any open desk. Choose somebody else, or have an administrator give one.",
                field="people", name=person.name,
            )  # fmt: skip
    return [kept[public_id] for public_id in dict.fromkeys(public_ids)]


def editor_id(session: Session, story: Story, public_id: str | None) -> int | None:
    """The named editor's id, or None if none is named. Raises Invalid for who is no editor of the story's desk."""
    if not public_id:
        return None
    for person in people.holders(session, story.desk_id, "editor"):
        if person.public_id == public_id:
            return person.id
    raise Invalid("The editor to be told must be one of this desk's editors.", field="editor")


# --- steps

_NO_ASSIGNMENT = "There is no such assignment here."
_NO_OFFER = "There is no such offer here."
