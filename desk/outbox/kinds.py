"""Every kind of message, in one table: what it says, to whom, and what a worker's death does to it.

`repeat`: handed over again until it is known to be taken, each time with the same id, so that a receiver can drop
the repeat. `park`: marked before the hand-over, and if the worker dies in between never handed over again but listed
for a person; for reminders only, where twice is worse than late and the next rung covers the gap.
"""

from dataclasses import dataclass
from typing import Literal

Policy = Literal["repeat", "park"]
URGENT = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message. `urgency` 1 goes first and is tried again most often, 3 goes last; one message may be more
    urgent than its kind. `about` is said on pages that list messages."""

    name: str
    policy: Policy
    urgency: int
    about: str


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("invite", "repeat", 1, "an invitation"),
        Kind("reset", "repeat", 1, "a link to set a new password"),
        Kind("password_changed", "repeat", 1, "a password that was changed"),
        Kind("address_changed", "repeat", 1, "a mail address that was changed"),
        Kind("test_mail", "repeat", 1, "a test mail"),
        Kind("offer", "repeat", 2, "an assignment offered"),
        Kind("offer_lapsed", "repeat", 2, "an offer that somebody else took, or that was withdrawn"),
        Kind("answered", "repeat", 2, "an offer accepted or declined"),
        Kind("said", "repeat", 2, "how an assignment goes"),
        Kind("deadline_moved", "repeat", 2, "a deadline moved"),
        Kind("story_changed", "repeat", 2, "a story that is wanted otherwise than before"),
        Kind("assignment_ended", "repeat", 2, "an assignment cancelled, done, or given to somebody else"),
        Kind("filed", "repeat", 2, "copy filed"),
        Kind("handed_in", "repeat", 2, "pictures, video, audio or a graphic handed in"),
        Kind("returned", "repeat", 2, "copy returned with a note"),
        Kind("approved", "repeat", 2, "copy approved"),
        Kind("approval_voided", "repeat", 2, "an approval voided by a later version"),
        Kind("unscheduled", "repeat", 2, "a story that does not go out at the time for which it was scheduled"),
        Kind("published", "repeat", 3, "a story published"),
        Kind("killed", "repeat", 1, "a story killed"),
        Kind("spiked", "repeat", 2, "a story dropped before publication"),
        Kind("own_authority", "repeat", 1, "a story published on one editor's authority"),
        Kind("work_left", "repeat", 1, "open work of a person who was disabled"),
        Kind("reminder", "park", 2, "a deadline reminder"),
        Kind("notice", "repeat", 2, "a notice to a licensee"),
        Kind("test_notice", "repeat", 3, "a test notice to a licensee"),
        Kind("notice_chase", "repeat", 1, "a correction or kill that a licensee has not answered"),
        Kind("notice_silent", "repeat", 1, "licensees who do not answer a correction or kill"),
        Kind("webhook_failing", "repeat", 1, "a licensee's webhook that has taken nothing for an hour"),
        Kind("webhook_off", "repeat", 1, "a licensee's webhook that was switched off"),
        Kind("wire_changed", "repeat", 1, "wire copy that changed under a story"),
    )
}
