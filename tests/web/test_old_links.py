"""Whoever follows the link of an old mail is told what became of it, when, and whom to ask; and nothing of the copy."""

from datetime import timedelta
from functools import partial

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.assignments.models import Assignment, Offer
from desk.clock import moment_at
from desk.http.transactions import DeskFlask
from desk.newsroom import commissioning as c
from desk.people.models import Person
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.factories import NOW
from tests.reader import post, said, sign_in
from tests.room import Room

pytestmark = pytest.mark.either

BRIEF = "Who insures the ships?"
DOORS = ("/offers/{offer}", "/assignments/{assignment}", "/stories/{story}", "/stories/{story}/write")


class Desk:
    """Eva assigns a story of its own to Olena and Nino, who answer; and takes back what she gave."""

    def __init__(self, store: Store, room: Room) -> None:
        self.store, self.room = store, room
        with store.write() as session:
            made = factories.story(session, session.merge(room.desk), "SHIPS/COVER")
            self.story = made.public_id
            assignment = c.assign(
                session, factories.actor(session, session.merge(room.eva)), made.public_id, medium="text", brief=BRIEF,
                moment=moment_at(NOW + timedelta(hours=5), "Europe/Kyiv"),
                people=[room.olena.public_id, room.nino.public_id], editor=room.eva.public_id, now=NOW,
            )  # fmt: skip
            self.assignment = assignment.public_id
            factories.version(session, made, body_html="<p>The premium doubled overnight.</p>")

    def act(self, who: Person, verb: object, *args: object, **kwargs: object) -> None:
        with self.store.write() as session:
            actor = factories.actor(session, session.merge(who))
            verb(session, actor, *args, **kwargs, now=NOW + timedelta(minutes=3))  # type: ignore[operator]  # a verb

    def offer(self, who: Person) -> str:
        with self.store.read() as session:
            of = select(Offer.public_id).join(Assignment).where(Assignment.public_id == self.assignment)
            return session.scalars(of.where(Offer.person_id == who.id).order_by(Offer.id)).first() or ""

    def addresses(self, who: Person) -> list[str]:
        things = {"offer": self.offer(who), "assignment": self.assignment, "story": self.story}
        return [door.format(**things) for door in DOORS]


@pytest.fixture
def desk(store: Store, room: Room, app: DeskFlask) -> Desk:
    return Desk(store, room)


def told(client: FlaskClient, desk: Desk, who: Person) -> str:
    """What every old link says, which is the same: plainly, and nothing that the story says."""
    pages = []
    for address in desk.addresses(who):
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 410, address
        assert BRIEF not in answer.text
        assert "premium" not in answer.text
        assert "<script" not in answer.text
        pages.append(said(answer))
    assert len(set(pages)) == 1
    assert "Nothing is expected of you." in pages[0]
    assert "Eva Janssens (World desk)" in pages[0]
    return pages[0]


def test_an_offer_that_somebody_else_took(desk: Desk, room: Room, nino: FlaskClient) -> None:
    desk.act(room.olena, c.accept, desk.offer(room.olena))
    assert "Olena Demchuk was first to accept SHIPS/COVER and has it. That was today 17:40 Tbilisi." in told(
        nino, desk, room.nino
    )


def test_an_offer_that_was_taken_back(desk: Desk, room: Room, nino: FlaskClient) -> None:
    desk.act(room.eva, c.withdraw_offer, desk.offer(room.nino), why="Olena is nearer")
    words = told(nino, desk, room.nino)
    assert "Eva Janssens took the offer of SHIPS/COVER back. That was today 17:40 Tbilisi. “Olena is nearer”" in words


def test_an_offer_that_one_declined(desk: Desk, room: Room, nino: FlaskClient) -> None:
    desk.act(room.nino, c.decline, desk.offer(room.nino), reason="On a train")
    assert "You declined SHIPS/COVER. That was today 17:40 Tbilisi." in told(nino, desk, room.nino)


def test_an_assignment_that_was_given_to_somebody_else(desk: Desk, room: Room, olena: FlaskClient) -> None:
    desk.act(room.olena, c.accept, desk.offer(room.olena))
    desk.act(room.eva, c.reassign, desk.assignment, people=[room.nino.public_id], why="Silence")
    assert "Eva Janssens took SHIPS/COVER from you, to give it to somebody else." in told(olena, desk, room.olena)


@pytest.mark.parametrize("accepted", [True, False])
def test_what_was_cancelled(desk: Desk, room: Room, olena: FlaskClient, accepted: bool) -> None:
    if accepted:
        desk.act(room.olena, c.accept, desk.offer(room.olena))
    desk.act(room.eva, c.cancel, desk.assignment, why="The ministers went home")
    words = told(olena, desk, room.olena)
    assert "Eva Janssens cancelled SHIPS/COVER. That was today 15:40 Kyiv. “The ministers went home”" in words


def test_pressing_accept_on_an_old_page_says_the_same_and_changes_nothing(
    desk: Desk, room: Room, nino: FlaskClient
) -> None:
    offer = desk.offer(room.nino)
    desk.act(room.eva, c.withdraw_offer, offer)
    answer = post(nino, f"/offers/{offer}/accept")
    assert answer.status_code == 409
    assert "Eva Janssens took the offer of SHIPS/COVER back." in said(answer)


def test_whoever_is_too_late_to_accept_or_to_take_an_offer_back_reads_by_whom_and_goes_on_from_there(
    desk: Desk, room: Room, nino: FlaskClient, eva: FlaskClient
) -> None:
    offer, lost = desk.offer(room.olena), desk.offer(room.nino)
    desk.act(room.olena, c.accept, offer)
    late = post(nino, f"/offers/{lost}/accept")
    assert (late.status_code, "Olena Demchuk was a moment faster" in said(late)) == (409, True)
    assert ("was first to accept SHIPS/COVER" in said(late), "data-error" in late.text) == (True, False)
    late = post(eva, f"/offers/{offer}/withdraw")
    assert (late.status_code, "Olena Demchuk has it" in said(late), "data-error" in late.text) == (409, True, False)
    assert f'href="/assignments/{desk.assignment}/change"' in late.text


def test_whoever_declined_and_is_asked_again_finds_the_new_offer_behind_the_old_link(
    desk: Desk, room: Room, nino: FlaskClient
) -> None:
    old = desk.offer(room.nino)
    desk.act(room.nino, c.decline, old, reason="On a train")
    desk.act(room.eva, c.offer, desk.assignment, people=[room.nino.public_id])
    answer = nino.get(f"/offers/{old}")
    assert (answer.status_code, "Accept" in said(answer)) == (200, True)


def test_what_is_done_stays_readable_for_whoever_did_it_and_says_so(
    desk: Desk, room: Room, store: Store, olena: FlaskClient
) -> None:
    with store.write() as session:
        asked = session.merge(room.assignment)
        asked.medium = "pictures"
        session.flush()
        public_id = asked.public_id
    desk.act(room.eva, c.finish, public_id)
    answer = olena.get(f"/assignments/{public_id}")
    assert answer.status_code == 200
    assert "is done: nothing more is wanted. That was today 15:40 Kyiv." in said(answer)


def test_an_editor_who_declined_reads_the_assignment_as_ever(desk: Desk, room: Room, eva: FlaskClient) -> None:
    desk.act(room.eva, c.offer, desk.assignment, people=[room.eva.public_id])
    desk.act(room.eva, c.decline, desk.offer(room.eva), reason="I edit it")
    answer = eva.get(f"/assignments/{desk.assignment}")
    assert answer.status_code == 200
    assert "You declined SHIPS/COVER." in said(answer)
    assert BRIEF in said(answer)


def test_a_stranger_still_finds_nothing(desk: Desk, room: Room, store: Store, app: DeskFlask) -> None:
    with store.write() as session:
        kofi = factories.person(session, "Kofi Mensah", roles=((session.merge(room.desk), "correspondent"),))
    client = app.test_client()
    from_reader = partial(client.get, follow_redirects=True)
    sign_in(client, kofi)
    for address in (f"/assignments/{desk.assignment}", f"/offers/{desk.offer(room.nino)}", f"/stories/{desk.story}"):
        assert from_reader(address).status_code == 404


def test_a_page_that_asks_whether_it_changed_is_not_led_elsewhere(desk: Desk, room: Room, nino: FlaskClient) -> None:
    desk.act(room.nino, c.decline, desk.offer(room.nino), reason="On a train")
    assert nino.get(f"/stories/{desk.story}", headers={"HX-Request": "true"}).status_code == 404
    with desk.store.read() as session:
        assert session.scalar(select(Story.state).where(Story.public_id == desk.story)) == "commissioned"
