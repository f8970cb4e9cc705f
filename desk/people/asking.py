"""Whom licensees are told to ask: the newsroom's own address and telephone for them, or what stands in for it. Pure."""

import re
from dataclasses import dataclass

from desk.errors import Invalid
from desk.mailboxes import is_reachable, mail_address
from desk.people.models import Newsroom
from desk.text import line

LONGEST_PHONE = 40
_PHONE = re.compile(r"\+?[0-9 ()./–-]+(?: ?(?:ext\.?|x|#) ?[0-9]{1,6})?", re.IGNORECASE)
_FEWEST_DIGITS = 5  # a short number within one country has as many


@dataclass(frozen=True, slots=True)
class Ask:
    """Where a licensee asks: a mail address, a telephone number as it was typed; each None where there is none."""

    mail: str | None = None
    phone: str | None = None

    @property
    def dial(self) -> str:
        """The number as a `tel:` link wants it (RFC 3966), without the signs that are there for the eye."""
        number, _, extension = re.sub(r"ext\.?|x|#", ";", self.phone or "", flags=re.IGNORECASE).partition(";")
        digits = re.sub(r"[^0-9+]", "", number)
        return f"{digits};ext={extension.strip()}" if extension.strip() else digits


def whom_to_ask(newsroom: Newsroom, sender: str) -> Ask:
    """Whom to ask: what the newsroom has set; for a mail address that it has not, the `sender` of its mails
    (DESK_MAIL_FROM), if that can be answered to. Where neither is, nobody is told of an address that is none."""
    return Ask(newsroom.ask_mail or (sender if is_reachable(sender) else None), newsroom.ask_phone)


def missing(newsroom: Newsroom) -> list[str]:
    """Which of the two fields, by name, are not set."""
    return [name for name, value in (("ask_mail", newsroom.ask_mail), ("ask_phone", newsroom.ask_phone)) if not value]


def mail_to_ask(typed: str) -> str | None:
    """The mail address that licensees are given, None for an empty field. Raises Invalid for one that is none."""
    if not typed.strip():
        return None
    address = mail_address(typed, field="ask_mail")
    if not is_reachable(address):
        raise Invalid("%(address)s is known on this machine only.", field="ask_mail", address=address)
    return address


def phone_to_ask(typed: str) -> str | None:
    """The telephone number that licensees are given, as it was typed; None for an empty field. Raises Invalid."""
    number = line(typed, "ask_phone", "telephone number", most=LONGEST_PHONE)
    if not number:
        return None
    if not _PHONE.fullmatch(number) or sum(char.isdigit() for char in number) < _FEWEST_DIGITS:
        raise Invalid(
            "%(number)s is not a telephone number. Write it with its country, such as +32 2 555 01 42.",
            field="ask_phone", number=number,
        )  # fmt: skip
    return number
