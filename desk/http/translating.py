"""Sentences in the reader's language: what Flask-Babel does, without its asking who reads at every single one.

A board says thousands of sentences. The language is the visit's, a catalogue is read once a process, and a sentence
that nothing is put into is made ready for a page once.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import g
from jinja2 import Environment
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup, escape

from desk.newsroom.wording import translations

SENTENCES = 4096  # more than there are: msgids are written in the code, never typed


def later(msgid: str) -> str:
    """Marks a sentence for the catalogue; it is translated where it is said."""
    return msgid


def gettext(msgid: str, /, **params: object) -> str:
    """The sentence in the reader's language, with `params` put in."""
    said = translations(_language()).gettext(msgid)
    return said % params if params else said


def ngettext(one: str, many: str, num: int, /, **params: object) -> str:
    """The sentence for that number of things, with `num` and `params` put in."""
    return translations(_language()).ngettext(one, many, num) % {"num": num, **params}


def install(env: Environment) -> None:
    """Have templates say `_`, `gettext` and `ngettext` by this module, in place of what Jinja's extension put there."""
    env.globals.update({"_": _say, "gettext": _say, "ngettext": _count})


@pass_eval_context
def _say(context: EvalContext, msgid: str, /, **params: object) -> str:
    if not params:
        return _ready(_language(), msgid, context.autoescape)
    return _filled(translations(_language()).gettext(msgid), params, context.autoescape)


@pass_eval_context
def _count(context: EvalContext, one: str, many: str, num: int, /, **params: object) -> str:
    said = translations(_language()).ngettext(one, many, num)
    return _filled(said, {"num": num, **params}, context.autoescape)


@lru_cache(maxsize=SENTENCES)
def _ready(language: str, msgid: str, autoescape: bool) -> str:
    return _filled(translations(language).gettext(msgid), {}, autoescape)


def _filled(said: str, params: Mapping[str, Any], autoescape: bool) -> str:
    """A sentence is markup of ours; on a page that escapes, what is put into it is escaped, as Jinja does it."""
    if not autoescape:
        return said % params
    safe = {name: value if type(value) is int else escape(value) for name, value in params.items()}
    return Markup(said % safe)  # noqa: S704  # the sentence stands in the code or its catalogue


def _language() -> str:
    try:
        return str(g.visit.language)
    except (AttributeError, RuntimeError):  # no request, or one that has not begun
        return "en"
