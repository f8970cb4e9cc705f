"""The `@task` wrapper: what every task has in common, so that a task itself is one verb."""

import functools
from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from sqlalchemy.exc import DBAPIError

from desk.db import is_down, is_lost_race

log = structlog.get_logger()


def task(name: str, *, seconds: int) -> Callable[[Callable[..., Any]], Any]:
    """Register a task of this name with a hard limit of `seconds`. Unknown arguments of a newer release are ignored.

    No retry: a row's next due time is the retry. A database that is down is logged, and the next tick comes.
    """

    def wrap(act: Callable[..., Any]) -> Any:
        known = act.__code__.co_varnames[: act.__code__.co_argcount]

        @shared_task(name=name, time_limit=seconds, soft_time_limit=max(1, seconds - 5), ignore_result=True, bind=True)
        @functools.wraps(act)
        def run(self: Any, *args: Any, **kwargs: Any) -> None:
            with structlog.contextvars.bound_contextvars(task=name, task_id=self.request.id):
                try:
                    act(*args[: len(known)], **{key: value for key, value in kwargs.items() if key in known})
                except DBAPIError as error:
                    if not (is_down(error) or is_lost_race(error)):
                        raise
                    log.warning("the database does not answer; the next tick tries again", error=str(error.orig))

        return run

    return wrap
