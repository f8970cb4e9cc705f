"""Steps of the drafts' own tables; the newsroom's verbs call them and record what happened."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from desk import chance
from desk.drafts import queries, rules
from desk.drafts.models import Byline, Draft, LostSave, Version, Writer
from desk.drafts.rules import Copy
from desk.people.models import Person
from desk.text import tokens, word_count


def open_main(session: Session, *, story_id: int) -> Draft:
    """The story's main draft, made if there is none yet."""
    main = session.scalar(select(Draft).where(Draft.story_id == story_id, Draft.is_main))
    return main or _open(session, story_id=story_id, assignment_id=None, is_main=True)


def open_for_assignment(session: Session, *, story_id: int, assignment_id: int, ended: Collection[int] = ()) -> Draft:
    """The draft that a text assignment is written in: the main one while nobody has it, else one of its own.

    `ended` are assignments of this story that were cancelled: whoever comes after one of them takes over its draft.
    """
    own = session.scalar(select(Draft).where(Draft.assignment_id == assignment_id))
    if own is not None:
        return own
    main = open_main(session, story_id=story_id)
    if main.assignment_id is None or main.assignment_id in ended:
        main.assignment_id = assignment_id
        session.flush()
        return main
    return _open(session, story_id=story_id, assignment_id=assignment_id, is_main=False)


def settle(session: Session, copy: Copy) -> Copy:
    """`copy` as it would be stored: canonical, and a byline that names nobody of ours keeps its words alone."""
    copy = rules.canonical(copy)
    known = _people(session, copy)
    bylines = ((name, title, person if person in known else None) for name, title, person in copy.bylines)
    return replace(copy, bylines=tuple(bylines))


def save(session: Session, draft: Draft, copy: Copy, *, author_id: int | None, now: datetime) -> Version:
    """Add the next version of `draft`. `copy` must be settled, and the caller must hold the story's lock."""
    draft.last_n += 1
    version = Version(
        public_id=chance.public_id(),
        draft_id=draft.id,
        n=draft.last_n,
        author_id=author_id,
        at=now,
        headline=copy.headline,
        abstract=copy.abstract,
        dateline_places=list(copy.dateline_places),
        body_html=copy.body_html,
        ednote=copy.ednote,
        words=word_count(copy.body_html),
        search_text=_search_text(copy),
    )
    session.add(version)
    session.flush()
    known = _people(session, copy)
    for pos, (name, title, person) in enumerate(copy.bylines):
        session.add(Byline(version_id=version.id, pos=pos, person_id=known.get(person or ""), name=name, title=title))
    session.flush()
    return version


def mark_filed(session: Session, version: Version, *, by: int | None, now: datetime) -> None:
    """Note that this version was handed to the desk: the one thing of a version that is written later."""
    version.filed_at, version.filed_by = now, by
    session.flush()


def keep_lost(
    session: Session, draft: Draft, copy: Copy, *, person_id: int | None, base_n: int, refused: bool, now: datetime
) -> LostSave:
    """Keep what somebody typed over version `base_n`; the same text once.

    It is `refused` where the draft was no longer theirs; otherwise a later version had been saved meanwhile.
    """
    if person_id is not None:
        for kept in queries.lost_of(session, draft.id, person_id):
            if kept.base_n == base_n and queries.lost_copy(kept) == copy:
                return kept
    lost = LostSave(
        public_id=chance.public_id(),
        draft_id=draft.id,
        person_id=person_id,
        base_n=base_n,
        at=now,
        fields=asdict(copy),
        refused=refused,
    )
    session.add(lost)
    session.flush()
    return lost


def note_writer(session: Session, draft_id: int, person_id: int, *, now: datetime) -> bool:
    """Note that somebody has this draft open; gives whether that is news, and not one more word from the same page."""
    of = select(Writer.at).where(Writer.draft_id == draft_id, Writer.person_id == person_id)
    last = session.scalar(of)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    said = insert(Writer).values(draft_id=draft_id, person_id=person_id, at=now)
    session.execute(said.on_conflict_do_update(index_elements=["draft_id", "person_id"], set_={"at": said.excluded.at}))
    return last is None or last <= now - rules.WRITER_GONE


def forget_writer(session: Session, draft_id: int, person_id: int) -> bool:
    """Note that somebody has this draft open no longer; gives whether they had."""
    gone = delete(Writer).where(Writer.draft_id == draft_id, Writer.person_id == person_id).returning(Writer.draft_id)
    return session.scalar(gone) is not None


def mark_taken(session: Session, lost: LostSave, *, now: datetime) -> None:
    """Note that its writer is done with the lost text: it was read back, or stands in what was saved since."""
    lost.taken_at = lost.taken_at or now
    session.flush()


def _open(session: Session, *, story_id: int, assignment_id: int | None, is_main: bool) -> Draft:
    draft = Draft(story_id=story_id, assignment_id=assignment_id, is_main=is_main, last_n=0)
    session.add(draft)
    session.flush()
    return draft


def _people(session: Session, copy: Copy) -> dict[str, int]:
    wanted = {person for _, _, person in copy.bylines if person}
    if not wanted:
        return {}
    return dict(session.execute(select(Person.public_id, Person.id).where(Person.public_id.in_(wanted))).all())


def _search_text(copy: Copy) -> str:
    """The words by which a version is found: its headline's."""
    return f" {' '.join(tokens(copy.headline))} "
