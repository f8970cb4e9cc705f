"""All that one story's page shows, read in one place; and which moves its reader may make now."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.approvals import queries as approvals
from desk.approvals.models import Decision
from desk.assignments import queries as assignments
from desk.assignments.models import Assignment, Offer
from desk.drafts import queries as drafts
from desk.drafts.models import Byline, LostSave, Version
from desk.newsroom import authorship, reading, releasing, rereading
from desk.newsroom.board import standing_on
from desk.newsroom.rereading import Since
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits
from desk.stories import queries as stories
from desk.stories.models import Edition, Story
from desk.stories.rules import Gates
from desk.stories.workflow import open_moves
from desk.wires.models import Item, Source


@dataclass(frozen=True, slots=True)
class StoryPage:
    """One story as its reader may see it. `moves` are the names of the moves they may make now; `texts` what was
    written last for each further assignment, by its id."""

    story: Story
    desk: Desk
    facts: Facts
    version: Version | None
    bylines: Sequence[Byline]
    versions: Sequence[Version]
    editions: Sequence[Edition]
    assignments: Sequence[tuple[Assignment, Sequence[Offer]]]
    main_id: int | None
    texts: dict[int, Version]
    people: dict[int, Person]
    decision: Decision | None
    returned: Decision | None
    gates: Gates
    wires: Sequence[Row[Item, str]]
    lost: Sequence[LostSave]
    moves: frozenset[str]
    own: bool
    agency: str
    since: Since | None

    @property
    def out(self) -> bool:
        """Whether an edition of it is out."""
        return bool(self.editions)

    @property
    def standing(self) -> Version | None:
        """The version that is out, if any is."""
        return next((of for of in self.versions if self.editions and of.id == self.editions[-1].version_id), None)


def view(session: Session, actor: Actor, public_id: str, *, since: str | None = None) -> StoryPage:
    """The story's page. Raises NotFound for what this actor may not read.

    `since` is the public id of the version against which the copy is to be marked, where the reader names one.
    """
    story, facts = reading.story_for(session, actor, public_id)
    draft = drafts.main_draft(session, story.id)
    version = drafts.latest(session, draft.id)
    versions = drafts.of_draft(session, draft.id)
    commissions = assignments.of_story(session, story.id)
    editions = stories.editions(session, story.id)
    main = reading.main_assignment(session, story.id)
    named: set[int | None] = {of.person_id for _, offers in commissions for of in offers}
    named |= {one.assignee_id for one, _ in commissions} | {one.editor_id for one, _ in commissions}
    named |= {one.author_id for one in versions} | {edition.by_id for edition in editions} | {story.made_by}
    decided = approvals.of_versions(session, [version.id]) if version else []
    named |= {one.person_id for one in decided}
    own = bool(authorship.own_copies(session, actor, [story]))
    decision = approvals.in_force(session, version.id) if version else None
    moves = _moves(actor, story, facts, own=own, out=bool(editions), written=version is not None)
    at_the_desk = since is not None or story.state in ("filed", "editing", "approved", "scheduled")
    return StoryPage(
        story=story,
        desk=session.get_one(Desk, story.desk_id),
        facts=facts,
        version=version,
        bylines=drafts.bylines(session, [version.id])[version.id] if version else [],
        versions=versions,
        editions=editions,
        assignments=commissions,
        main_id=main.id if main is not None else None,
        texts=drafts.further_texts(session, story.id),
        people=people.people(session, [id_ for id_ in named if id_ is not None]),
        decision=decision,
        returned=next((one for one in reversed(decided) if one.kind == "return"), None),
        gates=releasing.gates(session, story),
        wires=wires_of(session, story.id),
        lost=drafts.lost_of(session, draft.id, actor.person_id) if actor.person_id else [],
        moves=moves if decision and decision.person_id == actor.person_id else moves - {"withdraw"},
        own=own,
        agency=people.newsroom(session).agency,
        since=rereading.since(session, actor, versions, editions, since) if at_the_desk else None,
    )


def wires_of(session: Session, story_id: int) -> Sequence[Row[Item, str]]:
    """The wire items that a story stands on, with their sources' names, newest first."""
    standing = standing_on([story_id]).join(Source, Source.id == Item.source_id).with_only_columns(Item, Source.name)
    return session.execute(standing.order_by(Item.at.desc())).all()


def _moves(actor: Actor, story: Story, facts: Facts, *, own: bool, out: bool, written: bool) -> frozenset[str]:
    legal = {move.name for move in open_moves(story.state) if permits(actor, move.permission, facts)}
    if own or not written:
        legal -= {"approve"}
    if not written:
        legal -= {"return", "publish", "schedule", "on_authority"}
    if out:
        legal -= {"spike"}
    else:
        legal -= {"kill", "abandon_edition"}
    return frozenset(legal)
