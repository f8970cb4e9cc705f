"""From filed copy to a kill by the buttons of the page; each pressed twice does what it does once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from desk.app import create_app
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
from tests.reader import post, said, signed_in
from tests.room import Room, open_room


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

    def approve(self, note: str = "") -> TestResponse:
        with self.store.read() as session:
            version = session.scalars(select(Version.public_id).order_by(Version.n.desc())).first() or ""
        return self.press(self.room.arthur, "approve", version=version, note=note)

    def publish(self) -> TestResponse:
        return self.press(self.room.eva, "publish")

    def correct(self) -> TestResponse:
        return self.press(self.room.eva, "next-edition", cause="correction", wrong="Sail.", right="Sailed.")

    def kill(self) -> TestResponse:
        return self.press(self.room.eva, "kill", why="It did not happen")

    def state(self) -> str:
        with self.store.read() as session:
            return session.get_one(Story, self.room.story.id).state


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
        assert "This story" in said(again) or "approved" in said(again)


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
    together = Barrier(2)

    def press(by: Person) -> int:
        together.wait()
        return hands.press(by, "publish").status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, (room.eva, emil))) == [303, 409]
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 1
        told = select(func.count()).where(Message.recipient_kind == "licensee")
        assert session.scalar(told) == 1
