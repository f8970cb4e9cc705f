"""Mail addresses: which are ones, and which of them somebody elsewhere can answer to. Pure."""

import re

from desk.errors import Invalid
from desk.trouble import one_line

ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){ATOMS}(?:\.{ATOMS})*@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")
# what no other machine knows under that name (RFC 6761, 6762 and the habits of networks at home)
_HERE_ONLY = frozenset({"localhost", "localdomain", "local", "internal", "lan", "home", "invalid"})


def mail_address(address: str, *, field: str | None = "email") -> str:
    """Check one bare mail address (RFC 5321, ASCII only) and return it without blanks around it."""
    address = address.strip()
    if not address.isascii():
        raise Invalid(
            "%(address)s has letters outside a–z; mail is sent to plain ASCII addresses only.",
            field=field,
            address=one_line(address),
        )
    if not _ADDRESS.fullmatch(address):
        raise Invalid("%(address)s is not a mail address.", field=field, address=one_line(address))
    return address


def is_reachable(address: str) -> bool:
    """Whether it can be anybody's outside this machine and its network: `desk@localhost` can't."""
    domain = address.rpartition("@")[2].lower()
    return "." in domain and domain.rpartition(".")[2] not in _HERE_ONLY
