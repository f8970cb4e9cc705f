"""What the formats share: how a headline, a body, a name, a language, an address and a picture are read."""

import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from babel.core import get_global

from desk.errors import TooLarge
from desk.spans import unescape, web_address
from desk.text import clean_html, plain_to_html
from desk.wires.formats.xmltree import Element, Fields, attribute, fields_of, text_of
from desk.wires.item import Media, Subject

LONGEST_BODY = 500_000
_LONGEST_NAME = 300

_PARTS = r"p|br|div|li|ul|ol|hr|h[1-6]|tr|td|table|blockquote"
_PHRASES = (
    r"a|abbr|acronym|b|big|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|strike|strong|su[bp]|tt|u|var"
)
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|</?(?:(?P<part>{_PARTS})|{_PHRASES})(?:\s[^<>]*+)?/?>", re.IGNORECASE | re.DOTALL
)
_OPENS = re.compile(rf"<({_PARTS}|{_PHRASES})(?:\s[^<>]*+)?/?>", re.IGNORECASE)
_ENDS = re.compile(rf"</({_PARTS}|{_PHRASES})\s*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|<!\[CDATA\[")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_MAIL = r"[^\s<>()\"']+@[^\s<>()\"']+"
_MAIL_AND_NAME = re.compile(rf"(?:mailto:)?{_MAIL}\s*\(\s*(?P<name>.*?)\s*\)\s*", re.DOTALL)
_NAME_AND_MAIL = re.compile(
    rf"[\"']?(?P<name>[^<>\"]*?)[\"']?\s*(?:<\s*(?:mailto:)?{_MAIL}\s*>|\(\s*{_MAIL}\s*\)|,\s*{_MAIL})\s*"
)
_MEDIA_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+*-]+)")
_NUMBER = re.compile(r"\s*([0-9]{1,6})(?:\.0+)?(?:px)?\s*")
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z0-9]{1,8})*|x(?:-[a-z0-9]{1,8})+", re.IGNORECASE
)


def words_of(text: str | None, *, markup: bool = True) -> str | None:
    """A headline or another line as plain text, white space folded; None where nothing is left.

    With `markup`, HTML's tags go and its characters are resolved, twice where they were escaped twice; a tag that HTML
    does not know is text (`<stdin>`). Without, tags are text as the format says, and only left-over references go.
    """
    text = text or ""
    if markup and ("<" in text or "&" in text):
        text = unescape(_TAG.sub(_gap, text))
        if _is_marked(text):
            text = _TAG.sub(_gap, text)
    if "&" in text and _REFERENCE.search(text):
        text = unescape(text)
    return " ".join(text.split()) or None


def body_of(text: str | None, base: str | None, *, sniff: bool = True, markup: bool = True) -> str | None:
    """Text that may be HTML as a canonical body; None where nothing is left.

    Where no tag is in it, blank lines part paragraphs; HTML that was escaped once too often is seen by its pairs of
    tags. With neither `sniff` nor `markup`, all of it is plain text.
    """
    if not text or not text.strip():
        return None
    if markup and _ANY_TAG.search(text):
        return _cleaned(text, base)
    if markup or sniff:
        revealed = unescape(text) if markup else text
        if _is_marked(revealed):
            return _cleaned(revealed, base)
        text = revealed
    return plain_to_html(text[:LONGEST_BODY]) or None


def names_of(texts: Iterable[str | None]) -> str | None:
    """Names in their order, each once, as one byline."""
    return ", ".join(dict.fromkeys(name for name in texts if name)) or None


def name_of(text: str | None) -> str | None:
    """The name in `mail@x (Name)`, `Name <mail@x>` and their like; None for a bare address or nothing."""
    text = words_of(text)
    if text is None:
        return None
    text = text.removeprefix("mailto:")
    for form in (_MAIL_AND_NAME, _NAME_AND_MAIL):
        if len(text) < _LONGEST_NAME and (found := form.fullmatch(text)):
            text = found["name"].strip()
    return None if not text or re.fullmatch(_MAIL, text) else text


def byline_of(texts: Iterable[str | None]) -> str | None:
    """The names of several persons; where none has a name, what stands for one: the mail address."""
    said = [text for text in texts if text]
    mails = (found[0] if (found := re.search(_MAIL, text[:_LONGEST_NAME])) else words_of(text) for text in said)
    return names_of(name_of(text) for text in said) or names_of(mails)


@lru_cache(maxsize=512)
def language_tag(text: str | None) -> str | None:
    """A BCP 47 tag in its usual case and shortest form (`en_us` is `en-US`, `ger` is `de`); None for anything else."""
    tag = (text or "").strip().replace("_", "-").rstrip("-")
    if len(tag) > 35 or not _LANGUAGE.fullmatch(tag) or tag.lower() in {"und", "zxx", "unknown", "none"}:
        return None
    first, *rest = tag.lower().split("-")
    if len(first) == 3 or first in {"iw", "in", "ji"}:
        first = str(get_global("language_aliases").get(first, first))
    elif len(first) > 3:
        return None
    parts, private = [first], first == "x"
    for part in rest:
        private = private or len(part) == 1
        shape = (
            part
            if private
            else part.upper()
            if len(part) == 2
            else part.title()
            if len(part) == 4 and part.isalpha()
            else part
        )
        parts.append(shape)
    return "-".join(parts)


def address_of(text: str | None, base: str | None, *, media: bool = False) -> str | None:
    """An absolute address; one whose ampersands were escaped twice is mended."""
    schemes = ("http", "https") if media else ("http", "https", "ftp", "mailto")
    return web_address((text or "").replace("&amp;", "&"), base, schemes=schemes)


def site_of(text: str | None) -> str | None:
    """An address to join relative ones to, if it is a whole one."""
    return web_address(text or "")


def number_of(text: str | None) -> int | None:
    match = _NUMBER.fullmatch(text or "")
    return int(match[1]) or None if match else None


def digest_of(*texts: str | None) -> str:
    """A name for an item that has none of its own: it changes when the copy does."""
    return "sha256:" + hashlib.sha256("\0".join(text or "" for text in texts).encode(errors="replace")).hexdigest()


def first_words(fields: Fields, *keys: str) -> str | None:
    """The first of these fields that says anything, as plain words."""
    return next(
        (words for key in keys for element in fields.get(key, ()) if (words := words_of(text_of(element)))), None
    )


def license_of(fields: Fields) -> str | None:
    for key in ("cc:license", "dcterms:license"):
        for element in fields.get(key, ()):
            if found := words_of(text_of(element)) or attribute(element, "resource"):
                return found
    return None


def places_of(fields: Fields) -> tuple[str, ...]:
    """Named places: Dublin Core's coverage where it is no date or code, GeoRSS's feature names."""
    found = (
        words_of(text_of(e))
        for key in ("dc:coverage", "dcterms:spatial", "georss:featurename")
        for e in fields.get(key, ())
    )
    return tuple(dict.fromkeys(place for place in found if place and not re.search(r"\d|[=;]|://", place)))


def unique_subjects(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    return tuple(dict.fromkeys(subjects))


def media_rss(fields: Fields, base: str | None) -> Iterator[Media]:
    """Media RSS: every content and thumbnail, in groups or alone; what stands higher up holds for what is below."""
    outer = _said_of_media(fields, None, None)
    for group in fields.get("media:group", ()):
        inside = fields_of(group)
        yield from _contents(inside, base, _said_of_media(inside, *outer))
    yield from _contents(fields, base, outer)


def unique_media(media: Iterable[Media]) -> tuple[Media, ...]:
    """Each address once, what several places say of it put together."""
    found: dict[str, Media] = {}
    for one in media:
        other = found.get(one.href, one)
        found[one.href] = Media(
            one.href,
            other.type or one.type,
            other.caption or one.caption,
            other.credit or one.credit,
            other.width or one.width,
            other.height or one.height,
        )
    return tuple(found.values())


def media_type(text: str | None) -> str | None:
    found = _MEDIA_TYPE.match(text or "")
    return found[1].lower() if found else None


def media_subjects(fields: Fields) -> Iterator[Subject]:
    for element in fields.get("media:category", ()):
        scheme, code = attribute(element, "scheme"), words_of(text_of(element))
        if scheme and code:
            yield Subject(scheme, code, words_of(attribute(element, "label")))


def listed_words(fields: Fields, *keys: str) -> Iterator[str]:
    """The words of a field that lists them with commas."""
    for key in keys:
        for element in fields.get(key, ()):
            yield from (words for part in text_of(element).split(",") if (words := words_of(part)))


def _contents(fields: Fields, base: str | None, said: tuple[str | None, str | None]) -> Iterator[Media]:
    for element in fields.get("media:content", ()):
        inside = fields_of(element)
        caption, credit = _said_of_media(inside, *said)
        if found := _medium(element, base, caption, credit):
            yield found
        yield from _contents(inside, base, (caption, credit))
    for element in fields.get("media:thumbnail", ()):
        if found := _medium(element, base, *said):
            yield found


def _medium(element: Element, base: str | None, caption: str | None, credit: str | None) -> Media | None:
    href = address_of(attribute(element, "url") or text_of(element).strip(), base, media=True)
    if href is None:
        return None
    width, height = number_of(attribute(element, "width")), number_of(attribute(element, "height"))
    return Media(href, media_type(attribute(element, "type")), caption, credit, width, height)


def _said_of_media(fields: Fields, caption: str | None, credit: str | None) -> tuple[str | None, str | None]:
    own_credit = names_of(words_of(text_of(element)) for element in fields.get("media:credit", ()))
    return first_words(fields, "media:description", "media:title") or caption, own_credit or credit


def _cleaned(source: str, base: str | None) -> str | None:
    """Clean, or, where one item holds more than a body may, its text alone and the beginning of that."""
    try:
        return clean_html(source, base=base) or None
    except TooLarge:
        text = re.sub(r"<(?:br|/p|/div|/li)\b[^>]*+>", "\n\n", source[: 2 * LONGEST_BODY])
        return plain_to_html(html.unescape(re.sub(r"<[^>]*+>", " ", text))[: LONGEST_BODY // 5]) or None


def _is_marked(text: str) -> bool:
    """Whether a tag of HTML is both opened and ended in it, or breaks a line."""
    if "<" not in text:
        return False
    opened = {name.lower() for name in _OPENS.findall(text)}
    return "br" in opened or not opened.isdisjoint(name.lower() for name in _ENDS.findall(text))


def _gap(match: re.Match[str]) -> str:
    return " " if match["part"] else ""
