"""How gunicorn serves the desk: two processes of sixteen threads, engines made after the fork."""

import desk.app  # its modules are read once, before the fork; engines are made after it
from desk.settings import Settings

_settings = Settings.or_exit()
_ = desk.app

bind = f"{_settings.host}:{_settings.port}"
workers = 2
threads = 16
worker_class = "gthread"
graceful_timeout = 25
timeout = 60
keepalive = 15
control_socket_disable = True  # it would write into the home folder
preload_app = False
accesslog = None
loglevel = "warning"
proc_name = "desk-web"
