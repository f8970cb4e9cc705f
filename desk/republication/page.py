"""The republication text: what a licensee copies, as plain text and as clean HTML. Pure.

Paragraph by paragraph: headline, byline, the dateline run on into the first paragraph of the body, copyright line,
and the abstracts of other stories.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from desk import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Republished:
    """One edition as it is to be printed. `bylines` are (name, title), as they are written; `body_html` is canonical;
    `year` is the edition's; `abstracts` are of other stories, newest first."""

    agency: str
    first_year: int
    year: int
    permission_sentence: str
    headline: str
    bylines: Sequence[tuple[str, str]]
    places: Sequence[str]
    body_html: str
    language: str = "en"
    abstracts: Sequence[str] = ()


def plain(of: Republished) -> str:
    """The text to copy: paragraphs parted by blank lines, one line end at the end."""
    body = text.plain_text(body_with_dateline(of.body_html, of.places, of.agency))
    return "\n\n".join([of.headline, byline(of), *([body] if body else []), copyright_line(of), *_more(of)]) + "\n"


def html(of: Republished) -> str:
    """The same as clean HTML, one block a line: nothing in it but what a page of theirs can take.

    The article bears its language and direction; a line that runs the other way, such as a copyright line in English
    under a text in Arabic, bears its own.
    """
    title, *abstracts = _more(of) or [""]
    lines = [
        f'<article lang="{escape(of.language)}" dir="{text.direction(of.language)}">',
        f"<h1>{escape(of.headline, quote=False)}</h1>",
        _block("p", byline(of), of),
        *text.blocks(body_with_dateline(of.body_html, of.places, of.agency)),
        _block("p", copyright_line(of), of),
        *([_block("h2", title, of)] if title else []),
        *(_block("p", abstract, of) for abstract in abstracts),
        "</article>",
    ]
    return "\n".join(lines) + "\n"


def byline(of: Republished) -> str:
    """`By Olena Demchuk, Black Sea Correspondent Meridian News`: names, titles and agency as they are written."""
    writers = [", ".join(part for part in (name.strip(), title.strip()) if part) for name, title in of.bylines]
    writers = [writer for writer in writers if writer]
    if not writers:
        return f"By {of.agency}"
    names = " and ".join(part for part in (", ".join(writers[:-1]), writers[-1]) if part)
    without_title = not of.bylines[-1][1].strip()
    return f"By {names}{',' if without_title else ''} {of.agency}"


def copyright_line(of: Republished) -> str:
    """`Copyright 1999-2026 Meridian News. ` and the sentence that says where it came from and that it is permitted."""
    years = str(of.year) if of.first_year >= of.year else f"{of.first_year}-{of.year}"
    return f"Copyright {years} {of.agency}. {of.permission_sentence}".strip()


def body_with_dateline(body_html: str, places: Sequence[str], agency: str) -> str:
    """The canonical body with its dateline run on into the first paragraph, unless it opens with that already."""
    line = text.dateline(places, agency)
    if not line or text.first_paragraph(body_html).casefold().startswith(line.casefold()):
        return body_html
    blocks = text.blocks(body_html)
    first = next((n for n, block in enumerate(blocks) if block.startswith("<p>")), None)
    marked = escape(line, quote=False)
    if first is None:
        blocks.insert(0, f"<p>{marked}</p>")
    else:
        blocks[first] = f"<p>{marked} {blocks[first].removeprefix('<p>')}"
    return "\n".join(blocks)


def _block(tag: str, words: str, of: Republished) -> str:
    runs = text.direction_of(words)
    other = f' dir="{runs}"' if runs not in (None, text.direction(of.language)) else ""
    return f"<{tag}{other}>{escape(words, quote=False)}</{tag}>"


def _more(of: Republished) -> list[str]:
    abstracts = [" ".join(abstract.split()) for abstract in of.abstracts]
    abstracts = [abstract for abstract in abstracts if abstract]
    return [f"More {of.agency}", *abstracts] if abstracts else []
