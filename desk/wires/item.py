"""One item of wire copy as any format is read into it: the keys of `desk wires parse`, in their order."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Literal

PubStatus = Literal["usable", "withheld", "canceled"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item is about, by a code of a scheme (an address or a name of a vocabulary) and in words."""

    scheme: str | None
    code: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """`rel` is a link relation as IANA registers them, `alternate` for the item's own page."""

    href: str
    rel: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    href: str
    type: str | None = None
    caption: str | None = None
    credit: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireItem:
    """What a supplier's file says of one item and nothing it does not say.

    Text is None where the file is silent, never empty. Times are aware, UTC, whole seconds. `body_html` is canonical
    (`desk.text.clean_html`), `language` a BCP 47 tag, `guid` the supplier's name for the item, which stays the same
    over its versions.
    """

    file: str | None = None
    format: str
    guid: str
    version: str | None = None
    headline: str | None = None
    slugline: str | None = None
    byline: str | None = None
    dateline: str | None = None
    places: tuple[str, ...] = ()
    body_html: str | None = None
    language: str | None = None
    urgency: int | None = None
    priority: int | None = None
    category: str | None = None
    genre: str | None = None
    subjects: tuple[Subject, ...] = ()
    keywords: tuple[str, ...] = ()
    embargoed: datetime | None = None
    pubstatus: PubStatus = "usable"
    signal: str | None = None
    ednote: str | None = None
    usageterms: str | None = None
    credit: str | None = None
    copyright: str | None = None
    word_count: int | None = None
    first_created: datetime | None = None
    version_created: datetime | None = None
    sequence: int | None = None
    take_key: str | None = None
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The item as plain JSON values, times as `2026-11-24T13:37:00Z`."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def to_json_line(self) -> str:
        """One line of JSON, without a line end; letters of all scripts stand as themselves."""
        return json.dumps(self.to_json(), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Subject | Link | Media):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value
