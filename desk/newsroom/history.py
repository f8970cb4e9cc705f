"""What happened to a story, a licensee, a wire source, a person or a desk: the record as one list of sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk.audit import queries as audit
from desk.audit.models import Entry
from desk.people.models import Desk, Person
from desk.republication.models import Licensee
from desk.stories.models import Story
from desk.text import shorten
from desk.wires.models import Source


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
    "idea_noted": "%(who)s noted the idea %(slug)s: %(title)s",
    "assigned": "%(who)s made an assignment: %(medium)s",
    "offered": "%(who)s offered the assignment (%(medium)s) to %(people)s",
    "offer_lapsed": "%(who)s was first: the offer to %(person)s lapsed (%(medium)s)",
    "offer_withdrawn": "%(who)s withdrew the offer to %(person)s (%(medium)s)",
    "accepted": "%(person)s accepted the assignment (%(medium)s)",
    "declined": "%(person)s declined the assignment (%(medium)s)",
    "said": "%(who)s said how it goes: %(words)s",
    "handed_in": "%(who)s handed in what was asked for (%(medium)s): %(where)s",
    "sent_back": "%(who)s sent back what was handed in (%(medium)s) with a note",
    "finished": "%(who)s said that the assignment is done (%(medium)s)",
    "deadline_moved": "%(who)s moved the deadline (%(medium)s) from %(old)s to %(new)s",
    "reassigned": "%(who)s took the assignment (%(medium)s) from %(person)s",
    "cancelled": "%(who)s cancelled the assignment (%(medium)s)",
    "work_left": "%(person)s left the desk with this work open (%(medium)s)",
    # its frame
    "slug_changed": "%(who)s changed the slug from %(old)s to %(new)s",
    "title_changed": "%(who)s changed the working title from “%(old)s” to “%(new)s”",
    "brief_changed": "%(who)s changed the brief: %(new)s",
    "places_changed": "%(who)s changed the places from %(old)s to %(new)s",
    "clock_changed": "%(who)s changed the story's clock from %(old)s to %(new)s",
    "language_changed": "%(who)s changed the language from %(old)s to %(new)s",
    "length_changed": "%(who)s changed the length from %(old)s to %(new)s words",
    "story_moved": "%(who)s moved the story from the %(old)s to the %(new)s",
    # copy
    "copy_saved": "%(who)s saved version %(n)s, %(words)s words",
    "save_lost": "%(who)s typed while version %(last)s was being saved; the text was kept aside",
    "copy_filed": "%(who)s filed version %(n)s, %(words)s words",
    "copy_approved": "%(who)s approved version %(n)s",
    "save_refused": "%(who)s wrote on after the assignment was no longer theirs; the text was kept for them",
    "approval_withdrawn": "%(who)s withdrew the approval of version %(n)s",
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
    "notice_chased": "%(name)s was asked once more to answer the notice of edition %(number)s",
    "notice_escalated": "%(name)s does not answer the notice of edition %(number)s: the desk's editors were told",
    "sent_again": "%(who)s had a message sent again (%(kind)s) to %(address)s",
    "test_notice_sent": "%(who)s sent a test notice to %(name)s",
    "licensee_added": "%(who)s took %(name)s on",
    "licensee_changed": "%(who)s changed %(name)s: %(what)s",
    "licensee_ended": "%(who)s ended the licence of %(name)s",
    "licensee_resumed": "%(who)s took %(name)s on again, whose licence had ended",
    "grants_set": "%(who)s let %(name)s run the stories of: %(desks)s",
    "secret_made": "%(who)s made a new secret for the webhook of %(name)s",
    "webhook_failing": "The webhook of %(name)s has taken nothing since %(since)s: the desks' editors were told",
    "webhook_off": "The webhook of %(name)s was switched off",
    "webhook_on": "%(who)s switched the webhook of %(name)s on again: %(webhook)s",
    # the wire
    "wire_used": "%(who)s opened the story from an item of %(source)s: %(headline)s",
    "wire_added": "%(who)s put the story on an item of %(source)s, too: %(headline)s",
    "wire_changed": "%(source)s changed the wire copy it stands on (%(change)s): %(headline)s",
    "source_added": "%(who)s added the wire source %(name)s (%(url)s)",
    "source_changed": "%(who)s changed the wire source %(name)s (%(new)s)",
    "source_moved": "The wire source has moved from %(old)s to %(new)s",
    "source_stopped": "%(who)s stopped a wire source",
    "source_started": "%(who)s started a wire source again",
    "source_removed": "%(who)s removed the wire source %(name)s: it is read no more",
    # people and desks
    "newsroom_changed": "%(who)s changed what stands under republished copy of %(agency)s, or whom licensees ask",
    "desk_made": "%(who)s made the desk %(name)s",
    "desk_changed": "%(who)s changed the desk %(name)s (%(zone)s)",
    "desk_renamed": "%(who)s renamed the desk %(old)s to %(name)s",
    "desk_moved": "%(who)s moved the clock of the desk %(name)s from %(old)s to %(zone)s",
    "desk_closed": "%(who)s closed the desk %(name)s",
    "desk_reopened": "%(who)s opened the desk %(name)s again",
    "first_came": "%(name)s came in first, by the link of the command line",
    "person_invited": "%(who)s invited %(name)s",
    "person_changed": "%(who)s changed the name, roles or address of %(name)s",
    "person_disabled": "%(who)s disabled %(name)s",
    "person_enabled": "%(who)s let %(name)s in again",
    "detail_changed": "%(who)s changed the %(what)s of %(name)s from “%(old)s” to “%(new)s”",
    "administrator_made": "%(who)s made %(name)s an administrator",
    "administrator_unmade": "%(who)s took the rights of an administrator from %(name)s",
    "roles_given": "%(who)s made %(name)s %(roles)s",
    "roles_taken": "%(who)s took from %(name)s the role of %(roles)s",
    "address_changed": "%(who)s changed the mail address of %(name)s from %(old)s to %(new)s",
    "link_mailed": "%(who)s had a new link mailed to %(name)s (%(email)s)",
    "password_set": "%(name)s chose a password",
    "password_changed": "%(name)s changed their password",
    "moved": "%(who)s is now in the zone %(zone)s",
    "link_made": "%(who)s made a sign-in link for %(name)s",
}

# what an act says if it did more, by the detail that tells: whom it was offered to at once, when it goes out then
FULLER: dict[str, tuple[str, str]] = {
    "assigned": ("people", "%(who)s made an assignment (%(medium)s) and offered it to %(people)s"),
    "reassigned": (
        "people",
        "%(who)s took the assignment (%(medium)s) from %(person)s and offered it to %(people)s",
    ),
    "source_changed": (
        "was",
        "%(who)s changed the wire source %(was)s: it is %(name)s now, at %(new)s, every %(every)s s, clock of %(zone)s",
    ),
    "save_lost": (
        "n",
        "%(who)s typed over version %(n)s while version %(last)s was being saved; the text was kept aside",
    ),
    "embargo_set": (
        "release",
        "%(who)s set an embargo until %(embargo)s: it is scheduled, and goes out at %(release)s",
    ),
    "embargo_taken_away": (
        "release",
        "%(who)s took the embargo away: it is scheduled, and goes out at %(release)s",
    ),
}

LONGEST = 240  # letters of somebody's own words within a sentence
NOTHING = "–"
_NAMES = re.compile(r"%\((\w+)\)s")
_INSTANTS = {
    "deadline_moved": ("old", "new"),
    "story_scheduled": ("release", "publish", "embargo"),
    "embargo_set": ("embargo", "release"),
    "embargo_taken_away": ("release",),
    "release_moved": ("release",),
    "webhook_failing": ("since",),
}


def of_story(session: Session, story: Story) -> list[Happened]:
    """Everything that happened to a story, oldest first, each with its sentence."""
    return [_happened(entry) for entry in audit.of_story(session, story.id)]


def of_licensee(session: Session, licensee: Licensee, *, limit: int = 50) -> list[Happened]:
    """What was done to a licensee last (address, grants, secret, webhook), newest first."""
    return [_happened(entry) for entry in audit.of_thing(session, ("licensee", licensee.id), limit=limit)]


def of_source(session: Session, source: Source, *, limit: int = 50) -> list[Happened]:
    """What was done to a wire source last, newest first."""
    return [_happened(entry) for entry in audit.of_thing(session, ("source", source.id), limit=limit)]


def of_person(session: Session, person: Person, *, limit: int = 50) -> list[Happened]:
    """What was done to a person's rights, address and password, and where they went; newest first."""
    return [_happened(entry) for entry in audit.of_thing(session, ("person", person.id), limit=limit)]


def of_desk(session: Session, desk: Desk, *, limit: int = 50) -> list[Happened]:
    """What was done to a desk, newest first."""
    return [_happened(entry) for entry in audit.of_thing(session, ("desk", desk.id), limit=limit)]


def _happened(entry: Entry) -> Happened:
    instants = _INSTANTS.get(entry.verb, ())
    sentence = SENTENCES.get(entry.verb, "%(who)s: %(verb)s")
    detail, fuller = FULLER.get(entry.verb, ("", ""))
    if entry.details.get(detail):
        sentence = fuller
    details = dict.fromkeys(_NAMES.findall(sentence), NOTHING)  # an entry of an earlier release may say less
    details |= {name: _shown(value, name in instants) for name, value in entry.details.items()}
    return Happened(
        at=entry.at,
        who=entry.actor_name,
        sentence=sentence,
        params={**details, "who": entry.actor_name, "verb": entry.verb},
        verb=entry.verb,
        why=entry.why,
        before=entry.from_state,
        after=entry.to_state,
    )


def _shown(value: Any, is_instant: bool) -> Any:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or NOTHING
    if isinstance(value, str) and not is_instant:
        return shorten(value, LONGEST) or NOTHING
    if value is None:
        return NOTHING
    return datetime.fromisoformat(value) if is_instant and value else value
