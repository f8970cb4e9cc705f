"""What every template may use: filters for times and words, and the frame around the page."""

from datetime import datetime
from typing import Any

from flask import Flask, g, url_for
from flask_babel import Babel, get_locale

from desk import clock, text
from desk.http import acting, cookies, phrases, standing, steps, translating, words
from desk.http.context import visit
from desk.http.frame import frame
from desk.http.translating import gettext
from desk.permissions import NOWHERE, Facts, could, permits
from desk.settings import RELEASE

WORDS = (
    "band_label", "state_word", "short_name", "medium_word", "cause_word", "role_word", "field_word",
    "delivery_word", "notice_word", "rung_word", "browser_words",
)  # fmt: skip
PHRASES = (
    "state_kind", "happened", "message_words", "readings", "on_clocks", "copy_html", "dateline_of", "may_write",
    "desk_choices", "person_choices", "person_options", "role_choices", "state_options", "media_choices", "page_url",
    "problem_with", "as_copy", "greeting", "work_line", "paragraphs", "marked_words", "what_changed", "soon", "night",
    "hours_words", "open_words",
)  # fmt: skip
STANDING = ("state_tone", "row_marks", "row_chip", "reminded")
ACTS = (
    "may_embargo", "standing_embargo", "publish_words", "kept_words", "story_marks", "embargo_says", "own_words",
    "approval_gate", "after_lift", "goes_at_once", "since_words",
)  # fmt: skip


def install(app: Flask) -> None:
    """Register filters, globals and the context processor."""
    Babel(app, locale_selector=_language, timezone_selector=lambda: "UTC")
    app.jinja_options = {
        **app.jinja_options,
        "extensions": ["jinja2.ext.i18n"],
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    env = app.jinja_env
    translating.install(env)
    env.filters.update(
        when=clock.hhmm,
        day=lambda at, zone: clock.day_words(at, zone, visit().now, gettext),
        other_day=_other_day,
        due_words=lambda at: clock.due_words(at, visit().now, gettext),
        ago=lambda at: clock.ago(at, visit().now, gettext),
        place_of=clock.place_of,
        dated=clock.dated,
        initials=text.initials,
        plain=text.plain_text,
        shorten=text.shorten,
        stamp=words.stamp,
    )
    env.globals.update(
        static=_static,
        csrf_token=cookies.csrf_token,
        release=RELEASE,
        can=_can,
        who_line=lambda row, lead: standing.who_line(row, lead, visit().now),
        bar_moves=phrases.BAR_MOVES,
        **{name: getattr(words, name) for name in WORDS},
        **{name: getattr(phrases, name) for name in PHRASES},
        story_steps=steps.story_steps,
        led_here=steps.led_here,
        **{name: getattr(standing, name) for name in STANDING},
        **{name: getattr(acting, name) for name in ACTS},
    )
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    found = g.get("visit")
    language = str(get_locale() or "en").replace("_", "-")
    shared: dict[str, Any] = {
        "lang": language,
        "dir": text.direction(language),
        "now": found.now if found else clock.utcnow(),
        "flashes": cookies.read_flashes() if found else [],
    }
    return {**shared, **frame(found)}


def _language() -> str:
    found = g.get("visit")
    return str(found.language) if found else "en"


def _can(permission: str, facts: Facts = NOWHERE) -> bool:
    """Whether the reader may; without facts, whether there can be a thing to which they may."""
    who = visit().actor
    if who is None:
        return False
    return could(who, permission) if facts is NOWHERE else permits(who, permission, facts)


def _other_day(at: datetime, zone: str) -> str:
    """The day there, unless it is today there."""
    found = visit().now
    day = clock.day_words(at, zone, found, gettext)
    return day if day != clock.day_words(found, zone, found, gettext) else ""


def _static(name: str) -> str:
    """A static file's address, with the release in it so that it can be kept for a year."""
    return url_for("static", filename=name, v=RELEASE)
