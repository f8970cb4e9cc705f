"""Who once had a text open to write it."""

from desk import prune
from desk.drafts.models import Writer
from desk.drafts.rules import WRITER_GONE

WRITERS = prune.rows("writers", Writer.draft_id, lambda now: Writer.at < now - WRITER_GONE)
