"""Changing a story's frame: its slug, title, brief, places, language, length, clock and desk."""

from typing import Any

from flask import Response, render_template
from flask_babel import gettext as _

from desk.errors import NotNow
from desk.http.answers import see
from desk.http.context import actor, db, now
from desk.http.cookies import flash
from desk.http.forms import Form, listed, text, whole
from desk.http.routing import Pages
from desk.http.words import frame_word
from desk.newsroom import framing
from desk.newsroom.framing import Framing
from desk.web.choices import languages, zone_names

pages = Pages("framing", __name__)


@pages.read("/stories/<public_id>/change", may="story.edit")
def page(public_id: str) -> str:
    """The frame as it stands; where somebody else changed it meanwhile, what was typed and what stands now."""
    view = framing.framing(db(), actor(), public_id)
    stands = _as_typed(view)
    form = Form(**stands)
    overtaken = isinstance(form.problem, NotNow)
    return render_template(
        "stories/change.html",
        story=view.story,
        form=form,
        base=view.mark if overtaken or not form.typed else form["base"],
        stands=stands if overtaken else None,
        frozen=_(view.frozen, slug=view.story.slug) if view.frozen else None,
        desks=view.desks,
        languages=_languages(view.frame.language),
        zones=zone_names(),
    )


@pages.act("/stories/<public_id>/change", may="story.edit", again="framing.page")
def change(public_id: str) -> Response:
    """Change it; whoever works on it is told of what they must know."""
    changed = framing.change_frame(
        db(),
        actor(),
        public_id,
        base=text("base"),
        desk=text("desk"),
        slug=text("slug"),
        title=text("title"),
        brief=text("brief"),
        places=listed("places"),
        zone=text("zone"),
        language=text("language"),
        length=whole("length"),
        now=now(),
    )
    if changed:
        flash(_("Changed: %(what)s.", what=", ".join(frame_word(name) for name in changed)))
    else:
        flash(_("Nothing was changed."))
    return see("stories.page", public_id=public_id)


def _as_typed(view: Framing) -> dict[str, Any]:
    """The frame as the form holds it, and in words where the form holds a choice."""
    frame = view.frame
    return {
        "desk": view.desk.public_id,
        "desk_word": view.desk.name,
        "slug": frame.slug,
        "title": frame.title,
        "brief": frame.brief,
        "places": ", ".join(frame.places),
        "zone": frame.zone,
        "language": frame.language,
        "language_word": dict(_languages(frame.language))[frame.language],
        "length": frame.length,
    }


def _languages(own: str) -> list[tuple[str, str]]:
    """The languages to choose from, the story's own among them."""
    known = languages()
    return known if own in dict(known) else [*known, (own, own)]
