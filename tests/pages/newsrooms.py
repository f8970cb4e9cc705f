"""Two newsrooms to walk through, one empty and one full, each with somebody in every role."""

import fcntl
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from desk import clock, db
from desk.app import create_app
from desk.assignments.models import Assignment, Offer
from desk.cli import database as databases
from desk.cli import demo
from desk.drafts.models import Draft, LostSave, Version
from desk.http.transactions import DeskFlask
from desk.newsroom import desks as newsroom_desks
from desk.outbox.models import Delivery, Message
from desk.outbox.rules import BEARERS
from desk.people import service, signing
from desk.people.models import Desk, Membership, Person
from desk.republication import queries as republication
from desk.republication.models import Licensee, Notice
from desk.settings import Settings
from desk.store import Store
from desk.stories.models import Story
from desk.wires.models import Item, Source
from tests import factories

LOST: dict[str, object] = {
    "headline": "Lost",
    "abstract": "",
    "bylines": [],
    "dateline_places": [],
    "body_html": "<p>Lost</p>",
    "ednote": "",
}
ROLES = ("nobody", "administrator", "editor", "approver", "correspondent", "member")


@dataclass
class Walk:
    """A newsroom with its app, a session cookie for each role, and the ids of things that are there."""

    app: DeskFlask
    cookies: dict[str, str]
    people: dict[str, int]
    things: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The app on a loopback port."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def build(folder: Path, *, full: bool, once: Path | None = None) -> Walk:
    """Make the newsroom. The full one is the demo's, which is loaded once for all who name the same folder `once`."""
    settings = Settings(
        var=folder,
        database_url=f"sqlite:///{folder / 'desk.db'}",
        redis_url=None,
        url="http://localhost",
        secret_keys=("k" * 64,),
        private_addresses=True,
    )
    if full:
        shutil.copyfile(_demo(once or folder, settings), folder / "desk.db")
    else:
        databases.bring_up(settings)
    app = create_app(settings, database=db.connect(settings.database_url))
    if not full:
        with app.store.write() as session:
            newsroom_desks.found_newsroom(session, agency="Meridian News", zone="Europe/Brussels", now=clock.utcnow())
    with app.store.write() as session:
        people = _people(session, full=full)
        cookies = {
            role: signing.begin(session, person, agent="", address="", now=clock.utcnow()).cookie
            for role, person in people.items()
        }
        things = _things(session, people) if full else {}
    return Walk(app, cookies, people, things)


def _demo(folder: Path, settings: Settings) -> Path:
    """The file of a database with the demo in it, loaded by whoever comes first."""
    found = folder / "demo.db"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            making = replace(settings, database_url=f"sqlite:///{folder / 'making.db'}")
            databases.bring_up(making)
            database = db.connect(making.database_url)
            demo.load(Store(database), making)
            database.engine.dispose()
            (folder / "making.db").rename(found)
    return found


def _people(session: Session, *, full: bool) -> dict[str, int]:
    made = {}
    desks = session.scalars(select(Desk)).all()
    for role in ROLES[1:]:
        person = factories.person(session, f"Walker {role}", is_admin=role == "administrator")
        made[role] = person.id
        if role in service.ROLES:
            session.add_all(Membership(person_id=person.id, desk_id=desk.id, role=role) for desk in desks)
    session.flush()
    return made


def _things(session: Session, people: dict[str, int]) -> dict[str, str]:
    """One of each kind of thing that pages are about; the newest where there are several."""
    published = session.scalar(select(Story).where(Story.state == "published").order_by(Story.id))
    desk = session.scalar(select(Desk).order_by(Desk.id))
    assert published is not None
    assert desk is not None
    offer = session.scalars(select(Offer).where(Offer.state == "made")).first()
    assert offer is not None
    session.add(
        LostSave(
            public_id="lostlostlo", draft_id=1, person_id=people["editor"], base_n=0, at=clock.utcnow(),
            fields=LOST,
        )
    )  # fmt: skip
    notice = session.scalars(select(Notice)).first()
    assert notice is not None
    token = "r" * 32
    notice.receipt_sha256 = republication.digest(token)
    first = {
        "story": published.public_id,
        "writable": session.scalars(
            select(Story.public_id).where(Story.state.in_(["filed", "editing"]), Story.desk_id == desk.id)
        ).first(),
        "assignment": session.scalars(select(Assignment.public_id).where(Assignment.id == offer.assignment_id)).one(),
        "offer": offer.public_id,
        "desk": desk.public_id,
        "person": session.scalars(select(Person.public_id)).first(),
        "licensee": session.scalars(select(Licensee.public_id)).first(),
        "mail": session.scalars(
            select(Delivery.public_id)
            .join(Message)
            .where(Delivery.state == "captured", Message.kind.not_in(BEARERS))
            .order_by(Delivery.id.desc())
        ).first(),
        "item": session.scalars(select(Item.public_id)).first(),
        "source": session.scalars(select(Source.public_id)).first(),
        "lost": "lostlostlo",
        "version": session.scalars(
            select(Version.public_id).join(Draft, Draft.id == Version.draft_id).where(Draft.story_id == published.id)
        ).first(),
        "receipt": token,
        "link": signing.make_link(session, "invite", people["member"], clock.utcnow()),
    }
    return {name: value for name, value in first.items() if value is not None}
