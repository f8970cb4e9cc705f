"""Everything that happened to a story, read from the record as one list of sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk.audit import queries as audit
from desk.audit.models import Entry
from desk.stories.models import Story


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: `sentence` is a gettext id that `params` fill in; an edge says it.

    Instants among the params are datetimes in UTC, to be shown in the reader's zone. `why` is somebody's own words.
    """

    at: datetime
    who: str
    sentence: str
    params: Mapping[str, Any]
    verb: str
    why: str | None = None
    before: str | None = None
    after: str | None = None


# Every verb that is recorded anywhere: what it says in a history. The names in it are `who` and the entry's details.
SENTENCES: dict[str, str] = {
    # commissioning
    "story_made": "%(who)s made the story %(slug)s: %(title)s",
    "assigned": "%(who)s made an assignment: %(medium)s",
    "offered": "%(who)s offered the assignment (%(medium)s) to %(people)s",
    "offer_withdrawn": "%(who)s withdrew the offer to %(person)s (%(medium)s)",
    "accepted": "%(person)s accepted the assignment (%(medium)s)",
    "declined": "%(person)s declined the assignment (%(medium)s)",
    "said": "%(who)s said how it goes: %(words)s",
    "deadline_moved": "%(who)s moved the deadline (%(medium)s) from %(old)s to %(new)s",
    "reassigned": "%(who)s took the assignment (%(medium)s) from %(person)s",
    "cancelled": "%(who)s cancelled the assignment (%(medium)s)",
    "work_left": "%(person)s left the desk with this work open (%(medium)s)",
    # copy
    "copy_saved": "%(who)s saved version %(n)s, %(words)s words",
    "save_lost": "%(who)s typed over version %(n)s while version %(last)s was being saved; the text was kept aside",
    "copy_filed": "%(who)s filed version %(n)s, %(words)s words",
    "copy_approved": "%(who)s approved version %(n)s",
    "copy_returned": "%(who)s returned version %(n)s with a note",
    "approval_voided": "Version %(n)s voided the approval by %(approvers)s",
    # publishing
    "story_published": "%(who)s published edition %(number)s (%(cause)s) from version %(n)s",
    "own_authority": "%(who)s published edition %(number)s (%(cause)s) from version %(n)s on their own authority",
    "story_scheduled": "%(who)s scheduled the story for %(release)s",
    "story_unscheduled": "%(who)s took the story off the schedule",
    "embargo_set": "%(who)s set an embargo until %(embargo)s",
    "embargo_taken_away": "%(who)s took the embargo away",
    "release_moved": "The embargo of the wire copy moved: the story goes out at %(release)s",
    "release_refused": "The story did not go out at its time and went back to the desk",
    "edition_prepared": "%(who)s began a new edition (%(cause)s)",
    "edition_abandoned": "%(who)s gave the new edition up (%(cause)s)",
    "story_killed": "%(who)s killed the story with edition %(number)s",
    "story_held": "%(who)s put the story on hold",
    "story_released": "%(who)s released the hold",
    "story_spiked": "%(who)s spiked the story",
    "story_unspiked": "%(who)s brought the story back",
    # licensees
    "licensees_told": "Licensees told of edition %(number)s (%(cause)s): %(count)s",
    "notice_acknowledged": "%(who)s acknowledged the notice of edition %(number)s",
    "test_notice_sent": "%(who)s sent a test notice to %(name)s",
    # the wire
    "wire_used": "%(who)s opened the story from an item of %(source)s: %(headline)s",
    "source_added": "%(who)s added the wire source %(name)s (%(url)s)",
    "source_changed": "%(who)s changed the wire source %(name)s",
    "source_stopped": "%(who)s stopped a wire source",
    "source_started": "%(who)s started a wire source again",
    # people and desks
    "newsroom_changed": "%(who)s changed what stands under republished copy of %(agency)s",
    "desk_made": "%(who)s made the desk %(name)s",
    "desk_changed": "%(who)s changed the desk %(name)s (%(zone)s)",
    "person_invited": "%(who)s invited %(name)s",
    "person_changed": "%(who)s changed the name, roles or address of %(name)s",
    "person_disabled": "%(who)s disabled %(name)s",
    "person_enabled": "%(who)s let %(name)s in again",
    "moved": "%(who)s is now in the zone %(zone)s",
    "link_made": "%(who)s made a sign-in link for %(name)s",
}

_INSTANTS = {
    "deadline_moved": ("old", "new"),
    "story_scheduled": ("release", "publish", "embargo"),
    "embargo_set": ("embargo",),
    "release_moved": ("release",),
}


def of_story(session: Session, story: Story) -> list[Happened]:
    """Everything that happened to a story, oldest first, each with its sentence."""
    return [_happened(entry) for entry in audit.of_story(session, story.id)]


def _happened(entry: Entry) -> Happened:
    instants = _INSTANTS.get(entry.verb, ())
    details = {name: _shown(value, name in instants) for name, value in entry.details.items()}
    return Happened(
        at=entry.at,
        who=entry.actor_name,
        sentence=SENTENCES.get(entry.verb, "%(who)s: %(verb)s"),
        params={**details, "who": entry.actor_name, "verb": entry.verb},
        verb=entry.verb,
        why=entry.why,
        before=entry.from_state,
        after=entry.to_state,
    )


def _shown(value: Any, is_instant: bool) -> Any:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return datetime.fromisoformat(value) if is_instant and value else value
