"""The Celery app: every setting with its reason.

Messages are doorbells. The work is rows in the database, found by the ticker (which needs no broker) and by beat;
a bell only makes it prompt. So nothing here tries to make the broker safe: any message may be lost.
"""

import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import worker_process_init, worker_shutting_down

from desk import logs
from desk.settings import Settings
from workers import stopping, stores
from workers.schedule import SCHEDULE
from workers.ticker import Ticker

settings = Settings.or_exit()
logs.install()
warnings.filterwarnings("ignore", category=SecurityWarning)  # it is about pickle, which is not accepted here

app = Celery("workers", broker=settings.redis_url or "redis://127.0.0.1:6379/0")
app.conf.update(
    imports=("workers.deliver_tasks", "workers.fetch_tasks", "workers.desk_tasks"),
    task_ignore_result=True,  # nobody waits for a bell's answer, and result objects print tracebacks at exit
    task_acks_late=False,  # a lost bell costs a tick; a doubled one would cost a claim that finds nothing
    task_serializer="json",
    accept_content=["json"],  # ids in, and nothing that could be code
    task_time_limit=120,  # every task sets its own, shorter; this is the last wall
    task_soft_time_limit=110,
    worker_prefetch_multiplier=1,  # a child busy sending must not sit on other bells
    worker_max_tasks_per_child=2000,  # memory of rendering and parsing goes back now and then
    worker_hijack_root_logger=False,  # our log lines stay as we write them
    worker_soft_shutdown_timeout=20,  # a clean stop lets hand-overs under way finish
    broker_connection_retry_on_startup=True,  # a worker without a broker still ticks
    broker_connection_max_retries=None,
    broker_transport_options={"visibility_timeout": 300, "socket_keepalive": True, "socket_timeout": 30},
    beat_schedule=SCHEDULE,
    beat_max_loop_interval=5,
    timezone="UTC",
    enable_utc=True,
)
app.steps["worker"].add(Ticker)
worker_shutting_down.connect(stopping.tell)


@worker_process_init.connect
def forget_inherited_connections(**_: object) -> None:
    """A pool child that inherited open connections would share them with its siblings."""
    stores.forget()
