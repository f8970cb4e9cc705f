"""The steps by which a story goes out or ends: its gates, the edition, what ends with it, who is told.

The verbs are in `publishing.py`; they hold the story's lock.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.approvals import queries as decisions
from desk.assignments import queries as assignments
from desk.assignments import service as assigning
from desk.assignments.workflow import UNFINISHED
from desk.audit.service import record
from desk.drafts import queries as drafts
from desk.drafts import rules as copy_rules
from desk.drafts.models import Version
from desk.newsroom import authorship, commission, notifying, reading, reminding, telling
from desk.newsroom.commission import Commission
from desk.people import queries as people
from desk.people.models import Person
from desk.stories import queries as stories
from desk.stories import rules
from desk.stories import service as storying
from desk.stories.models import Edition, Story
from desk.wires import queries as wires


def last_version(session: Session, story: Story) -> Version | None:
    """The last version of the story's main draft, which is what would go out."""
    return drafts.latest(session, drafts.main_draft(session, story.id).id)


def gates(session: Session, story: Story) -> rules.Gates:
    """The facts of a publication as they are now."""
    version = last_version(session, story)
    return rules.Gates(
        state=story.state,
        lacks=_lacks(session, story, version),
        approved=version is not None and decisions.in_force(session, version.id) is not None,
        embargoes=embargoes(session, story, own=story.embargo_at),
    )


def embargoes(session: Session, story: Story, *, own: datetime | None) -> tuple[datetime, ...]:
    """Every embargo that a story stands under: the desk's `own`, and that of the wire copy it stands on."""
    return tuple(at for at in (own, wires.embargo_of(session, story.id)) if at is not None)


def put_out(
    session: Session,
    actor: Actor,
    story: Story,
    version: Version,
    *,
    move: Literal["publish", "on_authority"],
    why: str = "",
    now: datetime,
) -> Edition:
    """Freeze `version` as the next edition: the main assignment is done, licensees get their notices."""
    cause, wrong, right = story.next_cause or "first", story.next_wrong, story.next_right
    writer = authorship.writer(session, story)
    before, after = storying.move(session, story, move, now=now)
    edition = storying.add_edition(
        session, story, version_id=version.id, cause=cause, by=actor.person_id, wrong=wrong, right=right, now=now
    )
    ended = _finish_main(session, actor, story, writer, now)
    _finish_others(session, actor, story, now)
    record(
        session, actor, "story_published" if move == "publish" else "own_authority", ("edition", edition.id), now=now,
        story_id=story.id, desk_id=story.desk_id, before=before, after=after, why=why, number=edition.number,
        cause=cause, n=version.n, wrong=wrong, right=right, **ended,
    )  # fmt: skip
    notifying.edition_out(session, story, edition, now)
    return edition


def end_assignments(
    session: Session, actor: Actor, story: Story, *, move: Literal["kill", "spike"], why: str, now: datetime
) -> list[Person]:
    """Cancel what is not finished, withdraw what is on offer, stop all reminders; gives those who had an assignment.

    After a spike each of them is told here; of a kill everybody is told at once.
    """
    had: list[Person] = []
    for assignment in reading.assignments(session, story.id):
        if assignment.state not in UNFINISHED:
            continue
        case = commission.held(session, actor, assignment, now=now)
        before, after = assigning.move(session, assignment, move)
        case.record("cancelled", before=before, after=after, why=why)
        _stop(case, ended="cancelled", why=why)
        if assignment.assignee_id is not None:
            had.append(session.get_one(Person, assignment.assignee_id))
            if move == "spike":
                case.tell(
                    "assignment_ended", had[-1:], f"ended:spike:{assignment.id}", ended="cancelled", by=actor.name,
                    why=why,
                )  # fmt: skip
    storying.set_due(session, story, None, now=now)
    return had


def tell_published(
    session: Session, actor: Actor, story: Story, edition: Edition, to: Iterable[Person], now: datetime
) -> None:
    """Tell these people that an edition is out."""
    telling.tell(
        session, "published", _each(to), but=actor, key=f"published:{edition.public_id}",
        facts=reading.about(
            session, story, reading.main_assignment(session, story.id), by=actor.name, number=edition.number,
            cause=edition.cause, wrong=edition.was_wrong, right=edition.is_right,
        ),
        story=story, now=now,
    )  # fmt: skip


def tell_off(
    session: Session, actor: Actor, story: Story, off: datetime, now: datetime, *, held: bool = False, why: str = ""
) -> None:
    """Tell whoever scheduled a story that was to go out at `off` (UTC) that it does not: taken off, or `held`."""
    telling.tell(
        session, "unscheduled", telling.scheduler(session, story), but=actor,
        key=f"unscheduled:{story.id}:{int(now.timestamp())}",
        facts=reading.about(session, story, by=actor.name, off=telling.iso(off), held=held, why=why), story=story,
        now=now,
    )  # fmt: skip


def writers(session: Session, story: Story) -> list[Person]:
    """The assignee of the main draft, if there is one."""
    main = reading.main_assignment(session, story.id)
    return list(people.people(session, [main.assignee_id] if main and main.assignee_id else []).values())


def workers(session: Session, story: Story) -> list[Person]:
    """Everybody who works on it: who made it, has something of it, did that or answers for it, or saved a version."""
    commissions = [one for one in reading.assignments(session, story.id) if one.state != "cancelled"]
    ids = [story.made_by, *(one.assignee_id for one in commissions), *(one.editor_id for one in commissions)]
    ids += [version.author_id for version in drafts.versions(session, story.id)]
    return list(people.people(session, [id_ for id_ in ids if id_ is not None]).values())


def editors(session: Session, story: Story) -> list[Person]:
    """Those who answer for the main draft."""
    return reading.editors(session, story, reading.main_assignment(session, story.id))


def _each(to: Iterable[Person]) -> list[Person]:
    return list({person.id: person for person in to}.values())


def _lacks(
    session: Session, story: Story, version: Version | None
) -> Literal["copy", "headline", "body", "change"] | None:
    if version is None:
        return "copy"
    copy = drafts.copy_of(session, version)
    lacks = copy_rules.what_lacks(copy)
    if lacks:
        return "headline" if "headline" in lacks else "body"
    out = stories.current_edition(session, story.id) if story.next_cause is not None else None
    before = drafts.copy_of(session, session.get_one(Version, out.version_id)) if out is not None else None
    return "change" if before is not None and copy_rules.reads_the_same(before, copy) else None


def _finish_main(session: Session, actor: Actor, story: Story, writer: int | None, now: datetime) -> dict[str, str]:
    """What the record says of it: the main assignment, and its states before and after."""
    main = reading.main_assignment(session, story.id)
    if main is None or main.state not in UNFINISHED:
        return {}
    case = commission.held(session, actor, main, now=now)
    if main.state == "open" and writer is None:
        before, after = assigning.move(session, main, "cancel")  # neither taken nor written by one of the newsroom
    else:
        before, after = assigning.publish(session, main, by=writer)
    _stop(case, ended="published", why="")
    storying.set_due(session, story, assignments.next_deadline(session, story.id), now=now)
    return {"assignment": main.public_id, "assignment_was": before, "assignment_is": after}


def _finish_others(session: Session, actor: Actor, story: Story, now: datetime) -> None:
    """What else was filed or handed in for it is done with it; what is still to come, an editor may still want."""
    main = reading.main_assignment(session, story.id)
    for assignment in reading.assignments(session, story.id):
        if assignment.state == "filed" and (main is None or assignment.id != main.id):
            case = commission.held(session, actor, assignment, now=now)
            before, after = assigning.move(session, assignment, "publish")
            entry = case.record("finished", before=before, after=after)
            had = people.people(session, [assignment.assignee_id] if assignment.assignee_id is not None else [])
            case.tell("assignment_ended", had.values(), f"ended:{entry}", ended="published", by=actor.name, why="")


def _stop(case: Commission, *, ended: str, why: str) -> None:
    """End the reminders of a commission and withdraw its offers, telling those who had one."""
    reminding.stop(case.session, case.story, case.assignment, why=why or ended, now=case.now)
    withdrawn = assigning.withdraw(case.session, case.offers, now=case.now)
    case.tell_gone(withdrawn, ended=ended, by=case.actor.name, why=why)
