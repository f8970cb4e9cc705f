"""Bad input, case by case: each gets its own plain sentence and the right status, and changes nothing else."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from desk.errors import DeskError, TooLarge, Unreadable
from desk.http.transactions import DeskFlask
from desk.net import HttpFetcher
from desk.people import signing
from desk.people.models import Person
from desk.settings import Settings
from desk.store import Store
from desk.wires import reading
from desk.wires.models import Item, Source
from tests import factories
from tests.conftest import set_clock
from tests.fakes import FeedServer, Page
from tests.ledger import changed, everything
from tests.reader import form_on, post, said, signed_in
from tests.room import Room
from workers import fetch


@dataclass
class Scene:
    """A small newsroom, and a browser for each of its people."""

    app: DeskFlask
    room: Room
    store: Store
    now: datetime
    browsers: dict[int, FlaskClient] = field(default_factory=dict)

    def browser(self, person: Person) -> FlaskClient:
        if person.id not in self.browsers:
            self.browsers[person.id] = signed_in(self.app, person)
        return self.browsers[person.id]

    def eva(self, url: str, /, **fields: object) -> TestResponse:
        return post(self.browser(self.room.eva), url, fields)

    def olena(self, url: str, /, **fields: object) -> TestResponse:
        return post(self.browser(self.room.olena), url, fields)

    def ada(self, url: str, /, **fields: object) -> TestResponse:
        return post(self.browser(self.room.ada), url, fields)

    def link(self, purpose: str = "signin") -> str:
        with self.store.write() as session:
            return f"/come-in/{signing.make_link(session, purpose, self.room.nino.id, self.now)}"

    def assign(self, deadline: str, zone: str = "Europe/Brussels", **more: object) -> TestResponse:
        fields = {"slug": "GRAIN/RAIL", "title": "Rail freight", "desk": self.room.desk.public_id, **more}
        return self.eva("/stories/new", **fields, deadline=deadline, deadline_zone=zone)

    def write(self, do: str = "save", **fields: object) -> TestResponse:
        copy = {"headline": "Ministers agree", "body": "Ships sail on Friday.", "base_n": "0", "do": do}
        return self.olena(f"/stories/{self.room.story.public_id}/write", **{**copy, **fields})

    def change(self, **fields: object) -> TestResponse:
        """Eva opens the page on which the story's frame is changed, changes it and sends it."""
        url = f"/stories/{self.room.story.public_id}/change"
        form = form_on(self.browser(self.room.eva).get(url), url).fields
        return self.browser(self.room.eva).post(url, data={**form, **fields})

    @property
    def mark(self) -> str:
        """What a form for changing the story begins from by now."""
        url = f"/stories/{self.room.story.public_id}/change"
        return form_on(self.browser(self.room.eva).get(url), url).fields["base"]

    @property
    def here(self) -> str:
        """The address of the assignment that Olena has."""
        return f"/assignments/{self.room.assignment.public_id}"


@pytest.fixture
def scene(app: DeskFlask, room: Room, store: Store, now: datetime) -> Scene:
    made = Scene(app, room, store, now)
    for person in (room.ada, room.eva, room.arthur, room.olena, room.nino):
        made.browser(person)
    return made


@dataclass(frozen=True)
class Case:
    """What is done, what is answered, which tables may differ, and what of the typed text comes back."""

    does: Callable[[Scene], TestResponse]
    status: int
    says: str
    first: Callable[[Scene], object] = lambda scene: None
    may_change: frozenset[str] = frozenset()
    gives_back: tuple[str, ...] = ()


def _saved_by_another(scene: Scene) -> None:
    assert scene.write(body="Ships sail on Thursday.").status_code == 303


def _private(scene: Scene) -> None:
    scene.app.settings = replace(scene.app.settings, private_addresses=False)


def _expired(scene: Scene) -> TestResponse:
    url = scene.link("reset")
    set_clock(scene.app, lambda: scene.now + timedelta(hours=2))
    return post(scene.app.test_client(), url, {"password": "a sentence is fine"})


def _another_story(scene: Scene) -> None:
    assert scene.assign("tomorrow 18:00").status_code == 303


def _another_desk(scene: Scene) -> None:
    with scene.store.write() as session:
        DESKS[:] = [factories.desk(session, "Sport").public_id]


LINKS: list[str] = []
DESKS: list[str] = []
BASES: dict[str, str] = {}  # what a form began from, by story: a form pressed twice says the same twice
LOST = frozenset({"lost_saves", "entries", "revisions"})  # the text is kept, and that is recorded


def _used(scene: Scene) -> None:
    LINKS[:] = [scene.link()]
    assert post(scene.app.test_client(), LINKS[0]).status_code == 303


def _licensee(webhook: str) -> Callable[[Scene], TestResponse]:
    fields = {"name": "Black Sea Post", "mail": "desk@post.example", "contact": "Ivo", "zone": "Europe/Sofia"}
    return lambda s: s.eva("/licensees/new", **fields, webhook=webhook)


def _source(url: str) -> Callable[[Scene], TestResponse]:
    return lambda s: s.eva("/wire/sources", name="A wire", url=url, zone="UTC", every="60")


CASES = {
    "a zone that there is not, for a deadline": Case(
        lambda s: s.assign("tomorrow 18:00", "Europe/Atlantis"), 422, "Europe/Atlantis",
        gives_back=("GRAIN/RAIL", "tomorrow 18:00"),
    ),
    "a zone that there is not, for oneself": Case(
        lambda s: s.olena("/me/place", zone="Mars/Olympus"), 422, "Mars/Olympus"
    ),
    "a zone that there is not, for a desk": Case(
        lambda s: s.ada("/desks", name="Sports desk", zone="Europe/Atlantis"), 422, "Europe/Atlantis",
        gives_back=("Sports desk",),
    ),
    "an offset, which says nothing of summer": Case(
        lambda s: s.assign("tomorrow 18:00", "UTC+2"), 422, "does not say when the clocks change"
    ),
    "words that are no time": Case(
        lambda s: s.assign("when it is ready"), 422, "when it is ready", gives_back=("GRAIN/RAIL",)
    ),
    "a deadline in the past": Case(
        lambda s: s.assign("2026-11-24 14:36"), 422, "This deadline is past already. Choose a later one,",
        gives_back=("GRAIN/RAIL", "2026-11-24 14:36"),
    ),
    "a deadline moved into the past": Case(
        lambda s: s.eva(f"{s.here}/deadline", deadline="2026-11-23 18:00", deadline_zone="Europe/Kyiv"),
        422, "This deadline is past already.",
    ),
    "a deadline moved to where it is": Case(
        lambda s: s.eva(f"{s.here}/deadline", deadline="2026-11-24 19:37", deadline_zone="Europe/Brussels"),
        422, "That is the deadline already.",
    ),
    "a local time that is skipped when summer begins": Case(
        lambda s: s.assign("2027-03-28 02:30"), 422, "02:30", gives_back=("2027-03-28 02:30",)
    ),
    "a local time that comes twice when summer ends": Case(
        lambda s: s.assign("2027-10-31 02:30"), 422,
        "02:30 happens twice that night in Europe/Brussels: first at UTC+2, then at UTC+1. Say which.",
        gives_back=("2027-10-31 02:30",),
    ),
    "an embargo that would have lifted": Case(
        lambda s: s.eva(f"/stories/{s.room.story.public_id}/embargo", embargo="2026-11-24 10:00"),
        422, "This embargo would have lifted already.",
    ),
    "an empty draft filed": Case(
        lambda s: s.write("file", headline="", body=""), 422, "The headline is missing: write one, then file."
    ),
    "a draft of blanks filed": Case(
        lambda s: s.write("file", body=" \r\n\u00a0\r\n"), 422, "The text has no words: write it, then file.",
        gives_back=("Ministers agree",),
    ),
    "a stale version saved": Case(
        lambda s: s.write(headline="Ministers can't agree", body="Nothing sails."), 409, "Nothing sails.",
        first=_saved_by_another, may_change=LOST, gives_back=("Ministers can&#39;t agree",),
    ),
    "a stale version filed": Case(
        lambda s: s.write("file", body="Nothing sails."), 409, "Nothing sails.",
        first=_saved_by_another, may_change=LOST,
    ),
    "a save that does not say on what it was typed": Case(
        lambda s: s.write(base_n="the latest"), 422, "This form does not say which version it began from.",
        gives_back=("Ships sail on Friday.",),
    ),
    "a webhook on a private address": Case(
        _licensee("http://10.0.0.7/hook"), 422, "10.0.0.7 is in a private network", first=_private,
        gives_back=("Black Sea Post", "http://10.0.0.7/hook"),
    ),
    "a webhook on this machine": Case(
        _licensee("http://127.0.0.1:8000/hook"), 422, "127.0.0.1 is in a private network", first=_private
    ),
    "a webhook on a cloud's metadata address": Case(
        _licensee("http://169.254.169.254/latest"), 422, "169.254.169.254 is in a private network", first=_private
    ),
    "a webhook that is no address of the web": Case(_licensee("ftp://post.example/hook"), 422, "ftp"),
    "a feed on a private address": Case(
        _source("http://192.168.1.1/feed"), 422, "192.168.1.1 is in a private network", first=_private,
        gives_back=("A wire",),
    ),
    "a feed that is a file of this machine": Case(_source("file:///etc/passwd"), 422, "file"),
    "a folder of this machine, from somebody who does not run it": Case(_source("/etc"), 403, "folder"),
    "a slug used twice that day": Case(
        lambda s: s.assign("tomorrow 18:00", slug=s.room.story.slug.lower()), 422, "GRAIN/CORRIDOR",
        gives_back=("Rail freight",),
    ),
    "a slug that is none": Case(
        lambda s: s.assign("tomorrow 18:00", slug="GRAIN//RAIL"), 422, "A slug is one to eighty letters",
        gives_back=("GRAIN//RAIL",),
    ),
    "an expired sign-in link": Case(
        _expired, 409, "This link has expired. Ask for a new one: it takes a minute.", may_change=frozenset({"links"})
    ),
    "a sign-in link used again": Case(
        lambda s: post(s.app.test_client(), LINKS[0]), 409, "This link has been used.", first=_used
    ),
    "a sign-in link of nobody's": Case(
        lambda s: post(s.app.test_client(), f"/come-in/{'f' * 64}"), 404, "This link is not one of ours",
        may_change=frozenset({"attempts"}),
    ),
    "a desk that is there already": Case(
        lambda s: s.ada("/desks", name=f" {s.room.desk.name} ", zone="UTC"), 422, "There is a desk called World desk"
    ),
    "an address that is somebody's already": Case(
        lambda s: s.ada("/people/new", name="Eva", email=s.room.eva.email.upper(), zone="UTC"), 422, "already",
        gives_back=("Eva",),
    ),
    "an address that is none": Case(
        lambda s: s.ada("/people/new", name="Eva", email="eva@", zone="UTC"), 422, "eva@ is not a mail address."
    ),
    "a length that is no number": Case(
        lambda s: s.assign("tomorrow 18:00", length="eight hundred"), 422, "eight hundred is not a whole number",
        gives_back=("eight hundred",),
    ),
    "an offer declined without a reason": Case(
        lambda s: post(s.browser(s.room.nino), f"/offers/{s.room.offer.public_id}/decline", {"reason": " "}),
        422, "Give a reason, so that the others know.",
    ),
    "another's offer accepted": Case(
        lambda s: s.olena(f"/offers/{s.room.offer.public_id}/accept"), 404, "no such offer"
    ),
    "copy approved before any was filed": Case(
        lambda s: s.eva(f"/stories/{s.room.story.public_id}/publish"), 409, "copy"
    ),
    "a thing that there is not": Case(lambda s: s.eva("/stories/bcdfghjkmn/hold", why="x"), 404, "no such story"),
    "an id that can be none": Case(lambda s: s.eva("/stories/' OR 1=1 --/hold", why="x"), 404, "no such story"),
    "an address with a byte that no database keeps": Case(
        lambda s: s.eva("/stories/%00/hold", why="x"), 404, "There is no such page"
    ),
    "a title as long as a book": Case(
        lambda s: s.assign("tomorrow 18:00", title="x" * 5_000), 422,
        "The title is 5000 characters long, and at most 500 fit here. Shorten it, then send it again.",
        gives_back=("GRAIN/RAIL",),
    ),
    "a slug as long as a sentence": Case(
        lambda s: s.assign("tomorrow 18:00", slug="x" * 81), 422, "The slug is 81 characters long, and at most 80 fit",
        gives_back=("Rail freight",),
    ),
    "a place as long as a sentence": Case(
        lambda s: s.assign("tomorrow 18:00", places="Odesa, " + "x" * 101), 422, "The place is 101 characters long",
    ),
    "more places than a dateline holds": Case(
        lambda s: s.assign("tomorrow 18:00", places=",".join(f"Town {n}" for n in range(21))), 422,
        "These are 21 places, and a dateline has room for 20.",
    ),
    "a language that is none": Case(
        lambda s: s.assign("tomorrow 18:00", language="the King's"), 422,
        "the King's is not a language this desk knows.",
    ),
    "a reason as long as a page": Case(
        lambda s: s.eva(f"/stories/{s.room.story.public_id}/spike", why="x" * 1_001), 422,
        "The reason is 1001 characters long, and at most 1000 fit here.",
    ),
    "a name as long as a sentence": Case(
        lambda s: s.ada("/people/new", name="x" * 201, email="ivo@meridian.example", zone="UTC"), 422,
        "The name is 201 characters long, and at most 200 fit here.", gives_back=("ivo@meridian.example",),
    ),
    "a number of five thousand figures": Case(
        lambda s: s.assign("tomorrow 18:00", length="9" * 5_000), 422, "is not a whole number this field can take.",
        gives_back=("GRAIN/RAIL",),
    ),
    "a version that is a number in another script": Case(
        lambda s: s.write(base_n="²"), 422, "This form does not say which version it began from.",
    ),
    "a folder with a name that no disk takes": Case(
        lambda s: s.ada(
            "/wire/sources", name="A wire", url=f"{s.app.settings.wire_root}/{'x' * 600}", zone="UTC", every="60"
        ),
        422, "There is no folder /",
    ),
    "a folder of the system, from somebody who runs it": Case(
        lambda s: s.ada("/wire/sources", name="A wire", url="/etc", zone="UTC", every="60"), 422, "/etc is not below /",
    ),
    "a slug that another story of that day has, in a changed frame": Case(
        lambda s: s.change(slug="grain/rail"), 422,
        "The slug GRAIN/RAIL is already used on this desk today. Choose another, such as GRAIN/RAIL-2.",
        first=_another_story, gives_back=("grain/rail", "Ministers meet in Odesa over a new shipping lane"),
    ),
    "a frame that somebody changed meanwhile": Case(
        lambda s: s.change(base="of an hour ago", title="Ministers agree"), 409,
        "Somebody changed this story while you typed.", gives_back=("Ministers agree",),
    ),
    "a story moved to a desk of others": Case(
        lambda s: s.change(desk=DESKS[0]), 403, "You may not do this here: make a story on a desk.", first=_another_desk
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def same_settings(app: DeskFlask) -> Iterator[None]:
    before = app.settings
    yield
    app.settings = before


@pytest.mark.parametrize("name", CASES)
def test_it_gets_its_own_sentence_and_changes_nothing_else(name: str, scene: Scene) -> None:
    case = CASES[name]
    case.first(scene)
    before = everything(scene.store)
    response = case.does(scene)
    assert (response.status_code, case.says in said(response)) == (case.status, True), said(response)[:2_000]
    assert changed(before, everything(scene.store)) <= case.may_change
    for typed in case.gives_back:
        assert typed in response.text, f"{typed} was typed and is gone"


@pytest.mark.parametrize("typed", ["Rail\x00 freight", "Rail \ufffffreight\x1b", "\u202eRail\r\n freight"])
def test_what_nobody_sees_and_no_database_keeps_is_dropped_and_the_rest_is_kept(typed: str, scene: Scene) -> None:
    made = scene.assign("tomorrow 18:00", title=typed)
    assert made.status_code == 303
    assert "Rail freight" in said(scene.browser(scene.room.eva).get(made.headers["Location"]))


def test_of_a_time_that_comes_twice_it_is_asked_which_and_the_answer_is_kept(scene: Scene) -> None:
    asked = scene.assign("2027-10-31 02:30", people=scene.room.olena.public_id)
    form = form_on(asked, "/stories/new")
    assert 'name="deadline_fold" value="0"' in asked.text
    assert 'name="deadline_fold" value="1"' in asked.text
    form.fields.setlist("deadline_fold", ["1"])
    made = scene.browser(scene.room.eva).post("/stories/new", data=form.fields)
    assert made.status_code == 303
    page = scene.browser(scene.room.eva).get(made.headers["Location"])
    assert "02:30" in said(page)


# Pressed twice


@pytest.mark.parametrize(
    "press",
    [
        lambda s: post(s.browser(s.room.nino), f"/offers/{s.room.offer.public_id}/accept"),
        lambda s: s.olena(f"{s.here}/say", words="Two voices, one to come"),
        lambda s: s.write(base_n="0"),
        lambda s: s.write("file", base_n="0"),
        lambda s: s.eva(f"/stories/{s.room.story.public_id}/hold", why="Legal reads it"),
        lambda s: s.eva(f"/stories/{s.room.story.public_id}/assignments", deadline="tomorrow 18:00", medium="pictures"),
        lambda s: s.eva(f"{s.here}/cancel", why="Overtaken"),
        lambda s: s.eva(f"{s.here}/deadline", deadline="tomorrow 18:00", deadline_zone="Europe/Kyiv", why="More time"),
        lambda s: s.assign("tomorrow 18:00", people=s.room.olena.public_id),
        lambda s: s.ada("/people/new", name="Ivo", email="ivo@meridian.example", zone="Europe/Sofia"),
        lambda s: s.ada("/desks", name="Sports desk", zone="UTC"),
        lambda s: s.ada(f"/people/{s.room.olena.public_id}/disable"),
        _licensee(""),
        _source("http://127.0.0.1:9/feed"),
        lambda s: s.change(base=BASES.setdefault(s.room.story.public_id, s.mark), title="Ministers agree"),
    ],
    ids=[
        "accept", "say", "save", "file", "hold", "a further assignment", "cancel", "move a deadline", "make a story",
        "invite", "make a desk", "disable", "add a licensee", "add a source",
        "change a story",
    ],
)  # fmt: skip
def test_a_button_pressed_twice_does_it_once(press: Callable[[Scene], TestResponse], scene: Scene) -> None:
    """The second press finds it done, and either says so or has nothing to add."""
    assert press(scene).status_code == 303
    once = everything(scene.store)
    again = press(scene)
    assert again.status_code in (303, 409, 422)
    assert not changed(once, everything(scene.store)) - {"sources"}
    if again.status_code != 303:
        assert len(said(again)) > 40


# What comes by itself

RSS = b'<rss version="2.0"><channel><title>A wire</title><item><title>Copy</title><guid>1</guid></item></channel></rss>'
TRICK = b'<!DOCTYPE rss [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>' + RSS.replace(b"Copy", b"&b;")
OUTSIDE = b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + RSS.replace(b"Copy", b"&f;")
OLD = b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:1/rss-0.91.dtd">' + RSS


def _bomb() -> bytes:
    """A third of a gigabyte of blanks in a third of a megabyte: one megabyte packed, three hundred times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    feed, blanks = (packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in (RSS, b" " * 1_000_000))
    return feed + blanks * 300


FEEDS: dict[str, tuple[Page, str, type[DeskError] | None]] = {
    "a page instead of a feed": (Page(b"<html>Not here</html>"), "not a feed this desk can read", Unreadable),
    "nothing at all": (Page(b""), "it is empty", Unreadable),
    "noise": (Page(bytes(range(256)) * 20), "not a feed this desk can read", Unreadable),
    "a feed that declares entities of its own": (Page(TRICK), "entit", Unreadable),
    "a feed that wants a file of this machine": (Page(OUTSIDE), "entit", Unreadable),
    "a gzip bomb": (Page(_bomb(), headers={"Content-Encoding": "gzip"}), "10", TooLarge),
    "an old feed with a bare DOCTYPE": (Page(OLD), "", None),
}  # fmt: skip


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_that_cant_be_read_says_why_at_its_source_and_brings_nothing(
    name: str, scene: Scene, settings: Settings
) -> None:
    page, sentence, error = FEEDS[name]
    fetcher = HttpFetcher(private=True, max_bytes=fetch.MOST_BYTES, timeout=10)
    with FeedServer({"/feed": page}) as server, closing(fetcher):
        with scene.store.write() as session:
            source = Source(public_id="bcdfghjkmn", name="A wire", kind="feed", url=server.url_of("/feed"), zone="UTC")
            session.add(source)
        before = everything(scene.store)
        polled = fetch.poll_now(
            scene.store, source.public_id, settings=settings, now=lambda: scene.now, fetcher=fetcher
        )
    assert polled is not None
    with scene.store.read() as session:
        items = session.scalars(select(Item.headline)).all()
    if error is None:
        assert (polled.outcome, list(items)) == ("taken", ["Copy"])
        return
    assert polled.outcome == "failed"
    assert sentence in (polled.said or "")
    assert not items
    assert changed(before, everything(scene.store)) <= {"sources", "intakes", "revisions"}
    assert sentence in said(scene.browser(scene.room.eva).get("/wire/sources"))


@pytest.mark.parametrize("data", [TRICK, OUTSIDE])
def test_no_entity_is_ever_put_in(data: bytes) -> None:
    with pytest.raises(Unreadable, match="entit"):
        reading.read(data)
