"""Bytes become the text that was meant, whatever is declared about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.wires.formats.charsets import decode

COPY = {
    "ru": "Президент встретился в Москве с главой правительства и обсудил вопросы экономики",
    "ja": "東京都で行われた会議で首相は新しい政策について話しました。これは重要です。",
    "zh": "中国国家主席在北京会见了总统，双方就经济合作问题进行了讨论，他说这是一个重要的时刻",
    "zh-tw": "中國國家主席在北京會見了總統，雙方就經濟合作問題進行了討論，他說這是一個重要的時刻",
    "ko": "대통령은 서울에서 열린 회의에서 새로운 경제 정책을 발표했다고 밝혔다",
    "el": "Ο πρωθυπουργός της χώρας συναντήθηκε στην Αθήνα με τον πρόεδρο",
    "he": "ראש הממשלה נפגש בירושלים עם הנשיא החדש של המדינה",
    "ar": "اجتمع رئيس الوزراء في القاهرة مع وزير الخارجية الجديد",
    "pl": "Premier więc jeśli będzie późno żadnych źródeł są łódź",
    "fr": "Le président a été élu à Paris après l’été — « voilà »",
}
PAIRS = [
    *(("ru", name) for name in ("cp1251", "koi8-r", "iso8859_5", "cp866")),
    *(("ja", name) for name in ("cp932", "euc_jp", "iso2022_jp")),
    *(("zh", "gb18030"), ("zh-tw", "big5"), ("ko", "euc_kr"), ("el", "cp1253"), ("he", "cp1255"), ("ar", "cp1256")),
    *(("pl", "cp1250"), ("fr", "cp1252")),
]


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
def test_copy_is_read_in_the_encoding_it_declares_or_its_header_or_none_at_all(language: str, encoding: str) -> None:
    copy = COPY[language]
    declared = f'<?xml version="1.0" encoding="{encoding}"?><rss>{copy}</rss>'
    assert decode(declared.encode(encoding)) == declared
    assert decode(declared.encode(encoding), "iso-8859-1") == declared
    bare = f"<rss>{copy}</rss>"
    assert decode(bare.encode(encoding), encoding) == bare
    hinted = f"<rss><language>{language}</language>{copy}</rss>"
    assert decode(hinted.encode(encoding)) == hinted
    if language != "pl":
        assert decode(bare.encode(encoding)) == bare


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("copy", COPY.values())
def test_unicode_is_read_whatever_is_declared(copy: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="windows-1252"?><rss>{copy}</rss>'
    assert decode(text.encode(encoding)) == text
    assert decode(text.encode(encoding), "us-ascii") == text


def test_stray_bytes_within_utf_8_are_mended() -> None:
    assert decode(b"<rss>caf\xc3\xa9 \x93q\x94 caf\xe9</rss>") == "<rss>café “q” café</rss>"
    assert decode("<rss>é".encode()[:-1]) == "<rss>"


@pytest.mark.parametrize("name", ["punycode", "hex", "rot13", "idna", "zlib", "nonsense", "utf-16", "", "undefined"])
def test_a_declaration_that_is_no_encoding_is_passed_over(name: str) -> None:
    text = f'<?xml version="1.0" encoding="{name}"?><rss>é</rss>'
    assert decode(text.encode(), name) == text


@given(st.binary(), st.sampled_from([None, "utf-8", "gbk", "iso-2022-jp", "hz", "cp037", "utf-7", "\0"]))
def test_any_bytes_become_some_text(data: bytes, charset: str | None) -> None:
    assert isinstance(decode(data, charset), str)
    assert isinstance(decode(b"<?xml version='1.0' encoding='euc-jp'?>" + data, charset), str)
