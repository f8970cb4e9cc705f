"""Reading XML from strangers: any encoding, any damage, and nothing that could hurt.

The prolog is read here and never reaches the parser: a bare DOCTYPE is passed over and never fetched, one that
declares entities of its own is refused, so that nothing can grow. The parser itself has entities, DTDs, the network
and huge trees switched off.
"""

import html
import re
from functools import lru_cache
from itertools import islice
from urllib.parse import urljoin

from lxml import etree

from desk import markup
from desk.errors import TooLarge, Unreadable
from desk.wires.formats.charsets import decode
from desk.wires.formats.repair import mend

Element = etree._Element  # lxml offers no public name for the type
Fields = dict[str, list[Element]]

LARGEST = 10_000_000
MOST_ELEMENTS = 300_000
_PROLOG = 100_000
_ATTRIBUTES = 100  # of an element with more only those are found that are written as they should be

_NAMESPACES = {
    "purl.org/rss/1.0": "", "my.netscape.com/rdf/simple/0.9": "", "channel.netscape.com/rdf/simple/0.9": "",
    "my.netscape.com/publish/formats/rss-0.91.dtd": "", "backend.userland.com/rss": "", "backend.userland.com/rss2": "",
    "backend.userland.com/rss091": "", "backend.userland.com/rss092": "", "backend.userland.com/rss20": "",
    "blogs.law.harvard.edu/tech/rss": "", "cyber.law.harvard.edu/rss": "", "purl.org/net/rss1.1": "",
    "www.rssboard.org/rss-specification": "",
    "www.w3.org/2005/atom": "atom", "purl.org/atom/ns": "atom", "purl.org/atompub/tombstones/1.0": "at",
    "www.w3.org/2007/app": "app", "purl.org/atom/app": "app",
    "purl.org/dc/elements/1.1": "dc", "purl.org/dc/elements/1.0": "dc", "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content", "purl.org/rss/1.0/modules/slash": "slash",
    "search.yahoo.com/mrss": "media", "tools.search.yahoo.com/mrss": "media", "video.search.yahoo.com/mrss": "media",
    "www.rssboard.org/media-rss": "media", "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "www.w3.org/1999/xhtml": "xhtml", "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "www.georss.org/georss": "georss", "wellformedweb.org/commentapi": "wfw",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner", "backend.userland.com/creativecommonsrssmodule": "cc",
    "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "cc", "web.resource.org/cc": "cc",
    "creativecommons.org/ns": "cc",
}  # fmt: skip

_START = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?[^>]*+>?|<(?P<name>(?:[A-Za-z_][\w.-]*+:)?[A-Za-z_][\w.-]*+)(?=[\s/>])", re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CLEANED = {
    code: "" for code in (*range(0x20), 0x7F, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF) if code not in (9, 10, 13)
}
_CLEANED |= {0x0B: " ", 0x0C: " "} | {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_OLD_REFERENCE = re.compile(r"&#(?:1(?:2[89]|[345][0-9])|[xX](?:8[0-9a-fA-F]|9[0-9a-fA-F]));")  # Windows-1252's
_LOUD = frozenset({"rss", "rdf", "feed"})
_KEPT = frozenset({"href", "src", "alt", "width", "height", "colspan", "rowspan"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "col", "area", "embed", "wbr", "param", "link"})
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_tree(data: bytes, roots: frozenset[str], charset: str | None = None) -> Element:
    """The root of `data`, its start tag one of `roots` (local names in lower case), mended where it is not XML.

    Raises `Unreadable` where there is no such tag or the DOCTYPE declares entities, `TooLarge` above `LARGEST` bytes or
    `MOST_ELEMENTS`.
    """
    if len(data) > LARGEST:
        raise TooLarge(
            "This file is too large: %(size)s bytes, and %(limit)s at most are read.", size=len(data), limit=LARGEST
        )
    text = decode(data, charset)
    start = find_root(text, roots)
    if start is None:
        raise Unreadable("This holds none of the elements a feed begins with.")
    if "<!entity" in _COMMENT.sub("", text[:start]).lower():
        raise Unreadable(
            "This feed declares entities of its own in its DOCTYPE, and such files are not read: they can grow without "
            "end. Ask the sender for one without them."
        )
    text = text[start:]
    if _UNCLEAN.search(text):
        text = text.translate(_CLEANED)
    text = _OLD_REFERENCE.sub(lambda match: _unescaped(match[0]), text)
    try:
        return _measured(_parsed(text, recover=False))
    except etree.XMLSyntaxError:
        pass
    try:
        return _measured(_parsed(mend(text), recover=True))
    except etree.XMLSyntaxError as error:
        raise Unreadable(
            "This is not XML, even with forbearance: %(cause)s.", cause=error.msg or "no cause given"
        ) from None


def find_root(text: str, roots: frozenset[str]) -> int | None:
    """Where the root's start tag stands: the first tag of all, or after junk (a script's warnings) a well-known one."""
    first = True
    for tag in _START.finditer(text[:_PROLOG]):
        if not tag["name"]:
            continue
        name = local(tag["name"])
        if name in roots and (first or name in _LOUD):
            return tag.start()
        if name == "html":
            return None
        first = False
    return None


def start_tag(text: str, start: int) -> str:
    """The local name of the tag that stands there, in lower case."""
    return local(re.split(r"[\s/>]", text[start + 1 : start + 200], maxsplit=1)[0])


_unescaped = lru_cache(maxsize=256)(html.unescape)


@lru_cache(maxsize=4096)
def key(tag: str) -> str:
    """`prefix:name` in lower case with the prefix that is customary for the namespace, RSS's own names bare."""
    if tag[0] != "{":
        return tag.lower()
    namespace, _, name = tag[1:].partition("}")
    plain = re.sub(r"^https?://|[/#]+$", "", namespace.strip().lower())
    return f"{_NAMESPACES.get(plain, plain)}:{name.lower()}".lstrip(":")


def local(tag: str) -> str:
    return re.split(r"[}:]", tag)[-1].lower()


def home_of(root: Element) -> str:
    """The prefix of the root's own namespace, where that is one the format does not know; RDF's is never the feed's."""
    prefix = key(str(root.tag)).rpartition(":")[0]
    return "" if prefix == "rdf" else prefix


def fields_of(element: Element, home: str = "") -> Fields:
    """The children by `key`; those of the format's `home` prefix also go bare."""
    found: Fields = {}
    strip = f"{home}:" if home else ""
    for child in element:
        if isinstance(child.tag, str):
            name = key(child.tag)
            found.setdefault(name.removeprefix(strip) if strip else name, []).append(child)
    return found


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its local name in any case, trimmed; None where it is missing or empty."""
    value = element.get(name)
    if value is None and len(element.attrib) <= _ATTRIBUTES:
        value = next((element.get(key) for key in element.attrib if local(str(key)) == name), None)
    return value.strip() or None if value else None


def text_of(element: Element) -> str:
    """All text within, tags left out."""
    if not len(element):
        return element.text or ""
    return "".join(str(part) for part in element.itertext())


def inner_html(element: Element, base: str | None) -> str:
    """What stands within as HTML: text escaped, tags by their local names, addresses joined to the base in force.

    It breaks off where it is longer than any copy that is cleaned.
    """
    out: list[str] = []
    _write(element, base, out, markup.LARGEST)
    return "".join(out)


def base_of(element: Element, outer: str | None) -> str | None:
    """The base address in force within `element` (XML Base): its own, joined to the one outside."""
    own = (element.get(_BASE) or "").strip()
    if not own:
        return outer
    try:
        return urljoin(outer or "", own)
    except ValueError:
        return outer


def language_of(element: Element) -> str | None:
    return element.get(_LANG)


def _write(element: Element, base: str | None, out: list[str], room: int) -> int:
    """Append what stands within to `out`; gives how much room is left, below 0 once it broke off."""
    out.append(html.escape(element.text or "", quote=False))
    room -= len(out[-1])
    for child in element:
        if room < 0:
            break
        if isinstance(child.tag, str):
            name, within = local(child.tag), base_of(child, base)
            out.append(f"<{name}{_kept_attributes(child, within)}>")
            room -= len(out[-1])
            if name not in _VOID:
                room = _write(child, within, out, room)
                out.append(f"</{name}>")
        out.append(html.escape(child.tail or "", quote=False))
        room -= len(out[-1])
    return room


def _parsed(text: str, *, recover: bool) -> Element:
    parser = etree.XMLParser(
        recover=recover,
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        raise Unreadable("This is not XML, even with forbearance: it is empty.")
    return root


def _measured(root: Element) -> Element:
    if next(islice(root.iter(), MOST_ELEMENTS, None), None) is not None:
        raise TooLarge("This file holds more than %(limit)s elements, and no more are read.", limit=MOST_ELEMENTS)
    return root


def _kept_attributes(element: Element, base: str | None) -> str:
    out = ""
    for name in element.attrib:  # not items(): to find one value means to pass all before it
        if name in _KEPT:
            plain = element.get(name) or ""
            if base and name in {"href", "src"}:
                try:
                    plain = urljoin(base, plain.strip())
                except ValueError:
                    continue
            out += f' {name}="{html.escape(plain)}"'
    return out
