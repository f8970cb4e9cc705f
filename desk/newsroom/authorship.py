"""Whose copy it is, of one story or of a whole board: the verb, its button and the numbers all ask this."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from desk.actor import Actor
from desk.approvals import rules
from desk.drafts import queries as drafts
from desk.drafts.models import Draft, Version
from desk.stories.models import Edition, Story

TEXT = ("headline", "abstract", "dateline_places", "body_html", "ednote")


def own_copies(session: Session, actor: Actor, stories: Collection[Story]) -> set[int]:
    """The ids of those of `stories` whose copy, as the main draft now stands, is this actor's own. Three queries."""
    if actor.person_id is None or not stories:
        return set()
    ids = [story.id for story in stories]
    out = _standing_out(session, ids)
    saved = (
        select(Draft.story_id, Version.id, Version.n, Version.author_id, Version.filed_at.is_not(None).label("filed"))
        .join(Version, Version.draft_id == Draft.id)
        .where(Draft.story_id.in_(ids), Draft.is_main)
        .order_by(Version.n)
    )
    wrote: dict[int, list[rules.Wrote]] = defaultdict(list)
    over: dict[int, set[int]] = defaultdict(set)  # the versions whose bylines count: the one filed last, and the last
    last: dict[int, dict[bool, int]] = defaultdict(dict)
    for story_id, version_id, n, author_id, filed in session.execute(saved):
        wrote[story_id].append(rules.Wrote(n, author_id, filed))
        last[story_id] |= {False: version_id} | ({True: version_id} if filed else {})
    for story_id in wrote.keys() - out.keys():
        over[story_id] = set(last[story_id].values())
    lines = drafts.bylines(session, [id_ for versions in over.values() for id_ in versions])
    return {
        story.id
        for story in stories
        if story.id in wrote
        and rules.own_copy(
            actor.person_id,
            actor.name,
            rules.writers(wrote[story.id], edition_n=out.get(story.id), prepared_by=story.next_by_id),
            [rules.Byline(line.name, line.person_id) for id_ in over[story.id] for line in lines[id_]],
        )
    }


def _standing_out(session: Session, story_ids: Collection[int]) -> dict[int, int]:
    """By story that is out, the last version with its edition's text, as giving a next edition up puts that back."""
    published, version = aliased(Version), aliased(Version)
    current = select(func.max(Edition.id)).where(Edition.story_id.in_(story_ids)).group_by(Edition.story_id)
    same = and_(*(getattr(version, name) == getattr(published, name) for name in TEXT))
    found = session.execute(
        select(Edition.story_id, func.max(version.n))
        .join(published, published.id == Edition.version_id)
        .join(version, and_(version.draft_id == published.draft_id, version.n >= published.n, same))
        .where(Edition.id.in_(current))
        .group_by(Edition.story_id)
    )
    return {row[0]: row[1] for row in found}
