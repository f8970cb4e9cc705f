"""The wire: what other agencies send, stories opened from it, and the sources it comes from."""

from flask import Response, render_template, request
from flask_babel import gettext as _

from desk import net
from desk.http.answers import see
from desk.http.context import actor, db, me, now, visit
from desk.http.cookies import flash
from desk.http.forms import Form, listed, text, whole
from desk.http.routing import Pages
from desk.newsroom import history, wireroom, wiring
from desk.people import queries as people
from desk.revisions import Kind
from desk.web.choices import zone_names
from desk.web.readback import say_clock
from desk.wires import queries

pages = Pages("wire", __name__)
FEEDS = ("http://", "https://")


def _revisions(**_parts: str) -> set[tuple[Kind, int]]:
    return {("wire", 0)}


@pages.read("/wire", may="wire.read", live=_revisions)
def page() -> str:
    """The wire room: newest first, by source and words; the item that was picked stands beside it."""
    asked = {name: request.args.get(name, "").strip() for name in ("source", "q", "before", "item")}
    room = wireroom.room(
        db(),
        actor(),
        source=asked["source"],
        words=asked["q"],
        before=asked["before"],
        opened=asked["item"],
        now=now(),
    )
    kept = {"source": asked["source"] or None, "q": asked["q"] or None}
    return render_template("wire/page.html", room=room, kept=kept, form=Form(), zone=me().present_zone)


@pages.read("/wire/<public_id>", may="wire.read", live=_revisions)
def item(public_id: str) -> str:
    """One item: its copy, what it says of itself, its revisions, our stories on it."""
    return render_template(
        "wire/item.html", page=wireroom.page(db(), actor(), public_id), form=Form(), zone=me().present_zone
    )


@pages.act("/wire/<public_id>/story", may="wire.use", again="wire.item")
def open_story(public_id: str) -> Response:
    """Open a story that keeps this item as its source."""
    story = wiring.open_story(
        db(),
        actor(),
        public_id,
        desk=text("desk"),
        slug=text("slug"),
        title=text("title"),
        brief=text("brief"),
        places=listed("places"),
        now=now(),
    )
    flash(_("%(slug)s is open, without a deadline. Nobody is asked yet: “Assign…” does that.", slug=story.slug))
    say_clock(story)
    return see("stories.page", public_id=story.public_id)


@pages.read("/wire/<public_id>/use", may="wire.use")
def choose(public_id: str) -> str:
    """Choose the story of ours in which this item is used."""
    words = request.args.get("q", "").strip()
    return render_template(
        "wire/use.html", choice=wireroom.choice(db(), actor(), public_id, words), form=Form(), zone=me().present_zone
    )


@pages.act("/wire/<public_id>/use", may="wire.use", again="wire.choose")
def use_in(public_id: str) -> Response:
    """Note that a story of ours stands on this item, too."""
    story = wiring.use_in(db(), actor(), public_id, text("story"), now())
    flash(_("%(slug)s stands on this wire now: you are told if it is changed or killed.", slug=story.slug))
    return see("stories.page", public_id=story.public_id)


@pages.read("/wire/sources", may="wire.manage")
def sources() -> str:
    """Every source, how it is doing, and what may be done with it."""
    return render_template(
        "wire/sources.html",
        page=wireroom.sources(db(), now()),
        form=Form(zone=people.newsroom(db()).zone, every=60),
        root=visit().settings.wire_root,
        zones=zone_names(),
        zone=me().present_zone,
    )


def _check_address() -> None:
    """A feed's address is looked up before the write transaction begins."""
    if text("url").lower().startswith(FEEDS):
        net.check_address(text("url"), private=visit().settings.private_addresses)


@pages.act("/wire/sources", may="wire.manage", again="wire.sources", prepare=_check_address)
def add() -> Response:
    """Add a feed, or a folder to watch."""
    wiring.add_source(
        db(),
        actor(),
        name=text("name"),
        url=text("url"),
        zone=text("zone"),
        every=whole("every", required=True) or 0,
        root=visit().settings.wire_root,
        now=now(),
    )
    return see("wire.sources")


@pages.read("/wire/sources/<public_id>", may="wire.manage")
def source(public_id: str) -> str:
    """One source, to be changed, what it sent that could not be read, and what was done to it."""
    found = queries.source(db(), public_id)
    return render_template(
        "wire/source.html",
        source=found,
        form=Form(name=found.name, url=found.url, zone=found.zone, every=found.every),
        root=visit().settings.wire_root,
        zones=zone_names(),
        unreadable=queries.unreadable(db(), found),
        history=history.of_source(db(), found),
        zone=me().present_zone,
    )


def _check_new_address(public_id: str) -> None:
    del public_id
    _check_address()


@pages.act("/wire/sources/<public_id>", may="wire.manage", again="wire.source", prepare=_check_new_address)
def change(public_id: str) -> Response:
    """Change where a source is, what it is called, how often it is polled."""
    wiring.change_source(
        db(),
        actor(),
        public_id,
        name=text("name"),
        url=text("url"),
        zone=text("zone"),
        every=whole("every", required=True) or 0,
        root=visit().settings.wire_root,
        now=now(),
    )
    return see("wire.sources")


@pages.act("/wire/sources/<public_id>/stop", may="wire.manage", again="wire.source")
def stop(public_id: str) -> Response:
    """Poll it no more."""
    wiring.stop_source(db(), actor(), public_id, why=text("why"), now=now())
    return see("wire.sources")


@pages.act("/wire/sources/<public_id>/remove", may="wire.manage", again="wire.source")
def remove(public_id: str) -> Response:
    """Poll it no more, and list it no more."""
    gone = wiring.remove_source(db(), actor(), public_id, now=now())
    flash(_("%(name)s is removed: it is read no more. What it sent stays on the wire.", name=gone.name))
    return see("wire.sources", _anchor="removed")


@pages.act("/wire/sources/<public_id>/start", may="wire.manage", again="wire.source")
def start(public_id: str) -> Response:
    """Poll it again, stopped or removed."""
    wiring.start_source(db(), actor(), public_id, root=visit().settings.wire_root, now=now())
    return see("wire.sources")


@pages.act("/wire/sources/<public_id>/poll", may="wire.manage", again="wire.source")
def poll(public_id: str) -> Response:
    """Poll it now."""
    wiring.poll_now(db(), actor(), public_id, now=now())
    return see("wire.sources")
