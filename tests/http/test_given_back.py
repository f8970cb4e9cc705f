"""Whatever becomes of a form, what was typed into it is on the page that refuses it, to be sent again or copied."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from desk import errors
from desk.drafts.models import LostSave, Version
from desk.http.routing import RULE, Rule
from desk.http.transactions import DeskFlask
from desk.markup import LARGEST
from desk.newsroom import commissioning
from desk.people.models import Membership
from desk.store import Store
from tests import factories
from tests.http.test_faults import without_database  # noqa: F401  # a fixture
from tests.ledger import changed, everything
from tests.reader import form_on, post, said, sign_in, signed_in
from tests.room import Room

pytestmark = pytest.mark.either

TYPED = "  “Ships sail on Friday.”\r\n\r\nA <b>minister</b> & his aide said so."


class Deadlock(Exception):
    """What a driver says when somebody else has to go first."""

    sqlstate = "40P01"


WENT_WRONG: dict[str, tuple[Exception, int, str]] = {
    "nothing there": (errors.NotFound("There is no such story here."), 404, "There is no such story here."),
    "not theirs": (errors.Forbidden("You may not do this here."), 403, "You may not do this here."),
    "not now": (errors.NotNow("This story is %(state)s.", state="held"), 409, "This story is on hold."),
    "too much": (errors.TooLarge("That is more than we can take."), 413, "Shorten it below"),
    "too often": (errors.Throttled("Wait a minute.", seconds=60), 429, "Wait a minute."),
    "the limiter": (TooManyRequests(), 429, "too often, too fast"),
    "a race lost twice": (OperationalError("UPDATE", {}, Deadlock()), 503, "send it again in a minute"),
    "not reachable": (errors.Unavailable("The broker is away."), 503, "The broker is away."),
    "our fault": (ZeroDivisionError(), 500, "It is our fault"),
}


@pytest.fixture
def ada(client: FlaskClient, room: Room) -> FlaskClient:
    sign_in(client, room.ada)
    return client


def stand_in(app: DeskFlask, monkeypatch: pytest.MonkeyPatch, view: Callable[[], object]) -> None:
    """Have the button that makes a desk do something else, with no page of its own to come back to."""
    setattr(view, RULE, Rule("newsroom.manage"))
    monkeypatch.setitem(app.view_functions, "settings.add_desk", view)


@pytest.mark.parametrize("what", WENT_WRONG)
def test_it_is_given_back_with_the_sentence_and_the_status(
    what: str, app: DeskFlask, ada: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, status, sentence = WENT_WRONG[what]
    got: list[str] = []

    def view() -> str:
        raise error

    def mended() -> str:
        from flask import request

        got.append(request.form["body"])
        return "done"

    stand_in(app, monkeypatch, view)
    before = everything(store)
    refused = post(ada, "/desks", {"body": TYPED, "base_n": "3"})
    assert (refused.status_code, sentence in said(refused)) == (status, True), said(refused)
    assert not changed(before, everything(store))
    form = form_on(refused, "/desks")
    assert (_lines(form.fields["body"]), form.fields["base_n"]) == (_lines(TYPED), "3")
    stand_in(app, monkeypatch, mended)
    assert ada.post(form.action, data=form.fields).text == "done"
    assert [_lines(one) for one in got] == [_lines(TYPED)]


def test_without_its_database_the_desk_gives_it_back(without_database: FlaskClient) -> None:  # noqa: F811  # the fixture
    refused = post(
        without_database, "/stories/bcdfghjkmn/write", {"body": TYPED}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert refused.status_code == 503
    assert _lines(form_on(refused, "/stories/bcdfghjkmn/write").fields["body"]) == _lines(TYPED)


@pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
def test_what_another_site_sent_is_not_shown_as_if_it_were_ours(ada: FlaskClient, site: str) -> None:
    refused = post(ada, "/stories/bcdfghjkmn/kill", {"why": "Sent by Mallory"}, headers={"Sec-Fetch-Site": site})
    assert refused.status_code in (403, 404)
    assert "Mallory" not in refused.text


def test_a_button_without_words_comes_back_as_a_plain_page(app: DeskFlask, room: Room) -> None:
    eva = signed_in(app, room.eva)
    refused = post(eva, "/stories/bcdfghjkmn/publish", {"version": "bcdfghjkmn"})
    assert refused.status_code == 404
    assert "What you sent stands here" not in said(refused)


def test_a_password_is_never_given_back(app: DeskFlask, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def view() -> str:
        raise ZeroDivisionError

    stand_in(app, monkeypatch, view)
    refused = post(ada, "/desks", {"name": "Ada Novak", "password": "the new secret", "old": "the old secret"})
    assert refused.status_code == 500
    assert "secret" not in refused.text


def test_a_body_too_large_to_be_read_is_refused_in_plain_words(
    app: DeskFlask, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 2_000)
    refused = post(ada, "/desks", {"body": "x" * 3_000})
    assert refused.status_code == 413
    assert "what you typed is still in the form" in said(refused)


def test_copy_longer_than_a_text_may_be_comes_back_to_be_shortened(app: DeskFlask, room: Room) -> None:
    olena = signed_in(app, room.olena)
    long = "Ships sail. " * (LARGEST // 12 + 1)
    refused = post(
        olena, f"/stories/{room.story.public_id}/write", {"headline": "H", "body": long, "base_n": "0", "do": "save"}
    )
    assert refused.status_code == 413
    assert len(form_on(refused).fields["body"]) == len(long)


# The assignment that was taken away, the role that was


def write(client: FlaskClient, room: Room, **fields: str) -> TestResponse:
    url = f"/stories/{room.story.public_id}/write"
    form = form_on(client.get(url), url)
    for name, value in fields.items():
        form.fields.setlist(name, [value])
    return client.post(url, data=form.fields)


@pytest.mark.parametrize("do", ["save", "file"])
def test_copy_of_whoever_just_lost_the_assignment_is_given_back_and_kept(
    app: DeskFlask, room: Room, store: Store, do: str
) -> None:
    olena, url = signed_in(app, room.olena), f"/stories/{room.story.public_id}/write"
    form = form_on(olena.get(url), url)
    for name, value in {"headline": "Ministers agree", "body": TYPED, "do": do}.items():
        form.fields.setlist(name, [value])
    with store.write() as session:
        eva = factories.actor(session, room.eva)
        commissioning.reassign(session, eva, room.assignment.public_id, people=[], why="Ill", now=factories.NOW)
    refused = olena.post(url, data=form.fields)
    assert refused.status_code == 404
    assert _lines(form_on(refused, url).fields["body"]) == _lines(TYPED)
    with store.read() as session:
        lost = session.scalars(select(LostSave)).one()
        assert not session.scalars(select(Version)).all()
    assert f'href="/lost/{lost.public_id}"' in refused.text
    kept = olena.get(f"/lost/{lost.public_id}")
    assert "Ministers agree" in said(kept)
    assert "A <b>minister</b> & his aide said so." in said(kept)
    assert f'href="/lost/{lost.public_id}"' in olena.get("/mine").text
    assert post(olena, f"/lost/{lost.public_id}/done").status_code == 303
    assert "/lost/" not in olena.get("/mine").text


def test_a_reason_typed_by_whoever_lost_their_role_meanwhile_is_given_back(
    app: DeskFlask, room: Room, store: Store
) -> None:
    eva = signed_in(app, room.eva)
    with store.write() as session:
        session.execute(delete(Membership).where(Membership.person_id == room.eva.id))
    refused = post(eva, f"/stories/{room.story.public_id}/kill", {"why": "It did not happen", "edition": "1"})
    assert refused.status_code == 403
    assert form_on(refused).fields["why"] == "It did not happen"
    assert form_on(refused).fields["edition"] == "1"


def test_a_refusal_whose_own_page_is_closed_by_now_keeps_its_sentence(app: DeskFlask, room: Room, store: Store) -> None:
    """The form names no version, and its writer may no longer open the page it came from."""
    olena = signed_in(app, room.olena)
    with store.write() as session:
        eva = factories.actor(session, room.eva)
        commissioning.reassign(session, eva, room.assignment.public_id, people=[], why="Ill", now=factories.NOW)
    refused = post(olena, f"/stories/{room.story.public_id}/write", {"body": TYPED, "base_n": "the latest"})
    assert refused.status_code == 422
    assert "which version it began from" in said(refused)
    assert _lines(form_on(refused).fields["body"]) == _lines(TYPED)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
