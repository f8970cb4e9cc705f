"""Sentences of pages: in the reader's language, with what is put into them escaped where a page escapes."""

import gettext
from collections.abc import Iterator

import pytest
from flask import g
from jinja2 import DictLoader
from markupsafe import Markup

from desk.clock import utcnow
from desk.http import translating
from desk.http.context import Visit
from desk.http.transactions import DeskFlask
from desk.newsroom import wording
from desk.settings import Settings

pytestmark = pytest.mark.either


class Shouting(gettext.NullTranslations):
    """A language in which everything is said in capitals, but for what is put in."""

    def gettext(self, message: str) -> str:
        return message.replace("of", "OF").replace("none", "NONE")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def visit(app: DeskFlask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    plain = wording.translations
    monkeypatch.setattr(translating, "translations", lambda lang: Shouting() if lang == "xx" else plain(lang))
    with app.test_request_context():
        g.visit = Visit(settings, utcnow())
        yield g.visit
    translating._ready.cache_clear()


def rendered(app: DeskFlask, source: str, name: str = "page.html", **context: object) -> str:
    env = app.jinja_env.overlay(loader=DictLoader({name: source}))
    return env.get_template(name).render(context)


def test_what_is_put_into_a_sentence_is_escaped_once_and_the_sentence_is_not(app: DeskFlask, visit: Visit) -> None:
    source = "{{ _('100%% of %(what)s', what=what) }} {{ _('<b>none</b> 1%%') }} {{ _('%(what)s', what=safe) }}"
    page = rendered(app, source, what="<i>", safe=Markup("<u>"))
    assert page == "100% of &lt;i&gt; <b>none</b> 1% <u>"
    assert rendered(app, source, "mail.txt", what="<i>", safe="<u>") == "100% of <i> <b>none</b> 1% <u>"


def test_one_and_many_are_told_apart_and_numbers_stay_numbers(app: DeskFlask, visit: Visit) -> None:
    source = "{{ ngettext('one of %(what)s', '%(num)d of %(what)s', n, what=what) }}"
    assert [rendered(app, source, n=n, what="&") for n in (1, 3)] == ["one of &amp;", "3 of &amp;"]
    assert translating.ngettext("one", "%(num)s", 2) == "2"


def test_each_reader_gets_their_own_language_though_sentences_are_kept(app: DeskFlask, visit: Visit) -> None:
    said = []
    for language in ("en", "xx", "en"):
        visit.language = language
        said.append(rendered(app, "{{ _('none') }}"))
        said.append(translating.gettext("of %(n)s", n=1))
    assert said == ["none", "of 1", "NONE", "OF 1", "none", "of 1"]


def test_without_a_request_everything_is_said_as_it_is_written() -> None:
    assert translating.gettext("50%") == "50%"
    assert translating.gettext("of %(n)s", n=1) == "of 1"
