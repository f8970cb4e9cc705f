"""XML that is none, made into some: what feeds get wrong, put right before the parser sees it.

Stray ampersands, HTML's named characters, attributes without quotes, HTML tags left open inside a field, end tags
that match nothing, items that never end, text cut off in the middle, anything after the end of the feed.
"""

import html
import re
from collections import Counter
from html.entities import html5
from itertools import islice

from desk.errors import Unreadable

_TOKEN = re.compile(
    r"""<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
      | <!--.*?(?:-->|\Z)
      | <[!?][^>]*+>?
      | <(?P<end>/?)(?P<name>[A-Za-z_][\w.:-]*+)(?=[\s/>])
        (?P<rest>(?:[^<>"'=/]|=\s*+(?:"[^"<]*+"|'[^'<]*+')?+|["'/](?!>)|["'])*+)(?P<alone>/?)>
      | <[A-Za-z_/!?][^<>]*+\Z""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\W\d][\w.:-]*+)\s*+(?:=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?+""")
_REFERENCE = re.compile(r"&(?:(#[0-9]{1,9}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{0,31});)?")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"br", "hr", "img", "input", "meta", "col", "area", "embed", "wbr", "param"})
_REPEATED = frozenset({"item", "entry"})
_DEEPEST = 200
MOST = 250_000
_MOST_ATTRIBUTES = 1_000  # of one tag


def mend(text: str) -> str:
    """`text`, which begins with its root's start tag, as XML in which every tag has its mate.

    Raises `Unreadable` where there are more than `MOST` tags, references and attributes to be seen to: that takes long.
    """
    out: list[str] = []
    pile: list[tuple[str, str]] = []  # what is open: its name, and that in lower case
    still_open: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    at = work = 0

    def close(name: str) -> None:
        """End what is open down to the innermost of this name; nothing where none is."""
        while still_open[name]:
            closed, lower = pile.pop()
            out.append(f"</{closed}>")
            still_open[lower] -= 1
            if lower == name:
                break

    for token in _TOKEN.finditer(text):
        cdata, end, name, rest, alone = token.groups()
        work += 1 + text.count("&", at, token.start() if cdata is not None else token.end())
        if work > MOST:
            raise _endless()
        if token.start() > at:
            out.append(_text(text[at : token.start()]))
        at = token.end()
        if cdata is not None:
            out.append(html.escape(cdata, quote=False))
        elif not name:
            continue
        elif end:
            lower = name.lower()
            if dropped[lower]:
                dropped[lower] -= 1
            else:
                close(lower)
            if not pile:
                return "".join(out)
        else:
            lower = name.lower()
            if lower in _REPEATED:
                close(lower)
            found = _attributes(rest) if rest else {}
            work += len(found)
            attributes = "".join(f' {key}="{value}"' for key, value in found.items())
            if alone or lower in _VOID or (lower.endswith("link") and "href" in found):
                out.append(f"<{name}{attributes}/>")
            elif len(pile) < _DEEPEST:
                pile.append((name, lower))
                still_open[lower] += 1
                out.append(f"<{name}{attributes}>")
            else:
                dropped[lower] += 1
    if work + text.count("&", at) > MOST:
        raise _endless()
    out.append(_text(text[at:]))
    out += [f"</{name}>" for name, _ in reversed(pile)]
    return "".join(out)


def _endless() -> Unreadable:
    return Unreadable(
        "This is not XML, and there is too much in it to mend: more than %(most)s tags, references and attributes. Ask "
        "the sender for a file without errors, or for a shorter one.",
        most=MOST,
    )


def _text(text: str) -> str:
    return _references(text).replace("<", "&lt;").replace("]]>", "]]&gt;")


def _attributes(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in islice(_ATTRIBUTE.finditer(rest), _MOST_ATTRIBUTES):
        name, *values = match.groups()
        value = next((value for value in values if value), "")
        found.setdefault(name, _references(value).replace("<", "&lt;").replace('"', "&quot;"))
    return found


def _references(text: str) -> str:
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name is None or not (name[0] == "#" or f"{name};" in html5):
        return "&amp;" + match[0][1:]
    character = html.unescape(match[0])
    return html.escape(_ILLEGAL.sub("", character)) if character != "\ufffd" else ""
