"""Whose copy it is, of one story or of a whole board: the verb, its button and the numbers all ask this."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from desk.actor import Actor
from desk.approvals import rules
from desk.approvals.rules import Own, Wrote
from desk.drafts import queries as drafts
from desk.drafts.models import Draft, Version
from desk.stories.models import Edition, Story
from desk.text import plain_text, tokens

TEXT = ("headline", "abstract", "dateline_places", "body_html", "ednote")
MOST_SHARED = 5_000

# Whose the words are follows from the versions between two, which never change: kept by the public ids of those two,
# the one that is out and the last. All are let go of once there are MOST_SHARED.
_shared: dict[tuple[str | None, str], Counter[int | None]] = {}


@dataclass(frozen=True, slots=True)
class _Saved:
    """The versions of one main draft, first to last, with their ids; `out` is the number of the one that is out."""

    out: int | None = None
    wrote: list[Wrote] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    public_ids: list[str] = field(default_factory=list)

    @property
    def counting(self) -> list[tuple[Wrote, str]]:
        """The versions whose words count, from the one that is out."""
        both = zip(self.wrote, self.public_ids, strict=True)
        return [(one, id_) for one, id_ in both if self.out is None or one.n >= self.out]


def own_copies(session: Session, actor: Actor, stories: Collection[Story]) -> dict[int, Own]:
    """Those of `stories` whose copy, as the main draft now stands, is this actor's own, by id, and why it is.

    Three queries, and a fourth for texts of stories that were saved since and of which they wrote what another filed.
    """
    person_id = actor.person_id
    if person_id is None or not stories:
        return {}
    saved = _saved(session, [story.id for story in stories])
    # the versions whose bylines count: the one filed last, and the last
    over = {id_: _named_over(of) for id_, of in saved.items() if of.out is None}
    lines = drafts.bylines(session, [version_id for ids in over.values() for version_id in ids])
    named = {
        id_: [rules.Byline(one.name, one.person_id) for of in ids for one in lines[of]] for id_, ids in over.items()
    }

    def own(story: Story, shared: Counter[int | None] | None = None) -> Own | None:
        of, by = saved[story.id], named.get(story.id, ())
        return rules.own_copy(
            person_id, actor.name, of.wrote, by, shared=shared, edition_n=of.out, prepared_by=story.next_by_id
        )

    written = [story for story in stories if story.id in saved]
    found = {story.id: own(story) for story in written}
    # names and filings decide most of it; words are counted only of what is left
    rest = [story for story in written if found[story.id] is None and _had_a_hand(saved[story.id], person_id)]
    shares = _shares(session, {story.id: saved[story.id] for story in rest})
    found |= {story.id: own(story, shares[story.id]) for story in rest}
    return {story_id: why for story_id, why in found.items() if why is not None}


def mended(session: Session, actor: Actor, story: Story) -> Own | None:
    """How many words this actor brought into copy that is not their own; None if they saved none of it."""
    saved = _saved(session, [story.id])
    if actor.person_id is None or not saved or not _had_a_hand(saved[story.id], actor.person_id):
        return None
    shared = _shares(session, saved)[story.id]
    return Own("share", shared.get(actor.person_id, 0), sum(shared.values()))


def writer(session: Session, story: Story) -> int | None:
    """Who wrote the copy of the main draft that is not out yet; None if several did and nobody filed it."""
    of = _saved(session, [story.id]).get(story.id, _Saved())
    return rules.writer(of.wrote, edition_n=of.out)


def _saved(session: Session, story_ids: Collection[int]) -> dict[int, _Saved]:
    """By story, what was saved of its main draft; one without a version is left out."""
    out = _standing_out(session, story_ids)
    rows = session.execute(
        select(Draft.story_id, Version.id, Version.public_id, Version.n, Version.author_id, Version.filed_at)
        .join(Version, Version.draft_id == Draft.id)
        .where(Draft.story_id.in_(story_ids), Draft.is_main)
        .order_by(Version.n)
    )
    saved: dict[int, _Saved] = {}
    for story_id, id_, public_id, n, author_id, filed_at in rows:
        of = saved.setdefault(story_id, _Saved(out.get(story_id)))
        of.wrote.append(Wrote(n, author_id, filed_at is not None))
        of.ids.append(id_)
        of.public_ids.append(public_id)
    return saved


def _named_over(of: _Saved) -> list[int]:
    filed = [id_ for id_, one in zip(of.ids, of.wrote, strict=True) if one.filed]
    return list(dict.fromkeys([*filed[-1:], of.ids[-1]]))


def _had_a_hand(of: _Saved, person_id: int) -> bool:
    return any(one.author_id == person_id and (of.out is None or one.n > of.out) for one in of.wrote)


def _shares(session: Session, saved: Mapping[int, _Saved]) -> dict[int, Counter[int | None]]:
    """By story, how many words of the last version are whose."""
    counting = {story_id: of.counting for story_id, of in saved.items()}
    between = {id_: (some[0][1] if saved[id_].out else None, some[-1][1]) for id_, some in counting.items()}
    kept = {ends: shares for ends in between.values() if (shares := _shared.get(ends)) is not None}
    new = {id_: some for id_, some in counting.items() if between[id_] not in kept}
    words = _words_of(session, [public_id for some in new.values() for _, public_id in some])
    come = {
        between[id_]: rules.shares([replace(one, words=words[of]) for one, of in some], edition_n=saved[id_].out)
        for id_, some in new.items()
    }
    if len(_shared) + len(come) > MOST_SHARED:
        _shared.clear()
    _shared.update(come)
    kept |= come
    return {id_: kept[ends] for id_, ends in between.items()}


def _words_of(session: Session, public_ids: Collection[str]) -> dict[str, Counter[str]]:
    """How often each word stands in headline, abstract and text of these versions, folded, by their public ids."""
    if not public_ids:
        return {}
    texts = select(Version.public_id, Version.headline, Version.abstract, Version.body_html)
    rows = session.execute(texts.where(Version.public_id.in_(public_ids)))
    return {row[0]: _words(f"{row[1]} {row[2]}", row[3]) for row in rows}


@lru_cache(maxsize=500)
def _words(head: str, body_html: str) -> Counter[str]:
    return Counter(tokens(f"{head} {plain_text(body_html)}"))


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
