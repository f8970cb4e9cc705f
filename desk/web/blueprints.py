"""Every page of the desk, in one list."""

from collections.abc import Iterator

from flask import Blueprint

from desk.web import (
    account,
    approvals,
    assignments,
    board,
    door,
    finding,
    framing,
    health,
    licensees,
    mail,
    mine,
    outbox,
    people,
    publishing,
    readback,
    republication,
    settings,
    stories,
    wire,
    writing,
)

MODULES = (
    health, door, board, mine, stories, framing, publishing, assignments, readback, writing, approvals, finding, mail,
    outbox, people, settings, account, licensees, republication, wire,
)  # fmt: skip


def blueprints() -> Iterator[Blueprint]:
    """The blueprints that the app registers."""
    for module in MODULES:
        yield module.pages
