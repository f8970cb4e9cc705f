"""The words of a mail: plain Jinja and gettext, in the recipient's language and zone, without any request.

A kind has three templates in `templates/email/KIND/`: `subject.txt`, `mail.txt` and `mail.html`.
"""

import gettext
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from markupsafe import Markup

from desk import clock, text
from desk.links import Links
from desk.settings import resource

LONGEST_SUBJECT = 180
# kinds that say first how much time is left; the others are about something that is over
TIMED = frozenset(
    {
        "offer",
        "answered",
        "said",
        "deadline_moved",
        "story_changed",
        "returned",
        "approval_voided",
        "work_left",
        "reminder",
    }
)


ISOLATED = ("slug", "title")  # facts that are of the story's language, not of the reader's


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who somebody is now. `gone` says why nothing reaches them any more."""

    name: str
    mail: str
    zone: str
    language: str = "en"
    webhook: str | None = None
    secret: str | None = None
    gone: str | None = None
    webhook_gone: str | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who has the assignment that a mail is about, and the zone in which they are now."""

    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class Times:
    """One instant as a mail says it: how far off, every clock on one line, and the reader's, without and with its
    place."""

    left: str
    line: str
    mine: str
    here: str


@dataclass(frozen=True, slots=True)
class Worded:
    """A mail without its headers."""

    subject: str
    text: str
    html: str


def word(
    kind: str,
    facts: Mapping[str, Any],
    to: Recipient,
    *,
    agency: str,
    links: Links,
    now: datetime,
    writer: Writer | None = None,
    **more: Any,
) -> Worded:
    """Word one mail from its facts; the clock of the `writer` whose work it is about, unless that is the reader, stands
    beside each time. Raises jinja2.TemplateError for a kind without templates or a broken one."""
    env, _ = _environment(to.language), translations(to.language).gettext
    deadline = _instant(facts.get("deadline")) if kind in TIMED else None
    zones = _zones(facts, to, writer, _)
    context = {
        "f": facts,
        "me": to,
        "agency": agency,
        "link": links.to,
        "time": times(deadline, zones, now, to.language, _) if deadline else None,
        "at": lambda iso: times(datetime.fromisoformat(iso), zones, now, to.language, _),
        "shorten": text.shorten,
        "dir": text.direction(to.language),
        **more,
    }
    subject = " ".join(env.get_template(f"email/{kind}/subject.txt").render(context).split())
    context["subject"] = subject
    plain = _tidy_text(env.get_template(f"email/{kind}/mail.txt").render(context))
    context["f"] = {name: isolated(value) if name in ISOLATED and value else value for name, value in facts.items()}
    html = _tidy_html(env.get_template(f"email/{kind}/mail.html").render(context))
    return Worded(text.shorten(subject, LONGEST_SUBJECT), plain, html)


def isolated(words: str) -> Markup:
    """Words within a sentence of ours that may run the other way: HTML keeps them from turning what stands beside."""
    return Markup("<bdi>{}</bdi>").format(words)  # which escapes them


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; one that gives every sentence back as it is where there is none."""
    folder = str(resource("translations"))
    return gettext.translation("messages", folder, languages=[language.replace("-", "_")], fallback=True)


def times(
    at: datetime, zones: Sequence[tuple[str, str]], now: datetime, language: str, _: clock.Gettext = str
) -> Times:
    """`Due in 2 h` and `16:00 Kyiv, yours · 15:00 Brussels, the desk`, dates named wherever they are not today's.

    `zones` are (whose, zone), the reader's first.
    """
    locale = _locale(language)
    today = clock.moment_at(now, zones[0][1]).wall.date()
    pieces = []
    for reading in clock.labelled(at, zones, now, _, locale):
        day = clock.moment_at(at, reading.zone).wall.date()
        named = "" if day == today else f"{format_date(day, 'EEE d MMMM', locale=locale)} "
        pieces.append((f"{named}{reading.time}", clock.place_of(reading.zone), reading.label))
    words = clock.due_words(at, now, _)
    left = words[0].upper() + words[1:] if at < now else _("Due %(words)s") % {"words": words}
    (mine, place, _whose), *_others = pieces
    line = " · ".join(f"{time} {where}, {whose}" for time, where, whose in pieces)
    return Times(left, line, mine, f"{mine} {place}")


def _zones(
    facts: Mapping[str, Any], to: Recipient, writer: Writer | None, _: clock.Gettext
) -> Sequence[tuple[str, str]]:
    zones = [(_("yours"), to.zone)]
    zones += [(writer.name, writer.zone)] if writer else []
    zones += [(_("the desk"), facts["desk_zone"])] if facts.get("desk_zone") else []
    zones += [(_("the story"), facts["story_zone"])] if facts.get("story_zone") else []
    return zones


@cache
def _environment(language: str) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(resource("templates"))),
        autoescape=jinja2.select_autoescape(["html"]),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["bdi"] = isolated
    catalogue = translations(language)
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    return env


@cache
def _locale(language: str) -> str:
    try:
        return str(Locale.parse(language, sep="-"))
    except (ValueError, UnknownLocaleError):
        return "en"


def _instant(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def _tidy_text(rendered: str) -> str:
    lines = "\n".join(line.rstrip() for line in rendered.splitlines())
    lines = re.sub(r"\n{3,}", "\n\n", lines).strip()
    return re.sub(r"(?m)^--$", "-- ", lines) + "\n"  # the blank makes it the line above a signature


def _tidy_html(rendered: str) -> str:
    return "\n".join(line.rstrip() for line in rendered.splitlines() if line.strip()) + "\n"
