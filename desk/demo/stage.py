"""One story of the demo as it is played: who does what to it. Each step calls the newsroom's verb for it.

A step is a function of the stage and the instant at which it happens; `stories.py` lists them by minutes from now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import clock, text
from desk.actor import Actor
from desk.assignments.models import Assignment, Offer
from desk.demo.dates import told
from desk.drafts import queries as drafts
from desk.drafts.rules import Copy
from desk.newsroom import approving, commissioning, copydesk, embargoing, notifying, publishing
from desk.outbox.models import Message
from desk.people.models import Person
from desk.republication.models import Licensee, Notice
from desk.stories import queries as stories
from desk.stories.models import Edition, Story


@dataclass(frozen=True, slots=True)
class Cast:
    """Those who play: people by their first names, and the instant as of which everything is told."""

    session: Session
    people: Mapping[str, Person]
    actors: Mapping[str, Actor]
    loaded_at: datetime

    def minute(self, minutes: float, zone: str) -> clock.Moment:
        """So many minutes from the load, to the minute; what is hours away at a full five minutes, as people do."""
        at = clock.minute_floor(self.loaded_at + timedelta(minutes=minutes))
        if abs(minutes) > 120:
            at -= timedelta(minutes=at.minute % 5)
        return clock.moment_at(at, zone)


@dataclass(slots=True)
class Stage:
    """A story under way: its copy as it will stand, its assignments in the order they were given."""

    cast: Cast
    story: Story
    zone: str
    copy: Copy
    assignments: list[Assignment] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return self.cast.session

    def actor(self, name: str) -> Actor:
        return self.cast.actors[name]

    def offer_to(self, name: str, of: int) -> Offer:
        """The last offer of one assignment to a person."""
        mine = (Offer.assignment_id == self.assignments[of].id, Offer.person_id == self.cast.people[name].id)
        return self.session.scalars(select(Offer).where(*mine).order_by(Offer.id.desc())).first() or _none("offer")

    def so_far(self, who: str, upto: int | None, headline: str | None) -> Copy:
        """The copy as far as paragraph `upto`, under the writer's byline."""
        writer = self.cast.people[who]
        return replace(
            self.copy,
            headline=headline or self.copy.headline,
            bylines=((writer.name, writer.title, writer.public_id),),
            body_html="\n".join(text.blocks(self.copy.body_html)[:upto]),
        )

    def ids(self, names: Sequence[str]) -> list[str]:
        return [self.cast.people[name].public_id for name in names]


Step = Callable[[Stage, datetime], None]


def assign(by: str, *to: str, due: float, medium: str = "text", length: int | None = None, brief: str = "") -> Step:
    """Offer an assignment, due so many minutes from the load as typed in the desk's zone; `by` is its editor."""

    def step(stage: Stage, now: datetime) -> None:
        assignment = commissioning.assign(
            stage.session, stage.actor(by), stage.story.public_id, medium=medium, brief=brief, length=length,
            moment=stage.cast.minute(due, stage.zone), people=stage.ids(to),
            editor=stage.cast.people[by].public_id, now=now,
        )  # fmt: skip
        stage.assignments.append(assignment)

    return step


def accept(who: str, of: int = 0) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        commissioning.accept(stage.session, stage.actor(who), stage.offer_to(who, of).public_id, now=now)

    return step


def decline(who: str, reason: str, of: int = 0) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        mine = stage.offer_to(who, of).public_id
        commissioning.decline(stage.session, stage.actor(who), mine, reason=reason, now=now)

    return step


def say(who: str, words: str, of: int = 0) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        commissioning.say(stage.session, stage.actor(who), stage.assignments[of].public_id, words, now=now)

    return step


def move_deadline(by: str, due: float, why: str, of: int = 0) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        assignment, moment = stage.assignments[of].public_id, stage.cast.minute(due, stage.zone)
        commissioning.move_deadline(stage.session, stage.actor(by), assignment, moment=moment, why=why, now=now)

    return step


def reassign(by: str, *to: str, why: str, of: int = 0) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        commissioning.reassign(
            stage.session, stage.actor(by), stage.assignments[of].public_id, people=stage.ids(to), why=why, now=now
        )

    return step


def cancel(by: str, why: str, of: int = 0) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        commissioning.cancel(stage.session, stage.actor(by), stage.assignments[of].public_id, why=why, now=now)

    return step


def save(who: str, upto: int | None = None, headline: str | None = None) -> Step:
    """Save the copy as far as paragraph `upto`, perhaps under another headline than the last."""

    def step(stage: Stage, now: datetime) -> None:
        copy = stage.so_far(who, upto, headline)
        copydesk.save(stage.session, stage.actor(who), stage.story.public_id, copy, base_n=_last_n(stage), now=now)

    return step


def file(who: str, upto: int | None = None, headline: str | None = None) -> Step:
    """Hand the copy in, whole or as far as paragraph `upto`."""

    def step(stage: Stage, now: datetime) -> None:
        copy = stage.so_far(who, upto, headline)
        copydesk.file(stage.session, stage.actor(who), stage.story.public_id, copy, base_n=_last_n(stage), now=now)

    return step


def edit(who: str, was: str, becomes: str) -> Step:
    """Save what stands with one phrase changed, in headline and body."""

    def step(stage: Stage, now: datetime) -> None:
        version = drafts.latest(stage.session, drafts.main_draft(stage.session, stage.story.id).id) or _none("version")
        stands = drafts.copy_of(stage.session, version)
        if was not in stands.headline + stands.body_html:
            raise ValueError(f"{stage.story.slug} does not say: {was}")
        new = told(becomes, now)
        copy = replace(stands, headline=stands.headline.replace(was, new), body_html=stands.body_html.replace(was, new))
        copydesk.save(stage.session, stage.actor(who), stage.story.public_id, copy, base_n=version.n, now=now)

    return step


def approve(who: str, note: str = "") -> Step:
    def step(stage: Stage, now: datetime) -> None:
        approving.approve(stage.session, stage.actor(who), stage.story.public_id, _last(stage), note, now)

    return step


def send_back(who: str, note: str) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        approving.send_back(stage.session, stage.actor(who), stage.story.public_id, _last(stage), note, now)

    return step


def embargo(who: str, until: float) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        moment, seen = stage.cast.minute(until, stage.zone), stage.story.embargo_at
        embargoing.set_embargo(stage.session, stage.actor(who), stage.story.public_id, moment, now, seen=seen)

    return step


def schedule(who: str, at: float) -> Step:
    """Have it published so many minutes from the load."""

    def step(stage: Stage, now: datetime) -> None:
        moment = stage.cast.minute(at, stage.zone)
        publishing.schedule(stage.session, stage.actor(who), stage.story.public_id, _last(stage), moment, now)

    return step


def publish(who: str) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        publishing.publish(stage.session, stage.actor(who), stage.story.public_id, _last(stage), now)

    return step


def publish_on_authority(who: str, why: str) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        publishing.publish_on_authority(stage.session, stage.actor(who), stage.story.public_id, _last(stage), why, now)

    return step


def prepare(who: str, cause: str, wrong: str = "", right: str = "") -> Step:
    def step(stage: Stage, now: datetime) -> None:
        publishing.prepare_edition(
            stage.session, stage.actor(who), stage.story.public_id, _last(stage), cause, told(wrong, now),
            told(right, now), now,
        )  # fmt: skip

    return step


def hold(who: str, why: str) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        publishing.hold(stage.session, stage.actor(who), stage.story.public_id, why, now)

    return step


def spike(who: str, why: str) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        publishing.spike(stage.session, stage.actor(who), stage.story.public_id, why, now)

    return step


def kill(who: str, why: str) -> Step:
    def step(stage: Stage, now: datetime) -> None:
        out = stories.current_edition(stage.session, stage.story.id) or _none("edition")
        publishing.kill(stage.session, stage.actor(who), stage.story.public_id, out.number, why, now)

    return step


def acknowledge(licensee: str, name: str) -> Step:
    """`name` at a licensee follows the receipt link of the last edition's notice."""

    def step(stage: Stage, now: datetime) -> None:
        facts = stage.session.scalars(
            select(Message.facts)
            .join(Notice, Notice.message_id == Message.id)
            .join(Edition, Edition.id == Notice.edition_id)
            .join(Licensee, Licensee.id == Notice.licensee_id)
            .where(Edition.story_id == stage.story.id, Licensee.name == licensee)
            .order_by(Edition.number.desc())
        ).first() or _none("notice")
        notifying.acknowledge(stage.session, facts["receipt"], name, now=now)

    return step


# --- what steps need


def _last_n(stage: Stage) -> int:
    return drafts.main_draft(stage.session, stage.story.id).last_n


def _last(stage: Stage) -> str:
    draft = drafts.main_draft(stage.session, stage.story.id)
    return (drafts.latest(stage.session, draft.id) or _none("version")).public_id


def _none(what: str) -> NoReturn:
    raise LookupError(f"the demo's script asks for a {what} that is not there")
