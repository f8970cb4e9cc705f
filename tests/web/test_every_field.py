"""Every field of every form, with far too much in it and with what no database keeps: a sentence, never an error.

SQLite takes a line of any length into a column of five hundred letters, PostgreSQL does not. Each form is sent once as
it should be, so that the table stays true, and once for each of its fields; on SQLite once for all of them.
"""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from desk import db
from desk.actor import Actor
from desk.approvals import service as approvals
from desk.assignments.models import Assignment, Offer
from desk.http.routing import RULE
from desk.http.transactions import DeskFlask
from desk.newsroom import framing, notifying
from desk.outbox.models import Message
from desk.people import queries as people
from desk.people import signing
from desk.people.models import Membership
from desk.republication.models import Licensee
from desk.store import Store
from desk.stories.models import Story
from desk.wires.models import Source
from tests import factories
from tests.reader import post, signed_in
from tests.room import PASSWORD, Room, open_room

LONG = "x" * 300 + "\x00\u202e\ufffe" + "y" * 300
READERS = {"text", "texts", "listed", "whole", "typed_moment", "needed_moment", "shown_moment"}
IDS = {
    "do", "base", "base_n", "version", "edition", "newest", "from", "next", "keep", "held_action", "embargo_seen",
    "item",
}  # fmt: skip


class Rehearsal(Store):
    """A store over one connection, whose commits last until that is rolled back."""

    def __init__(self, database: db.Database, connection: Connection) -> None:
        super().__init__(database)
        self._connection = connection

    def _session(self) -> Session:
        return Session(self._connection, join_transaction_mode="create_savepoint", expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._session() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._session() as session:
            yield session
            marked = self.finish(session)
        self.ring(marked)


class Scene:
    """A newsroom in which Eva is and may everything, with one thing of each kind."""

    def __init__(self, app: DeskFlask, connection: Connection) -> None:
        self.app, self.connection = app, connection
        self.store = app.store = Rehearsal(app.store.database, connection)
        self.room: Room = open_room(self.store)
        self.now = app.now()
        with self.store.write() as session:
            eva, desk = session.merge(self.room.eva), self.room.desk
            eva.is_admin = True
            session.add_all(
                Membership(person_id=eva.id, desk_id=desk.id, role=role) for role in ("approver", "correspondent")
            )
            session.get_one(Assignment, self.room.assignment.id).assignee_id = eva.id
            session.get_one(Offer, self.room.offer.id).person_id = eva.id
            self.licensee: Licensee = factories.licensee(session, desks=(desk,))
            self.item = factories.item(session)
            self.source = session.get_one(Source, self.item.source_id)
            self.version = factories.version(session, self.room.story)
            self.pictures = factories.assignment(session, self.room.story, assignee=eva)
            self.pictures.medium = "pictures"
        self.browser: FlaskClient = signed_in(app, self.room.eva)
        self.token = ""

    @property
    def eva(self) -> Actor:
        with self.store.read() as session:
            return people.actor_of(session, self.room.eva)

    def story(self, state: str, **more: object) -> None:
        """Put the story into a state."""
        with self.store.write() as session:
            story = session.get_one(Story, self.room.story.id)
            story.state = state
            for name, value in more.items():
                setattr(story, name, value)

    def out(self, state: str = "published") -> None:
        """An edition is out."""
        with self.store.write() as session:
            factories.edition(session, session.get_one(Story, self.room.story.id), of=self.version)
        self.story(state)

    def approved(self) -> None:
        """The last version is approved, by Eva."""
        with self.store.write() as session:
            approvals.decide(
                session, version_id=self.version.id, person_id=self.room.eva.id, kind="approve", now=self.now
            )
        self.story("approved")

    def handed_in(self) -> None:
        """The pictures are in."""
        with self.store.write() as session:
            session.get_one(Assignment, self.pictures.id).state = "filed"

    def mark(self) -> str:
        """What a form for changing the story begins from."""
        with self.store.read() as session:
            return framing.framing(session, self.eva, self.room.story.public_id).mark

    def receipt(self) -> None:
        with self.store.write() as session:
            notifying.send_test(session, self.eva, self.licensee.public_id, now=self.now)
            self.token = session.query(Message).filter_by(kind="test_notice").one().facts["receipt"]

    def first_link(self) -> None:
        with self.store.write() as session:
            self.token = signing.make_link(session, "reset", self.room.nino.id, self.now)


@pytest.fixture
def scene(app: DeskFlask) -> Iterator[Scene]:
    before = app.store
    with before.database.engine.connect() as connection, connection.begin() as outer:
        try:
            yield Scene(app, connection)
        finally:
            app.store = before
            outer.rollback()


@dataclass(frozen=True)
class Form:
    """A form as it should be: where it goes, what must be so first, and what stands in it."""

    path: Callable[[Scene], str]
    fields: Mapping[str, str | Callable[[Scene], str]] = field(default_factory=dict)
    first: Callable[[Scene], object] = lambda scene: None


def on(kind: str, act: str) -> Callable[[Scene], str]:
    """The address of an act on the scene's thing of that kind."""
    things: dict[str, Callable[[Scene], str]] = {
        "stories": lambda s: s.room.story.public_id,
        "assignments": lambda s: s.room.assignment.public_id,
        "offers": lambda s: s.room.offer.public_id,
        "people": lambda s: s.room.nino.public_id,
        "desks": lambda s: s.room.desk.public_id,
        "licensees": lambda s: s.licensee.public_id,
        "wire": lambda s: s.item.public_id,
        "wire/sources": lambda s: s.source.public_id,
    }
    return lambda s: f"/{kind}/{things[kind](s)}{act}"


def of_desk(scene: Scene) -> str:
    return scene.room.desk.public_id


def of_version(scene: Scene) -> str:
    return scene.version.public_id


def in_state(state: str) -> Callable[[Scene], None]:
    return lambda scene: scene.story(state)


STORY: dict[str, str | Callable[[Scene], str]] = {
    "slug": "GRAIN/RAIL", "title": "Rail freight", "desk": of_desk, "brief": "Ask them.", "places": "Odesa, Istanbul",
    "zone": "Europe/Kyiv", "language": "en", "length": "600",
}  # fmt: skip
PERSON: dict[str, str | Callable[[Scene], str]] = {
    "name": "Ivo Horvat", "title": "Balkans Correspondent", "email": "ivo@meridian.example", "zone": "Europe/Sofia"
}  # fmt: skip
LICENSEE: dict[str, str | Callable[[Scene], str]] = {
    "name": "Black Sea Post", "mail": "desk@post.example", "contact": "Ivo", "webhook": "http://127.0.0.1:9/hook",
    "zone": "Europe/Sofia", "desks": of_desk,
}  # fmt: skip
SOURCE = {"name": "A wire", "url": "http://127.0.0.1:9/feed", "zone": "UTC", "every": "60"}
WHEN = {"deadline": "tomorrow 18:00", "deadline_zone": "Europe/Kyiv"}
FORMS = {
    "account.change": Form(
        lambda s: "/me", {"name": "Eva", "title": "Editor", "present_zone": "UTC", "home_zone": "UTC"}
    ),
    "account.set_password": Form(lambda s: "/me/password", {"old": PASSWORD, "password": "a sentence is fine"}),
    "approvals.approve": Form(
        on("stories", "/approve"), {"version": of_version, "note": "Good."}, in_state("filed")
    ),
    "approvals.withdraw": Form(
        on("stories", "/withdraw-approval"), {"version": of_version, "note": "No."}, Scene.approved
    ),
    "approvals.send_back": Form(on("stories", "/return"), {"version": of_version, "note": "Who?"}, in_state("filed")),
    "assignments.decline": Form(on("offers", "/decline"), {"reason": "On leave"}),
    "assignments.withdraw": Form(on("offers", "/withdraw"), {"why": "Overtaken"}),
    "assignments.say": Form(on("assignments", "/say"), {"words": "Copy by six"}),
    "assignments.hand_in": Form(lambda s: f"/assignments/{s.pictures.public_id}/hand-in", {"where": "In the box"}),
    "assignments.send_back": Form(
        lambda s: f"/assignments/{s.pictures.public_id}/send-back", {"note": "Too dark."}, Scene.handed_in
    ),
    "assignments.assign": Form(
        on("stories", "/assignments"),
        {"medium": "text", "brief": "Ask.", "length": "600", "people": lambda s: s.room.nino.public_id, **WHEN},
    ),
    "assignments.move_deadline": Form(on("assignments", "/deadline"), {"why": "They are late", **WHEN}),
    "assignments.offer_to": Form(
        lambda s: f"/assignments/{s.room.asked.public_id}/offer", {"people": lambda s: s.room.olena.public_id, **WHEN}
    ),
    "assignments.reassign": Form(
        on("assignments", "/reassign"), {"people": lambda s: s.room.olena.public_id, "why": "Silent", **WHEN}
    ),
    "assignments.cancel": Form(on("assignments", "/cancel"), {"why": "Overtaken"}),
    "door.enter": Form(lambda s: "/sign-in", {"email": lambda s: s.room.eva.email, "password": PASSWORD}),
    "door.mail_link": Form(lambda s: "/forgotten", {"email": lambda s: s.room.eva.email}),
    "door.use_link": Form(
        lambda s: f"/come-in/{s.token}",
        {"password": "a sentence is fine", "name": "Ivo", "email": "ivo@meridian.example", "zone": "UTC"},
        Scene.first_link,
    ),
    "framing.change": Form(on("stories", "/change"), {**STORY, "base": Scene.mark}),
    "licensees.add": Form(lambda s: "/licensees/new", LICENSEE),
    "licensees.change": Form(on("licensees", "/change"), LICENSEE),
    "mine.move": Form(lambda s: "/me/place", {"zone": "Europe/Sofia"}),
    "people.invite": Form(lambda s: "/people/new", PERSON),
    "people.change": Form(on("people", ""), PERSON),
    "publishing.publish": Form(on("stories", "/publish"), {"version": of_version}, Scene.approved),
    "publishing.schedule": Form(
        on("stories", "/schedule"),
        {"version": of_version, "publish": "tomorrow 18:00", "publish_zone": "UTC"},
        Scene.approved,
    ),
    "publishing.embargo": Form(on("stories", "/embargo"), {"embargo": "tomorrow 18:00", "embargo_zone": "UTC"}),
    "publishing.own_authority": Form(
        on("stories", "/own-authority"), {"version": of_version, "why": "It is night"}, in_state("filed")
    ),
    "publishing.prepare_edition": Form(
        on("stories", "/next-edition"),
        {"version": of_version, "cause": "correction", "wrong": "Ten ships", "right": "Two ships"},
        Scene.out,
    ),
    "publishing.kill": Form(on("stories", "/kill"), {"edition": "1", "why": "Invented"}, Scene.out),
    "publishing.hold": Form(on("stories", "/hold"), {"why": "Legal reads it"}),
    "publishing.spike": Form(on("stories", "/spike"), {"why": "Overtaken"}),
    "republication.acknowledge": Form(lambda s: f"/receipts/{s.token}", {"name": "Ivo at the Post"}, Scene.receipt),
    "settings.change_newsroom": Form(
        lambda s: "/settings",
        {
            "agency": "Meridian News", "first_year": "1999", "permission_sentence": "By permission.",
            "ask_mail": "desk@meridian.example", "ask_phone": "+32 2 555 01 42",
        },
    ),
    "settings.add_desk": Form(lambda s: "/desks", {"name": "Sport", "zone": "UTC"}),
    "settings.change_desk": Form(on("desks", ""), {"name": "Sport", "zone": "UTC"}),
    "stories.make": Form(lambda s: "/stories/new", {**STORY, **WHEN, "people": lambda s: s.room.nino.public_id}),
    "wire.open_story": Form(
        on("wire", "/story"), {name: STORY[name] for name in ("slug", "title", "desk", "brief", "places")}
    ),
    "wire.use_in": Form(on("wire", "/use"), {"story": lambda s: s.room.story.public_id}),
    "wire.add": Form(lambda s: "/wire/sources", SOURCE),
    "wire.change": Form(on("wire/sources", ""), SOURCE),
    "wire.stop": Form(on("wire/sources", "/stop"), {"why": "They went silent"}),
    "writing.save": Form(
        on("stories", "/write"),
        {
            "headline": "Ships sail", "byline": "Ivo, Balkans Correspondent", "places": "Odesa", "body": "They sail.",
            "abstract": "Ships.", "ednote": "Call me.", "base_n": "1", "assignment": "", "do": "save",
        },
    ),
    "writing.here": Form(on("stories", "/write/here"), {"assignment": ""}),
    "writing.gone": Form(on("stories", "/write/gone"), {"assignment": ""}),
}  # fmt: skip


def test_every_field_that_a_form_reads_is_in_the_table(app: DeskFlask) -> None:
    missing: dict[str, list[str]] = {name: [] for name in set(FORMS) - set(app.view_functions)}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "POST" in (rule.methods or ()) and hasattr(view, RULE):
            fields = _read_by(inspect.getmodule(view), view.__name__) - IDS
            if fields - set(FORMS[rule.endpoint].fields if rule.endpoint in FORMS else ()):
                missing[rule.endpoint] = sorted(fields)
    assert missing == {}


@pytest.mark.parametrize("endpoint", FORMS)
def test_too_much_in_a_field_gets_a_sentence(endpoint: str, scene: Scene) -> None:
    form = FORMS[endpoint]
    form.first(scene)
    right = {name: value if isinstance(value, str) else value(scene) for name, value in form.fields.items()}
    assert _status(scene, form.path(scene), right) < 400, "the form as it should be was refused"
    names = [name for name in right if name not in IDS]
    for tried in [names] if scene.store.database.is_sqlite else [[name] for name in names]:
        assert _status(scene, form.path(scene), {**right, **dict.fromkeys(tried, LONG)}) < 500, tried


def _status(scene: Scene, path: str, fields: Mapping[str, str]) -> int:
    """What is answered; nothing of it stays."""
    with scene.connection.begin_nested() as nested:
        status = post(scene.browser, path, fields).status_code
        nested.rollback()
    return status


def _read_by(module: ModuleType | None, name: str) -> set[str]:
    """The fields that a view reads, and the functions of its module that it calls."""
    assert module is not None
    functions = _functions(module)
    seen: set[str] = set()
    found: set[str] = set()
    todo = [name]
    while todo:
        name = todo.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Name):
                todo.append(node.id)
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
                asked = node.args[0] if node.args else None
                if (called in READERS or called == "request.form.get") and isinstance(asked, ast.Constant):
                    found.add(str(asked.value))
    return found


@cache
def _functions(module: ModuleType) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
