"""What somebody typed to find something, parsed once, and the clause that columns of tokens must meet. No tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_, true

from desk.text import tokens

MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Query:
    """The words that must all occur, each as the beginning of a word."""

    words: tuple[str, ...]


def parse(typed: str) -> Query:
    """Read what was typed, folded as the copy is. Anything may be typed; nothing typed finds everything."""
    return Query(tuple(dict.fromkeys(tokens(typed)))[:MOST_WORDS])


def matches(query: Query, columns: Sequence[SQLColumnExpression[str]]) -> ColumnElement[bool]:
    """Every word begins a word in at least one of `columns` (each blank-separated tokens with a blank at both ends)."""
    return and_(
        true(), *(or_(*(column.contains(f" {word}", autoescape=True) for column in columns)) for word in query.words)
    )
