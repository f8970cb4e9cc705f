"""RSS 0.90, 0.91, 0.92, 0.93, 0.94, 1.0 (RDF) and 2.0, with Dublin Core, content, Media RSS and Atom elements.

From which element each key is read, first what is tried first:

guid            guid; the item's rdf:about; atom:id; dc:identifier; the link; a digest of the copy
headline        title (dc:title, media:title), HTML or plain, escaped once or twice
byline          author (`mail (Name)` is Name); dc:creator; atom:author; itunes:author; the bare mail address
body_html       content:encoded; xhtml:body or div; atom:content; description; summaries of other modules
language        dc:language or xml:lang of the item; the same, or language, of the channel
subjects        category with a domain: that is the scheme, the text is code and name; media:category with a scheme
keywords        category without one; dc:subject; media:keywords, itunes:keywords
places          dc:coverage, dcterms:spatial, georss:featureName, if they are names
credit          the title of source, the channel that the item came from; dc:publisher of the item
copyright       dc:rights, media:copyright or atom:rights of the item; copyright or dc:rights of the channel
usageterms      the address of a licence (Creative Commons module, dcterms) of the item or the channel
first_created   pubDate; dc:date, dcterms:created or issued, atom:published
version_created atom:updated, dcterms:modified; else as first_created
links           link or a permanent guid: alternate; atom:link; comments: replies; feedburner:origLink: canonical
media           enclosure; media:content and media:thumbnail, with the captions and credits that hold for them

All else is null: RSS does not say it. Relative addresses are joined to xml:base, else to the feed's own address, else
to the channel's link. Times without a zone are in `zone`.
"""

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
from desk.wires.formats.xmltree import Element, Fields, attribute, fields_of, inner_html, text_of
from desk.wires.item import Link, Media, Subject, WireItem

ROOTS = frozenset({"rss", "rdf", "channel"})
MOST_ITEMS = 10_000

_PUBLISHED = ("pubdate", "dc:date", "dcterms:created", "dcterms:issued", "atom:published", "atom:issued", "dc:created")
_UPDATED = ("atom:updated", "dcterms:modified", "atom:modified")
_BODIES = (
    *("content:encoded", "xhtml:body", "xhtml:div", "atom:content", "description", "dc:description", "atom:summary"),
    *("itunes:summary", "media:description"),
)


@dataclass(frozen=True, slots=True)
class _Channel:
    base: str | None
    language: str | None
    copyright: str | None
    usageterms: str | None


def recognises(head: str) -> bool:
    """Whether text begins as RSS does; RDF must speak of RSS, for other things are written in it too."""
    start = xmltree.find_root(head, ROOTS)
    if start is None:
        return False
    tag = head[start : start + 4000].lower()
    return xmltree.start_tag(head, start) != "rdf" or any(
        sign in tag for sign in ("purl.org/rss/", "purl.org/net/rss", "netscape.com/rdf", "<channel", "<item")
    )


def parse(data: bytes, *, zone: str = "UTC", base_url: str | None = None, charset: str | None = None) -> list[WireItem]:
    """The items in the order of the file. `charset` is the HTTP header's word on it. Raises `Unreadable`, `Invalid`."""
    zone_of(zone)
    root = xmltree.read_tree(data, ROOTS, charset)
    home = xmltree.home_of(root)
    names = {"item", f"{home}:item"}
    elements = [e for e in root.iter() if isinstance(e.tag, str) and xmltree.key(e.tag) in names]
    if len(elements) > MOST_ITEMS:
        raise TooLarge("This feed holds more than %(limit)s items.", limit=MOST_ITEMS)
    channel = _channel(root, home, base_url)
    return [item for element in elements if (item := _item(element, home, channel, zone)) is not None]


def _channel(root: Element, home: str, base_url: str | None) -> _Channel:
    element = root
    if xmltree.local(str(root.tag)) != "channel":
        element = next((e for e in root if isinstance(e.tag, str) and xmltree.local(e.tag) == "channel"), root)
    fields = fields_of(element, home)
    own = xmltree.base_of(element, xmltree.base_of(root, base_url) if element is not root else base_url)
    site = next((site for e in fields.get("link", ()) if (site := site_of(text_of(e)))), None)
    return _Channel(
        base=own or site,
        language=language_tag(
            first_words(fields, "language", "dc:language") or xmltree.language_of(element) or xmltree.language_of(root)
        ),
        copyright=first_words(fields, "copyright", "dc:rights", "dcterms:rights", "atom:rights", "media:copyright"),
        usageterms=license_of(fields),
    )


def _item(element: Element, home: str, channel: _Channel, zone: str) -> WireItem | None:
    fields = fields_of(element, home)
    base = xmltree.base_of(element, channel.base)
    headline, body = first_words(fields, "title", "dc:title", "atom:title", "media:title"), _body(fields, base)
    links, media = tuple(_links(fields, base)), unique_media(_media(fields, base))
    names = _texts(fields, ("guid",)), [attribute(element, "about")], _texts(fields, ("atom:id", "dc:identifier"))
    guid = next((name for group in names for name in group if name), None)
    if not (headline or body or guid or links or media):
        return None
    published = first_time(_texts(fields, _PUBLISHED), zone)
    return WireItem(
        format="rss",
        guid=guid or _page(links) or digest_of(headline, body, *(one.href for one in media)),
        headline=headline,
        byline=_byline(fields),
        places=places_of(fields),
        body_html=body,
        language=language_tag(first_words(fields, "dc:language", "language") or xmltree.language_of(element))
        or channel.language,
        subjects=unique_subjects(_subjects(fields)),
        keywords=tuple(dict.fromkeys(_keywords(fields))),
        usageterms=license_of(fields) or channel.usageterms,
        credit=_credit(fields),
        copyright=first_words(fields, "copyright", "dc:rights", "dcterms:rights", "atom:rights", "media:copyright")
        or channel.copyright,
        first_created=published,
        version_created=first_time(_texts(fields, _UPDATED), zone) or published,
        links=links,
        media=media,
    )


def _body(fields: Fields, base: str | None) -> str | None:
    for name in _BODIES:
        for element in fields.get(name, ()):
            within = xmltree.base_of(element, base)
            source = inner_html(element, within) if len(element) else text_of(element)
            if body := body_of(source, within):
                return body
    return None


def _byline(fields: Fields) -> str | None:
    people = [inner for e in fields.get("author", ()) for inner in (_texts(fields_of(e), ("name",)) or [text_of(e)])]
    creators = _texts(fields, ("dc:creator",))
    atoms = [text for e in fields.get("atom:author", ()) for text in _texts(fields_of(e), ("atom:name", "name"))]
    groups = (people, creators, atoms, _texts(fields, ("itunes:author",)))
    named = (names_of(name_of(text) for text in group) for group in groups)
    return next(filter(None, named), None) or byline_of(text for group in groups for text in group)


def _links(fields: Fields, base: str | None) -> Iterator[Link]:
    seen: set[str] = set()
    pages = [text_of(e).strip() or attribute(e, "href") for e in fields.get("link", ())]
    permanent = [
        text_of(e) for e in fields.get("guid", ()) if (attribute(e, "ispermalink") or "true").lower() == "true"
    ]
    found = [Link(href, "alternate") for page in pages if (href := address_of(page, base))]
    if not found:
        found = [Link(href, "alternate") for text in permanent if (href := address_of(text, base)) and "://" in text]
    for element in fields.get("atom:link", ()):
        rel = attribute(element, "rel") or "alternate"
        if rel != "enclosure" and (href := address_of(attribute(element, "href"), xmltree.base_of(element, base))):
            found.append(Link(href, rel, media_type(attribute(element, "type"))))
    for key, rel, type_ in (
        ("comments", "replies", None),
        ("wfw:commentrss", "replies", "application/rss+xml"),
        ("feedburner:origlink", "canonical", None),
    ):
        found += [Link(href, rel, type_) for text in _texts(fields, (key,)) if (href := address_of(text, base))]
    for link in found:
        if f"{link.rel} {link.href}" not in seen:
            seen.add(f"{link.rel} {link.href}")
            yield link


def _page(links: tuple[Link, ...]) -> str | None:
    return next((link.href for link in links if link.rel == "alternate"), None)


def _media(fields: Fields, base: str | None) -> Iterator[Media]:
    for element in fields.get("enclosure", ()):
        if href := address_of(attribute(element, "url") or attribute(element, "resource"), base, media=True):
            yield Media(href, media_type(attribute(element, "type")))
    for element in fields.get("atom:link", ()):
        if attribute(element, "rel") == "enclosure" and (
            href := address_of(attribute(element, "href"), base, media=True)
        ):
            yield Media(href, media_type(attribute(element, "type")), words_of(attribute(element, "title")))
    yield from media_rss(fields, base)


def _subjects(fields: Fields) -> Iterator[Subject]:
    for element in fields.get("category", ()):
        domain, words = attribute(element, "domain"), words_of(text_of(element))
        if domain and words:
            yield Subject(domain, words, words)
    yield from media_subjects(fields)


def _keywords(fields: Fields) -> Iterator[str]:
    for name in ("category", "dc:subject"):
        for element in fields.get(name, ()):
            words = words_of(text_of(element))
            if words and not attribute(element, "domain"):
                yield words
    for element in fields.get("atom:category", ()):
        if words := words_of(attribute(element, "label") or attribute(element, "term")):
            yield words
    yield from listed_words(fields, "media:keywords", "itunes:keywords")


def _credit(fields: Fields) -> str | None:
    for element in fields.get("atom:source", ()):
        if title := first_words(fields_of(element), "atom:title"):
            return title
    return first_words(fields, "source", "dc:publisher")


def _texts(fields: Fields, names: tuple[str, ...]) -> list[str]:
    return [text for name in names for element in fields.get(name, ()) if (text := " ".join(text_of(element).split()))]
