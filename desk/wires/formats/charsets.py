"""From bytes to text, whatever the bytes, the declaration and the server say about each other.

In this order: a byte order mark; the zeros of UTF-16 and UTF-32; a declared East Asian encoding, where the bytes keep
to it; UTF-8, where they keep to that, whatever is declared (text in another encoding hardly ever does by chance); the
charset of the HTTP header, unless it is that header's mere default and the declaration says more; the declaration.
What nothing explains is guessed from the feed's language and from the letters that would come out. Latin-1 is read as
Windows-1252, and single bytes of it within UTF-8 are mended, as feeds glued together have them.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator

_SAMPLE = 64_000
_FEW = 20

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ZEROS = (
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"(?:\s\0)*<\0[^\0]"), "utf-16-le"),
    (re.compile(rb"(?:\0\s)*\0<\0"), "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_EBCDIC = b"\x4c\x6f\xa7\x94"
_LANGUAGE = re.compile(rb"<(?:\w+:)?language[^>]{0,99}>\s*([a-z]{2})\b|\blang=[\"']([a-z]{2})\b", re.IGNORECASE)

_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "big5": "big5hkscs", "iso2022_jp": "iso2022_jp_ext",
}  # fmt: skip
_SPELT = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "ks_c_5601-1987": "cp949", "x-big5": "big5hkscs",
          "windows-31j": "cp932", "x-cp1251": "cp1251", "x-cp1252": "cp1252", "x-mac-cyrillic": "mac_cyrillic",
          "utf8mb4": "utf-8", "unicode": "utf-8"}  # fmt: skip
_EAST_ASIAN = frozenset(
    {"gb18030", "hz", "cp932", "euc_jp", "cp949", "johab", "big5hkscs", "iso2022_jp_ext", "iso2022_kr"}
)
_NO_TEXT = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})

_BY_LANGUAGE = {
    "ru uk be bg sr mk kk ky mn": ("cp1251", "koi8_u", "iso8859_5", "cp866"), "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5hkscs"), "ko": ("cp949",), "el": ("cp1253",), "he iw": ("cp1255",),
    "ar fa ur": ("cp1256",), "th": ("cp874",), "tr az": ("cp1254",), "lt lv et": ("cp1257",), "vi": ("cp1258",),
    "pl cs sk hu ro hr sl bs sq": ("cp1250", "iso8859_2"),
}  # fmt: skip
_FREQUENT = {
    "cp1251": "оеаинтсрвлкмдпуяіьы", "koi8_u": "оеаинтсрвлкмдпуяіьы", "iso8859_5": "оеаинтсрвлкмдпуяіьы",
    "cp866": "оеаинтсрвлкмдпуяіьы", "cp1253": "αοιετσνηρπκάόίές", "cp1255": "יוהלאתרשנמבדק",
    "cp1256": "اليمنوترهبدعس", "cp874": "านรอกเงมยลวดทสต",
    "cp1250": "ąćęłńśźżáéíóúýčďěňřšťůžöüőűăâîșț", "iso8859_2": "ąćęłńśźżáéíóúýčďěňřšťůžöüőűăâîșț",
}  # fmt: skip
_UNHINTED = (
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"),
    *("cp1251", "koi8_u", "iso8859_5", "cp866", "cp1253", "cp1255", "cp1256", "cp874"),
)
_HANZI = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
_HANZI_OLD = "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後"


def decode(data: bytes, charset: str | None = None) -> str:
    """The text of `data`, without its byte order mark; `charset` is what the HTTP header said. Never fails."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _forgiving(data[len(bom) :], name)
    for zeros, name in _ZEROS:
        if zeros.match(data):
            return _forgiving(data, name)
    if data.startswith(_EBCDIC):
        data = data.decode("cp037").encode()
    declared, sent = _codec(_declaration(data)), _codec(charset)
    if b"\x1b$" in data and declared in (None, "utf-8"):
        declared = "iso2022_jp_ext"
    for candidate in _candidates(declared, sent):
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            if candidate == "cp1252":
                return data.decode(candidate, "desk-latin1")
    for said in (declared, sent):
        if said in _EAST_ASIAN:
            return data.decode(said, "replace")
    return _guess(data, declares_utf8="utf-8" in (declared, sent))


def _declaration(data: bytes) -> str | None:
    match = _DECLARED.search(data[:2048])
    return match[1].decode("ascii") if match else None


def _codec(name: str | None) -> str | None:
    """Python's name of the encoding, the wider one where two share a name; None for what is none."""
    spelt = (name or "").strip().strip("\"'").lower()
    try:
        found = codecs.lookup(_SPELT.get(spelt, spelt)).name if spelt else None
        if found is None or found in _NO_TEXT or found.startswith(("utf-16", "utf-32")):
            return None  # zeros would have shown these
        b"".decode(found)
    except (LookupError, ValueError):
        return None
    return _WIDER.get(found, found).replace("utf-8-sig", "utf-8")


def _candidates(declared: str | None, sent: str | None) -> Iterator[str]:
    yield from (name for name in (declared, sent) if name in _EAST_ASIAN)
    yield "utf-8"
    says_nothing = sent == "cp1252" and declared not in (None, "utf-8")
    yield from (name for name in ((declared, sent) if says_nothing else (sent, declared)) if name and name != "utf-8")


def _forgiving(data: bytes, name: str) -> str:
    if name == "utf-8":
        return data.decode(name, "desk-stray")
    return data.decode(name, "replace").rstrip("\ufffd")


def _guess(data: bytes, *, declares_utf8: bool) -> str:
    mended = data.decode("utf-8", "desk-stray")
    if declares_utf8:
        strays = sum(map(data[:_SAMPLE].decode("utf-8", "desk-mark").count, ("\ufffd",)))
        if 2 * strays < sum(c > "\x7f" for c in mended[:_SAMPLE]):
            return mended
    sample = re.sub(rb"<[^>]*>", b" ", data)[:_SAMPLE]
    match = _LANGUAGE.search(data[:_SAMPLE])
    language = (match[1] or match[2]).decode().lower() if match else ""
    hinted = next((names for key, names in _BY_LANGUAGE.items() if language and language in key.split()), ())
    letters = sum(65 <= byte | 32 <= 122 for byte in sample if byte < 0x80) or 1
    foreign = sum(byte >= 0x80 for byte in sample)
    if not hinted and (foreign < _FEW or foreign < letters * 0.6):
        return mended
    names = hinted or _UNHINTED
    score, best = max(((_likely(sample, name), name) for name in names), key=lambda pair: pair[0])
    return data.decode(best, "replace") if score > 0 or hinted else mended


def _likely(sample: bytes, name: str) -> float:
    """How much of the sample would be frequent letters of a language; 0 where it breaks the encoding."""
    text = sample.decode(name, "replace")
    letters = [c for c in text if c > "\x7f"]
    if not letters or text.count("\ufffd") > 1 + len(letters) // 50:
        return 0.0
    if name in _FREQUENT:
        return (
            sum(map(Counter(letters).__getitem__, _FREQUENT[name])) / len(letters) * (0.7 if name != "cp1251" else 0.71)
        )
    kana = sum("\u3041" <= c <= "\u30fa" for c in letters) / len(letters)
    if name in {"cp932", "euc_jp"}:
        narrow = sum("\uff61" <= c <= "\uff9f" for c in letters) / len(letters)
        return min(1.0, 2.5 * kana) - narrow
    if name == "cp949":
        return sum("\uac00" <= c <= "\ud7a3" and 0xB0 <= c.encode(name)[0] <= 0xC8 and len(c.encode(name)) == 2
                   and c.encode(name)[1] > 0xA0 for c in letters) / len(letters)  # fmt: skip
    frequent = _HANZI if name == "gb18030" else _HANZI_OLD
    return min(0.99, 4 * sum(c in frequent for c in letters) / len(letters))


def _stray(error: UnicodeError) -> tuple[str, int]:
    """One byte that is not UTF-8 is Windows-1252; a character cut off by the end of the data is dropped."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - the registry's type is wider than what calls us
    if error.end == len(error.object) and error.reason == "unexpected end of data":
        return "", error.end
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", "desk-latin1"), error.start + 1


def _latin1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - as above
    return error.object[error.start : error.end].decode("latin-1"), error.end


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - as above
    return "\ufffd", error.start + 1


codecs.register_error("desk-stray", _stray)
codecs.register_error("desk-latin1", _latin1)
codecs.register_error("desk-mark", _mark)
