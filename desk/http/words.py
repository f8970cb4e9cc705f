"""The words that pages use for states, bands and people; every sentence through gettext."""

from datetime import datetime

from desk import clock, text
from desk.http.context import visit
from desk.http.translating import gettext as _
from desk.http.translating import later

# the one name of each state on every page; said on every row of a board, so only the one asked for is looked up
_STATES = {
    "pitched": later("pitched"),
    "commissioned": later("commissioned"),
    "reporting": later("reporting"),
    "filed": later("filed"),
    "editing": later("editing"),
    "approved": later("approved"),
    "scheduled": later("scheduled"),
    "published": later("published"),
    "held": later("on hold"),
    "spiked": later("spiked"),
    "killed": later("killed"),
    "open": later("nobody on it"),
    "accepted": later("accepted"),
    "done": later("done"),
    "cancelled": later("cancelled"),
    "made": later("offered"),
    "declined": later("declined"),
    "withdrawn": later("withdrawn"),
    "lapsed": later("taken by somebody else"),
}


def band_label(key: str) -> str:
    """The heading of a band on the board."""
    words: dict[str, str] = {
        "late": _("Late"),
        "desk": _("At the desk"),
        "soon": _("Next 3 hours"),
        "today": _("Later today"),
        "later": _("Later"),
        "undated": _("No deadline"),
        "held": _("On hold"),
        "out": _("Out"),
    }
    return words.get(key) or state_word(key).capitalize()


def stamp(at: datetime, zone: str) -> str:
    """A time with its day and place: `today 14:37 Brussels`."""
    return str(
        _(
            "%(day)s %(time)s %(place)s",
            day=clock.day_words(at, zone, visit().now, _),
            time=clock.hhmm(at, zone),
            place=clock.place_of(zone),
        )
    )


def state_word(state: str) -> str:
    """A state of a story, an assignment or an offer."""
    return _(_STATES.get(state, state))


def medium_word(medium: str) -> str:
    """What is commissioned."""
    words: dict[str, str] = {
        "text": _("text"),
        "pictures": _("pictures"),
        "video": _("video"),
        "audio": _("audio"),
        "graphic": _("graphic"),
    }
    return words.get(medium, medium)


def cause_word(cause: str) -> str:
    """Why there is an edition."""
    words: dict[str, str] = {
        "first": _("first edition"),
        "update": _("update"),
        "correction": _("correction"),
        "clarification": _("clarification"),
        "retransmission": _("sent again"),
        "kill": _("killed"),
    }
    return words.get(cause, cause)


def role_word(role: str) -> str:
    """What somebody does on a desk."""
    words: dict[str, str] = {"editor": _("editor"), "approver": _("approver"), "correspondent": _("correspondent")}
    return words.get(role, role)


def delivery_word(state: str) -> str:
    """What became of a hand-over."""
    words: dict[str, str] = {
        "due": _("on its way"),
        "handing": _("on its way"),
        "done": _("handed over"),
        "parked": _("perhaps handed over"),
        "dead": _("could not be handed over"),
        "cancelled": _("cancelled"),
        "captured": _("captured, not sent"),
    }
    return words.get(state, state)


def notice_word(state: str) -> str:
    """How far a licensee is with a notice."""
    words: dict[str, str] = {
        "due": _("on its way"),
        "sent": _("told"),
        "chased": _("chased"),
        "escalated": _("silent"),
        "acknowledged": _("acknowledged"),
        "captured": _("captured, not sent: no mail server is set"),
        "failed": _("could not be handed over"),
        "cancelled": _("cancelled"),
    }
    return words.get(state, state)


def field_word(field: str) -> str:
    """A field of copy."""
    words: dict[str, str] = {
        "headline": _("Headline"),
        "abstract": _("Abstract"),
        "bylines": _("Byline"),
        "dateline_places": _("Dateline"),
        "body_html": _("Copy"),
        "ednote": _("Note to the desk"),
    }
    return words.get(field, field)


def frame_word(field: str) -> str:
    """A field of a story's frame."""
    words: dict[str, str] = {
        "slug": _("the slug"),
        "title": _("the working title"),
        "brief": _("the brief"),
        "places": _("the places"),
        "zone": _("the story's clock"),
        "language": _("the language"),
        "length": _("the length"),
        "desk": _("the desk"),
    }
    return words.get(field, field)


def rung_word(rung: str) -> str:
    """What a reminder says, before it is sent."""
    words: dict[str, str] = {
        "24h": _("24 hours left"),
        "2h": _("2 hours left"),
        "15min": _("15 minutes left"),
        "late15": _("15 minutes late"),
    }
    return words.get(rung, rung)


def browser_words(agent: str) -> str:
    """A browser by the name it gave itself: `Firefox on Windows`."""
    known = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    phones = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"))
    systems = (*phones, ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    name = next((name for mark, name in known if mark in agent), "")
    system = next((system for mark, system in systems if mark in agent), "")
    if name and system:
        return str(_("%(name)s on %(system)s", name=name, system=system))
    return name or text.shorten(agent, 60) or str(_("an unknown browser"))


def short_name(name: str) -> str:
    """A name as it stands in a narrow column: `N. Kapanadze`."""
    first, _blank, rest = name.partition(" ")
    return f"{first[:1]}. {rest}" if rest else name
