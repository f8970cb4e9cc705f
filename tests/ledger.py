"""All that stands in the database, to see that nothing was changed but what was meant to be."""

from desk import models
from desk.store import Store

Ledger = dict[str, list[str]]
TABLES = tuple(table.name for table in models.metadata.sorted_tables)  # what is pointed to comes first


def everything(store: Store) -> Ledger:
    """Every row of every table."""
    with store.read() as session:
        return {
            table: sorted(repr(tuple(row)) for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}"))
            for table in TABLES
        }


def changed(before: Ledger, after: Ledger) -> set[str]:
    """The tables whose rows differ."""
    return {table for table in after if before[table] != after[table]}
