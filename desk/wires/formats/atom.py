"""Atom 1.0 (RFC 4287) and 0.3, with Atom threading, tombstones (RFC 6721), drafts (RFC 5023) and Media RSS.

guid            id; else the page's address; else a digest of the copy
headline        title, by its type: text is taken as it stands, html and xhtml without their tags
byline          authors of the entry, else of its source, else of the feed; a name, else the address that stands for one
body_html       content, else summary, by its type; plain text becomes paragraphs
language        xml:lang of the entry, its content or its title; else of the feed
subjects        category with a scheme: the term is the code, the label the name
keywords        category without one, by its label or term; dc:subject
pubstatus       canceled for a tombstone (its comment is the ednote), withheld for a draft, else usable
credit          the title of the source an entry was copied from
copyright       rights of the entry, its source or the feed
usageterms      the link with rel=license; a Creative Commons licence
first_created   published (issued or created in 0.3)
version_created updated (modified in 0.3); else as first_created
links           every link but enclosures, with its rel and type
media           links with rel=enclosure; content that lies elsewhere; Media RSS

All else is null. Addresses are joined to xml:base, else to the feed's own address, else to its page's.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from desk.errors import TooLarge
from desk.wires.formats import xmltree
from desk.wires.formats.dates import first_time, zone_of
from desk.wires.formats.fields import (
    address_of,
    body_of,
    byline_of,
    digest_of,
    first_words,
    language_tag,
    license_of,
    listed_words,
    media_rss,
    media_subjects,
    media_type,
    name_of,
    names_of,
    places_of,
    site_of,
    unique_media,
    unique_subjects,
    words_of,
)
from desk.wires.formats.xmltree import Element, Fields, attribute, inner_html, text_of
from desk.wires.item import Link, Media, PubStatus, Subject, WireItem

ROOTS = frozenset({"feed", "entry"})
MOST_ENTRIES = 10_000

_PUBLISHED = ("published", "issued", "created", "pubdate", "dc:date")
_UPDATED = ("updated", "modified", "dcterms:modified")


@dataclass(frozen=True, slots=True)
class _Feed:
    base: str | None
    language: str | None
    byline: str | None
    copyright: str | None
    usageterms: str | None


def recognises(head: str) -> bool:
    """Whether text begins with a feed, or an entry of Atom's own namespace."""
    start = xmltree.find_root(head, ROOTS)
    if start is None:
        return False
    return xmltree.start_tag(head, start) == "feed" or "atom" in head[start : start + 4000].lower().partition(">")[0]


def parse(data: bytes, *, zone: str = "UTC", base_url: str | None = None, charset: str | None = None) -> list[WireItem]:
    """The entries in the order of the file, then what was deleted. Raises `Unreadable`, `Invalid`."""
    zone_of(zone)
    root = xmltree.read_tree(data, ROOTS, charset)
    names = {"atom:entry", "entry", f"{xmltree.home_of(root)}:entry"}
    entries = [e for e in root.iter() if isinstance(e.tag, str) and xmltree.key(e.tag) in names]
    if len(entries) > MOST_ENTRIES:
        raise TooLarge("This feed holds more than %(limit)s entries.", limit=MOST_ENTRIES)
    fields = _fields(root)
    feed = _feed(root, fields, base_url)
    found = [item for entry in entries if (item := _entry(entry, feed, zone)) is not None]
    return found + [item for e in fields.get("at:deleted-entry", ()) if (item := _deleted(e, zone)) is not None]


def _feed(root: Element, fields: Fields, base_url: str | None) -> _Feed:
    own = xmltree.base_of(root, base_url)
    pages = [attribute(e, "href") for e in fields.get("link", ()) if attribute(e, "rel") in (None, "alternate")]
    selves = [attribute(e, "href") for e in fields.get("link", ()) if attribute(e, "rel") == "self"]
    return _Feed(
        base=own or next((site for href in selves + pages if (site := site_of(href))), None),
        language=language_tag(xmltree.language_of(root) or first_words(fields, "dc:language", "language")),
        byline=_byline(fields) if xmltree.local(str(root.tag)) == "feed" else None,
        copyright=_words(fields, "rights", "copyright", "dc:rights"),
        usageterms=_license(fields, own),
    )


def _entry(element: Element, feed: _Feed, zone: str) -> WireItem | None:
    fields = _fields(element)
    base = xmltree.base_of(element, feed.base)
    source: Fields = _fields(fields["source"][0]) if "source" in fields else {}
    headline, body = _words(fields, "title"), _body(fields, base)
    links, media = tuple(_links(fields, base)), unique_media(_media(fields, base))
    guid = _text(fields, "id", "guid")
    if not (headline or body or guid or links or media):
        return None
    published = first_time(_texts(fields, _PUBLISHED), zone)
    page = next((link.href for link in links if link.rel == "alternate"), None)
    return WireItem(
        format="atom",
        guid=guid or page or digest_of(headline, body, *(one.href for one in media)),
        headline=headline,
        byline=_byline(fields) or _byline(source) or feed.byline,
        places=places_of(fields),
        body_html=body,
        language=_language(element, fields) or feed.language,
        subjects=unique_subjects(_subjects(fields)),
        keywords=tuple(dict.fromkeys(_keywords(fields))),
        pubstatus=_pubstatus(fields),
        usageterms=_license(fields, base) or feed.usageterms,
        credit=_words(source, "title"),
        copyright=_words(fields, "rights", "copyright", "dc:rights") or _words(source, "rights") or feed.copyright,
        first_created=published,
        version_created=first_time(_texts(fields, _UPDATED), zone) or published,
        links=links,
        media=media,
    )


def _deleted(element: Element, zone: str) -> WireItem | None:
    guid = attribute(element, "ref")
    if guid is None:
        return None
    fields = xmltree.fields_of(element, "at")
    return WireItem(
        format="atom",
        guid=guid,
        pubstatus="canceled",
        ednote=_words(fields, "comment"),
        version_created=first_time([attribute(element, "when")], zone),
        links=tuple(_links({"link": fields.get("atom:link", [])}, xmltree.base_of(element, None))),
    )


def _words(fields: Fields, *names: str) -> str | None:
    """The first of these text constructs that says anything, as plain words."""
    for name in names:
        for element in fields.get(name, ()):
            kind = _kind(element)
            if kind == "xhtml" or len(element):
                words = words_of(text_of(element), markup=False)
            else:
                words = words_of(text_of(element), markup=kind == "html" or (kind == "" and _seems_html(element)))
            if words:
                return words
    return None


def _body(fields: Fields, base: str | None) -> str | None:
    for element in (*fields.get("content", ()), *fields.get("summary", ())):
        within, kind = xmltree.base_of(element, base), _kind(element)
        if attribute(element, "src") or kind == "other":
            continue
        if len(element):
            body = body_of(inner_html(element, within), within)
        elif kind in {"html", "xhtml"}:
            body = body_of(_unpacked(element), within)
        else:
            body = body_of(_unpacked(element), within, markup=False, sniff=kind == "")
        if body:
            return body
    return None


def _kind(element: Element) -> str:
    """text, html, xhtml or other; empty where the type is not said and text is only what it then should be."""
    said = (attribute(element, "type") or "").lower().partition(";")[0].strip()
    if attribute(element, "mode") == "escaped" and said in {"", "text/plain"}:
        return ""
    if said in {"html", "text/html"}:
        return "html"
    if said in {"xhtml", "application/xhtml+xml"}:
        return "xhtml"
    if not said:
        return ""
    return "text" if said == "text" or said.startswith("text/") else "other"


def _seems_html(element: Element) -> bool:
    return "</" in text_of(element)


def _unpacked(element: Element) -> str:
    text = text_of(element)
    if attribute(element, "mode") == "base64":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return text


def _byline(fields: Fields) -> str | None:
    names, others = list[str | None](), list[str | None]()
    for element in fields.get("author", ()):
        person = _fields(element)
        names.append(_text(person, "name") or (None if len(element) else text_of(element)))
        others.append(_text(person, "email", "uri", "url"))
    creators = _texts(fields, ("dc:creator",))
    return names_of(name_of(name) for name in (*names, *creators)) or byline_of((*names, *others))


def _links(fields: Fields, base: str | None) -> Iterator[Link]:
    found: dict[Link, None] = {}
    for element in fields.get("link", ()):
        rel = _rel(element)
        target = attribute(element, "href") or text_of(element)
        if rel != "enclosure" and (href := address_of(target, xmltree.base_of(element, base))):
            found[Link(href, rel, media_type(attribute(element, "type")))] = None
    for text in _texts(fields, ("feedburner:origlink",)):
        if href := address_of(text, base):
            found[Link(href, "canonical")] = None
    return iter(found)


def _rel(element: Element) -> str:
    """The link's relation; a registered one may be written as an address."""
    return (attribute(element, "rel") or "alternate").removeprefix("http://www.iana.org/assignments/relation/")


def _media(fields: Fields, base: str | None) -> Iterator[Media]:
    for element in fields.get("link", ()):
        href = address_of(attribute(element, "href"), xmltree.base_of(element, base), media=True)
        if href and _rel(element) == "enclosure":
            yield Media(href, media_type(attribute(element, "type")), words_of(attribute(element, "title")))
    for element in fields.get("content", ()):
        if href := address_of(attribute(element, "src"), xmltree.base_of(element, base), media=True):
            yield Media(href, media_type(attribute(element, "type")))
    yield from media_rss(fields, base)


def _subjects(fields: Fields) -> Iterator[Subject]:
    for element in fields.get("category", ()):
        scheme, term, label = (attribute(element, name) for name in ("scheme", "term", "label"))
        if scheme and (term or label):
            yield Subject(scheme, words_of(term), words_of(label))
    yield from media_subjects(fields)


def _keywords(fields: Fields) -> Iterator[str]:
    for element in fields.get("category", ()):
        words = words_of(attribute(element, "label") or attribute(element, "term") or text_of(element))
        if words and not attribute(element, "scheme"):
            yield words
    for text in _texts(fields, ("dc:subject",)):
        if words := words_of(text):
            yield words
    yield from listed_words(fields, "media:keywords")


def _pubstatus(fields: Fields) -> PubStatus:
    drafts = (_text(xmltree.fields_of(control, "app"), "draft") for control in fields.get("app:control", ()))
    return "withheld" if "yes" in drafts else "usable"


def _license(fields: Fields, base: str | None) -> str | None:
    links = (address_of(attribute(e, "href"), base) for e in fields.get("link", ()) if _rel(e) == "license")
    return next((href for href in links if href), None) or license_of(fields)


def _language(element: Element, fields: Fields) -> str | None:
    said = [element, *fields.get("content", ()), *fields.get("title", ())]
    tags = [xmltree.language_of(e) for e in said] + [first_words(fields, "dc:language")]
    return next((tag for text in tags if (tag := language_tag(text))), None)


def _fields(element: Element) -> Fields:
    return xmltree.fields_of(element, xmltree.home_of(element) or "atom")


def _text(fields: Fields, *names: str) -> str | None:
    return next(iter(_texts(fields, names)), None)


def _texts(fields: Fields, names: tuple[str, ...]) -> list[str]:
    return [text for name in names for element in fields.get(name, ()) if (text := " ".join(text_of(element).split()))]
