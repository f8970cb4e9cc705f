"""Whose copy it is, of one story or of a whole board: the verb, its button and the numbers all ask this."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from desk.actor import Actor
from desk.approvals import rules
from desk.approvals.rules import Own, Wrote
from desk.drafts import queries as drafts
from desk.drafts.models import Draft, Version
from desk.stories.models import Edition, Story
from desk.text import plain_text, tokens

TEXT = ("headline", "abstract", "dateline_places", "body_html", "ednote")


def own_copies(session: Session, actor: Actor, stories: Collection[Story]) -> dict[int, Own]:
    """Those of `stories` whose copy, as the main draft now stands, is this actor's own, by id, and why it is.

    Three queries, and a fourth for the texts of what they wrote in after another had filed it.
    """
    if actor.person_id is None or not stories:
        return {}
    ids = [story.id for story in stories]
    out = _standing_out(session, ids)
    saved = (
        select(Draft.story_id, Version.id, Version.n, Version.author_id, Version.filed_at.is_not(None).label("filed"))
        .join(Version, Version.draft_id == Draft.id)
        .where(Draft.story_id.in_(ids), Draft.is_main)
        .order_by(Version.n)
    )
    wrote: dict[int, list[Wrote]] = defaultdict(list)
    over: dict[int, set[int]] = defaultdict(set)  # the versions whose bylines count: the one filed last, and the last
    last: dict[int, dict[bool, int]] = defaultdict(dict)
    for story_id, version_id, n, author_id, filed in session.execute(saved):
        wrote[story_id].append(Wrote(n, author_id, filed))
        last[story_id] |= {False: version_id} | ({True: version_id} if filed else {})
    for story_id in wrote.keys() - out.keys():
        over[story_id] = set(last[story_id].values())
    lines = drafts.bylines(session, [id_ for versions in over.values() for id_ in versions])
    words = _words_since(session, actor.person_id, wrote)
    found = {
        story.id: rules.own_copy(
            actor.person_id,
            actor.name,
            [replace(one, words=words.get((story.id, one.n), ())) for one in wrote[story.id]],
            [rules.Byline(line.name, line.person_id) for id_ in over[story.id] for line in lines[id_]],
            edition_n=out.get(story.id),
            prepared_by=story.next_by_id,
        )
        for story in stories
        if story.id in wrote
    }
    return {story_id: own for story_id, own in found.items() if own is not None}


def _words_since(
    session: Session, person_id: int, wrote: Mapping[int, Sequence[Wrote]]
) -> dict[tuple[int, int], tuple[str, ...]]:
    """The words of each version since the one that was filed last, by story and number, where this person saved one."""
    since: dict[int, int] = {}
    for story_id, versions in wrote.items():
        filed = rules.last_filed(versions)
        if filed is not None and any(one.author_id == person_id for one in versions[filed + 1 :]):
            since[story_id] = versions[filed].n
    if not since:
        return {}
    rows = session.execute(
        select(Draft.story_id, Version.n, Version.headline, Version.abstract, Version.body_html)
        .join(Version, Version.draft_id == Draft.id)
        .where(Draft.is_main, or_(*(and_(Draft.story_id == id_, Version.n >= n) for id_, n in since.items())))
    )
    return {(row[0], row[1]): tuple(tokens(f"{row[2]} {row[3]} {plain_text(row[4])}")) for row in rows}


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
