"""Marked text: what stands inside a paragraph, as a flat run of spans instead of a tree of tags.

A span is a piece of text, a line break or an image, with the marks on it. Flat runs need no repair when tags overlap,
and there is one way only to write them out.
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

_ENDLESS_NUMBER = re.compile(r"&#(?:0*[0-9]{8,}|[xX]0*[0-9a-fA-F]{7,})")
UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PLAIN_ADDRESS = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]*(?:[/?#][a-zA-Z0-9!#$%&'()*+,./:;=?@_~\[\]-]*)?")
_HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)")
_LINE_ENDS = re.compile(r"[\t\n\r]")
_TO_QUOTE = re.compile(r"[\s\"<>\\^`{|}]")
_SPACE = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029 ]+")
INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff]*"
)


class Marks(NamedTuple):
    href: str | None = None
    strong: bool = False
    em: bool = False

    def shared(self, other: "Marks") -> "Marks":
        return Marks(self.href if self.href == other.href else None, self.strong and other.strong, self.em and other.em)


_BARE = Marks()


class Span(NamedTuple):
    """A run of text, a line break or an image (whose text is its finished tag), and the marks on it."""

    kind: str
    text: str
    marks: Marks


def inline(spans: Iterable[Span]) -> str:
    """Spans as HTML, tags always nested a > strong > em, text escaped."""
    spans = list(spans)
    if len(spans) == 1 and spans[0] == ("text", spans[0].text, _BARE):
        return html.escape(spans[0].text, quote=False)
    out: list[str] = []
    at: list[str] = []
    for kind, text, marks in spans:
        wanted = [f'<a href="{attribute(marks.href)}">'] if marks.href else []
        wanted += ["<strong>"] * marks.strong + ["<em>"] * marks.em
        same = 0
        while same < min(len(at), len(wanted)) and at[same] == wanted[same]:
            same += 1
        out += [_end(tag) for tag in reversed(at[same:])] + wanted[same:]
        at = wanted
        out.append(text if kind == "img" else "<br>" if kind == "br" else html.escape(text, quote=False))
    return "".join(out + [_end(tag) for tag in reversed(at)])


def paragraphs_of(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Spans as paragraphs: white space folded, parted at doubled breaks, empty ones dropped, edges trimmed.

    White space and breaks between two pieces carry the marks that both have.
    """
    paragraph: list[Span] = []
    space, breaks = False, 0
    for kind, text, marks in spans:
        if kind == "br":
            breaks += 1
            continue
        folded = text if kind == "img" else _SPACE.sub(" ", text)
        if kind == "text" and INVISIBLE.fullmatch(folded):
            space = space or any(c.isspace() for c in folded)
            continue
        core = folded.strip(" ")
        if paragraph:
            shared = paragraph[-1].marks.shared(marks)
            if breaks > 1:
                yield _trimmed(paragraph)
                paragraph = []
            elif breaks:
                paragraph.append(Span("br", "", shared))
            elif space or folded[0] == " ":
                paragraph.append(Span("text", " ", shared))
        paragraph.append(Span(kind, core, marks))
        space, breaks = folded[-1] == " ", 0
    if paragraph:
        yield _trimmed(paragraph)


def image(src: str, alt: str) -> str:
    return f'<img src="{attribute(src)}" alt="{attribute(" ".join(alt.split()))}">'


def attribute(value: str) -> str:
    return html.escape(value, quote=False).replace('"', "&quot;")


def unescape(text: str) -> str:
    """Character references resolved, as browsers do; what no text may hold (controls, lone surrogates) is dropped."""
    if "&" in text:
        text = html.unescape(_ENDLESS_NUMBER.sub("&#xFFFD", text))
    return UNSAFE.sub("", text)


def web_address(value: str, base: str | None = None, *, schemes: Iterable[str] = ("http", "https")) -> str | None:
    """`value` as an absolute address of one of the schemes, joined to `base` where relative; None where it is none."""
    if _PLAIN_ADDRESS.fullmatch(value):
        return value
    value = UNSAFE.sub("", _LINE_ENDS.sub("", value)).strip()
    if not value:
        return None
    try:
        if base and not _HAS_SCHEME.match(value):
            value = urljoin(base, value)
        elif value.startswith("//"):
            value = "https:" + value
        parts = urlsplit(value)
        if parts.scheme not in schemes or (parts.scheme != "mailto" and not parts.hostname):
            return None
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return _TO_QUOTE.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), value)


def _trimmed(paragraph: list[Span]) -> list[Span]:
    first, last = paragraph[0], paragraph[-1]
    if first.kind == "text" and first.text[0].isspace():
        paragraph[0] = first._replace(text=first.text.lstrip())
        last = paragraph[-1]
    if last.kind == "text" and last.text[-1].isspace():
        paragraph[-1] = last._replace(text=last.text.rstrip())
    return paragraph


def _end(tag: str) -> str:
    return f"</{re.split(r'[ >]', tag[1:], maxsplit=1)[0]}>"
