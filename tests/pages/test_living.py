"""What the scripts of our pages do in a browser: a page that lives keeps what it shows, a key sends nothing by itself,
and text kept in the browser goes when it has arrived or whoever typed it leaves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from desk import clock, revisions
from desk.http.transactions import DeskFlask
from desk.newsroom import approving
from desk.outbox import service as outbox
from desk.people import signing
from desk.people.models import Desk, Person
from desk.stories.models import Story
from tests import factories
from tests.conftest import set_clock
from tests.pages.newsrooms import Walk, build
from tests.pages.test_axe import AS, shapes
from tests.pages.test_pages import address
from tests.room import Room, open_room

pytestmark = pytest.mark.browser

TOP = "row => row.getBoundingClientRect().top"
MAIN = "document.querySelector('main').innerText"
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('desk:draft:')).length"


@dataclass(frozen=True)
class House:
    """A small newsroom of its own, served, whose stories may be changed."""

    app: DeskFlask
    room: Room
    url: str
    browser: Browser

    def seat(self, person: Person) -> Page:
        """A browser of somebody's own, signed in."""
        with self.app.store.write() as session:
            begun = signing.begin(session, person.id, agent="", address="", now=clock.utcnow())
        return _signed_in(self.browser, self.url, begun.cookie)

    def state(self) -> str:
        with self.app.store.read() as session:
            return session.get_one(Story, self.room.story.id).state


@pytest.fixture
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    walk = build(tmp_path_factory.mktemp("house"), full=False)
    with walk.served() as url:
        yield House(walk.app, open_room(walk.app.store), url, browser)
    walk.app.store.database.engine.dispose()


def test_what_a_living_page_shows_still_stands_after_it_has_asked_again(walk: Walk, browser: Browser) -> None:
    role, at = "editor" if walk.things else "administrator", clock.utcnow()
    with walk.app.store.write() as session:
        facts = {"by": "Eva", "words": "Call me when you can", "slug": "GRAIN/CORRIDOR"}
        outbox.put(session, "said", "living", ("person", walk.people[role]), now=at, facts=facts)
    set_clock(walk.app, lambda: at)
    opened: dict[str, tuple[Page, str]] = {}
    try:
        with walk.served() as url:
            for endpoint, path in _living(walk, role):
                page = _signed_in(browser, url, walk.cookies[role])
                with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
                    page.goto(url + path)
                    opened[endpoint] = page, _words(page)
                expect(page.locator("#offline")).to_be_hidden()
                page.wait_for_timeout(100)
            changed = {name: _words(page) for name, (page, before) in opened.items() if _words(page) != before}
    finally:
        set_clock(walk.app, clock.utcnow)
    assert set(opened) >= ({"board.page", "account.bell", "stories.page"} if walk.things else {"account.bell"})
    assert not changed


def test_the_rows_of_a_board_stay_where_they_are_when_others_come_in_above_until_nobody_looks(house: House) -> None:
    due = clock.utcnow()

    def come_in(slug: str, **hours: float) -> None:
        with house.app.store.write() as session:
            story = factories.story(session, session.get_one(Desk, house.room.desk.id), slug, "reporting")
            story.due_at = due + timedelta(**hours)
            revisions.touch(session, "desk", story.desk_id)

    for n in range(30):
        come_in(f"ROW/{n:02}", hours=1, minutes=n)
    page = house.seat(house.room.eva)
    page.goto(f"{house.url}/")
    row = page.locator("[data-row]", has_text="ROW/05")
    place = row.evaluate(TOP)
    come_in("LATE/FIRST", hours=-1)
    expect(page.locator("[data-row]", has_text="LATE/FIRST")).to_be_attached()
    assert abs(row.evaluate(TOP) - place) < 1
    assert page.evaluate("scrollY") > 0
    come_in("BELOW/ALL", hours=2, minutes=50)
    expect(page.locator("[data-row]", has_text="BELOW/ALL")).to_be_attached()
    assert abs(row.evaluate(TOP) - place) < 1
    page.evaluate("const then = Date.now; Date.now = () => then() + 150000")
    come_in("LATE/SECOND", hours=-2)
    expect(page.locator("[data-row]", has_text="LATE/SECOND")).to_be_attached()
    assert page.evaluate("scrollY") == 0, "a screen that nobody touches shows what is most urgent"


def test_a_slipped_key_publishes_nothing_and_the_key_itself_only_leads_to_the_button(house: House) -> None:
    _approved(house)
    eva = house.seat(house.room.eva)
    eva.goto(f"{house.url}/stories/{house.room.story.public_id}")
    button, cue = eva.get_by_role("button", name="Publish", exact=True), eva.locator("#key-cue")
    eva.keyboard.press("g")
    eva.wait_for_timeout(1600)
    for slipped in ("p", "Shift+p"):
        eva.keyboard.press(slipped)
        expect(button).not_to_be_focused()
    expect(cue).to_have_count(0)
    eva.keyboard.down("p")
    eva.keyboard.down("p")  # held down: it repeats
    eva.keyboard.up("p")
    expect(button).to_be_focused()
    expect(cue).to_have_text("Enter presses it")
    eva.wait_for_timeout(1200)  # the page has asked again meanwhile
    expect(cue).to_be_visible()
    assert house.state() == "approved"
    eva.keyboard.press("Enter")
    expect(eva.locator("main")).to_contain_text("Published: edition 1")
    assert house.state() == "published"
    eva.emulate_media(media="print")  # on paper: slug, version and time, and the copy; no mark, no button, no history
    printed = eva.locator("main").inner_text()
    assert re.match(r"GRAIN/CORRIDOR · version \d+ · \w+ \d+ \w+ \d{4}, \d\d:\d\d Brussels\n", printed)
    assert "Everything that happened" not in printed
    expect(eva.locator("button:visible")).to_have_count(0)


def test_acts_open_at_their_button_a_phone_has_the_rest_behind_one_and_marked_copy_is_clean_on_paper(
    house: House,
) -> None:
    with house.app.store.write() as session:
        story = session.merge(house.room.story)
        story.state = "filed"
        texts = ("Ships sail", "<p>One goes.</p>\n<ul><li>Two stay.</li></ul>"), ("Ships wait", "<ul><li>One</li></ul>")
        first, _ = (
            factories.version(session, story, headline=headline, body_html=body, places=(), by=())
            for headline, body in texts
        )
    eva = house.seat(house.room.eva)
    eva.goto(f"{house.url}/stories/{house.room.story.public_id}?since={first.public_id}")
    button, form = eva.get_by_text("Embargo…"), eva.locator("[open] > .menu-list")
    button.click()
    expect(form.get_by_label("in the time of")).to_be_visible()
    at, opened, height = button.bounding_box(), form.bounding_box(), eva.evaluate("innerHeight")
    assert at
    assert opened
    assert abs(opened["x"] - at["x"]) < 2
    assert 0 <= opened["y"] < opened["y"] + opened["height"] <= height
    assert min(abs(opened["y"] + opened["height"] - at["y"]), abs(opened["y"] - at["y"] - at["height"])) < 12
    eva.set_viewport_size({"width": 390, "height": 844})
    eva.keyboard.press("Escape")
    expect(button).to_be_hidden()
    eva.get_by_text("More…", exact=True).click()
    button.click()
    sizes = (
        eva.locator("#story-acts")
        .locator(".btn:visible, input:visible")
        .evaluate_all("all => all.map(one => one.getBoundingClientRect()).map(box => [box.height, box.right])")
    )
    assert len(sizes) > 6
    assert all(tall >= 40 and right <= 390 for tall, right in sizes)
    expect(eva.locator("ins:visible, del:visible")).not_to_have_count(0)
    eva.emulate_media(media="print")
    expect(eva.locator("del:visible")).to_have_count(0)
    assert eva.locator("article").inner_text().split() == ["Ships", "wait", "One"]
    assert eva.locator("ins").first.evaluate("ins => getComputedStyle(ins).textDecorationLine") == "none"


def test_text_kept_in_the_browser_goes_once_it_is_filed_and_is_never_offered_over_the_desks(house: House) -> None:
    olena = house.seat(house.room.olena)
    write = f"{house.url}/stories/{house.room.story.public_id}/write?keep=1"
    olena.goto(write)
    olena.get_by_label("Headline").fill("Ministers agree")
    olena.get_by_label("Copy").fill("Ships sail on Friday.")
    olena.get_by_role("button", name="File to desk").click()
    expect(olena.get_by_role("status")).to_contain_text("was filed")
    assert olena.evaluate(KEPT) == 0
    olena.goto(write)
    expect(olena.locator(".restore")).to_have_count(0)


def test_whoever_signs_out_leaves_no_text_in_the_browser_and_is_asked_first(house: House) -> None:
    olena = house.seat(house.room.olena)
    olena.goto(f"{house.url}/stories/{house.room.story.public_id}/write?keep=1")
    olena.get_by_label("Copy").fill("Nobody else is to read this.")
    expect_kept(olena, 1)
    olena.get_by_label("Copy").fill("")
    expect_kept(olena, 0)  # what stands as it came was not typed
    olena.get_by_label("Copy").fill("Nobody else is to read this.")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    olena.once("dialog", stay)
    olena.get_by_role("button", name="Sign out").click()
    assert "kept in this browser: GRAIN/CORRIDOR." in asked[0]
    assert olena.evaluate(KEPT) == 1
    olena.goto(f"{house.url}/mine")  # no script here, so nobody asks
    olena.get_by_role("button", name="Sign out").click()
    olena.wait_for_url("**/sign-in*")
    assert olena.evaluate(KEPT) == 0
    assert not [one for one in olena.context.cookies() if one["name"] == "desk_left"]


def test_who_has_the_copy_open_is_said_to_others_while_they_write_and_the_key_that_saves_goes_on_writing(
    house: House,
) -> None:
    story = f"{house.url}/stories/{house.room.story.public_id}"
    eva, olena = (house.seat(one) for one in (house.room.eva, house.room.olena))
    eva.goto(f"{story}/write")
    with olena.expect_response("**/write/here"):
        olena.goto(f"{story}/write?keep=1")
    expect(olena.get_by_role("status")).to_have_text("Eva Janssens has this copy open.")
    with eva.expect_response("**/write/here"):
        eva.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(eva.locator("[data-present]")).to_have_text("Olena Demchuk has this copy open.")
    eva.get_by_label("Headline").fill("Ministers agree")
    eva.keyboard.press("Control+s")
    eva.wait_for_url("**/write?saved=1")
    eva.get_by_label("Headline").fill("Ministers agree on a map")
    eva.keyboard.press("Control+Enter")
    eva.wait_for_url(story)
    expect(eva.get_by_role("status").first).to_have_text("Saved as version 2.")
    olena.goto(f"{story}/write")
    expect(olena.locator("main")).not_to_contain_text("has this copy open")


def expect_kept(page: Page, texts: int) -> None:
    page.wait_for_timeout(500)  # it is kept once somebody pauses
    assert page.evaluate(KEPT) == texts


def _living(walk: Walk, role: str) -> list[tuple[str, str]]:
    client = walk.app.test_client()
    client.set_cookie("desk", walk.cookies[role])
    found = [(rule.endpoint, address(walk, rule)) for rule in shapes(walk) if AS.get(rule.endpoint) is None]
    return [(endpoint, path) for endpoint, path in found if " data-live=" in client.get(path).text]


def _words(page: Page) -> str:
    """What the page says; what counts minutes may count on."""
    return re.sub(r"\d+", "#", str(page.evaluate(MAIN)))


def _approved(house: House) -> None:
    with house.app.store.write() as session:
        story = session.merge(house.room.story)
        story.state = "filed"
        version = factories.version(session, story)
        arthur = factories.actor(session, session.merge(house.room.arthur))
        approving.approve(session, arthur, story.public_id, version.public_id, "", clock.utcnow())


def _signed_in(browser: Browser, url: str, cookie: str) -> Page:
    context = browser.new_context()
    context.add_cookies([{"name": "desk", "value": cookie, "url": url}])
    return context.new_page()
