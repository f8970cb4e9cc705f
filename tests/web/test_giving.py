"""Giving a story out: the deadline read back as it is typed, who would be told, and what is said when it is done."""

from datetime import timedelta

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.assignments.models import Assignment, Offer
from desk.drafts.models import Draft
from desk.outbox.models import Message
from desk.store import Store
from desk.stories.models import Story
from tests import factories
from tests.reader import post, said
from tests.room import Room

pytestmark = pytest.mark.either


def read_back(client: FlaskClient, room: Room, **typed: str | list[str]) -> str:
    answer = client.get("/deadlines/read", query_string={"desk": room.desk.public_id, **typed})
    assert answer.status_code == 200
    return said(answer)


def test_a_deadline_is_read_back_by_the_clocks_of_the_desk_and_of_whoever_is_asked(
    eva: FlaskClient, room: Room
) -> None:
    words = read_back(eva, room, deadline="tomorrow 18:00 Tbilisi", people=[room.nino.public_id])
    assert "in 24 h 23 Tomorrow 18:00 Tbilisi, Nino Kapanadze 15:00 Brussels, World desk" in words
    typed = {"deadline": "18h", "deadline_zone": "Kyiv", "people": [room.nino.public_id], "places": "ODESA, ISTANBUL"}
    assert "“18h” can be read in two ways. Write in 18 h or 18:00." in read_back(eva, room, **typed)
    words = read_back(eva, room, **{**typed, "deadline": "18:00"})
    assert "18:00 Kyiv, the story 17:00 Brussels, World desk 20:00 Tbilisi, Nino Kapanadze" in words
    assert "Left empty it is Kyiv, now 15:37, after ODESA." in words
    assert "18:00 Kyiv 17:00 Brussels, World desk 19:00 Istanbul, the story" in read_back(
        eva, room, deadline="18:00 Kyiv", zone="Istanbul"
    )
    assert "Tripoli could be in Africa/Tripoli, Asia/Beirut." in read_back(eva, room, places="Tripoli, Odesa")
    assert "Unknown zone: Odesssa" in read_back(eva, room, zone="Odesssa")


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
    due = (
        "tomorrow 18:00 Brussels (World desk, the story) · 19:00 Kyiv (Olena Demchuk) · 21:00 Tbilisi (Nino Kapanadze)"
    )
    assert f"Offered to Olena Demchuk and one other. Due {due}." in said(page)
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
    assert post(eva, f"{address}/publish", {"version": n}).status_code == 303
    assert "Published: edition 1. One licensee is being told." in said(eva.get(address))


def pictures(room: Room, store: Store) -> str:
    """Olena's assignment made one for pictures, beside a main text of its own."""
    with store.write() as session:
        mine, main = session.merge(room.assignment), session.merge(room.asked)
        mine.medium = "pictures"
        session.query(Draft).filter_by(story_id=mine.story_id, is_main=True).one().assignment_id = main.id
        return mine.public_id


def test_pictures_are_handed_in_from_a_page_without_script_and_done_with_one_press(
    eva: FlaskClient, olena: FlaskClient, room: Room, store: Store
) -> None:
    address, story = f"/assignments/{pictures(room, store)}", f"/stories/{room.story.public_id}"
    assert "Hand in, or say how it goes" in said(olena.get("/mine"))
    page = olena.get(address)
    assert "Hand it in" in said(page)
    assert "<script" not in page.text
    refused = post(olena, f"{address}/hand-in", {"where": " "})
    assert (refused.status_code, "Say in a line where it is" in said(refused)) == (422, True)
    done = post(olena, f"{address}/hand-in", {"where": "https://pictures.example/7 <b>24</b>"})
    assert done.status_code == 303
    assert "no reminder will come" in said(olena.get(address))
    side = eva.get(story)
    assert '<a href="https://pictures.example/7" rel="noopener noreferrer">' in side.text
    assert "<b>24</b>" not in side.text
    assert f'action="{address}/done"' in side.text
    assert f'href="{address}/change#send-back"' in side.text
    assert post(eva, f"{address}/send-back", {"note": ""}).status_code == 422
    assert post(eva, f"{address}/send-back", {"note": "Too <b>dark</b>."}).status_code == 303
    back = olena.get(address)
    assert f"{room.eva.name} sent it back" in said(back)
    assert "Too &lt;b&gt;dark&lt;/b&gt;." in back.text
    bell = olena.get("/bell")
    assert "sent it back" in said(bell)
    assert f'href="{address}"' in bell.text
    assert post(olena, f"{address}/hand-in", {"where": "https://pictures.example/8"}).status_code == 303
    assert post(eva, f"{address}/done").status_code == 303
    assert "Who had it is told." in said(eva.get(story))
    assert "done: nothing more is wanted" in said(olena.get(address))


def test_an_assignments_page_offers_only_what_can_be_done_to_it(eva: FlaskClient, room: Room, store: Store) -> None:
    change = f"/assignments/{pictures(room, store)}/change"
    assert all(words in said(eva.get(change)) for words in ("It is done", "Move the deadline", "Reassign", "Cancel it"))
    post(eva, f"/assignments/{room.assignment.public_id}/done")
    over = said(eva.get(change))
    assert "It is over" in over
    assert not any(words in over for words in ("Move the deadline", "Reassign", "Cancel it"))


def test_an_editor_who_follows_a_mail_to_an_assignment_finds_the_way_to_change_it(
    eva: FlaskClient, olena: FlaskClient, room: Room
) -> None:
    way = f'href="/assignments/{room.assignment.public_id}/change"'
    assert way in eva.get(f"/assignments/{room.assignment.public_id}").text
    assert way not in olena.get(f"/assignments/{room.assignment.public_id}").text


def test_an_idea_is_noted_without_deadline_or_people_and_commissioned_by_its_first_assignment(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    typed = {"slug": "PORT/PILOTS", "title": "A day with the pilots", "desk": room.desk.public_id, "do": "idea"}
    for more in ({"deadline": "tomorrow 18:00"}, {"people": [room.nino.public_id]}):
        refused = post(eva, "/stories/new", {**typed, **more})
        assert (refused.status_code, "An idea has no deadline" in said(refused)) == (422, True)
    made = post(eva, "/stories/new", typed)
    page = said(eva.get(made.headers["Location"]))
    assert "PORT/PILOTS is noted as an idea. Assign it when you want it." in page
    assert "noted the idea PORT/PILOTS" in page
    story = select(Story.state).where(Story.slug == "PORT/PILOTS")
    with store.read() as session:
        assert session.scalar(story) == "pitched"
    assigned = {"medium": "text", "deadline": "tomorrow 18:00", "people": [room.nino.public_id]}
    assert post(eva, f"{made.headers['Location']}/assignments", assigned).status_code == 303
    with store.read() as session:
        assert session.scalar(story) == "commissioned"


def test_a_deadline_is_not_moved_into_the_past_nor_into_an_hour_that_a_clock_skips_or_has_twice(
    eva: FlaskClient, room: Room
) -> None:
    address = f"/assignments/{room.assignment.public_id}/deadline"
    for typed, says in (
        ("2026-11-24 13:00", "past already"),
        ("2027-03-28 02:30", "2027-03-28"),
        ("2027-10-31 02:30", "twice"),
    ):
        refused = post(eva, address, {"deadline": typed, "deadline_zone": "Europe/Brussels"})
        assert refused.status_code == 422
        assert says in said(refused), typed
    past = {"deadline": "yesterday 10:00", "deadline_zone": "Europe/Brussels"}
    asked = post(eva, address, past)
    assert "That was 28 h 37 ago, and it is meant" in said(asked)
    (box,) = lxml.html.fromstring(asked.text).xpath("//input[@name='deadline_past']")
    assert box.get("checked") is None
    agreed = {**past, "deadline_past": box.get("value")}
    assert post(eva, address, {**agreed, "deadline": "yesterday 11:00"}).status_code == 422, "that was not agreed to"
    kept = post(eva, address, {**agreed, "why": "x" * 9000})
    assert lxml.html.fromstring(kept.text).xpath("//input[@name='deadline_past']/@checked") == ["checked"]
    assert post(eva, address, {**agreed, "deadline_past": "soon"}).status_code == 422
    assert post(eva, address, agreed).status_code == 303
    meant = {"deadline": "2027-10-31 02:30", "deadline_zone": "Europe/Brussels", "deadline_fold": "1"}
    assert post(eva, address, meant).status_code == 303
    assert post(eva, address, meant).status_code == 422, "pressed twice: that is the deadline already"


def test_who_is_asked_next_for_something_late_can_be_given_another_deadline_and_who_declined_is_marked(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    taken, asked = (f"/assignments/{of.public_id}" for of in (room.assignment, room.asked))
    field = "//form[@action='{}']//input[@name='deadline']"
    assert not lxml.html.fromstring(eva.get(f"{taken}/change").text).xpath(field.format(f"{taken}/reassign"))
    with store.write() as session:
        for of in (room.assignment, room.asked):
            session.get_one(Assignment, of.id).deadline_at = factories.NOW - timedelta(hours=2)
        offer = session.get_one(Offer, room.offer.id)
        offer.state, offer.reason, offer.answered_at = "declined", "On a train", factories.NOW - timedelta(minutes=32)
        factories.offer(session, session.get_one(Assignment, room.asked.id), room.olena)
    page = eva.get(f"{taken}/change")
    assert "The old one, today 12:37 Brussels, is past: 2 h ago. Empty: it stays." in said(page)
    for act, address in (("reassign", taken), ("offer", asked)):
        (typed,) = lxml.html.fromstring(eva.get(f"{address}/change").text).xpath(field.format(f"{address}/{act}"))
        assert typed.get("value") == ""
        people = {"people": [room.nino.public_id]}
        assert post(eva, f"{address}/{act}", {**people, "deadline": "yesterday 10:00"}).status_code == 422
        if act == "offer":
            nino, olena = lxml.html.fromstring(eva.get(f"{address}/change").text).xpath("//label[@class='cand']")[:2]
            assert "declined 14:05: “On a train”" in nino.text_content()
            assert "Tbilisi, 17:37 · working hours" in " ".join(nino.text_content().split())
            assert not nino.xpath(".//input[@checked or @disabled]")
            assert "asked 14:37, no answer yet" in olena.text_content()
            assert olena.xpath(".//input[@disabled]")
        assert post(eva, f"{address}/{act}", {**people, "deadline": "tomorrow 18:00"}).status_code == 303
    with store.read() as session:
        for of in (room.assignment, room.asked):
            assert session.get_one(Assignment, of.id).deadline_wall.isoformat() == "2026-11-25T18:00:00"
        facts = session.scalars(select(Message.facts).where(Message.kind == "offer")).all()
        assert {one["deadline"] for one in facts} == {"2026-11-25T17:00:00+00:00"}


def test_a_reason_comes_back_in_the_form_that_it_was_typed_into_and_in_no_other(eva: FlaskClient, room: Room) -> None:
    address = f"/assignments/{room.assignment.public_id}"
    typed = {"deadline": "no time at all", "why": "The talks run late"}
    back = lxml.html.fromstring(post(eva, f"{address}/deadline", typed).text)
    assert sorted(one.get("value") for one in back.xpath("//input[@name='why']")) == ["", "", "The talks run late"]
    assert [one.get("value") for one in back.xpath(f"//form[@action='{address}/deadline']//input[@name='why']")] == [
        "The talks run late"
    ]


def test_what_was_typed_comes_back_in_the_form_that_is_there_since_somebody_accepted_or_let_go_meanwhile(
    eva: FlaskClient, room: Room, store: Store
) -> None:
    arthur = room.arthur.public_id
    for of, act, now_act in ((room.asked, "offer", "reassign"), (room.assignment, "reassign", "offer")):
        with store.write() as session:
            of = session.get_one(Assignment, of.id)
            of.state, of.assignee_id = ("accepted", room.nino.id) if act == "offer" else ("open", None)
        typed = {"people": [arthur], "deadline": "tomorrow 18:00", "why": "The talks run late"}
        refused = post(eva, f"/assignments/{of.public_id}/{act}", typed)
        assert refused.status_code == 409
        page = lxml.html.fromstring(refused.text)
        (form,) = page.xpath(f"//form[@action='/assignments/{of.public_id}/{now_act}']")
        assert form.xpath(".//input[@name='people'][@checked]/@value") == [arthur]
        assert form.xpath(".//input[@name='deadline']/@value") == ["tomorrow 18:00"]
        assert "The talks run late" in lxml.html.tostring(form, encoding="unicode")
        assert (
            page.text_content().count("The talks run late") + len(page.xpath("//input[@value='The talks run late']"))
            == 1
        )


def test_what_was_typed_for_an_assignment_that_is_over_meanwhile_is_there_to_be_copied_and_what_became_of_it(
    eva: FlaskClient, room: Room
) -> None:
    address = f"/assignments/{room.assignment.public_id}"
    assert post(eva, f"{address}/cancel", {"why": "Overtaken"}).status_code == 303
    for act, typed in (
        ("deadline", {"deadline": "tomorrow 18:00", "deadline_zone": "Kyiv", "why": "The talks run late"}),
        ("reassign", {"people": [room.nino.public_id], "why": "She is at sea", "deadline": ""}),
        ("cancel", {"why": "No longer wanted"}),
        ("send-back", {"note": "Ask the pilots, too"}),
    ):
        refused = post(eva, f"{address}/{act}", typed)
        assert refused.status_code == 409, act
        left = lxml.html.fromstring(refused.text).xpath("//*[@id='left-over']//textarea")
        kept = [words for name, words in typed.items() if name != "people" and words]
        assert [one.text.strip() for one in left] == kept, act
        assert "Eva Janssens cancelled it today 14:37 Brussels. “Overtaken”" in said(refused)
    assert 'id="left-over"' not in eva.get(f"{address}/change").text


def test_a_deadline_moved_or_given_with_it_is_said_as_typed_and_on_the_clock_of_whoever_has_it_or_is_asked(
    eva: FlaskClient, room: Room
) -> None:
    address = f"/assignments/{room.assignment.public_id}"
    moved = said(post(eva, f"{address}/deadline", {"deadline": "18h Tokyo tomorrow"}, follow_redirects=True))
    due = "tomorrow 18:00 Tokyo · 11:00 Kyiv (Olena Demchuk, the story) · 10:00 Brussels (World desk)"
    assert f"The deadline is now {due}. Whom it concerns is told" in moved
    assert "tomorrow 18:00 Tokyo · 11:00 Kyiv (theirs, the story) · 10:00 Brussels (the desk)" in moved
    assert "18:00 Tokyo, tomorrow 11:00 Kyiv, Olena Demchuk, the story" in said(eva.get(f"{address}/change"))
    given = {"people": [room.nino.public_id], "deadline": "tomorrow 9 Kyiv"}
    gave = said(post(eva, f"{address}/reassign", given, follow_redirects=True))
    due = "tomorrow 09:00 Kyiv (the story) · 11:00 Tbilisi (Nino Kapanadze) · 08:00 Brussels (World desk)"
    assert f"Taken back, and offered to Nino Kapanadze. Due {due}." in gave
    more = said(post(eva, f"{address}/offer", {"people": [room.arthur.public_id]}, follow_redirects=True))
    assert "Offered to Arthur Lim. Due tomorrow 09:00 Kyiv" in more


def test_whoever_looks_at_anothers_assignment_reads_who_has_it_and_what_they_said(
    eva: FlaskClient, olena: FlaskClient, room: Room
) -> None:
    address = f"/assignments/{room.assignment.public_id}"
    assert post(olena, f"{address}/say", {"words": "Copy by six"}).status_code == 303
    assert "You said: “Copy by six”" in said(olena.get(address))
    theirs = said(eva.get(address))
    assert f"{room.olena.name} has it" in theirs
    assert f"{room.olena.name} said: “Copy by six”" in theirs
