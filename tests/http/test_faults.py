"""What a reader sees when the database is busy, contradicts, or is gone."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, insert, select, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from desk import chance, db, models
from desk.app import create_app
from desk.http import context
from desk.http.races import RACES
from desk.http.routing import RULE
from desk.http.transactions import DeskFlask
from desk.people.models import Attempt, Desk, Membership, Newsroom
from desk.settings import Settings
from desk.store import Store
from tests import factories
from tests.ledger import changed, everything
from tests.reader import post, said, sign_in
from tests.room import Room


class Deadlock(Exception):
    """What a driver says when somebody else has to go first."""

    sqlstate = "40P01"


@pytest.fixture
def ada(client: FlaskClient, room: Room) -> FlaskClient:
    sign_in(client, room.ada)
    return client


def stand_in(app: DeskFlask, monkeypatch: pytest.MonkeyPatch, view: Any) -> None:
    """Have the button that makes a desk do something else, with its rule as it is."""
    setattr(view, RULE, getattr(app.view_functions["settings.add_desk"], RULE))
    monkeypatch.setitem(app.view_functions, "settings.add_desk", view)


def make_desk(name: str) -> None:
    context.db().add(Desk(public_id=chance.public_id(), name=name, zone="UTC"))
    context.db().flush()


def test_a_lost_race_is_run_once_more_from_the_start(
    app: DeskFlask, ada: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def view() -> str:
        tries.append(context.actor().name)
        make_desk("Sports desk")
        if len(tries) == 1:
            raise OperationalError("UPDATE stories", {}, Deadlock())
        return "done"

    stand_in(app, monkeypatch, view)
    assert post(ada, "/desks").text == "done"
    assert tries == ["Ada Novak"] * 2
    with store.read() as session:
        assert len(session.scalars(select(Desk).where(Desk.name == "Sports desk")).all()) == 1


def test_a_race_lost_twice_is_not_run_a_third_time(
    app: DeskFlask, ada: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def view() -> str:
        tries.append(1)
        make_desk("Sports desk")
        raise OperationalError("UPDATE stories", {}, Deadlock())

    stand_in(app, monkeypatch, view)
    before = everything(store)
    response = post(ada, "/desks")
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert len(tries) == 2
    assert not changed(before, everything(store))


def test_what_somebody_else_did_a_moment_before_is_said_and_the_form_comes_back(
    app: DeskFlask, ada: FlaskClient, room: Room, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two make the same desk at once: the second finds out only when its row is written."""
    stand_in(app, monkeypatch, lambda: make_desk(room.desk.name))
    before = everything(store)
    response = post(ada, "/desks", {"name": room.desk.name, "zone": "Asia/Tbilisi"})
    assert response.status_code == 409
    assert "Somebody else changed this a moment before you" in said(response)
    assert "Asia/Tbilisi" in response.text
    assert not changed(before, everything(store))


def broken_rule(of: str) -> None:
    """Break a rule of the tables that nobody else's pressing can explain."""
    now = factories.NOW
    match of:
        case "key":
            context.db().execute(insert(Membership).values(person_id=999_999, desk_id=999_999, role="editor"))
        case "check":
            context.db().execute(insert(Newsroom).values(
                id=2, agency="A", first_year=1, permission_sentence="", zone="UTC", language="en", is_demo=False
            ))  # fmt: skip
        case "null":
            context.db().execute(insert(Attempt).values(account=None, address="", at=now))
        case "id":
            taken = context.db().scalars(select(Desk.public_id)).first()
            context.db().execute(insert(Desk).values(public_id=taken, name="Another", zone="UTC"))


@pytest.mark.parametrize(
    ("of", "names"),
    [
        ("key", {"fk_memberships_person_id", "fk_memberships_desk_id", "FOREIGN KEY constraint failed"}),
        ("check", {"ck_newsroom_only_one"}),
        ("null", {"attempts.account"}),
        ("id", {"uq_desks_public_id"}),
    ],
)
def test_a_broken_rule_that_is_no_race_is_our_fault_and_logged_by_its_name(
    app: DeskFlask, ada: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch, of: str, names: set[str]
) -> None:
    def view() -> str:
        broken_rule(of)
        return "done"

    stand_in(app, monkeypatch, view)
    before = everything(store)
    with capture_logs() as logs:
        response = post(ada, "/desks", {"name": "Desk of the North", "zone": "Asia/Tbilisi"})
    assert response.status_code == 500
    assert "Somebody else" not in said(response)
    assert "Desk of the North" in response.text
    (logged,) = [line for line in logs if line["log_level"] == "error"]
    assert logged["constraint"] in names
    assert not changed(before, everything(store))


def test_every_race_that_is_expected_is_a_rule_of_the_tables() -> None:
    rules = {
        str(rule.name)
        for table in models.metadata.sorted_tables
        for rule in (*table.constraints, *table.indexes)
        if isinstance(rule, UniqueConstraint | PrimaryKeyConstraint) or getattr(rule, "unique", False)
    }
    assert rules >= RACES


def test_an_exception_leaves_nothing_behind(
    app: DeskFlask, ada: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def view() -> str:
        make_desk("Sports desk")
        raise ZeroDivisionError

    stand_in(app, monkeypatch, view)
    before = everything(store)
    assert post(ada, "/desks").status_code == 500
    assert not changed(before, everything(store))


def test_two_desks_of_one_name_made_at_once_are_one(app: DeskFlask, room: Room, store: Store) -> None:
    together = threading.Barrier(2)
    answers = []

    def press() -> None:
        client = app.test_client()
        sign_in(client, room.ada)
        together.wait()
        answers.append(post(client, "/desks", {"name": "Sports desk", "zone": "UTC"}).status_code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] != answers[1]
    assert set(answers) <= {303, 409, 422}
    with store.read() as session:
        assert len(session.scalars(select(Desk).where(Desk.name == "Sports desk")).all()) == 1


GONE = {"postgresql": "postgresql+psycopg://desk@/desk?host=/nowhere", "sqlite": "sqlite:////nowhere/desk.db"}


@pytest.fixture(params=GONE)
def without_database(request: pytest.FixtureRequest, settings: Settings) -> Iterator[FlaskClient]:
    """A browser before a desk whose database is gone."""
    database = db.connect(GONE[request.param])
    client = create_app(settings, database=database).test_client()
    client.set_cookie("desk", "a" * 64)
    yield client
    database.engine.dispose()


def test_without_its_database_the_desk_says_so_and_asks_to_come_back(without_database: FlaskClient) -> None:
    for response in (without_database.get("/"), post(without_database, "/me/place", {"zone": "UTC"})):
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert "<h1" in response.text
        assert "psycopg" not in response.text
        assert "sqlite" not in response.text
    assert without_database.get("/readyz").status_code == 503
    without_database.delete_cookie("desk")
    assert without_database.get("/healthz").status_code == 200
    with without_database.get("/static/desk.css") as file:
        assert file.status_code == 200


def test_a_server_that_dropped_every_connection_is_asked_again(
    app: DeskFlask, ada: FlaskClient, store: Store, dialect: str
) -> None:
    if dialect == "sqlite":
        store.database.engine.dispose()
    else:
        assert ada.get("/settings").status_code == 200
        with store.database.engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    assert ada.get("/settings").status_code == 200
    assert post(ada, "/desks", {"name": "Sports desk", "zone": "UTC"}).status_code == 303
