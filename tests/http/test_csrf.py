"""No button can be pressed from another site: every one wants a token that only our own pages know."""

import pytest
from flask.testing import FlaskClient

from desk.http.transactions import DeskFlask
from desk.people.models import Membership, Person
from desk.store import Store
from tests.ledger import changed, everything
from tests.reader import csrf, post, sign_in, signed_in
from tests.room import PASSWORD, Room

pytestmark = pytest.mark.either

REFUSED = "came from another place"
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}
ARGUMENTS = {"public_id": "bcdfghjkmn", "secret": "f" * 64, "token": "f" * 64}


@pytest.fixture
def zora(room: Room, store: Store) -> Person:
    """Somebody with every role, so that nothing else refuses her."""
    with store.write() as session:
        zora = session.get_one(Person, room.eva.id)
        zora.is_admin = True
        for role in ("approver", "correspondent"):
            session.add(Membership(person_id=zora.id, desk_id=room.desk.id, role=role))
    return zora


def buttons(app: DeskFlask) -> list[str]:
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        return [
            adapter.build(rule.endpoint, {name: ARGUMENTS[name] for name in rule.arguments}, method="POST")
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or ())
        ]


def test_every_button_wants_its_token(app: DeskFlask, client: FlaskClient, zora: Person, store: Store) -> None:
    other = signed_in(app, zora)
    sign_in(client, zora)
    before = everything(store)
    found = buttons(app)
    assert len(found) > 40
    for url in found:
        for fields in ({}, {"csrf_token": csrf(other)}):
            response = client.post(url, data=fields, headers=ELSEWHERE)
            assert response.status_code == 422, url
            assert REFUSED in response.text, url
    assert not changed(before, everything(store))
    assert post(client, "/me/place", {"zone": "Asia/Tbilisi"}).status_code == 303


@pytest.mark.parametrize("token", ["", "0", "0" * 64, "é", "\x00"])
def test_a_token_that_is_none_opens_nothing(client: FlaskClient, room: Room, token: str) -> None:
    sign_in(client, room.olena)
    assert (
        client.post("/me/place", data={"zone": "Asia/Tbilisi", "csrf_token": token}, headers=ELSEWHERE).status_code
        == 422
    )


def test_no_button_is_pressed_by_following_a_link(app: DeskFlask, client: FlaskClient, zora: Person) -> None:
    sign_in(client, zora)
    pages = {str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and str(rule) not in pages:
            url = str(rule).replace("<public_id>", ARGUMENTS["public_id"]).replace("<token>", ARGUMENTS["token"])
            assert client.get(url).status_code in (404, 405), url


def test_the_door_wants_a_token_too(app: DeskFlask, room: Room) -> None:
    """Else another site could sign a reader in as somebody else."""
    fields = {"email": room.eva.email, "password": PASSWORD}
    stranger = app.test_client()
    assert stranger.post("/sign-in", data=fields).status_code == 422
    assert stranger.post("/sign-in", data={**fields, "csrf_token": csrf(app.test_client())}).status_code == 422
    assert post(stranger, "/sign-in", fields).status_code == 303


def test_a_form_opened_before_signing_in_can_still_be_sent(client: FlaskClient, room: Room) -> None:
    token = csrf(client)
    sign_in(client, room.olena)
    assert client.post("/me/place", data={"zone": "Asia/Tbilisi", "csrf_token": token}).status_code == 303


def test_an_old_form_from_our_own_page_is_given_back_to_be_sent_by_one_press(
    client: FlaskClient, room: Room, store: Store
) -> None:
    """As when somebody has signed in anew in another tab."""
    sign_in(client, room.olena)
    old = csrf(client)
    sign_in(client, room.olena)
    before = everything(store)
    fields = {"zone": "Asia/Tbilisi", "csrf_token": old}
    response = client.post("/me/place", data=fields)
    assert response.status_code == 400
    assert "Asia/Tbilisi" in response.text
    assert csrf(client) in response.text
    from_elsewhere = client.post("/me/place", data=fields, headers=ELSEWHERE)
    assert from_elsewhere.status_code == 422
    assert "Asia/Tbilisi" not in from_elsewhere.text
    assert not changed(before, everything(store))


def test_a_script_of_ours_may_send_the_token_as_a_header(client: FlaskClient, room: Room) -> None:
    sign_in(client, room.olena)
    response = client.post("/bell/seen", headers={"X-CSRF-Token": csrf(client)})
    assert response.status_code == 303
