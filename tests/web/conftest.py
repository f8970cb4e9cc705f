"""A browser for each person of the small newsroom, signed in."""

import pytest
from flask.testing import FlaskClient

from desk.http.transactions import DeskFlask
from tests.reader import browser, signed_in
from tests.room import Room


@pytest.fixture
def ada(app: DeskFlask, room: Room) -> FlaskClient:
    """The administrator's browser."""
    return signed_in(app, room.ada)


@pytest.fixture
def eva(app: DeskFlask, room: Room) -> FlaskClient:
    """The desk editor's browser."""
    return signed_in(app, room.eva)


@pytest.fixture
def arthur(app: DeskFlask, room: Room) -> FlaskClient:
    """The approver's browser."""
    return signed_in(app, room.arthur)


@pytest.fixture
def olena(app: DeskFlask, room: Room) -> FlaskClient:
    """The browser of the correspondent who has the assignment."""
    return signed_in(app, room.olena)


@pytest.fixture
def nino(app: DeskFlask, room: Room) -> FlaskClient:
    """The browser of the correspondent who has an offer."""
    return signed_in(app, room.nino)


@pytest.fixture
def stranger(app: DeskFlask, room: Room) -> FlaskClient:
    """The browser of somebody who has no account here."""
    return browser(app)
