"""XML that is none, made into some: what feeds get wrong, put right before the parser sees it.

Stray ampersands, HTML's named characters, attributes without quotes, HTML tags left open inside a field, end tags
that match nothing, items that never end, text cut off in the middle, anything after the end of the feed.
"""

import html
import re
from collections import Counter
from html.entities import html5

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


def mend(text: str) -> str:
    """`text`, which begins with its root's start tag, as XML in which every tag has its mate."""
    out: list[str] = []
    pile: list[str] = []
    dropped: Counter[str] = Counter()
    at = 0
    for token in _TOKEN.finditer(text):
        out.append(_text(text[at : token.start()]))
        at = token.end()
        name = token["name"]
        if token["cdata"] is not None:
            out.append(html.escape(token["cdata"], quote=False))
        elif name and token["end"]:
            if dropped[name.lower()]:
                dropped[name.lower()] -= 1
            else:
                _close(name.lower(), pile, out)
            if not pile:
                return "".join(out)
        elif name:
            if name.lower() in _REPEATED:
                _close(name.lower(), pile, out)
            attributes = _attributes(token["rest"])
            alone = (
                token["alone"] or name.lower() in _VOID or (name.lower().endswith("link") and " href=" in attributes)
            )
            if alone:
                out.append(f"<{name}{attributes}/>")
            elif len(pile) < _DEEPEST:
                pile.append(name)
                out.append(f"<{name}{attributes}>")
            else:
                dropped[name.lower()] += 1
    out.append(_text(text[at:]))
    out += [f"</{name}>" for name in reversed(pile)]
    return "".join(out)


def _close(name: str, pile: list[str], out: list[str]) -> None:
    """End what is open down to the innermost of this name; nothing where none is."""
    if name in (open_name.lower() for open_name in pile):
        while True:
            closed = pile.pop()
            out.append(f"</{closed}>")
            if closed.lower() == name:
                break


def _text(text: str) -> str:
    return _references(text).replace("<", "&lt;").replace("]]>", "]]&gt;")


def _attributes(rest: str) -> str:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(rest):
        value = next((value for value in values if value), "")
        found.setdefault(name, _references(value).replace("<", "&lt;").replace('"', "&quot;"))
    return "".join(f' {name}="{value}"' for name, value in found.items())


def _references(text: str) -> str:
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(match: re.Match[str]) -> str:
    name = match[1]
    if name is None or not (name[0] == "#" or f"{name};" in html5):
        return "&amp;" + match[0][1:]
    character = html.unescape(match[0])
    return html.escape(_ILLEGAL.sub("", character)) if character != "\ufffd" else ""
