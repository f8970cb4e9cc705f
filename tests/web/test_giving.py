"""Giving a story out: the deadline read back as it is typed, who would be told, and what is said when it is done."""

from flask.testing import FlaskClient

from desk.store import Store
from tests import factories
from tests.reader import post, said
from tests.room import Room


def read_back(client: FlaskClient, room: Room, **typed: str | list[str]) -> str:
    answer = client.get("/deadlines/read", query_string={"desk": room.desk.public_id, **typed})
    assert answer.status_code == 200
    return said(answer)


def test_a_deadline_is_read_back_by_the_clocks_of_the_desk_and_of_whoever_is_asked(
    eva: FlaskClient, room: Room
) -> None:
    words = read_back(eva, room, deadline="tomorrow 18:00 Tbilisi", people=[room.nino.public_id])
    assert "in 24 h 23" in words
    assert "15:00 Brussels, World desk" in words
    assert "18:00 Tbilisi, Nino Kapanadze" in words


def test_before_anyone_is_told_it_stands_who_would_hear_what_and_when(eva: FlaskClient, room: Room) -> None:
    words = read_back(eva, room, deadline="tomorrow 18:00 Tbilisi", people=[room.nino.public_id])
    assert "14:37 N. Kapanadze: the offer" in words
    assert "13:00 N. Kapanadze: 2 hours left 16:00 in Tbilisi, if nothing is filed" in words
    assert "15:15 You: 15 minutes late" in words


def test_a_deadline_that_cannot_be_read_says_how_to_write_it(eva: FlaskClient, room: Room) -> None:
    assert "is no time" in read_back(eva, room, deadline="someday maybe")
    assert "Type a deadline" in read_back(eva, room, deadline="")


def test_who_can_take_it_is_listed_with_a_reason_the_desks_own_first(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    words = said(eva.get("/stories/new"))
    assert words.index("Nino Kapanadze") < words.index("not correspondents of this desk") < words.index("Arthur Lim")
    assert "Nothing open, one offer to answer" in words
    assert f"Has {room.story.slug}, in 5 h" in words


def test_whoever_gives_a_story_out_is_told_to_whom_it_went(eva: FlaskClient, room: Room) -> None:
    made = post(
        eva,
        "/stories/new",
        {
            "slug": "PORT/WORKERS",
            "title": "A day with the pilots",
            "desk": room.desk.public_id,
            "deadline": "tomorrow 18:00",
            "people": [room.olena.public_id, room.nino.public_id],
        },
    )
    page = eva.get(made.headers["Location"])
    assert "Offered to Olena Demchuk and one other." in said(page)
    assert "Offered to Olena" not in said(eva.get(made.headers["Location"])), "it is said once"


def test_a_story_without_a_deadline_says_that_nobody_is_asked(eva: FlaskClient, room: Room) -> None:
    made = post(
        eva, "/stories/new", {"slug": "PORT/WORKERS", "title": "A day with the pilots", "desk": room.desk.public_id}
    )
    assert "Nobody is asked yet." in said(eva.get(made.headers["Location"]))


def test_a_further_assignment_has_a_page_of_its_own_and_an_editor_alone_sees_it(
    eva: FlaskClient, olena: FlaskClient, room: Room
) -> None:
    address = f"/stories/{room.story.public_id}/assignments/new"
    assert "Assign GRAIN/CORRIDOR" in said(eva.get(address))
    assert olena.get(address).status_code == 403


def test_publishing_says_which_edition_and_how_many_are_being_told(
    eva: FlaskClient, arthur: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        story = session.merge(room.story)
        factories.licensee(session, desks=(session.merge(room.desk),))
        version = factories.version(session, story)
        story.state = "filed"
        address, n = f"/stories/{story.public_id}", version.public_id
    assert post(arthur, f"{address}/approve", {"version": n}).status_code == 303
    assert "Approved." in said(arthur.get(address))
    assert post(eva, f"{address}/publish").status_code == 303
    assert "Published: edition 1. One licensee is being told." in said(eva.get(address))
