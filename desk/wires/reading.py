"""From bytes to wire items: which format it is is seen from the bytes, never from a file's name.

A format is one module in `desk/wires/formats/`, with `recognises(head)` and `parse(data, …)`, and a line in `FORMATS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from desk.errors import Unreadable
from desk.wires.formats import atom, rss
from desk.wires.formats.charsets import decode
from desk.wires.item import WireItem

_HEAD = 100_000
_SHOWN = 60


class Parse(Protocol):
    """How every format is read: see `read`."""

    def __call__(
        self, data: bytes, *, zone: str = "UTC", base_url: str | None = None, charset: str | None = None
    ) -> list[WireItem]: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format: its name in `WireItem.format`, its title for people, whether text begins like it, its reader."""

    name: str
    title: str
    recognises: Callable[[str], bool]
    parse: Parse


FORMATS = (
    Format("rss", "RSS 0.9x, 1.0 and 2.0", rss.recognises, rss.parse),
    Format("atom", "Atom 1.0 and 0.3", atom.recognises, atom.parse),
)


def sniff(data: bytes, charset: str | None = None) -> Format | None:
    """The format that the bytes are in; None where it is none of ours."""
    head = decode(data[:_HEAD], charset)
    return next((known for known in FORMATS if known.recognises(head)), None)


def read(
    data: bytes,
    *,
    file: str | None = None,
    zone: str = "UTC",
    base_url: str | None = None,
    charset: str | None = None,
) -> list[WireItem]:
    """Every item in `data`, in its order; none where a feed is empty.

    `zone` (IANA) is that of times without one, `base_url` the address the bytes came from, `charset` what the HTTP
    header said, `file` a name to put on each item. Raises `Unreadable` with the cause, `Invalid` for an unknown zone.
    """
    found = sniff(data, charset)
    if found is None:
        raise _refusal(data, charset)
    items = found.parse(data, zone=zone, base_url=base_url, charset=charset)
    return [replace(item, file=file) for item in items] if file is not None else items


def _refusal(data: bytes, charset: str | None) -> Unreadable:
    if not data.strip(b"\0 \t\r\n"):
        return Unreadable("This is not a feed this desk can read: it is empty.")
    head = " ".join(decode(data[:1000], charset).split())
    beginning = "".join(c if c.isprintable() else "\ufffd" for c in head[:_SHOWN])
    return Unreadable("This is not a feed this desk can read: it begins with “%(beginning)s”.", beginning=beginning)
