"""The texts of a story: its main copy, and what is written for each further text assignment."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.assignments import queries as assignments
from desk.assignments.models import Assignment
from desk.drafts import queries as drafts
from desk.drafts.models import Byline, Draft, Version
from desk.errors import NotFound
from desk.newsroom import reading
from desk.people import queries as people
from desk.people.models import Desk, Person
from desk.permissions import permits
from desk.stories import queries as stories
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Text:
    """One draft of a story with its versions, first to last; `writer` has its assignment (a public id), if anybody."""

    is_main: bool
    assignment: str | None
    writer: Person | None
    versions: Sequence[Version]


@dataclass(frozen=True, slots=True)
class Further:
    """What was written for an assignment as it stands now; `is_main` where that is the story's own copy."""

    story: Story
    desk: Desk
    assignment: Assignment
    writer: Person | None
    version: Version | None
    bylines: Sequence[Byline]
    is_main: bool
    may_write: bool
    may_give: bool
    agency: str


@dataclass(frozen=True, slots=True)
class Read:
    """One version to be read whole: of which text, by whom, the versions before and after it, and what came of it.

    `editions` are the numbers of those that went out with it.
    """

    story: Story
    desk: Desk
    text: Text
    version: Version
    author: Person | None
    bylines: Sequence[Byline]
    earlier: Version | None
    later: Version | None
    editions: Sequence[int]
    agency: str


def of_story(session: Session, story: Story) -> list[Text]:
    """Every draft of the story of which there is a version, the main one first."""
    known = session.execute(
        select(Draft.id, Draft.is_main, Assignment.public_id, Person)
        .outerjoin(Assignment, Assignment.id == Draft.assignment_id)
        .outerjoin(Person, Person.id == Assignment.assignee_id)
        .where(Draft.story_id == story.id)
    )
    about = {id_: (is_main, assignment, writer) for id_, is_main, assignment, writer in known}
    runs = groupby(drafts.versions(session, story.id), key=lambda version: version.draft_id)
    return [Text(*about[id_], list(run)) for id_, run in runs]


def to_compare(texts: Sequence[Text], picked: Sequence[str]) -> tuple[Text, Sequence[Version]] | None:
    """Two versions of one text, by the public ids picked: of the text of the first of them. Without any, the last two
    of the first text that has two. None where there are no two to set side by side."""
    for text in texts:
        chosen = [one for one in text.versions if one.public_id in picked][:2]
        if len(chosen) == 2:
            return text, chosen
    if picked:
        return None
    return next(((text, text.versions[-2:]) for text in texts if len(text.versions) > 1), None)


def read(session: Session, actor: Actor, story_public_id: str, version_public_id: str) -> Read:
    """One version of a story's texts, whole, for whoever may read the story. Raises NotFound for anybody else."""
    story, _facts = reading.story_for(session, actor, story_public_id)
    found = [(text, at) for text in of_story(session, story) for at in range(len(text.versions))]
    text, at = next(((text, at) for text, at in found if text.versions[at].public_id == version_public_id), (None, 0))
    if text is None:
        raise NotFound("There is no such version of this story.")
    version = text.versions[at]
    return Read(
        story=story,
        desk=session.get_one(Desk, story.desk_id),
        text=text,
        version=version,
        author=session.get(Person, version.author_id) if version.author_id is not None else None,
        bylines=drafts.bylines(session, [version.id])[version.id],
        earlier=text.versions[at - 1] if at else None,
        later=text.versions[at + 1] if at + 1 < len(text.versions) else None,
        editions=[one.number for one in stories.editions(session, story.id) if one.version_id == version.id],
        agency=people.newsroom(session).agency,
    )


def further(session: Session, actor: Actor, assignment_public_id: str) -> Further:
    """What was written for a text assignment, for whoever may read its story. Raises NotFound for anybody else."""
    of = assignments.assignment(session, assignment_public_id)
    found = session.get_one(Story, of.story_id)
    story, facts = reading.story_for(session, actor, found.public_id)
    draft, main = drafts.draft_of(session, of.id), reading.main_assignment(session, story.id)
    version = drafts.latest(session, draft.id) if draft is not None else None
    may_give = permits(actor, "assignment.give", facts)
    own = of.assignee_id is not None and of.assignee_id == actor.person_id and of.state in reading.WRITING
    return Further(
        story=story,
        desk=session.get_one(Desk, story.desk_id),
        assignment=of,
        writer=session.get(Person, of.assignee_id) if of.assignee_id is not None else None,
        version=version,
        bylines=drafts.bylines(session, [version.id])[version.id] if version is not None else [],
        is_main=(main is not None and main.id == of.id) or (draft is not None and draft.is_main),
        may_write=draft is not None and (may_give or own),
        may_give=may_give,
        agency=people.newsroom(session).agency,
    )
