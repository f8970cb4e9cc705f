"""Finding rows by words: what was typed, the index over a table's words, and the clause that asks it.

A table that is searched keeps its words in columns of tokens (`desk.text.tokens`, parted by blanks). SQLite indexes
them by FTS5, kept by triggers; PostgreSQL by GIN over an array of lexemes, past its own parser. On both a word is what
`tokens` makes of it and nothing else, so that both find the same rows. A migration that makes a searched table anew
(as SQLite does to change a column) must make its triggers anew: tests/guards/test_migrations.py sees if it does not.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    column,
    event,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from desk.db import Base
from desk.text import spans, tokens

MOST_WORDS = 12
MOST_HITS = 200  # of which the best passage is chosen
A_PASSAGE = 200  # characters
BEFORE = 50  # of them, at most so many before the first word that was found
WORDS = "search_columns"

Run = tuple[bool, str]  # whether it was sought, and the text


def index(searched: FromClause, *columns: str) -> None:
    """Have the words in `columns` of a model's table indexed wherever that table is made."""
    made = cast(Table, searched)
    made.info[WORDS] = columns

    @event.listens_for(made, "after_create")
    def created(_table: Table, connection: Connection, **_: object) -> None:
        make = _fts5 if connection.dialect.name == "sqlite" else _gin
        for statement in make(made.name, columns):
            connection.exec_driver_sql(statement)


def parse(typed: str) -> tuple[str, ...]:
    """The words to find, folded as copy is, each once. Anything may be typed; of very many words the first count."""
    return tuple(dict.fromkeys(tokens(typed)))[:MOST_WORDS]


def matches(session: Session, typed: str, model: type[Base]) -> ColumnElement[bool]:
    """Every word that was typed begins a word of the row; nothing typed finds everything."""
    words = parse(typed)
    if not words:
        return true()
    searched = cast(Table, model.__table__)
    name = f"fts_{searched.name}"
    if session.get_bind().dialect.name == "sqlite":
        fts = table(name, column("rowid", BigInteger), column(name))
        found = select(fts.c.rowid).where(fts.c[name].bool_op("MATCH")(" ".join(f'"{word}"*' for word in words)))
        # the sum keeps the planner from looking up every row that has a common word, only to sort them: it goes by
        # the order that is wanted, and passes over what was not found
        return (searched.c.id + 0).in_(found)
    asked = sql_cast(" & ".join(f"'{word}':*" for word in words), TSQUERY)
    return literal_column(f"({_lexemes(searched.info[WORDS], f'{searched.name}.')})").bool_op("@@")(asked)


def has(text: str, words: Collection[str]) -> set[str]:
    """Those of these words, as `parse` gives them, that begin a word of `text`."""
    return {word for _start, _end, found in _found(text, words) for word in found}


def marked(text: str, words: Collection[str]) -> list[Run]:
    """`text` in runs: the words in it that begin with one of `words` are marked, whole. Joined they are the text."""
    runs: list[Run] = []
    told = 0
    for start, end, _words in _found(text, words):
        if start < told:  # pairs of letters overlap
            start, told = told - len(runs[-1][1]), told - len(runs.pop()[1])
        if start > told:
            runs.append((False, text[told:start]))
        runs.append((True, text[start:end]))
        told = end
    return [*runs, (False, text[told:])] if told < len(text) else runs


def passage(text: str, words: Collection[str], most: int = A_PASSAGE) -> list[Run]:
    """The stretch of plain `text`, of about `most` characters, that has the most of `words`, marked; empty if none."""
    text = " ".join(text.split())
    hits = list(islice(_found(text, words), MOST_HITS))
    if not hits:
        return []
    start, ends, _words = max(hits, key=lambda hit: len(_near(hits, hit[0], most - BEFORE)))
    begin = max(start - BEFORE, 0)
    if begin:
        begin = text.find(" ", begin, start) + 1 or begin
    end = min(begin + most, len(text))
    if end < len(text):
        blank = text.rfind(" ", ends, end)
        end = blank if blank > 0 else end
    return marked(f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}", words)


def _found(text: str, words: Collection[str]) -> Iterator[tuple[int, int, set[str]]]:
    """Where a word of `text` begins with some of `words`: start, end and those words."""
    for start, end, made in spans(text) if words else ():
        if found := {word for word in words for token in made if token.startswith(word)}:
            yield start, end, found


def _near(hits: Sequence[tuple[int, int, set[str]]], start: int, reach: int) -> set[str]:
    return {word for at, end, words in hits if at >= start and end <= start + reach for word in words}


def _fts5(of: str, columns: Sequence[str]) -> list[str]:
    """All but blanks is part of a word: `tokens` has parted them already."""
    name, listed = f"fts_{of}", ", ".join(columns)
    new, old = (", ".join(f"{row}.{one}" for one in columns) for row in ("new", "old"))
    put = f"INSERT INTO {name}(rowid, {listed}) VALUES (new.id, {new});"  # noqa: S608  # names of our own
    take = f"INSERT INTO {name}({name}, rowid, {listed}) VALUES ('delete', old.id, {old});"  # noqa: S608  # names of our own
    return [
        f"CREATE VIRTUAL TABLE {name} USING fts5({listed}, content='{of}', content_rowid='id', detail=none, "
        "prefix='1 2 3', tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")",
        f"CREATE TRIGGER {name}_put AFTER INSERT ON {of} BEGIN {put} END",
        f"CREATE TRIGGER {name}_taken AFTER DELETE ON {of} BEGIN {take} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {listed} ON {of} BEGIN {take} {put} END",
    ]


def _gin(of: str, columns: Sequence[str]) -> list[str]:
    return [f"CREATE INDEX fts_{of} ON {of} USING gin ({_lexemes(columns)})"]


def _lexemes(columns: Sequence[str], of: str = "") -> str:
    joined = " || ' ' || ".join(f"coalesce({of}{one}, '')" for one in columns)
    return f"array_to_tsvector(array_remove(string_to_array({joined}, ' '), ''))"
