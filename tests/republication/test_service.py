"""Licensees and their grants."""

import base64

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.actor import Actor
from desk.addresses import Resolved
from desk.audit.models import Entry
from desk.errors import AddressRefused, Forbidden, Invalid, NotFound, NotNow, Unreachable
from desk.outbox.service import MAIL
from desk.republication import queries, service
from desk.republication.models import Licensee
from tests import factories
from tests.factories import NOW
from tests.fakes import FakeDns

HOOK = Resolved("https://novi-most.example/hook", "novi-most.example", 443, ())
OTHER = Resolved("https://novi-most.example/other", "novi-most.example", 443, ())


@pytest.fixture
def editor(session: Session) -> Actor:
    desk = factories.desk(session)
    return factories.actor(session, factories.person(session, "Marta Kuipers", roles=((desk, "editor"),)))


def add(session: Session, actor: Actor, **more: object) -> Licensee:
    fields: dict[str, object] = {
        "name": "Radio Novi Most",
        "mail": "news@novi-most.example",
        "zone": "Belgrade",
        "now": NOW,
    }
    return service.add_licensee(session, actor, **(fields | more))  # type: ignore[arg-type]  # a form's fields


def test_a_licensee_with_a_webhook_gets_a_secret_as_standard_webhooks_writes_it(
    session: Session, editor: Actor
) -> None:
    row = add(session, editor, webhook=HOOK)
    assert (row.webhook, row.zone) == (HOOK.url, "Europe/Belgrade")
    prefix, _, key = (row.secret or "").partition("_")
    assert (prefix, len(base64.b64decode(key))) == ("whsec", 32)
    assert add(session, editor, name="The Herald").secret is None


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("name", {"name": " "}),
        ("mail", {"mail": "nowhere"}),
        ("zone", {"zone": "Atlantis"}),
    ],
)
def test_bad_input_is_refused_at_its_field(
    session: Session, editor: Actor, field: str, more: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, editor, **more)
    assert refused.value.field == field


def test_two_licensees_cannot_have_one_name(session: Session, editor: Actor) -> None:
    add(session, editor)
    with pytest.raises(Invalid, match="called Radio Novi Most already"):
        add(session, editor)


def test_a_correspondent_manages_no_licensees(session: Session, editor: Actor) -> None:
    row = add(session, editor)
    writer = factories.actor(session, factories.person(session))
    with pytest.raises(Forbidden):
        add(session, writer, name="The Herald")
    with pytest.raises(Forbidden):
        service.new_secret(session, writer, row.public_id, now=NOW)
    with pytest.raises(Forbidden):
        service.end_licensee(session, writer, row.public_id, now=NOW)


def test_another_webhook_gets_another_secret_and_the_same_one_keeps_its(session: Session, editor: Actor) -> None:
    row = add(session, editor, webhook=HOOK)
    first = row.secret

    def change(webhook: Resolved | None) -> None:
        service.change_licensee(
            session, editor, row.public_id, name=row.name, mail=row.mail, webhook=webhook, zone=row.zone, now=NOW
        )

    change(HOOK)
    assert row.secret == first
    change(OTHER)
    assert (row.webhook, row.secret == first) == (OTHER.url, False)
    change(None)
    assert (row.webhook, row.secret) == (None, None)


def test_a_webhook_that_was_switched_off_is_on_again_when_somebody_says_so_or_gives_another(
    session: Session, editor: Actor
) -> None:
    row = add(session, editor, webhook=HOOK)

    def change(webhook: Resolved) -> None:
        service.change_licensee(
            session, editor, row.public_id, name=row.name, mail=row.mail, webhook=webhook, zone=row.zone, now=NOW
        )

    service.switch_webhook_off(session, row.id, why="410 Gone", now=NOW)
    change(HOOK)
    assert service.routes(row) == MAIL
    assert [route.channel for route in service.routes(row, test=True)] == ["mail", "webhook"]
    service.switch_on(session, editor, row.public_id, now=NOW)
    assert [route.channel for route in service.routes(row)] == ["mail", "webhook"]
    with pytest.raises(NotNow, match="no webhook that is switched off"):
        service.switch_on(session, editor, row.public_id, now=NOW)
    service.switch_webhook_off(session, row.id, why="410 Gone", now=NOW)
    change(OTHER)
    assert [route.channel for route in service.routes(row)] == ["mail", "webhook"]


def test_the_record_says_what_of_a_licensee_was_changed_and_nothing_if_nothing_was(
    session: Session, editor: Actor
) -> None:
    row = add(session, editor)
    for mail in (row.mail, "desk@novi-most.example"):
        service.change_licensee(
            session, editor, row.public_id, name=row.name, mail=mail, webhook=None, zone=row.zone, now=NOW
        )
    changed = session.scalars(select(Entry).where(Entry.verb == "licensee_changed")).all()
    assert [entry.details["what"] for entry in changed] == ["mail: desk@novi-most.example"]


def test_a_licensee_who_can_be_reached_by_nothing_is_refused(session: Session, editor: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, editor, mail="", webhook=None)
    assert refused.value.field == "mail"


def test_a_new_secret_ends_the_old_one_and_needs_a_webhook(session: Session, editor: Actor) -> None:
    row = add(session, editor, webhook=HOOK)
    first = row.secret
    assert service.new_secret(session, editor, row.public_id, now=NOW) == row.secret != first
    with pytest.raises(NotNow):
        service.new_secret(session, editor, add(session, editor, name="The Herald").public_id, now=NOW)


def test_grants_are_set_as_a_whole_and_recorded(session: Session, editor: Actor) -> None:
    row, world, sports = (
        add(session, editor),
        factories.desk(session, "Asia desk"),
        factories.desk(session, "Sports desk"),
    )
    service.set_grants(session, editor, row.public_id, [world.public_id, sports.public_id], now=NOW)
    assert queries.granted(session, world.id) == [row.id]
    service.set_grants(session, editor, row.public_id, [sports.public_id], now=NOW)
    assert queries.granted(session, world.id) == []
    assert queries.desks_of(session, [row.id]) == {row.id: {sports.id}}
    with pytest.raises(NotFound):
        service.set_grants(session, editor, row.public_id, ["nosuchdesk"], now=NOW)
    entries = session.scalars(select(Entry).where(Entry.verb == "grants_set")).all()
    assert [entry.details["desks"] for entry in entries] == ["Asia desk, Sports desk", "Sports desk"]
    sports.closed_at = NOW
    service.set_grants(session, editor, row.public_id, [], now=NOW)  # its page has no box for a closed desk
    assert queries.granted(session, sports.id) == [row.id]


def test_an_ended_licence_has_no_grants_and_cannot_be_changed(session: Session, editor: Actor) -> None:
    row, desk = add(session, editor), factories.desk(session, "Asia desk")
    service.set_grants(session, editor, row.public_id, [desk.public_id], now=NOW)
    service.end_licensee(session, editor, row.public_id, now=NOW)
    assert queries.granted(session, desk.id) == []
    with pytest.raises(NotNow, match="has ended"):
        service.set_grants(session, editor, row.public_id, [desk.public_id], now=NOW)


def test_a_webhook_on_a_private_address_is_refused_unless_a_setting_allows_it() -> None:
    dns = FakeDns({"inside.example": [["10.1.2.3"]], "outside.example": [["93.184.216.34"]]})
    with pytest.raises(AddressRefused, match="private network") as refused:
        service.check_webhook("https://inside.example/hook", private=False, dns=dns)
    assert refused.value.field == "webhook"
    allowed = service.check_webhook("https://inside.example/hook", private=True, dns=dns)
    assert allowed is not None
    found = service.check_webhook(" https://outside.example/hook ", private=False, dns=dns)
    assert found is not None
    assert found.url == "https://outside.example/hook"
    assert service.check_webhook("  ", private=False, dns=dns) is None
    with pytest.raises(Unreachable):
        service.check_webhook("https://nowhere.example/", private=False, dns=dns)
