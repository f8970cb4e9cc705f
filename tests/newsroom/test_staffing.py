"""Who works here: inviting, moving, shutting out, and that somebody is always left who can let people in."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from desk import chance
from desk.actor import Role
from desk.assignments.models import Offer
from desk.audit.models import Entry
from desk.db import Database
from desk.errors import Forbidden, Invalid, NotFound, NotNow
from desk.newsroom import commissioning, desks, entering, history, staffing
from desk.outbox import service as outbox
from desk.outbox.models import Delivery, Due, Message
from desk.people import queries, service, signing
from desk.people.models import Link, Membership, Person, SignIn
from desk.store import Store
from tests import factories
from tests.newsroom.walk import Walk, begin

HASHED = "$argon2id$not-checked-here"


@pytest.fixture
def ada(session: Session) -> Person:
    """The only administrator."""
    factories.newsroom(session)
    return factories.person(session, "Ada Novak", zone="Europe/Prague", is_admin=True)


@pytest.fixture
def walk(session: Session, now: datetime) -> Walk:
    return begin(session, now)


def change(
    session: Session,
    by: Person,
    who: Person,
    *,
    is_admin: bool | None = None,
    roles: Collection[tuple[str, Role]] = (),
    **more: str,
) -> Person:
    fields = {"name": who.name, "title": who.title, "email": who.email, "zone": who.home_zone} | more
    admin = who.is_admin if is_admin is None else is_admin
    return staffing.change_person(
        session, factories.actor(session, by), who.public_id, **fields, is_admin=admin, roles=roles, now=factories.NOW
    )


def shut_out(session: Session, by: Person, who: Person) -> Person:
    return staffing.disable(session, factories.actor(session, by), who.public_id, factories.NOW)


def wording(session: Session, who: Person) -> list[str]:
    """What a person's page says happened, newest first."""
    return [one.sentence % one.params for one in history.of_person(session, who)]


# an administrator is always left


def test_the_last_administrator_cant_stop_being_one(session: Session, ada: Person) -> None:
    with pytest.raises(NotNow, match=r"Ada Novak is the only administrator\. Make somebody else one first\."):
        change(session, ada, ada, is_admin=False)
    assert ada.is_admin


def test_an_administrator_can_stop_once_there_is_another(session: Session, ada: Person) -> None:
    olena = factories.person(session)
    change(session, ada, olena, is_admin=True)
    change(session, ada, ada, is_admin=False)
    assert (ada.is_admin, olena.is_admin) == (False, True)
    with pytest.raises(NotNow):
        change(session, olena, olena, is_admin=False)


def test_an_administrator_who_is_disabled_is_no_other_administrator(session: Session, ada: Person) -> None:
    olena = factories.person(session, is_admin=True)
    shut_out(session, ada, olena)
    with pytest.raises(NotNow, match="only administrator"):
        change(session, ada, ada, is_admin=False)


def test_nobody_disables_themselves(session: Session, ada: Person) -> None:
    factories.person(session, is_admin=True)
    with pytest.raises(NotNow, match="can't disable yourself"):
        shut_out(session, ada, ada)


def test_two_administrators_who_shut_each_other_out_at_once_leave_one(clone: Database, now: datetime) -> None:
    store = Store(clone)
    with store.write() as session:
        factories.newsroom(session)
        pair = [factories.person(session, name, is_admin=True) for name in ("Ada Novak", "Bo Lindqvist")]
    together = Barrier(2)

    def press(by: Person, who: Person) -> str:
        together.wait()
        try:
            store.run(lambda session: staffing.disable(session, factories.actor(session, by), who.public_id, now))
        except NotNow as refusal:
            return str(refusal)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(press, pair, reversed(pair)))
    assert said[1] == "done"
    assert "is the only administrator" in said[0]
    with store.read() as session:
        left = session.scalars(select(Person).where(Person.is_admin, Person.disabled_at.is_(None))).all()
        assert len(left) == 1


# shutting somebody out


def test_somebody_shut_out_is_out_at_once_and_is_told_nothing_more(
    session: Session, ada: Person, now: datetime
) -> None:
    olena, nino = factories.person(session), factories.person(session, "Nino Kapanadze")
    for who in (olena, nino):
        signing.begin(session, who.id, agent="", address="", now=now)
        signing.make_link(session, "reset", who.id, now)
        key = f"said:{who.id}"
        outbox.put(session, "reset", key, ("person", who.id), now=now, facts={"secret": "x", "agency": "Meridian News"})
    shut_out(session, ada, olena)
    assert olena.disabled_at == now
    assert session.scalars(select(SignIn.person_id)).all() == [nino.id]
    assert session.scalars(select(Link.person_id)).all() == [nino.id]
    rows = session.execute(select(Message.recipient_id, Message.cancelled_why, Delivery.state).join(Delivery))
    assert {tuple(row) for row in rows} == {
        (olena.id, "Olena Demchuk was disabled", "cancelled"),
        (nino.id, None, "due"),
    }
    assert session.scalar(select(func.count()).select_from(Due)) == 1
    entry = session.scalars(select(Entry).where(Entry.verb == "person_disabled")).one()
    assert (entry.actor_name, entry.thing_id) == ("Ada Novak", olena.id)


def test_what_is_on_offer_to_them_is_withdrawn_and_their_editors_hear_what_they_leave_behind(
    session: Session, ada: Person, walk: Walk
) -> None:
    asked = factories.assignment(session, walk.story, editor=walk.emil)
    to_olena, to_colm = factories.offer(session, asked, walk.olena), factories.offer(session, asked, walk.colm)
    shut_out(session, ada, walk.olena)
    assert (to_olena.state, to_colm.state) == ("withdrawn", "made")
    assert "Emil Novak" in walk.told("work_left")
    assert walk.told("work_left") & {"Eva Lindqvist", "Emil Novak"} == {"Eva Lindqvist", "Emil Novak"}
    assert "Olena Demchuk" not in walk.told("work_left")
    left = session.scalars(select(Entry).where(Entry.verb == "work_left")).all()
    assert {entry.story_id for entry in left} == {walk.story.id}


def test_the_copy_of_somebody_shut_out_stays(session: Session, ada: Person, walk: Walk) -> None:
    walk.file(walk.olena)
    shut_out(session, ada, walk.olena)
    assert walk.last.author_id == walk.olena.id
    walk.approve(walk.arthur)
    assert walk.story.state == "approved"


def test_shutting_out_and_letting_in_twice_is_written_down_once(session: Session, ada: Person, now: datetime) -> None:
    olena = factories.person(session)
    for _ in range(2):
        shut_out(session, ada, olena)
    for _ in range(2):
        staffing.enable(session, factories.actor(session, ada), olena.public_id, now)
    assert olena.disabled_at is None
    verbs = session.scalars(select(Entry.verb).order_by(Entry.id)).all()
    assert verbs == ["person_disabled", "person_enabled"]


def test_somebody_let_in_again_has_their_roles_and_no_old_session(
    session: Session, ada: Person, walk: Walk, now: datetime
) -> None:
    signing.begin(session, walk.emil.id, agent="", address="", now=now)
    shut_out(session, ada, walk.emil)
    assert walk.emil not in queries.holders(session, walk.desk.id, "editor")
    staffing.enable(session, factories.actor(session, ada), walk.emil.public_id, now)
    assert walk.emil in queries.holders(session, walk.desk.id, "editor")
    assert signing.sessions_of(session, walk.emil.id, now) == []


# asking somebody in


def test_somebody_asked_in_has_a_link_by_mail_and_the_roles_that_were_ticked(
    session: Session, ada: Person, now: datetime
) -> None:
    desk = factories.desk(session)
    olena, secret = staffing.invite(
        session, factories.actor(session, ada), name=" Olena Demchuk ", email=" Olena@Meridian.EXAMPLE ", zone="kyiv",
        roles=[(desk.public_id, "correspondent"), (desk.public_id, "editor")], now=now,
    )  # fmt: skip
    assert (olena.name, olena.email, olena.home_zone) == ("Olena Demchuk", "olena@meridian.example", "Europe/Kyiv")
    assert queries.actor_of(session, olena).roles == {(desk.id, "correspondent"), (desk.id, "editor")}
    message = session.scalars(select(Message)).one()
    assert (message.kind, message.recipient_id, message.facts["secret"]) == ("invite", olena.id, secret)
    assert signing.look_at(session, secret, now).purpose == "invite"


@pytest.mark.parametrize(
    ("field", "given", "says"),
    [
        ("name", "  ", "Say who it is"),
        ("email", "olena", "olena is not a mail address"),
        ("email", " ", "A mail address is needed"),
        ("email", "olena@localhost", "is not a mail address"),
        ("email", "a@b@meridian.example", "is not a mail address"),
        ("email", "ol ena@meridian.example", "is not a mail address"),
        ("email", "olena@meridian.example\r\nBcc: all@meridian.example", "is not a mail address"),
        ("email", "<olena>@meridian.example", "is not a mail address"),
        ("email", f"{'o' * 300}@meridian.example", "is not a mail address"),
        ("zone", "Europe/Atlantis", "Europe/Atlantis"),
    ],
)
def test_an_invitation_that_cant_be_is_refused_and_says_which_field(
    session: Session, ada: Person, field: str, given: str, says: str
) -> None:
    who = {"name": "Olena", "email": "olena@meridian.example", "zone": "Europe/Kyiv", field: given}
    with pytest.raises(Invalid) as refused:
        staffing.invite(
            session, factories.actor(session, ada), name=who["name"], email=who["email"], zone=who["zone"],
            now=factories.NOW,
        )  # fmt: skip
    assert refused.value.field == field
    assert says in str(refused.value)


def test_an_address_is_one_persons_in_whatever_case_it_is_typed(session: Session, ada: Person) -> None:
    olena, nino = factories.person(session), factories.person(session, "Nino Kapanadze")
    with pytest.raises(Invalid, match="already"):
        change(session, ada, nino, email=olena.email.upper())
    change(session, ada, nino, email=nino.email.upper())
    assert nino.email == nino.email.lower()


def test_a_fresh_invitation_ends_the_one_before(session: Session, ada: Person, now: datetime) -> None:
    by = factories.actor(session, ada)
    olena, first = staffing.invite(session, by, name="Olena", email="o@meridian.example", zone="UTC", now=now)
    second = staffing.invite_again(session, by, olena.public_id, now)
    with pytest.raises(NotFound):
        signing.look_at(session, first, now)
    assert signing.look_at(session, second, now).purpose == "invite"
    olena.password = HASHED
    assert signing.look_at(session, staffing.invite_again(session, by, olena.public_id, now), now).purpose == "reset"
    shut_out(session, ada, olena)
    with pytest.raises(NotNow, match="Enable them first"):
        staffing.invite_again(session, by, olena.public_id, now)


def test_roles_are_as_they_were_ticked_last(session: Session, ada: Person) -> None:
    world, sports = factories.desk(session), factories.desk(session, "Sports desk")
    olena = factories.person(session, roles=((world, "correspondent"), (world, "editor")))
    change(session, ada, olena, roles=[(sports.public_id, "approver"), (sports.public_id, "approver")])
    held = session.execute(select(Membership.desk_id, Membership.role).where(Membership.person_id == olena.id))
    assert [tuple(row) for row in held] == [(sports.id, "approver")]
    with pytest.raises(NotFound):
        change(session, ada, olena, roles=[(chance.public_id(), "editor")])


def test_a_person_moves_themselves_and_nobody_loses_their_home(session: Session, ada: Person, now: datetime) -> None:
    olena = factories.person(session, zone="Europe/Kyiv")
    actor = factories.actor(session, olena)
    staffing.change_self(
        session, actor, name=" Olena D. ", title="", present_zone="Asia/Tbilisi", home_zone="Europe/Kyiv", now=now
    )
    assert (olena.name, olena.present_zone, olena.home_zone) == ("Olena D.", "Asia/Tbilisi", "Europe/Kyiv")
    change(session, ada, olena, title="Black Sea Correspondent")
    assert olena.present_zone == "Asia/Tbilisi"
    with pytest.raises(Invalid):
        staffing.change_self(session, actor, name=" ", title="", present_zone="UTC", home_zone="UTC", now=now)


def test_it_can_be_read_who_made_whom_an_administrator_and_who_gave_and_took_which_role(
    session: Session, ada: Person, now: datetime
) -> None:
    world, sports = factories.desk(session), factories.desk(session, "Sports desk")
    olena, _ = staffing.invite(
        session, factories.actor(session, ada), name="Olena Demchuk", email="o@meridian.example", zone="UTC",
        roles=[(world.public_id, "editor")], now=now,
    )  # fmt: skip
    change(session, ada, olena, is_admin=True, roles=[(sports.public_id, "approver"), (sports.public_id, "editor")])
    change(session, olena, olena, is_admin=False, roles=[(sports.public_id, "editor")], title="Sports editor")
    assert wording(session, olena) == [
        "Olena Demchuk took from Olena Demchuk the role of approver (Sports desk)",
        "Olena Demchuk took the rights of an administrator from Olena Demchuk",
        "Olena Demchuk changed the title of Olena Demchuk from “–” to “Sports editor”",
        "Ada Novak took from Olena Demchuk the role of editor (World desk)",
        "Ada Novak made Olena Demchuk approver (Sports desk), editor (Sports desk)",
        "Ada Novak made Olena Demchuk an administrator",
        "Ada Novak made Olena Demchuk editor (World desk)",
        "Ada Novak invited Olena Demchuk",
    ]
    assert all(one.at == now for one in history.of_person(session, olena))


def test_what_was_saved_as_it_was_is_nothing_that_happened(session: Session, ada: Person, now: datetime) -> None:
    world = factories.desk(session)
    olena = factories.person(session, roles=((world, "editor"),))
    change(session, ada, olena, roles=[(world.public_id, "editor")])
    staffing.change_self(
        session, factories.actor(session, olena), name=olena.name, title="", present_zone="kyiv",
        home_zone="Europe/Kyiv", now=now,
    )  # fmt: skip
    assert wording(session, olena) == []


def test_a_new_address_ends_the_links_of_the_old_one_which_is_told(
    session: Session, ada: Person, now: datetime
) -> None:
    olena = factories.person(session)
    olena.password, old = HASHED, olena.email
    secrets = [signing.make_link(session, purpose, olena.id, now) for purpose in ("invite", "signin")]
    entering.mail_reset_link(session, old, now)
    change(session, ada, olena, email="New@Meridian.example")
    assert session.scalars(select(Link)).all() == []
    for secret in secrets:
        with pytest.raises(NotFound):
            signing.look_at(session, secret, now)
    told = session.scalars(select(Message).order_by(Message.id)).all()
    assert [(one.kind, one.cancelled_why) for one in told] == [
        ("reset", "The mail address was changed."),
        ("address_changed", None),
    ]
    assert (told[1].recipient_kind, told[1].facts["address"], told[1].facts["by"]) == ("address", old, "Ada Novak")
    assert "new@" not in str(told[1].facts)
    assert wording(session, olena) == [
        f"Ada Novak changed the mail address of Olena Demchuk from {old} to new@meridian.example"
    ]
    change(session, ada, olena, email=" NEW@meridian.example")
    assert len(session.scalars(select(Message)).all()) == 2


def test_who_has_not_come_in_yet_is_invited_anew_at_the_new_address(
    session: Session, ada: Person, now: datetime
) -> None:
    by = factories.actor(session, ada)
    olena, mistyped = staffing.invite(session, by, name="Olena", email="olna@meridian.example", zone="UTC", now=now)
    change(session, ada, olena, email="olena@meridian.example")
    with pytest.raises(NotFound):
        signing.look_at(session, mistyped, now)
    last = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert last is not None
    assert (last.kind, last.recipient_id, last.cancelled_at) == ("invite", olena.id, None)
    assert signing.look_at(session, last.facts["secret"], now).person_id == olena.id


def test_an_address_in_another_script_is_kept_as_mail_needs_it_and_found_however_it_is_typed(
    session: Session, ada: Person, now: datetime
) -> None:
    by = factories.actor(session, ada)
    olena, _ = staffing.invite(session, by, name="Olena", email=" Olena@Почта.example ", zone="UTC", now=now)
    assert olena.email == "olena@xn--80a1acny.example"
    assert queries.by_email(session, "olena@почта.example") == olena
    with pytest.raises(Invalid, match="already the address of Olena: their page mails them a new link"):
        staffing.invite(session, by, name="Olena", email="OLENA@почта.EXAMPLE", zone="UTC", now=now)
    shut_out(session, ada, olena)
    with pytest.raises(Invalid, match="Olena, who is disabled: let them in again"):
        staffing.invite(session, by, name="Olena", email=olena.email, zone="UTC", now=now)
    with pytest.raises(Invalid, match="outside a–z"):
        staffing.invite(session, by, name="Olena", email="олена@meridian.example", zone="UTC", now=now)


def test_somebody_let_in_again_who_never_came_is_invited_anew(session: Session, ada: Person, now: datetime) -> None:
    by = factories.actor(session, ada)
    olena, old = staffing.invite(session, by, name="Olena", email="olena@meridian.example", zone="UTC", now=now)
    shut_out(session, ada, olena)
    staffing.enable(session, by, olena.public_id, now)
    with pytest.raises(NotFound):
        signing.look_at(session, old, now)
    last = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert last is not None
    assert signing.look_at(session, last.facts["secret"], now).purpose == "invite"


def test_who_is_home_again_empties_where_they_are(session: Session, ada: Person, now: datetime) -> None:
    olena = factories.person(session, zone="Europe/Kyiv")
    by = factories.actor(session, olena)
    for present in ("budapest", ""):
        staffing.change_self(
            session, by, name=olena.name, title="", present_zone=present, home_zone="Europe/Kyiv", now=now
        )
    assert olena.present_zone == "Europe/Kyiv"
    assert wording(session, olena) == [
        "Olena Demchuk is now in the zone Europe/Kyiv",
        "Olena Demchuk is now in the zone Europe/Budapest",
    ]
    for field in ("present_zone", "home_zone"):
        zones = {"present_zone": "UTC", "home_zone": "UTC", field: "Europe/Atlantis"}
        with pytest.raises(Invalid) as refused:
            staffing.change_self(session, by, name="Olena", title="", **zones, now=now)
        assert refused.value.field == field


# who may


def test_only_an_administrator_has_to_do_with_people_desks_and_the_agency(session: Session, now: datetime) -> None:
    desk = factories.desk(session)
    everything = tuple((desk, role) for role in service.ROLES)
    eva = factories.actor(session, factories.person(session, "Eva Janssens", roles=everything))
    olena = factories.person(session)
    acts = (
        lambda: staffing.invite(session, eva, name="X", email="x@meridian.example", zone="UTC", now=now),
        lambda: staffing.invite_again(session, eva, olena.public_id, now),
        lambda: staffing.change_person(
            session, eva, olena.public_id, name="X", title="", email="x@meridian.example", zone="UTC", is_admin=True,
            roles=(), now=now,
        ),
        lambda: staffing.disable(session, eva, olena.public_id, now),
        lambda: staffing.enable(session, eva, olena.public_id, now),
        lambda: desks.add_desk(session, eva, name="Sports desk", zone="UTC", now=now),
        lambda: desks.change_desk(session, eva, desk.public_id, name="Sports desk", zone="UTC", now=now),
        lambda: desks.change_newsroom(
            session, eva, agency="Other News", first_year=1999, permission_sentence="", ask_mail="", ask_phone="",
            now=now,
        ),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert session.scalars(select(Entry)).all() == []


# asking somebody who is just being shut out


@dataclass
class Both:
    """An editor and an administrator at once, each on a connection; Olena has the story's text already."""

    store: Store
    editors: Session
    administrators: Session
    walk: Walk
    pictures: str
    verb: Callable[..., object]

    def ask(self) -> None:
        """Put the pictures of the same story to Olena."""
        eva = factories.actor(self.editors, self.walk.eva)
        self.verb(self.editors, eva, self.pictures, people=[self.walk.olena.public_id], now=self.walk.now)
        self.editors.commit()

    def shut_out(self) -> None:
        ada = self.administrators.scalars(select(Person).where(Person.is_admin)).one()
        actor = factories.actor(self.administrators, ada)
        staffing.disable(self.administrators, actor, self.walk.olena.public_id, self.walk.now)
        self.administrators.commit()

    def waits(self, of: Future[None]) -> None:
        """Come back when the other waits for this one's lock."""
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        while not of.done():
            with self.store.read() as session:
                if session.scalar(waiting):
                    return

    @property
    def offers(self) -> list[str]:
        """How the offers to Olena stand."""
        self.administrators.rollback()
        mine = select(Offer.state).where(Offer.person_id == self.walk.olena.id)
        return list(self.administrators.scalars(mine.order_by(Offer.id)))


@pytest.fixture(params=["offer", "reassign"])
def both(request: pytest.FixtureRequest, store: Store) -> Iterator[Both]:
    with store.write() as session:
        factories.newsroom(session)
        walk = begin(session, factories.NOW)
        factories.person(session, "Ada Novak", is_admin=True)
        had = walk.emil if request.param == "reassign" else None
        pictures = factories.assignment(session, walk.story, assignee=had)
        pictures.medium = "pictures"
    with store.database.writing() as editors, store.database.writing() as administrators:
        yield Both(store, editors, administrators, walk, pictures.public_id, getattr(commissioning, request.param))


@pytest.mark.postgresql
def test_whoever_is_shut_out_while_they_are_asked_has_the_offer_withdrawn(both: Both) -> None:
    queries.kept(both.editors, [both.walk.olena.public_id])
    with ThreadPoolExecutor(1) as pool:
        out = pool.submit(both.shut_out)
        both.waits(out)
        both.ask()
        out.result()
    assert both.offers == ["withdrawn"]


@pytest.mark.postgresql
def test_nobody_is_asked_who_is_shut_out_just_then(both: Both) -> None:
    queries.person_to_disable(both.administrators, both.walk.olena.public_id)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(both.ask)
        both.waits(asked)
        both.shut_out()
        with pytest.raises(Invalid, match="does not work here any more"):
            asked.result()
    assert both.offers == []
