"""How often one reader may ask in a minute: nobody gets more by saying that they are somebody else."""

import secrets
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import app as wiring
from desk.app import create_app
from desk.http.transactions import DeskFlask
from desk.settings import Settings
from desk.store import Store
from desk.text import LARGEST
from tests.conftest import set_clock
from tests.reader import browser, said, sign_in
from tests.room import Room

pytestmark = pytest.mark.either


@pytest.fixture
def low(app: DeskFlask, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> DeskFlask:
    """A desk at which each reader may ask for a page three times a minute."""
    monkeypatch.setattr(wiring, "CEILING", "3 per minute")
    found = create_app(settings, database=store.database)
    set_clock(found, app.now)
    return found


def refused(client: FlaskClient, url: str, headers: Callable[[], dict[str, str]] = dict, times: int = 5) -> int:
    return [client.get(url, headers=headers()).status_code for _ in range(times)].count(429)


def test_neither_made_up_cookies_nor_made_up_tags_lift_the_ceiling(low: DeskFlask, room: Room) -> None:
    stranger = low.test_client(use_cookies=False)
    assert refused(stranger, "/sign-in", lambda: {"Cookie": f"desk={secrets.token_hex(32)}"}) == 2
    assert refused(stranger, "/forgotten", lambda: {"If-None-Match": f'"{secrets.token_hex(8)}"'}) == 2


def test_each_who_is_signed_in_counts_for_themselves_behind_one_address(low: DeskFlask, room: Room) -> None:
    for person in (room.eva, room.arthur):
        client = browser(low)
        sign_in(client, person)
        assert refused(client, "/people") == 2


def test_a_live_page_that_has_not_changed_costs_nothing_and_a_made_up_tag_of_it_does(
    low: DeskFlask, room: Room
) -> None:
    client = browser(low)
    sign_in(client, room.eva)
    tag = client.get("/").headers["ETag"]
    answers = [client.get("/", headers={"If-None-Match": tag}).status_code for _ in range(5)]
    assert answers == [304] * 5
    assert refused(client, "/", lambda: {"If-None-Match": '"made up"'}) == 3


def test_what_is_too_much_says_how_much_is_taken(client: FlaskClient, room: Room) -> None:
    sign_in(client, room.eva)
    page = said(client.post("/me/place", data={"zone": "x" * (wiring.MOST_BODY + 1)}))
    assert f"One form may hold {wiring.MOST_BODY // 1024 // 1024} MB" in page
    assert "one text a million characters" in page
    assert LARGEST == 1_000_000
    assert "pictures" not in page
