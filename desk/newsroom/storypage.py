"""All that one story's page shows, read in one place; and which moves its reader may make now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row
from sqlalchemy.orm import Session

from desk.actor import SYSTEM, Actor
from desk.approvals import queries as approvals
from desk.approvals.models import Decision
from desk.approvals.rules import Own
from desk.assignments import queries as assignments
from desk.assignments.models import Assignment, Offer
from desk.audit import queries as audit
from desk.drafts import queries as drafts
from desk.drafts.models import Byline, LostSave, Version
from desk.newsroom import authorship, reading, releasing, rereading, returning
from desk.newsroom.board import standing_on
from desk.newsroom.rereading import Since
from desk.newsroom.returning import Returned
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.permissions import Facts, permits
from desk.stories import queries as stories
from desk.stories.models import Edition, Story
from desk.stories.rules import Gates
from desk.stories.workflow import open_moves
from desk.wires.models import Item, Source


@dataclass(frozen=True, slots=True)
class Over:
    """How a story ended: killed or spiked, when (UTC), by whom, why, and the state it had come to, a hold aside."""

    at: datetime
    by: str
    why: str
    before: str


@dataclass(frozen=True, slots=True)
class StoryPage:
    """One story as its reader may see it. `moves` are the names of the moves they may make now; `texts` what was
    written last for each further assignment, by its id. `own` is why the copy is the reader's own, `mended` how much
    of another's is theirs."""

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
    returned: Returned | None
    authority: Decision | None
    gates: Gates
    wires: Sequence[Row[Item, str]]
    lost: Sequence[LostSave]
    moves: frozenset[str]
    own: Own | None
    mended: Own | None
    agency: str
    since: Since | None
    over: Over | None

    @property
    def out(self) -> bool:
        """Whether an edition of it is out."""
        return bool(self.editions)

    @property
    def published_at(self) -> datetime | None:
        """When the last edition came out that was one; a kill is none."""
        return max((one.published_at for one in self.editions if one.cause != "kill"), default=None)

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
    own = authorship.own_copies(session, actor, [story]).get(story.id)
    decision = approvals.in_force(session, version.id) if version else None
    moves = _moves(actor, story, facts, own=own is not None, out=bool(editions), written=version is not None)
    wrote = any(one.author_id == actor.person_id for one in versions)
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
        returned=returning.of_stories(session, [story]).get(story.id),
        authority=decided[-1] if decided and decided[-1].kind == "authority" else None,
        gates=releasing.gates(session, story),
        wires=wires_of(session, story.id),
        lost=drafts.lost_of(session, draft.id, actor.person_id) if actor.person_id else [],
        moves=moves if decision and decision.person_id == actor.person_id else moves - {"withdraw"},
        own=own,
        mended=authorship.mended(session, actor, story) if "approve" in moves and wrote else None,
        agency=people.newsroom(session).agency,
        since=rereading.since(session, actor, versions, editions, since) if at_the_desk else None,
        over=over_of(session, story, editions[-1] if editions else None),
    )


def over_of(session: Session, story: Story, last: Edition | None) -> Over | None:
    """How a story ended that was killed, by its `last` edition, or spiked, as it is recorded; None for any other."""
    if last is not None and last.cause == "kill":
        by = people.people(session, [last.by_id] if last.by_id is not None else []).get(last.by_id or 0)
        return Over(last.published_at, by.name if by else SYSTEM.name, last.why, "published")
    entry = audit.last_of_story(session, story.id, "story_spiked") if story.state == "spiked" else None
    if entry is None:
        return None
    before = entry.details.get("came_from") or entry.from_state or ""
    return Over(entry.at, entry.actor_name, entry.why or "", str(before))


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
