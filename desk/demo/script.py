"""What a story of the demo is before it is played: its frame, and its steps by minutes from the load."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from desk import text
from desk.demo.dates import told
from desk.demo.stage import Step
from desk.drafts.rules import Copy

COPY = Path(__file__).parent / "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A story that `by` makes `made` minutes from the load, and what happens to it.

    Its copy is of the day of `written`. `pitched` is one that nobody has commissioned yet; `wire` is how the headline
    begins that it stands on.
    """

    slug: str
    desk: str
    by: str
    made: float
    written: float = 0
    title: str
    brief: str = ""
    places: tuple[str, ...]
    zone: str | None = None
    length: int | None = None
    steps: tuple[tuple[float, Step], ...] = ()
    pitched: bool = False
    wire: str | None = None

    def copy(self, loaded_at: datetime) -> Copy:
        """The copy as it will stand: a headline and paragraphs, from the file named after the slug."""
        path = COPY / f"{self.slug.lower().replace('/', '-')}.txt"
        if not path.exists():
            return Copy()
        words = told(path.read_text(encoding="utf-8"), loaded_at + timedelta(minutes=self.written))
        headline, _, body = words.partition("\n\n")
        return Copy(headline=headline, dateline_places=self.places, body_html=text.plain_to_html(body))
