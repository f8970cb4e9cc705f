"""Guessing is slow, for one account and from one address; and no answer tells whether an address is known here."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from desk.http.transactions import DeskFlask
from desk.outbox.models import Message
from desk.people import signing
from desk.people.models import Attempt, Person
from desk.store import Store
from tests.conftest import set_clock
from tests.reader import browser, post, said
from tests.room import HASHED, PASSWORD, Room

UNKNOWN = "somebody.else@meridian.example"
WRONG = "not this one, surely"


def knock(client: FlaskClient, email: str, password: str = WRONG, address: str = "192.0.2.7") -> TestResponse:
    fields = {"email": email, "password": password}
    return post(client, "/sign-in", fields, environ_base={"REMOTE_ADDR": address})


def ask(client: FlaskClient, email: str, address: str = "192.0.2.7") -> TestResponse:
    return post(client, "/forgotten", {"email": email}, environ_base={"REMOTE_ADDR": address})


def tried(
    store: Store,
    times: int,
    *,
    account: str | None = None,
    address: str = "192.0.2.7",
    at: datetime,
    door: signing.Door = "password",
) -> None:
    with store.write() as session:
        for n in range(times):
            who = f"{n}@elsewhere.example" if account is None else account
            signing.note_attempt(session, who, address, at, door=door)


def test_after_ten_failures_an_account_is_shut_for_a_while_from_wherever_one_comes(
    app: DeskFlask, client: FlaskClient, room: Room, now: datetime
) -> None:
    for _ in range(10):
        assert knock(client, room.eva.email).status_code == 422
    shut = knock(client, room.eva.email, PASSWORD)
    assert shut.status_code == 429
    assert 0 < int(shut.headers["Retry-After"]) <= 15 * 60 + 1
    assert "Wait 1" in shut.text
    assert knock(client, room.eva.email.upper(), PASSWORD, "198.51.100.9").status_code == 429
    assert knock(client, room.olena.email, PASSWORD).status_code == 303
    set_clock(app, lambda: now + timedelta(minutes=15, seconds=1))
    assert knock(app.test_client(), room.eva.email, PASSWORD).status_code == 303


def test_after_sixty_failures_an_address_is_shut_for_a_while_whomever_one_tries(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    tried(store, 59, at=now)
    assert knock(client, UNKNOWN).status_code == 422
    assert knock(client, room.eva.email, PASSWORD).status_code == 429
    assert knock(client, room.eva.email, PASSWORD, "198.51.100.9").status_code == 303


def test_links_are_throttled_as_well_so_that_nobodys_mailbox_is_filled(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    answers = [ask(client, room.eva.email) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert "the last one that was mailed still works" in said(answers[-1])
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 5
    assert ask(client, room.eva.email, "198.51.100.9").status_code == 429
    tried(store, 20, address="203.0.113.9", at=now, door="link")
    assert ask(client, room.olena.email, "203.0.113.9").status_code == 429


def test_asking_for_links_never_shuts_the_way_in_by_password_nor_the_other_way_round(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    for _ in range(6):
        ask(client, room.eva.email)
    tried(store, 20, at=now, door="link")
    assert ask(client, room.olena.email).status_code == 429
    assert knock(client, room.eva.email, PASSWORD).status_code == 303
    tried(store, 10, account=room.olena.email, at=now)
    shut = knock(client, room.olena.email, PASSWORD)
    assert (shut.status_code, "ask for a link by mail" in said(shut)) == (429, True)
    assert ask(client, room.olena.email, "198.51.100.9").status_code == 200


def test_a_present_password_is_not_guessed_from_within_either(client: FlaskClient, room: Room) -> None:
    knock(client, room.eva.email, PASSWORD)
    answers = [
        post(client, "/me/password", {"old": f"{WRONG} {n}", "password": "ships sail on sunday"}).status_code
        for n in range(11)
    ]
    assert answers == [422] * 10 + [429]


@pytest.fixture
def accounts(room: Room, store: Store, now: datetime) -> dict[str, str]:
    """An address of every sort, by what it is."""
    with store.write() as session:
        session.get_one(Person, room.nino.id).disabled_at = now
        session.get_one(Person, room.arthur.id).password = None
    return {
        "known": room.eva.email,
        "unknown": UNKNOWN,
        "disabled": room.nino.email,
        "invited": room.arthur.email,
        "no address": "nobody",
        "nothing": "",
    }


def test_no_answer_at_the_door_tells_which_addresses_exist(app: DeskFlask, accounts: dict[str, str]) -> None:
    answers = {what: _told(knock(app.test_client(), email), email) for what, email in accounts.items()}
    assert len(set(answers.values())) == 1, answers
    disabled = knock(app.test_client(), accounts["disabled"], PASSWORD)
    assert _told(disabled, accounts["disabled"]) == answers["unknown"]


def test_no_answer_to_a_forgotten_password_tells_which_addresses_exist(
    app: DeskFlask, accounts: dict[str, str], store: Store
) -> None:
    del accounts["nothing"], accounts["no address"]
    answers = {what: _told(ask(app.test_client(), email), email) for what, email in accounts.items()}
    assert len(set(answers.values())) == 1, answers
    with store.read() as session:
        told = session.scalars(select(Message.recipient_id)).all()
        assert {session.get_one(Person, id_).email for id_ in told} == {accounts["known"], accounts["invited"]}


def test_not_even_being_shut_out_tells_which_addresses_exist(
    app: DeskFlask, accounts: dict[str, str], store: Store, now: datetime
) -> None:
    for email in accounts.values():
        tried(store, 10, account=email, address="203.0.113.1", at=now)
        tried(store, 5, account=email, address="203.0.113.1", at=now, door="link")
    for act in (knock, ask):
        answers = {what: _told(act(app.test_client(), email), email) for what, email in accounts.items()}
        assert len(set(answers.values())) == 1, answers


def test_of_an_attempt_no_address_is_kept(client: FlaskClient, room: Room, store: Store) -> None:
    knock(client, room.eva.email)
    with store.read() as session:
        assert room.eva.email not in repr(session.execute(select(Attempt.account)).all())


def _told(response: TestResponse, email: str) -> tuple[int, tuple[str, ...], str]:
    """All that a stranger sees, with the address they typed themselves left out."""
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", response.text)
    headers = tuple(sorted(name for name, _ in response.headers if name != "Content-Length"))
    return response.status_code, headers, body.replace(email, "…") if email else _without_value(body)


def _without_value(body: str) -> str:
    return body.replace('type="email" value=""', 'type="email" value="…"')


def test_of_many_who_guess_at_once_no_more_are_let_try_than_of_many_in_a_row(
    app: DeskFlask, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = signing.verify

    def slowly(session: Session, email: str, password: str) -> int | None:
        checked.append(password)
        return verify(session, email, password)

    monkeypatch.setattr(signing, "verify", slowly)
    together = threading.Barrier(16)

    def guess(n: int) -> int:
        client = browser(app)
        together.wait()
        return knock(client, room.eva.email, f"{WRONG} {n}").status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(16)))
    assert len(checked) == answers.count(422) <= 10
    assert answers.count(422) + answers.count(429) == 16


def test_a_right_password_is_no_guess_and_neither_is_a_try_that_was_not_let_happen(
    client: FlaskClient, room: Room, store: Store, now: datetime
) -> None:
    assert knock(client, room.eva.email, PASSWORD).status_code == 303
    post(client, "/me/password", {"old": PASSWORD, "password": "short"})
    assert post(client, "/me/password", {"old": PASSWORD, "password": "ships sail on sunday"}).status_code == 303
    tried(store, 10, account=room.olena.email, address="203.0.113.1", at=now)
    assert knock(client, room.olena.email).status_code == 429
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 10


def test_what_is_no_link_of_ours_has_no_password_hashed_and_is_soon_not_looked_at_any_more(
    client: FlaskClient, room: Room, store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def slow(password: str) -> str:
        hashed.append(password)
        return HASHED

    monkeypatch.setattr(signing, "hash_password", slow)

    def press(secret: str) -> TestResponse:
        fields = {"password": PASSWORD}
        return post(client, f"/come-in/{secret}", fields, environ_base={"REMOTE_ADDR": "192.0.2.7"})

    answers = [press(f"{n:064x}") for n in range(21)]
    assert [one.status_code for one in answers] == [404] * 20 + [429]
    assert "one of ours still works" in said(answers[-1])
    assert int(answers[-1].headers["Retry-After"]) > 0
    with store.write() as session:
        secret = signing.make_link(session, "signin", room.eva.id, now)
    assert press(secret).status_code == 303
    assert not hashed
