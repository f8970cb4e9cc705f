"""What gunicorn loads in each of its processes."""

from desk import logs
from desk.app import create_app
from desk.ring import Doorbell
from desk.settings import Settings
from desk.store import silent

logs.install()
_settings = Settings.or_exit()
app = create_app(_settings, ring=Doorbell(_settings.redis_url) if _settings.redis_url else silent)
