"""The one form in which this desk keeps formatted copy: canonical clean HTML.

Whatever comes in (a correspondent's paste, a feed's description) is read by a forgiving tokeniser into a flat model,
runs of text with marks inside a shallow pile of boxes, written out again with the few tags below, and handed to nh3,
which has the last word on what is safe. Nesting is capped while building, for nh3 is quadratic in depth.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import nh3

from desk.errors import TooLarge
from desk.spans import INVISIBLE, UNSAFE, Marks, Span, image, inline, paragraphs_of, unescape, web_address


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


TAGS = _words("p h2 h3 strong em a blockquote ul ol li table tr th td pre br figure figcaption img")
LARGEST = 1_000_000
MOST_TAGS = 100_000
DEEPEST = 64

_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_TAGS, _SCHEMES = set(TAGS), {"http", "https", "mailto"}
_STRONG = frozenset({"b", "strong"})
_EM = frozenset({"i", "em", "cite", "dfn", "var"})
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
_LISTS = {"ul": "ul", "ol": "ol", "menu": "ul", "dir": "ul"}
_CELLS = frozenset({"li", "td", "th", "figcaption"})
_BOXES = frozenset({"blockquote", "table", "tr", "figure"}) | _CELLS | frozenset(_LISTS)
_FLOWS = _words(
    "p div section article header footer main aside nav address center hr dl dt dd form fieldset legend "
    "details summary thead tbody tfoot caption colgroup body html hgroup search dialog option optgroup "
    "multicol"
)
_GONE = _words(
    "script style head title textarea iframe noembed noframes xmp object embed applet video audio svg "
    "math select template canvas button del map datalist"
)
_ENDLESS = frozenset({"script", "style"})
_INLINE = frozenset({"a", "br", "img", "q"}) | _STRONG | _EM

_TOKEN = re.compile(
    r"""<!--(?:-?>|.*?(?:--!?>|\Z))
      | <(?P<slash>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<rest>(?:[^>"'=]|=\s*+(?:"[^"]*+"|'[^']*+')?+|["'])*+)(?:>|\Z)
      | <(?:[!?]|/(?![a-zA-Z]))[^>]*+>?""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]++)))?+""")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_TAG = re.compile(r"<[^>]*>")
_TEXT = re.compile(r">[^<]+<")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


def clean_html(source: str, *, base: str | None = None) -> str:
    """Any HTML as canonical clean HTML, one block a line (only a `pre` holds line breaks of its own).

    Of `TAGS` alone: b becomes strong, i em, h1 h2, h4 to h6 h3; bare text, div and their like become p, a doubled br a
    new paragraph; empty blocks go. `href` keeps http, https and mailto, `src` http and https; relative ones are joined
    to `base`, or dropped without it. Cleaning what is clean changes nothing. Boxes nested deeper than `DEEPEST` are
    flattened. Raises `TooLarge` above `LARGEST` characters or `MOST_TAGS`: copy is never cut short silently.
    """
    _measure(source)
    built = _Builder(base).build(source)
    _measure(built)
    if _stands(built):
        return built
    return f"<p>{html.escape(_TAG.sub(' ', built), quote=False)}</p>"  # never seen: text is better than doubt


def blocks(canonical: str) -> list[str]:
    """The blocks of canonical HTML in order; a `pre` stays whole though it holds line breaks."""
    found: list[str] = []
    open_pres = 0
    for line in canonical.split("\n"):
        if open_pres:
            found[-1] += "\n" + line
        elif line:
            found.append(line)
        open_pres += line.count("<pre>") - line.count("</pre>")
    return found


class _Block(NamedTuple):
    kind: str
    html: str
    parts: tuple["_Block", ...] = ()


class _Box:
    def __init__(self, name: str, attributes: str = "") -> None:
        self.name = name
        self.attributes = attributes
        self.blocks: list[_Block] = []


class _Builder:
    """Reads tokens, keeps a pile of open boxes, a run of spans and the marks in force."""

    def __init__(self, base: str | None) -> None:
        self.base = base
        self.pile = [_Box("body")]
        self.run: list[Span] = []
        self.leaf = "p"
        self.href: str | None = None
        self.strong = self.em = 0
        self.skipped: Counter[str] = Counter()

    def build(self, source: str) -> str:
        if "<![CDATA[" in source:
            source = _CDATA.sub(r"\1", source)
        at, never_closed = 0, set[str]()
        while (token := _TOKEN.search(source, at)) is not None:
            self._text(source[at : token.start()])
            at = token.end()
            if not token["name"]:
                continue
            name, rest = token["name"].lower(), token["rest"]
            if "@" in name or name in {"http:", "https:"}:
                self._text(token[0])
            elif token["slash"]:
                self._end(name)
            elif name in _GONE:
                if rest.endswith("/") or name in never_closed:
                    continue
                if end := re.compile(rf"</{name}\b[^>]*+>?", re.IGNORECASE).search(source, at):
                    at = end.end()
                elif name in _ENDLESS:
                    at = len(source)
                else:
                    never_closed.add(name)
            else:
                self._start(name, rest)
        self._text(source[at:])
        self._pop_to(1)
        self._flush()
        return "\n".join(block.html for block in self.pile[0].blocks)

    # tokens

    def _text(self, text: str) -> None:
        if text and (text := unescape(text)):
            self.run.append(Span("text", text, self._marks()))

    def _start(self, name: str, rest: str) -> None:
        if name in _INLINE:
            self._start_inline(name, rest)
        elif name in _HEADINGS or name in {"pre", "listing"}:
            self._flush()
            self.leaf = _HEADINGS.get(name, "pre")
        elif name in _BOXES:
            self._boundary()
            self.leaf = "p"
            self._start_box(name, rest)
        elif name in _FLOWS:
            self._boundary()

    def _start_inline(self, name: str, rest: str) -> None:
        if name in _STRONG:
            self.strong += 1
        elif name in _EM:
            self.em += 1
        elif name == "br":
            self.run.append(Span("br", "", self._marks()))
        elif name == "q":
            self._text("“")
        elif name == "a":
            href = web_address(_attributes(rest).get("href", ""), self.base, schemes=_SCHEMES)
            self.href = href if href and _is_allowed(inline([Span("text", "x", Marks(href))])) else None
        else:
            attributes = _attributes(rest)
            src = web_address(attributes.get("src", ""), self.base)
            unseen = {attributes.get("width"), attributes.get("height")} & {"0", "1", "0px", "1px"}
            tag = image(src, attributes.get("alt", "")) if src and not unseen else ""
            if tag and _is_allowed(tag):
                self.run.append(Span("img", tag, self._marks()))

    def _start_box(self, name: str, rest: str) -> None:
        if name == "li":
            if not self._pop_above({"ul", "ol"}, stop=_CELLS - {"li"} | {"blockquote", "table", "figure"}):
                self._push("ul")
        elif name == "tr":
            if not self._pop_above({"table"}):
                return
        elif name in {"td", "th"}:
            if not self._pop_above({"tr", "table"}):
                return
            if self.pile[-1].name == "table":
                self._push("tr")
        elif name == "figcaption" and not self._pop_above({"figure"}, stop=_CELLS | {"table"}):
            return
        self._push(name, _spans_of_cell(rest) if name in {"td", "th"} else "")

    def _end(self, name: str) -> None:
        if name in _STRONG:
            self.strong = max(0, self.strong - 1)
        elif name in _EM:
            self.em = max(0, self.em - 1)
        elif name == "a":
            self.href = None
        elif name == "br":
            self.run.append(Span("br", "", self._marks()))
        elif name == "q":
            self._text("”")
        elif name in _HEADINGS or name in {"pre", "listing"}:
            self._flush()
            self.leaf = "p"
        elif name in _BOXES:
            self._boundary()
            self._end_box(_LISTS.get(name, name))
        elif name in _FLOWS:
            self._boundary()

    def _end_box(self, name: str) -> None:
        if self.skipped[name]:
            self.skipped[name] -= 1
            return
        names = {"ul", "ol"} if name in _LISTS else {"td", "th"} if name in {"td", "th"} else {name}
        stop: set[str] = set()
        if name in {"td", "th", "tr"}:
            stop = {"table"}
        elif name != "table":
            stop = {"table", "td", "th"} - names
        if self._pop_above(names, stop=stop):
            self._pop_to(len(self.pile) - 1)

    # the pile

    def _push(self, name: str, attributes: str = "") -> None:
        name = _LISTS.get(name, name)
        if len(self.pile) > DEEPEST:
            self.skipped[name] += 1
        else:
            self.pile.append(_Box(name, attributes))

    def _pop_above(self, names: Iterable[str], stop: Iterable[str] = ()) -> bool:
        """Close what stands on the topmost box of these names; False, and nothing done, where there is none."""
        for height in range(len(self.pile) - 1, 0, -1):
            if self.pile[height].name in names:
                self._pop_to(height + 1)
                return True
            if self.pile[height].name in stop:
                break
        return False

    def _pop_to(self, height: int) -> None:
        while len(self.pile) > height:
            self._flush()
            for block in _closed(self.pile.pop()):
                self._add(block)
            self.leaf = "p"

    def _boundary(self) -> None:
        if self._flush() and self.leaf != "pre":
            self.leaf = "p"

    def _flush(self) -> bool:
        if not self.run:
            return False
        spans, self.run = self.run, []
        before = len(self.pile[-1].blocks)
        if self.leaf == "pre":
            self._flush_pre(spans)
        else:
            for paragraph in paragraphs_of(spans):
                if self.leaf in {"h2", "h3"}:
                    paragraph = [Span("text", " ", s.marks) if s.kind == "br" else s for s in paragraph]
                only_images = all(span.kind != "text" or span.text == " " for span in paragraph)
                kind = "image" if only_images and self.leaf == "p" else self.leaf
                self._add(_Block(kind, f"<{self.leaf}>{inline(paragraph)}</{self.leaf}>"))
        return len(self.pile[-1].blocks) > before

    def _flush_pre(self, spans: list[Span]) -> None:
        text = "".join("\n" if span.kind == "br" else span.text for span in spans if span.kind != "img")
        text = _BLANK_LINES.sub("", _LINE_END.sub("\n", text)).rstrip()
        if not INVISIBLE.fullmatch(text):
            self._add(_Block("pre", f"<pre>{html.escape(text, quote=False)}</pre>"))
        for span in spans:
            if span.kind == "img":
                self._add(_Block("image", f"<p>{inline([span])}</p>"))

    def _add(self, block: _Block) -> None:
        box = self.pile[-1]
        if box.name in _LISTS and block.kind != "li":
            block = _cell("li", "", [block])
        if box.name in {"tr", "table"} and block.kind not in {"td", "th", "tr"}:
            block = _cell("td", "", [block])
        if box.name == "table" and block.kind != "tr":
            block = _Block("tr", f"<tr>{block.html}</tr>", (block,))
        box.blocks.append(block)

    def _marks(self) -> Marks:
        return Marks(self.href, self.strong > 0, self.em > 0)


def _closed(box: _Box) -> list[_Block]:
    """What a finished box leaves in the one below it."""
    name, inside = box.name, box.blocks
    if name in _CELLS:
        cell = _cell(name, box.attributes, inside)
        return [cell] if inside or name in {"td", "th"} else []
    if name == "tr" and not any(cell.parts for cell in inside):
        return []
    if name == "table":
        cells = [cell for row in inside for cell in row.parts]
        if len(cells) == 1:  # a table of one cell is there for its looks
            return list(cells[0].parts)
    if name == "figure":
        if not any("<img " in block.html for block in inside):
            return [part for block in inside for part in (block.parts if block.kind == "figcaption" else [block])]
        inside = [_Block("image", b.html[3:-4]) if b.kind == "image" else b for b in inside]
    if not inside:
        return []
    return [_Block(name, f"<{name}>{''.join(block.html for block in inside)}</{name}>", tuple(inside))]


def _cell(name: str, attributes: str, inside: list[_Block]) -> _Block:
    """A list item, table cell or caption; its paragraph goes bare when it is the first and the only one."""
    plain = [block for block in inside if block.kind in {"p", "image"}]
    pieces = [block.html for block in inside]
    if len(plain) == 1 and inside[0] is plain[0]:
        pieces[0] = pieces[0][3:-4]
    return _Block(name, f"<{name}{attributes}>{''.join(pieces)}</{name}>", tuple(inside))


def _spans_of_cell(rest: str) -> str:
    attributes = _attributes(rest)
    kept = ""
    for name in ("colspan", "rowspan"):
        value = attributes.get(name, "").strip()
        if re.fullmatch(r"[1-9][0-9]{0,2}", value) and value != "1":
            kept += f' {name}="{value}"'
    return kept


def _attributes(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(rest):
        name, *values = match.groups()
        value = next((v for v in values if v is not None), "")
        found.setdefault(name.lower(), UNSAFE.sub("", _REFERENCE.sub(lambda m: html.unescape(m[0]), value)))
    return found


def _measure(source: str) -> None:
    if len(source) > LARGEST:
        raise TooLarge(
            "This text is too long: %(length)s characters, and %(limit)s at most can be kept. Send it in parts.",
            length=len(source),
            limit=LARGEST,
        )
    if source.count("<") > MOST_TAGS:
        raise TooLarge("This text holds more than %(limit)s tags. Send it as plain text, or in parts.", limit=MOST_TAGS)


def _stands(canonical: str) -> bool:
    """nh3's verdict on the finished tags. Text is left out: it holds no `<`, and nh3 is slow on many references."""
    skeleton = _TEXT.sub(">x<", canonical)
    return _sanitised(skeleton) == skeleton


@lru_cache(maxsize=4096)
def _is_allowed(tag: str) -> bool:
    return _sanitised(tag) == tag


def _sanitised(source: str) -> str:
    return nh3.clean(
        source,
        tags=_TAGS,
        clean_content_tags=set(),
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel=None,
    )
