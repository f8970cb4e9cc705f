"""Rings doorbells: a Celery producer of its own, which never keeps a request waiting.

The broker gets 100 ms; after a failure nothing is tried for ten seconds. A bell that is not rung costs nothing but
time: the tickers look by themselves.
"""

import time

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

TIMEOUT = 0.1
CIRCUIT = 10.0
log = structlog.get_logger()


class Doorbell:
    """A `Ring` for the store, over the broker at `redis_url`."""

    def __init__(self, redis_url: str) -> None:
        self._celery = Celery("ring", broker=redis_url, set_as_current=False)
        self._celery.conf.update(
            task_ignore_result=True,
            broker_connection_timeout=TIMEOUT,
            broker_transport_options={
                "socket_timeout": TIMEOUT,
                "socket_connect_timeout": TIMEOUT,
                "max_retries": 0,  # without it a refused connection holds the caller for six seconds
            },
        )
        self._closed_until = 0.0

    def __call__(self, marked: set[tuple[str, str]]) -> None:
        if time.monotonic() < self._closed_until:
            return
        try:
            for name, argument in sorted(marked):
                self._celery.send_task(name, args=[argument], retry=False, ignore_result=True, expires=60)
        except (OperationalError, RedisError, OSError) as error:
            self._closed_until = time.monotonic() + CIRCUIT
            log.warning("the broker does not answer; workers will look by themselves", error=str(error))
