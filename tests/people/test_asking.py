"""Whom licensees are told to ask: what is taken as typed, and never an address that is none."""

import pytest

from desk.errors import Invalid
from desk.people import asking
from desk.people.asking import Ask
from desk.people.models import Newsroom

OURS = "desk@meridian.example"


@pytest.mark.parametrize(
    ("mail", "phone", "sender", "ask", "missing"),
    [
        (OURS, "+32 2 555 01 42", "no-reply@meridian.example", Ask(OURS, "+32 2 555 01 42"), []),
        (None, None, "no-reply@meridian.example", Ask("no-reply@meridian.example"), ["ask_mail", "ask_phone"]),
        (None, "112 00", "desk@localhost", Ask(None, "112 00"), ["ask_mail"]),
        (OURS, None, "desk@newsroom.internal", Ask(OURS), ["ask_phone"]),
        (None, None, "desk@newsroom.local", Ask(), ["ask_mail", "ask_phone"]),
    ],
)
def test_who_is_asked_is_what_is_set_else_a_sender_that_can_be_answered(
    mail: str | None, phone: str | None, sender: str, ask: Ask, missing: list[str]
) -> None:
    newsroom = Newsroom(ask_mail=mail, ask_phone=phone)
    assert asking.whom_to_ask(newsroom, sender) == ask
    assert asking.missing(newsroom) == missing


@pytest.mark.parametrize(
    ("typed", "number", "dial"),
    [
        ("  +32 2 555\u00a001 42 ", "+32 2 555 01 42", "+3225550142"),
        ("(020) 555-0142 ext. 17", "(020) 555-0142 ext. 17", "0205550142;ext=17"),
        ("+1 202.555.0142 x9", "+1 202.555.0142 x9", "+12025550142;ext=9"),
        ("", None, ""),
    ],
)
def test_a_telephone_number_stays_as_it_was_typed_and_can_be_dialled(typed: str, number: str | None, dial: str) -> None:
    assert asking.phone_to_ask(typed) == number
    assert Ask(None, number).dial == dial


@pytest.mark.parametrize("typed", ["ask for Eva", "+32", "555 01 42, night desk", "9" * 41, "+32 2 555 01 42\n<b>"])
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        asking.phone_to_ask(typed)
    assert refused.value.field == "ask_phone"


@pytest.mark.parametrize("typed", ["desk@localhost", "desk", "desk@meridian.example, eva@meridian.example"])
def test_an_address_to_which_no_licensee_can_write_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        asking.mail_to_ask(typed)
    assert refused.value.field == "ask_mail"
