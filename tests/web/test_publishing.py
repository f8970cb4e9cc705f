"""From filed copy to a kill by the buttons of the page; each pressed twice does what it does once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import lxml.html
import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from desk.app import create_app
from desk.assignments.models import Assignment
from desk.db import Database
from desk.drafts.models import Version
from desk.http.transactions import DeskFlask
from desk.outbox.models import Message
from desk.people.models import Person
from desk.settings import Settings
from desk.store import Store
from desk.stories.models import Edition, Story
from tests import factories
from tests.conftest import set_clock
from tests.ledger import changed, everything
from tests.reader import form_on, post, said, signed_in
from tests.room import Room, open_room

pytestmark = pytest.mark.either


class Hands:
    """Everybody of a small newsroom at a browser, and one story."""

    def __init__(self, app: DeskFlask, room: Room, store: Store) -> None:
        self.app, self.room, self.store = app, room, store
        self.browsers: dict[int, FlaskClient] = {}
        for person in (room.eva, room.arthur, room.olena):
            self.browsers[person.id] = signed_in(app, person)

    def press(self, by: Person, act: str, **fields: str) -> TestResponse:
        return post(self.browsers[by.id], f"/stories/{self.room.story.public_id}/{act}", fields)

    def file(self) -> TestResponse:
        with self.store.read() as session:
            base = session.scalar(select(func.max(Version.n))) or 0
        return self.press(
            self.room.olena, "write", do="file", base_n=str(base), headline="Ministers agree", body="Ships sail.",
            byline="Olena Demchuk, Black Sea Correspondent", places="Odesa",
        )  # fmt: skip

    def save(self, by: Person, headline: str) -> TestResponse:
        base = str(self.last().n)
        return self.press(by, "write", do="save", base_n=base, headline=headline, body="Ships sail.")

    def approve(self, note: str = "") -> TestResponse:
        return self.press(self.room.arthur, "approve", version=self.last().public_id, note=note)

    def publish(self) -> TestResponse:
        return self.press(self.room.eva, "publish", version=self.last().public_id)

    def correct(self) -> TestResponse:
        return self.press(
            self.room.eva, "next-edition", version=self.last().public_id, cause="correction", wrong="Sail.",
            right="Sailed.",
        )  # fmt: skip

    def kill(self) -> TestResponse:
        return self.press(self.room.eva, "kill", edition="1", why="It did not happen")

    def page(self, by: Person, **query: str) -> TestResponse:
        return self.browsers[by.id].get(f"/stories/{self.room.story.public_id}", query_string=query)

    def send(self, by: Person, page: TestResponse, act: str, **typed: str) -> TestResponse:
        """Fill and send a form as it stands on that page, however old the page is."""
        form = form_on(page, f"/stories/{self.room.story.public_id}/{act}")
        for name, value in typed.items():
            form.fields.setlist(name, [value])
        return self.browsers[by.id].post(form.action, data=form.fields)

    def last(self) -> Version:
        with self.store.read() as session:
            return session.scalars(select(Version).order_by(Version.n.desc())).first() or Version(n=0, public_id="")

    def state(self) -> str:
        with self.store.read() as session:
            return session.get_one(Story, self.room.story.id).state


def chips(page: TestResponse) -> list[str]:
    """The marks on a page."""
    return [chip.text_content().strip() for chip in lxml.html.fromstring(page.text).find_class("chip")]


def steps(page: TestResponse) -> list[str]:
    """The line of steps over a story."""
    (line,) = lxml.html.fromstring(page.text).find_class("steps")
    return [step.text_content().strip() for step in line]


def opened(page: TestResponse) -> list[HtmlElement]:
    """The forms of acts that are open."""
    return [one for one in lxml.html.fromstring(page.text).find_class("sheet-menu") if one.get("open") is not None]


WAY: dict[str, tuple[Callable[[Hands], TestResponse], str]] = {
    "file": (Hands.file, "filed"),
    "approve": (Hands.approve, "approved"),
    "publish": (Hands.publish, "published"),
    "correct": (Hands.correct, "editing"),
    "kill": (Hands.kill, "killed"),
}


@pytest.fixture
def hands(app: DeskFlask, room: Room, store: Store) -> Hands:
    with store.write() as session:
        factories.licensee(session, desks=(session.merge(room.desk),))
    return Hands(app, room, store)


@pytest.mark.parametrize("until", WAY)
def test_a_button_pressed_twice_does_it_once(hands: Hands, until: str) -> None:
    for name, (press, state) in WAY.items():
        assert press(hands).status_code == 303, name
        assert hands.state() == state
        if name == until:
            break
    once = everything(hands.store)
    again = press(hands)
    assert again.status_code in (303, 409), said(again)
    assert not changed(once, everything(hands.store))
    if again.status_code == 409:
        (why,) = lxml.html.fromstring(again.text).xpath("//main//*[@role='alert']")
        assert "This story" in why.text_content() or "approved" in why.text_content()


def test_copy_handed_in_by_its_author_is_not_approved_or_put_out_by_them(hands: Hands) -> None:
    hands.file()
    for act in ("approve", "publish", "own-authority", "kill", "hold", "spike"):
        assert hands.press(hands.room.olena, act, why="Now", note="").status_code in (403, 404), act
    assert hands.state() == "filed"


def test_of_two_editors_who_publish_at_once_one_makes_the_edition(clone: Database, settings: Settings) -> None:
    app = create_app(settings, database=clone)
    set_clock(app, lambda: factories.NOW)
    store = Store(clone)
    room = open_room(store)
    with store.write() as session:
        desk = session.merge(room.desk)
        factories.licensee(session, desks=(desk,))
        emil = factories.person(session, "Emil Novak", roles=((desk, "editor"),))
    hands = Hands(app, room, store)
    hands.browsers[emil.id] = signed_in(app, emil)
    assert hands.file().status_code == hands.approve().status_code == 303
    together, read = Barrier(2), hands.last().public_id

    def press(by: Person) -> int:
        together.wait()
        return hands.press(by, "publish", version=read).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, (room.eva, emil))) == [303, 409]
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 1
        told = select(func.count()).where(Message.recipient_kind == "licensee")
        assert session.scalar(told) == 1


# A page that has grown old


def test_what_was_saved_while_an_editor_gave_their_reason_does_not_go_out_unread(hands: Hands) -> None:
    """The page comes back with what changed marked and the reason as typed; pressed again it names the new version."""
    eva, olena = hands.room.eva, hands.room.olena
    assert hands.file().status_code == 303
    old = hands.page(eva)
    assert hands.save(olena, "Ministers disagree").status_code == 303
    before = everything(hands.store)
    refused = hands.send(eva, old, "own-authority", why="Nobody answers")
    assert refused.status_code == 409
    assert "you read version 1, the last is 2, saved by Olena Demchuk" in said(refused)
    assert "<ins>disagree</ins>" in refused.text
    assert not changed(before, everything(hands.store))
    again = hands.send(eva, refused, "own-authority")
    assert again.status_code == 303
    with hands.store.read() as session:
        edition = session.scalars(select(Edition)).one()
        assert session.get_one(Version, edition.version_id).n == 2
    assert "Nobody answers" in said(hands.page(eva))


@pytest.mark.parametrize("act", ["publish", "schedule"])
def test_an_approved_version_is_not_put_out_from_a_page_that_shows_another(hands: Hands, act: str) -> None:
    assert hands.file().status_code == hands.approve().status_code == 303
    old = hands.page(hands.room.eva)
    assert hands.save(hands.room.eva, "Ministers disagree").status_code == hands.approve().status_code == 303
    refused = hands.send(hands.room.eva, old, act, publish="tomorrow 18:00")
    assert refused.status_code == 409
    assert "A newer version exists" in said(refused)
    assert ("sheet-menu below" in refused.text) == (act == "schedule")  # its form covers none of what is to be read
    if act == "schedule":
        assert 'value="tomorrow 18:00"' in refused.text
    assert hands.state() == "approved"


def test_back_after_publishing_and_pressing_again_publishes_nothing(hands: Hands) -> None:
    assert hands.file().status_code == hands.approve().status_code == 303
    old = hands.page(hands.room.eva)
    assert hands.send(hands.room.eva, old, "publish").status_code == 303
    once = everything(hands.store)
    again = hands.send(hands.room.eva, old, "publish")
    assert again.status_code == 409
    assert "This story is published already" in said(again)
    assert "today 14:37 Brussels: Eva Janssens published edition 1 (first) from version 1" in said(again)
    assert not changed(once, everything(hands.store))


def test_a_live_page_says_that_a_version_was_saved_and_leads_to_what_changed(hands: Hands) -> None:
    eva, olena = hands.room.eva, hands.room.olena
    assert hands.file().status_code == 303
    read = hands.last().public_id
    quiet = lxml.html.fromstring(hands.page(eva, have=read).text)
    assert quiet.get_element_by_id("story-news").get("hidden") is not None
    assert quiet.get_element_by_id("story-copy").get("data-live-hold") == read
    assert hands.save(olena, "Ministers disagree").status_code == 303
    line = lxml.html.fromstring(hands.page(eva, have=read).text).get_element_by_id("story-news")
    assert line.get("hidden") is None
    assert "v2 was saved by Olena Demchuk: read it" in line.text_content()
    (link,) = line.iterlinks()
    assert "<ins>disagree</ins>" in hands.browsers[eva.id].get(link[2]).text


def test_a_page_given_back_says_when_the_story_has_moved_on(hands: Hands) -> None:
    assert hands.file().status_code == 303
    refused = hands.press(hands.room.eva, "own-authority", version=hands.last().public_id, why=" ")
    held = lxml.html.fromstring(refused.text).get_element_by_id("story-copy").get("data-live-hold")
    assert hands.approve().status_code == 303
    assert "It is approved now" in said(hands.page(hands.room.eva, have=held))


def test_a_correction_typed_while_somebody_killed_the_story_is_there_to_copy(hands: Hands) -> None:
    for press in (hands.file, hands.approve, hands.publish):
        assert press().status_code == 303
    old = hands.page(hands.room.eva)
    assert hands.kill().status_code == 303
    refused = hands.send(hands.room.eva, old, "next-edition", wrong="It said four.", right="They are five.")
    assert refused.status_code == 409
    assert "Eva Janssens killed the story with edition 2, “It did not happen”" in said(refused)
    left = lxml.html.fromstring(refused.text).get_element_by_id("left-over")
    assert [field.text.strip() for field in left.iter("textarea")] == ["It said four.", "They are five."]


def test_a_reason_to_kill_stands_in_no_other_form_when_it_comes_back(hands: Hands) -> None:
    for press in (hands.file, hands.approve, hands.publish, hands.correct):
        assert press().status_code == 303
    refused = hands.press(hands.room.eva, "kill", edition="7", why="It did not happen")
    assert (refused.status_code, refused.text.count("It did not happen")) == (409, 1)
    assert ["It did not happen" in one.text_content() for one in opened(refused)] == [True]


def test_a_story_that_was_returned_says_so_on_the_board_and_on_its_page_until_it_is_filed_again(hands: Hands) -> None:
    eva, room = hands.browsers[hands.room.eva.id], hands.room
    assert hands.file().status_code == 303
    assert hands.press(room.arthur, "return", version=hands.last().public_id, note="Which states?").status_code == 303
    assert hands.save(room.olena, "Ministers of four states agree").status_code == 303
    page = hands.page(room.eva)
    assert "Returned by Arthur Lim today 14:37 Brussels: “Which states?”" in said(page)
    for told in (page, eva.get("/")):
        assert {"reporting", "returned"} <= set(chips(told))
    assert "reporting" in chips(eva.get("/find"))
    set_clock(hands.app, lambda: factories.NOW + timedelta(minutes=1))
    assert hands.file().status_code == 303
    for told in (hands.page(room.eva), eva.get("/")):
        assert "returned" not in chips(told)


# Embargoes, and what can be taken back


def test_an_embargo_schedules_nothing_and_moves_what_is_scheduled_and_says_both(hands: Hands) -> None:
    eva = hands.room.eva
    assert hands.file().status_code == hands.approve().status_code == 303
    assert "It schedules nothing: publishing does" in said(hands.page(eva))
    assert hands.send(eva, hands.page(eva), "embargo", embargo="tomorrow 18:00").status_code == 303
    page = hands.page(eva)
    assert "Embargo until tomorrow 18:00 Brussels: nothing goes out before. It schedules nothing." in said(page)
    assert "Lift the embargo of tomorrow 18:00 Brussels" in said(page)
    for told in (page, hands.browsers[eva.id].get("/")):
        assert "Publish at the lift" in said(told)
        assert "embargo until tomorrow 18:00 Brussels" in chips(told)
    assert hands.state() == "approved"
    assert hands.send(eva, page, "publish").status_code == 303
    assert hands.state() == "scheduled"
    assert "Publish at the lift" not in said(hands.page(eva))
    assert hands.send(eva, hands.page(eva), "embargo", embargo="tomorrow 19:00").status_code == 303
    assert "It is scheduled: it goes out by itself tomorrow 19:00 Brussels." in said(hands.page(eva))
    assert hands.send(eva, hands.page(eva), "schedule", publish="tomorrow 21:00").status_code == 303
    page = hands.page(eva)
    assert "It then goes out by itself: tomorrow 21:00 Brussels." in said(page)
    assert hands.send(eva, page, "lift-embargo").status_code == 303
    assert "It goes out by itself: tomorrow 21:00" in said(hands.page(eva))
    assert hands.state() == "scheduled"


def test_a_publication_time_is_kept_when_a_later_version_is_approved_and_nothing_goes_out_before(hands: Hands) -> None:
    eva = hands.room.eva
    assert hands.file().status_code == hands.approve().status_code == 303
    assert hands.send(eva, hands.page(eva), "schedule", publish="tomorrow 18:00").status_code == 303
    writing = hands.browsers[hands.room.olena.id].get(f"/stories/{hands.room.story.public_id}/write")
    assert "off the schedule" in said(writing)
    assert hands.save(hands.room.olena, "Ministers agree at last").status_code == 303
    assert "tomorrow 18:00 Brussels, not scheduled" in said(hands.page(eva))
    assert hands.approve().status_code == 303
    page = hands.page(eva)
    for told in (page, hands.browsers[eva.id].get("/")):
        assert "Publish tomorrow 18:00 Brussels" in said(told)
        assert "set for tomorrow 18:00 Brussels, not scheduled" in chips(told)
    assert "It goes out at once, not at the time that was set." in said(page)
    kept = form_on(page, f"/stories/{hands.room.story.public_id}/schedule")
    assert hands.browsers[eva.id].post(kept.action, data=kept.fields).status_code == 303
    assert hands.state() == "scheduled"
    assert "tomorrow 18:00 Brussels" in said(hands.page(eva))


def test_an_embargo_set_meanwhile_is_not_moved_by_a_page_that_does_not_show_it(hands: Hands) -> None:
    eva = hands.room.eva
    assert hands.file().status_code == 303
    old = hands.page(eva)
    assert hands.send(eva, old, "embargo", embargo="tomorrow 18:00").status_code == 303
    refused = hands.send(eva, old, "embargo", embargo="today 16:00")
    assert refused.status_code == 409
    assert "An embargo until tomorrow 18:00 Brussels was set since you opened this page" in said(refused)
    assert "today 14:37 Brussels: Eva Janssens set an embargo until tomorrow 18:00 Brussels" in said(refused)
    assert 'value="today 16:00"' in refused.text
    alone = hands.press(eva, "own-authority", version=hands.last().public_id, why="It is night")
    assert "The embargo stands until tomorrow 18:00 Brussels." in said(alone)  # by the reader's clock, with its name


def test_whatever_can_be_taken_back_has_a_button_and_a_sentence(hands: Hands) -> None:
    eva, arthur = hands.room.eva, hands.room.arthur
    assert hands.file().status_code == hands.approve().status_code == 303
    assert hands.send(eva, hands.page(eva), "schedule", publish="tomorrow 18:00").status_code == 303
    undone = (
        ("unschedule", eva, "It waits until somebody publishes it.", "approved"),
        ("withdraw-approval", arthur, "Your approval is withdrawn", "editing"),
        ("hold", eva, "nothing goes out until somebody lets it go on", "held"),
        ("release", eva, "It goes on where it stood.", "editing"),
        ("spike", eva, "Whoever worked on it is told why. It can be taken up again", "spiked"),
        ("unspike", eva, "Taken up again, as commissioned.", "commissioned"),
    )
    for act, who, sentence, state in undone:
        typed = {"why": "The wires have it"} if act == "spike" else {}
        assert hands.send(who, hands.page(who), act, **typed).status_code == 303, act
        page = hands.page(who)
        assert (hands.state(), sentence in said(page)) == (state, True), act
        if act == "spike":
            assert "SPIKED today 14:37 Brussels, by Eva Janssens “The wires have it”" in said(page)
            assert steps(page)[-1] == "SPIKED 14:37 Brussels"
    assert "Arthur Lim withdrew the approval of version 1" in said(hands.page(eva))


def test_a_spike_without_a_reason_comes_back_with_its_form_open(hands: Hands) -> None:
    refused = hands.press(hands.room.eva, "spike", why=" ")
    assert (refused.status_code, hands.state()) == (422, "reporting")
    assert "Say why: it is recorded, and whoever worked on it is told." in said(refused)
    (form,) = opened(refused)
    assert "It can be taken up again" in form.text_content()
    assert form.xpath("ancestor::details[@open]/summary")[0].text_content() == "More…"
    assert hands.press(hands.room.eva, "spike", why="Old news").status_code == 303
    assert "Before it can go out" not in said(hands.page(hands.room.eva))


def test_a_killed_story_says_so_over_its_copy_and_on_the_page_for_licensees(hands: Hands) -> None:
    eva = hands.room.eva
    for press in (hands.file, hands.approve, hands.publish):
        assert press().status_code == 303
    set_clock(hands.app, lambda: factories.NOW + timedelta(minutes=33))
    assert hands.kill().status_code == 303
    page = hands.page(eva)
    assert "KILLED today 15:10 Brussels, by Eva Janssens “It did not happen”" in said(page)
    assert steps(page)[-2:] == ["Published 14:37 Brussels (done)", "KILLED 15:10 Brussels"]
    (copy,) = lxml.html.fromstring(page.text).find_class("article")
    assert "over" in copy.get("class", "").split()
    address = f"/stories/{hands.room.story.public_id}/republish"
    shown = hands.browsers[eva.id].get(address)
    assert shown.status_code == 200
    assert "KILLED today 15:10 Brussels, by Eva Janssens “It did not happen”" in said(shown)
    assert "0 of 1 have acknowledged the kill." in said(shown)
    assert "Ships sail" not in said(shown)
    assert not lxml.html.fromstring(shown.text).findall(".//textarea")
    assert hands.browsers[eva.id].get(f"{address}.txt").status_code == 409
    olena = hands.browsers[hands.room.olena.id].get(address)
    assert ("KILLED" in said(olena), "Who was told" in said(olena)) == (True, False)


def test_who_wrote_anothers_copy_anew_reads_how_much_and_what_was_put_out_alone_says_by_whom(hands: Hands) -> None:
    eva = hands.room.eva
    assert hands.file().status_code == 303
    assert "Before it can go out" in said(hands.page(eva))
    assert hands.save(eva, "Nobody knows of any agreement in Odesa").status_code == 303
    page = hands.page(eva)
    assert "You wrote 7 of its 9 words, headline and abstract counted: another has to approve." in said(page)
    assert "somebody else, or your authority" in said(page)
    refused = hands.press(eva, "approve", version=hands.last().public_id)
    assert (refused.status_code, refused.text.count(f'href="/stories/{hands.room.story.public_id}"')) == (403, 1)
    assert hands.send(eva, page, "own-authority", why="It is night").status_code == 303
    page = hands.page(eva)
    assert "none: by authority of Eva Janssens" in said(page)
    assert steps(page)[-2:] == ["Not approved: on own authority", "Published 14:37 Brussels (done)"]
    with hands.store.read() as session:
        assert session.get_one(Assignment, hands.room.assignment.id).state == "done"


def test_who_mended_anothers_word_reads_how_many_and_that_they_may_approve(hands: Hands) -> None:
    eva = hands.room.eva
    assert hands.file().status_code == 303
    assert "you may approve it" not in said(hands.page(eva))
    assert hands.save(eva, "Ministers disagree").status_code == 303
    page = said(hands.page(eva))
    assert (
        "You changed 1 of its 4 words, headline and abstract counted: that is mending, and you may approve it." in page
    )
    assert hands.save(eva, "Ministers agree").status_code == 303
    page = hands.page(eva)
    assert "none of its 4 words are yours: you may approve it." in said(page)
    assert hands.send(eva, page, "approve").status_code == 303


def test_a_step_that_nobody_took_is_said_to_be_skipped(hands: Hands) -> None:
    eva, arthur = hands.browsers[hands.room.eva.id], hands.browsers[hands.room.arthur.id]
    with hands.store.write() as session:
        desk = session.merge(hands.room.desk)
        idea, ours = (
            factories.story(session, desk, slug, state) for slug, state in (("A", "pitched"), ("B", "commissioned"))
        )
    idea_at, ours_at = f"/stories/{idea.public_id}", f"/stories/{ours.public_id}"
    assert steps(eva.get(idea_at))[:2] == ["Pitched 14:37 Brussels", "Commissioned"]
    typed = {"do": "save", "base_n": "0", "headline": "Ministers agree", "body": "Ships sail."}
    assert post(eva, f"{ours_at}/write", typed).status_code == 303
    assert post(arthur, f"{ours_at}/approve", {"version": hands.last().public_id}).status_code == 303
    assert steps(eva.get(ours_at)) == [
        "Commissioned 14:37 Brussels (done)", "Reporting: skipped", "Filed: skipped", "Editing (done)",
        "Approved 14:37 Brussels", "Published",
    ]  # fmt: skip


def test_only_whoever_approved_has_the_button_that_withdraws_it(hands: Hands) -> None:
    assert hands.file().status_code == hands.approve().status_code == 303
    assert "Withdraw my approval of v1" in said(hands.page(hands.room.arthur))
    assert "Withdraw my approval" not in said(hands.page(hands.room.eva))


def test_an_approver_who_returns_reads_what_changed_since_their_note(hands: Hands) -> None:
    arthur = hands.room.arthur
    assert hands.file().status_code == 303
    assert hands.send(arthur, hands.page(arthur), "return", note="Do they?").status_code == 303
    again = hands.press(
        hands.room.olena,
        "write",
        do="file",
        base_n="1",
        headline="Ministers disagree",
        body="Ships sail.\n\nRain fell.",
    )
    assert again.status_code == 303
    page = hands.page(arthur)
    assert "Marked since you returned v1: headline, byline, dateline, 1 paragraph." in said(page)
    assert "<ins>disagree</ins>" in page.text
    assert '<p dir="auto"><ins>Rain fell.</ins></p>' in page.text
    assert "<ins" not in hands.page(arthur, read="clean").text
