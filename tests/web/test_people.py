"""People: invited, given roles, moved, disabled and let in again, all in the browser."""

from datetime import datetime, timedelta

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.audit.models import Entry
from desk.http.transactions import DeskFlask
from desk.outbox import service as outbox
from desk.outbox.models import Message
from desk.people import signing
from desk.people.models import Membership, Person
from desk.store import Store
from tests import factories
from tests.reader import form_on, post, said, signed_in
from tests.room import Room

pytestmark = pytest.mark.either


def one(store: Store, person: Person) -> Person:
    with store.read() as session:
        return session.get_one(Person, person.id)


def roles(store: Store, person: Person) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Membership.role).where(Membership.person_id == person.id)))


def test_somebody_who_is_invited_gets_one_mail_and_comes_in_by_its_link(
    app: DeskFlask, ada: FlaskClient, room: Room, store: Store
) -> None:
    form = form_on(ada.get("/people/new"), "/people/new")
    for name, value in {"name": "Ivo Petrov", "email": "Ivo@Meridian.example", "zone": "sofia"}.items():
        form.fields.setlist(name, [value])
    form.fields.setlist("roles", [f"{room.desk.public_id}:correspondent", f"{room.desk.public_id}:approver"])
    made = ada.post("/people/new", data=form.fields)
    assert made.status_code == 303
    with store.read() as session:
        ivo = session.scalars(select(Person).where(Person.email == "ivo@meridian.example")).one()
        message = session.scalars(select(Message)).one()
    assert (ivo.home_zone, ivo.present_zone, ivo.is_admin) == ("Europe/Sofia", "Europe/Sofia", False)
    assert roles(store, ivo) == {"correspondent", "approver"}
    assert (message.kind, message.recipient_id) == ("invite", ivo.id)
    url = f"/come-in/{message.facts['secret']}"
    browser = app.test_client()
    entry = form_on(browser.get(url), url)
    entry.fields.setlist("password", ["a sentence is fine"])
    assert browser.post(url, data=entry.fields).status_code == 303
    assert browser.get("/mine").status_code == 200


def test_a_person_is_changed_with_their_roles_and_reads_by_them_at_once(
    app: DeskFlask, ada: FlaskClient, room: Room, store: Store
) -> None:
    nino = signed_in(app, room.nino)
    assert nino.get("/waiting").status_code == 403
    url = f"/people/{room.nino.public_id}"
    form = form_on(ada.get(url), url)
    assert form.fields.getlist("roles") == [f"{room.desk.public_id}:correspondent"]
    form.fields.setlist("title", ["Caucasus Correspondent"])
    form.fields.setlist("roles", [f"{room.desk.public_id}:editor"])
    assert ada.post(url, data=form.fields).status_code == 303
    assert roles(store, room.nino) == {"editor"}
    assert one(store, room.nino).title == "Caucasus Correspondent"
    assert nino.get("/waiting").status_code == 200


def test_a_role_or_a_desk_that_there_is_not_gives_nothing(ada: FlaskClient, room: Room, store: Store) -> None:
    fields = {"name": "Nino", "email": room.nino.email, "zone": "Asia/Tbilisi"}
    url = f"/people/{room.nino.public_id}"
    assert post(ada, url, {**fields, "roles": f"{room.desk.public_id}:emperor"}).status_code == 303
    assert roles(store, room.nino) == set()
    assert post(ada, url, {**fields, "roles": "bcdfghjkmn:editor"}).status_code == 404


def test_the_last_administrator_stays_one(ada: FlaskClient, room: Room, store: Store) -> None:
    fields = {"name": "Ada Novak", "email": room.ada.email, "zone": "Europe/Brussels"}
    kept = post(ada, f"/people/{room.ada.public_id}", fields)
    assert (kept.status_code, "is the only administrator" in said(kept)) == (409, True)
    itself = post(ada, f"/people/{room.ada.public_id}/disable")
    assert (itself.status_code, "disable yourself" in said(itself)) == (409, True)
    assert one(store, room.ada).is_admin


def test_who_is_disabled_is_out_what_they_left_is_told_and_the_way_back_is_open(
    ada: FlaskClient, eva: FlaskClient, room: Room, store: Store
) -> None:
    before = said(eva.get("/?view=nobody"))
    post(ada, f"/people/{room.olena.public_id}/disable")
    assert "Nobody has it now: GRAIN/CORRIDOR." in said(ada.get("/people"))
    nobody = said(eva.get("/?view=nobody"))
    assert "GRAIN/CORRIDOR" in nobody
    assert "GRAIN/CORRIDOR" not in before
    assert "O. Demchuk had it, and is shut out" in nobody
    with store.read() as session:
        told = session.scalars(select(Message.recipient_id).where(Message.kind == "work_left")).all()
        verbs = session.scalars(select(Entry.verb)).all()
    assert room.eva.id in told
    assert {"person_disabled", "work_left"} <= set(verbs)
    page = ada.get(f"/people/{room.olena.public_id}")
    assert "Let them in again" in said(page)
    refused = post(ada, f"/people/{room.olena.public_id}/invite")
    assert (refused.status_code, "is disabled" in said(refused)) == (409, True)
    post(ada, f"/people/{room.olena.public_id}/enable")
    assert one(store, room.olena).disabled_at is None


def test_a_fresh_link_is_mailed_and_the_old_one_ends(ada: FlaskClient, room: Room, store: Store) -> None:
    secrets = []
    for _ in range(2):
        assert post(ada, f"/people/{room.nino.public_id}/invite").status_code == 303
        with store.read() as session:
            newest = session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert newest is not None
        secrets.append(str(newest.facts["secret"]))
    assert [ada.get(f"/come-in/{secret}").status_code for secret in secrets] == [404, 200]


def test_everybody_sees_who_works_here_and_only_an_administrator_changes_it(
    ada: FlaskClient, eva: FlaskClient, olena: FlaskClient, room: Room
) -> None:
    for reader in (ada, eva, olena):
        page = said(reader.get("/people"))
        assert "Nino Kapanadze" in page
        assert "17:37" in page
    for reader in (eva, olena):
        assert reader.get(f"/people/{room.nino.public_id}").status_code == 403
        for act in ("", "/invite", "/disable", "/enable"):
            assert post(reader, f"/people/{room.nino.public_id}{act}").status_code == 403


def test_a_page_given_back_has_the_boxes_as_they_were_sent_and_a_button_below_loses_none(
    ada: FlaskClient, room: Room
) -> None:
    url = f"/people/{room.ada.public_id}"
    fields = {"name": "Ada", "email": "nonsense", "zone": "Europe/Brussels", "roles": f"{room.desk.public_id}:editor"}
    back = form_on(post(ada, url, fields), url).fields
    assert (back["name"], back.getlist("roles"), "is_admin" in back) == ("Ada", [fields["roles"]], False)
    url = f"/people/{room.olena.public_id}"
    post(ada, f"{url}/disable")
    refused = post(ada, f"{url}/invite")
    assert refused.status_code == 409
    back = form_on(refused, url).fields
    assert (back["name"], back.getlist("roles")) == ("Olena Demchuk", [f"{room.desk.public_id}:correspondent"])


def test_a_persons_page_says_who_gave_them_which_right(ada: FlaskClient, room: Room) -> None:
    url = f"/people/{room.eva.public_id}"
    form = form_on(ada.get(url), url)
    form.fields.setlist("is_admin", ["1"])
    form.fields.setlist("email", ["eva.j@meridian.example"])
    told = ada.post(url, data=form.fields, follow_redirects=True)
    assert f"{room.eva.email} is told that mail comes there no longer" in said(told)
    page = said(ada.get(url))
    assert "Ada Novak made Eva Janssens an administrator today 14:37 Brussels" in page
    assert f"from {room.eva.email} to eva.j@meridian.example" in page


def test_an_invitation_that_ran_out_is_seen_on_the_page_of_whom_it_was_for(
    app: DeskFlask, ada: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    with store.write() as session:
        session.get_one(Person, room.nino.id).password = None
        signing.make_link(session, "invite", room.nino.id, now - timedelta(days=8))
    page = said(ada.get(f"/people/{room.nino.public_id}"))
    assert "The link that was mailed to them ran out: yesterday 14:37 Brussels. Mail a new one." in page
    post(ada, f"/people/{room.nino.public_id}/invite")
    assert "works until Tue 1 December 14:37 Brussels" in said(ada.get(f"/people/{room.nino.public_id}"))
    assert (
        "Disable" not in said(ada.get(f"/people/{room.ada.public_id}")).split("Coming in")[1].split("What happened")[0]
    )


def test_who_is_shut_out_is_listed_for_administrators_only(ada: FlaskClient, eva: FlaskClient, room: Room) -> None:
    post(ada, f"/people/{room.nino.public_id}/disable")
    assert "Nino Kapanadze" in said(ada.get("/people"))
    assert "Nino Kapanadze" not in said(eva.get("/people"))


def test_the_day_of_everybody_is_laid_out_on_the_clock_of_whoever_reads(ada: FlaskClient, room: Room) -> None:
    """14:37 in Brussels is 21:37 in Singapore, where office ended at 18:00 and the night begins at 22:00."""
    page = lxml.html.fromstring(ada.get("/people").text)
    row = page.xpath("//li[contains(@class, 'crew')][contains(., 'Arthur Lim')]")[0]
    spans = [(one.tag, one.get("class")) for one in row.xpath(".//div[@class='day']/*")]
    assert spans == [
        ("i", "h2 q0 to11 e0"),
        ("q", "h15 q0 to23 e0"),
        ("em", "h14 q2"),
    ]


def test_what_somebody_has_is_named_only_to_who_may_read_the_story_and_its_deadline_to_all(
    eva: FlaskClient, nino: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        desk = factories.desk(session, "Secret desk")
        bob = factories.person(session, "Bob Secret", roles=((desk, "correspondent"),))
        story = factories.story(session, desk, slug="MINISTER/ARREST", state="reporting")
        factories.assignment(session, story, assignee=bob)
    assert "MINISTER/ARREST" in said(eva.get("/people"))
    page = said(nino.get("/people"))
    assert "MINISTER/ARREST" not in page
    assert page.count("in 5 h") == said(eva.get("/people")).count("in 5 h") > 1
    assert "GRAIN/CORRIDOR" in page  # it is offered to him


def test_without_a_role_nobody_is_asked_and_the_pages_say_so(
    ada: FlaskClient, eva: FlaskClient, room: Room, store: Store
) -> None:
    with store.write() as session:
        noel = factories.person(session, "Noel Norole")
    assert "On no desk without a role nobody is asked for a story" in said(eva.get("/people"))
    assert "Without a role nobody is asked for a story." in said(ada.get(f"/people/{noel.public_id}"))
    for page in ("/stories/new", f"/assignments/{room.asked.public_id}/change"):
        assert room.olena.name in said(eva.get(page))
        assert noel.name not in said(eva.get(page))
    typed = {"deadline": "in 3 h", "people": [noel.public_id], "medium": "text"}
    refused = post(eva, f"/stories/{room.story.public_id}/assignments", typed)
    assert (refused.status_code, "has no role on any open desk" in said(refused)) == (422, True)


def test_who_was_asked_in_counts_as_here_once_they_have_read_anything(
    ada: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    with store.write() as session:
        session.get_one(Person, room.nino.id).password = None
        outbox.put(session, "said", "said:1", ("person", room.nino.id), now=now, facts={"slug": "A/B"})
    assert said(ada.get("/people")).count("asked in, not here yet") == 1
    with store.write() as session:
        session.scalars(select(Message)).one().seen_at = now
    assert "not here yet" not in said(ada.get("/people"))
