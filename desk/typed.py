"""Copy as it is typed in a plain textarea, with light marks, to canonical HTML and back.

Paragraphs are parted by blank lines; a single line end is a line break. `## ` opens a heading, `### ` a smaller one,
`> ` a quotation, `- ` or `1. ` a list; `**strong**`, `*em*`, `[words](https://…)`, `![caption](https://…)`. A
backslash before a mark makes it plain. HTML that is typed is text, `<b>` stays `<b>`; only a paragraph that is one
whole block (`<table>…</table>`) is read as HTML, and what light marks can't say is shown that way.
"""

import html
import re

from desk.markup import blocks, clean_html
from desk.spans import Marks, Span, attribute, image, inline, paragraphs_of, web_address

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_WHOLE_BLOCK = re.compile(r"<(p|h2|h3|table|figure|pre|ul|ol|blockquote)>.*</\1>", re.DOTALL)
_HEADING = re.compile(r"(#{2,3}) (.*)")
_NUMBER = re.compile(r"[0-9]{1,3}\. ")
_MARK = re.compile(
    r"\\(?P<plain>[\\*\[\]<>#!.-])"
    r"|(?P<stars>\*++)"
    r"|(?P<bracket>!?\[)"
    r"|\]\((?P<address>(?:[^\s()]|\([^\s()]*+\))++)\)"
    r"|(?P<line>\n)"
)
_STARS: dict[int, tuple[str, ...]] = {1: ("em",), 2: ("strong",), 3: ("strong", "em")}
_TAG = re.compile(r"<(/?)(\w+)([^>]*)>")
_OPENS_BLOCK = re.compile(r"(?=#{2,3} |> |- |>$)", re.MULTILINE)
_EAST_ASIAN = 0x2E80


def paragraphs_to_html(typed: str) -> str:
    """What a correspondent typed, with whatever line ends, as canonical HTML. Raises `TooLarge`, as `clean_html`."""
    text = _LINE_END.sub("\n", typed).strip()
    return clean_html("\n".join(_block(paragraph.strip()) for paragraph in _BLANK_LINES.split(text)))


def html_to_paragraphs(canonical: str) -> str:
    """Canonical HTML as the text to type; `paragraphs_to_html` gives back the same HTML."""
    return "\n\n".join(_typed(block) for block in blocks(canonical))


def _block(text: str) -> str:
    if _WHOLE_BLOCK.fullmatch(text):
        return clean_html(text)
    headings = ""
    while (heading := _HEADING.match(text)) is not None:
        headings += _leaf("h2" if heading[1] == "##" else "h3", heading[2])
        text = text[heading.end() :].strip()
    if not text:
        return headings
    return headings + _body(text)


def _body(text: str) -> str:
    lines = text.split("\n")
    if all(line.startswith("> ") or line.strip() == ">" for line in lines):
        quoted = _BLANK_LINES.split("\n".join(line[1:].strip() for line in lines).strip())
        return f"<blockquote>{''.join(_leaf('p', paragraph) for paragraph in quoted)}</blockquote>"
    if all(line.startswith("- ") for line in lines):
        return f"<ul>{''.join(_leaf('li', line[2:]) for line in lines)}</ul>"
    if all(_NUMBER.match(line) for line in lines):
        return f"<ol>{''.join(_leaf('li', _NUMBER.sub('', line, count=1)) for line in lines)}</ol>"
    return _leaf("p", text)


def _leaf(tag: str, text: str) -> str:
    return "".join(f"<{tag}>{inline(paragraph)}</{tag}>" for paragraph in paragraphs_of(_spans(text)))


def _spans(text: str) -> list[Span]:
    """Light marks as spans: first which marks pair off, then the runs between them; a mark without a mate is text."""
    tokens = list(_MARK.finditer(text))
    mates = _paired(text, tokens)
    spans: list[Span] = []
    strong = em = False
    href: str | None = None
    alt: list[str] | None = None
    at = 0
    for number, token in enumerate(tokens):
        plain = text[at : token.start()]
        at = token.end()
        mated = mates.get(number, {})
        if token["plain"]:
            plain += token["plain"]
        elif token["stars"] and alt is None:
            plain += "*" * (len(token["stars"]) - sum({"em": 1, "strong": 2}[kind] for kind in mated))
        elif not (mated or token["line"]) or (alt is not None and not token["address"]):
            plain += token[0]
        if alt is not None:
            alt.append(plain)
        elif plain:
            spans.append(Span("text", plain, Marks(href, strong, em)))
        if token["line"] and alt is None:
            spans.append(Span("br", "", Marks(href, strong, em)))
        if alt is None:
            strong ^= "strong" in mated
            em ^= "em" in mated
        if "link" in mated:
            href = None if token["address"] else mated["link"]
        if "image" in mated:
            if token["address"]:
                spans.append(Span("img", image(mated["image"], "".join(alt or ())), Marks(href, strong, em)))
            alt = None if token["address"] else []
    spans.append(Span("text", text[at:], Marks(href, strong, em)))
    return [span for span in spans if span.text or span.kind == "br"]


def _paired(text: str, tokens: list[re.Match[str]]) -> dict[int, dict[str, str]]:
    """For each token that has a mate, what it opens or closes (strong, em, link, image) and the address."""
    mates: dict[int, dict[str, str]] = {}
    waiting: dict[str, int] = {}
    bracket: int | None = None
    for number, token in enumerate(tokens):
        if token["bracket"]:
            bracket = number
        elif token["address"] and bracket is not None:
            kind = "image" if tokens[bracket]["bracket"] == "![" else "link"
            schemes = ("http", "https") if kind == "image" else ("http", "https", "mailto")
            if address := web_address(token["address"], schemes=schemes):
                mates[bracket] = mates[number] = {kind: address}
            bracket = None
        elif kinds := _STARS.get(len(token["stars"] or "")):
            before, after = text[token.start() - 1 : token.start()], text[token.end() : token.end() + 1]
            if all(kind in waiting for kind in kinds) and before.strip() and not _within_word(after):
                for kind in kinds:
                    mates.setdefault(waiting.pop(kind), {})[kind] = ""
                    mates.setdefault(number, {})[kind] = ""
            elif not any(kind in waiting for kind in kinds) and after.strip() and not _within_word(before):
                waiting.update(dict.fromkeys(kinds, number))
    return mates


def _within_word(character: str) -> bool:
    return character.isalnum() and ord(character) < _EAST_ASIAN


def _typed(block: str) -> str:
    """A block's text: bare if it then reads back as the same block, else with backslashes, else as HTML."""
    for escape in (False, True):
        text = _lines(block, escape=escape)
        if text and not _BLANK_LINES.search(text) and clean_html(_block(text)) == block:
            return text
    return block.replace("\n", "<br>")


def _lines(block: str, *, escape: bool) -> str | None:
    tag, inside = block[1 : block.index(">")], block[block.index(">") + 1 : block.rindex("<")]
    if tag in {"p", "h2", "h3"}:
        text = _marked(inside, escape=escape)
        return {"p": "", "h2": "## ", "h3": "### "}[tag] + text if text is not None else None
    if tag in {"ul", "ol"}:
        items = [_marked(item, escape=escape) for item in inside[4:-5].split("</li><li>")]
        marks = ["- " if tag == "ul" else f"{number}. " for number in range(1, len(items) + 1)]
        return "\n".join(f"{mark}{item}" for mark, item in zip(marks, items, strict=True))
    if tag == "blockquote":
        paragraphs = [_marked(paragraph, escape=escape) for paragraph in inside[3:-4].split("</p><p>")]
        return "\n>\n".join("> " + str(paragraph).replace("\n", "\n> ") for paragraph in paragraphs)
    return None


def _marked(inside: str, *, escape: bool) -> str | None:
    """Inline HTML with light marks; None where it holds more than they can say."""
    out: list[str] = []
    hrefs: list[str] = []
    at = 0
    for tag in _TAG.finditer(inside):
        out.append(_plain(inside[at : tag.start()], escape=escape))
        at = tag.end()
        ends, name, rest = tag.groups()
        if name == "br":
            out.append("\n")
        elif name in {"strong", "em"}:
            out.append("**" if name == "strong" else "*")
        elif name == "img":
            src, alt = (html.unescape(value) for value in re.findall(r'"([^"]*)"', rest))
            out.append(f"![{_plain(attribute(alt), escape=escape)}]({src})")
        elif name == "a":
            if not ends:
                hrefs.append(html.unescape(rest[7:-1]))
            out.append(f"]({hrefs.pop()})" if ends else "[")
        else:
            return None
    out.append(_plain(inside[at:], escape=escape))
    text = "".join(out)
    if escape:
        text = _NUMBER.sub(lambda m: m[0].replace(".", "\\."), _OPENS_BLOCK.sub(r"\\", text), count=1)
    return text


def _plain(escaped: str, *, escape: bool) -> str:
    text = html.unescape(escaped)
    return re.sub(r"[\\*\[\]<!]", r"\\\g<0>", text) if escape else text
